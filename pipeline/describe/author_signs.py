"""Signs of the author away from the byline: credits, signatures, biographies, announcements.

What a line near the headline says is for `authors` and `near_headline`; whose site it is for
`site_owner`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from pipeline.describe.context import Context, shorten
from pipeline.describe.fold import squeeze
from pipeline.describe.hints import REPORTED, WRITTEN
from pipeline.describe.names import (
    looks_personal,
    opens_with_given_name,
    parse_names,
    person,
    starts_with_label,
)
from pipeline.describe.near_headline import announced, headline_at
from pipeline.fold import holds
from pipeline.records import Candidate

#: Longest byline that is read, in characters.
LONGEST_BYLINE: Final = 300

_REPORTING = re.compile(
    r"(?:^\W{0,3}|\(|[.!?”\"]\s{1,3})(?:reporting|reported|writing|written)\s+by\s+(.{3,300}?)"
    r"(?=[;)]|\s(?:additional|editing|edited|writing)\b|\.\s|\.?$)",
    re.I,
)
#: One of each is in every such credit.
_BY: Final = (" by ", " By ", " BY ")
_REPORTING_WORDS: Final = ("reporting", "reported", "writing", "written")
_BIO = re.compile(
    r"^(?:date\s+\d{4}-\d\d-\d\d\s+|about the author:?\s+|[-–—*•]\s+)?"
    r"((?:[^\W\d_][\w.'’-]{0,20}\s){1,4}?[^\W\d_][\w.'’-]{1,24}),?"
    r"\s+(?:is|was|covers|writes|reports|joined|has been|has covered"
    r"|an?\s+(?:staff\s+writer|reporter|columnist|editor|correspondent))\b"
)
_WROTE = re.compile(
    r"\b(?:staff writer|reporter|columnist|correspondent|editor|journalist|contributor|writer"
    r"|covers|writes|author of|freelance|fellow|professor|commentator|blogger|bureau chief)\b",
    re.I,
)
_MORE_BY = re.compile(
    r"\s*(?:click (?:here )?(?:to|for) )?(?:get |read |see |view )?(?:more|all)(?: (?:stories"
    r"|articles|posts|columns?|work))? (?:by|from) ([^\W\d_][\w .'’-]{4,50})\s*[.>»]{0,2}\s*$",
    re.I,
)
_ABOUT = re.compile(r"^(?:about the author|about|author)\s*:?\s+(.{4,60})$", re.I)
_WRITTEN = re.compile(
    r"\b(?:this|the|today['’]s) (?:guest |blog |news )?"
    r"(?:article|story|post|column|essay|piece|blog|op-ed|commentary"
    r"|report|review|content|page|guide)(?: post)? (?:was|is) (?:originally )?"
    r"(?:co-)?(?:written|authored|penned|contributed|submitted|reported) by ([^\W\d_].{3,120}?)"
    r"(?=[.;(]\s|[.;(]?$|, (?:an?|the|who|of|our|staff|senior"
    r"|and (?:was|is|first|edited|reviewed))\s"
    r"|\s(?:and (?:was|is|first|originally|edited|reviewed)|for|of|from|at|on|in|who)\s)",
    re.I,
)
#: One of these is in each match.
_WRITTEN_WORDS: Final = (
    "written by ", "authored by ", "penned by ", "contributed by ", "submitted by ", "reported by ",
)  # fmt: skip
_WRITES = re.compile(
    r"\b(?:writes|reports|argues|explains|asks|says|investigates|finds out)\s"
    r"((?:[^\W\d_][^\W\d_.'’-]{1,20}[\s.'’-]{1,2}){1,3}[^\W\d_][^\W\d_'’-]{1,20})[.]?$"
)

#: One of these is in each match.
_WRITES_WORDS: Final = (
    "writes", "reports", "argues", "explains", "asks", "says", "investigates", "finds out",
)  # fmt: skip


def signs(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Return the candidates of `authors` by all signs; `known` are folded names of outlets."""
    readers = (
        _credits, _signature, _more_by, _announced, _written, _deck_writes, _biography, _box,
    )  # fmt: skip
    found = [candidate for read in readers for candidate in read(context, known)]
    return found if context.markup else [*found, *_glued(context, known)]


def named(names: tuple[str, ...], confidence: float, rule: str, source: str) -> Candidate:
    """Return the candidate of `authors` that says that `names` wrote the article."""
    return Candidate("authors", "; ".join(names), confidence, rule, shorten(source))


def _credits(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read "(Reporting by X and Y; Editing by Z)" at the end of the text."""
    hinted = context.with_hint(REPORTED)
    lines = context.cleaned.lines
    if not any(n >= len(lines) - 12 or lines[n].role == "credit" for n in hinted):  # most
        return []
    for line in (*context.with_role("credit")[:6], *lines[-12:]):
        end = line.text[-600:]
        is_credit = holds(end, _BY) and holds(end.lower(), _REPORTING_WORDS)
        match = _REPORTING.search(end) if is_credit else None
        if match:
            names = parse_names(match.group(1), known=known)
            if names:
                return [named(names, 0.8, "credit_reporting", match.group())]
    return []


def _signature(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read "— Jane Doe" or "By Jane Doe" as the last line of the body."""
    last = context.last_body
    if last is None or len(last.text) > 120:
        return []
    text = squeeze(last.text)
    if "(@" in text:
        return []  # who wrote an embedded post
    if text[:1] in "-–—" or starts_with_label(text):
        names = parse_names(text, known=known)
        if names:
            return [named(names, 0.6, "signature", text)]
    return []


def _more_by(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read "Click here for more from Jane Doe": outlets put it under the author's own pieces."""
    for line in context.edges:
        if len(line.text) >= 100:
            continue
        lowered = line.text.lower()
        hinted = "more" in lowered or "all" in lowered
        hinted = hinted and (" by " in lowered or " from " in lowered)
        match = _MORE_BY.match(line.text) if hinted else None
        name = person(match.group(1), known=known) if match else None
        if name and opens_with_given_name(name):
            return [named((name,), 0.75, "more_by", line.text)]
    return []


def _announced(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read the lines that open with "By" wherever they stand: the only ones, or the first below
    the headline, since lists of other stories have such lines too.
    """
    lines = context.cleaned.lines[:_MOST_LINES]
    found: list[tuple[int, tuple[str, ...]]] = []
    for at, line in enumerate(lines):
        text = line.text
        if len(text) > _LONGEST_ANNOUNCED:
            continue
        opening = text.lstrip(_AROUND_LABEL)[:_OPENING].lower()
        if opening[:2] not in _TWO_LETTERS or line.role in _NO_BYLINES:  # most
            continue
        if not opening.startswith(_OPENERS):
            continue
        names = announced(lines, at, known)
        if names and all(map(looks_personal, names)):
            found.append((at, names))
            if len(found) >= _MOST_ANNOUNCED:
                break
    if not found:
        return []
    if len({frozenset(names) for _, names in found}) == 1:
        at, names = found[0]
        return [named(names, 0.8, "announced_only", lines[at].text)]
    top = headline_at(context)
    below = next(((at, names) for at, names in found if top is not None and at > top), None)
    return [named(below[1], 0.6, "announced_first", lines[below[0]].text)] if below else []


#: How many lines are looked at, and how lines that name authors open.
_MOST_LINES: Final = 3000
_MOST_ANNOUNCED: Final = 60
_LONGEST_ANNOUNCED: Final = 160
_OPENING: Final = 12
_OPENERS: Final = (
    "by", "von ", "von:", "written", "posted", "published", "words", "story by", "text", "author",
    "reported", "autor", "por ", "par ", "article by", "report by", "opinion", "more", "view all",
    "all posts", "created by",
)  # fmt: skip
_TWO_LETTERS: Final = frozenset(opener[:2] for opener in _OPENERS)
_AROUND_LABEL: Final = " \t\xa0*•|#-–—"
_NO_BYLINES: Final = frozenset(("caption", "comment"))


def _written(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read "This story was written by Jane Doe, a doctor in Acme", at either end of the text."""
    first, last, lines = context.first_body_index, context.last_body_index, context.cleaned.lines
    for number in context.with_hint(WRITTEN):
        if not (-8 <= number - first < 3 or -8 <= number - last < 9):
            continue
        line = lines[number]
        text = line.text[-LONGEST_BYLINE:] if " by " in line.text else ""
        hinted = bool(text) and holds(text.lower(), _WRITTEN_WORDS)
        match = _WRITTEN.search(text) if hinted else None
        names = parse_names(match.group(1), known=known, strict=True) if match else ()
        if names and match:
            return [named(names, 0.85, "written_by", match.group())]
    return []


def _deck_writes(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read "..., writes Jane Doe" or "says JANE DOE" where a line above the body ends with it."""
    at = None if context.markup else context.headline_at
    first, lines = context.first_body_index, context.cleaned.lines
    start = first - 4 if at is None else at + 1
    for line in lines[max(0, start) : first + 2]:
        text = squeeze(line.text[-80:]) if len(line.text) < _LONGEST_DECK else ""
        match = _WRITES.search(text) if holds(text, _WRITES_WORDS) else None
        if match is None or (match.group().startswith("says") and not match.group(1).isupper()):
            continue
        name = person(match.group(1), known=known)
        if name and opens_with_given_name(name):
            return [named((name,), 0.75, "deck_writes", text)]
    return []


_LONGEST_DECK: Final = 400


def _box(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read a box about the author: a line that is a name, and below it what the person is."""
    lines, last = context.cleaned.lines, context.last_body_index
    names: list[str] = []
    for line, following in pairwise(lines[max(0, last - _BOX_ABOVE) : last + _BOX_BELOW]):
        text = line.text.strip()
        if not 5 <= len(text) <= _LONGEST_BOX or not following.text.lstrip().startswith(text):
            continue
        rest = following.text.lstrip()[len(text) : len(text) + 40]
        name = person(text, known=known) if IS_SOMEBODY.match(rest) else None
        if name and looks_personal(name):
            names.append(name)
    few = 1 <= len(dict.fromkeys(names)) <= _MOST_BOXES
    return [named(tuple(dict.fromkeys(names)), 0.6, "box", "; ".join(names))] if few else []


#: What follows a name where the line tells who somebody is.
IS_SOMEBODY: Final = re.compile(
    r",?\s(?:is|was|has|covers|writes|reports|joined|works|lives|graduated|holds|serves|ist|hat|schreibt"
    r"|arbeitet|est|es)\b|,\s[a-zà-ÿ]"
)
_BOX_ABOVE: Final = 20
_BOX_BELOW: Final = 40
_LONGEST_BOX: Final = 40
_MOST_BOXES: Final = 3


def _glued(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read "...Work?By Jane Doe" where flattening has lost what parted the lines."""
    size = 0
    for line in context.cleaned.lines[: context.first_body_index + 4]:
        text = line.text[: _GLUED_LENGTH - size]
        size += len(text)
        match = _GLUED_BY.search(text) if "by" in text or "By" in text else None
        if match:
            rest = text[match.end() :][:_LONGEST_ANNOUNCED]
            names = parse_names(_up_to_glue(rest), known=known, strict=True)
            if names and rest.startswith(names[0]):
                return [named(names, 0.6, "glued_by", text[match.start() :][:80])]
        if size >= _GLUED_LENGTH:
            break
    return []


def _up_to_glue(rest: str) -> str:
    """Return what comes before a figure, a gap or a word that is glued to a name.

    "Jane Doe", not "Jane DoePublished" or "Jane Doe    Published"; "Jane McDoe" is whole.
    """
    for found in _GLUE.finditer(rest):
        before = rest[: found.start()].split()
        if found.end() > found.start():
            return rest[: found.start()]
        if len(before) > 1 and before[-1].casefold() not in _NAME_OPENINGS:
            return rest[: found.start()]
    return rest


_GLUE: Final = re.compile(r"\d|[|•·:]|\s{2,}|(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")
#: How family names open that have a second capital.
_NAME_OPENINGS: Final = frozenset(
    ("mc", "mac", "de", "di", "da", "la", "le", "du", "des", "del", "van", "von", "fitz", "ter")
)
_GLUED_LENGTH: Final = 20_000
#: Opens with the letters, not with what must stand before them: so the matcher skips to them.
_GLUED_BY: Final = re.compile(
    r"[Bb]y(?:(?<=[a-z?!.”’)\d][Bb]y)(?:(?<=By)\s|:\s)?|(?<=\s\sBy)\s{1,4}"
    r"|(?<=Written by)\s{1,4})(?=[A-ZÀ-Þ][a-zà-ÿ])"
)


def _biography(context: Context, known: frozenset[str]) -> list[Candidate]:
    names: list[str] = []
    source = ""
    for line in context.with_role("bio")[:8]:
        text = squeeze(line.text[:LONGEST_BYLINE])
        about = _ABOUT.match(text)
        match = _BIO.match(text)
        name = None
        if about:
            name = person(about.group(1), known=known)
        elif match and _WROTE.search(text):
            name = person(match.group(1), known=known)
        if name and name not in names:
            names.append(name)
            source = source or text
    return [named(tuple(names[:4]), 0.45, "biography", source)] if names else []
