"""Sources in, documents and failures out: `read` and the steps every item goes through.

Formats live in their own modules; which reads what is the table `READERS`. Where the output goes
does not belong here.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from io import BufferedReader
from typing import BinaryIO, Final

from pipeline.ingest import (
    archives,
    charset,
    csv_records,
    json_lines,
    json_values,
    mhtml,
    parquet_records,
    plain_files,
    sniff,
    warc_records,
)
from pipeline.ingest.columns import ColumnMap
from pipeline.ingest.items import Budget, Context, Found, Item, Place, Problem, Reader, source_key
from pipeline.ingest.limits import Limits
from pipeline.ingest.reasons import NOT_WHOLE, Reason
from pipeline.ingest.sources import SourceFile, walk
from pipeline.ingest.streams import DECOMPRESSORS, buffered, transcode
from pipeline.records import Document, Failure

#: What a stream holds (`sniff.kind`) -> the generator that reads it.
READERS: Final[dict[str, Reader]] = {
    "empty": plain_files.read_empty,
    "binary": plain_files.read_binary,
    "text": plain_files.read_text,
    "html": plain_files.read_html,
    "feed": plain_files.read_feed,
    "mhtml": mhtml.read,
    "jsonl": json_lines.read,
    "json": json_values.read,
    "csv": csv_records.read,
    "parquet": parquet_records.read,
    "warc": warc_records.read,
}
_SAMPLE: Final = 64 * 1024
_LINE_FORMATS: Final = frozenset(("jsonl", "json", "csv"))


@dataclass(slots=True)
class IngestCounts:
    """What one `read` met. Conservation: items == documents + repeated + failures."""

    files: int = 0
    items: int = 0
    documents: int = 0
    repeated: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    def new(
        self, results: Iterable[Document | Failure], seen: set[bytes]
    ) -> Iterator[Document | Failure]:
        """Yield the failures and the documents not in `seen`, which takes their ids; count."""
        for result in results:
            self.items += 1
            if isinstance(result, Failure):
                self.failures[result.reason] += 1
                yield result
                continue
            identity = bytes.fromhex(result.article_id)
            if identity in seen:
                self.repeated += 1
                continue
            seen.add(identity)
            self.documents += 1
            yield result


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all files of a read."""

    scrape_date: date
    limits: Limits
    columns: ColumnMap


def read(
    sources: Sequence[str],
    *,
    scrape_date: date,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    columns: ColumnMap | None = None,
    base: str | None = None,
    counts: IngestCounts | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Iterator[Document | Failure]:
    """Yield one `Document` or one `Failure` for every item in `sources`; never raise for input.

    `sources` are files or folders, as local paths or URIs (`s3://…`); folders are walked in
    sorted order. `source_uri` is relative to `base`, else to the folder given. A document that
    comes again with the same identity is counted in `counts.repeated` and not yielded: the ids
    seen are remembered, about 100 bytes each. `on_bytes` is called with the bytes of files as
    they are read; its sum comes to `total_bytes(sources)`.
    """
    settings = Settings(scrape_date, limits, columns or ColumnMap.default())
    counts = counts or IngestCounts()
    seen: set[bytes] = set()
    for file in walk(sources, base):
        counts.files += 1
        yield from counts.new(read_file(file, settings, on_bytes), seen)


def read_bytes(
    content: bytes,
    *,
    source_uri: str,
    scrape_date: date,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    columns: ColumnMap | None = None,
    given: Mapping[str, object] | None = None,
) -> Iterator[Document | Failure]:
    """Yield what `content` holds, as if the file or record `source_uri` had come again.

    For bytes kept in quarantine; `given` is what the item's side-car said. A record's identity
    and address are the same as from the whole file.
    """
    file = SourceFile.kept(source_uri, len(content), lambda: io.BytesIO(content), given or {})
    settings = Settings(scrape_date, limits, columns or ColumnMap.default())
    yield from read_file(file, settings)


def article_id(source_key: str, content: bytes) -> str:
    """Return the identity of `content` from a source: 24 hexadecimal digits.

    `source_key` is the URL where the record has one, else the file's path relative to the
    inbox's day without suffixes of compression, and an archive's member after "!". A record's
    position is no part of it: a file that comes again, grown or compressed otherwise, gives the
    same ids.
    """
    return _identity(source_key, hashlib.sha256(content).digest())


def _identity(source_key: str, content_hash: bytes) -> str:
    key = source_key.encode("utf-8", "backslashreplace")
    return hashlib.sha256(key + b"\0" + content_hash).hexdigest()[:24]


def read_file(
    file: SourceFile, settings: Settings, on_bytes: Callable[[int], None] | None = None
) -> Iterator[Document | Failure]:
    """Yield a document or a failure for every item of a file, repeats included."""
    for number, found in enumerate(_read_file(file, settings, on_bytes)):
        at = _again(found, file, number) if file.record else found
        if isinstance(at, Item):
            yield _document(at, settings)
        else:
            yield failure(at, settings)


def _again(found: Found, file: SourceFile, number: int) -> Found:
    """Return what the kept bytes of one record hold with the address of that record.

    What follows a break in a JSON array may hold more: these count on from it.
    """
    locator, _, first = file.record.partition("=")
    uri = f"{file.path}{locator}={int(first) + number}"
    if isinstance(found, Item):
        return replace(found, source_uri=uri)
    return replace(found, source_uri=uri, error=found.error.replace(found.source_uri, uri, 1))


def _read_file(
    file: SourceFile, settings: Settings, on_bytes: Callable[[int], None] | None
) -> Iterator[Found]:
    """Yield what a file holds, at least one item or problem."""
    if file.problem:
        yield Problem(file.path, *file.problem, file.orphan())
        return
    limits = settings.limits
    ctx = Context(limits, settings.columns, Budget(limits, file.size))
    fields = file.fields()
    if isinstance(fields, str):
        error = f"{file.path}: {fields}"
        kept = file.sidecar_bytes(limits.document_bytes)
        yield Problem(f"{file.path}#sidecar", Reason.MALFORMED, error, kept, whole=False)
        fields = {}
    nothing = True
    try:
        with file.open(on_bytes) as stream:
            for found in _read_stream(stream, _place(file, fields), ctx):
                nothing = False
                yield found
        fault = ctx.end_fault()
        if fault:
            known = fault.content if file.size > limits.document_bytes else b""
            kept = known or file.beginning(limits.document_bytes)
            yield Problem(file.path, fault.reason, fault.error, kept, whole=False)
        elif nothing:
            yield Problem(file.path, Reason.EMPTY, f"{file.path}: nothing in it")
    except OSError as error:
        yield Problem(file.path, Reason.UNREADABLE, f"{file.path}: {error.strerror or error}")
    except Exception as error:  # a bug here costs the rest of one file, not the run
        message = f"{file.path}: {type(error).__name__}: {str(error)[:200]}"
        reason = Reason.TOO_LARGE if isinstance(error, MemoryError) else Reason.CRASHED
        yield Problem(file.path, reason, message, file.beginning(limits.document_bytes), fields)


def _place(file: SourceFile, fields: Mapping[str, object]) -> Place:
    name = source_key(file.path.rsplit("/", 1)[-1])  # kept records are unpacked already
    key = "!".join(source_key(part) for part in file.path.split("!"))  # replay names members
    return Place(file.path, key, name, fields)


def _read_stream(source: BinaryIO, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield what a stream holds, whatever it is wrapped in."""
    if ctx.depth > ctx.limits.nesting:
        error = f"{place.uri}: containers nested deeper than {ctx.limits.nesting}"
        yield Problem(place.uri, Reason.TOO_DEEP, error, source.read(ctx.limits.document_bytes))
        return
    stream = _peekable(source, place, ctx)
    head = stream.peek(sniff.HEAD)[: sniff.HEAD]
    kind = sniff.kind(head, place.name, ctx.columns)
    if kind in DECOMPRESSORS:
        suffixes, opener = DECOMPRESSORS[kind]
        ctx.depth += 1
        unpacked = buffered(opener(stream), ctx, place.uri)
        yield from _read_stream(unpacked, place.unpacked(suffixes), ctx)
        ctx.depth -= 1
    elif kind in archives.KINDS:
        yield from archives.read(kind, stream, place, ctx, _read_stream)
    else:
        for found in READERS[kind](_as_utf8(stream, head, kind, place, ctx), place, ctx):
            if place.sidecar and isinstance(found, Problem):
                found = replace(found, given=place.sidecar)
            yield found


def _peekable(source: BinaryIO, place: Place, ctx: Context) -> BufferedReader:
    if isinstance(source, BufferedReader):
        return source
    return buffered(source.read, ctx, place.uri, charged=False)


def _as_utf8(
    stream: BufferedReader, head: bytes, kind: str, place: Place, ctx: Context
) -> BufferedReader:
    wide = charset.wide(head) if kind in _LINE_FORMATS else None
    return buffered(transcode(stream, wide), ctx, place.uri) if wide else stream


def _document(item: Item, settings: Settings) -> Document | Failure:
    content, cap = item.content, settings.limits.document_bytes
    refused = _refused(item, cap)
    decoded = None
    if not refused:
        html = item.media_type == "text/html"
        decoded = charset.decide(content, item.declared_charset, html=html)
    if decoded is None:
        reason, error = refused or (Reason.UNDECODABLE, "no character set decodes it")
        kept = item.record() if item.record else content
        said = item.given if item.record or not item.url else {**item.given, "url": item.url}
        problem = Problem(item.source_uri, reason, f"{item.source_uri}: {error}", kept, said)
        return failure(problem, settings, article_id(item.url or item.source_key, content))
    given = {**item.given, "charset_note": decoded.note} if decoded.note else item.given
    content_hash = hashlib.sha256(decoded.content)
    return Document(
        article_id=_identity(item.url or item.source_key, content_hash.digest()),
        scrape_date=settings.scrape_date,
        source_uri=_printable(item.source_uri),
        media_type=item.media_type or "text/plain",
        content=decoded.content,
        charset=decoded.charset,
        sha256=content_hash.hexdigest(),
        url=item.url,
        scraped_at=item.scraped_at,
        given=given,
    )


def _refused(item: Item, cap: int) -> tuple[Reason, str] | None:
    if len(item.content) > cap:
        return Reason.TOO_LARGE, f"larger than {cap} bytes"
    head = item.content[:_SAMPLE]
    if not item.content.strip(b" \t\r\n\f\v\0\xef\xbb\xbf"):
        return Reason.EMPTY, "there is no text"
    if charset.is_binary(head):
        return Reason.BINARY, "the bytes are no text"
    return None


def failure(problem: Problem, settings: Settings, identity: str | None = None) -> Failure:
    """Return a problem as a failure, its bytes cut to the limit; `identity` as article_id."""
    limits = settings.limits
    cap = limits.kept_bytes + 1 if problem.is_file else limits.document_bytes
    kept = problem.content[:cap]
    whole = problem.whole and problem.reason not in NOT_WHOLE and 0 < len(problem.content) < cap
    return Failure(
        source_uri=_printable(problem.source_uri),
        scrape_date=settings.scrape_date,
        stage="ingest",
        reason=problem.reason.value,
        error=_printable(problem.error),
        content=kept,
        sha256=hashlib.sha256(kept).hexdigest(),
        article_id=identity,
        given={_printable(name): str(value) for name, value in problem.given.items()},
        replayable=whole,
    )


def _printable(text: str) -> str:
    """Return `text` as valid UTF-8: what a file name holds otherwise is written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
