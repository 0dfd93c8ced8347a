"""Asset checks: contract, unique ids, conservation. Blocking where going on would mislead.

They run in the step that writes the table, for the day that it wrote, and read back from storage
what readers will see.
"""

from collections.abc import Callable
from datetime import date

import dagster as dg

from pipeline.contracts import contract
from pipeline.publish import checks
from pipeline.publish.storage import Storage

_Check = Callable[[Storage, date], checks.Verdict]


def specs(*tables: str) -> list[dg.AssetCheckSpec]:
    """Return the checks that the assets of `tables` declare."""
    return [
        dg.AssetCheckSpec(name, asset=table, description=description, blocking=True)
        for table in tables
        for name, (description, _) in _checks(table).items()
    ]


def results(table: str, storage: Storage, day: date) -> list[dg.AssetCheckResult]:
    """Run the checks of a table over the partition of `day`."""
    return [
        _result(table, name, check(storage, day)) for name, (_, check) in _checks(table).items()
    ]


def _checks(table: str) -> dict[str, tuple[str, _Check]]:
    """The checks of a table by name: description and function."""
    found: dict[str, tuple[str, _Check]] = {
        "contract": (
            f"Columns, required and allowed values are as schemas/{table}.yaml says.",
            lambda storage, day: checks.holds_contract(storage, table, day),
        )
    }
    key = _unique_column(table)
    if key is not None:
        found["unique_ids"] = (
            f"No {key} stands twice in the partition.",
            lambda storage, day: checks.unique_ids(storage, table, day, key),
        )
    if table == "articles":
        found["conservation"] = (
            "Each document of the day is an article or in quarantine; nothing is lost.",
            checks.conservation,
        )
    return found


def _unique_column(table: str) -> str | None:
    properties = contract(table)["schema"][0]["properties"]
    return next((prop["name"] for prop in properties if prop.get("unique")), None)


def _result(table: str, name: str, verdict: checks.Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=table,
        check_name=name,
        passed=verdict.passed,
        description=verdict.message or None,
        metadata=dict(verdict.numbers),
    )
