"""Texts as they are compared: case, punctuation and blanks folded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: ASCII goes through tables of bytes: a table of characters takes six times as long.
_ASCII: Final = bytes(range(128))
_NOT_WORDS: Final = bytes(code for code in _ASCII if not chr(code).isalnum())
_LOWER: Final = bytes(range(256)).lower()
_APART: Final = _LOWER.translate(bytes.maketrans(_NOT_WORDS, b" " * len(_NOT_WORDS)))
#: The commonest marks beyond ASCII: most text without them is ASCII.
_COMMON_MARKS: Final = "’“”‘—–\xa0…•·"


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
            data = text.casefold().encode("utf-8", "surrogatepass").translate(_APART)
            text = data.decode("utf-8", "surrogatepass")
            for mark in set(data.translate(None, _ASCII).decode("utf-8", "surrogatepass")):
                if not mark.isalnum():  # a pattern takes thrice as long
                    text = text.replace(mark, " ")
            return text
    return text.encode().translate(_APART).decode()


def squeeze(text: str) -> str:
    """Return `text` on one line, with single spaces and none at the ends."""
    if text.isprintable() and "  " not in text:  # most: of all blanks only the space is printable
        return text.strip(" ")
    return " ".join(text.replace("\u200b", "").replace("\ufeff", "").split())


def holds(text: str, words: Iterable[str]) -> bool:
    """Return whether one of `words` stands in `text`."""
    for word in words:  # noqa: SIM110 - a plain loop is twice as fast, and every rule asks
        if word in text:
            return True
    return False
