"""A real browser, a real Dagster web server and real scrapes, for the tests and screenshots."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from tests.processes import end

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds"
DAY = date(2018, 7, 27)
CHROMIUM = os.environ.get("COPYDESK_CHROMIUM") or shutil.which("chromium")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
#: No call home, nothing looked up: the machine may have no network.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

#: One process that runs what is clicked at once, without a queue or a daemon.
_INSTANCE = """\
telemetry:
  enabled: false
nux:
  enabled: false
run_coordinator:
  module: dagster._core.run_coordinator
  class: DefaultRunCoordinator
"""

#: Runs wait in a queue and are started one after the other by the daemon.
_QUEUED = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""

#: Errors that Dagster's own pages tell the console, by a part of their text: none that is known.
KNOWN_TROUBLES: tuple[str, ...] = ()

#: Long enough for a loaded machine; nothing waits this long where all is well.
SECONDS = 240
_BACKFILLS = """{partitionBackfillsOrError { ... on PartitionBackfills {
  results { id status partitionNames } } }}"""
_RUNS = """{runsOrError { ... on Runs { results { runId status tags { key value } } } }}"""


def run_copydesk(inbox: Path, out: Path) -> None:
    """Run the command line over an inbox."""
    command = [sys.executable, "-m", "pipeline.cli", "run", str(inbox), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=2 * SECONDS)


def _environment(folder: Path, inbox: Path) -> dict[str, str]:
    """The settings of a Dagster of its own in `folder`."""
    return os.environ | {
        "DAGSTER_HOME": str(folder / "home"),
        "COPYDESK_DATA": str(folder / "data"),
        "COPYDESK_INBOX": str(inbox),
    }


@contextmanager
def web_server(folder: Path, inbox: Path, queue: bool = False) -> Iterator[str]:
    """Serve Dagster's UI over `inbox` from a home of its own; yield its address.

    With a `queue`, runs wait until a `daemon` starts them.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text(_QUEUED if queue else _INSTANCE)
    port = _free_port()
    environment = _environment(folder, inbox)
    command = [sys.executable, "-m", "dagster_webserver", "-m", "pipeline.definitions",
               "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/server_info", server)
        yield address
    finally:
        end(server)
        log.close()


@contextmanager
def daemon(folder: Path, inbox: Path) -> Iterator[None]:
    """Run Dagster's daemon for the home that `web_server` made in `folder`."""
    command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "pipeline.definitions"]
    with (folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(folder, inbox), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield
        finally:
            end(process)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, "the web server stopped"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(f"no answer from {url}")


def materialise(page, address: str, day: date = DAY) -> None:
    """Click all assets of a day into a run, and wait until it has succeeded."""
    before = {run["runId"] for run in runs(page, address)}
    dialog = choose_days(page, address, day.isoformat())
    dialog.get_by_role("button", name="Launch 1 run").click()
    run = until(lambda: _ended(page, address, before))
    assert {"key": "dagster/partition", "value": day.isoformat()} in run["tags"]
    assert run["status"] == "SUCCESS"
    page.goto(f"{address}/runs")
    page.locator(f"a[href$='{run['runId']}']").first.wait_for()
    page.get_by_text("Success", exact=True).first.wait_for()


def _ended(page, address: str, before: set[str]) -> dict[str, Any] | None:
    """The run that was not there before, once it has ended."""
    new = [run for run in runs(page, address) if run["runId"] not in before]
    return new[0] if new and new[0]["status"] in {"SUCCESS", "FAILURE", "CANCELED"} else None


def choose_days(page, address: str, days: str):
    """Open the dialog that materialises all assets and choose days; return the dialog."""
    page.goto(f"{address}/asset-groups")
    page.get_by_role("button", name="Materialize all").click()
    dialog = page.locator(".bp5-dialog")
    dialog.get_by_role("button", name="Show all partitions").click()
    # The first day stands under the bar once the dialog knows all days; it chooses one by itself.
    dialog.get_by_text("2000-01-01", exact=True).wait_for()
    box = dialog.locator("input[type=text]").first
    box.fill(days)
    box.press("Enter")
    return dialog


def runs(page, address: str) -> list[dict[str, Any]]:
    """Return the runs that the web server knows."""
    return _asked(page, address, _RUNS)["runsOrError"]["results"]


def backfills(page, address: str) -> list[dict[str, Any]]:
    """Return the backfills that the web server knows."""
    return _asked(page, address, _BACKFILLS)["partitionBackfillsOrError"]["results"]


def _asked(page, address: str, query: str) -> dict[str, Any]:
    answer = page.request.post(f"{address}/graphql", data={"query": query}, timeout=1_000 * SECONDS)
    return answer.json()["data"]


def unknown_troubles(page) -> list[str]:
    """Return the errors of a page that are not Dagster's own known ones."""
    return [each for each in page.troubles if not any(known in each for known in KNOWN_TROUBLES)]


def until(look: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Return what `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.3)
    raise TimeoutError("nothing came")


def show_partition(page, address: str, asset: str, day: date = DAY) -> None:
    """Open the page of an asset at the partition of a day."""
    page.goto(f"{address}/assets/{asset}?view=partitions&partition={day}")
    page.get_by_text("bytes", exact=True).first.wait_for()


def open_chromium(playwright):
    """Start the browser without a window."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=1_000 * SECONDS)


def new_context(browser, **options):
    """Return a context that waits long enough for a loaded machine."""
    context = browser.new_context(**options)
    context.set_default_timeout(1_000 * SECONDS)
    return context
