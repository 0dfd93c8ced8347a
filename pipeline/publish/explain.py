"""One article laid open in a terminal: its metadata with evidence, its raw text with what was cut.

Everything scraped is shown as plain `rich` text without control characters, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow.compute as pc
import pyarrow.dataset as ds
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.publish.storage import Storage

#: Colour by role; roles without one are shown in the last.
_STYLES: Final[Mapping[str, str]] = {
    "headline": "bold blue",
    "deck": "blue",
    "byline": "green",
    "bio": "green",
    "timestamp": "cyan",
    "outlet": "magenta",
    "credit": "magenta",
    "caption": "yellow",
    "promo": "red",
    "ad": "red",
    "related": "bright_red",
}
_OTHER_STYLE: Final = "bright_black"
_HIDDEN: Final = ("text", "removed", "evidence")


class NotFound(LookupError):
    """No article, or more than one, has an id that begins as asked."""


def find_article(storage: Storage, prefix: str) -> dict[str, Any]:
    """Return the published article whose id is or begins with `prefix`; `NotFound` otherwise."""
    matches = pc.starts_with(ds.field("article_id"), prefix)
    found = storage.read("articles", where=matches).to_pylist()
    if not found:
        raise NotFound(f"no article in {storage.uri} has an id that begins with {prefix}")
    if len(found) > 1:
        ids = ", ".join(article["article_id"] for article in found[:5])
        raise NotFound(f"{len(found)} articles begin with {prefix}: {ids}; give more of the id")
    article: dict[str, Any] = found[0]
    return article


def print_article(console: Console, storage: Storage, prefix: str) -> None:
    """Print the article's fields, their evidence, and its raw text with the removed in colour."""
    article = find_article(storage, prefix)
    console.print(_fields(article))
    console.print(_evidence(article["evidence"]))
    console.print(Text("Raw text; what was removed is coloured and named", style="italic"))
    console.print(marked_text(_raw_text(storage, article), article["removed"]))


def _raw_text(storage: Storage, article: Mapping[str, Any]) -> str:
    same = ds.field("article_id") == article["article_id"]
    day = [article["scrape_date"]]
    raw: str = storage.read("clean_documents", day, ["raw_text"], same)["raw_text"][0].as_py()
    return raw


def marked_text(raw_text: str, removed: list[dict[str, Any]]) -> Text:
    """Return the raw text with each removed span in the colour of its role, and role and rule."""
    shown = Text()
    position = 0
    for span in removed:
        shown.append(printable(raw_text[position : span["start"]]))
        style = _STYLES.get(span["role"], _OTHER_STYLE)
        shown.append(printable(raw_text[span["start"] : span["end"]]), style=style)
        label = f" ⟨{span['role']} · {span['rule']} · {span['score']:.2f}⟩"
        shown.append(label, style=f"{style} dim italic")
        position = span["end"]
    shown.append(printable(raw_text[position:]))
    return shown


def _fields(article: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2), show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in article.items():
        if name not in _HIDDEN and value not in (None, []):
            shown = ", ".join(value) if isinstance(value, list) else str(value)
            table.add_row(name, Text(printable(shown)))
    return table


def _evidence(evidence: list[dict[str, Any]]) -> Table:
    table = Table(title="Evidence", title_justify="left", box=None, padding=(0, 2))
    for name in ("field", "value", "confidence", "rule", "from"):
        table.add_column(name, overflow="fold")
    for found in evidence:
        cells = [found["field"], found["value"], f"{found['confidence']:.2f}", found["rule"]]
        table.add_row(*(Text(printable(c)) for c in [*cells, found["source_text"]]))
    return table


def printable(text: str) -> str:
    """Replace control characters other than line breaks: scraped text must not drive terminals."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
