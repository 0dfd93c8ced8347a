"""A run killed at any moment, and run again, gives the bytes of a run that was never killed."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import SEEDS

DAY = "2018-07-27"
KILLS = 40
#: Folders that hold no table: locks, staging and the journal are working space.
WORKING = ("_locks", "_staging", "_journal", "report")


def _command(out: Path) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", "run", str(SEEDS), "--scrape-date", DAY,
            "--out", str(out)]  # fmt: skip


def _tables(out: Path) -> dict[str, str]:
    files = [p for p in sorted(out.rglob("*")) if p.is_file()]
    return {
        str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if p.relative_to(out).parts[0] not in WORKING
    }


def _run(out: Path) -> None:
    subprocess.run(_command(out), check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> tuple[dict[str, str], float]:
    """The tables of a run that nobody killed, and the seconds it took."""
    out = tmp_path_factory.mktemp("whole")
    started = time.monotonic()
    _run(out)
    return _tables(out), time.monotonic() - started


def _kill_after(out: Path, seconds: float) -> None:
    """Start a run and kill its whole process group, workers too, after `seconds`."""
    process = subprocess.Popen(
        _command(out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_kills_at_random_moments_leave_no_trace(reference, tmp_path):
    """Each kill hits a data directory that earlier kills have left as they left it."""
    tables, seconds = reference
    moments = random.Random(20180727)
    for kill in range(KILLS):
        out = tmp_path / f"data{kill % 4}"
        _kill_after(out, moments.uniform(0.05, 1.0) * seconds)
        for path in out.rglob("*.parquet"):
            if path.relative_to(out).parts[0] not in WORKING:
                assert path.read_bytes()[-4:] == b"PAR1", "a reader sees half a file"
    for number in range(4):
        out = tmp_path / f"data{number}"
        _run(out)
        assert _tables(out) == tables
