"""Coverage-guided fuzzing of ingest with atheris, beside the suite.

    pip install atheris
    python tests/faults/fuzz_ingest.py CORPUS [-max_total_time=600]

CORPUS is a folder that is filled with one delivery of every format in every wrapping, and grows
with what finds new code. The first byte of an input chooses the file's name, or an oracle of
`tests.ingest.oracles`: archives hold what their members hold, what surrounds damage is not lost,
a side-car costs no document. Any exception, and any broken promise of ingest, is a finding.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))
with atheris.instrument_imports(include=["pipeline.ingest", "zipfile", "tarfile", "csv", "yaml"]):
    import pipeline.ingest.reader  # noqa: F401
from tests.ingest import oracles
from tests.ingest.support import FORMATS, WRAPPINGS

NAMES = [f"a{suffix}" for suffix in (*FORMATS, "")]
SIDECARS = (
    b'{"url": "https://a.example/1", "authors": ["Ann"]}',
    b"title: Ships\ndate: 2021-03-02\n",
)


def check(data: bytes) -> None:
    """Read one input, or hold it against one of the oracles; the first byte says which."""
    which = data[0] % (len(NAMES) + len(oracles.ORACLES)) if data else 0
    if which < len(NAMES):
        oracles.found_in(data[1:], NAMES[which])
    else:
        oracles.ORACLES[which - len(NAMES)](data[1:])


def write_seeds(folder: Path) -> None:
    """Fill the corpus with one delivery of every format in every wrapping."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (suffix, (raw, _)) in enumerate(FORMATS.items()):
        for wrapping, wrap in WRAPPINGS.items():
            seed = bytes([number]) + wrap(raw, f"in{suffix}")
            (folder / f"seed{suffix}{wrapping}".replace(".", "-")).write_bytes(seed)
    parts = [raw for raw, _ in FORMATS.values()]
    bodies = (b"\n=====\n".join(parts), WRAPPINGS[".gz"](parts[2], ""), b"".join(parts[4:]))
    for number, body in enumerate((*bodies, *SIDECARS)):
        which = len(NAMES) + min(number, len(oracles.ORACLES) - 1)
        (folder / f"seed-oracle-{number}").write_bytes(bytes([which]) + body)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        write_seeds(Path(sys.argv[1]))
    atheris.Setup([*sys.argv, "-max_len=20000", "-rss_limit_mb=2000", "-timeout=30"], check)
    atheris.Fuzz()
