"""How much one item may cost. Every limit ends in a failure with a reason, never in an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of reading; sizes in bytes.

    A file may unpack to `unpack_ratio` times its size, or to `unpack_floor` where that is
    more, all layers of compression and archives together; never to more than `unpack_bytes`.
    """

    document_bytes: int = 10 * MIB  # larger ones fail; this much of them is kept
    kept_bytes: int = 64 * MIB  # of a broken Parquet file or archive, so that it can be tried again
    record_bytes: int = 32 * MIB  # one line of JSONL, one JSON value, one CSV record
    unpack_ratio: int = 200
    unpack_floor: int = 256 * MIB
    unpack_bytes: int = 1 << 40
    members: int = 500_000  # of one archive
    nesting: int = 4  # containers within containers
    json_depth: int = 200
    header_bytes: int = 64 * 1024  # WARC or HTTP headers, front matter, a side-car
    stall_seconds: float = 60.0  # without a step of progress in reading a file
    memory_bytes: int = 2048 * MIB  # what the process that reads may take for its data
