"""How values are compared: folding of case, punctuation and spaces; small text helpers."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import Final

_DATA: Final = Path(__file__).parent / "data"
#: ASCII goes through tables of bytes: a table of characters takes six times as long.
_ASCII: Final = bytes(range(128))
_NOT_WORDS: Final = bytes(code for code in _ASCII if not chr(code).isalnum())
_LOWER: Final = bytes(range(256)).lower()
_APART: Final = _LOWER.translate(bytes.maketrans(_NOT_WORDS, b" " * len(_NOT_WORDS)))
#: The commonest marks beyond ASCII: most text without them is ASCII.
_COMMON_MARKS: Final = "’“”‘—–\xa0…•·"
_TAG = re.compile(r"<[^<>]{1,300}>")


def fold(text: str) -> str:
    """Return only the letters and digits of `text`, case-folded: the form values compare in."""
    if text.isascii():  # most are, and take two thirds of the time
        return text.encode().translate(_LOWER, _NOT_WORDS).decode()
    for mark in _COMMON_MARKS:
        text = text.replace(mark, "")
    if text.isascii():
        return text.encode().translate(_LOWER, _NOT_WORDS).decode()
    data = text.casefold().encode("utf-8", "surrogatepass").translate(None, _NOT_WORDS)
    text = data.decode("utf-8", "surrogatepass")
    for mark in set(data.translate(None, _ASCII).decode("utf-8", "surrogatepass")):
        if not mark.isalnum():
            text = text.replace(mark, "")
    return text


def words(text: str) -> list[str]:
    """Return the runs of letters and digits of `text`, case-folded, in order."""
    return spaced(text).split()


def spaced(text: str) -> str:
    """Return `text` case-folded, with blanks for all that is neither letter nor digit."""
    if not text.isascii():
        for mark in _COMMON_MARKS:
            text = text.replace(mark, " ")
        if not text.isascii():
            text = text.casefold()
            for mark in set(text):  # a pattern takes thrice as long
                if not mark.isalnum():
                    text = text.replace(mark, " ")
            return text
    return text.encode().translate(_APART).decode()


def squeeze(text: str) -> str:
    """Return `text` on one line, with single spaces and none at the ends."""
    return " ".join(text.replace("\u200b", "").replace("\ufeff", "").split())


def plain(text: str) -> str:
    """Return a metadata value as plain text: entities decoded (twice if need be), tags dropped."""
    text = text[:2000]
    for _ in range(2):
        if "&" not in text:
            break
        text = html.unescape(text)
    return squeeze(_TAG.sub("", text) if "<" in text else text)


def data_lines(name: str) -> list[str]:
    """Return the lines of data file `name`, without comments (`#`) and blank ones."""
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@cache
def data_words(name: str) -> frozenset[str]:
    """Return the casefolded words of data file `name`, one or several (comma) a line."""
    return frozenset(
        word.strip().casefold()
        for line in data_lines(name)
        for word in line.split(",")
        if word.strip()
    )


@cache
def data_pairs(name: str) -> dict[str, str]:
    """Return the two-column (tab) data file `name` as a dictionary, in the order of the file."""
    pairs = (line.split("\t") for line in data_lines(name))
    return {pair[0].strip(): pair[1].strip() for pair in pairs}
