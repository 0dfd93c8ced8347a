"""HTML pages flattened as naive scrapers flatten them, for training and benchmarks.

Six ways, so that a model learns no single one. The libraries are needed for training only
(`pip install copydesk[bench]`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import lxml.html

_BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd",
    "details", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "menu",
    "nav", "ol", "option", "p", "pre", "section", "select", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "title", "tr", "ul",
})  # fmt: skip
_SKIPPED: Final = frozenset({"script", "style", "noscript", "template", "svg", "head"})
_BLANKS: Final = re.compile(r"[^\S\n]+")


def parse(html: str) -> Any:
    """Return the lxml tree of `html`; an empty document where there is none."""
    return lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=_parser())


def by_inscriptis(html: str) -> str:
    """Return the text as `inscriptis` lays it out, with indents and bullets."""
    import inscriptis  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return str(inscriptis.Inscriptis(parse(html)).get_text())


def by_html_text(html: str) -> str:
    """Return the text by `html_text`: a blank line between paragraphs."""
    import html_text  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return str(html_text.extract_text(parse(html)))


def by_soup_lines(html: str) -> str:
    """Return BeautifulSoup's `get_text("\\n", strip=True)`: a line for each text node."""
    return str(_soup(html).get_text("\n", strip=True))


def by_soup(html: str) -> str:
    """Return BeautifulSoup's `get_text()`: line breaks only where the source has them."""
    return str(_soup(html).get_text())


def by_blocks(html: str) -> str:
    """Return one line for each block element, single line breaks between."""
    return "\n".join(block_texts(html))


def by_paragraphs(html: str) -> str:
    """Return one line for each block element, a blank line between."""
    return "\n\n".join(block_texts(html))


FLATTENERS: Final[Mapping[str, Callable[[str], str]]] = {
    "inscriptis": by_inscriptis,
    "html_text": by_html_text,
    "soup_lines": by_soup_lines,
    "soup": by_soup,
    "blocks": by_blocks,
    "paragraphs": by_paragraphs,
}


def block_texts(html: str) -> list[str]:
    """Return the text of each block of a page, in order, blanks folded."""
    return [text for text, _ in blocks(html)]


def blocks(html: str) -> list[tuple[str, Any]]:
    """Return the text of each block with the element that it stands in."""
    found: list[tuple[str, Any]] = []
    pieces: list[str] = []
    owner = [None]

    def flush(element: Any) -> None:
        text = _BLANKS.sub(" ", " ".join("".join(pieces).split()))
        if text:
            found.append((text, owner[0]))
        pieces.clear()
        owner[0] = element

    tree = parse(html)
    lxml.etree.strip_elements(tree, *_SKIPPED, lxml.etree.Comment, with_tail=False)
    for event, element in lxml.etree.iterwalk(tree, events=("start", "end")):
        is_block = element.tag in _BLOCKS
        if event == "start":
            if is_block:
                flush(element)
            pieces.append(element.text or "")
        else:
            if is_block:
                flush(element.getparent())
            pieces.append(element.tail or "")
    flush(None)
    return found


def _soup(html: str) -> Any:
    import bs4  # type: ignore[import-not-found, unused-ignore]

    soup = bs4.BeautifulSoup(html, "lxml")
    for element in soup(["script", "style", "noscript", "template"]):
        element.decompose()
    return soup


def _parser() -> Any:
    return lxml.html.HTMLParser(encoding="utf-8", huge_tree=False)
