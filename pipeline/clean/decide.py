"""From the model's labels to lines with roles.

The model says what is body, with three exceptions: what is known to recur in the source, wordings
that give a line away, and repeats. Rules, then the model, name what is not body.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.clean.edges import around, between, closing, opening, run_on, scraps, turns
from pipeline.clean.features import LONG
from pipeline.clean.furniture import LEARNED, LEARNED_RULE
from pipeline.clean.lines import Array, Lines
from pipeline.clean.model import Labels
from pipeline.clean.parts import DATE_ROLES, PartRule, parts, promising, rules_for
from pipeline.clean.place import placed
from pipeline.clean.repeats import repeated
from pipeline.clean.roles import WORDED, decided_roles, rule_roles
from pipeline.clean.shape import SOFT
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
NEIGHBOURS_RULE: Final = "neighbours"
SCRAP_RULE: Final = "scrap"
#: A text that is body by this share of its characters is an article's text, no page; sentences
#: among its first lines open it.
_ARTICLE: Final = 0.7
_FIRST_LINES: Final = 4
#: Words in the longest piece of a squeezed text that its wording can take out: prose may be glued
#: to it.
_LONGEST_OF_PIECES: Final = 25
_LONGEST_TITLE: Final = 14
#: Share of a text's characters in long lines from which on these are its prose for want of other.
_MOSTLY: Final = 0.6
_FEW_LINES: Final = 4
#: Share of the characters of a squeezed text that are sentences of so many words or more, from
#: which on it is an article and no page.
_ALL_PROSE: Final = 0.95
_SENTENCE_WORDS: Final = 5
#: Share of such an article's characters that the model must leave, or none of it goes for what it
#: says. Of 211 articles in one line, .8 % of the words are lost with it, 1.1 % without, and no page
#: gets worse.
_UNDERSTOOD: Final = 0.5
_TERMINATORS: Final = np.array([ord(each) for each in ".!?…。！？"])
_CLOSERS: Final = np.array([ord(each) for each in "\"'”’»)]"])
_BULLETS: Final = " \t*+•·–->|»"


def decide(lines: Lines, labels: Labels, furniture: Array) -> list[tuple[Line, ...]]:
    """Return the `Line`s of each text: one for each of its lines, or several where roles mix.

    `furniture` (n): how far each line is known to recur in its source, 0 to 1.
    """
    bases = lines.offset[lines.text]
    starts, ends = (lines.start - bases).tolist(), (lines.end - bases).tolist()
    own = lines.text.tolist()
    texts = [lines.raw_texts[t][s:e] for t, s, e in zip(own, starts, ends, strict=True)]
    verdicts = _placed(lines, texts, _verdicts(lines, labels, furniture, texts))
    columns = zip(starts, ends, texts, *zip(*verdicts, strict=True), strict=True)
    found = list(map(Line._make, columns))
    split = _split(lines, found)
    first = lines.first.tolist()
    return [
        tuple(found[low:high]) if split.keys().isdisjoint(range(low, high))
        else tuple(line for row in range(low, high) for line in split.get(row, (found[row],)))
        for low, high in itertools.pairwise(first)
    ]  # fmt: skip


def _split(lines: Lines, found: Sequence[Line]) -> dict[int, list[Line]]:
    """Return what lines of mixed roles are split into, by row."""
    worded, dated = promising(lines)
    rows = [
        row for row in np.flatnonzero(worded | dated).tolist()
        if worded[row] or found[row].role in DATE_ROLES or "(c)" in found[row].text.lower()
    ]  # fmt: skip
    chosen = rules_for([found[row].text for row in rows], [found[row].role for row in rows])
    split = {}
    for row, rules in zip(rows, chosen, strict=True):
        if pieces := rules and _parts(found[row], rules):
            split[row] = pieces
    return split


def _parts(line: Line, rules: Sequence[PartRule]) -> list[Line]:
    return [
        Line(line.start + part.start, line.start + part.end, line.text[part.start : part.end],
             part.role, part.rule or line.rule, WORDED if part.rule else line.score)
        for part in parts(line.text, line.role, rules)
    ]  # fmt: skip


def _placed(
    lines: Lines, texts: list[str], verdicts: list[tuple[str, str, float]]
) -> list[tuple[str, str, float]]:
    found = []
    for low, high in zip(lines.first[:-1].tolist(), lines.first[1:].tolist(), strict=True):
        own, verdict = texts[low:high], verdicts[low:high]
        for row, role in scraps(own, verdict):
            verdict[row] = (role, SCRAP_RULE, round(1 - verdict[row][2], 4))
        found += placed(own, verdict)
    # Before the first sentence of a squeezed page stands its menu, glued to the headline.
    long = np.diff(lines.words.first) > _LONGEST_TITLE
    for row in np.flatnonzero(_pieces(lines) & long).tolist():
        if found[row][0] == "headline":
            found[row] = ("nav", MODEL_RULE, found[row][2])
    return found


def _verdicts(
    lines: Lines, labels: Labels, furniture: Array, texts: list[str]
) -> list[tuple[str, str, float]]:
    is_body = labels.is_body & (furniture < LEARNED)
    rescued = _rescued(lines, is_body)
    is_body |= rescued
    told: dict[int, tuple[str, str]] = {}
    pieces = _pieces(lines)
    short = np.diff(lines.words.first) <= np.where(pieces, _LONGEST_OF_PIECES, _LONGEST)
    doubted = is_body & (labels.body < CERTAIN) & short & labels.worded
    rows = np.flatnonzero(doubted).tolist()
    for row, wording in zip(rows, decided_roles([texts[row] for row in rows]), strict=True):
        if wording:
            told[row] = wording
            is_body[row] = False
    chance = np.where(furniture < LEARNED, labels.body, 0.0)
    joined = _by_neighbours(lines, is_body, chance, texts, told)
    is_body[joined] = True
    for row in np.flatnonzero(repeated(lines, is_body, labels.body)).tolist():
        told[row] = ("repeat", REPEAT_RULE)
        is_body[row] = False
    kept_by = [RESCUE_RULE if prose else MODEL_RULE for prose in rescued.tolist()]
    for row in joined:
        kept_by[row] = NEIGHBOURS_RULE
    scores = np.where(is_body, labels.body, 1 - labels.body)
    rounded = np.round(scores, 4).tolist()
    verdicts = [(BODY, *kept) for kept in zip(kept_by, rounded, strict=True)]
    for row, named in _named(texts, ~is_body, labels, furniture).items():
        sure = max(float(scores[row]), float(furniture[row]), WORDED * (row in told))
        verdicts[row] = (*told.get(row, named), round(sure, 4))
    return verdicts


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
    rescued = prose & meant[lines.text]
    if len(sentences := sentences_of_prose(lines, is_body)):
        rescued[sentences] = True
    return np.asarray(rescued & ~is_body)


def sentences_of_prose(lines: Lines, is_body: Array) -> Array:
    """Return the rows that are sentences of squeezed texts of hardly anything else.

    `is_body` (n): the model's verdicts. An article in one line of which it takes half is one that
    it does not understand: it knows lines as paragraphs.
    """
    pieces = _pieces(lines)
    if not pieces.any():
        return np.flatnonzero(pieces)
    last, before = lines.chars[lines.end - 1], lines.chars[np.maximum(lines.end - 2, 0)]
    closed = np.isin(last, _TERMINATORS) | (np.isin(last, _CLOSERS) & np.isin(before, _TERMINATORS))
    sentence = pieces & closed & (np.diff(lines.words.first) >= _SENTENCE_WORDS)
    size, count = lines.end - lines.start, len(lines.raw_texts)
    whole, said, kept = (
        np.bincount(lines.text, size * mask, count) for mask in (1, sentence, is_body)
    )
    meant = (said >= _ALL_PROSE * whole) & (kept < _UNDERSTOOD * whole)
    return np.flatnonzero(sentence & meant[lines.text])


def _by_neighbours(
    lines: Lines,
    is_body: Array,
    chance: Array,
    texts: list[str],
    told: dict[int, tuple[str, str]],
) -> list[int]:
    """Return the rows that are body for what stands around them, against the model.

    `chance` (n): the probability of body.
    """
    size = lines.end - lines.start
    count = len(lines.raw_texts)
    ours, all_of = (np.bincount(lines.text, size * mask, count) for mask in (is_body, 1))
    article = (ours >= _ARTICLE * all_of).tolist()
    every_word, every_chance = np.diff(lines.words.first).tolist(), chance.tolist()
    every_kept = is_body.tolist()
    found: list[int] = []
    pieces = _pieces(lines)
    for number, (low, high) in enumerate(itertools.pairwise(lines.first.tolist())):
        kept = every_kept[low:high]
        body = [row for row, is_ours in enumerate(kept) if is_ours]
        if not body:
            continue
        own, words, chances = texts[low:high], every_word[low:high], every_chance[low:high]
        rows = turns(own, kept) + run_on(own, kept, chances)
        piece = pieces[low:high].tolist()
        if article[number]:
            first, last = body[0], body[-1]
            if first <= _FIRST_LINES:
                rows += opening(own, words, first, chances)
            rows += closing(own, words, last, chances)
            if any(piece):
                rows += [row for row in around(own, first, last, chances) if piece[row]]
        if any(piece):
            gaps = between(body, chances)
            rows += [row for row in gaps if piece[row] and low + row not in told]
        found += [low + row for row in rows]
    return found


def _pieces(lines: Lines) -> Array:
    """Return which lines are pieces of a line that was squeezed."""
    soft = ord(SOFT)
    before = lines.chars[np.maximum(lines.start - 1, 0)]
    return np.asarray((before == soft) | (lines.chars[lines.end] == soft))


def _named(
    texts: list[str], removed: Array, labels: Labels, furniture: Array
) -> dict[int, tuple[str, str]]:
    """Return the role of each removed line and what tells it: its wording, or the model."""
    named = {
        row: (labels.role[row], LEARNED_RULE if furniture[row] >= LEARNED else MODEL_RULE)
        for row in np.flatnonzero(removed).tolist()
    }
    rows = np.flatnonzero(removed & labels.worded & (labels.role_score < SURE)).tolist()
    worded = rule_roles([texts[row].lstrip(_BULLETS) or texts[row] for row in rows])
    for row, told in zip(rows, worded, strict=True):
        if told:
            named[row] = (told[0], named[row][1]) if furniture[row] >= LEARNED else told
    return named
