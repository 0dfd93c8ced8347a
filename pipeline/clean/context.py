"""Where a line stands to the main run of prose of its text: relative columns of the line model.

Sizes and distances in lines differ from site to site; these columns measure against the text's
own prose instead. The main run is the stretch of lines that holds most prose and least else,
told in two ways: by what the words of its lines say, and by the length of its lines. What
follows from the columns is learned (`model`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from pipeline.clean.features import LONG, per_text, shared_words, window_sum
from pipeline.clean.lines import Array, Lines

#: Lines looked at before and after a line, to see how dense the prose is there.
_REACHES: Final = (2, 5, 15)
_FAR: Final = 60
#: Probability by its words alone from which on a long line may belong to the main run.
_LIKELY: Final = 0.25
_NEAR_ROLES: Final = ("comment", "related", "nav", "social")


def context_columns(lines: Lines, columns: Mapping[str, Array]) -> dict[str, Array]:
    """Return columns (float32, n entries each) that relate each line to its text's main run.

    `columns` holds those of `features.line_features` and the scores of the lines' words.
    """
    words = columns["words"].astype(np.float64)
    said = columns["word_body"].astype(np.float64)
    # Scores come in steps of 1/4096, so that their sums are exact in any batch.
    mass = words * said
    long = (words >= LONG) & (said >= _LIKELY)
    by_words = (words + 1) * (said - 0.5)
    by_length = np.where(long, np.minimum(words, 80), -np.minimum(words, 8) - 2)
    found = _run_columns(lines, words, mass, by_words, "said")
    found |= _run_columns(lines, words, mass, by_length, "long")
    found |= _density_columns(lines, words, mass)
    scores = np.stack([np.ones(len(lines)), *(columns[f"word_{role}"] for role in _NEAR_ROLES)])
    count, *sums = window_sum(lines, scores, 15, 15)
    for role, near in zip(_NEAR_ROLES, sums, strict=True):
        found[f"near_{role}"] = near / np.maximum(count, 1)
    found["relative_indent"] = columns["indent"] - _of_longest(lines, words, columns["indent"])
    return {name: np.asarray(column, dtype=np.float32) for name, column in found.items()}


def main_runs(lines: Lines, gain: Array) -> tuple[Array, Array]:
    """Return for each line the first line of its text's run of greatest `gain`, and its end."""
    start, end = np.zeros(len(lines), dtype=np.int64), np.zeros(len(lines), dtype=np.int64)
    total = np.concatenate([[0.0], np.cumsum(gain)])
    for low, high in zip(lines.first[:-1].tolist(), lines.first[1:].tolist(), strict=True):
        if high > low:
            own = total[low : high + 1]
            stop = int(np.argmax(own - np.minimum.accumulate(own)))
            start[low:high] = low + int(np.argmin(own[: stop + 1]))
            end[low:high] = low + stop
    return start, end


def _run_columns(
    lines: Lines, words: Array, mass: Array, gain: Array, name: str
) -> dict[str, Array]:
    start, end = main_runs(lines, gain)
    place = np.arange(len(lines))
    spoken = np.concatenate([[0.0], np.cumsum(words)])
    held = np.concatenate([[0.0], np.cumsum(mass)])
    inside = (place >= start) & (place < end)
    after, size = place >= end, np.maximum(spoken[end] - spoken[start], 1)
    between, prose = (
        np.where(after, sums[place] - sums[end],
                 np.where(place < start, sums[start] - sums[place + 1], 0.0))
        for sums in (spoken, held)
    )  # fmt: skip
    total = np.maximum(per_text(lines, mass), 1.0)[lines.text]
    return {
        f"{name}_from": np.clip(place - start, -_FAR, _FAR),
        f"{name}_to": np.clip(end - 1 - place, -_FAR, _FAR),
        f"{name}_in": inside * 1.0,
        f"{name}_share": (held[end] - held[start]) / total,
        f"{name}_since": np.clip((spoken[place] - spoken[start]) / size, -2, 2),
        f"{name}_past": np.clip((spoken[place] - spoken[end]) / size, -2, 2),
        f"{name}_between": np.log1p(between),
        f"{name}_junk": np.log1p(np.maximum(between - prose, 0)),
        f"{name}_shared": shared_words(lines, inside),
        f"{name}_size": np.log1p(words) - np.log1p(size / np.maximum(end - start, 1)),
    }


def _density_columns(lines: Lines, words: Array, mass: Array) -> dict[str, Array]:
    """Return how dense and how much of the text's prose stands around each line."""
    total = np.maximum(per_text(lines, mass), 1.0)[lines.text]
    found = {
        "mass_before": (window_sum(lines, mass, len(lines), 0) - mass) / total,
        "mass_after": (window_sum(lines, mass, 0, len(lines)) - mass) / total,
        "mass": np.log1p(total),
        "mass_share": total / np.maximum(per_text(lines, words), 1.0)[lines.text],
    }
    for reach in _REACHES:
        for side, (back, on) in {"before": (reach, -1), "after": (-1, reach)}.items():
            prose, said = window_sum(lines, np.stack([mass, words]), back, on)
            found[f"dense_{side}_{reach}"] = (prose + 1) / (said + 4)
            found[f"share_{side}_{reach}"] = prose / total
    return found


def _of_longest(lines: Lines, words: Array, column: Array) -> Array:
    """Return for each line the value of `column` at the longest line of its text."""
    order = np.lexsort((words, lines.text))
    # A text without lines has none to look it up for.
    last = np.maximum(lines.first[1:] - 1, 0)
    return np.asarray(column[order[last]][lines.text]) if len(lines) else column
