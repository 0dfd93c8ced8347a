"""Where the time goes: processor milliseconds a document for each stage and its parts, and memory.

    python -m benchmarks.stage_times --data ../shared [--texts 1000] [--pages 191]

Every stage runs in this one process, without Dagster and without workers, so that nothing is
counted twice and everything is counted. Memory is the peak of the process while a stage runs.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks import inputs, measure, results
from benchmarks.work import DAY

Row = dict[str, Any]

#: Stages in the order of the flow.
_STAGES: Final = (
    "ingest_day", "learn_furniture_day", "clean_day", "fingerprint_day", "pairs_day",
    "clusters_day", "publish_day", "report_day",
)  # fmt: skip
_WINDOW: Final = 30
#: Documents of the warm-up, which are not measured.
_WARM: Final = 64


def run(data: Path, texts: int, pages: int) -> list[Row]:
    """Return a row for each stage, and for the parts of cleaning, on texts and on pages."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sources = {"texts": (inputs.texts, texts), "pages": (inputs.pages, pages)}
        counts: dict[str, int] = {}
        for kind, (make, count) in sources.items():
            rows = list(make(data, count + _WARM))
            counts[kind] = inputs.write(rows[:count], folder / f"{kind}.jsonl")
            inputs.write(rows[count:] or rows[:1], folder / "warm" / f"{kind}.jsonl")
        found = {kind: _stages(folder, kind) for kind in counts}
    spent = {kind: seconds for kind, (seconds, _) in found.items()}
    names = list(dict.fromkeys([*spent["texts"], *spent["pages"]]))
    return [
        {"stage": name}
        | {f"ms_of_{kind}": spent[kind].get(name, 0.0) * 1000 / counts[kind] for kind in counts}
        | {f"peak_mb_of_{kind}": peaks.get(name) for kind, (_, peaks) in found.items()}
        for name in names
    ]


def _stages(folder: Path, kind: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return processor seconds by stage and by part of cleaning, and peaks of memory by stage.

    All is warmed up before, on other documents: a corpus has each text once.
    """
    spent: dict[str, float] = defaultdict(float)
    out = folder / f"out_{kind}"
    peaks: dict[str, float] = {}
    _all_stages(folder / "warm" / f"{kind}.jsonl", out / "warm", defaultdict(float), {})
    with _parts_timed(spent):
        _all_stages(folder / f"{kind}.jsonl", out / "measured", spent, peaks)
    spent["whole pipeline"] = sum(spent[name] for name in _STAGES)
    peaks["whole pipeline"] = max(peaks.values())
    ordered: dict[str, float] = {}
    for name in (*_STAGES, "whole pipeline"):
        ordered[_title(name)] = spent[name]
        if name == "clean_day":
            ordered |= {part: value for part, value in spent.items() if part.startswith("· ")}
    return ordered, {_title(name): peak for name, peak in peaks.items()}


def _title(name: str) -> str:
    return name.removesuffix("_day").replace("_", " ")


def _all_stages(source: Path, out: Path, spent: dict[str, float], peaks: dict[str, float]) -> None:
    from pipeline import furniture, ingest, stages
    from pipeline.publish.storage import Storage

    storage = Storage(str(out))
    more: dict[str, tuple[Any, ...]] = {
        "ingest_day": ([str(source)], None), "pairs_day": (_WINDOW,), "clusters_day": (_WINDOW,),
    }  # fmt: skip
    with ExitStack() as replaced:
        for module in (stages, furniture):
            for name in ("map_batches", "spread_batches"):
                replaced.enter_context(_replaced(module, name, _in_this_process))
        replaced.enter_context(_replaced(ingest, "read_apart", _read_here))
        for name in _STAGES:
            measure.forget_own_peak()
            _timed(getattr(stages, name), name, spent)(storage, DAY, *more.get(name, ()))
            peaks[name] = measure.own_peak_bytes() / 2**20


def _in_this_process(
    function: Callable[[Any], Any], batches: Iterable[Any], *_: object
) -> Iterator[tuple[Any, Any]]:
    for batch in batches:
        yield batch, function(batch)


def _read_here(files: Callable[[], Iterable[Any]], settings: Any, *_: object) -> Iterator[Any]:
    """Yield what the files hold, as `read_apart` does with a process of its own."""
    from pipeline.ingest.reader import read_file

    for file in files():
        yield from read_file(file, settings)


@contextmanager
def _parts_timed(spent: dict[str, float]) -> Iterator[None]:
    """Time the parts of cleaning and describing while the block runs."""
    from pipeline import describe, process

    parts = {
        "_clean_html": "· clean pages (parse and markup included)",
        "_clean_text": "· clean texts",
        "_describe": "· describe",
    }
    modules = {module: module.candidates for module in describe._MODULES}
    kept = {name: getattr(process, name) for name in parts}
    for name, title in parts.items():
        spent[title] = 0.0  # parts stand in this order, each before its own parts
        setattr(process, name, _timed(kept[name], title, spent))
    for module, candidates in modules.items():
        title = f"· · {module.__name__.rsplit('.', 1)[-1]}"
        module.candidates = _timed(candidates, title, spent)
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(process, name, function)
        for module, candidates in modules.items():
            module.candidates = candidates


@contextmanager
def _replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    kept = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, kept)


def _timed(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*arguments: Any, **named: Any) -> Any:
        started = time.process_time()
        try:
            return function(*arguments, **named)
        finally:
            spent[name] += time.process_time() - started

    return timed


def main() -> None:
    """Measure, print the table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=191)
    options = parser.parse_args()
    rows = run(options.data, options.texts, options.pages)
    results.save(
        "stages", "Processor milliseconds a document and peak memory, stage by stage", rows
    )


if __name__ == "__main__":
    main()
