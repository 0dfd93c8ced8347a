"""One system's work over a file, run as a process of its own so that it can be measured.

    python -m benchmarks.work SYSTEM FILE OUT

Prints one line of JSON: documents, and the processor seconds of the work alone (imports and a
first warm batch are left out), which for systems of several processes is null.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final

DAY: Final = date(2018, 7, 27)
_WARM: Final = 8


def main(system: str, source: str, out: str) -> None:
    """Run `system` over `source` and print what it took."""
    logging.disable(logging.CRITICAL)
    count, seconds = SYSTEMS[system](Path(source), out)
    print(json.dumps({"documents": count, "cpu_seconds": seconds}))


def _rows(source: Path, count: int | None = None) -> Iterator[dict[str, Any]]:
    with source.open(encoding="utf-8") as lines:
        yield from map(json.loads, islice(lines, count))


def _timed(work: Callable[[Any], object], parts: Iterable[Any], warm: Any) -> float:
    work(warm)
    started = time.process_time()
    for part in parts:
        work(part)
    return time.process_time() - started


def _timed_rows(work: Callable[[dict[str, Any]], object], source: Path) -> tuple[int, float]:
    """Return how many rows `source` has and the seconds of `work`, reading left out.

    Rows are read one by one: to hold them all would be charged to the memory of the work.
    """
    work(next(_rows(source)))
    count, seconds = 0, 0.0
    for row in _rows(source):
        started = time.process_time()
        work(row)
        seconds += time.process_time() - started
        count += 1
    return count, seconds


# Copydesk --------------------------------------------------------------------------------------


def functions(source: Path, out: str) -> tuple[int, float]:
    """The pure functions in one process: read, clean, describe, fingerprint; nothing written.

    The process is set up as a worker is.
    """
    import pyarrow as pa

    import pipeline.warm_up  # noqa: F401  - models, and when to look for garbage
    from pipeline import ingest, stages
    from pipeline.dedupe import fingerprint
    from pipeline.process import process_batch

    def documents() -> Iterator[Any]:
        counts = ingest.IngestCounts()
        found = ingest.read([str(source)], scrape_date=DAY, base=None, counts=counts)
        yield from stages._grouped(found)

    def work(documents: list[Any]) -> None:
        raw = pa.Table.from_batches([stages._raw_batch(documents)])
        for batch in raw.to_batches(max_chunksize=64):
            result = process_batch(batch)
            fingerprint(result.select(["article_id", "scrape_date", "text"]).drop_null())

    warm = next(documents())[:_WARM]
    seconds = _timed(work, documents(), warm)
    return sum(map(len, documents())), seconds


def stages_alone(source: Path, out: str) -> tuple[int, None]:
    """Every stage from reading to the published Parquet and the report, without Dagster.

    It starts as the command does.
    """
    from pipeline.engine.early import collect_seldom, leave_out, start_early, to_stay

    leave_out("pandas")
    collect_seldom()
    start_early("pipeline.warm_up")
    with to_stay():
        from pipeline import stages
        from pipeline.publish.storage import Storage

    storage = Storage(out)
    counts = stages.ingest_day(storage, DAY, [str(source)], None).counts
    stages.learn_furniture_day(storage, DAY)
    stages.clean_day(storage, DAY)
    stages.fingerprint_day(storage, DAY)
    stages.pairs_day(storage, DAY, 30)
    stages.clusters_day(storage, DAY, 30)
    stages.publish_day(storage, DAY)
    stages.report_day(storage, DAY)
    return counts["documents"], None


def dagster(source: Path, out: str) -> tuple[int, None]:
    """The same as assets, by `copydesk run`: with checks, event log and summary."""
    from pipeline import cli

    sys.argv = ["copydesk", "run", str(source), "--out", out, "--scrape-date", DAY.isoformat()]
    if cli.main():
        raise SystemExit("the run failed")
    from pipeline.publish.storage import Storage

    return Storage(out).row_count("raw_documents", DAY), None


# Peers -----------------------------------------------------------------------------------------


def bare_extraction(source: Path, out: str) -> tuple[int, float]:
    """trafilatura's extraction with metadata, of the same pages, nothing written."""
    from trafilatura import bare_extraction as extract

    def work(row: dict[str, Any]) -> object:
        return extract(row["html"].encode(), url=row["url"], with_metadata=True)

    return _timed_rows(work, source)


def justext(source: Path, out: str) -> tuple[int, float]:
    """jusText on texts, each line a paragraph element (it reads markup only)."""
    import html

    from justext import get_stoplist
    from justext import justext as extract

    stop_words = get_stoplist("English")

    def work(row: dict[str, Any]) -> object:
        lines = [f"<p>{html.escape(line)}</p>" for line in row["text"].split("\n") if line]
        return extract(f"<html><body>{''.join(lines)}</body></html>".encode(), stop_words)

    return _timed_rows(work, source)


def langdetect(source: Path, out: str) -> tuple[int, float]:
    """langdetect on whole texts."""
    from langdetect import DetectorFactory, detect

    DetectorFactory.seed = 0
    return _timed_rows(lambda row: detect(row["text"]), source)


def language(source: Path, out: str) -> tuple[int, float]:
    """Copydesk's language detection on the same texts."""
    from pipeline.describe.language import detect

    texts = [row["text"] for row in _rows(source)]
    parts = [texts[at : at + 64] for at in range(0, len(texts), 64)]
    return len(texts), _timed(detect, parts, texts[:_WARM])


def datatrove(source: Path, out: str) -> tuple[int, None]:
    """datatrove's whole pipeline: read, extract (pages), filter, MinHash, write."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import ParquetWriter

    is_html = "html" in next(_rows(source))
    step = f"{out}/steps"
    reader = JsonlReader(
        str(source.parent), glob_pattern=source.name, text_key="html" if is_html else "text"
    )
    # Its own limit of a second a page drops pages on a busy machine.
    extract = [Trafilatura(timeout=30)] if is_html else []
    filters = [GopherRepetitionFilter(), GopherQualityFilter()]
    kept = JsonlReader(f"{step}/kept")
    runs = (
        [reader, *extract, *filters, _jsonl_writer(f"{step}/kept")],
        [kept, MinhashDedupSignature(output_folder=f"{step}/signatures")],
        [MinhashDedupBuckets(input_folder=f"{step}/signatures", output_folder=f"{step}/buckets")],
        [MinhashDedupCluster(input_folder=f"{step}/buckets", output_folder=f"{step}/remove")],
        [kept, MinhashDedupFilter(input_folder=f"{step}/remove"), ParquetWriter(f"{out}/articles")],
    )
    for number, steps in enumerate(runs):
        tasks = 14 if number == 2 else 1
        LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=f"{out}/log{number}").run()
    return sum(1 for _ in _rows(source)), None


def _jsonl_writer(folder: str) -> Any:
    from datatrove.pipeline.writers import JsonlWriter

    return JsonlWriter(folder)


SYSTEMS: Final[dict[str, Callable[[Path, str], tuple[int, float | None]]]] = {
    "functions": functions, "stages": stages_alone, "dagster": dagster, "language": language,
    "bare_extraction": bare_extraction, "justext": justext, "langdetect": langdetect,
    "datatrove": datatrove,
}  # fmt: skip

if __name__ == "__main__":
    main(*sys.argv[1:])
