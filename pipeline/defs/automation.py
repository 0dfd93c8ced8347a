"""When runs start: one job over all assets, a daily schedule, a sensor on the inbox."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

import dagster as dg

from pipeline.defs.partitions import FIRST_DAY, is_partition
from pipeline.defs.resources import StorageResource
from pipeline.inbox import day_folders, folder_of

#: So many folders that are left alone are named.
_NAMED = 5

#: Everything, for one day of scrapes.
process_day = dg.define_asset_job(
    "process_day",
    selection=dg.AssetSelection.all(),
    description="Process one day of scrapes from the inbox to the published articles.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=process_day,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    description="Processes the day before, every morning at 02:00 UTC, if the inbox has it: what "
    "the sensor has done already is read again and changes nothing.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily(
    context: dg.ScheduleEvaluationContext, storage: StorageResource
) -> dg.RunRequest | dg.SkipReason:
    """Ask for the day before the tick: by then it is complete.

    A day that nothing came for is not run: it would look fresh, and is late.
    """
    day = (context.scheduled_execution_time - timedelta(days=1)).date().isoformat()
    if folder_of(storage.inbox, day) is None:
        return dg.SkipReason(f"{storage.inbox} has no folder {day}")
    return dg.RunRequest(run_key=f"daily:{day}", partition_key=day)


@dg.sensor(
    job=process_day,
    name="inbox",
    description="Starts a run for each day's folder in the inbox with new or changed files.",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def inbox(
    context: dg.SensorEvaluationContext, storage: StorageResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Compare what each day's folder holds with what it held when it was last processed.

    The run key is made from the day, the listing and the one before it, so the same files never
    run twice, and files that arrive late or are taken away start a new run. A folder of a day
    that is no partition waits until it is one.
    """
    from pipeline.ingest import listing

    known: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    current, waiting = {}, []
    for day, folder in day_folders(storage.inbox):
        files = [tuple(map(str, entry)) for entry in listing([folder])]
        if files and not is_partition(day):
            waiting.append(day.isoformat())
        elif files:
            current[day.isoformat()] = hashlib.sha256(repr(sorted(files)).encode()).hexdigest()[:16]
    changed = [key for key, digest in current.items() if known.get(key) != digest]
    for key in changed:
        run_key = ":".join(filter(None, (key, known.get(key), current[key])))
        yield dg.RunRequest(run_key=run_key, partition_key=key)
    outside = _outside(waiting)
    if not changed:
        yield dg.SkipReason(f"no new or changed files in {storage.inbox}{outside}")
    elif outside:
        context.log.warning(outside.removeprefix("; "))
    context.update_cursor(json.dumps(current))


def _outside(days: Sequence[str]) -> str:
    """Say which folders wait for their day to become a partition; nothing where none does."""
    if not days:
        return ""
    named = ", ".join(days[:_NAMED]) + (" …" if len(days) > _NAMED else "")
    return f"; not from {FIRST_DAY} (COPYDESK_FIRST_DAY) to today, and so left alone: {named}"
