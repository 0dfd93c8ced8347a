"""Each check says yes to a sound day and no, in words, to the fault that it is for."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.publish import checks
from pipeline.publish.storage import Storage
from tests.publish import rows
from tests.publish.rows import DAY, put


@pytest.fixture
def storage(tmp_path):
    return Storage(str(tmp_path))


def test_a_day_without_rows_is_empty(storage):
    assert "is empty" in checks.not_empty(storage, "raw_documents", DAY).message
    put(storage, "raw_documents", [rows.raw(1)])
    assert checks.not_empty(storage, "raw_documents", DAY).passed


def _put_as(storage: Storage, table: str, **changed: pa.Array) -> None:
    """Write a partition as something else than this project would: with columns changed."""
    put(storage, table, [rows.article(1)])
    path = storage.partition_path(table, DAY)
    data = pq.ParquetFile(path).read()
    for name, values in changed.items():
        data = data.drop_columns([name])
        if values is not None:
            data = data.append_column(name, values)
    pq.write_table(data, path)


def test_a_partition_as_it_is_written_holds_its_contract(storage):
    put(storage, "articles", [rows.article(1), rows.article(2)])
    verdict = checks.holds_contract(storage, "articles", DAY)
    assert verdict.passed and verdict.numbers == {"rows": 2}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"text": None}, "no column text"),
        ({"word_count": pa.array(["many"])}, "word_count is string, not int32"),
        ({"text": pa.array([None], pa.string())}, "required column text may hold nulls"),
    ],
)
def test_what_a_file_says_of_its_columns_breaks_the_contract(storage, changed, told):
    _put_as(storage, "articles", **changed)
    verdict = checks.holds_contract(storage, "articles", DAY)
    assert not verdict.passed
    assert told in verdict.message


def test_a_value_of_another_form_breaks_the_contract(storage):
    put(storage, "articles", [rows.article(1), rows.article(2, relation="twin")])
    assert "values of relation outside" in checks.holds_contract(storage, "articles", DAY).message


def test_much_quarantine_is_told_with_its_main_reason(storage):
    put(storage, "raw_documents", [rows.raw(n) for n in range(20)])
    put(storage, "quarantine", [rows.failure(n) for n in range(4)])
    assert checks.quarantine_share(storage, DAY).passed
    put(storage, "quarantine", [rows.failure(n) for n in range(5)])
    verdict = checks.quarantine_share(storage, DAY)
    assert not verdict.passed
    assert "25%" in verdict.message
    assert "no_prose" in verdict.message


def test_a_small_day_is_told_when_most_of_it_cannot_be_read(storage):
    put(storage, "raw_documents", [rows.raw(n) for n in range(2)])
    put(storage, "quarantine", [rows.failure(n, stage="ingest") for n in range(2)])
    assert checks.quarantine_share(storage, DAY).passed
    put(storage, "raw_documents", [])
    verdict = checks.quarantine_share(storage, DAY)
    assert not verdict.passed
    assert "100%" in verdict.message


def test_items_that_never_became_documents_count_as_items(storage):
    put(storage, "raw_documents", [rows.raw(n) for n in range(20)])
    put(storage, "quarantine", [rows.failure(n, stage="ingest") for n in range(5)])
    assert checks.quarantine_share(storage, DAY).numbers["items"] == 25


def test_pictures_of_a_crawl_are_no_sign_of_trouble(storage):
    put(storage, "raw_documents", [rows.raw(n) for n in range(20)])
    pictures = [rows.failure(n, stage="ingest", reason="media_type") for n in range(80)]
    put(storage, "quarantine", [*pictures, rows.failure(99, stage="ingest", reason="empty")])
    verdict = checks.quarantine_share(storage, DAY)
    assert verdict.passed
    assert (verdict.numbers["items"], verdict.numbers["passed_over_by_type"]) == (21, 80)


def test_a_day_that_lost_most_of_its_text_is_told(storage):
    whole = [rows.cleaned(n, raw="x" * 100, removed=[rows.span(0, 20)]) for n in range(12)]
    put(storage, "clean_documents", whole)
    assert checks.share_removed(storage, DAY).numbers == {"share": 0.2}
    gone = [rows.cleaned(n, raw="x" * 100, removed=[rows.span(0, 95)]) for n in range(12)]
    put(storage, "clean_documents", gone)
    assert "95%" in checks.share_removed(storage, DAY).message


def test_a_share_far_from_the_days_before_is_told(storage):
    for ago, end in ((2, 10), (1, 10), (0, 50)):
        cleaned = [rows.cleaned(n, raw="x" * 100, removed=[rows.span(0, end)]) for n in range(12)]
        put(storage, "clean_documents", cleaned, rows.before(ago))
    verdict = checks.share_removed(storage, DAY)
    assert not verdict.passed
    assert verdict.numbers == {"share": 0.5, "before": 0.1}
    assert checks.share_removed(storage, rows.before(1)).passed


def test_only_the_last_days_before_are_looked_at(storage):
    for ago in range(30):
        put(storage, "articles", [rows.article(1)], rows.before(ago))
    days = checks.trailing(storage, "articles", DAY)
    assert days == [rows.before(ago) for ago in range(checks.TRAILING_DAYS, 0, -1)]


def test_an_article_without_its_row_in_another_table_is_told(storage):
    put(storage, "clean_documents", [rows.cleaned(1), rows.cleaned(2)])
    put(storage, "cluster_members", [rows.member(1, "m0001", 1)])
    verdict = checks.complete(storage, "cluster_members", "clean_documents", DAY)
    assert not verdict.passed
    assert verdict.numbers == {"rows": 1, "missing": 1, "extra": 0}
    put(storage, "cluster_members", [rows.member(n, "m0001", 1) for n in (1, 2)])
    assert checks.complete(storage, "cluster_members", "clean_documents", DAY).passed


@pytest.mark.parametrize(
    ("wrong", "number"),
    [
        ({"b_article_id": "m0001"}, "selves"),
        ({"b_scrape_date": rows.before(-3)}, "stray"),
        ({"containment_a": 1.5}, "outside"),
        ({"probability": -0.1}, "outside"),
    ],
)
def test_pairs_that_cannot_be_are_told(storage, wrong, number):
    put(storage, "duplicate_pairs", [rows.pair("m0001", "m0002")])
    assert checks.pairs_hold(storage, DAY).passed
    put(storage, "duplicate_pairs", [rows.pair("m0001", "m0002", **wrong)])
    verdict = checks.pairs_hold(storage, DAY)
    assert not verdict.passed
    assert verdict.numbers[number] == 1


def test_a_cluster_that_swallows_a_day_is_told(storage):
    lone = [rows.member(n, f"m{n:04}", 1) for n in range(100, 200)]
    small = [rows.member(n, "m0001", 40) for n in range(40)]
    put(storage, "cluster_members", lone + small)
    assert checks.largest_cluster(storage, DAY).passed
    put(storage, "cluster_members", lone + [rows.member(n, "m0001", 60) for n in range(60)])
    assert "m0001 holds 60" in checks.largest_cluster(storage, DAY).message


def test_articles_that_disagree_with_their_cluster_are_told(storage):
    put(storage, "articles", [rows.article(1)])
    assert checks.canonicals_agree(storage, DAY).passed
    for wrong in ({"is_canonical": False}, {"relation": "copy"}):
        put(storage, "articles", [rows.article(1, **wrong)])
        assert not checks.canonicals_agree(storage, DAY).passed


def _event(sequence: int, event: str, cluster: str, article: str | None):
    return {
        "sequence": sequence,
        "scrape_date": DAY,
        "event": event,
        "cluster_id": cluster,
        "article_id": article,
        "other_cluster_id": None,
        "reason": "Because.",
    }


def test_a_cluster_that_the_ledger_does_not_lead_to_is_told(storage):
    assert checks.ledger_explains(storage, DAY).passed
    put(storage, "syndication_clusters", [rows.cluster("m0001", ["m0001", "m0002"])])
    assert not checks.ledger_explains(storage, DAY).passed
    put(storage, "cluster_ledger", [_event(1, "create", "m0001", "m0001")])
    assert checks.ledger_explains(storage, DAY).passed
    moved = [_event(2, "canonical", "m0001", "m0002"), _event(1, "create", "m0001", "m0001")]
    put(storage, "cluster_ledger", moved)
    verdict = checks.ledger_explains(storage, DAY)
    assert not verdict.passed
    assert verdict.rows == [{"cluster_id": "m0001"}]


def test_a_lost_document_is_told(storage):
    put(storage, "raw_documents", [rows.raw(n) for n in range(3)])
    put(storage, "articles", [rows.article(0)])
    put(storage, "quarantine", [rows.failure(1)])
    assert "1 document lost" in checks.conservation(storage, DAY).message
    put(storage, "articles", [rows.article(0), rows.article(2)])
    assert checks.conservation(storage, DAY).passed


def test_a_page_that_loads_or_runs_something_is_told():
    assert checks.self_contained(b"<p>&lt;script&gt;</p>", 100).passed
    assert not checks.self_contained(b"<p><SCRIPT>alert(1)</SCRIPT>", 100).passed
    assert not checks.self_contained(b'<img src="http://example.org/a.png">', 100).passed
    assert not checks.self_contained(b"x" * 101, 100).passed
