"""Lines that recur across the articles of one source, learned from the corpus itself.

`marked_lines` folds the lines of a batch, `line_counts` counts those of a partition,
`furniture_indexes` turns the counts of all partitions so far into what is furniture in each
source. Counting is by distinct article, told by a fingerprint of its prose: an article scraped
twice counts once, and a paragraph of prose needs far more proof than a label. The counts are
plain rows (table `outlet_furniture`). How lines are removed does not belong here.
"""

from __future__ import annotations

import re
import string
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from pipeline.clean.features import LONG
from pipeline.clean.lines import Array, Lines

if TYPE_CHECKING:
    import duckdb

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
#: Small letters, one digit for all, and one blank; line feeds stand between lines.
_ALIKE: Final = bytes.maketrans(
    string.ascii_uppercase.encode() + b"123456789\t\v\f\r\x1c\x1d\x1e\x1f",
    string.ascii_lowercase.encode() + b"0" * 9 + b" " * 8,
)
#: A source with fewer articles in a partition keeps lines met once: another day may repeat them.
#: Of larger ones they are dropped, which bounds the table at little loss.
_LARGE_SOURCE: Final = 20
#: Memory for counting a partition, and how many lines are counted at once in it; the others wait
#: on disk.
_COUNTING_MEMORY: Final = "512MB"
_MARKS_AT_ONCE: Final = 1_000_000
#: The hashes that are told apart: memory for an eighth of these is taken twice.
_BITS: Final = 1 << 27
#: Rows that are gathered before they are inserted: some 20 MB.
_INSERTED_AT_ONCE: Final = 250_000
#: Marks as they wait on disk.
_SPILLED: Final = pa.schema(
    {
        "source_key": pa.string(), "line": pa.string(), "article": pa.int64(),
        "edge": pa.bool_(), "hash": pa.uint64(),
    }
)  # fmt: skip
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
    return folded([line.replace("\n", " ")])[0]


def folded(lines: Sequence[str]) -> list[str]:
    """Return `lines`, none of which holds a line feed, each as `fold` does."""
    return _folded(lines).decode("utf-8", "surrogatepass").split("\n") if lines else []


def _folded(lines: Sequence[str]) -> bytes:
    """Return folded lines, a line feed between them.

    As bytes, which most texts can be, it takes a fifth of the time.
    """
    text = "\n".join([line.strip()[:_LONGEST].rstrip() for line in lines])
    data = text.encode("utf-8", "surrogatepass")
    if not text.isascii():
        # Most texts hold no more of that kind than quotation marks.
        beyond = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
        if _BLANK_OR_DIGIT.search(beyond):
            single = (" ".join(line.split()) for line in text.lower().split("\n"))
            return _DIGIT.sub("0", "\n".join(single)).encode("utf-8", "surrogatepass")
        if beyond.lower() != beyond:
            data = text.lower().encode("utf-8", "surrogatepass")
    codes = np.frombuffer(data.translate(_ALIKE), np.uint8)
    blank = codes == ord(" ")
    double = blank[1:] & blank[:-1]
    if double.any():
        codes = np.append(codes[:-1][~double], codes[-1:])
    return codes.tobytes()


def furniture_shares(lines: Lines, furniture: Sequence[FurnitureIndex | None]) -> Array:
    """Return for each line how far its source's furniture holds it, 0 where nothing is known.

    `furniture` has one entry for each text of `lines`.
    """
    shares = np.zeros(len(lines))
    for number, index in enumerate(furniture):
        if index is not None and index.lines:
            rows = slice(int(lines.first[number]), int(lines.first[number + 1]))
            of_line = index.lines.get
            shares[rows] = [of_line(line, 0.0) for line in folded(_raw_lines(lines, number, rows))]
    return shares


def _raw_lines(lines: Lines, number: int, rows: slice) -> list[str]:
    """Return the lines of a text as they stand in it; `rows` are its own."""
    text, base = lines.raw_texts[number], lines.offset[number]
    starts, ends = (lines.start[rows] - base).tolist(), (lines.end[rows] - base).tolist()
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


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
    names = titles or [""] * len(texts)
    articles = [
        _fingerprint([name] if name else lines) for name, lines in zip(names, texts, strict=True)
    ]
    marks = [_marks(lines) if titles is None else _page_marks(lines) for lines in texts]
    of_text = np.repeat(np.arange(len(texts)), [len(edges) for _, edges in marks])
    return pa.record_batch(
        {
            "source_key": pa.array(source_keys, pa.string()).take(pa.array(of_text)),
            "line": _strings([_folded(lines) for lines, _ in marks if lines]),
            "article": np.array(articles, np.int64)[of_text],
            "edge": pa.array([edge for _, edges in marks for edge in edges], pa.bool_()),
        }
    )


def _marks(lines: list[str]) -> tuple[list[str], list[bool]]:
    """Return the lines of a text that may be furniture, and whether each is at an edge."""
    top, rest = lines[:_EDGE], lines[_EDGE:]
    # Blanks tell words apart here, since cleaning reads the words of every text anyway.
    middle = [line for line in rest[:-_EDGE] if line.count(" ") < _SHORT_WORDS]
    end = rest[-_EDGE:]
    edges = [True] * len(top) + [False] * len(middle) + [True] * len(end)
    return [*top, *middle, *end], edges


def _page_marks(lines: list[str]) -> tuple[list[str], list[bool]]:
    """Return the lines of a page as at an edge: pitches stand between paragraphs too.

    Bare numbers count the items of an article's list as often as they are furniture.
    """
    lettered = [line for line in lines if _LETTER.search(line)]
    return lettered, [True] * len(lettered)


def _strings(texts: Sequence[bytes]) -> pa.StringArray:
    """Return all lines of `texts`, in which a line feed stands between two."""
    joined = np.frombuffer(b"\n".join(texts) + b"\n" * bool(texts), np.uint8)
    is_end = joined == ord("\n")
    ends = np.flatnonzero(is_end)
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends - np.arange(len(ends))
    buffers = pa.py_buffer(offsets), pa.py_buffer(joined[~is_end])
    lines = pa.StringArray.from_buffers(len(ends), *buffers)
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:  # half a surrogate pair, as broken escapes leave behind
        whole = [text.decode("utf-8", "surrogatepass").encode("utf-8", "replace") for text in texts]
        return _strings(whole)
    return lines


def line_counts(batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """Return the rows of `outlet_furniture`, without `scrape_date`, of a partition.

    `batches` are of `marked_lines`, in any order. Rows are sorted; a text met again counts once.
    """
    import duckdb

    with tempfile.TemporaryDirectory() as spill, duckdb.connect(f"{spill}/marks.db") as database:
        database.execute(f"set memory_limit = '{_COUNTING_MEMORY}'")
        database.execute("set temp_directory = $1", [spill])
        database.execute("set threads = 2")  # each takes buffers of its own
        database.execute(_TABLES)
        for table in _gathered(_recurring(batches, database, f"{spill}/all.arrow")):
            database.register("batch", table)
            database.execute(_INSERT)
        (rows,) = database.execute("select count(*) from marks").fetchone() or (0,)
        parts = 1 + rows // _MARKS_AT_ONCE
        return pa.concat_tables(
            database.execute(_COUNT, [CONTEXTS, _LARGE_SOURCE, parts, part]).to_arrow_table()
            for part in range(parts)
        ).sort_by([("source_key", "ascending"), ("line", "ascending")])


def _recurring(
    batches: Iterable[pa.RecordBatch], database: duckdb.DuckDBPyConnection, spill: str
) -> Iterator[pa.RecordBatch]:
    """Yield the marks of `batches` that can count: of lines met again, and all of small sources.

    That is a tenth of them; to count whole lines takes far longer than to tell by a hash which
    were met once. All of them wait on disk, at `spill`, until that is known.
    """
    met = _Met()
    with pa.ipc.new_stream(spill, _SPILLED) as sink:
        for table in _gathered(batches):
            database.register("batch", table)
            database.execute(_NOTE_ARTICLES)
            hashes = database.execute(_HASHES).to_arrow_table()["hash"]
            met.add(hashes.to_numpy())
            sink.write_table(table.append_column("hash", hashes))
    database.execute(_SIZES)
    small = database.execute(_SMALL, [_LARGE_SOURCE]).to_arrow_table()["source_key"]
    with pa.OSFile(spill) as file, pa.ipc.open_stream(file) as source:
        for batch in source:
            again = pa.array(met.again(batch["hash"].to_numpy()))
            yield batch.filter(pc.or_(again, pc.is_in(batch["source_key"], small)))


class _Met:
    """Which hashes were met more than once, and hardly another: two sets of bits."""

    def __init__(self) -> None:
        self._once = np.zeros(_BITS // 8, np.uint8)
        self._again = np.zeros(_BITS // 8, np.uint8)

    def add(self, hashes: Array) -> None:
        """Take in `hashes`, some of which may be the same."""
        places, counts = np.unique(hashes % np.uint64(_BITS), return_counts=True)
        at, bit = _bit(places)
        again = (counts > 1) | (self._once[at] & bit > 0)
        np.bitwise_or.at(self._once, at, bit)
        np.bitwise_or.at(self._again, at[again], bit[again])

    def again(self, hashes: Array) -> Array:
        """Tell of each hash whether it was met more than once."""
        at, bit = _bit(hashes % np.uint64(_BITS))
        return self._again[at] & bit > 0


def _bit(places: Array) -> tuple[Array, Array]:
    """Return in which byte the bit of each place stands, and the byte with that bit alone."""
    return (places >> 3).astype(np.int64), np.left_shift(1, places & 7).astype(np.uint8)


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


_TABLES: Final = """
create table articles (source_key varchar, article bigint);
create table marks (
    source_key varchar, line varchar, article bigint, edge boolean, place usmallint
)
"""
_NOTE_ARTICLES: Final = "insert into articles select distinct source_key, article from batch"
_HASHES: Final = "select hash(source_key, line) as hash from batch"  # in the order of the rows
_SIZES: Final = """
create table sizes as
select source_key, count(distinct article) as articles from articles group by source_key
"""
_SMALL: Final = "select source_key from sizes where articles < $1"
_INSERT: Final = """
insert into marks
select source_key, line, article, edge, hash % 32768 as place from batch
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
    encoded = "\n".join(prose).encode("utf-8", "surrogatepass").split(b"\n") if prose else ()
    return min(map(xxhash.xxh3_64_intdigest, encoded), default=0) - (1 << 63)
