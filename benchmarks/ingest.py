"""Reading one large file: documents a second and memory, beside what reads the same file bare.

    python -m benchmarks.ingest [--gigabytes 0.5] [--large 2] [--crawl]

A JSONL and a WARC file of invented articles, seeded, about 4 KB of text each; half of the WARC's
responses are pictures. Copydesk runs its ingest stage: kinds, charsets, identities and quarantine,
raw documents written to Parquet, in two processes. The others only read: a record parsed, its
text taken. Memory must not grow with the file, and no item may be lost: each is counted. The large
JSONL file is read by Copydesk alone.

With --crawl it is a WARC of whole pages instead, 60 to 90 KB of HTML with menus, scripts and
comments, a request before each, pictures, redirects and cut pages between them; Copydesk alone
reads it, and the table is printed, not kept.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks import measure, results

_DAY: Final = date(2021, 3, 4)
_SEED: Final = 20180727
_GIGABYTE: Final = 1 << 30
_PEER: Final = Path(".bench") / "warcio" / "bin" / "python"
_PICTURE: Final = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 16

Row = dict[str, Any]
#: Writes a file of so many bytes and returns how many items it holds; and who reads it.
Format = tuple[Callable[[Path, int], int], tuple[str, ...]]


def run(gigabytes: float, formats: Mapping[str, Format]) -> list[Row]:
    """Return a row for each format and system."""
    rows = []
    for kind, (write, systems) in formats.items():
        with tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch) / f"large.{kind}"
            items = write(source, int(gigabytes * _GIGABYTE))
            for system in systems:
                python = str(_PEER) if system == "warcio" else sys.executable
                if Path(python).exists():
                    rows.append(one(python, system, source, items))
    return rows


def one(python: str, system: str, source: Path, items: int) -> Row:
    """Return the row of one system that reads `source`."""
    with tempfile.TemporaryDirectory(dir=source.parent) as out:
        command = [python, "-m", "benchmarks.ingest", "--work", system, str(source), out]
        usage = measure.run(command)
        came = int(usage.output.strip().rsplit("\n", 1)[-1])
        if system == "copydesk":
            _count(Path(out), items, came)
    return {
        "file": f"{source.suffix[1:]}, {source.stat().st_size / _GIGABYTE:.2g} GB",
        "system": system, "items": items, "articles": came,
        "wall_seconds": usage.wall_seconds, "cpu_seconds": usage.cpu_seconds,
        "items_a_second": items / usage.wall_seconds, "peak_mb": usage.peak_bytes / 2**20,
    }  # fmt: skip


def _count(out: Path, items: int, documents: int) -> None:
    """Stop with an error unless every item became a document or stands in quarantine."""
    from pipeline.publish.storage import Storage

    failed = Storage(str(out)).read("quarantine", columns=["reason"])["reason"].to_pylist()
    lost = items - documents - len(failed)
    if lost:
        raise SystemExit(f"{lost} of {items} items were lost: {Counter(failed)}")


def _articles() -> Iterator[tuple[int, str]]:
    """Yield numbers and invented texts of about 4 KB, no two alike, without end."""
    rng = random.Random(_SEED)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 10))) for _ in range(5_000)]
    paragraphs = [" ".join(rng.choices(words, k=100)).capitalize() + "." for _ in range(5_000)]
    number = 0
    while True:
        number += 1
        yield number, f"Story {number}.\n\n" + "\n\n".join(rng.choices(paragraphs, k=6))


def _write_jsonl(path: Path, size: int) -> int:
    with path.open("w", encoding="utf-8") as out:
        for number, text in _articles():
            row = {"url": f"https://a.example/{number}", "title": f"Story {number}", "text": text}
            out.write(json.dumps(row) + "\n")
            if out.tell() >= size:
                return number
    raise AssertionError("unreachable")


def _write_warc(path: Path, size: int) -> int:
    with path.open("wb") as out:
        for number, text in _articles():
            page = f"<html><title>Story {number}</title><body><p>{text}</p></body></html>".encode()
            out.write(_response(f"https://a.example/{number}", "text/html; charset=utf-8", page))
            out.write(_response(f"https://a.example/{number}.png", "image/png", _PICTURE))
            if out.tell() >= size:
                return 2 * number
    raise AssertionError("unreachable")


def _write_crawl(path: Path, size: int) -> int:
    rng = random.Random(_SEED)
    items = 0
    furniture = [_furniture(text, number) for number, text in islice(_articles(), 2_000)]
    with path.open("wb") as out:
        for number, text in _articles():
            url = f"https://a.example/{number}"
            page = _page(number, text, rng.choices(furniture, k=rng.randint(12, 16)))
            out.write(_record("request", url, f"GET /{number} HTTP/1.1\r\n\r\n".encode()))
            out.write(_response(url, "text/html; charset=utf-8", page))
            items += 1
            if number % 3 == 0:
                out.write(_response(f"{url}.png", "image/png", _PICTURE))
                items += 1
            if number % 10 == 0:
                moved = b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n"
                out.write(_record("response", f"{url}/", moved))
                items += 1
            if number % 100 == 0:
                cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + page[:2_000]
                out.write(_record("response", f"{url}?", cut))
                items += 1
            if out.tell() >= size:
                return items
    raise AssertionError("unreachable")


def _furniture(text: str, number: int) -> str:
    """Return about 5 KB of a page that are no article: links, a script, a comment."""
    words = text.split()
    links = "".join(
        f'<li class="item-{at}"><a href="/{number}/{word}?ref=menu">{word} {words[at + 1]}</a></li>'
        for at, word in enumerate(words[:30])
    )
    state = json.dumps({"id": number, "seen": words[30:130], "token": "".join(words[130:190])})
    comment = " ".join(words[200:300])
    return (
        f'<nav><ul class="menu">{links}</ul></nav><script>window.state = {state};</script>'
        f'<div class="comment" id="c{number}"><p>{comment}</p></div>'
    )


def _page(number: int, text: str, furniture: Sequence[str]) -> bytes:
    paragraphs = "".join(f"<p>{part}</p>\n" for part in text.split("\n\n"))
    half = len(furniture) // 2
    return (
        f"<!DOCTYPE html>\n<html><head><title>Story {number}</title></head><body>\n"
        f"{''.join(furniture[:half])}<article><h1>Story {number}</h1>{paragraphs}</article>"
        f"{''.join(furniture[half:])}</body></html>"
    ).encode()


def _response(url: str, media_type: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n\r\n"
    return _record("response", url, head.encode() + body)


def _record(kind: str, url: str, block: bytes) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2021-03-03T04:05:06Z\r\nWARC-Record-ID: <urn:uuid:0>\r\n"
        f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


# What is measured, each in a process of its own


def _copydesk(source: str, out: str) -> int:
    from pipeline.engine.early import start_early
    from pipeline.publish.storage import Storage
    from pipeline.stages import ingest_day

    start_early("pipeline.warm_up")
    return ingest_day(Storage(out), _DAY, [source]).counts["documents"]


def _json(source: str, out: str) -> int:
    with Path(source).open(encoding="utf-8") as lines:
        return sum(1 for line in lines if json.loads(line)["text"])


def _pandas(source: str, out: str) -> int:
    import pandas as pd

    return sum(len(chunk["text"]) for chunk in pd.read_json(source, lines=True, chunksize=1_000))


def _duckdb(source: str, out: str) -> int:
    import duckdb

    copied = duckdb.execute(f"COPY (FROM read_json('{source}')) TO '{out}/all.parquet'")
    return int(copied.fetchall()[0][0])


def _fastwarc(source: str, out: str) -> int:
    from fastwarc.warc import ArchiveIterator

    with Path(source).open("rb") as stream:
        records = ArchiveIterator(stream, parse_http=True)
        pages = (r for r in records if r.http_content_type == "text/html")
        return sum(1 for record in pages if record.reader.read().decode())


def _warcio(source: str, out: str) -> int:
    from warcio.archiveiterator import ArchiveIterator

    with Path(source).open("rb") as stream:
        records = (record for record in ArchiveIterator(stream) if record.http_headers)
        pages = (r for r in records if r.http_headers["Content-Type"].startswith("text/html"))
        return sum(1 for record in pages if record.content_stream().read().decode())


SYSTEMS: Final[dict[str, Callable[[str, str], int]]] = {
    "copydesk": _copydesk, "json": _json, "pandas in chunks": _pandas, "duckdb to Parquet": _duckdb,
    "fastwarc": _fastwarc, "warcio": _warcio,
}  # fmt: skip
FORMATS: Final[dict[str, Format]] = {
    "jsonl": (_write_jsonl, ("copydesk", "json", "pandas in chunks", "duckdb to Parquet")),
    "warc": (_write_warc, ("copydesk", "fastwarc", "warcio")),
}
LARGE: Final[dict[str, Format]] = {"jsonl": (_write_jsonl, ("copydesk",))}
CRAWL: Final[dict[str, Format]] = {"warc": (_write_crawl, ("copydesk",))}


def main() -> None:
    """Measure, print the table and write the results; or do the work of one system."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=0.5)
    parser.add_argument("--large", type=float, default=2, help="gigabytes of the large file")
    parser.add_argument("--crawl", action="store_true", help="read a crawl of whole pages")
    parser.add_argument("--work", nargs=3, metavar=("SYSTEM", "SOURCE", "OUT"))
    options = parser.parse_args()
    if options.work:
        system, source, out = options.work
        print(SYSTEMS[system](source, out))
        return
    if options.crawl:
        print(results.table(run(options.gigabytes, CRAWL)))
        return
    note = (
        "Only Copydesk and DuckDB write what they read; Copydesk keeps each picture too. Memory is "
        "of all processes together. On a busy machine compare processor time, not the clock's."
    )
    rows = run(options.gigabytes, FORMATS) + run(options.large, LARGE)
    results.save("ingest", "Reading one large file", rows, note)


if __name__ == "__main__":
    main()
