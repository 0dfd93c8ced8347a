"""Fingerprints: what is needed of an article to find its copies without reading it again.

An article is represented by **anchors**: of every 32 consecutive shingles the one with the
smallest hash (winnowing, Schleimer et al. 2003). Two texts that share a run of 36 words or more
are sure to share an anchor, whatever stands around the run; one shingle in about sixteen is kept.
The lowest bit of an anchor is no part of the hash: it says whether the shingle is quoted.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import pyarrow as pa
import xxhash

from pipeline import contracts
from pipeline.dedupe.words import (
    I64,
    SHINGLE,
    U64,
    Bools,
    Words,
    read_words,
    shingle_ranges,
    text_shingles,
)

#: Shingles of which at least one is an anchor; a power of two.
WINDOW: Final = 32

#: Articles whose words are in memory at a time.
_ROWS: Final = 64
_QUOTED: Final = np.uint64(1)
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
    words = read_words(batch.column("text").to_pylist(), hashes_only=True)
    anchors, bounds = anchors_of(words)
    offsets = pa.array(bounds.astype(np.int32))
    schema = contracts.arrow_schema("fingerprints")
    return pa.RecordBatch.from_arrays(
        [
            batch.column("article_id"),
            batch.column("scrape_date"),
            pa.array(text_hashes(words), pa.string()),
            pa.array(np.maximum(np.diff(words.bounds) - SHINGLE + 1, 0), pa.int32()),
            pa.ListArray.from_arrays(offsets, pa.array(anchors), schema.field("anchors").type),
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


def is_quoted(anchors: U64) -> Bools:
    """Return which anchors stand inside quotations with all their words, wherever they occur."""
    return (anchors & _QUOTED).astype(np.bool_)


def anchors_of(words: Words) -> tuple[U64, I64]:
    """Return the anchors of each text, sorted and distinct, and their bounds."""
    first, sizes = shingle_ranges(words)
    hashes = text_shingles(words)
    chosen = _winnow(hashes, first, sizes)
    owner = np.searchsorted(words.bounds, chosen, side="right") - 1
    run = np.concatenate([[0], np.cumsum(words.quoted, dtype=np.int32)])
    quoted = (run[np.minimum(chosen + SHINGLE, len(run) - 1)] - run[chosen]) == SHINGLE
    anchors = (hashes[chosen] & ~_QUOTED) | quoted
    order = np.argsort(anchors)  # and then by text: a few times as fast as by both at once
    order = order[np.argsort(owner[order].astype(np.min_scalar_type(len(words))), kind="stable")]
    anchors, owner = anchors[order], owner[order]
    fresh = np.ones(len(anchors), np.bool_)
    fresh[1:] = ((anchors[1:] | _QUOTED) != (anchors[:-1] | _QUOTED)) | (owner[1:] != owner[:-1])
    bounds = np.searchsorted(owner[fresh], np.arange(len(words) + 1))
    return anchors[fresh], bounds.astype(np.int64)


def _winnow(hashes: U64, first: I64, sizes: I64) -> I64:
    """Return the places of the shingles that are the smallest of some window of their text.

    Those of text i are the `sizes[i]` from `first[i]` on. A text shorter than a window is one.
    """
    whole = sizes >= WINDOW
    changes = np.zeros(len(hashes) + 1, np.int8)
    np.add.at(changes, first[whole], 1)
    np.add.at(changes, first[whole] + sizes[whole] - WINDOW + 1, -1)
    inside = np.cumsum(changes[:-1], dtype=np.int8)  # 1 where a window of one text starts
    padded = np.concatenate([hashes, np.full(WINDOW - 1, _NEVER)])
    smallest = _sliding(np.minimum, padded) * inside.view(np.uint8)
    shifted = np.concatenate([np.zeros(WINDOW - 1, np.uint64), smallest])
    largest = _sliding(np.maximum, shifted)
    chosen = (largest == hashes) & (largest > 0)
    # What lies between two texts is of no window; shorter texts are seen one by one.
    for start, size in zip(first[~whole].tolist(), sizes[~whole].tolist(), strict=True):
        part = hashes[start : start + size]
        chosen[start : start + size] = part == part.min(initial=_NEVER)
    return np.flatnonzero(chosen)


def _sliding(operation: np.ufunc, values: U64) -> U64:
    """Return `operation` over every window of `WINDOW` values, by doubling."""
    width = 1
    while width < WINDOW:
        values = operation(values[:-width], values[width:])
        width *= 2
    return values
