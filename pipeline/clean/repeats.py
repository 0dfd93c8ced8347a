"""Lines of the body that say again, word for word, what another line of it says.

A pull quote, a standfirst taken from the first paragraph, a paragraph printed twice: the fullest
or, where they are equal, the first instance stays.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.clean.lines import RUN, Array, Lines, with_text

#: Shorter lines recur for other reasons: refrains, answers, labels.
_FEWEST_WORDS: Final = 8
#: Brackets around an ellipsis: "[…]", "(...)".
_CLOSING: Final = (ord("]"), ord(")"))
#: Surely body are lines from .972 on, however much surer `predict` could become.
_LESS_SURE: Final = 0.03


def repeated(lines: Lines, is_body: Array, probability: Array) -> Array:
    """Return which of the lines marked `is_body` are repeats of other such lines of their text.

    A line counts as said elsewhere only where that is about as surely body (`probability`), and
    no teaser: a paragraph is no repeat of a caption that quotes it, nor of a list that opens it.
    """
    words = lines.words
    count = np.diff(words.first)
    kept = is_body[words.line[words.again]]
    line, number = words.line[words.again[kept]], words.again_run[kept]
    again = (np.bincount(number, minlength=1) > 1)[number]
    line, number = line[again], number[again]
    if not len(line):
        return np.zeros(len(lines), dtype=bool)
    # The first and the last line that hold a run stand for all of them.
    first = np.full(number.max() + 1, len(lines))
    last = np.full(number.max() + 1, -1)
    np.minimum.at(first, number, line)
    np.maximum.at(last, number, line)
    other = np.where(line == first[number], last[number], first[number])
    trusted = (other != line) & (probability[other] >= probability[line] - _LESS_SURE)
    trusted &= ~_breaks_off(lines)[other]
    elsewhere = np.bincount(line, weights=trusted, minlength=len(lines))
    total = np.maximum(count - RUN + 1, 1)
    said = is_body & (count >= _FEWEST_WORDS) & (elsewhere >= total)
    return np.asarray(said & ~_first_of_equals(lines, said))


def _breaks_off(lines: Lines) -> Array:
    """Return which lines end in an ellipsis, brackets aside: "…", "...", "[…]"."""
    chars, left, right = lines.chars, lines.left, lines.right
    last = np.maximum(right - 1 - np.isin(chars[right - 1], _CLOSING), left)
    dots = chars[last] == ord(".")
    for back in (1, 2):
        dots &= chars[np.maximum(last - back, left)] == ord(".")
    return np.asarray((chars[last] == ord("…")) | dots)


def _first_of_equals(lines: Lines, said: Array) -> Array:
    """Return the lines among `said` whose equals all come after them."""
    rows = np.flatnonzero(said)
    keys = with_text(lines.hashes[rows], lines.text[rows])
    _, first, number, times = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    found = np.zeros(len(lines), dtype=bool)
    found[rows[(first[number] == np.arange(len(rows))) & (times[number] > 1)]] = True
    return found
