"""The same bytes from the same source are the same article, whichever batch brings them."""

from __future__ import annotations

import datetime as dt
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest import IngestCounts, article_id, listing, read, read_bytes, total_bytes
from tests.ingest.support import DAY, RECORDS, jsonl, put, read_all, zipped

BARE = [{"text": f"A text without an address, number {number}."} for number in range(4)]


def ids(source, **options):
    return [document.article_id for document in read_all(source, **options)[0]]


def test_a_file_that_comes_again_gives_the_same_ids(tmp_path):
    first, second = tmp_path / "2021-03-04", tmp_path / "2021-03-05"
    put(first, "paper/day.jsonl", jsonl(BARE[:2]))
    put(second, "paper/day.jsonl", jsonl(list(reversed(BARE))))
    assert set(ids(first)) < set(ids(second))
    assert set(ids(first, base=str(first))) < set(ids(second, base=str(second)))


def test_compression_is_no_part_of_identity(tmp_path):
    put(tmp_path / "a", "day.jsonl", jsonl(BARE))
    put(tmp_path / "b", "day.jsonl.gz", gzip.compress(jsonl(BARE)))
    assert ids(tmp_path / "a") == ids(tmp_path / "b")


def test_the_url_is_the_source_where_there_is_one(tmp_path):
    put(tmp_path, "a.jsonl", jsonl(RECORDS))
    put(tmp_path, "b.jsonl", jsonl(RECORDS))
    documents, _ = read_all(tmp_path)
    assert len(documents) == len(RECORDS)


def test_the_same_text_from_two_sources_is_two_documents(tmp_path):
    put(tmp_path, "a.txt", "One text.")
    put(tmp_path, "b.txt", "One text.")
    put(tmp_path, "c.zip", zipped({"a.txt": b"One text.", "b.txt": b"One text."}))
    assert len(set(ids(tmp_path))) == 4


def test_repeats_in_one_read_are_counted(tmp_path):
    put(tmp_path, "day.jsonl", jsonl(BARE + BARE[:3]))
    counts = IngestCounts()
    documents = list(read([str(tmp_path)], scrape_date=DAY, counts=counts))
    assert len(documents) == 4
    assert (counts.items, counts.documents, counts.repeated) == (7, 4, 3)


def test_the_day_of_the_scrape_is_no_part_of_identity(tmp_path):
    put(tmp_path, "a.txt", "One text.")
    (one,) = read([str(tmp_path)], scrape_date=DAY)
    (other,) = read([str(tmp_path / "a.txt")], scrape_date=DAY + dt.timedelta(9))
    assert one.article_id == other.article_id


@given(st.binary(max_size=50), st.binary(max_size=50), st.text(max_size=9), st.text(max_size=9))
def test_identity_tells_sources_and_bytes_apart(one, other, source, another):
    same = article_id(source, one) == article_id(another, other)
    assert same == ((source, one) == (another, other))
    assert len(bytes.fromhex(article_id(source, one))) == 12


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6), st.randoms())
def test_order_and_batch_do_not_change_ids(texts, random):
    lines = [b'{"text": ' + json.dumps(text).encode() + b"}\n" for text in texts]
    shuffled = random.sample(lines, len(lines))
    whole = _ids(b"".join(lines))
    assert set(whole) == set(_ids(b"".join(shuffled)))
    assert set(whole) == {found for line in lines for found in _ids(line)}


def _ids(content):
    found = read_bytes(content, source_uri="day.jsonl#line=7", scrape_date=DAY)
    return [item.article_id for item in found]


@pytest.mark.parametrize("broken", [b"", b"{\n", jsonl([{"a": 1}])])
def test_what_was_in_quarantine_reads_to_the_same_identity(tmp_path, broken):
    put(tmp_path, "day.zip", zipped({"a#1.jsonl.gz": gzip.compress(broken + jsonl(BARE[:1]))}))
    (document,), _ = read_all(tmp_path)
    line = jsonl(BARE[:1])
    (again,) = read_bytes(line, source_uri=document.source_uri, scrape_date=DAY)
    assert again.article_id == document.article_id


def test_source_uri_is_relative_to_the_base(tmp_path):
    put(tmp_path, "2021-03-04/paper/a.txt", "One text.")
    inbox, day = str(tmp_path), str(tmp_path / "2021-03-04")
    for sources, base, expected in (
        (day, None, "paper/a.txt"),
        (day, inbox, "2021-03-04/paper/a.txt"),
        (f"{day}/paper/a.txt", day, "paper/a.txt"),
        (f"{day}/paper/a.txt", None, "a.txt"),
        (f"file://{day}", day, "paper/a.txt"),
    ):
        (document,) = read([sources], scrape_date=DAY, base=base)
        assert document.source_uri == expected


def test_folders_are_walked_in_order_and_litter_is_passed_over(tmp_path):
    for name in ("b/z.txt", "b/a.txt", "a.txt", "c.txt", ".hidden", "d.txt.part", "b/_SUCCESS"):
        put(tmp_path, name, f"Text {name}.")
    documents, failures = read_all(tmp_path)
    assert [document.source_uri for document in documents] == [
        "a.txt",
        "b/a.txt",
        "b/z.txt",
        "c.txt",
    ]
    assert failures == []


def test_progress_comes_to_the_size_of_the_files(tmp_path):
    put(tmp_path, "a.jsonl.gz", gzip.compress(jsonl(BARE * 50)))
    put(tmp_path, "b.txt", "x" * 700_000)
    put(tmp_path, "c.zip", zipped({"a.txt": b"One text.", "b.txt": b"Another."}))
    steps: list[int] = []
    list(read([str(tmp_path)], scrape_date=DAY, on_bytes=steps.append))
    assert sum(steps) == total_bytes([str(tmp_path)])
    assert sum(size for _, size, _ in listing([str(tmp_path)])) == sum(steps)
    assert [path for path, _, _ in listing([str(tmp_path)])] == ["a.jsonl.gz", "b.txt", "c.zip"]
