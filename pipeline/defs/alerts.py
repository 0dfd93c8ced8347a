"""Telling somebody: runs that failed and checks that said no, posted to a web hook.

Dagster shows what is red to whoever looks; these sensors tell those who do not. Both are off until
COPYDESK_ALERT_URL names a hook that takes `{"text": "…"}`, as those of most chat services do.
Warnings come through as well: a site that changed its layout is one, and ends no run.
"""

import json
import os
import urllib.request
from collections.abc import Sequence

import dagster as dg

SETTING = "COPYDESK_ALERT_URL"
_TIMEOUT_SECONDS = 10
#: So many checks are told in one message; the rest is counted.
_TOLD = 20
_STATUS = (
    dg.DefaultSensorStatus.RUNNING if os.environ.get(SETTING) else dg.DefaultSensorStatus.STOPPED
)


@dg.run_failure_sensor(
    name="tell_of_failed_runs",
    description=f"Posts each failed run, and what its checks said, to {SETTING}.",
    default_status=_STATUS,
)
def tell_of_failed_runs(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Post a run that failed: a crash, or a check that ended it."""
    reason = context.failure_event.message or "no reason given"
    return _tell(context, [f"failed: {reason.splitlines()[0]}", *_objections(context)])


@dg.run_status_sensor(
    name="tell_of_checks",
    run_status=dg.DagsterRunStatus.SUCCESS,
    description=f"Posts the checks of each run that ended well and yet said no to {SETTING}.",
    default_status=_STATUS,
)
def tell_of_checks(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
    """Post what the checks of a run said no to; nothing where all said yes."""
    objections = _objections(context)
    if not objections:
        return dg.SkipReason(f"all checks of {context.dagster_run.run_id} said yes")
    return _tell(context, ["ended well, but:", *objections])


def _objections(context: dg.RunStatusSensorContext) -> list[str]:
    """The checks of a run that said no, one line each, those that are red first."""
    entries = context.instance.all_logs(
        context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    )
    events = [entry.dagster_event for entry in entries if entry.dagster_event]
    noes = [found for e in events if not (found := e.asset_check_evaluation_data).passed]
    red = dg.AssetCheckSeverity.ERROR
    noes.sort(key=lambda found: (found.severity != red, found.asset_key, found.check_name))
    told = [
        f"{'red' if found.severity == red else 'warning'}: {found.asset_key.to_user_string()} "
        f"{found.check_name}, {found.partition or 'all days'}: {found.description or 'no'}"
        for found in noes[:_TOLD]
    ]
    return told + ([f"and {len(noes) - _TOLD} more"] if len(noes) > _TOLD else [])


def _tell(context: dg.RunStatusSensorContext, lines: Sequence[str]) -> dg.SkipReason | None:
    """Post lines on a run; an answer other than 2xx, or none, fails the tick, which shows it."""
    address = os.environ.get(SETTING, "")
    if not address.startswith(("https://", "http://")):
        return dg.SkipReason(f"{SETTING} names no address of the web")
    run = context.dagster_run
    day = run.tags.get("dagster/partition", "no day")
    text = "\n".join([f"Copydesk, {day}, run {run.run_id[:8]} {lines[0]}", *lines[1:]])
    request = urllib.request.Request(  # noqa: S310 - only https and http, see above
        address,
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        return None
