"""What docs/production.md names is there, and the settings of the instance are told one by one."""

import re
from pathlib import Path

import pytest

from pipeline.definitions import defs
from pipeline.defs import assets, checks

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "production.md").read_text()
README = (ROOT / "README.md").read_text()


def test_sensors_and_schedules_named_are_there():
    repository = defs.get_repository_def()
    found = [*repository.sensor_defs, *repository.schedule_defs]
    assert {each.name for each in found} == {"inbox", "daily", *_told("## Being told")}
    assert all(f"`{each.name}`" in PAGE for each in found)


def _told(heading):
    """The names in the first column of the tables of a section."""
    section = PAGE.split(heading)[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.M))


def test_checks_and_pools_named_are_there():
    every = {
        spec.name: spec.blocking
        for asset in assets.ASSETS
        for spec in asset.check_specs
    }  # fmt: skip
    assert _told("## Checks") == {name for name, blocking in every.items() if not blocking}
    assert checks.REPORT_CHECK.blocking
    for pool in (assets.DAY_POOL, assets.CLUSTER_POOL, assets.REPORT_POOL):
        assert f"`{pool}`" in PAGE


def test_every_setting_that_the_code_reads_is_told():
    code = "".join(path.read_text() for path in (ROOT / "pipeline").rglob("*.py"))
    read = set(re.findall(r"COPYDESK_[A-Z_]+[A-Z]", code))
    for page in (PAGE, README):
        assert read == set(re.findall(r"^\| `(COPYDESK_\w+)` \|", page, re.M))


def test_the_environment_told_is_that_of_the_instance():
    asked = set(re.findall(r"\{env: (\w+)\}", (ROOT / "dagster-production.yaml").read_text()))
    section = PAGE.split("## Without containers")[1].split("\n## ")[0]
    assert asked | {"DAGSTER_HOME"} <= set(re.findall(r"(\w+)=", section))


@pytest.mark.parametrize("name", ["dagster.yaml", "dagster-production.yaml"])
def test_every_block_of_the_instance_says_what_it_does(name):
    """A comment above it, or one above its first setting."""
    for block in (ROOT / name).read_text().strip().split("\n\n"):
        lines = [line.lstrip() for line in block.splitlines()]
        opening = next(n for n, line in enumerate(lines) if not re.match(r"[\w_]+:$", line))
        assert lines[0].startswith("#") or lines[opening].startswith("#"), block
