"""Fit the weights by which metadata is chosen, on the development sites.

    python -m benchmarks.describe_fit ../shared/data

Rewrites `pipeline/describe/data/rule_weights.tsv` (rules of markup and bylines) and
`headline_marks.tsv` (what tells the headline among the lines of flattened text), each in one step
at the end. Flattened pages are cut in several ways, as other people's scrapers do. Rules were
written with the development sites before them and fit these too well, so pages of the second
development sites, of which only the errors were read, count three times for the rules. Kept-aside
domains are not read.
"""

from __future__ import annotations

import dataclasses
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.describe import DEVELOPMENT, SECOND, Case, cases, is_right, read
from pipeline.clean import clean_texts
from pipeline.describe import gather, headline_lines, resolve
from pipeline.describe.context import Context
from pipeline.describe.fold import fold
from pipeline.records import Candidate, Cleaned

#: Fields with enough gold to fit; and the fewest candidates a rule needs for a weight of its own.
FITTED = ("headline", "authors")
_LEAST_SEEN = 10
#: Rules that stand alone only where no gold is: their own confidence holds.
UNFITTED = frozenset(("biography", "line", "name_alone", "name_marked", "credit_reporting"))
_EPOCHS, _RATE, _RIDGE = 300, 0.02, 0.5
#: Least weight: a rule that others outvote learns nothing more and must not drift away.
_LEAST = -1.5


#: How often a case of a part counts.
_TIMES = {DEVELOPMENT: 1, SECOND: 3}

#: News counts twice; the flattened text of these sets is learned from.
NEWS = ("misinfo", "postlight")
FLATTENED = (*NEWS, "wcxb_article_dev")


def fit(found: Sequence[Case]) -> None:
    """Rewrite the weights of the rules from the development cases (a conditional logit)."""
    gathered = []
    for case in found:
        if times := _TIMES.get(case.part):
            cleaned, markup = read(case)
            pair = case, gather(Context(case.document, cleaned, tuple(markup)))
            gathered.extend([pair] * times)
    rows = []
    for field in FITTED:
        known = [(case, candidates) for case, candidates in gathered if field in case.gold]
        rows += _fit_field(field, known + [pair for pair in known if pair[0].dataset in NEWS])
    _write_weights(rows)


def _fit_field(field: str, gathered: Sequence[tuple[Case, list[Candidate]]]) -> list[str]:
    """Return the rows of one field: a rule's weight is that of its family plus its own part.

    Both parts are shrunk, so a rule that was seldom seen stays near its family; the family's row
    ("text_near_*") serves the rules that were not seen often enough for a row.
    """
    seen = Counter(
        c.rule
        for _, found in gathered
        for c in found
        if c.field == field and c.rule not in UNFITTED
    )
    families = {rule: resolve.family(rule) for rule in seen}
    names = {rule: rule if n >= _LEAST_SEEN else families[rule] for rule, n in seen.items()}
    start = dict.fromkeys([*names.values(), *families.values()], 0.0)
    examples = [_example(field, case, found, names) for case, found in gathered]
    fitted = _ascend(start, families, [example for example in examples if example[0]])
    total: Counter[str] = Counter()
    for rule, name in names.items():
        total.update(dict.fromkeys({name, families[rule]}, seen[rule]))
    # Of families hardly ever seen the rules' own confidences hold.
    kept = [name for name in sorted(fitted) if total[name] >= _LEAST_SEEN]
    return [f"{field}\t{name}\t{fitted[name]:.3f}\t{total[name]}" for name in kept]


Example = tuple[dict[str, dict[str, list[str]]], str | None]


def _example(
    field: str, case: Case, found: Sequence[Candidate], names: Mapping[str, str]
) -> Example:
    """Return value -> kind of source -> rules of one case, and which value is right."""
    values: dict[str, dict[str, list[str]]] = {}
    right = None
    for key, group in resolve.grouped(field, found).items():
        if all(candidate.rule in UNFITTED for candidate in group):
            continue
        kinds = values.setdefault(key, {})
        for candidate in group:
            if name := names.get(candidate.rule):
                kinds.setdefault(resolve.source_kind(candidate.rule), []).append(name)
        if is_right(case, field, group[0].value):
            right = key
    return values, right


def _ascend(
    start: Mapping[str, float], families: Mapping[str, str], examples: Sequence[Example]
) -> dict[str, float]:
    """Return the weights that make the right values likeliest (gradient ascent, ridge)."""
    own = dict(start)  # of a family: its weight; of a rule: what it differs by

    def summed() -> dict[str, float]:
        return {name: v + own.get(families.get(name, ""), 0.0) for name, v in own.items()}

    for _ in range(_EPOCHS):
        weights = summed()
        slope = _slope(weights, examples)
        steps = {name: -_RIDGE * value + slope[name] for name, value in own.items()}
        for name, value in slope.items():
            if name in families:
                steps[families[name]] += value
        for name, value in steps.items():
            own[name] = max(_LEAST, own[name] + _RATE * max(-10.0, min(10.0, value)))
    return summed()


def _slope(weights: Mapping[str, float], examples: Sequence[Example]) -> dict[str, float]:
    """Return the slope of the likelihood of the right values by the weight of each rule."""
    slope = dict.fromkeys(weights, 0.0)
    for values, right in examples:
        votes = {
            key: [max(rules, key=lambda rule: weights[rule]) for rules in kinds.values()]
            for key, kinds in values.items()
        }
        votes = {key: _speaking(rules, weights) for key, rules in votes.items()}
        scores = {
            key: resolve.agreed([weights[rule] for rule in rules]) for key, rules in votes.items()
        }
        sure = resolve.confidences(scores)
        for key, rules in votes.items():
            if key != right and right is not None and resolve.part_of(key, right):
                continue
            for rule in rules:
                slope[rule] += (key == right) - sure[key]
    return slope


def _speaking(rules: Sequence[str], weights: Mapping[str, float]) -> list[str]:
    """Return the rules that `resolve.agreed` counts."""
    positive = [rule for rule in rules if weights[rule] > 0]
    return positive or [max(rules, key=lambda rule: weights[rule])]


def _write_weights(rows: Sequence[str]) -> None:
    _write("rule_weights.tsv", rows)
    resolve.weights.cache_clear()
    resolve._fitted.cache_clear()


def _write(name: str, rows: Sequence[str]) -> None:
    path = Path(resolve.__file__).parent / "data" / name
    header = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
    fresh = path.with_suffix(".new")
    fresh.write_text("\n".join([*header, *rows]) + "\n", encoding="utf-8")
    fresh.replace(path)  # readers see the old weights or the new ones, never half of them


# --- the headline among lines


def fit_headlines(found: Sequence[Case]) -> None:
    """Rewrite the weights of the marks of headline lines (a conditional logit, vectorised)."""
    marks: list[list[str]] = []
    owner: list[int] = []
    right: list[float] = []
    for number, (context, gold) in enumerate(_flattened(found)):
        for line, of_line in headline_lines.marked_lines(context):
            marks.append(of_line)
            owner.append(number)
            right.append(float(fold(line.text) == gold))
    seen = Counter(mark for of_line in marks for mark in of_line)
    names = sorted(mark for mark, count in seen.items() if count >= 5)
    fitted = _ascend_lines(marks, np.array(owner), np.array(right), names)
    _write("headline_marks.tsv", [f"{n}\t{w:.3f}\t{seen[n]}" for n, w in fitted.items()])
    headline_lines.weights.cache_clear()


def _flattened(found: Sequence[Case]) -> Iterator[tuple[Context, str]]:
    for case in found:
        usable = case.part == DEVELOPMENT and case.dataset in FLATTENED and "headline" in case.gold
        if not usable:
            continue
        gold = fold(case.gold["headline"])
        texts = list(_cuts(read(case)[0].raw_text, gold, case.document.url))
        cleaned = clean_texts([text for text, _ in texts])
        for (_, url), result in zip(texts, cleaned, strict=True):
            if isinstance(result, Cleaned):
                document = dataclasses.replace(case.document, url=url, media_type="text/plain")
                yield Context(document, result), gold


def _cuts(text: str, gold: str, url: str | None) -> Iterator[tuple[str, str | None]]:
    """Yield a page's text whole, from just above its headline, and from its first paragraph."""
    lines = [line for line in text.split("\n") if line.strip()]
    yield text, url
    yield text, None
    at = next((i for i, line in enumerate(lines) if fold(line) == gold), None)
    if at is None:
        return
    draw = zlib.crc32(gold.encode())
    yield "\n\n".join(lines[max(0, at - draw % 3) :]), None
    yield "\n\n".join(lines[max(0, at - draw % 2) :]), url
    if draw % 5 < 2:
        below = at + 1
        while below < len(lines) and len(lines[below]) < 140:
            below += 1
        yield "\n\n".join(lines[below:]), None


def _ascend_lines(
    marks: Sequence[Sequence[str]], owner: np.ndarray, right: np.ndarray, names: Sequence[str]
) -> dict[str, float]:
    place = {name: at for at, name in enumerate(names)}
    pairs = [(row, place[m]) for row, of_row in enumerate(marks) for m in of_row if m in place]
    rows, columns = np.array(pairs).T
    weights, steps = np.zeros(len(names)), np.full(len(names), 1e-6)
    for _ in range(400):
        scores = np.bincount(rows, weights[columns], minlength=len(marks))
        odds = np.exp(np.minimum(scores, 12.0))
        sure = odds / (1 + np.bincount(owner, odds))[owner]
        slope = np.bincount(columns, (right - sure)[rows], minlength=len(names)) - weights
        steps += slope**2
        weights += 0.3 * slope / np.sqrt(steps)
    return dict(zip(names, weights.tolist(), strict=True))


if __name__ == "__main__":
    every = list(cases(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")))
    fit_headlines(every)
    fit(every)
