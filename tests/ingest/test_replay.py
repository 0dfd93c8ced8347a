"""Quarantined items are tried again under the circumstances they came in, and only then leave."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import stages
from pipeline.ingest import read_bytes
from pipeline.ingest.columns import ColumnMapError
from pipeline.publish.storage import Storage
from tests.ingest.support import (
    DAY,
    csv_bytes,
    jsonl,
    parquet,
    put,
    read_all,
    tarred,
    warc_record,
    zipped,
)

RECORDS = [{"prosa": f"The text of story {n}.", "wann": "2021-03-02"} for n in range(3)]


def _ingested(folder, *days) -> Storage:
    storage = Storage(str(folder.parent / f"data-{folder.name}"))
    stages.ingest_day(storage, DAY, [str(folder)])
    return storage


def _harm(folder) -> None:
    """Deliver something for every reason that keeps bytes."""
    text = b"A text that is cut in the middle of it. " * 99
    put(folder, "cut.txt.gz", gzip.compress(text)[:-30])
    put(folder, "cut.jsonl.gz", gzip.compress(jsonl(RECORDS))[:-12])
    put(folder, "large.txt", b"words of a large text " * 600_000)
    put(folder, "large.jsonl", b'{"text": "' + b"words " * 7_000_000 + b'"}')
    put(folder, "bad.jsonl", b'{"text"\n{}\n{}\n{"text": " "}\n{"text": "\\u0000\\u0001\\u0002"}\n')
    put(folder, "bad.csv", "url,text\n,Two,too,many\n,\n")
    put(folder, "bad.json", '[{"text": oops}, {"text": "Four."}]')
    put(folder, "bad.parquet", parquet(RECORDS)[:-9])
    rows = pa.table({"text": [f"The text of row {n}." for n in range(30)]})
    pq.write_table(rows, folder / "part.parquet", row_group_size=10, compression="none")
    raw = bytearray((folder / "part.parquet").read_bytes())
    at = pq.read_metadata(folder / "part.parquet").row_group(1).column(0).dictionary_page_offset
    raw[at : at + 12] = b"\xff" * 12
    put(folder, "part.parquet", bytes(raw))
    put(folder, "part.json", '[{"text": "One."}, {"text": oops}, {"text": "Three."}]')
    put(folder, "noise.txt", bytes(range(256)) * 20)
    html = "Content-Type: text/html\r\n"
    page = b"<html><p>This page is gone, and nobody knows where it went.</p></html>"
    records = [
        warc_record(page, http=f"HTTP/1.1 404 Not Found\r\n{html}"),
        warc_record(page, http="HTTP/1.1 200 OK\r\nContent-Type: text/css\r\n"),
        warc_record(page, extra="WARC-Truncated: length\r\n"),
        warc_record(page, http=f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n{html}"),
    ]
    put(folder, "crawl.warc", b"".join(records))
    members = {"../up.txt": b"A text.", "lost.meta.json": b'{"text": "lost"}', "a.txt": b"A text."}
    put(folder, "unsafe.tar", tarred(members))
    put(folder, "unsafe.zip", zipped({**members, "a.meta.yaml": b"text: [unclosed"}))
    put(folder, "lost.meta.json", '{"text": "This is no article."}')


def test_without_a_fix_nothing_changes(tmp_path):
    folder = tmp_path / "in"
    _harm(folder)
    storage = _ingested(folder)
    before = {table: storage.read(table) for table in ("raw_documents", "quarantine")}
    assert len(set(before["quarantine"]["reason"].to_pylist())) >= 10
    stages.replay_day(storage, DAY, None)
    for table, rows in before.items():
        order = [("source_uri", "ascending"), ("sha256", "ascending")]
        assert storage.read(table).sort_by(order).equals(rows.sort_by(order)), table


def test_after_a_fix_it_is_as_if_it_had_been_read_at_once(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    put(folder, "a.jsonl", b"\n" + jsonl(RECORDS) + jsonl(RECORDS))
    put(folder, "b.csv.gz", gzip.compress(csv_bytes(RECORDS)))
    put(folder, "c.json", json.dumps(RECORDS))
    put(folder, "d.parquet", parquet(RECORDS))
    put(folder, "e.zip", zipped({"in/f.jsonl": jsonl(RECORDS[:1])}))
    storage = _ingested(folder)
    assert storage.row_count("raw_documents", DAY) == 0
    assert set(storage.read("quarantine")["reason"].to_pylist()) == {"wrong_columns"}

    columns = put(tmp_path, "columns.yaml", "text: prosa\ndate: [wann, date]\n")
    monkeypatch.setenv("COPYDESK_COLUMNS", str(columns))
    stages.replay_day(storage, DAY, None)
    assert storage.row_count("quarantine", DAY) == 0
    replayed = storage.read("raw_documents").sort_by("article_id")
    assert replayed.num_rows == 13
    at_once = Storage(str(tmp_path / "at_once"))
    stages.ingest_day(at_once, DAY, [str(folder)])
    assert replayed.equals(at_once.read("raw_documents").sort_by("article_id"))


def test_only_the_reason_asked_for_is_tried(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    put(folder, "a.jsonl", jsonl(RECORDS) + b"{broken\n")
    storage = _ingested(folder)
    columns = put(tmp_path, "columns.yaml", "text: [prosa]\n")
    monkeypatch.setenv("COPYDESK_COLUMNS", str(columns))
    stages.replay_day(storage, DAY, "malformed")
    assert storage.row_count("raw_documents", DAY) == 0
    stages.replay_day(storage, DAY, "wrong_columns")
    assert storage.row_count("raw_documents", DAY) == 3
    assert storage.read("quarantine")["source_uri"].to_pylist() == ["a.jsonl#line=4"]


def test_what_a_sidecar_said_is_kept_with_the_bytes(tmp_path):
    put(tmp_path, "a.txt", b"\x89PNG\r\n\x1a\n")
    put(tmp_path, "a.meta.json", '{"url": "https://a.example/1", "title": "Ships"}')
    _, (failure,) = read_all(tmp_path)
    assert failure.given == {"url": "https://a.example/1", "title": "Ships"}
    (document,) = read_bytes(
        b"The text.", source_uri=failure.source_uri, scrape_date=DAY, given=failure.given
    )
    assert document.url == "https://a.example/1"
    assert document.given == {"headline": "Ships"}


def test_a_response_is_kept_with_its_headers(tmp_path):
    record = warc_record(b"", http="HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
    put(tmp_path, "crawl.warc", record)
    _, (failure,) = read_all(tmp_path)
    assert (failure.reason, failure.content) == ("empty", record)
    (again,) = read_bytes(record, source_uri=failure.source_uri, scrape_date=DAY)
    assert (again.source_uri, again.sha256) == (failure.source_uri, failure.sha256)


@pytest.mark.parametrize("content", ["words: art\n", "- text\n", "text: [", "text: 5\n"])
def test_a_column_map_that_cannot_be_used_is_told(tmp_path, monkeypatch, content):
    monkeypatch.setenv("COPYDESK_COLUMNS", str(put(tmp_path, "columns.yaml", content)))
    with pytest.raises(ColumnMapError, match=r"columns\.yaml"):
        stages.ingest_day(Storage(str(tmp_path / "data")), DAY, [str(tmp_path)])
