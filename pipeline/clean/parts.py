"""Parts of a line with a role of their own: a promo glued to a paragraph, a date before a bio.

Only wording decides here, by rules from a data file; whole lines are `model`'s and `roles`' work.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources
from typing import Final

from pipeline.clean.roles import rule_role
from pipeline.records import BODY

_LONGEST: Final = 6000
#: What the end, or the start, of a paragraph with a glued part has in it: a cheap first look.
_ENDINGS: Final = (
    "follow", "like us", "sign up", "subscribe", "click here", "tap here", "read more", "read the",
    "continue", "see also", "related", "advertisement", "watch:", "weiterlesen", "join us",
    "find us", "©", "copyright", "(c) ", "get the", "get our", "download",
)  # fmt: skip
_OPENINGS: Final = (
    "update", "media playback", "listen", "watch", "play", "facebook", "twitter", "share", "email",
    "tweet", "print", "pinterest", "whatsapp", "linkedin", "reddit", "advertisement", "story cont",
    "article cont",
)  # fmt: skip
_LINKED: Final = " MORE"
_YEAR: Final = re.compile(r"(?:19|20)\d\d|\d/\d")
_DATE_ROLES: Final = frozenset({"timestamp", "byline", "bio", "section", "social", "deck", "nav"})


@dataclass(frozen=True, slots=True)
class Part:
    """Characters `start` to `end` of a line and their role, by `rule`."""

    start: int
    end: int
    role: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Rule:
    role: str
    name: str
    lines: frozenset[str]
    pattern: re.Pattern[str]


def parts(line: str, role: str) -> list[Part]:
    """Return the parts of `line` (of that role) in order; empty where it is all of one role.

    The parts cover the line from its first to its last character.
    """
    dated = role in _DATE_ROLES and len(line) < 600 and _YEAR.search(line) is not None
    if len(line) > _LONGEST or not (dated or _promising(line, role)):
        return []
    found: list[Part] = []
    for rule in _rules():
        if role in rule.lines or (dated and "*" in rule.lines):
            found += [
                Part(*match.span("part"), rule.role, f"part:{rule.name}")
                for match in rule.pattern.finditer(line)
            ]
    return _covering(line, role, _apart(found))


def _promising(line: str, role: str) -> bool:
    if _LINKED in line or line[:60].lstrip().lower().startswith(_OPENINGS):
        return True
    if role != BODY:
        return False
    ending = line[-240:].lower()
    return any(word in ending for word in _ENDINGS)


def _apart(found: list[Part]) -> list[Part]:
    """Return the parts that do not overlap one before them."""
    kept: list[Part] = []
    for part in sorted(found, key=lambda p: (p.start, -p.end)):
        if part.end > part.start and (not kept or part.start >= kept[-1].end):
            kept.append(part)
    return kept


def _covering(line: str, role: str, found: list[Part]) -> list[Part]:
    if not found or not any(
        any(c.isalpha() for c in line[a:b]) for a, b in _between(line, found)
    ):
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
def _rules() -> tuple[_Rule, ...]:
    text = resources.files("pipeline.clean").joinpath("data/part_rules.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and line[0] != "#")
    return tuple(
        _Rule(role, name, frozenset(lines.split(",")), re.compile(pattern))
        for role, name, lines, pattern in rows
    )
