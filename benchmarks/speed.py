"""Speed and memory beside peers: the same documents, interleaved, medians of several rounds.

    python -m benchmarks.speed --data ../shared [--texts 1000] [--pages 900] [--rounds 3]

Every system runs as a process of its own, in turn. A document's milliseconds are of processor
time: of the work alone for functions, and of everything, start-up and all processes included, for
whole pipelines. Memory is the peak of the sum over a system's processes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import inputs, measure, results

PEERS: Final = Path(".bench")

#: What is measured on texts and on pages: title, system of `benchmarks.work`, environment.
TEXT_SYSTEMS: Final = {
    "copydesk, functions": ("functions", None),
    "copydesk, language alone": ("language", None),
    "copydesk, whole pipeline without Dagster": ("stages", None),
    "copydesk, whole pipeline": ("dagster", None),
    "jusText, lines as paragraphs": ("justext", "extractors"),
    "langdetect, whole text": ("langdetect", None),
    "datatrove, whole pipeline": ("datatrove", "datatrove"),
}
PAGE_SYSTEMS: Final = {
    "copydesk, functions": ("functions", None),
    "copydesk, whole pipeline without Dagster": ("stages", None),
    "copydesk, whole pipeline": ("dagster", None),
    "trafilatura.bare_extraction(with_metadata=True)": ("bare_extraction", None),
    "trafilatura, command line": ("command", None),
    "datatrove, whole pipeline": ("datatrove", "datatrove"),
}
Row = dict[str, Any]


def run(data: Path, texts: int, pages: int, rounds: int) -> list[Row]:
    """Return a row for each kind of document and system: ms, documents a second, memory."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        inputs.write(inputs.texts(data, texts), folder / "texts.jsonl")
        inputs.write(inputs.pages(data, pages), folder / "pages.jsonl")
        _write_page_files(folder)
        rows = measured("texts", folder / "texts.jsonl", TEXT_SYSTEMS, rounds)
        return rows + measured("pages", folder / "pages.jsonl", PAGE_SYSTEMS, rounds)


def measured(
    kind: str, source: Path, systems: Mapping[str, tuple[str, str | None]], rounds: int
) -> list[Row]:
    """Return the rows of the installed among `systems` over the documents in `source`."""
    tasks: dict[str, Callable[[], measure.Usage]] = {}
    for title, (system, environment) in systems.items():
        if (python := python_of(environment)) is not None:
            tasks[title] = partial(_run, python, system, source)
    usages = measure.interleaved(tasks, rounds)
    return [_row(kind, title, found, source) for title, found in usages.items() if found]


def python_of(environment: str | None) -> str | None:
    """Return the interpreter of a peer's environment, this one's for None; None if absent."""
    if environment is None:
        return sys.executable
    path = PEERS / environment / "bin" / "python"
    return str(path) if path.exists() else None


def _run(python: str, system: str, source: Path) -> measure.Usage:
    with tempfile.TemporaryDirectory() as out:
        if system == "command":
            tool = str(Path(python).parent / "trafilatura")
            folders = ["--input-dir", str(source.parent / "files"), "--output-dir", out]
            return measure.run([tool, *folders, "--json", "--with-metadata", "--parallel", "1"])
        # One worker: figures are per core.
        settings = {"COPYDESK_WORKERS": "1"}
        command = [python, "-m", "benchmarks.work", system, str(source), out]
        return measure.run(command, settings)


def _row(kind: str, title: str, usages: Sequence[measure.Usage], source: Path) -> Row:
    usage = measure.median(usages)
    with source.open(encoding="utf-8") as lines:
        count = sum(1 for _ in lines)
    each = sorted(_work_seconds(found) * 1000 / count for found in usages)
    middle = each[len(each) // 2]
    return {
        "documents": f"{count} {kind}", "system": title, "ms_a_document": middle,
        "range": [each[0], each[-1]], "a_second": 1000 / middle,
        "peak_mb": usage.peak_bytes / 2**20,
    }  # fmt: skip


def _work_seconds(usage: measure.Usage) -> float:
    """Return the seconds of the work alone where the system knows them, else of everything."""
    last = usage.output.strip().rsplit("\n", 1)[-1]
    own = json.loads(last)["cpu_seconds"] if last.startswith('{"documents"') else None
    return usage.cpu_seconds if own is None else float(own)


def _write_page_files(folder: Path) -> None:
    """Lay the pages out as files, which trafilatura's command line reads."""
    (folder / "files").mkdir()
    with (folder / "pages.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            page = json.loads(line)["html"]
            (folder / "files" / f"{number}.html").write_text(page, encoding="utf-8")


def main() -> None:
    """Measure, print the table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=900)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = run(options.data, options.texts, options.pages, options.rounds)
    results.save("speed", "Speed and memory, one core", rows)


if __name__ == "__main__":
    main()
