"""Clusters: stars of articles that are each verified against their canonical article.

Connected components only tell what has to be looked at together. Within one, the article with
the best evidence of being the original takes every article that is verified directly against it;
then the next best of those left; and so on. So a chain A~B~C in which A and C are unlike never
becomes one cluster. The result is a function of the component alone: no order, no history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.dedupe.canonical import Article, Ranked, reason

#: Given one article and others: the relation (copy, excerpt, revision) of each duplicate of it.
Relate = Callable[[str, Sequence[str]], Mapping[str, str]]

#: Of a verified pair, the share of the first that stands in the second, and the other way round.
Shares = tuple[float, float]

#: An article of which less than this share stands in a duplicate is no text that the duplicate was
#: made from: it holds the duplicate among other things, as a round-up does.
_MOSTLY: Final = 0.5

#: An article that less than this share of the articles agree with that agree with a duplicate of
#: its own does not represent others, whatever its byline: it is a part of their text, or a
#: round-up of several.
_CENTRAL: Final = 0.3


@dataclass(frozen=True, slots=True)
class Cluster:
    """A canonical article and the articles verified against it, in the order of their ids."""

    canonical: str
    reason: str
    relations: Mapping[str, str]  # member -> relation to the canonical; without the canonical

    @property
    def members(self) -> list[str]:
        """All members, the canonical first."""
        return [self.canonical, *self.relations]


def gather(
    articles: Mapping[str, Article], edges: Mapping[tuple[str, str], Shares], relate: Relate
) -> list[Cluster]:
    """Return the clusters of `articles`, given verified `edges` and what each two share.

    `relate` verifies any pairs on demand, the same more than once; it is asked for pairs without
    an edge only where both are linked through a member of the same cluster.
    """
    graph = _Graph(edges, relate)
    ranked = {each: Ranked(articles[each], graph.support[each]) for each in articles}
    free = dict.fromkeys(sorted(articles, key=lambda each: ranked[each].key))
    clusters = []
    while free:
        canonical = next((each for each in free if not graph.is_part(each, free)), next(iter(free)))
        relations = graph.star(canonical, free)
        for taken in (canonical, *relations):
            del free[taken]
        why = reason(ranked[canonical], [ranked[each] for each in relations])
        clusters.append(Cluster(canonical, why, relations))
    return clusters


class _Graph:
    """Articles that are linked by verified edges; other pairs are verified when asked for."""

    def __init__(self, edges: Mapping[tuple[str, str], Shares], relate: Relate) -> None:
        self._relate = relate
        self._neighbours: dict[str, set[str]] = defaultdict(set)
        self.support: dict[str, float] = defaultdict(float)
        for (one, other), (of_one, of_other) in sorted(edges.items()):
            self._neighbours[one].add(other)
            self._neighbours[other].add(one)
            self.support[one] += _support(of_one, of_other)
            self.support[other] += _support(of_other, of_one)

    def is_part(self, article_id: str, free: Mapping[str, None]) -> bool:
        """Return whether an article is a part of a text that far more articles agree with.

        Of a story that very many print, most are compared with a few of the others only. So
        little support alone says nothing: what counts is how many are verified against it.
        """
        around = [each for each in self._neighbours.get(article_id, ()) if each in free]
        if not around:
            return False
        best = min(around, key=lambda each: (-self.support[each], each))
        if self.support[article_id] >= _CENTRAL * self.support[best]:
            return False
        own = len(self.star(article_id, free)) + 1
        if own >= _CENTRAL * len(free):
            return False
        return own < _CENTRAL * (len(self.star(best, free)) + 1)

    def star(self, canonical: str, free: Mapping[str, None]) -> dict[str, str]:
        """Return the free articles that are verified against `canonical`, and their relations.

        The search goes on from members only: what lies behind an article that is unlike the
        canonical is not looked at.
        """
        relations: dict[str, str] = {}
        seen = {canonical}
        fresh = [canonical]
        while fresh:
            around = {other for each in fresh for other in self._neighbours.get(each, ())}
            asked = sorted(other for other in around - seen if other in free)
            seen.update(asked)
            found = self._relate(canonical, asked) if asked else {}
            relations.update(found)
            fresh = list(found)
        return dict(sorted(relations.items()))


def _support(own: float, others: float) -> float:
    """Return how far a duplicate speaks for an article as the text that it was made from.

    `own` is the share of the article that stands in the duplicate, `others` the share of the
    duplicate that stands in it: the fuller text holds all of a trimmed copy.
    """
    return others if own >= _MOSTLY else min(own, others)


def components(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the connected components of `nodes`, each sorted."""
    leader = {node: node for node in nodes}

    def find(node: str) -> str:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for one, other in edges:
        low, high = sorted((find(one), find(other)))
        leader[high] = low
    groups: dict[str, list[str]] = defaultdict(list)
    for node in sorted(nodes):
        groups[find(node)].append(node)
    return list(groups.values())
