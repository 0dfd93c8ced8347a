"""One value a field out of its candidates, with a calibrated confidence.

Candidates of one value (after folding) are one group. A group scores the weights of its rules,
the best rule of each kind of source; its confidence is the softmax of its score among all groups
and "none of them", whose score is 0 (a conditional logit). The weights were fitted on development
sites (`data/rule_weights.tsv`); a rule without one brings its own confidence, as log odds. How
candidates are found does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import exp, log
from typing import Final

from pipeline.describe.fold import data_lines, fold
from pipeline.records import Candidate

#: Most candidates a field that are kept as evidence.
MOST_EVIDENCE: Final = 8

#: A value is given only where it is at least this likely to be right.
THRESHOLD: Final = 0.5

#: How much of a further unfitted source's log odds counts: sources copy from each other.
_SUPPORT: Final = 0.4

_SCORE_LIMIT: Final = 12.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen value of a field (None: none is likely enough) and all that was weighed."""

    value: str | None
    evidence: tuple[Candidate, ...]


NOTHING: Final = Choice(None, ())

#: Fields whose module has weighed agreement and doubt itself; its confidences stand.
_FINAL: Final = frozenset(("published_date", "published_at", "updated_at"))


def choose(field: str, candidates: Iterable[Candidate]) -> Choice:
    """Choose the likeliest value of `field`; the chosen candidate is first in the evidence."""
    if field in _FINAL:
        final = [candidate for candidate in candidates if candidate.field == field]
        sure_enough = bool(final) and final[0].confidence >= THRESHOLD
        return Choice(final[0].value if sure_enough else None, tuple(final[:MOST_EVIDENCE]))
    groups = grouped(field, candidates)
    if not groups:
        return NOTHING
    sure = confidences({key: score(group) for key, group in groups.items()})
    ranked: list[Candidate] = []
    for key in _ranked(sure, groups):
        best_first = sorted(groups[key], key=lambda c: -(weight(c)[0]))
        ranked.extend(_with(c, round(sure[key], 3)) for c in best_first[:3])
    chosen = ranked[0].value if ranked[0].confidence >= _least(ranked[0]) else None
    return Choice(chosen, tuple(ranked[:MOST_EVIDENCE]))


#: The same for rules with fitted weights, so that three in a hundred given values are wrong at
#: most on the second development sites, wrong gold aside.
_LEAST: Final = {"headline": 0.6, "authors": 0.55}


def _least(candidate: Candidate) -> float:
    """Return how likely a value must be to be given."""
    return _LEAST.get(candidate.field, THRESHOLD) if weight(candidate)[1] else THRESHOLD


def _with(candidate: Candidate, confidence: float) -> Candidate:
    # `dataclasses.replace` takes thrice as long.
    own = candidate
    return Candidate(own.field, own.value, confidence, own.rule, own.source_text)


def _ranked(sure: Mapping[str, float], groups: Mapping[str, Sequence[Candidate]]) -> list[str]:
    """Return the values, likeliest first; a likely longer list of authors before its parts.

    Many sources name only the first of several authors. A longer list counts where one statement
    holds it; elements that are marked alike can be those of other stories too.
    """
    order = sorted(sure, key=lambda key: -sure[key])
    whole = [
        key for key in order
        if sure[key] >= _WHOLE and part_of(order[0], key)
        and key.count(";") <= order[0].count(";") + _MOST_MORE
        and any(c.rule.startswith(_STATED_WHOLE) for c in groups[key])
    ]  # fmt: skip
    return [*whole[:1], *(key for key in order if key not in whole[:1])]


#: How likely a longer list must be, and how the rules are named that read a list as a whole.
_WHOLE: Final = 0.3
_MOST_MORE: Final = 4
_STATED_WHOLE: Final = (
    "json_ld", "meta_", "line_by", "near_by_given", "near_alone_given", "near_dated_given",
    "author_class_near", "author_class_block_near", "credit",
)  # fmt: skip


def grouped(field: str, candidates: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    """Return the candidates of `field` by value; values that fold to the same are one."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.field == field:
            groups.setdefault(key_of(field, candidate.value), []).append(candidate)
    return groups


def confidences(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the probability of each value from the scores of all.

    A list of authors that is part of a longer one is no rival of the longer one.
    """
    odds = {key: exp(min(value, _SCORE_LIMIT)) for key, value in scores.items()}
    found = {}
    for key, own in odds.items():
        rivals = sum(other for name, other in odds.items() if not part_of(name, key))
        found[key] = own / (1 + rivals)
    return found


def key_of(field: str, value: str) -> str:
    """Return the form in which two values of `field` count as the same."""
    if field == "authors":
        return ";".join(sorted(fold(name) for name in value.split(";")))
    if field == "outlet":
        key = fold(value)
        return key[3:] if key.startswith("the") and len(key) > 6 else key
    return value if field in ("published", "updated", "url") else fold(value)


def part_of(key: str, whole: str) -> bool:
    """Tell whether a list of authors names only people of another, longer list."""
    return ";" in whole and set(key.split(";")) < set(whole.split(";"))


def score(group: Sequence[Candidate]) -> float:
    """Return the summed weights of the best rule of each kind of source in `group`."""
    fitted: dict[str, float] = {}
    own: dict[str, float] = {}
    for candidate in group:
        kind = source_kind(candidate.rule)
        value, is_fitted = weight(candidate)
        votes = fitted if is_fitted else own
        votes[kind] = max(votes.get(kind, -_SCORE_LIMIT), value)
    ordered = sorted(own.values(), reverse=True)
    total = agreed(list(fitted.values())) if fitted else ordered.pop(0)
    return total + _SUPPORT * sum(value for value in ordered if value > 0)


def agreed(votes: Sequence[float]) -> float:
    """Return what the kinds of sources say together; agreeing, none speaks against the others."""
    return max(max(votes), sum(vote for vote in votes if vote > 0))


def source_kind(rule: str) -> str:
    """Return the kind of source a rule reads; of one kind only the best rule of a value counts.

    What reads the same print counts once, however many rules find it.
    """
    head = rule.split("_", 1)[0]
    return _KINDS.get(head, head)


def family(rule: str) -> str:
    """Return the name of the family of a rule: kind of source, and whether near the headline."""
    near = rule.endswith("_near") or rule.startswith("near_")
    return f"{source_kind(rule)}{'_near' if near else ''}_*"


#: How rules are named that read the printed text, or elements marked as the author's.
_KINDS: Final = {
    **dict.fromkeys(("line", "near", "label", "name", "byline", "signature"), "text"),
    **dict.fromkeys(("author", "rel", "person", "itemprop"), "marked"),
}


def weight(candidate: Candidate) -> tuple[float, bool]:
    """Return the weight of a candidate, and whether it was fitted (else: its own log odds)."""
    fitted = _fitted(candidate.field, candidate.rule)
    if fitted is not None:
        return fitted, True
    sure = min(max(candidate.confidence, 0.01), 0.99)
    return log(sure / (1 - sure)), False


@lru_cache(maxsize=4096)
def _fitted(field: str, rule: str) -> float | None:
    """Return the weight of a rule, else that of its family, None without either."""
    table = weights()
    return table.get((field, rule), table.get((field, family(rule))))


@cache
def weights() -> dict[tuple[str, str], float]:
    """Return the fitted weights by field and rule."""
    rows = (line.split("\t") for line in data_lines("rule_weights.tsv"))
    return {(row[0], row[1]): float(row[2]) for row in rows}
