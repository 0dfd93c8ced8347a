"""Which lines hold words that rules ask for, found in all lines of a batch at once.

Most rules need a word or a figure that few lines hold. Asking every line for the words of every
rule takes far longer than looking up all words of a batch with a few array operations. A hint
tells only that a line is worth a look, by the first letters of a word; the rules read the line.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from pipeline.describe import agency_names
from pipeline.records import Cleaned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    #: Places in the bytes of a batch, and what stands there: one hint for all, or one for each.
    Found = tuple[Array, Array | int]

#: What a line can hold: a figure, a word of an agency's name as printed, one of `_WORDS`.
FIGURE: Final = 1
AGENCY: Final = 2
REPORTED: Final = 4
WRITTEN: Final = 8
POINTS: Final = 16
#: Words whatever their case; longer ones are told by their first eight letters.
_WORDS: Final = {
    REPORTED: ("reporting", "reported", "writing", "written"),
    WRITTEN: ("written", "authored", "penned", "contributed", "submitted", "reported"),
    POINTS: ("highlights", "points"),
}

_SIZE: Final = 8
#: Eight blanks; added to a word they make its letters small.
_BLANKS: Final = 0x2020202020202020
_ONES: Final = 0x0101010101010101
_TOPS: Final = 0x8080808080808080
_TABLE_BITS: Final = 16
_FACTOR: Final = 0x9E3779B97F4A7C15


def of_articles(cleaned: Sequence[Cleaned]) -> list[list[int]]:
    """Return for each article the hints of its lines, in order: the sum of what a line holds."""
    import numpy as np

    texts = [line.text for one in cleaned for line in one.lines]
    data = "\n".join(["", *texts, ""]).encode("utf-8", "surrogatepass")
    chars = np.frombuffer(data + bytes(_SIZE), np.uint8)
    breaks = (chars == ord("\n")).nonzero()[0]
    figures = chars - np.uint8(ord("0")) < 10
    hints = np.zeros(len(texts), np.int64)
    for places, held in (*_figures(chars, figures), *_words(chars, figures)):
        np.bitwise_or.at(hints, np.searchsorted(breaks, places) - 1, held)
    every, end = hints.tolist(), 0
    return [every[end : (end := end + len(one.lines))] for one in cleaned]


def _figures(chars: Array, figures: Array) -> Iterator[Found]:
    """Yield where figures stand, and where figures and names in other scripts than Latin can."""
    yield figures.nonzero()[0], FIGURE
    # Nothing of the kind opens with 0xE2, but dashes and quotation marks do.
    foreign = (chars >= _least_foreign()) & (chars != 0xE2)
    yield foreign.nonzero()[0], FIGURE | AGENCY


@functools.cache
def _least_foreign() -> int:
    """Return the least byte that opens a figure of another script or a name without words."""
    least: int = min(0xD9, *agency_names.foreign_openings())
    return least


def _words(chars: Array, figures: Array) -> Iterator[Found]:
    """Yield where words stand that are asked for; each is looked up as printed and in small."""
    import numpy as np

    inside = figures | ((chars | 0x20) - np.uint8(ord("a")) < 26) | (chars == ord("_"))
    starts = (inside[1:] > inside[:-1]).nonzero()[0] + 1
    pairs, table, keys, hints = _table()
    opened = pairs.take(chars.take(starts) + chars.take(starts + 1) * np.uint16(256))
    starts = starts.compress(opened)
    printed = _cut(_eights(chars)[starts], _eights(inside)[starts])
    for words in (printed, printed | np.uint64(_BLANKS)):
        near = table.take(_slot(words)).nonzero()[0]
        words = words.take(near)
        place = np.searchsorted(keys, words)
        known = keys.take(place, mode="clip") == words
        yield starts[near[known]], hints[place[known]]


def _eights(chars: Array) -> Array:
    """Return the eight bytes from each place on, as one number."""
    import numpy as np

    eights: Array = np.ndarray((len(chars) - _SIZE + 1,), "<u8", chars, strides=(1,))
    return eights


def _cut(eights: Array, inside: Array) -> Array:
    """Return words of up to eight letters with blanks for what follows; `inside` has 1 for each."""
    import numpy as np

    tops = (inside - np.uint64(_ONES)) & ~inside & np.uint64(_TOPS)
    first = tops & (~tops + np.uint64(1))  # the highest bit of the first that is outside, or 0
    kept = (first >> np.uint64(_SIZE - 1)) - np.uint64(1)
    words: Array = eights & kept | np.uint64(_BLANKS) & ~kept
    return words


def _slot(words: Array) -> Array:
    import numpy as np

    slots: Array = words * np.uint64(_FACTOR) >> np.uint64(64 - _TABLE_BITS)
    return slots


@functools.cache
def _table() -> tuple[Array, Array, Array, Array]:
    """Return tables that rule out most words, by two letters and by all; words; their hints."""
    import numpy as np

    hints: dict[int, int] = {}
    pairs, table = np.zeros((2, 1 << _TABLE_BITS), bool)
    words = [(word.encode(), hint) for hint, own in _WORDS.items() for word in own]
    for word, hint in [*words, *((word, AGENCY) for word in agency_names.words_of_names())]:
        key = int.from_bytes(word[:_SIZE].ljust(_SIZE), "little")
        hints[key] = hints.get(key, 0) | hint
        small = word[:2].lower()
        for opening in (word[:2],) if hint == AGENCY else (small, small.upper(), small.title()):
            pairs[int.from_bytes(opening, "little")] = True
    keys = np.array(sorted(hints), np.uint64)
    table[_slot(keys)] = True
    return pairs, table, keys, np.array([hints[key] for key in keys.tolist()], np.int64)
