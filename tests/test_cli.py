"""The command line: what people type, what they see, what they get back."""

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.cli import main
from pipeline.publish import report
from pipeline.publish.storage import Storage
from pipeline.run import NothingToDo, plan

TODAY = date(2024, 5, 1)


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("run", "explain", "diff", "quarantine", "replay"))


def test_nothing_to_do_is_one_clear_line(capsys):
    assert main(["run", "/no/such/place"]) == 2
    assert capsys.readouterr().err == "copydesk: /no/such/place: no such file or folder\n"


@pytest.mark.parametrize("day", ["1950-01-01", "2999-01-01"])
def test_a_day_that_is_no_partition_is_one_clear_line(day, capsys, tmp_path):
    (tmp_path / "a.txt").write_text(PROSE)
    out = tmp_path / "data"
    assert main(["run", str(tmp_path), "--scrape-date", day, "--out", str(out)]) == 2
    assert "is no day of scrapes" in capsys.readouterr().err
    assert not out.exists()


def test_an_empty_folder_is_nothing_to_do(capsys, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["run", str(empty), "--out", str(tmp_path / "data")]) == 2
    assert "no files in" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_wrong_day_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["run", ".", "--scrape-date", "27.7.2018"])
    assert "is not a day like 2018-07-27" in capsys.readouterr().err


def test_folders_named_by_a_day_are_days_of_scrapes(tmp_path):
    for name in ("2024-01-02", "2024-01-01", "other"):
        (tmp_path / name).mkdir()
    days = plan([str(tmp_path)], None, TODAY)
    assert [work.day.isoformat() for work in days] == ["2024-01-01", "2024-01-02"]
    [one] = plan([str(tmp_path / "2024-01-02")], None, TODAY)
    assert one.day == date(2024, 1, 2)
    [given] = plan([str(tmp_path)], date(2020, 1, 1), TODAY)
    assert given.day == date(2020, 1, 1)


def test_any_other_path_belongs_to_today(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    [work] = plan([str(tmp_path), str(tmp_path / "a.txt")], None, TODAY)
    assert (work.day, len(work.paths)) == (TODAY, 2)
    with pytest.raises(NothingToDo):
        plan([str(tmp_path / "b.txt")], None, TODAY)


def test_an_unknown_article_is_one_clear_line(seeds_corpus, capsys):
    assert main(["explain", "zzz", "--out", seeds_corpus.uri]) == 2
    assert "no article in" in capsys.readouterr().err


def test_explain_shows_what_was_removed_and_why(seeds_corpus, capsys):
    [article] = [
        row
        for row in seeds_corpus.read("articles").to_pylist()
        if row["source_uri"].startswith("000_")
    ]
    assert main(["explain", article["article_id"], "--out", seeds_corpus.uri]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Newspapers in English ⟨" in shown
    assert "Jeff Gammage" in shown


def test_diff_shows_two_articles(seeds_corpus, capsys):
    pair = seeds_corpus.read("duplicate_pairs").to_pylist()[0]
    ids = [pair["a_article_id"], pair["b_article_id"]]
    assert main(["diff", *ids, "--out", seeds_corpus.uri]) == 0
    assert "in good conscience" in " ".join(capsys.readouterr().out.split())


def test_report_says_where_the_page_is(seeds_corpus, tmp_path, capsys):
    assert main(["report", "--out", seeds_corpus.uri]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert "<html" in page.read_text(encoding="utf-8")
    assert main(["report", "--out", str(tmp_path)]) == 2


PROSE = (
    "The council voted on Tuesday to repair the old bridge, which has been closed since March, "
    "and said that the work would begin before the end of the summer.\n\n"
    "Residents had complained for months about the long way round, and several shop owners said "
    "that they had lost customers because of it.\n"
)


def test_a_second_delivery_adds_nothing_and_quarantine_is_listed(tmp_path, capsys):
    out = str(tmp_path / "data")
    scrapes = tmp_path / "scrapes"
    scrapes.mkdir()
    (scrapes / "bridge.txt").write_text(PROSE)
    (scrapes / "empty.txt").write_text("")
    for day in ("2024-01-01", "2024-01-01", "2024-01-02"):
        assert main(["run", str(scrapes), "--out", out, "--scrape-date", day]) == 0
    articles = Storage(out).read("articles").to_pylist()
    assert [row["scrape_date"] for row in articles] == [date(2024, 1, 1)]
    capsys.readouterr()
    assert main(["quarantine", "--out", out]) == 0
    assert "empty.txt" in capsys.readouterr().out


def test_when_nothing_can_be_read_the_status_says_so(tmp_path, capsys):
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 40)
    command = ["run", str(tmp_path / "noise.bin"), "--scrape-date", "2024-01-01"]
    assert main([*command, "--out", str(tmp_path / "data")]) == 1
    assert "nothing could be read" in capsys.readouterr().err


def test_replay_recovers_what_a_fix_made_readable(tmp_path, capsys, monkeypatch):
    from pipeline.ingest import columns

    out = str(tmp_path / "data")
    dump = tmp_path / "dump.jsonl.gz"
    dump.write_bytes(gzip.compress(json.dumps({"prosa": PROSE}).encode()))
    assert main(["run", str(dump), "--out", out, "--scrape-date", "2024-01-01"]) == 1
    storage = Storage(out)
    assert storage.read("articles").num_rows == 0
    assert storage.read("quarantine")["reason"].to_pylist() == ["wrong_columns"]

    fixed = columns.ColumnMap.of({"text": "prosa"})
    monkeypatch.setattr(columns.ColumnMap, "default", staticmethod(lambda: fixed))
    assert main(["replay", "--reason", "wrong_columns", "--out", out]) == 0
    assert storage.read("quarantine").num_rows == 0
    assert storage.read("articles").num_rows == 1
    assert main(["replay", "--out", out]) == 2


def test_a_killed_replay_is_finished_by_the_next(tmp_path, monkeypatch):
    from pipeline import run
    from pipeline.ingest import columns

    out, inbox = str(tmp_path / "data"), tmp_path / "inbox"
    for number in (1, 2):
        folder = inbox / f"2024-01-0{number}"
        folder.mkdir(parents=True)
        row = {"prosa": f"{PROSE}\n\nThis was ferry number {number}.\n"}
        (folder / "dump.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode()))
    main(["run", str(inbox), "--out", out])
    fixed = columns.ColumnMap.of({"text": "prosa"})
    monkeypatch.setattr(columns.ColumnMap, "default", staticmethod(lambda: fixed))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as moment:
        moment.setattr(run, "_materialize_all", killed)
        assert main(["replay", "--out", out]) == 130
    storage = Storage(out)
    assert storage.read("quarantine").num_rows == 0
    assert storage.read("articles").num_rows == 0
    assert main(["replay", "--out", out]) == 0
    assert storage.read("articles").num_rows == 2
    assert main(["replay", "--out", out]) == 2


def test_replay_says_what_is_wrong_with_the_column_map(tmp_path, capsys, monkeypatch):
    out, dump = str(tmp_path / "data"), tmp_path / "dump.jsonl"
    dump.write_text(json.dumps({"prosa": PROSE}))
    assert main(["run", str(dump), "--out", out, "--scrape-date", "2024-01-01"]) == 1
    monkeypatch.setenv("COPYDESK_COLUMNS", str(tmp_path / "missing.yaml"))
    capsys.readouterr()
    assert main(["replay", "--out", out]) == 2
    error = capsys.readouterr().err
    assert error.startswith("copydesk: COPYDESK_COLUMNS=")
    assert error.count("\n") == 1


def test_what_cannot_be_tried_again_is_told(tmp_path, capsys):
    out, cut = str(tmp_path / "data"), tmp_path / "cut.txt.gz"
    cut.write_bytes(gzip.compress(PROSE.encode())[:-20])
    assert main(["run", str(cut), "--out", out, "--scrape-date", "2024-01-01"]) == 1
    assert main(["quarantine", "--out", out]) == 0
    assert "deliver it again" in capsys.readouterr().out
    assert main(["replay", "--out", out]) == 2
    assert "deliver it again" in capsys.readouterr().err


def test_the_report_tells_of_the_days_before_one_that_fails(tmp_path, capsys, monkeypatch):
    inbox, out = tmp_path / "inbox", tmp_path / "out"
    for number, day in enumerate(("2024-04-01", "2024-04-02", "2024-04-03")):
        (inbox / day).mkdir(parents=True)
        (inbox / day / "a.txt").write_text(f"{PROSE}\n\nThis was ferry number {number}.\n")
    publish = stages.publish_day

    def broken(storage, day):
        if day == date(2024, 4, 3):
            raise OSError("the disk is full")
        return publish(storage, day)

    def unwritten(storage, day):
        raise OSError("the disk is full, still")

    monkeypatch.setattr(stages, "publish_day", broken)
    with monkeypatch.context() as patch:
        patch.setattr(stages, "report_day", unwritten)
        assert main(["run", str(inbox), "--out", str(out)]) == 1
    assert "articles failed" in capsys.readouterr().err
    assert main(["run", str(inbox), "--out", str(out)]) == 1
    assert "articles failed" in capsys.readouterr().err
    corpus = (out / report.CORPUS_PAGE).read_text()
    assert "2024-04-02" in corpus
    assert (out / report.day_page(date(2024, 4, 1))).exists()
    assert not (out / report.day_page(date(2024, 4, 3))).exists()
    monkeypatch.setattr(stages, "publish_day", publish)
    assert main(["run", str(inbox), "--out", str(out)]) == 0
    assert (out / report.day_page(date(2024, 4, 3))).exists()
