"""What must hold of a day's tables: read back from storage, so that a check sees what readers see.

Each function returns a `Verdict`. When a check runs and whether it blocks belongs to
`pipeline.defs.checks`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import arrow_schema, contract, violations
from pipeline.ingest.reasons import BY_TYPE
from pipeline.publish import figures
from pipeline.publish.storage import PARTITION, Storage

#: Shares are judged only where so many documents stand behind them.
_ENOUGH_DOCUMENTS: Final = 10
#: More than this share of a day in quarantine is worth a look; of a small day, more than half.
_MUCH_QUARANTINED: Final = 0.2
_MUCH_OF_FEW: Final = 0.5
#: A day that loses more than this share of its characters is worth a look, and so is a day whose
#: share is so far from that of the days before it.
_MUCH_REMOVED: Final = 0.85
_REMOVED_DRIFT: Final = 0.2
#: A cluster is large when it has so many members and holds this share of a day's articles.
_LARGE_CLUSTER: Final = 50
_LARGE_CLUSTER_SHARE: Final = 0.05
#: What articles say of their clusters, and may not contradict.
CANONICAL_COLUMNS: Final = (
    "article_id", "canonical_article_id", "is_canonical", "cluster_size", "relation",
)  # fmt: skip
#: Days before a day that it is compared with.
TRAILING_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a check holds, why not in a sentence, the numbers and the rows it looked at."""

    passed: bool
    message: str = ""
    numbers: Mapping[str, int | float] = field(default_factory=dict)
    rows: Sequence[Mapping[str, object]] = ()


def trailing(storage: Storage, table: str, day: date) -> list[date]:
    """Return the last days before `day` that `table` holds, at most `TRAILING_DAYS`."""
    return [other for other in storage.partitions(table) if other < day][-TRAILING_DAYS:]


def not_empty(storage: Storage, table: str, day: date) -> Verdict:
    """Check that a partition has rows."""
    rows = storage.row_count(table, day)
    message = "" if rows else f"{table} of {day} is empty: no scrapes came in, or none was readable"
    return Verdict(rows > 0, message, {"rows": rows})


def holds_contract(storage: Storage, table: str, day: date) -> Verdict:
    """Check columns, required and allowed values of a partition against its contract.

    Whether a required column can hold nulls is in the files' own schemas: only columns whose
    values have a form are read, and no texts, which are most of a partition.
    """
    stored = storage.stored_schemas(table, day)
    found = {told for schema in stored for told in _column_breaks(table, schema)}
    formed = [] if found else list(_patterns(table))
    for batch in storage.batches(table, day, formed, rows=4_096) if formed else ():
        found.update(_pattern_breaks(table, batch))
    rows = storage.row_count(table, day)
    return Verdict(not found, "; ".join(sorted(found)), {"rows": rows})


def _column_breaks(table: str, stored: pa.Schema) -> list[str]:
    """Return where the columns of a file are not those of the contract."""
    broken = []
    for column in arrow_schema(table):
        if column.name == PARTITION:
            continue
        if column.name not in stored.names:
            broken.append(f"no column {column.name}")
            continue
        found = stored.field(column.name)
        if found.type != column.type:
            broken.append(f"{column.name} is {found.type}, not {column.type}")
        if found.nullable and not column.nullable:
            broken.append(f"required column {column.name} may hold nulls")
    return broken


def contract_breaks(table: str, batch: pa.RecordBatch) -> list[str]:
    """Return what in a batch breaks the contract of `table`, one clause each."""
    return [*violations(table, batch), *_pattern_breaks(table, batch)]


def _pattern_breaks(table: str, batch: pa.RecordBatch) -> list[str]:
    broken = []
    for name, pattern in _patterns(table).items():
        good = pc.match_substring_regex(batch[name], pattern)
        if not pc.all(good, skip_nulls=True).as_py() and len(good):
            broken.append(f"values of {name} outside {pattern}")
    return broken


@functools.cache
def _patterns(table: str) -> Mapping[str, str]:
    """Return the columns whose values have a form, and their forms."""
    properties = contract(table)["schema"][0]["properties"]
    forms = {prop["name"]: prop.get("logicalTypeOptions", {}).get("pattern") for prop in properties}
    return {name: form for name, form in forms.items() if form is not None}


def unique_ids(storage: Storage, table: str, day: date, column: str) -> Verdict:
    """Check that no value of `column` stands twice in a partition."""
    return unique(storage.read(table, [day], [column])[column], column)


def unique(values: pa.ChunkedArray, column: str) -> Verdict:
    """Check that none of the `values` of a column stands twice."""
    distinct = pc.count_distinct(values).as_py()
    repeated = len(values) - distinct
    message = f"{_counted(repeated, 'row')} with the {column} of another" if repeated else ""
    return Verdict(not repeated, message, {"rows": len(values), "distinct": distinct})


def conservation(storage: Storage, day: date) -> Verdict:
    """Check that each raw document is an article or in quarantine, and nothing else is."""
    return conserved(storage, day, storage.read("articles", [day], ["article_id"]))


def conserved(storage: Storage, day: date, rows: pa.Table) -> Verdict:
    """Check that `rows` (`article_id`), published as `day`, lose no document and invent none."""
    documents = set(storage.read("raw_documents", [day], ["article_id"])["article_id"].to_pylist())
    articles = set(rows["article_id"].to_pylist())
    failed = storage.read("quarantine", [day], ["article_id", "stage"])
    later = failed.filter(pc.not_equal(failed["stage"], "ingest"))["article_id"]
    quarantined = set(later.to_pylist())
    lost = documents - articles - quarantined
    extra = (articles | quarantined) - documents
    twice = articles & quarantined
    numbers = {
        "documents": len(documents),
        "articles": len(articles),
        "quarantined": len(quarantined),
    }
    if lost or extra or twice:
        message = (
            f"{_counted(len(lost), 'document')} lost, {len(extra)} from nowhere, {len(twice)} both "
            "article and quarantined; materialise the day again from raw_documents"
        )
        return Verdict(False, message, numbers)
    return Verdict(True, "", numbers)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def quarantine_share(storage: Storage, day: date) -> Verdict:
    """Check that few of the day's items went to quarantine; pictures in a crawl do not count."""
    everything = storage.read("quarantine", [day], ["reason", "stage"])
    by_type = pc.is_in(everything["reason"], pa.array(sorted(BY_TYPE), pa.string()))
    failed = everything.filter(pc.invert(by_type))
    unread = pc.sum(pc.equal(failed["stage"], "ingest")).as_py() or 0
    items = storage.row_count("raw_documents", day) + unread
    share = failed.num_rows / items if items else 0.0
    numbers = {"items": items, "quarantined": failed.num_rows, "share": round(share, 4),
               "passed_over_by_type": everything.num_rows - failed.num_rows}  # fmt: skip
    rows = _by_count(failed, "reason")
    if share <= (_MUCH_OF_FEW if items < _ENOUGH_DOCUMENTS else _MUCH_QUARANTINED):
        return Verdict(True, "", numbers, rows)
    message = f"{share:.0%} of the day's items are in quarantine, most for: {rows[0]['reason']}"
    return Verdict(False, message, numbers, rows)


def _by_count(table: pa.Table, column: str) -> list[dict[str, object]]:
    """The values of a column with how often they stand there, most frequent first."""
    counted: list[dict[str, object]] = (
        table.group_by(column)
        .aggregate([([], "count_all")])
        .sort_by([("count_all", "descending"), (column, "ascending")])
        .rename_columns({"count_all": "rows"})
        .to_pylist()
    )
    return counted


def share_removed(storage: Storage, day: date) -> Verdict:
    """Check that cleaning took neither most of the day's text nor far more or less than before."""
    counted = figures.cleaning(storage, day)
    share = _share(counted["removed_characters"], counted["raw_characters"]) if counted else None
    if storage.row_count("clean_documents", day) < _ENOUGH_DOCUMENTS or share is None:
        return Verdict(True, "", {} if share is None else {"share": round(share, 4)})
    before = _removed_share(storage, trailing(storage, "clean_documents", day))
    numbers = {"share": round(share, 4)} | ({} if before is None else {"before": round(before, 4)})
    if share > _MUCH_REMOVED:
        return Verdict(False, f"{share:.0%} of the day's characters were removed", numbers)
    if before is not None and abs(share - before) > _REMOVED_DRIFT:
        message = f"{share:.0%} of the day's characters were removed, {before:.0%} of those before"
        return Verdict(False, message, numbers)
    return Verdict(True, "", numbers)


def _removed_share(storage: Storage, days: Sequence[date]) -> float | None:
    """Removed characters as a share of all, None where there are none."""
    raw = removed = 0
    for day in days:
        for batch in storage.batches("clean_documents", day, ["raw_text", "removed"], rows=4_096):
            raw += pc.sum(pc.utf8_length(batch["raw_text"])).as_py() or 0
            spans = batch["removed"].flatten()
            lengths = pc.subtract(pc.struct_field(spans, "end"), pc.struct_field(spans, "start"))
            removed += pc.sum(lengths).as_py() or 0
    return _share(removed, raw)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def complete(storage: Storage, table: str, source: str, day: date) -> Verdict:
    """Check that `table` has the articles of `source`, all of them and no others."""
    have = storage.read(table, [day], ["article_id"])["article_id"].combine_chunks()
    want = storage.read(source, [day], ["article_id"])["article_id"].combine_chunks()
    missing = len(want) - (pc.sum(pc.is_in(want, have)).as_py() or 0)
    extra = len(have) - (pc.sum(pc.is_in(have, want)).as_py() or 0)
    numbers = {"rows": len(have), "missing": missing, "extra": extra}
    if not missing and not extra:
        return Verdict(True, "", numbers)
    message = (
        f"{missing} articles of {source} are missing and {extra} are not of it; "
        f"materialise {table} of {day} again"
    )
    return Verdict(False, message, numbers)


def pairs_hold(storage: Storage, day: date) -> Verdict:
    """Check that pairs join two different articles, one of them of the day, by sane shares."""
    columns = ["a_article_id", "b_article_id", "a_scrape_date", "b_scrape_date"]
    shares = ["containment_a", "containment_b", "containment_outside_quotes", "probability"]
    pairs = storage.read("duplicate_pairs", [day], columns + shares)
    selves = pc.sum(pc.equal(pairs["a_article_id"], pairs["b_article_id"])).as_py() or 0
    later = pc.max_element_wise(pairs["a_scrape_date"], pairs["b_scrape_date"])
    stray = pc.sum(pc.not_equal(later, pa.scalar(day, pa.date32()))).as_py() or 0
    outside = sum(_outside_unit(pairs[name]) for name in shares)
    numbers = {"pairs": pairs.num_rows, "selves": selves, "stray": stray, "outside": outside}
    if not (selves or stray or outside):
        return Verdict(True, "", numbers)
    message = (
        f"{selves} pairs of an article with itself, {stray} of other days, {outside} shares "
        "outside 0 to 1; materialise duplicate_pairs again"
    )
    return Verdict(False, message, numbers)


def _outside_unit(values: pa.ChunkedArray) -> int:
    good = pc.and_(pc.greater_equal(values, 0.0), pc.less_equal(values, 1.0 + 1e-6))
    count: int = pc.sum(pc.invert(good)).as_py() or 0
    return count


def largest_cluster(storage: Storage, day: date) -> Verdict:
    """Check that no cluster swallowed an unlikely share of the day's articles."""
    members = storage.read("cluster_members", [day], ["cluster_id", "cluster_size"])
    if not members.num_rows:
        return Verdict(True)
    counted = members.group_by("cluster_id").aggregate([([], "count_all"), ("cluster_size", "max")])
    top = counted.sort_by([("count_all", "descending"), ("cluster_id", "ascending")])
    first = top.slice(0, 1).to_pylist()[0]
    share = first["count_all"] / members.num_rows
    numbers = {"of_the_day": first["count_all"], "members": first["cluster_size_max"],
               "share": round(share, 4)}  # fmt: skip
    if first["count_all"] < _LARGE_CLUSTER or share < _LARGE_CLUSTER_SHARE:
        return Verdict(True, "", numbers)
    message = (
        f"cluster {first['cluster_id']} holds {first['count_all']} of the day's "
        f"{members.num_rows} articles ({share:.0%}); see whether they share a template"
    )
    return Verdict(False, message, numbers)


def canonicals_agree(storage: Storage, day: date) -> Verdict:
    """Check that an article is canonical where, and only where, its cluster names it."""
    return canonicals(storage.read("articles", [day], CANONICAL_COLUMNS))


def canonicals(rows: pa.Table) -> Verdict:
    """Check `CANONICAL_COLUMNS` of articles against one another."""
    named = pc.equal(rows["article_id"], rows["canonical_article_id"])
    wrong = pc.sum(pc.not_equal(named, rows["is_canonical"])).as_py() or 0
    lone = pc.equal(rows["cluster_size"], 1)
    standalone = pc.equal(rows["relation"], "standalone")
    odd = pc.sum(pc.not_equal(lone, standalone)).as_py() or 0
    numbers = {"articles": rows.num_rows, "wrong": wrong, "odd": odd}
    if not wrong and not odd:
        return Verdict(True, "", numbers)
    message = (
        f"of {_counted(rows.num_rows, 'article')}, {wrong} disagree with their cluster on which is "
        f"canonical, {odd} on whether they stand alone; materialise syndication_clusters and "
        "articles again"
    )
    return Verdict(False, message, numbers)


def ledger_explains(storage: Storage, day: date) -> Verdict:
    """Check that the ledger names each cluster of a day, and its canonical article last."""
    clusters = storage.read("syndication_clusters", [day], ["cluster_id", "canonical_article_id"])
    standing = dict(
        zip(*(clusters[name].to_pylist() for name in clusters.column_names), strict=True)
    )
    told = pc.field("event").isin(["create", "canonical"]) & pc.field("cluster_id").isin(
        pa.array(standing, pa.string())
    )
    columns = ["sequence", "cluster_id", "article_id"]
    ledger = storage.read("cluster_ledger", None, columns, told) if standing else None
    rows = ledger.sort_by("sequence").to_pylist() if ledger is not None else []
    last = {row["cluster_id"]: row["article_id"] for row in rows}
    odd = sorted(key for key, canonical in standing.items() if last.get(key) != canonical)
    message = f"the ledger does not lead to {len(odd)} clusters of {day}" if odd else ""
    shown = [{"cluster_id": key} for key in odd[:10]]
    return Verdict(not odd, message, {"clusters": len(standing), "unexplained": len(odd)}, shown)


def self_contained(page: bytes, limit: int) -> Verdict:
    """Check that a page runs no script, loads nothing from elsewhere and is of bounded size."""
    lowered = page.lower()
    found = [mark for mark in _LOADS if mark in lowered]
    message = "; ".join(
        [f"the page contains {mark.decode()}" for mark in found]
        + ([f"the page has {len(page):,} bytes"] if len(page) > limit else [])
    )
    return Verdict(not message, message, {"bytes": len(page)})


#: Markup that runs or loads something; escaped text cannot hold any of it.
_LOADS: Final = (b"<script", b"<iframe", b"<object", b"<embed", b"<link", b'src="http', b"src='")
