"""How far a run is, for whoever watches: the command line's bar, or nobody.

Stages call `begin` and `advance`; a watcher sets itself for the time of a run. Without one the
calls do nothing, so that stages need not know whether anybody looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Watcher(Protocol):
    """Somebody who looks at the progress of a run."""

    def begin(self, stage: str, total: int | None) -> None:
        """Note that `stage` starts, with `total` units to do where that is known."""

    def advance(self, units: int) -> None:
        """Note that `units` more of the stage are done."""


_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def begin(stage: str, total: int | None = None) -> None:
    """Tell the watcher, if there is one, that a stage starts."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher.begin(stage, total)


def advance(units: int) -> None:
    """Tell the watcher, if there is one, that `units` more of the stage are done."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher.advance(units)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Let `watcher` see the progress of what runs inside the block."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
