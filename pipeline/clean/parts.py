"""Parts of a line with a role of their own: a promo glued to a paragraph, a date before a bio.

Only wording decides here, by rules from a data file; whole lines are `model`'s and `roles`' work.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np

from pipeline.clean.features import by_line
from pipeline.clean.lines import (
    UPPER,
    Array,
    Lines,
    bit_of,
    phrase_hash,
    word_bits,
    word_hash,
)
from pipeline.clean.roles import rule_role
from pipeline.clean.word_index import WordIndex
from pipeline.fold import holds
from pipeline.records import BODY

_LONGEST: Final = 6000
#: What a word tells of its line: that it may have parts, the same if in capitals, or a date.
_TELLS: Final = 1
_TELLS_SHOUTED: Final = 2
_TELLS_DATE: Final = 4
#: Words before a date, and where dates are at home also after it, from which on it stands in a
#: sentence.
_BEFORE: Final = 8
_AFTER: Final = 3
_DATED_ROLES: Final = frozenset({"timestamp", "byline", "bio"})
_LABELLED: Final = re.compile(r"(?i:date|post|publish|updat|last)")
_YEAR: Final = re.compile(r"(?:19|20)\d\d|\d/\d")
#: Roles of lines that a date may be a part of.
DATE_ROLES: Final = frozenset({"timestamp", "byline", "bio", "section", "social", "deck", "nav"})


@dataclass(frozen=True, slots=True)
class Part:
    """Characters `start` to `end` of a line and their role, by `rule`."""

    start: int
    end: int
    role: str
    rule: str


@dataclass(frozen=True, slots=True)
class PartRule:
    """One row of `data/part_rules.tsv`."""

    role: str
    name: str
    lines: frozenset[str]
    needs: tuple[str, ...]
    pattern: re.Pattern[str]

    def found(self, line: str) -> Iterable[re.Match[str]]:
        """Return where the rule finds its part in a line."""
        if self.needs and not holds(line, self.needs):
            return ()
        if self.pattern.pattern[:1] == "^":
            match = self.pattern.match(line)
            return (match,) if match else ()
        return self.pattern.finditer(line)


def promising(lines: Lines) -> tuple[Array, Array]:
    """Return which of `lines` hold words that parts are told by, and which may hold a date."""
    words = lines.words
    flags = _word_flags()[bit_of(words.hash)] | _pair_flags()[bit_of(words.runs[1])]
    place = np.flatnonzero(flags > 0)
    flags = flags[place]
    # "MORE" joins links; "more" is in every other paragraph.
    capital = (lines.kinds[words.end[place] - 1] & UPPER) > 0
    hits = ((flags & _TELLS) > 0) | (((flags & _TELLS_SHOUTED) > 0) & capital)
    worded = by_line(words, place[hits]) > 0
    # Without a word: "© 2019".
    marks = np.flatnonzero(lines.chars == ord("©"))
    worded[np.searchsorted(lines.right, marks, side="right")] = True
    return worded, by_line(words, place[(flags & _TELLS_DATE) > 0]) > 0


def body_rules(text: str) -> list[PartRule]:
    """Return the rules for lines of body that may fit some line of `text`: few, mostly."""
    rules = _rules_for(BODY, dated=False)
    return [rule for _, rule in rules if not rule.needs or holds(text, rule.needs)]


def rules_for(lines: Sequence[str], roles: Sequence[str]) -> list[list[PartRule]]:
    """Return the rules that may fit each of `lines`, whose roles are `roles`: few, mostly."""
    read = [line if len(line) <= _LONGEST else "" for line in lines]
    return [
        [
            rule
            for bit, rule in _rules_for(role, _is_dated(line, role))
            if held & bit or not rule.needs
        ]
        for line, role, held in zip(lines, roles, _word_index().found(read), strict=True)
    ]


def _is_dated(line: str, role: str) -> bool:
    return role in DATE_ROLES and len(line) < 600 and _YEAR.search(line) is not None


def parts(line: str, role: str, rules: Sequence[PartRule] | None = None) -> list[Part]:
    """Return the parts of `line` (of that role) in order; empty where it is all of one role.

    The parts cover the line from its first to its last character. Only `rules` are tried, where
    they are given.
    """
    if len(line) > _LONGEST:
        return []
    if rules is None:
        rules = rules_for([line], [role])[0]
    found: list[Part] = []
    for rule in rules:
        found += [
            Part(*match.span("part"), rule.role, f"part:{rule.name}")
            for match in rule.found(line)
            if not (rule.role == "timestamp" and _in_sentence(line, role, *match.span("part")))
        ]
    return _covering(line, role, _apart(found))


def _in_sentence(line: str, role: str, start: int, end: int) -> bool:
    """Tell whether words lead up to a date that has no label: a caption dates its picture."""
    before, after = line[:start].rstrip(), line[end:]
    if len(before.split()) <= _BEFORE or _LABELLED.match(line[start:end]):
        return False
    runs_on = role not in _DATED_ROLES or len(after.split()) > _AFTER
    return runs_on and (before[-1].isalnum() or before[-1] == ",")


def _apart(found: list[Part]) -> list[Part]:
    """Return the parts that do not overlap one before them."""
    kept: list[Part] = []
    for part in sorted(found, key=lambda p: (p.start, -p.end)):
        if part.end > part.start and (not kept or part.start >= kept[-1].end):
            kept.append(part)
    return kept


def _covering(line: str, role: str, found: list[Part]) -> list[Part]:
    if not found or not any(any(c.isalpha() for c in line[a:b]) for a, b in _between(line, found)):
        return []
    linked = any(part.rule.startswith("part:linked_name") for part in found)
    pieces: list[Part] = []
    for (low, high), part in zip(_between(line, found), [*found, None], strict=True):
        if line[low:high].strip():
            # Names are linked in prose only, however much the links outweigh it.
            rest = _rest_role(line[low:high], BODY if linked else role)
            pieces.append(Part(low, high, *rest))
        if part:
            pieces.append(part)
    # Blanks between parts go with the part before them, so that nothing is left uncovered.
    starts = [0, *(piece.start for piece in pieces[1:]), len(line)]
    return [Part(a, b, piece.role, piece.rule)
            for a, b, piece in zip(starts[:-1], starts[1:], pieces, strict=True)]  # fmt: skip


def _between(line: str, found: list[Part]) -> list[tuple[int, int]]:
    starts = [0, *(part.end for part in found)]
    ends = [*(part.start for part in found), len(line)]
    return list(zip(starts, ends, strict=True))


def _rest_role(rest: str, role: str) -> tuple[str, str]:
    """Return the role of what a part leaves of its line, and the rule, "" for the line's own."""
    if role == BODY:
        return BODY, ""
    told = rule_role(rest.strip(" |·•–—-"))
    if told and told[0] != "related":
        return told
    words = rest.split()
    named = 0 < len(words) <= 5 and all(word[0].isupper() for word in words if word[0].isalpha())
    return ("byline", "part:name_by_date") if role == "timestamp" and named else (role, "")


@functools.cache
def _data() -> tuple[str, ...]:
    text = resources.files("pipeline.clean").joinpath("data/part_rules.tsv").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and line[0] != "#")


@functools.cache
def _row(name: str) -> tuple[str, ...]:
    """Return the words of the row {name}."""
    row = next(line for line in _data() if line.startswith(f"{{{name}}}"))
    return tuple(row.split("\t")[1].split(" "))


@functools.cache
def _word_flags() -> Array:
    """Return of each place that `bit_of` gives what the words there tell, bit by bit."""
    rows = {"words": _TELLS, "shouted": _TELLS_SHOUTED, "dated": _TELLS_DATE}
    flags = [word_bits(_row(name)) * np.uint8(flag) for name, flag in rows.items()]
    return np.asarray(np.bitwise_or.reduce(flags))


@functools.cache
def _pair_flags() -> Array:
    """Return a table like that of `_word_flags`, of the pairs of words of the row {pairs}."""
    flags = np.zeros(1 << 20, dtype=np.uint8)
    pairs = (pair.split("_") for pair in _row("pairs"))
    flags[[phrase_hash([word_hash(word) for word in pair]) >> 44 for pair in pairs]] = _TELLS
    return flags


@functools.cache
def _rules_for(role: str, dated: bool) -> tuple[tuple[int, PartRule], ...]:
    """Return the rules for lines of a role, each with its bit of the index of words."""
    return tuple(
        (1 << number, rule)
        for number, rule in enumerate(_rules())
        if role in rule.lines or (dated and "*" in rule.lines)
    )


@functools.cache
def _word_index() -> WordIndex:
    return WordIndex(rule.needs for rule in _rules())


@functools.cache
def _rules() -> tuple[PartRule, ...]:
    rows = (line.split("\t") for line in _data() if line[0] != "{")
    return tuple(
        PartRule(role, name, frozenset(lines.split(",")),
              tuple(needs.split("|")) if needs else (), re.compile(pattern))
        for role, name, lines, needs, pattern in rows
    )  # fmt: skip
