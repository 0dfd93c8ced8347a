"""The stages for one day, over stored tables: what an asset does, without Dagster.

Each function reads partitions from a `Storage`, runs the pure functions of its package over
batches and writes partitions back, whole or not at all. What Dagster shows, and when stages run,
belongs to `pipeline.defs`.
"""

from __future__ import annotations

import functools
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import arrow_schema, to_table
from pipeline.engine import progress
from pipeline.engine.early import start_early
from pipeline.engine.local import BatchFunction, map_batches, spread_batches
from pipeline.furniture import counted_furniture, known_furniture
from pipeline.held import HeldDocuments
from pipeline.process import documents_of, lost_row, process_batch
from pipeline.publish.checks import Verdict
from pipeline.publish.gate import Refused, sound
from pipeline.publish.storage import Storage, StorageError
from pipeline.records import Document, Failure

if TYPE_CHECKING:
    from pipeline.ingest import SourceFile

#: A batch of raw documents holds at most so many of them, and about so many bytes.
_BATCH_DOCUMENTS: Final = 256
_BATCH_BYTES: Final = 16 << 20
#: Rows a worker gets at a time: few enough to keep all workers busy on a small day.
_BATCH_ROWS: Final = 64
_FINGERPRINT_ROWS: Final = 512


@dataclass(slots=True)
class Outcome:
    """What a stage did: counts by name, and what it did to days besides its own.

    `renewed` names by table the other days that it wrote again; `refused` the days whose articles
    it did not publish because they would be false, and what spoke against them.
    """

    counts: Counter[str] = field(default_factory=Counter)
    renewed: dict[str, list[date]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


def ingest_day(storage: Storage, day: date, sources: Sequence[str], add: bool = False) -> Outcome:
    """Read `sources` into `raw_documents` and the ingest part of `quarantine` for `day`.

    The day's partition is replaced, or with `add` extended. A document that another day already
    holds is counted as `redelivered` and adds nothing.
    """
    from pipeline import ingest

    settings = ingest.Settings(day, ingest.Limits(), ingest.ColumnMap.configured())
    progress.begin("Reading", ingest.total_bytes(sources))
    files = functools.partial(ingest.walk, tuple(sources))
    items = ingest.read_apart(files, settings, progress.advance)
    outcome = Outcome()
    failed = _Failures(storage, _failed(storage, day, "ingest") if add else [])
    documents = _new_documents(storage, day, items, failed, outcome.counts, add)
    outcome.counts["documents"] = _write_raw(storage, day, documents, failed, add)
    outcome.counts += failed.counts()
    return outcome


def replay_day(storage: Storage, day: date, reason: str | None) -> Outcome:
    """Read the items again that ingest quarantined on `day` (those with `reason`).

    What becomes a document now joins `raw_documents` and leaves quarantine. What is kept in part
    stays: it needs another delivery. Later stages need no replay of their own: they start from
    `raw_documents` whenever they run.
    """
    from pipeline import ingest

    settings = ingest.Settings(day, ingest.Limits(), ingest.ColumnMap.configured())
    held = _failed(storage, day, "ingest")
    chosen = [row for row in held if row["replayable"] and reason in (None, row["reason"])]
    files = functools.partial(_kept_files, storage.uri, chosen)
    outcome = Outcome()
    failed = _Failures(storage, [row for row in held if row not in chosen])
    items = ingest.read_apart(files, settings)
    documents = _new_documents(storage, day, items, failed, outcome.counts, add=True)
    outcome.counts["documents"] = _write_raw(storage, day, documents, failed, add=True)
    return outcome


def _kept_files(uri: str, rows: Sequence[dict[str, Any]]) -> Iterator[SourceFile]:
    """The kept bytes of quarantined items, as files to read."""
    from pipeline.ingest import SourceFile

    storage = Storage(uri)
    for row in rows:
        given = {pair["key"]: pair["value"] for pair in row["given"] or ()}
        opener = functools.partial(_kept_bytes, storage, row["bytes_path"])
        yield SourceFile.kept(row["source_uri"], row["size"], opener, given)


def _kept_bytes(storage: Storage, path: str) -> BinaryIO:
    return io.BytesIO(storage.read_bytes(path))


def _write_raw(
    storage: Storage, day: date, documents: Iterable[Document], failed: _Failures, add: bool
) -> int:
    """Write the day's documents, with `add` after those it holds, and its failures; count rows."""
    kept = storage.batches("raw_documents", day) if add else iter(())
    with storage.together():
        with storage.writer("raw_documents", day) as writer:
            for batch in chain(kept, map(_raw_batch, _grouped(documents))):
                writer.write(batch)
        failed.write(day, "ingest")
    return writer.rows


def _new_documents(
    storage: Storage,
    day: date,
    items: Iterable[Document | Failure],
    failed: _Failures,
    counts: Counter[str],
    add: bool,
) -> Iterator[Document]:
    """Yield documents that no other day (with `add`: no day) holds; note the failures."""
    days = [other for other in storage.partitions("raw_documents") if add or other != day]
    held = HeldDocuments(storage, days)
    new: set[str] = set()
    for item in items:
        if isinstance(item, Failure):
            failed.add(item)
        elif item.article_id in held:
            counts["redelivered"] += 1
        elif item.article_id in new:
            counts["repeated"] += 1
        else:
            new.add(item.article_id)
            yield item


def _grouped(documents: Iterable[Document]) -> Iterator[list[Document]]:
    group: list[Document] = []
    size = 0
    for document in documents:
        group.append(document)
        size += len(document.content)
        if len(group) == _BATCH_DOCUMENTS or size > _BATCH_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _raw_batch(documents: Sequence[Document]) -> pa.RecordBatch:
    rows = [
        {name: getattr(document, name) for name in Document.__slots__ if name != "given"}
        | {"given": [{"key": key, "value": value} for key, value in document.given.items()]}
        for document in documents
    ]
    return pa.RecordBatch.from_pylist(rows, schema=arrow_schema("raw_documents"))


class _Failures:
    """The failures of one stage and day. Their bytes are kept at once, only the rows stay here."""

    def __init__(self, storage: Storage, rows: Iterable[dict[str, Any]] = ()) -> None:
        self._storage = storage
        self._rows = {(row["source_uri"], row["sha256"]): row for row in rows}

    def add(self, failure: Failure) -> None:
        """Note a failure; the same item failing again replaces what was noted."""
        row = {name: getattr(failure, name) for name in Failure.__slots__ if name != "content"}
        row["given"] = [{"key": key, "value": value} for key, value in failure.given.items()]
        row["bytes_path"] = self._storage.keep_bytes(failure.content)
        row["size"] = len(failure.content)
        self._rows[failure.source_uri, failure.sha256] = row

    def write(self, day: date, stage: str) -> None:
        """Write the `stage` part of the day's quarantine, once the bytes it names are safe."""
        self._storage.settle()
        table = to_table("quarantine", self._rows.values())
        self._storage.write("quarantine", day, table, part=stage)

    def counts(self) -> Counter[str]:
        """Return the number of failures, in all and by reason."""
        reasons = Counter(f"quarantined: {row['reason']}" for row in self._rows.values())
        return reasons + Counter(quarantined=len(self._rows))


def _failed(storage: Storage, day: date, stage: str) -> list[dict[str, Any]]:
    """The quarantined items of a day that `stage` gave up."""
    return [row for row in storage.read("quarantine", [day]).to_pylist() if row["stage"] == stage]


def learn_furniture_day(storage: Storage, day: date, workers: int | None = None) -> Outcome:
    """Count the recurring lines of each source of `day` into `outlet_furniture`."""
    progress.begin("Learning furniture", storage.row_count("raw_documents", day))
    outcome = Outcome()
    table = counted_furniture(storage, day, workers)
    outcome.counts["lines"] = storage.write("outlet_furniture", day, table)
    return outcome


def clean_day(storage: Storage, day: date, workers: int | None = None) -> Outcome:
    """Clean and describe the documents of `day` into their two tables and quarantine."""
    start_early("pipeline.warm_up")
    outcome = Outcome()
    function = functools.partial(process_batch, furniture=known_furniture(storage, day))
    raw = storage.batches("raw_documents", day, rows=_BATCH_ROWS)
    progress.begin("Cleaning and describing", storage.row_count("raw_documents", day))
    failed = _Failures(storage)
    with (
        storage.together(),
        storage.writer("clean_documents", day) as cleaned,
        storage.writer("article_metadata", day) as described,
    ):
        for raw_batch, result in map_batches(function, raw, lost_row, workers):
            articles = result
            if result["failure_reason"].null_count < result.num_rows:
                lost = pc.is_valid(result["failure_reason"])
                articles = result.filter(pc.invert(lost))
                for failure in _failures(raw_batch.filter(lost), result.filter(lost)):
                    failed.add(failure)
            cleaned.write(articles)
            described.write(articles)
            progress.advance(result.num_rows)
        failed.write(day, "clean")
    outcome.counts["articles"] = cleaned.rows
    outcome.counts += failed.counts()
    return outcome


def _failures(raw: pa.RecordBatch, results: pa.RecordBatch) -> list[Failure]:
    return [
        Failure(
            source_uri=document.source_uri,
            scrape_date=document.scrape_date,
            stage=result["failure_stage"],
            reason=result["failure_reason"],
            error=f"{document.source_uri}: {result['failure_error']}",
            content=document.content,
            sha256=document.sha256,
            article_id=document.article_id,
        )
        for document, result in zip(documents_of(raw), results.to_pylist(), strict=True)
    ]


def fingerprint_day(storage: Storage, day: date, workers: int | None = None) -> Outcome:
    """Fingerprint the bodies of `day`."""
    from pipeline.dedupe import fingerprint

    outcome = Outcome()
    bodies = storage.batches(
        "clean_documents", day, ["article_id", "scrape_date", "text"], rows=_FINGERPRINT_ROWS
    )
    progress.begin("Fingerprinting", storage.row_count("clean_documents", day))
    with storage.writer("fingerprints", day) as writer:
        for batch, fingerprints in spread_batches(fingerprint, bodies, workers):
            writer.write(fingerprints)
            progress.advance(batch.num_rows)
    outcome.counts["fingerprints"] = writer.rows
    return outcome


def pairs_day(
    storage: Storage, day: date, window: int | None, workers: int | None = None
) -> Outcome:
    """Find the verified pairs of `day`: its own partition, and later days that it changes."""
    from pipeline.dedupe import pairs_for_day

    def spread(
        function: BatchFunction, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        return (result for _, result in spread_batches(function, batches, workers))

    progress.begin("Comparing")
    tables = {
        changed: table
        for changed, table in pairs_for_day(day, storage, window, spread).items()
        if changed == day or not _has_pairs(storage, changed, table)
    }
    with storage.together():
        for changed, table in tables.items():
            storage.write("duplicate_pairs", changed, table)
    outcome = Outcome(renewed={"duplicate_pairs": _others(tables, day)})
    outcome.counts["pairs"] = tables[day].num_rows
    return outcome


def _has_pairs(storage: Storage, day: date, table: pa.Table) -> bool:
    """Tell whether a day holds these pairs already: then it is not written, or told of, again."""
    from pipeline.dedupe.verify import ANCHORS

    stored = storage.read("duplicate_pairs", [day])
    found = stored.filter(pc.equal(stored["found_by"], ANCHORS))
    return bool(found.equals(table.select(found.schema.names).cast(found.schema)))


def clusters_day(storage: Storage, day: date, window: int | None) -> Outcome:
    """Cluster what the pairs of `day` touch; note in the ledger what that changed."""
    from pipeline.dedupe import clusters_for_day

    progress.begin("Clustering")
    changes = clusters_for_day(day, storage, window)
    with storage.together():
        for table, partitions in (
            ("cluster_members", changes.members),
            ("syndication_clusters", changes.clusters),
        ):
            for changed, rows in partitions.items():
                storage.write(table, changed, rows)
        for changed, rows in changes.pairs.items():
            storage.write("duplicate_pairs", changed, rows, part="clusters")
        ledger = storage.read("cluster_ledger", [day])
        storage.write("cluster_ledger", day, pa.concat_tables([ledger, changes.ledger]))
    outcome = Outcome(renewed={"syndication_clusters": _others(changes.clusters, day)})
    # Evidence of members joins the pairs of their days, that of today's after the pairs were told.
    evidence = sorted(changed for changed, rows in changes.pairs.items() if rows.num_rows)
    outcome.renewed["duplicate_pairs"] = evidence
    outcome.counts["events"] = changes.ledger.num_rows
    return outcome


def publish_day(storage: Storage, day: date) -> Outcome:
    """Write the articles of `day`, and again those of past days whose clusters changed since.

    A day whose articles would be false keeps those it had, and is among the `refused`.
    """
    outcome = Outcome()
    others = outcome.renewed["articles"] = []
    for stale in _stale_days(storage, day):
        try:
            rows = storage.write(
                "articles", stale, sound(storage, stale, _joined_day(storage, stale))
            )
        except Refused as refused:
            outcome.refused.append(refused)
            continue
        except StorageError as error:
            if stale == day:
                raise
            # Another run may be at work on it, and will publish it.
            outcome.refused.append(Refused(stale, {"conservation": Verdict(False, str(error))}))
            continue
        if stale == day:
            outcome.counts["articles"] = rows
        else:
            others.append(stale)
    outcome.counts["republished days"] = len(others)
    return outcome


def report_day(storage: Storage, day: date) -> Outcome:
    """Write the report's page of `day`, of days that changed since theirs, and of the corpus."""
    from pipeline.publish.report import write_report

    progress.begin("Reporting")
    written = write_report(storage, [day])
    outcome = Outcome(renewed={"corpus_report": _others(written, day)})
    outcome.counts["pages"] = len(written) + 1
    return outcome


def _others(days: Iterable[date], day: date) -> list[date]:
    return sorted(set(days) - {day})


def _stale_days(storage: Storage, day: date) -> list[date]:
    """`day`, and every published day whose memberships are newer than its articles.

    As make does: a run killed between clustering and publishing is caught up by the next.
    """
    members = storage.modified("cluster_members")
    articles = storage.modified("articles")
    changed = {d for d, at in articles.items() if d in members and members[d] > at}
    return sorted(changed | {day})


def _joined_day(storage: Storage, day: date) -> Iterator[pa.RecordBatch]:
    members = storage.read("cluster_members", [day])
    ids = storage.read("clean_documents", [day], ["article_id"])["article_id"]
    # Looked up once for the whole day: each look-up hashes all members.
    positions = pc.index_in(ids.combine_chunks(), members["article_id"].combine_chunks())
    if positions.null_count:
        raise StorageError("articles without a cluster; materialise syndication_clusters again")
    cleaned = storage.batches("clean_documents", day, _published_of("clean_documents"))
    described = storage.batches("article_metadata", day, _published_of("article_metadata"))
    row = 0
    for text, metadata in zip(cleaned, described, strict=True):
        if not text["article_id"].equals(metadata["article_id"]):
            raise StorageError(
                f"clean_documents and article_metadata of {day} are not of the same run; "
                "materialise both again"
            )
        clusters = members.take(positions.slice(row, text.num_rows)).combine_chunks()
        row += text.num_rows
        yield _joined(text, metadata, *clusters.to_batches())


def _published_of(table: str) -> list[str]:
    """Return the columns of a table that articles have too: the raw texts need not be read."""
    published = set(arrow_schema("articles").names)
    return [name for name in arrow_schema(table).names if name in published]


def _joined(*sources: pa.RecordBatch) -> pa.RecordBatch:
    """The columns of `articles`, each from the first of `sources` (of the same rows) with it."""
    schema = arrow_schema("articles")
    arrays = [next(s[name] for s in sources if name in s.schema.names) for name in schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
