"""Run the seeds into OUT and kill every process of it at a moment that could leave a trace.

    python -m tests.faults.killed_run OUT MOMENT     (0: to the end)

Moments are before and after each opening, renaming and removing of a file of the data directory,
counted from 1; what it was for is written to OUT.moments, a line each.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from pathlib import Path

from pipeline.cli import main
from pipeline.publish.storage import Storage
from tests.conftest import DAY, SEEDS


class Moments:
    """Counts moments, notes them, and kills at the one that is meant."""

    def __init__(self, log: Path, last: int) -> None:
        self._log = log.open("w", encoding="utf-8")
        self._left = last

    def watch(self, name: str, path_at: int) -> None:
        """Count each call of a method of `Storage`; its argument `path_at` says what it is for."""
        method = getattr(Storage, name)

        @functools.wraps(method)
        def watched(storage: Storage, *args, **options):
            table = args[path_at].removeprefix(storage.path("")).split("/")[0]
            self._note(f"before {name} {table}")
            result = method(storage, *args, **options)
            self._note(f"after {name} {table}")
            return result

        setattr(Storage, name, watched)

    def _note(self, moment: str) -> None:
        print(moment, file=self._log, flush=True)
        self._left -= 1
        if self._left == 0:
            os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    out, moment = sys.argv[1:]
    moments = Moments(Path(f"{out}.moments"), int(moment))
    for name, path_at in (("staged", 0), ("_rename", 1), ("_discard", 0)):
        moments.watch(name, path_at)
    sys.exit(main(["run", str(SEEDS), "--scrape-date", DAY.isoformat(), "--out", out]))
