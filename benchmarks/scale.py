"""How time, memory and output grow with the corpus: whole pipeline over generated articles.

    python -m benchmarks.scale --data ../shared [--sizes 10000 100000 1000000] [--days 1]

Articles come from the seeded generator, about half of them reprints or look-alikes. With --days
they come as an inbox of so many days, run one after the other. Time per article must stay level;
the growth exponent is the slope of log time over log articles, 1 where the time is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks import inputs, measure, results

_FIRST_DAY: Final = date(2018, 5, 1)
_SEED: Final = 20180727
_MOST_ORIGINALS: Final = 40_000

Row = dict[str, Any]


def run(data: Path, sizes: Sequence[int], days: int) -> list[Row]:
    """Return a row for each size: seconds, milliseconds an article, memory, bytes an article."""
    needed = min(max(sizes), _MOST_ORIGINALS)
    originals = [row["text"] for row in islice(inputs.articles(data), needed)]
    return [one(originals[:size], size, days) for size in sorted(sizes)]


def one(originals: Sequence[str], size: int, days: int) -> Row:
    """Return the row of one run over `size` articles that come in `days` days."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch) / "inbox", Path(scratch) / "out"
        read = _write_days(originals, size, days, folder)
        command = [sys.executable, "-m", "pipeline.cli", "run", str(folder), "--out", str(out)]
        usage = measure.run(command)
        written = sum(file.stat().st_size for file in (out / "articles").rglob("*.parquet"))
        return {
            "articles": size, "days": days, "input_mb": read / 2**20,
            "wall_seconds": usage.wall_seconds, "cpu_seconds": usage.cpu_seconds,
            "cpu_ms_an_article": usage.cpu_seconds * 1000 / size,
            "peak_mb": usage.peak_bytes / 2**20,
            "output_bytes_an_article": written / size,
        }  # fmt: skip


def exponent(rows: Sequence[Row]) -> float | None:
    """Return the growth exponent of processor time between the smallest and the largest run."""
    if len(rows) < 2:
        return None
    small, large = rows[0], rows[-1]
    time = math.log(large["cpu_seconds"] / small["cpu_seconds"])
    return time / math.log(large["articles"] / small["articles"])


def _write_days(originals: Sequence[str], size: int, days: int, folder: Path) -> int:
    """Deal the articles out to files of `days` days under `folder`; return their bytes."""
    names = [(_FIRST_DAY + timedelta(days=number)).isoformat() for number in range(days)]
    for name in names:
        (folder / name).mkdir(parents=True)
    files = [(folder / name / "scrapes.jsonl").open("w", encoding="utf-8") for name in names]
    for number, row in enumerate(inputs.syndicated(originals, size, _SEED)):
        files[number % days].write(json.dumps(row, ensure_ascii=False) + "\n")
    for file in files:
        file.close()
    return sum(Path(file.name).stat().st_size for file in files)


def main() -> None:
    """Measure, print the table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--days", type=int, default=1)
    options = parser.parse_args()
    rows = run(options.data, options.sizes, options.days)
    power = exponent(rows)
    note = "" if power is None else f"Processor time grows with articles to the power {power:.2f}."
    name = "scale" if options.days == 1 else "scale_days"
    results.save(name, f"Scale, {options.days} day(s)", rows, note)


if __name__ == "__main__":
    main()
