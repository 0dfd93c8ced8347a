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


def word_counts(texts: Sequence[str]) -> list[int]:
    """Return the number of words of each text; marks that stand alone between two are none."""
    joined = "".join([f"{text}\n" for text in texts])
    chars = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    shown = np.zeros(len(chars) + 1, dtype=bool)
    shown[1:] = (character_kinds().take(chars, mode="clip") & BLANK) == 0
    edges = np.flatnonzero(shown[1:] != shown[:-1])
    start, end = edges[::2], edges[1::2]
    # Few words open like a mark.
    doubted = np.flatnonzero(_opens_marks().take(chars[start], mode="clip"))
    spans = zip(start[doubted].tolist(), end[doubted].tolist(), strict=True)
    start = np.delete(start, doubted[[joined[low:high] in _MARKS for low, high in spans]])
    bounds = np.cumsum([0, *(len(text) + 1 for text in texts)])
    counts: list[int] = np.diff(np.searchsorted(start, bounds)).tolist()
    return counts


@functools.cache
def _opens_marks() -> Array:
    """Return of the first 65,536 code points which one of `_MARKS` opens with."""
    opens = np.zeros(len(character_kinds()), dtype=bool)
    opens[[ord(mark) for mark in _OPENERS]] = True
    return opens
