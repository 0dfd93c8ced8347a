"""How the words of a line speak for each role: a linear model over hashed words.

Words, pairs of words, and the pairs that a line opens and ends with are hashed to a table of
weights, one column a role. The table is trained by `pipeline.training.lines`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.clean.lines import Array, Lines

BUCKETS: Final = 1 << 16
_MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_PAIR: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_OPENING: Final = np.uint64(0x165667B19E3779F9)
_ENDING: Final = np.uint64(0x27D4EB2F165667C5)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Weights (BUCKETS × r, whole numbers up to 127), the worth of one unit, and the r biases."""

    weights: Array
    unit: float
    bias: Array


@dataclass(frozen=True, slots=True)
class Tokens:
    """Buckets of a batch's tokens: of its words and pairs, and of each line's two ends."""

    words: Array
    pairs: Array
    openings: Array
    endings: Array


def tokens(lines: Lines) -> Tokens:
    """Return the buckets of `lines`; a line without words gets buckets that mean nothing."""
    words = lines.words
    if not len(words.hash):
        empty = np.zeros(len(lines), dtype=np.int64)
        return Tokens(empty[:0], empty[:0], empty, empty)
    pairs = words.runs[1].copy()
    # The last word of a line pairs with nothing: not with the next line's first.
    closing = words.first[1:][np.diff(words.first) > 0] - 1
    pairs[closing] = words.hash[closing]
    first = np.minimum(words.first[:-1], len(pairs) - 1)
    ending = np.maximum(words.first[1:] - 2, first)
    return Tokens(
        _bucket(words.hash), _bucket(pairs ^ _PAIR),
        _bucket(pairs[first] ^ _OPENING), _bucket(pairs[ending] ^ _ENDING),
    )  # fmt: skip


def role_scores(lines: Lines, lexicon: Lexicon) -> Array:
    """Return the probability of each role for each line, by its words alone (n × r)."""
    from scipy import sparse  # type: ignore[import-untyped, unused-ignore]

    found, weights = tokens(lines), lexicon.weights
    shape, each = (len(lines), len(weights)), np.ones(len(found.words), dtype=np.float32)
    # Each row of the table is read where it is added up: a copy of them takes thrice as long.
    words, pairs = (
        sparse.csr_matrix((each, buckets, lines.words.first), shape=shape) @ weights
        for buckets in (found.words, found.pairs)
    )
    total = words + pairs
    filled = np.flatnonzero(np.diff(lines.words.first))
    for buckets in (found.openings, found.endings):
        total[filled] += weights.take(buckets[filled], axis=0)
    scores = total * (lexicon.unit / norms(lines))[:, None] + lexicon.bias
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exact(scores / scores.sum(axis=1, keepdims=True))


def exact(probability: Array) -> Array:
    """Return probabilities rounded to 1/4096, so that sums of them are exact in any order.

    Otherwise the last bits of a running sum, and with them a label, would hang on the batch.
    """
    return np.rint(np.asarray(probability, dtype=np.float64) * 4096) / 4096


def norms(lines: Lines) -> Array:
    """Return what the sum of a line's weights is divided by: the root of its token count."""
    return np.sqrt(2.0 * np.diff(lines.words.first) + 2.0).astype(np.float32)


def _bucket(hashes: Array) -> Array:
    # What sparse matrices are indexed by: other numbers they would copy.
    return ((hashes * _MIX) >> np.uint64(48)).astype(np.int32)
