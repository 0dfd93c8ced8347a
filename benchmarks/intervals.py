"""Bootstrap intervals by site: pages of one site are alike, so sites are drawn, not pages."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Final

_DRAWS: Final = 1_000
_SEED: Final = 20180727


def mean(scores: Mapping[str, Sequence[float]]) -> float:
    """Return the mean over all documents of `scores` (site -> a score a document)."""
    flat = [score for site in scores.values() for score in site]
    return sum(flat) / len(flat) if flat else 0.0


def interval(scores: Mapping[str, Sequence[float]], level: float = 0.95) -> tuple[float, float]:
    """Return the bounds between which the mean lies in `level` of draws of as many sites."""
    rng = random.Random(_SEED)
    sums = [(sum(site), len(site)) for _, site in sorted(scores.items()) if site]
    if not sums:
        return 0.0, 0.0
    means = []
    for _ in range(_DRAWS):
        drawn = rng.choices(sums, k=len(sums))
        means.append(sum(total for total, _ in drawn) / sum(count for _, count in drawn))
    means.sort()
    cut = int((1 - level) / 2 * _DRAWS)
    return means[cut], means[-1 - cut]
