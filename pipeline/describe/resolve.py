"""One value a field out of its candidates, with a calibrated confidence.

Candidates that say the same (after folding) support each other, candidates that say something
else take from it; what the score is worth was measured on development sites and stands in
`data/rule_confidence.tsv` and `data/calibration.tsv`. How candidates are found does not belong here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from pipeline.describe.fold import data_lines, fold
from pipeline.records import Candidate

#: Most candidates a field that are kept as evidence.
MOST_EVIDENCE: Final = 8

#: What a second independent source adds, and what a contradicting one takes (share of its own).
_SUPPORT: Final = 0.6
_DOUBT: Final = 0.35

#: A value is given only where it is at least this likely to be right.
THRESHOLD: Final = 0.6

_VISIBLE: Final = ("h1", "byline", "author", "rel", "itemprop", "line", "time", "deck")


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen value of a field (None: none is likely enough) and all that was weighed."""

    value: str | None
    evidence: tuple[Candidate, ...]


def choose(field: str, candidates: Iterable[Candidate]) -> Choice:
    """Choose the likeliest value of `field`; the chosen candidate is first in the evidence."""
    weighed = [replace(c, confidence=rule_confidence(c)) for c in candidates if c.field == field]
    groups: dict[str, list[Candidate]] = {}
    for candidate in weighed:
        groups.setdefault(key_of(field, candidate.value), []).append(candidate)
    if not groups:
        return Choice(None, ())
    scores = {key: _support(group) for key, group in groups.items()}
    order = sorted(groups, key=lambda key: -scores[key])
    ranked: list[Candidate] = []
    for key in order:
        others = (other for other in order if other != key and not _part_of(other, key))
        against = max((scores[other] for other in others), default=0.0)
        sure = calibrated(field, scores[key] * (1 - _DOUBT * against))
        group = sorted(groups[key], key=lambda c: -c.confidence)
        ranked.append(replace(group[0], confidence=round(sure, 3)))
        ranked.extend(group[1:3])
    chosen = ranked[0].value if ranked[0].confidence >= THRESHOLD else None
    return Choice(chosen, tuple(ranked[:MOST_EVIDENCE]))


def key_of(field: str, value: str) -> str:
    """Return the form in which two values of `field` count as the same."""
    if field == "authors":
        return ";".join(sorted(fold(name) for name in value.split(";")))
    if field == "outlet":
        key = fold(value)
        return key[3:] if key.startswith("the") and len(key) > 6 else key
    return value if field in ("published", "updated", "url") else fold(value)


def _part_of(key: str, whole: str) -> bool:
    """Tell whether a list of authors names only people of another, longer list."""
    names = set(key.split(";"))
    return ";" in whole and names < set(whole.split(";"))


def _support(group: Sequence[Candidate]) -> float:
    """Return how sure the candidates of one value are together, one vote a kind of source."""
    votes: dict[str, float] = {}
    for candidate in group:
        kind = source_kind(candidate.rule)
        votes[kind] = max(votes.get(kind, 0.0), candidate.confidence)
    best, *others = sorted(votes.values(), reverse=True)
    doubt = 1 - best
    for vote in others:
        doubt *= 1 - _SUPPORT * vote
    return 1 - doubt


def source_kind(rule: str) -> str:
    """Return the kind of source a rule reads; rules of one kind are not independent."""
    head = rule.split("_", 1)[0]
    return "visible" if head in _VISIBLE else head


@cache
def _rule_table() -> dict[tuple[str, str], float]:
    rows = (line.split("\t") for line in data_lines("rule_confidence.tsv"))
    return {(row[0], row[1]): float(row[2]) for row in rows}


def rule_confidence(candidate: Candidate) -> float:
    """Return how often the candidate's rule was right on development sites, else its own guess."""
    return _rule_table().get((candidate.field, candidate.rule), candidate.confidence)


@cache
def _calibration_table() -> dict[str, tuple[list[float], list[float]]]:
    table: dict[str, tuple[list[float], list[float]]] = {}
    for line in data_lines("calibration.tsv"):
        field, score, right = line.split("\t")[:3]
        xs, ys = table.setdefault(field, ([], []))
        xs.append(float(score))
        ys.append(float(right))
    return table


def calibrated(field: str, score: float) -> float:
    """Return the share of values of `field` with about this score that were right."""
    table = _calibration_table().get(field)
    if table is None:
        return score
    xs, ys = table
    place = bisect_right(xs, score)
    if place == 0:
        return ys[0]
    if place == len(xs):
        return ys[-1]
    share = (score - xs[place - 1]) / (xs[place] - xs[place - 1])
    return ys[place - 1] + share * (ys[place] - ys[place - 1])
