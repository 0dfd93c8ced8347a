"""Run the Dagster assets in process over given paths, with progress and a closing summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from pipeline.engine import progress
from pipeline.engine.early import to_stay
from pipeline.inbox import day_folders, day_of

if TYPE_CHECKING:
    import dagster as dg

    from pipeline.publish.storage import Storage


#: The asset that tells of all days together.
_REPORT: Final = "corpus_report"


class RunFailed(Exception):
    """An asset failed; the message says which and why in one line."""


class NothingToDo(Exception):
    """None of the paths holds anything to read; the message says so in one line."""


@dataclass(frozen=True, slots=True)
class DayOfWork:
    """The paths to read as one day of scrapes."""

    day: date
    paths: tuple[str, ...]


def run_paths(paths: Sequence[str], out: str, scrape_date: date | None, today: date) -> int:
    """Process `paths` into the data directory `out`; return the exit status.

    Raises `NothingToDo` where a path does not exist or holds nothing, or a day is no partition.
    """
    work = plan(paths, scrape_date, today)
    _refuse_empty(work)
    console = Console()
    try:
        read = _materialize_all(work, out, console)
    except RunFailed as error:
        return _failed(str(error))
    from pipeline.publish.storage import Storage
    from pipeline.publish.summary import print_summary

    print_summary(console, Storage(out), [day.day for day in work])
    if read["redelivered"]:
        console.print(f"{read['redelivered']} documents were in the corpus already")
    elif not read["documents"]:
        return _failed("nothing could be read; the reasons stand above, and in the quarantine")
    return 0


def _refuse_empty(work: Sequence[DayOfWork]) -> None:
    """Raise `NothingToDo` before anything is written, where there is nothing to write."""
    with to_stay():
        from pipeline.defs.partitions import FIRST_DAY, is_partition
        from pipeline.ingest import listing

    for day in work:
        if not is_partition(day.day):
            raise NothingToDo(
                f"{day.day} is no day of scrapes: days go from {FIRST_DAY} (COPYDESK_FIRST_DAY) "
                "to today"
            )
    paths = [path for day in work for path in day.paths]
    if next(iter(listing(paths)), None) is None:
        raise NothingToDo(f"no files in {', '.join(paths)}")


def _failed(failure: str) -> int:
    Console(stderr=True, soft_wrap=True).print(f"copydesk: {failure}", style="red", markup=False)
    return 1


def plan(paths: Sequence[str], scrape_date: date | None, today: date) -> list[DayOfWork]:
    """Return the days to process: folders named by a day each, all else as one day."""
    days: dict[date, list[str]] = {}
    for path in paths:
        if "://" not in path and not Path(path).exists():
            raise NothingToDo(f"{path}: no such file or folder")
        found = [] if scrape_date else _day_folders(path)
        for day, folder in found or [(scrape_date or today, path)]:
            days.setdefault(day, []).append(folder)
    return [DayOfWork(day, tuple(group)) for day, group in sorted(days.items())]


def _day_folders(path: str) -> list[tuple[date, str]]:
    """The days of an inbox, or the one day whose folder `path` is; empty for anything else."""
    if "://" not in path and not Path(path).is_dir():
        return []
    own = day_of(path.rstrip("/").rsplit("/", 1)[-1])
    return [(own, path)] if own else day_folders(path)


def replay(out: str, reason: str | None) -> int:
    """Try the quarantined items of `out` (those with `reason`) again; return the exit status.

    Days that a killed replay left half done are finished too. Raises `NothingToDo` where there
    are none, and quarantine holds nothing to try.
    """
    from pipeline.publish.storage import Storage
    from pipeline.publish.summary import print_summary
    from pipeline.stages import replay_day

    storage = Storage(out)
    begun = _half_done(storage)
    columns = ["scrape_date", "reason", "stage", "replayable"]
    held = storage.read("quarantine", columns=columns).to_pylist()
    meant = [row for row in held if reason in (None, row["reason"])]
    # What a later stage gave up lies whole in raw_documents.
    whole = [row for row in meant if row["replayable"] or row["stage"] != "ingest"]
    if not whole and not begun:
        kind = f"for the reason {reason}" if reason else "at all"
        raise NothingToDo(_nothing_to_replay(out, kind, held_in_part=bool(meant)))
    for day in sorted({row["scrape_date"] for row in whole}):
        with storage.lock(f"day-{day}"):
            storage.recover()
            replay_day(storage, day, reason)
        begun.add(day)
    days = sorted(begun)
    console = Console()
    try:
        _materialize_all([DayOfWork(day, ()) for day in days], out, console)
    except RunFailed as error:
        return _failed(str(error))
    print_summary(console, storage, days)
    return 0


def _half_done(storage: Storage) -> set[date]:
    """The days whose documents are newer than what was made of them, as make would ask."""
    cleaned = storage.modified("clean_documents")
    raw = storage.modified("raw_documents")
    return {day for day, written in raw.items() if written > cleaned.get(day, 0)}


def _nothing_to_replay(out: str, kind: str, held_in_part: bool) -> str:
    if not held_in_part:
        return f"the quarantine of {out} holds nothing {kind}"
    return (
        f"nothing to try again: what the quarantine of {out} holds {kind} was kept in part or is "
        "no document by itself; deliver it again"
    )


def _materialize_all(work: Sequence[DayOfWork], out: str, console: Console) -> Counter[str]:
    """Materialise the assets day by day; return what ingest counted, or raise `RunFailed`.

    Dagster's events are kept in memory until a day is done, and then forgotten. The report is
    written with the last day: every day changes pages of days before.
    """
    with to_stay():
        import dagster as dg

        import pipeline.defs.assets  # noqa: F401  - used for each day

        ephemeral = dg.DagsterInstance.ephemeral()
    tables = dg.AssetSelection.all() - dg.AssetSelection.assets(_REPORT)
    read: Counter[str] = Counter()
    with ephemeral as instance:
        for number, day in enumerate(work):
            last = day is work[-1]
            try:
                with _shown(console):
                    chosen = dg.AssetSelection.all() if last else tables
                    read += _materialize(day, out, instance, chosen)
                instance.wipe()
            except RunFailed:
                if number:  # the report tells of the days that went well
                    done = DayOfWork(work[number - 1].day, ())
                    with suppress(RunFailed):  # what failed first is what to tell
                        _materialize(done, out, instance, dg.AssetSelection.assets(_REPORT))
                raise
    return read


def _materialize(
    work: DayOfWork, out: str, instance: dg.DagsterInstance, chosen: dg.AssetSelection
) -> Counter[str]:
    """Materialise the `chosen` assets for one day; return what ingest counted.

    Without paths to read, what the day holds already is processed again. Raises `RunFailed`.
    """
    import dagster as dg

    from pipeline.defs.assets import ASSETS
    from pipeline.defs.resources import storage_from_environment

    config = {"paths": list(work.paths), "add": True}
    reading = {"ops": {"raw_documents": {"config": config}}} if work.paths else {}
    read_before = dg.AssetSelection.assets("raw_documents")
    result = dg.materialize(
        ASSETS,
        partition_key=work.day.isoformat(),
        resources={"storage": storage_from_environment(data=out, recorded=False)},
        instance=instance,
        run_config=reading | {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        selection=chosen if work.paths else chosen - read_before,
        raise_on_error=False,
    )
    if not result.success:
        raise RunFailed(_first_failure(result))
    return _ingest_counts(result)


def _ingest_counts(result: dg.ExecuteInProcessResult) -> Counter[str]:
    """The counts of documents that the asset `raw_documents` told, where it ran."""
    counts: Counter[str] = Counter()
    for event in result.get_asset_materialization_events():
        if event.asset_key is not None and event.asset_key.path == ["raw_documents"]:
            metadata = event.materialization.metadata
            for name in ("documents", "redelivered"):
                if name in metadata:
                    counts[name] += int(str(metadata[name].value))
    return counts


def _first_failure(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            reason = error.message.strip() if error else "no reason given"
            # A library's advice may follow in further paragraphs.
            return f"{event.step_key} failed: {reason.partition(chr(10) * 2)[0]}"
    checks = [c for c in result.get_asset_check_evaluations() if not c.passed]
    return "; ".join(f"check {c.check_name} of {c.asset_key}: {c.description}" for c in checks)


@contextmanager
def _shown(console: Console) -> Iterator[None]:
    """Show a progress bar while the block runs, where the output is a terminal."""
    if not console.is_terminal:
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description:<28}"), BarColumn())
    bar = Progress(*columns, MofNCompleteColumn(), console=console, transient=True)
    with bar, progress.watched_by(_Bar(bar)):
        yield


class _Bar:
    """A progress bar that starts anew with each stage."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("Starting", total=None)

    def begin(self, stage: str, total: int | None) -> None:
        self._bar.update(self._task, visible=False)
        self._task = self._bar.add_task(stage, total=total)

    def advance(self, units: int) -> None:
        self._bar.advance(self._task, units)
