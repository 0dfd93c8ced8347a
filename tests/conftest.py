"""One corpus made from the seeds, shared by all tests that only read it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline.publish.storage import Storage

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
DAY = date(2018, 7, 27)


@pytest.fixture(scope="session")
def run_corpus() -> Callable[[Path, list[Path], date], Storage]:
    """Return a function that runs all assets in process over paths into a data directory."""
    from pipeline.run import run_paths

    def run(out: Path, paths: list[Path], day: date) -> Storage:
        assert run_paths([str(path) for path in paths], str(out), day, day) == 0
        return Storage(str(out))

    return run


@pytest.fixture(scope="session")
def seeds_corpus(tmp_path_factory: pytest.TempPathFactory, run_corpus) -> Storage:
    """Return the data directory of one run over the seeds."""
    return run_corpus(tmp_path_factory.mktemp("corpus"), [SEEDS], DAY)
