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

#: What reading damaged data raises, in all libraries used here.
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


def members(source: BinaryIO, new: Callable[[], _Decompressor]) -> Callable[[int], bytes]:
    """Return a pull function over the concatenated members of a compressed stream.

    What follows the last member and is no member itself (padding) is ignored, as gzip does.
    """
    state: dict[str, Any] = {"inner": new(), "pending": b"", "first": True}

    def pull(count: int) -> bytes:
        while True:
            inner: _Decompressor = state["inner"]
            if inner.eof:
                rest = inner.unused_data or source.read(CHUNK)
                if not rest.strip(b"\0"):
                    return b""
                state.update(inner=new(), pending=rest, first=False)
                continue
            data, state["pending"] = state["pending"], b""
            if not data and inner.needs_input:
                data = source.read(CHUNK)
                if not data:
                    raise EOFError
            try:
                piece = inner.decompress(data, count)
            except (zlib.error, OSError, lzma.LZMAError):
                if not state["first"] and data and not state.get("begun"):
                    return b""
                raise
            state["begun"] = not inner.eof
            if piece:
                return piece

    return pull


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
    "gzip": ((".gz", ".gzip"), lambda source: members(source, _gunzip)),
    "bzip2": ((".bz2",), lambda source: members(source, _bunzip2)),
    "xz": ((".xz",), lambda source: members(source, _unxz)),
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
