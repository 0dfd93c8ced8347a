"""Parquet: record batches streamed, only the columns that the column map knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Any, BinaryIO, Final

from pipeline.ingest.items import Context, Found, Place, Problem
from pipeline.ingest.json_lines import from_record
from pipeline.ingest.limits import MIB
from pipeline.ingest.reasons import Reason
from pipeline.ingest.streams import bomb, fault_of, seekable

_ROWS: Final = 64
_BATCH_BYTES: Final = 32 * MIB


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the items of a Parquet file; without a column of text it is one failure."""
    with seekable(stream) as source:
        fault = ctx.take_fault()
        if fault:
            kept = source.read(ctx.limits.document_bytes)
            yield Problem(place.uri, fault.reason, fault.error, kept)
        else:
            yield from _rows(source, place, ctx)


def _rows(source: BinaryIO, place: Place, ctx: Context) -> Iterator[Found]:
    number = 0
    try:
        for number, record in enumerate(_records(source, ctx), 1):
            if not ctx.budget.charge(_size(record)):
                fault = bomb(ctx.budget, place.uri)
                yield Problem(place.uri, fault.reason, fault.error)
                return
            yield from_record(record, place.record(f"row={number}"), place, ctx)
    except _Wrong as wrong:
        yield Problem(place.uri, Reason.WRONG_COLUMNS, f"{place.uri}: {wrong}", _kept(source, ctx))
    except Exception as error:  # Arrow raises many kinds for a damaged file
        fault = fault_of(error, place.record(f"row={number + 1}"))
        yield Problem(place.uri, Reason.MALFORMED, fault.error, _kept(source, ctx))
    else:
        if not number:
            yield Problem(place.uri, Reason.EMPTY, f"{place.uri}: no rows", _kept(source, ctx))


class _Wrong(Exception):
    """No column holds text or HTML."""


def _records(source: BinaryIO, ctx: Context) -> Iterator[dict[str, Any]]:
    """Yield the rows; values of text are bytes, which need not be valid UTF-8."""
    file = _open(source)
    names = file.schema_arrow.names
    if not ctx.columns.has_content(names):
        raise _Wrong(f"no column for text or HTML among {', '.join(names)[:300]}")
    roles = ctx.columns.resolve(names)
    wanted = sorted({name for columns in roles.values() for name in columns})
    twice = [name for name in wanted if names.count(name) > 1]
    if twice:
        raise _Wrong(f"the column {twice[0][:100]} is there {names.count(twice[0])} times")
    shared = _open(source, _leaves(file, wanted))
    for group in range(file.num_row_groups):
        rows = _batch_rows(shared, group, wanted)
        for batch in file.iter_batches(rows, [group], wanted, use_threads=False):
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
    return len(value) if isinstance(value, (str, bytes)) else 0


def _kept(source: BinaryIO, ctx: Context) -> bytes:
    source.seek(0)
    return source.read(ctx.limits.document_bytes)
