"""Dagster's UI in a real browser: click the seeds' day through, and look at what it shows."""

import shutil
from datetime import date

import pytest

from tests.browser import support

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def inbox(tmp_path_factory):
    """The seeds on one day, and on another hardly anything that can be read."""
    folder = tmp_path_factory.mktemp("inbox")
    shutil.copytree(support.SEEDS, folder / support.DAY.isoformat())
    bad = folder / "2018-07-28"
    bad.mkdir()
    for number in range(12):
        (bad / f"{number}.txt").write_bytes(bytes(range(256)) * (number + 1))
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory, inbox):
    pytest.importorskip("dagster_webserver")
    with support.web_server(tmp_path_factory.mktemp("ui"), inbox) as address:
        yield address


def test_a_day_is_materialised_by_clicking_and_its_pages_tell_the_story(page, address):
    support.materialise(page, address)
    support.show_partition(page, address, "articles")
    for shown in ("dagster/row_count", "preview", "at_a_glance", "plot_languages", "bytes"):
        page.get_by_text(shown, exact=True).first.wait_for()
    preview = page.locator("tr", has_text="preview").filter(has_text="published_date")
    preview.first.wait_for()

    page.goto(f"{address}/assets/articles?view=checks")
    page.get_by_text("Succeeded").nth(5).wait_for()
    assert page.get_by_text("Succeeded").count() == 6
    assert page.get_by_text("Failed").count() == 0

    support.show_partition(page, address, "clean_documents")
    page.locator("tr", has_text="plot_removed_by_role").get_by_text("Markdown").first.click()
    picture = page.locator(".bp5-dialog img")
    picture.wait_for()
    page.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
    page.keyboard.press("Escape")

    page.goto(f"{address}/assets/articles")
    page.locator("tr", has_text="docs").get_by_text("Markdown").first.click()
    docs = page.locator(".bp5-dialog")
    docs.get_by_role("heading", name="Read it").wait_for()
    docs.get_by_text("canonicals_agree").wait_for()
    assert support.unknown_troubles(page) == []


def test_a_failing_check_is_red_on_bad_input(page, address):
    support.materialise(page, address, support.DAY.replace(day=28))
    page.goto(f"{address}/assets/raw_documents?view=checks&checkDetail=not_empty")
    page.get_by_text("raw_documents of 2018-07-28 is empty").first.wait_for()
    page.get_by_text("Failed").first.wait_for()
    page.goto(f"{address}/assets/quarantine?view=checks&checkDetail=quarantine_share")
    page.get_by_text("of the day's items are in quarantine").first.wait_for()
    assert support.unknown_troubles(page) == []


def test_a_backfill_of_thirty_days_can_be_launched_by_clicking(page, address):
    dialog = support.choose_days(page, address, "[2018-07-01...2018-07-30]")
    dialog.get_by_text("30 partitions").wait_for()
    dialog.get_by_role("button", name="Launch backfill").click()
    dialog.wait_for(state="detached")
    page.goto(f"{address}/runs?view=backfills")
    page.get_by_text("30 partitions").first.wait_for()


def _three_days(folder):
    """A story that appears on one day and is carried again on the next two."""
    for number, day in enumerate(DAYS):
        (folder / day).mkdir(parents=True)
        (folder / day / f"paper{number}.txt").write_text(STORY.format(number=number))
    return folder


DAYS = ("2024-03-01", "2024-03-02", "2024-03-03")
STORY = """\
Library of tools opens

By Anna Baker

A library that lends drills, ladders and saws opened in Upper Example on Friday, and {number} of
its shelves were empty by noon.

It stands in what was the village bakery until last autumn. The mayor borrowed the first ladder and
promised in front of everybody to bring it back within a week.

Members pay ten crowns a year and may keep a tool for three days. What breaks is mended on Tuesday
evenings by two retired fitters, who also show how to use what nobody dares to switch on.

The idea came from a schoolteacher who had counted nineteen hedge trimmers in her street. Most of
them, she found, were used for less than an hour in the whole year.
"""


def test_a_backfill_runs_to_its_end(page, tmp_path):
    """The sensor is switched off by clicking, lest it do the same days; then three days run."""
    pytest.importorskip("dagster_webserver")
    inbox = _three_days(tmp_path / "inbox")
    with support.web_server(tmp_path / "ui", inbox, queue=True) as address:
        page.goto(f"{address}/locations/pipeline.definitions/sensors/inbox")
        switch = page.locator("input[type=checkbox]").first
        switch.wait_for(state="attached")
        assert switch.is_checked()
        switch.evaluate("box => box.click()")
        support.until(lambda: not switch.is_checked())
        dialog = support.choose_days(page, address, f"[{DAYS[0]}...{DAYS[-1]}]")
        dialog.get_by_text("3 partitions").wait_for()
        dialog.get_by_role("button", name="Launch backfill").click()
        dialog.wait_for(state="detached")
        with support.daemon(tmp_path / "ui", inbox):
            # The daemon looks at backfills every half minute, and each day is a run of its own.
            backfill = support.until(lambda: _finished(page, address), 3 * support.SECONDS)
        assert backfill["status"] == "COMPLETED_SUCCESS"
        assert len(support.runs(page, address)) == len(DAYS)
        page.goto(f"{address}/runs/b/{backfill['id']}")
        page.get_by_text("raw_documents").first.wait_for()
        support.show_partition(page, address, "articles", date.fromisoformat(DAYS[0]))
        # The first day was written again with a later one, which found its story there.
        page.get_by_text("written_again_with", exact=True).first.wait_for()
        assert support.unknown_troubles(page) == []


def _finished(page, address):
    """The one backfill, once it is no longer going on."""
    [backfill] = support.backfills(page, address)
    return None if backfill["status"] in {"REQUESTED", "CANCELING"} else backfill
