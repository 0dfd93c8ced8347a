"""Archives: zip and tar, member by member. Nothing is ever unpacked to a path.

A member whose name climbs out, or that is a link or a device, is a failure with its bytes: it
is read, never followed. What a member holds is read like any file.
"""

from __future__ import annotations

import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BufferedReader
from typing import Any, BinaryIO, Final, Self, cast

from pipeline.ingest import sidecars, sniff, zip_members
from pipeline.ingest.items import Context, Fault, Found, Place, Problem, whole_file
from pipeline.ingest.reasons import Reason
from pipeline.ingest.streams import BROKEN, Pull, bomb, buffered, fault_of, seekable

KINDS: Final = frozenset(("zip", "tar"))

#: Reads a member's stream, whatever it holds: `reader._read_stream`, given to avoid a cycle.
ReadStream = Callable[[BinaryIO, Place, Context], Iterator[Found]]

_CLIMBS: Final = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|\0")
_IGNORED: Final = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\._.*|\.DS_Store|Thumbs\.db)")
_WAITING: Final = 100  # side-cars of a tar held until their documents come
_HEADER_BYTES: Final = 1 << 20
_OFFICE_MEMBERS: Final = 50  # of a zip that are looked at to tell a document
#: Errors of `tarfile` that its stubs do not know.
_INVALID: Final[type[Exception]] = tarfile.InvalidHeaderError  # type: ignore[attr-defined]
_NO_HEADER: Final[tuple[type[Exception], ...]] = (
    _INVALID,
    tarfile.SubsequentHeaderError,  # type: ignore[attr-defined]
    tarfile.TruncatedHeaderError,  # type: ignore[attr-defined]
)
_SUM: Final = re.compile(rb"[ \0]{0,7}[0-7]")  # what the field of a header's sum begins with
_MAGIC: Final = b"ustar"
_MAGIC_AT: Final = 257
_DIRECTORY_BYTES: Final = 256  # of one entry in a zip's directory, more than usual


def read(
    kind: str, stream: BufferedReader, place: Place, ctx: Context, read_stream: ReadStream
) -> Iterator[Found]:
    """Yield what the members of a zip or tar hold."""
    reader = _read_zip if kind == "zip" else _read_tar
    yield from reader(stream, place, ctx, read_stream)


class _Tar(tarfile.TarFile):
    """A tar that keeps the blocks where a header should be and none is.

    `tarfile` looks for a header block by block behind the zeros of joined archives; so it finds
    the one that follows a damaged one. Where bytes are missing before that, it is off the blocks.
    """

    def __init__(self, *args: Any, source: BufferedReader, keep: int, **options: Any) -> None:
        self._source = source
        self._keep = keep
        self._skipped = bytearray()
        self._skipped_bytes = 0
        self._clear = 0  # the place up to which no magic word is
        super().__init__(*args, **options)

    def skip(self, block: bytes) -> None:
        """Take a block that is no header."""
        self._skipped_bytes += len(block)
        self._skipped += block[: max(0, self._keep - len(self._skipped))]

    def next_header(self, block: bytes) -> bytes:
        """Return a block, or where it can be no header the next one that may be one."""
        stream = cast(Any, self.fileobj)
        while not _SUM.match(block, 148) and block.strip(b"\0"):
            if stream.tell() + tarfile.BLOCKSIZE < self._clear and _MAGIC not in block:
                self.skip(block)
                block = stream.read(tarfile.BLOCKSIZE)
                continue
            ahead = stream.buf + self._source.peek(1)  # all that is buffered: not every time
            found = ahead.find(_MAGIC)
            self._clear = stream.tell() + (found if found >= 0 else len(ahead))
            both = block + ahead[: tarfile.BLOCKSIZE]
            at = both.find(_MAGIC, _MAGIC_AT, _MAGIC_AT + tarfile.BLOCKSIZE) - _MAGIC_AT
            if at > 0 and sniff.is_tar(both[at : at + tarfile.BLOCKSIZE]):
                self.skip(block[:at])
                return bytes(block[at:] + stream.read(at))
            self.skip(block)
            block = stream.read(tarfile.BLOCKSIZE)
        return block

    def take_skipped(self) -> tuple[bytes, int]:
        """Return what was skipped since the last time, up to `keep` bytes of it, and how much."""
        taken = bytes(self._skipped).rstrip(b"\0"), self._skipped_bytes
        self._skipped, self._skipped_bytes = bytearray(), 0
        return taken


class _Info(tarfile.TarInfo):
    """A tar header; extended headers, which are read as a whole, are bounded."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        tar, stream = cast(_Tar, archive), cast(BinaryIO, archive.fileobj)
        block = tar.next_header(stream.read(tarfile.BLOCKSIZE))
        try:
            found = cls.frombuf(block, archive.encoding or "utf-8", archive.errors or "strict")
            found.offset = stream.tell() - tarfile.BLOCKSIZE
            return found._proc_member(archive)
        except _NO_HEADER as error:
            tar.skip(block)
            raise _INVALID(str(error)) from None

    def _proc_member(self, archive: tarfile.TarFile) -> Self:
        if not self.isreg() and self.size > _HEADER_BYTES:
            raise _INVALID(f"header of {self.size} bytes")
        return cast(Self, super()._proc_member(archive))  # type: ignore[misc]


def _read_tar(
    stream: BufferedReader, place: Place, ctx: Context, read_stream: ReadStream
) -> Iterator[Found]:
    cars: dict[str, bytes] = {}  # a side-car comes before its document here
    count = 0
    options: dict[str, Any] = {
        "ignore_zeros": True, "bufsize": tarfile.BLOCKSIZE,  # so that nothing is read ahead
        "source": stream, "keep": ctx.limits.document_bytes,
    }  # fmt: skip
    try:
        with _Tar.open(fileobj=stream, mode="r|", tarinfo=_Info, **options) as opened:
            archive: _Tar = opened
            for member in archive:
                yield from _skipped(archive, count, place)
                count += 1
                if count > ctx.limits.members:
                    yield _too_many(place, ctx)
                    return
                archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
                if not member.isdir() and not _IGNORED.fullmatch(member.name):
                    yield from _tar_member(archive, member, place, ctx, read_stream, cars)
                if ctx.budget.exceeded:
                    break
            yield from _skipped(archive, count, place)
    except BROKEN as error:
        ctx.fault = ctx.fault or fault_of(error, place.uri)
    for name, raw in cars.items():
        yield _orphan(place.member(name), raw)
    fault = ctx.take_fault()
    if fault:
        yield Problem(place.uri, fault.reason, fault.error, fault.content, whole=False)
        ctx.end_fault()


def _pull(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Pull:
    """Return a pull function over a member; that of `tarfile` loses what is before a cut."""
    opened = archive.extractfile(member) if member.issparse() else None
    if opened is not None:
        return opened.read
    stream, left = cast(BinaryIO, archive.fileobj), member.size

    def pull(count: int) -> bytes:
        nonlocal left
        piece = stream.read(min(count, left))
        left -= len(piece)
        if left and not piece:
            raise EOFError
        return piece

    return pull


def _skipped(archive: _Tar, count: int, place: Place) -> Iterator[Found]:
    """Yield what lies after the member of a number where a header should be."""
    kept, size = archive.take_skipped()
    if kept:
        error = f"{place.uri}: {size} bytes without a header after {count} members"
        yield Problem(place.uri, Reason.MALFORMED, error, kept, whole=False)


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
    pull = _pull(archive, member)
    # The holes of a sparse member are bytes that no layer below has counted.
    source = buffered(pull, inner, at.uri, charged=member.issparse())
    yield from _in_order(member.name, source, at, inner, read_stream, cars)
    left = inner.end_fault()
    if left and not ctx.fault:  # a fault of the layer below is the cause, and told there
        yield Problem(at.uri, left.reason, left.error, left.content, whole=False)


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
            yield from _recovered(source, fault, place, ctx, read_stream)
            return
        with archive:
            what = _office(archive)
            if what:
                about, limit = f"{place.uri}: {what}", ctx.limits.kept_bytes
                yield whole_file(place.uri, Reason.BINARY, about, source, limit)
            else:
                yield from _zip_members(archive, place, ctx, read_stream)
        if fault:
            yield Problem(place.uri, fault.reason, fault.error)


def _office(archive: zipfile.ZipFile) -> str:
    """Return what a zip is that is no archive but one document, "" for all others."""
    names = [info.filename for info in archive.infolist()[:_OFFICE_MEMBERS]]
    if "[Content_Types].xml" in names:
        return "an Office document; save it as plain text, HTML or CSV"
    if names[:1] != ["mimetype"]:
        return ""
    try:
        with archive.open("mimetype") as stream:
            kind = stream.read(100)
    except BROKEN:
        return ""
    if kind.startswith(b"application/epub"):
        return "an e-book (EPUB); save it as plain text or HTML"
    if kind.startswith(b"application/vnd.oasis.opendocument"):
        return "an OpenDocument; save it as plain text, HTML or CSV"
    return ""


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
            pull = zip_members.opened(archive, info)
        except BROKEN as error:
            fault = fault_of(error, at.uri)
            stored = _stored(archive, info, ctx)
            yield Problem(at.uri, fault.reason, fault.error, stored, whole=False)
            return
        yield from read_stream(buffered(pull, inner, at.uri), at, inner)
    left = inner.end_fault()
    if left:
        kept = left.content or _stored(archive, info, ctx)
        yield Problem(at.uri, left.reason, left.error, kept, whole=False)


def _recovered(
    source: BinaryIO, fault: Fault, place: Place, ctx: Context, read_stream: ReadStream
) -> Iterator[Found]:
    """Yield what the members of a zip without its directory hold, and what is wrong with it."""
    cars: dict[str, bytes] = {}
    count = 0
    end = 0
    for entry in zip_members.without_directory(source):
        count += 1
        if count > ctx.limits.members:
            yield _too_many(place, ctx)
            break
        end = entry.at
        if not entry.name.endswith("/") and not _IGNORED.fullmatch(entry.name):
            yield from _recovered_member(source, entry, place, ctx, read_stream, cars)
        if ctx.budget.exceeded:
            break
        if entry.member and entry.member.end:
            end = entry.member.end
    for name, raw in cars.items():
        yield _orphan(place.member(name), raw)
    if not count:
        yield whole_file(place.uri, fault.reason, fault.error, source, ctx.limits.kept_bytes)
        return
    source.seek(end)
    kept = source.read(ctx.limits.document_bytes)
    error = f"{fault.error}; {count} members were read by their own headers"
    yield Problem(place.uri, fault.reason, error, kept, whole=False)


def _recovered_member(
    source: BinaryIO,
    entry: zip_members.Entry,
    place: Place,
    ctx: Context,
    read_stream: ReadStream,
    cars: dict[str, bytes],
) -> Iterator[Found]:
    at = place.member(entry.name)
    if entry.member is None:
        source.seek(entry.at)
        error = f"{at.uri}: encrypted or packed in a way that needs the directory"
        kept = source.read(ctx.limits.document_bytes)
        yield Problem(at.uri, Reason.UNSUPPORTED, error, kept, whole=False)
        return
    inner = ctx.inner()
    stream = buffered(entry.member, inner, at.uri)
    yield from _in_order(entry.name, stream, at, inner, read_stream, cars)
    left = inner.end_fault()
    if left:
        source.seek(entry.at)
        kept = source.read(
            min(ctx.limits.document_bytes, (entry.member.end or entry.at) - entry.at)
        )
        yield Problem(at.uri, left.reason, left.error, kept, whole=False)


def _in_order(
    name: str,
    source: BufferedReader,
    at: Place,
    ctx: Context,
    read_stream: ReadStream,
    cars: dict[str, bytes],
) -> Iterator[Found]:
    """Yield what a member holds; a side-car waits for its document, which comes after it."""
    if _CLIMBS.search(name):
        yield _unsafe(at, "the path climbs out", source.read(ctx.limits.document_bytes))
    elif sidecars.target(name) and len(cars) < _WAITING:
        cars[name] = source.read(sidecars.MAX_BYTES + 1)
    else:
        at, problems = _with_sidecar(cars, at, name)
        yield from problems
        yield from read_stream(source, at, ctx)


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
