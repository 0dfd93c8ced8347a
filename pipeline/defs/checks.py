"""Asset checks: contract, unique ids, conservation. Blocking where going on would mislead."""

import dagster as dg

from pipeline.contracts import contract
from pipeline.defs.partitions import day_of, scrape_days
from pipeline.defs.resources import StorageResource
from pipeline.publish import checks

#: The contracted tables that are assets, in the order of the flow.
TABLES = (
    "raw_documents",
    "quarantine",
    "outlet_furniture",
    "clean_documents",
    "article_metadata",
    "fingerprints",
    "duplicate_pairs",
    "syndication_clusters",
    "cluster_ledger",
    "articles",
)


def _result(verdict: checks.Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=verdict.passed,
        description=verdict.message or None,
        metadata=dict(verdict.numbers),
    )


def _contract_check(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=table,
        name="contract",
        description=f"Columns, required and allowed values are as schemas/{table}.yaml says.",
        blocking=True,
        partitions_def=scrape_days,
    )
    def check(
        context: dg.AssetCheckExecutionContext, storage: StorageResource
    ) -> dg.AssetCheckResult:
        return _result(checks.holds_contract(storage.open(), table, day_of(context)))

    return check


def _unique_check(table: str, column: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=table,
        name="unique_ids",
        description=f"No {column} stands twice in the partition.",
        blocking=True,
        partitions_def=scrape_days,
    )
    def check(
        context: dg.AssetCheckExecutionContext, storage: StorageResource
    ) -> dg.AssetCheckResult:
        return _result(checks.unique_ids(storage.open(), table, day_of(context), column))

    return check


@dg.asset_check(
    asset="articles",
    description="Each document of the day is an article or in quarantine; nothing is lost.",
    blocking=True,
    partitions_def=scrape_days,
)
def conservation(
    context: dg.AssetCheckExecutionContext, storage: StorageResource
) -> dg.AssetCheckResult:
    """Compare the ids of documents, articles and quarantine."""
    return _result(checks.conservation(storage.open(), day_of(context)))


def _unique_columns() -> dict[str, str]:
    keys = {}
    for table in TABLES:
        properties = contract(table)["schema"][0]["properties"]
        unique = [prop["name"] for prop in properties if prop.get("unique")]
        if unique:
            keys[table] = unique[0]
    return keys


CHECKS: list[dg.AssetChecksDefinition] = [
    *(_contract_check(table) for table in TABLES),
    *(_unique_check(table, column) for table, column in _unique_columns().items()),
    conservation,
]
