"""What the markup of a page says about its article: JSON-LD, meta tags, microdata, bylines, h1.

Reads the one parsed tree and changes nothing in it. Which of the candidates is right is for
`pipeline.describe.resolve`; text without markup does not belong here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from lxml import etree
from lxml.html import HtmlElement

from pipeline.describe.address import host_of
from pipeline.describe.context import shorten
from pipeline.describe.fold import data_pairs, fold, plain, squeeze
from pipeline.describe.names import parse_names, starts_with_label
from pipeline.records import Candidate

#: Bounds on hostile pages: JSON-LD blocks and their size (characters), nesting, elements a rule.
_BLOCKS: Final = 12
_BLOCK_LENGTH: Final = 400_000
_DEPTH: Final = 8
_NODES: Final = 400
_ELEMENTS: Final = 12
_TEXT_LENGTH: Final = 400

_ARTICLE_TYPE = re.compile(
    r"(?:Article|BlogPosting|Report|LiveBlogPosting|Review|SocialMediaPosting)$"
)
_PAGE_TYPES: Final = frozenset(
    ("WebPage", "ItemPage", "CreativeWork", "VideoObject", "MediaObject")
)
_XPATH_BYLINE = etree.XPath(
    ".//*[self::a or self::span or self::div or self::p or self::h3 or self::h4 or self::h5"
    " or self::li or self::address or self::cite or self::strong or self::em or self::section"
    " or self::ul or self::header or self::td or self::b or self::small or self::time"
    " or self::h2 or self::h6 or self::i or self::footer or self::dd or self::figcaption]"
    '[contains(translate(concat(@class, " ", @id), "ABUTHORYLINEW", "abuthorylinew"), "author")'
    ' or contains(translate(concat(@class, " ", @id), "ABUTHORYLINEW", "abuthorylinew"), "byline")'
    ' or contains(@class, "writer") or contains(@class, "Writer")]'
)
_XPATH_REL = etree.XPath('.//a[contains(concat(" ", @rel, " "), " author ")]')
_XPATH_ITEMPROP = etree.XPath(
    './/*[@itemprop="headline" or @itemprop="author" or @itemprop="datePublished"'
    ' or @itemprop="dateModified" or @itemprop="alternativeHeadline" or @itemprop="dateCreated"]'
)
_XPATH_DECK = etree.XPath(
    './/*[self::p or self::h2 or self::h3 or self::div][contains(@class, "subtitle")'
    ' or contains(@class, "standfirst") or contains(@class, "subhead") or contains(@class, "dek")'
    ' or contains(@class, "deck") or contains(@class, "sub-headline") or contains(@class, "summary")]'
)
_UNRELATED = re.compile(
    r"comment|related|recommend|sidebar|widget|popular|trending|most-|more-|promo|footer|newsletter"
    r"|teaser|card|carousel|breaking|ticker|nav|menu|disqus|reply|outbrain|taboola|latest|recent",
    re.I,
)


def markup_candidates(tree: HtmlElement, url: str | None) -> tuple[Candidate, ...]:
    """Return what the markup of a parsed page says, in a fixed order, duplicates left out.

    `tree` is the root of the page before anything is removed from it; `url` its address where
    known. Dates and times are as stated, in the fields `published` and `updated`.
    """
    found: list[Candidate] = []
    found += _json_ld(tree, url)
    found += _meta(tree)
    found += _links(tree)
    found += _microdata(tree)
    found += _titles(tree)
    found += _bylines(tree)
    found += _times(tree)
    found += _decks(tree)
    return tuple(dict.fromkeys(found))


def _candidate(field: str, value: str, rule: str, source: str | None = None) -> Candidate:
    return Candidate(field, value, 0.5, rule, shorten(source or value))


# --- JSON-LD


def _json_ld(tree: HtmlElement, url: str | None) -> list[Candidate]:
    nodes: list[dict[str, Any]] = []
    found: list[Candidate] = []
    blocks = 0
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text:
            continue
        blocks += 1
        if blocks > _BLOCKS:
            break
        data = _loads(script.text[:_BLOCK_LENGTH])
        if data is None:
            found += _from_broken(script.text[:20_000])
        else:
            nodes.extend(_walk(data, 0))
    nodes = nodes[:_NODES]
    by_id = {node["@id"]: node for node in reversed(nodes) if isinstance(node.get("@id"), str)}
    articles = [node for node in nodes if _is_type(node, _ARTICLE_TYPE)]
    chosen = _main_article(articles, url)
    if chosen is not None:
        found += _from_article(chosen, by_id, "json_ld")
    for node in nodes:
        if chosen is None and _types(node) & _PAGE_TYPES:
            found += _from_article(node, by_id, "json_ld_page")
            break
    found += _site_nodes(nodes)
    return found


def _loads(text: str) -> Any:
    """Return parsed JSON, mended where its usual mistakes stop it, or None."""
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip()
    text = text.removeprefix("//<![CDATA[").removesuffix("//]]>").removeprefix("<![CDATA[")
    text = text.removesuffix("]]>").strip().rstrip(";")
    for attempt in range(3):
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            if attempt == 0:
                text = re.sub(r",(\s{0,200}[}\]])", r"\1", text)
            elif attempt == 1:
                text = re.sub(r"\\(?![\"\\/bfnrtu])", "", text).replace("\t", " ")
    return None


_BROKEN = re.compile(
    r'"(headline|datePublished|dateModified)"\s{0,5}:\s{0,5}"((?:[^"\\]|\\.){1,400})"'
)
_BROKEN_AUTHOR = re.compile(
    r'"author"\s{0,5}:\s{0,5}\[?\s{0,9}\{[^{}]{0,300}?"name"\s{0,5}:\s{0,5}"([^"]{1,200})"'
)
_FIELD_OF: Final = {"headline": "headline", "datePublished": "published", "dateModified": "updated"}


def _from_broken(text: str) -> list[Candidate]:
    found = []
    for key, value in _BROKEN.findall(text)[:6]:
        found.append(_candidate(_FIELD_OF[key], plain(value), "json_ld_broken"))
    for value in _BROKEN_AUTHOR.findall(text)[:3]:
        found += _authors(plain(value), "json_ld_broken", single=False)
    return found


def _walk(data: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-LD value that can be the page's article, outer ones first."""
    if depth > _DEPTH:
        return
    if isinstance(data, list):
        for item in data[:100]:
            yield from _walk(item, depth + 1)
    elif isinstance(data, dict):
        yield data
        for key in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "video"):
            inner = data.get(key)
            if isinstance(inner, (list, dict)):
                yield from _walk(inner, depth + 1)


def _types(node: dict[str, Any]) -> set[str]:
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return {k.rsplit("/", 1)[-1] for k in kinds if isinstance(k, str)}


def _is_type(node: dict[str, Any], pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(kind) for kind in _types(node))


def _main_article(articles: Sequence[dict[str, Any]], url: str | None) -> dict[str, Any] | None:
    """Return the article node that is about this page: by address, else the first with most to say."""
    if not articles:
        return None
    path = fold((url or "").split("?")[0].rstrip("/").rsplit("/", 1)[-1])
    if path and len(articles) > 1:
        for node in articles:
            if path in fold(str(node.get("url", "")) + str(node.get("@id", ""))):
                return node
    return max(articles, key=lambda node: bool(node.get("headline")) + 2 * bool(node.get("author")))


def _from_article(node: dict[str, Any], by_id: dict[str, Any], rule: str) -> list[Candidate]:
    found = []
    for key in ("headline", "name") if rule == "json_ld" else ():
        if isinstance(node.get(key), str) and plain(node[key]):
            found.append(_candidate("headline", plain(node[key]), f"{rule}_{key}"))
    names, source = _json_names(node.get("author") or node.get("creator"), by_id)
    if names:
        found.append(_candidate("authors", "; ".join(names), f"{rule}_author", source))
    for key, field in (("datePublished", "published"), ("dateModified", "updated")):
        if isinstance(node.get(key), str):
            found.append(_candidate(field, squeeze(node[key])[:60], f"{rule}_{key}"))
    publisher, _ = _json_raw_names(node.get("publisher"), by_id)
    if publisher:
        found.append(_candidate("outlet", publisher[0], f"{rule}_publisher"))
    if isinstance(node.get("alternativeHeadline"), str) and plain(node["alternativeHeadline"]):
        found.append(_candidate("deck", plain(node["alternativeHeadline"]), "json_ld_alternative"))
    if isinstance(node.get("description"), str) and plain(node["description"]):
        found.append(_candidate("deck", plain(node["description"]), "json_ld_description"))
    return found


def _json_raw_names(value: Any, by_id: dict[str, Any], depth: int = 0) -> tuple[list[str], str]:
    """Return the `name` strings of an author or publisher value, through lists and references."""
    if depth > 4:
        return [], ""
    if isinstance(value, str):
        return ([plain(value)], value) if value and not value.startswith("http") else ([], "")
    if isinstance(value, list):
        parts = [_json_raw_names(item, by_id, depth + 1)[0] for item in value[:20]]
        names = [name for part in parts for name in part]
        return names, "; ".join(names)
    if isinstance(value, dict):
        name = value.get("name")
        if isinstance(name, (str, list)) and name:
            return _json_raw_names(name, by_id, depth + 1)
        reference = value.get("@id")
        if isinstance(reference, str) and reference in by_id and by_id[reference] is not value:
            return _json_raw_names(by_id[reference].get("name"), by_id, depth + 1)
    return [], ""


def _json_names(value: Any, by_id: dict[str, Any]) -> tuple[list[str], str]:
    raw, source = _json_raw_names(value, by_id)
    names: list[str] = []
    for text in raw:
        names += [n for n in parse_names(text, single=True) if n not in names]
    return names, source


def _site_nodes(nodes: Iterable[dict[str, Any]]) -> list[Candidate]:
    found = []
    for node in nodes:
        kinds = _types(node)
        name = node.get("name")
        if isinstance(name, str) and kinds & {"WebSite", "NewsMediaOrganization"}:
            found.append(_candidate("outlet", plain(name), "json_ld_site"))
    return found[:2]


# --- meta tags


def _meta(tree: HtmlElement) -> list[Candidate]:
    names = data_pairs("meta_tags.tsv")
    found = []
    authors: dict[str, list[str]] = {}
    for count, element in enumerate(tree.iter("meta")):
        if count > 400:
            break
        key = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content")
        field = names.get(key.lower()) if key and content else None
        if field is None or content is None or key is None:
            continue
        value = plain(content)
        rule = "meta_" + key.lower()
        if field == "authors":
            authors.setdefault(rule, []).append(value)
        elif value:
            found.append(_candidate(field, value, rule))
    for rule, values in authors.items():
        found += _authors(" | ".join(values), rule, single=True)
    return found


def _authors(text: str, rule: str, *, single: bool) -> list[Candidate]:
    if text.startswith("http"):
        return []
    names = parse_names(text, single=single)
    return [_candidate("authors", "; ".join(names), rule, text)] if names else []


def _links(tree: HtmlElement) -> list[Candidate]:
    for link in tree.iter("link"):
        href = link.get("href")
        if (link.get("rel") or "").lower() == "canonical" and href and host_of(href):
            return [_candidate("url", href.strip(), "canonical")]
    return []


# --- visible markup


def _text(element: HtmlElement, limit: int = _TEXT_LENGTH) -> str:
    """Return the text of `element` with " | " between its blocks, at most `limit` characters."""
    parts: list[str] = []
    size = 0
    for text in element.itertext():
        parts.append(text)
        size += len(text)
        if size > limit:
            break
    return squeeze(" ".join(parts))[:limit]


def _is_unrelated(element: HtmlElement) -> bool:
    """Tell whether `element` or a parent of it is a comment, a teaser or a sidebar."""
    node = element
    for _ in range(12):
        if node is None or node.tag in ("body", "html"):
            return False
        if node.tag in ("aside", "nav", "footer"):
            return True
        marks = f"{node.get('class') or ''} {node.get('id') or ''}"
        if len(marks) > 1 and _UNRELATED.search(marks[:300]):
            return True
        node = node.getparent()
    return False


def _microdata(tree: HtmlElement) -> list[Candidate]:
    found: list[Candidate] = []
    authors: list[str] = []
    fields = {"datePublished": "published", "dateCreated": "published", "dateModified": "updated"}
    for element in _XPATH_ITEMPROP(tree)[: 4 * _ELEMENTS]:
        kind = element.get("itemprop")
        if element.tag == "meta":
            continue
        if kind in fields:
            value = element.get("datetime") or element.get("content") or _text(element, 80)
            if value and len(found) < 40:
                found.append(_candidate(fields[kind], squeeze(value)[:80], f"itemprop_{kind}"))
        elif kind == "author":
            if not _is_unrelated(element):
                authors.append(_itemprop_author(element))
        elif text := _text(element):
            field = "headline" if kind == "headline" else "deck"
            found.append(_candidate(field, text, f"itemprop_{kind}"))
    if authors:
        found += _authors(" | ".join(authors[:_ELEMENTS]), "itemprop_author", single=True)
    return found


def _itemprop_author(element: HtmlElement) -> str:
    for inner in element.iter():
        if isinstance(inner.tag, str) and inner.get("itemprop") == "name":
            return squeeze(inner.get("content") or _text(inner, 120))
    return _text(element, 200)


def _titles(tree: HtmlElement) -> list[Candidate]:
    found = []
    title = next(iter(tree.iter("title")), None)
    if title is not None and (text := _text(title)):
        found.append(_candidate("headline", text, "title_tag"))
    headings = [h for h in tree.iter("h1")][:_ELEMENTS]
    for heading in headings:
        text = _text(heading)
        if text:
            rule = "h1" if len(headings) == 1 else "h1_of_several"
            found.append(_candidate("headline", text, rule))
    return found


def _bylines(tree: HtmlElement) -> list[Candidate]:
    found: list[Candidate] = []
    links: list[str] = []
    for element in _XPATH_REL(tree)[:_ELEMENTS]:
        text = _text(element, 120)
        if text and not _is_unrelated(element):
            links.append(text)
    if links:
        found += _authors(" | ".join(dict.fromkeys(links)), "rel_author", single=True)
    taken = 0
    for element in _XPATH_BYLINE(tree)[: 4 * _ELEMENTS]:
        text = _text(element, 300)
        if not 3 <= len(text) < 300 or taken >= 4 or _is_unrelated(element):
            continue
        names = parse_names(text)
        labelled = starts_with_label(text)
        if not names and labelled:
            names = parse_names(text, single=True)
        if names:
            rule = "byline_class" if labelled else "author_class"
            found.append(_candidate("authors", "; ".join(names), rule, text))
            if labelled:
                found.append(_candidate("byline", text, rule))
            taken += 1
    return found


def _times(tree: HtmlElement) -> list[Candidate]:
    found = []
    for element in list(tree.iter("time"))[:_ELEMENTS]:
        value = element.get("datetime") or _text(element, 80)
        if value:
            marks = f"{element.get('class') or ''} {element.get('itemprop') or ''}".lower()
            field = "updated" if "updat" in marks or "modif" in marks else "published"
            found.append(_candidate(field, squeeze(value)[:80], "time_tag"))
    return found


def _decks(tree: HtmlElement) -> list[Candidate]:
    for element in _XPATH_DECK(tree)[:_ELEMENTS]:
        text = _text(element)
        if 20 <= len(text) < _TEXT_LENGTH and not _is_unrelated(element):
            return [_candidate("deck", text, "deck_class")]
    return []
