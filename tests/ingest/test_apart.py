"""What crashes, hangs or hoards while it is read costs the rest of its file, and no more."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
from dataclasses import replace

import pytest

from pipeline.ingest import ColumnMap, IngestCounts, Settings, read_apart, total_bytes, walk
from pipeline.ingest.apart import _Sender
from pipeline.ingest.reader import read_file
from pipeline.records import Document, Failure
from tests.ingest import faulty
from tests.ingest.support import DAY, DEFAULT, FORMATS, WRAPPINGS, jsonl, put, read_all

#: Seconds enough for each step on a busy machine.
PATIENT = replace(DEFAULT, stall_seconds=4.0)


def apart(files, limits=DEFAULT, **options):
    found = list(read_apart(files, Settings(DAY, limits, ColumnMap.default()), **options))
    documents = [item for item in found if isinstance(item, Document)]
    return documents, [item for item in found if isinstance(item, Failure)]


def test_reading_apart_gives_what_reading_gives(tmp_path):
    for suffix, (raw, _) in FORMATS.items():
        for wrapping, wrap in WRAPPINGS.items():
            put(tmp_path, f"day{suffix}{wrapping}", wrap(raw, f"in{suffix}"))
    put(tmp_path, "a.txt", "---\nurl: https://a.example/1\n---\nThe text.\n")
    put(tmp_path, "b.txt", b"\x89PNG\r\n\x1a\n")
    put(tmp_path, "c.jsonl", b'{"text": "One."}\n{"text"\n')
    put(tmp_path, "day.txt.meta.json", '{"outlet": "The Harbour"}')
    steps: list[int] = []
    documents, failures = apart(functools.partial(walk, (str(tmp_path),)), on_bytes=steps.append)
    counts, seen = IngestCounts(), set()
    assert (list(counts.new(documents, seen)), failures) == read_all(tmp_path)
    assert counts.repeated > 0  # records with a URL come in every wrapping
    assert sum(steps) == total_bytes([str(tmp_path)])


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("crash", "crashed"), ("abort", "crashed"), ("hang", "timeout"), ("hoard", "too_large")],
)
def test_a_reader_that_dies_costs_the_rest_of_its_file(tmp_path, fault, reason):
    put(tmp_path, "a.txt", "The text before.")
    put(tmp_path, f"{fault}.jsonl", "does not matter")
    put(tmp_path, "z.txt", "The text after.")
    files = functools.partial(faulty.files, str(tmp_path))
    documents, [failure] = apart(files, PATIENT)
    texts = [document.content.decode() for document in documents]
    before = [record["text"] for record in faulty.RECORDS]
    assert texts == ["The text before.", *before, "The text after."]
    assert (failure.source_uri.split("#")[0], failure.reason) == (f"{fault}.jsonl", reason)


def test_the_beginning_of_the_file_is_kept(tmp_path):
    put(tmp_path, "crash.jsonl", "does not matter")
    put(tmp_path, "crash.jsonl.meta.json", '{"outlet": "The Harbour"}')
    _, [failure] = apart(functools.partial(faulty.files, str(tmp_path)))
    assert failure.content.startswith(b'{"text": "A story before the fault, number 0."}')
    assert failure.replayable
    assert failure.given == {"outlet": "The Harbour"}
    assert "the 5 items before were read" in failure.error


def test_what_happens_once_costs_nothing(tmp_path):
    put(tmp_path, "crash.jsonl", "does not matter")
    once = str(tmp_path.parent / "once")
    documents, failures = apart(functools.partial(faulty.files, str(tmp_path), once))
    assert len(documents) == len(faulty.RECORDS)
    assert failures == []


def test_every_file_that_kills_is_named(tmp_path):
    for name in ("abort.1", "crash.1", "crash.2"):
        put(tmp_path, name, "x")
    documents, failures = apart(functools.partial(faulty.files, str(tmp_path)))
    assert [failure.source_uri for failure in failures] == ["abort.1", "crash.1", "crash.2"]
    assert len(documents) == 3 * len(faulty.RECORDS)


def test_a_listing_that_crashes_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="ended at once"):
        apart(functools.partial(faulty.listing_that_crashes, str(tmp_path)))


def test_a_bomb_in_a_sidecar_costs_the_sidecar(tmp_path):
    """It is never parsed by the process that asks, which has no alarm."""
    put(tmp_path, "a.txt", "The text.")
    links = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 20)}]}}" for n in range(1, 13)]
    put(tmp_path, "a.meta.yaml", "\n".join(["a0: &a0 {x: 1}", *links]))
    documents, failures = apart(functools.partial(walk, (str(tmp_path),)), PATIENT)
    assert [document.content for document in documents] == [b"The text."]
    assert [(f.source_uri, f.reason) for f in failures] == [("a.txt#sidecar", "malformed")]


def test_a_process_killed_within_a_message_costs_nothing(tmp_path):
    """Its messages are longer than the pipe: it is killed while it waits to go on."""
    records = [{"text": f"Text {number}. " * 300} for number in range(300)]
    put(tmp_path, "a.jsonl", jsonl(records))
    settings = Settings(DAY, DEFAULT, ColumnMap.default())
    before = set(multiprocessing.active_children())
    reading = read_apart(functools.partial(walk, (str(tmp_path),)), settings)
    found = [next(reading)]
    (process,) = set(multiprocessing.active_children()) - before
    receiver = reading.gi_frame.f_locals["reading"]._receiver
    assert receiver.poll(60)  # the next message has begun
    os.kill(process.pid, signal.SIGKILL)
    found += reading
    assert [item.content.decode() for item in found] == [record["text"] for record in records]


@pytest.mark.parametrize("gone", ["a.jsonl", "c.jsonl"])
def test_files_that_leave_while_a_process_dies_cost_no_other_file(tmp_path, gone):
    for name in "abde":
        put(tmp_path, f"{name}.jsonl", jsonl([{"text": f"Text {name}{n}."} for n in range(2)]))
    put(tmp_path, "bad.jsonl", b"{")
    put(tmp_path, "c.jsonl", jsonl([{"text": "Text c."}]))
    put(tmp_path, "crash.jsonl", "does not matter")
    files = functools.partial(faulty.files_of_which_one_goes, str(tmp_path), gone)
    documents, failures = apart(files)
    texts = [document.content.decode() for document in documents]
    before = [f"Text {name}." for name in ("a0", "a1", "b0", "b1", "c")]
    crashing = [record["text"] for record in faulty.RECORDS]
    assert texts == [*before, *crashing, *(f"Text {name}." for name in ("d0", "d1", "e0", "e1"))]
    assert [(failure.source_uri, failure.reason) for failure in failures] == [
        ("bad.jsonl#line=1", "truncated"),
        ("crash.jsonl", "crashed"),
    ]


def test_a_kept_record_that_crashes_keeps_its_address():
    _, [failure] = apart(faulty.kept)
    assert (failure.source_uri, failure.reason) == ("day.jsonl#line=57", "crashed")
    assert failure.given == {"outlet": "The Harbour"}


def test_progress_that_nobody_hears_is_no_fault_of_the_file(tmp_path):
    put(tmp_path, "a.jsonl", FORMATS[".jsonl"][0])
    receiver, connection = multiprocessing.Pipe(duplex=False)
    receiver.close()
    sender = _Sender(connection, DEFAULT, careful=True)
    (file,) = walk((str(tmp_path),))
    reading = read_file(file, Settings(DAY, DEFAULT, ColumnMap.default()), sender.progress)
    try:
        assert isinstance(next(reading), Document)
        reading.close()  # tells of the bytes that were not read
    finally:
        sender.rest()
        connection.close()


def test_whoever_stops_listening_leaves_no_process(tmp_path):
    put(tmp_path, "a.jsonl", FORMATS[".jsonl"][0] * 1000)
    put(tmp_path, "hang.jsonl", "x")
    settings = Settings(DAY, DEFAULT, ColumnMap.default())
    reading = read_apart(functools.partial(faulty.files, str(tmp_path)), settings)
    next(reading)
    reading.close()  # waits for the process, which hangs by now, or would
