"""Where files come from: folders walked, URIs opened, links refused, side-cars found.

Local paths are read directly, `s3://`, `gs://` and `hdfs://` through Arrow's file systems, any
other URI through fsspec. What is in a file does not belong here.
"""

from __future__ import annotations

import functools
import io
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipeline.ingest import sidecars
from pipeline.ingest.reasons import Reason

OnBytes = Callable[[int], None]

_BUFFER: Final = 256 * 1024
_LOCATOR: Final = re.compile(r"#(?:line|item|record|row)=\d{1,20}$")
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_ARROW_SCHEMES: Final = frozenset(("s3", "gs", "gcs", "hdfs", "viewfs", "abfs", "abfss"))
_DAY: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
#: Names that no delivery means: hidden files, marks of other tools, half-finished transfers.
_IGNORED: Final = re.compile(r"[._].*|.*(?:~|\.tmp|\.part|\.partial|\.crdownload)|Thumbs\.db")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source: its path relative to the base, size in bytes, time of change.

    `sidecar` opens its side-car; `given` stands for one that was read before. `problem` says why
    the file must not be read. `record` names the record whose bytes were kept as this file.
    """

    path: str
    size: int
    mtime: float | None
    opener: Callable[[], BinaryIO]
    sidecar: Callable[[], BinaryIO] | None = None
    problem: tuple[Reason, str] | None = None
    given: Mapping[str, object] = field(default_factory=dict)
    record: str = ""

    def open(self, on_bytes: OnBytes | None = None) -> BinaryIO:
        """Return a seekable, buffered stream; OSError if the file cannot be opened."""
        raw = self.opener()
        if on_bytes is None and isinstance(raw, io.BufferedReader):
            return raw
        return cast(BinaryIO, io.BufferedReader(_Counted(raw, self.size, on_bytes), _BUFFER))

    def fields(self) -> Mapping[str, object] | str:
        """Return the fields of the side-car, none without one, or why it cannot be read."""
        if self.sidecar is None:
            return self.given
        try:
            with self.sidecar() as stream:
                return sidecars.parse(stream.read(sidecars.MAX_BYTES + 1))
        except Exception as error:  # the libraries of remote stores raise what they like
            why = getattr(error, "strerror", None) or str(error)[:200]
            return f"the side-car cannot be read: {why or type(error).__name__}"

    def sidecar_bytes(self, count: int) -> bytes:
        """Return up to `count` bytes of the side-car, none where it cannot be read."""
        try:
            with self.sidecar() if self.sidecar else io.BytesIO() as stream:
                return stream.read(count)
        except Exception:  # what fails here failed before, and was told then
            return b""

    def orphan(self) -> bytes:
        """Return the bytes of an orphaned side-car, none of any other file with a problem."""
        if self.problem is None or self.problem[0] is not Reason.ORPHAN_SIDECAR:
            return b""
        try:
            with self.opener() as stream:
                return stream.read(sidecars.MAX_BYTES)
        except OSError:
            return b""

    def beginning(self, count: int) -> bytes:
        """Return up to `count` bytes of the file itself, none where it must not be read."""
        try:
            with self.opener() as stream:
                return b"" if self.problem else stream.read(count)
        except Exception:  # what fails here failed before, and was told then
            return b""

    @staticmethod
    def nothing(path: str) -> SourceFile:
        """Return a file that is gone."""
        return SourceFile(path, 0, None, io.BytesIO)

    @staticmethod
    def kept(
        uri: str, size: int, opener: Callable[[], BinaryIO], given: Mapping[str, object]
    ) -> SourceFile:
        """Return the file of an item that quarantine keeps; `uri` may name a record."""
        locator = _LOCATOR.search(uri)
        path = uri[: locator.start()] if locator else uri
        return SourceFile(path, size, None, opener, given=given, record=uri[len(path) :])


class _Counted(io.RawIOBase):
    """A file-like object as a raw stream that tells `on_bytes` how much of it was read.

    What is told comes to `size` at the close, whatever was skipped or read twice.
    """

    def __init__(self, inner: BinaryIO, size: int, on_bytes: OnBytes | None) -> None:
        self._inner = inner
        self._left = size
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def readinto(self, buffer: Any) -> int:
        piece = self._inner.read(len(buffer))
        buffer[: len(piece)] = piece
        self._tell_of(min(len(piece), self._left))
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._tell_of(self._left)
            self._inner.close()
        super().close()

    def _tell_of(self, count: int) -> None:
        self._left -= count
        if self._on_bytes and count:
            self._on_bytes(count)


def walk(sources: Iterable[str], base: str | None = None) -> Iterator[SourceFile]:
    """Yield the files of `sources` in order, folders walked in sorted order.

    What cannot be read (a missing path, a link that leads out, a device) comes with a
    `problem`. Hidden files, "_SUCCESS" marks and half-finished transfers are passed over;
    side-cars go with their documents.
    """
    for source in sources:
        scheme = _SCHEME.match(source)
        try:
            if scheme is None or scheme[1].lower() == "file":
                yield from _walk_local(_local(source), _local(base) if base else None)
            else:
                yield from _walk_remote(source, scheme[1].lower(), base)
        except Exception as error:  # the libraries of remote stores raise what they like
            message = f"{_shown(source)}: {str(error)[:300] or type(error).__name__}"
            yield _refused(_shown(source), Reason.UNREADABLE, message)


def listing(sources: Iterable[str], base: str | None = None) -> Iterator[tuple[str, int, float]]:
    """Yield path, size in bytes and time of change (Unix seconds) of every file, unopened."""
    for file in walk(sources, base):
        yield file.path, file.size, file.mtime or 0.0


def total_bytes(sources: Sequence[str]) -> int:
    """Return the bytes of all files of `sources`, as stored."""
    return sum(size for _, size, _ in listing(sources))


def _walk_local(source: str, base: str | None) -> Iterator[SourceFile]:
    path = Path(source)
    if path.is_dir():
        root = _within(path, base) or path
        inside = os.path.realpath(path)
        for name, car, orphan in _local_files(path):
            yield _local_file(name, root, inside, car, orphan)
    elif path.exists():
        root = _within(path, base) or path.parent
        yield _local_file(source, root, None, _beside(path), False)
    else:
        message = f"{_shown(source)}: no such file or folder"
        yield _refused(_shown(path.name), Reason.UNREADABLE, message)


def _within(path: Path, base: str | None) -> Path | None:
    if base is None:
        return None
    root = Path(base)
    return root if path.absolute().is_relative_to(root.absolute()) else None


def _local_files(folder: Path) -> Iterator[tuple[str, str | None, bool]]:
    """Yield path, side-car and whether it is an orphaned side-car, for each file in `folder`.

    Sorted by name in each folder. A folder that is a link comes as a file, to be refused.
    """
    pending: list[tuple[str, str | None, bool]] = [(f"{folder}{os.sep}", None, False)]
    while pending:
        path, car, orphan = pending.pop()
        if path.endswith(os.sep):
            pending.extend(reversed(_entries(path)))
        else:
            yield path, car, orphan


def _entries(folder: str) -> list[tuple[str, str | None, bool]]:
    try:
        with os.scandir(folder) as found:
            entries = [(entry.path, _is_folder(entry)) for entry in found if _meant(entry.name)]
    except OSError:
        return [(folder.rstrip(os.sep), None, False)]  # refused as unreadable further on
    paired, orphans = sidecars.pair(path for path, is_folder in entries if not is_folder)
    cars = set(paired.values())
    return [
        (path + os.sep if is_folder else path, paired.get(path), path in orphans)
        for path, is_folder in sorted(entries)
        if path not in cars
    ]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _meant(name: str) -> bool:
    return _IGNORED.fullmatch(name) is None


def _beside(path: Path) -> str | None:
    """Return the side-car of a file named by itself."""
    for stem in (path.name, path.stem):
        for ending in sidecars.ENDINGS:
            if path.with_name(stem + ending).is_file():
                return str(path.with_name(stem + ending))
    return None


def _local_file(
    name: str, root: Path, inside: str | None, car: str | None, orphan: bool
) -> SourceFile:
    path = _relative(name, root)
    try:
        status = os.lstat(name)
        linked = stat.S_ISLNK(status.st_mode)
        real = os.path.realpath(name, strict=True) if linked else name
        status = os.lstat(real) if linked else status
    except OSError as error:
        return _refused(path, Reason.UNREADABLE, f"{path}: {error.strerror}")
    if linked and inside is not None and not real.startswith(inside + os.sep):
        # The target is not named: it is no business of who reads the quarantine.
        return _refused(path, Reason.UNSAFE_LINK, f"{path}: a link that leads out of the folder")
    if not stat.S_ISREG(status.st_mode):
        is_folder = stat.S_ISDIR(status.st_mode) and not linked
        reason = Reason.UNREADABLE if is_folder else Reason.UNSAFE_LINK
        return _refused(path, reason, f"{path}: no regular file that can be read")
    file = SourceFile(path, status.st_size, status.st_mtime, lambda: _open_local(real))
    return _with_sidecar(file, (lambda: _open_local(car)) if car else None, orphan)


def _relative(name: str, root: Path) -> str:
    prefix = f"{root}{os.sep}"
    inside = name.startswith(prefix)
    path = name[len(prefix) :] if inside else os.path.relpath(name, root)
    return path.replace(os.sep, "/")


def _with_sidecar(
    file: SourceFile, opener: Callable[[], BinaryIO] | None, orphan: bool
) -> SourceFile:
    if orphan:
        error = f"{file.path}: a side-car without its document"
        return replace(file, problem=(Reason.ORPHAN_SIDECAR, error))
    return replace(file, sidecar=opener) if opener else file


def _open_local(path: str) -> BinaryIO:
    """Open a regular file; a link or pipe put in its place meanwhile is an OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(None, "no regular file any more")
    return os.fdopen(handle, "rb", buffering=_BUFFER)


def _local(source: str) -> str:
    if source.lower().startswith("file://"):
        return url2pathname(urlsplit(source).path)
    return source


def _shown(source: str) -> str:
    """Return a source without what may be secret: the query and the credentials of a URI."""
    bare = source.split("?", 1)[0] if _SCHEME.match(source) else source
    return re.sub(r"://[^/@]*@", "://", bare)


def _refused(path: str, reason: Reason, error: str) -> SourceFile:
    return SourceFile(path, 0, None, lambda: io.BytesIO(), problem=(reason, error))


@dataclass(frozen=True, slots=True)
class _Store:
    """A remote file system: how to list and how to open. Paths have no scheme."""

    files: Callable[[str], list[tuple[str, int, float | None]]]
    open: Callable[[str], BinaryIO]
    path_of: Callable[[str], str]


def _walk_remote(source: str, scheme: str, base: str | None) -> Iterator[SourceFile]:
    store = _arrow_store(source) if scheme in _ARROW_SCHEMES else _fsspec_store(source)
    path = store.path_of(source).rstrip("/")
    found = sorted(store.files(path))
    if not found:
        yield _refused(_shown(source), Reason.UNREADABLE, f"{_shown(source)}: nothing there")
        return
    single = len(found) == 1 and found[0][0] == path
    root = store.path_of(base).rstrip("/") if base and _SCHEME.match(base) else ""
    if not root or not f"{path}/".startswith(f"{root}/"):
        root = path.rpartition("/")[0] if single else path
    paired, orphans = sidecars.pair(name for name, _, _ in found)
    cars = set(paired.values())
    for name, size, mtime in found:
        relative = name.removeprefix(f"{root}/")
        if name in cars or not (single or all(map(_meant, relative.split("/")))):
            continue
        file = SourceFile(relative, size, mtime, functools.partial(store.open, name))
        car = functools.partial(store.open, paired[name]) if name in paired else None
        yield _with_sidecar(file, car, name in orphans)


def _arrow_store(source: str) -> _Store:
    from pyarrow import fs

    system, _ = fs.FileSystem.from_uri(source)

    def files(path: str) -> list[tuple[str, int, float | None]]:
        info = system.get_file_info(path)
        if info.type == fs.FileType.File:
            return [(path, info.size, info.mtime_ns / 1e9 if info.mtime_ns else None)]
        selector = fs.FileSelector(path, recursive=True, allow_not_found=True)
        return [
            (info.path, info.size, info.mtime_ns / 1e9 if info.mtime_ns else None)
            for info in system.get_file_info(selector)
            if info.type == fs.FileType.File
        ]

    def path_of(uri: str) -> str:
        return str(fs.FileSystem.from_uri(uri)[1])

    return _Store(files, system.open_input_file, path_of)


def _fsspec_store(source: str) -> _Store:
    import fsspec

    system, _ = fsspec.core.url_to_fs(source)

    def files(path: str) -> list[tuple[str, int, float | None]]:
        found = system.find(path, detail=True)
        return [(name, int(info.get("size") or 0), None) for name, info in found.items()]

    return _Store(files, lambda path: system.open(path, "rb"), system._strip_protocol)
