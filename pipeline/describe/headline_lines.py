"""Which line of a flattened text is its headline.

Flattened text has lost the tags, so a headline is told by what is around it: its words come back
in the body and in the address, a byline or a date follows, it is longer than menu entries and no
sentence. The marks of a line are summed with fitted weights (`data/headline_marks.tsv`), and a
softmax over the lines and "none of them" gives the probability of each.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from math import exp
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pipeline.describe.fold import data_lines, data_words, fold, spaced, words
from pipeline.describe.hints import POINTS
from pipeline.fold import holds
from pipeline.records import BODY, Line

if TYPE_CHECKING:
    from pipeline.describe.context import Context

#: How far above the body a headline can stand, in lines, and how much of the body is compared.
_REACH: Final = 45
_BODY_LENGTH: Final = 4000
#: How much of the body opens it: what a story is about stands there.
_LEAD_LENGTH: Final = 500
_MOST_WORDS: Final = 32

#: Shortest and longest word that tells what a line is about, in letters.
_SHORT_WORD: Final = 4
_LONG_WORD: Final = 30
_SENTENCES = re.compile(r"[.!?][\"”’)]?\s+[A-Z“\"]")
_CREDIT = re.compile(r"\([^()]{3,70}\)\W{0,2}$|/[A-Z]\w{1,20}( [A-Z]\w+)?$")
_BULLET = re.compile(r"\s*[*+•·»›>–—-]\s")
_NEVER: Final = frozenset(
    ("byline", "timestamp", "legal", "aggregator", "social", "ad", "player", "repeat")
)
_NAMED_ROLES: Final = frozenset(("byline", "timestamp"))


def likely_headlines(context: Context) -> list[tuple[Line, float]]:
    """Return lines that can be the headline with their probabilities, likeliest first."""
    scored = [(line, score(marks)) for line, marks in marked_lines(context)]
    odds = [exp(min(value, 12.0)) for _, value in scored]
    whole = 1.0 + sum(odds)
    ranked = [(line, own / whole) for (line, _), own in zip(scored, odds, strict=True)]
    return sorted(ranked, key=lambda pair: -pair[1])


def score(marks: list[str]) -> float:
    """Return the summed weights of the marks of one line."""
    table = weights()
    return sum([table.get(mark, 0.0) for mark in marks])


@cache
def weights() -> dict[str, float]:
    """Return the fitted weight of each mark."""
    rows = (line.split("\t") for line in data_lines("headline_marks.tsv"))
    return {row[0]: float(row[1]) for row in rows}


def marked_lines(context: Context) -> Iterator[tuple[Line, list[str]]]:
    """Yield the lines that can be the headline, with what speaks for or against each."""
    lines, first = context.cleaned.lines, context.first_body_index
    start, end = max(0, first - _REACH), min(len(lines), first + 2)
    text = context.cleaned.text
    body = f" {spaced(text[:_BODY_LENGTH])} "
    lead = body[: _LEAD_LENGTH + 1] + " "
    if len(body) - 2 != len(text[:_BODY_LENGTH]):  # a character was folded to several
        lead = f" {spaced(text[:_LEAD_LENGTH])} "
    slug = _words(_slug(context.document.url))
    folded = _folded(lines[start : end + 8])
    again = _met_again(folded)
    naming = [n for n in range(start + 1, min(len(lines), end + 8)) if _names(lines[n])]
    hinted = [n for n in context.with_hint(POINTS) if start - _MOST_POINTS <= n < end]
    points = {n for n in hinted if _POINTS.match(lines[n].text)}
    found: list[tuple[Line, list[str], int, int]] = []
    seen: set[str] = set()
    above: tuple[int, str] = (-2, "")
    for at in range(start, end):
        line, key = lines[at], folded[at - start]
        if line.role in _NEVER or key in seen:
            continue
        printed = line.text.split(maxsplit=_MOST_WORDS)
        if not 2 <= len(printed) <= _MOST_WORDS:
            continue
        seen.add(key)
        if _is_caption(line.text) or _is_aside(line.text) or _is_squeezed_menu(context, at):
            continue
        if points and not points.isdisjoint(range(at - _MOST_POINTS, at + 1)):
            continue
        own = _words(line.text)
        in_body = [word for word in own if f" {word} " in body]
        in_lead = len([word for word in in_body if f" {word} " in lead])
        shared, place = _shared(own, len(in_body), slug), _place(lines, at, first, naming)
        marks = [*_shape(line, printed), *shared, *place, *_told_early(own, len(in_body), in_lead)]
        if key in again:
            marks.append("repeated")
        if above[0] == at - 1 and "below_1" in place:
            place.append(f"below_{above[1]}")
            marks.append(place[-1])
        above = at, shared[0]
        place.append(f"role_{line.role}")
        marks += [place[-1], *_crossed(shared, place)]
        found.append((line, marks, len(in_body), in_lead))
    most = max((shares for _, _, shares, _ in found), default=0)
    most_early = max((early for _, _, _, early in found), default=0)
    for line, marks, shares, early in found:
        marks.append("shares_most" if shares == most else f"shares_less_{min(4, most - shares)}")
        if early == most_early and early >= _SEVERAL:
            marks.append("early_most")
        yield line, marks


def _is_squeezed_menu(context: Context, at: int) -> bool:
    """Return whether a line is a menu in a line with more: what comes behind it is glued to it."""
    lines, raw_text = context.cleaned.lines, context.cleaned.raw_text
    if lines[at].role != "nav" or at + 1 == len(lines):
        return False
    return "\n" not in raw_text[lines[at].end : lines[at + 1].start]


#: How many words a line must share with the opening of the body for that to tell much.
_SEVERAL: Final = 2
#: Numbers of words, those that tell as much as one.
_STEPS: Final = (0, 1, 2, 3, 4, 4, 6, 6, 6, 9)


def _told_early(own: frozenset[str], shares: int, early: int) -> list[str]:
    """Return marks of how many words of a line the body has, and its opening."""
    last = len(_STEPS) - 1
    marks = [f"shares_{_STEPS[min(shares, last)]}", f"early_{_STEPS[min(early, last)]}"]
    if len(own) >= _SEVERAL:
        marks.append(f"early_share_{int(4.99 * early / len(own))}")
    return marks


def _folded(lines: Sequence[Line]) -> list[str]:
    """Return the lines folded; one that opens as no other does is cut, for it repeats none."""
    heads = [_head(line.text) for line in lines]
    again = _met_again(heads)
    return [
        fold(line.text[:300]) if head in again else head
        for head, line in zip(heads, lines, strict=True)
    ]


def _head(text: str) -> str:
    """Return the first four letters and digits of a line, folded."""
    head = text[:4]
    if len(head) == 4 and head.isascii() and head.isalnum():  # most
        return head.lower()
    head = fold(text[:24])[:4]
    return head if len(head) == 4 else fold(text[:300])[:4]


def _met_again(keys: Sequence[str]) -> set[str]:
    """Return the keys that stand in `keys` more than once."""
    distinct = set(keys)
    if len(distinct) == len(keys):  # most
        return set()
    return {key for key in distinct if keys.count(key) > 1}


#: A note in brackets, who wrote an embedded post, a closed video window with its caption.
_ASIDE: Final = re.compile(
    r"^\s*[(\[].{0,400}[)\]]\W{0,3}$|\(@\w{1,40}\)|^\s*CLOSE\s+\S"
    # a picture's credit at the end: "(Jo Doe/Reuters)", "(Photos: Reuters)"
    r"|\([^()/]{3,60}/[^()]{2,40}\)\W{0,2}$"
    r"|\((?i:photos?|image|picture|screenshot|credit|via|foto)\b[^()]{0,60}\)\W{0,2}$"
)
#: Opens points that sum a story up: neither it nor the points after it are the headline.
_POINTS: Final = re.compile(r"\s*(?:(?:story|article) highlights|highlights:|key points)\b", re.I)
_MOST_POINTS: Final = 4
_QUOTES: Final = "“”\"‘’'"


def _is_aside(text: str) -> bool:
    marked = "(" in text or "[" in text or "CLOSE" in text  # one is in every match
    return marked and _ASIDE.search(text) is not None


def _is_caption(text: str) -> bool:
    lowered = text.casefold()
    return holds(lowered, _IN_CAPTIONS) and holds(lowered, data_words("caption_phrases.txt"))


#: One of these is in each phrase of a caption.
_IN_CAPTIONS: Final = (
    "photo", "image", "caption", "video", "credit", "courtesy", "stock", "getty", "reuters/",
    "foto:", "bild:", "newslook", "editor", "this article is",
)  # fmt: skip


def _crossed(shared: list[str], place: list[str]) -> list[str]:
    """Return pairs of marks that mean more together: shared words, and a name or date below."""
    others = [m for m in place if m.startswith(("named_", "line_", "below_", "role_headline"))]
    return [f"{mark}&{other}" for mark in shared if mark != "few_words" for other in others]


#: Steps of the words of a line, and of how many lines above the body it stands.
_SIZES: Final = (2, 3, 4, 6, 9, 17, 25)
_DISTANCES: Final = (-9, 0, 1, 2, 4, 9, 21)


def _step(value: int, steps: Sequence[int]) -> int:
    """Return the last of the rising `steps` that `value` reaches."""
    return steps[bisect_right(steps, value) - 1]


def _shape(line: Line, printed: list[str]) -> list[str]:
    """Return marks of how a line is written; `printed` are its words."""
    text = line.text.strip()
    marks = [f"words_{_step(len(printed), _SIZES)}"]
    if _SENTENCES.search(text):
        marks.append("sentences")
    if text[-1:] in ".:,;…|":
        marks.append(f"ends_{'dot' if text[-1] == '.' else 'mark'}")
    if text[:1].islower():
        marks.append("starts_small")
    if text.isupper():
        marks.append("capitals")
    elif text[:12].isupper():
        marks.append("starts_capital")
    if ("(" in text or "/" in text) and _CREDIT.search(text[-80:]):
        marks.append("ends_credit")
    if text[:1] in _QUOTES and text[-1:] in _QUOTES:
        marks.append("quoted")
    long_words = [word for word in printed if len(word) >= _SHORT_WORD]
    if len(long_words) > 1 and all(word[0].isupper() for word in long_words):
        marks.append("title_case")
    if _BULLET.match(line.text):
        marks.append("bullet")
    if text[:3].casefold() == "by ":
        marks.append("labelled")
    if text[:1].isdigit():
        marks.append("starts_digit")
    if text[-1:] == "?":
        marks.append("ends_question")
    if " | " in text or " » " in text or " › " in text:
        marks.append("separators")
    return marks


def _shared(own: frozenset[str], in_body: int, slug: frozenset[str]) -> list[str]:
    marks = []
    if len(own) >= 2:
        marks.append(f"body_{int(4.99 * in_body / len(own))}")
    else:
        marks.append("few_words")
    if len(slug) >= 3 and own:
        marks.append(f"slug_{int(3.99 * len(own & slug) / max(len(own), 3))}")
    return marks


def _place(lines: tuple[Line, ...], at: int, first: int, naming: Sequence[int]) -> list[str]:
    """Return marks of what stands around a line; `naming` are the lines that name an author."""
    above = first - at
    marks = [f"above_{_step(above, _DISTANCES)}"]
    if at < 3:
        marks.append(f"line_{at}")
    named = next((number - at - 1 for number in naming if number > at), 9)
    if named <= 7:
        marks.append(f"named_{min(s for s in (0, 1, 3, 8) if named <= s)}")
    around = [*lines[max(0, at - 3) : at], *lines[at + 1 : at + 4]]
    length = len(lines[at].text)
    if all(length > len(ln.text) for ln in around if ln.role != BODY):
        marks.append("longest")
    if named > 7 and above <= 2 and at < 3:
        marks.append(f"bare_{above}")
    previous = lines[at - 1].role if at else "none"
    marks.append(f"after_{previous}")
    for step in (1, 2):
        if at >= step and _is_title_like(lines[at - step]):
            return [*marks, f"below_{step}"]
    if _is_title_like(lines[at + 1]) if at + 1 < len(lines) else False:
        marks.append("title_below")
    return marks


def _is_title_like(line: Line) -> bool:
    """Tell whether a line could itself be a headline, by its shape."""
    text = line.text.strip()
    return (
        line.role not in _NEVER
        and 4 <= text.count(" ") <= 24
        and text[-1:] not in ".:,;"
        and text[:1].isupper()
    )


def _names(line: Line) -> bool:
    """Tell whether a line names the author or the time: a byline, a timestamp, "By ..."."""
    text = line.text
    by = len(text) < 200 and text.lstrip(" *-–—|")[:3].casefold() == "by "
    return by or line.role in _NAMED_ROLES


def _words(text: str) -> frozenset[str]:
    return frozenset([word for word in words(text) if _SHORT_WORD <= len(word) <= _LONG_WORD])


def _slug(url: str | None) -> str:
    """Return the words of the last part of the path that has some."""
    if not url or len(url) > 2000:
        return ""
    try:
        parts = [part for part in urlsplit(url).path.split("/") if part]
    except ValueError:
        return ""
    return unquote(max(parts, key=lambda part: part.count("-") + part.count("_"), default=""))
