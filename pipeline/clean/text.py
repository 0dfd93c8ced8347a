"""Texts to cleaned articles and back: the public functions for text that came flattened.

`clean_texts` gives each line its role, keeps the body and joins it to paragraphs; `rebuild`
goes the other way and proves that nothing was lost. Which lines are body is `model`'s work.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pipeline.clean.decide import decide
from pipeline.clean.furniture import FurnitureIndex, furniture_shares
from pipeline.clean.lines import plain_texts, split
from pipeline.clean.model import label
from pipeline.clean.normal import normalise
from pipeline.clean.shape import FILLER, SOFT, shaped
from pipeline.records import BODY, Cleaned, Line

#: A text is taken for hard-wrapped if its full lines are about equally long, and at most this.
_WIDEST_WRAP: Final = 110
_BATCH: Final = 300_000
_CLOSED: Final = re.compile(r"[.!?…:;。][\"'”’»)\]]*$")
_CONTINUES: Final = re.compile(r"[a-zß-öø-ÿ,.;:!?)\]’”%]")
_BROKEN_WORD: Final = re.compile(r"\w{2}[-\u2010]$")
_DOUBLE: Final = 2
#: A body line, its normal form, and whether it goes on in the raw line of the one before.
_Piece = tuple[Line, str, bool]
_SQUASHED: Final = re.compile(r"[\s\-\u2010]+")


class RebuildError(ValueError):
    """The removed spans and the clean text do not add up to the raw text."""


def clean_texts(
    raw_texts: Sequence[str], furniture: Sequence[FurnitureIndex | None] | None = None
) -> list[Cleaned]:
    """Return each of `raw_texts` as an article: its lines with their roles, and its body.

    `furniture`, one entry a text, is what is known to recur in its source. The answer for a text
    depends on the text and its furniture alone, never on the rest of the batch.
    """
    cleaned: list[Cleaned] = []
    known = list(furniture) if furniture is not None else [None] * len(raw_texts)
    for low, high in _batches(raw_texts):
        cleaned += _clean_batch(raw_texts[low:high], known[low:high])
    return cleaned


def _batches(raw_texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield slices of about `_BATCH` characters: what the processor's cache holds.

    They are about equal: one of a few texts would cost almost as much as a whole one.
    """
    whole = sum(map(len, raw_texts))
    most = whole / max(round(whole / _BATCH), 1)
    low, size = 0, 0
    for number, text in enumerate(raw_texts, 1):
        size += len(text)
        if size >= most or number == len(raw_texts):
            yield low, number
            low, size = number, 0


def _clean_batch(
    raw_texts: Sequence[str], furniture: Sequence[FurnitureIndex | None]
) -> list[Cleaned]:
    shapes = [shaped(text) for text in raw_texts]
    lines = split(shapes)
    shares = furniture_shares(lines, furniture)
    labels = label(lines, known_furniture=shares)
    decided = decide(lines, labels, shares)
    cleaned = []
    every = zip(raw_texts, shapes, decided, plain_texts(lines), strict=True)
    for raw_text, shape, own, plain in every:
        if FILLER in shape:
            own = tuple(line._replace(text=line.text.replace(FILLER, "")) for line in own)
        cleaned.append(Cleaned(raw_text, own, body_text(own, shape, plain=plain), "line_model"))
    return cleaned


def removed_spans(cleaned: Cleaned) -> list[dict[str, Any]]:
    """Return the character spans of the raw text that are not body, in order.

    Each is a dict of start, end, role, rule and score, as in the table `clean_documents`.
    """
    return [
        {"start": line.start, "end": line.end, "role": line.role, "rule": line.rule,
         "score": line.score}
        for line in cleaned.lines
        if line.role != BODY
    ]  # fmt: skip


def body_text(lines: Iterable[Line], shape: str = "", *, plain: bool = False) -> str:
    """Return the body of `lines` in normal form, paragraphs separated by one blank line.

    A line is a paragraph, unless it runs on from the line before: in hard-wrapped text, after a
    word broken at the line's end, or where a sentence goes on in small letters. `shape` is the
    text as `shape.shaped` gives it, only read to tell which line breaks stand between two lines.
    `plain`: what `lines.plain_texts` says of it.
    """
    pieces = _pieces(lines, shape, plain=plain)
    width = _wrap_width([text for _, text, _ in pieces])
    paragraphs: list[str] = []
    last_length = 0
    for (_, text, same_line), follows in zip(pieces, _follows(pieces, shape, width), strict=True):
        if same_line or (follows and _runs_on(paragraphs[-1], last_length, text, width)):
            paragraphs[-1] = _joined(paragraphs[-1], text)
        else:
            paragraphs.append(text)
        last_length = len(text)
    return "\n\n".join(paragraphs)


def rebuild(raw_text: str, text: str, removed: Sequence[dict[str, Any]]) -> str:
    """Return the raw text of a document from its clean `text` and its `removed` spans.

    Walks the removed spans and the gaps between them; each gap must normalise to the next piece
    of `text`. Raises `RebuildError` where it does not, where spans overlap or where text is left.
    """
    wanted = _squash(text)
    shape = shaped(raw_text)
    pieces: list[str] = []
    at, used = 0, 0
    for span in [*removed, {"start": len(raw_text), "end": len(raw_text)}]:
        start, end = int(span["start"]), int(span["end"])
        if start < at or end < start or end > len(raw_text):
            raise RebuildError(f"span {start}–{end} overlaps another or leaves the text")
        gap = _plain(shape[at:start])
        if not wanted.startswith(gap, used):
            # Pages are flattened as they stand.
            gap = _plain(raw_text[at:start])
        if not wanted.startswith(gap, used):
            raise RebuildError(f"characters {at}–{start} of the raw text are not in the clean text")
        used += len(gap)
        pieces += [raw_text[at:start], raw_text[start:end]]
        at = end
    if used != len(wanted):
        raise RebuildError(f"the clean text has {len(wanted) - used} characters of its own")
    return "".join(pieces)


def _plain(piece: str) -> str:
    return _squash("".join(normalise(line) for line in piece.splitlines()))


def _squash(text: str) -> str:
    """Return `text` without what paragraphing may change: blanks and hyphens."""
    return _SQUASHED.sub("", text)


def _wrap_width(lines: Sequence[str]) -> int:
    """Return the width a text was wrapped at, 0 where it was not."""
    if len(lines) < 6:
        return 0
    lengths = [len(line) for line in lines]
    widest = max(lengths)
    if not 40 <= widest <= _WIDEST_WRAP:
        return 0
    # Wrapped lines crowd below the width, and most of them stop in mid-sentence.
    full = sum(length > widest * 0.75 for length in lengths) / len(lengths)
    # Only the end is looked at: a search from the start would read every line whole.
    closed = sum(bool(_CLOSED.search(line[-4:])) for line in lines) / len(lines)
    return widest if full > 0.6 and closed < 0.5 else 0


def _pieces(lines: Iterable[Line], shape: str, *, plain: bool) -> list[_Piece]:
    """Return body lines, their normal form, and whether they share a raw line with the last."""
    pieces: list[_Piece] = []
    unbroken, end = False, -1
    for line in lines:
        unbroken = unbroken and (line.start == end or shape[end : line.start] == SOFT)
        end = line.end
        if line.role != BODY:
            continue
        if text := line.text.strip(" ") if plain else normalise(line.text):
            pieces.append((line, text, unbroken))
            unbroken = True
    return pieces


def _follows(pieces: Sequence[_Piece], shape: str, width: int) -> list[bool]:
    """Return for each piece whether it stands right below the one before.

    Wrapped lines may all be double-spaced; one that is indented below one that is not opens a
    paragraph.
    """
    lines = [line for line, _, _ in pieces]
    pairs = list(itertools.pairwise(lines))
    close = [
        line.start - last.end == 1 or shape[last.end : line.start].strip(" \r") == "\n"
        for last, line in pairs
    ]
    if width and not any(close):
        close = [shape[last.end : line.start].count("\n") <= _DOUBLE for last, line in pairs]
    if width:
        opens = (line.text[:2].isspace() and not last.text[:2].isspace() for last, line in pairs)
        close = [a and not b for a, b in zip(close, opens, strict=True)]
    return [False, *close][: len(pieces)]


def _runs_on(before: str, last_length: int, text: str, width: int) -> bool:
    """Return whether a line `text` goes on with the paragraph `before` right above it.

    `last_length` is the length of the paragraph's last line, `width` that of wrapped lines.
    """
    if _CLOSED.search(before[-4:]):
        return last_length > width * 0.75 > 0
    goes_on = _CONTINUES.match(text) or _BROKEN_WORD.search(before[-3:])
    return bool(goes_on) or last_length > width * 0.6 > 0


def _joined(before: str, text: str) -> str:
    if _BROKEN_WORD.search(before[-3:]) and text[0].islower():
        return before[:-1] + text
    return before + text if text[0] in ",.;:!?)]’”%" else f"{before} {text}"
