"""What a step tells Dagster of the days that it wrote: its own, and others that it wrote again.

A day's copies can lie in other days, so a run of one day writes parts of others anew. Dagster knows
a step by its own partition only: for the others it is told here, so that their pages, too, show
what readers will find.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from pipeline.defs import checks
from pipeline.publish.gate import Refused

#: What the page of an asset shows of a day.
Shown = Callable[[date], Mapping[str, Any]]
#: The verdicts on a day of an asset.
Verdicts = Callable[[date], list[dg.AssetCheckResult]]


def renewed(
    asset: str, days: list[date], by: date, shown: Shown, verdicts: Verdicts
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Yield a materialization and verdicts for each day of `asset` that the run of `by` renewed."""
    for day in days:
        yield dg.AssetMaterialization(
            asset_key=asset,
            partition=day.isoformat(),
            description=f"Written again with {by}, whose articles changed clusters of this day.",
            metadata={"written_again_with": by.isoformat(), **shown(day)},
        )
        for result in verdicts(day):
            yield evaluation(result, day)


def evaluation(result: dg.AssetCheckResult, day: date) -> dg.AssetCheckEvaluation:
    """Return a verdict on a day that is not the partition of the step.

    It is as red as that day's own run would show it, and ends no run but that one: each day
    answers for itself, and may just be in the hands of another run.
    """
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey.from_coercible(result.asset_key or []),
        check_name=result.check_name or "",
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        blocking=False,
        partition=day.isoformat(),
    )


def refusals(
    refused: list[Refused], own: date
) -> Iterator[dg.AssetCheckResult | dg.AssetCheckEvaluation]:
    """Yield the verdicts against articles that were not published, red on their day."""
    for each in refused:
        for result in checks.faults("articles", each.faults, each.day):
            yield result if each.day == own else evaluation(result, each.day)
