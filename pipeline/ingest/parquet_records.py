"""Parquet: record batches streamed, only the columns that the column map knows."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import Any, BinaryIO, Final

from pipeline.ingest.items import Context, Found, Place, Problem
from pipeline.ingest.json_lines import from_record
from pipeline.ingest.limits import MIB
from pipeline.ingest.reasons import Reason
from pipeline.ingest.streams import bomb, fault_of, seekable

_BATCH: Final = 16  # rows: a row may be as large as a document may be


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
    import pyarrow.parquet as pq

    file = pq.ParquetFile(
        source,
        buffer_size=MIB,
        pre_buffer=False,
        thrift_string_size_limit=16 * MIB,
        thrift_container_size_limit=1_000_000,
    )
    names = file.schema_arrow.names
    if not ctx.columns.has_content(names):
        raise _Wrong(f"no column for text or HTML among {', '.join(names)[:300]}")
    roles = ctx.columns.resolve(names)
    wanted = sorted({name for columns in roles.values() for name in columns})
    for batch in file.iter_batches(batch_size=_BATCH, columns=wanted, use_threads=False):
        columns = [_values(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield dict(zip(batch.schema.names, row, strict=True))


def _values(column: Any) -> list[Any]:
    """Return a column as Python values; text as bytes, which need not be valid UTF-8."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        column = column.cast(pa.binary())
    elif pa.types.is_large_string(column.type):
        column = column.cast(pa.large_binary())
    else:
        return list(column.to_pylist())
    return [_text(value) for value in column.to_pylist()]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _size(record: dict[str, Any]) -> int:
    return sum(len(value) for value in record.values() if isinstance(value, (str, bytes)))


def _kept(source: BinaryIO, ctx: Context) -> bytes:
    source.seek(0)
    return source.read(ctx.limits.document_bytes)
