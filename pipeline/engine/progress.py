"""How far a stage is, for whoever watches: the command line's bar, or nobody.

Stages call `advance`; a watcher sets itself for the time of a run. The default does nothing, so
that stages need not know whether anybody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Takes the units done since the last call: bytes at ingest, documents later.
Watcher = Callable[[int], None]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def advance(units: int) -> None:
    """Tell the watcher, if there is one, that `units` more are done."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(units)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Let `watcher` see the progress of what runs inside the block."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
