"""From the probabilities of single lines to stretches of body.

Bodies are contiguous, with islands of furniture in them and, seldom, of body outside. Each change
between body and the rest costs, so that a doubtful line goes with its neighbours. A text in which
nothing looks surely like body is read less strictly: sites unlike those trained on look like that.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from pipeline.clean.lines import Array, Lines

#: What a change between body and the rest costs, in words that are surely right or wrong.
CHANGE: Final = 3.0
#: Words of a line that count: what an error in it costs beyond is not seen.
_MOST_WORDS: Final = 60
_LEAST: Final = 3.0


def decode(lines: Lines, probability: Array, strictness: float) -> Array:
    """Return which lines are body: for each text the choice of greatest sum (two-state Viterbi).

    A line of body gains its words times what its probability exceeds the text's threshold by:
    `strictness` times the square of the best F1 to be expected of the text. Half that F1 would be
    right if the probabilities were; but where much is in doubt, the text is unlike those trained
    on, and body is missed more than furniture is kept.
    """
    words = np.minimum(np.diff(lines.words.first), _MOST_WORDS) + _LEAST
    expected = expected_f1(words, probability, lines.first).tolist()
    threshold = np.array([strictness * f1**2 for f1 in expected])
    gains = (words * (probability - threshold[lines.text])).tolist()
    kept: list[bool] = []
    for low, high in itertools.pairwise(lines.first.tolist()):
        kept += best_states(gains[low:high])
    return np.array(kept, dtype=bool)


def expected_f1(size: Array, chance: Array, first: Array) -> Array:
    """Return the best F1 to be expected of any choice of lines, for each text.

    `size` (n): words of the lines; `chance` (n): their probabilities of body; the lines of text i
    are first[i]:first[i + 1]. The best choice takes the likeliest lines; F1 is 2 × right / (taken +
    all that is right).
    """
    number = np.diff(first)
    text = np.repeat(np.arange(len(number)), number)
    order = np.lexsort((-chance, text))
    right, taken = np.zeros(len(size) + 1), np.zeros(len(size) + 1)
    np.cumsum((size * chance)[order], out=right[1:])
    np.cumsum(size[order], out=taken[1:])
    before, total = first[:-1][text], np.diff(right[first])
    f1 = 2 * (right[1:] - right[before]) / np.maximum(taken[1:] - taken[before] + total[text], 1e-9)
    best = np.zeros(len(number))
    filled = np.flatnonzero(number)
    if len(filled):
        best[filled] = np.maximum.reduceat(f1, first[filled])
    return best


def best_states(gains: list[float]) -> list[bool]:
    """Return for each gain whether it is taken, so that gains taken less changes are greatest."""
    out, taken = 0.0, -CHANGE
    opened, stayed = [], []
    for gain in gains:
        left, entered = taken - CHANGE, out - CHANGE
        leaves, stays = left > out, taken >= entered
        opened.append(leaves)
        stayed.append(stays)
        out, taken = left if leaves else out, (taken if stays else entered) + gain
    state = taken - CHANGE > out
    states = []
    for was_taken, was_kept in zip(reversed(opened), reversed(stayed), strict=True):
        states.append(state)
        state = was_kept if state else was_taken
    return states[::-1]
