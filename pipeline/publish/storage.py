"""Tables as hive-partitioned Parquet on any Arrow or fsspec filesystem.

A table is a folder, a day a partition, a partition one file:

    articles/scrape_date=2018-07-27/part-0.parquet

so that a partition is replaced by one rename: a reader sees the old day or the new one, never
half of one. The partition column is left out of the files, as Spark and Arrow readers expect.
What the columns mean does not belong here (see `pipeline.contracts`).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from pipeline import __version__
from pipeline.contracts import SCHEMA_VERSION, arrow_schema

PARTITION: Final = "scrape_date"
_DEFAULT_PART: Final = "part-0"
#: A row group ends at so many rows or bytes of text: small enough to hold and to skip through.
#: What DuckDB does with `articles` takes ten times as long where groups have 1,024 rows.
_ROW_GROUP: Final = 16_384
_ROW_GROUP_BYTES: Final = 64 << 20
#: Of texts that only later stages read, a row group has fewer rows: one is packed while the next
#: comes. Those of `clean_documents` are looked up one here and there.
_SMALL_ROW_GROUPS: Final = {"raw_documents": 1_024, "clean_documents": 32}
_STAGING: Final = "_staging"
_JOURNAL: Final = "_journal"
#: Staging files so old belong to no living process.
_STAGING_SECONDS: Final = 86_400
#: So many files are made durable one by one; for more the whole system is asked once.
_FEW: Final = 100


class StorageError(RuntimeError):
    """A table could not be read or written; the message says which, where and what to do."""


def open_filesystem(uri: str) -> tuple[pafs.FileSystem, str]:
    """Return the filesystem and root path of a local path or any Arrow or fsspec URI."""
    if "://" not in uri:
        return pafs.LocalFileSystem(), str(Path(uri).expanduser().resolve())
    try:
        filesystem, path = pafs.FileSystem.from_uri(uri)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        import fsspec

        handler, path = fsspec.core.url_to_fs(uri)
        filesystem = pafs.PyFileSystem(pafs.FSSpecHandler(handler))
    return filesystem, path.rstrip("/")


class Storage:
    """The data directory: read, write and list partitions of the contracted tables."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._fs, self._root = open_filesystem(uri)
        self._local = isinstance(self._fs, pafs.LocalFileSystem)
        self._together: dict[str, str] | None = None
        self._unsettled: list[str] = []

    # Paths ------------------------------------------------------------------------------------

    def path(self, *parts: str) -> str:
        """Return a path under the root."""
        return "/".join((self._root, *parts))

    def partition_path(self, table: str, day: date, part: str = _DEFAULT_PART) -> str:
        """Return the path of one file of a partition."""
        return self.path(table, f"{PARTITION}={day.isoformat()}", f"{part}.parquet")

    # Reading ----------------------------------------------------------------------------------

    def partitions(self, table: str) -> list[date]:
        """Return the days that `table` holds, in order."""
        prefix = f"{PARTITION}="
        names = [info.base_name for info in self._listed(table)]
        return [date.fromisoformat(n.removeprefix(prefix)) for n in names if prefix in n]

    def has(self, table: str, day: date, part: str = _DEFAULT_PART) -> bool:
        """Tell whether a partition has been written."""
        return self._is_file(self.partition_path(table, day, part))

    def read(
        self,
        table: str,
        dates: Sequence[date] | None = None,
        columns: Sequence[str] | None = None,
        where: pc.Expression | None = None,
    ) -> pa.Table:
        """Return the rows of `dates` (all by default), partition column included.

        `columns` limits what is read; `where` is an Arrow filter on columns in the files. Days
        that were never written contribute no rows.
        """
        schema = arrow_schema(table)
        wanted = list(columns) if columns is not None else schema.names
        days = self.partitions(table) if dates is None else dates
        tables = [self._read_day(table, day, wanted, where) for day in days]
        empty = pa.Table.from_batches([], pa.schema([schema.field(name) for name in wanted]))
        return pa.concat_tables([empty, *(t for t in tables if t is not None)])

    def batches(
        self, table: str, day: date, columns: Sequence[str] | None = None, rows: int = 256
    ) -> Iterator[pa.RecordBatch]:
        """Yield a partition in batches of at most `rows`, in stored order, in bounded memory."""
        schema = arrow_schema(table)
        wanted = list(columns) if columns is not None else schema.names
        for path in self._files(table, day):
            with self._fs.open_input_file(path) as source:
                parquet = _opened(source)
                stored = [name for name in wanted if name != PARTITION]
                for batch in parquet.iter_batches(rows, columns=stored, use_threads=False):
                    yield _with_day(pa.table(batch), day, wanted, schema).to_batches()[0]

    def rows_with(
        self, table: str, day: date, key: str, values: pa.Array, columns: Sequence[str]
    ) -> Iterator[pa.Table]:
        """Yield the rows of `day` whose string column `key` is one of `values`.

        Only row groups that have such rows are read, one at a time; `key` is of each read.
        """
        schema = arrow_schema(table)
        stored = [name for name in columns if name != PARTITION]
        for path in self._files(table, day):
            with self._fs.open_input_file(path) as source:
                parquet = _opened(source)
                keys = parquet.read([key], use_threads=False)[key]
                found = pc.indices_nonzero(pc.is_in(keys, values))
                rows = found.to_numpy().astype(np.int64)
                for group, picked in _by_group(parquet.metadata, rows):
                    data = parquet.read_row_group(group, stored, use_threads=False)
                    yield _with_day(data.take(picked), day, list(columns), schema)

    def size(self, table: str, day: date) -> int:
        """Return the bytes of a partition."""
        infos = self._fs.get_file_info(self._files(table, day))
        return sum(info.size for info in infos)

    def written(self, table: str, day: date) -> tuple[int, ...]:
        """Return when each file of a partition was written, in nanoseconds since 1970."""
        infos = self._fs.get_file_info(self._files(table, day))
        return tuple(info.mtime_ns or 0 for info in infos)

    def modified(self, table: str) -> dict[date, int]:
        """Return when each partition was last written, in nanoseconds since 1970."""
        days = self.partitions(table)
        infos = self._fs.get_file_info([self.partition_path(table, day) for day in days])
        return {
            day: info.mtime_ns
            for day, info in zip(days, infos, strict=True)
            if info.type == pafs.FileType.File
        }

    def row_count(self, table: str, day: date) -> int:
        """Return the rows of a partition, from the file footers alone."""
        total = 0
        for path in self._files(table, day):
            with self._fs.open_input_file(path) as source:
                total += pq.read_metadata(source).num_rows
        return total

    def stored_schemas(self, table: str, day: date) -> list[pa.Schema]:
        """Return the schema of each file of a partition, from the file footers alone."""
        schemas = []
        for path in self._files(table, day):
            with self._fs.open_input_file(path) as source:
                schemas.append(pq.read_schema(source))
        return schemas

    def _files(self, table: str, day: date) -> list[str]:
        infos = self._listed(f"{table}/{PARTITION}={day.isoformat()}")
        return [info.path for info in infos if info.extension == "parquet"]

    def _read_day(
        self, table: str, day: date, wanted: list[str], where: pc.Expression | None
    ) -> pa.Table | None:
        files = self._files(table, day)
        if not files:
            return None
        schema = arrow_schema(table)
        stored = [field for field in schema if field.name != PARTITION]
        names = [name for name in wanted if name != PARTITION]
        if where is None:
            tables = [self._read_file(path, names) for path in files]
            return _with_day(pa.concat_tables(tables), day, wanted, schema)
        import pyarrow.dataset as ds  # imports pandas too where that is installed

        dataset = ds.dataset(files, schema=pa.schema(stored), filesystem=self._fs, format="parquet")
        return _with_day(dataset.to_table(columns=names, filter=where), day, wanted, schema)

    def _read_file(self, path: str, names: list[str]) -> pa.Table:
        with self._fs.open_input_file(path) as source:
            return pq.ParquetFile(source).read(names)

    # Writing ----------------------------------------------------------------------------------

    def write(
        self,
        table: str,
        day: date,
        data: pa.Table | Iterable[pa.RecordBatch],
        part: str = _DEFAULT_PART,
    ) -> int:
        """Replace a partition by `data`, whole or not at all; return its rows."""
        with self.writer(table, day, part) as writer:
            for batch in data.to_batches() if isinstance(data, pa.Table) else data:
                writer.write(batch)
        return writer.rows

    @contextmanager
    def writer(self, table: str, day: date, part: str = _DEFAULT_PART) -> Iterator[PartitionWriter]:
        """Open a partition for batches; it is replaced when the block ends well, else kept."""
        path = self.partition_path(table, day, part)
        rows = _SMALL_ROW_GROUPS.get(table, _ROW_GROUP)
        with self.staged(path) as sink, PartitionWriter(sink, arrow_schema(table), rows) as writer:
            yield writer

    def keep_bytes(self, content: bytes) -> str:
        """Keep `content` under its SHA-256, at once; return its path relative to the root.

        It is durable after `settle`: a crawl has a hundred thousand pictures, and to wait for the
        disk at each of them takes a hundred times as long.
        """
        digest = hashlib.sha256(content).hexdigest()
        relative = f"quarantine_bytes/{digest[:2]}/{digest}"
        info = self._fs.get_file_info(self.path(relative))
        if info.type != pafs.FileType.File or info.size != len(content):
            with self.staged(self.path(relative), at_once=True, durable=False) as sink:
                sink.write(content)
            if len(self._unsettled) <= _FEW:
                self._unsettled.append(self.path(relative))
        return relative

    def settle(self) -> None:
        """Wait until what `keep_bytes` kept is on the disk."""
        if self._local and len(self._unsettled) > _FEW:
            os.sync()
        elif self._local:
            for path in self._unsettled:
                _fsync(path)
                _fsync(str(Path(path).parent))
        self._unsettled = []

    def write_bytes(self, relative: str, content: bytes) -> None:
        """Write one file under the root, whole or not at all."""
        with self.staged(self.path(relative)) as sink:
            sink.write(content)

    def read_bytes(self, relative: str) -> bytes:
        """Return one file under the root."""
        with self._fs.open_input_file(self.path(relative)) as source:
            content: bytes = source.read()
        return content

    @contextmanager
    def staged(self, path: str, at_once: bool = False, durable: bool = True) -> Iterator[Any]:
        """Open a staging file that becomes `path` when the block ends well, else vanishes.

        Inside `together` it waits for the others, unless it is to appear `at_once`.
        """
        staging = self.path(_STAGING, uuid.uuid4().hex)
        self._create_parent(staging)
        try:
            with self._fs.open_output_stream(staging) as sink:
                yield sink
            # A rename is atomic, but durable only once the file it names is on the disk.
            if self._local and durable:
                _fsync(staging)
            if self._together is None or at_once:
                (self._move if durable else self._rename)(staging, path)
            else:
                self._together[staging] = path
        except BaseException:
            self._discard(staging)
            raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all that is written inside the block appear together when it ends well.

        The moves are noted in a journal first: a process killed between two of them leaves the
        journal behind, and `recover` completes them. Readers inside the block see what was there
        before it.
        """
        moves: dict[str, str] = {}
        self._together = moves
        try:
            yield
        except BaseException:
            for staging in moves:
                self._discard(staging)
            raise
        finally:
            self._together = None
        journal = f"{_JOURNAL}/{uuid.uuid4().hex}.json"
        relative = {self._relative(s): self._relative(path) for s, path in moves.items()}
        self.write_bytes(journal, json.dumps(relative).encode())
        self._replay(journal)

    def recover(self) -> None:
        """Complete what a killed process had decided to write; discard its older leavings."""
        for info in self._listed(_JOURNAL):
            self._replay(self._relative(info.path))
        yesterday = time.time() - _STAGING_SECONDS
        for info in self._listed(_STAGING):
            if info.mtime_ns and info.mtime_ns < yesterday * 1e9:
                self._discard(info.path)

    def _replay(self, journal: str) -> None:
        # A run of another day may complete the same moves: what one has done the other passes over.
        with suppress(FileNotFoundError):
            moves = json.loads(self.read_bytes(journal))
            for staging, path in moves.items():
                if self._is_file(self.path(staging)):
                    with suppress(FileNotFoundError):
                        self._move(self.path(staging), self.path(path))
        self._discard(self.path(journal))

    def _rename(self, staging: str, path: str) -> None:
        # On object stores a move copies one whole object, which readers see all at once.
        self._create_parent(path)
        self._fs.move(staging, path)

    def _move(self, staging: str, path: str) -> None:
        self._rename(staging, path)
        if self._local:
            _fsync(str(Path(path).parent))

    def _discard(self, path: str) -> None:
        with suppress(FileNotFoundError):
            if self._is_file(path):
                self._fs.delete_file(path)

    def _is_file(self, path: str) -> bool:
        return bool(self._fs.get_file_info(path).type == pafs.FileType.File)

    def _listed(self, folder: str) -> list[pafs.FileInfo]:
        selector = pafs.FileSelector(self.path(folder), allow_not_found=True)
        infos: list[pafs.FileInfo] = self._fs.get_file_info(selector)
        return sorted(infos, key=lambda info: info.path)

    def _relative(self, path: str) -> str:
        return path.removeprefix(self._root).lstrip("/")

    def _create_parent(self, path: str) -> None:
        self._fs.create_dir(path.rsplit("/", 1)[0], recursive=True)

    # Locking ----------------------------------------------------------------------------------

    def lock(self, name: str, timeout: float = 600.0) -> AbstractContextManager[Any]:
        """Return a lock between processes that work on the same data directory.

        Waits up to `timeout` seconds, then raises StorageError; on an object store too.
        """
        if self._local:
            return self._file_lock(name, timeout)
        from pipeline.publish.object_lock import object_lock

        return object_lock(self._fs, self.path("_locks", name), timeout)

    @contextmanager
    def _file_lock(self, name: str, timeout: float) -> Iterator[None]:
        from filelock import FileLock, Timeout

        folder = Path(self._root) / "_locks"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(folder / f"{name}.lock", timeout=timeout):
                yield
        except Timeout as error:
            raise StorageError(
                f"another Copydesk run is working on {self.uri} ({name}) and did not finish "
                f"within {timeout:.0f} s; wait for it, or choose another --out"
            ) from error


class PartitionWriter:
    """Writes the batches of one partition to a sink in even row groups.

    A row group is packed in a thread of its own while the rows of the next one come; there are
    never more than these two.
    """

    def __init__(self, sink: pa.NativeFile, schema: pa.Schema, row_group: int = _ROW_GROUP) -> None:
        self._row_group = row_group
        stored = pa.schema([field for field in schema if field.name != PARTITION])
        versions = {"copydesk.version": __version__, "copydesk.schema_version": SCHEMA_VERSION}
        self._schema = stored.with_metadata(versions)
        self._parquet = pq.ParquetWriter(
            sink,
            self._schema,
            compression="zstd",
            use_dictionary=_dictionary_columns(stored),
            write_statistics=_statistics_columns(stored),
            write_page_index=True,
        )
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._packer: ThreadPoolExecutor | None = None
        self._packing: Future[None] | None = None
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows that have the columns of the contract (the partition column may be absent)."""
        rest = batch.select(self._schema.names).cast(self._schema)
        self.rows += rest.num_rows
        while rest.num_rows:
            taken, size, full = self._room(rest)
            self._pending.append(rest.slice(0, taken))
            self._pending_rows += taken
            self._pending_bytes += size
            rest = rest.slice(taken)
            if full:
                self._pack()

    def _room(self, batch: pa.RecordBatch) -> tuple[int, int, bool]:
        """Return how many rows still fit the row group, their bytes, and whether it is full.

        A row group ends with the row that makes it too large, so that the file is the same
        however its rows came in batches.
        """
        room = _ROW_GROUP_BYTES - self._pending_bytes
        rows = self._row_group - self._pending_rows
        taken = batch.slice(0, rows)
        size = _text_bytes(taken)
        if size < room:
            return taken.num_rows, size, rows <= batch.num_rows
        sizes = np.cumsum(_row_bytes(taken))
        last = int(np.searchsorted(sizes, room))
        return last + 1, int(sizes[last]), True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # The footer is written on failure too, while the sink is open: the caller discards it.
        try:
            self._packed()
            if kind is None and self._pending:
                self._write(self._taken())
        finally:
            if self._packer is not None:
                self._packer.shutdown()
            self._parquet.close()

    def _pack(self) -> None:
        """Let the pending rows be written, once those before them are."""
        self._packed()
        if self._packer is None:
            self._packer = ThreadPoolExecutor(1)
        self._packing = self._packer.submit(self._write, self._taken())

    def _packed(self) -> None:
        """Wait until the row group is written that was begun; raise what went wrong with it."""
        if self._packing is not None:
            packing, self._packing = self._packing, None
            packing.result()

    def _taken(self) -> list[pa.RecordBatch]:
        pending, self._pending = self._pending, []
        self._pending_rows = self._pending_bytes = 0
        return pending

    def _write(self, batches: Sequence[pa.RecordBatch]) -> None:
        table = pa.Table.from_batches(batches).combine_chunks()
        self._parquet.write_table(table, row_group_size=table.num_rows)


def _by_group(metadata: pq.FileMetaData, rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each row group that holds some of `rows`, with their places in it."""
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    edges = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    owners = np.searchsorted(edges, rows, side="right") - 1
    for group in np.unique(owners):
        yield int(group), rows[owners == group] - edges[group]


def _row_bytes(batch: pa.RecordBatch) -> np.ndarray:
    """Bytes of the texts of each row: what makes a row large."""
    total = np.zeros(batch.num_rows, dtype=np.int64)
    for lengths in _text_lengths(batch):
        total += pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False)
    return total


def _text_bytes(batch: pa.RecordBatch) -> int:
    """The sum of `_row_bytes`."""
    return sum(pc.sum(lengths, min_count=0).as_py() for lengths in _text_lengths(batch))


def _text_lengths(batch: pa.RecordBatch) -> Iterator[pa.Array]:
    for column in batch.columns:
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            yield pc.binary_length(column)


def _dictionary_columns(schema: pa.Schema) -> list[str]:
    """Columns whose values repeat; dictionaries of unique texts only cost time and memory."""
    unique = {"text", "raw_text", "content", "article_id", "sha256", "source_uri", "url"}
    return [field.name for field in schema if field.name not in unique]


def _statistics_columns(schema: pa.Schema) -> list[str]:
    """Columns whose extremes help to skip; those of texts are whole texts, in every footer."""
    texts = {"text", "raw_text", "content"}
    flat = [field for field in schema if not pa.types.is_nested(field.type)]
    return [field.name for field in flat if field.name not in texts]


def _opened(source: pa.NativeFile) -> pq.ParquetFile:
    """Open a file to be read bit by bit: buffered ahead, what was read would stay to the end."""
    return pq.ParquetFile(source, pre_buffer=False)


def _with_day(data: pa.Table, day: date, wanted: list[str], schema: pa.Schema) -> pa.Table:
    target = pa.schema([schema.field(name) for name in wanted])
    if PARTITION in wanted:
        days = pa.repeat(pa.scalar(day, pa.date32()), data.num_rows)
        data = data.append_column(schema.field(PARTITION), days)
    return data.select(wanted).cast(target).combine_chunks()


def _fsync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
