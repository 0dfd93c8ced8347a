"""Parquet: record batches streamed, only the columns that the column map knows."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, BinaryIO, Final

from pipeline.ingest.items import Context, Found, Place, Problem, whole_file
from pipeline.ingest.json_lines import from_record
from pipeline.ingest.limits import MIB
from pipeline.ingest.reasons import Reason
from pipeline.ingest.streams import bomb, fault_of, seekable

_ROWS: Final = 64
_FAR: Final = 1 << 50
_BATCH_BYTES: Final = 32 * MIB


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the items of a Parquet file; without a column of text it is one failure."""
    with seekable(stream) as source:
        fault = ctx.take_fault()
        if fault:
            yield _whole(fault.reason, fault.error, source, place, ctx)
        else:
            yield from _rows(source, place, ctx)


def _rows(source: BinaryIO, place: Place, ctx: Context) -> Iterator[Found]:
    try:
        file = _open(source)
        wanted = _wanted(file.schema_arrow, ctx)
        shared = _open(source, _leaves(file, wanted))
        about = file.metadata
    except _Wrong as wrong:
        yield _whole(Reason.WRONG_COLUMNS, f"{place.uri}: {wrong}", source, place, ctx)
        return
    except Exception as error:  # Arrow raises many kinds for a damaged file
        message = fault_of(error, place.uri).error
        yield _whole(Reason.MALFORMED, message, source, place, ctx)
        return
    if not about.num_rows:
        yield _whole(Reason.EMPTY, f"{place.uri}: no rows", source, place, ctx)
    first = 1
    kept = False  # the whole file, for an earlier group
    for group in range(about.num_row_groups):
        rows = _Group(file, shared, group, first, wanted)
        for found in _group(rows, kept, source, place, ctx):
            kept |= isinstance(found, Problem) and found.is_file
            yield found
        if ctx.budget.exceeded:
            return
        first += about.row_group(group).num_rows


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: its file, opened twice, its number, and that of its first row."""

    file: Any
    shared: Any
    number: int
    first: int
    wanted: list[str]

    @property
    def about(self) -> Any:
        return self.file.metadata.row_group(self.number)


def _group(
    group: _Group, kept: bool, source: BinaryIO, place: Place, ctx: Context
) -> Iterator[Found]:
    """Yield the rows of a row group; damage costs those after it, up to the next group."""
    number = group.first - 1
    try:
        for number, record in enumerate(_records(group), group.first):
            if not ctx.budget.charge(_size(record)):
                fault = bomb(ctx.budget, place.uri)
                yield Problem(place.uri, fault.reason, fault.error)
                return
            yield from_record(record, place.record(f"row={number}"), place, ctx)
    except Exception as error:
        uri = place.record(f"row={number + 1}")
        last = group.first + group.about.num_rows - 1
        message = f"{fault_of(error, uri).error}; so the rows up to {last} cannot be read"
        if not kept and source.seek(0, 2) <= ctx.limits.kept_bytes:
            yield _whole(Reason.MALFORMED, message, source, place, ctx)
            return
        begin, size = _span(group.about)
        source.seek(begin)
        content = source.read(min(size, ctx.limits.document_bytes))
        message += f"; {len(content)} of their {size} bytes, from byte {begin} on, are kept"
        yield Problem(uri, Reason.MALFORMED, message, content, whole=False)


def _span(about: Any) -> tuple[int, int]:
    """Return the place and the number of the bytes of a row group, as far as they make sense."""
    begin, end = sys.maxsize, 0
    for number in range(about.num_columns):
        column = about.column(number)
        places = (column.data_page_offset, column.dictionary_page_offset)
        start = min((place for place in places if place and place > 0), default=0)
        begin, end = min(begin, start), max(end, start + column.total_compressed_size)
    return min(begin, _FAR), max(0, min(end, _FAR) - begin)


class _Wrong(Exception):
    """No column holds text or HTML."""


def _wanted(schema: Any, ctx: Context) -> list[str]:
    """Return the columns that the map knows, those of records that may hold the text included."""
    names: list[str] = schema.names
    roles = ctx.columns.resolve(names)
    nested = [
        name for name in names if ctx.columns.may_nest(name) and _may_hold_text(schema, name, ctx)
    ]
    if not (ctx.columns.has_content(names) or nested):
        raise _Wrong(f"no column for text or HTML among {', '.join(names)[:300]}")
    wanted = sorted({name for columns in roles.values() for name in columns} | set(nested))
    twice = [name for name in wanted if names.count(name) > 1]
    if twice:
        raise _Wrong(f"the column {twice[0][:100]} is there {names.count(twice[0])} times")
    return wanted


def _may_hold_text(schema: Any, name: str, ctx: Context) -> bool:
    """Return whether a column holds records that have a column of text, or such records."""
    import pyarrow as pa

    kinds = [field.type for field in schema if field.name == name]
    for _ in range(2):
        inside = [kind.field(at) for kind in kinds if pa.types.is_struct(kind)
                  for at in range(kind.num_fields)]  # fmt: skip
        if ctx.columns.has_content([field.name for field in inside]):
            return True
        kinds = [field.type for field in inside if ctx.columns.may_nest(field.name)]
    return False


def _records(group: _Group) -> Iterator[dict[str, Any]]:
    """Yield the rows of a group; values of text are bytes, which need not be valid UTF-8."""
    rows = _batch_rows(group.shared, group.number, group.wanted)
    for batch in group.file.iter_batches(rows, [group.number], group.wanted, use_threads=False):
        columns = [_values(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield dict(zip(batch.schema.names, row, strict=True))


def _leaves(file: Any, wanted: Sequence[str]) -> list[str]:
    """Return the paths of the columns of text or bytes in `wanted`, those within lists too."""
    columns = [file.schema.column(number) for number in range(len(file.schema.names))]
    inside = tuple(f"{name}." for name in wanted)
    return [
        column.path
        for column in columns
        if column.physical_type == "BYTE_ARRAY"
        and (column.path in wanted or column.path.startswith(inside))
    ]


def _batch_rows(shared: Any, group: int, wanted: Sequence[str]) -> int:
    """Return how many rows of a row group to take at once.

    The first row, read as a dictionary, comes with all values of the column's dictionary page:
    the longest of them may stand in every row, in a list as often as its rows are long.
    """
    longest = 1
    for batch in shared.iter_batches(1, [group], wanted, use_threads=False):
        longest = max(longest, *map(_longest, batch.columns))
        break
    about = shared.metadata.row_group(group)
    values = max((about.column(n).num_values for n in range(about.num_columns)), default=0)
    each = longest * max(1, -(-values // max(1, about.num_rows)))
    return int(max(1, min(_ROWS, _BATCH_BYTES // each)))


def _longest(column: Any) -> int:
    """Return the bytes of the longest value in the dictionaries of a column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        words = _bytes(column.dictionary)
        if not (pa.types.is_binary(words.type) or pa.types.is_large_binary(words.type)):
            return 1
        return pc.max(pc.binary_length(words)).as_py() or 1
    if pa.types.is_struct(column.type):
        return max(map(_longest, column.flatten()), default=1)
    return _longest(column.values) if _is_list(column.type) else 1


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _open(source: BinaryIO, dictionaries: Sequence[str] = ()) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetFile(
        source,
        read_dictionary=list(dictionaries),
        buffer_size=MIB,
        pre_buffer=False,
        thrift_string_size_limit=16 * MIB,
        thrift_container_size_limit=1_000_000,
    )


def _values(column: Any) -> list[Any]:
    """Return the values of a column; one that Python has no form for (the year 287000) is None."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return list(map(_text, _bytes(column).to_pylist()))
    if _is_list(kind) and pa.types.is_string(kind.value_type):
        rows = column.cast(pa.list_(pa.binary())).to_pylist()
        return [row and list(map(_text, row)) for row in rows]
    if pa.types.is_struct(kind):
        names = [kind.field(at).name for at in range(kind.num_fields)]
        fields = zip(*map(_values, column.flatten()), strict=True) if names else ()
        return [dict(zip(names, row, strict=True)) for row in fields] or [None] * len(column)
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, KeyError):  # of one value, or of a zone nobody knows
        return list(map(_value, column))


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, KeyError):
        return None


def _bytes(column: Any) -> Any:
    """Return a column of text as one of bytes; others as they are."""
    import pyarrow as pa

    if pa.types.is_large_string(column.type):
        return column.cast(pa.large_binary())
    return column.cast(pa.binary()) if pa.types.is_string(column.type) else column


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _size(record: dict[str, Any]) -> int:
    return sum(map(_length, record.values()))


def _length(value: Any) -> int:
    if isinstance(value, list):
        return sum(len(part) for part in value if isinstance(part, (str, bytes)))
    if isinstance(value, dict):
        return _size(value)
    return len(value) if isinstance(value, (str, bytes)) else 0


def _whole(reason: Reason, error: str, source: BinaryIO, place: Place, ctx: Context) -> Problem:
    """Return the problem of a whole file, which is kept up to the limit of files."""
    return whole_file(place.uri, reason, error, source, ctx.limits.kept_bytes)
