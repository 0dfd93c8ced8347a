"""From the evidence of an alignment to a verdict: copy, excerpt, revision or no duplicate.

The probability comes from a small logistic model over readable features
(`data/relation_model.yaml`); which relation it is from three thresholds in the same file. How the
evidence is gathered does not belong here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.data_files import read_yaml
from pipeline.dedupe.align import Evidence

COPY: Final = "copy"
EXCERPT: Final = "excerpt"
REVISION: Final = "revision"
NONE: Final = "none"

_STOCK_WORDS: Final = 15


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a pair is, and the probability that it is one family (copy, excerpt or revision)."""

    relation: str
    probability: float

    @property
    def is_duplicate(self) -> bool:
        """Whether the two share their text."""
        return self.relation != NONE


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict on a pair."""
    model = _model()
    probability = _probability(features(evidence))
    if probability < model["threshold"]:
        return Verdict(NONE, probability)
    return Verdict(kind(evidence, model["relations"]), probability)


def may_be_family(shared: float, story: float, story_words: int) -> bool:
    """Return whether a pair can be a duplicate, given its `shared` and a bound of its `story`."""
    values = {"story": _story(story, shared, story_words), "template": 0.0}
    return bool(_probability(values) >= _model()["threshold"])


def features(evidence: Evidence) -> dict[str, float]:
    """Return the features of the model by name; all between 0 and about 1."""
    # Revisions change some facts of the sentences they keep; a form filled in anew, most.
    template = min(max((evidence.fact_gap - 0.3) / 0.3, 0.0), 1.0)
    story = _story(evidence.story, evidence.shared, evidence.story_words)
    return {"story": story, "template": template}


def _story(story: float, shared: float, words: int) -> float:
    # In a text with hardly a word outside quotations and refrains, these are the text.
    trust = min(1.0, words / 60)
    # Of few words, a stock phrase is a large share.
    return trust * story * words / (words + _STOCK_WORDS) + (1 - trust) * shared


def _probability(values: Mapping[str, float]) -> float:
    model = _model()
    weights: Mapping[str, float] = model["weights"]
    score = model["intercept"] + sum(weights[name] * values[name] for name in weights)
    return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))


def kind(evidence: Evidence, limits: Mapping[str, float]) -> str:
    """Return the relation of two articles known to be one family."""
    whole = max(evidence.sentences, evidence.shared) >= limits["whole"]
    if not whole or evidence.shared < limits["verbatim"]:
        return REVISION
    return COPY if evidence.length_ratio >= limits["same_length"] else EXCERPT


@functools.cache
def _model() -> Mapping[str, Any]:
    path = Path(__file__).parent / "data" / "relation_model.yaml"
    model: Mapping[str, Any] = read_yaml(path)
    return model
