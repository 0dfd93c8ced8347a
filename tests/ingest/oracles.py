"""What must hold for any bytes: nothing that surrounds damage is lost, and nothing counts twice.

Used by the suite with hypothesis and by the coverage-guided run in `tests/faults`.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections import Counter

from pipeline.ingest import Limits, read_bytes
from pipeline.records import Document, Failure
from tests.ingest.support import DAY, jsonl, tarred, warc_record, zipped

LIMITS = Limits(
    document_bytes=100_000,
    kept_bytes=100_000,
    record_bytes=200_000,
    unpack_floor=2_000_000,
    unpack_ratio=20,
)
PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
#: Reasons that stand for a limit of the whole file, which parts read alone do not meet.
_LIMITED = frozenset(("bomb", "too_large", "too_deep", "too_many"))
_SEPARATOR = b"\n=====\n"


def found_in(raw: bytes, name: str) -> list[Document | Failure]:
    """Read bytes as a file called `name`; check what holds for all of it."""
    found = list(read_bytes(raw, source_uri=name, scrape_date=DAY, limits=LIMITS))
    assert found, "an input without a document and without a failure"
    for item in found:
        assert len(item.content) <= LIMITS.document_bytes
        item.source_uri.encode()
        if isinstance(item, Document):
            item.content.decode(item.charset).encode()
            "".join((item.url or "", *item.given.values())).encode()
        else:
            assert item.reason != "crashed", item.error
            item.error.encode()
    return found


def archives_hold_what_their_parts_hold(data: bytes) -> None:
    """The documents and failures of an archive are those of its members read alone."""
    parts = {f"{number}.bin": part for number, part in enumerate(data.split(_SEPARATOR)[:5])}
    alone = [item for name, part in parts.items() for item in found_in(part, f"a.tar!{name}")]
    for pack in (tarred, zipped):
        together = found_in(pack(parts), "a.tar")
        if _is_limited(alone) or _is_limited(together):
            continue
        assert _summary(together) == _summary(alone)


def members_around_damage_are_read(data: bytes) -> None:
    """Whole members before and after any bytes of a compressed file are read."""
    before, after = _records("before"), _records("after")
    for suffix, pack in PACKERS.items():
        raw = pack(jsonl(before)) + data + pack(b"\n" + jsonl(after))
        found = found_in(raw, f"a.jsonl{suffix}")
        texts = {item.content.decode("utf-8", "replace") for item in found}
        if not _is_limited(found):
            assert {record["text"] for record in (*before, *after)} <= texts


def records_around_damage_are_kept(data: bytes) -> None:
    """Whole records around any bytes of a crawl or a table are documents, or in quarantine."""
    page = b"<html><p>A page %s of the crawl.</p></html>"
    crawl = [warc_record(page % name, url=f"https://a.example/{name!r}") for name in (b"1", b"2")]
    found = found_in(data.join(crawl), "a.warc")
    assert page % b"1" == found[0].content and isinstance(found[0], Document)
    assert _is_limited(found) or any(page % b"2" in item.content for item in found)
    rows = [b'https://a.example/%d,"Text %d, of the table."\n' % (n, n) for n in range(8)]
    raw = b"url,text\n" + b"".join(rows[:4]) + data + b"\n" + b"".join(rows[4:])
    found = found_in(raw, "a.csv")
    for number in range(8):
        text = b"Text %d, of the table." % number
        assert _is_limited(found) or any(text in item.content for item in found), number


def a_sidecar_costs_no_document(data: bytes) -> None:
    """A document is read whatever its side-car holds."""
    for ending in (".meta.yaml", ".meta.json"):
        members = {"a.txt": b"The text.", f"a{ending}": data}
        for pack in (tarred, zipped):
            found = found_in(pack(dict(sorted(members.items()))), "a.tar")
            texts = [item.content for item in found if isinstance(item, Document)]
            assert texts == [b"The text."]
            assert {item.reason for item in found if isinstance(item, Failure)} <= {"malformed"}


ORACLES = (
    archives_hold_what_their_parts_hold,
    members_around_damage_are_read,
    records_around_damage_are_kept,
    a_sidecar_costs_no_document,
)


def _records(name: str) -> list[dict[str, object]]:
    return [{"text": f"Text {name} the damage, {number}."} for number in range(3)]


def _is_limited(found: list[Document | Failure]) -> bool:
    return any(isinstance(item, Failure) and item.reason in _LIMITED for item in found)


def _summary(found: list[Document | Failure]) -> Counter[tuple[str, str]]:
    return Counter((getattr(item, "reason", ""), item.sha256) for item in found)
