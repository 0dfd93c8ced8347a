"""Take the pictures of the docs: `make screenshots`. The UI and the report, over the seeds."""

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from pipeline.defs.descriptions import DEPS
from tests.browser import support

#: Wide enough for the UI, small enough for a README.
_SIZE = {"width": 1280, "height": 800}
#: Pixels of a picture for each of the page: sharp where a README shows it smaller.
_SCALE = 1.5
_BAD_DAY = support.DAY + timedelta(days=1)
#: The graph from top to bottom with all groups open: from left to right its words are too small.
#: Of what a node can show, the picture has what fits its group: Dagster lets the rest run over.
_GRAPH_SIZE = {"width": 1500, "height": 1700}
_GRAPH = """
localStorage.setItem('asset-graph-direction', '"vertical"');
localStorage.setItem('dagster-nav-collapsed', 'true');
localStorage.setItem('asset-node-facets', '["latest-event", "checks"]');
localStorage.setItem('asset-graph-open-graph-nodes-global-__GLOBAL__', JSON.stringify({expanded:
  ['ingest', 'clean', 'describe', 'dedupe', 'publish'].map(g => 'global@global:' + g).join(',')}));
"""


def main(target: Path) -> None:
    """Write the pictures into `target`."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        inbox = folder / "inbox"
        shutil.copytree(support.SEEDS, inbox / support.DAY.isoformat())
        _bad_day(inbox)
        browser = support.open_chromium(playwright)
        with support.web_server(folder / "ui", inbox) as address:
            page = support.new_context(
                browser, viewport=_SIZE, device_scale_factor=_SCALE
            ).new_page()
            support.materialise(page, address)
            _ui(page, address, target)
            _lineage(browser, address, target)
            _reports(browser, folder / "ui" / "data" / "report" / "index.html", target)
            # Red comes last: a red day stays in sight when others are green.
            support.materialise(page, address, _BAD_DAY)
            _red(page, address, target)
        browser.close()


def _bad_day(inbox: Path) -> None:
    """A day with nothing that can be read."""
    folder = inbox / _BAD_DAY.isoformat()
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_bytes(bytes(range(256)) * (number + 1))


def _ui(page, address: str, target: Path) -> None:
    run = support.runs(page, address)[0]
    page.goto(f"{address}/runs/{run['runId']}")
    page.get_by_text("Success", exact=True).first.wait_for()
    page.wait_for_timeout(3_000)
    page.screenshot(path=target / "run.png")
    support.show_partition(page, address, "articles")
    page.screenshot(path=target / "asset_articles.png")
    page.goto(f"{address}/assets/articles?view=checks&checkDetail=conservation")
    page.get_by_text("Passed").first.wait_for()
    page.wait_for_timeout(1_500)
    page.screenshot(path=target / "asset_checks.png")
    support.show_partition(page, address, "clean_documents")
    page.locator("tr", has_text="plot_removed_by_role").get_by_text("Markdown").first.click()
    page.locator(".bp5-dialog img").wait_for()
    page.wait_for_timeout(800)
    page.screenshot(path=target / "asset_plot.png")


def _red(page, address: str, target: Path) -> None:
    page.goto(f"{address}/assets/raw_documents?view=checks&checkDetail=not_empty")
    page.get_by_text("Execution history").first.click()
    page.get_by_text(f"raw_documents of {_BAD_DAY} is empty").first.wait_for()
    page.wait_for_timeout(1_500)
    page.screenshot(path=target / "check_red.png")


def _lineage(browser, address: str, target: Path) -> None:
    context = support.new_context(browser, viewport=_GRAPH_SIZE, device_scale_factor=_SCALE)
    context.add_init_script(_GRAPH)
    page = context.new_page()
    page.goto(f"{address}/asset-groups")
    page.get_by_text("corpus_report", exact=True).first.wait_for()
    page.wait_for_function(
        "all => (document.body.innerText.match(/Passed/g) || []).length >= all", arg=len(DEPS)
    )
    page.wait_for_timeout(2_000)
    page.screenshot(path=target / "lineage.png", clip=_around_nodes(page))


def _around_nodes(page) -> dict[str, float]:
    """The part of the page that holds the graph."""
    boxes = [box for node in page.locator("foreignObject").all() if (box := node.bounding_box())]
    left, top = (min(box[side] for box in boxes) - 12 for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes) + 12
    bottom = max(box["y"] + box["height"] for box in boxes) + 24
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def _reports(browser, report: Path, target: Path) -> None:
    for scheme, size, ending in (
        ("light", _SIZE, ""),
        ("dark", _SIZE, "_dark"),
        ("light", {"width": 390, "height": 800}, "_phone"),
    ):
        page = browser.new_page(viewport=size, color_scheme=scheme, device_scale_factor=_SCALE)
        _report(page, report.as_uri(), target, ending)


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
