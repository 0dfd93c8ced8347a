"""Failed runs and checks that say no reach a web hook; what is well is not told."""

import json
import os
import subprocess
import sys
import threading
import urllib.error
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from pipeline.defs import alerts

DAYS = dg.StaticPartitionsDefinition(["2024-03-01"])


@pytest.fixture
def hook(monkeypatch):
    """A web hook; what was posted to it, and how it answers."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    posted = []
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.status, server.posted = 200, posted
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv(alerts.SETTING, f"http://127.0.0.1:{server.server_port}/hook")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def _tick(instance, sensor, *verdicts, blocking=False):
    """Run an asset whose checks say what is given; evaluate a sensor on the run."""
    specs = [
        dg.AssetCheckSpec(f"check_{n}", asset="table", blocking=blocking)
        for n in range(len(verdicts))
    ]

    @dg.multi_asset(specs=[dg.AssetSpec("table", partitions_def=DAYS)], check_specs=specs)
    def table():
        checks = [
            dg.AssetCheckResult(
                asset_key="table",
                check_name=f"check_{n}",
                passed=passed,
                severity=severity,
                description="daily.example lost its headlines",
            )
            for n, (passed, severity) in enumerate(verdicts)
        ]
        yield dg.MaterializeResult(asset_key="table", check_results=checks)

    result = dg.materialize(
        [table], partition_key="2024-03-01", instance=instance, raise_on_error=False
    )
    ended = [e for e in result.all_events if e.is_job_failure or e.is_job_success]
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor.name,
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        dagster_event=ended[-1],
    )
    if sensor is alerts.tell_of_failed_runs:
        context = context.for_run_failure()
    return sensor(context)


WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


def test_warnings_of_a_run_that_ended_well_are_told_red_first(instance, hook):
    _tick(instance, alerts.tell_of_checks, (False, WARN), (True, ERROR), (False, ERROR))
    [message] = hook.posted
    first, *rest = message["text"].splitlines()
    assert first.startswith("Copydesk, 2024-03-01, run ")
    assert first.endswith("ended well, but:")
    assert [line.split(",")[0] for line in rest] == [
        "red: table check_2",
        "warning: table check_0",
    ]
    assert "daily.example lost its headlines" in rest[0]


def test_a_failed_run_is_told_with_what_its_checks_said(instance, hook):
    _tick(instance, alerts.tell_of_failed_runs, (False, ERROR), blocking=True)
    [message] = hook.posted
    assert "2024-03-01" in message["text"]
    assert " failed: " in message["text"]
    assert "red: table check_0" in message["text"]


def test_a_run_without_fault_is_not_told(instance, hook):
    assert isinstance(_tick(instance, alerts.tell_of_checks, (True, ERROR)), dg.SkipReason)
    assert hook.posted == []


def test_many_checks_make_one_message_of_bounded_length(instance, hook):
    _tick(instance, alerts.tell_of_checks, *[(False, WARN)] * 30)
    [message] = hook.posted
    assert len(message["text"].splitlines()) == 22
    assert message["text"].endswith("and 10 more")


def test_a_hook_that_does_not_take_the_message_fails_the_tick(instance, hook):
    hook.status = 500
    with pytest.raises(urllib.error.HTTPError, match="500"):
        _tick(instance, alerts.tell_of_checks, (False, WARN))


@pytest.mark.parametrize("address", ["", "file:///etc/passwd"])
def test_nothing_is_posted_where_no_hook_is_named(instance, monkeypatch, address):
    monkeypatch.setenv(alerts.SETTING, address)
    assert isinstance(_tick(instance, alerts.tell_of_checks, (False, WARN)), dg.SkipReason)


def test_the_sensors_are_off_until_a_hook_is_named():
    code = "from pipeline.defs import alerts as a; print(a.tell_of_checks.default_status.name)"
    for address, status in ("", "STOPPED"), ("https://example.org/hook", "RUNNING"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, alerts.SETTING: address},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == status
