"""Body extraction from HTML, against peers.

    python -m benchmarks.clean_html --data ../shared

The same pages, on sites that no model of the project was trained on, for every system; each gets
the page's bytes and gives text. Peers that are not installed are left out. 4-gram F1: multisets
of runs of 4 words of the gold body and of the text, F1 a page, mean over pages with its interval
by site. Snippets (mostly German pages): must-have snippets found and must-not-have ones left out,
F1 over all pages. Time: CPU milliseconds a page, parsing included.
"""

from __future__ import annotations

import argparse
import logging
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import intervals
from pipeline.clean.html import CleanError, clean_pages, parse
from pipeline.training import corpus

GOLD: Final = ("misinfo", "wcxb_article_dev")
SNIPPETS: Final = "trafilatura"
_WORD: Final = re.compile(r"\w+")
_LEAST_BODY: Final = 40

_NOTE: Final = """\
Times: the systems took turns page by page; compare them with each other, not with other runs. Each
page is read once, so nothing learned of its site helps."""

Extractor = Callable[[bytes], str]

Row = dict[str, Any]


def run(data: Path, every: int = 1) -> list[Row]:
    """Return a row for each collection and system; of the pages, each `every`-th is taken.

    A row has collection, system, pages, f1 (of 4-grams, with its interval, or of snippets),
    ms_a_page.
    """
    return list(_rows(data, every))


def _rows(data: Path, every: int) -> Iterator[Row]:
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    ready = systems()
    for collection in (*GOLD, SNIPPETS):
        pages = list(_pages(data, collection))[::every]
        spent, texts = _turns(pages, ready)
        for system in ready:
            yield {
                "collection": collection, "system": system, "pages": len(pages),
                **_accuracy(collection, pages, texts[system]),
                "ms_a_page": spent[system] * 1000 / max(len(pages), 1),
            }  # fmt: skip


def _turns(
    pages: Sequence[Row], ready: dict[str, Extractor]
) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Return seconds of processor time and the texts of each system.

    The systems take turns, page by page, another one first each time: the machine may be busy
    with other work, and a system pays for the memory that the one before it has touched.
    """
    spent = dict.fromkeys(ready, 0.0)
    texts: dict[str, list[str]] = {system: [] for system in ready}
    order = list(ready)
    for page in pages:
        content = corpus.html_of(page).encode("utf-8", "replace")
        for system in order:
            started = time.process_time()
            texts[system].append(ready[system](content))
            spent[system] += time.process_time() - started
        order.append(order.pop(0))
    return spent, texts


def _pages(data: Path, collection: str) -> Iterator[dict[str, Any]]:
    for page in corpus.read(data / "data" / f"{collection}.jsonl.gz"):
        if not corpus.kept_aside(corpus.row_site(page)):
            continue
        if collection == SNIPPETS or len(_WORD.findall(page["body"] or "")) >= _LEAST_BODY:
            yield page


def systems() -> dict[str, Extractor]:
    """Return the systems that are installed, this one first, and ready: imports are done."""
    found: dict[str, Extractor] = {"copydesk": _copydesk}
    found |= _trafilatura()
    for name, load in _PEERS.items():
        try:
            found[name] = load()
        except ImportError:
            continue
    warm = b"<html><body><p>" + b"The council met on Monday to agree on the budget. " * 20
    for extract in found.values():
        extract(warm)
    return found


def _copydesk(content: bytes) -> str:
    try:
        (cleaned,) = clean_pages([parse(content, "utf-8")])
    except CleanError:
        return ""
    return "" if isinstance(cleaned, CleanError) else cleaned.text


def _trafilatura() -> dict[str, Extractor]:
    from trafilatura import bare_extraction

    def extractor(**options: bool) -> Extractor:
        def extract(content: bytes) -> str:
            found = bare_extraction(content, include_comments=False, **options)
            return (getattr(found, "text", None) or "") if found else ""

        return extract

    return {
        "trafilatura": extractor(),
        "trafilatura fast": extractor(fast=True),
        "trafilatura favor_precision": extractor(favor_precision=True),
        "trafilatura with_metadata": extractor(with_metadata=True),
    }


def _readability() -> Extractor:
    from lxml import html
    from readability import Document

    def extract(content: bytes) -> str:
        try:
            summary = Document(content.decode("utf-8", "replace")).summary()
            return "\n".join(html.fromstring(summary).itertext())
        except Exception:  # any failure counts as an empty answer
            return ""

    return extract


def _resiliparse() -> Extractor:
    from resiliparse.extract.html2text import extract_plain_text

    return lambda content: str(
        extract_plain_text(content.decode("utf-8", "replace"), main_content=True)
    )


def _justext() -> Extractor:
    import justext

    stop_words = justext.get_stoplist("English")

    def extract(content: bytes) -> str:
        try:
            found = justext.justext(content, stop_words)
        except Exception:  # any failure counts as an empty answer
            return ""
        return "\n".join(part.text for part in found if not part.is_boilerplate)

    return extract


def _newspaper() -> Extractor:
    import newspaper

    def extract(content: bytes) -> str:
        article = newspaper.Article("http://example.org/a", fetch_images=False)
        try:
            article.download(input_html=content.decode("utf-8", "replace"))
            article.parse()
        except Exception:  # any failure counts as an empty answer
            return ""
        return str(article.text)

    return extract


_PEERS: Final[dict[str, Callable[[], Extractor]]] = {
    "readability-lxml": _readability,
    "resiliparse": _resiliparse,
    "justext": _justext,
    "newspaper4k": _newspaper,
}


def _grams(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(zip(*(words[start:] for start in range(4)), strict=False))


def four_gram_f1(text: str, gold: str) -> float:
    """Return the F1 of the multisets of runs of 4 words."""
    found, wanted = _grams(text), _grams(gold)
    total = sum(found.values()) + sum(wanted.values())
    return 2 * sum((found & wanted).values()) / total if total else 1.0


def _accuracy(collection: str, pages: Sequence[Row], texts: Sequence[str]) -> Row:
    """Return F1 and, where it is a mean over pages, its 95 % interval by site."""
    if collection == SNIPPETS:
        return {"f1": _snippet_f1(pages, texts), "interval": ""}
    scores: dict[str, list[float]] = defaultdict(list)
    for page, text in zip(pages, texts, strict=True):
        scores[corpus.row_site(page)].append(four_gram_f1(text, page["body"]))
    low, high = intervals.interval(scores)
    return {"f1": intervals.mean(scores), "interval": f"{low:.3f}–{high:.3f}"}


def _snippet_f1(pages: Sequence[dict[str, Any]], texts: Sequence[str]) -> float:
    right = missed = wrong = 0
    for page, text in zip(pages, texts, strict=True):
        flat = " ".join(text.split())
        right += sum(" ".join(part.split()) in flat for part in page["with"] or ())
        missed += sum(" ".join(part.split()) not in flat for part in page["with"] or ())
        wrong += sum(" ".join(part.split()) in flat for part in page["without"] or ())
    return 2 * right / max(2 * right + missed + wrong, 1)


def main() -> None:
    """Print the rows as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--every", type=int, default=1, help="take each n-th page only")
    arguments = parser.parse_args()
    print("| pages | system | F1 | 95 % interval | CPU ms a page |\n|---|---|---|---|---|")
    for row in _rows(arguments.data, arguments.every):
        shown = "| {collection} ({pages}) | {system} | {f1:.4f} | {interval} | {ms_a_page:.1f} |"
        print(shown.format(**row), flush=True)
    print(f"\n{_NOTE}")


if __name__ == "__main__":
    main()
