"""The clusters of one day against the stored ones: what changes, and nothing else.

Starting from the articles of the day, everything that is linked to them is looked at again, by
verified pairs and by the clusters as they were. Whatever the order in which days arrive, are late
or are run again, clusters and canonical articles are those of one run over everything; only the
identities of clusters have a history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import contracts
from pipeline.dedupe import ledger
from pipeline.dedupe.canonical import Article
from pipeline.dedupe.clusters import Cluster, components, gather
from pipeline.dedupe.pairs import WINDOW_DAYS
from pipeline.dedupe.store import Store, among
from pipeline.dedupe.verify import Bodies, verify_pair

_MEMBER_STATE: Final = (
    "cluster_id", "cluster_size", "canonical_article_id", "is_canonical", "relation",
)  # fmt: skip
_EDGE_COLUMNS: Final = (
    "a_article_id", "b_article_id", "a_scrape_date", "b_scrape_date", "relation",
    "containment_a", "containment_b",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """What the articles of a day change: whole partitions to write, ledger rows to append.

    `members` and `clusters` are partitions of `cluster_members` and `syndication_clusters`;
    `ledger` holds only the new rows; `republish` are the days whose `articles` are out of date,
    the day itself included.
    """

    members: dict[date, pa.Table] = field(default_factory=dict)
    clusters: dict[date, pa.Table] = field(default_factory=dict)
    ledger: pa.Table = field(default_factory=lambda: contracts.empty_table("cluster_ledger"))
    republish: list[date] = field(default_factory=list)


def clusters_for_day(day: date, store: Store, window: int | None = WINDOW_DAYS) -> ClusterChanges:
    """Return the changes to the clusters, after the pairs of `day` were written."""
    scope = _Scope(day, store, window)
    scope.explore()
    found = scope.clusters()
    before = list(scope.before.values())
    alone = {each for each, state in scope.old_states.items() if state["cluster_size"] == 1}
    ids = ledger.identities(found, before, alone)
    rows = ledger.events(found, ids, before)
    states = _member_states(found, ids, scope)
    return ClusterChanges(
        members := _member_partitions(states, scope),
        _cluster_partitions(found, ids, scope),
        _ledger_table(rows, day, store),
        sorted({day, *members}),
    )


class _Scope:
    """The articles to look at again, what is known of them, and the clusters as they were."""

    def __init__(self, day: date, store: Store, window: int | None) -> None:
        self.day, self.store, self.window = day, store, window
        self.articles: dict[str, Article] = _articles_of(day, store)
        self.edges: dict[tuple[str, str], str] = {}
        self.likeness: dict[tuple[str, str], float] = {}
        self.before: dict[str, ledger.Before] = {}
        self.old_states: dict[str, dict[str, Any]] = {}
        self._days: dict[str, date] = dict.fromkeys(self.articles, day)
        self._pairs: dict[date, pa.Table] = {}
        self._members_read: set[str] = set()

    def explore(self) -> None:
        """Find all articles that are linked to those of the day."""
        self._recall({self.day: None})
        while self._follow_pairs() or self._recall(self._unread()):
            pass

    def _unread(self) -> dict[date, set[str] | None]:
        """Return the articles whose former state has not been read yet, by day."""
        unread: dict[date, set[str] | None] = defaultdict(set)
        for each, day in self._days.items():
            if each not in self._members_read:
                unread[day].add(each)  # type: ignore[union-attr]
        return unread

    def _follow_pairs(self) -> bool:
        """Add what verified pairs link to the known articles; return whether there was any."""
        self._load_pairs()
        table = pa.concat_tables(self._pairs.values()) if self._pairs else None
        if table is None or not table.num_rows:
            return False
        grown = False
        while True:
            known = pa.array(list(self._days), pa.string())
            one, other = (
                pc.is_in(table["a_article_id"], known),
                pc.is_in(table["b_article_id"], known),
            )
            linked = table.filter(pc.or_(one, other)).to_pydict()
            size = len(self._days)
            for a, b, a_day, b_day, relation, in_b, in_a in zip(
                *(linked[name] for name in _EDGE_COLUMNS), strict=True
            ):
                self.edges[a, b] = relation
                self.likeness[a, b] = (in_a + in_b) / 2
                self._days.setdefault(a, a_day)
                self._days.setdefault(b, b_day)
            if len(self._days) == size:
                return grown
            grown = True

    def _load_pairs(self) -> None:
        """Read the pairs that an article of the known days can be in."""
        days = sorted(set(self._days.values()))
        for stored in self.store.partitions("duplicate_pairs"):
            if stored not in self._pairs and any(self._reaches(day, stored) for day in days):
                self._pairs[stored] = self.store.read(
                    "duplicate_pairs", [stored], list(_EDGE_COLUMNS)
                )

    def _reaches(self, day: date, stored: date) -> bool:
        last = date.max if self.window is None else day + timedelta(days=self.window)
        return day <= stored <= last

    def _recall(self, wanted: dict[date, set[str] | None]) -> bool:
        """Read the former states of articles; return whether their clusters had other members."""
        size = len(self._days)
        homes: dict[date, set[str]] = defaultdict(set)
        for day, ids in wanted.items():
            where = None if ids is None else among("article_id", ids)
            for row in self.store.read("cluster_members", [day], None, where).to_pylist():
                self._remember(row, day)
                if row["cluster_size"] > 1 and row["cluster_id"] not in self.before:
                    homes[row["canonical_scrape_date"]].add(row["cluster_id"])
            self._members_read |= ids or set()
        self._members_read |= {each for each, day in self._days.items() if day == self.day}
        for day, clusters in homes.items():
            self._recall_clusters(day, clusters)
        return len(self._days) > size

    def _remember(self, row: dict[str, Any], day: date) -> None:
        article_id = row["article_id"]
        self.old_states[article_id] = {name: row[name] for name in _MEMBER_STATE}
        if article_id in self._days and article_id not in self.articles:
            self.articles[article_id] = _article_of_member(row, day)

    def _recall_clusters(self, day: date, clusters: Iterable[str]) -> None:
        where = among("cluster_id", set(clusters))
        for row in self.store.read("syndication_clusters", [day], None, where).to_pylist():
            members = row["member_article_ids"]
            self.before[row["cluster_id"]] = ledger.Before(
                row["cluster_id"], row["canonical_article_id"], frozenset(members), day
            )
            for member, member_day in zip(members, row["member_scrape_dates"], strict=True):
                if member_day != self.day:  # else it is known, or no longer there
                    self._days.setdefault(member, member_day)

    def clusters(self) -> list[Cluster]:
        """Return the clusters of two or more of all articles in scope."""
        # Articles of days that are still to be clustered are looked at on their day.
        self.edges = {
            (a, b): relation
            for (a, b), relation in self.edges.items()
            if a in self.articles and b in self.articles
        }
        linked = sorted({each for edge in self.edges for each in edge})
        found: list[Cluster] = []
        groups = components(linked, self.edges)
        edges: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
        owner = {each: group[0] for group in groups for each in group}
        for edge in self.edges:
            edges[owner[edge[0]]][edge] = self.likeness[edge]
        for group in groups:
            articles = {each: self.articles[each] for each in group}
            relate = _Relations(self.edges, articles, self.store)
            found += gather(articles, edges[group[0]], relate)
        return [cluster for cluster in found if cluster.relations]


class _Relations:
    """Relations of pairs in one component: as stored, or verified when asked for."""

    def __init__(
        self, edges: dict[tuple[str, str], str], articles: dict[str, Article], store: Store
    ) -> None:
        self._edges, self._articles, self._store = edges, articles, store
        self._bodies: Bodies | None = None

    def __call__(self, one: str, other: str) -> str | None:
        stored = self._edges.get((min(one, other), max(one, other)))
        if stored is not None:
            return stored
        if self._bodies is None:
            self._bodies = Bodies(self._texts())
        verdict = verify_pair(one, other, self._bodies).verdict
        return verdict.relation if verdict.is_duplicate else None

    def _texts(self) -> dict[str, str]:
        days = sorted({each.scrape_date for each in self._articles.values()})
        where = among("article_id", self._articles)
        table = self._store.read("clean_documents", days, ["article_id", "text"], where)
        return dict(zip(table["article_id"].to_pylist(), table["text"].to_pylist(), strict=True))


def _articles_of(day: date, store: Store) -> dict[str, Article]:
    """Return what the choice of canonical articles needs to know of the articles of `day`."""
    columns = ["article_id", "outlet", "agency", "byline", "authors", "published_date"]
    described = store.read("article_metadata", [day], columns).to_pylist()
    cleaned = store.read("clean_documents", [day], ["article_id", "word_count", "removed"])
    words = dict(zip(*(cleaned[c].to_pylist() for c in ("article_id", "word_count")), strict=True))
    bios = _ids_with_bio(cleaned)
    return {
        row["article_id"]: Article.of_metadata(
            row, day, words.get(row["article_id"], 0), row["article_id"] in bios
        )
        for row in described
    }


def _ids_with_bio(cleaned: pa.Table) -> set[str]:
    """Return the articles from which the author's biography was removed."""
    removed = cleaned["removed"].combine_chunks()
    if not len(cleaned) or not len(removed.flatten()):
        return set()
    is_bio = pc.equal(pc.struct_field(removed.flatten(), "role"), "bio")
    rows = pc.list_parent_indices(removed).filter(is_bio).unique()
    return set(cleaned["article_id"].take(rows).to_pylist())


def _article_of_member(row: dict[str, Any], day: date) -> Article:
    return Article(
        article_id=row["article_id"],
        scrape_date=day,
        origin=row["origin"],
        published_date=row["published_date"],
        words=row["word_count"],
        outlet=row["outlet"],
    )


def _member_states(
    found: Sequence[Cluster], ids: Sequence[str], scope: _Scope
) -> dict[str, dict[str, Any]]:
    """Return the new state of every article in scope."""
    states = {each: _state(each, each, 1, "standalone") for each in scope.articles}
    for cluster, cluster_id in zip(found, ids, strict=True):
        relations = {cluster.canonical: "original", **cluster.relations}
        for member, relation in relations.items():
            states[member] = _state(cluster_id, cluster.canonical, len(relations), relation)
    return states


def _state(cluster_id: str, canonical: str, size: int, relation: str) -> dict[str, Any]:
    is_canonical = relation in ("original", "standalone")
    values = (cluster_id, size, canonical, is_canonical, relation)
    return dict(zip(_MEMBER_STATE, values, strict=True))


def _member_partitions(states: dict[str, dict[str, Any]], scope: _Scope) -> dict[date, pa.Table]:
    """Return the partitions of `cluster_members` of the day itself and of changed articles."""
    changed: dict[date, list[dict[str, Any]]] = {scope.day: []}
    for each, state in states.items():
        article = scope.articles[each]
        if article.scrape_date == scope.day or scope.old_states.get(each) != state:
            row = _member_row(article, state, scope)
            changed.setdefault(article.scrape_date, []).append(row)
    return {day: _merged_members(day, rows, scope) for day, rows in changed.items()}


def _member_row(article: Article, state: dict[str, Any], scope: _Scope) -> dict[str, Any]:
    canonical = scope.articles[state["canonical_article_id"]]
    return {
        "article_id": article.article_id,
        "scrape_date": article.scrape_date,
        **state,
        "canonical_scrape_date": canonical.scrape_date,
        "origin": article.origin,
        "published_date": article.published_date,
        "word_count": article.words,
        "outlet": article.outlet,
    }


def _merged_members(day: date, rows: list[dict[str, Any]], scope: _Scope) -> pa.Table:
    fresh = contracts.to_table("cluster_members", rows)
    if day == scope.day:
        return fresh.sort_by("article_id")
    stored = scope.store.read("cluster_members", [day])
    kept = stored.filter(pc.invert(pc.is_in(stored["article_id"], fresh["article_id"])))
    return pa.concat_tables([kept, fresh]).sort_by("article_id")


def _cluster_partitions(
    found: Sequence[Cluster], ids: Sequence[str], scope: _Scope
) -> dict[date, pa.Table]:
    """Return the changed partitions of `syndication_clusters`."""
    rows: dict[date, list[dict[str, Any]]] = {scope.day: []}
    gone: dict[date, set[str]] = {scope.day: set()}
    for old in scope.before.values():
        rows.setdefault(old.day, [])
        gone.setdefault(old.day, set()).add(old.cluster_id)
    for cluster, cluster_id in zip(found, ids, strict=True):
        row = _cluster_row(cluster, cluster_id, scope)
        rows.setdefault(row["scrape_date"], []).append(row)
    tables = {}
    for day, fresh in rows.items():
        stored = scope.store.read("syndication_clusters", [day])
        obsolete = gone.get(day, set()) | {row["cluster_id"] for row in fresh}
        kept = stored.filter(pc.invert(among("cluster_id", obsolete)))
        table = pa.concat_tables([kept, contracts.to_table("syndication_clusters", fresh)])
        table = table.sort_by("cluster_id")
        if day == scope.day or not table.equals(stored):
            tables[day] = table
    return tables


def _cluster_row(cluster: Cluster, cluster_id: str, scope: _Scope) -> dict[str, Any]:
    members = [scope.articles[each] for each in cluster.members]
    dates = [each.first_date for each in members]
    return {
        "cluster_id": cluster_id,
        "scrape_date": members[0].scrape_date,
        "canonical_article_id": cluster.canonical,
        "canonical_reason": cluster.reason,
        "size": len(members),
        "member_article_ids": [each.article_id for each in members],
        "member_scrape_dates": [each.scrape_date for each in members],
        "outlets": list(dict.fromkeys(each.outlet for each in members if each.outlet)),
        "first_date": min(dates),
        "last_date": max(dates),
    }


def _ledger_table(rows: list[dict[str, Any]], day: date, store: Store) -> pa.Table:
    if not rows:
        return contracts.empty_table("cluster_ledger")
    last = pc.max(store.read("cluster_ledger", None, ["sequence"])["sequence"]).as_py() or 0
    numbered = [
        {**row, "sequence": number, "scrape_date": day} for number, row in enumerate(rows, last + 1)
    ]
    return contracts.to_table("cluster_ledger", numbered)
