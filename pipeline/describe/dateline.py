"""The dateline: the place that a story starts with, as printed before the dash.

`read` parses the start of one paragraph into place and source ("WASHINGTON (AP) —" gives both);
`candidates` looks at the first paragraphs of the body. Whose copy a source makes it is decided
in `agency`; the day in a dateline is of no use without a year.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import yaml

from pipeline.describe import agency_names
from pipeline.records import BODY, Candidate, Line

if TYPE_CHECKING:
    from pipeline.describe.context import Context

#: How far each kind is trusted: estimates, not measurements (too few annotated texts a kind).
CONFIDENCE: Final = {"sourced": 0.98, "capitals": 0.96, "region": 0.93, "city": 0.9}

#: How many body paragraphs may precede the dateline (captions and notes taken for body).
PARAGRAPHS: Final = 4

_LONGEST_PLACE: Final = 64
_DASH: Final = r"(?:--|[—–―‒]|-)"


@dataclass(frozen=True, slots=True)
class Dateline:
    """A dateline read: place as printed (None for "(CNN) —"), source in parentheses, its kind."""

    place: str | None
    source: str | None
    kind: str
    printed: str


@functools.cache
def _words() -> dict[str, frozenset[str]]:
    path = resources.files("pipeline.describe") / "data" / "datelines.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parsed: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506
    return {key: frozenset(map(str, values)) for key, values in parsed.items()}


_SOURCE: Final = r"\((?P<source>[^()\n]{2,40})\)"
#: "PLACE, July 5 (Reuters) - ", "Madrid, 5 jul (EFE).-", "Bonn (KNA/iz). ", "Tirana (CNN) Some"
_SOURCED: Final = re.compile(
    rf"(?P<place>[^()\n:;!?\"“”]{{2,{_LONGEST_PLACE}}}?)\s{{0,2}}{_SOURCE}\s{{0,2}}"
    rf"(?P<dash>[.:]?\s{{0,2}}{_DASH}+\s{{0,2}}|[.:]\s|\s)"
)
#: "(Reuters) - ", "(CNN) Scores of", "(ANSA) - ROMA, 27 LUG - "
_SOURCE_FIRST: Final = re.compile(
    rf"{_SOURCE}\s{{0,2}}(?P<dash>{_DASH}\s{{0,2}}|\s|$)"
    rf"(?:(?P<place>[^()\n:;!?\"“”a-zß-ÿ]{{2,{_LONGEST_PLACE}}}?)\s{{0,2}}{_DASH}\s)?"
)
#: "PHILADELPHIA — ", "FORT WASHINGTON, PA—", "Schaumburg, IL – "
_PLAIN: Final = re.compile(
    rf"(?P<place>[^()\n:;!?\"“”—–―‒]{{2,{_LONGEST_PLACE}}}?)"
    rf"(?:\s{{1,2}}{_DASH}{{1,2}}(?:\s|$)|\s{{0,2}}[—–―]\s{{0,2}}(?=\S)|\s?--\s?(?=\S)|\.[—–-]{{1,2}}\s)"
)
#: Every form has one of these after the place at the latest: a mark, or an agency's first sign.
_MARKED: Final = re.compile(r"[(—–―‒新中-]")
_CHINESE: Final = re.compile(
    r"(?P<source>新华社|中新社|中新网)(?P<place>[\u4e00-\u9fff]{2,8}?)\d{1,2}月\d{1,2}日"
)

#: A day printed in a dateline: ", July 5", ", 5 jul", ", 27 LUG".
_DAY: Final = re.compile(
    r"[,.]?\s{1,2}(?:[^\W\d_]{3,10}\.?\s\d{1,2}(?:,\s(?:19|20)\d\d)?|\d{1,2}\.?\s(?:de\s)?[^\W\d_]{3,10}\.?(?:\s(?:19|20)\d\d)?"
    r"|\d{1,2}[./]\d{1,2}[./]?(?:\d{2,4})?)\s*$"
)
_LEAD: Final = " \t\u00a0*•·>|_—–-"


def read(paragraph: str) -> Dateline | None:
    """Return the dateline at the start of `paragraph` (its first 160 characters), or None."""
    text = paragraph[:160].lstrip(_LEAD)
    if not _MARKED.search(text, 0, _LONGEST_PLACE + 8):  # most paragraphs
        return None
    for pattern, reader in _READERS if "(" in text else _READERS[2:]:
        match = pattern.match(text)
        if match is not None and (found := reader(match)) is not None:
            return found
    return None


def _source_first(match: re.Match[str]) -> Dateline | None:
    source = _clean_source(match["source"])
    if source is None:
        return None
    place = _place(match["place"]) if match["place"] else None
    return Dateline(place, source, "sourced", match[0].strip())


def _sourced(match: re.Match[str]) -> Dateline | None:
    source, place = _clean_source(match["source"]), _place(match["place"])
    if source is None or place is None or not _kind(place, sourced=True):
        return None
    # A name nobody listed is only a place where an agency and a dash follow: "Erimo (AP) -".
    sure = not match["dash"].isspace() and agency_names.exactly(source) is not None
    if not sure and not _kind(place, sourced=False):
        return None
    return Dateline(place, source, "sourced", match[0].strip())


def _plain(match: re.Match[str]) -> Dateline | None:
    place = _place(match["place"])
    kind = None if place is None else _kind(place, sourced=False)
    return Dateline(place, None, kind, match[0].strip()) if place and kind else None


def _clean_source(source: str) -> str | None:
    """Return what stands in the parentheses if it can be a source: an agency or a station."""
    name = source.strip()
    # "(AP)", "(dpa/lby)", "(Thomson Reuters Foundation)", "(KGTV)", "(CBS News)"; not "(Smith)".
    if agency_names.exactly(name) or _STATION.fullmatch(name):
        return name
    return None


_STATION: Final = re.compile(
    r"[A-Z]{3,6}(?:[-/ ](?:TV|FM|AM|[A-Z]{2,5}|\d{1,2}))?|[A-Z]{3,5} (?:News|Radio|Wire)"
)


def _place(printed: str) -> str | None:
    """Return the place without the day and the blanks around it; None if it cannot be one."""
    place = _DAY.sub("", printed).strip(" ,—–-\u00a0")
    if not 2 <= len(place) <= _LONGEST_PLACE or any(char.isdigit() for char in place):
        return None
    return place if not place[0].islower() and not place.startswith(("By ", "BY ")) else None


def _kind(place: str, *, sourced: bool) -> str | None:
    """Return how `place` shows that it is one, or None."""
    words = _words()
    head = place.split(",")[0].strip()
    first = head.split()[0] if head.split() else ""
    if {head.upper(), first.upper().strip(".'’")} & words["not_places"] and head not in words[
        "cities"
    ]:
        return None
    tail = [part.strip() for part in re.split(r"[,/]", place)[1:] if part.strip()]
    if head.isupper() and len(head.split()) <= 5:
        plausible = all(part.upper() == part or len(part.split()) <= 4 for part in tail)
        return "capitals" if plausible and len(head) > 2 else None
    if tail and any(part in words["regions"] for part in tail) and len(head.split()) <= 4:
        return "region" if _titled(head) else None
    if all(part in words["cities"] for part in re.split(r"\s?/\s?", head)) and len(tail) <= 1:
        return "city" if not tail or tail[0] in words["cities"] else None
    return "sourced" if sourced and len(place.split()) <= 4 and _titled(head) else None


_SMALL: Final = frozenset(
    ("de", "la", "el", "del", "los", "las", "of", "the", "am", "an", "der", "le", "les",
     "upon", "in", "bei", "ob", "do", "da", "das", "dos")
)  # fmt: skip


def _titled(text: str) -> bool:
    """Return whether every word but the small ones starts with a capital."""
    return all(word in _SMALL or word[0].isupper() for word in re.split(r"[\s/-]+", text) if word)


#: The forms of a dateline in the order tried; the first two need a parenthesis.
_READERS: Final = (
    (_SOURCE_FIRST, _source_first),
    (_SOURCED, _sourced),
    (_PLAIN, _plain),
    (_CHINESE, _source_first),
)


def opening(context: Context) -> Iterator[Line]:
    """Yield the lines that may open the story: its first paragraphs, whatever their roles."""
    start = context.first_body_index
    lines = context.cleaned.lines
    yield from (line for line in lines[start : start + 8] if line.role == BODY)
    # The line model may have called the paragraph something else.
    for line in lines[max(0, start - 3) : start]:
        if (
            line.role not in ("headline", "caption", "nav", "related")
            and line.end - line.start > 60
        ):
            yield line


#: Kinds that show a dateline even below the first paragraph.
_CLEAR: Final = frozenset(("sourced", "capitals", "region"))


def found(context: Context) -> tuple[Dateline, Line] | None:
    """Return the dateline of the document and its line: the first of the opening paragraphs.

    `Context.dateline` holds it for all who ask.
    """
    for number, line in enumerate(opening(context)):
        if number >= PARAGRAPHS + 3:
            break
        dateline = read(line.text)
        if dateline is not None and (
            number == 0 or dateline.kind in ("sourced", "capitals", "region")
        ):
            return dateline, line
    return _below_captions(context)


def _below_captions(context: Context) -> tuple[Dateline, Line] | None:
    """Return a dateline that names an agency, further down: captions can be taken for body."""
    for line in context.with_role(BODY)[PARAGRAPHS:_FURTHEST]:
        if "(" not in line.text[:_LONGEST_PLACE]:
            continue
        dateline = read(line.text)
        if dateline is not None and dateline.source and agency_names.exactly(dateline.source):
            return dateline, line
    return None


#: How many body paragraphs are read for such a dateline.
_FURTHEST: Final = 20


def candidates(context: Context) -> list[Candidate]:
    """Return the candidate for `dateline`, if the story opens with a place."""
    hit = context.dateline
    if hit is None or hit[0].place is None:
        return []
    dateline, _ = hit
    assert dateline.place is not None  # noqa: S101
    kind = dateline.kind
    return [
        Candidate(
            "dateline", dateline.place, CONFIDENCE[kind], f"dateline/{kind}", dateline.printed
        )
    ]
