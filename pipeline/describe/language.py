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
    """langdetect's profiles as arrays: sorted n-gram codes, log odds by row, language names."""

    keys: NDArray[np.int64]
    log_odds: NDArray[np.float32]
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
    grams = sorted({gram for profile in profiles for gram in profile["freq"]}, key=_key)
    row = {gram: number for number, gram in enumerate(grams)}
    odds = np.full((len(grams), len(profiles)), _SMOOTHING, dtype=np.float32)
    for column, profile in enumerate(profiles):
        rows = [row[gram] for gram in profile["freq"]]
        totals = [profile["n_words"][len(gram) - 1] for gram in profile["freq"]]
        odds[rows, column] += np.array(list(profile["freq"].values())) / np.array(totals)
    keys = np.array([_key(gram) for gram in grams], dtype=np.int64)
    # ISO 639-1 has one code for written Chinese; langdetect tells zh-cn from zh-tw.
    languages = tuple(profile["name"].split("-")[0] for profile in profiles)
    return _Model(
        keys,
        np.log(odds),
        languages,
        np.full(0x10000, -1, dtype=np.int32),
        np.zeros(0x10000, dtype=bool),
    )


def _key(gram: str) -> int:
    """Return one integer for an n-gram of up to three characters."""
    key = 0
    for char in gram:
        key = key << 16 | ord(char)
    return key


def detect(texts: Sequence[str]) -> list[tuple[str | None, float | None]]:
    """Return (ISO 639-1 code, probability) of each text, or (None, None) where it is not clear.

    Reads at most three windows of 200 characters of each; the answer for a text never depends
    on the others.
    """
    return [_detect_one(text) for text in texts]


@functools.lru_cache(maxsize=64)
def _detect_one(text: str) -> tuple[str | None, float | None]:
    import numpy as np

    windows = [_log_odds(part) for part in _sample(text)]
    total = np.sum([odds for odds, _ in windows], axis=0)
    if sum(count for _, count in windows) < FEWEST_GRAMS:
        return None, None
    language, score = _best(total)
    column = int(total.argmax())
    lead = max(
        (
            float(odds.max() - odds[column]) / count
            for odds, count in windows
            if count >= FEWEST_GRAMS
        ),
        default=0.0,
    )
    if score < LEAST_SCORE or lead > FOREIGN_WINDOW:
        return None, None
    return language, round(score, 4)


def _sample(text: str) -> list[str]:
    size = len(text)
    if size <= WINDOW * WINDOWS:
        step = max(1, -(-size // WINDOWS))
        return [text[start : start + step] for start in range(0, size, step)] or [""]
    middle = (size - WINDOW) // 2
    return [text[start : start + WINDOW] for start in (0, middle, size - WINDOW)]


def _log_odds(text: str) -> tuple[NDArray[np.float64], int]:
    """Return the summed log odds by language over the n-grams of `text`, and their number."""
    import numpy as np

    model = _model()
    keys = _grams(_normal(_letters(text)))
    if not keys.size:
        return np.zeros(len(model.languages)), 0
    rows = np.minimum(np.searchsorted(model.keys, keys), model.keys.size - 1)
    known = rows[model.keys[rows] == keys]
    return model.log_odds[known].sum(axis=0, dtype=np.float64), int(known.size)


def _letters(text: str) -> str:
    """Return `text` without addresses and with Vietnamese marks composed, as langdetect does."""
    if "@" in text or "://" in text:
        text = _URL.sub(" ", text)
    if text.isascii() or not _MARKS.search(text):
        return text
    from langdetect.utils.ngram import NGram

    composed: str = NGram.normalize_vi(text)
    return composed


def _normal(text: str) -> NDArray[np.int64]:
    """Return character codes normalised as the profiles are, runs of blanks as one blank.

    Where Latin letters are a minority they are left out, as langdetect does.
    """
    import numpy as np

    table = _model().normal
    raw = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    raw = np.where(raw > 0xFFFF, _SPACE, raw)
    if not text.isascii():
        latin = (raw >= ord("A")) & (raw <= ord("z"))
        other = (raw >= 0x300) & ((raw < 0x1E00) | (raw > 0x206F))
        if 2 * latin.sum() < other.sum():
            raw = np.where(latin, _SPACE, raw)
    codes = table[raw]
    if (codes < 0).any():
        _learn(np.unique(raw[codes < 0]))
        codes = table[raw]
    padded = np.concatenate(([_SPACE], codes, [_SPACE])).astype(np.int64)
    blank = padded == _SPACE
    kept: NDArray[np.int64] = padded[~(blank & np.concatenate(([False], blank[:-1])))]
    return kept


def _learn(raw: NDArray[np.uint32]) -> None:
    """Enter langdetect's normal form of the characters `raw` into the table."""
    from langdetect.utils.ngram import NGram

    table = _model().normal
    for code in raw.tolist():
        normal = NGram.normalize(chr(code))
        table[code] = ord(normal)
        _model().upper[ord(normal)] = normal.isupper()


def _grams(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the keys of all 1-, 2- and 3-grams, none across words or in capitals."""
    import numpy as np

    upper = _model().upper[codes]
    shouted = upper & np.concatenate(([False], upper[:-1]))
    single = codes[1:][(codes[1:] != _SPACE) & ~shouted[1:]]
    pairs = (codes[:-1] << 16 | codes[1:])[~shouted[1:]]
    inner = (codes[1:-1] != _SPACE) & ~shouted[2:]
    triples = (codes[:-2] << 32 | codes[1:-1] << 16 | codes[2:])[inner]
    return np.concatenate((single, pairs, triples))


def _best(total: NDArray[np.float64]) -> tuple[str, float]:
    language = _model().languages[int(total.argmax())]
    return language, _share(total, language)


def _share(log_odds: NDArray[np.float64], language: str) -> float:
    """Return the probability of `language`, the overlap of n-grams allowed for."""
    import numpy as np

    weights = np.exp((log_odds - log_odds.max()) / OVERLAP)
    mine = sum(weights[column] for column in _columns()[language])
    return float(mine / weights.sum())


@functools.cache
def _columns() -> dict[str, list[int]]:
    columns: dict[str, list[int]] = {}
    for number, language in enumerate(_model().languages):
        columns.setdefault(language, []).append(number)
    return columns


#: Confidence of what markup says, where the text itself gives no answer: pages keep the
#: template's language.
MARKUP_CONFIDENCE: Final = 0.85
_CODE: Final = re.compile(r"\s*([A-Za-z]{2})(?:[-_][A-Za-z0-9-]{1,20})?\s*")


def candidates(context: Context) -> list[Candidate]:
    """Return candidates for `language`; the confidence of the first is its probability."""
    found = []
    language, score = _detect_one(context.cleaned.text)
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
