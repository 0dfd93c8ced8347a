"""Candidate pairs from the anchors of two days: the relational steps, all in one place.

Join on the anchor, group by pair, count, filter: sorted arrays throughout, in bounded memory.
What comes out for two days is a function of their fingerprints alone, so days may arrive in any
order and be compared in any batches.

A bucket (the articles of a day with one anchor) of more than `CROWDED` articles is not paired
with itself: its first few articles, in the order of their ids, represent it, and each of the
others is paired with these. So the work grows with the articles, not with their square, and a
story that hundreds print stays linked.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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

_PRESENCE_BITS: Final = np.uint64(0x3FFFFF)
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


@dataclass(frozen=True, slots=True)
class Postings:
    """The anchors of one day, sorted; `owners` are positions of `ids`, which are sorted too.

    `open_counts` are anchors outside quotations of each article, `counts` all of them.
    """

    day: date
    ids: Any  # pa.StringArray
    anchors: U64
    owners: I32
    quoted: Bools
    counts: I64
    open_counts: I64


def postings(day: date, fingerprints: pa.Table, present: Bools | None = None) -> Postings:
    """Return the postings of one day's `fingerprints` (article_id, anchors, anchor_quoted).

    Given what the day that it will be compared with has (`presence`), anchors that this surely
    has not are left out before they are sorted.
    """
    ids = _one_chunk(fingerprints["article_id"])
    by_id = pc.sort_indices(ids)
    lists = _one_chunk(fingerprints["anchors"])
    counts = np.diff(lists.offsets.to_numpy()).astype(np.int64)
    anchors = lists.flatten().to_numpy()
    quoted = _one_chunk(fingerprints["anchor_quoted"]).flatten().to_numpy(zero_copy_only=False)
    position = np.empty(len(counts), np.int32)
    position[by_id.to_numpy()] = np.arange(len(counts), dtype=np.int32)
    edges = np.concatenate([[0], np.cumsum(counts)])
    open_counts = np.diff(np.concatenate([[0], np.cumsum(~quoted)])[edges])[by_id.to_numpy()]
    if present is None:
        owners = np.repeat(position, counts)
    else:
        keep = np.flatnonzero(present[anchors & _PRESENCE_BITS])
        anchors, quoted = anchors[keep], quoted[keep]
        owners = position[np.searchsorted(edges, keep, side="right") - 1]
    order = np.lexsort((owners, anchors))
    counts = counts[by_id.to_numpy()]
    ids = ids.take(by_id)
    return Postings(day, ids, anchors[order], owners[order], quoted[order], counts, open_counts)


def presence(day: Postings) -> Bools:
    """Return a table of what the anchors of a day look like, by some of their bits."""
    present = np.zeros(int(_PRESENCE_BITS) + 1, np.bool_)
    present[day.anchors & _PRESENCE_BITS] = True
    return present


def pairs_within(day: Postings) -> pa.Table:
    """Return the candidate pairs among the articles of one day."""
    part = _shared_within(day)
    buckets = _Buckets.of(part)
    return _table(day, day, list(_filtered(day, day, _joins_within(part, buckets))))


def pairs_between(one: Postings, other: Postings) -> pa.Table:
    """Return the candidate pairs between the articles of two days."""
    left, right = _common(one, other)
    joins = _joins_between(left, right, _Buckets.of(left), _Buckets.of(right))
    return _table(one, other, list(_filtered(one, other, joins)))


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Where the bucket of each posting starts, its size and the place of the posting in it."""

    starts: I64
    sizes: I64
    ranks: I64

    @classmethod
    def of(cls, part: Postings) -> _Buckets:
        anchors = part.anchors
        fresh = np.ones(len(anchors), np.bool_)
        fresh[1:] = anchors[1:] != anchors[:-1]
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
        part.day,
        part.ids,
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


def _common(one: Postings, other: Postings) -> tuple[Postings, Postings]:
    """Return the postings of the anchors that both days have."""
    if len(one.anchors) < len(other.anchors):
        few, many = _common(other, one)
        return many, few
    if not len(other.anchors):
        return _only(one, one.anchors < 0), other
    slot = np.searchsorted(one.anchors, other.anchors)
    few = _only(other, one.anchors.take(slot, mode="clip") == other.anchors)
    shared = np.unique(few.anchors)
    first = np.searchsorted(one.anchors, shared)
    sizes = np.searchsorted(one.anchors, shared, side="right") - first
    return _only(one, ranges(first, sizes)), few


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
    if not len(left.anchors):
        return
    # Both sides hold the same anchors: bucket n of one meets bucket n of the other.
    first_left, first_right = np.unique(of_left.starts), np.unique(of_right.starts)
    meets = first_left[np.searchsorted(first_right, of_right.starts)]
    met = first_right[np.searchsorted(first_left, of_left.starts)]
    limit, size = of_left.representatives()[meets], of_left.sizes[meets]
    for rank in range(CROWDED):
        members = np.flatnonzero(limit > rank)
        sizes = np.maximum(size, of_right.sizes)[members]
        yield _join(left, right, meets[members] + rank, members, sizes)
    limit = of_right.representatives()[met]
    beyond = of_left.ranks >= of_left.representatives()
    for rank in range(CROWDED):
        members = np.flatnonzero(beyond & (limit > rank))
        yield _join(left, right, members, met[members] + rank, of_left.sizes[members])


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
    one_day, other_day = pa.scalar(one.day, pa.date32()), pa.scalar(other.day, pa.date32())
    columns = [
        pc.if_else(swap, other_ids, one_ids),
        pc.if_else(swap, one_ids, other_ids),
        pc.if_else(swap, other_day, one_day),
        pc.if_else(swap, one_day, other_day),
        pa.array(share / 1000, pa.float32()),
    ]
    table = pa.Table.from_arrays([pa.array(c) for c in columns], schema=_PAIRS)
    return table.sort_by([("a_article_id", "ascending"), ("b_article_id", "ascending")])


def _one_chunk(column: pa.ChunkedArray) -> Any:
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined
