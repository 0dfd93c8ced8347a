"""What docs/production.md shows works, and what it names is there."""

import re
from pathlib import Path

import dagster as dg

from pipeline.defs import assets, checks

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "production.md").read_text()


def test_the_alert_is_a_sensor_that_dagster_loads():
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    names = {}
    exec(compile(example, "production.md", "exec"), names)
    sensor = names["tell_the_desk"]
    assert isinstance(sensor, dg.RunStatusSensorDefinition)
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING


def test_checks_and_pools_named_are_there():
    every = {
        spec.name: spec.blocking
        for asset in assets.ASSETS
        for spec in asset.check_specs
    }  # fmt: skip
    section = PAGE.split("## Checks")[1].split("## Being told")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", section, re.M))
    assert told == {name for name, blocking in every.items() if not blocking}
    assert checks.REPORT_CHECK.blocking
    for pool in (assets.DAY_POOL, assets.CLUSTER_POOL, assets.REPORT_POOL):
        assert f"`{pool}`" in PAGE
