"""Dagster's entry point: everything that the code location offers."""

import dagster as dg

from pipeline.defs.alerts import tell_of_checks, tell_of_failed_runs
from pipeline.defs.assets import ASSETS
from pipeline.defs.automation import daily, inbox, process_day
from pipeline.defs.resources import storage_from_environment

defs = dg.Definitions(
    assets=ASSETS,
    jobs=[process_day],
    schedules=[daily],
    sensors=[inbox, tell_of_failed_runs, tell_of_checks],
    resources={"storage": storage_from_environment()},
    executor=dg.in_process_executor,
)
