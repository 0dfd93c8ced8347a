"""Give removed lines the role that the chosen fields prove.

The line model knows what is not body; which of those lines is the headline, the masthead or the
byline shows once the fields are chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pipeline.describe.fold import fold
from pipeline.records import BODY, Cleaned, Line, Metadata

_RULE: Final = "chosen_field"


def confirmed(cleaned: Cleaned, metadata: Metadata) -> Cleaned:
    """Return `cleaned` with the roles of its removed lines set right where a field proves them.

    The first line that holds the headline is the headline, a later one a repeat of it.
    """
    proven = dict(_proven(metadata))
    if not proven:
        return cleaned
    lines = []
    for line in cleaned.lines:
        role = proven.get(fold(line.text)) if line.role != BODY else None
        if role == "headline":
            proven[fold(line.text)] = "repeat"
        lines.append(_with_role(line, role))
    return replace(cleaned, lines=tuple(lines))


def _proven(metadata: Metadata) -> Iterator[tuple[str, str]]:
    """Folded texts of lines, and the role that a line of just that text has."""
    for role in ("outlet", "byline", "deck", "headline"):
        value = getattr(metadata, role)
        if value:
            yield fold(value), role


def _with_role(line: Line, role: str | None) -> Line:
    return line if role in (None, line.role) else replace(line, role=role or "", rule=_RULE)
