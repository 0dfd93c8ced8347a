"""Exact alignment of two articles: their shared passages, and what these say.

Pure evidence: what follows from it is decided in `pipeline.dedupe.relations`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.dedupe.words import I64, SHINGLE, U64, Bools, Words, read_words, shingles

#: Share of a sentence's words from which shared runs in it are more than a stock phrase.
_PARTLY_SHARED: Final = 0.3
#: Share of a sentence's words from which it is the same sentence.
_NEARLY_SHARED: Final = 0.7


class Body:
    """The words of one article, with the sorted shingles that alignment needs."""

    def __init__(self, text: str, words: Words) -> None:
        """Wrap the words of one text."""
        self.text = text
        self.words = words
        self.shingles: U64 = shingles(words.hashes)

    def __len__(self) -> int:
        return len(self.words.hashes)

    @functools.cached_property
    def order(self) -> I64:
        """Places of the shingles, by hash."""
        return np.argsort(self.shingles, kind="stable")

    @functools.cached_property
    def ordered(self) -> U64:
        """The shingles, sorted."""
        return self.shingles[self.order]

    @functools.cached_property
    def sentence_sizes(self) -> I64:
        """Words of each sentence."""
        starts = np.flatnonzero(np.diff(self.words.sentences, prepend=-1))
        return np.diff(starts, append=len(self))

    @functools.cached_property
    def sentence_of(self) -> I64:
        """Sentence of each word, counted from 0 without gaps."""
        return np.repeat(np.arange(len(self.sentence_sizes)), self.sentence_sizes)


def read_bodies(texts: Sequence[str]) -> list[Body]:
    """Return the bodies of `texts`."""
    words = read_words(texts)
    return [Body(text, words.text(index)) for index, text in enumerate(texts)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the alignment of two bodies says; "shorter" is the body of fewer words.

    Shares are between 0 and 1. Words count as shared where they lie in a shared run of five or
    more words.
    """

    words_a: int
    words_b: int
    containment_a: float  # share of the shingles of A that stand in B
    containment_b: float
    containment_outside_quotes: float  # of the shorter's shingles outside quotations
    shared: float  # share of the shorter's words that are shared
    story: float  # of its words outside quotations, in sentences of which much is shared
    shared_longer: float  # share of the longer's words that are shared
    unquoted_words: int  # of the shorter
    longest_run: int  # words
    sentences: float  # share of the shorter, in words, whose sentences are nearly all shared
    order: float  # share of the shared words that come in the same order
    fact_gap: float  # in these sentences, shared share of common words less that of facts
    length_ratio: float  # shorter by longer

    def values(self) -> list[float]:
        """Return all values in the order of the fields."""
        return [float(getattr(self, each.name)) for each in fields(self)]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Shared runs of two bodies in order of A, as words: columns a, b, length; and the evidence."""

    runs: I64
    evidence: Evidence

    def spans(self, a: Body, b: Body) -> list[dict[str, int]]:
        """Return the runs as code point offsets of both texts."""
        a_first, b_first, size = self.runs.T
        columns = (
            a.words.starts[a_first],
            a.words.ends[a_first + size - 1],
            b.words.starts[b_first],
            b.words.ends[b_first + size - 1],
        )
        names = ("a_start", "a_end", "b_start", "b_end")
        return [dict(zip(names, map(int, row), strict=True)) for row in zip(*columns, strict=True)]


def align(a: Body, b: Body) -> Alignment:
    """Return the shared runs of two bodies and what they say."""
    places_a, places_b = _matches(a, b)
    runs = _runs(places_a, places_b, a, b)
    hits_b = _stands_in(b.shingles, a.ordered)
    shorter, longer = (a, b) if (len(a), len(b)) <= (len(b), len(a)) else (b, a)
    hits_a = np.zeros(len(a.shingles), np.bool_)
    hits_a[places_a] = True
    hits = {id(a): hits_a, id(b): hits_b}
    return Alignment(runs, _evidence(a, b, shorter, longer, hits, runs))


def _matches(a: Body, b: Body) -> tuple[I64, I64]:
    """Return the shingles of A that stand in B and where, following runs where it can."""
    if not len(a.shingles) or not len(b.shingles):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    slot = np.searchsorted(b.ordered, a.shingles)
    slot[slot == len(b.ordered)] = 0
    places_a = np.flatnonzero(b.ordered[slot] == a.shingles)
    places_b = b.order[slot[places_a]]
    # A shingle that stands in B twice continues the run of the one before it.
    for _ in range(3):
        follows = np.flatnonzero(
            (np.diff(places_a) == 1)
            & (np.diff(places_b) != 1)
            & (places_b[:-1] + 1 < len(b.shingles))
        )
        wanted = places_b[follows] + 1
        follows = follows[b.shingles[wanted] == a.shingles[places_a[follows + 1]]]
        if not len(follows):
            break
        places_b[follows + 1] = places_b[follows] + 1
    return places_a, places_b


def _runs(places_a: I64, places_b: I64, a: Body, b: Body) -> I64:
    """Return maximal shared runs (a, b, length in words), none overlapping another in A."""
    if not len(places_a):
        return np.empty((0, 3), np.int64)
    breaks = (np.diff(places_a) != 1) | (np.diff(places_b) != 1)
    first = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    last = np.concatenate([np.flatnonzero(breaks), [len(places_a) - 1]])
    size = min(SHINGLE, len(a), len(b))
    lengths = last - first + size
    starts_a, starts_b = places_a[first], places_b[first]
    # Where two runs overlap in A, the later one starts where the earlier one ends.
    overlap = np.zeros(len(first), np.int64)
    overlap[1:] = np.maximum(starts_a[:-1] + lengths[:-1] - starts_a[1:], 0)
    runs = np.stack([starts_a + overlap, starts_b + overlap, lengths - overlap], axis=1)
    return runs[runs[:, 2] > 0]


def _stands_in(values: U64, ordered: U64) -> Bools:
    """Return which of `values` are among the sorted values `ordered`."""
    if not len(ordered):
        return np.zeros(len(values), np.bool_)
    slot = np.searchsorted(ordered, values)
    slot[slot == len(ordered)] = 0
    found: Bools = ordered[slot] == values
    return found


def _covered(hits: Bools, words: int, size: int) -> Bools:
    """Return which words lie in one of the hit runs of `size` words."""
    covered = np.zeros(words, np.bool_)
    size = min(size, words)
    for place in range(size):
        covered[place : place + len(hits)] |= hits
    return covered


def _evidence(
    a: Body, b: Body, shorter: Body, longer: Body, hits: dict[int, Bools], runs: I64
) -> Evidence:
    hit = hits[id(shorter)]
    unquoted = ~shorter.words.quoted
    covered = _covered(hit, len(shorter), SHINGLE)
    covered_longer = _covered(hits[id(longer)], len(longer), SHINGLE)
    open_shingles = unquoted[: len(hit)] | unquoted[len(unquoted) - len(hit) :]
    by_sentence = _by_sentence(shorter, covered)
    return Evidence(
        words_a=len(a),
        words_b=len(b),
        containment_a=_share(hits[id(a)]),
        containment_b=_share(hits[id(b)]),
        containment_outside_quotes=_share(hit[open_shingles]),
        shared=_share(covered),
        story=_share((covered & (by_sentence >= _PARTLY_SHARED))[unquoted]),
        shared_longer=_share(covered_longer),
        unquoted_words=int(np.count_nonzero(unquoted)),
        longest_run=int(runs[:, 2].max(initial=0)),
        sentences=_share(by_sentence >= _NEARLY_SHARED),
        order=_in_order(runs),
        fact_gap=_fact_gap(shorter, covered, by_sentence >= _PARTLY_SHARED),
        length_ratio=len(shorter) / max(len(longer), 1),
    )


def _share(flags: Bools) -> float:
    return float(np.count_nonzero(flags)) / len(flags) if len(flags) else 0.0


def _by_sentence(body: Body, covered: Bools) -> npt.NDArray[np.float64]:
    """Return for each word which share of its sentence is covered."""
    shared = np.bincount(body.sentence_of, weights=covered, minlength=len(body.sentence_sizes))
    share: npt.NDArray[np.float64] = (shared / body.sentence_sizes)[body.sentence_of]
    return share


def _fact_gap(body: Body, covered: Bools, within: Bools) -> float:
    """Return how much more often facts are missing from shared sentences than other words."""
    facts = body.words.facts & within
    others = ~body.words.facts & within
    if not facts.any() or not others.any():
        return 0.0
    return _share(covered[others]) - _share(covered[facts])


def _in_order(runs: I64) -> float:
    """Return the share of shared words in runs that do not go back in B."""
    if len(runs) < 2:
        return 1.0
    forward = np.concatenate([[True], np.diff(runs[:, 1]) > 0])
    return float(runs[forward, 2].sum() / runs[:, 2].sum())
