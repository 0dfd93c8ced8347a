"""What makes a command start sooner."""

import gc
import subprocess
import sys

import pytest

from pipeline.engine.early import collect_seldom, leave_out, to_stay


def test_what_is_left_out_cannot_be_imported_and_all_else_can(tmp_path, monkeypatch):
    (tmp_path / "heavy_thing.py").write_text("loaded = True\n", encoding="utf-8")
    (tmp_path / "light_thing.py").write_text("loaded = True\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    leave_out("heavy_thing")
    with pytest.raises(ModuleNotFoundError):
        import heavy_thing  # noqa: F401
    import light_thing

    assert light_thing.loaded


def test_what_is_loaded_already_stays_importable(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    leave_out("subprocess")
    import subprocess as again

    assert again is subprocess


def test_workers_have_what_every_batch_needs_and_no_more():
    told = "import pipeline.warm_up, sys; print(*sorted({'lightgbm', 'pandas'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["lightgbm"]


@pytest.fixture
def seldom():
    before = gc.get_threshold()
    collect_seldom()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_loaded_to_stay_is_not_looked_through_and_garbage_is_again(seldom):
    with pytest.raises(ImportError), to_stay():
        assert not gc.isenabled()
        kept = [[] for _ in range(1000)]
        raise ImportError
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(kept)


def test_a_process_that_lives_longer_keeps_to_its_ways():
    frozen = gc.get_freeze_count()
    with to_stay():
        assert gc.isenabled()
    assert gc.get_freeze_count() == frozen
