"""Inputs for the benchmarks of speed and scale, made from the data folder.

Texts are news articles of 2 to 8 KB (about 4.5 KB on average) with their headline above them;
pages are news pages as they came. Both are JSON lines, one a document, the form in which all the
systems read them.
"""

from __future__ import annotations

import gzip
import json
import lzma
import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any, Final

from benchmarks import generator

#: Characters of the texts taken.
_SHORTEST: Final = 2_000
_LONGEST: Final = 8_000
_PAGE_SETS: Final = ("misinfo", "wcxb_article_dev")

Row = dict[str, Any]


def articles(data: Path) -> Iterator[Row]:
    """Yield the news articles of the data folder whose length is usual."""
    with lzma.open(data / "data" / "abp.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if _SHORTEST <= len(row["text"]) <= _LONGEST:
                yield row


def texts(data: Path, count: int) -> Iterator[Row]:
    """Yield `count` flattened texts with an address each."""
    for row in islice(articles(data), count):
        yield {"id": row["id"], "url": row["url"], "text": f"{row['headline']}\n\n{row['text']}"}


def pages(data: Path, count: int) -> Iterator[Row]:
    """Yield at most `count` news pages in UTF-8."""
    rows = chain.from_iterable(_rows(data, name) for name in _PAGE_SETS)
    kept = (row for row in rows if row.get("html"))
    for row in islice(kept, count):
        yield {"id": str(row["id"]), "url": row["url"], "html": row["html"]}


def _rows(data: Path, name: str) -> Iterator[Row]:
    with gzip.open(data / "data" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def syndicated(originals: Sequence[str], count: int, seed: int) -> Iterator[Row]:
    """Yield `count` articles made by the generator from `originals`, many of them reprints.

    Where the originals do not suffice, they are taken again with every fourth word exchanged: no
    run of five words is left that a new text shares with its source.
    """
    vocabulary = " ".join(originals[:200]).split()
    made = 0
    for lap in range(count):
        rng = random.Random(f"{seed}-{lap}")
        batch = [_exchanged(text, vocabulary, rng) for text in originals] if lap else originals
        for article in islice(generator.generate(batch, seed + lap).articles, count - made):
            site = rng.randrange(500)
            address = f"https://site{site}.example/{lap}/{article.article_id}"
            yield {"id": f"{lap}-{article.article_id}", "url": address, "text": article.text}
            made += 1
        if made == count:
            return


def _exchanged(text: str, vocabulary: Sequence[str], rng: random.Random) -> str:
    """Return `text` with every fourth word of each paragraph another one."""
    paragraphs = [paragraph.split(" ") for paragraph in text.split("\n\n")]
    for words in paragraphs:
        # A run of them from anywhere: no two stand side by side, so the run is not seen.
        count = len(words[::4])
        start = rng.randrange(max(1, len(vocabulary) - count))
        words[::4] = islice(cycle(vocabulary[start : start + count]), count)
    return "\n\n".join(" ".join(words) for words in paragraphs)


def write(rows: Iterable[Row], path: Path) -> int:
    """Write `rows` as JSON lines to `path`; return how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count
