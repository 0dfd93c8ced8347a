"""The block model: how likely each block of a page is body.

Two boosted-tree classifiers like those of the line model, whose runtime it shares: the first
sees a block, its markup and its surroundings, the second also what the first said of the other
blocks, the blocks built alike among them. Trained by `pipeline.training.html`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.clean.html_features import Batch, block_features
from pipeline.clean.html_flatten import Flattened
from pipeline.clean.lines import Array
from pipeline.clean.model import load, matrix, predict, second_columns

MODEL: Final = "html"


def body_probabilities(pages: Sequence[Flattened], titles: Sequence[str]) -> list[Array]:
    """Return for each page the probability of being body of each of its blocks.

    `titles` are the pages' headlines in lower case, "" where unknown. The answer for a page does
    not depend on the others.
    """
    batch = block_features(pages, titles)
    if not len(batch.lines):
        return [np.zeros(0) for _ in pages]
    trained = load(MODEL)
    guess = predict(trained.first, matrix(batch.columns, trained.columns))
    columns = batch.columns | stacked_columns(batch, guess)
    found = predict(trained.second, matrix(columns, trained.second_columns))
    # Verdicts hang on four places, not on the last bit of a sum.
    return np.split(np.round(found, 4), batch.lines.first[1:-1])


def stacked_columns(batch: Batch, guess: Array) -> dict[str, Array]:
    """Return what the second classifier sees besides: the guesses of the first, gathered."""
    columns = second_columns(batch.lines, batch.columns, guess)
    weight = batch.columns["words"] + 1.0
    for name, group in (("group", batch.group), ("parent", batch.parent_group)):
        _, index = np.unique(group, return_inverse=True)
        held = np.bincount(index, weight)[index]
        sure = np.bincount(index, weight * guess)[index]
        columns[f"{name}_guess"] = np.asarray(sure / held, dtype=np.float32)
        columns[f"{name}_others"] = np.asarray(
            (sure - weight * guess) / np.maximum(held - weight, 1.0), dtype=np.float32
        )
    return columns
