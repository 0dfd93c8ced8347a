"""trafilatura as a second opinion: which blocks of a page it would keep.

Its output is matched back to the blocks of the flattened text by their words. How much weight
the opinion gets does not belong here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pipeline.clean.html_flatten import Block, Flattened

#: Largest tree trafilatura is asked about; beyond these it can take seconds, and nothing
#: but the size of its input bounds its time.
MAX_ELEMENTS: Final = 15_000
MAX_CHARACTERS: Final = 400_000
MAX_DEPTH: Final = 200

_SHINGLE: Final = 4
_WORDS: Final = re.compile(r"\w+")

Words = tuple[str, ...]


def kept_blocks(tree: Any, flat: Flattened) -> list[float] | None:
    """Return for each block the share of it (0 to 1) that trafilatura keeps.

    None where it returns nothing or is not asked because the page is too large for it.
    """
    if not _bearable(flat):
        return None
    text = extract(tree)
    return share_kept(flat.blocks, text) if text else None


def _bearable(flat: Flattened) -> bool:
    return (
        len(flat.parents) <= MAX_ELEMENTS
        and len(flat.text) <= MAX_CHARACTERS
        and max((block.depth for block in flat.blocks), default=0) <= MAX_DEPTH
    )


def extract(tree: Any) -> str | None:
    """Return the text trafilatura extracts; the tree is copied, not changed, by it."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        document = trafilatura.bare_extraction(tree, include_comments=False)
    except (RecursionError, ValueError, TypeError, AttributeError, IndexError, KeyError):
        return None
    text = getattr(document, "text", None)
    return text if isinstance(text, str) and text.strip() else None


def share_kept(blocks: Sequence[Block], text: str) -> list[float]:
    """Return for each block the share of its runs of 4 words that stand in `text`.

    A block of fewer words counts as kept where it is a line of `text`.
    """
    lines = [tuple(_WORDS.findall(line)) for line in text.splitlines()]
    shingles = set(_runs([word for line in lines for word in line]))
    short = {line for line in lines if len(line) < _SHINGLE}
    return [_share(tuple(_WORDS.findall(block.text)), shingles, short) for block in blocks]


def _runs(words: Sequence[str]) -> Iterator[Words]:
    return zip(*(words[start:] for start in range(_SHINGLE)), strict=False)


def _share(words: Words, shingles: set[Words], short: set[Words]) -> float:
    if len(words) < _SHINGLE:
        return 1.0 if words and words in short else 0.0
    found = sum(map(shingles.__contains__, _runs(words)))
    return found / (len(words) - _SHINGLE + 1)
