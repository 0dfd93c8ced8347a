"""Train the block model of HTML pages: `python -m pipeline.training.html --data ../shared`.

Reads the pages of the data folder with gold bodies, and those where trafilatura agrees with the
snippets they must hold, never the sites kept aside, and writes
`html.model.json.gz` into `pipeline/clean/data`. Run it after every change of the features of
lines or blocks. `--collections` and
`--out` serve to train on one collection alone and see how the model reads the other.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.clean.html_errors import CleanError
from pipeline.clean.html_features import Batch, block_features
from pipeline.clean.html_model import MODEL, stacked_columns
from pipeline.clean.html_page import Page, page_title, parse
from pipeline.clean.html_second import extract
from pipeline.clean.lines import Array
from pipeline.clean.model import matrix, predict
from pipeline.training import align, corpus

#: Collections with gold bodies and their weights: news counts double.
WEIGHTS: Final = {"misinfo": 2.0, "wcxb_article_dev": 1.0}
COLLECTIONS: Final = (*WEIGHTS, "trafilatura")
_SILVER: Final = 0.4
_LONGEST_SILVER: Final = 200_000
SEED: Final = 20181127
FOLDS: Final = 3
ROUNDS: Final = 120

#: Probability from which on a block is body.
THRESHOLD: Final = 0.4
_CHUNK: Final = 40
_LEAST_BODY: Final = 40
_PARAMETERS: Final[dict[str, Any]] = {
    "objective": "binary", "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 40,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0,
    "max_bin": 63, "deterministic": True, "force_row_wise": True, "num_threads": 1,
    "seed": SEED, "verbose": -1,
}  # fmt: skip
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Example:
    """A page with its body; `shares`: how much of each block stands in it (0 to 1).

    `weight` is how far the body is trusted.
    """

    collection: str
    site: str
    page: Page
    body: str
    shares: tuple[float, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Table:
    """The blocks of many pages: features by batch, labels (1 body, 0 not, -1 open), weights."""

    batches: list[Batch]
    label: Array
    weight: Array
    fold: Array


@dataclass(frozen=True, slots=True)
class Trained:
    """Both classifiers with the names of their columns."""

    columns: tuple[str, ...]
    second_columns: tuple[str, ...]
    first: Any
    second: Any


def examples(data: Path, collection: str, *, aside: bool) -> Iterator[Example]:
    """Yield the pages of a collection on the sites kept aside, or on the others."""
    for row in corpus.read(data / "data" / f"{collection}.jsonl.gz"):
        site = corpus.row_site(row)
        if corpus.kept_aside(site) != aside:
            continue
        try:
            page = parse(corpus.html_of(row).encode("utf-8", "replace"), "utf-8")
        except CleanError:
            continue
        body = row["body"] if collection in WEIGHTS else _silver_body(row, page)
        if len(align.words_of(body or "")) < _LEAST_BODY:
            continue
        shares = align.body_shares([block.text for block in page.flat.blocks], body)
        weight = WEIGHTS.get(collection, _SILVER)
        yield Example(collection, site, page, body, tuple(shares), weight)


def _silver_body(row: dict[str, Any], page: Page) -> str:
    """Return trafilatura's extraction where it holds all snippets it must and none it must not."""
    if len(page.text) > _LONGEST_SILVER or not (row.get("with") and row.get("without")):
        return ""
    body = extract(page.tree) or ""
    agrees = all(s in body for s in row["with"]) and not any(s in body for s in row["without"])
    return body if agrees else ""


def table(found: Sequence[Example]) -> Table:
    """Return the blocks of `found` with features, labels, weights and folds by site."""
    chunks = [found[at : at + _CHUNK] for at in range(0, len(found), _CHUNK)]
    batches = [
        block_features([e.page.flat for e in chunk], [page_title(e.page.tree) for e in chunk])
        for chunk in chunks
    ]
    low, high = align.DOUBTFUL
    shares = np.array([share for example in found for share in example.shares])
    label = np.where(shares >= high, 1, np.where(shares > low, -1, 0))
    sizes = [len(example.shares) for example in found]
    page = np.repeat(np.arange(len(found)), sizes)
    words = np.concatenate([batch.columns["words"] for batch in batches])
    in_body = np.bincount(page, weights=words * (label == 1), minlength=len(found))
    # An error costs what its words are worth in its page: pages count alike, not blocks.
    trust = np.array([example.weight for example in found])[page]
    weight = trust * (np.minimum(words, 60) + 2.0) / np.maximum(in_body, 100)[page]
    folds = np.array([corpus.site_number(f"fold {example.site}") % FOLDS for example in found])
    return Table(batches, label, weight * len(weight) / weight.sum(), folds[page])


def train(data: Table) -> Trained:
    """Return a model of `data`; the second classifier sees out-of-fold guesses of the first."""
    names = tuple(data.batches[0].columns)
    rows = np.concatenate([matrix(batch.columns, names) for batch in data.batches])
    known = data.label >= 0
    first = _boost(rows, data, known)
    _log.info("first classifier trained on %d blocks, %d columns", len(rows), len(names))
    guess = np.zeros(len(rows))
    for fold in range(FOLDS):
        part = _boost(rows, data, known & (data.fold != fold))
        guess[data.fold == fold] = predict(part, rows[data.fold == fold])
    stacked = list(_stacked(data.batches, guess))
    second_names = names + tuple(stacked[0])
    more = np.concatenate([matrix(columns, tuple(columns)) for columns in stacked])
    second = _boost(np.concatenate([rows, more], axis=1), data, known)
    return Trained(names, second_names, first, second)


def _stacked(batches: Sequence[Batch], guess: Array) -> Iterator[dict[str, Array]]:
    at = 0
    for batch in batches:
        yield stacked_columns(batch, guess[at : at + len(batch.lines)])
        at += len(batch.lines)


def _boost(rows: Array, data: Table, use: Array) -> Any:
    import lightgbm

    training = lightgbm.Dataset(
        rows[use], data.label[use], weight=data.weight[use], params=_PARAMETERS
    )
    return lightgbm.train(_PARAMETERS, training, num_boost_round=ROUNDS)


def save(trained: Trained, folder: Path, threshold: float) -> None:
    """Write the model into `folder`, byte for byte the same for the same model."""
    stored = {
        "columns": trained.columns, "second_columns": trained.second_columns,
        "first": _portable(trained.first), "second": _portable(trained.second),
        "threshold": threshold,
    }  # fmt: skip
    packed = gzip.compress(json.dumps(stored).encode(), mtime=0)
    (folder / f"{MODEL}.model.json.gz").write_bytes(packed)


def _portable(booster: Any) -> str:
    """Return LightGBM's text format without the training parameters at its end."""
    return str(booster.model_to_string()).split("\nparameters:")[0] + "\n"


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "clean" / "data")
    parser.add_argument("--collections", nargs="+", default=COLLECTIONS)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    found = [
        e for name in arguments.collections for e in examples(arguments.data, name, aside=False)
    ]
    _log.info("%d pages", len(found))
    save(train(table(found)), arguments.out, THRESHOLD)


if __name__ == "__main__":
    main()
