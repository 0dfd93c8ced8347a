"""A parsed HTML page: one parse, shared by cleaning and metadata.

The limits that keep hostile pages from harm are here and in `html_flatten`; what is body does
not belong here.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree
from lxml import html as lxml_html

from pipeline.clean.html_errors import CleanError
from pipeline.clean.html_flatten import Flattened, flatten

#: Largest page that is parsed, in bytes. Past it, a page is a data dump or an attack.
MAX_BYTES: Final = 20_000_000

_ONE_CLASS: Final = etree.ElementDefaultClassLookup(element=lxml_html.HtmlElement)
#: How much of a headline is looked at, in characters.
_LONGEST_TITLE: Final = 500

#: How far into a page its address is looked for without parsing, and by what, in bytes.
_LONGEST_HEAD: Final = 200_000
_ADDRESSES: Final = (
    (b"canonical", re.compile(rb"\bhref\s*=\s*[\"']?([^\"'\s<>]{1,2000})", re.IGNORECASE)),
    (b"og:url", re.compile(rb"\bcontent\s*=\s*[\"']?([^\"'\s<>]{1,2000})", re.IGNORECASE)),
)


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
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True,
        collect_ids=False, default_doctype=False,
    )  # fmt: skip
    # One class for all elements: to be asked for the class of each takes a tenth of every pass.
    parser.set_element_class_lookup(_ONE_CLASS)
    try:
        tree = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise CleanError("not_html", f"no element in the page: {error}") from error
    if parser.error_log.filter_from_fatals().filter_types(etree.ErrorTypes.ERR_RESOURCE_LIMIT):
        raise CleanError("too_deep", "elements nested deeper than the parser reads")
    return tree


def page_address(tree: Any) -> str | None:
    """Return the address that a page gives as its own (canonical link, else og:url), or None."""
    found = tree.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content")
    return str(found[0]) if found else None


def stated_address(content: bytes) -> str | None:
    """Return what `page_address` most likely does, by the bytes alone: in no time, at no risk."""
    head = content[:_LONGEST_HEAD]
    for mark, value in _ADDRESSES:
        at = head.find(mark)
        tag = head[head.rfind(b"<", 0, at) : head.find(b">", at)] if at >= 0 else b""
        found = value.search(tag)
        if found:
            return html.unescape(found[1].decode("ascii", "replace"))
    return None


def page_title(tree: Any) -> str:
    """Return the page's headline in lower case: og:title, or the first h1 with text, or ""."""
    for element in tree.iter("meta", "h1"):
        if element.tag == "h1":
            text = element.text_content()
        else:
            is_title = element.get("property") == "og:title"
            text = (element.get("content") or "") if is_title else ""
        if text.strip():
            return " ".join(text[:_LONGEST_TITLE].split()).lower()
    return ""
