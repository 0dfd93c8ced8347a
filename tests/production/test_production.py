"""The production set-up runs against a real PostgreSQL server: queue, daemon, sensor, run."""

import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
import yaml

from tests.processes import end

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "dagster-production.yaml"
DAY = "2018-07-27"
#: Long enough for a loaded machine; nothing waits this long where all is well.
SECONDS = 300


def _postgres_programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))  # noqa: PTH207
    return Path(found[-1]).parent if found else None


def _run(command, **kwargs):
    """Run as the user postgres where we are root: the server refuses root."""
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    return subprocess.run(command, check=True, capture_output=True, timeout=SECONDS, **kwargs)


@contextmanager
def _postgres(programs):
    """Start a server of its own in an empty folder; yield its port."""
    folder = Path(tempfile.mkdtemp(prefix="copydesk-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    try:
        _run([programs / "initdb", "-D", data, "-U", "dagster", "--auth=trust"], cwd="/")
        log = str(folder / "log")
        _run([programs / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "-t", str(SECONDS),
              "start"], cwd="/")  # fmt: skip
        _run([programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "dagster",
              "copydesk"], cwd="/")  # fmt: skip
        yield port
    finally:
        _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A Dagster home with the production configuration, over a running PostgreSQL."""
    programs = _postgres_programs()
    if programs is None:
        if os.environ.get("COPYDESK_POSTGRES_TESTS") == "required":
            pytest.fail("no PostgreSQL server: apt-get install postgresql")
        pytest.skip("no PostgreSQL server on this machine")
    pytest.importorskip("dagster_postgres")
    folder = tmp_path_factory.mktemp("production")
    shutil.copy(CONFIG, folder / "dagster.yaml")
    shutil.copytree(ROOT / "seeds", folder / "inbox" / DAY)
    with _postgres(programs) as port:
        settings = {
            "DAGSTER_HOME": str(folder),
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(port),
            "DAGSTER_PG_DB": "copydesk",
            "DAGSTER_PG_USERNAME": "dagster",
            "DAGSTER_PG_PASSWORD": "unused",
            "DAGSTER_COMPUTE_LOGS": str(folder / "logs"),
            "COPYDESK_DATA": str(folder / "data"),
            "COPYDESK_INBOX": str(folder / "inbox"),
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            yield folder


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_new_scrapes_become_articles_by_sensor_queue_and_daemon(home):
    with dg.DagsterInstance.get() as instance:
        assert "Postgres" in type(instance.event_log_storage).__name__
        assert instance.run_retries_enabled
        assert instance.run_monitoring_enabled
        log = (home / "daemon.log").open("wb")
        command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "pipeline.definitions"]
        daemon = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        try:
            run = _ended(instance, daemon)
        finally:
            end(daemon)
            log.close()
        assert run.status == dg.DagsterRunStatus.SUCCESS
        assert run.tags["dagster/partition"] == DAY
        assert run.tags["dagster/sensor_name"] == "inbox"
        published = instance.get_materialized_partitions(dg.AssetKey("articles"))
        assert published == {DAY}
    assert (home / "data" / "report" / f"{DAY}.html").is_file()


def _ended(instance, daemon):
    end = time.monotonic() + 2 * SECONDS
    while time.monotonic() < end:
        assert daemon.poll() is None, "the daemon stopped"
        runs = [run for run in instance.get_runs() if run.is_finished]
        if runs:
            return runs[0]
        time.sleep(0.5)
    raise TimeoutError("no run ended")


def test_two_runs_of_one_day_wait_for_each_other():
    config = yaml.safe_load(CONFIG.read_text())
    limits = config["concurrency"]["runs"]["tag_concurrency_limits"]
    assert {
        "key": "dagster/partition",
        "value": {"applyLimitPerUniqueValue": True},
        "limit": 1,
    } in limits
    assert config["concurrency"]["pools"]["default_limit"] == 1


def test_compose_gives_what_the_configuration_asks_for():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    asked = set(re.findall(r"\{env: (\w+)\}", CONFIG.read_text()))
    container = (ROOT / "Containerfile").read_text()
    fixed = set(re.findall(r"(\w+)=/", container))
    assert set(compose["services"]) == {"postgres", "code", "daemon", "web", "report"}
    for name in ("code", "daemon", "web"):
        service = compose["services"][name]
        assert asked <= set(service["environment"]) | fixed, name
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert shutil.which(service["command"][0], path=str(Path(sys.executable).parent))
    named = set(compose["volumes"])
    used = {v.split(":")[0] for s in compose["services"].values() for v in s["volumes"]}
    assert named == {volume for volume in used if volume.isidentifier()}


def _pinned(lock):
    """The pins of a lock, each with the Python versions that it is for."""
    return set(re.findall(r"^([\w.-]+==.+?) \\$", (ROOT / lock).read_text(), re.M))


def test_the_container_has_what_the_configuration_needs():
    production, plain = _pinned("requirements-production.lock"), _pinned("requirements.lock")
    assert plain <= production <= _pinned("requirements-dev.lock")
    assert {"dagster-postgres", "psycopg2-binary"} <= {pin.split("==")[0] for pin in production}
    assert "--requirement requirements-production.lock" in (ROOT / "Containerfile").read_text()


def test_the_container_is_built_from_files_that_exist():
    container = (ROOT / "Containerfile").read_text()
    copied = re.findall(r"^COPY (.+) \S+$", container, re.M)
    assert copied
    for sources in copied:
        for source in sources.split():
            assert (ROOT / source).exists(), source
    assert re.search(r"^USER copydesk$", container, re.M)
