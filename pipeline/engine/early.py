"""Start the fork server before anything slow is imported: both then load side by side."""

from __future__ import annotations

from multiprocessing import forkserver


def start_early(*modules: str) -> None:
    """Start the server that forks the workers; it imports `modules`, once for all of them.

    It imports beside whatever this process does next. Does nothing where it runs already.
    """
    forkserver.set_forkserver_preload(list(modules))
    forkserver.ensure_running()
