"""Clusters: stars of articles that are each verified against their canonical article.

Connected components only tell what has to be looked at together. Within one, the article with
the best evidence of being the original takes every article that is verified directly against it;
then the next best of those left; and so on. So a chain A~B~C in which A and C are unlike never
becomes one cluster. The result is a function of the component alone: no order, no history.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.dedupe.canonical import Article, choose, reason

#: Relation of two articles (copy, excerpt, revision), or None if they are no duplicates.
Relate = Callable[[str, str], str | None]


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
    articles: Mapping[str, Article], edges: Iterable[tuple[str, str]], relate: Relate
) -> list[Cluster]:
    """Return the clusters of `articles`, given the verified `edges` among them.

    `relate` verifies any pair on demand; it is asked for pairs without an edge only where both
    are linked through a member of the same cluster.
    """
    neighbours: dict[str, set[str]] = defaultdict(set)
    for one, other in edges:
        neighbours[one].add(other)
        neighbours[other].add(one)
    clusters = []
    free = dict.fromkeys(sorted(articles, key=lambda each: articles[each].rank))
    while free:
        canonical = next(iter(free))
        relations = _star(canonical, free, neighbours, relate)
        for taken in (canonical, *relations):
            del free[taken]
        clusters.append(_cluster(canonical, relations, articles))
    return clusters


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
    queue = deque([canonical])
    while queue:
        for other in sorted(neighbours.get(queue.popleft(), ())):
            if other in seen or other not in free:
                continue
            seen.add(other)
            relation = relate(canonical, other)
            if relation is not None:
                relations[other] = relation
                queue.append(other)
    return dict(sorted(relations.items()))


def _cluster(canonical: str, relations: dict[str, str], articles: Mapping[str, Article]) -> Cluster:
    members = [articles[each] for each in relations]
    chosen = choose([articles[canonical], *members])
    assert chosen.article_id == canonical, "the canonical article is the best of its cluster"  # noqa: S101
    return Cluster(canonical, reason(chosen, members), relations)
