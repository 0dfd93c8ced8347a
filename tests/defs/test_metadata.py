"""What the asset pages show: short types, lineage, numbers at a glance, links to the report."""

import dagster as dg
import pytest
from markdown_it import MarkdownIt

from pipeline import contracts
from pipeline.defs.descriptions import DEPS
from pipeline.defs.lineage import column_lineage
from pipeline.defs.metadata import (
    at_a_glance,
    column_schema,
    described,
    pictures,
    preview_table,
    report_links,
)
from pipeline.publish import charts, figures
from pipeline.publish.report import write_report
from pipeline.publish.storage import Storage
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
    assert "<th>Articles by outlet; 7 more</th>" in page
    assert "<b>" not in page
    assert "<a " not in page
    small = at_a_glance([charts.languages({"language": {"en": 4, "fr": 1}})] * 2)
    assert small.split("\n") == [
        "| Articles by language | |",
        "| --- | --- |",
        "| en | ████████████ 4 |",
        "| fr | ███ 1 |",
        "",
        "**Articles by language**: en: 4; fr: 1",
    ]
    assert at_a_glance([charts.languages({})]) == "**Articles by language**: none"


def test_several_numbers_of_a_row_say_what_they_count():
    pairs = charts.pairs_by_containment({"copy": {"9": 3}, "revision": {"4": 1, "9": 1}})
    assert at_a_glance([charts.languages({}), pairs]).endswith(
        "| &#46;4–&#46;5 | ███ 1 revision |\n| &#46;9–1 | ████████████ 3 copy, 1 revision |"
    )
    bands = dict(zip(figures.BAND_NAMES, (0, 1, 2, 4), strict=True))
    fields = charts.field_coverage({"headline": bands, "deck": {}, "byline": bands})
    assert "| headline | ████████████ 7 |" in at_a_glance([fields])


def test_a_preview_is_made_short_enough_to_be_shown_without_a_click():
    wide = [{"headline": "Bridge-closes " * 12, "text": "x" * 90}] * 5
    short = preview_table(["headline", "text"], wide)
    assert len(short) < 1_000
    assert len(short.splitlines()) >= 4
    assert len(preview_table(["text"], wide).splitlines()) == 7
    assert preview_table(["text"], []) == "no rows"


def test_a_plot_of_nothing_is_not_shown_and_identities_are_short(seeds_corpus, tmp_path):
    shown = described("duplicate_pairs", seeds_corpus, DAY, ["relation", "a_article_id"])
    assert "plot_shared_text" in shown
    found = seeds_corpus.read("duplicate_pairs", [DAY], ["a_article_id"])["a_article_id"][0]
    assert f"| {found.as_py()[:12]} |" in shown["preview"].value
    nothing = pictures("duplicate_pairs", Storage(str(tmp_path)), DAY)
    assert list(nothing) == ["at_a_glance"]
    assert nothing["at_a_glance"].value.endswith(": none")


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
