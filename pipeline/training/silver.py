"""Pages without gold bodies, labelled by two readers of their HTML: silver for the line model.

trafilatura and the project's own block model (`pipeline.training.html`, trained before this) read
each page. A line is labelled where both say the same and left open where they differ: what one
of them gets wrong on its own is not learned.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.clean.html import CleanError, clean_pages, parse
from pipeline.records import BODY
from pipeline.training import align, corpus, flatten
from pipeline.training.corpus import Example

_COLLECTIONS: Final = ("trafilatura", "postlight", "htmldate_default")
_LONGEST: Final = 1_000_000
_MOST_LINES: Final = 3000
_LEAST_WORDS: Final = 80
#: How much of both bodies' runs of words must be the same, and how far such labels are trusted.
_AGREEMENT: Final = 0.6
_TRUST: Final = 0.4


def silver_examples(data: Path, ways: Sequence[str], each: int, seed: int) -> Iterator[Example]:
    """Yield the pages of a data folder that both readers read alike, each in `each` of `ways`.

    Sites kept aside are left out.
    """
    rng = random.Random(seed)  # noqa: S311
    seen: set[str] = set()
    for collection in _COLLECTIONS:
        for row in corpus.read(data / "data" / f"{collection}.jsonl.gz"):
            key = str(row["url"] or row["id"])
            html = corpus.html_of(row)
            known = key in seen or corpus.kept_aside(corpus.row_site(row))
            seen.add(key)
            if not known and len(html) <= _LONGEST and (bodies := _bodies(row, html)):
                yield from _flattened(row, html, bodies, rng.sample(list(ways), each))


def _bodies(row: dict[str, Any], html: str) -> tuple[str, str] | None:
    """Return what both readers take for the body, None where they do not agree."""
    import trafilatura

    one = trafilatura.extract(html, include_comments=False, fast=True) or ""
    other = _by_block_model(html)
    alike = agreement(one, other) >= _AGREEMENT and corpus.agrees(row, one)
    long = max(len(align.words_of(one)), len(align.words_of(other))) >= _LEAST_WORDS
    return (one, other) if alike and long else None


def _by_block_model(html: str) -> str:
    try:
        (cleaned,) = clean_pages([parse(html.encode("utf-8", "replace"), "utf-8")])
    except CleanError:
        return ""
    return "" if isinstance(cleaned, CleanError) else cleaned.text


def agreement(one: str, other: str) -> float:
    """Return the share of runs of four words that two texts have in common (Dice, 0 to 1)."""
    left, right = _runs(one), _runs(other)
    return 2 * len(left & right) / max(len(left) + len(right), 1)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = align.words_of(text)
    return set(zip(*(words[start:] for start in range(4)), strict=False))


def _flattened(
    row: dict[str, Any], html: str, bodies: tuple[str, str], ways: Sequence[str]
) -> Iterator[Example]:
    try:
        hints = corpus.block_roles(html)
    except (ValueError, AssertionError):  # lxml refuses an empty or broken page
        return
    for way in ways:
        text = flatten.FLATTENERS[way](html)
        lines = corpus.filled_lines(text)
        if not 3 <= len(lines) <= _MOST_LINES:
            continue
        shares = [align.body_shares(lines, body) for body in bodies]
        roles = tuple(
            _role(low, high, line, hints) for low, high, line in zip(*shares, lines, strict=True)
        )
        if BODY in roles:
            name, site = str(row["id"]), corpus.row_site(row)
            yield Example("silver", site, way, name, text, roles, _TRUST, bodies[1])


def _role(one: float, other: float, line: str, hints: dict[str, str]) -> str:
    """Return the role of a line by how much of it stands in each of the bodies."""
    roles = {corpus.role_of_line(share, line, hints) for share in (one, other)}
    return roles.pop() if len(roles) == 1 else corpus.OPEN
