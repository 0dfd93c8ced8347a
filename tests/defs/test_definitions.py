"""The code location loads without a warning and offers what the docs say."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.execution.asset_backfill import AssetBackfillData

from pipeline import contracts
from pipeline.definitions import defs
from pipeline.defs.assets import ASSETS, raw_documents
from pipeline.defs.automation import daily, inbox
from pipeline.defs.docs import docs
from pipeline.defs.resources import StorageResource
from tests.conftest import DAY

TABLES = (
    "raw_documents",
    "quarantine",
    "outlet_furniture",
    "clean_documents",
    "article_metadata",
    "fingerprints",
    "duplicate_pairs",
    "syndication_clusters",
    "cluster_ledger",
    "articles",
)


@pytest.fixture(scope="module")
def repository():
    return defs.get_repository_def()


def test_every_table_is_an_asset_with_columns_owner_kinds_and_group(repository):
    graph = repository.asset_graph
    for table in TABLES:
        node = graph.get(dg.AssetKey(table))
        assert node.description
        assert node.owners
        assert node.kinds
        assert node.group_name != "default"
        assert node.metadata["dagster/column_schema"].columns


def test_every_asset_says_whom_it_is_for_how_to_read_it_and_what_flows(repository):
    for node in repository.asset_graph.asset_nodes:
        name = node.key.to_user_string()
        assert node.tags["audience"] in {"readers", "pipeline"}
        assert node.metadata["docs"].md_str.startswith(f"# {name}\n")
        assert f"**{name}**" in node.description
        for parent in node.parent_keys:
            assert f"`{parent.to_user_string()}`" in node.description
    headings = (Path(__file__).parents[2] / "docs" / "tables.md").read_text()
    assert all(f"\n## {table}\n" in headings for table in TABLES)


# Dagster compares the days of a step's assets with `!=`, and what it compares depends on the order
# in which it came to them: with two ways to one asset, a backfill is refused by chance.
def test_the_assets_of_a_step_come_by_one_way_so_that_a_backfill_is_never_refused():
    several = [asset for asset in ASSETS if len(asset.keys) > 1]
    assert several
    for asset in several:
        parents = {frozenset(dep.asset_key for dep in spec.deps) for spec in asset.specs}
        assert len(parents) == 1
        assert len(*parents) == 1


@pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources`")  # Dagster's own
def test_a_backfill_of_thirty_days_targets_the_same_days_of_every_asset(repository):
    graph = repository.asset_graph
    days = [f"2018-06-{day:02}" for day in range(1, 31)]
    with dg.DagsterInstance.ephemeral() as instance:
        backfill = AssetBackfillData.from_asset_partitions(
            asset_graph=graph,
            partition_names=days,
            asset_selection=sorted(graph.get_all_asset_keys()),
            dynamic_partitions_store=instance,
            backfill_start_timestamp=datetime(2024, 1, 1, tzinfo=UTC).timestamp(),
            all_partitions=False,
        )
    subsets = backfill.target_subset.partitions_subsets_by_asset_key
    for key in graph.get_all_asset_keys():
        assert sorted(subsets[key].get_partition_keys()) == days
        for other in graph.get(key).execution_set_asset_keys:
            assert not subsets[key] != subsets[other]  # noqa: SIM202


def test_docs_of_a_table_hold_its_columns_and_checks_and_a_query_that_runs(seeds_corpus):
    for table in TABLES:
        text = docs(table)["docs"].md_str
        assert all(f"| `{column['name']}` |" in text for column in contracts.columns(table))
        assert "| `contract` | ends the run |" in text
        [query] = re.findall(r"```sql\n(.*?)```", text, re.S)
        query = query.replace("'data/", f"'{seeds_corpus.path()}/")
        assert len(duckdb.sql(query).fetchall()) == seeds_corpus.row_count(table, DAY)


def test_docs_are_linked_where_a_web_server_shows_them(monkeypatch):
    monkeypatch.delenv("COPYDESK_DOCS_URL", raising=False)
    assert set(docs("articles")) == {"docs"}
    monkeypatch.setenv("COPYDESK_DOCS_URL", "https://example.org/copydesk/")
    linked = docs("articles")["docs_page"]
    assert linked == dg.MetadataValue.url("https://example.org/copydesk/docs/tables.md#articles")
    assert docs("corpus_report")["docs_page"].url == "https://example.org/copydesk/README.md"


def test_the_flow_leads_from_scrapes_to_articles(repository):
    graph = repository.asset_graph
    upstream = {dg.AssetKey("articles")}
    for _ in range(len(TABLES)):
        upstream |= {parent for key in upstream for parent in graph.get(key).parent_keys}
    expected = {"raw_documents", "clean_documents", "duplicate_pairs", "fingerprints"}
    assert expected <= {key.to_user_string() for key in upstream}


def test_schedule_and_sensor_start_switched_on(repository):
    [schedule] = repository.schedule_defs
    sensor = repository.get_sensor_def("inbox")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING


def _tick(folder: Path, cursor: str | None = None):
    storage = StorageResource(data=str(folder / "data"), inbox=str(folder / "inbox"))
    context = dg.build_sensor_context(
        cursor=cursor, resources={"storage": storage}, definitions=defs
    )
    return inbox.evaluate_tick(context)


def test_the_sensor_runs_each_day_once_and_again_for_late_files(tmp_path):
    for day in ("2024-01-01", "2024-01-02"):
        (tmp_path / "inbox" / day).mkdir(parents=True)
        (tmp_path / "inbox" / day / "a.txt").write_text("one")
    (tmp_path / "inbox" / "notes").mkdir()
    first = _tick(tmp_path)
    assert [r.partition_key for r in first.run_requests] == ["2024-01-01", "2024-01-02"]

    again = _tick(tmp_path, first.cursor)
    assert again.run_requests == []
    assert "no new or changed files" in again.skip_message

    (tmp_path / "inbox" / "2024-01-01" / "late.txt").write_text("two")
    late = _tick(tmp_path, again.cursor)
    assert [r.partition_key for r in late.run_requests] == ["2024-01-01"]
    assert late.run_requests[0].run_key not in {r.run_key for r in first.run_requests}


def test_an_inbox_that_is_not_there_yet_is_no_error(tmp_path):
    assert _tick(tmp_path).run_requests == []


def test_today_is_a_partition_and_so_is_an_old_day(repository):
    partitions = repository.get_job("process_day").partitions_def
    assert partitions.has_partition_key(date.today().isoformat())
    assert partitions.has_partition_key("2009-06-01")


def test_a_folder_of_a_day_that_is_no_partition_holds_up_nobody(tmp_path):
    for day in ("1999-05-05", "2018-07-30", "2999-01-01"):
        (tmp_path / "inbox" / day).mkdir(parents=True)
        (tmp_path / "inbox" / day / "a.txt").write_text("one")
    tick = _tick(tmp_path)
    assert [r.partition_key for r in tick.run_requests] == ["2018-07-30"]
    assert "2999-01-01" not in tick.cursor
    again = _tick(tmp_path, tick.cursor)
    assert "from 2000-01-01 (COPYDESK_FIRST_DAY) to today" in again.skip_message
    assert again.skip_message.endswith("left alone: 1999-05-05, 2999-01-01")


def test_files_that_come_and_go_start_a_run_each_time(tmp_path):
    folder = tmp_path / "inbox" / "2024-01-01"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    ticks = [_tick(tmp_path)]
    (folder / "b.txt").write_text("two")
    ticks.append(_tick(tmp_path, ticks[-1].cursor))
    (folder / "b.txt").unlink()
    ticks.append(_tick(tmp_path, ticks[-1].cursor))
    assert len({tick.run_requests[0].run_key for tick in ticks}) == 3


def test_the_schedule_asks_for_the_day_before_if_something_came(tmp_path):
    at = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)
    storage = StorageResource(data=str(tmp_path / "data"), inbox=str(tmp_path / "inbox"))
    context = dg.build_schedule_context(scheduled_execution_time=at, resources={"storage": storage})
    assert isinstance(daily(context), dg.SkipReason)
    (tmp_path / "inbox" / "2024-02-29").mkdir(parents=True)
    assert daily(context).partition_key == "2024-02-29"


@pytest.mark.parametrize("gone", [True, False], ids=["folder gone", "folder empty"])
def test_a_day_whose_scrapes_were_moved_away_keeps_its_documents(tmp_path, gone):
    folder = tmp_path / "inbox" / "2024-01-01"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("The council met on Monday to agree on the budget. " * 8)
    storage = StorageResource(data=str(tmp_path / "data"), inbox=str(tmp_path / "inbox"))

    def documents():
        result = dg.materialize(
            [raw_documents], partition_key="2024-01-01", resources={"storage": storage}
        )
        assert result.success
        return storage.open().read("raw_documents")["source_uri"].to_pylist()

    before = documents()
    assert len(before) == 1
    (folder / "a.txt").unlink()
    if gone:
        folder.rmdir()
    assert documents() == before
