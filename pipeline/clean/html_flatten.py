"""HTML to flattened text: one line a block, what a reader would see, with the block's markup.

One pass over the parsed tree, without recursion. It decides where lines break and remembers for
each line what stood around it; what a line *is* does not belong here.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from lxml import etree

from pipeline.clean.html_errors import CleanError
from pipeline.clean.html_hints import hint_names, hints_of
from pipeline.clean.lines import Array

#: Limits on one page: elements of its tree and lines of its text.
MAX_ELEMENTS: Final = 300_000
MAX_BLOCKS: Final = 50_000

#: "Never seen above this block" among depths.
NEVER: Final = -1000

#: Elements whose text no reader sees, or that are machinery. Their tails are read.
SKIPPED: Final = frozenset({
    "script", "style", "template", "head", "title", "meta", "link", "svg",
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

_SKIP, _LINE_BREAK, _IN_LINE, _BLOCK = range(4)
#: Tags of the kinds that are remembered: pages make up as many as they like.
_MOST_TAGS: Final = 1 << 12

_ROOTS: Final = frozenset({"html", "body"})
_NAMING: Final = ("id", "itemprop", "role")
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
    seen: array[int]
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
    seen: array[int]


def seen_above(blocks: Sequence[Block]) -> Array:
    """Return what the `blocks` have `seen`, a row each."""
    seen = np.frombuffer(b"".join([block.seen for block in blocks]), dtype=np.intc)
    return seen.reshape(len(blocks), len(LANDMARKS) + len(hint_names()))


def flatten(root: Any) -> Flattened:
    """Return the flattened text of the tree under `root` with its blocks.

    Raises CleanError("too_large") for a tree of too many elements or lines.
    """
    walker = _Walker()
    enter, leave, add = walker.enter, walker.leave, walker.add
    events = etree.iterwalk(root, events=("start", "end"))
    count = 0
    for event, element in events:
        tag = element.tag
        kind = _KINDS[tag] if tag.__class__ is str else _SKIP
        if event == "start":
            count += 1
            if count > MAX_ELEMENTS:
                raise CleanError("too_large", f"the page has over {MAX_ELEMENTS} elements")
            if kind == _SKIP:
                events.skip_subtree()
            else:
                enter(element, kind, tag)
            continue
        if kind != _SKIP:
            leave(element, kind, tag)
        tail = element.tail
        if tail:
            add(tail)
    walker.break_line()
    return walker.finish()


class _Kinds(dict[str, int]):
    """What each tag does to a line; a tag that is not known breaks it, unless of a namespace."""

    def __missing__(self, tag: str) -> int:
        kind = _IN_LINE if ":" in tag else _BLOCK
        if len(self) < _MOST_TAGS:
            self[tag] = kind
        return kind


_KINDS: Final = _Kinds(
    dict.fromkeys(INLINE, _IN_LINE)
    | dict.fromkeys(_BREAKS, _LINE_BREAK)
    | dict.fromkeys(SKIPPED, _SKIP)
)


class _Walker:
    """State of one pass: the open elements and the line being gathered."""

    def __init__(self) -> None:
        width = len(LANDMARKS) + len(hint_names())
        self._frames = [_Frame(0, "html", 0, 0, array("i", [NEVER]) * width)]
        self._page = Flattened(parents=[0])
        self._position = self._breaks = 0
        self._link_depth = self._emphasis_depth = 0
        self._hidden: list[Any] = []
        self._inline: list[tuple[int, ...]] = []
        self._signatures: dict[tuple[int, str, str], int] = {}
        self._clear()

    def _clear(self) -> None:
        self._pieces: list[str] = []
        self._linked = self._links = self._emphasised = 0
        self._line_hints: set[int] = set()

    def enter(self, element: Any, kind: int, tag: str) -> None:
        """Open `element` and read the text before its first child."""
        if kind == _BLOCK:
            self._enter_block(element, tag)
        elif kind == _IN_LINE:
            self._enter_inline(element, tag)
        else:
            self.break_line()
            self._breaks = self._breaks + 1 if tag == "br" else 0
        text = element.text
        if text:
            self.add(text)

    def leave(self, element: Any, kind: int, tag: str) -> None:
        """Close `element`."""
        if kind == _BLOCK:
            if tag not in _CELLS or self._frames[-2].tag != "tr":
                self.break_line()
            self._frames.pop()
        elif kind == _IN_LINE:
            self._inline.pop()
            self._link_depth -= tag == "a"
            self._emphasis_depth -= tag in _EMPHASIS
        if self._hidden and self._hidden[-1] is element:
            self._hidden.pop()

    def _enter_inline(self, element: Any, tag: str) -> None:
        given = element.keys()
        if given:
            names = _names(element, given)
            self._inline.append(hints_of(names) if names else ())
            if _is_hidden(element, given):
                self._hidden.append(element)
        else:
            self._inline.append(())
        if tag == "a":
            self._link_depth += 1
            self._links += 1
        self._emphasis_depth += tag in _EMPHASIS
        if tag in _SPACED:
            self._pieces.append(" ")

    def _enter_block(self, element: Any, tag: str) -> None:
        above = self._frames[-1]
        if tag in _CELLS and above.tag == "tr":
            self._pieces.append(_CELL)
        else:
            self.break_line()
            self._breaks = 0
        given = element.keys()
        # The names of these two tell the page's template and options, not what a line is.
        names = "" if not given or tag in _ROOTS else _names(element, given)
        depth = above.depth + 1
        role = element.get("role") if "role" in given else None
        seen = _seen_at(above, tag, role, names, depth)
        if given and _is_hidden(element, given):
            self._hidden.append(element)
        key = (above.signature, tag, names[:80])
        signature = self._signatures.setdefault(key, len(self._signatures) + 1)
        number = len(self._page.parents)
        self._page.parents.append(above.number)
        self._frames.append(_Frame(number, tag, depth, signature, seen))

    def add(self, text: str) -> None:
        """Add `text` to the line; in preformatted text, its line breaks count."""
        if "\n" in text and self._frames[-1].tag == "pre":
            first, *others = text.split("\n")
            self._append(first)
            for line in others:
                self.break_line()
                self._append(line)
        elif not text.isspace():
            self._append(text)
        elif self._pieces:
            self._pieces.append(" ")

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        if self._link_depth:
            self._linked += len(text)
        if self._emphasis_depth:
            self._emphasised += len(text)
        for hints in self._inline:
            self._line_hints.update(hints)

    def break_line(self) -> None:
        """End the line being gathered; nothing happens where it is blank."""
        if self._pieces:
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


def _seen_at(above: _Frame, tag: str, role: str | None, names: str, depth: int) -> array[int]:
    """Return the depths at which landmarks and hints were last seen, the element included."""
    hints = hints_of(names) if names else ()
    landmark = _LANDMARK_OF_TAG.get(tag)
    by_role = _LANDMARK_OF_ROLE.get(role) if role else None
    if not hints and landmark is None and by_role is None:
        return above.seen
    seen = above.seen[:]
    for number in hints:
        seen[len(LANDMARKS) + number] = depth
    if landmark is not None:
        seen[landmark] = depth
    if by_role is not None:
        seen[LANDMARKS.index(by_role)] = depth
    return seen


def _names(element: Any, given: Sequence[str]) -> str:
    """Return the attribute values that name an element's purpose, joined by blanks.

    `given` are the names of the attributes that it has.
    """
    names: str = element.get("class") if "class" in given else ""
    for attribute in _NAMING:
        if attribute in given:
            value = element.get(attribute)
            if value:
                names = f"{names} {value}"
    return names


def _is_hidden(element: Any, given: Sequence[str]) -> bool:
    if "hidden" in given or ("aria-hidden" in given and element.get("aria-hidden") == "true"):
        return True
    style = element.get("style") if "style" in given else None
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
