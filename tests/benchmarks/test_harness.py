"""The benchmark harness on tiny generated data: what it measures and writes, not the figures."""

from __future__ import annotations

import gzip
import json
import lzma
import random
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import describe, galleries, inputs, intervals, measure, overheads, results

_WORDS = [
    "council", "budget", "river", "school", "harbour", "mayor", "teacher", "bridge", "market",
    "report", "summer", "engine", "village", "doctor", "window", "garden", "letter", "station",
]  # fmt: skip


def _article(rng: random.Random) -> str:
    sentences = [" ".join(rng.choices(_WORDS, k=12)).capitalize() + "." for _ in range(40)]
    return "\n\n".join(" ".join(sentences[at : at + 4]) for at in range(0, 40, 4))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = random.Random(1)
    folder = tmp_path / "sets" / "data"
    folder.mkdir(parents=True)
    with lzma.open(folder / "abp.jsonl.xz", "wt", encoding="utf-8") as lines:
        for number in range(30):
            url = f"https://paper{number % 3}.example/{number}"
            row = {"id": str(number), "url": url, "headline": "A headline", "text": _article(rng)}
            lines.write(json.dumps(row) + "\n")
        lines.write(json.dumps({"id": "short", "url": url, "headline": "", "text": "x"}) + "\n")
    for name in ("misinfo", "wcxb_article_dev"):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as lines:
            body = "".join(f"<p>{part}</p>" for part in _article(rng).split("\n\n"))
            page = {"id": 1, "url": "https://a.example/1", "html": f"<html><body>{body}</body>"}
            lines.write(json.dumps(page) + "\n")
    return tmp_path / "sets"


def test_a_command_is_charged_for_processes_it_leaves_behind() -> None:
    burn = "import time\nwhile time.process_time() < .4: pass"
    orphan = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])"
    usage = measure.run([sys.executable, "-c", orphan])
    assert usage.cpu_seconds > 0.4


def test_memory_is_the_peak() -> None:
    hold = "import time; held = bytearray(b'x') * (200 << 20); time.sleep(.5); print(len(held))"
    usage = measure.run([sys.executable, "-c", hold])
    assert 200 << 20 < usage.peak_bytes < 400 << 20
    assert usage.output.strip() == str(200 << 20)


def test_the_own_peak_is_forgotten() -> None:
    held = bytearray(b"x") * (200 << 20)
    assert measure.own_peak_bytes() > len(held)
    del held
    measure.forget_own_peak()
    low = measure.own_peak_bytes()
    again = bytearray(b"x") * (100 << 20)
    assert len(again) == 100 << 20
    assert low + (90 << 20) < measure.own_peak_bytes() < low + (150 << 20)


def test_a_failing_command_says_why() -> None:
    with pytest.raises(measure.CommandFailed, match="no such thing"):
        measure.run([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_systems_take_turns() -> None:
    order: list[str] = []

    def system(name: str) -> measure.Usage:
        order.append(name)
        return measure.Usage(float(len(order)), 1.0, 1, "")

    found = measure.interleaved({n: lambda n=n: system(n) for n in "ab"}, rounds=3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert measure.median(found["a"]).wall_seconds == 4.0
    assert measure.least(found["a"]).wall_seconds == min(u.wall_seconds for u in found["a"])


def test_a_failing_system_costs_only_itself(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> measure.Usage:
        raise measure.CommandFailed("out of order")

    found = measure.interleaved({"bad": fails, "good": lambda: measure.Usage(1, 1, 1, "")}, 2)
    assert [len(found["bad"]), len(found["good"])] == [0, 2]
    assert "bad failed: out of order" in capsys.readouterr().err


def test_inputs_are_of_usual_length(data: Path) -> None:
    assert len(list(inputs.texts(data, 100))) == 30
    assert len(list(inputs.pages(data, 100))) == 2


def test_generated_articles_differ_where_originals_run_out(data: Path) -> None:
    originals = [row["text"] for row in inputs.articles(data)]
    rows = list(inputs.syndicated(originals, 100, seed=7))
    assert len(rows) == len({row["id"] for row in rows}) == len({row["url"] for row in rows}) == 100
    assert rows == list(inputs.syndicated(originals, 100, seed=7))


def test_exchanged_texts_share_no_run_of_five_words() -> None:
    words = [f"w{number}" for number in range(100)]
    made = inputs._exchanged(" ".join(words), ["other"], random.Random(1)).split()
    runs = {tuple(words[at : at + 5]) for at in range(96)}
    assert len(made) == 100
    assert not runs & {tuple(made[at : at + 5]) for at in range(96)}


def test_intervals_draw_sites() -> None:
    alike = {f"s{number}": [0.5] * 4 for number in range(10)}
    assert intervals.interval(alike) == (0.5, 0.5)
    unlike = {f"s{number}": [float(number % 2)] * 50 for number in range(10)}
    low, high = intervals.interval(unlike)
    assert low < 0.3 and high > 0.7 and intervals.mean(unlike) == 0.5


def test_results_are_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    rows = [{"system": "a|b", "ms": 1234.5, "range": [0.012345, 2.0], "documents": 5000}]
    results.save("speed", "Speed", rows)
    assert results.load("speed") == rows
    assert "| a\\|b | 1,234 | 0.0123–2 | 5,000 |" in (tmp_path / "speed.md").read_text()


def test_every_benchmark_named_exists() -> None:
    from benchmarks.__main__ import KINDS

    folder = Path(results.__file__).parent
    names = {benchmark.name for kind in KINDS.values() for benchmark in kind}
    assert names and all((folder / f"{name}.py").exists() for name in names)


def test_peers_are_pinned_and_made_anew_where_their_list_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import __main__ as command

    for requirements in command._LISTS.glob("*.txt"):
        lines = [line for line in requirements.read_text().splitlines() if line[:1] != "#"]
        assert lines and all("==" in line for line in lines), requirements
    made: list[str] = []

    def create(folder: Path, **_: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        made.append(folder.name)

    def done(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setattr(command, "PEERS", tmp_path / "peers")
    monkeypatch.setattr(command, "_LISTS", tmp_path)
    monkeypatch.setattr(command.venv, "create", create)
    monkeypatch.setattr(command.subprocess, "run", done)
    (tmp_path / "one.txt").write_text("one==1\n")
    command.install_peers()
    command.install_peers()
    assert made == ["one"]
    (tmp_path / "one.txt").write_text("one==2\n")
    command.install_peers()
    assert made == ["one", "one"]


def test_every_system_measured_can_be_run() -> None:
    from benchmarks import work
    from benchmarks.speed import PAGE_SYSTEMS, TEXT_SYSTEMS

    named = {system for system, _ in (*TEXT_SYSTEMS.values(), *PAGE_SYSTEMS.values())}
    named |= {system for system, _, _ in overheads._RUNS.values()}
    assert named - {"command"} <= set(work.SYSTEMS)


def test_rows_are_worked_on_one_by_one_after_a_warm_up(tmp_path: Path) -> None:
    from benchmarks import work

    source = tmp_path / "rows.jsonl"
    source.write_text('{"n": 1}\n{"n": 2}\n')
    seen: list[int] = []
    count, seconds = work._timed_rows(lambda row: seen.append(row["n"]), source)
    assert (count, seen) == (2, [1, 1, 2])
    assert seconds >= 0


def test_a_start_is_measured_in_turns_and_the_first_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from benchmarks import start_up

    seconds = iter((9.0, 9.0, 1.0, 0.1, 0.1, 2.0, 3.0, 0.1))

    def run(_: object) -> measure.Usage:
        return measure.Usage(next(seconds), 1.0, 1, "")

    monkeypatch.setattr(start_up.measure, "run", run)
    first, helps = start_up.run(3)
    assert (first["wall_seconds"], first["range"]) == (2.0, [1.0, 3.0])
    assert helps["wall_seconds"] == 0.1


def test_a_gallery_shows_the_worst_first_and_what_went_right_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(galleries, "GALLERIES", tmp_path)
    found = [
        galleries.Scored("a work (of some)", "elm.test", f"d{n:02}", n / 40, "one\ntwo", "one\n3")
        for n in range(41)
    ]
    galleries.write_gallery("a work (of some)", found)
    text = (tmp_path / "a_work__of_some_.md").read_text()
    assert text.count("\n## ") == 30
    assert text.index("## d00 (elm.test): 0.000") < text.index("## d01")
    assert "```diff\n-two\n+3\n```" in text
    galleries.write_gallery("all", found[40:])
    assert "Nothing went wrong." in (tmp_path / "all.md").read_text()


def test_a_field_that_a_document_does_not_show_is_in_no_gallery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = describe.document_of("a", "https://elm.test/a", "text/plain", b"")
    gold = {
        "headline": describe.Unstated("Elms"), "published": ("2018-07-27", "2018-07-28"),
        "authors": frozenset({"b", "a"}), "outlet": None,
    }  # fmt: skip
    case = describe.Case("set", describe.ASIDE, document, gold)
    other = describe.Case("set", describe.DEVELOPMENT, document, gold)
    monkeypatch.setattr(describe, "cases", lambda _: [case, other])
    monkeypatch.setattr(describe, "ours", lambda _: {"published": "2018-07-28"})
    found = {scored.work: scored for scored in galleries.fields(Path())}
    assert set(found) == {"published (set)", "authors (set)"}
    assert found["published (set)"].score == 1
    assert (found["authors (set)"].wanted, found["authors (set)"].score) == ("a; b", 0)


def test_growth_exponent_of_linear_time() -> None:
    from benchmarks.scale import exponent

    rows = [{"articles": n, "cpu_seconds": 0.002 * n} for n in (1000, 10_000)]
    assert exponent(rows) == pytest.approx(1)
    assert exponent(rows[:1]) is None


def test_stages_are_timed_whole_and_in_parts(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.stage_times import run
    from pipeline.engine import local
    from pipeline.ingest import apart

    # The time of another process would not be counted.
    monkeypatch.setattr(local, "ProcessPool", None)
    monkeypatch.setattr(apart, "_Reading", None)
    monkeypatch.setattr(local, "_SMALL_DAY", 0)
    rows = {row["stage"]: row for row in run(data, texts=5, pages=2)}
    order = list(rows)
    assert order.index("· clean texts") < order.index("· describe") < order.index("· · headline")
    parts = [name for name in rows if name.startswith("· ") and not name.startswith("· · ")]
    assert rows["clean"]["ms_of_texts"] > rows["· clean texts"]["ms_of_texts"] > 0
    assert rows["clean"]["ms_of_pages"] > sum(rows[p]["ms_of_pages"] for p in parts) * 0.99
    assert rows["whole pipeline"]["peak_mb_of_pages"] >= rows["clean"]["peak_mb_of_pages"] > 50
    assert rows["· clean texts"]["peak_mb_of_texts"] is None
    assert rows["whole pipeline"]["ms_of_texts"] > rows["clean"]["ms_of_texts"]


def test_what_a_second_worker_gains_is_told_beside_what_it_could() -> None:
    costs = {"stages": (10.0, 20.0), "dagster": (10.5, 21.0)}
    rows = [
        {
            "run": title, "cpu_seconds": costs[system][0],
            "wall_seconds": costs[system][1] / workers + 3 * bound,
        }
        for title, (system, workers, bound) in overheads._RUNS.items()
    ]  # fmt: skip
    told = overheads.summary(rows, 1.9)
    assert "adds 5.0%" in told
    assert "2.00 times less wall clock" in told
    assert "2.29 times less than one worker that shares" in told
    assert "1.90 times" in told
    assert overheads.summary(rows[:3], 1.9) == ""
