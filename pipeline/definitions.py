"""Dagster's entry point: everything that the code location offers."""

import dagster as dg

from pipeline.defs.assets import ASSETS
from pipeline.defs.automation import daily, inbox, process_day
from pipeline.defs.resources import storage_from_environment

defs = dg.Definitions(
    assets=ASSETS,
    jobs=[process_day],
    schedules=[daily],
    sensors=[inbox],
    resources={"storage": storage_from_environment()},
    executor=dg.in_process_executor,
)
