"""The figures behind the report and the plots: counts over one day's tables.

Each function counts one thing over the partition of a day and returns nested dictionaries whose
leaves are integers, so that the figures of days add up (`merged`) to those of a corpus. Tables are
streamed through Arrow; no row becomes a Python object. How figures look does not belong here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.publish.storage import Storage

#: Leaves are integers, inner nodes dictionaries.
Figures: TypeAlias = dict[str, Any]

_ROWS: Final = 4_096
#: Upper bounds of the bins of lengths, in characters; the last bin is open.
LENGTH_BOUNDS: Final = (500, 1_000, 2_000, 4_000, 8_000, 16_000)
LENGTH_NAMES: Final = (
    "below 500", "500–999", "1,000–1,999", "2,000–3,999", "4,000–7,999", "8,000–15,999",
    "16,000 and more",
)  # fmt: skip
#: Lower bounds of the bands of confidence.
BANDS: Final = (0.0, 0.5, 0.7, 0.9)
BAND_NAMES: Final = ("below .5", ".5 to .7", ".7 to .9", ".9 and more")
#: Columns of `articles` that say something about an article.
FIELDS: Final = (
    "headline", "deck", "byline", "authors", "outlet", "published_date", "published_at",
    "updated_at", "dateline", "agency", "agency_contributed", "language", "url",
)  # fmt: skip
_REPRINTS: Final = ("copy", "excerpt", "revision")
#: So many outlets, or pairs of outlets, are kept a day; they are the most frequent.
_KEPT: Final = 500
#: How an outlet that is not known is named beside those that are.
_UNNAMED: Final = "outlet unknown"
UNKNOWN: Final = "unknown"


def of_day(storage: Storage, day: date) -> Figures:
    """Return all figures of a day, two counted at a time."""
    parts = {
        "in": came_in,
        "quarantine": quarantined,
        "cleaning": cleaning,
        "articles": published,
        "fields": fields,
        "pairs": pairs,
        "clusters": clusters,
    }
    with ThreadPoolExecutor(2) as pool:
        counted = pool.map(lambda count: count(storage, day), parts.values())
        return dict(zip(parts, counted, strict=True))


def merged(parts: Iterable[Mapping[str, Any]]) -> Figures:
    """Return the sum of figures, leaf by leaf."""
    total: Figures = {}
    for part in parts:
        for name, value in part.items():
            if isinstance(value, Mapping):
                total[name] = merged([total.get(name, {}), value])
            else:
                total[name] = total.get(name, 0) + value
    return total


def came_in(storage: Storage, day: date) -> Figures:
    """Count the raw documents of a day by media type and charset."""
    columns = ["media_type", "charset"]
    batches = list(storage.batches("raw_documents", day, columns, rows=_ROWS))
    return {
        "documents": sum(batch.num_rows for batch in batches),
        "media_type": merged(_counts(batch["media_type"]) for batch in batches),
        "charset": merged(_counts(batch["charset"]) for batch in batches),
    }


def quarantined(storage: Storage, day: date) -> Figures:
    """Count the failures of a day by reason."""
    failed = storage.read("quarantine", [day], ["reason", "stage"])
    return {
        "items": failed.num_rows,
        "unread": pc.sum(pc.equal(failed["stage"], "ingest")).as_py() or 0,
        "reason": _counts(failed["reason"]),
    }


def cleaning(storage: Storage, day: date) -> Figures:
    """Count removed passages and characters by role, and lengths before and after."""
    return merged([_cleaning(storage.uri, day, storage.written("clean_documents", day))])


# An asset's page, a check and the report ask for them one after the other.
@functools.lru_cache(maxsize=4)
def _cleaning(uri: str, day: date, _written: tuple[int, ...]) -> Figures:
    storage = Storage(uri)
    columns = ["raw_text", "text", "removed"]
    return merged(
        _cleaned(batch) for batch in storage.batches("clean_documents", day, columns, rows=_ROWS)
    )


def _cleaned(batch: pa.RecordBatch) -> Figures:
    roles = removed_by_role(batch["removed"])
    before, after = pc.utf8_length(batch["raw_text"]), pc.utf8_length(batch["text"])
    return {
        "raw_characters": pc.sum(before).as_py() or 0,
        "removed_characters": sum(each["characters"] for each in roles.values()),
        "roles": roles,
        "before": _lengths(before),
        "after": _lengths(after),
    }


def removed_by_role(removed: pa.Array) -> Figures:
    """Count the characters and passages of a column `removed`, by role."""
    spans = removed.flatten()
    lengths = pc.subtract(pc.struct_field(spans, "end"), pc.struct_field(spans, "start"))
    roles = pa.table({"role": pc.struct_field(spans, "role"), "characters": lengths})
    sums = roles.group_by("role").aggregate([("characters", "sum"), ("characters", "count")])
    return {
        row["role"]: {"characters": row["characters_sum"], "passages": row["characters_count"]}
        for row in sums.to_pylist()
    }


def _lengths(values: pa.Array) -> Figures:
    bins = np.searchsorted(LENGTH_BOUNDS, values.to_numpy(zero_copy_only=False), side="right")
    counted = np.bincount(bins, minlength=len(LENGTH_NAMES))
    return dict(zip(LENGTH_NAMES, counted.tolist(), strict=True))


def published(storage: Storage, day: date) -> Figures:
    """Count the articles of a day by language, outlet, date, method, relation and reprint."""
    counted = ["language", "outlet", "published_date", "extraction_method", "relation"]
    batches = list(storage.batches("articles", day, [*counted, "word_count"], rows=_ROWS))
    found: Figures = {
        "count": sum(batch.num_rows for batch in batches),
        "words": sum(pc.sum(batch["word_count"]).as_py() or 0 for batch in batches),
    }
    for name in counted:
        found[name] = merged(_counts(batch[name]) for batch in batches)
    found["outlet"] = top(found.get("outlet", {}), _KEPT)
    return found | {"reprints": _reprints(storage, day)}


def fields(storage: Storage, day: date) -> Figures:
    """Count for each metadata field the articles that have it, by the confidence of its value."""
    columns = [*FIELDS, "evidence"]
    batches = storage.batches("article_metadata", day, columns, rows=_ROWS)
    return merged(_fields(batch) for batch in batches)


def _fields(batch: pa.RecordBatch) -> Figures:
    chosen = _chosen(batch["evidence"])
    found: Figures = {}
    for name in FIELDS:
        filled = _filled(batch[name])
        of_field = chosen.filter(pc.equal(chosen["field"], name))
        banded = of_field.filter(pa.array(filled[of_field["article"].to_numpy()]))
        counts = {"filled": int(filled.sum()), "articles": batch.num_rows}
        found[name] = counts | _bands(banded["confidence_first"].to_numpy())
    return found


def _filled(values: pa.Array) -> np.ndarray:
    """For each article whether it has a value."""
    there = pc.is_valid(values)
    if pa.types.is_list(values.type):
        there = pc.fill_null(pc.greater(pc.list_value_length(values), 0), False)
    mask: np.ndarray = there.to_numpy(zero_copy_only=False)
    return mask


def _chosen(evidence: pa.Array) -> pa.Table:
    """The first candidate of each article and field: the one that was chosen, where any was."""
    rows = pc.list_parent_indices(evidence)
    candidates = evidence.flatten()
    table = pa.table(
        {
            "article": rows,
            "field": pc.struct_field(candidates, "field"),
            "confidence": pc.struct_field(candidates, "confidence"),
        }
    )
    return table.group_by(["article", "field"], use_threads=False).aggregate(
        [("confidence", "first")]
    )


def _bands(confidences: np.ndarray) -> Figures:
    # A confidence of .7 is stored as the float32 below it.
    bins = np.searchsorted(BANDS, confidences + 1e-6, side="right") - 1
    counted = np.bincount(bins, minlength=len(BANDS)).tolist()
    return dict(zip(BAND_NAMES, counted, strict=True))


def pairs(storage: Storage, day: date) -> Figures:
    """Count verified pairs by relation and tenth of containment outside quotations."""
    columns = ["relation", "containment_outside_quotes"]
    table = storage.read("duplicate_pairs", [day], columns)
    shares = table["containment_outside_quotes"].to_numpy()
    tenths = np.clip(np.nan_to_num(shares) * 10, 0, 9).astype(int)
    binned = pa.table({"relation": table["relation"], "tenth": tenths.astype(str)})
    found: Figures = {}
    for row in binned.group_by(["relation", "tenth"]).aggregate([([], "count_all")]).to_pylist():
        found.setdefault(row["relation"], {})[row["tenth"]] = row["count_all"]
    return found


def clusters(storage: Storage, day: date) -> Figures:
    """Count the clusters whose canonical article is of the day, by size."""
    sizes = storage.read("syndication_clusters", [day], ["size"])["size"]
    return {"size": {str(size): count for size, count in _counts(sizes).items() if size != "1"}}


def _reprints(storage: Storage, day: date) -> Figures:
    """The day's reprints by the outlet that carried them and the other that they are from."""
    wanted = ["outlet", "relation", "canonical_article_id", "canonical_scrape_date"]
    rows = storage.read("cluster_members", [day], wanted)
    copies = rows.filter(pc.is_in(rows["relation"], pa.array(_REPRINTS)))
    if not copies.num_rows:
        return {}
    origins = _outlets(storage, copies)
    at = pc.index_in(copies["canonical_article_id"], origins["article_id"].combine_chunks())
    named = {"by": copies["outlet"], "source": origins["outlet"].take(at)}
    table = pa.table({side: pc.fill_null(names, _UNNAMED) for side, names in named.items()})
    known = table.filter(pc.not_equal(table["by"], table["source"]))
    counted = known.group_by(["by", "source"]).aggregate([([], "count_all")])
    largest = counted.sort_by(
        [("count_all", "descending"), ("by", "ascending"), ("source", "ascending")]
    )
    found: Figures = {}
    for row in largest.slice(0, _KEPT).to_pylist():
        found.setdefault(row["by"], {})[row["source"]] = row["count_all"]
    return found


def _outlets(storage: Storage, copies: pa.Table) -> pa.Table:
    """The canonical articles of copies, with their outlets."""
    days = sorted(set(copies["canonical_scrape_date"].to_pylist()))
    ids = pc.unique(copies["canonical_article_id"])
    where = pc.field("article_id").isin(ids)
    return storage.read("cluster_members", days, ["article_id", "outlet"], where)


def _counts(values: pa.Array | pa.ChunkedArray) -> Figures:
    """How often each value stands there; nulls count as unknown."""
    counted = pc.value_counts(values)
    return {
        UNKNOWN if value is None else str(value): count
        for value, count in zip(
            counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True
        )
    }


def top(counts: Mapping[str, int], kept: int) -> dict[str, int]:
    """Return the `kept` largest counts, largest first; ties by name."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered[:kept])
