"""WARC: responses, resources and conversions (WET), the body of a response as it was sent.

Requests, metadata and revisits are no items. A record that is no page (an error, a redirect, a
picture) is a failure like any other item that cannot become an article. A record whose length
is said too long swallows the next ones: it is a failure, and these are read again. Whatever breaks
a record, reading goes on where the next one begins.
"""

from __future__ import annotations

import functools
import io
import re
import sys
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, Final, cast

from pipeline.ingest import charset
from pipeline.ingest.columns import looks_like_html, parse_time, plain
from pipeline.ingest.items import Context, Found, Item, Place, Problem
from pipeline.ingest.limits import Limits
from pipeline.ingest.reasons import Reason
from pipeline.ingest.streams import CHUNK

_PAGES: Final = frozenset(("text/html", "application/xhtml+xml", "text/plain", "", "text/*"))
_SAMPLE: Final = 4096
#: Types of records that hold something, and those that tell of it.
_ITEMS: Final = frozenset(("response", "resource", "conversion", "continuation"))
_TYPES: Final = _ITEMS | frozenset(("request", "metadata", "warcinfo", "revisit"))
#: What crawlers write of themselves or of a page: logs, pictures and texts of it (wget, brozzler,
#: Browsertrix).
_OWN: Final = re.compile(
    r"<?(?:metadata|screenshot|thumbnail|dns|urn:(?:pageinfo|view|thumbnail|fullPage|text|logs)):",
    re.IGNORECASE,
)
_HTTP: Final = "application/http"
_HTML: Final = frozenset(("text/html", "application/xhtml+xml"))


#: What stands after a record that ends where it says: padding, and a record or nothing.
_BEGINS: Final = re.compile(rb"\s*(WARC/[01]\.|\Z)")
_PEEK: Final = 64
_NEXT: Final = re.compile(rb"(?<!/)WARC/(?:1\.[01]|0\.1[78])\r?\n(?i:WARC|Content)-")
_NEXT_BYTES: Final = 64  # that one of these may take
_FAR: Final = 1 << 50
_NO_RECORD: Final = "what follows the record before is none"
_SWALLOWS: Final = "its length is so long that another record begins within it"
_CHARSET: Final = re.compile(r"charset\s{0,5}=\s{0,5}[\"']?([\w:.-]{2,40})", re.IGNORECASE)
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_HELD: Final = 3  # times the largest document, that may be read again
_AGAIN: Final = 64  # times the same, that are read again of one stream,
_CREDIT: Final = 4  # and so many times what is read of it


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the items of an uncompressed WARC stream."""
    number = 0
    for part in _Crawl(_Held(stream, ctx.limits)):
        number += 1
        uri = place.record(f"record={number}")
        if part.problem:
            fault = ctx.take_fault() if part.is_last else None
            reason = fault.reason if fault else Reason.MALFORMED
            error = f"{uri}: {fault.error if fault else part.problem}"
            yield Problem(uri, reason, error, part.body, whole=False)
        else:
            yield _found(part.record, part.body, uri, place, ctx)
    if not number and not ctx.fault:
        yield Problem(place.uri, Reason.EMPTY, f"{place.uri}: no records of pages or texts")


@dataclass(frozen=True, slots=True)
class _Part:
    """A record that holds something, its body up to the limit and one byte; or a problem."""

    body: bytes
    record: Any = None
    problem: str = ""
    is_last: bool = False


class _Held:
    """A stream that holds what was read last, so that it can go back to a place in it."""

    def __init__(self, stream: BufferedReader, limits: Limits) -> None:
        self.limits = limits
        self.cap = cap = limits.document_bytes
        self._stream = stream
        self._start = stream.tell() if stream.seekable() else None
        self._ahead = io.BytesIO()
        self._held = bytearray()
        self._base = 0
        self._again = _AGAIN * cap

    def read(self, count: int = -1) -> bytes:
        """Return up to `count` bytes."""
        piece = self._ahead.read(count)
        if not piece:
            piece = self._stream.read(count)
            self._again += _CREDIT * len(piece)
        self._held += piece
        if len(self._held) > _HELD * self.cap + len(piece):
            self.forget(self._base + len(self._held) - _HELD * self.cap)
        return piece

    def tell(self) -> int:
        """Return the place in the stream."""
        return self._base + len(self._held)

    def forget(self, place: int) -> None:
        """Hold nothing of what is before `place`."""
        if place > self._base:
            del self._held[: place - self._base]
            self._base = place

    def end_of(self, begin: int, length: str | None) -> int:
        """Return the place after the record at `begin`: without a length one never reached.

        After one whose length is no number nothing is known but its header.
        """
        header = _BLANK_LINE.search(self._held, max(0, begin - self._base))
        said = (length or "").strip()
        if not header or not said:
            return sys.maxsize
        known = said.isdecimal() and len(said) < 16
        return self._base + header.end() + (int(said) if known else 0)

    def between(self, begin: int, end: int) -> bytes:
        """Return what is held from `begin` to `end`, up to the limit, but padding."""
        held = self._held[max(0, begin - self._base) : max(0, end - self._base)]
        return bytes(held).strip(b"\r\n\t \0")[: self.cap]

    def is_cut(self, begin: int) -> bool:
        """Return whether another record begins within the header of the one at `begin`."""
        at = max(0, begin - self._base)
        header = _BLANK_LINE.search(self._held, at)
        return bool(header and _NEXT.search(self._held, at + 1, header.start()))

    def has_next(self, begin: int, end: int) -> bool:
        """Return whether another record begins within the one from `begin` to `end`.

        A page may print such a beginning: where the end is borne out, it belongs to the page.
        """
        if begin < self._base or (end <= self.tell() and self.is_end(end)):
            return False
        # Without a length it goes as far as the next one.
        found = _NEXT.search(self._held, begin - self._base + 1, end - self._base)
        return found is not None and not self.is_end(end)

    def is_end(self, place: int) -> bool:
        """Return whether `place` is followed by a record or by nothing, as far as can be seen."""
        if place > self.tell():
            return self._is_far_end(place)
        after = bytes(self._held[place - self._base :][:_PEEK])
        if len(after) < _PEEK:
            after += self._peek()
        return _BEGINS.match(after) is not None

    def _peek(self) -> bytes:
        """Return what comes next, less than asked for only at the end of the stream."""
        at = self._ahead.tell()
        ahead = bytes(self._ahead.getbuffer()[at : at + _PEEK])
        if len(ahead) < _PEEK and (piece := self._stream.read(_PEEK)):
            self._again += _CREDIT * len(piece)
            ahead += piece
            self._ahead = io.BytesIO(ahead)
        return ahead

    def _is_far_end(self, place: int) -> bool:
        """Return the same of a place ahead, which a file allows to look at and a pipe does not."""
        if self._start is None or place > _FAR:
            return False
        here = self._stream.tell()
        self._stream.seek(self._start + place - 1)
        after = self._stream.read(1 + _PEEK)
        self._stream.seek(here)
        return bool(after) and _BEGINS.match(after[1:]) is not None

    def until_next(self, begin: int) -> bytes:
        """Return what is held from `begin` to the next record, up to the limit."""
        found = _NEXT.search(self._held, begin - self._base + 1)
        return bytes(self._held[begin - self._base : found.start() if found else None])[: self.cap]

    def back(self, begin: int) -> bool:
        """Go back to the next record in what follows the one at `begin`; False if it cannot be."""
        found = _NEXT.search(self._held, begin - self._base + 1) if begin >= self._base else None
        if not found or self._again < 0:
            return False
        self._back_to(self._base + found.start())
        return True

    def _back_to(self, place: int) -> None:
        rest = bytes(self._held[place - self._base :])
        ahead = rest + self._ahead.read()
        self._again -= len(ahead) // 4  # most of that is only moved
        self._ahead = io.BytesIO(ahead)
        del self._held[place - self._base :]

    def pass_over(self, end: int) -> bool:
        """Go to the end of a record that is larger than the limit; False if it is none.

        Then the stream is where the next record begins, or at its own end.
        """
        borne_out = end > self.tell() and self.is_end(end)
        at = max(self._base, self.tell() - _NEXT_BYTES)
        while True:
            stop = min(end, self.tell()) - self._base
            found = None if borne_out else _NEXT.search(self._held, at - self._base, stop)
            if found:
                self._back_to(self._base + found.start())
                return False
            if end <= self.tell():
                self._back_to(end)
                return True
            at = max(self._base, self.tell() - _NEXT_BYTES)
            if not self.read(CHUNK):
                return False

    def to_next(self, begin: int) -> tuple[bytes, int, bool]:
        """Go to the first record that begins after `begin`, or to the end.

        Returns what is between, up to the limit and but padding, its size, and whether there is
        a record.
        """
        begin = min(max(self._base, begin), self.tell())
        at, kept = begin + 1, b""
        while True:
            hopeless = self._again < 0
            found = None if hopeless else _NEXT.search(self._held, max(0, at - self._base))
            place = self._base + found.start() if found else self.tell()
            if len(kept) < self.cap:
                kept = bytes(self._held[begin - self._base : place - self._base][: self.cap])
            if found:
                self._back_to(place)
            elif self.read(CHUNK):
                at = max(begin + 1, place - _NEXT_BYTES)
                continue
            return kept.strip(b"\r\n\t \0"), place - begin, found is not None


class _Crawl:
    """The records of a WARC that hold something, and what lies there that is no record."""

    def __init__(self, stream: _Held) -> None:
        self._stream = stream
        self._end = 0  # of the last record

    def __iter__(self) -> Iterator[_Part]:
        goes_on = True
        while goes_on:
            error = _NO_RECORD
            try:
                if (yield from self._records()):
                    continue
            except BaseException as raised:  # a panic of the library is no Exception
                if isinstance(raised, (KeyboardInterrupt, SystemExit, GeneratorExit)):
                    raise
                error = str(raised)[:200]
            kept, size, goes_on = self._stream.to_next(self._end)
            self._end = self._stream.tell()
            if kept:
                yield _Part(kept, problem=f"{error} ({size} bytes)", is_last=not goes_on)

    def _records(self) -> Generator[_Part, None, bool]:
        """Yield what the library finds; return whether to begin again where the stream is.

        A record that holds the beginning of another comes with what is before that, headers
        included.
        """
        from fastwarc.warc import ArchiveIterator, WarcRecordType

        stream, cap = self._stream, self._stream.cap
        # The lenient mode finds the next record after one whose length is said too short.
        for record in ArchiveIterator(
            cast(Any, stream),  # it only reads and tells
            record_types=WarcRecordType.any_type,
            parse_http=True,
            quirks_mode=True,
            auto_decode="none",
            max_header_len=stream.limits.header_bytes,
            stream_detect=False,
        ):
            begin = record.stream_pos
            if gap := stream.between(self._end, begin):
                yield _Part(gap, problem=_NO_RECORD)
            stream.forget(begin)
            if stream.is_cut(begin) and stream.back(begin):
                yield _Part(stream.between(begin, stream.tell()), problem=_NO_RECORD)
                return self._goes_on()
            # Of a damaged header the library may take no length: then what follows is a gap.
            http = record.http_headers
            nothing = not record.content_length and (http is None or http.status_code is None)
            said, kind = record.headers.get("Content-Length"), _kind(record)
            end = stream.end_of(begin, said)
            # A request, though, seldom has a body.
            if nothing and not (kind == "request" and stream.is_end(end)):
                end = stream.end_of(begin, "0")
            self._end = end
            body = record.reader.read(cap + 1)
            if stream.has_next(begin, end):
                yield _Part(stream.until_next(begin), problem=_SWALLOWS)
                if stream.back(begin):
                    return self._goes_on()
            if len(body) > cap:
                whole = stream.pass_over(end)
                size = stream.tell() - begin
                if not whole:
                    error = f"{size} bytes of it came before the next record or the end"
                    yield _Part(_written(record.headers, record.http_headers, body), None, error)
                elif kind in _ITEMS:
                    yield _Part(body, record)
                return self._goes_on()
            if not kind:
                written = _written(record.headers, record.http_headers, body)
                yield _Part(written, problem="a record of a type that no standard knows")
            elif kind in _ITEMS:
                yield _Part(body, record)
        return False

    def _goes_on(self) -> bool:
        self._end = self._stream.tell()
        return True


def _kind(record: Any) -> str:
    """Return the type of a record, "" for one that no standard knows."""
    known = str(record.record_type)
    if known in _TYPES:
        return known
    # The library knows a type only where its name is written as usual.
    written = (record.headers.get("WARC-Type") or "").strip().lower()
    return written if written in _TYPES else ""


def _found(record: Any, body: bytes, uri: str, place: Place, ctx: Context) -> Found:
    cap = ctx.limits.document_bytes
    if len(body) > cap:
        return Problem(uri, Reason.TOO_LARGE, f"{uri}: larger than {cap} bytes", body[:cap])
    kept = functools.partial(_written, record.headers, record.http_headers, body)
    problem = _damage(record, body, ctx) or _no_page(record)
    if problem:
        return Problem(uri, problem[0], f"{uri}: {problem[1]}", kept())
    content = _decoded(body, record.http_headers, cap)
    if content is None:
        return Problem(uri, Reason.MALFORMED, f"{uri}: the body's encoding is damaged", kept())
    if len(content) > cap:
        return Problem(uri, Reason.TOO_LARGE, f"{uri}: unpacks to more than {cap} bytes", kept())
    url = _url(record)
    named, declared = _content_type(record)
    return Item(
        uri, place.key, content,
        "text/html" if named in _HTML or (not named and _is_page(record, content)) else None,
        declared_charset=declared,
        url=url.strip("<>") if url else None,
        scraped_at=parse_time(record.headers.get("WARC-Date")),
        record=kept,
    )  # fmt: skip


def _url(record: Any) -> str | None:
    return plain(record.headers.get("WARC-Target-URI"), 4096)


def _content_type(record: Any) -> tuple[str, str | None]:
    """Return media type and character set of what a record holds, "" and None if not stated."""
    if record.http_headers:
        return (record.http_content_type or "").lower(), record.http_charset
    named, _, parameters = (record.headers.get("Content-Type") or "").partition(";")
    charset_named = _CHARSET.search(parameters[:200])
    return named.strip().lower(), charset_named[1] if charset_named else None


def _is_page(record: Any, content: bytes) -> bool:
    """Return whether what nobody named is HTML: what a server sent is taken for it."""
    return bool(record.http_headers) or looks_like_html(content)


def _written(headers: Any, http_headers: Any, body: bytes) -> bytes:
    """Return a record as a WARC file by itself, so that its headers are kept with its body."""
    block = io.BytesIO()
    if http_headers:
        http_headers.write(block)
    block.write(body)
    headers.set("Content-Length", str(block.tell()))
    out = io.BytesIO()
    headers.write(out)
    return out.getvalue() + block.getvalue() + b"\r\n\r\n"


def _damage(record: Any, body: bytes, ctx: Context) -> tuple[Reason, str] | None:
    fault = ctx.fault
    if len(body) < record.content_length:
        ctx.take_fault()
        if fault:
            return fault.reason, fault.error
        return Reason.TRUNCATED, f"{len(body)} of {record.content_length} bytes"
    announced = _announced(record.http_headers)
    if announced > len(body):
        return Reason.TRUNCATED, f"{len(body)} of the {announced} bytes that the server announced"
    cut = record.headers.get("WARC-Truncated")
    return (Reason.TRUNCATED, f"cut by the crawler: {plain(cut)}") if cut else None


def _announced(headers: Any) -> int:
    """Return the Content-Length of a body that is stored as it was sent; 0 if unknown."""
    if not headers or headers.get("Content-Encoding") or headers.get("Transfer-Encoding"):
        return 0
    length = (headers.get("Content-Length") or "").strip()
    return int(length) if length.isdecimal() and len(length) < 16 else 0


def _no_page(record: Any) -> tuple[Reason, str] | None:
    if _kind(record) == "continuation" or record.headers.get("WARC-Segment-Number"):
        return Reason.UNSUPPORTED, "a record in segments; join them and deliver it again"
    named, _ = _content_type(record)
    url = _url(record)
    if url and not record.http_headers and _OWN.match(url):
        return Reason.MEDIA_TYPE, f"the crawler's own record {url[:80]}"
    if record.http_headers or named == _HTTP:
        status = record.http_headers.status_code if record.http_headers else None
        if status is None:
            return Reason.MALFORMED, "no HTTP response"
        if status != 200:
            return Reason.ERROR_PAGE, f"HTTP status {status}"
    if named not in _PAGES:
        what = "the server" if record.http_headers else "the crawl"
        return Reason.MEDIA_TYPE, f"{what} calls it {plain(named)}"
    return None


def _decoded(body: bytes, headers: Any, cap: int) -> bytes | None:
    """Return the body without transfer and content encoding; None if these are damaged.

    Crawlers often store the decoded body under the headers as sent, so a body that does not
    begin like its encoding is taken as it is.
    """
    if not headers:
        return body
    if (headers.get("Transfer-Encoding") or "").strip().lower() == "chunked":
        body = _unchunked(body)
    encoding = (headers.get("Content-Encoding") or "").strip().lower()
    if encoding in ("gzip", "x-gzip") and body.startswith(b"\x1f\x8b"):
        return _inflated(body, 31, cap)
    if encoding == "deflate":
        return _inflated(body, 15, cap) or _inflated(body, -15, cap) or body
    if encoding in ("br", "zstd"):
        return _unpacked(body, "brotli" if encoding == "br" else "zstd", cap)
    return body


def _inflated(body: bytes, wbits: int, cap: int) -> bytes | None:
    inflater = zlib.decompressobj(wbits)
    try:
        content = inflater.decompress(body, cap + 1)
    except zlib.error:
        return None
    return content if inflater.eof or len(content) > cap else None


def _unpacked(body: bytes, codec: str, cap: int) -> bytes | None:
    """Return a body that Arrow can unpack; one that is stored decoded (text) as it is."""
    import pyarrow as pa

    try:
        with pa.input_stream(pa.py_buffer(body), compression=codec) as source:
            content: bytes = source.read(cap + 1)
    except OSError:
        return None if charset.is_binary(body[:_SAMPLE]) else body
    return content


def _unchunked(body: bytes) -> bytes:
    """Return the joined chunks, or `body` where it is not chunked after all."""
    parts: list[bytes] = []
    at = 0
    while True:
        end = body.find(b"\r\n", at, at + 100)
        size = body[at:end].split(b";")[0].strip() if end >= 0 else b""
        try:
            count = int(size, 16)
        except ValueError:
            return body
        if count == 0:
            return b"".join(parts)
        if count < 0 or end + 2 + count > len(body):
            return body
        parts.append(body[end + 2 : end + 2 + count])
        at = end + 2 + count + 2
