"""Count the common words that tell capitalised words from people's names.

    python -m benchmarks.describe_words ../shared/data

Rewrites `pipeline/describe/data/common_words.txt` in one step at the end: words that several news
texts write small, and those that follow a German article, without given names and without what
follows given names, for family names are words too; words of organisations have a list of their
own. Pages of kept-aside domains are not read.
"""

from __future__ import annotations

import json
import lzma
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.describe import ASIDE, html_cases, read
from pipeline.describe import names
from pipeline.describe.fold import data_lines, data_words

_NAME = "common_words.txt"
#: Least number of texts, of pages, and of places after an article; and of people of one family.
_TEXTS, _PAGES, _PLACES, _PEOPLE = 12, 6, 3, 2
_EVERY, _TEXT_LENGTH, _PAGE_LENGTH, _WIDTH = 3, 8_000, 30_000, 118
_SETS = ("misinfo", "postlight", "wcxb_article_dev", "trafilatura")

_SMALL = re.compile(r"\b[a-zà-ÿ]{3,18}\b")
_PERSON = re.compile(r"\b([A-Z][a-zà-ÿ]{1,14}) ([A-Z][a-zà-ÿ]{2,18})\b")
_NOUN = re.compile(
    r"\b(?:[Dd](?:er|ie|as|es|em|en)|[Ee]in(?:e[nmrs]?)?|[Ii]m|[Aa]m|[Vv]om|[Zz]u[rm]|[Kk]eine?"
    r"|[Ii]hre?|[Ss]eine?|[Uu]nsere?|[Ff]ür|[Mm]it|[Vv]on|[Uu]nd|[Oo]hne)\s([A-ZÄÖÜ][a-zäöüß]{2,20})\b"
)
_GERMAN = re.compile(r"\bund\b.{0,4000}\bder\b", re.S)


def common_words(data: Path) -> set[str]:
    """Return the common words counted in the data folder."""
    given = data_words("given_names.txt")
    small: Counter[str] = Counter()
    families: defaultdict[str, set[str]] = defaultdict(set)
    for text in _texts(data):
        small.update(set(_SMALL.findall(text)))
        for first, family in _PERSON.findall(text):
            if first.lower() in given:
                families[family.lower()].add(first)
    on_pages: Counter[str] = Counter()
    nouns: Counter[str] = Counter()
    for text in _pages(data):
        on_pages.update(set(_SMALL.findall(text)))
        if _GERMAN.search(text[:5_000]):
            nouns.update(noun.lower() for noun in _NOUN.findall(text))
    found = _at_least(small, _TEXTS) | _at_least(on_pages, _PAGES) | _at_least(nouns, _PLACES)
    borne = {family for family, people in families.items() if len(people) >= _PEOPLE}
    others = data_words("particles.txt") | data_words("organisation_words.txt")
    return found - borne - given - others


def _at_least(counts: Counter[str], least: int) -> set[str]:
    return {word for word, count in counts.items() if count >= least}


def _texts(data: Path) -> Iterator[str]:
    with lzma.open(data / "abp.jsonl.xz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % _EVERY == 0:
                yield json.loads(line)["text"][:_TEXT_LENGTH]


def _pages(data: Path) -> Iterator[str]:
    for dataset in _SETS:
        for case in html_cases(data, dataset):
            if case.part != ASIDE:
                yield read(case)[0].text[:_PAGE_LENGTH]


def write(words: set[str]) -> None:
    """Rewrite the data file with `words`, several a line, under its own header."""
    path = Path(names.__file__).parent / "data" / _NAME
    header = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
    lines = [""]
    for word in sorted(words):
        if len(lines[-1]) + len(word) + 2 > _WIDTH:
            lines.append("")
        lines[-1] += f", {word}" if lines[-1] else word
    fresh = path.with_suffix(".new")
    fresh.write_text("\n".join([*header, *lines]) + "\n", encoding="utf-8")
    fresh.replace(path)


if __name__ == "__main__":
    write(common_words(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")))
    print(sum(line.count(",") + 1 for line in data_lines(_NAME)), "words")
