"""Duplicate verdicts on judged pairs: accuracy, the fit of the relation model, and baselines.

    python benchmarks/pairs.py            figures on `gold/dev_pairs.jsonl`, five-fold by event
    python benchmarks/pairs.py --fit      fit the model to all pairs and write it

The model learns from the judged pairs of the other four folds, and from generated reprints and
look-alikes over texts of `abp.jsonl.xz` of the outlets that are not kept aside.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from generator import TRUE_KINDS, generate
from syndication import abp_texts, data_folder

from pipeline.clean import clean_texts
from pipeline.dedupe import relations
from pipeline.dedupe.align import Evidence
from pipeline.dedupe.verify import compare_all

FOLDS = 5
_MODEL = Path(relations.__file__).parent / "data" / "relation_model.yaml"


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with its truth; `group` is the event that folds must not split."""

    evidence: Evidence
    is_family: bool
    relation: str
    group: str
    note: str


def gold_pairs(folder: Path, clean: bool = True) -> list[Judged]:
    """Return the judged pairs with the evidence of their cleaned texts."""
    texts, events = gold_texts(folder, clean)
    lines = (folder / "gold" / "dev_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    found = compare_all([(row["a"], row["b"]) for row in rows], texts)
    return [
        Judged(
            evidence,
            row["same_family"],
            row["relation"],
            events[row["a"]],
            f"{row['a'][:60]} {row['b'][:60]} {row['reason'][:110]}",
        )
        for row, evidence in zip(rows, found, strict=True)
    ]


def gold_texts(folder: Path, clean: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Return text and event by id of all articles of the judged pairs."""
    raw: dict[str, str] = {}
    events: dict[str, str] = {}
    with gzip.open(folder / "data" / "giveme5w1h.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            raw[row["id"]], events[row["id"]] = row["text"], row["event"]
    texts = dict(zip(raw, bodies_of(list(raw.values())), strict=True)) if clean else raw
    for path in (folder / "gold" / "seeds_clean").iterdir():
        texts[path.stem], events[path.stem] = path.read_text(encoding="utf-8"), "seeds"
    return texts, events


def bodies_of(raw: Sequence[str]) -> list[str]:
    """Return the cleaned bodies; the raw text where cleaning leaves nothing."""
    cleaned = clean_texts(raw)
    return [one.text or text for one, text in zip(cleaned, raw, strict=True)]


def generated_pairs(count: int = 1500) -> list[Judged]:
    """Return pairs of generated reprints (family) and look-alikes (no family)."""
    corpus = generate(abp_texts(count, kept_aside=False), seed=11, kept_aside=False)
    reprints = [
        (one.article_id, f"{one.story}-0", one.kind)
        for one in corpus.articles
        if one.kind in TRUE_KINDS
    ]
    templates = [a for a, b, kind in corpus.look_alikes for a in (a, b) if kind == "template"]
    look_alikes = [*corpus.look_alikes]
    look_alikes += [
        (a, b, "template") for a, b in zip(templates, templates[3:], strict=False) if a != b
    ]
    pairs = [*reprints, *look_alikes]
    texts = {each.article_id: each.text for each in corpus.articles}
    found = compare_all([(a, b) for a, b, _ in pairs], texts)
    return [
        Judged(evidence, number < len(reprints), kind, "", f"{a} {b}")
        for number, (evidence, (a, b, kind)) in enumerate(zip(found, pairs, strict=True))
    ]


def fit(pairs: Sequence[Judged], weights: Sequence[float], ridge: float = 0.01) -> dict[str, Any]:
    """Return a logistic model of `is_family` over the features, by Newton's method."""
    names = list(relations.features(pairs[0].evidence))
    x = np.array([[*relations.features(each.evidence).values(), 1.0] for each in pairs])
    y = np.array([each.is_family for each in pairs], float)
    w = np.array(weights, float)
    penalty = np.full(x.shape[1], ridge)
    penalty[-1] = 1e-3
    theta = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ theta, -30, 30)))
        gradient = x.T @ (w * (p - y)) + penalty * theta
        hessian = (x.T * (w * np.maximum(p * (1 - p), 1e-6))) @ x + np.diag(penalty)
        theta -= np.clip(np.linalg.solve(hessian, gradient), -4, 4)
    values = [round(float(each), 3) for each in theta]
    return {"intercept": values[-1], "weights": dict(zip(names, values, strict=False))}


def probability(model: Mapping[str, Any], evidence: Evidence) -> float:
    """Return the probability that a pair is one family."""
    values = relations.features(evidence)
    score = model["intercept"] + sum(model["weights"][name] * values[name] for name in values)
    return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))


def fold_of(group: str) -> int:
    """Return the fold of an event."""
    return hashlib.sha256(group.encode()).digest()[0] % FOLDS


def cross_validated(gold: Sequence[Judged], made: Sequence[Judged]) -> list[float]:
    """Return for each gold pair the probability by a model that never saw its event."""
    out = [0.0] * len(gold)
    for fold in range(FOLDS):
        seen = [each for each in gold if fold_of(each.group) != fold]
        model = fit([*seen, *made], _weights(seen, made))
        for number, each in enumerate(gold):
            if fold_of(each.group) == fold:
                out[number] = probability(model, each.evidence)
    return out


def _weights(gold: Sequence[Judged], made: Sequence[Judged]) -> list[float]:
    """Weigh all generated pairs together like the judged ones."""
    return [1.0] * len(gold) + [len(gold) / max(len(made), 1)] * len(made)


def families(
    gold: Sequence[Judged], chances: Sequence[float], threshold: float | None = None
) -> list[bool]:
    """Return which pairs count as one family, as in use: probable enough, and not stray.

    What shares too few words is no part of another text, however probable.
    """
    least = relations.threshold() if threshold is None else threshold
    stray = relations.stray({each.name: np.array([getattr(g.evidence, each.name) for g in gold])
                             for each in fields(Evidence)}).tolist()  # fmt: skip
    return [p >= least and not few for p, few in zip(chances, stray, strict=True)]


def scores(truth: Sequence[bool], said: Sequence[bool]) -> str:
    """Return F1, precision and recall as text."""
    hit = sum(t and s for t, s in zip(truth, said, strict=True))
    precision, recall = hit / max(sum(said), 1), hit / max(sum(truth), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return f"F1 {f1:.3f}  precision {precision:.3f}  recall {recall:.3f}"


def minhash_baseline(texts: Mapping[str, str], pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Return the exact Jaccard of 5-word shingles that MinHash estimates."""
    grams = {}
    for each in {one for pair in pairs for one in pair}:
        words = re.findall(r"\w+", texts[each].lower())
        grams[each] = {tuple(words[i : i + 5]) for i in range(max(len(words) - 4, 1))}
    return [len(grams[a] & grams[b]) / max(len(grams[a] | grams[b]), 1) for a, b in pairs]


def main(arguments: Iterable[str] | None = None) -> None:
    """Print the figures; with --fit write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--errors", action="store_true", help="list the pairs that are wrong")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    folder = data_folder().parent
    gold, made = gold_pairs(folder), generated_pairs()
    truth = [each.is_family for each in gold]
    chances = cross_validated(gold, made)
    limit = relations.threshold()
    print(f"same_family, five-fold by event, at {limit}:", scores(truth, families(gold, chances)))
    for threshold in (0.3, 0.4, 0.5, 0.65, 0.7):
        print(f"   at {threshold}:", scores(truth, families(gold, chances, threshold)))
    print("   by probability alone:", scores(truth, [p >= limit for p in chances]))
    if options.fit:
        write_model(fit([*gold, *made], _weights(gold, made)))
    shipped = [relations.judge(each.evidence) for each in gold]
    print("same_family, shipped model:", scores(truth, [v.is_duplicate for v in shipped]))
    family = [(each, v) for each, v in zip(gold, shipped, strict=True) if each.is_family]
    right = [relations.kind(each.evidence) == each.relation for each, _ in family]
    print(f"relation among true family pairs: {np.mean(right):.3f}")
    wrong = [relations.judge(each.evidence).is_duplicate != each.is_family for each in made]
    print(f"generated pairs wrong: {sum(wrong)} of {len(made)}")
    if options.errors:
        for each, chance in zip(gold, chances, strict=True):
            if (chance >= limit) != each.is_family:
                print(f"{chance:.2f} {each.relation} {each.note}\n     {each.evidence}")
        for (each, _), ok in zip(family, right, strict=True):
            if not ok:
                print(relations.kind(each.evidence), each.relation, each.note, each.evidence)
        for each, bad in zip(made, wrong, strict=True):
            if bad:
                print(each.relation, each.note, each.evidence)


def write_model(model: Mapping[str, Any]) -> None:
    """Replace weights and intercept in the shipped model; the rest of the file stays."""
    text = _MODEL.read_text(encoding="utf-8")
    weights = "".join(f"  {name}: {value}\n" for name, value in model["weights"].items())
    text = re.sub(r"intercept: .*\n", f"intercept: {model['intercept']}\n", text)
    text = re.sub(r"weights:\n(?:  .*\n)+", f"weights:\n{weights}", text)
    _MODEL.write_text(text, encoding="utf-8")
    relations._model.cache_clear()


if __name__ == "__main__":
    main()
