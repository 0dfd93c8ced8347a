"""Candidate pairs and their texts -> verified duplicate pairs with evidence and aligned spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.dedupe.align import Alignment, Body, align, read_bodies
from pipeline.dedupe.relations import EXCERPT, Verdict, judge

#: Spans kept as evidence of a pair; the rest of a badly broken pair is counted, not listed.
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


def verify(pairs: Sequence[tuple[str, str]], bodies: Bodies) -> list[Verified]:
    """Return the verdict on each pair, in the order of `pairs`."""
    bodies.prepare(each for pair in pairs for each in pair)
    return [verify_pair(one, other, bodies) for one, other in pairs]


def verify_pair(one: str, other: str, bodies: Bodies) -> Verified:
    """Return the verdict on one pair; the same whichever comes first."""
    a_id, b_id = min(one, other), max(one, other)
    alignment = align(bodies[a_id], bodies[b_id])
    return Verified(a_id, b_id, alignment, judge(alignment.evidence))


def pair_row(verified: Verified, bodies: Bodies) -> dict[str, Any]:
    """Return a verified pair as a row of `duplicate_pairs`, without the dates."""
    evidence = verified.alignment.evidence
    spans = verified.alignment.spans(bodies[verified.a_id], bodies[verified.b_id])
    return {
        "a_article_id": verified.a_id,
        "b_article_id": verified.b_id,
        "relation": verified.verdict.relation,
        "probability": verified.verdict.probability,
        "source_article_id": _source(verified),
        "containment_a": evidence.containment_a,
        "containment_b": evidence.containment_b,
        "containment_outside_quotes": evidence.containment_outside_quotes,
        "longest_run": evidence.longest_run,
        "aligned_spans": spans[:_MAX_SPANS],
    }


def _source(verified: Verified) -> str | None:
    """Return the article that the other derives from where the texts alone show it."""
    evidence = verified.alignment.evidence
    if verified.verdict.relation != EXCERPT:
        return None
    return verified.a_id if evidence.words_a > evidence.words_b else verified.b_id
