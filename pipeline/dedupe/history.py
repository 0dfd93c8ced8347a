"""The clusters of one day against the stored ones: what changes, and nothing else.

Starting from the articles of the day, everything that is linked to them is looked at again, by
verified pairs and by the clusters as they were. Whatever the order in which days arrive, are late
or are run again, clusters and canonical articles are those of one run over everything; only the
identities of clusters have a history.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import contracts
from pipeline.dedupe import ledger
from pipeline.dedupe.canonical import Article, origin_of
from pipeline.dedupe.clusters import Cluster, Shares, components, gather
from pipeline.dedupe.pairs import WINDOW_DAYS
from pipeline.dedupe.store import Store
from pipeline.dedupe.verify import CLUSTER, Pairs, verified

_MEMBER_STATE: Final = (
    "cluster_id", "cluster_size", "canonical_article_id", "is_canonical", "relation",
)  # fmt: skip
_EDGE_COLUMNS: Final = (
    "a_article_id", "b_article_id", "a_scrape_date", "b_scrape_date", "relation",
    "containment_a", "containment_b", "found_by",
)  # fmt: skip

#: Rows that are Python objects at a time.
_ROWS: Final = 8_192
#: Texts that are read at a time to verify members of a cluster.
_TEXTS: Final = 512
#: Rows of past days that are held in memory lest they be read twice.
_HELD_ROWS: Final = 500_000


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """What the articles of a day change: whole partitions to write, ledger rows to append.

    `members` and `clusters` are partitions of `cluster_members` and `syndication_clusters`;
    `pairs` is the part of partitions of `duplicate_pairs` that holds the evidence of members
    which no anchor links to their canonical article; `ledger` holds only the new rows;
    `republish` are the days whose `articles` are out of date, the day itself included.
    """

    members: dict[date, pa.Table] = field(default_factory=dict)
    clusters: dict[date, pa.Table] = field(default_factory=dict)
    pairs: dict[date, pa.Table] = field(default_factory=dict)
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
        _evidence_partitions(found, scope),
        _ledger_table(rows, day, store),
        sorted({day, *members}),
    )


class _Scope:
    """The articles to look at again, what is known of them, and the clusters as they were.

    Articles of the day that nothing links to any other stay in `own`, as columns.
    """

    def __init__(self, day: date, store: Store, window: int | None) -> None:
        self.day, self.store, self.window = day, store, window
        self.own = articles_of(day, store)
        self.articles: dict[str, Article] = {}
        self.edges: dict[tuple[str, str], str] = {}
        self.shares: dict[tuple[str, str], Shares] = {}
        self.before: dict[str, ledger.Before] = {}
        self.old_states: dict[str, dict[str, Any]] = {}
        self._days: dict[str, date] = {}
        self._pairs_read: set[date] = set()
        self._other_pairs: list[pa.Table] = []  # read, but not known to be of this scope
        self._held: dict[tuple[str, date], pa.Table] = {}
        #: Relations of members to their canonical article as verified before, and their days.
        self.verified: dict[tuple[str, str], str] = {}
        self.verified_days: dict[tuple[str, str], date] = {}
        self.fresh: list[pa.Table] = []  # the same, verified now
        self._checked: dict[tuple[str, str], str | None] = {}
        self._members_read: set[str] = set()

    def explore(self) -> None:
        """Find all articles that are linked to those of the day."""
        self._recall_own()
        while self._follow_pairs() or self._recall(self._unread()):
            pass
        linked = self.own.filter(self.own_linked())
        for row in linked.to_pylist():
            self.articles[row["article_id"]] = _article_of_row(row, self.day)
        former = self.stored("cluster_members", self.day)
        for row in former.filter(_among(former["article_id"], self._days)).to_pylist():
            self._remember(row, self.day)

    def stored(self, table: str, day: date) -> pa.Table:
        """Return a partition as it was, read once unless memory would run short."""
        if (table, day) in self._held:
            return self._held[table, day]
        rows = self.store.read(table, [day])
        if sum(each.num_rows for each in self._held.values()) + rows.num_rows <= _HELD_ROWS:
            self._held[table, day] = rows
        return rows

    def keeps(self, pair: tuple[str, str], wanted: Set[tuple[str, str]]) -> bool:
        """Return whether evidence stored for a cluster still is that of one of its members."""
        if pair not in self.verified:
            return False
        return pair in wanted or not any(each in self.articles for each in pair)

    def own_linked(self) -> pa.ChunkedArray:
        """Return which articles of the day are linked to others, or were before."""
        return _among(self.own["article_id"], self._days)

    def _unread(self) -> dict[date, set[str]]:
        """Return the articles whose former state has not been read yet, by day."""
        unread: dict[date, set[str]] = defaultdict(set)
        for each, day in self._days.items():
            if each not in self._members_read and day != self.day:
                unread[day].add(each)
        return unread

    def _follow_pairs(self) -> bool:
        """Add what verified pairs link to the known articles; return whether there was any."""
        size = len(self._days)
        while True:
            self._load_pairs()
            linked = self._linked_pairs()
            if not linked.num_rows:
                return len(self._days) > size
            columns = linked.to_pydict()
            for a, b, a_day, b_day, relation, of_a, of_b, _ in zip(
                *(columns[name] for name in _EDGE_COLUMNS), strict=True
            ):
                self.edges[a, b] = relation
                self.shares[a, b] = (of_a, of_b)
                self._days.setdefault(a, a_day)
                self._days.setdefault(b, b_day)

    def _linked_pairs(self) -> pa.Table:
        """Take the pairs of known articles, and of any of the day, from those set aside."""
        empty = contracts.empty_table("duplicate_pairs").select(list(_EDGE_COLUMNS))
        table = pa.concat_tables([empty, *self._other_pairs])
        known = _ids(self._days)
        linked = functools.reduce(
            pc.or_,
            [pc.is_in(table[f"{side}_article_id"], known) for side in "ab"]
            + [pc.equal(table[f"{side}_scrape_date"], pa.scalar(self.day)) for side in "ab"],
        )
        self._other_pairs = [table.filter(pc.invert(linked))]
        return table.filter(linked)

    def _load_pairs(self) -> None:
        """Read the pairs that an article of the known days can be in."""
        days = sorted({self.day, *self._days.values()})
        for stored in self.store.partitions("duplicate_pairs"):
            if stored not in self._pairs_read and any(self._reaches(day, stored) for day in days):
                self._pairs_read.add(stored)
                pairs = self.store.read("duplicate_pairs", [stored], list(_EDGE_COLUMNS))
                for_cluster = pc.equal(pairs["found_by"], CLUSTER)
                self._other_pairs.append(pairs.filter(pc.invert(for_cluster)))
                self._note_verified(pairs.filter(for_cluster))

    def _note_verified(self, pairs: pa.Table) -> None:
        """Note what was verified for a cluster; of articles of this day it may not hold now."""
        for row in pairs.to_pylist():
            pair, days = (row["a_article_id"], row["b_article_id"]), _days_of(row)
            self.verified_days[pair] = max(days)
            if self.day not in days:
                self.verified[pair] = row["relation"]

    def _reaches(self, day: date, stored: date) -> bool:
        last = date.max if self.window is None else day + timedelta(days=self.window)
        return day <= stored <= last

    def _recall_own(self) -> None:
        """Read the former clusters of articles of the day; these need not be there any more."""
        former = self.stored("cluster_members", self.day)
        former = former.filter(pc.greater(former["cluster_size"], 1))
        there = former.filter(pc.is_in(former["article_id"], _array(self.own["article_id"])))
        self._days |= dict.fromkeys(there["article_id"].to_pylist(), self.day)
        homes: dict[date, set[str]] = defaultdict(set)
        for row in former.select(["cluster_id", "canonical_scrape_date"]).to_pylist():
            homes[row["canonical_scrape_date"]].add(row["cluster_id"])
        for day, clusters in homes.items():
            self._recall_clusters(day, clusters)

    def _recall(self, wanted: dict[date, set[str]]) -> bool:
        """Read the former states of articles; return whether their clusters had other members."""
        size = len(self._days)
        homes: dict[date, set[str]] = defaultdict(set)
        for day, known in wanted.items():
            for row in self._chosen("cluster_members", day, "article_id", _ids(known)):
                self._remember(row, day)
                if row["cluster_size"] > 1 and row["cluster_id"] not in self.before:
                    homes[row["canonical_scrape_date"]].add(row["cluster_id"])
            self._members_read |= known
        for day, clusters in homes.items():
            self._recall_clusters(day, clusters)
        return len(self._days) > size

    def _remember(self, row: dict[str, Any], day: date) -> None:
        article_id = row["article_id"]
        self.old_states[article_id] = {name: row[name] for name in _MEMBER_STATE}
        if article_id in self._days and day != self.day:
            self.articles[article_id] = _article_of_row(row, day)

    def _recall_clusters(self, day: date, clusters: Iterable[str]) -> None:
        for row in self._chosen("syndication_clusters", day, "cluster_id", _ids(clusters)):
            self._recall_cluster(row, day)

    def _chosen(self, table: str, day: date, key: str, values: pa.Array) -> list[dict[str, Any]]:
        stored = self.stored(table, day)
        rows: list[dict[str, Any]] = stored.filter(pc.is_in(stored[key], values)).to_pylist()
        return rows

    def _recall_cluster(self, row: dict[str, Any], day: date) -> None:
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
        edges: dict[str, dict[tuple[str, str], Shares]] = defaultdict(dict)
        owner = {each: group[0] for group in groups for each in group}
        for edge in self.edges:
            edges[owner[edge[0]]][edge] = self.shares[edge]
        for group in groups:
            articles = {each: self.articles[each] for each in group}
            found += gather(articles, edges[group[0]], self._relate)
        return [cluster for cluster in found if cluster.relations]

    def _relate(self, canonical: str, others: Sequence[str]) -> dict[str, str]:
        """Return the relations of the duplicates of `canonical`: as stored, or verified now."""
        pairs = {other: _pair(canonical, other) for other in others}
        unknown = [other for other, pair in pairs.items() if not self._is_known(pair)]
        for start in range(0, len(unknown), _TEXTS):
            self._verify(canonical, unknown[start : start + _TEXTS])
        relations = {
            other: self.edges.get(pair) or self.verified.get(pair) or self._checked.get(pair)
            for other, pair in pairs.items()
        }
        return {other: relation for other, relation in relations.items() if relation}

    def _is_known(self, pair: tuple[str, str]) -> bool:
        return pair in self.edges or pair in self.verified or pair in self._checked

    def _verify(self, canonical: str, others: Sequence[str]) -> None:
        """Verify `canonical` against each of `others`, and note what comes out."""
        pairs = [_pair(canonical, other) for other in others]
        days = [[self.articles[each].scrape_date for each in pair] for pair in pairs]
        asked = Pairs(
            [a for a, _ in pairs], [b for _, b in pairs],
            [a_day for a_day, _ in days], [b_day for _, b_day in days],
        )  # fmt: skip
        found = verified(asked, self._texts([canonical, *others]), CLUSTER)
        self.fresh.append(found)
        self._checked.update(dict.fromkeys(pairs))
        self._checked.update(zip(_ids_of_pairs(found), found["relation"].to_pylist(), strict=True))

    def _texts(self, ids: Iterable[str]) -> dict[str, str]:
        by_day: dict[date, list[str]] = defaultdict(list)
        for each in ids:
            by_day[self.articles[each].scrape_date].append(each)
        columns = ["article_id", "text"]
        return {
            article_id: text
            for day, some in sorted(by_day.items())
            for part in self.store.rows_with(
                "clean_documents", day, "article_id", _ids(some), columns
            )
            for article_id, text in zip(*(part[name].to_pylist() for name in columns), strict=True)
        }


def articles_of(day: date, store: Store) -> pa.Table:
    """Return what the choice of canonical articles needs to know of the articles of `day`.

    Columns article_id, origin, published_date, word_count and outlet, as in `cluster_members`.
    """
    columns = ["article_id", "outlet", "agency", "byline", "authors", "published_date"]
    described = store.read("article_metadata", [day], columns)
    cleaned = store.read("clean_documents", [day], ["article_id", "word_count", "removed"])
    rows = pc.index_in(described["article_id"], _array(cleaned["article_id"]))
    has_bio = pc.is_in(described["article_id"], _ids(_ids_with_bio(cleaned)))
    origins = _origins(described.append_column("has_bio", has_bio))
    values = {
        "article_id": described["article_id"],
        "origin": pa.array(origins, pa.int8()),
        "published_date": described["published_date"],
        "word_count": pc.fill_null(cleaned["word_count"].take(rows), 0),
        "outlet": described["outlet"],
    }
    return pa.table(values)


def _origins(described: pa.Table) -> npt.NDArray[np.int8]:
    parts = [np.empty(0, np.int8)]
    for batch in described.to_batches(max_chunksize=_ROWS):
        rows = batch.to_pylist()
        ranks = (origin_of(row, row["has_bio"]) for row in rows)
        parts.append(np.fromiter(ranks, np.int8, len(rows)))
    return np.concatenate(parts)


def _ids_with_bio(cleaned: pa.Table) -> set[str]:
    """Return the articles from which the author's biography was removed."""
    removed = cleaned["removed"].combine_chunks()
    if not len(cleaned) or not len(removed.flatten()):
        return set()
    is_bio = pc.equal(pc.struct_field(removed.flatten(), "role"), "bio")
    rows = pc.list_parent_indices(removed).filter(is_bio).unique()
    return set(cleaned["article_id"].take(rows).to_pylist())


def _ids(values: Iterable[str]) -> pa.Array:
    return pa.array(sorted(values), pa.string())


def _array(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays([pa.array([], column.type), *column.chunks])


def _among(column: pa.ChunkedArray, values: Iterable[str]) -> pa.ChunkedArray:
    return pc.is_in(column, _ids(values))


def _article_of_row(row: dict[str, Any], day: date) -> Article:
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
    """Return the new state of every article that is linked to others, or was."""
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
        lone = _lone_members(scope.own.filter(pc.invert(scope.own_linked())), day)
        return pa.concat_tables([lone, fresh]).sort_by("article_id")
    stored = scope.stored("cluster_members", day)
    kept = stored.filter(pc.invert(pc.is_in(stored["article_id"], fresh["article_id"])))
    return pa.concat_tables([kept, fresh]).sort_by("article_id")


def _lone_members(articles: pa.Table, day: date) -> pa.Table:
    """Return the rows of articles that nothing links to any other, without a look at each."""
    ids, count = articles["article_id"], articles.num_rows
    known = {name: articles[name] for name in articles.column_names}
    values = known | {
        "cluster_id": ids,
        "canonical_article_id": ids,
        "cluster_size": pa.repeat(1, count),
        "is_canonical": pa.repeat(True, count),
        "relation": pa.repeat("standalone", count),
        "scrape_date": pa.repeat(pa.scalar(day), count),
        "canonical_scrape_date": pa.repeat(pa.scalar(day), count),
    }
    schema = contracts.arrow_schema("cluster_members")
    return pa.table({name: values[name] for name in schema.names}).cast(schema)


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
        stored = scope.stored("syndication_clusters", day)
        obsolete = gone.get(day, set()) | {row["cluster_id"] for row in fresh}
        kept = stored.filter(pc.invert(_among(stored["cluster_id"], obsolete)))
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


def _evidence_partitions(found: Sequence[Cluster], scope: _Scope) -> dict[date, pa.Table]:
    """Return the changed evidence of members that were verified for their cluster alone."""
    wanted = {
        pair
        for cluster in found
        for pair in (_pair(cluster.canonical, member) for member in cluster.relations)
        if pair not in scope.edges
    }
    fresh = pa.concat_tables([contracts.empty_table("duplicate_pairs"), *scope.fresh])
    fresh = fresh.filter(pa.array([each in wanted for each in _ids_of_pairs(fresh)], pa.bool_()))
    days = set(fresh["scrape_date"].to_pylist())
    days |= {day for pair, day in scope.verified_days.items() if not scope.keeps(pair, wanted)}
    tables = {}
    for day in sorted(days):
        stored = scope.store.read("duplicate_pairs", [day])
        stored = stored.filter(pc.equal(stored["found_by"], CLUSTER))
        kept = [scope.keeps(pair, wanted) for pair in _ids_of_pairs(stored)]
        of_day = fresh.filter(pc.equal(fresh["scrape_date"], pa.scalar(day)))
        table = pa.concat_tables([stored.filter(pa.array(kept, pa.bool_())), of_day])
        tables[day] = table.sort_by([(f"{side}_article_id", "ascending") for side in "ab"])
    return tables


def _ids_of_pairs(pairs: pa.Table) -> list[tuple[str, str]]:
    ids = (pairs[f"{side}_article_id"].to_pylist() for side in "ab")
    return list(zip(*ids, strict=True))


def _pair(one: str, other: str) -> tuple[str, str]:
    return min(one, other), max(one, other)


def _days_of(row: dict[str, Any]) -> tuple[date, date]:
    return row["a_scrape_date"], row["b_scrape_date"]


def _ledger_table(rows: list[dict[str, Any]], day: date, store: Store) -> pa.Table:
    if not rows:
        return contracts.empty_table("cluster_ledger")
    last = pc.max(store.read("cluster_ledger", None, ["sequence"])["sequence"]).as_py() or 0
    numbered = [
        {**row, "sequence": number, "scrape_date": day} for number, row in enumerate(rows, last + 1)
    ]
    return contracts.to_table("cluster_ledger", numbered)
