"""Fit the weights by which metadata is chosen, on the development sites.

    python -m benchmarks.describe_fit ../shared/data

Rewrites `pipeline/describe/data/rule_weights.tsv` (rules of markup and bylines) and
`headline_marks.tsv` (what tells the headline among the lines of flattened text), each in one step
at the end. Flattened pages are cut in several ways, as other people's scrapers do; articles out of
databases, most of which lack their headline, stand beside them. Rules were
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
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.describe import (
    ARTICLES,
    DEVELOPMENT,
    SECOND,
    Case,
    Unstated,
    cases,
    is_right,
    read,
)
from benchmarks.describe import FLATTENED as PAGES_FLATTENED
from pipeline.clean import clean_texts
from pipeline.describe import gather, headline_lines, resolve
from pipeline.describe.context import Context
from pipeline.describe.fold import fold
from pipeline.describe.headline import shared
from pipeline.records import Candidate, Cleaned

#: Fields with enough gold to fit; and the fewest candidates a rule needs for a weight of its own.
FITTED = ("headline", "authors")
_LEAST_SEEN = 10
#: Rules of pages that stand alone only where no gold is: their own confidence holds.
UNFITTED = frozenset(("biography", "line", "name_alone", "name_marked", "credit_reporting"))
_EPOCHS, _RATE, _RIDGE = 250, 0.3, 1.0
#: Least weight: a rule that others outvote learns nothing more and must not drift away.
_LEAST = -3.0


#: How often a case of a part counts.
_TIMES = {DEVELOPMENT: 1, SECOND: 3}

#: How often an article without markup counts, for its few lines against the many of a page.
_TIMES_ARTICLE = 3.0

#: News counts twice; the flattened text of these sets is learned from.
NEWS = ("misinfo", "postlight")
FLATTENED = (*NEWS, "wcxb_article_dev")


Gathered = tuple[Case, list[Candidate]]


def fit(found: Sequence[Case]) -> None:
    """Rewrite the weights of the rules from the development cases (a conditional logit).

    In flattened text the rules for authors have names, and weights, of their own.
    """
    pages: list[Gathered] = []
    texts: list[Gathered] = []
    for case in found:
        is_page = case.document.media_type == "text/html"
        if case.part in _TIMES and (is_page or case.dataset == PAGES_FLATTENED):
            cleaned, markup = read(case)
            candidates = gather(Context(case.document, cleaned, tuple(markup)))
            (pages if is_page else texts).append((case, candidates))
    rows = [row for field in FITTED for row in fit_field(field, pages)]
    _write_weights(sorted([*rows, *fit_field("authors", texts)]))


def fit_field(field: str, gathered: Sequence[Gathered]) -> list[str]:
    """Return the rows of one field: a rule's weight is that of its family plus its own part.

    Both parts are shrunk, so a rule that was seldom seen stays near its family; the family's row
    ("text_near_*") serves the rules that were not seen often enough for a row.
    """
    known = [(case, found) for case, found in gathered if field in case.gold]
    examples = [_example(field, case, found) for case, found in known]
    seen = Counter(rule for example in examples for rule in example.rules())
    families = {rule: resolve.family(rule) for rule in seen if not rule.startswith("trait_")}
    names = {
        rule: rule if n >= _LEAST_SEEN else families.get(rule, rule) for rule, n in seen.items()
    }
    start = dict.fromkeys([*names.values(), *families.values()], 0.0)
    fitted = _ascend(start, families, [e.renamed(names) for e in examples if e.values])
    total: Counter[str] = Counter()
    for rule, name in names.items():
        total.update(dict.fromkeys({name, families.get(rule, name)}, seen[rule]))
    # Of families hardly ever seen the rules' own confidences hold.
    kept = [name for name in sorted(fitted) if total[name] >= _LEAST_SEEN]
    return [f"{field}\t{name}\t{fitted[name]:.3f}\t{total[name]}" for name in kept]


Votes = dict[str, list[str]]


@dataclasses.dataclass(frozen=True)
class Example:
    """One case: value -> kind of source -> rules, the traits of each value, which is right."""

    values: Mapping[str, Votes]
    traits: Mapping[str, list[str]]
    right: str | None
    times: float

    def rules(self) -> Iterator[str]:
        """Yield the rules and traits of all values."""
        for key, kinds in self.values.items():
            yield from (rule for rules in kinds.values() for rule in rules)
            yield from self.traits[key]

    def renamed(self, names: Mapping[str, str]) -> Example:
        """Return the example with seldom rules under the names of their families."""
        values = {
            key: {kind: [names[rule] for rule in rules] for kind, rules in kinds.items()}
            for key, kinds in self.values.items()
        }
        return dataclasses.replace(self, values=values)


def _example(field: str, case: Case, found: Sequence[Candidate]) -> Example:
    groups = resolve.grouped(field, found)
    values: dict[str, Votes] = {}
    right = None
    for key, group in groups.items():
        fitted = [c for c in group if c.rule not in UNFITTED]
        if not fitted or (field == "authors" and resolve.outvoted(key, groups)):
            continue
        kinds = values.setdefault(key, {})
        for candidate in fitted:
            kinds.setdefault(resolve.source_kind(candidate.rule), []).append(candidate.rule)
        if any(is_right(case, field, candidate.value) for candidate in group):
            right = key
    traits = {key: resolve.traits(key, groups) if field == "authors" else [] for key in values}
    times = _TIMES[case.part] * (2 if case.dataset in NEWS else 1)
    return Example(values, traits, right, times)


def _ascend(
    start: Mapping[str, float], families: Mapping[str, str], examples: Sequence[Example]
) -> dict[str, float]:
    """Return the weights that make the right values likeliest (gradient ascent, ridge)."""
    own = dict(start)  # of a family: its weight; of a rule: what it differs by

    def summed() -> dict[str, float]:
        return {name: v + own.get(families.get(name, ""), 0.0) for name, v in own.items()}

    steps = dict.fromkeys(own, 1.0)
    for _ in range(_EPOCHS):
        slope = _slope(summed(), examples)
        slopes = {name: slope[name] - _RIDGE * value for name, value in own.items()}
        for name, value in slope.items():
            if name in families:
                slopes[families[name]] += value
        for name, value in slopes.items():
            steps[name] += value * value
            own[name] = max(_LEAST, own[name] + _RATE * value / steps[name] ** 0.5)
    return summed()


def _slope(weights: Mapping[str, float], examples: Sequence[Example]) -> dict[str, float]:
    """Return the slope of the likelihood of the right values by the weight of each rule."""
    slope = dict.fromkeys(weights, 0.0)
    for example in examples:
        scores, votes = {}, {}
        for key, kinds in example.values.items():
            best = [max(rules, key=weights.__getitem__) for rules in kinds.values()]
            votes[key] = _speaking(best, weights) + example.traits[key]
            scores[key] = sum(weights[rule] for rule in votes[key])
        sure = resolve.confidences(scores)
        for key, rules in votes.items():
            step = example.times * ((key == example.right) - sure[key])
            for rule in rules:
                slope[rule] += step
    return slope


def _speaking(rules: Sequence[str], weights: Mapping[str, float]) -> list[str]:
    """Return the rules that `resolve.agreed` counts."""
    positive = [rule for rule in rules if weights[rule] > 0]
    return positive or [max(rules, key=weights.__getitem__)]


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
    times: list[float] = []
    pages = ((*page, 1.0, True) for page in _flattened(found))
    articles = ((*article, _TIMES_ARTICLE, False) for article in _articles(found))
    for number, (context, gold, counts, is_page) in enumerate(chain(pages, articles)):
        found = list(headline_lines.marked_lines(context))
        printed = _printed([line.text for line, _ in found], gold, is_page=is_page)
        for place, (_, of_line) in enumerate(found):
            marks.append(of_line)
            owner.append(number)
            right.append(float(place == printed))
            times.append(counts)
    seen = Counter(mark for of_line in marks for mark in of_line)
    names = sorted(mark for mark, count in seen.items() if count >= 5)
    fitted = _ascend_lines(marks, np.array(owner), np.array(right), np.array(times), names)
    _write("headline_marks.tsv", [f"{n}\t{w:.3f}\t{seen[n]}" for n, w in fitted.items()])
    headline_lines.weights.cache_clear()


def _printed(texts: Sequence[str], gold: str, *, is_page: bool) -> int | None:
    """Return which line is the headline; where none is the gold, on a page the one most like it.

    Golds are often of the metadata, which word a headline otherwise than the page prints it.
    """
    keys = [fold(text) for text in texts]
    if gold in keys or not is_page:
        return keys.index(gold) if gold in keys else None
    alike = [
        shared(text, gold) if len(key) >= _LEAST_ALIKE and 0.5 < len(key) / len(gold) < 2 else 0.0
        for text, key in zip(texts, keys, strict=True)
    ]
    best = max(range(len(alike)), key=alike.__getitem__, default=None)
    return best if best is not None and alike[best] >= _ALIKE else None


#: Least share of common letter groups, and least letters, of two wordings of one headline.
_ALIKE, _LEAST_ALIKE = 0.6, 15


def _flattened(found: Sequence[Case]) -> Iterator[tuple[Context, str]]:
    """Yield development pages as texts, flattened by the cleaner and in the six ways, with gold."""
    for case in found:
        flat = case.dataset == PAGES_FLATTENED and case.part in _TIMES
        own = case.dataset in FLATTENED and case.part == DEVELOPMENT
        if not (flat or own) or "headline" not in case.gold:
            continue
        stated = case.gold["headline"]
        gold = fold(stated.gold if isinstance(stated, Unstated) else stated)
        texts = list(_cuts(read(case)[0].raw_text, gold, case.document.url))
        cleaned = clean_texts([text for text, _ in texts])
        for (_, url), result in zip(texts, cleaned, strict=True):
            if isinstance(result, Cleaned):
                document = dataclasses.replace(case.document, url=url, media_type="text/plain")
                yield Context(document, result), gold


def _articles(found: Sequence[Case]) -> Iterator[tuple[Context, str]]:
    """Yield articles as databases hold them, most without their headline, with gold."""
    usable = [c for c in found if c.dataset == ARTICLES and c.part == DEVELOPMENT]
    texts = [case.document.content.decode() for case in usable]
    for case, cleaned in zip(usable, clean_texts(texts), strict=True):
        if isinstance(cleaned, Cleaned):
            stated = case.gold["headline"]
            gold = stated.gold if isinstance(stated, Unstated) else stated
            yield Context(case.document, cleaned), fold(gold)


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
    marks: Sequence[Sequence[str]],
    owner: np.ndarray,
    right: np.ndarray,
    times: np.ndarray,
    names: Sequence[str],
) -> dict[str, float]:
    place = {name: at for at, name in enumerate(names)}
    pairs = [(row, place[m]) for row, of_row in enumerate(marks) for m in of_row if m in place]
    rows, columns = np.array(pairs).T
    weights, steps = np.zeros(len(names)), np.full(len(names), 1e-6)
    for _ in range(400):
        scores = np.bincount(rows, weights[columns], minlength=len(marks))
        odds = np.exp(np.minimum(scores, 12.0))
        sure = odds / (1 + np.bincount(owner, odds))[owner]
        slope = np.bincount(columns, (times * (right - sure))[rows], minlength=len(names)) - weights
        steps += slope**2
        weights += 0.3 * slope / np.sqrt(steps)
    return dict(zip(names, weights.tolist(), strict=True))


if __name__ == "__main__":
    every = list(cases(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")))
    fit_headlines(every)
    fit(every)
