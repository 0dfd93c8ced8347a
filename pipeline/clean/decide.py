"""From the model's labels to lines with roles.

The model says what is body, with three exceptions: what is known to recur in the source, wordings
that give a line away, and repeats. Rules, then the model, name what is not body.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.clean.features import LONG
from pipeline.clean.furniture import LEARNED, LEARNED_RULE
from pipeline.clean.lines import Array, Lines
from pipeline.clean.model import Labels
from pipeline.clean.parts import DATE_ROLES, parts, promising
from pipeline.clean.place import placed
from pipeline.clean.repeats import repeated
from pipeline.clean.roles import WORDED, decided_role, rule_role
from pipeline.records import BODY, Line

#: Probability of body from which on no wording takes a line out.
CERTAIN: Final = 0.97
#: Probability of a role among the others, from which on its wording is not looked at.
SURE: Final = 0.9
#: Words in the longest line that its wording alone can take out.
_LONGEST: Final = 130
MODEL_RULE: Final = "line_model"
REPEAT_RULE: Final = "repeat"
RESCUE_RULE: Final = "only_prose"
OPENING_RULE: Final = "opening_prose"
#: A text that is body by this share of its characters is an article's text, no page; sentences
#: among its first lines open it, if they are long enough and the model does not rule them out.
_ARTICLE: Final = 0.7
_FIRST_LINES: Final = 4
_SENTENCE: Final = 10
_POSSIBLE: Final = 0.25
#: ... or holds them likely, with something else between them and the body.
_LIKELY: Final = 0.4
_ENDS: Final = (".", "!", "?", "”", '"', ".)")
#: Share of a text's characters in long lines from which on these are its prose for want of other.
_MOSTLY: Final = 0.6
_FEW_LINES: Final = 4
_BULLETS: Final = " \t*+•·–->|»"


def decide(lines: Lines, labels: Labels, furniture: Array) -> list[list[Line]]:
    """Return for each line the `Line`s that it becomes: one, or several where roles mix.

    `furniture` (n): how far each line is known to recur in its source, 0 to 1.
    """
    bases = lines.offset[lines.text]
    starts, ends = (lines.start - bases).tolist(), (lines.end - bases).tolist()
    own = lines.text.tolist()
    texts = [lines.raw_texts[t][s:e] for t, s, e in zip(own, starts, ends, strict=True)]
    verdicts = _placed(lines, texts, _verdicts(lines, labels, furniture, texts))
    found = [
        [Line(start, end, text, role, rule, score)]
        for start, end, text, (role, rule, score) in zip(starts, ends, texts, verdicts, strict=True)
    ]
    worded, dated = promising(lines)
    for row in np.flatnonzero(worded | dated).tolist():
        line = found[row][0]
        if worded[row] or line.role in DATE_ROLES or "(c)" in line.text.lower():
            found[row] = _split(line)
    return found


def _placed(
    lines: Lines, texts: list[str], verdicts: list[tuple[str, str, float]]
) -> list[tuple[str, str, float]]:
    found = []
    for low, high in zip(lines.first[:-1].tolist(), lines.first[1:].tolist(), strict=True):
        found += placed(texts[low:high], verdicts[low:high])
    return found


def _verdicts(
    lines: Lines, labels: Labels, furniture: Array, texts: list[str]
) -> list[tuple[str, str, float]]:
    is_body = labels.is_body & (furniture < LEARNED)
    rescued = _rescued(lines, is_body)
    is_body |= rescued
    told: dict[int, tuple[str, str]] = {}
    short = np.diff(lines.words.first) <= _LONGEST
    doubted = is_body & (labels.body < CERTAIN) & short & labels.worded
    for row in np.flatnonzero(doubted).tolist():
        if wording := decided_role(texts[row]):
            told[row] = wording
            is_body[row] = False
    opening = _opening(lines, is_body, labels, texts)
    is_body[opening] = True
    for row in np.flatnonzero(repeated(lines, is_body, labels.body)).tolist():
        told[row] = ("repeat", REPEAT_RULE)
        is_body[row] = False
    probability = labels.body.tolist()
    kept_by = [RESCUE_RULE if prose else MODEL_RULE for prose in rescued.tolist()]
    for row in opening:
        kept_by[row] = OPENING_RULE
    return [
        (BODY, kept_by[row], round(probability[row], 4))
        if is_body[row]
        else (*(told.get(row) or _named(text, row, labels, float(furniture[row]))),
              round(max(1 - probability[row], float(furniture[row]), WORDED * (row in told)), 4))
        for row, text in enumerate(texts)
    ]  # fmt: skip


def _rescued(lines: Lines, is_body: Array) -> Array:
    """Prose that is nearly all that a text has, where the text is of a few lines or has no body.

    The model has learned from whole articles; a text of one or two paragraphs is new to it.
    """
    prose = np.diff(lines.words.first) >= LONG
    size = lines.end - lines.start
    count = len(lines.raw_texts)
    without_body = np.bincount(lines.text, is_body, count) == 0
    brief = np.bincount(lines.text, minlength=count) <= _FEW_LINES
    share = np.bincount(lines.text, size * prose, count) / np.maximum(
        np.bincount(lines.text, size, count), 1
    )
    meant: Array = (without_body | brief) & (share >= _MOSTLY)
    return np.asarray(prose & meant[lines.text] & ~is_body)


def _opening(lines: Lines, is_body: Array, labels: Labels, texts: list[str]) -> list[int]:
    """Return the lines right above the body of article texts that are sentences of the article.

    First paragraphs look like standfirsts and captions; with no page around them they are none.
    """
    size = lines.end - lines.start
    words = np.diff(lines.words.first)
    found: list[int] = []
    for low, high in zip(lines.first[:-1].tolist(), lines.first[1:].tolist(), strict=True):
        body = is_body[low:high]
        first = low + int(body.argmax()) if high > low else low
        article = low < first <= low + _FIRST_LINES
        if not article or size[low:high][body].sum() < _ARTICLE * size[low:high].sum():
            continue
        least = _POSSIBLE
        for row in range(first - 1, low - 1, -1):
            said = words[row] >= _SENTENCE and texts[row].rstrip().endswith(_ENDS)
            if said and labels.body[row] >= least and not rule_role(texts[row]):
                found.append(row)
            else:
                least = _LIKELY
    return found


def _named(text: str, row: int, labels: Labels, known: float) -> tuple[str, str]:
    """Return the role of a removed line and what tells it: its wording, or the model."""
    rule = LEARNED_RULE if known >= LEARNED else MODEL_RULE
    tried = labels.worded[row] and labels.role_score[row] < SURE
    if tried and (told := rule_role(text.lstrip(_BULLETS))):
        return (told[0], rule) if known >= LEARNED else told
    return labels.role[row], rule


def _split(line: Line) -> list[Line]:
    return [
        Line(line.start + part.start, line.start + part.end, line.text[part.start : part.end],
             part.role, part.rule or line.rule, WORDED if part.rule else line.score)
        for part in parts(line.text, line.role)
    ] or [line]  # fmt: skip
