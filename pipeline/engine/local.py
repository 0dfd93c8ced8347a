"""Run a pure batch function over many batches in worker processes on this machine.

The function takes and returns an Arrow record batch, the shape that Spark's `mapInArrow` takes
too, so the same function runs on a cluster. A worker that dies or hangs costs the document that
killed it, not the batch: the batch is halved and tried again until the culprit stands alone.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context
from typing import Final

import pyarrow as pa
from pebble import ProcessExpired, ProcessPool

from pipeline.engine.early import start_early

BatchFunction = Callable[[pa.RecordBatch], pa.RecordBatch]
#: Gets the one row that no worker survived, the reason code and a sentence; gives its result row.
LostRow = Callable[[pa.RecordBatch, str, str], pa.RecordBatch]

#: Seconds a batch may take: a start, and a share for each row. A page takes 10 to 50 ms.
_BASE_SECONDS: Final = 20.0
_SECONDS_A_ROW: Final = 0.5
#: Batches of light work up to which no workers are started for them.
_SMALL_DAY: Final = 8


logger = logging.getLogger(__name__)
_EVERYBODYS: Final = (ImportError, OSError, MemoryError, NameError)
_installed: BatchFunction


def default_workers() -> int:
    """Return the worker count: COPYDESK_WORKERS, else the processors this process may use."""
    configured = os.environ.get("COPYDESK_WORKERS")
    return max(1, int(configured)) if configured else len(os.sched_getaffinity(0))


def map_batches(
    function: BatchFunction,
    batches: Iterable[pa.RecordBatch],
    lost: LostRow,
    workers: int | None = None,
    base_seconds: float = _BASE_SECONDS,
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yield `batch, function(batch)` for each batch, in order, computed by `workers` processes.

    Few batches are in flight at a time, so memory is bounded whatever the input's size. A row
    whose worker dies, fails or runs out of time is replaced by `lost(row, reason, message)` with
    the reason `crashed` or `timeout`, and its batch comes in parts. What is bound to `function`
    goes to each worker once. An error of the machine or the installation (`_EVERYBODYS`) is
    raised here: no row is to blame for it.
    """
    count = workers or default_workers()
    # Forking a process that runs threads (Dagster does) can deadlock; a fork server cannot.
    context = get_context("forkserver")
    start_early(_module(function))
    pool = ProcessPool(
        max_workers=count, context=context, initializer=_install, initargs=[function]
    )
    with pool:
        run = _Run(pool, lost, base_seconds)
        waiting: deque[tuple[pa.RecordBatch, Future[pa.RecordBatch]]] = deque()
        for batch in batches:
            waiting.append((batch, run.schedule(batch)))
            if len(waiting) >= 2 * count:
                yield from run.finish(*waiting.popleft())
        while waiting:
            yield from run.finish(*waiting.popleft())


def spread_batches(
    function: BatchFunction, batches: Iterable[pa.RecordBatch], workers: int | None = None
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yield what `map_batches` does, for a function that no document can bring down.

    A few batches are computed here, and all where there is one worker: starting processes takes
    longer than a small day. A row is named by its first column where it fails all the same.
    """
    rest = iter(batches)
    if (workers or default_workers()) > 1:
        first = list(islice(rest, _SMALL_DAY + 1))
        rest = chain(first, rest)
        if len(first) > _SMALL_DAY:
            yield from map_batches(function, rest, _not_lost, workers)
            return
    for batch in rest:
        yield batch, function(batch)


def _not_lost(row: pa.RecordBatch, reason: str, error: str) -> pa.RecordBatch:
    raise RuntimeError(f"{row.column(0)[0]}: {reason}, {error}; run it again")


def _module(function: BatchFunction) -> str:
    """Return where workers find `function`, also where some of its arguments are bound."""
    return function.func.__module__ if isinstance(function, partial) else function.__module__


def _install(function: BatchFunction) -> None:
    """Keep the function in this worker for the batches to come."""
    global _installed
    _installed = function


def _call(batch: pa.RecordBatch) -> pa.RecordBatch:
    return _installed(batch)


class _Run:
    """One map over a pool: schedules batches and takes apart those that fail."""

    def __init__(self, pool: ProcessPool, lost: LostRow, base_seconds: float) -> None:
        self._pool = pool
        self._lost = lost
        self._base_seconds = base_seconds

    def schedule(self, batch: pa.RecordBatch) -> Future[pa.RecordBatch]:
        limit = self._base_seconds + _SECONDS_A_ROW * batch.num_rows
        future: Future[pa.RecordBatch] = self._pool.schedule(_call, args=[batch], timeout=limit)
        return future

    def finish(
        self, batch: pa.RecordBatch, future: Future[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        try:
            yield batch, future.result()
            return
        except FutureTimeoutError:
            reason, message = "timeout", "reading it took longer than its time limit"
        except ProcessExpired as error:
            reason, message = "crashed", f"a worker died on it (exit code {error.exitcode})"
        except _EVERYBODYS:
            raise
        except Exception as error:
            logger.warning("a batch failed; looking for the row", exc_info=error)
            reason, message = "crashed", f"{type(error).__name__}: {error}"
        if batch.num_rows == 1:
            yield batch, self._lost(batch, reason, message)
            return
        middle = batch.num_rows // 2
        for half in (batch.slice(0, middle), batch.slice(middle)):
            yield from self.finish(half, self.schedule(half))
