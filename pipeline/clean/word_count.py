"""How many words a body has, as people count them: what blanks tell apart."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.clean.lines import BLANK, Array, character_kinds

#: Marks that are no words where they stand alone, and what all of them open with.
_MARKS: Final = frozenset("-–—|•*&/…") | {"--", "..."}
_OPENERS: Final = frozenset(mark[0] for mark in _MARKS)
_LONGEST_MARK: Final = max(map(len, _MARKS))
#: Kinds of characters: blanks, what a mark opens with, all else.
_GAP, _OPENER, _OTHER = 0, 1, 2


def word_counts(texts: Sequence[str]) -> list[int]:
    """Return the number of words of each text; marks that stand alone between two are none."""
    joined = "".join([f"{text}\n" for text in texts])
    chars = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    kinds = _kinds().take(chars, mode="clip")
    shown = kinds != _GAP
    starts = shown.copy()
    starts[1:] = shown[1:] > shown[:-1]
    # Few words open like a mark.
    for place in (starts & (kinds == _OPENER)).nonzero()[0].tolist():
        if joined[place : place + _LONGEST_MARK + 1].split(maxsplit=1)[0] in _MARKS:
            starts[place] = False
    bounds = np.cumsum([0, *(len(text) + 1 for text in texts)])
    counts: list[int] = np.diff(np.searchsorted(starts.nonzero()[0], bounds)).tolist()
    return counts


@functools.cache
def _kinds() -> Array:
    """Return which of the first 65,536 code points are blanks and which open one of `_MARKS`."""
    kinds = np.where((character_kinds() & BLANK) > 0, np.uint8(_GAP), np.uint8(_OTHER))
    kinds[[ord(mark) for mark in _OPENERS]] = _OPENER
    return kinds
