"""The members of a zip: their data read to the end, and found where the directory is lost.

`zipfile` drops the last piece of a member whose check sum is wrong, and all members of an archive
whose directory, which is its end, was cut off. What a member holds does not belong here.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

from pipeline.ingest.streams import BROKEN, CHUNK, Inflater, Pull

_LOCAL: Final = b"PK\x03\x04"
_HEADER: Final = struct.Struct("<4s5H3I2H")
_STEP: Final = 4096
_DESCRIPTOR: Final = 0x08  # sizes and check sum follow the data
_ENCRYPTED: Final = 0x01
_UTF8: Final = 0x800
_UNKNOWN: Final = 0xFFFFFFFF
_TRIES: Final = 20_000  # of headers that are none, before the rest is given up
_NAME_BYTES: Final = 4096


def opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Pull:
    """Return a pull function over a member; errors as of `zipfile`, but after all data.

    Raises what `ZipFile.open` raises for a member that cannot be opened.
    """
    stream = archive.open(info)
    if info.compress_type == zipfile.ZIP_DEFLATED and not info.flag_bits & _ENCRYPTED:
        stream.close()
        source = cast(BinaryIO, archive.fp)
        source.seek(info.header_offset)
        start = info.header_offset + _after_header(source.read(_HEADER.size))
        return Member(source, start, info.compress_size, zipfile.ZIP_DEFLATED, info.CRC)
    cast(Any, stream)._expected_crc = None  # else an error takes the last piece with it
    checked = _Checked(info.CRC)

    def pull(count: int) -> bytes:
        return checked.pass_on(stream.read(count))

    return pull


class _Checked:
    """The check sum of what passes; BadZipFile at the end where it is not the one expected."""

    def __init__(self, expected: int | None) -> None:
        self._expected = expected
        self._sum = 0

    def pass_on(self, piece: bytes) -> bytes:
        self._sum = zlib.crc32(piece, self._sum)
        if not piece and self._expected not in (None, self._sum):
            raise zipfile.BadZipFile("the check sum is wrong")
        return piece


class Member:
    """A pull function over the data of a member, stored or deflated, that lies at `start`.

    `size` is None where it is not known; then the deflated data tell their end themselves.
    """

    def __init__(
        self, source: BinaryIO, start: int, size: int | None, method: int, crc: int | None
    ) -> None:
        """Read from a seekable `source`; `crc` None means that nothing is checked."""
        self._source = source
        self._at = start
        self._end = None if size is None else start + size
        self._inner = Inflater(-15) if method == zipfile.ZIP_DEFLATED else None
        self._checked = _Checked(crc)
        self._error: zlib.error | None = None

    def __call__(self, count: int) -> bytes:
        """Return up to `count` bytes, none at the end; EOFError where the data is cut."""
        piece = self._inflated(count) if self._inner else self._read(count)
        return self._checked.pass_on(piece)

    @property
    def end(self) -> int | None:
        """The place after the data, None where it is not known (yet)."""
        if self._inner and self._inner.eof:
            return self._at - len(self._inner.unused_data)
        return self._end

    def _read(self, count: int) -> bytes:
        if self._end is not None:
            count = min(count, self._end - self._at)
        self._source.seek(self._at)
        piece = self._source.read(count) if count > 0 else b""
        self._at += len(piece)
        if not piece and count > 0 and self._end is not None:
            raise EOFError
        return piece

    def _inflated(self, count: int) -> bytes:
        inner = cast(Inflater, self._inner)
        while not inner.eof:
            if self._error:
                raise self._error
            step = self._read(_STEP) if inner.needs_input else b""
            if inner.needs_input and not step:
                raise EOFError
            try:
                piece = inner.decompress(step, count)
            except zlib.error as error:
                self._error = error
                piece = inner.salvage()
            if piece:
                return piece
        return b""


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as its own header says; `at` is where the header is."""

    name: str
    at: int
    member: Member | None  # None where it cannot be read without the directory


def without_directory(source: BinaryIO) -> Iterator[Entry]:
    """Yield the members that a zip's own headers tell, in order; each is read before the next."""
    total = source.seek(0, 2)
    at: int | None = 0
    tries = _TRIES
    while tries and (at := _find(source, _LOCAL, cast(int, at))) is not None:
        source.seek(at)
        head = source.read(_HEADER.size + 2 * _NAME_BYTES)
        entry = _entry(source, head, at, total) if len(head) >= _HEADER.size else None
        if entry is None:
            at += len(_LOCAL)
            tries -= 1
            continue
        yield entry
        start = at + _after_header(head)
        end = entry.member.end if entry.member else None
        if end is None and entry.member:
            end = _drained(entry.member)
        at = end if end is not None and start <= end <= total else start


def _entry(source: BinaryIO, head: bytes, at: int, total: int) -> Entry | None:
    _, _, flags, method, _, _, crc, size, _, names, extra = _HEADER.unpack_from(head)
    raw = head[_HEADER.size : _HEADER.size + names]
    if not names or names > _NAME_BYTES or b"PK\x03\x04" in raw:
        return None
    name = raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    start = at + _after_header(head)
    if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or flags & _ENCRYPTED:
        return Entry(name, at, None)
    if size == _UNKNOWN:
        size = _long_size(head[_HEADER.size + names :][:extra])
    later = bool(flags & _DESCRIPTOR) and not size
    known: int | None = None if later or start + size > total else size
    if known is None and method == zipfile.ZIP_STORED:
        known = (_find(source, b"PK\x07\x08", start) or total) - start if later else size
    return Entry(name, at, Member(source, start, known, method, None if later else crc))


def _after_header(head: bytes) -> int:
    *_, names, extra = _HEADER.unpack_from(head)
    return _HEADER.size + int(names) + int(extra)


def _long_size(extra: bytes) -> int:
    """Return the compressed size of a member of over 4 GiB; its field is the first by custom."""
    kind, length = struct.unpack_from("<2H", extra) if len(extra) >= 20 else (0, 0)
    return int.from_bytes(extra[12:20], "little") if kind == 1 and length >= 16 else _UNKNOWN


def _find(source: BinaryIO, signature: bytes, at: int) -> int | None:
    source.seek(at)
    held = b""
    while piece := source.read(CHUNK):
        held += piece
        found = held.find(signature)
        if found >= 0:
            return at + found
        at += len(held) - len(signature) + 1
        held = held[1 - len(signature) :]
    return None


def _drained(member: Member) -> int | None:
    """Read a member to its end, which is known only then."""
    try:
        while member(CHUNK):
            pass
    except BROKEN:
        return None
    return member.end
