"""Lines that recur across the articles of one source, learned from the corpus itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.clean.lines import Array, Lines


@dataclass(frozen=True, slots=True)
class FurnitureIndex:
    """The furniture of one source: folded line -> how far it is furniture (0 to 1)."""

    lines: Mapping[str, float]


def furniture_shares(lines: Lines, furniture: Sequence[FurnitureIndex | None]) -> Array:
    """Return for each line how far its source's furniture holds it, 0 where nothing is known."""
    shares = np.zeros(len(lines))
    for number, index in enumerate(furniture):
        if index is not None:
            for row in range(lines.first[number], lines.first[number + 1]):
                shares[row] = index.lines.get(fold(lines.raw(row)), 0.0)
    return shares


def fold(line: str) -> str:
    """Return a line as furniture is compared: lower case, blanks single, digits alike."""
    return " ".join("".join("0" if c.isdigit() else c for c in line.lower()).split())[:300]
