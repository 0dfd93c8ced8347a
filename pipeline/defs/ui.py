"""`make ui`: Dagster for development, and beside it the pages of the report that its pages link to.

A page from the web may not lead to files, and Dagster's web server shows none. A deployment has a
web server of its own for them: docs/production.md.
"""

import argparse
import functools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipeline.publish.report import FOLDER

_HOST = "127.0.0.1"
_SETTING = "COPYDESK_REPORT_URL"


class _Pages(SimpleHTTPRequestHandler):
    """Files of the report's folder; what is asked for is nobody's business but the reader's."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def report_pages(data: str, port: int) -> Iterator[str | None]:
    """Show the report's folder of a data directory on `port` of this machine; yield its address.

    Yields None, and shows nothing, for a data directory elsewhere and where the port is taken.
    """
    pages = functools.partial(_Pages, directory=str(Path(data).absolute() / FOLDER))
    try:
        server = None if "://" in data else ThreadingHTTPServer((_HOST, port), pages)
    except OSError:
        server = None
    if server is None:
        yield None
        return
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{_HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def main() -> int:
    """Run `dg dev` until it ends; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--port", type=int, default=3000, help="of Dagster; the report has the next"
    )
    port = parser.parse_args().port
    with report_pages(os.environ.get("COPYDESK_DATA", "data"), port + 1) as address:
        shown = {_SETTING: address} if address and _SETTING not in os.environ else {}
        print(f"Dagster is on its way: http://{_HOST}:{port}  (ctrl-C ends it)", flush=True)
        if shown:
            print(f"The report, once there is one: {address}", flush=True)
        command = [str(Path(sys.executable).parent / "dg"), "dev", "--host", _HOST]
        dagster = subprocess.Popen(  # noqa: S603 - our own program, and a number
            [*command, "--port", str(port)], env=os.environ | shown
        )
        # Ctrl-C reaches Dagster too; it ends in its own way, and this with it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: dagster.terminate())
        return dagster.wait()


if __name__ == "__main__":
    sys.exit(main())
