"""Dagster's UI in a real browser: click the seeds' day through, and look at what it shows."""

import shutil

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
    assert "dialog" not in page.troubles


def test_a_failing_check_is_red_on_bad_input(page, address):
    support.materialise(page, address, support.DAY.replace(day=28))
    page.goto(f"{address}/assets/raw_documents?view=checks&checkDetail=not_empty")
    page.get_by_text("raw_documents of 2018-07-28 is empty").first.wait_for()
    page.get_by_text("Failed").first.wait_for()
    page.goto(f"{address}/assets/quarantine?view=checks&checkDetail=quarantine_share")
    page.get_by_text("of the day's items are in quarantine").first.wait_for()


def test_a_backfill_of_thirty_days_can_be_launched_by_clicking(page, address):
    dialog = support.choose_days(page, address, "[2018-07-01...2018-07-30]")
    dialog.get_by_text("30 partitions").wait_for()
    dialog.get_by_role("button", name="Launch backfill").click()
    dialog.wait_for(state="detached")
    page.goto(f"{address}/runs?view=backfills")
    page.get_by_text("30 partitions").first.wait_for()
