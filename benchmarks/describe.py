"""How well metadata is found, field by field, beside trafilatura and newspaper4k.

    python -m benchmarks.describe ../shared/data          # a Markdown table

Values count as right where they are equal after folding case, punctuation and spaces (authors: as
sets). "wrong" is the share of given values that are not. Author golds name outlets, handles and
job titles too: what is no person is left out of the gold by rules (see `gold_names`), for every
tool alike, and a page whose gold names no person is not counted for authors. About 30 % of the
domains, by a hash of the domain, are kept aside: rules and weights were made on the others only
(`python -m benchmarks.describe_fit`).
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import html
import itertools
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.describe import describe, markup_candidates
from pipeline.describe.address import domain_of
from pipeline.describe.fold import data_words, fold
from pipeline.describe.names import opens_with_given_name
from pipeline.describe.outlet import known_name
from pipeline.records import Candidate, Cleaned, Document, Line, Metadata

HTML_SETS = ("misinfo", "postlight", "wcxb_article_dev", "trafilatura", "htmldate_default")
ASIDE, DEVELOPMENT = "kept aside", "development"
FIELDS = (
    "headline", "authors", "outlet", "published", "updated", "dateline", "agency",
    "agency_contributed", "language",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One document with its gold: field -> value (None: known to have none)."""

    dataset: str
    part: str
    document: Document
    gold: Mapping[str, Any]
    cleaned: Cleaned | None = None  # flattened documents; HTML is cleaned by the pipeline


@dataclass
class Tally:
    """Counts of one tool on one field."""

    stated: int = 0
    given: int = 0
    right: int = 0
    wrong: int = 0


def part_of(domain: str | None) -> str:
    """Return whether a domain is kept aside, by a hash of it."""
    digest = hashlib.md5((domain or "").encode()).digest()
    return ASIDE if digest[0] % 10 < 3 else DEVELOPMENT


def html_cases(data: Path, dataset: str) -> Iterator[Case]:
    """Yield the pages of one HTML set that have metadata gold."""
    path = data / f"{dataset}.jsonl.gz"
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            gold = {
                "headline": row.get("title") or None,
                "authors": gold_names(row.get("authors"), row["url"]),
                "published": (row.get("date") or "")[:10] or None,
            }
            gold = {field: value for field, value in gold.items() if value}
            if gold:
                yield Case(dataset, part_of(domain_of(row["url"])), _page(row), gold)


def _page(row: Mapping[str, Any]) -> Document:
    if row.get("html_base64"):
        content = base64.b64decode(row["html_base64"])
    else:
        content = row["html"].encode("utf-8", "replace")
    return _document(row["id"], row["url"], "text/html", content)


def _document(name: str, url: str | None, kind: str, content: bytes) -> Document:
    return Document(name, date(2026, 1, 1), name, kind, content, "utf-8", "", url=url)


def line_cases(gold: Path) -> Iterator[Case]:
    """Yield the flattened documents with gold lines and fields."""
    path = gold / "dev_lines.jsonl"
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        wanted = {field: row[field] for field in FIELDS}
        wanted["published"] = row["published"] or row.get("published_from_url")
        wanted["authors"] = frozenset(fold(name) for name in row["authors"]) or None
        for field in ("published", "updated"):
            wanted[field] = wanted[field] and wanted[field][:10]
        raw = (gold / "dev_raw" / f"{row['id']}.txt").read_text(encoding="utf-8")
        cleaned = gold_lines(raw, row["lines"], row["spans"] or {})
        document = _document(row["id"], row["url"], "text/plain", raw.encode())
        part = part_of(domain_of(row["url"]) or row["id"])
        yield Case("flattened, gold lines", part, document, wanted, cleaned)
        yield Case("flattened", part, document, wanted)


def gold_lines(raw: str, lines: list[list[str]], spans: Mapping[str, Any]) -> Cleaned:
    """Return a document whose lines have their gold roles."""
    found: list[Line] = []
    end = 0
    for number, (role, text) in enumerate(lines):
        start = raw.index(text, end)
        end = start + len(text)
        cuts = [0, *(edge for span in spans.get(str(number), ()) for edge in span[:2]), len(text)]
        roles = {tuple(span[:2]): span[2] for span in spans.get(str(number), ())}
        for a, b in itertools.pairwise(cuts):
            if text[a:b].strip():
                found.append(
                    Line(start + a, start + b, text[a:b], roles.get((a, b), role), "gold", 1.0)
                )
    body = "\n\n".join(" ".join(ln.text.split()) for ln in found if ln.role == "body")
    return Cleaned(raw, tuple(found), body, "line_model")


_ADDRESS = re.compile(r"@|https?:|www\.|\.(?:com|org|net|de|co\.uk)\b|_|\d")
_LABELS = re.compile(r"^(?:(?:by|von|dr\.?|prof\.?)\s+|(?:著者|作者|筆者|文)\s*[:：]\s*)", re.I)
_CREDENTIAL = re.compile(
    r"^(?:jr|sr|ph\.?d|md|m\.d|ms|rd|rdn|mba|cfp|cpa|esq|dpt|fand|foma|dabom|cpp|psp|dvm|vmd)\W*$",
    re.I,
)


def gold_names(value: Any, url: str | None = None) -> frozenset[str] | None:
    """Return the people of an author gold, folded; None where it is empty or names no person.

    No person is: the name of an outlet or of the page's domain (unless it opens with a given
    name: people have sites), an address, a handle (one word without capitals, or with digits),
    and an entry with a word for a role or an organisation. The word lists are the pipeline's.
    """
    if not value:
        return None
    text = "; ".join(value) if isinstance(value, list) else html.unescape(str(value))
    text = re.sub(r",?\s+(Jr|Sr)\b\.?", r" \1", text.replace("\\xa0", " "))
    text = re.sub(r"\([^()]{0,200}\)|（[^（）]{0,200}）", "", text)
    text = re.sub(r"\s(?:J\.D|M\.D|Ph\.?D)\.?(?=$|[;,|])", "", text)
    if re.match(r"\s*https?:", text):
        return None
    parts = (_LABELS.sub("", p.strip()) for p in _PARTS.split(text))
    return frozenset(fold(p) for p in parts if fold(p) and _is_person(p, url)) or None


_PARTS = re.compile(r"[;,|&/・、·]|\s(?:and|und|et|y|with)\s")


def _is_person(entry: str, url: str | None) -> bool:
    """Tell whether an entry of an author gold is a person, by the rules of `gold_names`."""
    words = [word.strip(".,").casefold() for word in entry.split()]
    if _ADDRESS.search(entry) or _CREDENTIAL.match(entry):
        return False
    if known_name(entry) is not None or (len(words) == 1 and entry.islower()):
        return False
    domain = fold((domain_of(url) or "").split(".")[0])
    own_site = len(words) > 1 and opens_with_given_name(entry)
    if fold(entry).removeprefix("the") == domain.removeprefix("the") and not own_site:
        return False
    roles, organisations = data_words("role_words.txt"), data_words("organisation_words.txt")
    if words[0] in organisations | roles and not opens_with_given_name(entry):
        return False
    return roles.isdisjoint(words[1:]) and organisations.isdisjoint(words[1:])


def ours(case: Case) -> dict[str, Any]:
    """Return the values that the pipeline gives."""
    return values_of(metadata_of(case))


def metadata_of(case: Case) -> Metadata:
    """Run cleaning and description on one case."""
    return describe(case.document, *read(case))


def read(case: Case) -> tuple[Cleaned, tuple[Candidate, ...]]:
    """Return the cleaned text of a case and what its markup says."""
    document = case.document
    if document.media_type == "text/html":
        from pipeline.clean import html as pages

        page = pages.parse(document.content, document.charset)
        markup = markup_candidates(page.tree, document.url)
        found = case.cleaned or pages.clean_pages([page])[0]
        return (found if isinstance(found, Cleaned) else _NOTHING), markup
    if case.cleaned is not None:
        return case.cleaned, ()
    from pipeline.clean import clean_texts

    text = clean_texts([document.content.decode(document.charset)])[0]
    return (text if isinstance(text, Cleaned) else _NOTHING), ()


_NOTHING = Cleaned("", (), "", "line_model")


def is_right(case: Case, field: str, value: str) -> bool:
    """Tell whether a candidate's value (text) is the gold of `field`."""
    gold = case.gold.get(field)
    if field == "authors":
        return bool(gold == frozenset(fold(name) for name in value.split("; ")))
    return gold is not None and same(field, gold, value)


def values_of(metadata: Metadata) -> dict[str, Any]:
    """Return the fields of `metadata` in the form the gold has."""
    return {
        "headline": metadata.headline,
        "authors": frozenset(fold(name) for name in metadata.authors) or None,
        "outlet": metadata.outlet,
        "published": metadata.published_date and metadata.published_date.isoformat(),
        "updated": metadata.updated_at and metadata.updated_at.date().isoformat(),
        "dateline": metadata.dateline,
        "agency": metadata.agency,
        "agency_contributed": metadata.agency_contributed,
        "language": metadata.language,
    }


def trafilatura_values(case: Case) -> dict[str, Any]:
    """Return what trafilatura's metadata says about a page."""
    import trafilatura

    text = case.document.content.decode("utf-8", "replace")
    found = trafilatura.extract_metadata(text, default_url=case.document.url)
    if found is None:
        return {}
    return {
        "headline": found.title,
        "authors": gold_names(found.author, case.document.url),
        "published": found.date,
        "outlet": found.sitename,
    }


def newspaper_values(case: Case) -> dict[str, Any]:
    """Return what newspaper4k says about a page."""
    import newspaper

    article = newspaper.Article(case.document.url or "https://example.org/")
    with contextlib.suppress(Exception):
        article.download(input_html=case.document.content.decode("utf-8", "replace"))
        article.parse()
    day = article.publish_date
    return {
        "headline": article.title or None,
        "authors": gold_names("; ".join(article.authors), case.document.url),
        "published": day.date().isoformat() if day else None,
    }


def htmldate_values(case: Case) -> dict[str, Any]:
    """Return the date htmldate finds in a page."""
    import htmldate

    text = case.document.content.decode("utf-8", "replace")
    return {"published": htmldate.find_date(text, url=case.document.url, original_date=True)}


def same(field: str, gold: Any, value: Any) -> bool:
    """Tell whether a value equals the gold, after folding."""
    if field == "authors":
        return bool(gold == value)
    if field == "outlet":
        return fold(str(gold)).removeprefix("the") == fold(str(value)).removeprefix("the")
    return fold(str(gold)) == fold(str(value))


def tools() -> dict[str, Callable[[Case], dict[str, Any]]]:
    """Return the tools to compare: ours, and those of the peers that are installed."""
    found: dict[str, Callable[[Case], dict[str, Any]]] = {"copydesk": ours}
    with contextlib.suppress(ImportError):
        import trafilatura  # noqa: F401

        found["trafilatura"] = trafilatura_values
    with contextlib.suppress(ImportError):
        import htmldate  # noqa: F401

        found["htmldate"] = htmldate_values
    with contextlib.suppress(ImportError):
        import newspaper  # noqa: F401

        found["newspaper4k"] = newspaper_values
    return found


def cases(data: Path) -> Iterator[Case]:
    """Yield every case of the data folder and of the gold beside it."""
    for dataset in HTML_SETS:
        yield from html_cases(data, dataset)
    yield from line_cases(data.parent / "gold")


def run(data: Path) -> list[dict[str, Any]]:
    """Return one row a data set, part, field and tool: counts, recall, share wrong."""
    tallies: dict[tuple[str, str, str, str], Tally] = defaultdict(Tally)
    installed = tools()
    for case in cases(data):
        for tool, values in installed.items():
            if tool != "copydesk" and case.document.media_type != "text/html":
                continue
            _count(tallies, case, tool, values(case))
    return [
        {
            "dataset": dataset, "part": part, "field": field, "tool": tool,
            "stated": t.stated, "given": t.given,
            "recall": t.right / t.stated if t.stated else None,
            "wrong": t.wrong / t.given if t.given else 0.0,
        }
        for (dataset, part, field, tool), t in sorted(tallies.items())
        if t.given or tool == "copydesk"
    ]  # fmt: skip


def _count(tallies: Any, case: Case, tool: str, values: Mapping[str, Any]) -> None:
    for field, gold in case.gold.items():
        tally = tallies[case.dataset, case.part, field, tool]
        value = values.get(field)
        tally.stated += gold is not None
        tally.given += value is not None
        right = value is not None and gold is not None and same(field, gold, value)
        tally.right += right
        tally.wrong += value is not None and not right


#: Metadata columns whose confidences are checked, and the gold they are checked against.
_CHECKED = {
    "headline": "headline", "authors": "authors", "outlet": "outlet",
    "published_date": "published", "agency": "agency",
}  # fmt: skip
_BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)


def reliability(found: Sequence[Case]) -> list[dict[str, Any]]:
    """Return, by field and bin of confidence, how many best candidates were right (kept aside).

    The first candidate of a field counts whether or not it was sure enough to be given.
    """
    bins: dict[tuple[str, float], list[tuple[float, bool]]] = defaultdict(list)
    for case in found:
        if case.part != ASIDE:
            continue
        evidence = metadata_of(case).evidence
        for field, gold in _CHECKED.items():
            best = next((c for c in evidence if c.field == field), None)
            if best is None or gold not in case.gold:
                continue
            low = max(edge for edge in _BINS if best.confidence >= edge)
            bins[field, low].append((best.confidence, is_right(case, gold, best.value)))
    return [
        {
            "field": field, "from": low, "values": len(points),
            "confidence": sum(sure for sure, _ in points) / len(points),
            "right": sum(right for _, right in points) / len(points),
        }
        for (field, low), points in sorted(bins.items())
    ]  # fmt: skip


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| data | part | field | tool | stated | given | recall | wrong |",
        "|---|---|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        recall = "" if row["recall"] is None else f"{row['recall']:.3f}"
        lines.append(
            f"| {row['dataset']} | {row['part']} | {row['field']} | {row['tool']} "
            f"| {row['stated']} | {row['given']} | {recall} | {row['wrong']:.3f} |"
        )
    return "\n".join(lines)


def reliability_markdown(rows: list[dict[str, Any]]) -> str:
    """Return the reliability rows as a Markdown table."""
    lines = ["| field | values | mean confidence | share right |", "|---|---:|---:|---:|"]
    for row in rows:
        numbers = f"{row['values']} | {row['confidence']:.2f} | {row['right']:.2f}"
        lines.append(f"| {row['field']} | {numbers} |")
    return "\n".join(lines)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    print(markdown(run(folder)))
    print("\nReliability on kept-aside domains (best candidate of each field)\n")
    print(reliability_markdown(reliability(list(cases(folder)))))
