"""HTML pages: one parse a page, its flattened text, and the body told from the rest.

`parse` reads a page once; the tree is shared with the metadata stage. `clean_pages` decides which
lines of the flattened text are the article. How lines break is in `html_flatten`, what markup
says about them in `html_features`, what decides in `html_model`; metadata does not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree
from lxml import html as lxml_html

from pipeline.clean.html_errors import CleanError
from pipeline.clean.html_flatten import Block, Flattened, flatten
from pipeline.clean.html_roles import role_of
from pipeline.clean.html_second import kept_blocks
from pipeline.records import BODY, Cleaned, Line

#: Largest page that is parsed, in bytes. Past it, a page is a data dump or an attack.
MAX_BYTES: Final = 20_000_000

#: Least body of an article, in characters.
_LEAST_BODY: Final = 140


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page: `tree` is read-only, `flat` its flattened text with the blocks of it."""

    tree: Any
    flat: Flattened

    @property
    def text(self) -> str:
        """The flattened text: one line a block, as a reader would see it."""
        return self.flat.text


def parse(content: bytes, charset: str) -> Page:
    """Return the page in `content`, decoded as `charset` (bytes it cannot read are replaced).

    Raises CleanError: "empty", "too_large" (over `MAX_BYTES` or the limits of `html_flatten`),
    "too_deep" (nested deeper than libxml2 reads) or "not_html".
    """
    if len(content) > MAX_BYTES:
        raise CleanError("too_large", f"{len(content)} bytes of HTML; the limit is {MAX_BYTES}")
    tree = _tree(content.decode(charset, errors="replace").replace("\0", ""))
    return Page(tree=tree, flat=flatten(tree))


def _tree(markup: str) -> Any:
    """Return the root element; the text is handed over as UTF-8, so no declaration misleads."""
    if not markup.strip():
        raise CleanError("empty", "the page holds nothing but blanks")
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True,
        collect_ids=False, default_doctype=False,
    )  # fmt: skip
    try:
        tree = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise CleanError("not_html", f"no element in the page: {error}") from error
    if parser.error_log.filter_from_fatals().filter_types(etree.ErrorTypes.ERR_RESOURCE_LIMIT):
        raise CleanError("too_deep", "elements nested deeper than the parser reads")
    return tree


def clean_pages(pages: Sequence[Page]) -> list[Cleaned | CleanError]:
    """Return each page's article, or why it has none: "no_prose" or "error_page"."""
    return [_clean(page) for page in pages]


def _clean(page: Page) -> Cleaned | CleanError:
    blocks = page.flat.blocks
    kept = kept_blocks(page.tree, page.flat)
    method = "trafilatura" if kept else "line_model"
    scores = kept or [float(_is_prose(block)) for block in blocks]
    body = [block.text for block, score in zip(blocks, scores, strict=True) if score >= 0.5]
    if sum(len(text) for text in body) < _LEAST_BODY:
        return CleanError("no_prose", "the page holds no article text")
    title = _title(page.tree)
    lines = tuple(
        _line(block, score, method, title) for block, score in zip(blocks, scores, strict=True)
    )
    return Cleaned(page.text, lines, "\n\n".join(body), method)


def _is_prose(block: Block) -> bool:
    return len(block.text) > 80 and 2 * block.linked < len(block.text) and not block.hidden


def _line(block: Block, score: float, method: str, title: str) -> Line:
    if score >= 0.5:
        return Line(block.start, block.end, block.text, BODY, method, score)
    role, rule, sure = role_of(block, title)
    return Line(block.start, block.end, block.text, role, rule, sure)


def _title(tree: Any) -> str:
    """Return the page's headline in lower case: og:title, or the first h1 with text."""
    for found in tree.xpath("//meta[@property='og:title']/@content | //h1"):
        text = found if isinstance(found, str) else found.text_content()
        if text.strip():
            return " ".join(text.split()).lower()
    return ""
