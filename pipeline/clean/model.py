"""The line model: which lines are body, and the role of those that are not.

Two boosted-tree classifiers: the first sees a line and its surroundings, the second also what
the first said of all other lines: where the body starts and ends, how sure the neighbours are,
and whether the line shares its words with the body. Trained by `pipeline.training.lines`.
`label` also takes columns that a caller knows besides (HTML tags, link density), for a model
trained with them.
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

from pipeline.clean.features import line_features, per_text, shared_words, shifted, window_sum
from pipeline.clean.lexicon import Lexicon, exact, role_scores
from pipeline.clean.lines import Array, Lines
from pipeline.clean.phrases import groups
from pipeline.records import BODY, ROLES

#: Roles whose word scores are features of the classifiers; their sum misses the other roles.
SCORED: Final = (
    "body", "headline", "deck", "byline", "timestamp", "caption", "bio", "related", "promo",
    "social", "nav", "legal", "comment", "credit",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: its columns in order, both classifiers, the threshold, the lexicon."""

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
    stands in the line, without which no wording rule need be tried.
    """

    body: Array
    is_body: Array
    role: list[str]
    role_score: Array
    worded: Array


def label(
    lines: Lines,
    extra: Mapping[str, Array] | None = None,
    known_furniture: Array | None = None,
    model: str = "lines",
) -> Labels:
    """Return the labels of `lines` by the model of that name.

    `extra` holds the columns (n entries each) that the model was trained with beyond the
    features of lines; a column that is missing raises KeyError.
    """
    trained = load(model)
    if not len(lines):
        empty = np.zeros(0)
        return Labels(empty, empty > 1, [], empty, empty > 1)
    scores = role_scores(lines, trained.lexicon)
    columns = first_columns(lines, scores, known_furniture) | dict(extra or {})
    probability = predict(trained.first, matrix(columns, trained.columns))
    columns |= second_columns(lines, columns, probability)
    probability = predict(trained.second, matrix(columns, trained.second_columns))
    others = scores.copy()
    others[:, ROLES.index(BODY)] = 0.0
    best = others.argmax(axis=1)
    share = others[np.arange(len(best)), best] / np.maximum(others.sum(axis=1), 1e-9)
    roles = [ROLES[number] for number in best.tolist()]
    phrased = sum(columns[f"phrase_{role}"] for role in groups()) + columns["copyright"]
    return Labels(probability, probability >= trained.threshold, roles, share, phrased > 0)


def first_columns(lines: Lines, scores: Array, known_furniture: Array | None) -> dict[str, Array]:
    """Return the columns of the first classifier: features of lines and scores of their words."""
    columns = line_features(lines, known_furniture)
    for role in SCORED:
        columns[f"word_{role}"] = scores[:, ROLES.index(role)]
    for role in ("body", "related", "caption", "nav"):
        for shift in (-2, -1, 1, 2):
            columns[f"word_{role}{shift:+d}"] = shifted(lines, columns[f"word_{role}"], shift)
    for role in ("body", "comment", "timestamp", "related", "social"):
        columns[f"word_{role}_before"] = window_sum(lines, columns[f"word_{role}"], 5, -1)
        columns[f"word_{role}_after"] = window_sum(lines, columns[f"word_{role}"], -1, 5)
    return columns


def second_columns(lines: Lines, columns: Mapping[str, Array], body: Array) -> dict[str, Array]:
    """Return the columns that the second classifier has besides those of the first."""
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
    gain = (words + 1.0) * (body - 0.5)
    start, end = np.zeros(len(lines)), np.zeros(len(lines))
    for low, high in zip(lines.first[:-1].tolist(), lines.first[1:].tolist(), strict=True):
        if high > low:
            total = np.concatenate([[0.0], np.cumsum(gain[low:high])])
            lowest = np.minimum.accumulate(total)
            stop = int(np.argmax(total - lowest))
            start[low:high] = low + int(np.argmin(total[: stop + 1]))
            end[low:high] = low + stop
    place = np.arange(len(lines))
    return {
        "from_run_start": np.clip(place - start, -50, 50),
        "to_run_end": np.clip(end - 1 - place, -50, 50),
        "in_run": ((place >= start) & (place < end)) * 1.0,
    }


def matrix(columns: Mapping[str, Array], names: tuple[str, ...]) -> Array:
    """Return the named columns as one float32 matrix, a row a line."""
    return np.column_stack([np.asarray(columns[name], dtype=np.float32) for name in names])


def predict(booster: Any, rows: Array) -> Array:
    """Return the probability of body for each row."""
    return exact(booster.predict(rows, num_threads=1))


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
        lexicon = Lexicon(tables["weights"], float(tables["unit"]), tables["bias"])
    return Model(
        name, tuple(stored["columns"]), tuple(stored["second_columns"]),
        lightgbm.Booster(model_str=stored["first"]), lightgbm.Booster(model_str=stored["second"]),
        float(stored["threshold"]), lexicon,
    )  # fmt: skip
