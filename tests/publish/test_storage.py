"""Partitions appear whole or not at all, and are read back as they were written."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pipeline.contracts import arrow_schema, to_table
from pipeline.publish.storage import Storage, StorageError

DAY = date(2024, 2, 29)
NEXT = date(2024, 3, 1)


def _rows(count: int, day: date = DAY) -> pa.Table:
    return to_table(
        "quarantine",
        (
            {
                "source_uri": f"a{i:06}",
                "scrape_date": day,
                "sha256": "0" * 64,
                "stage": "ingest" if i == 0 else "clean",
                "reason": "empty",
                "error": "nothing in it",
                "bytes_path": "x",
                "size": i,
            }
            for i in range(count)
        ),
    )


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "data"))


def test_what_is_written_is_read_back(storage):
    table = _rows(40_000)
    assert storage.write("quarantine", DAY, table) == 40_000
    assert storage.read("quarantine").equals(table)
    assert storage.row_count("quarantine", DAY) == 40_000
    assert storage.size("quarantine", DAY) > 0
    assert storage.partitions("quarantine") == [DAY]


def test_batches_are_bounded_and_in_order(storage):
    storage.write("quarantine", DAY, _rows(1_000))
    batches = list(storage.batches("quarantine", DAY, ["source_uri", "scrape_date"], rows=300))
    assert all(batch.num_rows <= 300 for batch in batches)
    ids = [i for batch in batches for i in batch["source_uri"].to_pylist()]
    assert ids == [f"a{i:06}" for i in range(1_000)]
    assert set(batches[0]["scrape_date"].to_pylist()) == {DAY}


def test_days_columns_and_filters_limit_what_is_read(storage):
    storage.write("quarantine", DAY, _rows(10))
    storage.write("quarantine", NEXT, _rows(5, NEXT))
    some = storage.read("quarantine", [NEXT], ["source_uri"], ds.field("stage") == "ingest")
    assert some.to_pylist() == [{"source_uri": "a000000"}]
    assert storage.read("quarantine", [date(2020, 1, 1)]).num_rows == 0


def test_the_partition_column_is_in_the_path_only(storage, tmp_path):
    storage.write("quarantine", DAY, _rows(3))
    path = tmp_path / "data/quarantine/scrape_date=2024-02-29/part-0.parquet"
    assert "scrape_date" not in pq.read_schema(path).names
    metadata = pq.read_schema(path).metadata
    assert metadata[b"copydesk.schema_version"] == b"1"
    assert metadata[b"copydesk.version"]


def test_a_write_that_fails_leaves_the_earlier_partition(storage, tmp_path):
    storage.write("quarantine", DAY, _rows(3))

    def broken():
        yield from _rows(40_000).to_batches()
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        storage.write("quarantine", DAY, broken())
    assert storage.row_count("quarantine", DAY) == 3
    assert list((tmp_path / "data/_staging").iterdir()) == []


def test_the_same_rows_give_the_same_bytes(storage, tmp_path):
    other = Storage(str(tmp_path / "other"))
    table = _rows(20_000)
    storage.write("quarantine", DAY, table)
    other.write("quarantine", DAY, table.to_batches(max_chunksize=777))
    name = "quarantine/scrape_date=2024-02-29/part-0.parquet"
    assert storage.read_bytes(name) == other.read_bytes(name)


def test_row_groups_end_by_their_bytes_however_rows_come(storage, monkeypatch):
    monkeypatch.setattr("pipeline.publish.storage._ROW_GROUP_BYTES", 20_000)
    table = _rows(3_000)
    storage.write("quarantine", DAY, table)
    storage.write("quarantine", NEXT, table.to_batches(max_chunksize=7))
    paths = [storage.partition_path("quarantine", day) for day in (DAY, NEXT)]
    assert Path(paths[0]).read_bytes() == Path(paths[1]).read_bytes()
    metadata = pq.read_metadata(paths[0])
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    assert sum(sizes) == 3_000
    assert 150 < min(sizes[:-1]) <= max(sizes) < 250


def test_a_row_group_that_cannot_be_written_leaves_the_earlier_partition(storage, monkeypatch):
    storage.write("quarantine", DAY, _rows(3))

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(pq.ParquetWriter, "write_table", full)
        storage.write("quarantine", DAY, _rows(40_000))
    assert storage.row_count("quarantine", DAY) == 3


def test_a_held_lock_is_refused_with_a_clear_message(storage):
    other = Storage(storage.uri)
    refused = pytest.raises(StorageError, match="another Copydesk run")
    with storage.lock("day"), refused, other.lock("day", timeout=0.1):
        pass


def test_any_fsspec_filesystem_serves():
    storage = Storage("memory://copydesk-test")
    storage.write("quarantine", DAY, _rows(3))
    assert storage.read("quarantine").num_rows == 3
    assert storage.partitions("quarantine") == [DAY]


def test_kept_bytes_are_named_by_their_hash(storage):
    path = storage.keep_bytes(b"\x00\xff")
    assert storage.read_bytes(path) == b"\x00\xff"
    assert storage.keep_bytes(b"\x00\xff") == path


@pytest.mark.parametrize("count", [3, 150])
def test_bytes_that_a_broken_machine_kept_in_part_are_kept_again(storage, count):
    paths = [storage.keep_bytes(f"{number} bytes".encode()) for number in range(count)]
    storage.settle()
    Path(storage.path(paths[0])).write_bytes(b"0 b")
    assert storage.keep_bytes(b"0 bytes") == paths[0]
    assert storage.read_bytes(paths[0]) == b"0 bytes"
    assert list(Path(storage.path("_staging")).iterdir()) == []


def test_an_empty_partition_has_the_columns_of_the_contract(storage):
    storage.write("quarantine", DAY, _rows(0))
    assert storage.has("quarantine", DAY)
    assert storage.read("quarantine").schema.equals(arrow_schema("quarantine"))


def test_what_is_written_together_appears_together(storage):
    with storage.together():
        storage.write("quarantine", DAY, _rows(3))
        storage.write("quarantine", NEXT, _rows(4, NEXT))
        assert storage.read("quarantine").num_rows == 0
    assert storage.read("quarantine").num_rows == 7


def test_an_error_among_writes_leaves_none_of_them(storage, tmp_path):
    def fail():
        with storage.together():
            storage.write("quarantine", DAY, _rows(3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert storage.partitions("quarantine") == []
    assert list((tmp_path / "data/_staging").iterdir()) == []


def test_a_kill_between_two_moves_is_completed_by_the_next_run(storage, monkeypatch):
    class Killed(BaseException):
        pass

    moves = []

    def move_once(staging, path):
        if path.endswith("part-0.parquet"):
            if moves:
                raise Killed
            moves.append(path)
        original(staging, path)

    def killed():
        with storage.together():
            storage.write("quarantine", DAY, _rows(3))
            storage.write("quarantine", NEXT, _rows(4, NEXT))

    original = storage._move
    monkeypatch.setattr(storage, "_move", move_once)
    with pytest.raises(Killed):
        killed()
    fresh = Storage(storage.uri)
    assert fresh.read("quarantine").num_rows == 3
    fresh.recover()
    assert fresh.read("quarantine").num_rows == 7


def test_two_runs_may_complete_the_same_moves(storage, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), storage.together():
        storage.write("quarantine", DAY, _rows(3))
        storage.write("quarantine", NEXT, _rows(4, NEXT))
        move = storage._move

        def killed(staging, path):
            if path.endswith(".parquet"):
                raise KeyboardInterrupt
            move(staging, path)

        patch.setattr(storage, "_move", killed)
    one, other = Storage(storage.uri), Storage(storage.uri)
    move_of_one = one._move

    def late(staging, path):
        other.recover()
        move_of_one(staging, path)

    monkeypatch.setattr(one, "_move", late)
    one.recover()
    assert other.read("quarantine").num_rows == 7


def test_rows_are_looked_up_one_here_and_there(storage):
    rows = [
        {"article_id": f"{n:04}", "source_uri": "", "raw_text": "", "text": f"text {n}",
         "word_count": 2, "extraction_method": "line_model", "removed": []}
        for n in range(700)
    ]  # fmt: skip
    day = date(2024, 5, 1)
    storage.write("clean_documents", day, to_table("clean_documents", rows))
    wanted = pa.array(["0003", "0130", "0131", "0699", "none"])
    parts = list(storage.rows_with("clean_documents", day, "article_id", wanted, ["text"]))
    assert [part["text"].to_pylist() for part in parts] == [
        ["text 3"], ["text 130", "text 131"], ["text 699"]
    ]  # fmt: skip
    other = date(2024, 5, 2)
    assert not list(storage.rows_with("clean_documents", other, "article_id", wanted, ["text"]))
