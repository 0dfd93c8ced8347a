"""Run `copydesk` twice, the second time without the right to write: FIRST SECOND OUT.

As root, which may write anywhere, the second run gives its rights up. Everything is imported by
then, so that it needs no right to read the project.
"""

import os
import sys
from pathlib import Path

from pipeline.cli import main

NOBODY = 65534


def run(source: str, out: str) -> int:
    return main(["run", source, "--scrape-date", "2018-07-27", "--out", out])


if __name__ == "__main__":
    first, second, out = sys.argv[1:]
    assert run(first, out) == 0
    for path in (Path(out), *Path(out).rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    status = run(second, out)
    os.seteuid(was)
    sys.exit(status)
