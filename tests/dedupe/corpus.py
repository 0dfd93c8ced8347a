"""A store filled the way the stages before de-duplication fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from pipeline import contracts
from pipeline.dedupe import ClusterChanges, clusters_for_day, fingerprint, pairs_for_day
from pipeline.dedupe.store import MemoryStore

DAY = date(2024, 5, 1)


def put(store: MemoryStore, day: date, articles: Sequence[Mapping[str, Any]]) -> None:
    """Store articles (article_id, text, metadata columns, and bio: bool) as a day's partition."""
    described = [
        {"authors": [], "evidence": [], **_without(each, "text", "bio"), "scrape_date": day}
        for each in articles
    ]
    store.write("article_metadata", day, contracts.to_table("article_metadata", described))
    store.write(
        "clean_documents", day, contracts.to_table("clean_documents", _clean(articles, day))
    )
    batch = pa.RecordBatch.from_pydict(
        {
            "article_id": pa.array([each["article_id"] for each in articles], pa.string()),
            "scrape_date": pa.array([day] * len(articles), pa.date32()),
            "text": pa.array([each["text"] for each in articles], pa.string()),
        }
    )
    store.write("fingerprints", day, pa.Table.from_batches([fingerprint(batch)]))


def run(store: MemoryStore, day: date, window: int | None = 30) -> ClusterChanges:
    """De-duplicate a day and write what that gives, as the caller of the package does."""
    for each, table in pairs_for_day(day, store, window).items():
        store.write("duplicate_pairs", each, table)
    changes = clusters_for_day(day, store, window)
    for each, table in changes.members.items():
        store.write("cluster_members", each, table)
    for each, table in changes.clusters.items():
        store.write("syndication_clusters", each, table)
    for each, table in changes.pairs.items():
        store.write("duplicate_pairs", each, table, part="clusters")
    store.append("cluster_ledger", day, changes.ledger)
    return changes


def partition(store: MemoryStore) -> set[tuple[str, frozenset[str]]]:
    """Return canonical article and members of every cluster."""
    groups: dict[str, set[str]] = {}
    for row in store.read("cluster_members").to_pylist():
        groups.setdefault(row["canonical_article_id"], set()).add(row["article_id"])
    return {(canonical, frozenset(members)) for canonical, members in groups.items()}


def _clean(articles: Sequence[Mapping[str, Any]], day: date) -> list[dict[str, Any]]:
    bio = {"start": 0, "end": 1, "role": "bio", "rule": "test", "score": 1.0}
    return [
        {
            "article_id": each["article_id"],
            "scrape_date": day,
            "source_uri": f"{each['article_id']}.txt",
            "raw_text": each["text"],
            "text": each["text"],
            "word_count": len(each["text"].split()),
            "extraction_method": "line_model",
            "removed": [bio] if each.get("bio") else [],
        }
        for each in articles
    ]


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}
