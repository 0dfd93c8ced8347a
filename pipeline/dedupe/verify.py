"""Candidate pairs and their texts -> verified duplicate pairs with evidence and aligned spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipeline import contracts
from pipeline.dedupe.align import Alignments, Bodies, Evidence, Floats, align, spans
from pipeline.dedupe.relations import EXCERPT, NONE, Verdict, judge, judge_all
from pipeline.dedupe.words import I64

#: How a pair came to be looked at: shared anchors, or because a cluster was about to hold both.
ANCHORS: Final = "anchors"
CLUSTER: Final = "cluster"

#: Spans kept as evidence of a pair; more are not listed.
_MAX_SPANS: Final = 200


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs to look at: A is the article with the smaller id. Arrays of ids and days."""

    a_ids: Sequence[str]
    b_ids: Sequence[str]
    a_days: Sequence[date]
    b_days: Sequence[date]


def compare(a_text: str, b_text: str) -> tuple[Verdict, Evidence]:
    """Return the verdict on two bodies and the evidence for it."""
    (evidence,) = compare_all([("a", "b")], {"a": a_text, "b": b_text})
    return judge(evidence), evidence


def compare_all(pairs: Sequence[tuple[str, str]], texts: Mapping[str, str]) -> list[Evidence]:
    """Return what the alignments of `pairs` of article ids say; `texts` are the bodies by id."""
    place = {each: number for number, each in enumerate(texts)}
    both = np.array([[place[each] for each in pair] for pair in pairs], np.int64).reshape(-1, 2)
    found = align(Bodies(list(texts.values())), both[:, 0], both[:, 1])
    return [found.of(number) for number in range(len(pairs))]


def verified(pairs: Pairs, texts: Mapping[str, str], found_by: str) -> pa.Table:
    """Return those of `pairs` that are duplicates, as a table of `duplicate_pairs`.

    `texts` are the bodies by article id.
    """
    ids = sorted({*pairs.a_ids, *pairs.b_ids})
    place = {each: number for number, each in enumerate(ids)}
    bodies = Bodies([texts[each] for each in ids])
    a = np.array([place[each] for each in pairs.a_ids], np.int64)
    b = np.array([place[each] for each in pairs.b_ids], np.int64)
    found = align(bodies, a, b)
    relations, probability = judge_all(found.evidence)
    held = np.array([each != NONE for each in relations], np.bool_)
    columns: dict[str, Any] = {
        "a_article_id": pairs.a_ids,
        "b_article_id": pairs.b_ids,
        "a_scrape_date": pairs.a_days,
        "b_scrape_date": pairs.b_days,
        "scrape_date": [max(both) for both in zip(pairs.a_days, pairs.b_days, strict=True)],
        "relation": relations,
        "probability": probability,
        "source_article_id": _sources(pairs, relations, found.evidence),
        "found_by": [found_by] * len(relations),
        **{name: found.evidence[name] for name in ("containment_a", "containment_b")},
        "containment_outside_quotes": found.evidence["containment_outside_quotes"],
        "longest_run": found.evidence["longest_run"].astype(np.int32),
        "aligned_spans": _span_lists(bodies, a, b, found),
    }
    schema = contracts.arrow_schema("duplicate_pairs")
    arrays = [pa.array(columns[each.name], each.type) for each in schema]
    return pa.Table.from_arrays(arrays, schema=schema).filter(pa.array(held))


def _sources(
    pairs: Pairs, relations: Sequence[str], evidence: Mapping[str, Floats]
) -> list[str | None]:
    """Return the article that the other derives from where the texts alone show it."""
    a_longer = (evidence["words_a"] > evidence["words_b"]).tolist()
    rows = zip(pairs.a_ids, pairs.b_ids, relations, a_longer, strict=True)
    return [(a if longer else b) if each == EXCERPT else None for a, b, each, longer in rows]


def _span_lists(bodies: Bodies, a: I64, b: I64, found: Alignments) -> pa.Array:
    """Return the aligned spans of each pair as one array of lists."""
    kind = contracts.arrow_schema("duplicate_pairs").field("aligned_spans").type
    sizes = np.diff(found.bounds)
    listed = np.arange(len(found.runs)) - np.repeat(found.bounds[:-1], sizes) < _MAX_SPANS
    columns = spans(bodies, a, b, found)
    parts = [pa.array(columns[part.name][listed], part.type) for part in kind.value_type]
    structs = pa.StructArray.from_arrays(parts, fields=list(kind.value_type))
    offsets = np.concatenate([[0], np.cumsum(np.minimum(sizes, _MAX_SPANS))])
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), structs, kind)
