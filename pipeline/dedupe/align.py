"""Exact alignment of articles, many pairs at a time: their shared passages, and what these say.

Everything is array arithmetic over the words of a batch of pairs; only looking up which shingles
of one text stand in the other goes pair by pair. Pure evidence: what follows from it is decided
in `pipeline.dedupe.relations`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.dedupe.words import (
    I64,
    SHINGLE,
    U8,
    Bools,
    Words,
    ranges,
    read_words,
    shingle_ranges,
    text_shingles,
)

I32 = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

#: Share of a sentence's words from which shared runs in it are more than a stock phrase.
_PARTLY_SHARED: Final = 0.3
#: A shingle that a text has so many times is a refrain.
_REFRAIN: Final = 3
#: So often, with no more words in between, it parts the items of a gallery or list.
_GALLERY: Final = 7
_GALLERY_ITEM: Final = 90
#: Share of the story that has to be left for it to be set aside.
_MOST_GALLERY: Final = 0.33
#: Words, and share of names and numbers among them, from which a sentence is a list.
_LIST_WORDS: Final = 40
_LIST_FACTS: Final = 0.6
#: Share of a sentence's words from which it is the same sentence.
_NEARLY_SHARED: Final = 0.7
#: Words of a block that both texts end with, up to which it may be a notice of the house, and
#: words that may stand behind it.
_NOTICE_WORDS: Final = 110
_BEHIND_NOTICE: Final = 12
#: Shared runs that a notice may be in.
_NOTICE_RUNS: Final = 4
#: Words of a shared run up to which it may be a notice wherever it stands, and how many of them, at
#: least and as a share, have to be words in which a house speaks of itself.
_TALK_RUN: Final = 220
_TALK_WORDS: Final = 4
_TALK_SHARE: Final = 0.07
#: Share of the shorter text from which such passages are the text.
_ALL_TALK: Final = 0.85
#: Slots of the table of the words of a text; a power of two.
_WORD_SLOTS: Final = 8192
#: At least so many slots for each shingle of a batch.
_SLOTS_PER_HASH: Final = 4

#: Pairs whose words are looked at together: their arrays stay within the processor's cache.
_GROUP: Final = 64

#: What is known of a word: of itself, and in a pair. Sums are taken over all of it at once.
_SHARED, _OPEN, _FACT, _PARTLY, _HIT, _OPEN_SHINGLE, _THERE, _ASIDE = (1 << bit for bit in range(8))


class Bodies:
    """The words of a batch of texts, with what alignment needs of them, text after text."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Read `texts`."""
        words = read_words(texts)
        self.words: Words = words
        self.first = words.bounds[:-1]
        self.sizes: I64 = np.diff(words.bounds)
        #: Of each text: how many shingles it has.
        self.shingles: I64 = shingle_ranges(words)[1]
        starts_shingle = _inside(self.first, self.shingles, len(words.hashes))
        #: Which shingle starts at each word: the first place in the batch that has the same.
        self.shingle_ids = _same(text_shingles(words), starts_shingle)
        #: Which words make the story: neither quoted nor part of what the text says repeatedly.
        #: Credits under pictures and the like recur in one text and in many others.
        self.open = self._open()
        unquoted = ~words.quoted
        self.quoted_before = np.concatenate([[0], np.cumsum(words.quoted, dtype=np.int32)])
        last = np.repeat(words.bounds[1:] - 1, self.sizes)
        behind = np.minimum(np.arange(len(unquoted)) + SHINGLE - 1, last)
        open_shingle = starts_shingle & (unquoted | unquoted[behind])
        self.flags: U8 = (
            self.open * np.uint8(_OPEN)
            | words.facts * np.uint8(_FACT)
            | open_shingle * np.uint8(_OPEN_SHINGLE)
        )
        #: Which words each text has, by some of the bits of their hashes: a row a text.
        self.slots = (words.hashes & np.uint64(_WORD_SLOTS - 1)).astype(np.int32)
        #: How many words before each are such in which a house speaks of itself.
        self.talk_before = np.concatenate([[0], np.cumsum(self._talk(), dtype=np.int32)])
        self.vocabulary = np.zeros((len(self.first), _WORD_SLOTS), np.bool_)
        self.vocabulary[np.repeat(np.arange(len(self.first)), self.sizes), self.slots] = True

    def __len__(self) -> int:
        return len(self.first)

    def _open(self) -> Bools:
        outside = ~self.words.quoted & ~self._listed()
        known, refrains, times = self._refrains()
        if not len(known):
            return outside
        refrain = np.zeros(len(outside), np.bool_)
        refrain[known] = True
        often = times >= _GALLERY
        gallery = np.zeros(len(outside), np.bool_)
        gallery[_between(known[often], refrains[often])] = True
        outside = self._without(gallery, outside, _MOST_GALLERY)
        return self._without(self.covered(refrain, self.first, self.sizes), outside, 0.0)

    def _refrains(self) -> tuple[I64, I64, I64]:
        """Return where texts say a shingle three times or more, which it is, and how many times."""
        known = np.flatnonzero(self.shingle_ids >= 0)
        ids, owner = self.shingle_ids[known], np.repeat(np.arange(len(self.first)), self.shingles)
        # Only what recurs in the batch can recur in one text.
        often = np.bincount(ids, minlength=1)[ids] >= _REFRAIN
        known, ids, owner = known[often], ids[often], owner[often]
        width = len(self.shingle_ids) + 1
        keys = owner * np.int64(width) + ids
        refrains, times = _repeated(keys, _REFRAIN)
        is_refrain = np.zeros(width, np.bool_)  # in some text: looked up faster than sought
        is_refrain[refrains % width] = True
        likely = is_refrain[ids]
        known, keys = known[likely], keys[likely]
        found = np.searchsorted(refrains, keys)
        said = refrains.take(found, mode="clip") == keys if len(refrains) else likely[likely]
        return known[said], found[said], times[found[said]]

    def _without(self, aside: Bools, story: Bools, least: float) -> Bools:
        """Return the story without `aside`, in texts of which more than the share `least` is left.

        Where hardly anything is, what is repeated is what the text says.
        """
        some = self.sizes > 0
        left = story & ~aside
        before, after = (
            np.add.reduceat(each, self.first[some], dtype=np.int64) for each in (story, left)
        )
        enough = np.zeros(len(self.sizes), np.bool_)
        enough[some] = after > least * before
        return np.where(np.repeat(enough, self.sizes), left, story)

    def _talk(self) -> Bools:
        hashes, slots = _house_words()
        talk = slots[self.slots]
        likely = np.flatnonzero(talk)
        talk[likely] = np.isin(self.words.hashes[likely], hashes)
        return talk

    def _listed(self) -> Bools:
        """Return which words stand in a long sentence of hardly anything but names and numbers.

        The countries of a form, a table run together: what a house prints under unlike texts.
        """
        words = self.words
        fresh = np.ones(len(words.hashes), np.bool_)
        fresh[1:] = words.sentences[1:] != words.sentences[:-1]
        fresh[self.first[self.sizes > 0]] = True
        first = np.flatnonzero(fresh)
        if not len(first):
            return fresh
        sizes = np.diff(first, append=len(fresh))
        facts = np.add.reduceat(words.facts, first, dtype=np.int64)
        return np.repeat((sizes >= _LIST_WORDS) & (facts >= _LIST_FACTS * sizes), sizes)

    @staticmethod
    def covered(hits: Bools, first: I64, sizes: I64) -> Bools:
        """Return which words lie in a shingle of those that `hits` says the start of."""
        short = (sizes > 0) & (sizes < SHINGLE)
        long_hits = hits
        if short.any():
            of_short = _inside(first[short], sizes[short], len(hits))
            long_hits = hits & ~of_short
        covered = long_hits.copy()
        for place in range(1, SHINGLE):
            covered[place:] |= long_hits[:-place]
        if short.any():
            whole = np.repeat(hits[first[short]], sizes[short])
            covered[ranges(first[short], sizes[short])] = whole
        return covered


def _repeated(keys: I64, least: int) -> tuple[I64, I64]:
    """Return the keys that come `least` times or more, rising, and how many times each does."""
    ordered = np.sort(keys)
    often = ordered[least - 1 :][ordered[least - 1 :] == ordered[: len(ordered) - least + 1]]
    found, beyond = np.unique(often, return_counts=True)
    return found, beyond + least - 1


def _between(places: I64, refrains: I64) -> I64:
    """Return the places between a refrain and where it comes again, if that is soon."""
    order = np.argsort(refrains, kind="stable")
    places, refrains = places[order], refrains[order]
    gaps = np.diff(places)
    soon = (refrains[1:] == refrains[:-1]) & (gaps <= _GALLERY_ITEM)
    return ranges(places[:-1][soon], gaps[soon])


def _inside(first: I64, sizes: I64, length: int) -> Bools:
    """Return which of `length` places lie in one of the ranges."""
    inside = np.zeros(length, np.bool_)
    inside[ranges(first, sizes)] = True
    return inside


def _same(hashes: npt.NDArray[np.uint64], there: Bools) -> I32:
    """Return for each place the first one with the same hash, -1 where there is none."""
    found = np.full(len(hashes), -1, np.int32)
    places = np.flatnonzero(there).astype(np.int32)
    own = hashes[places]
    # A table by some bits of the hash; only what comes behind another hash there is sorted.
    size = 1 << (_SLOTS_PER_HASH * len(places)).bit_length()
    slots = (own & np.uint64(size - 1)).view(np.int64)
    table = np.empty(size, np.int32)
    table[slots[::-1]] = places[::-1]  # of those of one slot the first stays
    first = table[slots]
    same = hashes[first] == own
    found[places] = first
    rest = places[~same]
    found[rest] = _first_of(hashes[rest], rest)
    return found


def _first_of(hashes: npt.NDArray[np.uint64], places: I32) -> I32:
    """Return for each of the rising `places` the first one with the same hash."""
    if not len(places):
        return places
    order = np.argsort(hashes)
    ordered = hashes[order]
    fresh = np.ones(len(ordered), np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    groups = np.flatnonzero(fresh)
    first = np.minimum.reduceat(places[order], groups)
    found = np.empty_like(places)
    found[order] = np.repeat(first, np.diff(groups, append=len(places)))
    return found


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
    shared_news: float  # the same without passages in which the house speaks of itself
    story: float  # of its `story_words`, in sentences of which much is shared
    shared_longer: float  # share of the longer's words that are shared
    story_words: int  # of the shorter: outside quotations, and not said over and over
    longest_run: int  # words
    sentences: float  # share of the shorter, in words, whose sentences are nearly all shared
    order: float  # share of the shared words that come in the same order
    fact_gap: float  # in these sentences, share of common words the longer has, less that of facts
    changed_facts: float  # that gap as a share of all words of these sentences
    changed_numbers: float  # the same of numbers alone
    length_ratio: float  # shorter by longer

    def values(self) -> list[float]:
        """Return all values in the order of the fields."""
        return [float(getattr(self, each.name)) for each in fields(self)]


@dataclass(frozen=True, slots=True)
class Alignments:
    """Shared runs of pairs of bodies, and what they say.

    The runs of pair i are `runs[bounds[i]:bounds[i + 1]]`, in order of A: columns a, b, length in
    words, from the start of each text. `evidence` has the fields of `Evidence` as arrays.
    """

    runs: I64
    bounds: I64
    evidence: Mapping[str, Floats]

    def of(self, pair: int) -> Evidence:
        """Return the evidence of one pair."""
        counts = {"words_a", "words_b", "story_words", "longest_run"}
        values = {name: each[pair].item() for name, each in self.evidence.items()}
        return Evidence(**{k: int(v) if k in counts else v for k, v in values.items()})


def align(bodies: Bodies, a: I64, b: I64) -> Alignments:
    """Return the shared runs of the bodies `a[i]` and `b[i]`, for every i, and what they say."""
    seen = _Seen.of(bodies)
    parts = [
        _align_group(bodies, a[low : low + _GROUP], b[low : low + _GROUP], seen)
        for low in range(0, len(a), _GROUP)
    ] or [_align_group(bodies, a, b, seen)]
    counts = np.concatenate([np.diff(part.bounds) for part in parts])
    return Alignments(
        np.concatenate([part.runs for part in parts]),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        {
            each.name: np.concatenate([part.evidence[each.name] for part in parts])
            for each in fields(Evidence)
        },
    )


def spans(bodies: Bodies, a: I64, b: I64, found: Alignments) -> dict[str, I64]:
    """Return all runs as code point offsets of both texts, a column each."""
    pair = np.repeat(np.arange(len(a)), np.diff(found.bounds))
    in_a = bodies.first[a][pair] + found.runs[:, 0]
    in_b = bodies.first[b][pair] + found.runs[:, 1]
    last = found.runs[:, 2] - 1
    return {
        "a_start": bodies.words.starts[in_a],
        "a_end": bodies.words.ends[in_a + last],
        "b_start": bodies.words.starts[in_b],
        "b_end": bodies.words.ends[in_b + last],
    }


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a group of pairs, word after word: where each pair starts, and what is hit."""

    texts: I64
    first: I64  # of each pair, in the arrays of the group
    sizes: I64
    hits: Bools  # which shingles stand in the other text

    @classmethod
    def of(cls, bodies: Bodies, texts: I64) -> _Side:
        sizes = bodies.sizes[texts]
        return cls(texts, np.cumsum(sizes) - sizes, sizes, np.zeros(int(sizes.sum()), np.bool_))


@dataclass(slots=True)
class _Seen:
    """Of each shingle id: its place in the text B looked at last, and the last A that had it.

    Made once for all pairs: for each group anew, most of the time would go into clearing it.
    """

    place: I32
    by: I32
    pairs: int = 0

    @classmethod
    def of(cls, bodies: Bodies) -> _Seen:
        size = len(bodies.shingle_ids)
        return cls(np.zeros(size, np.int32), np.full(size, -1, np.int32))


def _align_group(bodies: Bodies, a: I64, b: I64, seen: _Seen) -> Alignments:
    left, right = _Side.of(bodies, a), _Side.of(bodies, b)
    places = _look_up(bodies, left, right, seen)
    _follow(bodies, left, right, places)
    runs, pair = _runs(left, right, places)
    bounds = np.searchsorted(pair, np.arange(len(a) + 1)).astype(np.int64)
    return Alignments(runs, bounds, _evidence(bodies, left, right, runs, pair))


def _look_up(bodies: Bodies, left: _Side, right: _Side, seen: _Seen) -> I32:
    """Fill in the hits of both sides; return where in its text each hit of A stands in B."""
    ids = bodies.shingle_ids
    places = np.full(len(left.hits), -1, np.int32)
    upwards = np.arange(int(bodies.shingles.max(initial=0)), dtype=np.int32)
    sides = [
        zip(bodies.first[one.texts].tolist(), bodies.shingles[one.texts].tolist(),
            one.first.tolist(), strict=True)
        for one in (left, right)
    ]  # fmt: skip
    for (from_a, size_a, at_a), (from_b, size_b, at_b) in zip(*sides, strict=True):
        seen.pairs += 1
        if not size_a or not size_b:
            continue
        ids_a, ids_b = ids[from_a : from_a + size_a], ids[from_b : from_b + size_b]
        seen.place[ids_b[::-1]] = upwards[:size_b][::-1]  # of equal ones the first place stays
        guess = seen.place[ids_a]
        hits = ids_b.take(guess, mode="clip") == ids_a
        left.hits[at_a : at_a + size_a] = hits
        places[at_a : at_a + size_a] = np.where(hits, guess, -1)
        seen.by[ids_a] = seen.pairs
        right.hits[at_b : at_b + size_b] = seen.by[ids_b] == seen.pairs
    return places


def _follow(bodies: Bodies, left: _Side, right: _Side, places: I32) -> None:
    """Let a shingle that stands in B twice continue the run of the one before it."""
    hits = left.hits
    inner = np.ones(len(hits), np.bool_)
    inner[left.first[left.sizes > 0]] = False
    both = np.flatnonzero(hits[:-1] & hits[1:] & inner[1:])
    for _ in range(3):
        behind = both[places[both + 1] != places[both] + 1]
        if not len(behind):
            break
        pair = np.searchsorted(left.first, behind, side="right") - 1
        wanted = places[behind] + 1
        there = np.flatnonzero(wanted < bodies.shingles[right.texts[pair]])
        behind, pair, wanted = behind[there], pair[there], wanted[there]
        in_a = bodies.first[left.texts[pair]] + behind + 1 - left.first[pair]
        in_b = bodies.first[right.texts[pair]] + wanted
        fits = bodies.shingle_ids[in_a] == bodies.shingle_ids[in_b]
        if not fits.any():
            break
        places[behind[fits] + 1] = wanted[fits]


def _runs(left: _Side, right: _Side, places: I32) -> tuple[I64, I64]:
    """Return maximal shared runs (a, b, length in words) and the pair of each.

    Within a pair none overlaps another in A.
    """
    hits = left.hits
    continues = np.zeros(len(hits) + 1, np.bool_)
    continues[1:-1] = hits[:-1] & hits[1:] & (places[1:] == places[:-1] + 1)
    continues[left.first[left.sizes > 0]] = False
    starts = np.flatnonzero(hits & ~continues[:-1])
    lasts = np.flatnonzero(hits & ~continues[1:])
    pair = np.searchsorted(left.first + left.sizes, starts, side="right")
    own_size = np.minimum(np.minimum(left.sizes, right.sizes), SHINGLE)[pair]
    lengths = lasts - starts + own_size
    # Where two runs overlap in A, the later one starts where the earlier one ends.
    overlap = np.zeros(len(starts), np.int64)
    overlap[1:] = np.maximum(starts[:-1] + lengths[:-1] - starts[1:], 0)
    overlap[1:][pair[1:] != pair[:-1]] = 0
    runs = np.stack(
        [starts - left.first[pair] + overlap, places[starts] + overlap, lengths - overlap], axis=1
    ).astype(np.int64)
    kept = runs[:, 2] > 0
    return runs[kept], pair[kept]


def _evidence(bodies: Bodies, left: _Side, right: _Side, runs: I64, pair: I64) -> dict[str, Floats]:
    pairs = len(left.texts)
    is_a = left.sizes <= right.sizes
    covered = [Bodies.covered(side.hits, side.first, side.sizes) for side in (left, right)]
    first = np.where(is_a, left.first, right.first + len(left.hits))
    sizes = np.where(is_a, left.sizes, right.sizes)
    rows = ranges(first, sizes)
    hits, shared = (
        np.concatenate(both)[rows] for both in ((left.hits, right.hits), covered)
    )  # of the shorter ones
    at = ranges(bodies.first[np.where(is_a, left.texts, right.texts)], sizes)
    owner = np.repeat(np.arange(pairs), sizes)
    partly, nearly = _by_sentence(bodies.words.sentences[at], shared, owner)
    known = bodies.flags[at] | shared * np.uint8(_SHARED) | hits * np.uint8(_HIT)
    known |= partly * np.uint8(_PARTLY)
    aside = _notices(left, right, is_a, runs, pair)
    aside[_quoted_there(bodies, left, right, is_a, runs, pair)] = True
    talk = _house_talk(bodies, left, right, is_a, runs, pair)
    aside[_in_shorter(left, right, is_a, runs[talk], pair[talk])] = True
    talked = np.bincount(pair[talk], runs[talk, 2], pairs)
    known |= aside[rows] * np.uint8(_ASIDE)
    other = np.where(is_a, right.texts, left.texts)
    there = shared.copy()
    doubtful = np.flatnonzero(partly & ~shared)
    there[doubtful] = bodies.vocabulary[other[owner[doubtful]], bodies.slots[at[doubtful]]]
    known |= there * np.uint8(_THERE)
    table = np.bincount(owner * 256 + known, minlength=pairs * 256).reshape(pairs, 256)
    table = table.astype(np.float64)

    def count(*bits: int, also: int = 0, without: int = 0) -> Floats:
        total: Floats = table @ _chosen(sum(bits) + also, without)
        return total

    covered_sums = [_sums(flags, side) for flags, side in zip(covered, (left, right), strict=True)]
    longest = np.zeros(pairs, np.int64)
    np.maximum.at(longest, pair, runs[:, 2])
    common, facts = (
        _over(
            count(_PARTLY, _SHARED, **of) + count(_PARTLY, _THERE, **of), 2 * count(_PARTLY, **of)
        )
        for of in ({"without": _FACT}, {"also": _FACT})
    )
    number = np.flatnonzero(bodies.words.numbers[at] & partly)
    numbers = np.bincount(owner[number], minlength=pairs).astype(np.float64)
    found = shared[number].astype(np.float64) + there[number]
    same = _over(np.bincount(owner[number], found, pairs), 2 * numbers)
    both = (count(_PARTLY, _FACT) > 0) & (count(_PARTLY, without=_FACT) > 0)
    longer = np.where(is_a, right.sizes, left.sizes)
    return {
        "words_a": left.sizes.astype(np.float64),
        "words_b": right.sizes.astype(np.float64),
        "containment_a": _over(_sums(left.hits, left), bodies.shingles[left.texts]),
        "containment_b": _over(_sums(right.hits, right), bodies.shingles[right.texts]),
        "containment_outside_quotes": _over(count(_HIT, _OPEN_SHINGLE), count(_OPEN_SHINGLE)),
        "shared": _over(count(_SHARED), sizes),
        "shared_news": _over(count(_SHARED) - talked, sizes - talked),
        "story": _over(
            count(_SHARED, _PARTLY, _OPEN, without=_ASIDE), count(_OPEN, without=_ASIDE)
        ),
        "shared_longer": _over(np.where(is_a, covered_sums[1], covered_sums[0]), longer),
        "story_words": count(_OPEN, without=_ASIDE),
        "longest_run": longest.astype(np.float64),
        "sentences": _over(np.bincount(owner, nearly, pairs), sizes),
        "order": _in_order(runs, pair, pairs),
        "fact_gap": np.where(both, common - facts, 0.0),
        "changed_facts": np.where(both, common - facts, 0.0)
        * _over(count(_PARTLY, _FACT), count(_PARTLY)),
        "changed_numbers": np.where(both, common - same, 0.0) * _over(numbers, count(_PARTLY)),
        "length_ratio": sizes / np.maximum(longer, 1),
    }


@functools.cache
def _house_words() -> tuple[npt.NDArray[np.uint64], Bools]:
    """Return the hashes of the words of houses, and which slots they have."""
    text = (Path(__file__).parent / "data" / "house_words.txt").read_text(encoding="utf-8")
    listed = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    hashes = np.unique(read_words([listed], hashes_only=True).hashes)
    slots = np.zeros(_WORD_SLOTS, np.bool_)
    slots[(hashes & np.uint64(_WORD_SLOTS - 1)).astype(np.int64)] = True
    return hashes, slots


@functools.cache
def _chosen(wanted: int, without: int) -> Floats:
    """Return 1 for each set of bits that has all of those `wanted` and none of the others."""
    codes = np.arange(256)
    chosen: Floats = ((codes & wanted == wanted) & (codes & without == 0)).astype(np.float64)
    return chosen


def _notices(left: _Side, right: _Side, is_a: Bools, runs: I64, pair: I64) -> Bools:
    """Return which words of both sides, one after the other, are a notice both texts end with.

    A contact, how to subscribe, who writes the column: houses print it under unlike texts. So a
    block at the end of both, no longer than such notices are and less than half of the shorter
    text, says nothing of the story above it.
    """
    inside = np.zeros(len(left.hits) + len(right.hits), np.bool_)
    if not len(runs):
        return inside
    shorter = np.minimum(left.sizes, right.sizes)
    ends = np.stack([left.sizes, right.sizes], axis=1)
    last = np.searchsorted(pair, np.arange(len(left.texts)), side="right") - 1
    for _ in range(_NOTICE_RUNS):
        own = (last >= 0) & (pair.take(last, mode="clip") == np.arange(len(last)))
        run = runs.take(last, axis=0, mode="clip")
        behind = ends - run[:, :2] - run[:, 2:]
        own &= ((behind >= 0) & (behind <= _BEHIND_NOTICE)).all(axis=1)
        ends = np.where(own[:, None], run[:, :2], ends)
        last = np.where(own, last - 1, -1)
    length = np.where(is_a, left.sizes - ends[:, 0], right.sizes - ends[:, 1])
    length[(length > _NOTICE_WORDS) | (2 * length >= shorter)] = 0
    end = np.where(is_a, left.first + left.sizes, len(left.hits) + right.first + right.sizes)
    inside[ranges(end - length, length)] = True
    return inside


def _house_talk(
    bodies: Bodies, left: _Side, right: _Side, is_a: Bools, runs: I64, pair: I64
) -> Bools:
    """Return in which shared runs the house speaks of itself.

    A pitch or who the author is may stand anywhere in unlike texts. Where it is all of a text, it
    is what that text says.
    """
    first = bodies.first[left.texts][pair] + runs[:, 0]
    talk = bodies.talk_before[first + runs[:, 2]] - bodies.talk_before[first]
    chosen = (runs[:, 2] <= _TALK_RUN) & (talk >= _TALK_WORDS) & (talk >= _TALK_SHARE * runs[:, 2])
    total = np.bincount(pair[chosen], runs[chosen, 2], len(is_a))
    sizes = np.where(is_a, left.sizes, right.sizes)
    found: Bools = chosen & (total < _ALL_TALK * sizes)[pair]
    return found


def _in_shorter(left: _Side, right: _Side, is_a: Bools, runs: I64, pair: I64) -> I64:
    """Return the places of the words of runs in the shorter texts, A and B one after the other."""
    of_a = is_a[pair]
    in_a, in_b = runs[:, 0] + left.first[pair], runs[:, 1] + len(left.hits) + right.first[pair]
    return ranges(np.where(of_a, in_a, in_b), runs[:, 2])


def _quoted_there(
    bodies: Bodies, left: _Side, right: _Side, is_a: Bools, runs: I64, pair: I64
) -> I64:
    """Return the places of the shared words of the shorter texts that the longer ones quote.

    Both sides are counted as one after the other. A post, a statement or a column may be printed
    without marks by one and be quoted by the other.
    """
    of_a = is_a[pair]
    own, other = np.where(of_a, runs[:, 0], runs[:, 1]), np.where(of_a, runs[:, 1], runs[:, 0])
    own = own + np.where(of_a, left.first[pair], len(left.hits) + right.first[pair])
    other = other + bodies.first[np.where(of_a, right.texts[pair], left.texts[pair])]
    quoted = bodies.quoted_before[other + runs[:, 2]] > bodies.quoted_before[other]
    own, other, sizes = own[quoted], other[quoted], runs[quoted, 2]
    return ranges(own, sizes)[bodies.words.quoted[ranges(other, sizes)]]


def _sums(flags: Bools, side: _Side) -> Floats:
    """Return how many words of each pair's text are flagged."""
    before = np.concatenate([[0], np.cumsum(flags, dtype=np.int64)])
    counts: I64 = before[side.first + side.sizes] - before[side.first]
    return counts.astype(np.float64)


def _over(part: Floats | I64, whole: Floats | I64) -> Floats:
    """Return shares, 0 of nothing."""
    return np.asarray(part / np.maximum(whole, 1), np.float64)


def _by_sentence(sentences: I64, shared: Bools, owner: I64) -> tuple[Bools, Bools]:
    """Return for each word whether its sentence is partly, and nearly all, shared."""
    fresh = np.ones(len(sentences), np.bool_)
    fresh[1:] = (sentences[1:] != sentences[:-1]) | (owner[1:] != owner[:-1])
    first = np.flatnonzero(fresh)
    if not len(first):
        return fresh, fresh
    sizes = np.diff(first, append=len(sentences))
    share = np.add.reduceat(shared, first, dtype=np.int64) / sizes
    return np.repeat(share >= _PARTLY_SHARED, sizes), np.repeat(share >= _NEARLY_SHARED, sizes)


def _in_order(runs: I64, pair: I64, pairs: int) -> Floats:
    """Return the share of shared words in runs that do not go back in B."""
    forward = np.ones(len(runs), np.bool_)
    forward[1:] = (runs[1:, 1] > runs[:-1, 1]) | (pair[1:] != pair[:-1])
    total = np.bincount(pair, runs[:, 2], pairs)
    ahead = np.bincount(pair, runs[:, 2] * forward, pairs)
    return np.asarray(np.where(total > 0, ahead / np.maximum(total, 1), 1.0), np.float64)
