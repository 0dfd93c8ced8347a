"""What class, id, itemprop and role names say about an element, as numbers of hints."""

from __future__ import annotations

import functools
import itertools
import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.data_files import read_yaml

#: How much of an element's attribute values is looked at, in characters and in words.
_NAME_LENGTH: Final = 300
_NAME_WORDS: Final = 24
#: Words, and pairs, whose hints are remembered: pages make up as many as they like.
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
    words = _words(names[:_NAME_LENGTH])[:_NAME_WORDS]
    of_word, of_pair = _hints_of("words"), _hints_of("pairs")
    found: set[int] = set()
    for word in words:
        if hints := of_word[word]:
            found.update(hints)
    for pair in itertools.pairwise(words):
        if hints := of_pair[pair]:
            found.update(hints)
    return tuple(sorted(found)) if found else ()


def _words(names: str) -> list[str]:
    """Return the words of names in lower case; a capital begins a word."""
    data = names.encode("ascii", "replace")
    if data.islower():  # most have no capital: then whatever is no letter parts words
        words = data.translate(_LETTERS).decode().split()
        if len(names) <= _LONGEST_WORD or max(map(len, words), default=0) <= _LONGEST_WORD:
            return words
    return [word.lower() for word in _WORD.findall(names)]


class _Known(dict[str | tuple[str, str], tuple[int, ...]]):
    """The hints of words, or of pairs of neighbouring words, found out once for each."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._patterns = _patterns(kind)
        # Most names say nothing: one look instead of one for each hint.
        self._any = re.compile("|".join(f"(?:{form.pattern})" for _, form in self._patterns))

    def __missing__(self, name: str | tuple[str, str]) -> tuple[int, ...]:
        whole = name if isinstance(name, str) else "-".join(name)
        found: tuple[int, ...] = ()
        if self._any.fullmatch(whole):
            found = tuple(number for number, form in self._patterns if form.fullmatch(whole))
        if len(self) < _MOST_KNOWN:
            self[name] = found
        return found


@functools.cache
def _hints_of(kind: str) -> _Known:
    return _Known(kind)


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
