"""What a day's documents teach about the furniture of their sources, and what the days so far did.

All texts are read, and of pages those that can teach something: of a source of which two
documents were ever met nothing can be learned, and of a large one a sample teaches as much as all.
Counting is in `pipeline.clean.furniture`; what is done with the counts does not belong here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean.furniture import LEAST_DOCUMENTS, FurnitureIndex
from pipeline.contracts import arrow_schema, to_table
from pipeline.engine import progress
from pipeline.engine.local import map_batches, spread_batches
from pipeline.process import furniture_marks, likely_source_key, no_furniture_marks
from pipeline.publish.storage import Storage

#: Days of earlier partitions whose counts are used for a day.
DAYS: Final = 90
#: Pages of a source and day that are read; more would teach nothing new.
_PAGES_A_SOURCE: Final = 40
_BATCH_ROWS: Final = 256


def counted_furniture(storage: Storage, day: date, workers: int | None = None) -> pa.Table:
    """Return the rows of `outlet_furniture` for `day`."""
    from pipeline.clean import line_counts

    sources = _page_sources(storage, day)
    pages, unread = _worth_reading(sources, _met_before(storage, day, sources))
    counted = line_counts(_marked_lines(storage, day, pages, workers))
    schema = arrow_schema("outlet_furniture")
    dates = pa.repeat(pa.scalar(day, pa.date32()), len(counted))
    rows = counted.append_column("scrape_date", dates).select(schema.names).cast(schema)
    table = pa.concat_tables([rows, to_table("outlet_furniture", _unread_rows(unread, day))])
    return table.sort_by([("source_key", "ascending"), ("line", "ascending")])


def _marked_lines(
    storage: Storage, day: date, pages: pa.Array, workers: int | None
) -> Iterator[pa.RecordBatch]:
    """The lines of the texts of a day and of `pages`, batch by batch."""
    raw = _to_learn_from(storage, day, pages)
    if len(pages):  # any of which may bring down who reads it
        found = map_batches(furniture_marks, raw, no_furniture_marks, workers)
    else:
        found = spread_batches(furniture_marks, raw, workers)
    for batch, marks in found:
        yield marks
        progress.advance(batch.num_rows)


@dataclass(slots=True)
class _Source:
    """What a source brought on a day: its pages by identity, and how many documents in all."""

    pages: list[str] = field(default_factory=list)
    documents: int = 0


def _page_sources(storage: Storage, day: date) -> dict[str, _Source]:
    """The sources of a day that have pages."""
    columns = ["article_id", "source_uri", "media_type", "url", "given"]
    found: defaultdict[str, _Source] = defaultdict(_Source)
    kinds = storage.read("raw_documents", [day], ["media_type", "url"])
    is_page = pc.equal(kinds["media_type"], "text/html")
    if not pc.any(is_page).as_py():
        return {}
    # Of a page without an address of its crawl, only the page itself may tell the source.
    if pc.any(pc.and_(is_page, pc.is_null(kinds["url"]))).as_py():
        columns.append("content")
    for batch in storage.batches("raw_documents", day, columns, rows=_BATCH_ROWS):
        for row in batch.to_pylist():
            source = found[likely_source_key(row)]
            source.documents += 1
            if row["media_type"] == "text/html":
                source.pages.append(row["article_id"])
    return {key: source for key, source in found.items() if source.pages}


def _met_before(storage: Storage, day: date, sources: Iterable[str]) -> Counter[str]:
    """How many documents of each of `sources` the furniture of past days knows of."""
    keys, met = pa.array(sources, pa.string()), Counter[str]()
    columns = ["source_key", "documents", "source_documents"]
    for past in _learned_days(storage, day) if len(keys) else ():
        if past == day:
            continue
        table = storage.read("outlet_furniture", [past], columns)
        table = table.filter(pc.is_in(table["source_key"], keys))
        unread = pc.if_else(pc.equal(table["source_documents"], 0), table["documents"], 0)
        by_source = table.append_column("unread", unread).group_by("source_key")
        sums = by_source.aggregate([("source_documents", "max"), ("unread", "sum")])
        for row in sums.to_pylist():
            met[row["source_key"]] += row["source_documents_max"] + row["unread_sum"]
    return met


def _worth_reading(
    sources: Mapping[str, _Source], before: Mapping[str, int]
) -> tuple[pa.Array, dict[str, int]]:
    """Return the identities of the pages to learn from, and how many are left unread by source.

    A source of which too few documents were met, on all days together, cannot have shown that a
    line is furniture: its pages are counted, so that a later day knows, but not read. Which are
    sampled of a large one hangs on their identities alone, which are hashes.
    """
    pages: list[str] = []
    unread: dict[str, int] = {}
    for key, source in sources.items():
        if source.documents + before.get(key, 0) < LEAST_DOCUMENTS:
            unread[key] = len(source.pages)
        else:
            pages += sorted(source.pages)[:_PAGES_A_SOURCE]
    return pa.array(pages, pa.string()), unread


def _unread_rows(unread: Mapping[str, int], day: date) -> Iterator[dict[str, Any]]:
    for key, count in unread.items():
        yield {
            "source_key": key, "scrape_date": day, "line": "", "documents": count,
            "source_documents": 0, "edge_share": 0.0, "contexts": [],
        }  # fmt: skip


def _to_learn_from(storage: Storage, day: date, pages: pa.Array) -> Iterator[pa.RecordBatch]:
    """The raw documents of a day that teach furniture: all texts, and `pages` by identity."""
    columns = ["article_id", "source_uri", "media_type", "charset", "content", "url", "given"]
    for batch in storage.batches("raw_documents", day, columns, rows=_BATCH_ROWS):
        is_text = pc.equal(batch["media_type"], "text/plain")
        taken = batch.filter(pc.or_(is_text, pc.is_in(batch["article_id"], pages)))
        progress.advance(batch.num_rows - taken.num_rows)
        if taken.num_rows:
            yield taken


def known_furniture(storage: Storage, day: date) -> dict[str, FurnitureIndex]:
    """What recurs in each source, by the counts of `day` and the days before it."""
    from pipeline.clean import furniture_indexes

    return furniture_indexes(storage.read("outlet_furniture", _learned_days(storage, day)))


def _learned_days(storage: Storage, day: date) -> list[date]:
    """The days whose furniture counts for `day`, itself among them once it is counted."""
    first = day - timedelta(days=DAYS)
    return [d for d in storage.partitions("outlet_furniture") if first <= d <= day]
