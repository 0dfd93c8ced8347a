"""What the docs say to type is typed: every block of shell commands runs, in the order of the page.

A block that cannot run here says so in a comment before it, `<!-- not run by the tests: WHY -->`.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]
#: The only reasons why a block is not run.
REASONS = {
    "installs",
    "starts servers",
    "needs a container engine",
    "these tests are part of it",
    "trains for minutes",
}
_BLOCK = re.compile(
    r"(?:<!-- not run by the tests: (?P<why>[^>]+) -->\n)?"
    r"```(?P<kind>sh|bash|shell|console)\n(?P<text>.*?)```",
    re.S,
)
#: What the commands need of a checkout.
_NEEDED = (
    "Makefile", "pyproject.toml", "requirements.lock", "dagster.yaml", "README.md", "LICENSE",
    "seeds", "schemas", "pipeline",
)  # fmt: skip


def _blocks(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert len(_BLOCK.findall(text)) == len(
        re.findall(r"^```(?:sh|bash|shell|console)$", text, re.M)
    )
    return [match.groupdict() for match in _BLOCK.finditer(text)]


def _commands(block):
    """The commands of a block: all lines, or those after a prompt."""
    lines = block["text"].splitlines()
    if block["kind"] == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the project as it is after the first `make run`: its packages are installed."""
    copy = tmp_path_factory.mktemp("docs") / "copydesk"
    copy.mkdir()
    for name in _NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, copy / name)
    (copy / ".venv").mkdir()
    (copy / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    # Newer than the locks: nothing is left to install.
    for mark in (".installed", ".installed-dev"):
        (copy / ".venv" / mark).touch()
    return copy


@pytest.mark.parametrize("page", [page for page in PAGES if _blocks(page)])
def test_what_a_page_says_to_type_works(page, checkout):
    environment = {
        **os.environ,
        "PATH": f"{checkout / '.venv' / 'bin'}:{os.environ['PATH']}",
        "DAGSTER_HOME": str(checkout),
        "COLUMNS": "120",
    }
    for block in _blocks(page):
        if block["why"]:
            assert block["why"] in REASONS
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", _commands(block)],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, (
            f"{block['text']}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )


def test_most_blocks_of_the_first_page_run():
    run = [block for block in _blocks("README.md") if not block["why"]]
    assert any("make run" in block["text"] for block in run)
    assert any("copydesk run" in block["text"] for block in run)
