"""Dates that lines of the text state, for flattened text and pages alike.

Every line near the headline, the byline and the two ends of the body is read, whatever its role;
what the line is (mostly a date, a byline, labelled "Published", in a list of other stories) and
where it stands become the name of the rule, and how often each rule is right was measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.describe import date_words
from pipeline.describe.date_parse import Order, Stated, find
from pipeline.describe.hints import FIGURE
from pipeline.records import BODY, Line

if TYPE_CHECKING:
    from pipeline.describe.context import Context

#: A line that could hold a date: a year, or a numeric date with a short year.
_DATED: Final = re.compile(
    r"\d(?:(?:(?<=1)9|(?<=2)0)\d\d|\d?[./-]\d{1,2}[./-]\s?\d\d"
    r"|(?<=\b\d)\d?[\s-]\w{3,9}[\s-]['’]?\d\d\b)"
)
_BYLINE: Final = re.compile(r"(?:^|[|•·–—-])\s*(?:by|von|por|par|di|door|af|av)\b[\s:]", re.I)
_LONGEST: Final = 300
_OPENING: Final = 24
#: Shortest paragraph that can open with a date; shorter lines are told by what else they hold.
_OPENING_LENGTH: Final = 80
_ABOVE: Final = 14
_NEAR: Final = 6
_BELOW: Final = 12
#: How far above the body a line is read.
_FAR: Final = 80
#: A longer line in another story's teaser or a footer tells something, it does not date.
_ASIDE_WORDS: Final = 10
_WORD: Final = re.compile(r"[^\W\d_]+")
#: Most words beside the date of a line that is the date alone.
_FEW: Final = 2
#: More words that end as a sentence does are a caption.
_STAMP_WORDS: Final = 12
#: How a piece of a sentence with a date opens: "In this June 4, 2019".
_IN_PROSE: Final = re.compile(r"(?:in|on) (?:this|a)\b|since\b|until\b|seit\b", re.I)

#: Roles whose dates are those of other things: comments, links to other stories, footers.
_OTHER_ROLES: Final = frozenset(
    ("comment", "related", "nav", "legal", "ad", "promo", "player", "bio")
)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date on a line: how it is stated, whether published or updated, rule and the line."""

    stated: Stated
    field: str
    rule: str
    text: str


def dated_lines(context: Context, order: Order | None) -> list[Dated]:
    """Return the dates that lines state, in the order of the text."""
    lines, hints = _printed(context)
    hinted = [number for number, held in enumerate(hints) if held & FIGURE]
    return [
        dated
        for number, place in _places(lines, hinted)
        if _DATED.search(lines[number].text[:_LONGEST])
        for dated in _read(lines[number], lines[number - 1] if number else None, place, order)
    ]


def _printed(context: Context) -> tuple[list[Line], list[int]]:
    """Return the lines as printed, with their hints: parts of a line are put together again.

    The role of the whole is that of the part that can date the article, else of the first part.
    """
    raw = context.cleaned.raw_text
    joined: list[Line] = []
    hints: list[int] = []
    for line, held in zip(context.cleaned.lines, context.hints, strict=True):
        last = joined[-1] if joined else None
        # Parts of one line touch.
        if last is None or line.start > last.end or line.end - last.start > _LONGEST:
            joined.append(line)
            hints.append(held)
            continue
        hints[-1] |= held
        role = (
            line.role
            if line.role in ("timestamp", "byline") and last.role != "byline"
            else last.role
        )
        joined[-1] = last._replace(end=line.end, text=raw[last.start : line.end], role=role)
    return joined, hints


def _places(lines: Sequence[Line], numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield those of the line numbers that are worth reading, with their place.

    `above` is between headline and body; without a headline, `near` is right before the body and
    `high` a little further; `top` is the rest before the body; `start`, `end` and `below` speak
    for themselves.
    """
    body = [number for number, line in enumerate(lines) if line.role == BODY]
    first, last = (body[0], body[-1]) if body else (min(len(lines), 40), min(len(lines), 40))
    headline = next(
        (n for n, line in enumerate(lines[: first + 3]) if line.role == "headline"), None
    )
    edge = {*body[:4], *body[-3:]}
    for number in numbers:
        if not first - _FAR <= number <= last + _BELOW:
            continue
        if number < first and headline is not None:
            yield number, "above" if number >= headline else "top"
        elif number < first:
            above = first - number
            yield number, "near" if above <= _NEAR else "high" if above <= _ABOVE else "top"
        elif number > last:
            yield number, "below"
        elif number in edge or (lines[number].role != BODY and number <= first + 8):
            yield number, "start" if number <= first + 8 else "end"
        elif lines[number].role in ("timestamp", "byline"):
            yield number, "end"


def _read(line: Line, before: Line | None, place: str, order: Order | None) -> Iterator[Dated]:
    text = line.text[: _LONGEST + 1].strip()
    long = len(text) > _LONGEST
    if _is_prose(line, text, place):
        return
    end = 0
    found = find(text, order=order)
    for count, stated in enumerate(found):
        if count > 3:
            return
        if count == 0 and _is_changed_then_published(found):
            continue
        label = date_words.label(text[end : stated.start][-32:])
        if label is None and count == 0 and not text[: stated.start].strip() and before is not None:
            label = date_words.label(before.text) if len(before.text.strip()) < 30 else None
        end = stated.end
        # A paragraph is dated only by what it opens with: "Published: May 3, 2018 ...".
        opening = count == 0 and place == "start" and _opens(line.text, stated)
        unlabelled = label is None or stated.start > _OPENING
        if label == "other" or (long and not opening and unlabelled):
            continue
        field = "updated" if label == "updated" else "published"
        shape = "opening" if opening else _shape(line, stated, label)
        if shape == "prose":
            continue
        yield Dated(stated, field, f"{shape}_{place}", text)


def _is_prose(line: Line, text: str, place: str) -> bool:
    """Tell whether a line holds so many words that only a date that it opens with can date it.

    There is none then: reading the dates of prose takes long, and is of no use.
    """
    if line.role == "timestamp" or text.count(" ") < _MOST_DATED_WORDS:
        return False
    if len(_WORD.findall(text)) <= _MOST_DATED_WORDS:
        return False
    if len(text) <= _LONGEST < len(line.text):
        return False  # blanks at its ends hide how long it is
    is_read = place == "start" or len(text) > _LONGEST
    return not is_read or _FIGURE.search(text, 0, _OPENING_REACH) is None


#: The most words of a line that is more than prose, those of its date included.
_MOST_DATED_WORDS: Final = 40
#: How far into a line its first figure stands where the line opens with a date.
_OPENING_REACH: Final = 80
_FIGURE: Final = re.compile(r"\d")


def _is_changed_then_published(found: Sequence[Stated]) -> bool:
    """Tell whether two dates are glued together, the later one first.

    A page that prints both and hides one gives "December 10, 2021April 9, 2019": the day of the
    last change and that of the publication.
    """
    return len(found) > 1 and found[0].end == found[1].start and found[0].day > found[1].day


#: "NEW YORK, May 3, 2019 -- ", "(21. November 2022) ", "Köln, (12.11.2021). "
_BEFORE_OPENING: Final = re.compile(
    r"[\s(/|•·–—-]{0,4}(?:[^\W\d_][^\d!?;:]{1,39}[\s,(/|–—-]{1,4})?"
)
_AFTER_OPENING: Final = re.compile(r"\)[\s.:,–—-]|\s{0,2}(?:[–—|:]|--?\s|/\s?\w|\(\w)")


def _opens(text: str, stated: Stated) -> bool:
    """Return whether a paragraph opens with the date, as press releases do."""
    before, after = text.lstrip()[: stated.start], text.lstrip()[stated.end : stated.end + 8]
    return (
        len(text) > _OPENING_LENGTH
        and _BEFORE_OPENING.fullmatch(before) is not None
        and _AFTER_OPENING.match(after) is not None
    )


def _shape(line: Line, stated: Stated, label: str | None) -> str:
    """Return what kind of line it is that holds the date."""
    text = line.text.strip()
    rest = text[: stated.start] + " " + text[stated.end :]
    words = len(_WORD.findall(rest))
    if line.role == "caption" or (
        len(line.text) <= _LONGEST and line.role in _OTHER_ROLES and words > _ASIDE_WORDS
    ):
        return "prose"
    bare = words <= _FEW and label is None and stated.clock is None
    if bare and date_words.opens_with_weekday(text):
        return "weekday"
    if line.role in _OTHER_ROLES:
        return "aside"
    if label is not None and (words <= 20 or len(line.text) > _LONGEST):
        return "labelled"
    if words <= _FEW:
        return "prose" if _IN_PROSE.match(text) else "alone"
    if _BYLINE.search(text[:60]) or line.role == "byline":
        return "byline" if words <= 25 else "prose"
    if line.role == "timestamp" and (words <= _STAMP_WORDS or text[-1] not in ".?!"):
        return "stamp"
    return "short" if words <= 9 and not text.endswith((".", "?", "!")) else "prose"
