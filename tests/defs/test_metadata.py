"""What the asset pages show: short types, lineage, numbers at a glance, links to the report."""

import dagster as dg
import pytest
from markdown_it import MarkdownIt

from pipeline import contracts
from pipeline.defs.descriptions import DEPS
from pipeline.defs.lineage import column_lineage
from pipeline.defs.metadata import at_a_glance, column_schema, report_links
from pipeline.publish import charts
from pipeline.publish.report import write_report
from tests.conftest import DAY


@pytest.mark.parametrize("table", [table for table in DEPS if table != "corpus_report"])
def test_types_fit_their_place_and_what_is_nested_is_told(table):
    for column in column_schema(table).columns:
        assert len(column.type) <= 22
        if column.type == "list<struct>":
            assert "Each: " in column.description


@pytest.mark.parametrize("table", [table for table, deps in DEPS.items() if deps])
def test_every_column_says_which_columns_of_other_tables_it_is_made_from(table):
    if table == "corpus_report":
        return
    lineage = column_lineage(table)["dagster/column_lineage"].deps_by_column
    assert set(lineage) == {str(column["name"]) for column in contracts.columns(table)}
    for dependency in (each for found in lineage.values() for each in found):
        source = dependency.asset_key.to_user_string()
        assert dependency.column_name in contracts.arrow_schema(source).names


def test_the_numbers_of_plots_stand_on_the_page_without_a_click():
    outlets = {f"Outlet <b>{n}</b> [x](https://example.org)": 20 - n for n in range(20)}
    drawn = [charts.outlets({"outlet": outlets})] * 9
    told = at_a_glance(drawn)
    assert len(told) < 1_000
    page = MarkdownIt("gfm-like", {"linkify": False}).render(told)
    assert "<strong>Articles by outlet</strong>" in page
    assert "<b>" not in page
    assert "<a " not in page
    small = at_a_glance([charts.languages({"language": {"en": 4, "fr": 1}})])
    assert small == "- **Articles by language**: en 4; fr 1"
    assert at_a_glance([charts.languages({})]).endswith(": none")


def test_the_report_is_linked_where_a_web_server_shows_it(seeds_corpus):
    write_report(seeds_corpus, [DAY])
    linked = report_links(seeds_corpus, DAY, "https://example.org/copydesk/")
    assert linked["open_the_day"] == dg.MetadataValue.url(
        f"https://example.org/copydesk/{DAY}.html"
    )
    assert linked["open_the_corpus"].url == "https://example.org/copydesk/index.html"
    alone = report_links(seeds_corpus, DAY, "")
    assert "copydesk report --open" in alone["open_it"].value
    assert alone["page_of_the_day"].path.endswith(f"{DAY}.html")
