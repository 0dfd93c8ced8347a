"""How well an article's agency is told, and the one that only contributed, on judged documents.

    python -m benchmarks.describe_agency ../shared/data          # Markdown tables

`agency_judged.tsv` holds the judgements and tells how they were made. Documents are read as a user
has them: texts with their address (giveme5w1h) and without (giveme5w1h, abp), pages as HTML, and
the same pages flattened, in one of six ways each and without their address. What such a form does
not show is not counted as missed; giving it all the same is no error.

Sites (outlets of abp) are in two halves by a hash: rules were mended by what the development half
taught; the other's errors have not been read. "precision" is the share of given values that are
right, in brackets are 95 % bootstrap intervals that draw sites.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import describe, intervals
from pipeline.describe.fold import fold
from pipeline.domains import domain_of
from pipeline.records import Document

JUDGED: Final = Path(__file__).with_name("agency_judged.tsv")
FIELDS: Final = ("agency", "agency_contributed")
KEPT_ASIDE, DEVELOPMENT = "kept aside", "development"
_NONE, _UNKNOWN = "-", "?"


@dataclass(frozen=True)
class Judged:
    """One judged document: its fields' accepted values (none: it has none) and what shows them."""

    collection: str
    name: str
    accepted: Mapping[str, tuple[str, ...]]
    unknown: frozenset[str]
    shown: str


@dataclass(frozen=True)
class Reading:
    """A judged document in one form: how it is called in the tables, and its site."""

    form: str
    site: str
    judged: Judged
    document: Document


def judged_documents() -> dict[tuple[str, str], Judged]:
    """Return the judgements by collection and id."""
    found: dict[tuple[str, str], Judged] = {}
    for line in JUDGED.read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "collection\t")):
            continue
        collection, name, *values, shown = line.split("\t")
        stated = dict(zip(FIELDS, values, strict=True))
        unknown = frozenset(field for field, value in stated.items() if value == _UNKNOWN)
        accepted = {
            field: () if value in (_NONE, _UNKNOWN) else tuple(value.split("|"))
            for field, value in stated.items()
        }
        found[collection, name] = Judged(collection, name, accepted, unknown, shown)
    return found


def part_of(site: str) -> str:
    """Return the half that a site belongs to, by a hash of it."""
    return KEPT_ASIDE if hashlib.md5(site.encode()).digest()[2] % 2 else DEVELOPMENT


def readings(data: Path) -> Iterator[Reading]:
    """Yield every judged document of the data folder in each of its forms."""
    judged = judged_documents()
    for collection in dict.fromkeys(key[0] for key in judged):
        for row in _rows(data, collection):
            one = judged.get((collection, row["id"]))
            if one is not None:
                yield from _forms(one, row)


def _rows(data: Path, collection: str) -> Iterator[dict[str, Any]]:
    for path, read in (
        (data / f"{collection}.jsonl.xz", lzma.open), (data / f"{collection}.jsonl.gz", gzip.open)
    ):  # fmt: skip
        if path.exists():
            with read(path, "rt", encoding="utf-8") as lines:
                yield from map(json.loads, lines)


def _forms(one: Judged, row: Mapping[str, Any]) -> Iterator[Reading]:
    if one.collection == "abp":
        yield Reading("abp, texts", row["outlet"], one, _text(row["id"], row["text"]))
        return
    site = domain_of(row["url"]) or row["id"]
    if one.collection == "giveme5w1h":
        yield Reading("giveme5w1h", site, one, _text(row["id"], row["text"], row["url"]))
        yield Reading("giveme5w1h, texts alone", site, one, _text(row["id"], row["text"]))
        return
    page = describe.page_of(row)
    yield Reading("pages", site, one, page)
    flat = describe.flattened(row["id"], page.content.decode(page.charset, "replace"))
    yield Reading("pages flattened", site, one, _text(row["id"], flat))


def _text(name: str, text: str, url: str | None = None) -> Document:
    return describe.document_of(name, url, "text/plain", text.encode("utf-8", "replace"))


def outcome(reading: Reading, field: str, value: str | None) -> tuple[bool | None, bool | None]:
    """Return whether a stated value was found, and whether a given one is right (None: neither)."""
    one = reading.judged
    if field in one.unknown:
        return None, None
    accepted = one.accepted[field]
    right = value is not None and fold(value) in map(fold, accepted)
    is_shown = bool(accepted) and (
        one.shown == "text"
        or (one.shown == "markup" and reading.document.media_type == "text/html")
        or (one.shown == "address" and reading.document.url is not None)
    )
    return (right if is_shown else None), (right if value is not None else None)


def run(found: Sequence[tuple[Reading, Mapping[str, str | None]]]) -> list[dict[str, Any]]:
    """Return one row a half, field and form: counts, recall and precision with intervals."""
    scores: dict[tuple[str, str, str], describe.Scores] = defaultdict(describe.Scores)
    for reading, values in found:
        for field in FIELDS:
            stated, given = outcome(reading, field, values[field])
            for form in (reading.form, "all"):
                counted = scores[part_of(reading.site), field, form]
                if stated is not None:
                    counted.right[reading.site].append(float(stated))
                if given is not None:
                    counted.wrong[reading.site].append(float(given))
    order = sorted(scores, key=lambda key: (key[0] != KEPT_ASIDE, key[1], key[2] != "all", key[2]))
    return [_row(key, scores[key]) for key in order]


def _row(key: tuple[str, str, str], counted: describe.Scores) -> dict[str, Any]:
    part, field, form = key
    row: dict[str, Any] = {"part": part, "field": field, "data": form}
    for count, name, by_site in (
        ("stated", "recall", counted.right), ("given", "precision", counted.wrong)
    ):  # fmt: skip
        row[count] = sum(map(len, by_site.values()))
        row[name] = _share(by_site) if row[count] else ""
    return row


def _share(by_site: Mapping[str, Sequence[float]]) -> str:
    low, high = intervals.interval(by_site)
    return f"{intervals.mean(by_site):.3f} ({low:.2f}–{high:.2f})"


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows of one half as a Markdown table."""
    names = ("field", "data", "stated", "recall", "given", "precision")
    lines = [f"| {' | '.join(names)} |", "|---|---|---:|---:|---:|---:|"]
    return "\n".join(lines + [f"| {' | '.join(str(row[n]) for n in names)} |" for row in rows])


def values_of(reading: Reading) -> dict[str, str | None]:
    """Return what the pipeline gives for both fields."""
    case = describe.Case(reading.form, part_of(reading.site), reading.document, {})
    metadata = describe.metadata_of(case)
    return {field: getattr(metadata, field) for field in FIELDS}


def main(data: Path) -> None:
    """Print the tables of both halves."""
    rows = run([(reading, values_of(reading)) for reading in readings(data)])
    print(markdown([row for row in rows if row["part"] == KEPT_ASIDE]))
    print("\nThe development half, whose errors were read.\n")
    print(markdown([row for row in rows if row["part"] == DEVELOPMENT]))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
