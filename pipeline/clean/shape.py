"""Texts whose lines were lost on the way: line breaks put back, escapes and leftover markup read.

What comes in a plain-text column may still be escaped as JSON ("\\n"), hold entities and tags
("&nbsp;", "<br>"), or be a whole page squeezed into one line. `shaped` writes such a text anew,
character for character: what it returns is as long as what it was given, so that positions in the
one are positions in the other. What the lines then are does not belong here.
"""

from __future__ import annotations

import functools
import html
import re
from importlib import resources
from typing import Final

#: Breaks a line where the text has none: the pieces are still one paragraph.
SOFT: Final = "\x1e"
#: Takes the place of characters that are read as none; `normal` drops it.
FILLER: Final = "\u2060"

#: A line is squeezed if it is the longest of its text, with at least so many characters and this
#: share of all.
_LONG_LINE: Final = 1000
_MOST: Final = 0.5
#: Fewest escaped line breaks that are no accident (a path, source code).
_ESCAPES: Final = 3

_ESCAPE: Final = re.compile(r"(?:\\r)?\\n|\\[rt\"'/]|\\u[0-9a-fA-F]{4}")
_ENTITY: Final = re.compile(r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[A-Za-z]{2,8}\d{0,2});")
_BLOCK_TAG: Final = re.compile(
    r"</?(?:p|br|div|h[1-6]|li|ul|ol|tr|table|blockquote|section|article|hr)\b[^<>\n]{0,300}>",
    re.IGNORECASE,
)
_INLINE_TAG: Final = re.compile(
    r"</?(?:a|b|i|u|em|strong|span|font|small|sup|sub|cite|img|figure|abbr)\b[^<>\n]{0,500}>",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<[A-Za-z/!?][^<>\n]{0,500}>")

#: The stop comes first, which is found many times faster than what must stand before it.
_SENTENCE: Final = re.compile(
    r"[.!?…。！？](?:(?<=[。！？])([ \u3000])|(?<=\w\w[.!?…])"
    r"(?<!\bMr.)(?<!\bMs.)(?<!\bDr.)(?<!\bSt.)(?<!\bMrs.)(?<!\bSen.)(?<!\bRep.)(?<!\bGov.)(?<!\bGen.)"
    r"[\"'”’»)\]]{0,2}(\s)(?=[\"'“‘«(]{0,2}[^\W\da-zß-öø-ÿ]))"
)
#: A date after one of these words, or one in small letters, is part of a sentence.
_LEADS_ON: Final = frozenset({
    "After", "As", "At", "Before", "Between", "By", "Dated", "For", "From", "In", "On", "Since",
    "Through", "Until", "Am", "Vom", "Seit", "Le", "El",
})  # fmt: skip


def shaped(raw_text: str) -> str:
    """Return `raw_text` with its lost line breaks and characters, as long as it was."""
    text = raw_text
    if "\\n" in text:
        text = _unescaped(text)
    if "<" in text:
        text = _untagged(text)
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if len(text) >= _LONG_LINE:
        text = _opened(text)
    return text


def _unescaped(text: str) -> str:
    escapes = text.count("\\n")
    if escapes < _ESCAPES or text.count("\n") > escapes:
        return text
    return _ESCAPE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    told = match[0]
    if told.endswith("\\n"):
        return " " * (len(told) - 1) + "\n"
    if told[1] == "u":
        return _padded(chr(int(told[2:], 16)), len(told))
    return _padded(" " if told[1] in "rt" else told[1], len(told))


def _untagged(text: str) -> str:
    """Return the text without its tags, unless they are what it is about: source code."""
    blocks = len(_BLOCK_TAG.findall(text))
    known = blocks + len(_INLINE_TAG.findall(text))
    if known < len(_TAG.findall(text)) or (blocks and 2 * blocks < text.count("\n")):
        return text
    return _INLINE_TAG.sub(_filler, _BLOCK_TAG.sub(_line_break, text))


def _line_break(match: re.Match[str]) -> str:
    return " " * (len(match[0]) - 1) + "\n"


def _filler(match: re.Match[str]) -> str:
    return FILLER * len(match[0])


def _character(match: re.Match[str]) -> str:
    char = html.unescape(match[0])
    return _padded(char, len(match[0])) if len(char) == 1 else match[0]


def _padded(char: str, length: int) -> str:
    """Return `char` and what shows nothing, together of `length`."""
    if char.isspace():
        return " " * length
    return char + FILLER * (length - 1)


def _opened(text: str) -> str:
    """Return a squeezed text with its sentences and pieces of furniture on lines of their own."""
    # A line of half the text or more goes through its middle.
    middle = len(text) // 2
    end = text.find("\n", middle)
    around = (end if end >= 0 else len(text)) - text.rfind("\n", 0, middle) - 1
    if around < max(_LONG_LINE, _MOST * len(text)):
        return text
    longest = max(map(len, text.splitlines()))
    if longest < _LONG_LINE or longest < _MOST * len(text):
        return text
    lines = text.splitlines(keepends=True)
    longest = max(map(len, lines))
    return "".join(_broken(line) if len(line) == longest else line for line in lines)


def _broken(line: str) -> str:
    """Return a line with `SOFT` for the blanks between its sentences and pieces of furniture."""
    forms = _forms()
    places = {match.start() - 1 for match in forms["opens"].finditer(line)}
    for match in forms["piece"].finditer(line):
        places |= {match.start() - 1, match.end()}
    for match in forms["dated"].finditer(line):
        if not _in_sentence(line, match):
            places |= {match.start() - 1, match.end()}
    places |= {max(match.span(1)[0], match.span(2)[0]) for match in _SENTENCE.finditer(line)}
    pieces, end = list(line), len(line.rstrip())
    for place in places:
        if 0 < place < end and line[place].isspace():
            pieces[place] = SOFT
    return "".join(pieces)


def _in_sentence(line: str, match: re.Match[str]) -> bool:
    before = line[max(match.start() - 30, 0) : match.start()].split()[-1:]
    leads_on = bool(before) and (before[0][0].islower() or before[0] in _LEADS_ON)
    return leads_on or line[match.end() + 1 : match.end() + 2].islower()


@functools.cache
def _forms() -> dict[str, re.Pattern[str]]:
    """Return the patterns of `data/squeezed.tsv` by kind."""
    text = resources.files("pipeline.clean").joinpath("data/squeezed.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and line[0] != "#"]
    names = [row for row in rows if row[0][0] == "{"]
    kinds: dict[str, list[str]] = {}
    for kind, form in rows[len(names) :]:
        for name, part in names:
            form = form.replace(name, part)
        kinds.setdefault(kind, []).append(form)
    ends = {"opens": "", "piece": r"(?=\s|$)", "dated": r"(?=\s|$)"}
    return {
        kind: re.compile(rf"(?<=\s)(?:{'|'.join(forms)}){ends[kind]}")
        for kind, forms in kinds.items()
    }
