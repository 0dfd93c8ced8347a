"""How many words a body has, as people count them: what blanks tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.clean.lines import BLANK, Array, character_kinds

_MARKS: Final = "-–—|•*&/…"
#: Marks that are written as several characters: "--", "...".
_REPEATED: Final = ((2, "-"), (3, "."))


def word_counts(texts: Sequence[str]) -> list[int]:
    """Return the number of words of each text; marks that stand alone between two are none."""
    joined = "".join([f"{text}\n" for text in texts])
    chars = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    shown = np.zeros(len(chars) + 1, dtype=bool)
    shown[1:] = (character_kinds().take(chars, mode="clip") & BLANK) == 0
    edges = np.flatnonzero(shown[1:] != shown[:-1])
    start, size = edges[::2], edges[1::2] - edges[::2]
    start = start[~_is_mark(chars, start, size)]
    bounds = np.cumsum([0, *(len(text) + 1 for text in texts)])
    counts: list[int] = np.diff(np.searchsorted(start, bounds)).tolist()
    return counts


def _is_mark(chars: Array, start: Array, size: Array) -> Array:
    found = np.zeros(len(start), dtype=bool)
    single = np.flatnonzero(size == 1)
    found[single] = np.isin(chars[start[single]], [ord(mark) for mark in _MARKS])
    for length, mark in _REPEATED:
        rows = np.flatnonzero(size == length)
        places = start[rows][:, None] + np.arange(length)
        found[rows] = (chars[places] == ord(mark)).all(axis=1)
    return found
