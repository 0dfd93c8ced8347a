"""What makes a command start sooner: the fork server first, nothing loaded that nobody needs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

#: How many new objects make it worth looking for garbage: 700 by default.
_OBJECTS: Final = 20_000


def collect_seldom() -> None:
    """Look for garbage less often: imports make objects to stay, half a million of them.

    To look through them again and again takes a tenth of the time that a command needs to start,
    and a twentieth of the time of a worker.
    """
    gc.set_threshold(_OBJECTS)


@contextmanager
def to_stay() -> Iterator[None]:
    """Look for no garbage inside the block: it loads what stays to the end of this process.

    Nor is what was loaded looked through ever again. A process that has not chosen to
    `collect_seldom` lives longer than one command, and keeps to its own ways.
    """
    if gc.get_threshold()[0] != _OBJECTS:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def leave_out(*modules: str) -> None:
    """Let imports of `modules` fail in this process from now on, as if they were not installed.

    pyarrow and lightgbm import pandas wherever they find it, only to ask whether what they are
    given is of its kind, and what Dagster imports takes pygments, to colour templates. That takes
    a third of a second and a tenth, and nothing here needs either.
    """
    sys.meta_path.insert(0, _Absent(frozenset(modules) - sys.modules.keys()))


class _Absent:
    """Finds no module, and says of some that nobody can."""

    def __init__(self, modules: frozenset[str]) -> None:
        self._modules = modules

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None) -> None:
        if name in self._modules:
            raise ModuleNotFoundError(f"{name} is left out here", name=name)


def start_early(*modules: str) -> None:
    """Start the server that forks the workers; it imports `modules`, once for all of them.

    It imports beside whatever this process does next. Does nothing where it runs already.
    """
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload(list(modules))
    forkserver.ensure_running()
