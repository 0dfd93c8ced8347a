"""Which of hundreds of words stand in each of many lines, looked up for all lines at once.

Rules need words, and a line mostly holds none of them. A word is found by one of its runs of up
to four characters, the rarest: tables of bits rule out nearly every place of the lines, and what
is left is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from pipeline.clean.lines import Array

#: Characters of a run.
_RUN: Final = 4
#: What the characters of a run are multiplied with, so that few runs share a bit.
_FACTORS: Final = (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F)
_BITS: Final = np.uint32(16)
#: Fewer lines than this are looked at word by word.
_FEW: Final = 3
#: Letters from rare to common; what is none of them is rarer still.
_COMMON: Final = "zqjxkvbywgpfmucdlhrsnioate "


class WordIndex:
    """Finds the words that rules need; a rule is known by its number and needs any of its words."""

    def __init__(self, needs: Iterable[Iterable[str]]) -> None:
        """Take the words that each rule needs, in the order of the rules."""
        self._ruled: dict[str, int] = {}
        for number, words in enumerate(needs):
            for word in words:
                self._ruled[word] = self._ruled.get(word, 0) | 1 << number
        # Of a run: its words, what of them stands before it and from it on, who needs them.
        self._words: dict[str, list[tuple[str, int, int, int]]] = {}
        for word, bits in self._ruled.items():
            run = _rarest_run(word)
            before = word.index(run)
            told = (word, before, len(word) - before, bits)
            self._words.setdefault(run, []).append(told)
        self._tables = np.zeros((_RUN, 1 << int(_BITS)), dtype=bool)
        for run in self._words:
            self._tables[len(run) - 1, _slots(run)[len(run) - 1][0]] = True

    def found(self, lines: Sequence[str]) -> list[int]:
        """Return for each of `lines`, as bits, the rules of whose words it holds one.

        Lines are compared as they stand; what they hold of line breaks must be in no word.
        """
        if len(lines) < _FEW:
            return [self._found_in(line) for line in lines]
        found = [0] * len(lines)
        joined = "\n".join(lines)
        ends = np.cumsum([len(line) + 1 for line in lines])
        for length, (table, slots) in enumerate(zip(self._tables, _slots(joined), strict=True), 1):
            places = np.flatnonzero(table.take(slots))
            rows = np.searchsorted(ends, places, side="right")
            for row, place in zip(rows.tolist(), places.tolist(), strict=True):
                words = self._words.get(joined[place : place + length], ())
                for word, before, after, bits in words:
                    if joined[place - before : place + after] == word:
                        found[row] |= bits
        return found

    def _found_in(self, line: str) -> int:
        found = 0
        for word, bits in self._ruled.items():
            if word in line:
                found |= bits
        return found


def _slots(text: str) -> list[Array]:
    """Return for the runs of 1, 2, … `_RUN` characters the bit of each, by where it starts."""
    chars = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    sums: list[Array] = [chars * np.uint32(_FACTORS[0])]
    for length in range(1, _RUN):
        sums.append(sums[-1][:-1] + chars[length:] * np.uint32(_FACTORS[length]))
    return [(total >> _BITS).astype(np.intp) for total in sums]


def _rarest_run(word: str) -> str:
    """Return the run of `word` with the rarest characters: itself, where it is no longer."""
    runs = [word[at : at + _RUN] for at in range(max(len(word) - _RUN, 0) + 1)]
    return min(runs, key=lambda run: (sum(map(_COMMON.find, run)), run))
