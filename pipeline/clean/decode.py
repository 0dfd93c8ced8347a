"""From the probabilities of single lines to stretches of body.

Bodies are contiguous, with islands of furniture in them and, seldom, of body outside. Each change
between body and the rest costs, so that a doubtful line goes with its neighbours. A text in which
nothing looks surely like body is read less strictly: sites unlike those trained on look like that.
"""

from __future__ import annotations

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
    kept: list[bool] = []
    for low, high in zip(lines.first[:-1].tolist(), lines.first[1:].tolist(), strict=True):
        size, chance = words[low:high], probability[low:high]
        threshold = strictness * expected_f1(size, chance) ** 2
        kept += best_states((size * (chance - threshold)).tolist())
    return np.array(kept, dtype=bool)


def expected_f1(size: Array, chance: Array) -> float:
    """Return the best F1 to be expected of any choice of lines.

    `size` (n): words of the lines; `chance` (n): their probabilities of body. The best choice
    takes the likeliest lines; F1 is 2 × right / (taken + all that is right).
    """
    if not len(size):
        return 0.0
    order = np.argsort(-chance, kind="stable")
    right = np.cumsum((size * chance)[order])
    return float((2 * right / np.maximum(np.cumsum(size[order]) + right[-1], 1e-9)).max())


def best_states(gains: list[float]) -> list[bool]:
    """Return for each gain whether it is taken, so that gains taken less changes are greatest."""
    out, taken = 0.0, -CHANGE
    opened, stayed = [], []
    for gain in gains:
        opened.append(taken - CHANGE > out)
        stayed.append(taken >= out - CHANGE)
        out, taken = max(out, taken - CHANGE), max(taken, out - CHANGE) + gain
    state = taken - CHANGE > out
    states = []
    for was_taken, was_kept in zip(reversed(opened), reversed(stayed), strict=True):
        states.append(state)
        state = was_kept if state else was_taken
    return states[::-1]
