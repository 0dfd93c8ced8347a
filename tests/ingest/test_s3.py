"""Reading from object storage: a real S3 server process on loopback."""

from __future__ import annotations

import functools
import gzip
import socket
import subprocess
import sys
import time

import pytest
from pyarrow import fs

from pipeline.ingest import (
    ColumnMap,
    IngestCounts,
    Limits,
    Settings,
    listing,
    read,
    read_apart,
    total_bytes,
    walk,
)
from tests.ingest.support import DAY, FORMATS, jsonl, parquet, put, read_all, zipped

FILES = {
    "2021-03-04/a.txt": b"A text in a bucket.",
    "2021-03-04/a.meta.json": b'{"outlet": "The Harbour"}',
    "2021-03-04/deep/b.jsonl.gz": gzip.compress(jsonl()),
    "2021-03-04/c.parquet": parquet([{"text": "From a column."}]),
    "2021-03-04/d.zip": zipped({"in.txt": b"In a zip."}),
    "2021-03-04/e.warc": FORMATS[".warc"][0].replace(b"harbour", b"another"),
    "2021-03-04/_SUCCESS": b"",
    "2021-03-05/other.txt": b"Another day.",
}


def start_server() -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return process, port
        except OSError:
            time.sleep(0.1)
    process.kill()
    process.wait()
    raise RuntimeError("the S3 server did not start")


@pytest.fixture(scope="module")
def query():
    """The query of S3 URIs that leads to the server, with a bucket `news` in it."""
    pytest.importorskip("moto")
    process, port = start_server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        query = f"?scheme=http&endpoint_override=127.0.0.1:{port}&region=us-east-1"
        store, _ = fs.FileSystem.from_uri(f"s3://news/{query}&allow_bucket_creation=true")
        store.create_dir("news")
        for path, content in FILES.items():
            with store.open_output_stream(f"news/{path}") as out:
                out.write(content)
        yield query
    process.terminate()
    process.wait()


def test_a_folder_in_a_bucket(query, tmp_path):
    documents, failures = read_all(f"s3://news/2021-03-04{query}")
    for path, content in FILES.items():
        put(tmp_path, path, content)
    assert (documents, failures) == read_all(tmp_path / "2021-03-04")
    assert failures == []
    assert documents[0].given == {"outlet": "The Harbour"}
    assert len(documents) == 9


def test_a_bucket_read_in_a_process_of_its_own(query):
    uri = f"s3://news/2021-03-04{query}"
    settings = Settings(DAY, Limits(), ColumnMap.default())
    documents = list(read_apart(functools.partial(walk, (uri,)), settings))
    assert documents == read_all(uri)[0]


def test_base_and_single_objects(query):
    uri = f"s3://news/2021-03-04/deep/b.jsonl.gz{query}"
    based, _ = read_all(uri, base=f"s3://news/2021-03-04{query}")
    assert based[0].source_uri == "deep/b.jsonl.gz#line=1"
    alone, _ = read_all(uri)
    assert alone[0].source_uri == "b.jsonl.gz#line=1"


def test_listing_and_progress(query):
    uri = f"s3://news/2021-03-04{query}"
    steps: list[int] = []
    counts = IngestCounts()
    list(read([uri], scrape_date=DAY, on_bytes=steps.append, counts=counts))
    assert sum(steps) == total_bytes([uri])
    listed = {path: size for path, size, _ in listing([uri])}
    assert listed["a.txt"] == len(FILES["2021-03-04/a.txt"])
    assert counts.files == len(listed) == 5


def test_what_is_not_there_is_a_failure_without_secrets(query):
    documents, failures = read_all(f"s3://user:secret@news/nothing{query}")
    assert documents == []
    assert [failure.reason for failure in failures] == ["unreadable"]
    assert "secret" not in repr(failures)


def test_any_other_store_through_fsspec():
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe("/news/day/a.txt", b"A text in memory.")
    store.pipe("/news/day/b.jsonl", jsonl())
    documents, failures = read_all("memory://news/day")
    assert failures == []
    assert [document.source_uri for document in documents][:2] == ["a.txt", "b.jsonl#line=1"]


def test_a_scheme_nobody_knows():
    _, failures = read_all("nosuch://bucket/a.txt")
    assert [failure.reason for failure in failures] == ["unreadable"]
