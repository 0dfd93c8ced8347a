"""The duplicate pairs of one day: candidates against the days around it, verified.

Whatever the order in which days arrive, are late or are run again, the pairs are those of one run
over everything: what is found between two days depends on these two alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import contracts
from pipeline.dedupe import candidates
from pipeline.dedupe.store import Store
from pipeline.dedupe.verify import Bodies, pair_table, verify
from pipeline.dedupe.words import Bools

#: Days before and after a day in which copies of its articles are looked for.
WINDOW_DAYS: Final = 30
#: Pairs whose texts are held as words at a time.
_CHUNK_PAIRS: Final = 4096
_FINGERPRINT_COLUMNS: Final = ["article_id", "anchors", "anchor_quoted"]


def pairs_for_day(
    day: date, store: Store, window: int | None = WINDOW_DAYS
) -> dict[date, pa.Table]:
    """Return the partitions of `duplicate_pairs` that the articles of `day` give or change.

    `window` is in days, None for all. A pair belongs to the later of its two days. So `day` gets
    its pairs with itself and with the days before; and in the later days that have been processed
    already, the pairs with `day` are replaced.
    """
    around = [each for each in store.partitions("fingerprints") if near(each, day, window)]
    done = set(store.partitions("duplicate_pairs"))
    own = candidates.postings(day, store.read("fingerprints", [day], _FINGERPRINT_COLUMNS))
    present = candidates.presence(own)
    # All candidates first, so that the texts of each day are read once.
    found = [candidates.pairs_within(own)]
    found += [_between(own, present, each, store) for each in around if each < day]
    tables = {day: _sorted(_verified(pa.concat_tables(found), store))}
    for other in around:
        if other > day and other in done:
            fresh = _verified(_between(own, present, other, store), store)
            tables[other] = _replaced(store.read("duplicate_pairs", [other]), fresh, day)
    return tables


def near(one: date, other: date, window: int | None) -> bool:
    """Return whether two days are compared."""
    return window is None or abs((one - other).days) <= window


def _between(own: candidates.Postings, present: Bools, other: date, store: Store) -> pa.Table:
    table = store.read("fingerprints", [other], _FINGERPRINT_COLUMNS)
    return candidates.pairs_between(own, candidates.postings(other, table, present))


def _verified(found: pa.Table, store: Store) -> pa.Table:
    """Return the rows of `duplicate_pairs` for the candidates that hold."""
    tables = [contracts.empty_table("duplicate_pairs")]
    if not found.num_rows:
        return tables[0]
    texts = _Texts(found, store)
    for chunk in _chunks(found):
        pairs = list(zip(chunk["a_article_id"], chunk["b_article_id"], strict=True))
        days = list(zip(chunk["a_scrape_date"], chunk["b_scrape_date"], strict=True))
        bodies = texts.bodies({each for pair in pairs for each in pair})
        judged = verify(pairs, bodies)
        held = [number for number, one in enumerate(judged) if one.verdict.is_duplicate]
        tables.append(
            pair_table([judged[each] for each in held], [days[each] for each in held], bodies)
        )
    return pa.concat_tables(tables)


def _chunks(found: pa.Table) -> Iterator[dict[str, list[Any]]]:
    for start in range(0, found.num_rows, _CHUNK_PAIRS):
        yield found.slice(start, _CHUNK_PAIRS).to_pydict()


class _Texts:
    """The texts of the articles in candidate pairs, kept as Arrow until they are looked at."""

    def __init__(self, found: pa.Table, store: Store) -> None:
        days = set(found["a_scrape_date"].unique().to_pylist())
        days |= set(found["b_scrape_date"].unique().to_pylist())
        ids = pa.concat_arrays(
            [each for name in ("a_article_id", "b_article_id") for each in found[name].chunks]
        ).unique()
        where = pc.field("article_id").isin(ids)
        table = store.read("clean_documents", sorted(days), ["article_id", "text"], where)
        self._texts = table["text"]
        self._rows = {each: row for row, each in enumerate(table["article_id"].to_pylist())}

    def bodies(self, ids: set[str]) -> Bodies:
        wanted = sorted(ids)
        texts = self._texts.take(pa.array([self._rows[each] for each in wanted], pa.int64()))
        return Bodies(dict(zip(wanted, texts.to_pylist(), strict=True)))


def _replaced(stored: pa.Table, fresh: pa.Table, day: date) -> pa.Table:
    """Return `stored` with its pairs that touch `day` replaced by `fresh`."""
    touches = pc.or_(
        pc.equal(stored["a_scrape_date"], pa.scalar(day)),
        pc.equal(stored["b_scrape_date"], pa.scalar(day)),
    )
    return _sorted(pa.concat_tables([stored.filter(pc.invert(touches)), fresh]))


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by([("a_article_id", "ascending"), ("b_article_id", "ascending")])
