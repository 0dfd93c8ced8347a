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
        except BROKEN as error:
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
    eof: bool
    unused_data: bytes
    needs_input: bool

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Zlib:
    """`zlib.decompressobj` with the interface of the bz2 and lzma decompressors."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _gunzip() -> _Decompressor:
    return cast(_Decompressor, _Zlib(31))


def _unxz() -> _Decompressor:
    return cast(_Decompressor, lzma.LZMADecompressor(memlimit=_MEMORY))


def _bunzip2() -> _Decompressor:
    return cast(_Decompressor, bz2.BZ2Decompressor())


class _Members:
    """A pull function over the concatenated members of a compressed stream.

    NULs between and after members are padding. A member that is damaged, or anything else
    between members, is passed over: reading goes on at the next member, on a new line, so that a
    cut record takes no whole one with it. The first error is raised at the end of the stream.
    """

    def __init__(
        self, source: BinaryIO, new: Callable[[], _Decompressor], magic: re.Pattern[bytes]
    ) -> None:
        self._source = source
        self._new = new
        self._magic = magic
        self._inner = new()
        self._data = b""
        self._begin = self._at = 0  # of the member, and of what is read next, in `_data`
        self._error: Exception | None = None
        self._faults = 0
        self._ended = False

    def __call__(self, count: int) -> bytes:
        while not self._ended:
            if self._inner.eof and not self._next_member():
                self._ended = True
                return b"\n" if self._error else b""
            try:
                piece = self._inner.decompress(self._step(), count)
            except (zlib.error, OSError, lzma.LZMAError, EOFError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the file cannot be read
                self._error = self._error or error
                if not self._resync():
                    raise self._error from None
                return b"\n"
            if piece:
                return piece
        if self._error:
            raise self._error
        return b""

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
                self._begin, self._inner = self._at, self._new()
                return True
            if self._at == len(self._data) and not self._more():
                return False

    def _resync(self) -> bool:
        """Begin the first member after the beginning of this one; False if there is none."""
        self._faults += 1
        start = self._begin + 1
        while self._faults < _FAULTS:
            found = self._magic.search(self._data, start)
            if found:
                self._begin = self._at = found.start()
                self._inner = self._new()
                return True
            self._at = len(self._data)
            if not self._more():
                break
            start = max(0, self._at - _MAGIC_BYTES)
        return False


_STEP: Final = 4096
_BACK: Final = 128 * 1024  # that a decompressor may read on beyond a damaged member, and more
_FAULTS: Final = 10_000  # of one stream, before the rest is given up
_MAGIC_BYTES: Final = 10
_GZIP: Final = re.compile(rb"\x1f\x8b\x08[\0-\x1f].{4}[\0\x02\x04][\0-\x0d\xff]", re.DOTALL)
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_XZ: Final = re.compile(rb"\xfd7zXZ\0\0[\0\x01\x04\x0a]")


def _zstd(source: BinaryIO) -> Callable[[int], bytes]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MEMORY)
    state: dict[str, Any] = {"inner": decompressor.decompressobj(), "begun": False}

    def pull(count: int) -> bytes:
        # The binding has no bound on output, so input goes in small steps.
        while True:
            inner = state["inner"]
            if inner.eof:
                data = inner.unused_data
                state.update(inner=decompressor.decompressobj(), begun=False)
                inner = state["inner"]
            else:
                data = b""
            data = data or source.read(_ZSTD_STEP)
            if not data:
                if state["begun"]:
                    raise EOFError
                return b""
            state["begun"] = True
            piece: bytes = inner.decompress(data)
            if piece:
                return piece

    return _carry(pull)


_ZSTD_STEP: Final = 1024  # at most 256 blocks of 128 KiB come out of it


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
    "zstd": ((".zst", ".zstd"), _zstd),
}


def transcode(source: BinaryIO, charset: str) -> Callable[[int], bytes]:
    """Return a pull function that gives `source`, text in UTF-16 or UTF-32, as UTF-8."""
    decoder = codecs.getincrementaldecoder(charset)("strict")

    def pull(count: int) -> bytes:
        while True:
            data = source.read(CHUNK)
            text = decoder.decode(data, final=not data)
            if text or not data:
                return text.encode()

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
