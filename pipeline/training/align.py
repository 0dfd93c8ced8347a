"""Which lines of a flattened page are its body, told from the body known as text.

A line is aligned to the place in the body where its runs of four words stand; the lines kept
are the heaviest chain in the order of the body, so that a teaser or pull quote that says what
the body says elsewhere is not taken for it. Short lines count where their words stand in the
body between their neighbours in the chain.
"""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

WORD: Final = re.compile(r"\w+")
_RUN: Final = 4
#: Shares of a line's words found in the body between which its label is left open.
DOUBTFUL: Final = (0.35, 0.75)


def words_of(text: str) -> list[str]:
    """Return the words of `text` in lower case."""
    return WORD.findall(text.lower())


def body_shares(lines: Sequence[str], body: str) -> list[float]:
    """Return for each line the share of its words that stands in `body` at the line's place."""
    target = words_of(body)
    places = _places(target)
    tokens = [words_of(line) for line in lines]
    found = [_locate(words, places) for words in tokens]
    chain = _heaviest_chain(found)
    shares = [found[row][2] / max(len(tokens[row]), 1) if row in chain else 0.0
              for row in range(len(lines))]  # fmt: skip
    _fill_short(tokens, target, found, chain, shares)
    return shares


def _places(target: list[str]) -> dict[tuple[str, ...], list[int]]:
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for start in range(len(target) - _RUN + 1):
        places[tuple(target[start : start + _RUN])].append(start)
    return places


def _locate(words: list[str], places: dict[tuple[str, ...], list[int]]) -> tuple[int, int, int]:
    """Return start and end in the body and the number of words found; (-1, -1, 0) for none."""
    hits: dict[int, int] = {}
    for start in range(len(words) - _RUN + 1):
        where = places.get(tuple(words[start : start + _RUN]))
        if where:
            hits[start] = where[0] if len(where) == 1 else -1
    known = [(start, place) for start, place in hits.items() if place >= 0]
    if not known and hits:
        start = next(iter(hits))
        known = [(start, places[tuple(words[start : start + _RUN])][0])]
    if not known:
        return (-1, -1, 0)
    offsets = sorted(place - start for start, place in known)
    middle = offsets[len(offsets) // 2]
    covered = {s + k for s in hits for k in range(_RUN)}
    return (max(middle, 0), max(middle, 0) + len(words), len(covered))


def _heaviest_chain(found: Sequence[tuple[int, int, int]]) -> set[int]:
    rows = [row for row, (start, _, _) in enumerate(found) if start >= 0]
    best: list[tuple[int, int]] = []
    for place, row in enumerate(rows):
        start, _, weight = found[row]
        link, heaviest = -1, 0
        for back in range(place - 1, max(-1, place - 400), -1):
            slack = min(4, weight // 2)
            if found[rows[back]][1] <= start + slack and best[back][0] > heaviest:
                heaviest, link = best[back][0], back
        best.append((heaviest + weight, link))
    chain: set[int] = set()
    at = max(range(len(rows)), key=lambda place: best[place][0]) if rows else -1
    while at >= 0:
        chain.add(rows[at])
        at = best[at][1]
    return chain


def _fill_short(
    tokens: Sequence[list[str]],
    target: list[str],
    found: Sequence[tuple[int, int, int]],
    chain: set[int],
    shares: list[float],
) -> None:
    ordered = sorted(chain)
    at = 0
    for row, words in enumerate(tokens):
        if row in chain:
            at = found[row][1]
            continue
        if not words or len(words) > 12 or not ordered or row < ordered[0] - 3:
            continue
        coming = bisect.bisect(ordered, row)
        limit = found[ordered[coming]][0] if coming < len(ordered) else at + 40
        if coming == 0:
            at = max(0, limit - 40)
        spot = _find(words, target, max(at - 1, 0), limit + 1)
        if spot >= 0:
            shares[row] = 1.0
            at = spot + len(words)


def _find(words: list[str], target: list[str], low: int, high: int) -> int:
    high = min(high, low + 400)
    for start in range(low, min(high, len(target)) - len(words) + 1):
        if target[start : start + len(words)] == words:
            return start
    return -1
