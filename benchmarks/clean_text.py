"""How well and how fast flattened text is cleaned, beside simpler ways and other tools.

    python -m benchmarks.clean_text --data ../shared

Only sites that no model was trained on. Three tables: bodies, roles of the lines that were
removed, and speed on texts of about 4 KB, where jusText and Copydesk take turns. Peers are imported
here only (`pip install copydesk[bench]`); trafilatura reads the HTML of the same pages.
"""

from __future__ import annotations

import argparse
import html
import itertools
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import intervals
from pipeline.clean import clean_texts
from pipeline.training import corpus, flatten

Row = dict[str, Any]
_WORD = re.compile(r"\w+")
#: Roles with fewer lines have no share of their own worth the name.
_FEWEST_LINES = 5
_SIZE = (3500, 4500)
_TEXTS = 150
_ROUNDS = 5
#: Tools for texts without line breaks: the others keep all or nothing.
_SQUEEZED = ("keep all", "copydesk")
_ENDS = re.compile(r"[.!?\"”]$")


@dataclass(frozen=True, slots=True)
class Gold:
    """The body that a text should give, and the site that it is from."""

    site: str
    body: str


def run(data: Path) -> list[Row]:
    """Return a row for each work and tool: F1, share of documents at .99, documents a second."""
    rows = _lines_rows(data) + _seed_rows(data)
    for collection in ("wcxb_article_dev", "misinfo"):
        rows += _page_rows(data, collection)
    return rows


def f1(found: str, gold: str, run_length: int = 1) -> float:
    """Return the F1 of the runs of `run_length` words of `found` against those of `gold`."""
    one, other = _runs(found, run_length), _runs(gold, run_length)
    shared = sum((one & other).values())
    return 2 * shared / max(sum(one.values()) + sum(other.values()), 1)


def _runs(text: str, length: int) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return Counter(zip(*(words[at:] for at in range(length)), strict=False))


def role_rows(data: Path) -> list[Row]:
    """Return a row for each role: lines that have it, how many of them are given it.

    Of the kept-aside annotated texts, lines that are not body and were removed.
    """
    pairs = [pair for e in corpus.gold_examples(data) if e.kept_aside for pair in _roles(e)]
    count = Counter(gold for gold, _ in pairs)
    right = Counter(gold for gold, found in pairs if gold == found)
    rows = [_role_row(role, number, right[role]) for role, number in count.most_common()]
    shares = [right[role] / number for role, number in count.items() if number >= _FEWEST_LINES]
    commonest = count.most_common(1)[0][1]
    return [
        _role_row("all", len(pairs), right.total()),
        _role_row("all, if each were the commonest role", len(pairs), commonest),
        {"role": f"mean of roles with {_FEWEST_LINES}+ lines", "lines": len(shares),
         "right": "", "share": round(sum(shares) / len(shares), 3)},
        *rows,
    ]  # fmt: skip


def _role_row(role: str, lines: int, right: int) -> Row:
    return {"role": role, "lines": lines, "right": right, "share": round(right / lines, 3)}


def _roles(example: corpus.Example) -> list[tuple[str, str]]:
    """Return (gold role, role given) of the lines that are not body and were removed."""
    found: list[str] = []
    end, widest = -1, 0
    for line in clean_texts([example.text])[0].lines:
        # Parts of a line touch; the largest gives the line's role.
        if line.start != end:
            found.append(line.role)
            widest = 0
        if line.end - line.start > widest:
            found[-1], widest = line.role, line.end - line.start
        end = line.end
    pairs = zip(example.roles, found, strict=True)
    return [pair for pair in pairs if "body" not in pair]


def speed_rows(data: Path) -> list[Row]:
    """Return a row for jusText and one for Copydesk: documents a second of processor time.

    The tools take turns, and the best of their rounds counts: the machine may be busy.
    """
    low, high = _SIZE
    aside = (row["text"] for row in corpus.read(data / "data" / "abp.jsonl.xz")
             if corpus.kept_aside(corpus.row_site(row)))  # fmt: skip
    texts = list(itertools.islice((t for t in aside if low <= len(t) <= high), _TEXTS))
    tools = {"jusText on wrapped text": by_justext, "copydesk": by_copydesk}
    best = dict.fromkeys(tools, float("inf"))
    for _ in range(_ROUNDS):
        for name, tool in tools.items():
            began = time.process_time()
            tool(texts)
            best[name] = min(best[name], time.process_time() - began)
    return [
        {"work": f"texts of {low} to {high} characters", "tool": name, "documents": len(texts),
         "documents_per_second": round(len(texts) / spent, 1),
         "times_justext": round(best["jusText on wrapped text"] / spent, 2)}
        for name, spent in best.items()
    ]  # fmt: skip


def keep_all(texts: Sequence[str]) -> list[str]:
    """Return the texts as they are."""
    return list(texts)


def twelve_words(texts: Sequence[str]) -> list[str]:
    """Return the lines of twelve words and more."""
    return [_kept(text, lambda line: len(line.split()) >= 12) for text in texts]


def c4_rule(texts: Sequence[str]) -> list[str]:
    """Return the lines that C4 keeps: five words, sentence ended, no JavaScript notice."""

    def keep(line: str) -> bool:
        lower = line.lower()
        said = len(line.split()) >= 5 and _ENDS.search(line.strip()) is not None
        return said and "javascript" not in lower and "use of cookies" not in lower

    return [_kept(text, keep) for text in texts]


def by_justext(texts: Sequence[str]) -> list[str]:
    """Return what jusText keeps of the texts, each line wrapped in a paragraph element."""
    import justext

    stop_words = justext.get_stoplist("English")
    found = []
    for text in texts:
        page = "".join(f"<p>{html.escape(line)}</p>" for line in corpus.filled_lines(text))
        paragraphs = justext.justext(f"<html><body>{page}</body></html>", stop_words)
        found.append("\n\n".join(p.text for p in paragraphs if not p.is_boilerplate))
    return found


def by_copydesk(texts: Sequence[str]) -> list[str]:
    """Return the bodies that Copydesk's line model finds."""
    return [cleaned.text for cleaned in clean_texts(texts)]


def by_trafilatura(pages: Sequence[str]) -> list[str]:
    """Return what trafilatura extracts from HTML."""
    import trafilatura

    return [trafilatura.extract(page, include_comments=False) or "" for page in pages]


TOOLS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "keep all": keep_all, "lines of 12+ words": twelve_words, "C4 line rule": c4_rule,
    "jusText on wrapped text": by_justext, "copydesk": by_copydesk,
}  # fmt: skip


def _kept(text: str, keep: Callable[[str], bool]) -> str:
    return "\n".join(line for line in corpus.filled_lines(text) if keep(line))


def _lines_rows(data: Path) -> list[Row]:
    found = [e for e in corpus.gold_examples(data) if e.kept_aside]
    rows = _annotated_rows("annotated texts, word F1", found)
    for kind in ("abp", "misinfo"):
        part = [e for e in found if e.way.startswith(kind)]
        rows += _annotated_rows(f"annotated texts ({kind}), word F1", part)
    return rows


def _seed_rows(data: Path) -> list[Row]:
    rows = [row for row in corpus.gold_rows(data) if row["source"] == "seeds"]
    return _annotated_rows("seeds, word F1", [corpus.gold_example(data, row) for row in rows])


def _annotated_rows(work: str, found: Sequence[corpus.Example]) -> list[Row]:
    return _rows(work, [e.text for e in found], [Gold(e.site, e.body) for e in found], 1)


def flattened_pages(data: Path, collection: str) -> Iterator[tuple[Row, list[str]]]:
    """Yield the kept-aside pages of a collection, each with two flattened texts of it."""
    ways = sorted(flatten.FLATTENERS)
    number = 0
    for row in corpus.read(data / "data" / f"{collection}.jsonl.gz"):
        if row["body"] and corpus.kept_aside(corpus.row_site(row)):
            number += 1
            # Two ways a page, the next two for the next page: all six come up alike.
            two = (ways * 2)[number * 2 % len(ways) :][:2]
            yield row, [flatten.FLATTENERS[way](corpus.html_of(row)) for way in two]


def _page_rows(data: Path, collection: str) -> list[Row]:
    found = list(flattened_pages(data, collection))
    texts = [text for _, flat in found for text in flat]
    golds = [Gold(corpus.row_site(row), row["body"]) for row, flat in found for _ in flat]
    work = f"whole pages ({collection}), 4-gram F1"
    rows = _rows(work, texts, golds, 4)
    rows.append(_row(work, "trafilatura on the HTML", by_trafilatura,
                     [corpus.html_of(row) for row, _ in found],
                     [Gold(corpus.row_site(row), row["body"]) for row, _ in found], 4))  # fmt: skip
    squeezed = [" ".join(text.split()) for text in texts]
    work = f"the same in one line each ({collection}), 4-gram F1"
    return rows + [_row(work, name, TOOLS[name], squeezed, golds, 4) for name in _SQUEEZED]


def _rows(work: str, texts: Sequence[str], golds: Sequence[Gold], length: int) -> list[Row]:
    by_copydesk(texts[:3])  # loads the model
    return [_row(work, name, tool, texts, golds, length) for name, tool in TOOLS.items()]


def _row(
    work: str, name: str, tool: Callable[[Sequence[str]], list[str]], inputs: Sequence[str],
    golds: Sequence[Gold], length: int,
) -> Row:  # fmt: skip
    began = time.process_time()
    found = tool(inputs)
    spent = time.process_time() - began
    scores = [f1(text, gold.body, length) for text, gold in zip(found, golds, strict=True)]
    by_site: dict[str, list[float]] = defaultdict(list)
    for score, gold in zip(scores, golds, strict=True):
        by_site[gold.site].append(score)
    low, high = intervals.interval(by_site)
    return {
        "work": work, "tool": name, "documents": len(inputs),
        "f1": round(sum(scores) / len(scores), 4), "interval": f"{low:.3f}–{high:.3f}",
        "at_least_99": round(sum(s >= 0.99 for s in scores) / len(scores), 3),
        "documents_per_second": round(len(inputs) / max(spent, 1e-9), 1),
    }  # fmt: skip


def main() -> None:
    """Print the tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    data = parser.parse_args().data
    for rows in (run(data), role_rows(data), speed_rows(data)):
        print("| " + " | ".join(rows[0]) + " |")
        print("|" + "---|" * len(rows[0]))
        for row in rows:
            print("| " + " | ".join(str(value) for value in row.values()) + " |")
        print()


if __name__ == "__main__":
    main()
