"""A lock between processes that share nothing but an object store.

Each contender puts an object of its own into the lock's folder and then lists the folder: it has
the lock if it is alone there, else it takes its object away and tries again later. Of two at once
at least one lists after the other has put, so never both are alone. This needs a store that shows
at once what was put, as S3, Google Cloud Storage and Azure do, and nothing else: Arrow has no
conditional put.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import pyarrow.fs as pafs

from pipeline.publish.storage import StorageError

#: Seconds between two signs of life of a holder, and without one until its lock is void.
BEAT: Final = 30.0
EXPIRY: Final = 300.0
#: Seconds until the next try, at most; a random part of it, so that two do not meet for ever.
PAUSE: Final = 4.0


@contextmanager
def object_lock(files: pafs.FileSystem, folder: str, timeout: float) -> Iterator[None]:
    """Hold the lock that is a folder of an object store.

    Waits up to `timeout` seconds for it; then StorageError says who holds it. A holder that dies
    leaves its object, which is void after `EXPIRY`; one that was taken for dead, because it slept
    so long, gets a StorageError at the end of the block.
    """
    mine = f"{folder}/{uuid.uuid4().hex}"
    files.create_dir(folder, recursive=True)
    _acquire(files, folder, mine, timeout)
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(files, mine, over), daemon=True)
    beating.start()
    try:
        yield
        if not _exists(files, mine):
            raise StorageError(
                f"{folder}: this run gave no sign of life for {EXPIRY:.0f} s, and another one took "
                "its place; run it again"
            )
    finally:
        over.set()
        beating.join()
        _remove(files, mine)


def _acquire(files: pafs.FileSystem, folder: str, mine: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    pause = PAUSE / 16
    while True:
        _put(files, mine)
        try:
            other = _other(files, folder, mine)
        except BaseException:
            _remove(files, mine)
            raise
        if other is None:
            return
        _remove(files, mine)
        if time.monotonic() > deadline:
            raise StorageError(
                f"another Copydesk run ({other}) is working here: it holds the lock {folder} and "
                f"did not finish within {timeout:.0f} s; wait for it, or choose another data "
                f"directory. The lock of a run that died is void after {EXPIRY:.0f} s"
            )
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 (no secret)
        pause = min(PAUSE, 2 * pause)


def _other(files: pafs.FileSystem, folder: str, mine: str) -> str | None:
    """Return who else is there, None if nobody is; what is void is removed.

    Time is that of the store, which put the own object down just now.
    """
    infos = files.get_file_info(pafs.FileSelector(folder, allow_not_found=True))
    found = {info.path: info for info in infos if info.type == pafs.FileType.File}
    here = found.pop(mine, None)
    for path, info in sorted(found.items()):
        known = here is not None and here.mtime_ns and info.mtime_ns
        if known and here.mtime_ns - info.mtime_ns > EXPIRY * 1e9:
            _remove(files, path)
            continue
        return _owner(files, path)
    return None if here is not None else "one that is no more"


def _owner(files: pafs.FileSystem, path: str) -> str:
    with suppress(OSError, ValueError, KeyError), files.open_input_file(path) as source:
        told = json.loads(source.read(4096))
        return f"process {told['process']} on {told['host']}, since {told['since']}"
    return "unknown"


def _put(files: pafs.FileSystem, path: str) -> None:
    with files.open_output_stream(path) as sink:
        sink.write(_told())


def _told() -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
    return json.dumps(told).encode()


def _beat(files: pafs.FileSystem, path: str, over: threading.Event) -> None:
    told = _told()
    while not over.wait(BEAT):
        # What another run took away stays away.
        with suppress(OSError):
            if _exists(files, path):
                with files.open_output_stream(path) as sink:
                    sink.write(told)


def _exists(files: pafs.FileSystem, path: str) -> bool:
    return bool(files.get_file_info(path).type == pafs.FileType.File)


def _remove(files: pafs.FileSystem, path: str) -> None:
    with suppress(FileNotFoundError):
        files.delete_file(path)
