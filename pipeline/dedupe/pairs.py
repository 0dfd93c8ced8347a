"""The duplicate pairs of one day: candidates against the days around it, verified.

Whatever the order in which days arrive, are late or are run again, the pairs are those of one run
over everything: what is found between two days depends on these two alone.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import contracts
from pipeline.dedupe import candidates
from pipeline.dedupe.store import Store
from pipeline.dedupe.verify import ANCHORS, Pairs, verified

#: Days before and after a day in which copies of its articles are looked for.
WINDOW_DAYS: Final = 30
#: Pairs whose texts are held as words at a time, bytes of these, and bytes of text in memory.
_CHUNK_PAIRS: Final = 1024
_CHUNK_BYTES: Final = 32 << 20
#: Anchors shared with past days that are held at a time.
_HELD_POSTINGS: Final = 1 << 20
_TEXT_BYTES: Final = 64 << 20
_PAIR_COLUMNS: Final = ("a_article_id", "b_article_id", "a_scrape_date", "b_scrape_date")
_FINGERPRINT_COLUMNS: Final = ["article_id", "anchors"]
#: Runs a function over batches and gives its results in their order, here or in other processes.
Spread = Callable[
    [Callable[[pa.RecordBatch], pa.RecordBatch], Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]
]


def pairs_for_day(
    day: date, store: Store, window: int | None = WINDOW_DAYS, spread: Spread = map
) -> dict[date, pa.Table]:
    """Return the partitions of `duplicate_pairs` that the articles of `day` give or change.

    `window` is in days, None for all. A pair belongs to the later of its two days. So `day` gets
    its pairs with itself and with the days before; and in the later days that have been processed
    already, the pairs with `day` are replaced. `spread` says where the candidates are verified.
    """
    around = [each for each in store.partitions("fingerprints") if near(each, day, window)]
    done = set(store.partitions("duplicate_pairs"))
    own = candidates.postings(day, store.read("fingerprints", [day], _FINGERPRINT_COLUMNS))
    # All candidates first, so that the texts of each day are read once.
    found = [candidates.pairs_within(own)]
    found += _between(own, [each for each in around if each < day], store)
    tables = {day: _verified(pa.concat_tables(found), store, spread)}
    for other in around:
        if other > day and other in done:
            fresh = _verified(pa.concat_tables(_between(own, [other], store)), store, spread)
            tables[other] = _replaced(store.read("duplicate_pairs", [other]), fresh, day)
    return tables


def near(one: date, other: date, window: int | None) -> bool:
    """Return whether two days are compared."""
    return window is None or abs((one - other).days) <= window


def _between(own: candidates.Postings, days: Sequence[date], store: Store) -> list[pa.Table]:
    """Return the candidate pairs with other days, as many of these at a time as memory takes."""
    found: list[pa.Table] = []
    held: list[candidates.Postings] = []
    for day in days:
        table = store.read("fingerprints", [day], _FINGERPRINT_COLUMNS)
        held.append(candidates.shared_postings(own, day, table))
        if sum(len(each.anchors) for each in held) > _HELD_POSTINGS:
            found.append(candidates.pairs_between(own, held))
            held = []
    return [*found, candidates.pairs_between(own, held)]


def _verified(found: pa.Table, store: Store, spread: Spread) -> pa.Table:
    """Return the rows of `duplicate_pairs` for the candidates that hold, sorted."""
    empty = contracts.empty_table("duplicate_pairs")
    if not found.num_rows:
        return empty
    found = _sorted(found).combine_chunks()
    with _Texts(found, store) as texts:
        tables = [pa.table(batch) for batch in spread(verified_batch, _with_texts(found, texts))]
    return pa.concat_tables([empty, *tables])


def _with_texts(found: pa.Table, texts: _Texts) -> Iterator[pa.RecordBatch]:
    """Yield the candidates in parts, with their texts."""
    for start, end in itertools.pairwise(texts.chunks()):
        (batch,) = found.slice(start, end - start).select(_PAIR_COLUMNS).to_batches()
        a_texts, b_texts = texts.of(start, end)
        yield batch.append_column("a_text", a_texts).append_column("b_text", b_texts)


def verified_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows of `duplicate_pairs` for those candidates of `batch` that hold, in order.

    Columns: ids and days of both articles, and their texts as dictionaries.
    """
    rows = batch.select(_PAIR_COLUMNS).to_pydict()
    texts: dict[str, str] = {}
    for side in "ab":  # each text is made a string once, in however many pairs it is
        column = batch.column(f"{side}_text")
        strings = column.dictionary.to_pylist()
        places = column.indices.to_pylist()
        texts |= zip(rows[f"{side}_article_id"], map(strings.__getitem__, places), strict=True)
    found = verified(Pairs(*(rows[name] for name in _PAIR_COLUMNS)), texts, ANCHORS)
    none = pa.RecordBatch.from_pylist([], schema=found.schema)
    return next(iter(found.combine_chunks().to_batches()), none)


class _Texts:
    """The texts of the articles in candidate pairs, in a temporary file if they are many."""

    def __init__(self, found: pa.Table, store: Store) -> None:
        both = _both(found, "article_id").dictionary_encode()
        self._ids = both.dictionary
        self._places = both.indices.to_numpy().reshape(2, -1)
        self._offsets = np.zeros(len(self._ids), np.int64)
        self._sizes = np.full(len(self._ids), -1, np.int64)
        self._file = tempfile.SpooledTemporaryFile(_TEXT_BYTES)  # noqa: SIM115
        days = np.zeros(len(self._ids), np.int32)
        days[self._places.ravel()] = _both(found, "scrape_date").cast(pa.int32()).to_numpy()
        for number in np.unique(days).tolist():
            day = pa.scalar(number, pa.int32()).cast(pa.date32()).as_py()
            places = np.flatnonzero(days == number)
            wanted = self._ids.take(pa.array(places))
            place_of = dict(zip(wanted.to_pylist(), places.tolist(), strict=True))
            columns = ["article_id", "text"]
            for part in store.rows_with("clean_documents", day, "article_id", wanted, columns):
                self._keep(part, place_of)

    def _keep(self, part: pa.Table, place_of: Mapping[str, int]) -> None:
        for batch in part.to_batches():
            texts = batch.column("text").cast(pa.binary()).to_pylist()
            places = [place_of[each] for each in batch.column("article_id").to_pylist()]
            sizes = np.fromiter(map(len, texts), np.int64, len(texts))
            self._offsets[places] = self._file.tell() + np.cumsum(sizes) - sizes
            self._sizes[places] = sizes
            self._file.write(b"".join(texts))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def chunks(self) -> list[int]:
        """Return where the candidates are parted, so that the words of each part fit memory."""
        seen = np.cumsum(self._sizes[self._places].sum(axis=0))
        edges = [0]
        while edges[-1] < len(seen):
            first = edges[-1]
            before = seen[first - 1] if first else 0
            full = int(np.searchsorted(seen, before + _CHUNK_BYTES, side="right"))
            edges.append(min(max(full, first + 1), first + _CHUNK_PAIRS))
        return edges

    def of(self, first: int, end: int) -> tuple[pa.Array, pa.Array]:
        """Return the texts of A and of B of the candidates `first:end`, each text held once."""
        places, back = np.unique(self._places[:, first:end], return_inverse=True)
        texts = pa.array(map(self._text, places.tolist()), pa.string())
        a, b = back.astype(np.int32).reshape(2, -1)
        held = pa.DictionaryArray.from_arrays
        return held(pa.array(a), texts), held(pa.array(b), texts)

    def _text(self, place: int) -> str:
        if self._sizes[place] < 0:
            raise KeyError(f"no text of {self._ids[place]}: fingerprints and texts differ")
        self._file.seek(int(self._offsets[place]))
        return self._file.read(int(self._sizes[place])).decode()


def _both(found: pa.Table, name: str) -> Any:
    """Return a column of A, and behind it that of B, as one array."""
    chunks = [chunk for side in "ab" for chunk in found[f"{side}_{name}"].chunks]
    return pa.concat_arrays(chunks)


def _replaced(stored: pa.Table, fresh: pa.Table, day: date) -> pa.Table:
    """Return the pairs found by anchors in `stored`, those that touch `day` replaced by `fresh`."""
    stored = stored.filter(pc.equal(stored["found_by"], ANCHORS))
    touches = pc.or_(
        pc.equal(stored["a_scrape_date"], pa.scalar(day)),
        pc.equal(stored["b_scrape_date"], pa.scalar(day)),
    )
    return _sorted(pa.concat_tables([stored.filter(pc.invert(touches)), fresh]))


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by([("a_article_id", "ascending"), ("b_article_id", "ascending")])
