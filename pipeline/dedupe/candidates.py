"""Candidate pairs from the anchors of days: the relational steps, all in one place.

Join on the anchor, group by pair, count, filter: sorted arrays throughout, in bounded memory.
What comes out for two days is a function of their fingerprints alone, so days may arrive in any
order and be compared in any batches.

A bucket (the articles of a day with one anchor) of more than `CROWDED` articles is not paired
with itself: its first few articles, in the order of their ids, represent it, and each of the
others is paired with these. So the work grows with the articles, not with their square, and a
story that hundreds print stays linked. Of two days' buckets of which one is crowded, each article
of the smaller is paired with the representatives of the larger.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.dedupe.fingerprints import is_quoted
from pipeline.dedupe.words import I64, U64, Bools, ranges

I32 = npt.NDArray[np.int32]

#: A bucket of more articles is crowded: only its representatives are paired.
CROWDED: Final = 8
REPRESENTATIVES: Final = 4
#: Shared share of the anchors outside quotations of the one with fewer, for a pair to be looked
#: at: far below what any duplicate has, as the estimate is rough.
MIN_SHARE: Final = 0.1
#: Shared share of all anchors that makes up for having none outside quotations.
MIN_QUOTED_SHARE: Final = 0.5
#: An article with so few anchors may be looked at for a single shared one, if that is rare.
FEW_ANCHORS: Final = 12

_PRESENCE_BITS: Final = 26
_LOW, _HIGH = np.uint64(1), np.uint64(32)
_QUOTED, _RARE = np.uint64(1), np.uint64(2)
#: Shared anchors handled at a time: 8 bytes each, a few copies.
_BLOCK_ROWS: Final = 1 << 23

_PAIRS: Final = pa.schema(
    [
        ("a_article_id", pa.string()),
        ("b_article_id", pa.string()),
        ("a_scrape_date", pa.date32()),
        ("b_scrape_date", pa.date32()),
        ("shared", pa.float32()),
    ]
)


@dataclass(frozen=True)
class Postings:
    """The anchors of one day, or of days one after another, sorted within each.

    `owners` are positions of `ids`, which are sorted within each day. `open_counts` are anchors
    outside quotations of each article, `counts` all of them, `days` the days of their scrapes.
    """

    ids: Any  # pa.StringArray
    days: Any  # pa.Date32Array
    anchors: U64
    owners: I32
    quoted: Bools
    counts: I64
    open_counts: I64

    @functools.cached_property
    def presence(self) -> tuple[Bools, Bools]:
        """Two tables of what the anchors look like, by some of their low and of their high bits.

        As small as they can be with few wrong guesses: one is looked up for each anchor of
        history.
        """
        size = 1 << min(max((8 * len(self.anchors)).bit_length(), 16), _PRESENCE_BITS)
        tables = np.zeros((2, size), np.bool_)
        tables[0][_bits(self.anchors >> _LOW, size)] = True
        tables[1][_bits(self.anchors >> _HIGH, size)] = True
        return tables[0], tables[1]


def postings(day: date, fingerprints: pa.Table) -> Postings:
    """Return the postings of one day's `fingerprints` (article_id, anchors)."""
    return _postings(day, fingerprints, None)


def shared_postings(own: Postings, day: date, fingerprints: pa.Table) -> Postings:
    """Return of the postings of another day those whose anchors `own` has too.

    They alone are sorted, and of the articles only theirs are kept: the cost of a day that has
    little in common is that of looking at each of its anchors once.
    """
    return _postings(day, fingerprints, own)


def _postings(day: date, fingerprints: pa.Table, own: Postings | None) -> Postings:
    lists = _one_chunk(fingerprints["anchors"])
    edges = lists.offsets.to_numpy().astype(np.int64) - lists.offsets[0].as_py()
    anchors = lists.flatten().to_numpy()
    kept = np.arange(len(anchors)) if own is None else _in_common(own, anchors)
    rows = np.searchsorted(edges, kept, side="right") - 1
    used = np.arange(fingerprints.num_rows) if own is None else np.unique(rows)
    ids = _one_chunk(fingerprints["article_id"]).take(pa.array(used))
    by_id = pc.sort_indices(ids).to_numpy()
    position = np.zeros(fingerprints.num_rows, np.int32)
    position[used[by_id]] = np.arange(len(used), dtype=np.int32)
    used = used[by_id]
    counts = edges[used + 1] - edges[used]
    quoted_before = np.zeros(int(counts.sum()) + 1, np.int32)
    np.cumsum(is_quoted(anchors[ranges(edges[used], counts)]), out=quoted_before[1:])
    ends = np.cumsum(counts)
    anchors, owners = anchors[kept], position[rows]
    order = _order(_hash(anchors), owners)
    anchors = anchors[order]
    return Postings(
        ids.take(pa.array(by_id)),
        pa.repeat(pa.scalar(day, pa.date32()), len(used)),
        _hash(anchors),
        owners[order],
        is_quoted(anchors),
        counts,
        counts - (quoted_before[ends] - quoted_before[ends - counts]),
    )


def _order(hashes: U64, owners: I32) -> I64:
    """Return the order by hash and then by owner: a few times as fast as `lexsort`."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    rank = np.cumsum(np.diff(ordered, prepend=ordered[:1]) != 0)
    return order[np.argsort((rank << 32) | owners[order])]


def _in_common(own: Postings, anchors: U64) -> I64:
    """Return the places of those of the stored `anchors` that `own` has."""
    low, high = own.presence
    likely = np.flatnonzero(low.take(_bits(anchors >> _LOW, len(low))))
    likely = likely[high.take(_bits(anchors[likely] >> _HIGH, len(high)))]
    if not len(likely):
        return likely
    wanted = _hash(anchors[likely])
    slot = np.searchsorted(own.anchors, wanted)
    common: I64 = likely[own.anchors.take(slot, mode="clip") == wanted]
    return common


def _hash(anchors: U64) -> U64:
    """Return stored anchors without the bit that says whether they are quoted."""
    return anchors & ~np.uint64(1)


def _bits(values: U64, size: int) -> I64:
    """Return the low bits of `values` as places of a table; `size` is a power of two."""
    return (values & np.uint64(size - 1)).view(np.int64)


def pairs_within(day: Postings) -> pa.Table:
    """Return the candidate pairs among the articles of one day."""
    part = _shared_within(day)
    joins = _joins_within(part, _Buckets.of(part))
    return _table(day, day, list(_filtered(day, day, joins)))


def pairs_between(own: Postings, others: Sequence[Postings]) -> pa.Table:
    """Return the candidate pairs between the articles of one day and of other days.

    `others` are the `shared_postings` of these. Every two days are compared by themselves,
    however many are given.
    """
    right, day_of = _one_after_another(others)
    shared = np.unique(right.anchors)
    first = np.searchsorted(own.anchors, shared)
    left = _only(own, ranges(first, np.searchsorted(own.anchors, shared, side="right") - first))
    joins = _joins_between(left, right, _Buckets.of(left), _Buckets.of(right, day_of))
    return _table(own, right, list(_filtered(own, right, joins)))


def _one_after_another(others: Sequence[Postings]) -> tuple[Postings, I64]:
    """Return the postings of several days as one, and the number of the day of each."""
    sizes = [len(each.ids) for each in others]
    shifts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    together = Postings(
        pa.concat_arrays([pa.array([], pa.string()), *(each.ids for each in others)]),
        pa.concat_arrays([pa.array([], pa.date32()), *(each.days for each in others)]),
        _joined([each.anchors for each in others], np.uint64),
        _joined([e.owners + s for e, s in zip(others, shifts, strict=False)], np.int32),
        _joined([each.quoted for each in others], np.bool_),
        _joined([each.counts for each in others], np.int64),
        _joined([each.open_counts for each in others], np.int64),
    )
    return together, np.repeat(np.arange(len(others)), [len(each.anchors) for each in others])


def _joined(parts: Sequence[npt.NDArray[Any]], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, kind), *parts]).astype(kind, copy=False)


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Where the bucket of each posting starts, its size and the place of the posting in it."""

    starts: I64
    sizes: I64
    ranks: I64

    @classmethod
    def of(cls, part: Postings, day_of: I64 | None = None) -> _Buckets:
        anchors = part.anchors
        fresh = np.ones(len(anchors), np.bool_)
        fresh[1:] = anchors[1:] != anchors[:-1]
        if day_of is not None:
            fresh[1:] |= day_of[1:] != day_of[:-1]
        first = np.flatnonzero(fresh)
        sizes = np.diff(first, append=len(anchors))
        starts = np.repeat(first, sizes)
        return cls(starts, np.repeat(sizes, sizes), np.arange(len(anchors)) - starts)

    def representatives(self) -> I64:
        """How many members of each posting's bucket stand for it: all, unless it is crowded."""
        limit: I64 = np.where(self.sizes > CROWDED, REPRESENTATIVES, self.sizes)
        return limit


def _only(part: Postings, keep: Bools | I64) -> Postings:
    return Postings(
        part.ids,
        part.days,
        part.anchors[keep],
        part.owners[keep],
        part.quoted[keep],
        part.counts,
        part.open_counts,
    )


def _shared_within(day: Postings) -> Postings:
    """Return the postings of anchors that two or more articles have."""
    same = day.anchors[1:] == day.anchors[:-1]
    keep = np.zeros(len(day.anchors), np.bool_)
    keep[1:] |= same
    keep[:-1] |= same
    return _only(day, keep)


#: Owners of both sides, and the flags of the anchor they share.
_Join = tuple[I32, I32, U64]


def _joins_within(part: Postings, buckets: _Buckets) -> Iterator[_Join]:
    limit = buckets.representatives()
    for rank in range(CROWDED):
        members = np.flatnonzero((buckets.ranks > rank) & (limit > rank))
        yield _join(part, part, buckets.starts[members] + rank, members, buckets.sizes[members])


def _joins_between(
    left: Postings, right: Postings, of_left: _Buckets, of_right: _Buckets
) -> Iterator[_Join]:
    """Join each bucket of the right with that of the left with the same anchor; each has one."""
    if not len(right.anchors):
        return
    meets = np.searchsorted(left.anchors, right.anchors)  # the start of that bucket
    sizes, ranks = of_left.sizes[meets], of_right.ranks
    larger = np.maximum(sizes, of_right.sizes)
    crowded = larger > CROWDED
    for rank in range(CROWDED):
        members = np.flatnonzero(~crowded & (sizes > rank))
        yield _join(left, right, meets[members] + rank, members, larger[members])
    represents = ranks < REPRESENTATIVES
    members = np.flatnonzero(crowded & represents & (sizes <= of_right.sizes))
    times = sizes[members]
    one = ranges(meets[members], times)
    yield _join(left, right, one, np.repeat(members, times), np.repeat(larger[members], times))
    # Of two of the same size, the representatives have met above.
    rest = (sizes > of_right.sizes) | ((sizes == of_right.sizes) & ~represents)
    members = np.flatnonzero(crowded & rest)
    for rank in range(REPRESENTATIVES):
        yield _join(left, right, meets[members] + rank, members, larger[members])


def _join(left: Postings, right: Postings, one: I64, other: I64, sizes: I64) -> _Join:
    flags = (left.quoted[one] & right.quoted[other]).astype(np.uint64)
    flags |= np.where(sizes <= CROWDED, _RARE, np.uint64(0))
    return left.owners[one], right.owners[other], flags


def _filtered(one: Postings, other: Postings, joins: Iterator[_Join]) -> Iterator[_Join]:
    """Count the shared anchors of each pair and yield the pairs that share enough.

    Works through ranges of left owners, so that all rows of a pair are in one block.
    """
    rows = list(joins)
    total = sum(len(left) for left, _, _ in rows)
    blocks = max(1, -(-total // _BLOCK_ROWS))
    edges = np.linspace(0, len(one.ids), blocks + 1).astype(np.int64)
    for low, high in itertools.pairwise(edges):
        keys = [_keys(row, int(low), int(high)) for row in rows]
        yield _counted(np.concatenate(keys) if keys else np.empty(0, np.uint64), one, other)


def _keys(row: _Join, low: int, high: int) -> U64:
    left, right, flags = row
    inside = (left >= low) & (left < high) if (low, high) != (0, len(left)) else slice(None)
    key = (left[inside].astype(np.uint64) << np.uint64(32)) | (
        right[inside].astype(np.uint64) << np.uint64(2)
    )
    return key | flags[inside]


def _counted(keys: U64, one: Postings, other: Postings) -> _Join:
    """Group the rows by pair, and keep the pairs whose counts pass."""
    keys.sort()
    pairs = keys >> np.uint64(2)
    first = np.flatnonzero(np.diff(pairs, prepend=~np.uint64(0)))
    if not len(first):
        return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.uint64)
    shared = np.diff(first, append=len(keys))
    is_open = (keys & _QUOTED) == 0
    open_shared = np.add.reduceat(is_open.astype(np.int64), first)
    rare = np.add.reduceat((is_open & ((keys & _RARE) > 0)).astype(np.int64), first)
    left = (pairs[first] >> np.uint64(30)).astype(np.int32)
    right = (pairs[first] & np.uint64((1 << 30) - 1)).astype(np.int32)
    fewer = np.minimum(one.counts[left], other.counts[right])
    fewer_open = np.minimum(one.open_counts[left], other.open_counts[right])
    enough = (open_shared >= 2) | ((rare >= 1) & (fewer_open <= FEW_ANCHORS))
    enough &= open_shared >= MIN_SHARE * fewer_open
    enough |= shared >= MIN_QUOTED_SHARE * fewer
    share = np.float32(1000) * shared / np.maximum(fewer, 1)
    return left[enough], right[enough], share[enough].astype(np.uint64)


def _table(one: Postings, other: Postings, found: list[_Join]) -> pa.Table:
    """Return the pairs with A the smaller id, sorted."""
    left = np.concatenate([row[0] for row in found]) if found else np.empty(0, np.int32)
    right = np.concatenate([row[1] for row in found]) if found else np.empty(0, np.int32)
    share = np.concatenate([row[2] for row in found]) if found else np.empty(0, np.uint64)
    one_ids, other_ids = one.ids.take(pa.array(left)), other.ids.take(pa.array(right))
    swap = pc.greater(one_ids, other_ids)
    one_days, other_days = one.days.take(pa.array(left)), other.days.take(pa.array(right))
    columns = [
        pc.if_else(swap, other_ids, one_ids),
        pc.if_else(swap, one_ids, other_ids),
        pc.if_else(swap, other_days, one_days),
        pc.if_else(swap, one_days, other_days),
        pa.array(share / 1000, pa.float32()),
    ]
    table = pa.Table.from_arrays([pa.array(c) for c in columns], schema=_PAIRS)
    return table.sort_by([("a_article_id", "ascending"), ("b_article_id", "ascending")])


def _one_chunk(column: pa.ChunkedArray) -> Any:
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined
