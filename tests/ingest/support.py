"""Builders of deliveries for the tests of ingest: invented texts in every format and wrapping."""

from __future__ import annotations

import bz2
import csv
import datetime as dt
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from pipeline.ingest import IngestCounts, Limits, read
from pipeline.records import Document, Failure

DEFAULT = Limits()
DAY = dt.date(2021, 3, 4)

RECORDS = [
    {
        "url": f"https://harbour.example/story/{number}",
        "title": f"Harbour story {number}",
        "text": f"The ferry left at {number} o’clock.\n\nNobody “saw” it, said Zoë.",
        "author": "Ann Bee",
        "date": "2021-03-02",
    }
    for number in range(3)
]


def jsonl(records: list[dict[str, object]] = RECORDS) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def csv_bytes(records: list[dict[str, object]] = RECORDS, delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(records[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def parquet(records: list[dict[str, object]] = RECORDS) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), out)
    return out.getvalue()


def warc_record(
    body: bytes,
    *,
    url: str = "https://harbour.example/page",
    http: str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n",
    kind: str = "response",
    length: int | None = None,
    extra: str = "",
) -> bytes:
    block = http.encode() + b"\r\n" + body
    header = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:0>\r\n"
        f"WARC-Date: 2021-03-03T04:05:06Z\r\nWARC-Target-URI: {url}\r\n{extra}"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return header.encode() + block + b"\r\n\r\n"


def plain_warc_record(
    body: bytes, *, url: str, kind: str, media_type: str | None, extra: str = ""
) -> bytes:
    """A record that holds its content without HTTP headers."""
    named = f"Content-Type: {media_type}\r\n" if media_type else ""
    header = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:0>\r\n"
        f"WARC-Date: 2021-03-03T04:05:06Z\r\nWARC-Target-URI: {url}\r\n{extra}{named}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return header.encode() + body + b"\r\n\r\n"


def warc() -> bytes:
    pages = (
        warc_record(
            f"<html><body><p>{record['text']}</p></body></html>".encode(), url=str(record["url"])
        )
        for record in RECORDS
    )
    asked = warc_record(b"", kind="request", http="GET /page HTTP/1.1\r\nHost: harbour.example\r\n")
    return asked + b"".join(pages)


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


#: Suffix -> what a file of it holds, and how many documents that is.
FORMATS: dict[str, tuple[bytes, int]] = {
    ".txt": ("Plain words of a “story”.\n".encode(), 1),
    ".html": (b"<!DOCTYPE html><html><body><p>A page.</p></body></html>", 1),
    ".jsonl": (jsonl(), 3),
    ".json": (json.dumps(RECORDS, indent=2).encode(), 3),
    ".csv": (csv_bytes(), 3),
    ".parquet": (parquet(), 3),
    ".warc": (warc(), 3),
}

#: Suffix -> how it wraps the bytes of a file called `name`.
WRAPPINGS: dict[str, Callable[[bytes, str], bytes]] = {
    "": lambda raw, name: raw,
    ".gz": lambda raw, name: gzip.compress(raw),
    ".bz2": lambda raw, name: bz2.compress(raw),
    ".xz": lambda raw, name: lzma.compress(raw),
    ".zst": lambda raw, name: zstandard.compress(raw),
    ".zip": lambda raw, name: zipped({name: raw}),
    ".tar": lambda raw, name: tarred({name: raw}),
    ".tar.gz": lambda raw, name: gzip.compress(tarred({name: raw})),
}


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read_all(
    source: Path | str, limits: Limits = DEFAULT, **options: object
) -> tuple[list[Document], list[Failure]]:
    """Read a source and check what holds for every read, whatever the input."""
    counts = IngestCounts()
    found = list(read([str(source)], scrape_date=DAY, limits=limits, counts=counts, **options))
    documents = [item for item in found if isinstance(item, Document)]
    failures = [item for item in found if isinstance(item, Failure)]
    assert counts.items == len(found) + counts.repeated
    assert counts.documents == len(documents)
    assert counts.failures.total() == len(failures)
    assert len({document.article_id for document in documents}) == len(documents)
    for document in documents:
        document.content.decode(document.charset).encode()
        document.source_uri.encode()
        "".join((document.url or "", *document.given, *document.given.values())).encode()
    for failure in failures:
        assert len(failure.content) <= max(limits.document_bytes, limits.kept_bytes)
        assert failure.stage == "ingest" and failure.reason and failure.error.encode()
    return documents, failures


def reasons(failures: list[Failure]) -> list[str]:
    return [failure.reason for failure in failures]
