"""A run of one day tells Dagster of the other days that it wrote again, and of what it refused."""

from datetime import date

import dagster as dg
import pytest

from pipeline import stages
from pipeline.contracts import to_table
from pipeline.definitions import defs
from pipeline.defs.assets import ASSETS
from pipeline.defs.resources import StorageResource
from pipeline.publish import report

FIRST, SECOND = "2024-03-01", "2024-03-02"
STORY = """\
Ferry returns to the lake

By Anna Baker

The ferry across Little Lake sailed again on Friday for the first time in nine years, with the old
captain at the wheel and {guests} guests on its deck.

It was built in 1931, sank in 1974 and lay for years in a shed behind the harbour master's house. A
club of forty members took it apart plank by plank and put it together again.

The engine comes from a tractor that one of the members found in his barn. It needs seven litres of
oil a week and stops, so far, only where it should.

From May the ferry will run four times a day between the mill and the church. A ride costs two
crowns; children sail free. The county pays for the jetty, which was moved twice.
"""
OTHER = """\
Bakery closes

By Carl Miller

The last bakery of Upper Example closed its doors on Thursday after a hundred and six years. Its
owner said that nobody had wanted to rise at two in the morning.

The shop will become a library of tools, the mayor said, where anybody can borrow a drill or a
ladder for a day. Bread comes by van on Tuesdays and Fridays.
"""


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("days")
    for day, text in ((FIRST, STORY.format(guests="sixty")), (SECOND, STORY.format(guests="many"))):
        (folder / "inbox" / day).mkdir(parents=True)
        (folder / "inbox" / day / f"{day}.txt").write_text(text)
    (folder / "inbox" / FIRST / "other.txt").write_text(OTHER)
    return StorageResource(data=str(folder / "data"), inbox=str(folder / "inbox"))


@pytest.fixture(scope="module")
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def _run(instance, storage, day, selection="*"):
    return dg.materialize(
        ASSETS,
        partition_key=day,
        resources={"storage": storage},
        instance=instance,
        selection=selection,
        raise_on_error=False,
    )


@pytest.fixture(scope="module")
def both_days(instance, storage):
    assert _run(instance, storage, FIRST).success
    second = _run(instance, storage, SECOND)
    assert second.success
    return second


def _told(result, day):
    """The assets that a run materialised for a day, with the metadata of each."""
    return {
        event.asset_key.to_user_string(): event.materialization
        for event in result.get_asset_materialization_events()
        if event.partition == day
    }


def test_a_day_written_again_is_materialised_with_all_that_its_page_shows(both_days):
    told = _told(both_days, FIRST)
    assert {"articles", "corpus_report"} <= told.keys()
    metadata = told["articles"].metadata
    assert metadata["written_again_with"].value == SECOND
    assert metadata["dagster/row_count"].value == 2
    assert {"at_a_glance", "preview"} <= set(metadata)
    assert SECOND in told["articles"].description
    assert len(_told(both_days, SECOND)) == 11


def test_pairs_that_clusters_add_to_a_day_are_told(both_days, instance, storage, monkeypatch):
    work = stages.clusters_day

    def with_evidence(*arguments, **options):
        outcome = work(*arguments, **options)
        outcome.renewed["duplicate_pairs"] = [date.fromisoformat(FIRST)]
        return outcome

    monkeypatch.setattr(stages, "clusters_day", with_evidence)
    again = _run(instance, storage, SECOND, ["syndication_clusters", "cluster_ledger"])
    assert again.success
    assert _told(again, FIRST)["duplicate_pairs"].metadata["written_again_with"].value == SECOND


def test_a_run_that_nobody_looks_at_is_checked_but_draws_nothing(both_days, storage):
    with dg.DagsterInstance.ephemeral() as forgetting:
        unseen = StorageResource(data=storage.data, inbox=storage.inbox, recorded=False)
        again = _run(forgetting, unseen, SECOND)
    assert again.success
    told = _told(again, SECOND)
    assert len(told) == 11
    names = {name for one in told.values() for name in one.metadata}
    assert not any(name.startswith(("plot_", "preview")) for name in names)
    assert told["raw_documents"].metadata["documents"].value == 1
    passed = {verdict.asset_check_key for verdict in again.get_asset_check_evaluations()}
    both = {verdict.asset_check_key for verdict in both_days.get_asset_check_evaluations()}
    assert passed == both


def test_a_day_written_again_is_checked_and_its_verdicts_are_its_own(both_days, instance):
    for asset, name in (
        ("articles", "conservation"),
        ("articles", "not_empty"),
        ("corpus_report", "self_contained"),
    ):
        key = dg.AssetCheckKey(dg.AssetKey(asset), name)
        verdicts = [e for e in both_days.get_asset_check_evaluations() if e.asset_check_key == key]
        assert {verdict.partition for verdict in verdicts} == {FIRST, SECOND}
        assert all(verdict.passed for verdict in verdicts)


def test_the_page_of_a_day_written_again_shows_the_new_story(both_days, storage):
    tables = storage.open()
    page = tables.read_bytes(report.day_page(_day(FIRST))).decode()
    assert "Syndicated stories" in page
    assert "2 articles" in page


def _day(day):
    return stages.date.fromisoformat(day)


def test_every_check_has_a_verdict_for_each_day():
    graph = defs.get_repository_def().asset_graph
    keys = graph.asset_check_keys
    assert keys
    for key in keys:
        assert graph.get(key).partitions_def == graph.get(key.asset_key).partitions_def


def test_articles_that_would_be_false_are_not_published_and_the_check_is_red(
    both_days, instance, storage
):
    tables, day = storage.open(), _day(SECOND)
    before = tables.read("articles", [day])
    raw = tables.read("raw_documents", [day])
    more = [*raw.to_pylist(), raw.to_pylist()[0] | {"article_id": "0" * 32}]
    tables.write("raw_documents", day, to_table("raw_documents", more))
    result = _run(instance, storage, SECOND, ["articles", "corpus_report"])
    assert not result.success
    assert tables.read("articles", [day]).equals(before)
    assert _told(result, SECOND) == {}
    [verdict] = result.get_asset_check_evaluations()
    assert (verdict.check_name, verdict.passed, verdict.partition) == (
        "conservation",
        False,
        SECOND,
    )
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "were not published, those from before stay" in str(failure.step_failure_data)
    tables.write("raw_documents", day, raw)


def test_a_past_day_that_would_be_false_is_red_under_its_own_name(both_days, instance, storage):
    tables, past = storage.open(), _day(FIRST)
    raw = tables.read("raw_documents", [past])
    more = [*raw.to_pylist(), raw.to_pylist()[0] | {"article_id": "0" * 32}]
    tables.write("raw_documents", past, to_table("raw_documents", more))
    # Memberships that are newer than the articles: the day is to be published again.
    tables.write("cluster_members", past, tables.read("cluster_members", [past]))
    result = _run(instance, storage, SECOND, ["articles"])
    assert result.success
    assert set(_told(result, SECOND)) == {"articles"}
    [verdict] = [v for v in result.get_asset_check_evaluations() if not v.passed]
    assert (verdict.check_name, verdict.partition) == ("conservation", FIRST)
    assert verdict.severity == dg.AssetCheckSeverity.ERROR
    assert not verdict.blocking
    tables.write("raw_documents", past, raw)


def test_a_past_day_in_the_hands_of_another_run_holds_up_nobody(both_days, instance, storage):
    tables, past = storage.open(), _day(FIRST)
    described = tables.read("article_metadata", [past])
    tables.write("article_metadata", past, described.take([1, 0]))
    tables.write("cluster_members", past, tables.read("cluster_members", [past]))
    result = _run(instance, storage, SECOND, ["articles"])
    assert result.success
    [verdict] = [v for v in result.get_asset_check_evaluations() if not v.passed]
    assert "not of the same run" in verdict.description
    tables.write("article_metadata", past, described)
