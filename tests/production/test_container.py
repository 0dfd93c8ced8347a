"""The image, as far as it goes without a container engine: its files, its install, its start."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests import processes

ROOT = Path(__file__).resolve().parents[2]
CONTAINER = (ROOT / "Containerfile").read_text()
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SECONDS = 240


def _copied():
    return [
        (source, target)
        for sources, target in re.findall(r"^COPY (.+) (\S+)$", CONTAINER, re.M)
        for source in sources.split()
    ]


def _in_context(path):
    """Whether .dockerignore leaves a path in: the last line that matches it or a folder of it."""
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    kept = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and any(fnmatch.fnmatch(a, pattern) for a in above):
            kept = line.startswith("!")
    return kept


def test_the_context_holds_what_is_copied_and_no_data_or_secrets():
    for source, _ in _copied():
        assert _in_context(source), source
    for path in ("data/articles/a.parquet", "inbox/2018-07-27/a.txt", ".env", ".git/config",
                 ".venv/bin/python", "pipeline/defs/__pycache__/assets.pyc"):  # fmt: skip
        assert not _in_context(path), path


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """What the container file copies and installs, in a folder; its packages are those of here."""
    work = tmp_path_factory.mktemp("image")
    for source, target in _copied():
        place = work / "opt" if not target.startswith("/") else work / target.strip("/")
        place = place / source if target in ("./", f"./{source}") else place
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / source, place)
    [install] = re.findall(r"^RUN pip (install .+) \.$", CONTAINER, re.M)
    command = [sys.executable, "-m", "pip", *install.split(), "--quiet", "--target", "../site", "."]
    subprocess.run(command, cwd=work / "opt", check=True, capture_output=True, timeout=SECONDS)
    # The code must not be found where it was copied from: it has to be in what was installed.
    shutil.rmtree(work / "opt")
    return work


def test_the_code_server_answers_from_what_is_installed(image, tmp_path):
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_")},
        "PYTHONPATH": str(image / "site"),
        "DAGSTER_HOME": "",
        "COPYDESK_DATA": str(tmp_path / "data"),
        "COPYDESK_INBOX": str(tmp_path / "inbox"),
    }
    programs = Path(sys.executable).parent
    socket = str(tmp_path / "code.sock")

    def command(words):
        """The command of a service, on a socket of its own instead of the service's port."""
        kept = [w for w in words if w not in ("--host", "0.0.0.0", "--port", "4000")]
        return [str(programs / kept[0]), *kept[1:], "--socket", socket]

    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command(SERVICES["code"]["command"]),
            cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        health = command(SERVICES["code"]["healthcheck"]["test"][1:])
        end = time.monotonic() + SECONDS
        while subprocess.run(health, cwd=tmp_path, env=environment, capture_output=True).returncode:
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, "the code server is not healthy"
        listed = subprocess.run(
            [sys.executable, "-c", "import pipeline; print(pipeline.__file__)"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert str(image / "site") in listed.stdout
    finally:
        processes.end(server)


def test_every_command_is_one_that_its_program_takes():
    from dagster._cli.api import grpc_command, grpc_health_check_command
    from dagster._daemon.cli import run_command
    from dagster_webserver.cli import dagster_webserver

    commands = [
        (grpc_command, SERVICES["code"]["command"][3:]),
        (grpc_health_check_command, SERVICES["code"]["healthcheck"]["test"][4:]),
        (run_command, SERVICES["daemon"]["command"][2:]),
        (dagster_webserver, SERVICES["web"]["command"][1:]),
    ]
    for program, words in commands:
        assert all(isinstance(word, str) for word in words)
        # What the program does not know raises; nothing is run.
        assert program.make_context("program", list(words))
    assert CONTAINER.rstrip().endswith("CMD " + str(SERVICES["code"]["command"]).replace("'", '"'))
