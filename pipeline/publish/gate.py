"""The gate before `articles`: what must hold of a day before readers see it.

A check that runs after a table was replaced stops what comes next, but readers have the table
already. So the verdicts that would make published articles false are reached here, on the rows on
their way to storage: if one is no, the day keeps the articles that it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import pyarrow as pa

from pipeline.contracts import arrow_schema
from pipeline.publish.checks import (
    CANONICAL_COLUMNS,
    Verdict,
    canonicals,
    conserved,
    contract_breaks,
    unique,
)
from pipeline.publish.storage import Storage, StorageError


class Refused(StorageError):
    """A day's articles were not published: `faults` are the verdicts against, by check."""

    def __init__(self, day: date, faults: Mapping[str, Verdict]) -> None:
        told = "; ".join(f"{name}: {verdict.message}" for name, verdict in faults.items())
        super().__init__(
            f"the articles of {day} were not published, those from before stay: {told}"
        )
        self.day = day
        self.faults = dict(faults)


def sound(
    storage: Storage, day: date, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Pass on the rows of `articles` of `day`; at their end raise `Refused` if they are unsound.

    Only the columns that say something of clusters are held. Give it to `Storage.write`, which
    replaces the day only when it has come to the end.
    """
    kept = [arrow_schema("articles").empty_table().select(list(CANONICAL_COLUMNS))]
    broken: set[str] = set()
    for batch in batches:
        broken.update(contract_breaks("articles", batch))
        kept.append(pa.Table.from_batches([_copied(batch.select(list(CANONICAL_COLUMNS)))]))
        yield batch
    rows = pa.concat_tables(kept)
    verdicts = {
        "contract": Verdict(not broken, "; ".join(sorted(broken)), {"rows": rows.num_rows}),
        "unique_ids": unique(rows["article_id"], "article_id"),
        "conservation": conserved(storage, day, rows),
        "canonicals_agree": canonicals(rows),
    }
    faults = {name: verdict for name, verdict in verdicts.items() if not verdict.passed}
    if faults:
        raise Refused(day, faults)


def _copied(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows in memory of their own: a column read from Parquet keeps all others alive."""
    return batch.take(pa.array(range(batch.num_rows), pa.int64()))
