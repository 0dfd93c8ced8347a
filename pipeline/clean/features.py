"""Numbers that tell a line of prose from furniture: one row a line, whatever the language.

Three kinds: of the line itself (length, characters, words), of its place (in the text, among its
neighbours, in relation to where the prose is), and of how its words recur elsewhere in the text.
All are computed for a whole batch at once. What follows from them is learned (`model`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from pipeline.clean.lines import (
    BLANK,
    DIGIT,
    LETTER,
    LOWER,
    ODD,
    PUNCTUATION,
    QUOTE,
    RUN,
    STOP,
    SYMBOL,
    UPPER,
    Array,
    Lines,
    Words,
    character_kinds,
    equals,
    with_text,
)
from pipeline.clean.phrases import phrase_columns

#: A line of at least this many words counts as a long line: prose, most of the time.
LONG: Final = 15
_LABELS: Final = ("related", "social", "promo", "legal", "timestamp", "byline")
#: Characters that are counted one by one.
_COUNTED: Final = "|,/@(©:"
_IN_WORDS: Final = LETTER | DIGIT
_NEIGHBOURS: Final = ("words", "stop_density", "closed", "capitals", "gap")


def line_features(lines: Lines, known_furniture: Array | None = None) -> dict[str, Array]:
    """Return the columns (float32, one entry a line) of the model's features, by name.

    `known_furniture`: for each line the share of its source's documents that carry it, from the
    learned furniture; zeros where nothing is known.
    """
    counter = _Counter(lines)
    columns = _characters(lines, counter) | _words(lines, counter)
    columns |= _places(lines, columns["words"]) | _recurrence(lines, columns["words"])
    columns |= phrase_columns(lines)
    columns |= _headings(lines, columns)
    columns["known_furniture"] = (
        np.zeros(len(lines)) if known_furniture is None else known_furniture
    )
    columns |= neighbours(lines, columns, _NEIGHBOURS)
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


def neighbours(
    lines: Lines, columns: Mapping[str, Array], names: Sequence[str]
) -> dict[str, Array]:
    """Return the named columns of the two lines before and after each line ("words-2")."""
    stacked = np.stack([columns[name] for name in names])
    return {
        f"{name}{shift:+d}": column
        for shift in (-2, -1, 1, 2)
        for name, column in zip(names, shifted(lines, stacked, shift), strict=True)
    }


def shifted(lines: Lines, column: Array, shift: int, edge: float = -1.0) -> Array:
    """Return for each line the value of `column` `shift` lines on, `edge` beyond the text.

    Here and in `window_sum`, `column` may be several (… × n).
    """
    place = np.arange(len(lines)) + shift
    inside = (place >= lines.low) & (place < lines.high)
    place = np.clip(place, 0, max(len(lines) - 1, 0))
    return np.where(inside, column.take(place, axis=-1), edge)


def per_text(lines: Lines, column: Array) -> Array:
    """Return the sum of `column` over each text (d entries)."""
    total = np.concatenate([[0.0], np.cumsum(column, dtype=np.float64)])
    return np.asarray(total[lines.first[1:]] - total[lines.first[:-1]])


def window_sum(lines: Lines, column: Array, before: int, after: int) -> Array:
    """Return the sum of `column` from `before` lines back to `after` lines on, in the text."""
    total = np.zeros((*column.shape[:-1], len(lines) + 1))
    np.cumsum(column, axis=-1, out=total[..., 1:])
    place = np.arange(len(lines))
    low = np.maximum(place - before, lines.low)
    high = np.minimum(place + after + 1, lines.high)
    return np.asarray(total.take(np.maximum(high, low), axis=-1) - total.take(low, axis=-1))


@functools.cache
def _classes() -> tuple[Array, Array, Array]:
    """Return the class of the first 65,536 code points, and of each class its kinds and number.

    Characters of the same kinds are of one class, with the number 0; those of `_COUNTED` have a
    class each, numbered from 1.
    """
    kinds = character_kinds().astype(np.int64) & ~ODD
    own = np.zeros(len(kinds), dtype=np.int64)
    own[[ord(char) for char in _COUNTED]] = np.arange(len(_COUNTED)) + 1
    keys, classes = np.unique(own << 16 | kinds, return_inverse=True)
    return classes, keys & 0xFFFF, keys >> 16


class _Counter:
    """Counts characters by line and class, once for all.

    Small letters and blanks are most of a text: what they are follows from the other counts and
    the length of the words.
    """

    def __init__(self, lines: Lines) -> None:
        self.size = np.maximum(lines.right - lines.left, 1)
        words = lines.words
        self.in_words = np.bincount(words.line, words.end - words.start, len(lines))
        place = np.flatnonzero((lines.kinds & (LOWER | BLANK)) == 0)
        bounds = np.searchsorted(place, np.stack([lines.left, lines.right], axis=1).ravel())
        # What stands between two lines is counted for a row behind the last.
        rows = np.full(2 * len(lines) + 1, len(lines))
        rows[1::2] = np.arange(len(lines))
        row = np.repeat(rows, np.diff(bounds, prepend=0, append=len(place)))
        classes, self._kinds, self._own = _classes()
        key = row * len(self._kinds) + classes.take(lines.chars[place], mode="clip")
        shape = (len(lines) + 1, len(self._kinds))
        counts = np.bincount(key, minlength=shape[0] * shape[1]).reshape(shape)
        self._counts = counts[:-1].astype(np.float64)

    def kind(self, bits: int) -> Array:
        """Return how many characters of any of the kinds `bits` each line has.

        Not of `LOWER` or `BLANK`.
        """
        return self._count((self._kinds & bits) > 0)

    def letters(self) -> Array:
        """Return how many letters each line has: words are of letters and digits."""
        return np.asarray(self.in_words - self.kind(DIGIT))

    def blanks(self) -> Array:
        """Return how many blanks each line has."""
        return np.asarray(self.size - self.in_words - self._count((self._kinds & _IN_WORDS) == 0))

    def char(self, char: str) -> Array:
        """Return how often each line has `char`, one of `_COUNTED`."""
        return self._count(self._own == _COUNTED.index(char) + 1)

    def _count(self, chosen: Array) -> Array:
        return np.asarray(self._counts @ chosen)


def _characters(lines: Lines, counter: _Counter) -> dict[str, Array]:
    size, kinds = counter.size, lines.kinds
    counts = {
        name: counter.kind(bits)
        for name, bits in (
            ("upper", UPPER), ("digits", DIGIT), ("stops", STOP), ("quotes", QUOTE),
            ("punctuation", PUNCTUATION), ("symbols", SYMBOL),
        )
    }  # fmt: skip
    counts["letters"] = counter.letters()
    first, last = kinds[lines.left], kinds[lines.right - 1]
    before_last = kinds[np.maximum(lines.right - 2, lines.left)]
    final = lines.chars[lines.right - 1]
    columns = {f"{name}_share": count / size for name, count in counts.items()}
    columns["upper_share"] = counts["upper"] / np.maximum(counts["letters"], 1)
    columns |= {name: counts[name] for name in ("stops", "quotes", "symbols", "digits")}
    columns["size"] = np.log1p(size)
    columns["indent"] = np.minimum(lines.left - lines.start, 60)
    columns["closed"] = _closed(last, before_last)
    columns["opening"] = _opening(first)
    for name, code in (("colon", ":"), ("comma", ","), ("ellipsis", "…"), ("bracket", ")")):
        columns[f"ends_{name}"] = final == ord(code)
    for name, code in (("bars", "|"), ("commas", ","), ("slashes", "/"), ("at_signs", "@"),
                       ("brackets", "("), ("copyright", "©"), ("colons", ":")):  # fmt: skip
        columns[name] = counter.char(code)
    columns["gap"] = np.minimum(lines.gap, 4)
    return columns


def _closed(last: Array, before_last: Array) -> Array:
    """Return 2 where a sentence ends with the line, 1 where a quotation or bracket does."""
    marked = (last & (QUOTE | PUNCTUATION)) > 0
    stopped = ((last & STOP) > 0) | (marked & ((before_last & STOP) > 0))
    return np.where(stopped, 2.0, np.where(marked, 1.0, 0.0))


def _opening(first: Array) -> Array:
    """Return what a line opens with: 4 quote, 3 capital, 2 small letter, 1 digit, 0 another."""
    choices = [(first & bits) > 0 for bits in (QUOTE, UPPER, LOWER, LETTER, DIGIT)]
    return np.select(choices, [4.0, 3.0, 2.0, 2.5, 1.0], 0.0)


def _words(lines: Lines, counter: _Counter) -> dict[str, Array]:
    words = lines.words
    count = np.diff(words.first)
    some = np.maximum(count, 1)
    stop_words = count - words.rare
    capital = np.flatnonzero((lines.kinds[words.start] & UPPER) > 0)
    last = words.end[capital] - 1
    shouted = capital[(last > words.start[capital]) & ((lines.kinds[last] & UPPER) > 0)]
    return {
        "words": count.astype(np.float64),
        "stop_words": stop_words,
        "stop_density": stop_words / some,
        "capitals": by_line(words, capital) / some,
        "shouted": by_line(words, shouted) / some,
        "word_length": counter.in_words / some,
        "words_a_sentence": count / (1 + counter.kind(STOP)),
        "blanks_share": counter.blanks() / some,
    }


def _places(lines: Lines, words: Array) -> dict[str, Array]:
    text = lines.text
    number = (lines.high - lines.low).astype(np.float64)
    place = np.arange(len(lines)) - lines.low
    long_words = np.where(words >= LONG, words, 0.0)
    total_long = per_text(lines, long_words)[text]
    before = window_sum(lines, long_words, len(lines), 0) - long_words
    total_words = np.maximum(per_text(lines, words)[text], 1)
    return {
        "lines": np.log1p(number),
        "from_top": np.minimum(place, 100),
        "from_end": np.minimum(number - 1 - place, 100),
        "place": place / np.maximum(number - 1, 1),
        "long_before": before / np.maximum(total_long, 1),
        "long_words": np.log1p(total_long),
        "long_share": total_long / total_words,
        "long_lines": per_text(lines, words >= LONG)[text] / number,
        "mean_words": np.log1p(total_words / number),
        "gap_share": per_text(lines, lines.gap > 0)[text] / number,
        "lines_since_long": np.minimum(_since(lines, words >= LONG), 50),
        "lines_to_long": np.minimum(_until(lines, words >= LONG), 50),
        "long_around_3": window_sum(lines, long_words, 3, 3) - long_words,
        "long_around_8": window_sum(lines, long_words, 8, 8) - long_words,
        "words_around_2": window_sum(lines, words, 2, 2) - words,
        "lines_words_before_3": window_sum(lines, words, 3, -1),
        "lines_words_after_3": window_sum(lines, words, -1, 3),
    }


def _since(lines: Lines, marked: Array) -> Array:
    """Return how many lines back the last marked line is (999 where there is none)."""
    place = np.arange(len(lines))
    seen = np.maximum.accumulate(np.where(marked, place, -1))
    before = np.concatenate([[-1], seen[:-1]])[: len(lines)]
    return np.where(before >= lines.low, place - before, 999)


def _until(lines: Lines, marked: Array) -> Array:
    """Return how many lines on the next marked line is (999 where there is none)."""
    place = np.arange(len(lines))
    far = np.iinfo(np.int64).max
    coming = np.minimum.accumulate(np.where(marked, place, far)[::-1])[::-1]
    after = np.concatenate([coming[1:], [far]])[: len(lines)]
    return np.where(after < lines.high, after - place, 999)


def _headings(lines: Lines, columns: Mapping[str, Array]) -> dict[str, Array]:
    """Return how many lines back the last label of each kind of furniture stands.

    A label is a short line made of the kind's phrases: "Related stories", "Leave a comment".
    """
    found = {}
    for role in _LABELS:
        said = columns[f"phrase_{role}"]
        label = (columns["words"] <= 6) & (said > 0) & (said * 2 >= columns["words"])
        found[f"since_{role}"] = np.minimum(_since(lines, label), 60)
    return found


def _recurrence(lines: Lines, words: Array) -> dict[str, Array]:
    same = with_text(lines.hashes, lines.text)
    occurrences, earlier = _occurrences(equals(same))
    return {
        "times": np.minimum(occurrences, 20),
        "times_before": np.minimum(earlier, 20),
        "runs_elsewhere": _runs_elsewhere(lines),
        "in_prose": _in_prose(lines, words),
    }


def _occurrences(group: Array) -> tuple[Array, Array]:
    """Return how often the number of each place occurs, and how often before the place."""
    total, before = np.bincount(group)[group], np.zeros(len(group))
    # Only equal ones need their order.
    place = np.flatnonzero(total > 1)
    again = np.argsort(group[place], kind="stable")
    start = np.flatnonzero(np.diff(group[place][again], prepend=-1))
    run = np.repeat(start, np.diff(np.concatenate([start, [len(again)]])))
    before[place[again]] = np.arange(len(again)) - run
    return total, before


def _runs_elsewhere(lines: Lines) -> Array:
    """Return the share of a line's runs of four words that occur in the text before it too."""
    words, run = lines.words, lines.words.again_run
    first = np.zeros(run.max(initial=0) + 1, dtype=np.int64)
    first[run[::-1]] = words.again[::-1]  # what is written last stays: the first of the equals
    later = words.again[first[run] != words.again]
    runs = np.maximum(np.diff(words.first) - RUN + 1, 1)
    return np.asarray(by_line(words, later) / runs)


def _in_prose(lines: Lines, words: Array) -> Array:
    """Return the share of a line's rarer words that stand in other long lines of the text."""
    return shared_words(lines, words >= LONG)


def shared_words(lines: Lines, chosen: Array) -> Array:
    """Return for each line the share of its rarer words that occur elsewhere in `chosen` lines."""
    # What a text has but once stands nowhere else.
    line, number = lines.words.rare_line, lines.words.rare_number
    there = chosen[line]
    total = np.bincount(number[there], minlength=len(lines.words.number))
    elsewhere = np.bincount(line[total[number] > there], minlength=len(lines))
    return elsewhere / np.maximum(lines.words.rare, 1)


def by_line(words: Words, places: Array) -> Array:
    """Return for each line how many of the words at `places` it has."""
    return np.bincount(words.line[places], minlength=len(words.first) - 1)
