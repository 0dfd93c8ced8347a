"""What a format reader is given and what it yields. Internal to ingest.

A reader is a generator over one stream. It yields `Item`s and `Problem`s, never raises for bad
data, and holds one record at a time. Identity, charset and limits of documents are the business
of `pipeline.ingest.reader`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BufferedReader
from typing import BinaryIO, Final, Protocol

from pipeline.ingest.columns import ColumnMap
from pipeline.ingest.limits import Limits
from pipeline.ingest.reasons import Reason

_PACKED: Final = re.compile(r"\.(?:gz|gzip|bz2|xz|zst|zstd)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """One raw item before charset and identity; `media_type` None means: look at the bytes.

    `record` gives the bytes of the record that `content` is a field of, for quarantine.
    """

    source_uri: str
    source_key: str
    content: bytes
    media_type: str | None = None
    declared_charset: str | None = None
    url: str | None = None
    scraped_at: datetime | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    record: Callable[[], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One item that cannot be read, with the bytes that came (cut to the limit later on).

    `whole` is False where these are not the item as it came, whatever the reason. `is_file` is
    True for a container that is broken: more is kept of one than of a document.
    """

    source_uri: str
    reason: Reason
    error: str
    content: bytes = b""
    given: Mapping[str, object] = field(default_factory=dict)
    whole: bool = True
    is_file: bool = False


def whole_file(uri: str, reason: Reason, error: str, source: BinaryIO, limit: int) -> Problem:
    """Return the problem of a broken file with up to `limit` of its bytes; the error says so."""
    size = source.seek(0, 2)
    source.seek(0)
    kept = source.read(limit)
    if len(kept) < size:
        error += f"; {len(kept)} of its {size} bytes are kept, deliver it again"
    return Problem(uri, reason, error, kept, whole=len(kept) == size, is_file=True)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a stream ended early; set by the stream, reported by whoever reads its end.

    `content` is what could not be decoded, as far as it is known and up to a limit.
    """

    reason: Reason
    error: str
    content: bytes = b""


class Budget:
    """Bytes that one file may still unpack to, all layers together."""

    def __init__(self, limits: Limits, size: int) -> None:
        """Start the budget of a file of `size` bytes."""
        self.limit = min(limits.unpack_bytes, max(limits.unpack_floor, limits.unpack_ratio * size))
        self.spent = 0

    def charge(self, count: int) -> bool:
        """Spend `count` bytes; False once the budget is exceeded."""
        self.spent += count
        return self.spent <= self.limit

    @property
    def exceeded(self) -> bool:
        """True once more was unpacked than the file's size allows."""
        return self.spent > self.limit


@dataclass(slots=True)
class Context:
    """What the readers of one stream share: settings, the budget, and how the stream ended."""

    limits: Limits
    columns: ColumnMap
    budget: Budget
    depth: int = 0
    fault: Fault | None = None

    def inner(self) -> Context:
        """Return the context of a container's member: same budget, own fault."""
        return replace(self, depth=self.depth + 1, fault=None)

    def take_fault(self) -> Fault | None:
        """Return how the stream ended early, once: who takes it reports it.

        One that holds bytes stays, for whoever keeps these.
        """
        fault = self.fault
        if fault and not fault.content:
            self.fault = None
        return fault

    def end_fault(self) -> Fault | None:
        """Return how the stream ended early, if that was not reported, with its bytes."""
        fault, self.fault = self.fault, None
        return fault


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stream stands: its address for people, its key for identity, its name for guessing.

    `uri` is the source_uri so far ("day.zip!a/b.jsonl.gz"), `key` the same without suffixes of
    compression, `name` what is left of the file name ("b.jsonl"); `sidecar` its fields.
    """

    uri: str
    key: str
    name: str
    sidecar: Mapping[str, object] | None = None

    def record(self, locator: str) -> str:
        """Return the source_uri of a record of this stream."""
        return f"{self.uri}#{locator}"

    def member(self, path: str) -> Place:
        """Return the place of an archive's member."""
        name = path.rsplit("/", 1)[-1]
        return Place(f"{self.uri}!{path}", f"{self.key}!{source_key(path)}", name)

    def unpacked(self, suffixes: tuple[str, ...]) -> Place:
        """Return the place of the decompressed stream: its name is without the suffix."""
        return replace(self, name=_without(self.name, suffixes))


def source_key(path: str) -> str:
    """Return a path without its suffix of compression, for identity."""
    return _PACKED.sub("", path)


Found = Item | Problem


class Reader(Protocol):
    """The signature of every format reader."""

    def __call__(self, stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
        """Yield what `stream` holds."""
        ...


def _without(name: str, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name
