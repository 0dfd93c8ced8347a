"""A run killed at any moment, and run again, gives the bytes of a run that was never killed."""

import hashlib
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

KILLS = 40
#: Folders that hold no table: locks, staging and the journal are working space.
WORKING = ("_locks", "_staging", "_journal", "report")


def _tables(out: Path) -> dict[str, str]:
    files = [p for p in sorted(out.rglob("*")) if p.is_file()]
    return {
        str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if p.relative_to(out).parts[0] not in WORKING
    }


def _run(out: Path, moment: int = 0) -> int:
    """Run the seeds into `out`, to the end or until all its processes are killed at a moment."""
    command = [sys.executable, "-m", "tests.faults.killed_run", str(out), str(moment)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True, check=False
    )
    return done.returncode


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> tuple[dict[str, str], list[str]]:
    """The tables of a run that nobody killed, and the moments of it at which one could."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    assert _run(out) == 0
    return _tables(out), Path(f"{out}.moments").read_text(encoding="utf-8").splitlines()


def _chosen(moments: list[str]) -> list[int]:
    """`KILLS` moments at random, one for each table and the rest for any."""
    rng = random.Random(20180727)
    numbers = list(range(1, len(moments) + 1))
    rng.shuffle(numbers)
    tables = {moments[number - 1].rsplit(" ", 1)[1]: number for number in numbers}
    others = [number for number in numbers if number not in tables.values()]
    chosen = [*tables.values(), *others][:KILLS]
    rng.shuffle(chosen)
    return chosen


def test_kills_at_random_moments_of_every_stage_leave_no_trace(reference, tmp_path):
    """Each kill hits a data directory that earlier kills have left as they left it."""
    tables, moments = reference
    assert {path.split("/")[0] for path in tables} <= {m.rsplit(" ", 1)[1] for m in moments}
    for number, moment in enumerate(_chosen(moments)):
        out = tmp_path / f"data{number % 4}"
        _run(out, moment)
        for path in out.rglob("*.parquet"):
            if path.relative_to(out).parts[0] not in WORKING:
                assert path.read_bytes()[-4:] == b"PAR1", "a reader sees half a file"
    for number in range(4):
        out = tmp_path / f"data{number}"
        assert _run(out) == 0
        assert _tables(out) == tables
