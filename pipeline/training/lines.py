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

from pipeline.clean.decode import decode
from pipeline.clean.lexicon import BUCKETS, Lexicon, norms, role_scores, tokens
from pipeline.clean.lines import Array, Lines, split
from pipeline.clean.model import line_columns, matrix, predict
from pipeline.records import BODY, ROLES
from pipeline.training import augment, corpus, flatten
from pipeline.training.corpus import Example
from pipeline.training.silver import silver_examples

SEED: Final = 20181127
FOLDS: Final = 3
#: Collections of pages with gold bodies.
COLLECTIONS: Final = ("misinfo", "wcxb_article_dev")
_CHUNK: Final = 200
_PARAMETERS: Final[dict[str, Any]] = {
    "objective": "binary", "learning_rate": 0.1, "num_leaves": 63, "min_data_in_leaf": 80,
    "feature_fraction": 0.3, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0,
    "max_bin": 63, "deterministic": True, "force_row_wise": True, "num_threads": 1,
    "seed": SEED, "verbose": -1,
}  # fmt: skip
ROUNDS: Final = 110
EPOCHS: Final = 4
#: Lines of a whole page differ less than pages: of these, a share is enough.
_LINES_SHARE: Final = 0.4
_FEW_LINES: Final = 60
#: Which share of each collection's texts is trained on whole, and which cut down.
_SHARES: Final = {"wcxb_article_dev": (1.0, 0.3), "misinfo": (0.8, 0.4), "silver": (1.0, 0.3),
                  "abp": (0.3, 0.0)}  # fmt: skip
#: Ways of flattening in which the line model does worst: each page is trained on in these,
#: and in some of the others.
_ALWAYS: Final = ("inscriptis", "paragraphs")
_OTHERS: Final = 2
_SILVER_WAYS: Final = 3
#: Pages put together anew, in per cent of the pages, and how far these are trusted.
_MIXED: Final = 100
_MIXED_TRUST: Final = 0.7
#: News counts double: the other collection has shops, manuals and blogs among its pages.
_NEWS: Final = {"misinfo": 2.0}
#: Collections whose labels a threshold is chosen by.
_JUDGED: Final = ("gold", *COLLECTIONS)
#: Sites that a word or pair of words must occur on: so many, and so large a share of all.
_LEAST_SITES: Final = 20
_LEAST_SHARE: Final = 0.03
_LEXICON_LINES: Final = 150_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of many examples, an entry each: label is 1 for body, 0 else, -1 if open.

    `whole`: whether the line is of a page or annotated text, neither cut down nor silver;
    `site`: a number for its site.
    """

    batches: list[Lines]
    label: Array
    role: Array
    weight: Array
    fold: Array
    words: Array
    text: Array
    whole: Array
    site: Array


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
    trust = np.array([e.weight * _NEWS.get(e.collection, 1.0) for e in examples])
    # An error costs what its words are worth in its text: texts count alike, not lines.
    weight = trust[text] * (np.minimum(words, 60) + 2.0) / (np.maximum(in_body, 100)[text])
    fold = np.array([_fold(example.site) for example in examples])[text]
    whole = np.array([e.collection in _JUDGED and "/" not in e.way for e in examples])[text]
    sites = np.unique([example.site for example in examples], return_inverse=True)[1]
    share = len(weight) / weight.sum()
    return Table(batches, label, known, weight * share, fold, words, text, whole, sites[text])


def train_lexicon(data: Table, rows: Array) -> Lexicon:
    """Return the role weights of words, learned from the lines `rows` with a known role.

    Multinomial logistic regression by AdaGrad over minibatches, then rounded to int8. Words of
    few sites are left out: they tell a site or its subject, not a role.
    """
    role, weight = data.role, data.weight
    use = np.flatnonzero(rows & (role >= 0))
    features = _widespread(_token_matrix(data.batches), data.site, use)
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


def _widespread(features: Any, site: Array, use: Array) -> Any:
    """Return lines × buckets without the buckets that occur on few of the sites of `use`."""
    from scipy import sparse  # type: ignore[import-untyped, unused-ignore]

    chosen = features[use]
    shape = (int(site.max()) + 1, len(use))
    of_site = sparse.csr_matrix((np.ones(len(use)), (site[use], np.arange(len(use)))), shape=shape)
    least = max(_LEAST_SITES, _LEAST_SHARE * len(np.unique(site[use])))
    sites = np.asarray(((of_site @ chosen) > 0).sum(axis=0)).ravel()
    return (features @ sparse.diags((sites >= least).astype(np.float32))).tocsr()


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
    """What training makes: the lexicon, the classifier with its columns, the threshold."""

    lexicon: Lexicon
    columns: tuple[str, ...]
    classifier: Any
    threshold: float


def train(examples: Sequence[Example]) -> Trained:
    """Return a model trained on `examples`.

    The classifier is trained on what the lexicon says of sites that it has not seen, and the
    threshold chosen on sites that a classifier has not seen.
    """
    data = table(examples)
    _log.info("%d texts, %d lines", len(examples), len(data.label))
    lexicon = train_lexicon(data, data.fold >= 0)
    columns = _columns_out_of_fold(data)
    _log.info("lexicon trained")
    # Wordings that only say which rules to try are no evidence.
    names = tuple(name for name in columns[0] if not name.endswith("_wording"))
    rows = np.concatenate([matrix(found, names) for found in columns])
    columns.clear()
    use = (data.label >= 0) & _drawn(data)
    classifier = _boost(rows, data, use)
    _log.info("classifier trained on %d lines, %d columns", use.sum(), len(names))
    return Trained(lexicon, names, classifier, _threshold(rows, data, use))


def _drawn(data: Table) -> Array:
    """Return which lines to train on: all of short texts, a share of those of whole pages."""
    size = np.bincount(data.text)[data.text]
    chance = np.random.default_rng(SEED).random(len(data.text))
    return (size <= _FEW_LINES) | (chance < _LINES_SHARE)


def _threshold(rows: Array, data: Table, use: Array) -> float:
    """Return how strict to be: what gives the highest F1 on a fold not trained on.

    F1 is the mean over whole pages and annotated texts, by words.
    """
    aside = data.fold == 0
    part = _boost(rows, data, use & ~aside)
    probability = np.zeros(len(rows))
    probability[aside] = predict(part, rows[aside])
    judged = np.unique(data.text[aside & data.whole])

    def mean_f1(threshold: float) -> float:
        kept = _decoded(data, probability, threshold) & (data.label >= 0)
        size = len(data.text) and data.text[-1] + 1
        right = np.bincount(data.text, data.words * (kept & (data.label == 1)), size)
        total = np.bincount(data.text, data.words * kept, size)
        total += np.bincount(data.text, data.words * (data.label == 1), size)
        return float(np.mean((2 * right / np.maximum(total, 1))[judged]))

    grid = [step / 100 for step in range(40, 68, 2)]
    scores = [mean_f1(threshold) for threshold in grid]
    _log.info("F1 by threshold: %s", [f"{g} {s:.4f}" for g, s in zip(grid, scores, strict=True)])
    return grid[int(np.argmax(scores))]


def _decoded(data: Table, probability: Array, threshold: float) -> Array:
    found, at = [], 0
    for batch in data.batches:
        found.append(decode(batch, probability[at : at + len(batch)], threshold))
        at += len(batch)
    return np.concatenate(found)


def _columns_out_of_fold(data: Table) -> list[dict[str, Array]]:
    parts = [train_lexicon(data, data.fold != fold) for fold in range(FOLDS)]
    found, at = [], 0
    for batch in data.batches:
        fold = data.fold[at : at + len(batch)]
        scores = np.zeros((len(batch), len(ROLES)), dtype=np.float32)
        for number, part in enumerate(parts):
            scores[fold == number] = role_scores(batch, part)[fold == number]
        found.append(line_columns(batch, scores, None))
        at += len(batch)
    return found


def _boost(rows: Array, data: Table, use: Array) -> Any:
    import lightgbm

    train_set = lightgbm.Dataset(
        rows[use], data.label[use], weight=data.weight[use], params=_PARAMETERS
    )
    return lightgbm.train(_PARAMETERS, train_set, num_boost_round=ROUNDS)


def save(trained: Trained, folder: Path, name: str = "lines") -> None:
    """Write the lexicon and the model into `folder`, byte for byte the same for the same model."""
    np.savez_compressed(
        folder / "lexicon.npz", weights=trained.lexicon.weights,
        unit=np.float64(trained.lexicon.unit), bias=trained.lexicon.bias,
    )  # fmt: skip
    stored = {
        "columns": trained.columns, "first": _portable(trained.classifier),
        "threshold": trained.threshold,
    }  # fmt: skip
    packed = gzip.compress(json.dumps(stored).encode(), mtime=0)
    (folder / f"{name}.model.json.gz").write_bytes(packed)


def _portable(booster: Any) -> str:
    """Return LightGBM's text format without the training parameters at its end."""
    return str(booster.model_to_string()).split("\nparameters:")[0] + "\n"


def examples(data: Path, collections: Sequence[str] = ()) -> list[Example]:
    """Return the examples of a data folder; with `collections`, those of their pages alone.

    Other examples than pages with gold bodies may be of kept-aside sites.
    """
    ways = list(flatten.FLATTENERS)
    found = [] if collections else list(corpus.gold_examples(data))
    for collection in collections or COLLECTIONS:
        found += corpus.page_examples(data, collection, ways, only=_trained_on)
    if not collections:
        found += corpus.outlet_examples(data, 4000, SEED)
        found += silver_examples(data, ways, _SILVER_WAYS, SEED)
    return found


def chosen(found: Sequence[Example]) -> list[Example]:
    """Return the examples to train on: no kept-aside site, each page in a few of its forms."""
    rng = random.Random(SEED)  # noqa: S311
    picked = []
    for example in found:
        if example.kept_aside or not _way_chosen(example):
            continue
        whole, part = _SHARES.get(example.collection, (1.0, 0.0))
        if rng.random() < whole:
            picked.append(example)
        if example.body and rng.random() < part:
            crop = augment.cropped(example, rng)
            picked += [crop] if crop else []
    return picked + _mixtures(picked)


def _mixtures(picked: Sequence[Example]) -> list[Example]:
    """Return pages of the head of one site and the body of another, within a fold."""
    pages = [e for e in picked if "/" not in e.way and e.collection in (*COLLECTIONS, "silver")]
    return augment.mixtures(pages, len(pages) * _MIXED // 100, _MIXED_TRUST, _fold, SEED)


def _fold(site: str) -> int:
    return corpus.site_number(site) % FOLDS


def _trained_on(site: str) -> bool:
    return not corpus.kept_aside(site)


def _way_chosen(example: Example) -> bool:
    if example.collection not in COLLECTIONS or example.way in _ALWAYS:
        return True
    others = [way for way in flatten.FLATTENERS if way not in _ALWAYS]
    rng = random.Random(f"{example.collection} {example.name}")  # noqa: S311
    return example.way in rng.sample(others, _OTHERS)


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "clean" / "data")
    wanted = "train on pages of these alone, to test on the other"
    parser.add_argument("--collections", nargs="+", choices=COLLECTIONS, default=(), help=wanted)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    save(train(chosen(examples(arguments.data, arguments.collections))), arguments.out)


if __name__ == "__main__":
    main()
