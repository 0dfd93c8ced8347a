"""What the machine does to a run: a full disk, missing rights, a second run at the same time."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.publish.storage import Storage
from tests.conftest import DAY, ROOT, SEEDS


def _command(out: Path, *paths: Path) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", "run", *map(str, paths),
            "--scrape-date", DAY.isoformat(), "--out", str(out)]  # fmt: skip


def _small_disk() -> None:
    """Let no file grow beyond 3,000 bytes: writes fail as they do where the disk is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))


def test_a_full_disk_is_a_clear_error_and_leaves_earlier_output(tmp_path):
    out = tmp_path / "data"
    first = next(iter(sorted(SEEDS.iterdir())))
    subprocess.run(_command(out, first), cwd=ROOT, check=True, capture_output=True)
    before = Storage(str(out)).read("articles")
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        _command(out, SEEDS), cwd=ROOT, env=environment, capture_output=True, text=True,
        preexec_fn=_small_disk, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    [line] = [line for line in done.stderr.splitlines() if line.startswith("copydesk: ")]
    assert "failed" in line
    assert "File too large" in line
    assert Storage(str(out)).read("articles").equals(before)

    subprocess.run(_command(out, SEEDS), cwd=ROOT, check=True, capture_output=True)
    assert Storage(str(out)).read("articles").num_rows == 5


def test_missing_rights_are_a_clear_error_and_leave_earlier_output():
    # Not in pytest's folder, which only its owner may enter.
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch), Path(scratch) / "data"
        folder.chmod(0o755)
        first, second = (Path(shutil.copy(seed, folder)) for seed in sorted(SEEDS.iterdir())[:2])
        command = [sys.executable, "-m", "tests.faults.without_rights", first, second, out]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        [line] = [line for line in done.stderr.splitlines() if line.startswith("copydesk: ")]
        assert done.returncode == 1
        assert f"Permission denied: '{out}" in line
        assert Storage(str(out)).read("articles")["source_uri"].to_pylist() == [first.name]
        for path in (out, *out.rglob("*")):
            path.chmod(0o755)
        subprocess.run(_command(out, second), cwd=ROOT, check=True, capture_output=True)
        assert Storage(str(out)).read("articles").num_rows == 2


def test_two_runs_at_once_give_what_one_gives(tmp_path):
    both, alone = tmp_path / "both", tmp_path / "alone"
    runs = [
        subprocess.Popen(
            _command(both, SEEDS), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    ends = [(run.communicate()[1], run.returncode) for run in runs]
    assert [code for _, code in ends] == [0, 0], ends
    subprocess.run(_command(alone, SEEDS), cwd=ROOT, check=True, capture_output=True)
    for table in ("articles", "duplicate_pairs", "cluster_ledger", "quarantine"):
        assert Storage(str(both)).read(table).equals(Storage(str(alone)).read(table)), table
