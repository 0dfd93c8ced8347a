"""A real browser, a real Dagster web server and real scrapes, for the tests and screenshots."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

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

#: How many runs the page of runs shows as ended.
_ENDED = "(document.body.innerText.match(/\\b(Success|Failure)\\b/g) || []).length"


def run_copydesk(inbox: Path, out: Path) -> None:
    """Run the command line over an inbox."""
    command = [sys.executable, "-m", "pipeline.cli", "run", str(inbox), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=240)


@contextmanager
def web_server(folder: Path, inbox: Path) -> Iterator[str]:
    """Serve Dagster's UI over `inbox` from a home of its own; yield its address."""
    home = folder / "home"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text(_INSTANCE)
    port = _free_port()
    environment = os.environ | {
        "DAGSTER_HOME": str(home),
        "COPYDESK_DATA": str(folder / "data"),
        "COPYDESK_INBOX": str(inbox),
    }
    command = [sys.executable, "-m", "dagster_webserver", "-m", "pipeline.definitions",
               "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/server_info", server)
        yield address
    finally:
        server.terminate()
        server.wait(60)
        log.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes], seconds: float = 90) -> None:
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
    """Click all assets of a day into a run, and wait until the run has succeeded."""
    page.goto(f"{address}/runs")
    page.get_by_text("Launched by").or_(page.get_by_text("No runs")).first.wait_for()
    before = page.evaluate(_ENDED)
    page.goto(f"{address}/asset-groups")
    page.get_by_role("button", name="Materialize all").click()
    dialog = page.locator(".bp5-dialog")
    dialog.get_by_role("button", name="Show all partitions").click()
    box = dialog.locator("input[type=text]")
    box.fill(day.isoformat())
    box.press("Enter")
    dialog.get_by_role("button", name="Launch 1 run").click()
    page.get_by_text("Launched run").first.wait_for()
    page.goto(f"{address}/runs")
    page.wait_for_function(f"before => {_ENDED} > before", arg=before, timeout=150_000)
    assert page.get_by_text("Failure", exact=True).count() == 0


def show_partition(page, address: str, asset: str, day: date = DAY) -> None:
    """Open the page of an asset at the partition of a day."""
    page.goto(f"{address}/assets/{asset}?view=partitions&partition={day}")
    page.get_by_text("seconds", exact=True).first.wait_for()


def open_chromium(playwright):
    """Start the browser without a window."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
