"""Lines that recur across the articles of one source, learned from the corpus itself.

`marked_lines` folds the lines of a batch, `line_counts` counts those of a partition,
`furniture_indexes` turns the counts of all partitions so far into what is furniture in each
source. Counting is by distinct article, told by a fingerprint of its prose: an article scraped
twice counts once, and a paragraph of prose needs far more proof than a label. The counts are
plain rows (table `outlet_furniture`). How lines are removed does not belong here.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import xxhash

from pipeline.clean.features import LONG
from pipeline.clean.lines import Array, Lines

#: Contexts kept for a line: enough to tell "many articles" from "one article, many scrapes".
CONTEXTS: Final = 16
#: How far a line is held by its source's furniture, from which on it is furniture.
LEARNED: Final = 0.5
LEARNED_RULE: Final = "outlet_furniture"
_EDGE: Final = 10
_LONGEST: Final = 300
#: Lines longer than this are counted near the edges of a text only, where furniture stands.
_SHORT_WORDS: Final = 12
_LETTER: Final = re.compile(r"[^\W\d_]")
_DIGIT: Final = re.compile(r"\d")
_BLANK_OR_DIGIT: Final = re.compile(r"[\s\d]")
_ASCII: Final = bytes(range(128))
#: One digit for all, and one blank.
_ALIKE: Final = bytes.maketrans(b"123456789\t\n\v\f\r\x1c\x1d\x1e\x1f", b"0" * 9 + b" " * 9)
#: A source with fewer articles in a partition keeps lines met once: another day may repeat them.
#: Of larger ones they are dropped, which bounds the table at little loss.
_LARGE_SOURCE: Final = 20
#: Memory for counting a partition, and how many lines are counted at once in it; the others wait
#: on disk.
_COUNTING_MEMORY: Final = "512MB"
_MARKS_AT_ONCE: Final = 1_000_000
#: Rows that are gathered before they are inserted: some 20 MB.
_INSERTED_AT_ONCE: Final = 250_000
_SENTENCE: Final = re.compile(r"[.!?…][\"'”’»)]*$")
#: By words in the line (up to): distinct articles and share of a source's documents that prove it.
_PROOF: Final = ((8, 3, 0.02), (LONG - 1, 5, 0.05), (10_000, 12, 0.2))


#: No line is furniture before so many documents of its source carry it.
LEAST_DOCUMENTS: Final = 3


@dataclass(frozen=True, slots=True)
class FurnitureIndex:
    """The furniture of one source: folded line -> how far it is furniture (above 0, up to 1)."""

    lines: Mapping[str, float]

    def share(self, line: str) -> float:
        """Return how far `line` (as it stands in a text) is furniture, 0 where it is not known."""
        return self.lines.get(fold(line), 0.0)


def fold(line: str) -> str:
    """Return a line as furniture is compared: lower case, blanks single, all digits alike."""
    line = line.strip()[:_LONGEST].lower()
    data = line.encode("utf-8", "surrogatepass")
    beyond = b"" if line.isascii() else data.translate(None, _ASCII)
    if beyond and _BLANK_OR_DIGIT.search(beyond.decode("utf-8", "surrogatepass")):
        return _DIGIT.sub("0", " ".join(line.split()))
    # As bytes, which most lines can be, it takes a third of the time.
    data = data.translate(_ALIKE).strip()
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data.decode("utf-8", "surrogatepass")


def furniture_shares(lines: Lines, furniture: Sequence[FurnitureIndex | None]) -> Array:
    """Return for each line how far its source's furniture holds it, 0 where nothing is known.

    `furniture` has one entry for each text of `lines`.
    """
    shares = np.zeros(len(lines))
    for number, index in enumerate(furniture):
        if index is not None and index.lines:
            rows = range(int(lines.first[number]), int(lines.first[number + 1]))
            shares[rows.start : rows.stop] = [index.share(lines.raw(row)) for row in rows]
    return shares


def marked_lines(
    source_keys: Sequence[str], raw_texts: Sequence[str], titles: Sequence[str] | None = None
) -> pa.RecordBatch:
    """Return the lines of a batch that may be furniture, each with where it was met.

    `source_keys` (one a text) names its outlet, domain or source folder. Columns: `source_key`;
    `line`, folded; `article`, the fingerprint of the article's prose; `edge`, whether it stood
    near the top or the end. `titles`, one a text, are of pages flattened whole: their title tells
    articles apart, and any line may be furniture, since the article is somewhere in the middle.
    """
    texts = [[line for line in text.splitlines() if line.strip()] for text in raw_texts]
    marks = _marks if titles is None else _page_marks
    names = titles or [""] * len(texts)
    articles = [
        _fingerprint([name] if name else lines) for name, lines in zip(names, texts, strict=True)
    ]
    kept = [(text, line, edge) for text, lines in enumerate(texts) for line, edge in marks(lines)]
    of_text = np.array([text for text, _, _ in kept], np.int64)
    return pa.record_batch(
        {
            "source_key": pa.array(source_keys, pa.string()).take(pa.array(of_text)),
            "line": _strings([line for _, line, _ in kept]),
            "article": np.array(articles, np.int64)[of_text],
            "edge": pa.array([edge for _, _, edge in kept], pa.bool_()),
        }
    )


def _marks(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the folded lines of a text that may be furniture, and whether each is at an edge."""
    for number, line in enumerate(lines):
        edge = number < _EDGE or len(lines) - number <= _EDGE
        # Blanks tell words apart here, since cleaning reads the words of every text anyway.
        if edge or line.count(" ") < _SHORT_WORDS:
            yield fold(line), edge


def _page_marks(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the folded lines of a page, as at an edge: pitches stand between paragraphs too.

    Bare numbers count the items of an article's list as often as they are furniture.
    """
    return ((fold(line), True) for line in lines if _LETTER.search(line))


def _strings(lines: Sequence[str]) -> pa.StringArray:
    try:
        return pa.array(lines, pa.string())
    except UnicodeEncodeError:  # half a surrogate pair, as broken escapes leave behind
        return pa.array([line.encode("utf-8", "replace").decode() for line in lines], pa.string())


def line_counts(batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """Return the rows of `outlet_furniture`, without `scrape_date`, of a partition.

    `batches` are of `marked_lines`, in any order. Rows are sorted; a text met again counts once.
    """
    import duckdb

    with tempfile.TemporaryDirectory() as spill, duckdb.connect(f"{spill}/marks.db") as database:
        database.execute(f"set memory_limit = '{_COUNTING_MEMORY}'")
        database.execute("set temp_directory = $1", [spill])
        database.execute("set preserve_insertion_order = false")
        database.execute("set threads = 2")  # each takes buffers of its own
        database.execute(_MARKS)
        for table in _gathered(batches):
            database.register("batch", table)
            database.execute(_INSERT)
        database.execute(_SIZES)
        (rows,) = database.execute("select count(*) from marks").fetchone() or (0,)
        parts = 1 + rows // _MARKS_AT_ONCE
        return pa.concat_tables(
            database.execute(_COUNT, [CONTEXTS, _LARGE_SOURCE, parts, part]).to_arrow_table()
            for part in range(parts)
        ).sort_by([("source_key", "ascending"), ("line", "ascending")])


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the batches as few tables: each that is inserted costs a write to the disk."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= _INSERTED_AT_ONCE:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
    if held:
        yield pa.Table.from_batches(held)


_MARKS: Final = """
create table marks (
    source_key varchar, line varchar, article bigint, edge boolean, place usmallint
)
"""
_INSERT: Final = """
insert into marks
select source_key, line, article, edge, hash(source_key, line) % 32768 as place from batch
"""
_SIZES: Final = """
create table sizes as
select source_key, count(*) as articles
from (select distinct source_key, article from marks) group by source_key
"""
# One part of all lines at a time: lists of articles stay in memory until a line is done.
_COUNT: Final = """
with distinct_marks as (
    select source_key, line, article, bool_or(edge) as edge
    from marks where place % $3 = $4 group by source_key, line, article
)
select source_key, line, count(*) as documents, any_value(articles) as source_documents,
       count_if(edge) / count(*) as edge_share, list_sort(list(article))[:$1] as contexts
from distinct_marks join sizes using (source_key)
group by source_key, line
having count(*) > 1 or any_value(articles) < $2
"""


def furniture_indexes(counts: pa.Table) -> dict[str, FurnitureIndex]:
    """Return the furniture of each source from the `outlet_furniture` rows of all partitions.

    Rows of documents that were met but not read (`source_documents` 0) say nothing of lines.
    """
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
    from counts where source_documents > 0 group by source_key, line having sum(documents) > 1
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


def _fingerprint(lines: Sequence[str]) -> int:
    """Return a hash of a text's prose, the same for another scrape of the article.

    It is the smallest hash among its long lines: furniture around them does not change it, nor
    does a line more or less, most of the time. Signed, as the table's integers are.
    """
    prose = [line for line in lines if line.count(" ") + 1 >= LONG] or lines
    hashes = (xxhash.xxh3_64_intdigest(line.encode("utf-8", "surrogatepass")) for line in prose)
    return min(hashes, default=0) - (1 << 63)
