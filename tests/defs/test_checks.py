"""How verdicts are shown: red or a warning, and never as markup."""

from datetime import date

import dagster as dg
from markdown_it import MarkdownIt

from pipeline.defs import checks
from pipeline.defs.escape import markdown_table, plain
from pipeline.publish.checks import Verdict

DAY = date(2024, 5, 20)
HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1)) ![y](https://example.org/y.png)",
    "| a | b |\n| --- | --- |",
    "# big\n- list\n> quote ```code``` **bold** <b>x</b> &lt;",
    "a\x1b[31m\u202eb\x00",
    "https://example.org www.example.org someone@example.org",
]


def test_every_check_of_an_asset_is_declared_once_and_told():
    for table in ("raw_documents", "articles", "article_metadata", "syndication_clusters"):
        declared = [spec.name for spec in checks.specs(table)]
        assert len(declared) == len(set(declared))
        assert all(spec.description for spec in checks.specs(table))


def test_what_would_mislead_blocks_and_the_rest_warns():
    blocking = {spec.name for spec in checks.specs("articles") if spec.blocking}
    assert blocking == {"contract", "unique_ids", "conservation", "canonicals_agree"}
    warn = next(c for c in checks.of_table("articles") if c.name == "length_drift")
    shown = checks.result("articles", warn, Verdict(False, "thin day"), DAY)
    assert shown.severity == dg.AssetCheckSeverity.WARN
    error = next(c for c in checks.of_table("articles") if c.blocking)
    shown = checks.result("articles", error, Verdict(False, "lost"), DAY)
    assert shown.severity == dg.AssetCheckSeverity.ERROR


def test_an_empty_day_is_red_but_ends_no_run():
    check = next(c for c in checks.of_table("raw_documents") if c.name == "not_empty")
    assert not check.blocking
    shown = checks.result("raw_documents", check, Verdict(False, "empty"), DAY)
    assert shown.severity == dg.AssetCheckSeverity.ERROR


def test_rows_of_a_verdict_are_shown_as_a_table():
    check = checks.of_table("articles")[0]
    verdict = Verdict(False, "x", {"n": 1}, [{"outlet": "<b>a</b>", "day": date(2024, 1, 1)}])
    shown = checks.result("articles", check, verdict, DAY)
    assert "<b>" not in shown.metadata["details"].value
    assert shown.metadata["n"].value == 1
    assert shown.metadata["scrape_date"].value == "2024-05-20"


def test_scraped_text_in_a_table_is_never_markup():
    for text in HOSTILE:
        table = markdown_table(["value"], [{"value": text}])
        assert len(table.split("\n")) == 3
        page = MarkdownIt("gfm-like", {"linkify": False}).render(table)
        for mark in (
            "<script",
            "<a ",
            "<img",
            "<b>",
            "<strong",
            "<code",
            "<h1",
            "<li",
            "<blockquote",
        ):
            assert mark not in page, text


def test_a_list_in_a_table_reads_as_a_list():
    table = markdown_table(["authors"], [{"authors": ["A Writer", "B Editor"]}, {"authors": []}])
    assert table.split("\n")[2:] == ["| A Writer, B Editor |", "|  |"]


def test_scraped_text_in_a_message_is_never_markup():
    for text in HOSTILE:
        page = MarkdownIt("gfm-like", {"linkify": False}).render(plain(text))
        for mark in ("<script", '<a href="javascript', "<img", "<b>", "<strong", "<code"):
            assert mark not in page, text
    assert len(plain("x" * 10_000)) <= 1_000
