"""Agencies named within paragraphs: in parentheses at their end, or amid a page run into one line.

What a line of its own says is read in `agency`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pipeline.describe import agency_names
from pipeline.records import BODY

if TYPE_CHECKING:
    from pipeline.describe.context import Context

#: Field, agency, rule of `agency.CONFIDENCE`, and what was printed.
Credit = tuple[str, str, str, str]


def of_text(context: Context) -> Iterator[Credit]:
    """Yield the credits that the paragraphs of a text close with or have amid them."""
    yield from _closings(context)
    yield from _glued(context)


def _closings(context: Context) -> Iterator[Credit]:
    """Read the parentheses that close one of the last paragraphs: "… hieß es. (dpa/gem)".

    English papers credit pictures like that, so there only the last paragraph of all is read.
    """
    body = context.with_role(BODY)
    english = context.detected is None or context.detected[0] in (None, "en")
    for line in body[-1:] if english else body[-_LAST_PARAGRAPHS:]:
        tail = line.text[-_CLOSING_LENGTH:]
        closing = _CLOSING.search(tail) if "(" in tail else None
        if closing is None or (english and len(line.text) < _LEAST_CLOSED):
            continue
        for field, name in credit(closing["inside"], is_english=english):
            yield field, name, _RULES[field], closing.group()


_LAST_PARAGRAPHS: Final = 12
_CLOSING_LENGTH: Final = 90
_LEAST_CLOSED: Final = 120
_CLOSING: Final = re.compile(r"[.!?…\"“”»«'’]\s{0,2}\((?P<inside>[^()\n]{2,60})\)\s{0,3}$")
_RULES: Final = {"agency": "signature", "agency_contributed": "contributed"}
#: "FR mit dpa", "Mit Material von dts", "Le Monde with AFP".
_WITH: Final = re.compile(
    r"(?:[^,;/]{0,30}\s)?(?:mit|with|avec|con)\s(?:(?:agentur)?(?:material|files|reports?|"
    r"información|informations)\s(?:von|vom|der|from|by|de)\s)?",
    re.I,
)
_PARTED: Final = re.compile(r"\s?[/,;+&|]\s?|\s(?:und|and|et|y|e|[–-])\s")
#: Who wrote, edited or heads the desk: "gem", "DR", "jm".
_INITIALS: Final = re.compile(r"[^\W\d_]{1,4}\.?")


def credit(inside: str, *, is_english: bool) -> Iterator[tuple[str, str]]:
    """Yield field and agency of what stands in parentheses below a text: "dpa/gem", "FR mit dpa".

    All of it must be agencies and initials.
    """
    mixed = _WITH.match(inside)
    field = "agency_contributed" if mixed else "agency"
    parts = _PARTED.split(inside[mixed.end() :] if mixed else inside)
    named = [agency_names.exactly(part) for part in parts]
    rest = [part for part, name in zip(parts, named, strict=True) if name is None]
    if (is_english and any(map(agency_names.is_doubtful, parts))) or not all(
        _INITIALS.fullmatch(part.strip()) for part in rest
    ):
        return
    yield from [(field, name) for name in named if name is not None][:1]


def _glued(context: Context) -> Iterator[Credit]:
    """Read datelines and credits amid a line that holds a whole page: "PARIS, May 3 (AFP) — "."""
    for line in context.cleaned.lines[:_GLUED_LINES]:
        if len(line.text) < _LEAST_GLUED:
            continue
        text = line.text[:_GLUED_LENGTH]
        opened = next(
            (name for m in _GLUED_DATELINE.finditer(text) if (name := _sent_from(m[1]))), None
        )
        if opened is not None:
            yield "agency", opened, "credit", line.text
        # Reading back from every capital takes long: few texts say so at all.
        for helped in _GLUED_HELPED.finditer(text) if _HELPED_BY in text else ():
            for match in agency_names.mention().finditer(helped.group()):
                name = agency_names.of_mention(match)
                yield "agency_contributed", name, "contributed", helped.group()


def _sent_from(source: str) -> str | None:
    return None if agency_names.is_doubtful(source) else agency_names.exactly(source)


_GLUED_LINES: Final = 3
_LEAST_GLUED: Final = 2000
_GLUED_LENGTH: Final = 30_000
_GLUED_DATELINE: Final = re.compile(
    r"\b[A-Z][A-Z.'’-]{2,20}(?:[ /][A-Z.'’-]{2,20}){0,3}(?:,\s[A-Z][\w.]{1,15}(?:\s\w{1,12})?){0,2}"
    r"\s\(([\w /-]{2,30})\)\s?(?:--|[—–-])\s"
)
_HELPED_BY: Final = "contributed to this "
_GLUED_HELPED: Final = re.compile(
    r"[A-Z][^.!?“”\"]{0,160}\scontributed to this (?:report|story|article)\b"
)
