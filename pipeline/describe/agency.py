"""Whose copy an article is: the wire service, told from one that only contributed.

Credits, datelines, bylines, copyright lines, metadata and addresses say so; mentions in the
prose ("told Reuters") and photo credits ("AP Photo") do not. Names and spellings are in
`agency_names`; the place in a dateline is in `dateline`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pipeline.describe import agency_names, closing_credits
from pipeline.describe.hints import AGENCY
from pipeline.domains import host_of
from pipeline.records import BODY, Candidate, Line

if TYPE_CHECKING:
    from pipeline.describe.context import Context

#: How far each rule is trusted: estimates, not measurements, as the annotated texts hold too few
#: cases a rule. The order follows how directly the rule's text says whose copy it is.
CONFIDENCE: Final = {
    "dateline": 0.98,
    "own_site": 0.98,
    "byline": 0.96,
    "copyright": 0.95,
    "credit": 0.95,
    "signature": 0.93,
    "markup": 0.93,
    "given": 0.93,
    "address": 0.9,
    "contributed": 0.97,
    # Of several that helped the first named is given; the others stay in the evidence.
    "contributed_too": 0.3,
}

#: Longest line that is read as a byline, credit or copyright line, in characters.
_LONGEST: Final = 320
_LONGEST_BYLINE: Final = 120
_LAST_LINES: Final = 6

_CONTRIBUTED: Final = re.compile(
    r"\b(?:contributed|contributing|contribution|contributors?|assisted|material from|"
    r"information from|(?:was|were) used in|was included in|"
    r"with (?:reports?|files|reporting|inputs?|material|additional reporting) "
    r"(?:from|by)|additional reporting|also reported(?! that)|(?:with|mit) material|"
    r"mit material von|"
    r"con información de|avec|wire (?:services?|reports)|helped report|added to this report)\b",
    re.I,
)
#: Pieces of which every match of a pattern holds one: looking for them first costs far less.
_IN_CONTRIBUTED: Final = (
    "contribut", "assisted", "material", "information", "used in", "included in", "with ",
    "additional reporting", "also reported", "con informaci", "avec", "wire ", "helped report",
    "added to",
)  # fmt: skip
_IN_COPYRIGHT: Final = ("copyright", "©", "(c)", "℗")
_IN_DISTRIBUTED: Final = (
    "distributed", "provided", "published", "appeared", "courtesy", "republished", "produced",
    "supplied", "written", "source", "quelle", "fuente", "fonte", "permission",
)  # fmt: skip
_PHOTO: Final = re.compile(
    r"\b(?:photos?|photograph(?:er|s|ed)?|images?|pictures?|video|file|getty|courtesy|caption|foto|"
    r"graphic|poll|screenshot|illustration|via)\b|\bpool\b|/(?:Getty|AP|Reuters|AFP)",
    re.I,
)
_PROSE: Final = re.compile(
    r"\b(?:told|reported|reports|reporting that|said|says|according|interview|spoke|quoted|cited|"
    r"obtained|poll|noted|citing|asked|president of|editor of|sued|tally)\b",
    re.I,
)
_COPYRIGHT: Final = re.compile(
    r"(?:\bcopyright\b|©|\(c\)|℗)[\s\d,©()–-]{0,20}(?:(?:by|of|the)\s){0,2}", re.I
)
_DISTRIBUTED: Final = re.compile(
    r"\b(?:distributed by|provided by|courtesy of|"
    r"(?:originally|first) (?:published|appeared) (?:by|on|in|at)|"
    r"republished (?:from|with permission of)|"
    r"this (?:story|article|report) (?:is|was) (?:produced|provided|supplied|written) by|"
    r"source|quelle|fuente|fonte|with permission from)\b[\s:]{0,3}",
    re.I,
)
_THE: Final = re.compile(r"the\s", re.I)
_BY: Final = re.compile(
    r"\s*(?:by|von|por|par|di|door|af|av|reported by|story by|written by)\b:?\s", re.I
)
#: What may follow the agency at the end of a byline.
_BYLINE_TAIL: Final = re.compile(
    r"[\s,|·•–—-]{0,4}(?:(?:\S{0,20}\s){0,3}(?:writers?|reporters?|correspondents?|staff|columnist|editor)s?)?"
    r"[\s,.|·•()–—-]{0,6}(?:\d.{0,60}|(?:updated|published|posted|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)\w{0,8}\b.{0,60})?",
    re.I,
)


#: "© REUTERS/ Jane Doe", "© dpa | Jane Doe": after the agency, who took the picture.
_PHOTOGRAPHER: Final = re.compile(
    r"\s{0,2}(?:/(?![\w-]{2,30}\.[a-z]{2,3}\b)|[|.–—-]\s(?!All\s)(?:[A-ZÀ-Þ][\w.'’-]{0,20}\s){1,3}[A-ZÀ-Þ][\w.'’-]{1,20}\s{0,3}$)"
)
#: "REUTERS/Jane Doe" as a line of its own.
_CREDITED: Final = re.compile(
    r"/\s?[^\W\d_][\w\ufffd.'’-]{1,20}\s[^\W\d_][\w\ufffd.'’-]{1,20}\s{0,2}$"
)

#: "Xinhua | Updated: 2017-09-15 21:45", "Reuters, July 5, 2018"
_DATED_TAIL: Final = re.compile(
    r"\s{0,3}[|,·•–—-]\s{0,3}(?:\w{3,12}:?\s{1,3})?[^.!?]{0,12}\d[^!?]{3,40}"
)


def candidates(context: Context) -> list[Candidate]:
    """Return candidates for `agency` and `agency_contributed`, surest first within each source."""
    return [
        *_from_dateline(context),
        *_from_address(context),
        *_from_metadata(context),
        *_from_lines(context),
        *_from_paragraphs(context),
    ]


def _candidate(field: str, agency: str, rule: str, source_text: str) -> Candidate:
    shown = " ".join(source_text[:400].split())[:200]
    return Candidate(field, agency, CONFIDENCE[rule], f"agency/{rule}", shown)


def _from_dateline(context: Context) -> Iterator[Candidate]:
    hit = context.dateline
    if hit is not None and hit[0].source and (name := agency_names.exactly(hit[0].source)):
        yield _candidate("agency", name, "dateline", hit[0].printed)


def _from_address(context: Context) -> Iterator[Candidate]:
    url = context.document.url
    if not url or len(url) > 2000:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return
    if name := agency_names.of_host(host):
        yield _candidate("agency", name, "own_site", url)
    elif name := agency_names.of_path(parts.path):
        yield _candidate("agency", name, "address", url)


def _from_metadata(context: Context) -> Iterator[Candidate]:
    given = context.document.given
    if not given and not context.markup:
        return
    for key in ("agency", "authors", "byline"):
        if name := _in_names(given.get(key, "")):
            yield _candidate("agency", name, "given", given[key])
    for field in ("agency", "authors", "byline"):
        for mark in context.markup_for(field):
            if name := _in_names(mark.value):
                yield _candidate("agency", name, "markup", mark.source_text or mark.value)


def _in_names(value: str) -> str | None:
    """Return the agency among names joined by ";" or ",", or after a person's ("X, Reuters")."""
    for part in re.split(r"\s*[;,|]\s*|\band\b", value[:300]) if value else ():
        if name := agency_names.exactly(_BY.sub("", part, count=1)):
            return name
    return None


def _from_paragraphs(context: Context) -> Iterator[Candidate]:
    for field, name, rule, printed in closing_credits.of_text(context):
        yield _candidate(field, name, rule, printed)


def _from_lines(context: Context) -> Iterator[Candidate]:
    host = host_of(context.document.url)
    for line, below in _lines(context):
        for found in _from_line(line):
            of_site = found.rule == "agency/copyright" and _is_of_site(found, line, below, host)
            if not of_site:
                yield found


def _is_of_site(found: Candidate, line: Line, below: int, host: str | None) -> bool:
    """Tell whether a copyright line is the site's own or a picture's; `below` as in `_lines`."""
    if agency_names.is_parent(found.value, host):
        return True
    if below <= 0 and len(line.text) <= _SHORT and _BARE.fullmatch(line.text):
        return True
    # Without an address, a network's own page is told by its line: the wire's says more.
    own = _OF_WIRE.search(line.text) is None
    return host is None and own and agency_names.has_parents(found.value)


#: "© Reuters" and nothing else: above the end of the body it credits a picture.
_BARE: Final = re.compile(r"\W*(?:©|\(c\)|copyright)\s*(?:[A-Za-z]{2,12}\s?){1,3}\W*", re.I)
#: "The-CNN-Wire", "™ & © 2018 Cable News Network", "… This material may not be published".
_OF_WIRE: Final = re.compile(r"wire|newsource|^\W{0,3}(?:TM|™)|may not be", re.I)
#: How many lines below the body a note on who helped can stand.
_NEAR_BODY: Final = 8


def _lines(context: Context) -> Iterator[tuple[Line, int]]:
    """Yield the lines where a credit can stand: edges, credits, the ends of the body.

    Each comes with how many lines it stands below the last of the body (0 and less: not below).
    Those that can name no agency are left out.
    """
    lines = context.cleaned.lines
    hints = context.hints
    short = [n for n in _places(context) if hints[n] & AGENCY and _is_short(lines[n].text)]
    telling = agency_names.telling_words("\n".join([lines[number].text for number in short]))
    body = [number for number, line in enumerate(lines) if line.role == BODY] if telling else []
    for number in short if telling else ():
        line = lines[number]
        if not any(word in line.text for word in telling) or _is_within(line, number, body):
            continue
        if number and len(line.text) <= _SHORT and _PICTURED.search(lines[number - 1].text[-40:]):
            continue
        if line.role not in _NEVER or _signs(lines, number, body):
            yield line, number - body[-1] if body else 0


def _is_short(text: str) -> bool:
    """Tell whether a line is short enough for a credit; those that name many writers are long."""
    return len(text) <= _LONGEST or (len(text) <= _LONGEST_CREDIT and "contribut" in text[-80:])


_LONGEST_CREDIT: Final = 1200
#: The line above a picture's credit: "Image copyright".
_PICTURED: Final = re.compile(
    r"^\W*(?:(?:image|photo|picture|video|bild|foto|imagen)[ -]?"
    r"(?:copyright|source|credits?|quelle|rechte|nachweis)|bildrechte|caption)\W*$",
    re.I,
)


def _places(context: Context) -> Sequence[int]:
    """Return the numbers of the lines where a credit can stand, in order."""
    lines = context.cleaned.lines
    count = len(lines)
    if count <= _TOP + _BOTTOM:
        return range(count)
    found = {*range(_TOP), *range(count - _BOTTOM, count)}
    found |= {number for number, line in enumerate(lines) if line.role in _CREDITING}
    body = [number for number, line in enumerate(lines) if line.role == BODY]
    if body:
        found |= {*range(max(0, body[0] - 20), min(count, body[0] + 4)), *body[-_LAST_LINES:]}
        found |= {*range(body[-1], min(count, body[-1] + 25))}
    return sorted(found)


#: Lines at either end that are read whatever stands around them.
_TOP: Final = 30
_BOTTOM: Final = 40
#: Roles whose lines are read wherever they stand.
_CREDITING: Final = frozenset(("byline", "credit", "legal", "bio", "editor_note", "outlet"))
#: Roles that name agencies for other reasons: pictures, other stories, menus.
_NEVER: Final = frozenset(("caption", "related", "nav", "comment", "headline", "repeat"))


def _signs(lines: Sequence[Line], number: int, body: list[int]) -> bool:
    """Return whether a line is nothing but an agency beside the body, or says whose the text is."""
    if not body:
        return False
    line, above, below = lines[number], body[0] - number, number - body[-1]
    if (0 < below <= 2 or 0 < above <= 2) and agency_names.exactly(line.text) is not None:
        return not _is_of_next(lines, number)
    if line.role in ("related", "nav") and 0 < below <= _NEAR_BODY:
        return _HELPED.search(line.text) is not None
    if above > 0 and _stamped(line.text) is not None:
        return True
    text = line.text.strip(_LEADING)
    label = _SOURCE_LABEL.match(text) if 0 < above <= _FAR_ABOVE or 0 < below <= 2 else None
    return label is not None and agency_names.exactly(text[label.end() :]) is not None


def _is_of_next(lines: Sequence[Line], number: int) -> bool:
    """Return whether the line below is a caption or another story, as this one's role is too."""
    line, following = lines[number], lines[number + 1 : number + 2]
    return line.role in ("caption", "related") and any(
        other.role == line.role and other.text.count(" ") >= _CAPTION_WORDS for other in following
    )


_CAPTION_WORDS: Final = 3


def _stamped(text: str) -> str | None:
    """Return the agency in parentheses after a time of day: "Updated: 06:50 (Xinhua)"."""
    stamp = _STAMP.search(text[-60:]) if text.endswith(")") else None
    return agency_names.exactly(stamp[1]) if stamp else None


_STAMP: Final = re.compile(r"\d:\d\d(?:\s?[ap]\.?m\.?)?\s?\(([^()]{2,30})\)$", re.I)
#: Who helped, where it can be nothing else: "Reuters and The Associated Press contributed."
_HELPED: Final = re.compile(r"\bcontributed(?: (?:to this|reporting)\b|\W{0,3}$)")
#: "Source: Associated Press", "Periodista Digital: EFE".
_SOURCE_LABEL: Final = re.compile(
    r"(?:source|quelle|fuente|fonte|autor(?:in|a|e)?|author|auteur|agenc(?:y|e|ia)|agentur|agenzia|"
    r"text[eo]?|periodista(?: digital)?)\s?:\s",
    re.I,
)
_LEADING: Final = " \t\u00a0|/•·*–—-"
#: How many lines above the body such a label can stand.
_FAR_ABOVE: Final = 30


def _is_within(line: Line, number: int, body: list[int]) -> bool:
    """Return whether `line` is nothing but an agency among the paragraphs: a picture's credit."""
    if len(body) <= _OUTER or not body[_OUTER] < number < body[-1]:
        return False
    return len(line.text) <= _SHORT and agency_names.exactly(line.text) is not None


#: How many paragraphs at the top can have an agency below them; the longest name of one.
_OUTER: Final = 2
_SHORT: Final = 60


def _from_line(line: Line) -> Iterator[Candidate]:
    text = line.text.strip(_LEADING)
    lower = text.lower()
    if any(map(lower.__contains__, _IN_CONTRIBUTED)) and _CONTRIBUTED.search(text):
        yield from _contributed(text)
    elif any(map(lower.__contains__, _IN_COPYRIGHT)) and (name := _copyright(text)) is not None:
        yield _candidate("agency", name, "copyright", text)
    elif any(map(lower.__contains__, _IN_DISTRIBUTED)) and (name := _distributed(text)) is not None:
        yield _candidate("agency", name, "credit", text)
    elif (name := _stamped(text) or _byline(text, line.role)) is not None:
        yield _candidate("agency", name, "byline", text)


#: What a credit says of itself; a line that quotes somebody and does not is prose.
_THIS: Final = re.compile(r"\bthis (?:\w{1,12} )?(?:report|story|article|piece|post)\b", re.I)


def _contributed(text: str) -> Iterator[Candidate]:
    if ("“" in text or '"' in text) and not _THIS.search(text):
        return
    named: list[re.Match[str]] = []
    for clause in re.split(r"(?<=[.!?])\s+", text):
        if _CONTRIBUTED.search(clause) and not re.search(r"[“\"]", clause):
            named += agency_names.mention().finditer(clause)
    # An abbreviation can part who helped from "contributed": "in St. Paul contributed".
    first = agency_names.mention().match(text) if not named and _HELPED.search(text) else None
    names = dict.fromkeys(map(agency_names.of_mention, [first] if first else named))
    for place, name in enumerate(names):
        rule = "contributed_too" if place else "contributed"
        yield _candidate("agency_contributed", name, rule, text)


def _copyright(text: str) -> str | None:
    """Return the agency that a copyright line names right after the sign."""
    for sign in _COPYRIGHT.finditer(text):
        match = agency_names.mention().match(text, sign.end())
        # "© REUTERS/ Jane Doe" credits a picture.
        slashed = match is not None and _PHOTOGRAPHER.match(text, match.end()) is not None
        caption = text.count(" ", 0, sign.start()) > _CAPTION and _RIGHTS.search(text) is None
        if match is None or slashed or caption or _PHOTO.search(text[: sign.start()]):
            continue
        return agency_names.of_mention(match)
    return None


#: A sign after more words than these ends a caption, unless the line speaks of rights.
_CAPTION: Final = 5
_RIGHTS: Final = re.compile(
    r"\brights\b|may not|redistribut|verbreit|vervielf|rechte|derechos|droits|diritti|direitos",
    re.I,
)


def _distributed(text: str) -> str | None:
    if _PHOTO.search(text):
        return None
    for phrase in _DISTRIBUTED.finditer(text):
        article = _THE.match(text, phrase.end())
        for start in (phrase.end(), article.end() if article else None):
            if start is not None and (match := agency_names.mention().match(text, start)):
                return agency_names.of_mention(match)
    return None


def _byline(text: str, role: str) -> str | None:
    """Return the agency that a byline or a line of its own names: "By X, Associated Press"."""
    if len(text) > _LONGEST_BYLINE or _PROSE.search(text) or _PHOTO.search(text):
        return None
    label = _SOURCE_LABEL.match(text) or _BY.match(text)
    if (name := agency_names.exactly(text[label.end() :] if label else text)) is not None:
        other = text.endswith(":") or agency_names.is_doubtful(text) or _CREDITED.search(text)
        return None if other else name
    first = agency_names.mention().match(text)
    if first is not None and _DATED_TAIL.fullmatch(text, first.end()):
        return agency_names.of_mention(first)
    if role not in ("byline", "credit") and not _BY.match(text):
        return None
    for match in agency_names.mention().finditer(text):
        if _BYLINE_TAIL.fullmatch(text, match.end()) and not text[: match.start()].endswith(
            ("@", "/")
        ):
            return agency_names.of_mention(match)
    return None
