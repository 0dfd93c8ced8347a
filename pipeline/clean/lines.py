"""Split a batch of raw texts into lines and words, as flat arrays.

Everything the line model knows of a text is computed from these arrays with NumPy, for all
lines of all texts of a batch at once. Characters are UTF-32 code points in one array, the
texts one after the other; a word is a run of letters or digits (in scripts written without
blanks: one character), known by a 64-bit hash of its lower-case form in which every digit
counts as the same digit. What the numbers mean for a line's role does not belong here.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.normal import PLAIN
from pipeline.clean.stop_words import every_stop_word

UPPER: Final = 1
LOWER: Final = 2
OTHER_LETTER: Final = 4
DIGIT: Final = 8
BLANK: Final = 16
STOP: Final = 32
QUOTE: Final = 64
PUNCTUATION: Final = 128
SYMBOL: Final = 256
BREAK: Final = 512
ODD: Final = 1024  # what `normal` looks at
IDEOGRAPH: Final = 2048
#: Words of a run that tells where a text repeats itself.
RUN: Final = 4
#: Words of the longest run that is hashed.
LONGEST: Final = 5
LETTER: Final = UPPER | LOWER | OTHER_LETTER

_TABLE_SIZE: Final = 0x10000
_BREAKS: Final = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_STOPS: Final = ".!?…。！？।۔"
_QUOTES: Final = "\"'“”„‘’‚«»‹›「」『』"
_PRIME: Final = 0x9E3779B97F4A7C15
_WORD_STEP: Final = 0xD6E8FEB86659FD93
_SALT: Final = np.uint64(0xBF58476D1CE4E5B9)
_MASK: Final = (1 << 64) - 1
#: Size of the smallest table that keys are looked up in, a power of two.
_TABLE_BITS: Final = 16

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch: m words, in order.

    `start`, `end` index the batch's characters; `line` is the line a word stands in; `hash` its
    64-bit hash; `number`, below m, is the same for the same word of the same text and no other;
    `runs` are what `run_hashes` gives; `first` has n + 1 entries: the words of line i are
    first[i]:first[i + 1].
    `again`: the words from which on a run of `RUN` words of one line stands that the text has more
    than once, and `again_run`, for each of them a number of the run, like `number`.
    `rare` (n): how many words of each line are no function words; those of one character are left
    out too, and one in 1,000 others. `rare_line`, `rare_number`: the line and the number of those
    that their text has more than once.
    """

    start: Array
    end: Array
    line: Array
    hash: Array
    runs: tuple[Array, ...]
    number: Array
    first: Array
    again: Array
    again_run: Array
    rare: Array
    rare_line: Array
    rare_number: Array


@dataclass(frozen=True, slots=True)
class Lines:
    """The n non-blank lines of a batch of d texts.

    `chars`: code points of all texts; `kinds`: the class bits of each; `offset` (d + 1): where
    each text starts. `text` (n): which text a line is of; `first` (d + 1): the lines of text i
    are first[i]:first[i + 1]; `low`, `high` (n): those of the text of line i are low[i]:high[i].
    `start`, `end` (n) index `chars` and exclude the line break; `left`, `right` exclude blanks
    at the ends too. `gap` (n): blank lines before it. `hashes` (n): the uint64 hash of its words
    in order, 0 where it has none.
    """

    raw_texts: tuple[str, ...]
    chars: Array
    kinds: Array
    offset: Array
    text: Array
    first: Array
    low: Array
    high: Array
    start: Array
    end: Array
    left: Array
    right: Array
    gap: Array
    hashes: Array
    words: Words

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.start)

    def raw(self, line: int) -> str:
        """Return the characters of `line`, blanks at its ends included."""
        text = int(self.text[line])
        base = int(self.offset[text])
        return self.raw_texts[text][int(self.start[line]) - base : int(self.end[line]) - base]


def split(raw_texts: Sequence[str]) -> Lines:
    """Return the non-blank lines of `raw_texts` (d strings) with their words.

    A line ends where `str.splitlines` ends it. Texts are told apart by position, so equal texts
    are fine; an empty text has no lines.
    """
    # One extra line break between texts keeps a line from running on into the next text.
    joined = "\n".join(raw_texts) + "\n"
    chars = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    kinds = character_kinds().take(chars, mode="clip")
    lengths = np.array([len(text) + 1 for text in raw_texts], dtype=np.int64)
    offset = np.concatenate([[0], np.cumsum(lengths)])
    pair = np.zeros(len(chars), dtype=bool)
    if "\r" in joined:
        # "\r\n" is one line break, not a line break and a blank line; the "\n" between texts is
        # none.
        pair[:-1] = (chars[:-1] == ord("\r")) & (chars[1:] == ord("\n"))
        pair[offset[1:][lengths > 1] - 2] = False
        kinds[pair] = BLANK
    start, end = _line_bounds(kinds, pair)
    left, right, filled = _trim(kinds, start, end)
    start, end, left, right = start[filled], end[filled], left[filled], right[filled]
    text = np.searchsorted(offset, start, side="right") - 1
    first = np.searchsorted(text, np.arange(len(raw_texts) + 1))
    words = _words(chars, kinds, left, right, text)
    return Lines(
        tuple(raw_texts), chars, kinds, offset, text, first, first[text], first[text + 1],
        start, end, left, right, _gaps(filled, first), _line_hashes(words), words,
    )  # fmt: skip


def plain_texts(lines: Lines) -> list[bool]:
    """Return for each text whether all lines are in normal form, but for blanks at their ends."""
    blank = lines.kinds == BLANK
    twice = blank[1:] & blank[:-1]
    odd = [np.flatnonzero((lines.kinds & ODD) > 0), np.flatnonzero(twice)]
    plain = np.ones(len(lines.raw_texts), dtype=bool)
    plain[np.searchsorted(lines.offset, np.concatenate(odd), side="right") - 1] = False
    found: list[bool] = plain.tolist()
    return found


def word_hash(word: str) -> int:
    """Return the hash that a word of a text would have; `word` must be one word."""
    folded = fold_table()[np.minimum(np.array([ord(c) for c in word]), _TABLE_SIZE - 1)]
    value = 0
    for position, code in enumerate(folded.tolist()):
        value = (value + (code + 1) * pow(_PRIME, position, 1 << 64)) & _MASK
    return value


def phrase_hash(word_hashes: Sequence[int]) -> int:
    """Return the hash of a run of words, equal to what `run_hashes` gives for it."""
    value = 0
    for position, hashed in enumerate(word_hashes):
        value = (value + hashed * pow(_WORD_STEP, position, 1 << 64)) & _MASK
    return value


def bit_of(hashes: Array) -> Array:
    """Return the place of each word hash in the tables of `word_bits`."""
    return (hashes >> np.uint64(44)).view(np.int64)


@functools.cache
def word_bits(words: tuple[str, ...]) -> Array:
    """Return a table of 2**20 bits that says of a hash whether it may be one of `words`."""
    bits = np.zeros(1 << 20, dtype=bool)
    bits[[word_hash(word) >> 44 for word in words]] = True
    return bits


def run_hashes(hashes: Array) -> tuple[Array, ...]:
    """Return for each word the uint64 hashes of the runs of 1, 2, … `LONGEST` words from it on.

    Runs are cut by nothing: the caller masks those that leave their line.
    """
    runs = [hashes]
    for length in range(1, min(LONGEST, max(len(hashes), 1))):
        longer = runs[-1].copy()
        longer[:-length] += hashes[length:] * np.uint64(pow(_WORD_STEP, length, 1 << 64))
        runs.append(longer)
    return (*runs, *[runs[-1]] * (LONGEST - len(runs)))


def _line_hashes(words: Words) -> Array:
    steps = _powers(_WORD_STEP, len(words.hash))
    prefix = np.concatenate([[np.uint64(0)], np.cumsum(words.hash * steps, dtype=np.uint64)])
    undo = _powers(pow(_WORD_STEP, -1, 1 << 64), len(words.hash) + 1)
    sums = prefix[words.first[1:]] - prefix[words.first[:-1]]
    return np.asarray(sums * undo[words.first[:-1]])


def with_text(keys: Array, text: Array) -> Array:
    """Return keys that differ where the text does, whatever else is in the batch."""
    return keys ^ _spread(text)


def equals(keys: Array) -> Array:
    """Return for each of the uint64 `keys` the place of one that equals it, one for all of them.

    By hash tables: what finds its slot taken by another key goes to the next table. Sorting takes
    three times as long.
    """
    # A roomy table: few find their slot taken.
    bits = max(_TABLE_BITS, len(keys).bit_length() + 2)
    table = np.empty(1 << bits, dtype=np.int32)
    found = np.empty(len(keys), dtype=np.int32)
    left = np.arange(len(keys), dtype=np.int32)
    factor = _PRIME
    while len(left):
        own = keys[left]
        slots = ((own * np.uint64(factor)) >> np.uint64(64 - bits)).view(np.int64)
        table[slots] = left
        found[left] = table.take(slots)
        left = left[keys.take(found[left]) != own]
        factor = (factor + 2 * _PRIME) & _MASK
    return found


def _spread(numbers: Array) -> Array:
    spread = (numbers.astype(np.uint64) + np.uint64(1)) * _SALT
    return spread ^ (spread >> np.uint64(29))


@functools.cache
def character_kinds() -> Array:
    """Return the class bits of the first 65,536 code points (the last stands for the rest)."""
    kinds = np.zeros(_TABLE_SIZE, dtype=np.uint16)
    of_category = {"Lu": UPPER, "Lt": UPPER, "Ll": LOWER, "Nd": DIGIT}
    of_initial = {"L": OTHER_LETTER, "M": OTHER_LETTER, "P": PUNCTUATION}
    for code in range(_TABLE_SIZE):
        category = unicodedata.category(chr(code))
        kinds[code] = of_category.get(category) or of_initial.get(category[0], SYMBOL)
    kinds[[code for code in range(_TABLE_SIZE) if chr(code).isspace()]] = BLANK
    kinds[[ord(c) for c in _STOPS]] |= STOP
    kinds[[ord(c) for c in _QUOTES]] |= QUOTE
    kinds[[ord(c) for c in _BREAKS]] = BREAK | BLANK
    for low, high in ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x0E00, 0x0EFF)):
        kinds[low : high + 1] |= IDEOGRAPH
    kinds[-1] = SYMBOL
    plain = np.zeros(_TABLE_SIZE, dtype=bool)
    plain[[ord(char) for char in PLAIN + _BREAKS]] = True
    kinds[~plain] |= ODD
    return kinds


@functools.cache
def fold_table() -> Array:
    """Return for the first 65,536 code points what they count as in a word: lower case, digit 0."""
    folded = np.array([ord(chr(code).lower()[0]) for code in range(_TABLE_SIZE)], dtype=np.uint64)
    folded[(character_kinds() & DIGIT) > 0] = ord("0")
    return folded


@functools.cache
def _code_values() -> Array:
    """Return what each of the first 65,536 code points adds to the hash of a word."""
    return fold_table() + np.uint64(1)


def _line_bounds(kinds: Array, pair: Array) -> tuple[Array, Array]:
    """Return where lines start and end; `pair` marks the "\r" of each "\r\n"."""
    breaks = np.flatnonzero((kinds & BREAK) > 0)
    start = np.concatenate([[0], breaks[:-1] + 1])
    return start, breaks - pair[breaks - 1]


def _trim(kinds: Array, start: Array, end: Array) -> tuple[Array, Array, Array]:
    left, right, filled = start.copy(), end.copy(), end > start
    # Most lines have no blanks at their ends.
    ragged = np.flatnonzero(filled & (((kinds[start] | kinds[end - 1]) & BLANK) > 0))
    if len(ragged):
        shown = np.flatnonzero((kinds & BLANK) == 0)
        first = np.searchsorted(shown, start[ragged])
        last = np.searchsorted(shown, end[ragged]) - 1
        filled[ragged] = last >= first
        some = ragged[last >= first]
        left[some] = shown[first[last >= first]]
        right[some] = shown[last[last >= first]] + 1
    return left, right, filled


def _gaps(filled: Array, first: Array) -> Array:
    gap = np.diff(np.concatenate([[-1], np.flatnonzero(filled)])) - 1
    gap[first[:-1][first[:-1] < first[1:]]] = 0
    return gap


def _words(chars: Array, kinds: Array, left: Array, right: Array, text: Array) -> Words:
    start, end = _word_bounds(kinds)
    first = np.searchsorted(start, np.concatenate([left, right[-1:]]))
    if not len(left):
        first = np.zeros(1, dtype=np.int64)
    line = np.repeat(np.arange(len(left)), np.diff(first))
    hashes = _hash_runs(chars, start, end)
    number = equals(with_text(hashes, text[line]))
    again = (np.bincount(number, minlength=1) > 1)[number]
    rare = ~word_bits(every_stop_word())[bit_of(hashes)]
    met = np.flatnonzero(rare & again)
    runs = run_hashes(hashes)
    return Words(
        start, end, line, hashes, runs, number, first,
        *_runs_again(again, with_text(runs[RUN - 1], text[line]), first),
        np.bincount(line[rare], minlength=len(left)), line[met], number[met],
    )  # fmt: skip


def _word_bounds(kinds: Array) -> tuple[Array, Array]:
    """Return where words start and end; the last character belongs to none."""
    inner = (kinds & (LETTER | DIGIT)) > 0
    # Where characters of different kinds, or two that are words of their own, meet.
    cut = inner[1:] != inner[:-1]
    touching = kinds.max() >= IDEOGRAPH  # no other class bit is as high
    if touching:
        alone = (kinds & IDEOGRAPH) > 0
        cut |= alone[1:] | alone[:-1]
    bounds = np.flatnonzero(cut) + 1
    if inner[:1].any():
        bounds = np.concatenate([[0], bounds])
    if not touching:  # starts and ends take turns
        return bounds[::2], bounds[1::2]
    return bounds[inner[bounds]], bounds[1:][inner[bounds[1:] - 1]]


def _runs_again(again: Array, runs: Array, first: Array) -> tuple[Array, Array]:
    """Return `Words.again` and `again_run`; the words marked `again` are met more than once.

    Only what starts and ends with a word met again can recur.
    """
    whole = np.ones(len(again) + RUN - 1, dtype=bool)
    for back in range(RUN - 1):  # the last words of each line
        whole[first[1:] + back] = False
    whole = whole[RUN - 1 :]
    whole[: 1 - RUN] &= again[: 1 - RUN] & again[RUN - 1 :]
    place = np.flatnonzero(whole)
    number = equals(runs[place])
    recurs = (np.bincount(number, minlength=1) > 1)[number]
    return place[recurs], number[recurs]


def _hash_runs(chars: Array, start: Array, end: Array) -> Array:
    terms = _code_values().take(chars, mode="clip")
    terms *= _powers(_PRIME, len(chars))
    prefix = np.zeros(len(chars) + 1, dtype=np.uint64)
    np.cumsum(terms, out=prefix[1:])
    undo = _powers(pow(_PRIME, -1, 1 << 64), len(chars))
    return (prefix[end] - prefix[start]) * undo[start]


_POWERS: Final[dict[int, Array]] = {}


def _powers(base: int, length: int) -> Array:
    """Return base**0 … base**(length-1) mod 2**64; kept, since every batch needs them."""
    known = _POWERS.get(base)
    if known is None or len(known) < length:
        size = max(1 << 16, 1 << (max(length, 1) - 1).bit_length())
        steps = np.full(size, base, dtype=np.uint64)
        steps[0] = 1
        known = _POWERS[base] = np.cumprod(steps, dtype=np.uint64)
    return known[:length]
