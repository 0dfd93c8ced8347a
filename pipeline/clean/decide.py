"""From the model's labels to lines with roles: the model says what is body, rules name the rest."""

from __future__ import annotations

from typing import Final

from pipeline.clean.lines import Array, Lines
from pipeline.clean.model import Labels
from pipeline.clean.roles import rule_role
from pipeline.records import BODY, Line

#: Share of a source's documents that carry a line, from which on it is furniture.
LEARNED: Final = 0.5
MODEL_RULE: Final = "line_model"


def decide(lines: Lines, labels: Labels, furniture: Array) -> list[list[Line]]:
    """Return for each line the `Line`s that it becomes: one, or several where roles mix."""
    decided = []
    for row in range(len(lines)):
        text = lines.raw(row)
        role, rule, score = _verdict(text, row, labels, float(furniture[row]))
        base = int(lines.offset[lines.text[row]])
        start, end = int(lines.start[row]) - base, int(lines.end[row]) - base
        decided.append([Line(start, end, text, role, rule, score)])
    return decided


def _verdict(text: str, row: int, labels: Labels, furniture: float) -> tuple[str, str, float]:
    body = float(labels.body[row])
    if labels.is_body[row] and furniture < LEARNED:
        return BODY, MODEL_RULE, round(body, 4)
    named = rule_role(text)
    rule = "outlet_furniture" if furniture >= LEARNED else MODEL_RULE
    if named:
        return named[0], named[1], round(max(1 - body, furniture), 4)
    return labels.role[row], rule, round(max(1 - body, furniture), 4)
