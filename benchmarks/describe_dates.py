"""Publication dates on HTML pages, against htmldate and trafilatura; and the table of rules.

Run `python -m benchmarks.describe_dates` for figures on kept-aside sites (exact match of the
day), `--write-rules` to measure every rule on the other sites and write
`pipeline/describe/data/date_confidence.tsv`. Reads the data folder (`COPYDESK_DATASETS`, default
`../shared`). Gold of `postlight` is in UTC, so a page's local day counts there too.
"""

from __future__ import annotations

import argparse
import logging
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from benchmarks.describe import ASIDE, part_of
from pipeline.clean import html as pages
from pipeline.describe import dates, markup_candidates, resolve
from pipeline.describe.context import Context
from pipeline.domains import domain_of
from pipeline.records import Cleaned, Document, Line
from pipeline.training import corpus

COLLECTIONS = ("misinfo", "postlight", "htmldate_default", "trafilatura", "wcxb_article_dev")
DATA = Path(os.environ.get("COPYDESK_DATASETS", "../shared")) / "data"
TODAY = date.today()

RULES_HEADER = """\
# How often each rule for a publication date was right on development sites (not the kept-aside
# ones): rule, share right (smoothed towards its kind), cases. "*" stands for all rules of a kind,
# "_only" for a rule that dates updates where nothing dates the publication, "text_" for rules on
# flattened text (measured on pages flattened in six ways), "line_" for those on lines of pages.
# Written by `python -m benchmarks.describe_dates --write-rules`; only "given", the date that a
# record states itself, is an estimate (no data set has gold beside such a date).
given\t0.90\t0
"""


@dataclass
class Case:
    """One page with its gold day, as the describe stage sees it."""

    gold: str
    context: Context
    html: str


def rows_of(collection: str, *, aside: bool) -> Iterator[dict[str, Any]]:
    """Yield the dated pages of kept-aside sites, or of the others (parts as in `describe`)."""
    for row in corpus.read(DATA / f"{collection}.jsonl.gz"):
        if row.get("date") and (part_of(domain_of(row["url"])) == ASIDE) is aside:
            yield row


def cases(collection: str, *, aside: bool) -> Iterator[Case]:
    """Yield the pages of kept-aside sites, or of the development sites."""
    for row in rows_of(collection, aside=aside):
        text = corpus.html_of(row)
        try:
            page = pages.parse(text.encode("utf-8", "replace"), "utf-8")
        except Exception:
            page = None
        yield Case(row["date"], _context(page, row["url"], "text/html"), text)


def flattened_cases(collection: str) -> Iterator[Case]:
    """Yield development pages as flattened text; gold is "" where that does not show the day."""
    from pipeline.clean import clean_texts
    from pipeline.training import flatten

    ways = list(flatten.FLATTENERS.values())
    for number, row in enumerate(rows_of(collection, aside=False)):
        text = corpus.html_of(row)
        if number % 2 or len(text) > 400_000:  # every second page tells enough
            continue
        flat = ways[zlib.crc32((row["url"] or row["id"]).encode()) % len(ways)](text)
        cleaned = clean_texts([flat])[0] if 300 < len(flat) < 60_000 else None
        if not isinstance(cleaned, Cleaned):
            continue
        day = row["date"][:10]
        shown = any(
            stated.day.isoformat() == day
            for line in flat.splitlines()
            if len(line) < 400
            for stated in dates.find(line)
        )
        document = _document(None, "text/plain")
        yield Case(day if shown else "", Context(document, cleaned), text)


def _document(url: str | None, media_type: str) -> Document:
    return Document("x", TODAY, "x", media_type, b"", "utf-8", "", url)


def _context(page: Any, url: str | None, media_type: str) -> Context:
    document = _document(url, media_type)
    if page is None:
        return Context(document, Cleaned("", (), "", "line_model"))
    marks = markup_candidates(page.tree, url)
    cleaned = pages.clean_pages([page])[0]
    if not isinstance(cleaned, Cleaned):
        lines = tuple(Line(b.start, b.end, b.text, "other", "none", 0.0) for b in page.flat.blocks)
        cleaned = Cleaned(page.text, lines, "", "line_model")
    return Context(document, cleaned, tuple(marks))


def right(day: str | None, gold: str) -> bool:
    """Tell whether `day` is the gold day, or the local day of a gold moment in UTC."""
    if day is None or day == gold[:10]:
        return day is not None
    if not gold.endswith("Z"):
        return False
    moment = datetime.fromisoformat(gold.replace("Z", "+00:00"))
    return day in {(moment + timedelta(hours=hours)).date().isoformat() for hours in (-11, 13)}


def ours(case: Case) -> str | None:
    found = [c for c in dates.candidates(case.context) if c.field == "published_date"]
    return resolve.choose("published_date", found).value


def by_htmldate(case: Case) -> str | None:
    from htmldate import find_date

    found: str | None = find_date(case.html, original_date=True, url=case.context.document.url)
    return found


def by_trafilatura(case: Case) -> str | None:
    from trafilatura import extract_metadata

    found = extract_metadata(case.html, default_url=case.context.document.url)
    return found.date if found else None


def report(collection: str) -> None:
    rows = list(cases(collection, aside=True))
    tools: dict[str, Callable[[Case], str | None]] = {
        "copydesk": ours, "htmldate": by_htmldate, "trafilatura": by_trafilatura,
    }  # fmt: skip
    for name, tool in tools.items():
        answers = [(tool(case), case.gold) for case in rows]
        hits = sum(right(day, gold) for day, gold in answers)
        strict = sum(day == gold[:10] for day, gold in answers)
        given = sum(day is not None for day, _ in answers)
        wrong = (given - hits) / max(given, 1)
        print(
            f"{collection:18} {name:12} pages {len(rows):4}  right {hits / len(rows):.3f}"
            f"  (UTC day {strict / len(rows):.3f})  given {given / len(rows):.3f}"
            f"  wrong of given {wrong:.3f}"
        )


def reliability() -> None:
    """Print, for each confidence on kept-aside sites, how often it was right."""
    bins: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for collection in COLLECTIONS:
        for case in cases(collection, aside=True):
            found = [c for c in dates.candidates(case.context) if c.field == "published_date"]
            if found:
                entry = bins[min(9, int(10 * found[0].confidence))]
                entry[0] += right(found[0].value, case.gold)
                entry[1] += 1
    for tenth, (hits, all_) in sorted(bins.items()):
        print(f"confidence .{tenth}: right {hits}/{all_} = {hits / all_:.2f}")


def write_rules() -> None:
    """Measure every rule on the development sites, pages and flattened, and write the table."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for collection in COLLECTIONS:
        for read in (cases(collection, aside=False), flattened_cases(collection)):
            for case in read:
                _count(case, counts)
    write_table(counts)


def write_table(counts: Mapping[str, Sequence[int]]) -> None:
    """Write the table from how often each rule was right and how often it spoke."""
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for rule, (hits, all_) in counts.items():
        kinds[_kind(rule)][0] += hits
        kinds[_kind(rule)][1] += all_
    share = {kind: (hits + 1.2) / (all_ + 2) for kind, (hits, all_) in kinds.items()}
    lines = [f"{kind}\t{share[kind]:.2f}\t{kinds[kind][1]}" for kind in sorted(kinds)]
    for rule, (hits, all_) in sorted(counts.items()):
        if all_ >= 4:
            lines.append(f"{rule}\t{(hits + 2 * share[_kind(rule)]) / (all_ + 2):.2f}\t{all_}")
    target = resources.files("pipeline.describe") / "data" / "date_confidence.tsv"
    Path(str(target)).write_text(RULES_HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def _kind(rule: str) -> str:
    return rule.split("_", 1)[0] + ("_*_only" if rule.endswith("_only") else "_*")


def _count(case: Case, counts: dict[str, list[int]]) -> None:
    """Count each rule once a page: for the first day that it states."""
    seen = set()
    for rule, day in dates.rule_days(case.context):
        if rule not in seen:
            seen.add(rule)
            counts[rule][0] += right(day, case.gold)
            counts[rule][1] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-rules", action="store_true")
    logging.disable(logging.CRITICAL)
    if parser.parse_args().write_rules:
        write_rules()
        return
    for collection in COLLECTIONS:
        report(collection)
    reliability()


if __name__ == "__main__":
    main()
