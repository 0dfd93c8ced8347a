"""Archives: zip and tar, member by member. Nothing is ever unpacked to a path.

A member whose name climbs out, or that is a link or a device, is a failure with its bytes: it
is read, never followed. What a member holds is read like any file.
"""

from __future__ import annotations

import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BufferedReader
from typing import BinaryIO, Final, Self, cast

from pipeline.ingest import sidecars
from pipeline.ingest.items import Context, Fault, Found, Place, Problem
from pipeline.ingest.reasons import Reason
from pipeline.ingest.streams import BROKEN, CHUNK, bomb, buffered, fault_of, seekable

KINDS: Final = frozenset(("zip", "tar"))

#: Reads a member's stream, whatever it holds: `reader._read_stream`, given to avoid a cycle.
ReadStream = Callable[[BinaryIO, Place, Context], Iterator[Found]]

_CLIMBS: Final = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|\0")
_IGNORED: Final = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\._.*|\.DS_Store|Thumbs\.db)")
_WAITING: Final = 100  # side-cars of a tar held until their documents come
_HEADER_BYTES: Final = 1 << 20
_DIRECTORY_BYTES: Final = 256  # of one entry in a zip's directory, more than usual


def read(
    kind: str, stream: BufferedReader, place: Place, ctx: Context, read_stream: ReadStream
) -> Iterator[Found]:
    """Yield what the members of a zip or tar hold."""
    reader = _read_zip if kind == "zip" else _read_tar
    yield from reader(stream, place, ctx, read_stream)


class _Info(tarfile.TarInfo):
    """A tar header; extended headers, which are read as a whole, are bounded.

    A damaged header is an error: reading goes on behind the zeros of joined archives, and would
    pass it over.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.InvalidHeaderError as error:  # type: ignore[attr-defined]
            raise tarfile.ReadError(f"damaged header: {error}") from None

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if not self.isreg() and self.size > _HEADER_BYTES:
            raise tarfile.ReadError(f"header of {self.size} bytes")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]


class _Watched(io.RawIOBase):
    """A stream that knows where its last byte other than NUL is.

    `tarfile` takes a damaged header for the end of the archive; what follows tells the two apart.
    """

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self._position = 0
        self._last = 0

    def read(self, count: int = -1) -> bytes:
        piece = self._inner.read(count)
        kept = len(piece.rstrip(b"\0"))
        if kept:
            self._last = self._position + kept
        self._position += len(piece)
        return piece

    def has_more_after(self, offset: int) -> bool:
        """Return whether anything but NULs follows `offset`, up to a bound."""
        for _ in range(1000):
            if self._last > offset or not self.read(CHUNK):
                break
        return self._last > offset


def _read_tar(
    stream: BufferedReader, place: Place, ctx: Context, read_stream: ReadStream
) -> Iterator[Found]:
    cars: dict[str, bytes] = {}  # a side-car comes before its document here
    count = 0
    watched = _Watched(stream)
    try:
        with tarfile.open(fileobj=watched, mode="r|", tarinfo=_Info, ignore_zeros=True) as archive:
            for member in archive:
                count += 1
                if count > ctx.limits.members:
                    yield _too_many(place, ctx)
                    return
                archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
                if not member.isdir() and not _IGNORED.fullmatch(member.name):
                    yield from _tar_member(archive, member, place, ctx, read_stream, cars)
                if ctx.fault or ctx.budget.exceeded:
                    break
            if not ctx.fault and watched.has_more_after(archive.offset):
                ctx.fault = Fault(Reason.MALFORMED, f"{place.uri}: damaged after {count} members")
    except BROKEN as error:
        ctx.fault = ctx.fault or fault_of(error, place.uri)
    for name, raw in cars.items():
        yield _orphan(place.member(name), raw)
    fault = ctx.take_fault()
    if fault:
        yield Problem(place.uri, fault.reason, fault.error)


def _tar_member(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    place: Place,
    ctx: Context,
    read_stream: ReadStream,
    cars: dict[str, bytes],
) -> Iterator[Found]:
    inner = ctx.inner()
    at = place.member(member.name)
    if not member.isreg():
        target = member.linkname.encode("utf-8", "surrogateescape")
        yield _unsafe(at, "a link or a device", target)
        return
    opened = archive.extractfile(member)
    if opened is None:
        return
    # The holes of a sparse member are bytes that no layer below has counted.
    source = buffered(opened.read, inner, at.uri, charged=member.issparse())
    if _CLIMBS.search(member.name):
        yield _unsafe(at, "the path climbs out", source.read(ctx.limits.document_bytes))
    elif sidecars.target(member.name) and len(cars) < _WAITING:
        cars[member.name] = source.read(sidecars.MAX_BYTES + 1)
    else:
        at, problems = _with_sidecar(cars, at, member.name)
        yield from problems
        yield from read_stream(source, at, inner)
    left = inner.take_fault()
    if left and not ctx.fault:  # a fault of the layer below is the cause, and told there
        yield Problem(at.uri, left.reason, left.error, whole=False)


def _read_zip(
    stream: BufferedReader, place: Place, ctx: Context, read_stream: ReadStream
) -> Iterator[Found]:
    with seekable(stream) as source:
        fault = ctx.take_fault()
        try:
            if _directory_bytes(source) > ctx.limits.members * _DIRECTORY_BYTES:
                yield _too_many(place, ctx)
                return
            archive = zipfile.ZipFile(source)
        except BROKEN as error:
            fault = fault or fault_of(error, place.uri)
            source.seek(0)
            kept = source.read(ctx.limits.document_bytes)
            yield Problem(place.uri, fault.reason, fault.error, kept)
            return
        with archive:
            yield from _zip_members(archive, place, ctx, read_stream)
        if fault:
            yield Problem(place.uri, fault.reason, fault.error)


def _zip_members(
    archive: zipfile.ZipFile, place: Place, ctx: Context, read_stream: ReadStream
) -> Iterator[Found]:
    infos = archive.infolist()
    if len(infos) > ctx.limits.members:
        yield _too_many(place, ctx)
        return
    # Not `is_dir`, which fails for a name that begins with NUL.
    files = [info for info in infos if not info.filename.endswith("/")]
    wanted = [info for info in files if not _IGNORED.fullmatch(info.filename)]
    paired, orphans = sidecars.pair(info.filename for info in wanted)
    cars = set(paired.values())
    for info in wanted:
        if info.filename in cars:
            continue
        at = place.member(info.filename)
        if info.filename in orphans:
            yield _orphan(at, _head(archive, info, ctx))
        else:
            car = paired.get(info.filename)
            raw = {car: _head(archive, archive.getinfo(car), ctx)} if car else {}
            at, problems = _with_sidecar(raw, at, info.filename)
            yield from problems
            yield from _zip_member(archive, info, at, ctx, read_stream)
        if ctx.budget.exceeded:
            return  # reported by the member, or left as the fault of this context


def _zip_member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    at: Place,
    ctx: Context,
    read_stream: ReadStream,
) -> Iterator[Found]:
    inner = ctx.inner()
    if _CLIMBS.search(info.orig_filename):
        yield _unsafe(at, "the path climbs out", _head(archive, info, ctx))
    elif _is_special(info):
        yield _unsafe(at, "a link or a device", _head(archive, info, ctx))
    else:
        try:
            opened = archive.open(info)
        except BROKEN as error:
            fault = fault_of(error, at.uri)
            stored = _stored(archive, info, ctx)
            yield Problem(at.uri, fault.reason, fault.error, stored, whole=False)
            return
        with opened:
            yield from read_stream(buffered(opened.read, inner, at.uri), at, inner)
    left = inner.take_fault()
    if left:
        yield Problem(at.uri, left.reason, left.error)


def _with_sidecar(cars: dict[str, bytes], at: Place, name: str) -> tuple[Place, list[Problem]]:
    """Return the place with the fields of its side-car, which is taken out of `cars`."""
    car = sidecars.pair([name, *cars])[0].get(name) if cars else None
    if car is None:
        return at, []
    raw = cars.pop(car)
    fields = sidecars.parse(raw)
    if isinstance(fields, str):
        error = f"{at.uri}: {fields}"
        return at, [Problem(f"{at.uri}#sidecar", Reason.MALFORMED, error, raw, whole=False)]
    return replace(at, sidecar=fields), []


def _head(archive: zipfile.ZipFile, info: zipfile.ZipInfo, ctx: Context) -> bytes:
    """Return the first bytes of a member that is kept but not read as a document."""
    try:
        with archive.open(info) as opened:
            content = opened.read(ctx.limits.document_bytes)
    except BROKEN:
        return b""
    if not ctx.budget.charge(len(content)):
        ctx.fault = bomb(ctx.budget, info.filename)
    return content


def _stored(archive: zipfile.ZipFile, info: zipfile.ZipInfo, ctx: Context) -> bytes:
    """Return a member that cannot be opened as it lies in the archive, its header first."""
    source = cast(BinaryIO, archive.fp)
    count = info.compress_size + 30 + len(info.filename)
    try:
        source.seek(info.header_offset)
        return source.read(min(count, ctx.limits.document_bytes))
    except BROKEN:  # the directory may lie about the place too
        return b""


def _is_special(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16 if info.create_system == 3 else 0
    return bool(stat.S_IFMT(mode)) and not stat.S_ISREG(mode)


def _directory_bytes(source: BinaryIO) -> int:
    """Return the size of a zip's directory, which zipfile reads as a whole; 0 if unknown."""
    end = source.seek(0, 2)
    source.seek(max(0, end - 66_000))
    tail = source.read(66_000)
    source.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    size = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    at64 = tail.rfind(b"PK\x06\x06")
    if size == 0xFFFFFFFF and at64 >= 0:
        return int.from_bytes(tail[at64 + 40 : at64 + 48], "little")
    return size


def _too_many(place: Place, ctx: Context) -> Problem:
    error = f"{place.uri}: more than {ctx.limits.members} members"
    return Problem(place.uri, Reason.TOO_MANY, error)


def _orphan(at: Place, content: bytes) -> Problem:
    error = f"{at.uri}: a side-car without its document"
    return Problem(at.uri, Reason.ORPHAN_SIDECAR, error, content)


def _unsafe(at: Place, what: str, content: bytes) -> Problem:
    return Problem(at.uri, Reason.UNSAFE_MEMBER, f"{at.uri}: {what}; kept, not followed", content)
