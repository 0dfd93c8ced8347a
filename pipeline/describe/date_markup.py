"""Dates that the visible markup of a page states: `<time>`, dated classes, `abbr` titles.

Where an element stands (before or after the main heading, inside a teaser or a comment) tells
most about what its date means, so it is part of the rule's name. JSON-LD and meta tags are read
in `markup`; which date is right is decided in `dates`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from pipeline.describe import date_words
from pipeline.describe.date_parse import find, parse
from pipeline.describe.markup_scan import Scan
from pipeline.records import Candidate

#: Bounds on hostile pages: elements looked at, their text and their ancestors.
_ELEMENTS: Final = 120
_TEXT_LENGTH: Final = 160
_ANCESTORS: Final = 10

#: Attributes that state a date for machines.
_ATTRIBUTES: Final = (
    "datetime", "data-datetime", "data-timestamp", "data-date", "data-time", "title", "content",
)  # fmt: skip
_UNRELATED: Final = re.compile(
    r"comment|related|recommend|sidebar|side-bar|widget|popular|trending|most-|promo|footer|newsletter|"
    r"teaser|carousel|ticker|nav|menu|disqus|reply|outbrain|taboola|latest|recent|event|calendar|copyright",
    re.I,
)
_UPDATE_MARK: Final = re.compile(r"updat|modif|edited|aktualisier|lastmod", re.I)


def markup_dates(page: Scan) -> list[Candidate]:
    """Return dates stated in visible elements of a scanned page, in document order.

    The field is `published` or `updated`, the value the text or attribute that states it
    (`date_parse.parse` reads it). The rule is
    `html_<element>_<place>`: place is `top` (above the main heading), `first` (first below it),
    `later`, or `aside` (in a teaser, comment or sidebar).
    """
    found: list[Candidate] = []
    heading_seen = False
    below = 0
    for element in page.dated[:_ELEMENTS]:
        if element.tag == "h1":
            heading_seen = heading_seen or bool("".join(element.itertext()).strip())
            continue
        stated = _stated(element)
        if stated is None:
            continue
        if _is_aside(element, page.around):
            place = "aside"
        elif not heading_seen:
            place = "top"
        else:
            place = "first" if below == 0 else "later"
            below += 1
        kind = "time" if element.tag == "time" else "class"
        found.extend(_candidates(element, stated, f"html_{kind}_{place}"))
    return list(dict.fromkeys([*found, *_scripts(page.scripts)]))


#: Values that frameworks keep for themselves in inline scripts: the article as JSON.
_IN_SCRIPT: Final = re.compile(
    r"[\"'\s{,](?:(?:date|first)_?[Pp]ublished(?:_?[Aa]t)?"
    r"|publi(?:sh|shed|cation)_?(?:[Aa]t|[Oo]n|[Dd]ate|[Tt]ime)|pub_?[Dd]ate)"
    r"\\?[\"']?\s{0,3}:\s{0,3}\\?[\"']?(?P<value>[^\"'\\,}\n]{8,40})"
)
#: Types of JSON-LD that `markup` reads.
_LD_READ: Final = re.compile(
    r'"@type"\s{0,3}:\s{0,3}\[?\s{0,3}"[^"]{0,40}(?:Article|Posting|Report|Review|Page|Work|Object)"'
)
_IN_KEYS: Final = ("ublish", "ublication", "ubDate", "ub_date", "ubdate")
_SCRIPTS: Final = 60
_SCRIPT_LENGTH: Final = 300_000


def _scripts(scripts: Sequence[HtmlElement]) -> Iterator[Candidate]:
    """Yield the date of publication where scripts state one day, not those of several stories."""
    days: dict[str, str] = {}
    for script in scripts[:_SCRIPTS]:
        text = (script.text or "")[:_SCRIPT_LENGTH]
        if not any(word in text for word in _IN_KEYS):
            continue
        if "ld+json" in (script.get("type") or "").lower() and _LD_READ.search(text):
            continue
        for match in islice(_IN_SCRIPT.finditer(text), 60):
            if (stated := parse(match["value"])) is not None:
                days.setdefault(stated.day.isoformat(), match["value"].strip())
    if len(days) == 1:
        value = next(iter(days.values()))
        yield Candidate("published", value, 0.5, "script", value)


def _candidates(element: HtmlElement, stated: str, rule: str) -> Iterator[Candidate]:
    """Yield what the element states: its attribute, or each date of its text by its own label."""
    text = " ".join(_text(element).split()) or stated
    updated = _says_update(element) or date_words.label(text[:60]) == "updated"
    if stated != text:
        yield Candidate("updated" if updated else "published", stated, 0.5, rule, text[:200])
        return
    end = 0
    for found in find(text)[:3]:
        label = date_words.label(text[end : found.start][-32:])
        field = "updated" if label == "updated" or (updated and label is None) else "published"
        if label != "other":
            yield Candidate(field, text[end : found.end].strip(), 0.5, rule, text[:200])
        end = found.end


def _text(element: HtmlElement) -> str:
    parts: list[str] = []
    size = 0
    for text in element.itertext():
        parts.append(text)
        size += len(text)
        if size > _TEXT_LENGTH:
            break
    return " ".join(parts)


def _stated(element: HtmlElement) -> str | None:
    """Return what states the date: an attribute that parses, else the text if it holds one."""
    for name in _ATTRIBUTES:
        value = element.get(name)
        if value and len(value) <= 60 and parse(value.strip()) is not None:
            return " ".join(value.split())
    text = _text(element)
    if len(text) > _TEXT_LENGTH + 40 or not any(char.isdigit() for char in text):
        return None
    return " ".join(text.split()) if find(text) else None


def _says_update(element: HtmlElement) -> bool:
    marks = " ".join(element.get(name) or "" for name in ("class", "itemprop", "id"))
    if _UPDATE_MARK.search(marks[:200]):
        return True
    before = element.getprevious()
    label = (element.text or "")[:60]
    parent = element.getparent()
    around = [label, (before.tail or "") + _text(before)[-60:] if before is not None else ""]
    if parent is not None and before is None:
        around.append((parent.text or "")[-60:])
    return any(date_words.label(text) == "updated" for text in around)


def _is_aside(element: HtmlElement, around: frozenset[HtmlElement]) -> bool:
    node = element
    for _ in range(_ANCESTORS):
        if node is None or node in around or node.tag in ("body", "html", "article", "main"):
            return False
        if node.tag in ("aside", "nav", "footer"):
            return True
        marks = f"{node.get('class') or ''} {node.get('id') or ''}"
        if len(marks) > 1 and _UNRELATED.search(marks[:300]):
            return True
        node = node.getparent()
    return False
