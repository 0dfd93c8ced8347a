"""Start the fork server before anything slow is imported: both then load side by side."""

from __future__ import annotations

import gc
from multiprocessing import forkserver
from typing import Final

#: How many new objects make it worth looking for garbage: 700 by default.
_OBJECTS: Final = 20_000


def collect_seldom() -> None:
    """Look for garbage less often: imports make objects to stay, half a million of them.

    To look through them again and again takes a tenth of the time that a command needs to start.
    """
    gc.set_threshold(_OBJECTS)


def start_early(*modules: str) -> None:
    """Start the server that forks the workers; it imports `modules`, once for all of them.

    It imports beside whatever this process does next. Does nothing where it runs already.
    """
    forkserver.set_forkserver_preload(list(modules))
    forkserver.ensure_running()
