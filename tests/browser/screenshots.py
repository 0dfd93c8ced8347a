"""Take the pictures of the docs: `make screenshots`. The UI and the report, over the seeds."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import support

#: Wide enough for the UI, small enough for a README.
_SIZE = {"width": 1280, "height": 800}


def main(target: Path) -> None:
    """Write the pictures into `target`."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        inbox = folder / "inbox"
        shutil.copytree(support.SEEDS, inbox / support.DAY.isoformat())
        browser = support.open_chromium(playwright)
        with support.web_server(folder / "ui", inbox) as address:
            page = browser.new_page(viewport=_SIZE)
            page.set_default_timeout(90_000)
            support.materialise(page, address)
            _ui(page, address, target)
        report = (folder / "ui" / "data" / "report" / "index.html").as_uri()
        for scheme, size, ending in (
            ("light", _SIZE, ""),
            ("dark", _SIZE, "_dark"),
            ("light", {"width": 390, "height": 800}, "_phone"),
        ):
            page = browser.new_page(viewport=size, color_scheme=scheme)
            _report(page, report, target, ending)
        browser.close()


def _ui(page, address: str, target: Path) -> None:
    support.show_partition(page, address, "articles")
    page.screenshot(path=target / "asset_articles.png")
    page.goto(f"{address}/assets/articles?view=checks")
    page.get_by_text("Succeeded").first.wait_for()
    page.wait_for_timeout(1_500)
    page.screenshot(path=target / "asset_checks.png")
    support.show_partition(page, address, "clean_documents")
    page.locator("tr", has_text="plot_removed_by_role").get_by_text("Markdown").first.click()
    page.locator(".bp5-dialog img").wait_for()
    page.wait_for_timeout(800)
    page.screenshot(path=target / "asset_plot.png")
    page.goto(f"{address}/asset-groups")
    page.get_by_role("button", name="Materialize all").wait_for()
    page.wait_for_timeout(2_500)
    for group in ("publish", "dedupe", "clean", "describe", "ingest"):
        page.locator("foreignObject", has_text=group).first.click(force=True)
        page.wait_for_timeout(1_500)
    # What is open stays open, and the graph is fitted to the window anew.
    page.get_by_text("Hide navigation").click()
    page.reload()
    page.wait_for_timeout(5_000)
    page.screenshot(path=target / "lineage.png")


def _report(page, address: str, target: Path, ending: str) -> None:
    page.goto(address)
    page.wait_for_timeout(300)
    page.screenshot(path=target / f"report{ending}.png")
    page.locator("details.story > summary").first.click()
    page.locator("#stories").evaluate("e => e.scrollIntoView({behavior: 'instant'})")
    page.wait_for_timeout(200)
    page.screenshot(path=target / f"report_story{ending}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
