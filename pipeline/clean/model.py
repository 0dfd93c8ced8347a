"""The line model: which lines are body, and the role of those that are not.

A boosted-tree classifier sees a line, its surroundings and where it stands to the main run of
prose; `decode` makes stretches of body of its probabilities. Trained by
`pipeline.training.lines`. The block model of HTML (`html_model`) shares this runtime and has a
second classifier, which also sees what the first said of all other blocks.
"""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import numpy as np

from pipeline.clean.context import context_columns, main_runs
from pipeline.clean.decode import decode
from pipeline.clean.features import (
    line_features,
    neighbours,
    per_text,
    shared_words,
    shifted,
    window_sum,
)
from pipeline.clean.lexicon import Lexicon, exact, role_scores
from pipeline.clean.lines import UPPER, Array, Lines
from pipeline.clean.phrases import groups
from pipeline.records import BODY, ROLES

MODEL: Final = "lines"
#: A row is left as it is where, after so many trees each time, twice its log-odds exceed the
#: margin (.972 or .028 for 7.1): no verdict hangs on how much surer it would become.
_EARLY: Final[dict[str, Any]] = {
    "pred_early_stop": True, "pred_early_stop_freq": 10, "pred_early_stop_margin": 7.1,
}  # fmt: skip
#: Words from which on a line is no entry of a menu.
_MENU_WORDS: Final = 6
#: Words of lines whose wording is looked at without a phrase in them: "Facebook".
_LABEL_WORDS: Final = 3
#: Lines before and after that tell a menu from a list of stories.
_NEAR: Final = 3
#: Lines above a body in which its headline and byline stand.
_HEAD: Final = 10
#: Roles whose word scores are features of the classifiers; their sum misses the other roles.
SCORED: Final = (
    "body", "headline", "deck", "byline", "timestamp", "caption", "bio", "related", "promo",
    "social", "nav", "legal", "comment", "credit",
)  # fmt: skip
#: Roles whose scores are looked at in the next two lines, or are summed over the next five.
_AROUND: Final = ("body", "related", "caption", "nav")
_BEFORE_AND_AFTER: Final = ("body", "comment", "timestamp", "related", "social")


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: its columns in order, its classifiers, the threshold (for lines:
    how strict `decode` is), the lexicon.

    The line model has no second classifier (None, and no columns).
    """

    name: str
    columns: tuple[str, ...]
    second_columns: tuple[str, ...]
    first: Any
    second: Any
    threshold: float
    lexicon: Lexicon


@dataclass(frozen=True, slots=True)
class Labels:
    """What the model says of n lines.

    `body`: probability of being body; `is_body`: the verdict; `role`, `role_score`: the likeliest
    role other than body and its probability among them; `worded`: whether a phrase of furniture
    or a colon stands in the line, it is a label or opens in capitals ("MORE"); for others no
    wording rule need be tried.
    """

    body: Array
    is_body: Array
    role: list[str]
    role_score: Array
    worded: Array


def label(lines: Lines, known_furniture: Array | None = None) -> Labels:
    """Return the labels of `lines` by the line model.

    `known_furniture` (n): how far each line is known to recur in its source.
    """
    trained = load(MODEL)
    if not len(lines):
        empty = np.zeros(0)
        return Labels(empty, empty > 1, [], empty, empty > 1)
    scores = role_scores(lines, trained.lexicon)
    columns = line_columns(lines, scores, known_furniture)
    rows = matrix(columns, trained.columns)
    probability = predict(trained.first, rows, until_sure=True)
    is_body = decode(lines, probability, trained.threshold)
    others = scores.copy()
    others[:, ROLES.index(BODY)] = 0.0
    best = _settled(lines, others.argmax(axis=1), is_body)
    share = others[np.arange(len(best)), best] / np.maximum(others.sum(axis=1), 1e-9)
    roles = [ROLES[number] for number in best.tolist()]
    phrased = sum(columns[f"phrase_{role}"] for role in groups()) + columns["copyright"]
    worded = (phrased > 0) | (columns["words"] <= _LABEL_WORDS) | (columns["colons"] > 0)
    worded |= _opens_in_capitals(lines)
    return Labels(probability, is_body, roles, share, worded)


def _opens_in_capitals(lines: Lines) -> Array:
    words = lines.words
    found = np.zeros(len(lines), dtype=bool)
    filled = np.flatnonzero(np.diff(words.first))
    first = words.first[filled]
    last_upper = (lines.kinds[words.end[first] - 1] & UPPER) > 0
    found[filled] = last_upper & (words.end[first] - words.start[first] > 1)
    return found


def _settled(lines: Lines, role: Array, is_body: Array) -> Array:
    """Return roles (numbers of `ROLES`) after what is known of menus and lists of stories.

    Their words are alike, but entries of a menu are short, and a short line among links to
    stories (a name, a label) belongs to them. Right above a body stand its own headline and
    byline, which are neither.
    """
    nav, related = ROLES.index("nav"), ROLES.index("related")
    top = np.full(len(lines.raw_texts), len(lines) + _HEAD)
    body = np.flatnonzero(is_body)
    np.minimum.at(top, lines.text[body], body)
    to_body = top[lines.text] - np.arange(len(lines))
    head = (to_body > 0) & (to_body <= _HEAD)
    long = np.diff(lines.words.first) >= _MENU_WORDS
    settled = np.where((role == nav) & long, related, role)
    links = (settled == related) & ~is_body
    entries = (settled == nav) & ~is_body
    near, menu = window_sum(lines, np.stack([links, entries]), _NEAR, _NEAR)
    settled = np.where((settled == nav) & (near >= menu), related, settled)
    return np.where(head, role, settled)


def line_columns(lines: Lines, scores: Array, known_furniture: Array | None) -> dict[str, Array]:
    """Return what the classifier sees: features of lines, scores of their words, the context.

    `scores` (n × roles) is what `role_scores` gives.
    """
    columns = line_features(lines, known_furniture)
    said = {f"word_{role}": scores[:, ROLES.index(role)] for role in SCORED}
    columns |= said | neighbours(lines, said, [f"word_{role}" for role in _AROUND])
    near = np.stack([said[f"word_{role}"] for role in _BEFORE_AND_AFTER])
    for side, reach in {"before": (5, -1), "after": (-1, 5)}.items():
        sums = window_sum(lines, near, *reach)
        columns |= {f"word_{role}_{side}": column
                    for role, column in zip(_BEFORE_AND_AFTER, sums, strict=True)}  # fmt: skip
    return columns | context_columns(lines, columns)


def second_columns(lines: Lines, columns: Mapping[str, Array], body: Array) -> dict[str, Array]:
    """Return what the second classifier of the block model sees of the guesses of the first."""
    words = columns["words"]
    mass = words * body
    total = np.maximum(per_text(lines, mass), 1.0)[lines.text]
    found: dict[str, Array] = {"first": body, "body_words": np.log1p(total)}
    for shift in (-4, -3, -2, -1, 1, 2, 3, 4):
        found[f"first{shift:+d}"] = shifted(lines, body, shift)
    for reach in (3, 8, 20):
        found[f"first_near_{reach}"] = window_sum(lines, body, reach, reach) - body
        found[f"mass_near_{reach}"] = (window_sum(lines, mass, reach, reach) - mass) / total
    found["mass_before"] = (window_sum(lines, mass, len(lines), 0) - mass) / total
    found["mass_after"] = (window_sum(lines, mass, 0, len(lines)) - mass) / total
    found["in_body"] = shared_words(lines, body > 0.5)
    found |= _main_run(lines, words, body)
    return {name: np.asarray(column, dtype=np.float32) for name, column in found.items()}


def _main_run(lines: Lines, words: Array, body: Array) -> dict[str, Array]:
    """Return where each line stands to the run of lines that holds most body and least else."""
    start, end = main_runs(lines, (words + 1.0) * (body - 0.5))
    place = np.arange(len(lines))
    return {
        "from_run_start": np.clip(place - start, -50, 50),
        "to_run_end": np.clip(end - 1 - place, -50, 50),
        "in_run": ((place >= start) & (place < end)) * 1.0,
    }


def matrix(columns: Mapping[str, Array], names: tuple[str, ...]) -> Array:
    """Return the named columns as one float32 matrix, a row a line."""
    # Filling whole rows and turning them is thrice as fast as filling columns.
    return np.ascontiguousarray(np.array([columns[name] for name in names], dtype=np.float32).T)


def predict(booster: Any, rows: Array, *, until_sure: bool = False) -> Array:
    """Return the probability of body for each row.

    With `until_sure`, trees are asked in turn until a row is sure: most rows are before half of
    them have spoken. That is for verdicts by line; doubt that adds up over a page needs all.
    """
    return exact(booster.predict(rows, num_threads=1, **(_EARLY if until_sure else {})))


@functools.cache
def load(name: str) -> Model:
    """Return the model `data/<name>.model.json.gz` with the lexicon it was trained with.

    FileNotFoundError if there is none of that name.
    """
    import lightgbm

    folder = resources.files("pipeline.clean").joinpath("data")
    packed = folder.joinpath(f"{name}.model.json.gz").read_bytes()
    stored = json.loads(gzip.decompress(packed))
    with folder.joinpath("lexicon.npz").open("rb") as handle, np.load(handle) as tables:
        weights = tables["weights"].astype(np.float32)
        lexicon = Lexicon(weights, float(tables["unit"]), tables["bias"])
    return Model(
        name, tuple(stored["columns"]), tuple(stored.get("second_columns", ())),
        lightgbm.Booster(model_str=stored["first"]),
        lightgbm.Booster(model_str=stored["second"]) if "second" in stored else None,
        float(stored["threshold"]), lexicon,
    )  # fmt: skip
