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
#: A shingle that a text has so many times is a refrain.
_REFRAIN: Final = 3
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
    def open(self) -> Bools:
        """Which words make the story: neither quoted nor part of what the text says repeatedly.

        Credits under pictures and the like recur in one text and in many others.
        """
        outside = ~self.words.quoted
        same = self.ordered[_REFRAIN - 1 :] == self.ordered[: 1 - _REFRAIN]
        if not same.any():
            return outside
        repeated = np.isin(self.shingles, self.ordered[: 1 - _REFRAIN][same])
        story = outside & ~_covered(repeated, len(self), SHINGLE)
        return story if story.any() else outside

    @functools.cached_property
    def sentence_sizes(self) -> I64:
        """Words of each sentence."""
        sentences = self.words.sentences
        fresh = np.ones(len(sentences), np.bool_)
        fresh[1:] = sentences[1:] != sentences[:-1]
        edges = np.append(np.flatnonzero(fresh), len(sentences))
        sizes: I64 = edges[1:] - edges[:-1]
        return sizes

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
    story: float  # of its `story_words`, in sentences of which much is shared
    shared_longer: float  # share of the longer's words that are shared
    story_words: int  # of the shorter: outside quotations, and not said over and over
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

    def span_columns(self, a: Body, b: Body) -> dict[str, I64]:
        """Return the runs as code point offsets of both texts, a column each."""
        a_first, b_first, size = self.runs.T
        return {
            "a_start": a.words.starts[a_first],
            "a_end": a.words.ends[a_first + size - 1],
            "b_start": b.words.starts[b_first],
            "b_end": b.words.ends[b_first + size - 1],
        }

    def spans(self, a: Body, b: Body) -> list[dict[str, int]]:
        """Return the runs as code point offsets of both texts, one dictionary a run."""
        columns = self.span_columns(a, b)
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows]


def align(a: Body, b: Body) -> Alignment:
    """Return the shared runs of two bodies and what they say."""
    hits_a, places = _matches(a, b)
    hits_b = _hits(b, a)
    runs = _runs(hits_a, places, a, b)
    if (len(a), len(b)) <= (len(b), len(a)):
        return Alignment(runs, _evidence(a, b, a, hits_a, hits_a, hits_b, runs))
    return Alignment(runs, _evidence(a, b, b, hits_b, hits_a, hits_b, runs))


def most_shared(a: Body, b: Body) -> tuple[float, float, int]:
    """Return `shared` of two bodies, a bound of `story`, and `story_words`.

    For a fraction of the cost of `align`, as for most candidates this settles the matter.
    """
    shorter, longer = (a, b) if (len(a), len(b)) <= (len(b), len(a)) else (b, a)
    covered = _covered(_hits(shorter, longer), len(shorter), SHINGLE)
    story = covered[shorter.open]
    return _share(covered), _share(story), len(story)


def _hits(one: Body, other: Body) -> Bools:
    """Return which shingles of `one` stand in `other`."""
    hits = np.zeros(len(one.shingles), np.bool_)
    if len(one.ordered) and len(other.ordered):
        slot = np.searchsorted(other.ordered, one.ordered)
        hits[one.order] = other.ordered.take(slot, mode="clip") == one.ordered
    return hits


def _matches(a: Body, b: Body) -> tuple[Bools, I64]:
    """Return which shingles of A stand in B and where, following runs where it can."""
    places = np.full(len(a.shingles), -1, np.int64)
    if not len(a.shingles) or not len(b.shingles):
        return places >= 0, places
    slot = np.searchsorted(b.ordered, a.ordered)
    found = b.ordered.take(slot, mode="clip") == a.ordered
    places[a.order[found]] = b.order[slot[found]]
    hits = places >= 0
    # A shingle that stands in B twice continues the run of the one before it.
    for _ in range(3):
        wanted = places[:-1] + 1
        breaks = hits[:-1] & hits[1:] & (places[1:] != wanted)
        follows = np.flatnonzero(breaks)
        follows = follows[b.shingles.take(wanted[follows], mode="clip") == a.shingles[follows + 1]]
        follows = follows[wanted[follows] < len(b.shingles)]
        if not len(follows):
            break
        places[follows + 1] = wanted[follows]
    return hits, places


def _runs(hits: Bools, places: I64, a: Body, b: Body) -> I64:
    """Return maximal shared runs (a, b, length in words), none overlapping another in A."""
    if not hits.any():
        return np.empty((0, 3), np.int64)
    continues = np.zeros(len(hits) + 1, np.bool_)
    continues[1:-1] = hits[:-1] & hits[1:] & (places[1:] == places[:-1] + 1)
    starts_a = np.flatnonzero(hits & ~continues[:-1])
    lasts = np.flatnonzero(hits & ~continues[1:])
    lengths = lasts - starts_a + min(SHINGLE, len(a), len(b))
    starts_b = places[starts_a]
    # Where two runs overlap in A, the later one starts where the earlier one ends.
    overlap = np.zeros(len(starts_a), np.int64)
    overlap[1:] = np.maximum(starts_a[:-1] + lengths[:-1] - starts_a[1:], 0)
    runs = np.stack([starts_a + overlap, starts_b + overlap, lengths - overlap], axis=1)
    return runs[runs[:, 2] > 0]


def _covered(hits: Bools, words: int, size: int) -> Bools:
    """Return which words lie in one of the hit runs of `size` words."""
    covered = np.zeros(words, np.bool_)
    size = min(size, words)
    for place in range(size):
        covered[place : place + len(hits)] |= hits
    return covered


def _evidence(
    a: Body, b: Body, shorter: Body, hits: Bools, hits_a: Bools, hits_b: Bools, runs: I64
) -> Evidence:
    longer, hits_longer = (b, hits_b) if shorter is a else (a, hits_a)
    unquoted = ~shorter.words.quoted
    is_open = shorter.open
    covered = _covered(hits, len(shorter), SHINGLE)
    covered_longer = _covered(hits_longer, len(longer), SHINGLE)
    open_shingles = unquoted[: len(hits)] | unquoted[len(unquoted) - len(hits) :]
    by_sentence = _by_sentence(shorter, covered)
    return Evidence(
        words_a=len(a),
        words_b=len(b),
        containment_a=_share(hits_a),
        containment_b=_share(hits_b),
        containment_outside_quotes=_share(hits[open_shingles]),
        shared=_share(covered),
        story=_share((covered & (by_sentence >= _PARTLY_SHARED))[is_open]),
        shared_longer=_share(covered_longer),
        story_words=int(np.count_nonzero(is_open)),
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
    forward = int(runs[1:, 2][runs[1:, 1] > runs[:-1, 1]].sum()) + int(runs[0, 2])
    return forward / int(runs[:, 2].sum())
