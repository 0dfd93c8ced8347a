"""Labelled examples for the line model, made from a data folder.

An example is a text as a scraper might hand it over, with a role for each non-blank line: from
the gold body where there is one, from trafilatura's where not (silver), and from an outlet's
recurring wordings for texts that came flattened. Roles of lines outside the body come from the
page's tags and class names. Nothing here is needed to clean a text.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pipeline.clean.roles import decided_role, rule_role
from pipeline.records import BODY
from pipeline.training import align, flatten

#: Lines that are not body, of a role not known.
UNKNOWN: Final = "?"
#: Lines that may or may not be body: no use in training.
OPEN: Final = ""
#: Share of sites kept aside from training and tuning, in per cent.
KEPT_ASIDE: Final = 30
_BULLETS: Final = re.compile(r"^[\s*+•·>o-]{1,40}(?=\s|$)\s*")
_SECOND_LEVEL: Final = frozenset({"co", "com", "org", "net", "ac", "gov", "edu"})


@dataclass(frozen=True, slots=True)
class Example:
    """A text with the role of each non-blank line; `weight` is how far the labels are trusted."""

    collection: str
    site: str
    way: str
    name: str
    text: str
    roles: tuple[str, ...]
    weight: float
    body: str = ""

    @property
    def kept_aside(self) -> bool:
        """Return whether the site is one never trained on."""
        return kept_aside(self.site)


def site_of(url: str) -> str:
    """Return the registered domain of `url` (or the string itself where it has no host)."""
    host = (urlsplit(url).hostname or url).removeprefix("www.")
    parts = host.split(".")
    keep = 3 if len(parts) > 2 and parts[-2] in _SECOND_LEVEL else 2
    return ".".join(parts[-keep:])


def row_site(row: dict[str, Any]) -> str:
    """Return the site of a row: of its address or, without one, of its id up to the first slash."""
    return site_of(row["url"] or str(row["id"]).split("/")[0])


def site_number(site: str) -> int:
    """Return a number from 0 to 99 that depends on the site alone."""
    return int(hashlib.sha256(site.encode()).hexdigest()[:8], 16) % 100


def kept_aside(site: str) -> bool:
    """Return whether `site` is one of those never trained on."""
    return site_number(site) < KEPT_ASIDE


def filled_lines(text: str) -> list[str]:
    """Return the non-blank lines of `text`."""
    return [line for line in text.splitlines() if line.strip()]


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a .jsonl file, plain or compressed with gzip or xz."""
    openers: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}
    with openers.get(path.suffix, open)(path, "rt", encoding="utf-8") as handle:
        for line in handle:
            yield json.loads(line)


def html_of(row: dict[str, Any]) -> str:
    """Return the page of a row, decoded where it is stored as bytes."""
    if row.get("html"):
        return str(row["html"])
    import base64

    return base64.b64decode(row.get("html_base64", "")).decode("utf-8", "replace")


def page_examples(
    data: Path,
    collection: str,
    ways: Sequence[str],
    each: int = 0,
    only: Callable[[str], bool] = lambda site: True,
) -> Iterator[Example]:
    """Yield the pages of a collection with gold bodies, flattened in each of `ways`.

    With `each`, in that many of the ways, which ones depending on the page's address; `only`
    says which sites are wanted.
    """
    for row in read(data / "data" / f"{collection}.jsonl.gz"):
        wanted = only(row_site(row))
        if wanted and len(align.words_of(row["body"] or "")) >= 40:
            rng = random.Random(row["url"] or row["id"])  # noqa: S311
            some = rng.sample(list(ways), each) if each else ways
            yield from _flattened(collection, row, html_of(row), row["body"], some, 1.0)


def agrees(row: dict[str, Any], body: str) -> bool:
    """Return whether an extraction holds the snippets that a row says it must, and no other."""
    wanted = all(snippet in body for snippet in row.get("with") or ())
    return wanted and not any(snippet in body for snippet in row.get("without") or ())


def _flattened(
    collection: str, row: dict[str, Any], html: str, body: str, ways: Sequence[str], weight: float
) -> Iterator[Example]:
    try:
        hints = block_roles(html)
    except (ValueError, AssertionError):  # lxml refuses an empty or broken page
        return
    for way in ways:
        text = flatten.FLATTENERS[way](html)
        lines = filled_lines(text)
        if not 3 <= len(lines) <= 3000:
            continue
        roles = tuple(
            role_of_line(share, line, hints)
            for share, line in zip(align.body_shares(lines, body), lines, strict=True)
        )
        if BODY in roles:
            site = row_site(row)
            yield Example(collection, site, way, str(row["id"]), text, roles, weight, body)


def role_of_line(share: float, line: str, hints: dict[str, str]) -> str:
    """Return the role of a line of which `share` (0 to 1) stands in the body."""
    low, high = align.DOUBTFUL
    if share >= high:
        # Gold bodies keep some lines ("Jo Field contributed to this report") that others drop.
        return OPEN if decided_role(line) else BODY
    if share > low:
        return OPEN
    return (rule_role(line) or ("", ""))[0] or hints.get(_folded(line), UNKNOWN)


def block_roles(html: str) -> dict[str, str]:
    """Return what tags and class names say about each block's role, by the block's text."""
    roles: dict[str, str] = {}
    for text, element in flatten.blocks(html):
        if element is not None:
            roles.setdefault(_folded(text), _hinted(element))
    return roles


def _hinted(element: Any) -> str:
    for ancestor, _ in zip(_upward(element), range(5), strict=False):
        told = f"{ancestor.tag} {ancestor.get('class', '')} {ancestor.get('id', '')}".lower()[:300]
        for role, pattern in _class_hints():
            if pattern.search(told):
                return role
    return UNKNOWN


def _upward(element: Any) -> Iterator[Any]:
    yield element
    yield from element.iterancestors()


def _class_hints() -> list[tuple[str, re.Pattern[str]]]:
    if not _HINTS:
        text = resources.files("pipeline.training").joinpath("data/class_hints.tsv")
        for line in text.read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                role, pattern = line.split("\t")
                _HINTS.append((role, re.compile(pattern)))
    return _HINTS


_HINTS: list[tuple[str, re.Pattern[str]]] = []


def _folded(line: str) -> str:
    return " ".join(align.words_of(_BULLETS.sub("", line)))


def outlet_examples(data: Path, count: int, seed: int) -> Iterator[Example]:
    """Yield texts that came flattened, labelled by what recurs in their outlet and by rules."""
    rows = [row for row in read(data / "data" / "abp.jsonl.xz") if 600 < len(row["text"]) < 30_000]
    gold = {row["id"].removeprefix("abp_") for row in gold_rows(data)}
    recurring = _recurring(rows)
    rng = random.Random(seed)  # noqa: S311
    rng.shuffle(rows)
    by_site: Counter[str] = Counter()
    for row in rows:
        site = site_of(row["url"])
        by_site[site] += 1
        if row["id"] in gold or by_site[site] > count // 12:
            continue
        roles = tuple(_outlet_role(line, recurring[site]) for line in filled_lines(row["text"]))
        furniture = sum(role not in (BODY, OPEN) for role in roles)
        # Texts with something to learn from, and a few without.
        if len(roles) > 4 and (furniture or rng.random() < 0.25):
            yield Example("abp", site, "given", row["id"], row["text"], roles, 0.5)
            count -= 1
        if count == 0:
            return


def _recurring(rows: Sequence[dict[str, Any]]) -> dict[str, set[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    texts: Counter[str] = Counter()
    for row in rows:
        site = site_of(row["url"])
        texts[site] += 1
        counts[site].update({_folded(line) for line in filled_lines(row["text"])})
    return defaultdict(set, {
        site: {line for line, n in seen.items() if n >= max(4, texts[site] * 0.01)}
        for site, seen in counts.items()
    })  # fmt: skip


def _outlet_role(line: str, recurring: set[str]) -> str:
    told = rule_role(line)
    words = align.words_of(line)
    if told and (len(words) < 45 or told[0] in ("caption", "promo", "credit")):
        # Prose can hold a rule's wording too: long lines are left open unless they look the part.
        return told[0] if len(words) < 30 or told[0] == "caption" else OPEN
    if _folded(line) in recurring:
        return UNKNOWN if len(words) < 40 else OPEN
    closed = line.rstrip()[-1:] in ".!?\"”’')"
    return BODY if closed or len(words) >= 25 else OPEN


def gold_rows(data: Path) -> list[dict[str, Any]]:
    """Return the documents annotated line by line."""
    return list(read(data / "gold" / "dev_lines.jsonl"))


def gold_examples(data: Path) -> Iterator[Example]:
    """Yield the documents annotated line by line, the seeds left out."""
    for row in gold_rows(data):
        if row["source"] != "seeds":
            yield gold_example(data, row)


def gold_example(data: Path, row: dict[str, Any]) -> Example:
    """Return one annotated document; `body` is its clean body."""
    text = (data / "gold" / "dev_raw" / f"{row['id']}.txt").read_text("utf-8")
    site = site_of(row["url"] or row["id"])
    if row["source"].startswith("misinfo"):
        site = site_of(row["id"].removeprefix("mis_").split("_article")[0])
    roles = tuple(role for role, _ in row["lines"])
    return Example("gold", site, row["source"], row["id"], text, roles, 2.0, gold_body(row))


def gold_body(row: dict[str, Any]) -> str:
    """Return the clean body of an annotated document: body lines and spans, others cut out."""
    paragraphs = []
    for number, (role, line) in enumerate(row["lines"]):
        spans = row["spans"].get(str(number), ())
        if role == BODY:
            for start, end, _ in sorted(spans, reverse=True):
                line = line[:start] + " " + line[end:]
            paragraphs.append(line)
        else:
            paragraphs.append(" ".join(line[s:e] for s, e, part in spans if part == BODY))
    return "\n\n".join(" ".join(p.split()) for p in paragraphs if p.strip()) + "\n"
