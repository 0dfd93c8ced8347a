"""Numbers that tell a block of an article's body from the furniture around it.

To the numbers of `pipeline.clean.features` (words, place, neighbours) these add what the markup
says: landmarks and hints above a block, links, how much of the page's prose its containers
hold, and what the blocks built like it look like. One row a block, for a batch of pages at once.
What follows from the numbers is learned (`html_model`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.clean.features import line_features, neighbours
from pipeline.clean.html_flatten import LANDMARKS, NEVER, Block, Flattened, seen_above
from pipeline.clean.html_hints import hint_names
from pipeline.clean.lines import Array, Lines, split

#: Distances to landmarks and hints beyond this many elements are all the same.
_FAR: Final = 12

#: A container holds "the" prose of a page from this share on; two readings of it.
_SHARES: Final = (0.5, 0.8)
_CLIMB: Final = 12
_CONTAINERS: Final = 4
_TAGS: Final = ("p", "div", "li", "td", "tr", "heading", "blockquote", "figcaption", "dd")
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NEIGHBOURS: Final = ("link_share", "prose", "is_heading", "same_group")


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of pages as the model sees it: n blocks, one line of `lines` each.

    `columns`: the features (n entries each) by name; `group`: a number for blocks of the same
    page with the same path of tags and names; `parent_group`: the same for their containers.
    """

    lines: Lines
    columns: dict[str, Array]
    group: Array
    parent_group: Array


def block_features(pages: Sequence[Flattened], titles: Sequence[str]) -> Batch:
    """Return the features of all blocks of `pages`; `titles` are their headlines, "" if unknown."""
    lines = split([page.text for page in pages])
    blocks = [block for page in pages for block in page.blocks]
    if len(lines) != len(blocks):
        raise AssertionError("the lines of a flattened page are its blocks")
    columns = line_features(lines)
    del columns["known_furniture"]
    columns |= _markup(blocks) | _distances(blocks)
    columns["title"] = _title_overlap(pages, titles)
    columns["title_before"] = _since_title(lines, columns["title"])
    columns["prose"] = _prose(columns)
    group, parent_group = _groups(lines, pages, blocks)
    columns |= _containers(lines, pages, blocks, columns)
    columns |= _group_means(group, columns, "group") | _group_means(parent_group, columns, "parent")
    columns["same_group"] = (group == np.concatenate([[-1], group[:-1]])[: len(group)]) * 1.0
    columns |= neighbours(lines, columns, _NEIGHBOURS)
    floats = {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}
    return Batch(lines, floats, group, parent_group)


def _markup(blocks: Sequence[Block]) -> dict[str, Array]:
    size = np.array([block.end - block.start for block in blocks], dtype=np.float64)
    linked = np.array([block.linked for block in blocks], dtype=np.float64)
    emphasised = np.array([block.emphasised for block in blocks], dtype=np.float64)
    tags = [block.tag for block in blocks]
    columns = {
        "link_share": np.minimum(linked / np.maximum(size, 1), 1.0),
        "links": np.minimum([float(block.links) for block in blocks], 20),
        "emphasis_share": np.minimum(emphasised / np.maximum(size, 1), 1.0),
        "hidden": np.array([block.hidden for block in blocks], dtype=np.float64),
        "breaks": np.minimum([float(block.breaks) for block in blocks], 3),
        "depth": np.minimum([float(block.depth) for block in blocks], 60),
        "is_heading": np.array([tag in _HEADINGS for tag in tags], dtype=np.float64),
        "heading_level": np.array([float(t[1]) if t in _HEADINGS else 0.0 for t in tags]),
    }
    known = {tag: float(number) for number, tag in enumerate(_TAGS, 1)}
    columns["tag"] = np.array([known.get(tag, 0.0) for tag in tags])
    return columns


def _distances(blocks: Sequence[Block]) -> dict[str, Array]:
    """Return how many elements above each block a landmark or hint stands, `_FAR` if none."""
    names = [f"near_{name}" for name in LANDMARKS] + [f"named_{name}" for name in hint_names()]
    if not blocks:
        return {name: np.zeros(0) for name in names}
    seen = seen_above(blocks)
    depth = np.array([block.depth for block in blocks], dtype=np.float64)
    distance = np.where(seen == NEVER, _FAR, np.minimum(depth[:, None] - seen, _FAR - 1))
    for row, block in enumerate(blocks):
        for number in block.inline_hints:
            distance[row, len(LANDMARKS) + number] = -1
    return {name: distance[:, number] for number, name in enumerate(names)}


def _title_overlap(pages: Sequence[Flattened], titles: Sequence[str]) -> Array:
    """Return how alike a short block and the page's headline are (0 to 1), by their words."""
    overlaps: list[float] = []
    for page, title in zip(pages, titles, strict=True):
        words = set(title.split())
        for block in page.blocks:
            if not words or block.end - block.start > 3 * len(title) + 20:
                overlaps.append(0.0)
                continue
            own = set(block.text.lower().split())
            common = len(own & words)  # none, most of the time
            overlaps.append(common / (len(own) + len(words) - common) if common else 0.0)
    return np.array(overlaps)


def _since_title(lines: Lines, overlap: Array) -> Array:
    """Return how many blocks back the last block like the headline stands (-1: none before)."""
    place = np.arange(len(lines))
    seen = np.maximum.accumulate(np.where(overlap > 0.6, place, -1)) if len(lines) else place
    return np.where(seen >= lines.low, np.minimum(place - seen, 60), -1.0)


def _prose(columns: dict[str, Array]) -> Array:
    """Return the words of a block if it reads like a sentence outside links, else 0.

    Readers' comments read like sentences too: what stands in an element named for comments does
    not count, unless a nearer one is named for the article ("comments-open" wraps many bodies).
    """
    words, closed = columns["words"], columns["closed"]
    reads = ((words >= 12) | ((words >= 6) & (closed > 1))) & (columns["link_share"] < 0.5)
    article = np.minimum(columns["named_article_body"], columns["named_article"])
    article = np.minimum(article, columns["near_article"])
    return np.where(reads & (columns["named_comment"] >= article), words, 0.0)


def _groups(
    lines: Lines, pages: Sequence[Flattened], blocks: Sequence[Block]
) -> tuple[Array, Array]:
    """Return group and container numbers of each block, unique in the batch."""
    base = lines.text.astype(np.int64) << 32
    signature = np.array([block.signature for block in blocks], dtype=np.int64)
    parents = [page.parents[block.element] for page in pages for block in page.blocks]
    return base + signature, base + np.array(parents, dtype=np.int64)


def _group_means(group: Array, columns: dict[str, Array], name: str) -> dict[str, Array]:
    """Return size and means of words, links and sentence ends of each block's group."""
    if not len(group):
        return {f"{name}_{part}": np.zeros(0) for part in ("size", "words", "links", "closed")}
    _, index, count = np.unique(group, return_inverse=True, return_counts=True)
    means = {
        part: (np.bincount(index, columns[source]) / count)[index]
        for part, source in (("words", "words"), ("links", "link_share"), ("closed", "closed"))
    }
    return {f"{name}_size": np.log1p(count[index])} | {
        f"{name}_{part}": values for part, values in means.items()
    }


def _containers(
    lines: Lines, pages: Sequence[Flattened], blocks: Sequence[Block], columns: dict[str, Array]
) -> dict[str, Array]:
    """Return what the elements above a block hold of the page's text and prose."""
    sizes = np.array([len(page.parents) for page in pages], dtype=np.int64)
    offset = np.concatenate([[0], np.cumsum(sizes)])
    parent = np.concatenate(
        [np.zeros(0, dtype=np.int64)]
        + [np.array(page.parents) + start for page, start in zip(pages, offset, strict=False)]
    )
    element = np.array([block.element for block in blocks], dtype=np.int64) + offset[lines.text]
    depth = _depths(parent)
    words, links = columns["words"], columns["words"] * columns["link_share"]
    held = [_held(parent, depth, element, part) for part in (words, columns["prose"], links)]
    total = held[1][offset[:-1]][lines.text]
    result: dict[str, Array] = {}
    at = element
    for level in range(_CONTAINERS):
        result[f"up{level}_share"] = held[1][at] / np.maximum(total, 1)
        result[f"up{level}_prose"] = held[1][at] / np.maximum(held[0][at], 1)
        result[f"up{level}_links"] = held[2][at] / np.maximum(held[0][at], 1)
        at = parent[at]
    for share in _SHARES:
        result |= _climb(parent, element, depth, held[1], share * total, f"main{share:.0%}")
    return result


def _depths(parent: Array) -> Array:
    """Return the depth of each element; parents come before their children."""
    depth = np.zeros(len(parent), dtype=np.int64)
    at = parent
    moving = at != parent[at]
    depth[np.arange(len(parent)) != parent] = 1
    while moving.any():
        depth[moving] += 1
        at = parent[at]
        moving = at != parent[at]
    return depth


def _held(parent: Array, depth: Array, element: Array, values: Array) -> Array:
    """Return for each element the sum of `values` of the blocks in and below it."""
    total = np.bincount(element, values, minlength=len(parent))
    order = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[order], np.arange(depth.max(initial=0) + 2))
    for level in range(len(bounds) - 2, 0, -1):
        children = order[bounds[level] : bounds[level + 1]]
        np.add.at(total, parent[children], total[children])
    return total


def _climb(
    parent: Array, element: Array, depth: Array, held: Array, enough: Array, name: str
) -> dict[str, Array]:
    """Return how many elements up from each block one holds `enough`, and how deep that is."""
    steps = np.full(len(element), float(_CLIMB))
    reached = np.zeros(len(element))
    at = element
    for step in range(_CLIMB):
        hit = (steps == _CLIMB) & (held[at] >= enough)
        steps[hit] = step
        reached[hit] = depth[at[hit]]
        at = parent[at]
    return {f"{name}_steps": steps, f"{name}_depth": reached}
