"""Clusters for the report: canonical article, members, and their texts side by side.

Offsets of shared passages come from `duplicate_pairs`; here they only become pieces of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.publish.storage import Storage

#: What a page shows, at most: clusters with their texts, further ones by name, members listed and
#: compared of each, and characters of a text and of all compared texts together. What is left out
#: is counted.
_CLUSTERS: Final = 40
_FURTHER: Final = 1_000
#: Characters of a text that stand for a headline that is not stated.
_OPENING: Final = 90
#: Outlets named of a story that is listed without its texts.
_OUTLETS: Final = 4
_MEMBERS: Final = 40
_COMPARED: Final = 5
_TEXT: Final = 12_000
_ALL_TEXTS: Final = 1_600_000

_COLUMNS: Final = [
    "article_id", "scrape_date", "source_uri", "url", "headline", "outlet", "authors",
    "published_date", "agency", "text", "word_count", "relation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text; `passage` numbers the shared passage that it is, 0 for none."""

    text: str
    passage: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two articles side by side, with the passages that they share."""

    left: dict[str, Any]
    right: dict[str, Any]
    left_pieces: tuple[Piece, ...]
    right_pieces: tuple[Piece, ...]
    relation: str
    shared: float
    passages: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """One syndicated story as the report shows it."""

    cluster_id: str
    reason: str
    size: int
    canonical: dict[str, Any]
    members: tuple[dict[str, Any], ...]
    comparisons: tuple[Comparison, ...]

    @property
    def title(self) -> str:
        """The canonical headline; where it has none, that of another article."""
        named = (article["headline"] for article in (self.canonical, *self.members))
        return next(filter(None, named), None) or str(self.canonical["title"])


@dataclass(frozen=True, slots=True)
class Further:
    """A story that is listed without its texts."""

    title: str
    size: int
    outlets: tuple[str, ...]
    canonical_id: str
    member_id: str


@dataclass(slots=True)
class Browser:
    """The clusters shown with their texts, those listed after them, and how many there are."""

    clusters: list[Cluster] = field(default_factory=list)
    further: list[Further] = field(default_factory=list)
    total: int = 0


def browse(storage: Storage, days: Sequence[date]) -> Browser:
    """Return the largest clusters that have an article of `days`, ready to be shown."""
    largest, total = _largest(storage, days)
    chosen, others = largest[:_CLUSTERS], largest[_CLUSTERS:]
    if not chosen:
        return Browser()
    wanted = [member for cluster in chosen for member in _listed(cluster)]
    articles = _articles(storage, wanted)
    pairs = _pairs(storage, wanted)
    room = _ALL_TEXTS
    browser = Browser(further=_further(storage, others), total=total)
    for cluster in chosen:
        shown, used = _cluster(cluster, articles, pairs, room)
        room -= used
        if shown is not None:
            browser.clusters.append(shown)
    return browser


def _largest(storage: Storage, days: Sequence[date]) -> tuple[list[dict[str, Any]], int]:
    """The largest clusters with an article of `days`, and how many such clusters there are."""
    columns = ["cluster_id", "cluster_size", "canonical_scrape_date"]
    shared = pc.field("cluster_size") > 1
    members = storage.read("cluster_members", days, columns, shared)
    if not members.num_rows:
        return [], 0
    every = members.group_by("cluster_id").aggregate(
        [("cluster_size", "max"), ("canonical_scrape_date", "max")]
    )
    largest = every.sort_by([("cluster_size_max", "descending"), ("cluster_id", "ascending")])
    top = largest.slice(0, _CLUSTERS + _FURTHER)
    homes = sorted(set(top["canonical_scrape_date_max"].to_pylist()))
    ids = top["cluster_id"].combine_chunks()
    found = storage.read("syndication_clusters", homes, None, pc.field("cluster_id").isin(ids))
    rows = sorted(found.to_pylist(), key=lambda row: (-row["size"], row["cluster_id"]))
    return rows, every.num_rows


def _further(storage: Storage, clusters: Sequence[dict[str, Any]]) -> list[Further]:
    """The clusters by the headlines of their canonical articles."""
    wanted = [(cluster["canonical_article_id"], cluster["scrape_date"]) for cluster in clusters]
    columns = ["article_id", "headline", "text", "source_uri"]
    named = _articles(storage, wanted, columns) if wanted else {}
    return [
        Further(
            title=named[canonical]["title"],
            size=cluster["size"],
            outlets=tuple(cluster["outlets"][:_OUTLETS]),
            canonical_id=canonical,
            member_id=next(each for each in cluster["member_article_ids"] if each != canonical),
        )
        for cluster in clusters
        if (canonical := cluster["canonical_article_id"]) in named
    ]


def _listed(cluster: dict[str, Any]) -> list[tuple[str, date]]:
    """The canonical article and as many members as are shown, with their days."""
    members = zip(cluster["member_article_ids"], cluster["member_scrape_dates"], strict=True)
    canonical = cluster["canonical_article_id"]
    ordered = sorted(members, key=lambda member: (member[0] != canonical, member[1], member[0]))
    return ordered[:_MEMBERS]


def _articles(
    storage: Storage, wanted: Sequence[tuple[str, date]], columns: Sequence[str] = _COLUMNS
) -> dict[str, dict[str, Any]]:
    days = sorted({day for _, day in wanted})
    ids = pa.array(sorted({article for article, _ in wanted}), pa.string())
    # A filter over the whole day would hold all its texts.
    parts = (storage.rows_with("articles", day, "article_id", ids, columns) for day in days)
    rows = (row for part in chain.from_iterable(parts) for row in part.to_pylist())
    return {row["article_id"]: row | {"title": _title(row)} for row in rows}


def _title(article: dict[str, Any]) -> str:
    """The headline; where none is stated, how the text begins."""
    if article["headline"]:
        return str(article["headline"])
    words = " ".join(article["text"][: 2 * _OPENING].split())
    opening = words[:_OPENING].rsplit(" ", 1)[0] if len(words) > _OPENING else words
    return f"“{opening} …”" if opening else str(article["source_uri"])


def _pairs(
    storage: Storage, wanted: Sequence[tuple[str, date]]
) -> dict[frozenset[str], dict[str, Any]]:
    days = sorted({day for _, day in wanted})
    ids = pa.array(sorted({article for article, _ in wanted}), pa.string())
    both = pc.field("a_article_id").isin(ids) & pc.field("b_article_id").isin(ids)
    rows = storage.read("duplicate_pairs", days, None, both).to_pylist()
    return {frozenset((row["a_article_id"], row["b_article_id"])): row for row in rows}


def _cluster(
    cluster: dict[str, Any],
    articles: dict[str, dict[str, Any]],
    pairs: dict[frozenset[str], dict[str, Any]],
    room: int,
) -> tuple[Cluster | None, int]:
    """The cluster with as many comparisons as there is `room` for, and the room they take."""
    members = [articles[each] for each, _ in _listed(cluster) if each in articles]
    canonical = articles.get(cluster["canonical_article_id"])
    if canonical is None:
        return None, 0
    comparisons: list[Comparison] = []
    used = 0
    for member, other, pair in _compared(canonical, members, pairs):
        used += 2 * _TEXT
        if len(comparisons) == _COMPARED or used > room:
            break
        comparisons.append(_comparison(other, member, pair))
    shown = Cluster(
        cluster["cluster_id"], cluster["canonical_reason"], cluster["size"],
        canonical, tuple(members), tuple(comparisons),
    )  # fmt: skip
    return shown, sum(_taken(comparison) for comparison in comparisons)


def _taken(comparison: Comparison) -> int:
    pieces = comparison.left_pieces + comparison.right_pieces
    return sum(len(piece.text) for piece in pieces)


def _compared(
    canonical: dict[str, Any],
    members: Iterable[dict[str, Any]],
    pairs: dict[frozenset[str], dict[str, Any]],
) -> Iterable[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Each member with the article it is shown beside: the canonical one, else its best match."""
    others = list(members)
    for member in others:
        if member is canonical:
            continue
        candidates = [
            (other is canonical, pair["probability"], other["article_id"], other, pair)
            for other in others
            if (pair := pairs.get(frozenset((member["article_id"], other["article_id"]))))
            and other is not member
        ]
        if candidates:
            _, _, _, other, pair = max(candidates, key=lambda found: found[:3])
            yield member, other, pair


def _comparison(left: dict[str, Any], right: dict[str, Any], pair: dict[str, Any]) -> Comparison:
    sides = ("a", "b") if pair["a_article_id"] == left["article_id"] else ("b", "a")
    spans = pair["aligned_spans"]
    return Comparison(
        left=left,
        right=right,
        left_pieces=pieces(left["text"], [_ends(span, sides[0]) for span in spans]),
        right_pieces=pieces(right["text"], [_ends(span, sides[1]) for span in spans]),
        relation=pair["relation"],
        shared=pair["containment_outside_quotes"],
        passages=len(spans),
    )


def _ends(span: dict[str, int], side: str) -> tuple[int, int]:
    return span[f"{side}_start"], span[f"{side}_end"]


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """Cut a text at the ends of shared passages, numbered from 1 in the order of `spans`.

    Spans are code points; where two overlap, the one that starts first keeps the overlap. The
    pieces together are the text, or its first `_TEXT` characters.
    """
    found: list[Piece] = []
    position = 0
    limit = min(len(text), _TEXT)
    numbered = sorted((start, end, number) for number, (start, end) in enumerate(spans, 1))
    for start, end, number in numbered:
        start, end = max(start, position), min(end, limit)
        if end <= start:
            continue
        if start > position:
            found.append(Piece(text[position:start], 0))
        found.append(Piece(text[start:end], number))
        position = end
    if position < limit:
        found.append(Piece(text[position:limit], 0))
    if len(text) > limit:
        found.append(Piece(f" … ({len(text) - limit:,} more characters)", 0))
    return tuple(found)
