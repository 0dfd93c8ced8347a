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

#: An article that has less than this share of the support of a duplicate of its own does not
#: represent others, whatever its byline: it is a part of their text, or a round-up of several.
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
    articles: Mapping[str, Article], edges: Mapping[tuple[str, str], float], relate: Relate
) -> list[Cluster]:
    """Return the clusters of `articles`, given verified `edges` and how alike each two are.

    `relate` verifies any pairs on demand; it is asked for pairs without an edge only where both
    are linked through a member of the same cluster.
    """
    neighbours: dict[str, set[str]] = defaultdict(set)
    support: dict[str, float] = defaultdict(float)
    for (one, other), likeness in sorted(edges.items()):
        neighbours[one].add(other)
        neighbours[other].add(one)
        support[one] += likeness
        support[other] += likeness
    ranked = {each: Ranked(articles[each], support[each]) for each in articles}
    order = sorted(
        articles, key=lambda each: (_is_marginal(each, neighbours, support), ranked[each].key)
    )
    free = dict.fromkeys(order)
    clusters = []
    while free:
        canonical = next(iter(free))
        relations = _star(canonical, free, neighbours, relate)
        for taken in (canonical, *relations):
            del free[taken]
        why = reason(ranked[canonical], [ranked[each] for each in relations])
        clusters.append(Cluster(canonical, why, relations))
    return clusters


def _is_marginal(
    article_id: str, neighbours: Mapping[str, set[str]], support: Mapping[str, float]
) -> bool:
    around = max((support[each] for each in neighbours.get(article_id, ())), default=0.0)
    return support[article_id] < _CENTRAL * around


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


def _star(
    canonical: str,
    free: Mapping[str, None],
    neighbours: Mapping[str, set[str]],
    relate: Relate,
) -> dict[str, str]:
    """Return the free articles that are verified against `canonical`, with their relations.

    The search goes on from members only: what lies behind an article that is unlike the
    canonical is not looked at.
    """
    relations: dict[str, str] = {}
    seen = {canonical}
    fresh = [canonical]
    while fresh:
        around = {other for each in fresh for other in neighbours.get(each, ())}
        asked = sorted(other for other in around - seen if other in free)
        seen.update(asked)
        found = relate(canonical, asked) if asked else {}
        relations.update(found)
        fresh = list(found)
    return dict(sorted(relations.items()))
