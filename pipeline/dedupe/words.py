"""Texts as words: hashes, offsets, quotations, sentences, in flat arrays over a batch.

A word is a run of letters and digits, folded: lower case, without diacritics; an ideograph is a
word of its own. Everything is array arithmetic over the code points of the whole batch, so the
cost is about that of reading the text once. Hashes depend on the text alone: the same on every
platform, in every process.

What words mean for duplicates does not belong here.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Words in a shingle.
SHINGLE: Final = 5

_GAP, _LETTER, _IDEOGRAPH, _IGNORED = 0, 1, 2, 3
_IDEOGRAPHS: Final = 0x2E80  # the first code point of the East Asian blocks
_TABLE_SIZE: Final = 0x20000  # planes 0 and 1; code points beyond are ideographs
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_BASE_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_LONGEST_QUOTATION: Final = 1_500  # characters
_BLOCK_CHARACTERS: Final = 1 << 18  # a block's arrays stay within the processor's cache

_KIND: Final = 3  # the two bits of a mark that hold one of the above
_NEWLINE, _TERMINATOR, _UPPER, _DIGIT, _QUOTE, _SPACE = 4, 8, 16, 32, 64, 128
_ALWAYS_OPENING, _STRAIGHT, _GUILLEMETS = "„‟", '"＂', "«»"
_DOUBLE: Final = _ALWAYS_OPENING + _STRAIGHT + _GUILLEMETS + "“”"
_OPENING_SINGLE, _CLOSING_SINGLE, _STRAIGHT_SINGLE = "‘‚‹", "’›", "'"
_QUOTES: Final = _DOUBLE + _OPENING_SINGLE + _CLOSING_SINGLE + _STRAIGHT_SINGLE


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch of texts, text after text.

    The words of text i are `bounds[i]:bounds[i + 1]`. `starts` and `ends` are code point offsets
    into their own text; `sentences` numbers the sentences of a text, rising; `facts` marks the
    words that carry facts: numbers, and capitalised words inside a sentence.
    """

    hashes: U64
    starts: I64
    ends: I64
    quoted: Bools
    facts: Bools
    sentences: I64
    bounds: I64

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def text(self, index: int) -> Words:
        """Return the words of one text alone (views, no copies)."""
        part = slice(int(self.bounds[index]), int(self.bounds[index + 1]))
        return Words(
            self.hashes[part],
            self.starts[part],
            self.ends[part],
            self.quoted[part],
            self.facts[part],
            self.sentences[part],
            np.array([0, part.stop - part.start]),
        )


def read_words(texts: Sequence[str]) -> Words:
    """Return the words of `texts`."""
    parts = [_read_block(block) for block in _blocks(texts)] or [_read_block([])]
    sizes = np.concatenate([np.diff(part.bounds) for part in parts])
    return Words(
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.quoted for part in parts]),
        np.concatenate([part.facts for part in parts]),
        np.concatenate([part.sentences for part in parts]),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
    )


def shingles(hashes: U64) -> U64:
    """Return the hash of every run of five consecutive words; of all words if there are fewer.

    `hashes` are the words of one or more texts: a shingle may span two texts, which the caller
    has to leave out.
    """
    size = min(SHINGLE, len(hashes))
    if not size:
        return hashes
    count = len(hashes) - size + 1
    mixed = np.zeros(count, np.uint64)
    for place, factor in enumerate(_shingle_factors()[:size]):
        mixed += hashes[place : place + count] * factor
    return mix(mixed)


def mix(values: U64) -> U64:
    """Return `values` scrambled so that all bits depend on all bits (splitmix64)."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def _blocks(texts: Sequence[str]) -> Iterator[list[str]]:
    block: list[str] = []
    size = 0
    for text in texts:
        block.append(text)
        size += len(text) + 1
        if size >= _BLOCK_CHARACTERS:
            yield block
            block, size = [], 0
    if block:
        yield block


def _read_block(texts: list[str]) -> Words:
    """Read texts joined by line breaks: a break ends words, sentences and quotations."""
    lengths = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    offsets = np.concatenate([[0], np.cumsum(lengths + 1)]).astype(np.int64)
    joined = "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
    marks, weights = _tables()
    mark = marks.take(codes, mode="clip")
    starts, ends = _word_edges(mark & np.uint8(_KIND))
    hashes = _word_hashes(weights.take(codes, mode="clip"), starts, ends)
    bounds = np.searchsorted(starts, offsets).astype(np.int64)
    owner = np.repeat(np.arange(len(texts)), np.diff(bounds))
    sentence = np.cumsum(_sentence_breaks(mark), dtype=np.int32)
    sentences = sentence[starts]
    first = np.ones(len(starts), np.bool_)
    first[1:] = sentences[1:] != sentences[:-1]
    initial = mark[starts]
    facts = ((initial & _DIGIT) > 0) | (((initial & _UPPER) > 0) & ~first)
    sentences = sentences - sentence[offsets[:-1]][owner]
    quoted = _quoted(codes, mark, starts)
    _quote_posts(joined, starts, quoted)
    return Words(
        hashes,
        starts - offsets[owner],
        ends - offsets[owner],
        quoted,
        facts,
        sentences.astype(np.int64),
        bounds,
    )


def _word_edges(kind: npt.NDArray[np.uint8]) -> tuple[I64, I64]:
    """Return where words start and end; ignored characters neither split nor make words."""
    inside = kind == _LETTER
    if (kind == _IGNORED).any():
        # An ignored character takes the side of the character before it.
        places = np.arange(len(kind))
        known = np.maximum.accumulate(np.where(kind != _IGNORED, places, 0))
        inside = inside[known]
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if len(inside) and inside[0]:
        edges = np.concatenate([[0], edges])
    starts, ends = edges[0::2], edges[1::2]
    ideographs = np.flatnonzero(kind == _IDEOGRAPH)
    if len(ideographs):
        starts = np.sort(np.concatenate([starts, ideographs]))
        ends = np.sort(np.concatenate([ends, ideographs + 1]))
    return starts, ends


def _word_hashes(weight: U64, starts: I64, ends: I64) -> U64:
    """Hash words as polynomials of their characters, by differences of one running sum."""
    powers, inverses = _powers(len(weight))
    sums = np.empty(len(weight) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(weight * powers[: len(weight)], out=sums[1:])
    return mix((sums[ends] - sums[starts]) * inverses[starts])


def _sentence_breaks(mark: npt.NDArray[np.uint8]) -> Bools:
    """Return where a sentence ends: at a line break, or at . ! ? … before a gap."""
    breaks: Bools = (mark & _NEWLINE) != 0
    places = np.flatnonzero((mark & _TERMINATOR) != 0)
    following = mark[np.minimum(places + 1, len(mark) - 1)]
    breaks[places] = (following & (_QUOTE | _SPACE | _TERMINATOR)) != 0
    return breaks


def _quoted(codes: npt.NDArray[np.uint32], mark: npt.NDArray[np.uint8], starts: I64) -> Bools:
    """Mark the words inside quotation marks; a quotation ends with its line at the latest."""
    is_event = (mark & (_QUOTE | _NEWLINE)) != 0
    places = np.flatnonzero(is_event)
    if not len(places):
        return np.zeros(len(starts), np.bool_)
    found = codes[places]
    newline = found == ord("\n")
    inside = _inside(places, newline, *_double_marks(found, mark, places))
    inside |= _inside(places, newline, *_single_marks(found, mark, codes, places))
    last = np.cumsum(is_event, dtype=np.int32)[starts] - 1
    return (last >= 0) & inside[np.maximum(last, 0)]


def _double_marks(
    found: npt.NDArray[np.uint32], mark: npt.NDArray[np.uint8], places: I64
) -> tuple[Bools, Bools]:
    """Tell opening from closing marks by the side on which there is a gap, where it matters.

    Straight marks are both; “ closes in German, and « and » change places between languages.
    """
    gap_before = (mark[np.maximum(places - 1, 0)] & _SPACE > 0) | (places == 0)
    gap_after = mark[np.minimum(places + 1, len(mark) - 1)] & _SPACE > 0
    either_way = _among(found, _STRAIGHT + _GUILLEMETS)
    opening = _among(found, _ALWAYS_OPENING) | (either_way & gap_before & ~gap_after)
    opening |= (found == ord("“")) & (gap_before | ~gap_after)
    return opening, _among(found, _DOUBLE) & ~opening


def _single_marks(
    found: npt.NDArray[np.uint32],
    mark: npt.NDArray[np.uint8],
    codes: npt.NDArray[np.uint32],
    places: I64,
) -> tuple[Bools, Bools]:
    """Tell single quotation marks from apostrophes by what stands beside them."""
    before = (places > 0) & (mark[places - 1] & _KIND != _GAP)
    after = mark[np.minimum(places + 1, len(mark) - 1)] & _KIND != _GAP
    straight = _among(found, _STRAIGHT_SINGLE)
    following = codes[np.minimum(places + 1, len(codes) - 1)]
    digit = (following >= ord("0")) & (following <= ord("9"))
    opening = (_among(found, _OPENING_SINGLE) | straight) & ~before & after & ~digit
    return opening, (_among(found, _CLOSING_SINGLE) | straight) & ~after & ~opening


def _inside(places: I64, newline: Bools, opening: Bools, closing: Bools) -> Bools:
    """Return after which marks a quotation is open.

    What opens and is not closed on its line, or only far off, is no quotation: an apostrophe
    ('em, 'til), an inch, or a mark whose partner was lost.
    """
    changes = np.flatnonzero(newline | opening | closing)
    following = np.append(changes[1:], changes[-1:])
    good = closing[following] & (places[following] - places[changes] <= _LONGEST_QUOTATION)
    good &= opening[changes]
    last = np.searchsorted(changes, np.arange(len(places)), side="right") - 1
    inside: Bools = (last >= 0) & good[np.maximum(last, 0)]
    return inside


def _among(found: npt.NDArray[np.uint32], characters: str) -> Bools:
    either: Bools = functools.reduce(np.logical_or, [found == ord(one) for one in characters])
    return either


def _quote_posts(joined: str, starts: I64, quoted: Bools) -> None:
    """Mark embedded posts as quotations: the line signed with a handle, or the one before it."""
    place = joined.find("(@")
    while place >= 0:
        start = joined.rfind("\n", 0, place) + 1
        end = joined.find("\n", place)
        if joined[start : start + 3].lstrip()[:1] in ("—", "–", "-"):
            start = joined.rfind("\n", 0, max(len(joined[:start].rstrip()), 1)) + 1
        low, high = np.searchsorted(starts, [start, end])
        quoted[low:high] = True
        place = joined.find("(@", end)


@functools.cache
def _shingle_factors() -> tuple[np.uint64, ...]:
    return tuple(np.uint64(pow(_BASE, 7 + 2 * place, 1 << 64)) for place in range(SHINGLE))


@functools.lru_cache(maxsize=2)
def _powers_of(size: int) -> tuple[U64, U64]:
    powers = np.full(size, _BASE, np.uint64)
    inverses = np.full(size, _BASE_INVERSE, np.uint64)
    powers[0] = inverses[0] = 1
    return np.multiply.accumulate(powers), np.multiply.accumulate(inverses)


def _powers(size: int) -> tuple[U64, U64]:
    """Return powers of the base and of its inverse, for at least `size` characters."""
    return _powers_of(max(2 * _BLOCK_CHARACTERS, 1 << (size - 1).bit_length()))


@functools.cache
def _tables() -> tuple[npt.NDArray[np.uint8], U64]:
    """Return marks and hash weight of every code point below `_TABLE_SIZE`."""
    folded = np.arange(_TABLE_SIZE, dtype=np.uint64)
    marks = np.zeros(_TABLE_SIZE, np.uint8)
    for code in range(_TABLE_SIZE):
        character = chr(code)
        marks[code] = _mark(character)
        if marks[code] & _KIND == _LETTER and code < _IDEOGRAPHS:
            folded[code] = _fold(character)
    marks[-1] = _IDEOGRAPH  # stands for all code points beyond the table
    weights = mix(folded + np.uint64(_BASE))
    weights[marks & _KIND == _IGNORED] = 0
    return marks, weights


def _mark(character: str) -> int:
    """Return the kind of a character and what else it is."""
    if character.isalnum():
        if _is_ideograph(ord(character)):
            return _IDEOGRAPH
        upper = character.isupper() or character.istitle()
        return _LETTER | _UPPER * upper | _DIGIT * character.isdecimal()
    if character == "\n":
        return _NEWLINE | _SPACE
    if character in _QUOTES:
        return _QUOTE
    if character in ".!?…。！？":
        return _TERMINATOR
    # Brackets and dashes part words like blanks do.
    if character.isspace() or character in "()[]—–":
        return _SPACE
    return _IGNORED if unicodedata.category(character) in ("Mn", "Cf") else _GAP


def _is_ideograph(code: int) -> bool:
    """Return whether words of this script are written without spaces between them."""
    return (
        0x0E00 <= code < 0x0F00  # Thai, Lao
        or 0x1000 <= code < 0x10A0  # Myanmar
        or 0x1780 <= code < 0x1800  # Khmer
        or _IDEOGRAPHS <= code < 0xA4D0  # Han, kana
        or 0xF900 <= code < 0xFB00
        or code >= 0x1B000
    )


def _fold(character: str) -> int:
    lowered = character.lower()[0]
    return ord(unicodedata.normalize("NFKD", lowered)[0])
