"""Byte streams of bounded memory: decompression, transcoding, counting, spooling.

A stream never raises for bad data. It ends early and leaves a `Fault` in its context, so that a
reader keeps what came before. Which stream a file needs is decided in `pipeline.ingest.sniff`.
"""

from __future__ import annotations

import bz2
import codecs
import contextlib
import io
import lzma
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO, Final, Protocol, cast

import zstandard

from pipeline.ingest.items import Budget, Context, Fault
from pipeline.ingest.limits import MIB
from pipeline.ingest.reasons import Reason

CHUNK: Final = 256 * 1024
_MEMORY: Final = 128 * MIB  # window of one decompressor

#: What reading damaged data raises, in all libraries used here (zipfile's word for a compression
#: that it does not know is NotImplementedError).
BROKEN: Final = (
    OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zstandard.ZstdError,
    zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError, MemoryError,
)  # fmt: skip


class Damaged(Exception):
    """The first error in packed data, told at their end, with the bytes of what is damaged."""

    def __init__(self, first: Exception, packed: bytes) -> None:
        """Wrap the error."""
        super().__init__(str(first))
        self.first = first
        self.packed = packed


class Stream(io.RawIOBase):
    """A raw stream over `pull`, which returns up to n bytes, b"" at the end.

    Errors of `pull` end the stream and are left as the context's fault. With `charged`, what
    passes counts against the budget of the file.
    """

    def __init__(
        self, pull: Callable[[int], bytes], ctx: Context, name: str, *, charged: bool = True
    ) -> None:
        """Wrap `pull`; `name` is for error messages."""
        self._pull = pull
        self._ctx = ctx
        self._name = name
        self._charged = charged
        self._ended = False
        self._passed = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._passed

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the data goes; 0 at the end or after a fault."""
        done = 0
        while done < len(buffer) and not self._ended:
            piece = self._next(len(buffer) - done)
            buffer[done : done + len(piece)] = piece
            done += len(piece)
        self._passed += done
        return done

    def _next(self, count: int) -> bytes:
        try:
            piece = self._pull(count)
        except (*BROKEN, Damaged) as error:
            self._end(fault_of(error, self._name))
            return b""
        if not piece:
            self._ended = True
        elif self._charged and not self._ctx.budget.charge(len(piece)):
            self._end(bomb(self._ctx.budget, self._name))
            return b""
        return piece

    def _end(self, fault: Fault) -> None:
        self._ended = True
        if self._ctx.fault is None:
            self._ctx.fault = fault


def bomb(budget: Budget, name: str) -> Fault:
    """Return the fault of a file that unpacks to more than its budget."""
    return Fault(Reason.BOMB, f"{name}: unpacks to more than {budget.limit} bytes; stopped there")


def buffered(
    pull: Callable[[int], bytes], ctx: Context, name: str, *, charged: bool = True
) -> io.BufferedReader:
    """Return a buffered reader over `pull` (see `Stream`)."""
    return io.BufferedReader(Stream(pull, ctx, name, charged=charged), CHUNK)


def fault_of(error: BaseException, name: str) -> Fault:
    """Return the fault for an error raised while reading `name`."""
    if isinstance(error, Damaged):
        return replace(fault_of(error.first, name), content=error.packed)
    if isinstance(error, EOFError) or "unexpected end of data" in str(error):
        return Fault(Reason.TRUNCATED, f"{name}: the data ends in the middle")
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return Fault(Reason.ENCRYPTED, f"{name}: encrypted")
    if isinstance(error, NotImplementedError):
        return Fault(Reason.UNSUPPORTED, f"{name}: {error}")
    if isinstance(error, MemoryError):
        return Fault(Reason.TOO_LARGE, f"{name}: reading it takes too much memory")
    if isinstance(error, OSError) and error.errno is not None:
        return Fault(Reason.UNREADABLE, f"{name}: {error.strerror or error}")
    return Fault(Reason.MALFORMED, f"{name}: {type(error).__name__}: {str(error)[:200]}")


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Inflater:
    """`zlib.decompressobj` with the interface of the bz2 and lzma decompressors.

    An error loses what was decoded in the same call: `salvage` gives it back.
    """

    def __init__(self, wbits: int) -> None:
        """Begin a stream; `wbits` as in zlib."""
        self._inner = zlib.decompressobj(wbits)
        self._before = self._inner
        self._step = b""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        """Whether nothing comes out without more input."""
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return up to `max_length` bytes of what comes of `data`."""
        self._step = self._inner.unconsumed_tail + data
        self._before = self._inner.copy()
        return self._inner.decompress(self._step, max_length)

    def salvage(self) -> bytes:
        """Return what the call that raised had decoded before the fault."""
        found = []
        with contextlib.suppress(zlib.error):
            for at in range(len(self._step)):
                found.append(self._before.decompress(self._step[at : at + 1]))
        return b"".join(found)


class _Zstd:
    """One zstd frame, decoded block by block: an error loses nothing of the blocks before it.

    The sizes are those of RFC 8878, section 3.1.
    """

    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=_MEMORY).decompressobj()
        self._in = bytearray()
        self._out = b""
        self._steps = self._frame()
        self._need = next(self._steps)  # bytes for the next step, 0 after the last

    @property
    def eof(self) -> bool:
        return not self._need and not self._out

    @property
    def unused_data(self) -> bytes:
        return bytes(self._in) if self.eof else b""

    @property
    def needs_input(self) -> bool:
        return not self._out and len(self._in) < self._need

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        self._in += data
        while self._need and not self._out and len(self._in) >= self._need:
            self._need = next(self._steps, 0)
        piece, self._out = self._out[:max_length], self._out[max_length:]
        return piece

    def _frame(self) -> Iterator[int]:
        """Decode a frame in steps; yield how many bytes the next one needs."""
        yield 8
        if self._in[1:4] == b"\x2a\x4d\x18":  # what is no data, to be skipped
            left = 8 + int.from_bytes(self._in[4:8], "little")
            while left:
                yield 1
                step = min(left, len(self._in))
                del self._in[:step]
                left -= step
            return
        about = self._in[4]
        single = about >> 5 & 1
        header = 6 - single + (0, 1, 2, 4)[about & 3] + (single, 2, 4, 8)[about >> 6]
        yield header
        self._decode(header)
        last = 0
        while not last:
            yield 3
            block = int.from_bytes(self._in[:3], "little")
            last = block & 1
            size = 3 + (1 if block >> 1 & 3 == 1 else min(block >> 3, _ZSTD_BLOCK))
            yield size
            self._decode(size)
        if about & 4:
            yield 4
            self._decode(4)

    def _decode(self, size: int) -> None:
        unit = bytes(self._in[:size])
        del self._in[:size]
        self._out = self._inner.decompress(unit)


def _gunzip() -> _Decompressor:
    return Inflater(31)


def _unxz() -> _Decompressor:
    return cast(_Decompressor, lzma.LZMADecompressor(memlimit=_MEMORY))


def _bunzip2() -> _Decompressor:
    return cast(_Decompressor, bz2.BZ2Decompressor())


class _Members:
    """A pull function over the concatenated members of a compressed stream.

    NULs between and after members are padding. A member that is damaged, or anything else
    between members, is passed over: what was decoded before the fault is given, and reading goes
    on at the next member, on a new line, so that a cut record takes no whole one with it. The
    first error is raised at the end of the stream.
    """

    def __init__(
        self, source: BinaryIO, new: Callable[[], _Decompressor], magic: re.Pattern[bytes]
    ) -> None:
        self._source = source
        self._start = source.tell() if source.seekable() else None
        self._new = new
        self._magic = magic
        self._inner = new()
        self._given = 0  # bytes that came of the member so far
        self._data = b""
        self._dropped = 0  # bytes read before `_data`
        self._first = 0  # of the member, in all that was read
        self._begin = self._at = 0  # of the member, and of what is read next, in `_data`
        self._error: Exception | None = None
        self._broken = bytearray()  # members that are damaged, up to a limit
        self._faults = 0
        self._ended = False

    def __call__(self, count: int) -> bytes:
        while not self._ended:
            if self._inner.eof and not self._next_member():
                self._ended = True
                return b"\n" if self._error else b""
            try:
                piece = self._inner.decompress(self._step(), self._bound(count))
            except (*_DAMAGE, OSError, EOFError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the file cannot be read
                self._error = self._error or error
                piece = b"" if isinstance(error, EOFError) else self._salvaged()
                first = self._first
                if self._resync():
                    self._keep(first, self._first)
                    return piece + b"\n"
                if not isinstance(error, EOFError) or not self._given:
                    self._keep(first, self._dropped + len(self._data))
                self._ended = True
            if piece:
                self._given += len(piece)
                return piece
        if self._error:
            raise Damaged(self._error, bytes(self._broken))
        return b""

    def _keep(self, begin: int, end: int) -> None:
        """Keep the packed bytes from one place to another, as far as they can be had."""
        room = min(_KEPT - len(self._broken), end - begin)
        if begin >= self._dropped or self._start is None:
            at = max(0, begin - self._dropped)
            self._broken += self._data[at : max(at, end - self._dropped)][: max(0, room)]
        elif room > 0:
            here = self._source.tell()
            self._source.seek(self._start + begin)
            self._broken += self._source.read(room)
            self._source.seek(here)

    def _bound(self, count: int) -> int:
        """Return how much to decode at once: little where an error loses it for good."""
        if isinstance(self._inner, (Inflater, _Zstd)):
            return count
        return min(count, _OUT if self._start is not None or self._begin >= 0 else _LITTLE)

    def _step(self) -> bytes:
        """Return what the member takes next; little, as an error loses what comes of it."""
        if not self._inner.needs_input:
            return b""
        if self._at == len(self._data) and not self._more():
            raise EOFError  # or a cut member took the next ones for its own
        step = self._data[self._at : self._at + _STEP]
        self._at += len(step)
        return step

    def _more(self) -> bool:
        """Read on; some of what was read is kept, where a damaged member may have ended."""
        data = self._source.read(CHUNK)
        dropped = max(0, len(self._data) - _BACK)
        self._data = self._data[dropped:] + data
        self._dropped += dropped
        self._begin, self._at = max(-1, self._begin - dropped), self._at - dropped
        return bool(data)

    def _next_member(self) -> bool:
        """Begin the member after this one; False at the end of the stream."""
        self._at -= len(self._inner.unused_data)
        while True:
            rest = self._data[self._at : self._at + _STEP]
            padding = len(rest) - len(rest.lstrip(b"\0"))
            self._at += padding
            if padding < len(rest):
                self._begin_here()
                return True
            if self._at == len(self._data) and not self._more():
                return False

    def _begin_here(self) -> None:
        self._begin, self._first = self._at, self._dropped + self._at
        self._inner, self._given = self._new(), 0

    def _resync(self) -> bool:
        """Begin the first member after the beginning of this one; False if there is none."""
        self._faults += 1
        start = self._begin + 1
        while self._faults < _FAULTS:
            found = self._magic.search(self._data, start)
            if found:
                self._at = found.start()
                self._begin_here()
                return True
            self._at = len(self._data)
            if not self._more():
                break
            start = max(0, self._at - _MAGIC_BYTES)
        return False

    def _salvaged(self) -> bytes:
        """Return what the call that raised had decoded before the fault."""
        if isinstance(self._inner, Inflater):
            return self._inner.salvage()
        if isinstance(self._inner, _Zstd):
            return b""
        return b"".join(self._decoded_again())

    def _decoded_again(self) -> Iterator[bytes]:
        """Yield what comes of the member after what was given, byte by byte up to the fault."""
        inner, left = self._new(), self._given
        pieces = self._member_again()
        with contextlib.suppress(*_DAMAGE, OSError, EOFError):
            while not inner.eof:
                step = b""
                if inner.needs_input and not (step := next(pieces, b"")):
                    return
                piece = inner.decompress(step, min(left, CHUNK) if left else 1)
                if not left:
                    yield piece
                left -= min(left, len(piece))

    def _member_again(self) -> Iterator[bytes]:
        """Yield the member's bytes so far, none where the source cannot go back so far.

        The last ones come one by one: they may be data, and the wrong sum of these.
        """
        here, left = self._source.tell(), self._dropped + self._at - self._first
        if self._begin < 0 and self._start is None:
            return
        again = io.BytesIO(self._data[max(0, self._begin) : self._at])
        source = again if self._begin >= 0 else self._source
        if self._start is not None and self._begin < 0:
            source.seek(self._start + self._first)
        while left and (piece := source.read(_STEP if left > _STEP else 1)):
            left -= len(piece)
            yield piece
        if source is self._source:
            source.seek(here)


_DAMAGE: Final = (zlib.error, lzma.LZMAError, zstandard.ZstdError)
_STEP: Final = 4096
_OUT: Final = 16 * 1024
_LITTLE: Final = 512
_KEPT: Final = 10 * MIB
_BACK: Final = 128 * 1024  # that a decompressor may read on beyond a damaged member, and more
_FAULTS: Final = 10_000  # of one stream, before the rest is given up
_MAGIC_BYTES: Final = 10
_GZIP: Final = re.compile(rb"\x1f\x8b\x08[\0-\x1f].{4}[\0\x02\x04][\0-\x0d\xff]", re.DOTALL)
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_XZ: Final = re.compile(rb"\xfd7zXZ\0\0[\0\x01\x04\x0a]")
_ZSTD: Final = re.compile(rb"\x28\xb5\x2f\xfd")
_ZSTD_BLOCK: Final = 128 * 1024


def _carry(pull: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Return `pull` with what exceeds the count asked for kept for the next call."""
    rest = b""

    def exact(count: int) -> bytes:
        nonlocal rest
        piece = rest or pull(count)
        piece, rest = piece[:count], piece[count:]
        return piece

    return exact


Pull = Callable[[int], bytes]

#: Kind of compression -> suffixes of file names, and the pull function over a source.
DECOMPRESSORS: Final[dict[str, tuple[tuple[str, ...], Callable[[BinaryIO], Pull]]]] = {
    "gzip": ((".gz", ".gzip"), lambda source: _Members(source, _gunzip, _GZIP)),
    "bzip2": ((".bz2",), lambda source: _Members(source, _bunzip2, _BZIP2)),
    "xz": ((".xz",), lambda source: _Members(source, _unxz, _XZ)),
    "zstd": ((".zst", ".zstd"), lambda source: _Members(source, _Zstd, _ZSTD)),
}


def transcode(source: BinaryIO, charset: str) -> Callable[[int], bytes]:
    """Return a pull function that gives `source`, text in UTF-16 or UTF-32, as UTF-8.

    What is no character becomes U+FFFD and, at the end, a ValueError; EOFError where it is the
    end that is cut.
    """
    decoder = codecs.getincrementaldecoder(charset)("replace")
    unknown = "\ufffd".encode(charset)[-4 if "32" in charset else -2 :]
    errors: list[Exception] = []

    def pull(count: int) -> bytes:
        while True:
            data = source.read(CHUNK)
            text = decoder.decode(data, final=not data)
            if text.count("\ufffd") > data.count(unknown):
                errors.append(ValueError(f"no {charset} at places: read as U+FFFD"))
                if not data:
                    errors.insert(0, EOFError())
            if text:
                return text.encode()
            if not data:
                if errors:
                    raise errors[0]
                return b""

    return _carry(pull)


@contextlib.contextmanager
def seekable(source: io.BufferedReader) -> Iterator[BinaryIO]:
    """Give `source`, or a seekable copy: in memory while small, else in an unnamed file."""
    if source.seekable():
        yield source
        return
    with tempfile.SpooledTemporaryFile(max_size=8 * MIB) as copy:
        while piece := source.read(CHUNK):
            copy.write(piece)
        copy.seek(0)
        yield cast(BinaryIO, copy)
