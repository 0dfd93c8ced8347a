"""Reading in a process of its own, so that no file can end the run.

Readers call C libraries: one that crashes, hangs or takes all memory costs the rest of its file.
The process is told its limits, and the system holds it to them; the next file is read by a new
one. Items travel as JSON and bytes, never as objects: what hostile input made of that process
must not run in this one.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from pipeline.engine.early import start_early
from pipeline.ingest.items import Problem
from pipeline.ingest.limits import Limits
from pipeline.ingest.reader import Settings, failure, read_file
from pipeline.ingest.reasons import Reason
from pipeline.ingest.sources import OnBytes, SourceFile
from pipeline.records import Document, Failure

#: Lists the files to read, the same each time; a function that can be named to the process, with
#: plain arguments bound to it.
Listing = Callable[[], Iterable[SourceFile]]

_KINDS: Final = (Document, Failure)
_APART: Final = ("content", "scrape_date")  # these travel beside the JSON, or not at all
_FIELDS: Final = [[name for name in kind.__slots__ if name not in _APART] for kind in _KINDS]
_SIZES: Final = struct.Struct("<II")
#: What is sent at once: so many bytes, or what came in so many seconds.
_TOGETHER: Final = 256 * 1024
_SECONDS: Final = 0.2


def read_apart(
    files: Listing, settings: Settings, on_bytes: OnBytes | None = None
) -> Iterator[Document | Failure]:
    """Yield what the files hold, as `read_file` does, one file after the other.

    A file that takes the process with it is read once more, each item sent at once: so what comes
    before the culprit is kept. Then it is a failure: `crashed`, `timeout` (no step of progress for
    `Limits.stall_seconds`) or `too_large` (killed for its memory). Its beginning is kept.
    """
    at, careful = _Point(), False
    done: set[str] = set()
    while True:
        reading = _Reading(files, settings, at, careful, done)
        with contextlib.closing(reading):
            yield from reading.results(on_bytes)
        if reading.ended:
            return
        if careful:
            if not reading.repeats:
                yield _lost(files, settings, reading)
            done.add(reading.path)
            at, careful = _Point(reading.number, reading.path, _ALL), False
            continue
        careful = True
        if reading.begun:
            at = _Point(reading.number, reading.path, reading.count)


@dataclass(frozen=True, slots=True)
class _Point:
    """Where to read on: at a file's number and path, its first `skip` items left out.

    Without a path it is the beginning; with `_ALL` items left out, the next file.
    """

    number: int = 0
    path: str = ""
    skip: int = 0


_ALL: Final = -1


class _Reading:
    """One process that reads from a file and item on, and what is known of how far it came.

    `done` takes the paths of the files that were read to their end, of all processes together.
    """

    def __init__(
        self, files: Listing, settings: Settings, at: _Point, careful: bool, done: set[str]
    ) -> None:
        context = get_context("forkserver")
        start_early("pipeline.warm_up")
        self._receiver, sender = context.Pipe(duplex=False)
        # The server of forks may run since long: the environment of now goes along.
        arguments = (sender, files, settings, at, careful, dict(os.environ))
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        sender.close()
        self._day = settings.scrape_date
        self._done = done
        self.number, self.path, self.count = at.number, at.path, max(0, at.skip)
        self.given: Mapping[str, object] = {}
        self.repeats = False  # what comes now is of a file that was read before
        self.begun = self.ended = False

    def results(self, on_bytes: OnBytes | None) -> Iterator[Document | Failure]:
        """Yield what comes until the process is through with all files, or dead."""
        for told, content in self._messages():
            if isinstance(told, list):
                self.count += 1
                if not self.repeats:
                    yield self._result(told, content)
            elif isinstance(told, int):
                if on_bytes and told:
                    on_bytes(told)
            elif told is None:
                self.ended = True
            else:
                self._begin(**told)

    def _begin(
        self, number: int, path: str, again: bool, given: Mapping[str, object] | None
    ) -> None:
        if given is not None:
            self.given = given
            return
        self.begun = True
        if (number, path) != (self.number, self.path):
            if self.path and not again:
                self._done.add(self.path)
            self.number, self.path, self.count = number, path, 0
        self.given = {}
        self.repeats = again and path in self._done

    def _messages(self) -> Iterator[tuple[Any, bytes]]:
        decode = json.JSONDecoder().decode
        with contextlib.suppress(EOFError):
            while not self.ended:
                try:
                    together = self._receiver.recv_bytes()
                except OSError:  # killed in the middle of a message, which is read again
                    return
                at = 0
                while at < len(together):
                    head, size = _SIZES.unpack_from(together, at)
                    start = at + _SIZES.size
                    at = start + head + size
                    yield decode(together[start : start + head].decode()), together[at - size : at]

    def _result(self, told: list[Any], content: bytes) -> Document | Failure:
        kind = told.pop()
        values = dict(zip(_FIELDS[kind], told, strict=True))
        if values.get("scraped_at"):
            values["scraped_at"] = datetime.fromisoformat(values["scraped_at"])
        return _KINDS[kind](content=content, scrape_date=self._day, **values)

    @property
    def exit_code(self) -> int | None:
        """How the process ended: minus the signal's number where one did it."""
        self._process.join()
        return self._process.exitcode

    def close(self) -> None:
        """End the process, whatever it does."""
        self._receiver.close()
        self._process.join(0 if not self.ended else 1)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


def _lost(files: Listing, settings: Settings, reading: _Reading) -> Failure:
    """Return the failure of the file at which a process ended; no other file is to blame."""
    limits, code = settings.limits, reading.exit_code
    if not reading.begun:
        raise RuntimeError(f"the process that reads files ended at once (exit code {code})")
    if code == -signal.SIGALRM:
        reason, what = Reason.TIMEOUT, f"no progress for {limits.stall_seconds:.0f} seconds"
    elif code == -signal.SIGKILL:
        reason, what = Reason.TOO_LARGE, "the reader was killed, most likely for its memory"
    else:
        reason, what = Reason.CRASHED, f"the reader crashed (exit code {code})"
    file = next(islice(files(), reading.number, None), None)
    if file is None or file.path != reading.path:  # the folder changed meanwhile
        file = SourceFile.nothing(reading.path)
    uri = reading.path + file.record
    came = f"the {reading.count} items before were read" if reading.count else "nothing was read"
    message = f"{uri}: {what}; {came}"
    # A side-car is not parsed here: it was read where it can do no harm.
    given = reading.given or file.given
    begin = file.beginning(limits.document_bytes)
    return failure(Problem(uri, reason, message, begin, given), settings)


# In the process that reads


class _Sender:
    """The way back to the process that asked, and the alarm that each step puts off."""

    def __init__(self, connection: Connection, limits: Limits, careful: bool) -> None:
        self._connection = connection
        self._seconds = limits.stall_seconds
        self._together = 0 if careful else _TOGETHER
        self._waiting: list[bytes] = []
        self._size = 0
        self._sent_at = time.monotonic()
        self._encode = json.JSONEncoder(default=datetime.isoformat).encode
        self._values = [attrgetter(*names) for names in _FIELDS]

    def begin(self, number: int, path: str, again: bool, given: object = None) -> None:
        """Tell that a file is begun, or what its side-car says; from here on the alarm is set."""
        self._add({"number": number, "path": path, "again": again, "given": given})

    def progress(self, count: int) -> None:
        """Tell that `count` more bytes were read, which may be none; never an error.

        This is called within the reading of a file, which would take an error for its own.
        """
        with contextlib.suppress(BrokenPipeError):
            self._add(count)

    def result(self, result: Document | Failure) -> None:
        """Send a document or a failure."""
        kind = _KINDS.index(type(result))
        self._add((*self._values[kind](result), kind), result.content)

    def end(self) -> None:
        """Tell that all files were read."""
        self._add(None)
        self.rest()
        self._flush()

    def rest(self) -> None:
        """Set no alarm: a long listing between two files is no fault."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _add(self, told: Any, content: bytes = b"") -> None:
        head = self._encode(told).encode()
        self._waiting += (_SIZES.pack(len(head), len(content)), head, content)
        self._size += len(head) + len(content)
        if self._size > self._together or time.monotonic() > self._sent_at + _SECONDS:
            self.rest()  # whoever receives may take its time
            self._flush()
        # By default the signal ends the process, within a library's endless loop too.
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def _flush(self) -> None:
        self._connection.send_bytes(b"".join(self._waiting))
        self._waiting, self._size, self._sent_at = [], 0, time.monotonic()


def _serve(
    connection: Connection,
    files: Listing,
    settings: Settings,
    at: _Point,
    careful: bool,
    environment: Mapping[str, str],
) -> None:
    """Read the files from `at` on; send what they hold."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked decides
    os.environ.update(environment)
    _limit_memory(settings.limits)
    sender = _Sender(connection, settings.limits, careful)
    with contextlib.suppress(BrokenPipeError):  # nobody listens any more
        for number, file, skip, again in _listed(files, at):
            sender.begin(number, file.path, again)
            known = _with_fields(file, number, again, sender)
            results = read_file(known, settings, sender.progress)
            for result in islice(results, skip, None):
                sender.result(result)
            sender.rest()
        sender.end()


def _listed(files: Listing, at: _Point) -> Iterator[tuple[int, SourceFile, int, bool]]:
    """Yield number, file, items to leave out, and whether all comes again, from `at` on.

    Where another file stands at its number by now, files came or went: numbers say nothing any
    more, and all files come again but the one that is done with.
    """
    begun = not at.path
    for number, file in enumerate(files()):
        here = number == at.number and file.path == at.path
        begun = begun or here
        if begun and not (here and at.skip == _ALL):
            yield number, file, at.skip if here else 0, False
        elif number >= at.number and not begun:
            break
    if begun:
        return
    for number, file in enumerate(files()):
        here = file.path == at.path
        if not (here and at.skip == _ALL):
            yield number, file, at.skip if here else 0, True


def _with_fields(file: SourceFile, number: int, again: bool, sender: _Sender) -> SourceFile:
    """Return `file` with the fields of its side-car, which are told for the case of a crash."""
    fields = file.fields() if file.sidecar else ""
    if isinstance(fields, str):
        return file
    sender.begin(number, file.path, again, fields)
    return replace(file, sidecar=None, given=fields)


def _limit_memory(limits: Limits) -> None:
    """Let data grow by `memory_bytes`, where the system can count it: then allocation fails."""
    status = Path("/proc/self/status")
    if not status.exists():
        return
    import resource

    lines = status.read_text(encoding="ascii").splitlines()
    now = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (now + limits.memory_bytes, hard))
