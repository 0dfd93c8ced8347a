"""Damaged and hostile input: every fault ends in a document or a failure, within the limits.

Each test here is a row of the table in docs/faults.md.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.ingest import MEANING, Limits, Reason, reader
from tests.ingest import oracles
from tests.ingest.support import (
    FORMATS,
    RECORDS,
    WRAPPINGS,
    csv_bytes,
    jsonl,
    parquet,
    put,
    read_all,
    reasons,
    tarred,
    warc,
    warc_record,
    zipped,
)

MIB = 1 << 20
#: Limits small enough for tests that need to exceed them.
SMALL = Limits(document_bytes=MIB, record_bytes=2 * MIB, unpack_floor=8 * MIB, members=50)
PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
PACKERS[".zst"] = zstandard.compress
#: Bytes that do not compress, the same in every run: what damage decodes to hangs on them.
NOISE = random.Random(20180727)


@pytest.fixture(autouse=True)
def _same_noise():
    NOISE.seed(20180727)


def test_every_reason_has_a_meaning():
    assert set(MEANING) == set(Reason)


# Nothing there


@pytest.mark.parametrize("content", [b"", b" \r\n\t\n", b"\xef\xbb\xbf", b"\0\0\0"])
@pytest.mark.parametrize("suffix", [".txt", ".html", ".jsonl", ".csv", ".json"])
def test_empty_and_blank_files(tmp_path, suffix, content):
    put(tmp_path, f"a{suffix}", content)
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert len(failures) == 1
    assert failures[0].reason in ("empty", "binary", "wrong_columns")


@pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS)
def test_empty_compressed_files(tmp_path, packer):
    put(tmp_path, "a.txt.gz", packer(b""))
    assert reasons(read_all(tmp_path)[1]) == ["empty"]


def test_records_without_text(tmp_path):
    records = [{"text": ""}, {"text": None}, {"text": " \n"}, {"text": 7}, {"text": []}]
    put(tmp_path, "a.jsonl", jsonl(records))
    assert reasons(read_all(tmp_path)[1]) == ["empty"] * 5


def test_wrong_columns(tmp_path):
    put(tmp_path, "a.jsonl", jsonl([{"id": 1, "words": "x"}]) + b'[1, 2]\n"text"\n')
    put(tmp_path, "b.csv", "id,words\n1,x\n2,y\n")
    put(tmp_path, "c.parquet", parquet([{"id": 1}]))
    put(tmp_path, "d.json", json.dumps([{"id": 1}, 5]))
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert set(reasons(failures)) == {"wrong_columns"}
    assert [failure.source_uri for failure in failures] == [
        "a.jsonl#line=1", "a.jsonl#line=2", "a.jsonl#line=3",
        "b.csv", "c.parquet", "d.json#item=1", "d.json#item=2",
    ]  # fmt: skip
    assert failures[3].content == b"id,words\n1,x\n2,y\n"
    assert failures[4].content == parquet([{"id": 1}])


# Cut and damaged


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_came_before_the_cut_is_kept(tmp_path, suffix):
    count = 6000 if suffix == ".bz2" else 900
    records = [{"text": NOISE.randbytes(200).hex()} for _ in range(count)]
    packed = PACKERS[suffix](jsonl(records))
    put(tmp_path, f"a.jsonl{suffix}", packed[: len(packed) * 3 // 4])
    documents, failures = read_all(tmp_path)
    whole = [document.content.decode() for document in documents]
    assert len(whole) > 100
    assert whole == [record["text"] for record in records[: len(whole)]]
    assert reasons(failures) == ["truncated"]
    assert jsonl(records).startswith(jsonl(records[: len(whole)]) + failures[0].content)


def test_a_cut_text_is_no_article(tmp_path):
    text = NOISE.randbytes(5000).hex().encode()
    put(tmp_path, "a.txt.gz", gzip.compress(text)[:-2000])
    documents, (failure,) = read_all(tmp_path)
    assert documents == []
    assert failure.reason == "truncated"
    assert failure.content and text.startswith(failure.content)


@pytest.mark.parametrize("name", ["a.tar", "a.zip", "a.parquet", "a.warc", "a.json", "a.csv"])
def test_cut_containers(tmp_path, name):
    raw = {
        "a.tar": tarred({"1.txt": b"One text.", "2.txt": b"x" * 90_000}),
        "a.zip": zipped({"1.txt": b"One text.", "2.txt": b"Two."}),
        "a.parquet": parquet(),
        "a.warc": warc(),
        "a.json": json.dumps(RECORDS).encode(),
        "a.csv": csv_bytes() + b'"',
    }[name]
    put(tmp_path, name, raw[: len(raw) * 2 // 3] if name != "a.csv" else raw)
    documents, failures = read_all(tmp_path)
    assert failures or name == "a.csv"
    assert len(documents) >= {"a.zip": 0, "a.parquet": 0, "a.csv": 3}.get(name, 1)
    assert set(reasons(failures)) <= {"truncated", "malformed", "empty"}


def _blocks(count=6):
    return tarred({f"{n}.txt": f"Text {n} of the tar.".encode() * 60 for n in range(count)})


@pytest.mark.parametrize("damage", ["name", "zeros", "size", "sum"])
@pytest.mark.parametrize("member", [0, 2, 5])
def test_a_tar_with_a_damaged_header(tmp_path, damage, member):
    raw = bytearray(_blocks())
    at = member * (512 + 1536)
    if damage == "zeros":
        raw[at : at + 512] = b"\0" * 512
    elif damage == "size":
        raw[at + 124 : at + 136] = b"77777777777\0"
    else:
        raw[at + {"name": 2, "sum": 150}[damage]] ^= 0x41
    put(tmp_path, "a.tar", bytes(raw))
    if damage != "zeros" or member:  # else nothing tells that it is a tar
        documents, (failure,) = read_all(tmp_path)
        texts = {document.content[:6].decode() for document in documents}
        assert texts == {f"Text {n}" for n in range(6) if n != member}
        assert failure.reason == "malformed" and not failure.replayable
        assert f"Text {member} of the tar.".encode() * 60 in failure.content


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, zstandard.compress])
def test_a_tar_of_which_bytes_are_missing(tmp_path, pack):
    """The archive goes on in the next member of its packing, off its blocks."""
    raw = _blocks(20)
    parts = [bytearray(pack(raw[at : at + 3000])) for at in range(0, len(raw), 3000)]
    parts[3][1] ^= 0xFF
    put(tmp_path, "a.tar.packed", b"".join(parts))
    documents, failures = read_all(tmp_path)
    numbers = {int(document.content.split()[1]) for document in documents}
    assert set(range(4)) | set(range(7, 20)) <= numbers
    assert {"malformed"} <= set(reasons(failures)) <= {"malformed", "binary"}
    kept = b"".join(failure.content for failure in failures)
    assert b"Text 6 of the tar." in kept


def test_a_cut_tar_keeps_the_beginning_of_its_last_file(tmp_path):
    raw = _blocks()
    put(tmp_path, "a.tar", raw[: 3 * 2048 + 900])
    documents, failures = read_all(tmp_path)
    assert len(documents) == 3
    assert set(reasons(failures)) == {"truncated"}
    assert failures[0].source_uri == "a.tar!3.txt"
    assert failures[0].content.startswith(b"Text 3 of the tar.")


def test_flipped_bits_in_compressed_data(tmp_path):
    packed = bytearray(gzip.compress(jsonl([{"text": NOISE.randbytes(200).hex()}] * 2000)))
    packed[len(packed) // 2] ^= 0xFF
    put(tmp_path, "a.jsonl.gz", bytes(packed))
    _, failures = read_all(tmp_path)
    assert failures


def test_padding_after_a_gzip_member_is_no_fault(tmp_path):
    put(tmp_path, "a.txt.gz", gzip.compress(b"One text.") + b"\0" * 600)
    put(tmp_path, "b.txt.gz", gzip.compress(b"Half a text,") + gzip.compress(b" and half."))
    documents, failures = read_all(tmp_path)
    assert [document.content for document in documents] == [b"One text.", b"Half a text, and half."]
    assert failures == []


def _lines(name, count=5):
    return jsonl([{"text": f"Text {name}-{n} of the day."} for n in range(count)])


@pytest.mark.parametrize("damage", ["bit", "header", "check", "garbage", "padding"])
@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_a_damaged_member_costs_itself(tmp_path, suffix, damage):
    packed = [bytearray(PACKERS[suffix](_lines(member))) for member in range(4)]
    if damage == "bit":
        packed[1][len(packed[1]) // 2] ^= 0x10
    elif damage == "header":
        packed[1][1] ^= 0x10
    elif damage == "check":
        packed[1][-6] ^= 0xFF
    else:
        packed[0] += b"\0" * 512 if damage == "padding" else b"no member at all"
    put(tmp_path, f"a.jsonl{suffix}", b"".join(packed))
    documents, failures = read_all(tmp_path)
    texts = {document.content.decode() for document in documents}
    whole = (0, 2, 3) if damage in ("bit", "header", "check") else (0, 1, 2, 3)
    assert {f"Text {m}-{n} of the day." for m in whole for n in range(5)} <= texts
    assert bool(failures) == (damage != "padding")
    assert set(reasons(failures)) <= {"malformed"}


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_a_small_packed_file_with_a_damaged_end_keeps_its_bytes(tmp_path, suffix):
    packed = bytearray(PACKERS[suffix](_lines(1)))
    packed[-6] ^= 0xFF
    put(tmp_path, f"a.jsonl{suffix}", bytes(packed))
    documents, failures = read_all(tmp_path)
    told = [failure for failure in failures if failure.content == bytes(packed)]
    assert told or len(documents) == 5


@pytest.mark.parametrize("wrap", [lambda raw: raw, lambda raw: tarred({"a.jsonl.packed": raw})])
@pytest.mark.parametrize("count", [1, 40, 4000])
@pytest.mark.parametrize("suffix", PACKERS)
def test_what_was_decoded_before_a_fault_is_read(tmp_path, suffix, count, wrap):
    """The check sum at the end is wrong: all data came before it."""
    records = [{"text": f"Text {n}. {NOISE.randbytes(20).hex()}"} for n in range(count)]
    packed = bytearray(PACKERS[suffix](jsonl(records)))
    if suffix == ".zst":
        compressor = zstandard.ZstdCompressor(write_checksum=True)
        packed = bytearray(compressor.compress(jsonl(records)))
    packed[-3] ^= 0xFF
    put(tmp_path, "a.packed", wrap(bytes(packed)))
    documents, failures = read_all(tmp_path)
    assert [item.content.decode() for item in documents] == [record["text"] for record in records]
    assert set(reasons(failures)) <= {"malformed", "truncated"} and failures


def test_data_that_break_in_the_middle_are_read_up_to_there(tmp_path):
    records = [{"text": f"Text {n}. {NOISE.randbytes(300).hex()}"} for n in range(2000)]
    for suffix in (".gz", ".zst"):
        packed = bytearray(PACKERS[suffix](jsonl(records)))
        at = len(packed) // 2
        packed[at : at + 2000] = b"\xff" * 2000
        put(tmp_path, f"a.jsonl{suffix}", bytes(packed))
        documents, failures = read_all(tmp_path / f"a.jsonl{suffix}")
        same = [
            item.content.decode() == record["text"]
            for item, record in zip(documents, records, strict=False)
        ]
        # The damage may decode to words for a while: only the check sum at the end can tell.
        number = same.index(False) if False in same else len(same)
        assert number > 700  # of the about 1,000 that lie before
        assert len(documents) - number < 10
        assert failures and failures[0].content


@pytest.mark.parametrize("damage", ["bit", "header", "garbage", "skippable", "padding", "cut"])
def test_a_damaged_zstd_frame_costs_itself(tmp_path, damage):
    compressor = zstandard.ZstdCompressor(write_checksum=True)
    packed = [bytearray(compressor.compress(_lines(frame))) for frame in range(4)]
    if damage == "bit":
        packed[1][len(packed[1]) // 2] ^= 0x10
    elif damage == "header":
        packed[1][1] ^= 0x10
    elif damage == "cut":
        del packed[1][-30:]
    else:
        packed[0] += {
            "garbage": b"no frame at all", "padding": b"\0" * 700,
            "skippable": b"\x53\x2a\x4d\x18" + struct.pack("<I", 9000) + b"x" * 9000,
        }[damage]  # fmt: skip
    put(tmp_path, "a.jsonl.zst", b"".join(packed))
    documents, failures = read_all(tmp_path)
    texts = {document.content.decode() for document in documents}
    whole = (0, 2, 3) if damage in ("bit", "header", "cut") else (0, 1, 2, 3)
    assert {f"Text {m}-{n} of the day." for m in whole for n in range(5)} <= texts
    assert bool(failures) == (damage not in ("padding", "skippable"))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("count", [1, 60, 5000])
def test_a_zip_member_with_a_wrong_check_sum_is_read(tmp_path, method, count):
    records = [{"text": f"Text {n} of the zip."} for n in range(count)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.jsonl", jsonl(records))
        archive.writestr("b.txt", b"After it.")
    raw = bytearray(out.getvalue())
    raw[raw.find(b"PK\x01\x02") + 16] ^= 0xFF
    put(tmp_path, "a.zip", bytes(raw))
    documents, (failure,) = read_all(tmp_path)
    assert len(documents) == count + 1
    assert (failure.reason, failure.source_uri) == ("malformed", "a.zip!a.jsonl")
    assert failure.content.startswith(b"PK\x03\x04")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("damage", ["directory", "end", "member"])
def test_a_zip_without_its_directory_is_read(tmp_path, method, streamed, damage):
    class Pipe(io.BytesIO):
        def seekable(self):
            return not streamed

    texts = [f"Text {n}. {NOISE.randbytes(4000).hex()}" for n in range(5)]
    out = Pipe()
    with zipfile.ZipFile(out, "w", method) as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"{number}.txt", text)
            archive.writestr(f"{number}.meta.json", '{"outlet": "The Harbour"}')
    raw = bytearray(out.getvalue())
    directory = raw.find(b"PK\x01\x02")
    if damage == "directory":
        raw[directory] ^= 0xFF
    last = raw.rfind(b"PK\x03\x04", 0, raw.rfind(b"PK\x03\x04"))
    cut = {"directory": len(raw), "end": directory + 30, "member": last + 1000}[damage]
    put(tmp_path, "a.zip", bytes(raw[:cut]))
    documents, failures = read_all(tmp_path)
    whole = 4 if damage == "member" else 5
    assert [document.content.decode() for document in documents] == texts[:whole]
    ends = [item for item in failures if item.reason != "orphan_sidecar"]
    if damage == "member":
        assert texts[4].encode().startswith(ends[0].content[:500]) and ends[0].content
    assert ends[-1].source_uri == "a.zip" and not ends[-1].replayable


def test_a_damaged_file_in_a_tar_costs_itself(tmp_path):
    packed = [bytearray(gzip.compress(_lines(member))) for member in range(3)]
    packed[1][len(packed[1]) // 2] ^= 0x10
    members = {f"{number}.jsonl.gz": bytes(content) for number, content in enumerate(packed)}
    put(tmp_path, "day.tar", tarred(members))
    documents, failures = read_all(tmp_path)
    texts = {document.content.decode() for document in documents}
    assert {f"Text {member}-{n} of the day." for member in (0, 2) for n in range(5)} <= texts
    assert any("1.jsonl.gz" in failure.source_uri for failure in failures)


@pytest.mark.parametrize("wrap", [lambda raw: raw, lambda raw: tarred({"a.jsonl.gz": raw})])
@pytest.mark.parametrize("suffix", PACKERS)
def test_a_damaged_member_of_a_large_file_is_kept_packed(tmp_path, suffix, wrap):
    packed = [PACKERS[suffix](jsonl([{"text": NOISE.randbytes(20_000).hex()}])) for _ in range(90)]
    damaged = bytearray(packed[70])
    damaged[len(damaged) // 2] ^= 0x10
    damaged[1] ^= 0x10
    put(tmp_path, "a.packed", wrap(b"".join([*packed[:70], damaged, *packed[71:]])))
    documents, failures = read_all(tmp_path, SMALL)
    assert len(documents) == 89
    assert any(bytes(damaged) in failure.content for failure in failures)


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("wrap", [zipped, tarred])
def test_a_packed_file_of_which_nothing_comes_is_kept(tmp_path, suffix, wrap):
    packed = PACKERS[suffix](NOISE.randbytes(900))[: {".gz": 11, ".xz": 20}.get(suffix, 300)]
    put(tmp_path, "a.packed", wrap({"a.txt.packed": packed}))
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert any(packed in failure.content for failure in failures)


def test_damage_across_the_chunks_that_are_read(tmp_path):
    """Members of every length, so that damage and its end fall on all sides of a chunk."""
    packed = [
        gzip.compress(jsonl([{"text": f"Text {member} {NOISE.randbytes(9000).hex()}"}]))
        for member in range(120)
    ]
    for member in range(1, 120, 4):
        damaged = bytearray(packed[member])
        damaged[len(damaged) // 2] ^= 0x10
        packed[member] = bytes(damaged)
    put(tmp_path, "a.jsonl.gz", b"".join(packed))
    documents, failures = read_all(tmp_path)
    numbers = {int(document.content.split()[1]) for document in documents}
    assert numbers >= {member for member in range(120) if member % 4 != 1}
    assert "malformed" in reasons(failures)


def test_a_damaged_record_of_a_packed_crawl(tmp_path):
    pages = [
        warc_record(
            f"<html><p>Page {n} of the crawl.</p></html>".encode(), url=f"https://a.example/{n}"
        )
        for n in range(4)
    ]
    for name, at in (("bit", -60), ("check", -6)):
        packed = [bytearray(gzip.compress(page)) for page in pages]
        packed[1][at] ^= 0xFF
        put(tmp_path, f"{name}.warc.gz", b"".join(packed))
    put(tmp_path, "garbage.warc.gz", gzip.compress(pages[0]) + b"garbage" + gzip.compress(pages[3]))
    documents, failures = read_all(tmp_path)
    found = {document.url for document in documents}
    assert {f"https://a.example/{n}" for n in (0, 2, 3)} <= found
    assert {failure.source_uri.split("#")[0] for failure in failures} == {
        "bit.warc.gz", "check.warc.gz", "garbage.warc.gz",
    }  # fmt: skip


def test_bad_lines_cost_themselves(tmp_path):
    good = jsonl(RECORDS)
    put(
        tmp_path,
        "a.jsonl",
        b'{"text": "cut\n' + good + b"\xff\xfe\nnull\n{}}\n" + b'{"text": "End."}',
    )
    documents, failures = read_all(tmp_path)
    assert len(documents) == 4
    assert len(failures) == 4


def test_json_array_broken_in_the_middle(tmp_path):
    broken = b'[{"text": "One."}, {"text": "Two."}, {"text": oops}, {"text": "Four."}]'
    put(tmp_path, "a.json", broken)
    documents, (failure,) = read_all(tmp_path)
    assert [document.content for document in documents] == [b"One.", b"Two.", b"Four."]
    assert (failure.reason, failure.source_uri) == ("malformed", "a.json#item=3")
    assert failure.content == b'{"text": oops}' and failure.replayable


BROKEN_VALUES = {
    "word": '{"title": "T", "text": oops}',
    "quote": '{"title": "T", "text": "A "quoted" word."}',
    "odd quote": '{"title": "T", "text": "A pipe of 6" and more"}',
    "open string": '{"title": "T", "text": "It goes on}',
    "no comma": '{"title": "T" "text": "It goes on"}',
    "control": '{"title": "T", "text": "It goes \n on"}',
    "no end": '{"title": "T", "text": "It goes on"',
    "nested": '{"title": "T", "tags": [{"name": "a"}, {"name": "b"}, x], "text": "It goes on"}',
    "deep": '{"title": "T", "text": ' + "[" * 5000 + "]" * 5000 + "}",
}


@pytest.mark.parametrize("at", [0, 1, 4999])
@pytest.mark.parametrize("broken", BROKEN_VALUES.values(), ids=BROKEN_VALUES)
def test_a_long_json_array_goes_on_after_what_breaks_it(tmp_path, broken, at):
    texts = [f"Text {n}. {'words ' * 40}" for n in range(5000)]
    records = [json.dumps({"title": f"T{n}", "text": text}) for n, text in enumerate(texts)]
    records[at] = broken
    raw = f"[{', '.join(records)}]"
    put(tmp_path, "a.json", raw)
    documents, failures = read_all(tmp_path, SMALL)
    found = [document.content.decode() for document in documents]
    lost = set(texts[:at] + texts[at + 1 :]) - set(found)
    assert len(lost) <= 1  # one that an open string runs into
    assert len(found) == 4999 - len(lost)
    kept = b"".join(failure.content for failure in failures).decode()
    assert all(text in kept for text in lost)
    assert broken in kept


def test_a_json_value_without_end_costs_what_follows(tmp_path):
    put(tmp_path, "a.json", '[{"text": "One."}, {"text": "' + "words, " * 500_000)
    documents, (failure,) = read_all(tmp_path, SMALL)
    assert len(documents) == 1
    assert len(failure.content) == SMALL.document_bytes and not failure.replayable


def test_json_values_that_all_break(tmp_path):
    put(tmp_path, "a.json", "[" + '{"text": oops}, ' * 20_000 + "]")
    put(tmp_path, "b.json", '[{"text": "One."}, ' + '{"text": {"text": ' * 20_000)
    put(tmp_path, "c.json", '[{"text": "One."}, {"text": "' + '}, {"text": "' * 60_000)
    documents, failures = read_all(tmp_path, SMALL)
    assert len(documents) == 2
    assert {failure.source_uri[0] for failure in failures} == {"a", "b", "c"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a"])
def test_lines_of_json_that_end_as_on_old_macs(tmp_path, name):
    put(tmp_path, name, jsonl().replace(b"\n", b"\r"))
    put(tmp_path, "mixed.jsonl", jsonl().replace(b"\n", b"\r", 1) + jsonl().replace(b"\n", b"\r\n"))
    documents, failures = read_all(tmp_path / name)
    assert (len(documents), failures) == (3, [])
    documents, failures = read_all(tmp_path / "mixed.jsonl")
    assert (len(documents), failures) == (3, [])  # the others are the same again


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-be", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("damage", ["unit", "cut"])
def test_wide_text_that_is_damaged_costs_a_line(tmp_path, charset, damage):
    texts = [f"Text {n} of the day." for n in range(60)]
    raw = bytearray("".join(f'{{"text": "{text}"}}\n' for text in texts).encode(charset))
    if damage == "cut":
        del raw[-9:]
    else:
        at = raw.index("7 of".encode(charset)[4 if charset in ("utf-32",) else 2 :][:2])
        at -= at % 4
        raw[at : at + 4] = b"\xd8\xd8\xd8\xd8"
    put(tmp_path, "a.jsonl", bytes(raw))
    documents, failures = read_all(tmp_path)
    found = {document.content.decode() for document in documents}
    assert len(found & set(texts)) >= 58
    assert failures[-1].reason == ("truncated" if damage == "cut" else "malformed")


@pytest.mark.parametrize("around", [b"%s,\n", b"\x1e%s\n", b"\xef\xbb\xbf%s\r\n", b" ,%s\n"])
def test_lines_of_json_with_something_around_them(tmp_path, around):
    put(tmp_path, "a.jsonl", b"".join(around % line for line in jsonl().splitlines()) + b"{,\n")
    documents, (failure,) = read_all(tmp_path)
    assert len(documents) == 3
    assert (failure.source_uri, failure.content) == ("a.jsonl#line=4", b"{,\n")


def test_integers_of_any_length(tmp_path):
    number = "9" * 5000
    records = [f'{{"text": "Text {n}.", "date": {number if n == 1 else n}}}' for n in range(3)]
    put(tmp_path, "a.json", f"[{', '.join(records)}]")
    put(tmp_path, "b.jsonl", "\n".join(records))
    documents, failures = read_all(tmp_path)
    assert (len(documents), failures) == (6, [])


def test_the_last_line_of_jsonl_cut(tmp_path):
    for number, end in enumerate(
        (b'{"text": "Two', b'{"text": "Two."', b'{"text": tr', b'{"a": {}')
    ):
        put(tmp_path, f"{number}.jsonl", b'{"text": "One."}\n' + end)
    documents, failures = read_all(tmp_path)
    assert len(documents) == 4
    assert reasons(failures) == ["truncated"] * 4


def test_csv_with_broken_rows(tmp_path):
    put(
        tmp_path,
        "a.csv",
        'url,text\n,One.\n,Two,too,many\n\nshort\n,"Fi""ve, \n lines\0"\n,"open\n',
    )
    documents, failures = read_all(tmp_path)
    texts = [document.content for document in documents]
    assert texts == [b"One.", b'Fi"ve, \n lines\0']
    assert reasons(failures) == ["malformed", "empty", "truncated"]
    assert failures[0].content == b"url,text\n,Two,too,many\n"
    assert failures[2].content == b'url,text\n,"open\n'


def _story(number, lines=3):
    says = [f"Line {n} of story {number}, Ann Bee said." for n in range(lines)]
    return "\n".join([*says, f'Nobody ""saw"" it, {number} times.'])


@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("first", ["https://a.example/{}", "{}", "story-{}", ""])
def test_a_csv_quote_that_is_not_closed_costs_its_row(tmp_path, first, quoted):
    rows = [f'{first.format(n)},"{_story(n)}"' for n in range(2000)]
    if not quoted:
        rows = [f"{first.format(n)},Story {n} of the day." for n in range(2000)]
        rows[7] = rows[7].replace(",", ',"', 1)
    else:
        rows[7] = rows[7].rstrip('"')
    put(tmp_path, "a.csv", "url,text\n" + "\n".join(rows) + "\n")
    documents, (failure,) = read_all(tmp_path)
    texts = [
        _story(n).replace('""', '"') if quoted else f"Story {n} of the day." for n in range(2000)
    ]
    assert [document.content.decode() for document in documents] == [*texts[:7], *texts[8:]]
    assert failure.reason == ("malformed" if quoted else "truncated")
    assert failure.content.decode() == f"url,text\n{rows[7]}\n"
    assert not failure.replayable


def test_a_csv_cut_within_a_text_of_many_lines(tmp_path):
    rows = "".join(f'https://a.example/{n},"{_story(n, 40)}"\n' for n in range(3))
    put(tmp_path, "a.csv", "url,text\n" + rows[:-900])
    documents, (failure,) = read_all(tmp_path)
    assert len(documents) == 2
    assert failure.reason == "truncated"
    assert failure.content.decode() == "url,text\n" + rows[rows.index("https://a.example/2") : -900]


@pytest.mark.parametrize("damage", ["cut", "quote", "open", "closed early"])
@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_broken_csv_row_invents_no_document(tmp_path, damage, at):
    """The lines of its text have as many cells as a row."""
    texts = [
        f"The mayor, Ann Bee, spoke {n} times.\nOn Tuesday, the mayor left {n}.\nIn the end, {n}."
        for n in range(6)
    ]
    rows = [f'Title {n} here,"{text}"\n' for n, text in enumerate(texts)]
    row = rows[at]
    rows[at] = {
        "cut": row[:-12] + "\n" if at < 5 else row[:-12],
        "quote": row.replace("The mayor", 'The "mayor"', 1),
        "open": row[:-2] + "\n",
        "closed early": row.replace("Ann Bee", 'Ann Bee"', 1),
    }[damage]
    put(tmp_path, "a.csv", "title,text\n" + "".join(rows))
    documents, failures = read_all(tmp_path)
    found = {document.content.decode() for document in documents}
    assert found <= set(texts) and len(found) >= 4
    kept = b"".join(failure.content for failure in failures).decode()
    for number, row in enumerate(rows):
        assert texts[number] in found or row.rstrip("\n") in kept, number


@pytest.mark.parametrize("at", [0, 30, 59])
@pytest.mark.parametrize("end", [False, True])
def test_a_csv_text_without_its_first_or_last_quote(tmp_path, at, end):
    texts = [f"The mayor, Ann Bee, spoke.\nOn Tuesday, she left {n}.\nThe end." for n in range(60)]
    rows = [f'https://a.example/{n},"{text}"\n' for n, text in enumerate(texts)]
    where = rows[at].rindex('"') if end else rows[at].index('"')
    rows[at] = rows[at][:where] + rows[at][where + 1 :]
    put(tmp_path, "a.csv", "url,text\n" + "".join(rows))
    documents, failures = read_all(tmp_path)
    found = {document.content.decode() for document in documents}
    others = {text for number, text in enumerate(texts) if number != at}
    assert others <= found and failures
    assert found <= others if at else len(found - others) <= 1  # before, nothing is usual yet


@pytest.mark.parametrize("first", ["{}", "https://a.example/{}"])
def test_two_csv_rows_are_not_taken_for_one(tmp_path, first):
    """A quote that is not closed, and the sign of an inch at the end of a later line."""
    rows = [f"{first.format(n)},Story {n} of the day." for n in range(9)]
    rows[3] = rows[3].replace(",", ',"')
    rows[5] = f'{first.format(5)},A pipe of 6"'
    put(tmp_path, "a.csv", "id,text\n" + "\n".join(rows))
    documents, (failure,) = read_all(tmp_path / "a.csv")
    found = [document.content.decode() for document in documents]
    assert found == [row.split(",")[1] for number, row in enumerate(rows) if number != 3]
    assert rows[3].encode() in failure.content


def test_an_honest_csv_text_that_ends_like_a_row(tmp_path):
    rows = [f'{n},"The mayor said:\n{n + 10},000 people came."\n' for n in range(6)]
    rows.append('6,"He said ""no"".\n7,000 people came, ""he"" said."\n')
    put(tmp_path, "a.csv", "id,text\n" + "".join(rows))
    documents, failures = read_all(tmp_path)
    assert (len(documents), failures) == (7, [])


def test_many_lines_after_a_broken_csv_row_are_all_kept(tmp_path):
    lines = [f"Line {n}, of the text, {'words ' * 9}\n" for n in range(40_000)]
    raw = 'url,text\nhttps://a.example/1,"A "text" of\n' + "".join(lines)
    put(tmp_path, "a.csv", raw + "https://a.example/2,After.\n")
    documents, failures = read_all(tmp_path, SMALL)
    assert [document.content for document in documents] == [b"After."]
    kept = b"".join(failure.content for failure in failures)
    assert all(line.encode() in kept for line in lines[::1000])


BEGINNINGS = {
    "a.zip": b"PK\x03\x04",
    "b.zip": b"PK\x03\x04" + b"\0" * 22 + b"\1\0\0\0a",
    "a.zst": b"\x28\xb5\x2f\xfd",
    "a.tar": tarred({"a": b""})[:100] + b"\0" * 157 + b"ustar" + b"\0" * 250,
    "a.warc": b"WARC/1.0\r\nWARC-",
    "a.json": b'[{"text": x}, ',
    "a.jsonl.bz2": bz2.compress(b"text" * 99)[:-3],
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_thousands_of_beginnings_of_which_none_goes_on(tmp_path, name):
    put(tmp_path, name, BEGINNINGS[name] * 2000)
    limits = replace(SMALL, members=100, unpack_floor=MIB)
    documents, failures = read_all(tmp_path, limits)
    assert documents == [] and failures
    assert "crashed" not in reasons(failures)


def test_csv_quotes_that_open_again_and_again(tmp_path):
    """Each line leaves a field open, whether the line before did or not."""
    put(tmp_path, "a.csv", "url,text\n" + 'a","\n' * 40_000)
    put(tmp_path, "b.csv", "url,text\n" + ',"\n' * 40_001)
    put(tmp_path, "c.csv", "url,text\n" + 'a","x\n"' * 40_000)
    limits = Limits(document_bytes=100_000, record_bytes=200_000)
    _, failures = read_all(tmp_path, limits)
    assert {failure.source_uri.split("#")[0] for failure in failures} == {"a.csv", "b.csv", "c.csv"}


def test_a_csv_row_of_many_lines_that_is_too_large(tmp_path):
    body = "A line of the story, and another.\n" * 60_000
    put(tmp_path, "a.csv", f'url,text\nhttps://a.example/1,"{body}"\nhttps://a.example/2,After.\n')
    documents, failures = read_all(tmp_path, SMALL)
    assert [document.content for document in documents] == [b"After."]
    assert reasons(failures) == ["too_large", "malformed"]
    assert sum(len(failure.content) for failure in failures) > len(body)


def test_parquet_that_lies(tmp_path):
    raw = parquet()
    put(tmp_path, "a.parquet", raw[:4] + NOISE.randbytes(len(raw) - 8) + raw[-4:])
    put(tmp_path, "b.parquet", b"PAR1" + b"\xff" * 50 + struct.pack("<I", 2**31) + b"PAR1")
    put(tmp_path, "c.parquet", b"PAR1PAR1")
    bad = pa.array([b"\xff\xfe Caf\xe9 and more", b"Fine."]).view(pa.binary())
    table = pa.table({"text": pa.Array.from_buffers(pa.string(), 2, bad.buffers())})
    pq.write_table(table, tmp_path / "d.parquet")
    pq.write_table(pa.table({"text": pa.array([1, 2])}), tmp_path / "e.parquet")
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "f.parquet")
    documents, failures = read_all(tmp_path)
    assert [document.source_uri for document in documents] == ["d.parquet#row=1", "d.parquet#row=2"]
    assert reasons(failures) == ["malformed"] * 3 + ["empty"] * 3


def _groups(words):
    """Return a Parquet file of six row groups, the third of them damaged, and its texts."""
    texts = [f"Text {n} {words}" for n in range(60)]
    out = io.BytesIO()
    with pq.ParquetWriter(out, pa.schema([("text", pa.string())]), compression="none") as writer:
        for at in range(0, 60, 10):
            writer.write_table(pa.table({"text": texts[at : at + 10]}), row_group_size=10)
    raw = bytearray(out.getvalue())
    at = pq.read_metadata(io.BytesIO(bytes(raw))).row_group(2).column(0).dictionary_page_offset
    raw[at : at + 12] = b"\xff" * 12
    return bytes(raw), texts


def test_a_damaged_row_group_costs_itself(tmp_path):
    raw, texts = _groups("of the table.")
    put(tmp_path, "a.parquet", raw)
    documents, (failure,) = read_all(tmp_path)
    found = [document.content.decode() for document in documents]
    assert found == texts[:20] + texts[30:]
    assert documents[20].source_uri == "a.parquet#row=31"
    assert (failure.reason, failure.content) == ("malformed", raw)
    assert failure.replayable and "row=21" in failure.error and "up to 30" in failure.error


def test_a_large_file_with_a_damaged_row_group_keeps_its_bytes(tmp_path):
    raw, texts = _groups("of the table. " * 400)
    put(tmp_path, "a.parquet", raw)
    limits = replace(SMALL, document_bytes=20_000, kept_bytes=100_000)
    documents, (failure,) = read_all(tmp_path, limits)
    assert [document.content.decode() for document in documents] == texts[:20] + texts[30:]
    assert failure.source_uri == "a.parquet#row=21" and not failure.replayable
    assert texts[20].encode() in failure.content and len(failure.content) == 20_000
    assert "20000 of their" in failure.error


@pytest.mark.parametrize("name", ["a.parquet", "a.zip"])
def test_a_broken_container_is_kept_whole(tmp_path, name):
    raw = parquet([{"text": NOISE.randbytes(MIB).hex()}])[:-6] if name == "a.parquet" else b""
    raw = raw or b"PK\x05\x06" + NOISE.randbytes(2 * MIB)
    put(tmp_path, name, raw)
    _, (failure,) = read_all(tmp_path, SMALL)
    assert failure.content == raw and failure.replayable
    _, (failure,) = read_all(tmp_path, replace(SMALL, kept_bytes=MIB))
    assert failure.content == raw[:MIB] and not failure.replayable
    assert f"{MIB} of its {len(raw)} bytes are kept" in failure.error


def test_parquet_columns_of_lists_and_records(tmp_path):
    names = ["Ann Bee", None, "Zo\u00eb"]
    rows = [{"text": f"Text {n}.", "authors": [names[n], "Cy Dee"]} for n in range(3)]
    rows = [{**row, "source": {"name": "The Harbour", "id": 1}} for row in rows]
    put(tmp_path, "a.parquet", parquet(rows))
    put(tmp_path, "b.parquet", parquet([{"text": ["One line.", "Another."], "authors": []}]))
    documents, failures = read_all(tmp_path)
    assert failures == []
    authors = ["Ann Bee; Cy Dee", "Cy Dee", "Zo\u00eb; Cy Dee"]
    assert [document.given for document in documents] == [
        *({"authors": names, "outlet": "The Harbour"} for names in authors),
        {},
    ]
    assert documents[3].content == b"One line.\n\nAnother."


def test_a_parquet_value_that_stands_in_every_list(tmp_path):
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array(["ab" * MIB]))
    lists = pa.ListArray.from_arrays(pa.array(range(0, 5001, 100), pa.int32()), words)
    texts = [f"Text {number}." for number in range(50)]
    pq.write_table(pa.table({"text": texts, "authors": lists}), tmp_path / "a.parquet")
    _, failures = read_all(tmp_path, SMALL)
    assert set(reasons(failures)) == {"bomb"}


def test_parquet_times_out_of_range_cost_themselves(tmp_path):
    texts = ["Text 1.", "Text 2."]
    far = {"us": [9 * 10**18, 1_614_600_000_000_000], "ns": [1, 1_614_600_000_000_000_001]}
    for unit, values in far.items():
        table = pa.table({"text": texts, "date": pa.array(values, pa.timestamp(unit))})
        pq.write_table(table, tmp_path / f"{unit}.parquet")
    zone = pa.array(far["us"], pa.timestamp("us", "Nowhere/Atall"))
    pq.write_table(pa.table({"text": texts, "date": zone}), tmp_path / "zone.parquet")
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert [document.given.get("date", "")[:10] for document in documents] == [
        "1970-01-01", "2021-03-01", "", "2021-03-01", "", "",
    ]  # fmt: skip


def test_a_parquet_column_that_is_there_twice(tmp_path):
    table = pa.table([["Text 1."], ["Text 2."]], names=["text", "text"])
    pq.write_table(table, tmp_path / "a.parquet")
    documents, (failure,) = read_all(tmp_path)
    assert (documents, failure.reason) == ([], "wrong_columns")
    assert "the column text is there 2 times" in failure.error


def test_a_parquet_page_that_claims_two_gigabytes(tmp_path):
    table = pa.table({"text": [f"A text of the page, number {n}." for n in range(2000)]})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd", use_dictionary=False)
    raw = bytearray((tmp_path / "a.parquet").read_bytes())
    column = pq.read_metadata(tmp_path / "a.parquet").row_group(0).column(0)
    at = column.data_page_offset
    # Thrift's compact form: type of the page, then both sizes as zigzag numbers of 7 bits a byte.
    assert raw[at] == 0x15 and raw[at + 2] == 0x15
    ends = [n for n in range(at + 3, at + 20) if raw[n] < 0x80]
    packed = ends[2] - ends[1]  # bytes of the second number, after its own type
    lie = b"\xfe\xff\xff\xff\x0f"
    size = column.total_compressed_size - 60
    number = bytes([(2 * size >> 7 * n) & 0x7F | 0x80 for n in range(packed)])
    number = number[:-1] + bytes([number[-1] & 0x7F])
    raw[at + 3 : ends[2] + 1] = lie + b"\x15" + number
    put(tmp_path, "a.parquet", bytes(raw))
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert reasons(failures) == ["malformed"]


def test_encrypted_and_unknown_zip_members(tmp_path):
    raw = bytearray(zipped({"a.txt": b"One text.", "b.txt": b"Two."}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.find(signature) + flags] |= 1
    put(tmp_path, "a.zip", bytes(raw))
    raw = bytearray(zipped({"a.txt": b"One text.", "b.txt": b"Three."}))
    for signature, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        raw[raw.find(signature) + method] = 99
    put(tmp_path, "b.zip", bytes(raw))
    documents, failures = read_all(tmp_path)
    assert [document.content for document in documents] == [b"Two.", b"Three."]
    assert reasons(failures) == ["encrypted", "unsupported"]


def test_a_zip_directory_that_lies_about_places(tmp_path):
    raw = zipped({"a.txt": b"One text."})
    put(tmp_path, "a.zip", raw[40:])
    put(tmp_path, "b.zip", raw[:4] + raw[44:])
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert not {"crashed"} & set(reasons(failures))
    assert {failure.source_uri.split("!")[0] for failure in failures} == {"a.zip", "b.zip"}


# WARC headers that lie


@pytest.mark.parametrize("length", [10**15, 2**64, -5, 3])
def test_warc_lengths_that_lie(tmp_path, length):
    """The last record too: what follows it is kept."""
    put(tmp_path / "last", "a.warc", warc_record(b"<p>A page.</p>", length=length))
    documents, failures = read_all(tmp_path / "last")
    assert any(b"A page." in item.content for item in (*documents, *failures))
    page = b"<html><p>The page that follows is whole.</p></html>"
    lie = warc_record(b"<html><p>A lie.</p></html>", length=length)
    put(tmp_path, "a.warc", lie + warc_record(page, url="https://a.example/after"))
    documents, failures = read_all(tmp_path)
    assert documents or failures
    if length in (-5, 3):
        assert page in [document.content for document in documents]
        assert any(b"A lie." in item.content for item in (*documents, *failures))


@pytest.mark.parametrize("kind", ["response", "request", "metadata"])
@pytest.mark.parametrize("length", [700, 1500, 99_999, 10**12])
def test_a_warc_record_that_swallows_the_next(tmp_path, kind, length):
    pages = [f"<html><p>Page {n} {'words ' * 30}</p></html>".encode() for n in range(6)]
    urls = [f"https://a.example/{n}" for n in range(6)]
    records = [warc_record(page, url=url) for page, url in zip(pages, urls, strict=True)]
    records[1] = warc_record(pages[1], url=urls[1], kind=kind, length=length)
    put(tmp_path, "a.warc", b"".join(records))
    put(tmp_path, "b.warc.gz", b"".join(map(gzip.compress, records)))
    for name in ("a.warc", "b.warc.gz"):
        documents, (failure,) = read_all(tmp_path / name)
        assert [document.url for document in documents] == [urls[0], *urls[2:]]
        assert (failure.reason, failure.source_uri) == ("malformed", f"{name}#record=2")
        assert pages[1] in failure.content and not failure.replayable


@pytest.mark.parametrize("kind", ["response", "request"])
@pytest.mark.parametrize("length", [5_500_000, 9 * MIB, 10**12])
def test_a_large_warc_record_that_swallows_the_next(tmp_path, kind, length):
    """The next one begins beyond all that is held."""
    pages = [f"<html><p>Page {n} {'words ' * 30}</p></html>".encode() for n in range(900)]
    urls = [f"https://a.example/{n}" for n in range(900)]
    records = [warc_record(page, url=url) for page, url in zip(pages, urls, strict=True)]
    records[1] = warc_record(b"<p>" + b"word " * MIB, url=urls[1], kind=kind, length=length)
    put(tmp_path, "a.warc", b"".join(records))
    put(tmp_path, "b.warc.gz", b"".join(map(gzip.compress, records)))
    for name in ("a.warc", "b.warc.gz"):
        documents, (failure,) = read_all(tmp_path / name, SMALL)
        found = [document.url for document in documents]
        assert found == [urls[0], *urls[2:]]
        assert failure.reason == "malformed" and b"word word" in failure.content
        assert f"{len(records[1])} bytes" in failure.error
        assert len(failure.content) == SMALL.document_bytes and not failure.replayable


def test_large_warc_records_cost_themselves(tmp_path):
    page = b"<p>" + b"word " * MIB
    forged = page[: 2 * MIB] + b"\r\n\r\n" + warc_record(b"<p>Never written.</p>") + page
    records = [
        warc_record(b"<p>Page.</p>", url="https://a.example/0"),
        warc_record(page, url="https://a.example/1"),
        warc_record(forged, url="https://a.example/2"),
        warc_record(page, url="https://a.example/3", kind="metadata"),
        warc_record(b"<p>Page.</p>", url="https://a.example/4"),
    ]
    put(tmp_path, "a.warc", b"".join(records))
    documents, failures = read_all(tmp_path, SMALL)
    assert [document.url[-1] for document in documents] == ["0", "4"]
    assert reasons(failures) == ["too_large", "too_large"]


@pytest.mark.parametrize("http", [False, True])
def test_a_warc_header_beyond_the_limit_costs_its_record(tmp_path, http):
    long = "X-A: " + "b" * 70_000 + "\r\n"
    page = b"<html><p>The page of the long header.</p></html>"
    records = [warc_record(b"<p>Page.</p>", url=f"https://a.example/{n}") for n in range(4)]
    if http:
        records[1] = warc_record(page, http=f"HTTP/1.1 200 OK\r\n{long}")
    else:
        records[1] = warc_record(page, extra=long)
    put(tmp_path, "a.warc", b"".join(records))
    put(tmp_path, "b.warc.gz", b"".join(map(gzip.compress, records)))
    for name in ("a.warc", "b.warc.gz"):
        documents, (failure,) = read_all(tmp_path / name)
        assert [document.url[-1] for document in documents] == ["0", "2", "3"]
        assert failure.reason == "malformed" and page in failure.content
        assert f"{len(records[1])} bytes" in failure.error


@pytest.mark.parametrize("last", [False, True])
def test_a_page_that_prints_a_warc_record_is_one_page(tmp_path, last):
    forged = warc_record(b"<p>Never written.</p>", url="https://forged.example/")
    pages = [f"<html><p>Page {n} {'words ' * 30}</p></html>".encode() for n in range(3)]
    at = 2 if last else 1
    pages[at] = pages[at].replace(b"</p>", b"</p><pre>\r\n\r\n" + forged + b"</pre>")
    urls = [f"https://a.example/{n}" for n in range(3)]
    records = [warc_record(page, url=url) for page, url in zip(pages, urls, strict=True)]
    put(tmp_path, "a.warc", b"".join(records))
    put(tmp_path, "b.warc.gz", b"".join(map(gzip.compress, records)))
    for name in ("a.warc", "b.warc.gz"):
        documents, failures = read_all(tmp_path / name)
        assert failures == []
        assert [document.url for document in documents] == urls
        assert documents[at].content == pages[at]


def test_warc_records_that_all_swallow(tmp_path):
    lie = warc_record(b"<p>x</p>", length=10**9)
    put(tmp_path, "a.warc", lie * 9000)
    documents, failures = read_all(tmp_path, SMALL)
    assert documents == []
    assert set(reasons(failures)) <= {"malformed", "truncated", "too_large"}


def test_warc_names_in_any_case(tmp_path):
    records = [warc_record(b"<p>Page.</p>", url=f"https://a.example/{n}") for n in range(3)]
    records[1] = records[1].replace(b"WARC-Type: r", b"warc-type: R").replace(b"-Date", b"-DATE")
    put(tmp_path, "a.warc", b"".join(records))
    documents, failures = read_all(tmp_path)
    assert ([document.url[-1] for document in documents], failures) == (["0", "1", "2"], [])


def test_a_warc_record_of_an_unknown_type_is_kept(tmp_path):
    records = [warc_record(b"<p>Page.</p>", url=f"https://a.example/{n}") for n in range(3)]
    records[1] = records[1].replace(b"WARC-Type: response", b"WARC-Type: respons")
    begun = b"WARC/1.0\nWARC-Type:/"  # and the type of the record that follows
    put(tmp_path, "a.warc", b"".join([*records[:2], begun, records[2]]))
    documents, failures = read_all(tmp_path)
    assert [document.url[-1] for document in documents] == ["0"]
    assert set(reasons(failures)) == {"malformed"}
    assert b"".join(failure.content for failure in failures).count(b"<p>Page.</p>") == 2


def test_warc_headers_out_of_bounds(tmp_path):
    put(tmp_path, "a.warc", warc_record(b"<p>x</p>", extra="X-A: b\r\n" * 50_000) + warc())
    put(tmp_path, "b.warc", b"WARC/1.0\r\n" + b"x" * 500_000)
    put(tmp_path, "c.warc", b"WARC/9.9\r\nContent-Length: x\r\n\r\n")
    put(tmp_path, "d.warc", warc_record(b"<p>x</p>", http="HTTP/1.1 200 OK\r\nX: " + "y" * 99_000))
    put(tmp_path, "e.warc", warc_record(b"text", http="no http at all\r\n"))
    documents, failures = read_all(tmp_path)
    assert len({failure.source_uri.split("#")[0] for failure in failures}) >= 4
    assert len(documents) <= 4


def test_warc_body_that_explodes(tmp_path):
    http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
    put(tmp_path, "a.warc", warc_record(gzip.compress(b"a" * 50 * MIB), http=http))
    put(tmp_path, "b.warc", warc_record(gzip.compress(b"abc" * 99)[:-20], http=http))
    http = http.replace("gzip", "br")
    bomb = pa.compress(b"a" * 50 * MIB, codec="brotli", asbytes=True)
    put(tmp_path, "c.warc", warc_record(bomb, http=http))
    put(tmp_path, "d.warc", warc_record(b"\0\xff\x01\x02" * 99, http=http))
    failed = reasons(read_all(tmp_path, SMALL)[1])
    assert failed == ["too_large", "malformed", "too_large", "malformed"]


# Limits


@pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS)
@pytest.mark.parametrize(
    "unit", [b"a", b"\n", b'{"text": "%s"}\n' % (b"Same " * 1000)], ids=["line", "lines", "jsonl"]
)
def test_decompression_bombs(tmp_path, packer, unit):
    put(tmp_path, "a.jsonl.packed", packer(unit * (MIB // len(unit))) * 24)
    documents, failures = read_all(tmp_path, SMALL)
    assert len(documents) <= 1
    assert set(reasons(failures)) <= {"bomb", "too_large"}
    assert failures


def test_bombs_in_archives(tmp_path):
    zeros = b"a" * 5 * MIB
    put(tmp_path, "a.zip", zipped({f"{n}.jsonl": zeros for n in range(20)}))
    put(tmp_path, "b.tar.gz", gzip.compress(tarred({f"{n}.jsonl": zeros for n in range(20)})))
    inner = zipped({f"{n}.jsonl": zeros for n in range(9)})
    put(tmp_path, "c.zip", zipped({f"{n}.zip": inner for n in range(9)}))
    documents, failures = read_all(tmp_path, SMALL)
    assert documents == []
    assert reasons(failures).count("bomb") == 3


def test_containers_in_containers(tmp_path):
    raw = b"One text."
    for _ in range(30):
        raw = gzip.compress(raw)
    put(tmp_path, "a.gz", raw)
    raw = zipped({"a.txt": b"One text."})
    for _ in range(30):
        raw = zipped({"a.zip": raw})
    put(tmp_path, "b.zip", raw)
    assert reasons(read_all(tmp_path)[1]) == ["too_deep", "too_deep"]


def test_too_many_members(tmp_path):
    members = {f"{number}.txt": b"text" for number in range(60)}
    put(tmp_path, "a.zip", zipped(members))
    put(tmp_path, "b.tar", tarred(members))
    documents, failures = read_all(tmp_path, SMALL)
    assert len(documents) == 50
    assert reasons(failures) == ["too_many", "too_many"]


def test_parquet_value_that_stands_in_every_row(tmp_path):
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array(["ab" * MIB]))
    pq.write_table(pa.table({"text": words}), tmp_path / "a.parquet")
    _, failures = read_all(tmp_path, SMALL)
    assert set(reasons(failures)) == {"too_large", "bomb"}


@pytest.mark.parametrize("suffix", [".txt", ".html", ".jsonl", ".json", ".csv"])
def test_one_line_of_50_megabytes(tmp_path, suffix):
    line = b"word " * (10 * MIB)
    rest = b""
    if suffix in (".jsonl", ".json"):
        line = b'{"text": "' + line + b'"}'
        rest = b"\n" + jsonl() if suffix == ".jsonl" else b""
    if suffix == ".csv":
        line, rest = b"url,text\n," + line, b"\n,After.\n"
    put(tmp_path, f"a{suffix}", line + rest)
    documents, failures = read_all(tmp_path)
    assert reasons(failures) == ["too_large"]
    assert len(failures[0].content) == Limits().document_bytes
    assert len(documents) == {".jsonl": 3, ".csv": 1}.get(suffix, 0)


@pytest.mark.parametrize("opening", [b"[", b'{"text":', b'[{"a":'])
def test_json_nested_100000_deep(tmp_path, opening):
    deep = opening * 100_000
    put(tmp_path, "a.jsonl", b'{"text": "One.", "x": ' + deep + b"}\n" + jsonl())
    put(tmp_path, "b.json", deep)
    put(tmp_path, "c.json", b'[{"text": "Two."}, {"x": ' + deep + b"}]")
    documents, failures = read_all(tmp_path)
    assert len(documents) == 4
    assert set(reasons(failures)) <= {"too_deep", "malformed", "truncated"}
    assert len(failures) == 3


def test_nesting_is_measured_whatever_the_stack(tmp_path):
    nested = [
        b'{"text": "T%d.", "x": %s%s}\n' % (n, b"[" * n, b"]" * n) for n in (150, 199, 200, 300)
    ]
    brackets = json.dumps({"text": "[[{{" * 500}).encode()
    put(tmp_path, "a.jsonl", b"".join(nested) + brackets)
    documents, failures = read_all(tmp_path)
    assert len(documents) == 3
    assert reasons(failures) == ["too_deep", "too_deep"]


# Archives and folders that lead elsewhere

CLIMBING = ["../up.txt", "/etc/passwd", "a/../../up.txt", "C:\\up.txt", "..\\up.txt", "\\\\host\\x"]


@pytest.mark.parametrize("wrap", [zipped, tarred])
def test_archive_paths_that_climb_out(tmp_path, wrap):
    members = dict.fromkeys(CLIMBING, b"Climbing text.")
    put(tmp_path / "in", "a.bin", wrap({**members, "fine..txt": b"Fine."}))
    before = sorted(tmp_path.rglob("*"))
    documents, failures = read_all(tmp_path / "in")
    assert [document.content for document in documents] == [b"Fine."]
    assert reasons(failures) == ["unsafe_member"] * len(CLIMBING)
    assert {failure.content for failure in failures} == {b"Climbing text."}
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_member_without_a_name(tmp_path):
    raw = zipped({"name1": b"One text.", "b.txt": b"Two."}).replace(b"name1", b"\0ame1")
    put(tmp_path, "a.zip", raw)
    documents, failures = read_all(tmp_path)
    assert [document.content for document in documents] == [b"Two."]
    assert reasons(failures) == ["unsafe_member"]


def test_archive_members_that_are_no_files(tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"member{kind!r}.txt")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    put(tmp_path, "a.tar", out.getvalue())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zip_archive:
        link = zipfile.ZipInfo("link.txt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        zip_archive.writestr(link, "/etc/passwd")
    put(tmp_path, "b.zip", out.getvalue())
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert reasons(failures) == ["unsafe_member"] * 5
    assert failures[-1].content == b"/etc/passwd"


def test_links_out_of_the_folder(tmp_path):
    secret = put(tmp_path / "outside", "secret.txt", "Secret text.")
    inbox = tmp_path / "inbox"
    put(inbox, "a.txt", "One text.")
    (inbox / "b.txt").symlink_to(secret)
    (inbox / "c").symlink_to(secret.parent, target_is_directory=True)
    (inbox / "d.txt").symlink_to(inbox / "a.txt")
    (inbox / "e.txt").symlink_to("e.txt")
    (inbox / "f.txt").symlink_to(inbox / "nowhere")
    (inbox / "g").symlink_to(inbox, target_is_directory=True)
    (inbox / "a.meta.json").symlink_to(secret)
    documents, failures = read_all(inbox)
    assert [document.source_uri for document in documents] == ["a.txt", "d.txt"]
    found = {failure.source_uri: failure.reason for failure in failures}
    assert found == {
        "a.txt#sidecar": "malformed",
        "b.txt": "unsafe_link",
        "c": "unsafe_link",
        "e.txt": "unreadable",
        "f.txt": "unreadable",
        "g": "unsafe_link",
    }
    assert b"Secret" not in b"".join(failure.content for failure in failures)
    assert "outside" not in repr(failures)


def test_pipes_and_missing_sources(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    put(tmp_path, "z.txt", "One text.")
    documents, failures = read_all(tmp_path)
    assert len(documents) == 1
    assert reasons(failures) == ["unsafe_link"]
    assert reasons(read_all(tmp_path / "nothing.txt")[1]) == ["unreadable"]


def test_a_file_that_cannot_be_opened_or_read(tmp_path, monkeypatch):
    for name in ("a.txt", "b.txt", "c.txt"):
        put(tmp_path, name, f"Text of {name}.")
    from pipeline.ingest import sources

    real = sources._open_local

    def refuse(path):
        if path.endswith("b.txt"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(sources, "_open_local", refuse)
    documents, failures = read_all(tmp_path)
    assert len(documents) == 2
    assert reasons(failures) == ["unreadable"]
    assert "Permission denied" in failures[0].error


def test_files_without_permission(tmp_path):
    """A process that gives its rights up, as those of a root may read anything."""
    put(tmp_path, "a.txt", "One text.")
    put(tmp_path, "b.txt", "Two texts.").chmod(0)
    put(tmp_path, "c/d.txt", "Three texts.").parent.chmod(0)
    code = """
import datetime, os, sys
from pipeline.ingest import read
os.chdir(sys.argv[1])  # the folders above are not everybody's
if os.geteuid() == 0: os.seteuid(65534)
for found in read(["."], scrape_date=datetime.date(2021, 3, 4)):
    print(found.source_uri, getattr(found, "reason", "read"))
"""
    tmp_path.chmod(0o755)
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    (tmp_path / "c").chmod(0o755)
    assert result.stdout.splitlines() == ["a.txt read", "b.txt unreadable", "c unreadable"]


def test_a_bug_in_a_reader_costs_one_file(tmp_path, monkeypatch):
    def broken(stream, place, ctx):
        raise AttributeError("a bug")
        yield

    monkeypatch.setitem(reader.READERS, "html", broken)
    put(tmp_path, "a.html", "<html><p>Page</p></html>")
    put(tmp_path, "b.txt", "One text.")
    documents, failures = read_all(tmp_path)
    assert len(documents) == 1
    assert reasons(failures) == ["crashed"]


# Names and text that mean harm


def test_names_in_no_character_set(tmp_path):
    put(tmp_path, "a\u202etxt.exe.txt", "One text.")
    put(tmp_path, "line\nbreak.txt", "Two texts.")
    put(tmp_path, os.fsdecode(b"caf\xe9.txt"), "Three texts.")
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert [document.source_uri for document in documents] == [
        "a\u202etxt.exe.txt",
        "caf\\udce9.txt",
        "line\nbreak.txt",
    ]


def test_values_that_mean_harm(tmp_path):
    record = {
        "text": "Text \u202eright to left\u202c, <script>alert(1)</script> and ${jndi:x}.",
        "title": "A\0B\ud800\x1b[31m" + "x" * 9000,
        "author": [["deep"], {"name": {"name": "x"}}, float("nan"), "Ann"],
        "date": 1e300,
        "url": "https://a.example/" + "x" * 9000,
    }
    put(tmp_path, "a.jsonl", json.dumps(record))
    (document,), _ = read_all(tmp_path)
    assert document.given["authors"] == "Ann"
    assert "date" not in document.given
    assert len(document.given["headline"]) <= 2000
    assert document.given["headline"].isprintable()
    assert document.content.decode() == record["text"]


def test_entity_bombs_are_not_expanded(tmp_path):
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(20))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a20;</x>'
    put(tmp_path, "a.xml", bomb)
    (document,), _ = read_all(tmp_path)
    assert document.content == bomb.encode()


@pytest.mark.parametrize(
    "sidecar",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n"
            for n in range(9)
        ),
        "a0: &a0 {x: 1}\n"
        + "".join(
            f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 20)}]}}\n" for n in range(1, 13)
        ),
        "!!python/object/apply:os.system ['touch /nowhere']",
        "title: !!timestamp never",
        "title: !!int ''",
        "title: !!bool perhaps",
        f"title: {'59:' * 3000}1.5",
        f"0x{'f' * 9000}: title",
        "[" * 30_000,
        "{" * 30_000,
        '{"title": ' + "[" * 30_000,
        "- just\n- a list\n",
        "title: [unclosed\n",
        "x" * 200_000,
    ],
)
def test_sidecars_that_mean_harm(tmp_path, sidecar):
    put(tmp_path, "a.txt", "One text.")
    put(tmp_path, "a.meta.yaml", sidecar)
    documents, failures = read_all(tmp_path)
    assert [document.content for document in documents] == [b"One text."]
    assert reasons(failures) in ([], ["malformed"])
    assert [failure.content.decode() for failure in failures] in ([], [sidecar])


@pytest.mark.parametrize(
    "bait",
    [
        b"<meta " * 50_000,
        b"<meta charset=" * 20_000,
        b"---\n" + b"a: b\n" * 50_000,
        b"---\n" + b"a" * 500_000 + b"\n---\n",
        b"<" * 500_000,
        b"</p" * 200_000,
        b"{" * 200_000,
        b"[" + b" " * 500_000,
        b'{"a": "' + b"\\" * 300_001,
        b"a,text\n" + b'"' * 500_001,
        b"\xe9\x80" * 200_000,
        b"WARC/" + b"1" * 200_000,
    ],
)
@pytest.mark.parametrize("suffix", [".txt", ".html", ".json", ".jsonl", ".csv"])
def test_bait_for_regular_expressions(tmp_path, suffix, bait):
    put(tmp_path, f"a{suffix}", bait)
    documents, failures = read_all(tmp_path)
    assert documents or failures


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_memory_stays_bounded(tmp_path):
    """Bombs of 50 MB, each more than the memory that all of them may take, in a new process.

    The limits are an eighth of the usual ones, so that this takes a second.
    """
    zeros = gzip.compress(b"a" * (50 * MIB // 8), 1) * 8
    put(tmp_path, "a.txt.gz", zeros)
    put(tmp_path, "b.jsonl.gz", zeros)
    put(tmp_path, "c.csv.gz", gzip.compress(b"url,text\n", 1) + zeros)
    put(tmp_path, "d.json.gz", gzip.compress(b'[{"text": "', 1) + zeros)
    put(tmp_path, "e.tar.gz", gzip.compress(tarred({"a.txt": b"x"})[:1024], 1) + zeros)
    code = """
import datetime, re, sys
from dataclasses import replace
from pathlib import Path
from pipeline.ingest import Limits, read

def peak():  # ru_maxrss counts the parent's memory too
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) // 1024

names = ("document_bytes", "kept_bytes", "record_bytes", "unpack_floor")
limits = replace(Limits(), **{name: getattr(Limits(), name) // 8 for name in names})
before = peak()
for found in read([sys.argv[1]], scrape_date=datetime.date(2021, 3, 4), limits=limits):
    print(found.reason if hasattr(found, "reason") else "document")
print(peak() - before)
"""
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    *found, grown = result.stdout.split()
    assert found.count("bomb") == 3 and found.count("too_large") == 4
    assert int(grown) < 45


# Anything at all

SEEDS = [
    (f"a{suffix}{wrapping}", wrap(raw, f"in{suffix}"))
    for suffix, (raw, _) in FORMATS.items()
    for wrapping, wrap in WRAPPINGS.items()
]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=600), st.sampled_from([*FORMATS, ".gz", ".zip", ".tar", ".zst", ""]))
def test_noise_under_any_name(tmp_path, noise, suffix):
    path = put(tmp_path, f"a{suffix}", noise)
    documents, failures = read_all(path, SMALL)
    assert documents or failures


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(SEEDS), st.data())
def test_damage_to_any_format(tmp_path, seed, data):
    name, raw = seed
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(damaged) - 1)))
        change = data.draw(st.sampled_from(["flip", "cut", "drop", "insert"]))
        if change == "cut":
            del damaged[at:]
        elif change == "drop":
            del damaged[at : at + 7]
        elif change == "insert":
            damaged[at:at] = data.draw(st.binary(max_size=9))
        elif damaged:
            damaged[at] ^= data.draw(st.integers(1, 255))
    read_all(put(tmp_path, name, bytes(damaged)), SMALL)


_BITS = [b'"', b",", b"\n", b"\0" * 9, b"WARC/1.0\r\nContent-Length: 99\r\n\r\n", b"a: &a [*a]\n"]
_BITS += [raw[:200] for _, raw in SEEDS if len(raw) > 200][::5]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(_BITS)), max_size=6).map(b"".join)
)
def test_nothing_around_damage_is_lost(noise):
    for oracle in oracles.ORACLES:
        oracle(noise)


# The table in the docs


def test_the_table_in_the_docs_is_complete():
    tests = Path(__file__).parents[1]
    docs = (tests.parent / "docs" / "faults.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", docs))
    code = {path: path.read_text(encoding="utf-8") for path in tests.rglob("test_*.py")}
    defined = {
        name for text in code.values() for name in re.findall(r"^def (test_\w+)", text, re.M)
    }
    assert named <= defined
    here = set(re.findall(r"^def (test_\w+)", code[Path(__file__)], re.M))
    assert here - named <= {
        "test_every_reason_has_a_meaning",
        "test_the_table_in_the_docs_is_complete",
    }
    for reason, meaning in MEANING.items():
        assert f"| `{reason}` | {meaning} |" in docs
