"""Lines that recur across the articles of one source, learned from the corpus itself.

`line_counts` counts the lines of a batch, `merged_counts` adds batches up, `furniture_indexes`
turns the counts of all partitions so far into what is furniture in each source. Counting is by
distinct article, told by a fingerprint of its prose: an article scraped twice counts once, and a
paragraph of prose needs far more proof than a label. The counts are plain rows (table
`outlet_furniture`), so the same steps run in DuckDB or Spark. How lines are removed does not
belong here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipeline.clean.features import LONG
from pipeline.clean.lines import Array, Lines, line_hashes, split

#: Contexts kept for a line: enough to tell "many articles" from "one article, many scrapes".
CONTEXTS: Final = 16
_EDGE: Final = 10
_LONGEST: Final = 300
#: Lines longer than this are counted near the edges of a text only, where furniture stands.
_SHORT_WORDS: Final = 12
_DIGIT: Final = re.compile(r"\d")
_SENTENCE: Final = re.compile(r"[.!?…][\"'”’»)]*$")
#: By words in the line (up to): distinct articles and share of a source's documents that prove it.
_PROOF: Final = ((8, 3, 0.02), (LONG - 1, 5, 0.05), (10_000, 12, 0.2))


@dataclass(frozen=True, slots=True)
class FurnitureIndex:
    """The furniture of one source: folded line -> how far it is furniture (above 0, up to 1)."""

    lines: Mapping[str, float]

    def share(self, line: str) -> float:
        """Return how far `line` (as it stands in a text) is furniture, 0 where it is not known."""
        return self.lines.get(fold(line), 0.0)


def fold(line: str) -> str:
    """Return a line as furniture is compared: lower case, blanks single, all digits alike."""
    return _DIGIT.sub("0", " ".join(line.lower().split()))[:_LONGEST]


def furniture_shares(lines: Lines, furniture: Sequence[FurnitureIndex | None]) -> Array:
    """Return for each line how far its source's furniture holds it, 0 where nothing is known.

    `furniture` has one entry for each text of `lines`.
    """
    shares = np.zeros(len(lines))
    for number, index in enumerate(furniture):
        if index is not None and index.lines:
            for row in range(int(lines.first[number]), int(lines.first[number + 1])):
                shares[row] = index.share(lines.raw(row))
    return shares


def line_counts(source_keys: Sequence[str], raw_texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the counted lines of a batch, as rows of `outlet_furniture` without `scrape_date`.

    `source_keys` (one a text) names its outlet, domain or source folder. Rows are sorted; the
    same text twice counts once.
    """
    lines = split(raw_texts)
    prints = _fingerprints(lines)
    articles: dict[str, set[int]] = defaultdict(set)
    seen: dict[tuple[str, str], dict[int, bool]] = defaultdict(dict)
    words = np.diff(lines.words.first)
    for number, key in enumerate(source_keys):
        first, last = int(lines.first[number]), int(lines.first[number + 1])
        articles[key].add(prints[number])
        for row in range(first, last):
            edge = row - first < _EDGE or last - row <= _EDGE
            if edge or words[row] <= _SHORT_WORDS:
                contexts = seen[key, fold(lines.raw(row))]
                contexts[prints[number]] = contexts.get(prints[number], False) or edge
    return [
        {
            "source_key": key, "line": line, "documents": len(contexts),
            "source_documents": len(articles[key]),
            "edge_share": sum(contexts.values()) / len(contexts),
            "contexts": sorted(contexts)[:CONTEXTS],
        }
        for (key, line), contexts in sorted(seen.items())
    ]  # fmt: skip


def merged_counts(batches: Iterable[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return the counts of several batches of one partition added up, whatever their order."""
    rows: list[Mapping[str, Any]] = []
    sizes: dict[str, int] = defaultdict(int)
    for batch in batches:
        rows += batch
        # Each row of a batch repeats how many documents the batch has of its source.
        for key, number in {row["source_key"]: row["source_documents"] for row in batch}.items():
            sizes[key] += number
    return [row | {"source_documents": sizes[row["source_key"]]} for row in _added(rows)]


def _added(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    total: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["source_key"], row["line"])
        known = total.setdefault(key, {"documents": 0, "edges": 0.0, "contexts": set()})
        known["documents"] += row["documents"]
        known["edges"] += row["edge_share"] * row["documents"]
        known["contexts"].update(row["contexts"])
    return [
        {
            "source_key": key, "line": line, "documents": known["documents"],
            "edge_share": known["edges"] / known["documents"],
            "contexts": sorted(known["contexts"])[:CONTEXTS],
        }
        for (key, line), known in sorted(total.items())
    ]  # fmt: skip


def furniture_indexes(counts: pa.Table) -> dict[str, FurnitureIndex]:
    """Return the furniture of each source from the `outlet_furniture` rows of all partitions."""
    import duckdb

    with duckdb.connect() as database:
        database.register("counts", counts)
        rows = database.execute(_ADD_UP).fetchall()
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for key, line, documents, distinct, source_documents, edge_share in rows:
        # The sketch is exact until it is full.
        number = min(documents, distinct) if distinct < CONTEXTS else documents
        strength = evidence(line, number, source_documents, edge_share)
        if strength > 0:
            found[key][line] = strength
    return {key: FurnitureIndex(lines) for key, lines in found.items()}


_ADD_UP: Final = """
with sizes as (
    select source_key, sum(documents) as documents from (
        select source_key, scrape_date, max(source_documents) as documents
        from counts group by all
    ) group by source_key
), lines as (
    select source_key, line, sum(documents) as documents,
           len(list_distinct(flatten(list(contexts)))) as contexts,
           sum(edge_share * documents) / sum(documents) as edge_share
    from counts group by source_key, line having sum(documents) > 1
)
select lines.source_key, line, lines.documents, contexts, sizes.documents, edge_share
from lines join sizes using (source_key) order by all
"""


def evidence(line: str, documents: int, source_documents: int, edge_share: float) -> float:
    """Return how far a folded line is furniture, 0 to 1, by the articles that carry it.

    .5 is where the line is taken out unless the model is sure that it is body.
    """
    words = len(line.split())
    number, share = next((n, s) for limit, n, s in _PROOF if words <= limit)
    if _SENTENCE.search(line):
        # Short sentences ("He declined to comment.") recur in prose too.
        share *= 2.5
    if words >= LONG:
        edge_share = max(0.0, 2 * edge_share - 1)
    enough = min(1.0, (documents - 1) / number)
    often = min(1.0, documents / max(source_documents, 1) / share)
    return enough * often * (edge_share if words >= LONG else 0.5 + edge_share / 2)


def _fingerprints(lines: Lines) -> list[int]:
    """Return for each text a hash of its prose, the same for another scrape of the article.

    It is the smallest hash among its long lines: furniture around them does not change it, nor
    does a line more or less, most of the time.
    """
    hashes = line_hashes(lines)
    prose = np.diff(lines.words.first) >= LONG
    found = []
    for first, last in zip(lines.first[:-1].tolist(), lines.first[1:].tolist(), strict=True):
        own = hashes[first:last][prose[first:last]]
        own = own if len(own) else hashes[first:last]
        # Signed, as the table's integers are.
        found.append(int(np.int64(np.uint64(own.min()).view(np.int64))) if len(own) else 0)
    return found
