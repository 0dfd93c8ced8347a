"""Identities of clusters over time, and the history of what became of them.

A cluster's id is the id of one of its members, its founder; so no two clusters can share one. A
cluster that still has its founder keeps its id, however it grows; where clusters merge, the id of
the larger one stays. Lone articles are clusters too, but leave no trace in the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.dedupe.clusters import Cluster


@dataclass(frozen=True, slots=True)
class Before:
    """A cluster as it was: its id, canonical article (and day of its scrape) and members."""

    cluster_id: str
    canonical: str
    members: frozenset[str]
    day: date


def identities(clusters: Sequence[Cluster], before: Sequence[Before], alone: Set[str]) -> list[str]:
    """Return the id of each cluster, kept where its founder is still a member.

    `before` are the former clusters of two or more, `alone` the former lone articles.
    """
    former = {old.cluster_id: old for old in before}
    return [_identity(cluster, former, alone) for cluster in clusters]


def _identity(cluster: Cluster, former: Mapping[str, Before], alone: Set[str]) -> str:
    members = set(cluster.members)
    kept = [former[each] for each in members if each in former]
    if kept:
        return min(kept, key=lambda old: (-len(old.members & members), old.cluster_id)).cluster_id
    founders = sorted(members & alone)
    if not founders or cluster.canonical in founders:
        return cluster.canonical
    return founders[0]


def events(
    clusters: Sequence[Cluster], ids: Sequence[str], before: Sequence[Before]
) -> list[dict[str, Any]]:
    """Return what happened between `before` and `clusters`, as ledger rows without sequence."""
    old = {each.cluster_id: each for each in before}
    former = {member: each.cluster_id for each in before for member in each.members}
    new = {each: cluster for each, cluster in zip(ids, clusters, strict=True) if cluster.relations}
    home = {member: each for each, cluster in new.items() for member in cluster.members}
    rows: list[dict[str, Any]] = []
    for cluster_id in sorted(old.keys() | new.keys()):
        if cluster_id not in old:
            rows += _created(cluster_id, new[cluster_id], former)
        elif cluster_id not in new:
            rows += _ended(old[cluster_id], home)
        else:
            rows += _changed(old[cluster_id], new[cluster_id], home, former)
    return rows


def _created(
    cluster_id: str, cluster: Cluster, former: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    parents = Counter(former[each] for each in cluster.members if each in former)
    for parent, count in sorted(parents.items()):
        yield _row("split", parent, None, cluster_id, f"{count} articles went to {cluster_id}.")
    yield _row("create", cluster_id, cluster.canonical, None, cluster.reason)
    for member, relation in cluster.relations.items():
        if member not in former:
            yield _row("join", cluster_id, member, None, f"{relation} of {cluster.canonical}.")


def _ended(old: Before, home: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    heirs = Counter(home[member] for member in old.members if member in home)
    if heirs:
        heir = min(heirs, key=lambda each: (-heirs[each], each))
        text = f"{heirs[heir]} of {len(old.members)} articles belong to {heir} now."
        yield _row("merge", heir, None, old.cluster_id, text)
    else:
        yield _row("retire", old.cluster_id, None, None, "No two of its articles are duplicates.")


def _changed(
    old: Before, cluster: Cluster, home: Mapping[str, str], former: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    members = set(cluster.members)
    for member in sorted(each for each in members if each not in former):
        relation = cluster.relations.get(member)
        text = f"{relation} of {cluster.canonical}." if relation else cluster.reason
        yield _row("join", old.cluster_id, member, None, text)
    for member in sorted(old.members - members):
        where = home.get(member)
        text = f"Belongs to {where} now." if where else "No duplicate of the canonical article."
        yield _row("leave", old.cluster_id, member, where, text)
    if cluster.canonical != old.canonical:
        yield _row("canonical", old.cluster_id, cluster.canonical, None, cluster.reason)


def _row(
    event: str, cluster_id: str, article_id: str | None, other: str | None, reason: str
) -> dict[str, Any]:
    return {
        "event": event,
        "cluster_id": cluster_id,
        "article_id": article_id,
        "other_cluster_id": other,
        "reason": reason,
    }
