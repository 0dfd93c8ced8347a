"""JSONL: one record a line. A bad line is one failure; the next line is read again."""

from __future__ import annotations

import codecs
import functools
import json
import re
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

from pipeline.ingest.columns import ColumnMap, Mapped, flattened, map_record
from pipeline.ingest.items import Context, Fault, Found, Item, Place, Problem
from pipeline.ingest.reasons import Reason
from pipeline.ingest.streams import buffered

_parse: Final = json.JSONDecoder().decode
_AROUND: Final = "\ufeff\x1e, \t\r\n"  # marks and commas that lists and sequences of JSON have
_CR: Final = re.compile(rb"\}[ \t]{0,20}\r(?!\n)")  # lines that end as on old Macs
_DIGITS: Final = 4000  # of an integer, below the limit of Python


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the items of JSONL, one a line; blank lines are none."""
    if _CR.search(stream.peek(1)):
        # No string holds a bare one.
        stream = buffered(functools.partial(_with_newlines, stream), ctx, place.uri, charged=False)
    for number, line, whole in lines(stream, ctx.limits.record_bytes):
        uri = place.record(f"line={number}")
        if not whole:
            error = f"{uri}: line longer than {ctx.limits.record_bytes} bytes"
            yield Problem(uri, Reason.TOO_LARGE, error, line)
        elif ctx.fault and not line.endswith(b"\n"):
            yield _last_of_damaged(line, uri, place, ctx, ctx.fault)
        elif line.removeprefix(codecs.BOM_UTF8).strip():
            yield _record_of_line(line, uri, place, ctx)


def _with_newlines(stream: BufferedReader, count: int) -> bytes:
    return stream.read(count).replace(b"\r", b"\n")


def lines(stream: BufferedReader, limit: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield number (from 1), bytes and whether it is whole of each line.

    Of a line longer than `limit` bytes the first `limit` are given, the rest is skipped.
    """
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        if len(line) <= limit or line.endswith(b"\n"):
            yield number, line, True
            continue
        yield number, line[:limit], False
        while (piece := stream.readline(limit)) and not piece.endswith(b"\n"):
            pass


def _last_of_damaged(line: bytes, uri: str, place: Place, ctx: Context, fault: Fault) -> Found:
    """Return the record before the fault, which ends it or came after it.

    Of a cut file this is all that there is to tell; a damaged one is told by its end as well.
    """
    found = _record_of_line(line, uri, place, ctx)
    if isinstance(found, Item):
        return found
    if fault.reason is Reason.TRUNCATED:
        ctx.take_fault()
    return Problem(uri, fault.reason, fault.error, line, whole=False)


def _record_of_line(line: bytes, uri: str, place: Place, ctx: Context) -> Found:
    text = line.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    try:
        record = _decoded(text)
    except ValueError as error:
        reason = Reason.TRUNCATED if _is_cut(text, error) else Reason.MALFORMED
        return Problem(uri, reason, f"{uri}: {str(error)[:200]}", line)
    except RecursionError:
        return Problem(uri, Reason.TOO_DEEP, f"{uri}: JSON nested too deep", line)
    return from_record(record, uri, place, ctx, line)


def _is_cut(line: str, error: ValueError) -> bool:
    """Return whether a line is the last, which alone has no end, and no whole object either."""
    shown = line.rstrip("\r \t")
    if shown.endswith("\n"):
        return False
    return not shown.endswith("}") or getattr(error, "pos", 0) >= len(shown)


def _decoded(text: str) -> Any:
    try:
        return _parse(text)
    except ValueError as error:
        decode = lenient.decode if is_long_integer(error) else _parse
        bare = text.strip(_AROUND)
        if bare == text.strip(" \t\r\n") and decode is _parse:
            raise
    return decode(bare)


def long_integer(text: str) -> int | str:
    """Return an integer of JSON; one of more digits than Python reads as it is written."""
    return int(text) if len(text) <= _DIGITS else text


#: The decoder for what the usual one, which is faster, refuses for its integers.
lenient: Final = json.JSONDecoder(parse_int=long_integer)


def is_long_integer(error: ValueError) -> bool:
    """Return whether a value was refused for the digits of an integer, not for its JSON."""
    return not isinstance(error, json.JSONDecodeError)


def from_record(
    record: Any,
    uri: str,
    place: Place,
    ctx: Context,
    raw: bytes | None = None,
) -> Found:
    """Return the item of one parsed JSON value; a failure keeps `raw`, else the value as JSON."""
    if not isinstance(record, dict):
        error = f"{uri}: no record but {type(record).__name__}"
        return Problem(uri, Reason.WRONG_COLUMNS, error, _bytes(record, raw))
    if too_deep(record, ctx.limits.json_depth):
        error = f"{uri}: JSON nested deeper than {ctx.limits.json_depth}"
        return Problem(uri, Reason.TOO_DEEP, error, _bytes(record, raw))
    mapped = mapped_record(record, ctx.columns)
    if mapped is None:
        error = f"{uri}: no column for text or HTML among {', '.join(list(record)[:20])[:300]}"
        return Problem(uri, Reason.WRONG_COLUMNS, error, _bytes(record, raw))
    if mapped.content is None:
        return Problem(uri, Reason.EMPTY, f"{uri}: the text is empty", _bytes(record, raw))
    return Item(
        uri, place.key, mapped.content, mapped.media_type,
        declared_charset=mapped.charset,
        url=mapped.url, scraped_at=mapped.scraped_at, given=mapped.given,
        record=functools.partial(_bytes, record, raw),
    )  # fmt: skip


def mapped_record(record: dict[str, Any], columns: ColumnMap) -> Mapped | None:
    """Return `record` read through `columns`, a mapping within it too; None without a column."""
    mapped = map_record(record, columns)
    if mapped is None or mapped.content is None:
        flat = flattened(record, columns)
        return (map_record(flat, columns) if flat else None) or mapped
    return mapped


def too_deep(value: Any, limit: int) -> bool:
    """Return whether a parsed JSON value nests lists and mappings deeper than `limit`.

    The parser gives up at some greater depth that depends on the stack; this does not.
    """
    level = [value]
    for _ in range(limit):
        level = [
            inner for outer in level for inner in _in(outer) if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def _in(outer: Any) -> Any:
    if isinstance(outer, dict):
        return outer.values()
    return outer if isinstance(outer, list) else ()


def _bytes(record: Any, raw: bytes | None) -> bytes:
    if raw is not None:
        return raw
    try:
        return json.dumps(record, default=_text).encode()
    except RecursionError:
        return b""


def _text(value: Any) -> str:
    """Return what JSON has no form for; bytes come back when it is read again."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
