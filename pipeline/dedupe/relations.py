"""From the evidence of an alignment to a verdict: copy, excerpt, revision or no duplicate.

The probability comes from a small logistic model over readable features
(`data/relation_model.yaml`); which relation it is from three thresholds in the same file. How the
evidence is gathered does not belong here.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pipeline.data_files import read_yaml
from pipeline.dedupe.align import Evidence, Floats
from pipeline.dedupe.words import Bools

COPY: Final = "copy"
EXCERPT: Final = "excerpt"
REVISION: Final = "revision"
NONE: Final = "none"

_STOCK_WORDS: Final = 15
#: By how much the share outside quotations may be above the share of all words.
_MORE_TOLD: Final = 1.3
#: Facts that a revision may change, as share of its facts.
_FACT_GAP: Final = 0.25
_FACT_RANGE: Final = 0.15


#: How many facts or numbers may be new in an update.
_FEW_FACTS: Final = 3
_FEW_NUMBERS: Final = 2
_FEW_RANGE: Final = 2
#: New numbers, as share of the words, from where on a text is a form: of an update, hardly any
#: among the many that stay; and most of its other facts stay too.
_NEW_NUMBERS: Final = 0.015
_NEW_NUMBERS_RANGE: Final = 0.015
_SOME_FACT_GAP: Final = 0.15
_SOME_FACT_RANGE: Final = 0.04


#: Share of the shared words that come in order, up to which there is none.
_NO_ORDER: Final = 0.1
_ORDER_RANGE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a pair is, and the probability that it is one family (copy, excerpt or revision)."""

    relation: str
    probability: float

    @property
    def is_duplicate(self) -> bool:
        """Whether the two share their text."""
        return self.relation != NONE


def threshold() -> float:
    """Return the probability from which a pair is one family."""
    return float(_model()["threshold"])


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict on one pair."""
    relations, probability = judge_all(_columns(evidence))
    return Verdict(relations[0], float(probability[0]))


def judge_all(evidence: Mapping[str, Floats]) -> tuple[list[str], Floats]:
    """Return relation and probability of each pair; `evidence` holds arrays of its fields."""
    model = _model()
    probability = _probability(feature_columns(evidence))
    family = (probability >= threshold()) & ~stray(evidence)
    kinds = np.where(family, _kinds(evidence, model["relations"]), NONE)
    return kinds.tolist(), probability


def features(evidence: Evidence) -> dict[str, float]:
    """Return the features of the model by name; all between 0 and about 1."""
    values = feature_columns(_columns(evidence))
    return {name: float(value[0]) for name, value in values.items()}


def kind(evidence: Evidence) -> str:
    """Return the relation of two articles known to be one family."""
    return str(_kinds(_columns(evidence), _model()["relations"])[0])


def _columns(evidence: Evidence) -> dict[str, Floats]:
    return {
        each.name: np.array([getattr(evidence, each.name)], np.float64) for each in fields(evidence)
    }


def feature_columns(evidence: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the features of many pairs, given arrays of the fields of their evidence."""
    template = np.maximum(_new_facts(evidence), _new_numbers(evidence))
    words = evidence["story_words"]
    # In a text with hardly a word outside quotations and refrains, these are the text.
    trust = np.minimum(1.0, words / 60)
    # What little stands outside long quotations does not speak for a text that shares none.
    told = np.minimum(evidence["story"], _MORE_TOLD * evidence["shared"])
    # Of few words, a stock phrase is a large share.
    told = told * words / (words + _STOCK_WORDS)
    said = trust * told + (1 - trust) * evidence["shared_news"]
    return {"story": said * _ordered(evidence), "template": template}


def _ordered(evidence: Mapping[str, Floats]) -> Floats:
    """Return 0 where nothing comes in the order of the other text, 1 where a part of it does.

    Captions of a gallery, and the statements that two reports quote, are many and in any order. A
    single passage that was moved is most of what is shared.
    """
    shared = evidence["shared"] * np.minimum(evidence["words_a"], evidence["words_b"])
    longest = evidence["longest_run"] / np.maximum(shared, 1)
    order = np.maximum(evidence["order"], longest)
    return np.asarray(np.clip((order - _NO_ORDER) / _ORDER_RANGE, 0.0, 1.0), np.float64)


def _new_facts(evidence: Mapping[str, Floats]) -> Floats:
    """Return how far the facts speak for a form filled in anew, 0 to 1.

    A revision has the facts of the sentences that it keeps, but for a few; a form has few of them.
    """
    gap = np.clip((evidence["fact_gap"] - _FACT_GAP) / _FACT_RANGE, 0.0, 1.0)
    return np.asarray(gap * _many(evidence, "changed_facts", _FEW_FACTS), np.float64)


def _new_numbers(evidence: Mapping[str, Floats]) -> Floats:
    """Return how far the numbers alone speak for it.

    Fixed names in a form (an index, an exchange, an agency) hide that all it tells is different.
    """
    dense = np.clip((evidence["changed_numbers"] - _NEW_NUMBERS) / _NEW_NUMBERS_RANGE, 0.0, 1.0)
    others = np.clip((evidence["fact_gap"] - _SOME_FACT_GAP) / _SOME_FACT_RANGE, 0.0, 1.0)
    many = _many(evidence, "changed_numbers", _FEW_NUMBERS)
    return np.asarray(dense * others * many, np.float64)


def _many(evidence: Mapping[str, Floats], changed: str, few: int) -> Floats:
    """Return 0 where only a few words changed, 1 where more did."""
    shorter = np.minimum(evidence["words_a"], evidence["words_b"])
    count = evidence[changed] * shorter * np.maximum(evidence["sentences"], evidence["shared"])
    return np.asarray(np.clip((count - few) / _FEW_RANGE, 0.0, 1.0), np.float64)


def _probability(values: Mapping[str, Floats]) -> Floats:
    model = _model()
    weights: Mapping[str, float] = model["weights"]
    score = model["intercept"] + sum(weights[name] * values[name] for name in weights)
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -30.0, 30.0))), np.float64)


def stray(evidence: Mapping[str, Floats]) -> Bools:
    """Return which pairs share too few words for one to be a part of the other.

    Papers print the same few sentences under unlike texts: a copyright line, a contact, how to
    give. Where that is all that there is of an article, it stands in every other one of the
    house. As a whole, of about the same length, so short a text may be a brief and its copy.
    """
    limits = _model()["relations"]
    shorter = np.minimum(evidence["words_a"], evidence["words_b"])
    few = evidence["shared"] * shorter < limits["part_words"]
    return np.asarray(few & (evidence["length_ratio"] < limits["same_length"]), np.bool_)


def _kinds(evidence: Mapping[str, Floats], limits: Mapping[str, float]) -> npt.NDArray[np.str_]:
    whole = np.maximum(evidence["sentences"], evidence["shared"]) >= limits["whole"]
    part = np.where(evidence["length_ratio"] >= limits["same_length"], COPY, EXCERPT)
    return np.where(whole & (evidence["shared"] >= limits["verbatim"]), part, REVISION)


@functools.cache
def _model() -> Mapping[str, Any]:
    path = Path(__file__).parent / "data" / "relation_model.yaml"
    model: Mapping[str, Any] = read_yaml(path)
    return model
