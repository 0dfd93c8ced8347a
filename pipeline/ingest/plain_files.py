"""Text and HTML files: one file, one item. Front matter is read here too.

Front matter is not article text: the item's content is the bytes after it, so offsets into the
text never count it; its own bytes are kept in `given["front_matter"]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

from pipeline.ingest import sniff
from pipeline.ingest.columns import GIVEN, ColumnMap, map_charset, map_metadata
from pipeline.ingest.items import Context, Found, Item, Place, Problem
from pipeline.ingest.reasons import Reason

_FENCE: Final = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]{0,20}\r?\n")
_CLOSE: Final = re.compile(rb"^(?:---|\.\.\.)[ \t]{0,20}(?:\r?\n|\Z)", re.MULTILINE)
_PAIR: Final = re.compile(r"([A-Za-z][\w -]{0,40}?)\s{0,5}:(?:\s(.*))?")
_ENTRY: Final = re.compile(r"\s{0,8}-\s(.*)")


def read_text(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the one item of a text file."""
    yield from _read_whole(stream, place, ctx, None)


def read_html(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the one item of an HTML file."""
    yield from _read_whole(stream, place, ctx, "text/html")


def read_binary(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the failure of a file that is no text."""
    content = stream.read(ctx.limits.document_bytes)
    ctx.take_fault()
    what = sniff.foreign(content) or "the bytes are no text"
    yield Problem(place.uri, Reason.BINARY, f"{place.uri}: {what}", content)


def read_feed(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the failure of a feed or a site map: one that lists articles is none."""
    content = stream.read(ctx.limits.document_bytes)
    ctx.take_fault()
    error = f"{place.uri}: a feed or site map; deliver the pages that it lists"
    yield Problem(place.uri, Reason.UNSUPPORTED, error, content)


def read_empty(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the failure of a file without bytes.

    One that could not be opened up is told by whoever has its packed bytes to keep.
    """
    if not ctx.fault:
        yield Problem(place.uri, Reason.EMPTY, f"{place.uri}: the file is empty")


def _read_whole(
    stream: BufferedReader, place: Place, ctx: Context, media_type: str | None
) -> Iterator[Found]:
    cap = ctx.limits.document_bytes
    content = stream.read(cap + 1)
    fault = ctx.take_fault()
    if len(content) > cap:
        error = f"{place.uri}: larger than {cap} bytes"
        yield Problem(place.uri, Reason.TOO_LARGE, error, content[:cap])
    elif fault:
        yield Problem(place.uri, fault.reason, fault.error, content, whole=False)
    else:
        yield _item(content, place, ctx, media_type)


def _item(content: bytes, place: Place, ctx: Context, media_type: str | None) -> Item:
    given: dict[str, str] = {}
    fields: dict[str, Any] = dict(place.sidecar or {})
    if media_type is None:
        media_type = "text/plain"
        split = front_matter(content, ctx.limits.header_bytes, ctx.columns)
        if split:
            found, raw, content = split
            fields = {**found, **fields}
            given["front_matter"] = raw.decode("utf-8", "replace")
    url, scraped_at, mapped = map_metadata(fields, ctx.columns)
    return Item(
        place.uri, place.key, content, media_type,
        declared_charset=map_charset(fields, ctx.columns),
        url=url, scraped_at=scraped_at, given={**mapped, **given},
    )  # fmt: skip


def front_matter(
    content: bytes, limit: int, columns: ColumnMap
) -> tuple[dict[str, Any], bytes, bytes] | None:
    """Return the fields, the raw bytes of the front matter and the bytes after it.

    Front matter opens the file with a line `---` and ends with another; every line between is
    `name: value` or `- entry`, and at least one name is in the column map. Anything else is
    text, and the answer None.
    """
    opening = _FENCE.match(content)
    closing = _CLOSE.search(content, opening.end(), limit) if opening else None
    if not opening or not closing:
        return None
    fields = _fields(content[opening.end() : closing.start()].decode("utf-8", "replace"))
    if not fields or not any(role in (*GIVEN, "url") for role in columns.resolve(list(fields))):
        return None
    return fields, content[: closing.end()], content[closing.end() :]


def _fields(block: str) -> dict[str, Any] | None:
    fields: dict[str, Any] = {}
    last = ""
    for line in block.splitlines():
        pair, entry = _PAIR.fullmatch(line), _ENTRY.fullmatch(line)
        if pair:
            last = pair[1]
            fields[last] = _value(pair[2] or "")
        elif entry and last:
            earlier = fields[last]
            fields[last] = [*(earlier if isinstance(earlier, list) else []), _value(entry[1])]
        elif line.strip():
            return None
    return fields


def _value(text: str) -> Any:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text.startswith("[") and text.endswith("]"):
        return [_value(part) for part in text[1:-1].split(",")]
    return text
