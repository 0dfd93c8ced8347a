"""What must hold of a day's tables: read back from storage, so that a check sees what readers see.

Each function returns a `Verdict`. When a check runs and whether it blocks belongs to
`pipeline.defs.checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow.compute as pc

from pipeline.contracts import contract, violations
from pipeline.publish.storage import Storage


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a check holds, why not in a sentence, and the numbers it looked at."""

    passed: bool
    message: str = ""
    numbers: Mapping[str, int | float] = field(default_factory=dict)


def holds_contract(storage: Storage, table: str, day: date) -> Verdict:
    """Check columns, required values and allowed values of a partition against its contract."""
    found: set[str] = set()
    rows = 0
    for batch in storage.batches(table, day, rows=4_096):
        rows += batch.num_rows
        found.update(violations(table, batch))
        found.update(_pattern_breaks(table, batch))
    return Verdict(not found, "; ".join(sorted(found)), {"rows": rows})


def _pattern_breaks(table: str, batch: object) -> list[str]:
    broken = []
    for prop in contract(table)["schema"][0]["properties"]:
        pattern = prop.get("logicalTypeOptions", {}).get("pattern")
        if pattern is None:
            continue
        good = pc.match_substring_regex(batch[prop["name"]], pattern)  # type: ignore[index]
        if not pc.all(good, skip_nulls=True).as_py() and len(good):
            broken.append(f"values of {prop['name']} outside {pattern}")
    return broken


def unique_ids(storage: Storage, table: str, day: date, column: str) -> Verdict:
    """Check that no value of `column` stands twice in a partition."""
    values = storage.read(table, [day], [column])[column]
    distinct = pc.count_distinct(values).as_py()
    repeated = len(values) - distinct
    message = f"{repeated} rows repeat the {column} of another" if repeated else ""
    return Verdict(not repeated, message, {"rows": len(values), "distinct": distinct})


def conservation(storage: Storage, day: date) -> Verdict:
    """Check that each raw document is an article or in quarantine, and nothing else is."""
    documents = set(storage.read("raw_documents", [day], ["article_id"])["article_id"].to_pylist())
    articles = set(storage.read("articles", [day], ["article_id"])["article_id"].to_pylist())
    failed = storage.read("quarantine", [day], ["article_id", "stage"])
    later = failed.filter(pc.not_equal(failed["stage"], "ingest"))["article_id"]
    quarantined = set(later.to_pylist())
    lost = documents - articles - quarantined
    extra = (articles | quarantined) - documents
    twice = articles & quarantined
    numbers = {
        "documents": len(documents),
        "articles": len(articles),
        "quarantined": len(quarantined),
    }
    if lost or extra or twice:
        message = (
            f"{len(lost)} documents lost, {len(extra)} from nowhere, {len(twice)} both article "
            "and quarantined; materialise the day again from raw_documents"
        )
        return Verdict(False, message, numbers)
    return Verdict(True, "", numbers)
