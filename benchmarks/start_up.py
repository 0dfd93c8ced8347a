"""How long `copydesk run seeds/` takes when all files are in memory: most of it is imports.

    python -m benchmarks.start_up [--rounds 7]

A run of five small documents by all processors, and the help page, which imports next to nothing;
in turns, after a first run of each that is not counted. Wall clock: the machine must be idle.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import measure, results

_SEEDS: Final = Path(__file__).parents[1] / "seeds"
_COMMANDS: Final = {
    "copydesk run seeds/": ("run", str(_SEEDS), "--scrape-date", "2018-07-27"),
    "copydesk --help": ("--help",),
}
Row = dict[str, Any]


def run(rounds: int) -> list[Row]:
    """Return a row for each command: medians and range of wall seconds, processor, memory."""
    tasks = {title: partial(_run, arguments) for title, arguments in _COMMANDS.items()}
    measure.interleaved(tasks, 1)
    return [_row(title, found) for title, found in measure.interleaved(tasks, rounds).items()]


def _run(arguments: tuple[str, ...]) -> measure.Usage:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "pipeline.cli", *arguments]
        return measure.run([*command, "--out", out] if arguments[0] == "run" else command)


def _row(title: str, usages: list[measure.Usage]) -> Row:
    usage = measure.median(usages)
    wall = [found.wall_seconds for found in usages]
    return {
        "command": title, "rounds": len(usages), "wall_seconds": usage.wall_seconds,
        "range": [min(wall), max(wall)], "cpu_seconds": usage.cpu_seconds,
        "peak_mb": usage.peak_bytes / 2**20,
    }  # fmt: skip


def main() -> None:
    """Measure, print the table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    results.save("start_up", "A run of five documents, warm", run(options.rounds))


if __name__ == "__main__":
    main()
