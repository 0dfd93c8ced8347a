"""The worst documents, readable, and the intervals of what has a score a document.

    python -m benchmarks.galleries --data ../shared

Writes a table of means with bootstrap intervals by site (`results/intervals.md`), and for each
kind of work the documents that went most wrong, beside what was expected, to `.bench/galleries/`.
Galleries show text of the data sets and stay out of the project.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import intervals, results
from pipeline.training import corpus

GALLERIES: Final = Path(".bench/galleries")
_WORST: Final = 30
_EXCERPT: Final = 600

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scored:
    """One document of one work: its score from 0 to 1, what was wanted and what was found."""

    work: str
    site: str
    name: str
    score: float
    wanted: str
    found: str


def run(data: Path) -> list[Row]:
    """Return a row for each work: documents, sites, mean and its interval; write the galleries."""
    groups: dict[str, list[Scored]] = defaultdict(list)
    for source in SOURCES:
        for scored in source(data):
            groups[scored.work].append(scored)
    for work, found in groups.items():
        write_gallery(work, found)
    return [_row(work, found) for work, found in groups.items()]


def pages(data: Path) -> Iterator[Scored]:
    """Yield the bodies of pages of kept-aside sites, by F1 of runs of four words."""
    from benchmarks import clean_html

    for collection in clean_html.GOLD:
        for page in clean_html._pages(data, collection):
            text = clean_html._copydesk(corpus.html_of(page).encode("utf-8", "replace"))
            score = clean_html.four_gram_f1(text, page["body"])
            name = str(page["id"])
            yield Scored(f"body of pages ({collection})", corpus.row_site(page), name, score,
                         page["body"], text)  # fmt: skip


def texts(data: Path) -> Iterator[Scored]:
    """Yield the bodies of annotated flattened texts that are kept aside, by F1 of words."""
    from benchmarks import clean_text

    examples = [example for example in corpus.gold_examples(data) if example.kept_aside]
    bodies = clean_text.by_copydesk([example.text for example in examples])
    for example, body in zip(examples, bodies, strict=True):
        score = clean_text.f1(body, example.body)
        yield Scored("body of flattened texts", example.name, example.name, score,
                     example.body, body)  # fmt: skip


def flattened_pages(data: Path) -> Iterator[Scored]:
    """Yield the bodies of whole pages, kept aside and flattened, by F1 of runs of four words."""
    from benchmarks import clean_html, clean_text

    for collection in clean_html.GOLD:
        found = list(clean_text.flattened_pages(data, collection))
        bodies = iter(clean_text.by_copydesk([text for _, flat in found for text in flat]))
        for page, flat in found:
            for number in range(len(flat)):
                body = next(bodies)
                score = clean_text.f1(body, page["body"], 4)
                yield Scored(f"body of flattened pages ({collection})", corpus.row_site(page),
                             f"{page['id']} {number}", score, page["body"], body)  # fmt: skip


def fields(data: Path) -> Iterator[Scored]:
    """Yield the fields that kept-aside documents state: 1 where right, 0 where not."""
    from benchmarks import describe

    for case in describe.cases(data / "data"):
        if case.part != describe.ASIDE:
            continue
        values = describe.ours(case)
        document = case.document
        site = case.site or corpus_site(document.url or document.source_uri)
        for field, gold in case.gold.items():
            if gold is None or isinstance(gold, describe.Unstated):
                continue
            value = values.get(field)
            right = value is not None and describe.same(field, gold, value)
            yield Scored(f"{field} ({case.dataset})", site, document.source_uri, float(right),
                         _shown(gold), _shown(value))  # fmt: skip


def languages(data: Path) -> Iterator[Scored]:
    """Yield the languages of bodies beside langdetect's of the whole text; each its own site."""
    from langdetect import DetectorFactory, detect

    from benchmarks import language

    DetectorFactory.seed = 0
    texts = language.bodies(data / "data")
    found = language.language.detect(texts)
    for number, (text, (code, score)) in enumerate(zip(texts, found, strict=True)):
        wanted = detect(text).split("-")[0]
        yield Scored("language, as langdetect on whole texts", str(number), str(number),
                     float(code == wanted), wanted,
                     f"{code} {score}\n{text[:_EXCERPT]}")  # fmt: skip


def duplicates(data: Path) -> Iterator[Scored]:
    """Yield the verdicts on judged pairs, each by a model that saw no pair of its event."""
    # The benchmarks of duplicates import each other without the package.
    sys.path.insert(0, str(Path(__file__).parent))
    os.environ["COPYDESK_DATASETS"] = str(data / "data")
    import pairs

    gold = pairs.gold_pairs(data)
    chances = pairs.cross_validated(gold, pairs.generated_pairs())
    families = pairs.families(gold, chances)
    for number, (pair, chance, family) in enumerate(zip(gold, chances, families, strict=True)):
        wanted = f"{pair.relation}: {pair.note}"
        seen = pair.evidence
        found = (
            f"{'a pair' if family else 'no pair'}, probability {chance:.2f}; {seen.words_a} and "
            f"{seen.words_b} words, of the shorter one's {seen.shared:.2f} shared, of its "
            f"shingles outside quotations {seen.containment_outside_quotes:.2f}"
        )
        yield Scored("verdicts on judged pairs", pair.group, str(number),
                     float(family == pair.is_family), wanted, found)  # fmt: skip


def _shown(value: Any) -> str:
    """Return a gold value or a found one as text: authors in order, days as alternatives."""
    if isinstance(value, (frozenset, tuple)):
        return "; ".join(sorted(value)) if isinstance(value, frozenset) else " or ".join(value)
    return str(value)


def corpus_site(url: str) -> str:
    """Return the host of an address, else what stands for it."""
    from pipeline.domains import domain_of

    return domain_of(url) or url


def write_gallery(work: str, found: Sequence[Scored]) -> None:
    """Write the worst of one work as a Markdown page: what was wanted, what was found."""
    GALLERIES.mkdir(parents=True, exist_ok=True)
    worst = sorted((s for s in found if s.score < 1), key=lambda s: (s.score, s.name))[:_WORST]
    parts = [f"# The worst of {work}\n"] + ["Nothing went wrong.\n"] * (not worst)
    for scored in worst:
        parts.append(f"## {scored.name} ({scored.site}): {scored.score:.3f}\n")
        parts.append(f"```diff\n{_difference(scored.wanted, scored.found)}\n```\n")
    name = "".join(char if char.isalnum() else "_" for char in work)
    (GALLERIES / f"{name}.md").write_text("\n".join(parts), encoding="utf-8")


def _difference(wanted: str, found: str) -> str:
    """Return the lines that are missing (-) and those too many (+), each cut to an excerpt."""
    lines = [[line for line in text.splitlines() if line.strip()] for text in (wanted, found)]
    changes = difflib.unified_diff(*lines, lineterm="", n=0)
    kept = [line[:_EXCERPT] for line in changes if not line.startswith(("---", "+++", "@@"))]
    return "\n".join(kept[:40]).replace("```", "'''")


def _row(work: str, found: Sequence[Scored]) -> Row:
    by_site: dict[str, list[float]] = defaultdict(list)
    for scored in found:
        by_site[scored.site].append(scored.score)
    return {
        "work": work, "documents": len(found), "sites": len(by_site),
        "mean": intervals.mean(by_site), "95_%_interval": list(intervals.interval(by_site)),
    }  # fmt: skip


SOURCES: Final[tuple[Callable[[Path], Iterator[Scored]], ...]] = (
    pages, texts, flattened_pages, fields, languages, duplicates,
)  # fmt: skip


def main() -> None:
    """Score, print the table, write results and galleries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    rows = run(parser.parse_args().data)
    note = (
        "Kept-aside sites only (language: a sample of all sites; judged pairs: five-fold by event, "
        "which stands for the site). Intervals: 1,000 draws of as many sites."
    )
    results.save("intervals", "Means of documents with intervals by site", rows, note)


if __name__ == "__main__":
    main()
