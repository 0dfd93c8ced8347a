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
from itertools import pairwise
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
    own = [candidate for candidate in candidates if candidate.field == field]
    if len(own) == 1:  # most fields of most texts
        return _alone(own[0])
    groups = grouped(field, own)
    if not groups:
        return NOTHING
    sure = confidences(scores(field, groups))
    ranked: list[Candidate] = []
    for key in _ranked(sure, groups):
        best_first = _best_first(field, groups[key])
        ranked.extend(_with(c, round(sure[key], 3)) for c in best_first[:3])
    chosen = ranked[0].value if ranked[0].confidence >= _least(ranked[0]) else None
    return Choice(chosen, tuple(ranked[:MOST_EVIDENCE]))


def _best_first(field: str, group: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates of one value, those of the likeliest spelling first."""
    if len(group) == 1:
        return list(group)
    spellings: dict[str, list[Candidate]] = {}
    for candidate in group:
        spellings.setdefault(fold(candidate.value) if field == "authors" else "", []).append(
            candidate
        )
    ranked = sorted(spellings.values(), key=lambda same: -score(same))
    return [c for same in ranked for c in sorted(same, key=lambda c: -weight(c)[0])]


#: The same for rules with fitted weights, so that three in a hundred given values are wrong at
#: most on the second development sites, wrong gold aside. Most headlines below it are worded
#: otherwise in the metadata than on the page: on development pages the only h1, if it is like a
#: title, is right in 15 of 23 such cases, the titles in 20 of 51 without one; no witness (the
#: browser's title, the place right above the body, being printed) tells them apart much better.
_LEAST: Final = {"headline": 0.6, "authors": 0.65}


def _least(candidate: Candidate) -> float:
    """Return how likely a value must be to be given."""
    return _LEAST.get(candidate.field, THRESHOLD) if weight(candidate)[1] else THRESHOLD


def _alone(candidate: Candidate) -> Choice:
    """Return the choice where one candidate is all there is."""
    field, value, confidence, rule, source_text = candidate
    if field == "authors":
        own = scores(field, {"": [candidate]})[""]
        sure, least = _sure(own), _least(candidate)
    else:
        sure, least = _sure_alone(field, confidence, rule)
    chosen = Candidate(field, value, sure, rule, source_text)
    return Choice(value if sure >= least else None, (chosen,))


@lru_cache(maxsize=1024)
def _sure_alone(field: str, confidence: float, rule: str) -> tuple[float, float]:
    """Return how likely the only value of a field is right, and how likely it must be."""
    candidate = Candidate(field, "", confidence, rule, "")
    return _sure(weight(candidate)[0]), _least(candidate)


def _sure(own: float) -> float:
    odds = exp(min(max(own, -_SCORE_LIMIT), _SCORE_LIMIT))
    return round(odds / (1 + odds), 3)


def _with(candidate: Candidate, confidence: float) -> Candidate:
    # `dataclasses.replace` takes thrice as long.
    own = candidate
    return Candidate(own.field, own.value, confidence, own.rule, own.source_text)


def _ranked(sure: Mapping[str, float], groups: Mapping[str, Sequence[Candidate]]) -> list[str]:
    """Return the values, likeliest first; those as likely in the order found."""
    return sorted(groups, key=lambda key: -sure[key])


def grouped(field: str, candidates: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    """Return the candidates of `field` by value; values that fold to the same are one."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.field == field:
            groups.setdefault(key_of(field, candidate.value), []).append(candidate)
    return groups


def confidences(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the probability of each value from the scores of all."""
    odds = {key: exp(min(value, _SCORE_LIMIT)) for key, value in scores.items()}
    total = 1 + sum(odds.values())
    return {key: own / total for key, own in odds.items()}


def key_of(field: str, value: str) -> str:
    """Return the form in which two values of `field` count as the same."""
    if field == "authors":
        return ";".join(sorted(person_key(name) for name in value.split(";")))
    if field == "outlet":
        key = fold(value)
        return key[3:] if key.startswith("the") and len(key) > 6 else key
    return value if field in ("published", "updated", "url") else fold(value)


def person_key(name: str) -> str:
    """Return the form in which two spellings of one person's name count as the same.

    Middle initials and "Jr." are left out: "Jeff T. Berg" is Jeff Berg.
    """
    tokens = name.split()
    kept = [
        token for place, token in enumerate(tokens)
        if not (0 < place < len(tokens) - 1 and len(token.rstrip(".")) == 1)
        and not (place and token.rstrip(".").casefold() in _SUFFIXES)
    ]  # fmt: skip
    return fold("".join(kept))


_SUFFIXES: Final = frozenset(("jr", "sr", "ii", "iii", "iv"))


def part_of(key: str, whole: str) -> bool:
    """Tell whether a list of authors names only people of another, longer list."""
    return ";" in whole and set(key.split(";")) < set(whole.split(";"))


def scores(field: str, groups: Mapping[str, Sequence[Candidate]]) -> dict[str, float]:
    """Return the score of each value: what its sources say, and what its traits add."""
    own = {key: score(group) for key, group in groups.items()}
    if field != "authors":
        return own
    table = weights()
    fitted = [key for key, group in groups.items() if any(weight(c)[1] for c in group)]
    for key in fitted:
        own[key] += sum(table.get((field, trait), 0.0) for trait in traits(key, groups))
        if outvoted(key, groups):
            own[key] = min(own[key], _OUTVOTED)
    return own


def traits(key: str, groups: Mapping[str, Sequence[Candidate]]) -> list[str]:
    """Return what else tells about a list of authors; weighed like rules (`trait_...`).

    How many kinds of sources agree, whether the names look like people's, and whether another
    statement names some of them, or more.
    """
    group = groups[key]
    labelled = _is_labelled(group)
    found = [f"trait_{_shape(group[0].value)}{'_labelled' if labelled else ''}"]
    kinds = len({source_kind(candidate.rule) for candidate in group})
    if kinds > 1:
        found.append("trait_kinds_2" if kinds == 2 else "trait_kinds_more")
    whole = any(c.rule.startswith(_STATED_WHOLE) for c in group)
    for other in groups:
        if part_of(other, key):
            of_what = "_labelled" if labelled else "_whole" if whole else ""
            found.append(f"trait_backed{of_what}")
            break
    longer = [group for group in _longer(key, groups) if _whole_kinds(group)]
    if longer:
        rivals = not labelled or any(map(_is_labelled, longer))
        found.append("trait_in_longer" if rivals else "trait_in_longer_unlabelled")
    flat = group[0].rule.endswith(_FLAT)
    return [f"{trait}{_FLAT}" for trait in found] if flat else found


def _is_labelled(group: Sequence[Candidate]) -> bool:
    """Tell whether a line or element that opens with "By" or its like states a value."""
    return any(
        c.rule.startswith(_LABELLED) and c.rule.removesuffix(_FLAT) != "line_byline" for c in group
    )


def outvoted(key: str, groups: Mapping[str, Sequence[Candidate]]) -> bool:
    """Tell whether a list of authors is a part of one that metadata and the page agree on, or that
    the page prints after "By" and marks as the authors'.

    Then what names some of the people is a witness for the list and no rival: pages print a
    list of authors as one link or line each.
    """
    for longer in _longer(key, groups):
        kinds = _whole_kinds(longer)
        if len(kinds) > 1 and (not _METADATA.isdisjoint(kinds) or _is_labelled(longer)):
            return True
    return False


_METADATA: Final = frozenset(("json", "meta"))

#: The score of a list that is outvoted.
_OUTVOTED: Final = -4.0


def _longer(key: str, groups: Mapping[str, Sequence[Candidate]]) -> list[Sequence[Candidate]]:
    return [group for other, group in groups.items() if part_of(key, other)]


def _whole_kinds(group: Sequence[Candidate]) -> set[str]:
    """Return the kinds of sources that state a list as a whole."""
    return {source_kind(c.rule) for c in group if c.rule.startswith(_STATED_WHOLE)}


def _shape(value: str) -> str:
    from pipeline.describe.names import kind_of

    names = value.split("; ")
    if all(" " not in name for name in names):
        return "handle" if any(map(_is_handle, names)) else "lone"
    return kind_of(names)


#: How the rules are named that read names after "By" or its like.
_LABELLED: Final = ("line_by", "near_by", "label_", "byline_class", "credit")


def _is_handle(name: str) -> bool:
    """Tell whether a lone name has a capital within: "KatieS", "TaxHelp"."""
    return any(a.islower() and b.isupper() for a, b in pairwise(name))


#: How the rules are named that read a list as a whole; elements that are marked alike can be
#: those of other stories too.
_STATED_WHOLE: Final = (
    "json_ld", "meta_", "line_by", "near_by_given", "near_alone_given", "near_dated_given",
    "author_class_near", "author_class_block_near", "byline_class", "rel_author_near", "credit",
)  # fmt: skip


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
    return sum(vote for vote in votes if vote > 0) or max(votes)


def source_kind(rule: str) -> str:
    """Return the kind of source a rule reads; of one kind only the best rule of a value counts.

    What reads the same print counts once, however many rules find it.
    """
    head = rule.split("_", 1)[0]
    return _KINDS.get(head, head)


def family(rule: str) -> str:
    """Return the name of the family of a rule: kind of source, and whether near the headline.

    Rules for unmarked names of people of whom the story tells are one family.
    """
    rule, flat = rule.removesuffix(_FLAT), "_flat" if rule.endswith(_FLAT) else ""
    if rule.endswith("_told"):
        return f"told_*{flat}"
    near = rule.endswith("_near") or rule.startswith("near_")
    return f"{source_kind(rule)}{'_near' if near else ''}_*{flat}"


#: How the rules are named that read flattened text.
_FLAT: Final = "_flat"

#: How rules are named that read the printed text, or elements marked as the author's.
_KINDS: Final = {
    **dict.fromkeys(
        ("line", "near", "label", "name", "byline", "signature", "announced", "written", "deck"),
        "text",
    ),
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
