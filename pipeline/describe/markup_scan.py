"""One pass over a parsed page that sorts out the elements which can tell metadata.

`markup` (names, headlines, outlets) and `date_markup` read what is collected here; what an element
says does not belong here. Walking the tree is the dearest part of both, hence once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from pipeline.describe.fold import fold

#: Bounds on hostile pages: elements looked at, elements kept of a kind, length of an attribute.
MOST_ELEMENTS: Final = 60_000
_MOST_KEPT: Final = 2_000
_MARKS_LENGTH: Final = 300

#: How many elements below a main heading still stand near it.
_NEAR: Final = 40
#: How much of a subheading is compared with the page's title, and how short it may be, in letters.
_TITLE_LENGTH: Final = 300
_LEAST_TITLE: Final = 12

#: Elements that can hold a byline, a deck or a headline of their own.
_NAMING: Final = frozenset(
    ("a", "span", "div", "p", "h2", "h3", "h4", "h5", "h6", "li", "ul", "address", "cite",
     "strong", "em", "section", "header", "td", "b", "small", "time", "i", "dd", "dl",
     "figcaption", "footer")
)  # fmt: skip
#: Elements that can hold a printed date, where a mark announces one.
_DATING: Final = frozenset(
    ("span", "div", "p", "li", "a", "em", "i", "small", "b", "strong", "td", "header", "h2", "h3",
     "h4", "h5", "h6", "footer", "section", "dd", "font", "ul", "cite", "label")
)  # fmt: skip
# Every branch starts with a letter, so that the search can skip from one such letter to the next.
_NAMED: Final = re.compile(
    r"(?P<byline>[Aa]uthor|[Aa]utor|[Bb]y-?line|[Ww]riter|[Cc]ontributor|[Jj]ournalist|[Ss]ignature)"
    r"|(?P<deck>[Ss]ub-?title|[Ss]tandfirst|[Ss]ub-?head|dek\b(?<!\wdek)|deck)"
    r"|(?P<headline>[Hh]eadline|[Tt]itle)"
)
#: One of these is in all that the pattern finds; most marks have none, and looking is cheaper.
_IN_NAMED: Final = (
    "title", "head", "line", "author", "writer", "deck", "dek", "standfirst", "autor",
    "contributor", "journalist", "signature",
)  # fmt: skip
_IN_DATED: Final = (
    "date", "time", "publish", "posted", "byline", "datum", "meta", "submitted",
)  # fmt: skip
_DATED: Final = frozenset(("class", "id", "itemprop", "data-testid"))
_MACHINE: Final = frozenset(("data-timestamp", "data-datetime", "data-date", "data-time"))
_AUTHOR_PAGE: Final = re.compile(
    r"/(?:a(?:uthors?|utor(?:en|es)?|uteurs?)|by|people|staff|profiles?|reporters?|contributors?"
    r"|editors?|writers?|columnists?|journalists?|bloggers?|team|experts?)/"
)
_LINK_LENGTH: Final = 200


@dataclass
class Scan:
    """The elements of a page by what they can tell, each list in the order of the document.

    `names` holds the elements that a class, an id or a link marks, by what they are marked as:
    "byline", "deck", "headline", "rel" (rel=author), "author_page" (link to an author's page) and
    "near" (those of the byline kinds that follow a main heading closely), "near_link" (links that
    do); those above the first main heading come last. `subheadings` are those that say what the
    page's title does; `dated` holds headings and what can state a date. `around` are the elements
    that hold a main heading: what wraps it is no sidebar.
    """

    title: HtmlElement | None = None
    headings: list[HtmlElement] = field(default_factory=list)
    subheadings: list[HtmlElement] = field(default_factory=list)
    metas: list[HtmlElement] = field(default_factory=list)
    links: list[HtmlElement] = field(default_factory=list)
    scripts: list[HtmlElement] = field(default_factory=list)
    props: list[HtmlElement] = field(default_factory=list)
    dated: list[HtmlElement] = field(default_factory=list)
    names: dict[str, list[HtmlElement]] = field(default_factory=dict)
    around: frozenset[HtmlElement] = frozenset()


def scan(tree: HtmlElement) -> Scan:
    """Return the telling elements of the page whose root is `tree`; nothing in it is changed."""
    found = Scan()
    heads = {"meta": found.metas, "link": found.links, "script": found.scripts}
    names: dict[str, list[HtmlElement]] = {
        "byline": [], "deck": [], "headline": [], "rel": [], "author_page": [], "near": [],
        "near_link": [],
    }  # fmt: skip
    early: dict[str, list[HtmlElement]] = {}  # what stands above the first main heading
    around: set[HtmlElement] = set()
    title = ""
    place, heading = 0, -_NEAR
    for element in islice(tree.iter(etree.Element), MOST_ELEMENTS):
        tag = element.tag
        kept = heads.get(tag)
        if kept is not None:
            kept.append(element)
            continue
        naming = tag in _NAMING
        place += naming
        is_main = tag == "h1" or (tag in ("h2", "h3") and title and _is_title(element, title))
        if is_main:
            heading = place
            around.update(element.iterancestors())
            if not early:
                for name in ("byline", "rel", "author_page"):
                    early[name], names[name] = names[name], []
            if tag != "h1":
                found.subheadings.append(element)
            else:
                found.headings.append(element)
                found.dated.append(element)
                continue
        elif tag == "title" and found.title is None and element.getparent().tag != "svg":
            found.title = element
            title = fold((element.text or "")[:_TITLE_LENGTH])
            continue
        attributes = element.items()
        kind, dates = None, tag == "time"
        for name, value in attributes:
            if name == "class" or (name == "id" and kind is None):
                named, announces = _marks(value)
                kind = named or kind
                dates = dates or (announces and tag in _DATING)
            elif name in _MACHINE or (name == "title" and tag == "abbr"):
                dates = True
            elif name in _DATED:
                dates = dates or (tag in _DATING and _marks(value)[1])
                if name == "itemprop":
                    found.props.append(element)
        if dates:
            found.dated.append(element)
        if not naming:
            continue
        if kind:
            names[kind].append(element)
        if tag == "a" and attributes:
            linked = _link_kind(dict(attributes))
            if linked:
                names[linked].append(element)
                kind = "byline"
            if place - heading < _NEAR:
                names["near_link"].append(element)
        if kind == "byline" and place - heading < _NEAR:
            names["near"].append(element)
    found.names = {
        kind: [*elements, *early.get(kind, ())][:_MOST_KEPT] for kind, elements in names.items()
    }
    found.around = frozenset(around)
    return found


def _is_title(element: HtmlElement, title: str) -> bool:
    """Tell whether a subheading holds what the page's title opens with."""
    text = fold("".join(element.itertext())[:_TITLE_LENGTH])
    return len(text) >= _LEAST_TITLE and title.startswith(text)


def _link_kind(link: Mapping[str, str]) -> str | None:
    if "author" in link.get("rel", ""):
        return "rel"
    return "author_page" if _AUTHOR_PAGE.search(link.get("href", ""), 0, _LINK_LENGTH) else None


def marked_as(marks: str) -> str | None:
    """Return what a class or id marks its element as: "byline", "deck", "headline" or None."""
    return _marks(marks)[0]


@lru_cache(maxsize=65_536)
def _marks(marks: str) -> tuple[str | None, bool]:
    """Return what a class or id marks its element as, and whether it announces a date."""
    marks = marks[:_MARKS_LENGTH]
    lowered = marks.lower()
    kind = None
    for word in _IN_NAMED:  # a loop: `any` with a generator takes twice the time
        if word in lowered:
            match = _NAMED.search(marks)
            kind = match.lastgroup if match else None
            break
    for word in _IN_DATED:
        if word in lowered:
            return kind, True
    return kind, False
