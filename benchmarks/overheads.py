"""What Dagster adds to the bare stages, and what a second worker process saves.

    python -m benchmarks.overheads --data ../shared [--texts 10000] [--rounds 3]

The same flattened texts go through every stage without Dagster, through the assets with one
worker, and through the assets with two; in turns, each in a process of its own. Dagster's share
is of processor time, the gain of the second worker of wall clock, so the machine must be idle; of
several rounds the least counts, since the differences are smaller than what a busy machine adds.
The process that reads and writes keeps a second processor busy already where there is one worker,
so one worker is measured bound to a single processor too. What a second process can gain at all is
measured beside it, by plain work that shares nothing: two processors of a virtual machine are often
the two threads of one core.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import inputs, measure, results

#: What is run: title, system of `benchmarks.work`, worker processes, if on a single processor.
_RUNS: Final = {
    "stages without Dagster, one worker": ("stages", 1, False),
    "stages without Dagster, two workers": ("stages", 2, False),
    "assets, one worker": ("dagster", 1, False),
    "assets, two workers": ("dagster", 2, False),
    "assets, one worker, on one processor": ("dagster", 1, True),
}
#: Runs its arguments as a command that keeps to one processor.
_BOUND: Final = """
import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.execv(sys.argv[1], sys.argv[1:])
"""
Row = dict[str, Any]

#: Work that shares nothing: words of a text found and counted again and again.
_PLAIN_WORK: Final = """
import collections, re
text = "the council voted on monday to keep the ferry for another year " * 400
for _ in range(600):
    collections.Counter(re.findall(r"[a-z]+", text))
"""


def run(data: Path, texts: int, rounds: int) -> list[Row]:
    """Return a row for each run: the least of wall and processor seconds, and of peak memory."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "texts.jsonl"
        count = inputs.write(inputs.texts(data, texts), source)
        tasks: dict[str, Callable[[], measure.Usage]] = {
            title: partial(_run, source, *options) for title, options in _RUNS.items()
        }
        usages = measure.interleaved(tasks, rounds)
    return [_row(title, count, measure.least(found)) for title, found in usages.items() if found]


def _run(source: Path, system: str, workers: int, bound: bool) -> measure.Usage:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "benchmarks.work", system, str(source), out]
        if bound:
            command = [sys.executable, "-c", _BOUND, *command]
        return measure.run(command, {"COPYDESK_WORKERS": str(workers)})


def _row(title: str, count: int, usage: measure.Usage) -> Row:
    return {
        "run": title, "texts": count, "wall_seconds": usage.wall_seconds,
        "cpu_seconds": usage.cpu_seconds, "peak_mb": usage.peak_bytes / 2**20,
    }  # fmt: skip


def possible_gain() -> float:
    """Return how much sooner two processes at once do plain work than one after the other."""
    command = [sys.executable, "-c", _PLAIN_WORK]
    started = time.perf_counter()
    for _ in range(2):
        subprocess.run(command, check=True)
    alone = time.perf_counter() - started
    started = time.perf_counter()
    both = [subprocess.Popen(command) for _ in range(2)]
    for process in both:
        process.wait()
    return alone / (time.perf_counter() - started)


def summary(rows: list[Row], possible: float) -> str:
    """Return both ratios in a few sentences; empty where a run is missing."""
    by_title = {row["run"]: row for row in rows}
    if len(by_title) < len(_RUNS):
        return ""
    bare, bare_two, one, two, bound = (by_title[title] for title in _RUNS)
    share = one["cpu_seconds"] / bare["cpu_seconds"] - 1
    return (
        f"Dagster adds {share:.1%} of processor time. Two workers against one take "
        f"{one['wall_seconds'] / two['wall_seconds']:.2f} times less wall clock with Dagster, "
        f"{bare['wall_seconds'] / bare_two['wall_seconds']:.2f} times less without, "
        f"and {bound['wall_seconds'] / two['wall_seconds']:.2f} times less than one worker that "
        "shares a single processor with the process that reads and writes. "
        f"Of plain work that shares nothing, two processes do {possible:.2f} times as much here."
    )


def main() -> None:
    """Measure, print the table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = run(options.data, options.texts, options.rounds)
    results.save("overheads", "Dagster and worker processes", rows, summary(rows, possible_gain()))


if __name__ == "__main__":
    main()
