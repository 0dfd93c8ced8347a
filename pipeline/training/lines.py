"""Train the line model: `python -m pipeline.training.lines --data ../shared`.

Reads the data folder (see the model card), never the sites kept aside, and writes the lexicon
and the model into `pipeline/clean/data`. Same data, same files: everything is seeded, and
LightGBM runs deterministically on a fixed number of threads.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.clean.lexicon import BUCKETS, Lexicon, norms, role_scores, tokens
from pipeline.clean.lines import Array, Lines, split
from pipeline.clean.model import first_columns, matrix, predict, second_columns
from pipeline.records import BODY, ROLES
from pipeline.training import corpus, flatten
from pipeline.training.corpus import Example

SEED: Final = 20181127
FOLDS: Final = 3
_CHUNK: Final = 200
_PARAMETERS: Final[dict[str, Any]] = {
    "objective": "binary", "learning_rate": 0.1, "num_leaves": 63, "min_data_in_leaf": 80,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0,
    "max_bin": 63, "deterministic": True, "force_row_wise": True, "num_threads": 1,
    "seed": SEED, "verbose": -1,
}  # fmt: skip
FIRST_ROUNDS: Final = 100
SECOND_ROUNDS: Final = 130
EPOCHS: Final = 4
#: Longer texts would drown the others.
_MOST_LINES: Final = 600
#: Which share of each collection's texts is trained on whole, and which cut down.
_SHARES: Final = {"wcxb_article_dev": (1.0, 0.3), "misinfo": (0.8, 0.4), "silver": (1.0, 0.3),
                  "abp": (0.6, 0.0)}  # fmt: skip
#: How many of the flatteners a page of each collection is read by (0: all of them).
_WAYS: Final = {"misinfo": 0, "wcxb_article_dev": 3}
_LEXICON_LINES: Final = 150_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of many examples, an entry each: label is 1 for body, 0 else, -1 if open."""

    batches: list[Lines]
    label: Array
    role: Array
    weight: Array
    fold: Array
    words: Array
    text: Array


def table(examples: Sequence[Example]) -> Table:
    """Return the lines of `examples` with what is known of them."""
    batches = [split([e.text for e in examples[at : at + _CHUNK]])
               for at in range(0, len(examples), _CHUNK)]  # fmt: skip
    roles = [role for example in examples for role in example.roles]
    known = np.array([ROLES.index(role) if role in ROLES else -1 for role in roles])
    label = np.array([{BODY: 1, corpus.OPEN: -1}.get(role, 0) for role in roles])
    words = np.concatenate([np.diff(batch.words.first) for batch in batches])
    text = np.repeat(np.arange(len(examples)), [len(example.roles) for example in examples])
    in_body = np.bincount(text, weights=words * (label == 1), minlength=len(examples))
    trust = np.array([example.weight for example in examples])
    # An error costs what its words are worth in its text: texts count alike, not lines.
    weight = trust[text] * (np.minimum(words, 60) + 2.0) / (np.maximum(in_body, 100)[text])
    fold = np.array([corpus.site_number(example.site) % FOLDS for example in examples])[text]
    return Table(batches, label, known, weight * len(weight) / weight.sum(), fold, words, text)


def train_lexicon(batches: Sequence[Lines], role: Array, rows: Array, weight: Array) -> Lexicon:
    """Return the role weights of words, learned from the lines `rows` with a known role.

    Multinomial logistic regression by AdaGrad over minibatches, then rounded to int8.
    """
    features = _token_matrix(batches)
    use = np.flatnonzero(rows & (role >= 0))
    weights = np.zeros((BUCKETS, len(ROLES)), dtype=np.float32)
    bias = np.zeros(len(ROLES), dtype=np.float32)
    speed, bias_speed = np.full_like(weights, 1e-4), np.full_like(bias, 1e-4)
    rng = np.random.default_rng(SEED)
    for _ in range(EPOCHS):
        drawn = rng.permutation(use)[:_LEXICON_LINES]
        for batch in np.array_split(drawn, max(len(drawn) // 5000, 1)):
            x = features[batch]
            slope = _softmax(x @ weights + bias)
            slope[np.arange(len(batch)), role[batch]] -= 1
            slope *= np.minimum(weight[batch], 5.0)[:, None].astype(np.float32)
            touched = np.unique(x.indices)
            change = (x.T.tocsr()[touched] @ slope) / len(batch) + 2e-6 * weights[touched]
            speed[touched] += change**2
            weights[touched] -= 0.25 * change / np.sqrt(speed[touched])
            mean = slope.mean(axis=0)
            bias_speed += mean**2
            bias -= 0.25 * mean / np.sqrt(bias_speed)
    unit = float(np.percentile(np.abs(weights[weights != 0]), 99.9)) / 127
    return Lexicon(np.clip(np.rint(weights / unit), -127, 127).astype(np.int8), unit, bias)


def _softmax(scores: Array) -> Array:
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def _token_matrix(batches: Sequence[Lines]) -> Any:
    """Return lines × buckets (CSR), as `lexicon.role_scores` sums them."""
    from scipy import sparse  # type: ignore[import-untyped, unused-ignore]

    blocks = []
    for batch in batches:
        found = tokens(batch)
        line = batch.words.line
        filled = np.flatnonzero(np.diff(batch.words.first))
        columns = np.concatenate(
            [found.words, found.pairs, found.openings[filled], found.endings[filled]]
        )
        rows = np.concatenate([line, line, filled, filled])
        values = (1.0 / norms(batch))[rows]
        shape = (len(batch), BUCKETS)
        blocks.append(sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32))
    return sparse.vstack(blocks).tocsr()


@dataclass(frozen=True, slots=True)
class Trained:
    """What training makes: the lexicon, both classifiers with their columns, the threshold."""

    lexicon: Lexicon
    columns: tuple[str, ...]
    second_columns: tuple[str, ...]
    first: Any
    second: Any
    threshold: float


def train(examples: Sequence[Example]) -> Trained:
    """Return a model trained on `examples`.

    Each stage is trained on what the stage before says of sites it has not seen: lexicon,
    first classifier and second classifier are stacked over folds by site.
    """
    data = table(examples)
    _log.info("%d texts, %d lines", len(examples), len(data.label))
    lexicon = train_lexicon(data.batches, data.role, data.fold >= 0, data.weight)
    columns = _columns_out_of_fold(data)
    _log.info("lexicon trained")
    names = tuple(columns[0])
    rows = np.concatenate([matrix(found, names) for found in columns])
    known = data.label >= 0
    first = _boost(rows, data, known, FIRST_ROUNDS)
    _log.info("first classifier trained on %d columns", len(names))
    guess = np.zeros(len(rows))
    for fold in range(FOLDS):
        part = _boost(rows, data, known & (data.fold != fold), FIRST_ROUNDS)
        guess[data.fold == fold] = predict(part, rows[data.fold == fold])
    more = _second_columns(data, columns, guess)
    second_names = names + tuple(more[0])
    rows = np.concatenate([rows, np.concatenate([matrix(m, tuple(m)) for m in more])], axis=1)
    second = _boost(rows, data, known, SECOND_ROUNDS)
    return Trained(lexicon, names, second_names, first, second, _threshold(rows, data, known))


def _threshold(rows: Array, data: Table, known: Array) -> float:
    """Return the probability that parts body from the rest best, on a fold not trained on.

    Best is the highest mean F1 of texts, by words.
    """
    aside = data.fold == 0
    part = _boost(rows, data, known & ~aside, SECOND_ROUNDS)
    probability, words = predict(part, rows[aside]), data.words[aside]
    label, text = data.label[aside], np.unique(data.text[aside], return_inverse=True)[1]

    def mean_f1(threshold: float) -> float:
        kept = (probability >= threshold) & (label >= 0)
        right = np.bincount(text, words * (kept & (label == 1)))
        total = np.bincount(text, words * kept) + np.bincount(text, words * (label == 1))
        return float(np.mean(2 * right / np.maximum(total, 1)))

    grid = [step / 100 for step in range(30, 71, 5)]
    scores = [mean_f1(threshold) for threshold in grid]
    _log.info("F1 by threshold: %s", [f"{g} {s:.4f}" for g, s in zip(grid, scores, strict=True)])
    return grid[int(np.argmax(scores))]


def _columns_out_of_fold(data: Table) -> list[dict[str, Array]]:
    parts = [train_lexicon(data.batches, data.role, data.fold != fold, data.weight)
             for fold in range(FOLDS)]  # fmt: skip
    found, at = [], 0
    for batch in data.batches:
        fold = data.fold[at : at + len(batch)]
        scores = np.zeros((len(batch), len(ROLES)), dtype=np.float32)
        for number, part in enumerate(parts):
            scores[fold == number] = role_scores(batch, part)[fold == number]
        found.append(first_columns(batch, scores, None))
        at += len(batch)
    return found


def _second_columns(
    data: Table, columns: list[dict[str, Array]], guess: Array
) -> list[dict[str, Array]]:
    found, at = [], 0
    for batch, known in zip(data.batches, columns, strict=True):
        found.append(second_columns(batch, known, guess[at : at + len(batch)]))
        at += len(batch)
    return found


def _boost(rows: Array, data: Table, use: Array, rounds: int) -> Any:
    import lightgbm

    train_set = lightgbm.Dataset(
        rows[use], data.label[use], weight=data.weight[use], params=_PARAMETERS
    )
    return lightgbm.train(_PARAMETERS, train_set, num_boost_round=rounds)


def save(trained: Trained, folder: Path, name: str = "lines") -> None:
    """Write the lexicon and the model into `folder`, byte for byte the same for the same model."""
    np.savez_compressed(
        folder / "lexicon.npz", weights=trained.lexicon.weights,
        unit=np.float64(trained.lexicon.unit), bias=trained.lexicon.bias,
    )  # fmt: skip
    stored = {
        "columns": trained.columns, "second_columns": trained.second_columns,
        "first": _portable(trained.first), "second": _portable(trained.second),
        "threshold": trained.threshold,
    }  # fmt: skip
    packed = gzip.compress(json.dumps(stored).encode(), mtime=0)
    (folder / f"{name}.model.json.gz").write_bytes(packed)


def _portable(booster: Any) -> str:
    """Return LightGBM's text format without the training parameters at its end."""
    return str(booster.model_to_string()).split("\nparameters:")[0] + "\n"


def examples(data: Path) -> list[Example]:
    """Return all training examples of a data folder, kept-aside sites included."""
    ways = list(flatten.FLATTENERS)
    found = list(corpus.gold_examples(data))
    for collection in ("misinfo", "wcxb_article_dev"):
        found += corpus.page_examples(data, collection, ways, _WAYS[collection])
    found += corpus.outlet_examples(data, 4000, SEED)
    found += corpus.silver_examples(data, ways, SEED)
    return found


def chosen(found: Sequence[Example]) -> list[Example]:
    """Return the examples to train on: no kept-aside site, each page in a few of its forms."""
    rng = random.Random(SEED)  # noqa: S311
    picked = []
    for example in found:
        if example.kept_aside or len(example.roles) > _MOST_LINES:
            continue
        whole, part = _SHARES.get(example.collection, (1.0, 0.0))
        if rng.random() < whole:
            picked.append(example)
        if example.body and rng.random() < part:
            crop = corpus.cropped(example, rng)
            picked += [crop] if crop else []
    return picked


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "clean" / "data")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    save(train(chosen(examples(arguments.data))), arguments.out)


if __name__ == "__main__":
    main()
