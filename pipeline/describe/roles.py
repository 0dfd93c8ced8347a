"""Give removed lines the role that the chosen fields prove.

The line model knows what is not body; which of those lines is the headline, the masthead or the
byline shows once the fields are chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pipeline.describe.fold import fold
from pipeline.records import BODY, Cleaned, Metadata

_RULE: Final = "chosen_field"


def confirmed(cleaned: Cleaned, metadata: Metadata) -> Cleaned:
    """Return `cleaned` with the roles of its removed lines set right where a field proves them.

    The first line that holds the headline is the headline, a later one a repeat of it.
    """
    proven = dict(_proven(metadata))
    if not proven:
        return cleaned
    lines = list(cleaned.lines)
    openings = {key[:1] for key in proven}
    for place, line in enumerate(lines):
        if line.role == BODY or not _may_open(line.text[:1], openings):
            continue
        key = fold(line.text)
        role = proven.get(key)
        if role == "headline":
            proven[key] = "repeat"
        if role is not None and role != line.role:
            lines[place] = line._replace(role=role, rule=_RULE)
    return replace(cleaned, lines=tuple(lines))


def _may_open(first: str, openings: set[str]) -> bool:
    """Tell whether a text with this first character can open, folded, with one of `openings`."""
    return not (first.isascii() and first.isalnum()) or first.lower() in openings


def _proven(metadata: Metadata) -> Iterator[tuple[str, str]]:
    """Folded texts of lines, and the role that a line of just that text has."""
    for role in ("outlet", "byline", "deck", "headline"):
        value = getattr(metadata, role)
        if value:
            yield fold(value), role
