"""Candidate pairs and their texts -> verified duplicate pairs with evidence and aligned spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline import contracts
from pipeline.dedupe.align import Alignment, Body, align, most_shared, read_bodies
from pipeline.dedupe.relations import EXCERPT, Verdict, judge, may_be_family
from pipeline.dedupe.words import I64

#: Days of the scrapes of A and B.
Days = tuple[date, date]

#: Spans kept as evidence of a pair; more are not listed.
_MAX_SPANS: Final = 200


@dataclass(frozen=True, slots=True)
class Verified:
    """One pair that was looked at: A is the article with the smaller id."""

    a_id: str
    b_id: str
    alignment: Alignment
    verdict: Verdict


class Bodies:
    """Texts by article id, read as bodies when first needed."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Wrap `texts`, article id -> body."""
        self._texts = texts
        self._bodies: dict[str, Body] = {}

    def prepare(self, ids: Iterable[str]) -> None:
        """Read the bodies of `ids` in one go, which is faster than one by one."""
        wanted = sorted({each for each in ids if each not in self._bodies})
        bodies = read_bodies([self._texts[each] for each in wanted])
        self._bodies.update(zip(wanted, bodies, strict=True))

    def __getitem__(self, article_id: str) -> Body:
        if article_id not in self._bodies:
            self.prepare([article_id])
        return self._bodies[article_id]


def verify(pairs: Sequence[tuple[str, str]], bodies: Bodies) -> list[Verified | None]:
    """Return for each pair the verdict that it is a duplicate, or None, in the order of `pairs`."""
    bodies.prepare(each for pair in pairs for each in pair)
    return [verify_duplicate(one, other, bodies) for one, other in pairs]


def verify_duplicate(one: str, other: str, bodies: Bodies) -> Verified | None:
    """Return the verdict on one pair if it is a duplicate; the same whichever comes first."""
    if not may_be_family(*most_shared(bodies[one], bodies[other])):
        return None
    found = verify_pair(one, other, bodies)
    return found if found.verdict.is_duplicate else None


def verify_pair(one: str, other: str, bodies: Bodies) -> Verified:
    """Return the verdict on one pair; the same whichever comes first."""
    a_id, b_id = min(one, other), max(one, other)
    alignment = align(bodies[a_id], bodies[b_id])
    return Verified(a_id, b_id, alignment, judge(alignment.evidence))


def pair_table(found: Sequence[Verified], days: Sequence[Days], bodies: Bodies) -> pa.Table:
    """Return verified pairs, with the days of A and B, as a table of `duplicate_pairs`."""
    evidence = [one.alignment.evidence for one in found]
    columns = {
        "a_article_id": [one.a_id for one in found],
        "b_article_id": [one.b_id for one in found],
        "a_scrape_date": [a_day for a_day, _ in days],
        "b_scrape_date": [b_day for _, b_day in days],
        "scrape_date": [max(both) for both in days],
        "relation": [one.verdict.relation for one in found],
        "probability": [one.verdict.probability for one in found],
        "source_article_id": [_source(one) for one in found],
        "containment_a": [one.containment_a for one in evidence],
        "containment_b": [one.containment_b for one in evidence],
        "containment_outside_quotes": [one.containment_outside_quotes for one in evidence],
        "longest_run": [one.longest_run for one in evidence],
        "aligned_spans": _span_lists(found, bodies),
    }
    schema = contracts.arrow_schema("duplicate_pairs")
    return pa.Table.from_arrays(
        [pa.array(columns[each.name], each.type) for each in schema], schema=schema
    )


def _span_lists(found: Sequence[Verified], bodies: Bodies) -> pa.Array:
    """Return the aligned spans of each pair as one array of lists."""
    kind = contracts.arrow_schema("duplicate_pairs").field("aligned_spans").type
    each = [one.alignment.span_columns(bodies[one.a_id], bodies[one.b_id]) for one in found]
    sizes = [min(len(columns["a_start"]), _MAX_SPANS) for columns in each]
    fields = [
        pa.array(_joined([columns[part.name][:_MAX_SPANS] for columns in each]), part.type)
        for part in kind.value_type
    ]
    structs = pa.StructArray.from_arrays(fields, fields=list(kind.value_type))
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, structs, kind)


def _joined(parts: Sequence[I64]) -> I64:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _source(verified: Verified) -> str | None:
    """Return the article that the other derives from where the texts alone show it."""
    evidence = verified.alignment.evidence
    if verified.verdict.relation != EXCERPT:
        return None
    return verified.a_id if evidence.words_a > evidence.words_b else verified.b_id
