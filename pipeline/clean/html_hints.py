"""What class, id, itemprop and role names say about an element, as numbers of hints."""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.data_files import read_yaml

#: How much of an element's attribute values is looked at, in characters and in words.
_NAME_LENGTH: Final = 300
_NAME_WORDS: Final = 24
#: Words whose hints are remembered: pages make up as many as they like.
_MOST_KNOWN: Final = 1 << 16

_HINTS_FILE: Final = Path(__file__).parent / "data" / "html_hints.yaml"
_LONGEST_WORD: Final = 40
_WORD: Final = re.compile(rf"[A-Z]?[a-z]{{1,{_LONGEST_WORD}}}|[A-Z]{{1,{_LONGEST_WORD}}}")
#: Lower-case letters as they are, all else blank.
_LETTERS: Final = bytes(code if chr(code) in string.ascii_lowercase else 32 for code in range(256))


@functools.cache
def hint_names() -> tuple[str, ...]:
    """Return the names of the hints, in the order of their numbers."""
    return tuple(_hints())


@functools.lru_cache(maxsize=1 << 15)
def hints_of(names: str) -> tuple[int, ...]:
    """Return the numbers of the hints in `names` (attribute values joined by blanks), sorted."""
    known = _known_words()
    found: set[int] = set()
    first = ""
    for word in _words(names[:_NAME_LENGTH])[:_NAME_WORDS]:
        hints, opens = known[word]
        if hints:
            found.update(hints)
        if first:
            found.update(_matching(f"{first}-{word}", "pairs"))
        first = word if opens else ""
    return tuple(sorted(found)) if found else ()


def _words(names: str) -> list[str]:
    """Return the words of names in lower case; a capital begins a word."""
    data = names.encode("ascii", "replace")
    if data.islower():  # most have no capital: then whatever is no letter parts words
        words = data.translate(_LETTERS).decode().split()
        if len(names) <= _LONGEST_WORD or max(map(len, words), default=0) <= _LONGEST_WORD:
            return words
    return [word.lower() for word in _WORD.findall(names)]


class _Known(dict[str, tuple[tuple[int, ...], bool]]):
    """Of each word its hints, and whether any pair opens with it; found out once."""

    def __missing__(self, word: str) -> tuple[tuple[int, ...], bool]:
        found = _matching(word, "words"), _openings().fullmatch(word) is not None
        if len(self) < _MOST_KNOWN:
            self[word] = found
        return found


@functools.cache
def _known_words() -> _Known:
    return _Known()


@functools.lru_cache(maxsize=1 << 14)
def _matching(name: str, kind: str) -> tuple[int, ...]:
    # Most names say nothing: one look instead of one for each hint.
    if not _any_of(kind).fullmatch(name):
        return ()
    return tuple(number for number, pattern in _patterns(kind) if pattern.fullmatch(name))


@functools.cache
def _any_of(kind: str) -> re.Pattern[str]:
    """Return a pattern of what any hint's pattern of `kind` fits."""
    return re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in _patterns(kind)))


@functools.cache
def _openings() -> re.Pattern[str]:
    """Return a pattern of the first words of all pairs."""
    return re.compile(re.sub(r"-(?:\w+|\([^()]*\))", "", _any_of("pairs").pattern))


@functools.cache
def _patterns(kind: str) -> tuple[tuple[int, re.Pattern[str]], ...]:
    """Return number and pattern of each hint that has any of `kind` ("words" or "pairs")."""
    return tuple(
        (number, re.compile(forms[kind]))
        for number, forms in enumerate(_hints().values())
        if kind in forms
    )


@functools.cache
def _hints() -> Mapping[str, Mapping[str, str]]:
    hints: Mapping[str, Mapping[str, str]] = read_yaml(_HINTS_FILE)
    return hints
