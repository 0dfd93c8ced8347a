"""Files whose reading ends the process; the process that reads imports this by name."""

from __future__ import annotations

import ctypes
import functools
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from pipeline.ingest import SourceFile, walk
from tests.ingest.support import jsonl

RECORDS = [{"text": f"A story before the fault, number {number}."} for number in range(5)]


def _segfault() -> None:
    ctypes.string_at(0)


def _hang() -> None:
    while True:
        pass


def _hoard() -> None:
    pa.allocate_buffer(64 << 30)


FAULTS = {"crash": _segfault, "abort": os.abort, "hang": _hang, "hoard": _hoard}


class _Stream(io.RawIOBase):
    """Some records of JSONL, then the fault; `once` is a file that remembers that it happened."""

    def __init__(self, fault: str, once: str | None = None) -> None:
        self._fault = fault
        self._once = once
        self._pieces = [jsonl(RECORDS)]

    def readable(self) -> bool:
        return True

    def read(self, count: int = -1) -> bytes:
        if self._pieces:
            return self._pieces.pop()
        if self._once and os.path.exists(self._once):  # noqa: PTH110
            return b""
        if self._once:
            open(self._once, "w").close()  # noqa: PTH123
        FAULTS[self._fault]()
        return b""

    def readinto(self, buffer) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def files(folder: str, once: str | None = None) -> Iterator[SourceFile]:
    """List a folder; reading a file that is named after a fault comes to it."""
    for file in walk((folder,)):
        fault = file.path.split(".")[0]
        if fault in FAULTS:
            yield replace(file, opener=functools.partial(_Stream, fault, once))
        else:
            yield file


def listing_that_crashes(folder: str) -> Iterator[SourceFile]:
    """End the process before any file is begun."""
    os.abort()
    yield from walk((folder,))


def files_of_which_one_goes(folder: str, gone: str) -> Iterator[SourceFile]:
    """List a folder; `gone` is removed once "crash.jsonl" is opened a second time."""
    for file in files(folder):
        if file.path == "crash.jsonl":
            yield replace(file, opener=functools.partial(_opened_once_gone, file, folder, gone))
        else:
            yield file


def _opened_once_gone(file: SourceFile, folder: str, gone: str):
    mark = Path(f"{folder}-opened")
    if mark.exists():
        Path(folder, gone).unlink(missing_ok=True)
    mark.touch()
    return file.opener()


def kept() -> Iterator[SourceFile]:
    """List the kept bytes of one record, which crash whoever reads them."""
    opener = functools.partial(_Stream, "crash")
    yield SourceFile.kept("day.jsonl#line=57", 10, opener, {"outlet": "The Harbour"})
