"""Coverage-guided fuzzing of ingest with atheris, beside the suite.

    pip install atheris
    python tests/faults/fuzz_ingest.py CORPUS [-max_total_time=600]

CORPUS is a folder that is filled with one delivery of every format in every wrapping, and grows
with what finds new code. The first byte of an input chooses the file's name. Any exception, and
any document or failure that breaks a promise of ingest, is a finding.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipeline.ingest", "zipfile", "tarfile", "csv", "yaml"]):
    from pipeline.ingest import Limits, read_bytes
    from pipeline.records import Document

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.ingest.support import DAY, FORMATS, WRAPPINGS

NAMES = [f"a{suffix}" for suffix in (*FORMATS, "")]
LIMITS = Limits(
    document_bytes=100_000, record_bytes=200_000, unpack_floor=2_000_000, unpack_ratio=20
)


def check(data: bytes) -> None:
    """Read one input and check what holds for every input."""
    name = NAMES[data[0] % len(NAMES)] if data else "a"
    found = list(read_bytes(data[1:], source_uri=name, scrape_date=DAY, limits=LIMITS))
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


def write_seeds(folder: Path) -> None:
    """Fill the corpus with one delivery of every format in every wrapping."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (suffix, (raw, _)) in enumerate(FORMATS.items()):
        for wrapping, wrap in WRAPPINGS.items():
            seed = bytes([number]) + wrap(raw, f"in{suffix}")
            (folder / f"seed{suffix}{wrapping}".replace(".", "-")).write_bytes(seed)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        write_seeds(Path(sys.argv[1]))
    atheris.Setup([*sys.argv, "-max_len=20000", "-rss_limit_mb=2000", "-timeout=30"], check)
    atheris.Fuzz()
