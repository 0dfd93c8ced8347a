"""Examples made of examples: texts as extractors cut them down, and pages put together anew.

A model that sees few hundred sites learns them by heart: this menu goes with that article. Pages
whose head, body and tail come from different sites leave it nothing to learn but what tells a
body from its surroundings.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from pipeline.records import BODY
from pipeline.training.corpus import Example


def cropped(example: Example, rng: random.Random) -> Example | None:
    """Return the example as an extractor leaves it: most lines away from the body are gone.

    None where nothing of the body's surroundings is left to tell from it.
    """
    pieces, filled = _pieces(example.text)
    body = [row for row, role in enumerate(example.roles) if role == BODY]
    if not body or len(filled) != len(example.roles):
        return None
    first, last = body[0], body[-1]
    reach, inner, near = rng.choice((3, 6, 12)), rng.uniform(0.3, 1.0), rng.uniform(0.2, 0.9)
    kept = [
        row for row, role in enumerate(example.roles)
        if role == BODY or (first < row < last and rng.random() < inner)
        or (min(abs(row - first), abs(row - last)) <= reach and rng.random() < near)
    ]  # fmt: skip
    if len(kept) == len(body) and rng.random() < 0.7:
        return None
    text = "".join(pieces[filled[row]] for row in kept)
    roles = tuple(example.roles[row] for row in kept)
    return Example(example.collection, example.site, f"{example.way}/cropped", example.name,
                   text, roles, example.weight, example.body)  # fmt: skip


def mixtures(
    found: Sequence[Example], count: int, trust: float, group: Callable[[str], int], seed: int
) -> list[Example]:
    """Return `count` pages put together of `found`: the head of one, the body of another.

    The tail is the head's or, every third time, a third page's. Pages are mixed that were
    flattened in the same way and whose sites are in the same `group`; what comes of it counts
    as of the head's site, and is trusted `trust` times as far as its parts.
    """
    rng = random.Random(seed)  # noqa: S311
    pages: dict[tuple[int, str], list[Example]] = defaultdict(list)
    for example in found:
        if BODY in example.roles:
            pages[group(example.site), example.way].append(example)
    keys = sorted(key for key, own in pages.items() if len({e.site for e in own}) > 1)
    sizes = [len(pages[key]) for key in keys]
    made: list[Example] = []
    while keys and len(made) < count:
        own = pages[rng.choices(keys, sizes)[0]]
        head, body = rng.sample(own, 2)
        tail = rng.choice((head, head, rng.choice(own)))
        if head.site != body.site and (page := mixed(head, body, tail, trust)):
            made.append(page)
    return made


def mixed(head: Example, body: Example, tail: Example, trust: float) -> Example | None:
    """Return the page of a head, a body and a tail; None where their lines cannot be told."""
    first, _, _ = _sections(head)
    _, inner, _ = _sections(body)
    _, _, last = _sections(tail)
    text = "".join(piece if piece[-1:] == "\n" else f"{piece}\n" for piece, _ in
                   (*first, *inner, *last))  # fmt: skip
    roles = tuple(role for _, role in (*first, *inner, *last))
    if not inner or len([line for line in text.splitlines() if line.strip()]) != len(roles):
        return None
    weight = trust * (head.weight * body.weight) ** 0.5
    return Example(head.collection, head.site, f"{head.way}/mixed", f"{head.name}+{body.name}",
                   text, roles, weight, body.body)  # fmt: skip


_Section = list[tuple[str, str]]


def _sections(example: Example) -> tuple[_Section, _Section, _Section]:
    """Return the lines (with their roles) before, from first to last, and after the body."""
    pieces, filled = _pieces(example.text)
    if len(filled) != len(example.roles):
        return [], [], []
    rows = [(pieces[at], role) for at, role in zip(filled, example.roles, strict=True)]
    body = [row for row, role in enumerate(example.roles) if role == BODY]
    return rows[: body[0]], rows[body[0] : body[-1] + 1], rows[body[-1] + 1 :]


def _pieces(text: str) -> tuple[list[str], list[int]]:
    """Return lines joined with the blank lines after them, and the rows that are not blank."""
    pieces: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.strip() or not pieces:
            pieces.append(line)
        else:
            pieces[-1] += line
    return pieces, [row for row, piece in enumerate(pieces) if piece.strip()]
