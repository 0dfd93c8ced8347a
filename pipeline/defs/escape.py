"""Scraped text as Dagster's UI may show it: nothing in it acts as markup."""

import html
from collections.abc import Mapping, Sequence

_CELL_CHARACTERS = 90
_MESSAGE_CHARACTERS = 1_000
_MARKDOWN = frozenset("\\`*_{}[]()#+!|~:/@-<>.=")


def markdown_table(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, object]],
    characters: int = _CELL_CHARACTERS,
) -> str:
    """Return rows as a Markdown table; scraped text cannot break out of its cell.

    A cell has at most so many `characters`.
    """
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(escaped(row[column], characters) for column in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def escaped(value: object, characters: int = _CELL_CHARACTERS) -> str:
    """Return an untrusted value in one line of at most `characters`, without markup that acts."""
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if isinstance(value, float):
        value = f"{value:.3f}"
    text = "" if value is None else str(value)
    flat = _visible(text[: 4 * characters])
    if len(flat) > characters:
        flat = flat[: characters - 1] + "…"
    return "".join(f"&#{ord(c)};" if c in _MARKDOWN else html.escape(c) for c in flat)


def plain(message: str) -> str:
    """Return a message without control characters or characters that Markdown or HTML act on."""
    shown = _visible(message[:_MESSAGE_CHARACTERS])
    return "".join(c for c in shown if c not in "\\`*[]<>!|~#")


def _visible(text: str) -> str:
    """One line, without control and direction-changing characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
