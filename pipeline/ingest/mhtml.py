"""MHTML: a page saved by a browser with its pictures in one file; its page is the item.

The parts are found by the boundary, in one pass over a bounded file: a general parser of mail
nests as deep as hostile input likes. Mail itself is no page and is read as the text it is.
"""

from __future__ import annotations

import base64
import binascii
import functools
import quopri
import re
from collections.abc import Iterator, Mapping
from io import BufferedReader
from typing import Final

from pipeline.ingest.columns import map_metadata
from pipeline.ingest.items import Context, Found, Item, Place, Problem
from pipeline.ingest.reasons import Reason

_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_FIELD: Final = re.compile(r"([A-Za-z-]{1,60}):[ \t]{0,20}(.*)")
_FOLDED: Final = re.compile(r"\r?\n[ \t]{1,20}")
_BOUNDARY: Final = re.compile(r"boundary=\"?([^\";\r\n]{1,200})")
_CHARSET: Final = re.compile(r"charset=\"?([\w:.-]{2,40})", re.IGNORECASE)
_HEADER_BYTES: Final = 8192


def is_mhtml(head: bytes) -> bool:
    """Return whether a file begins with the header of a saved page."""
    header, _ = _split(head)
    return (
        "mime-version" in header
        and header.get("content-type", "").lower().startswith("multipart/related")
        and _BOUNDARY.search(header["content-type"]) is not None
    )


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the page of a saved page, or why there is none."""
    content = stream.read(ctx.limits.record_bytes + 1)
    kept = content[: ctx.limits.document_bytes]
    fault = ctx.take_fault()
    header, start = _split(content)
    boundary = _BOUNDARY.search(header.get("content-type", ""))
    mark = b"\n--" + (boundary[1].strip() if boundary else "").encode()
    at = content.find(mark, max(0, start - 2))
    while at >= 0:
        begin = at + len(mark)
        at = content.find(mark, begin)
        part = content[begin : at if at >= 0 else None]
        about, body = _split(part.lstrip(b"\r\n"))
        if not about.get("content-type", "").lower().startswith(("text/html", "application/xhtml")):
            continue
        if at < 0:
            yield _cut(place, ctx, kept, fault.error if fault else "")
            return
        page = _decoded(part.lstrip(b"\r\n")[body:], about)
        if page is None:
            break
        yield _item(page, header, about, content, place, ctx)
        return
    error = f"{place.uri}: a saved page without a page that can be read in it"
    yield Problem(place.uri, Reason.MALFORMED, error, kept, whole=len(kept) == len(content))


def _item(
    page: bytes,
    header: Mapping[str, str],
    about: Mapping[str, str],
    content: bytes,
    place: Place,
    ctx: Context,
) -> Item:
    said, scraped_at, given = map_metadata(dict(place.sidecar or {}), ctx.columns)
    url = said or header.get("snapshot-content-location") or about.get("content-location", "")
    charset = _CHARSET.search(about["content-type"])
    return Item(
        place.uri, place.key, page, "text/html",
        declared_charset=charset[1] if charset else None,
        url=url[:4096].strip() if url.startswith(("http:", "https:")) else None,
        scraped_at=scraped_at, given=given,
        record=functools.partial(bytes, content),
    )  # fmt: skip


def _cut(place: Place, ctx: Context, kept: bytes, fault: str) -> Problem:
    if len(kept) == ctx.limits.document_bytes:
        error = f"{place.uri}: its page is larger than {len(kept)} bytes"
        return Problem(place.uri, Reason.TOO_LARGE, error, kept)
    error = fault or f"{place.uri}: the saved page ends in the middle"
    return Problem(place.uri, Reason.TRUNCATED, error, kept, whole=False)


def _split(content: bytes) -> tuple[dict[str, str], int]:
    """Return the fields of the header (names in lower case) and where the body begins."""
    blank = _BLANK_LINE.search(content, 0, _HEADER_BYTES)
    if not blank:
        return {}, 0
    text = _FOLDED.sub(" ", content[: blank.start()].decode("utf-8", "replace"))
    found = map(_FIELD.fullmatch, text.splitlines())
    return {f[1].lower(): f[2] for f in found if f}, blank.end()


def _decoded(body: bytes, about: Mapping[str, str]) -> bytes | None:
    encoding = about.get("content-transfer-encoding", "").strip().lower()
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding == "base64":
        try:
            return base64.b64decode(body)
        except (binascii.Error, ValueError):
            return None
    return body
