"""What a materialisation shows: counts, bytes, time, columns, a preview."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg

from pipeline import contracts
from pipeline.defs.escape import markdown_table
from pipeline.publish.storage import Storage
from pipeline.stages import Outcome

_PREVIEW_ROWS = 5


def column_schema(table: str) -> dg.TableSchema:
    """Return the columns of a table's contract for the asset page."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=str(column["name"]),
                type=str(column["type"]),
                description=str(column["description"]),
                constraints=dg.TableColumnConstraints(nullable=bool(column["nullable"])),
            )
            for column in contracts.columns(table)
        ]
    )


def described(table: str, storage: Storage, day: date, preview: Sequence[str]) -> dict[str, Any]:
    """Return rows, bytes, path and a preview of the columns `preview` of a written partition."""
    first = next(storage.batches(table, day, preview, rows=_PREVIEW_ROWS), None)
    rows = first.to_pylist() if first is not None else []
    return {
        "dagster/row_count": storage.row_count(table, day),
        "dagster/uri": storage.partition_path(table, day),
        "bytes": storage.size(table, day),
        "preview": dg.MetadataValue.md(markdown_table(preview, rows)),
    }


def counts(outcome: Outcome) -> dict[str, int]:
    """Return the counts of a stage as metadata."""
    return {name.replace(":", "").replace(" ", "_"): n for name, n in outcome.counts.items()}


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Yield a dictionary that holds the `seconds` of the block after it."""
    taken: dict[str, float] = {}
    start = time.perf_counter()
    yield taken
    taken["seconds"] = round(time.perf_counter() - start, 3)
