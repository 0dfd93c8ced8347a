"""Asset checks: which there are of each asset, and which of them block.

They run in the step that writes the table, for the day that it wrote, and read back from storage
what readers will see. A check blocks where going on would publish something false; the others
warn, because a poor day of scrapes is still worth reading.
"""

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from pipeline.contracts import contract
from pipeline.defs.escape import markdown_table, plain
from pipeline.defs.partitions import scrape_days
from pipeline.publish import checks, drift, report
from pipeline.publish.storage import Storage


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an asset: what it asks, and the function that answers.

    A no is red where the check is `severe`, else a warning; where it is `blocking`, it is red and
    ends the run.
    """

    name: str
    description: str
    run: Callable[[Storage, date], checks.Verdict]
    blocking: bool = False
    severe: bool = False


_OF_TABLE: Mapping[str, tuple[Check, ...]] = {
    "raw_documents": (
        Check(
            "not_empty",
            "Scrapes came in for the day.",
            lambda storage, day: checks.not_empty(storage, "raw_documents", day),
            severe=True,
        ),
    ),
    "quarantine": (
        Check(
            "quarantine_share",
            "At most a fifth of the day's items went to quarantine; of fewer than ten, half.",
            checks.quarantine_share,
        ),
    ),
    "clean_documents": (
        Check(
            "share_removed",
            "Cleaning took neither most of the text nor far more or less than in the days before.",
            checks.share_removed,
        ),
    ),
    "article_metadata": (
        Check(
            "field_drift",
            "Each outlet's fields are filled about as often as in the 14 days before. A site that "
            "changed its layout shows here by its name.",
            drift.field_drift,
        ),
    ),
    "fingerprints": (
        Check(
            "complete",
            "Every article of the day has its fingerprint.",
            lambda storage, day: checks.complete(storage, "fingerprints", "clean_documents", day),
            blocking=True,
        ),
    ),
    "duplicate_pairs": (
        Check(
            "pairs_hold",
            "Pairs join two articles, the later of them of the day, with shares from 0 to 1.",
            checks.pairs_hold,
            blocking=True,
        ),
    ),
    "syndication_clusters": (
        Check(
            "complete",
            "Every article of the day is in one cluster.",
            lambda storage, day: checks.complete(
                storage, "cluster_members", "clean_documents", day
            ),
            blocking=True,
        ),
        Check(
            "largest_cluster",
            "No cluster holds an unlikely share of the day's articles.",
            checks.largest_cluster,
        ),
    ),
    "cluster_ledger": (
        Check(
            "explains_clusters",
            "The last that the ledger says of each cluster of the day is how the cluster stands.",
            checks.ledger_explains,
        ),
    ),
    "articles": (
        Check(
            "conservation",
            "Each document of the day is an article or in quarantine; nothing is lost.",
            checks.conservation,
            blocking=True,
        ),
        Check(
            "canonicals_agree",
            "An article is canonical where, and only where, its cluster names it.",
            checks.canonicals_agree,
            blocking=True,
        ),
        Check(
            "not_empty",
            "The day has articles.",
            lambda storage, day: checks.not_empty(storage, "articles", day),
            severe=True,
        ),
        Check(
            "length_drift",
            "Each outlet's articles are about as long as in the 14 days before.",
            drift.length_drift,
        ),
    ),
}


def specs(*tables: str) -> list[dg.AssetCheckSpec]:
    """Return the checks that the assets of `tables` declare."""
    return [_spec(table, check) for table in tables for check in of_table(table)]


def _spec(asset: str, check: Check) -> dg.AssetCheckSpec:
    """A check with a verdict for each day: else a red day is hidden by the next one that is run.

    Dagster calls checks with partitions a preview, and warns; docs/production.md says what was
    tried before they were used.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(
            check.name,
            asset=asset,
            description=check.description,
            blocking=check.blocking,
            partitions_def=scrape_days,
        )


def results(table: str, storage: Storage, day: date) -> list[dg.AssetCheckResult]:
    """Run the checks of a table over the partition of `day`."""
    return [result(table, check, check.run(storage, day), day) for check in of_table(table)]


def _pages_contained(storage: Storage, day: date) -> checks.Verdict:
    """The verdict on the day's page and the corpus's, the worse of both."""
    pages = (report.day_page(day), report.CORPUS_PAGE)
    verdicts = [
        checks.self_contained(storage.read_bytes(page), report.PAGE_BYTES) for page in pages
    ]
    return min(verdicts, key=lambda verdict: verdict.passed)


REPORT_CHECK = Check(
    "self_contained",
    "Both pages run no script, load nothing from elsewhere and are of bounded size.",
    lambda storage, day: _pages_contained(storage, day),
    blocking=True,
)


def report_specs() -> list[dg.AssetCheckSpec]:
    """Return the checks that the report declares."""
    return [_spec("corpus_report", REPORT_CHECK)]


def report_results(storage: Storage, day: date) -> list[dg.AssetCheckResult]:
    """Run the checks of the report over the page of `day`."""
    return [result("corpus_report", REPORT_CHECK, REPORT_CHECK.run(storage, day), day)]


def faults(
    table: str, verdicts: Mapping[str, checks.Verdict], day: date
) -> list[dg.AssetCheckResult]:
    """Return verdicts on a day, by the names of the checks of `table`, as Dagster shows them."""
    named = {check.name: check for check in of_table(table)}
    return [result(table, named[name], verdict, day) for name, verdict in verdicts.items()]


@functools.cache
def of_table(table: str) -> tuple[Check, ...]:
    """Return the checks of a table: those of its contract, then its own."""
    found = [
        Check(
            "contract",
            f"Columns, required and allowed values are as schemas/{table}.yaml says.",
            lambda storage, day: checks.holds_contract(storage, table, day),
            blocking=True,
        )
    ]
    key = _unique_column(table)
    if key is not None:
        found.append(
            Check(
                "unique_ids",
                f"No {key} stands twice in the partition.",
                lambda storage, day: checks.unique_ids(storage, table, day, key),
                blocking=True,
            )
        )
    return (*found, *_OF_TABLE.get(table, ()))


def _unique_column(table: str) -> str | None:
    properties = contract(table)["schema"][0]["properties"]
    return next((prop["name"] for prop in properties if prop.get("unique")), None)


def result(asset: str, check: Check, verdict: checks.Verdict, day: date) -> dg.AssetCheckResult:
    """Return a verdict on a day as Dagster shows it: red where it is grave, a warning else."""
    # The list of a check's verdicts names no day by itself.
    metadata: dict[str, Any] = {"scrape_date": day.isoformat()} | dict(verdict.numbers)
    if verdict.rows:
        table = markdown_table(list(verdict.rows[0]), verdict.rows)
        metadata["details"] = dg.MetadataValue.md(table)
    red = check.blocking or check.severe
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check.name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR if red else dg.AssetCheckSeverity.WARN,
        description=plain(verdict.message) or None,
        metadata=metadata,
    )
