"""The language of an article: langdetect's profiles and model, without its dice.

langdetect multiplies the odds of n-grams that it draws at random, in a Python loop, until one
language wins. Here the same odds (its 55 profiles, its normalisation of characters, its
smoothing) are summed over every n-gram of a bounded sample at once, so the answer is the same
on every run and costs a tenth. Text that is too short, or whose parts disagree, gets no
language. What the markup says about the language (`<html lang>`) is a weaker candidate.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.records import Candidate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.describe.context import Context

#: A language and its probability, or neither.
Detected = tuple[str | None, float | None]

#: The sample: windows from the start, the middle and the end of the body, in characters.
WINDOW: Final = 200
WINDOWS: Final = 3

#: Fewest n-grams that allow an answer (about 25 letters).
FEWEST_GRAMS: Final = 70

#: Neighbouring n-grams share letters, so their evidence counts this many times too often; set so
#: that scores of snippets of 20 to 200 characters are as often right as they say
#: (benchmarks/language.py).
OVERLAP: Final = 4.0

#: Scores below this are a guess: no answer.
LEAST_SCORE: Final = 0.9

#: A window of at least `FEWEST_GRAMS` in which another language leads by this much log odds an
#: n-gram makes the text mixed: 0.7 % of 1,000 pages of one language do, and 93 % of texts put
#: together from a German and an English one.
FOREIGN_WINDOW: Final = 0.25

# langdetect's smoothing: alpha .5 over a base frequency of 10,000.
_SMOOTHING: Final = 0.5 / 10_000
_SPACE: Final = 32
#: Combining marks that langdetect composes for Vietnamese.
_MARKS: Final = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_URL: Final = re.compile(
    r"https?://[-_.?&~;+=/#0-9A-Za-z]{1,2000}|[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]{1,255}"
)


@dataclass(frozen=True)
class _Model:
    """langdetect's profiles as arrays: n-gram codes, hash tables of their rows, log odds by row."""

    keys: NDArray[np.int64]
    slots: tuple[NDArray[np.int32], ...]
    log_odds: NDArray[np.float64]
    languages: tuple[str, ...]
    normal: NDArray[np.int32]
    upper: NDArray[np.bool_]


@functools.cache
def _model() -> _Model:
    import langdetect
    import numpy as np

    folder = Path(langdetect.__file__).parent / "profiles"
    profiles: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir())
    ]
    own = [_keys(list(profile["freq"])) for profile in profiles]
    keys = np.unique(np.concatenate(own))
    odds = np.full((len(keys), len(profiles)), _SMOOTHING)
    for column, profile in enumerate(profiles):
        totals = [profile["n_words"][len(gram) - 1] for gram in profile["freq"]]
        shares = np.array(list(profile["freq"].values())) / np.array(totals)
        odds[np.searchsorted(keys, own[column]), column] += shares
    # Common n-grams side by side: the rows that are read stay in the processor's cache.
    order = np.argsort(odds.sum(axis=1), kind="stable")
    keys, odds = keys[order], odds[order]
    # ISO 639-1 has one code for written Chinese; langdetect tells zh-cn from zh-tw.
    languages = tuple(profile["name"].split("-")[0] for profile in profiles)
    return _Model(
        keys,
        _slots(keys),
        np.log(odds),
        languages,
        np.full(0x10000, -1, dtype=np.int32),
        np.zeros(0x10000, dtype=bool),
    )


def _keys(grams: Sequence[str]) -> NDArray[np.int64]:
    """Return one integer for each n-gram of up to three characters, 16 bits a character."""
    import numpy as np

    chars = np.array(grams, dtype="<U3").view(np.uint32).reshape(-1, 3).astype(np.int64)
    keys = chars[:, 0]
    for place in (1, 2):
        keys = np.where(chars[:, place] > 0, keys << 16 | chars[:, place], keys)
    return keys


#: Size of a hash table (two to this power) and the odd factor of its multiplicative hash.
_SLOT_BITS: Final = 18
_FACTOR: Final = 0x9E3779B97F4A7C15


def _slot(keys: NDArray[np.int64], level: int) -> NDArray[np.int64]:
    import numpy as np

    factor = np.uint64(_FACTOR * (2 * level + 1) & 0xFFFFFFFFFFFFFFFF)
    hashed = keys.view(np.uint64) * factor
    return (hashed >> np.uint64(64 - _SLOT_BITS)).view(np.int64)


def _slots(keys: NDArray[np.int64]) -> tuple[NDArray[np.int32], ...]:
    """Return hash tables of the rows of `keys`; what finds its slot taken goes to the next table.

    Looking up in them takes a third of the time of a binary search.
    """
    import numpy as np

    tables: list[NDArray[np.int32]] = []
    left = np.arange(keys.size, dtype=np.int32)
    while left.size:
        table = np.zeros(1 << _SLOT_BITS, dtype=np.int32)
        slots = _slot(keys[left], len(tables))
        table[slots] = left
        tables.append(table)
        left = left[table[slots] != left]
    return tuple(tables)


def _rows(keys: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the row of each key in the profiles, and which keys are in them at all."""
    model = _model()
    rows = model.slots[0].take(_slot(keys, 0))
    known = model.keys.take(rows) == keys
    missing = (~known).nonzero()[0]
    for level in range(1, len(model.slots)):
        left = keys.take(missing)
        found = model.slots[level].take(_slot(left, level))
        is_found = model.keys.take(found) == left
        rows[missing], known[missing] = found, is_found
        missing = missing[~is_found]
    return rows, known


#: Texts looked at together: their n-grams fit the processor's cache.
_TOGETHER: Final = 64


def detect(texts: Sequence[str]) -> list[Detected]:
    """Return (ISO 639-1 code, probability) of each text, or (None, None) where it is not clear.

    Reads at most three windows of 200 characters of each; the answer for a text never depends
    on the others.
    """
    found: list[Detected] = []
    for start in range(0, len(texts), _TOGETHER):
        found += _detect_together(texts[start : start + _TOGETHER])
    return found


def _detect_together(texts: Sequence[str]) -> list[Detected]:
    import numpy as np

    odds, counts = _log_odds([window for text in texts for window in _sample(text)])
    odds, counts = odds.reshape(len(texts), WINDOWS, -1), counts.reshape(len(texts), WINDOWS)
    total = odds.sum(axis=1)
    best = total.argmax(axis=1)
    leads = odds.max(axis=2) - np.take_along_axis(odds, best[:, None, None], axis=2)[:, :, 0]
    leads = np.where(counts >= FEWEST_GRAMS, leads / np.maximum(counts, 1), 0.0).max(axis=1)
    scores = _shares(total, best)
    clear = (counts.sum(axis=1) >= FEWEST_GRAMS) & (scores >= LEAST_SCORE)
    clear &= leads <= FOREIGN_WINDOW
    languages = [_model().languages[column] for column in best]
    answers = zip(languages, scores.tolist(), clear, strict=True)
    return [
        (code, round(score, 4)) if is_clear else (None, None) for code, score, is_clear in answers
    ]


def _sample(text: str) -> list[str]:
    """Return the windows of `text`, always `WINDOWS`; of a short text some can be empty."""
    size = len(text)
    if size <= WINDOW * WINDOWS:
        step = -(-size // WINDOWS)
        return [text[step * place : step * (place + 1)] for place in range(WINDOWS)]
    middle = (size - WINDOW) // 2
    return [text[start : start + WINDOW] for start in (0, middle, size - WINDOW)]


def _log_odds(windows: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the summed log odds over the n-grams of each window, and how many those are.

    The first array has a row a window and a column a profile.
    """
    import numpy as np
    from scipy import sparse  # type: ignore[import-untyped, unused-ignore]

    codes, bounds = _normal([_letters(window) for window in windows])
    keys, ends = _grams(codes)
    rows, known = _rows(keys)
    # An n-gram counts for the window that it ends in; the blank between two ends the first.
    limits = np.concatenate(([0], np.searchsorted(ends[known], bounds)))
    grams = (np.ones(limits[-1]), rows[known], limits)
    table = _model().log_odds
    # Each row of the table is read where it is added up: a copy of them takes ten times as long.
    odds = sparse.csr_matrix(grams, shape=(len(windows), len(table))) @ table
    return odds, np.diff(limits)


def _letters(text: str) -> str:
    """Return `text` without addresses and with Vietnamese marks composed, as langdetect does.

    Nothing is left where every tenth character was not decoded: the rest tells no language.
    """
    if "@" in text or "://" in text:
        text = _URL.sub(" ", text)
    if text.isascii():
        return text
    if 10 * text.count("\ufffd") > len(text):
        return ""
    if not _MARKS.search(text):
        return text
    from langdetect.utils.ngram import NGram

    composed: str = NGram.normalize_vi(text)
    return composed


def _normal(windows: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return character codes normalised as the profiles are, runs of blanks as one blank.

    The windows stand one after the other with a blank around each; the second array holds the
    place after the blank that ends each window.
    """
    import numpy as np

    ends = np.cumsum([len(window) + 1 for window in windows])
    joined = f" {' '.join(windows)} "
    raw = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    if not joined.isascii():
        raw = _without_latin(np.where(raw > 0xFFFF, np.uint32(_SPACE), raw), ends)
    table = _model().normal
    codes = table[raw]
    if (codes < 0).any():
        _learn(np.unique(raw[codes < 0]))
        codes = table[raw]
    is_blank = codes == _SPACE
    kept = np.ones(codes.size, dtype=bool)
    kept[1:] = ~(is_blank[1:] & is_blank[:-1])
    return codes[kept].astype(np.int64), np.cumsum(kept)[ends]


def _without_latin(raw: NDArray[np.uint32], ends: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return `raw` with blanks for the Latin letters of windows where they are a minority.

    langdetect leaves them out there. `ends` are the places of the blanks after the windows.
    """
    import numpy as np

    latin = (raw >= ord("A")) & (raw <= ord("z"))
    other = (raw >= 0x300) & ((raw < 0x1E00) | (raw > 0x206F))
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = np.diff(starts, append=raw.size)
    surplus = np.add.reduceat(2 * latin.astype(np.int32) - other, starts)
    return np.where(latin & np.repeat(surplus < 0, sizes), np.uint32(_SPACE), raw)


def _learn(raw: NDArray[np.uint32]) -> None:
    """Enter langdetect's normal form of the characters `raw` into the table."""
    from langdetect.utils.ngram import NGram

    table = _model().normal
    for code in raw.tolist():
        normal = NGram.normalize(chr(code))
        table[code] = ord(normal)
        _model().upper[ord(normal)] = normal.isupper()


def _grams(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys of all 1-, 2- and 3-grams, none across words or in capitals, by their ends.

    The second array holds the place of the last character of each.
    """
    import numpy as np

    upper = _model().upper.take(codes)
    size = codes.size
    keys = np.zeros((size, 3), dtype=np.int64)
    used = np.zeros((size, 3), dtype=bool)
    filled = codes != _SPACE
    calm = ~(upper[1:] & upper[:-1])
    keys[:, 0] = codes
    used[1:, 0] = filled[1:] & calm
    keys[1:, 1] = codes[:-1] << 16 | codes[1:]
    used[1:, 1] = calm
    keys[2:, 2] = keys[1:-1, 1] << 16 | codes[2:]
    used[2:, 2] = filled[1:-1] & calm[1:]
    places = used.ravel().nonzero()[0]
    return keys.ravel().take(places), places // 3


def _shares(log_odds: NDArray[np.float64], best: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability of the languages of columns `best`, the overlap allowed for."""
    import numpy as np

    weights = np.exp((log_odds - log_odds.max(axis=1, keepdims=True)) / OVERLAP)
    languages = np.array(_model().languages)
    mine = np.where(languages == languages[best][:, None], weights, 0.0)
    return np.asarray(mine.sum(axis=1) / weights.sum(axis=1))


#: Confidence of what markup says, where the text itself gives no answer: pages keep the
#: template's language.
MARKUP_CONFIDENCE: Final = 0.85
_CODE: Final = re.compile(r"\s*([A-Za-z]{2})(?:[-_][A-Za-z0-9-]{1,20})?\s*")


def candidates(context: Context) -> list[Candidate]:
    """Return candidates for `language`; the confidence of the first is its probability."""
    found = []
    language, score = context.detected or detect([context.cleaned.text])[0]
    if language is not None and score is not None:
        shown = " ".join(context.cleaned.text[:80].split())
        found.append(Candidate("language", language, score, "language/profiles", shown))
    stated = [(mark.value, f"language/{mark.rule}") for mark in context.markup_for("language")]
    if given := context.document.given.get("language"):
        stated.append((given, "language/given"))
    for value, rule in stated:
        if code := _CODE.fullmatch(value[:40]):
            name = code[1].lower()
            found.append(Candidate("language", name, MARKUP_CONFIDENCE, rule, value[:40]))
    return found
