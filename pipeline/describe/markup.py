"""What the markup of a page says about its article: JSON-LD, meta tags, microdata, bylines, h1.

Reads the elements that `markup_scan` collected and changes nothing in them. Which of the candidates
is right is for `pipeline.describe.resolve`; text without markup does not belong here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

from lxml.html import HtmlElement

from pipeline.describe.context import shorten
from pipeline.describe.fold import data_pairs, fold, plain, squeeze
from pipeline.describe.markup_scan import Scan, marked_as
from pipeline.describe.names import (
    is_cjk,
    kind_of,
    parse_names,
    starts_with_label,
)
from pipeline.domains import host_of
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
_ITEMPROPS: Final = frozenset(("headline", "author", "alternativeHeadline"))
_UNRELATED = re.compile(
    r"(?<![a-z])(?<!with[-_])(?<!has[-_])(?<!no[-_])(?:comments?|commentlist|related|recommend\w*|sidebar|popular|trending|promos?"
    r"|newsletter|teasers?|carousel|ticker|nav|navbar|navigation|menu|disqus\w*|reply|outbrain|taboola"
    r"|latest|recent|(?:read|more)-(?:more|stories|news|posts))(?![a-z])",
    re.I,
)
_OWN_FOOTER = re.compile(r"meta|entry|article|post|story", re.I)


def markup_candidates(page: Scan, root: HtmlElement, url: str | None) -> tuple[Candidate, ...]:
    """Return what the markup of a scanned page says, in a fixed order, duplicates left out.

    `root` is the root of the page, `url` its address where known. Dates and times of JSON-LD and
    meta tags are as stated, in the fields `published` and `updated`.
    """
    found: list[Candidate] = []
    found += _json_ld(page.scripts, url)
    found += _meta(page.metas)
    found += _links(page.links)
    found += _microdata(page)
    found += _titles(page)
    found += _bylines(page)
    found += _decks(page)
    found += _languages(root)
    return tuple(dict.fromkeys(found))


def _candidate(field: str, value: str, rule: str, source: str | None = None) -> Candidate:
    return Candidate(field, value, 0.5, rule, shorten(source or value))


# --- JSON-LD


def _json_ld(scripts: Sequence[HtmlElement], url: str | None) -> list[Candidate]:
    nodes: list[dict[str, Any]] = []
    found: list[Candidate] = []
    blocks = 0
    for script in scripts:
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
    """Return the node about this page: by address, else the first with most to say."""
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
    if source:
        found.append(_candidate("agency", source[:200], f"{rule}_author"))
    for key, name in (("datePublished", "published"), ("dateModified", "updated")):
        if isinstance(node.get(key), str):
            found.append(_candidate(name, squeeze(node[key])[:60], f"{rule}_{key}"))
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
        if value[:1] == "{" and isinstance(inner := _loads(value[:1000]), dict):
            return _json_raw_names(inner, by_id, depth + 1)
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


def _meta(metas: Sequence[HtmlElement]) -> list[Candidate]:
    names = data_pairs("meta_tags.tsv")
    found = []
    authors: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for element in metas[:400]:
        key = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content") or element.get("value")
        if key and content and key.startswith("twitter:label"):
            labels["twitter:data" + key[13:]] = content
        if key in labels and _WRITTEN_BY.match(labels[key]):
            authors.setdefault("meta_twitter:data", []).append(plain(content or ""))
        field = names.get(key.lower()) if key and content else None
        if field is None or content is None or key is None:
            continue
        value = plain(content)
        rule = "meta_" + key.lower()
        if field == "authors":
            if key.lower() == "citation_author" and value.count(",") == 1:
                value = " ".join(reversed(value.split(",")))  # "Berg, Anna"
            authors.setdefault(rule, []).append(value)
        elif value:
            found.append(_candidate(field, value, rule))
    for rule, values in authors.items():
        found += _authors(" | ".join(values), rule, single=True)
    return found


_WRITTEN_BY = re.compile(
    r"(?:written|posted|by|author|geschrieben|verfasst|écrit|escrito|scritto)\b", re.I
)


#: Themes of sites name their designer where the author belongs.
_DESIGNER: Final = re.compile(r"https?://|\bdesign|\btheme\b|template", re.I)


def _authors(text: str, rule: str, *, single: bool) -> list[Candidate]:
    if text.startswith("http") or (rule == "meta_author" and _DESIGNER.search(text)):
        return []
    names = parse_names(text, single=single)
    stated = [_candidate("agency", text[:200], rule)] if 2 <= len(text) < 200 else []
    return [_candidate("authors", "; ".join(names), rule, text), *stated] if names else stated


def _links(links: Sequence[HtmlElement]) -> list[Candidate]:
    for link in links:
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


def _is_unrelated(element: HtmlElement, around: Collection[HtmlElement]) -> bool:
    """Tell whether `element` or a parent of it is a comment, a teaser or a sidebar.

    `around` holds the elements that a main heading stands in, which are none of these.
    """
    node = element
    for _ in range(12):
        if node is None or node in around or node.tag in ("body", "html"):
            return False
        marks = f"{node.get('class') or ''} {node.get('id') or ''}"
        if node.tag in ("aside", "nav") or (node.tag == "footer" and not _OWN_FOOTER.search(marks)):
            return True
        if len(marks) > 1 and _marks_unrelated(marks):
            before = node.getprevious()  # right below the main heading stands what belongs to it
            return before is None or before.tag != "h1"
        node = node.getparent()
    return False


@lru_cache(maxsize=8192)
def _marks_unrelated(marks: str) -> bool:
    return _UNRELATED.search(marks[:300]) is not None and marked_as(marks) != "byline"


def _microdata(page: Scan) -> list[Candidate]:
    found: list[Candidate] = []
    authors: list[str] = []
    marked = (e for e in page.props if e.get("itemprop") in _ITEMPROPS)
    for element in islice(marked, 4 * _ELEMENTS):
        kind = element.get("itemprop")
        if element.tag == "meta":
            continue
        if kind == "author":
            if not _is_unrelated(element, page.around):
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


def _titles(page: Scan) -> list[Candidate]:
    found = []
    if page.title is not None and (text := _text(page.title)):
        found.append(_candidate("headline", text, "title_tag"))
    for heading in page.headings[:_ELEMENTS]:
        if (text := _text(heading)) and not _is_unrelated(heading, ()):
            found.append(_candidate("headline", text, "h1"))
    for heading in page.subheadings[:1]:
        found.append(_candidate("headline", _text(heading), "subheading"))
    for element in page.names["headline"][: 2 * _ELEMENTS]:
        text = _text(element) if element.tag in _HEADLINE_TAGS else ""
        if 12 <= len(text) < 250 and not _is_unrelated(element, ()):
            found.append(_candidate("headline", text, "headline_class"))
            break
    return found


_HEADLINE_TAGS: Final = frozenset(("h2", "h3", "h4", "div", "p", "span"))


def _bylines(page: Scan) -> list[Candidate]:
    found: list[Candidate] = []
    marked, around = page.names, page.around
    near = frozenset(marked["near"])
    links = [
        a for a in marked["rel"][: 2 * _ELEMENTS]
        if len(a) < 5 and not _is_unrelated(a, around) and not _helped(a)
    ]  # fmt: skip
    texts = [text for link in _neighbours(links) if (text := _text(link, 120))]
    if texts:
        rule = "rel_author_near" if not near.isdisjoint(links) else "rel_author"
        found += _authors(" | ".join(dict.fromkeys(texts)), rule, single=True)
    found += _byline_elements(marked["byline"], near, around)
    pages = [
        a for a in marked["author_page"][: 3 * _ELEMENTS]
        if parse_names(_text(a, 80), strict=True) and not _is_unrelated(a, around)
        and not _helped(a)
    ]  # fmt: skip
    if pages:
        texts = list(dict.fromkeys(_text(link, 80) for link in _neighbours(pages)))
        if len(texts) > 1 and _EDITED.search(_text(_block(pages[0]))):
            texts = texts[:1]
        names = parse_names(" | ".join(texts), strict=True)
        rule = "author_link_near" if pages[0] in near else "author_link"
        found.append(_candidate("authors", "; ".join(names), rule, " | ".join(texts)))
    return _nearest(found) + _person_links(page)


#: What stands before the names of people who edited, checked or illustrated.
_HELPED: Final = re.compile(
    r"(?:\b(?:review|edit|fact.?check|verifi|photograph|illustrat|translat)ed(?:\s+by)?"
    r"|\b(?:photos?|photography|illustrations?|editing|translation|redigiert|redaktion|geprüft|übersetzt"
    r"|übersetzung|fotos?|lektorat)\s*(?:by|von|par|por|:))\W{0,4}$",
    re.I,
)


def _helped(element: HtmlElement) -> bool:
    """Tell whether what stands right before `element` says that it names no author."""
    node = element
    for _ in range(3):
        before, parent = node.getprevious(), node.getparent()
        if before is not None:
            shown = before.tail or ""
            text = f"{_text(before, 60)} {shown}" if not shown.strip() else shown
            return _HELPED.search(squeeze(text)[-40:]) is not None
        if parent is None or (parent.text or "").strip():
            return parent is not None and _HELPED.search(squeeze(parent.text)[-40:]) is not None
        node = parent
    return False


def _nearest(found: Sequence[Candidate]) -> list[Candidate]:
    """Return the authors named near the main heading, and others only where none is.

    Elements further off that are marked as authors are mostly those of other stories.
    """
    if not any(c.field == "authors" and c.rule.endswith("_near") for c in found):
        return list(found)
    return [c for c in found if c.field != "authors" or c.rule.endswith("_near")]


def _person_links(page: Scan) -> list[Candidate]:
    """Read links near the main heading whose address ends with the name that they show."""
    names: dict[str, None] = {}
    for link in page.names["near_link"]:
        href = (link.get("href") or "")[:300].casefold()
        tail = fold(unquote(href.split("?")[0].rstrip("/").rsplit("/", 1)[-1]))
        if len(tail) < _LEAST_TAIL or _TOPIC.search(href):
            continue
        text = _text(link, 60)
        key = fold(text)
        if len(key) >= _LEAST_TAIL and key in tail and not _is_unrelated(link, page.around):
            names.update(dict.fromkeys(parse_names(text)))
    if not names or len(names) > _MOST_PERSONS:
        return []
    return [_candidate("authors", "; ".join(names), f"person_link_{kind_of(tuple(names))}")]


#: Shortest last part of an address that can be a person's name; most people of one article.
_LEAST_TAIL: Final = 6
_MOST_PERSONS: Final = 6
#: Links to what is written about people, not by them.
_TOPIC: Final = re.compile(
    r"/(?:tags?|topics?|themen?|categor\w+|keywords?|search|wiki|stichwort)/|#"
)


def _neighbours(links: Sequence[HtmlElement]) -> list[HtmlElement]:
    """Return the first link with a text, and those that stand in the same block as it."""
    stated = [link for link in links if _text(link, 120)]
    if not stated:
        return []
    block = _block(stated[0])
    return [link for link in stated if any(outer is block for outer in link.iterancestors())]


def _block(link: HtmlElement) -> HtmlElement:
    """Return the block of at most 300 characters that `link` stands in, at most three levels up."""
    block = link.getparent()
    for _ in range(2):
        outer = block.getparent()
        block = outer if outer is not None and len(_text(outer)) < 300 else block
    return block


#: What tells that a block names people who helped as well.
_EDITED: Final = re.compile(
    r"\b(?:review|edit|fact.?check|verifi|photograph|illustrat|translat)ed\b|\b(?:reviewer|editor|photo)s?\b",
    re.I,
)


def _byline_elements(
    marked: Sequence[HtmlElement],
    near: frozenset[HtmlElement],
    around: frozenset[HtmlElement],
) -> list[Candidate]:
    """Read the first element marked as a byline that says "By", and those that do not.

    Of these, elements of one tag and class are one group; the first group whose elements hold
    nothing but names is taken, else the first that names somebody.
    """
    found: list[Candidate] = []
    unknown: list[Candidate] = []
    groups: dict[str, _Group] = {}
    for element in marked[: 8 * _ELEMENTS]:
        text = _names_text(element)
        if len(text) < 3 or _is_unrelated(element, around) or _helped(element):
            continue
        where = "_near" if element in near else ""
        if starts_with_label(text):
            if not found and (names := parse_names(text, single=True)):
                shown = _text(element, 300)
                found.append(_candidate("byline", shown, "byline_class"))
                rule = f"byline_class{where}"
                found.append(_candidate("authors", "; ".join(names), rule, shown))
        elif len(text) < 160 and (names := parse_names(text, strict=True, single=is_cjk(text))):
            group = groups.setdefault(f"{element.tag} {element.get('class')}", _Group())
            group.add(element, names, text, is_near=bool(where))
        elif not unknown and len(text) < 80:
            unknown += _unknown(text, where)
    exact = [group for group in groups.values() if group.is_exact]
    for group in [*exact, *groups.values()][:1]:
        return [*found, _candidate("authors", "; ".join(group.names[:8]), group.rule())]
    return found + unknown


def _unknown(text: str, where: str) -> list[Candidate]:
    """Read an element that is only a name whose first word is no known given name."""
    names = parse_names(text, single=True)
    if not names or len(fold("".join(names))) <= 0.8 * len(fold(text)):
        return []
    kind = "lone" if " " not in names[0] else "other"
    return [_candidate("authors", "; ".join(names), f"author_class_{kind}{where}", text)]


@dataclass
class _Group:
    """Elements of one tag and class that name people."""

    elements: list[HtmlElement] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    is_exact: bool = False
    is_near: bool = False

    def add(self, element: HtmlElement, names: Sequence[str], text: str, *, is_near: bool) -> None:
        """Add an element, the names it holds and whether it stands near the main heading."""
        self.elements.append(element)
        self.names.extend(name for name in names if name not in self.names)
        self.is_exact = self.is_exact or len(fold("".join(names))) > 0.8 * len(fold(text))
        self.is_near = self.is_near or is_near

    def rule(self) -> str:
        """Return the rule's name: how many elements, whether in one block, whether near."""
        rule = "author_class"
        if len(self.elements) > 1 and len(self.names) > 1:
            rule += "_block" if self._in_one_block() else "_several"
        return rule + ("_near" if self.is_near else "")

    def _in_one_block(self) -> bool:
        """Tell whether a small block holds all elements: then they are of one article."""
        blocks = list(islice(self.elements[0].iterancestors(), _BLOCK_LEVELS))
        for element in self.elements[1:]:
            outer = set(islice(element.iterancestors(), _BLOCK_LEVELS + 2))
            blocks = [block for block in blocks if block in outer]
        return bool(blocks) and len(_text(blocks[0], _BLOCK_TEXT + 1)) <= _BLOCK_TEXT


#: How far up a block can hold several names of one article, and how long its text may be.
_BLOCK_LEVELS: Final = 4
_BLOCK_TEXT: Final = 250


#: Elements whose text stands apart from what is around them.
_APART: Final = frozenset(("a", "li", "div", "p", "h2", "h3", "h4", "h5", "br", "td", "time"))


def _names_text(element: HtmlElement, limit: int = 300) -> str:
    """Return the text of `element` with " | " where an element sets it apart; "" if too long."""
    parts: list[str] = []
    for node in element.iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "style", "svg"):
            continue
        inner = node is not element
        apart = " | " if inner and node.tag in _APART else ""
        parts.append(apart + (node.text or ""))
        if inner and node.tail:
            parts.append((apart if len(node) else "") + node.tail)
        if sum(map(len, parts)) > 3 * limit:
            return ""
    text = squeeze(" ".join(parts))
    return text if len(text) < limit else ""


def _decks(page: Scan) -> list[Candidate]:
    for element in page.names["deck"][:_ELEMENTS]:
        text = _text(element)
        if 20 <= len(text) < _TEXT_LENGTH and not _is_unrelated(element, page.around):
            return [_candidate("deck", text, "deck_class")]
    return []


def _languages(root: HtmlElement) -> list[Candidate]:
    language = root.get("lang") or root.get("xml:lang")
    return [_candidate("language", language.strip()[:20], "html_lang")] if language else []
