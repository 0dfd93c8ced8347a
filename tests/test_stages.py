"""The stages of several days together: late days, re-runs, republishing, conservation."""

import json
from datetime import date
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.clean import furniture_indexes
from pipeline.contracts import to_table
from pipeline.publish import checks
from pipeline.publish.storage import Storage, StorageError
from tests.conftest import SEEDS

FRIDAY, SATURDAY = date(2018, 7, 27), date(2018, 7, 28)
REPRINT, ORIGINAL = "000_60ed082cf5355525.txt", "001_8dd8e47441df080e.txt"


def _process(storage: Storage, day: date, *paths: Path) -> None:
    stages.ingest_day(storage, day, [str(path) for path in paths])
    stages.learn_furniture_day(storage, day)
    stages.clean_day(storage, day, workers=1)
    stages.fingerprint_day(storage, day)
    stages.pairs_day(storage, day, 30)
    stages.clusters_day(storage, day, 30)
    stages.publish_day(storage, day)


def _articles(storage: Storage) -> dict[str, dict]:
    return {row["source_uri"]: row for row in storage.read("articles").to_pylist()}


@pytest.fixture(scope="module")
def in_order(tmp_path_factory) -> Storage:
    storage = Storage(str(tmp_path_factory.mktemp("in_order")))
    _process(storage, FRIDAY, SEEDS / ORIGINAL, SEEDS / "002_6c4ce249807221e7.txt")
    assert _articles(storage)[ORIGINAL]["cluster_size"] == 1
    _process(storage, SATURDAY, SEEDS / REPRINT, SEEDS / "003_8cdb6870b856ac8a.txt")
    return storage


@pytest.fixture(scope="module")
def late(tmp_path_factory) -> Storage:
    storage = Storage(str(tmp_path_factory.mktemp("late")))
    _process(storage, SATURDAY, SEEDS / REPRINT, SEEDS / "003_8cdb6870b856ac8a.txt")
    _process(storage, FRIDAY, SEEDS / ORIGINAL, SEEDS / "002_6c4ce249807221e7.txt")
    return storage


def test_a_past_day_is_published_again_when_its_cluster_grows(in_order):
    articles = _articles(in_order)
    assert articles[ORIGINAL]["cluster_size"] == articles[REPRINT]["cluster_size"] == 2
    assert articles[ORIGINAL]["is_canonical"]
    assert articles[ORIGINAL]["scrape_date"] == FRIDAY
    assert articles[REPRINT]["canonical_article_id"] == articles[ORIGINAL]["article_id"]


def test_days_that_come_late_give_the_same_clusters(in_order, late):
    here, there = _articles(in_order), _articles(late)
    for name, article in here.items():
        for column in ("canonical_article_id", "relation", "cluster_size", "text", "headline"):
            assert article[column] == there[name][column]


def test_a_day_without_change_is_not_published_again(in_order):
    before = in_order.modified("articles")[FRIDAY]
    outcome = stages.publish_day(in_order, SATURDAY)
    assert outcome.counts["republished days"] == 0
    assert in_order.modified("articles")[FRIDAY] == before


def test_days_whose_pairs_stay_as_they_are_are_not_written_again(in_order):
    before = {day: in_order.modified("duplicate_pairs")[day] for day in (FRIDAY, SATURDAY)}
    outcome = stages.pairs_day(in_order, FRIDAY, 30)
    after = in_order.modified("duplicate_pairs")
    assert outcome.renewed == {"duplicate_pairs": []}
    assert after[FRIDAY] != before[FRIDAY]
    assert after[SATURDAY] == before[SATURDAY]


def test_running_a_day_again_changes_nothing(in_order):
    tables = ("articles", "duplicate_pairs", "syndication_clusters", "cluster_ledger")
    before = {table: in_order.read(table) for table in tables}
    _process(in_order, FRIDAY, SEEDS / ORIGINAL, SEEDS / "002_6c4ce249807221e7.txt")
    for table in tables:
        assert in_order.read(table).equals(before[table]), table


def test_conservation_finds_a_lost_document(tmp_path):
    storage = Storage(str(tmp_path))
    _process(storage, FRIDAY, SEEDS / ORIGINAL, SEEDS / REPRINT)
    assert checks.conservation(storage, FRIDAY).passed
    articles = storage.read("articles")
    storage.write("articles", FRIDAY, articles.slice(0, 1))
    verdict = checks.conservation(storage, FRIDAY)
    assert not verdict.passed
    assert "1 document lost" in verdict.message


def test_a_day_that_lost_a_document_is_not_published_and_keeps_its_articles(tmp_path):
    storage = Storage(str(tmp_path))
    _process(storage, FRIDAY, SEEDS / ORIGINAL, SEEDS / REPRINT)
    before = storage.modified("articles")[FRIDAY]
    for table in ("clean_documents", "article_metadata"):
        storage.write(table, FRIDAY, storage.read(table).slice(1))
    outcome = stages.publish_day(storage, FRIDAY)
    [refused] = outcome.refused
    assert refused.day == FRIDAY
    assert list(refused.faults) == ["conservation"]
    assert "1 document lost" in str(refused)
    assert storage.modified("articles")[FRIDAY] == before
    assert storage.row_count("articles", FRIDAY) == 2
    assert not list((tmp_path / "_staging").iterdir())


def test_a_past_day_that_would_be_false_stays_and_the_day_itself_is_published(tmp_path):
    storage = Storage(str(tmp_path))
    _process(storage, FRIDAY, SEEDS / ORIGINAL, SEEDS / "002_6c4ce249807221e7.txt")
    raw = storage.read("raw_documents", [FRIDAY]).to_pylist()
    _process(storage, SATURDAY, SEEDS / "003_8cdb6870b856ac8a.txt")
    # A document of Friday that nothing came of, and a reprint that changes Friday's cluster.
    more = [*raw, raw[0] | {"article_id": "0" * 32, "source_uri": "lost.txt"}]
    storage.write("raw_documents", FRIDAY, to_table("raw_documents", more))
    before = storage.modified("articles")[FRIDAY]
    _process(storage, SATURDAY, SEEDS / REPRINT, SEEDS / "003_8cdb6870b856ac8a.txt")
    assert storage.modified("articles")[FRIDAY] == before
    assert storage.row_count("articles", SATURDAY) == 2
    assert [each.day for each in stages.publish_day(storage, SATURDAY).refused] == [FRIDAY]


def test_tables_of_different_runs_are_not_published_together(tmp_path):
    storage = Storage(str(tmp_path))
    _process(storage, FRIDAY, SEEDS / ORIGINAL, SEEDS / REPRINT)
    cleaned = storage.read("clean_documents")
    storage.write("clean_documents", FRIDAY, cleaned.take([1, 0]))
    with pytest.raises(StorageError, match="not of the same run"):
        stages.publish_day(storage, FRIDAY)
    assert storage.row_count("articles", FRIDAY) == 2


def test_text_without_prose_goes_to_quarantine_with_its_bytes(tmp_path):
    scrape = tmp_path / "menu.txt"
    scrape.write_text("Home\nNews\nSport\nWeather\nLog in\n")
    storage = Storage(str(tmp_path / "data"))
    _process(storage, FRIDAY, scrape)
    [row] = storage.read("quarantine").to_pylist()
    assert (row["stage"], row["reason"]) == ("clean", "no_prose")
    assert storage.read_bytes(row["bytes_path"]) == scrape.read_bytes()
    assert checks.conservation(storage, FRIDAY).passed


def test_furniture_is_learned_from_texts_and_from_a_sample_of_each_source_s_pages(
    tmp_path, monkeypatch
):
    lines = [
        {"url": f"https://{site}.example/{number}", "html": f"<h1>{number}.</h1><p>Of {site}</p>"}
        for site in ("herald", "gazette") for number in range(6)
    ]  # fmt: skip
    pages = tmp_path / "pages.jsonl"
    pages.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    storage = Storage(str(tmp_path / "data"))
    stages.ingest_day(storage, FRIDAY, [str(pages), str(SEEDS / ORIGINAL)])
    monkeypatch.setattr("pipeline.furniture._PAGES_A_SOURCE", 4)
    stages.learn_furniture_day(storage, FRIDAY, workers=1)
    counted = {
        (row["source_key"], row["line"]): row["documents"]
        for row in storage.read("outlet_furniture").to_pylist()
    }
    assert counted["herald.example", "of herald"] == 4
    assert counted["gazette.example", "of gazette"] == 4
    assert any(key.startswith("folder:") for key, _ in counted)


def _pages_of(site: str, *numbers: int, address: str = "url") -> str:
    """Return pages of a site as JSON lines, which give their address as `url` or in the markup."""
    rows = []
    for number in numbers:
        url = f"https://{site}.example/{number}"
        link = f'<link href="{url}" rel="canonical">' if address == "markup" else ""
        html = f"<html><head>{link}</head><h1>Story {number}.</h1><p>Of {site}</p></html>"
        rows.append({"html": html} | ({"url": url} if address == "url" else {}))
    return "\n".join(map(json.dumps, rows)) + "\n"


def _learned(storage: Storage, day: date, path: Path, content: str) -> dict[tuple[str, str], int]:
    """Read `content` as the day's scrapes; return the documents counted by source and line."""
    path.write_text(content, encoding="utf-8")
    stages.ingest_day(storage, day, [str(path)])
    stages.learn_furniture_day(storage, day, workers=1)
    rows = storage.read("outlet_furniture", [day]).to_pylist()
    return {(row["source_key"], row["line"]): row["documents"] for row in rows}


def test_pages_of_a_source_of_which_few_were_met_are_counted_but_not_read(tmp_path):
    storage = Storage(str(tmp_path / "data"))
    source = tmp_path / "pages.jsonl"
    counted = _learned(storage, FRIDAY, source, _pages_of("herald", 1, 2) + _pages_of("post", 1))
    assert counted == {("herald.example", ""): 2, ("post.example", ""): 1}
    assert furniture_indexes(storage.read("outlet_furniture")) == {}
    # The day after there are enough of one source, all days together.
    counted = _learned(storage, SATURDAY, source, _pages_of("herald", 3) + _pages_of("post", 2))
    assert counted["herald.example", "of herald"] == 1
    assert counted["post.example", ""] == 1
    assert ("post.example", "of post") not in counted


def test_pages_whose_source_only_they_themselves_tell_are_sampled_too(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.furniture._PAGES_A_SOURCE", 4)
    storage = Storage(str(tmp_path / "data"))
    pages = _pages_of("herald", *range(6), address="markup")
    pages += _pages_of("post", 1, 2, address="markup")
    counted = _learned(storage, FRIDAY, tmp_path / "pages.jsonl", pages)
    assert counted["herald.example", "of herald"] == 4
    assert counted["post.example", ""] == 2


def test_pairs_are_the_same_wherever_they_are_verified(in_order, monkeypatch):
    before = in_order.read("duplicate_pairs")
    assert before.num_rows == 1
    monkeypatch.setattr("pipeline.engine.local._SMALL_DAY", 0)
    stages.pairs_day(in_order, SATURDAY, 30, workers=2)
    assert in_order.read("duplicate_pairs").equals(before)
