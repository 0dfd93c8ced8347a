"""Two articles side by side, with the passages that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.dedupe.align import Bodies, align, spans
from pipeline.dedupe.relations import NONE
from pipeline.dedupe.verify import compare

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

#: One colour a passage, in turn, so that its place in the other text is easily found.
_COLOURS: Final = ("green", "cyan", "magenta", "yellow", "blue")


def diff(a_text: str, b_text: str) -> list[dict[str, int]]:
    """Return the passages that two bodies share, in order of A.

    Each has a_start, a_end, b_start and b_end: offsets into the texts in code points.
    """
    bodies, a, b = Bodies([a_text, b_text]), np.array([0]), np.array([1])
    columns = spans(bodies, a, b, align(bodies, a, b))
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def render(a_text: str, b_text: str, a_title: str, b_title: str) -> Group:
    """Return two articles side by side for a rich console, shared passages marked.

    Titles and texts are shown as they stand: markup and control characters in them do nothing.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shared = diff(a_text, b_text)
    table = Table(expand=True, show_lines=False, pad_edge=False)
    table.add_column(Text(_plain(a_title)), ratio=1, overflow="fold")
    table.add_column(Text(_plain(b_title)), ratio=1, overflow="fold")
    in_a = [(span["a_start"], span["a_end"]) for span in shared]
    in_b = [(span["b_start"], span["b_end"]) for span in shared]
    table.add_row(_marked(a_text, in_a), _marked(b_text, in_b))
    return Group(Text(summary(a_text, b_text)), table)


def summary(a_text: str, b_text: str) -> str:
    """Return verdict and evidence of two bodies as a sentence or two."""
    verdict, evidence = compare(a_text, b_text)
    head = "No duplicates" if verdict.relation == NONE else verdict.relation.capitalize()
    return (
        f"{head} (one family with probability {verdict.probability:.2f}). "
        f"{evidence.containment_a:.0%} of the first and {evidence.containment_b:.0%} of the "
        f"second stand in the other; outside quotations, {evidence.story:.0%} of the shorter. "
        f"Longest shared run: {evidence.longest_run} words."
    )


def _marked(text: str, passages: list[tuple[int, int]]) -> Text:
    from rich.text import Text

    marked = Text(_plain(text))
    for number, (start, end) in enumerate(passages):
        marked.stylize(f"bold {_COLOURS[number % len(_COLOURS)]}", start, end)
    return marked


def _plain(text: str) -> str:
    """Return `text` with a visible sign for each control character, as long as before."""
    return "".join(
        each if each in "\n\t" or each.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for each in text
    )
