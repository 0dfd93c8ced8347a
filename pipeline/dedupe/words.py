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
import xxhash

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Words in a shingle.
SHINGLE: Final = 5

_GAP, _LETTER, _IDEOGRAPH, _IGNORED = 0, 1, 2, 3
_IDEOGRAPHS: Final = 0x2E80  # the first code point of the East Asian blocks
_TABLE_SIZE: Final = 0x20000  # planes 0 and 1; code points beyond are ideographs
_BASE: Final = 0x9E3779B97F4A7C15
_STRIDE: Final = 4  # characters hashed at a time
#: What leaves the first n of these.
_FIRST_CHARACTERS: Final = np.array([(1 << 16 * n) - 1 for n in range(_STRIDE + 1)], np.uint64)
_LONGEST_WORD: Final = 32  # characters; what is longer is no word, and hashed in one go
_TABLE_BLOCK: Final = 0x100  # code points whose values are worked out at once
_ASCII: Final = 0x7F
_MARK_BITS: Final = 16  # bits of a folded character, below its marks
_LONGEST_QUOTATION: Final = 1_500  # characters
_BLOCK_CHARACTERS: Final = 1 << 17  # a block's arrays stay within the processor's cache

_KIND: Final = 3  # the two bits of a mark that hold one of the above
_NEWLINE, _TERMINATOR, _UPPER, _DIGIT, _QUOTE, _SPACE = 4, 8, 16, 32, 64, 128
#: Kinds of quotation marks, double ones first, and which characters they are.
_OPENS, _EITHER_WAY, _HIGH_DOUBLE, _OTHER_DOUBLE = 1, 2, 3, 4
_SINGLE_OPENS, _SINGLE_CLOSES, _SINGLE_STRAIGHT = 5, 6, 7
_QUOTE_MARKS: Final = {
    _OPENS: "„‟",
    _EITHER_WAY: '"＂«»',
    _HIGH_DOUBLE: "“",
    _OTHER_DOUBLE: "”",
    _SINGLE_OPENS: "‘‚‹",
    _SINGLE_CLOSES: "’›",
    _SINGLE_STRAIGHT: "'",
}
_QUOTES: Final = "".join(_QUOTE_MARKS.values())


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch of texts, text after text.

    The words of text i are `bounds[i]:bounds[i + 1]`. `starts` and `ends` are code point offsets
    into their own text; `sentences` numbers the sentences of a text, rising; `facts` marks the
    words that carry facts: numbers, and capitalised words inside a sentence; `numbers` the numbers.
    """

    hashes: U64
    starts: I64
    ends: I64
    quoted: Bools
    facts: Bools
    numbers: Bools
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
            self.numbers[part],
            self.sentences[part],
            np.array([0, part.stop - part.start]),
        )


def read_words(texts: Sequence[str], hashes_only: bool = False) -> Words:
    """Return the words of `texts`; with `hashes_only` no offsets, facts and sentences of them."""
    parts = [_read_block(block, hashes_only) for block in _blocks(texts)]
    parts = parts or [_read_block([], hashes_only)]
    sizes = np.concatenate([np.diff(part.bounds) for part in parts])
    return Words(
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.quoted for part in parts]),
        np.concatenate([part.facts for part in parts]),
        np.concatenate([part.numbers for part in parts]),
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
    mixed = hashes[:count] * _shingle_factors()[0]
    for place, factor in enumerate(_shingle_factors()[1:size], 1):
        mixed += hashes[place : place + count] * factor
    return mix(mixed)


def shingle_ranges(words: Words) -> tuple[I64, I64]:
    """Return where the shingles of each text start among `text_shingles`, and how many it has."""
    counts = np.diff(words.bounds)
    return words.bounds[:-1], np.where(counts, np.maximum(counts - SHINGLE + 1, 1), 0)


def text_shingles(words: Words) -> U64:
    """Return at the place of each word the shingle that starts there.

    The last four words of a text start none: what stands there is of no use. A text of fewer
    than five words has one shingle, of all of them.
    """
    found = np.zeros(len(words.hashes), np.uint64)
    if len(found) >= SHINGLE:
        found[: len(found) - SHINGLE + 1] = shingles(words.hashes)
    counts = np.diff(words.bounds)
    for text in np.flatnonzero((counts > 0) & (counts < SHINGLE)).tolist():
        first, end = words.bounds[text], words.bounds[text + 1]
        found[first] = shingles(words.hashes[first:end])[0]
    return found


def ranges(starts: I64, sizes: I64) -> I64:
    """Return the places of ranges given by start and size, one range after another."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))


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


def _read_block(texts: list[str], hashes_only: bool) -> Words:
    """Read texts joined by line breaks: a break ends words, sentences and quotations."""
    lengths = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    offsets = np.concatenate([[0], np.cumsum(lengths + 1)]).astype(np.int64)
    joined = "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
    mark, folded = _characters(codes)
    starts, ends, hashes = _words(folded, mark & np.uint8(_KIND))
    bounds = np.searchsorted(starts, offsets).astype(np.int64)
    wanted = _NEWLINE | _QUOTE if hashes_only else _NEWLINE | _TERMINATOR | _QUOTE
    special = np.flatnonzero((mark & np.uint8(wanted)) != 0)
    following = np.searchsorted(starts, special)  # the word behind each
    quoted = _quoted(codes, mark, special, following, len(starts))
    _quote_posts(joined, starts, quoted)
    if hashes_only:
        none = starts[:0]
        return Words(hashes, none, none, quoted, quoted[:0], quoted[:0], none, bounds)
    sizes = np.diff(bounds)
    is_break = _is_break(mark, special)
    breaks = special[is_break]
    sentences = _passed(following[is_break], len(starts))
    first = np.ones(len(starts), np.bool_)
    first[1:] = sentences[1:] != sentences[:-1]
    initial = mark[starts]
    numbers = (initial & _DIGIT) > 0
    facts = numbers | (((initial & _UPPER) > 0) & ~first)
    sentences -= np.repeat(np.searchsorted(breaks, offsets[:-1], side="right"), sizes)
    shift = np.repeat(offsets[:-1], sizes)
    starts, ends = starts - shift, ends - shift
    return Words(hashes, starts, ends, quoted, facts, numbers, sentences, bounds)


def _characters(codes: npt.NDArray[np.uint32]) -> tuple[U8, U16]:
    """Return the marks of characters, and the folded characters.

    Most are ASCII, which is looked up by bytes; what is not is looked up in the large table.
    """
    low = bytearray(codes.astype(np.uint8))  # wrong for the others, which are put right below
    marks, folds = _ascii()
    mark = np.frombuffer(low.translate(marks), np.uint8)
    folded = np.frombuffer(low.translate(folds), np.uint8).astype("<u2")
    others = np.flatnonzero(codes > np.uint32(_ASCII))
    found = _TABLE.look_up(codes[others])
    mark[others] = found >> np.uint32(_MARK_BITS)
    folded[others] = found  # its low bits
    return mark, folded


def _words(folded: U16, kind: U8) -> tuple[I64, I64, U64]:
    """Return where words start and end, and their hashes.

    Ignored characters (soft hyphens, accents of their own) neither split words nor change them.
    """
    if (kind != _IGNORED).all():
        starts, ends = _word_edges(kind)
        return starts, ends, _word_hashes(folded, starts, ends)
    kept = np.flatnonzero(kind != _IGNORED)
    folded = folded[kept]
    starts, ends = _word_edges(kind[kept])
    return kept[starts], kept[ends], _word_hashes(folded, starts, ends)


def _word_edges(kind: U8) -> tuple[I64, I64]:
    """Return where words start and end; the last character belongs to none."""
    inside = kind == _LETTER
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if len(inside) and inside[0]:
        edges = np.concatenate([[0], edges])
    starts, ends = edges[0::2], edges[1::2]
    ideographs = np.flatnonzero(kind == _IDEOGRAPH) if (kind == _IDEOGRAPH).any() else starts[:0]
    if len(ideographs):
        starts = np.sort(np.concatenate([starts, ideographs]))
        ends = np.sort(np.concatenate([ends, ideographs + 1]))
    return starts, ends


def _word_hashes(folded: U16, starts: I64, ends: I64) -> U64:
    """Hash words by four characters at a time: one round for most of them."""
    padded = np.concatenate([folded, np.zeros(_STRIDE, "<u2")])
    # The four characters from each place on, as one number.
    fours = np.ndarray((len(folded),), "<u8", padded, strides=(2,))
    rest = np.minimum(ends - starts, _LONGEST_WORD)
    hashes = fours[starts] & _FIRST_CHARACTERS[np.minimum(rest, _STRIDE)]
    longer = np.flatnonzero(rest > _STRIDE)
    places, rest = starts[longer] + _STRIDE, rest[longer] - _STRIDE
    while len(longer):
        part = fours[places] & _FIRST_CHARACTERS[np.minimum(rest, _STRIDE)]
        hashes[longer] = hashes[longer] * np.uint64(_BASE) + part
        more = np.flatnonzero(rest > _STRIDE)
        longer, places, rest = longer[more], places[more] + _STRIDE, rest[more] - _STRIDE
    for word in np.flatnonzero(ends - starts > _LONGEST_WORD).tolist():
        hashes[word] = xxhash.xxh3_64_intdigest(folded[starts[word] : ends[word]].tobytes())
    return mix(hashes)


def _passed(following: I64, words: int) -> I64:
    """Return how many places come before each word, given the word behind each place."""
    counts = np.bincount(following, minlength=words)
    return np.cumsum(counts[:words], dtype=np.int64)


def _is_break(mark: U8, special: I64) -> Bools:
    """Return which marks end a sentence: a line break, or one of . ! ? … before a gap."""
    kinds = mark[special]
    following = mark[np.minimum(special + 1, len(mark) - 1)]
    before_gap = (following & (_QUOTE | _SPACE | _TERMINATOR)) != 0
    ends: Bools = ((kinds & _NEWLINE) != 0) | (((kinds & _TERMINATOR) != 0) & before_gap)
    return ends


def _quoted(
    codes: npt.NDArray[np.uint32],
    mark: U8,
    special: I64,
    following: I64,
    words: int,
) -> Bools:
    """Mark the words inside quotation marks; a quotation ends with its line at the latest."""
    chosen = (mark[special] & (_QUOTE | _NEWLINE)) != 0
    places = special[chosen]
    found = _quote_kinds().take(codes[places], mode="clip")
    newline = found == 0
    if newline.all():
        return np.zeros(words, np.bool_)
    inside = _inside(places, newline, *_double_marks(found, mark, places))
    inside |= _inside(places, newline, *_single_marks(found, mark, codes, places))
    last = _passed(following[chosen], words) - 1
    return (last >= 0) & inside[np.maximum(last, 0)]


def _double_marks(found: U8, mark: U8, places: I64) -> tuple[Bools, Bools]:
    """Tell opening from closing marks by the side on which there is a gap, where it matters.

    Straight marks are both; “ closes in German, and « and » change places between languages.
    """
    gap_before = (mark[np.maximum(places - 1, 0)] & _SPACE > 0) | (places == 0)
    gap_after = mark[np.minimum(places + 1, len(mark) - 1)] & _SPACE > 0
    opening = (found == _OPENS) | ((found == _EITHER_WAY) & gap_before & ~gap_after)
    opening |= (found == _HIGH_DOUBLE) & (gap_before | ~gap_after)
    return opening, (found <= _OTHER_DOUBLE) & (found > 0) & ~opening


def _single_marks(
    found: U8,
    mark: U8,
    codes: npt.NDArray[np.uint32],
    places: I64,
) -> tuple[Bools, Bools]:
    """Tell single quotation marks from apostrophes by what stands beside them."""
    before = (places > 0) & (mark[places - 1] & _KIND != _GAP)
    behind = np.minimum(places + 1, len(mark) - 1)
    after = mark[behind] & _KIND != _GAP
    straight = found == _SINGLE_STRAIGHT
    digit = (codes[behind] >= ord("0")) & (codes[behind] <= ord("9"))
    opening = ((found == _SINGLE_OPENS) | straight) & ~before & after & ~digit
    return opening, ((found == _SINGLE_CLOSES) | straight) & ~after & ~opening


def _inside(places: I64, newline: Bools, opening: Bools, closing: Bools) -> Bools:
    """Return after which marks a quotation is open.

    What opens and is not closed on its line, or only far off, is no quotation: an apostrophe
    ('em, 'til), an inch, or a mark whose partner was lost.
    """
    change = newline | opening | closing
    changes = np.flatnonzero(change)
    following = np.append(changes[1:], changes[-1:])
    good = closing[following] & (places[following] - places[changes] <= _LONGEST_QUOTATION)
    good &= opening[changes]
    last = np.cumsum(change) - 1
    inside: Bools = (last >= 0) & good[np.maximum(last, 0)]
    return inside


def _quote_posts(joined: str, starts: I64, quoted: Bools) -> None:
    """Mark embedded posts as quotations: the line signed with a handle, or the one before it."""
    place = _handle(joined, 0)
    while place >= 0:
        start = joined.rfind("\n", 0, place) + 1
        end = joined.find("\n", place)
        if joined[start : start + 3].lstrip()[:1] in ("—", "–", "-"):
            start = joined.rfind("\n", 0, max(len(joined[:start].rstrip()), 1)) + 1
        low, high = np.searchsorted(starts, [start, end])
        quoted[low:high] = True
        place = _handle(joined, end)


def _handle(joined: str, start: int) -> int:
    """Return where the next "(@" is, -1 if nowhere; a single character is found far faster."""
    place = joined.find("@", start)
    while place >= 0 and joined[place - 1 : place] != "(":
        place = joined.find("@", place + 1)
    return place - 1 if place > 0 else -1


@functools.cache
def _shingle_factors() -> tuple[np.uint64, ...]:
    return tuple(np.uint64(pow(_BASE, 7 + 2 * place, 1 << 64)) for place in range(SHINGLE))


@functools.cache
def _quote_kinds() -> U8:
    """Return the kind of quotation mark of every code point, 0 where it is none."""
    kinds = np.zeros(max(map(ord, _QUOTES)) + 2, np.uint8)
    for kind, characters in _QUOTE_MARKS.items():
        kinds[[ord(each) for each in characters]] = kind
    return kinds


@functools.cache
def _ascii() -> tuple[bytes, bytes]:
    """Return the marks and the folded characters of ASCII, as tables of bytes."""
    found = _TABLE.look_up(np.arange(_ASCII + 1, dtype=np.uint32))
    rest = bytes(0xFF - _ASCII)
    marks = (found >> np.uint32(_MARK_BITS)).astype(np.uint8)
    return marks.tobytes() + rest, found.astype(np.uint8).tobytes() + rest


class _Table:
    """The folded character, and above it the marks, of every code point of two planes.

    Filled by blocks when a text first needs one: all of it takes a third of a second.
    """

    def __init__(self) -> None:
        self._values = np.zeros(_TABLE_SIZE, np.uint32)
        self._filled = np.zeros(_TABLE_SIZE // _TABLE_BLOCK, np.bool_)

    def look_up(self, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """Return the values of code points; those beyond the table are ideographs."""
        codes = np.minimum(codes, np.uint32(_TABLE_SIZE - 1))
        met = np.bincount(codes // np.uint32(_TABLE_BLOCK), minlength=len(self._filled)) > 0
        for block in np.flatnonzero(met & ~self._filled).tolist():
            first = block * _TABLE_BLOCK
            self._values[first : first + _TABLE_BLOCK] = [
                _value(code) for code in range(first, first + _TABLE_BLOCK)
            ]
            self._filled[block] = True
        found: npt.NDArray[np.uint32] = self._values.take(codes)
        return found


_TABLE: Final = _Table()


def _value(code: int) -> int:
    """Return the folded character of a code point and above it its marks."""
    mark = _mark(chr(code)) if code < _TABLE_SIZE - 1 else _IDEOGRAPH
    folds = mark & _KIND == _LETTER and code < _IDEOGRAPHS
    folded = _fold(chr(code)) if folds else code
    return mark << _MARK_BITS | folded & (1 << _MARK_BITS) - 1


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
