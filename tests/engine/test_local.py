import functools

import pyarrow as pa
import pytest

from pipeline.engine import local
from tests.engine import faulty


def _batches(total: int, rows: int) -> list[pa.RecordBatch]:
    table = pa.table({"x": list(range(total))})
    return table.to_batches(max_chunksize=rows)


def _lost(row: pa.RecordBatch, reason: str, message: str) -> pa.RecordBatch:
    return pa.record_batch({"x": pa.array([{"crashed": -1, "timeout": -2}[reason]])})


def _run(function, batches, **settings):
    results = [r for _, r in local.map_batches(function, batches, _lost, workers=2, **settings)]
    return pa.Table.from_batches(results)["x"].to_pylist()


def test_results_come_in_order():
    assert _run(faulty.double, _batches(100, 7)) == [2 * x for x in range(100)]


def test_a_dead_worker_costs_one_row():
    expected = [2 * x for x in range(20)]
    expected[7] = -1
    assert _run(faulty.die_on_seven, _batches(20, 6)) == expected


def test_a_hanging_row_costs_one_row(monkeypatch):
    monkeypatch.setattr(local, "_SECONDS_A_ROW", 0.1)
    expected = [2 * x for x in range(10)]
    expected[7] = -2
    assert _run(faulty.hang_on_seven, _batches(10, 4), base_seconds=6.0) == expected


def test_an_exception_costs_one_row():
    expected = [2 * x for x in range(20)]
    expected[7] = -1
    assert _run(faulty.raise_on_seven, _batches(20, 6)) == expected


def test_a_broken_installation_is_raised():
    with pytest.raises(ImportError, match="no such library"):
        _run(faulty.lack_a_library, _batches(10, 4))


def test_what_is_bound_to_the_function_reaches_the_workers():
    times_three = functools.partial(faulty.multiply, factor=3)
    assert _run(times_three, _batches(10, 4)) == [3 * x for x in range(10)]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("total", [0, 10, 100])
def test_light_work_is_spread_in_order(total, workers):
    results = local.spread_batches(faulty.double, _batches(total, 7), workers)
    assert [x for _, r in results for x in r["x"].to_pylist()] == [2 * x for x in range(total)]


def test_light_work_that_fails_names_its_row():
    batches = pa.table({"x": [0] * 30 + [7, 0]}).to_batches(max_chunksize=1)
    with pytest.raises(RuntimeError, match="7: crashed"):
        list(local.spread_batches(faulty.raise_on_seven, batches, 2))
