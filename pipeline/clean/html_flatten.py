"""HTML to flattened text: one line a block, what a reader would see, with the block's markup.

One pass over the parsed tree, without recursion. It decides where lines break and remembers for
each line what stood around it; what a line *is* does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from pipeline.clean.html_errors import CleanError
from pipeline.clean.html_hints import hint_names, hints_of

#: Limits on one page: elements of its tree and lines of its text.
MAX_ELEMENTS: Final = 300_000
MAX_BLOCKS: Final = 50_000

#: "Never seen above this block" among depths.
NEVER: Final = -1000

#: Elements whose text no reader sees, or that are machinery. Their tails are read.
SKIPPED: Final = frozenset({
    "script", "style", "noscript", "template", "head", "title", "meta", "link", "svg",
    "canvas", "object", "embed", "applet", "iframe", "select", "option", "datalist",
    "textarea", "map", "area", "math", "frameset", "frame", "noframes",
})  # fmt: skip

#: Elements that do not break a line.
INLINE: Final = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn",
    "em", "font", "i", "img", "input", "ins", "kbd", "label", "mark", "meter", "nobr", "q",
    "rb", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr", "blink",
})  # fmt: skip

_EMPHASIS: Final = frozenset({"b", "strong", "em", "i", "u"})
_SPACED: Final = frozenset({"a", "label", "time"})
_CELLS: Final = frozenset({"td", "th"})
_BREAKS: Final = frozenset({"br", "hr"})

#: Stands between the cells of a table row while a line is gathered; no HTML text can hold it.
_CELL: Final = "\v"

#: Elements whose presence above a block is a feature, in the order of the features.
LANDMARKS: Final = (
    "article", "main", "nav", "aside", "header", "footer", "figure", "figcaption", "blockquote",
    "table", "ul", "form", "section", "heading", "p", "li", "a", "button", "address", "pre",
)  # fmt: skip

_LANDMARK_OF_TAG: Final = {
    **{name: number for number, name in enumerate(LANDMARKS)},
    **{f"h{level}": LANDMARKS.index("heading") for level in range(1, 7)},
    "ol": LANDMARKS.index("ul"),
    "dl": LANDMARKS.index("ul"),
    "dd": LANDMARKS.index("li"),
    "dt": LANDMARKS.index("li"),
}

_LANDMARK_OF_ROLE: Final = {
    "navigation": "nav", "complementary": "aside", "banner": "header", "contentinfo": "footer",
    "main": "main", "article": "article", "form": "form", "search": "form", "button": "button",
    "heading": "heading",
}  # fmt: skip


@dataclass(slots=True)
class Block:
    """One line of the flattened text and the markup it came from.

    `text[start:end]` of the page is the line. `element` is the number of the block element that
    holds it (see `Flattened.parents`), `depth` that element's depth. `seen` gives for each
    landmark and hint the depth of the nearest element above with it, `NEVER` where there is none.
    `linked` and `emphasised` are counts of characters, `links` of link elements.
    """

    start: int
    end: int
    text: str
    element: int
    depth: int
    tag: str
    signature: int
    seen: list[int]
    inline_hints: frozenset[int]
    linked: int
    links: int
    emphasised: int
    hidden: bool
    breaks: int  # line breaks (br) right before it; 0 if an element began it


@dataclass(slots=True)
class Flattened:
    """A page's lines, and the block elements they stand in.

    `parents[n]` is the number of the parent of block element n, always smaller than n (the
    root's own is 0).
    """

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Frame:
    """An open block element."""

    number: int
    tag: str
    depth: int
    signature: int
    seen: list[int]


def flatten(root: Any) -> Flattened:
    """Return the flattened text of the tree under `root` with its blocks.

    Raises CleanError("too_large") for a tree of too many elements or lines.
    """
    walker = _Walker()
    events = etree.iterwalk(root, events=("start", "end"))
    for count, (event, element) in enumerate(events):
        if count > 2 * MAX_ELEMENTS:
            raise CleanError("too_large", f"the page has over {MAX_ELEMENTS} elements")
        if event == "end":
            walker.leave(element)
        elif not walker.enter(element):
            events.skip_subtree()
    walker.break_line()
    return walker.finish()


class _Walker:
    """State of one pass: the open elements and the line being gathered."""

    def __init__(self) -> None:
        self._width = len(LANDMARKS) + len(hint_names())
        self._frames = [_Frame(0, "html", 0, 0, [NEVER] * self._width)]
        self._page = Flattened(parents=[0])
        self._position = 0
        self._link_depth = self._emphasis_depth = 0
        self._hidden: list[Any] = []
        self._inline: list[tuple[int, ...]] = []
        self._signatures: dict[tuple[int, str], int] = {}
        self._breaks = 0
        self._clear()

    def _clear(self) -> None:
        self._pieces: list[str] = []
        self._linked = self._links = self._emphasised = 0
        self._line_hints: set[int] = set()

    def enter(self, element: Any) -> bool:
        """Open `element`; return False if its subtree is not to be read."""
        tag = element.tag
        if tag.__class__ is not str or tag in SKIPPED:
            return False
        if tag in INLINE or ":" in tag:
            self._enter_inline(element, tag)
        elif tag in _BREAKS:
            self.break_line()
            self._breaks = self._breaks + 1 if tag == "br" else 0
        else:
            self._enter_block(element, tag)
        text = element.text
        if text:
            self._add(text)
        return True

    def leave(self, element: Any) -> None:
        """Close `element` and read the text behind it."""
        tag = element.tag
        if tag.__class__ is str and tag not in SKIPPED and tag not in _BREAKS:
            if tag in INLINE or ":" in tag:
                self._leave_inline(tag)
            elif len(self._frames) > 1:
                self._leave_block(tag)
            if self._hidden and self._hidden[-1] is element:
                self._hidden.pop()
        tail = element.tail
        if tail:
            self._add(tail)

    def _enter_inline(self, element: Any, tag: str) -> None:
        hints: tuple[int, ...] = ()
        attributes = element.attrib
        if attributes:
            hints = hints_of(_names(attributes))
            if _is_hidden(attributes):
                self._hidden.append(element)
        self._inline.append(hints)
        if tag == "a":
            self._link_depth += 1
            self._links += 1
        elif tag in _EMPHASIS:
            self._emphasis_depth += 1
        if tag in _SPACED:
            self._pieces.append(" ")

    def _leave_inline(self, tag: str) -> None:
        if self._inline:
            self._inline.pop()
        if tag == "a":
            self._link_depth -= 1
        elif tag in _EMPHASIS:
            self._emphasis_depth -= 1

    def _enter_block(self, element: Any, tag: str) -> None:
        above = self._frames[-1]
        if tag in _CELLS and above.tag == "tr":
            self._pieces.append(_CELL)
        else:
            self.break_line()
            self._breaks = 0
        attributes = element.attrib
        names = _names(attributes) if attributes else ""
        depth = above.depth + 1
        seen = self._seen_at(above, tag, names, attributes, depth)
        if attributes and _is_hidden(attributes):
            self._hidden.append(element)
        key = (above.signature, f"{tag} {names[:80]}")
        signature = self._signatures.setdefault(key, len(self._signatures) + 1)
        number = len(self._page.parents)
        self._page.parents.append(above.number)
        self._frames.append(_Frame(number, tag, depth, signature, seen))

    def _seen_at(
        self, above: _Frame, tag: str, names: str, attributes: Any, depth: int
    ) -> list[int]:
        found = [len(LANDMARKS) + number for number in hints_of(names)] if names else []
        if tag in _LANDMARK_OF_TAG:
            found.append(_LANDMARK_OF_TAG[tag])
        if names:
            role = _LANDMARK_OF_ROLE.get(attributes.get("role", ""))
            if role:
                found.append(LANDMARKS.index(role))
        if not found:
            return above.seen
        seen = list(above.seen)
        for number in found:
            seen[number] = depth
        return seen

    def _leave_block(self, tag: str) -> None:
        if tag not in _CELLS or self._frames[-2].tag != "tr":
            self.break_line()
        self._frames.pop()

    def _add(self, text: str) -> None:
        if self._frames[-1].tag == "pre" and "\n" in text:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self.break_line()
                self._append(line)
        else:
            self._append(text)

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        size = len(text)
        if self._link_depth:
            self._linked += size
        if self._emphasis_depth:
            self._emphasised += size
        for hints in self._inline:
            if hints:
                self._line_hints.update(hints)

    def break_line(self) -> None:
        """End the line being gathered; nothing happens where it is blank."""
        if not self._pieces:
            return
        text = _squeeze("".join(self._pieces))
        if text:
            self._emit(text)
        self._clear()

    def _emit(self, text: str) -> None:
        if len(self._page.blocks) >= MAX_BLOCKS:
            raise CleanError("too_large", f"the page has over {MAX_BLOCKS} lines of text")
        frame = self._frames[-1]
        end = self._position + len(text)
        self._page.blocks.append(
            Block(
                start=self._position, end=end, text=text,
                element=frame.number, depth=frame.depth, tag=frame.tag,
                signature=frame.signature, seen=frame.seen,
                inline_hints=frozenset(self._line_hints),
                linked=min(self._linked, len(text)), links=self._links,
                emphasised=min(self._emphasised, len(text)),
                hidden=bool(self._hidden), breaks=self._breaks,
            )
        )  # fmt: skip
        self._position = end + 1
        self._breaks = 0

    def finish(self) -> Flattened:
        """Return what was gathered."""
        self._page.text = "\n".join(block.text for block in self._page.blocks)
        return self._page


def _names(attributes: Any) -> str:
    """Return the attribute values that name an element's purpose, joined by blanks."""
    get = attributes.get
    values: Iterator[str] = (get(name, "") for name in ("class", "id", "itemprop", "role"))
    return " ".join(filter(None, values))


def _is_hidden(attributes: Any) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    if not style:
        return False
    style = style[:500].replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def _squeeze(text: str) -> str:
    """Return `text` with runs of blanks made one, keeping the tab between table cells."""
    if _CELL not in text:
        return " ".join(text.split())
    cells = (" ".join(cell.split()) for cell in text.split(_CELL))
    return "\t".join(filter(None, cells))
