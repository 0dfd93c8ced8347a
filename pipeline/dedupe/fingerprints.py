"""Fingerprints: what is needed of an article to find its copies without reading it again.

An article is represented by **anchors**: of every 32 consecutive shingles the one with the
smallest hash (winnowing, Schleimer et al. 2003). Two texts that share a run of 36 words or more
are sure to share an anchor, whatever stands around the run; one shingle in about sixteen is kept.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import pyarrow as pa
import xxhash

from pipeline import contracts
from pipeline.dedupe.words import I64, SHINGLE, U64, Bools, Words, read_words, shingles

#: Shingles of which at least one is an anchor; a power of two.
WINDOW: Final = 32

#: Articles whose words are in memory at a time.
_ROWS: Final = 512
_NEVER: Final = np.uint64(0xFFFFFFFFFFFFFFFF)


def fingerprint(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the fingerprints of articles.

    `batch` has the columns article_id, scrape_date and text; the result has those of
    `schemas/fingerprints.yaml`, one row an article in the same order.
    """
    parts = [_fingerprint(batch.slice(row, _ROWS)) for row in range(0, batch.num_rows, _ROWS)]
    schema = contracts.arrow_schema("fingerprints")
    return pa.concat_batches(parts) if parts else pa.RecordBatch.from_pylist([], schema)


def _fingerprint(batch: pa.RecordBatch) -> pa.RecordBatch:
    words = read_words(batch.column("text").to_pylist())
    anchors, quoted, bounds = anchors_of(words)
    offsets = pa.array(bounds.astype(np.int32))
    schema = contracts.arrow_schema("fingerprints")
    return pa.RecordBatch.from_arrays(
        [
            batch.column("article_id"),
            batch.column("scrape_date"),
            pa.array(text_hashes(words), pa.string()),
            pa.array(np.maximum(np.diff(words.bounds) - SHINGLE + 1, 0), pa.int32()),
            pa.ListArray.from_arrays(offsets, pa.array(anchors), schema.field("anchors").type),
            pa.ListArray.from_arrays(offsets, pa.array(quoted), schema.field("anchor_quoted").type),
        ],
        schema=schema,
    )


def text_hashes(words: Words) -> list[str]:
    """Return for each text a hash that texts of the same words share (128 bits, hexadecimal)."""
    data = words.hashes.astype("<u8", copy=False)
    edges = words.bounds.tolist()
    return [
        xxhash.xxh3_128_hexdigest(data[low:high].tobytes())
        for low, high in itertools.pairwise(edges)
    ]


def anchors_of(words: Words) -> tuple[U64, Bools, I64]:
    """Return the anchors of each text, sorted and distinct, whether quoted, and their bounds.

    An anchor is quoted where all its words stand inside quotations, wherever it occurs.
    """
    hashes, quoted, owner = _shingles_by_text(words)
    chosen = _winnow(hashes, owner, len(words))
    hashes, quoted, owner = hashes[chosen], quoted[chosen], owner[chosen]
    order = np.lexsort((quoted, hashes, owner))
    hashes, quoted, owner = hashes[order], quoted[order], owner[order]
    first = np.ones(len(hashes), np.bool_)
    first[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
    bounds = np.searchsorted(owner[first], np.arange(len(words) + 1))
    return hashes[first], quoted[first], bounds.astype(np.int64)


def _shingles_by_text(words: Words) -> tuple[U64, Bools, I64]:
    """Return all shingles that lie within one text, whether quoted, and the text of each."""
    counts = np.diff(words.bounds)
    full = np.maximum(counts - SHINGLE + 1, 0)
    short = np.flatnonzero((counts > 0) & (counts < SHINGLE))
    owner = np.repeat(np.arange(len(counts)), full)
    starts = np.arange(len(owner)) + np.repeat(
        words.bounds[:-1] - np.concatenate([[0], np.cumsum(full)[:-1]]), full
    )
    hashes = shingles(words.hashes)[starts] if len(starts) else np.empty(0, np.uint64)
    run = np.concatenate([[0], np.cumsum(words.quoted)])
    quoted = (run[starts + SHINGLE] - run[starts]) == SHINGLE if len(starts) else run[:0] > 0
    if len(short):
        extra = [shingles(words.hashes[words.bounds[i] : words.bounds[i + 1]]) for i in short]
        hashes = np.concatenate([hashes, *extra])
        quoted = np.concatenate([quoted, np.zeros(len(short), np.bool_)])
        owner = np.concatenate([owner, short])
        order = np.argsort(owner, kind="stable")
        hashes, quoted, owner = hashes[order], quoted[order], owner[order]
    return hashes, quoted, owner


def _winnow(hashes: U64, owner: I64, texts: int) -> I64:
    """Return the places of the shingles that are the smallest of some window of their text.

    A text shorter than a window is one window.
    """
    if not len(hashes):
        return np.empty(0, np.int64)
    counts = np.bincount(owner, minlength=texts)
    # Texts are laid out a window apart, so that no window sees two of them.
    places = np.arange(len(hashes)) + owner * WINDOW
    padded = np.full(int(places[-1]) + 2 * WINDOW, _NEVER)
    padded[places] = hashes
    smallest = _sliding(np.minimum, padded)
    # A window that sticks out of its text counts only where the text is shorter than a window.
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    windows = np.maximum(counts - WINDOW + 1, np.minimum(counts, 1))
    rank = np.arange(len(hashes)) - first[owner]
    valid = np.zeros(len(padded), np.bool_)
    valid[places[rank < windows[owner]]] = True
    smallest = np.where(valid[: len(smallest)], smallest, np.uint64(0))
    shifted = np.concatenate([np.zeros(WINDOW - 1, np.uint64), smallest])
    largest = _sliding(np.maximum, shifted)
    chosen: I64 = np.flatnonzero(largest[places] == hashes)
    return chosen


def _sliding(operation: np.ufunc, values: U64) -> U64:
    """Return `operation` over every window of `WINDOW` values, by doubling."""
    width = 1
    while width < WINDOW:
        values = operation(values[:-width], values[width:])
        width *= 2
    return values
