"""What de-duplication needs of the stored tables, and a store in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import contracts


class Store(Protocol):
    """Read access to the stored tables."""

    def partitions(self, table: str) -> list[date]:
        """Return the days that `table` has."""

    def read(
        self,
        table: str,
        dates: Sequence[date] | None = None,
        columns: Sequence[str] | None = None,
        where: Any | None = None,
    ) -> pa.Table:
        """Return the rows of `dates` (all by default) that satisfy the expression `where`."""

    def rows_with(
        self, table: str, day: date, key: str, values: pa.Array, columns: Sequence[str]
    ) -> Iterator[pa.Table]:
        """Yield the rows of `day` whose string column `key` is one of `values`, part by part."""


class MemoryStore:
    """Tables in memory, for tests, benchmarks and small corpora."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[date, dict[str, pa.Table]]] = defaultdict(dict)

    def partitions(self, table: str) -> list[date]:
        """Return the days that `table` has, in order."""
        return sorted(self._tables[table])

    def read(
        self,
        table: str,
        dates: Sequence[date] | None = None,
        columns: Sequence[str] | None = None,
        where: Any | None = None,
    ) -> pa.Table:
        """Return rows as `Store.read` does."""
        days = self.partitions(table) if dates is None else dates
        stored = [self._tables[table].get(each, {}) for each in days]
        parts = [rows for day in stored for _, rows in sorted(day.items())]
        data = pa.concat_tables([contracts.empty_table(table), *parts])
        data = data if where is None else data.filter(where)
        return data if columns is None else data.select(list(columns))

    def rows_with(
        self, table: str, day: date, key: str, values: pa.Array, columns: Sequence[str]
    ) -> Iterator[pa.Table]:
        """Yield rows as `Store.rows_with` does."""
        data = self.read(table, [day])
        yield data.filter(pc.is_in(data[key], values)).select(list(columns))

    def write(self, table: str, day: date, data: pa.Table, part: str = "part-0") -> None:
        """Replace a part of a partition."""
        self._tables[table].setdefault(day, {})[part] = data.cast(contracts.arrow_schema(table))

    def append(self, table: str, day: date, data: pa.Table) -> None:
        """Add rows to a partition."""
        self.write(table, day, pa.concat_tables([self.read(table, [day]), data]))
