"""A data directory in an object store: a real S3 server process on loopback."""

from __future__ import annotations

import threading

import pytest
from pyarrow import fs

from pipeline import stages
from pipeline.publish import object_lock
from pipeline.publish.storage import Storage, StorageError
from tests.ingest.support import DAY, jsonl, put
from tests.ingest.test_s3 import start_server


@pytest.fixture(scope="module")
def uri():
    """The URI of a bucket on the server."""
    pytest.importorskip("moto")
    process, port = start_server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        query = f"?scheme=http&endpoint_override=127.0.0.1:{port}&region=us-east-1"
        store, _ = fs.FileSystem.from_uri(f"s3://data/{query}&allow_bucket_creation=true")
        store.create_dir("data")
        yield f"s3://data/corpus{query}"
    process.terminate()
    process.wait()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(object_lock, "PAUSE", 0.2)


def test_runs_at_once_in_an_object_store_are_serialised(uri):
    """Each reads a number and writes the next one: unlocked, some would be lost."""
    Storage(uri).write_bytes("number", b"0")

    def count() -> None:
        storage = Storage(uri)
        for _ in range(3):
            with storage.lock("number", timeout=120):
                number = int(storage.read_bytes("number"))
                storage.write_bytes("number", b"%d" % (number + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Storage(uri).read_bytes("number") == b"12"


def test_a_lock_in_an_object_store_is_refused_with_its_owner(uri):
    refused = pytest.raises(StorageError, match=r"process \d+ on .*, since 20.*_locks/held")
    with Storage(uri).lock("held"), refused, Storage(uri).lock("held", timeout=0):
        pass
    with Storage(uri).lock("held", timeout=0), Storage(uri).lock("another", timeout=0):
        pass


def test_the_lock_of_a_dead_run_is_void_in_time(uri, monkeypatch):
    storage = Storage(uri)
    storage.write_bytes("_locks/dead/0", b"what a killed run left")
    with pytest.raises(StorageError, match="unknown"), storage.lock("dead", timeout=0):
        pass
    monkeypatch.setattr(object_lock, "EXPIRY", -10.0)
    with storage.lock("dead", timeout=0):
        pass


def test_a_run_that_was_taken_for_dead_is_told(uri):
    storage = Storage(uri)
    with pytest.raises(StorageError, match="took its place"), storage.lock("late"):
        (held,) = storage._listed("_locks/late")
        storage._fs.delete_file(held.path)


def test_a_holder_gives_signs_of_life(uri, monkeypatch):
    monkeypatch.setattr(object_lock, "BEAT", 0.05)
    written = threading.Event()
    real = object_lock._exists

    def watched(files, path):
        written.set()
        return real(files, path)

    monkeypatch.setattr(object_lock, "_exists", watched)
    with Storage(uri).lock("alive"):
        assert written.wait(30)


def test_ingest_into_an_object_store(uri, tmp_path):
    put(tmp_path, "a.jsonl", jsonl() + b"{broken\n")
    for place in (Storage(uri), Storage(str(tmp_path / "local"))):
        with place.lock(f"day-{DAY}"):
            stages.ingest_day(place, DAY, [str(tmp_path / "a.jsonl")])
    remote = Storage(uri)
    for table in ("raw_documents", "quarantine"):
        assert remote.read(table).equals(place.read(table))
        assert remote.row_count(table, DAY) == {"raw_documents": 3, "quarantine": 1}[table]
