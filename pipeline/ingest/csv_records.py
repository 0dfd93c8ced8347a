"""CSV and TSV with a header line: one record a row, fields of many lines included."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Final

from pipeline.ingest import charset
from pipeline.ingest.items import Context, Found, Place, Problem
from pipeline.ingest.json_lines import from_record, lines
from pipeline.ingest.reasons import Reason

_DELIMITERS: Final = ",;\t|"


class _Lines:
    """The lines of a stream as text, remembering those of the current row."""

    def __init__(self, stream: BufferedReader, ctx: Context) -> None:
        head = stream.peek(1)
        self._charset = _charset_of(head)
        self._source = lines(stream, ctx.limits.record_bytes)
        self._header: list[bytes] = []
        self._kept: list[bytes] = []
        self._size = 0
        self._cap = ctx.limits.document_bytes
        self.too_long = False
        self.row_ends_whole = True

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        _, line, whole = next(self._source)
        self.row_ends_whole = line.endswith(b"\n")
        if self._size < self._cap:
            self._kept.append(line)
        self._size += len(line)
        if not whole:
            self.too_long = True
            return "\n"
        return line.decode(self._charset, "surrogateescape")

    def raw(self) -> bytes:
        """Return the bytes of the current row after those of the header: a file by itself."""
        return b"".join((*self._header, *self._kept))

    def end_header(self) -> None:
        """Take the lines so far for the header."""
        self._header = self._kept

    def start_row(self) -> None:
        """Forget the row so far."""
        self._kept, self._size, self.too_long = [], 0, False


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the items of a CSV file; without a column of text it is one failure as a whole."""
    csv.field_size_limit(ctx.limits.record_bytes)
    first = stream.peek(1).split(b"\n", 1)[0][:10_000].decode("utf-8", "replace")
    source = _Lines(stream, ctx)
    rows = csv.reader(source, delimiter=max(_DELIMITERS, key=first.count))
    header = _header(rows)
    if header is None or not ctx.columns.has_content(header):
        shown = ", ".join(header or ())[:300]
        error = f"{place.uri}: no column for text or HTML in the header: {shown}"
        rest = stream.read(max(0, ctx.limits.document_bytes - len(source.raw())))
        ctx.take_fault()
        yield Problem(place.uri, Reason.WRONG_COLUMNS, error, source.raw() + rest)
        return
    source.end_header()
    yield from _rows(rows, header, source, place, ctx)


def _rows(
    rows: Iterator[list[str]], header: Sequence[str], source: _Lines, place: Place, ctx: Context
) -> Iterator[Found]:
    number = 1
    while True:
        source.start_row()
        number += 1
        uri = place.record(f"row={number}")
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(uri, Reason.MALFORMED, f"{uri}: {error}", source.raw())
            continue
        if row or source.too_long:
            yield _found(row, header, uri, source, place, ctx)


def _found(
    row: list[str], header: Sequence[str], uri: str, source: _Lines, place: Place, ctx: Context
) -> Found:
    if source.too_long:
        error = f"{uri}: line longer than {ctx.limits.record_bytes} bytes"
        return Problem(uri, Reason.TOO_LARGE, error, source.raw())
    fault = None if source.row_ends_whole else ctx.take_fault()
    if fault:
        return Problem(uri, fault.reason, fault.error, source.raw())
    if len(row) > len(header):
        error = f"{uri}: {len(row)} cells, the header has {len(header)}"
        return Problem(uri, Reason.MALFORMED, error, source.raw())
    record = dict(zip(header, row, strict=False))
    missing = dict.fromkeys(header[len(row) :], "")
    return from_record({**record, **missing}, uri, place, ctx, source.raw())


def _header(rows: Iterator[list[str]]) -> list[str] | None:
    try:
        header = next(rows, None)
    except csv.Error:
        return None
    return [name.strip("\ufeff ") for name in header] if header else None


def _charset_of(head: bytes) -> str:
    """Return the set of the whole file by its first bytes; UTF-8 with strays is UTF-8."""
    sample = head[: head.rfind(b"\n") + 1] or head
    decoded = charset.decide(sample)
    if decoded is None or decoded.note or decoded.charset == "utf-8-sig":
        return "utf-8"
    return decoded.charset
