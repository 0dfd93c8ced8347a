"""Names that stand near the headline, or under a label, and nowhere say "byline".

Most sites print the author between the headline and the story: alone on a line, beside the date,
or with a role or handle. The line with the headline is known from the markup or told by its marks;
the lines that follow it are read here. What a rule finds is told apart by whether the name opens
with a known given name; how far each is right is fitted (`data/rule_weights.tsv`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Final

from pipeline.describe.context import Context
from pipeline.describe.fold import data_words, fold, squeeze, words
from pipeline.describe.names import (
    has_label,
    opens_with_given_name,
    parse_names,
    starts_with_label,
)
from pipeline.records import Line

#: How many lines below the headline are read, and how many paragraphs end the reading.
_BELOW: Final = 10
_PARAGRAPHS: Final = 2
_PARAGRAPH_LENGTH: Final = 150

#: How far from the body the headline can stand, in lines; shortest headline, in letters.
_REACH: Final = 80
_LEAST_LETTERS: Final = 10

_LONGEST: Final = 120
#: Lines that lead to other work of an author, credit a picture or head a reader's comment.
_OTHERS: Final = re.compile(
    r"\b(?:articles|posts|stories|more|all|photos?|photograph\w*|images?|pictures?|illustrat\w+|video"
    r"|foto|bild|grafik)\s(?:from|by|von)\b|^#\d",
    re.I,
)
_DATED: Final = re.compile(r"\d{1,2}[.:/ -]\d|\b(?:19|20)\d\d\b")
_FIGURES: Final = "0123456789/.:,|•· -"
_HANDLE: Final = re.compile(r"@\w{2,40}")
#: Least share of a line, apart from its date, that is names.
_SHARE: Final = 0.6
#: A line that ends like this and has more blanks is a sentence.
_SENTENCE_ENDS: Final = '.?!:;”"’'
_MOST_BLANKS: Final = 5
#: The same of a line with "by" in its middle, which prose has too.
_SHARE_AFTER: Final = 0.4
_MOST_NAMES: Final = 4

#: A line that is only a label: the name is on the next one.
_LABEL: Final = re.compile(
    r"(?:(?:this )?(?:article|story|post|words|text)?\s?(?:was )?"
    r"(?:written|posted|published|authored|reported) by"
    r"|by|authors?|about the authors?|writers?|contributors?|autor(?:in|en|es|a|innen)?"
    r"|auteurs?|autore"
    r"|von|par|por|door|words|geschrieben von|verfasst von|écrit par|escrito por)\s?[:：]?",
    re.I,
)
#: The longest label, in characters.
_LABEL_LENGTH: Final = 32

#: What says too little where no markup tells the headline from a menu.
_MARKED_ONLY: Final = frozenset(
    f"near_{shape}_{kind}" for shape in ("alone", "beside", "dated") for kind in ("other", "lone")
)

_NEVER: Final = frozenset(("caption", "comment", "legal", "ad"))

Named = tuple[str, tuple[str, ...], str]


def near_headline(context: Context, known: frozenset[str]) -> Iterator[Named]:
    """Yield (rule, names, source line): the first name of each rule below the headline."""
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    alone: list[tuple[str, ...]] = []
    for line in _below(context):
        if line.role in _NEVER or not 4 <= len(line.text) <= _LONGEST:
            continue
        text = squeeze(line.text)
        if "(@" in text:
            continue  # who wrote an embedded post
        for rule, names in _read(text, known):
            if not context.markup and rule in _MARKED_ONLY:
                continue
            if rule == "near_alone_given":
                alone.append(names)
            found.setdefault(rule, (names, text))
    together = tuple(dict.fromkeys(name for names in alone for name in names))
    several = len(set(alone)) > 1
    for rule, (names, text) in found.items():
        # Of several lines that are only names the first can be a photographer's.
        yield "near_alone_first" if several and rule == "near_alone_given" else rule, names, text
    if several and len(together) <= _MOST_NAMES:
        yield "near_several", together, "; ".join(together)


def labelled(context: Context, known: frozenset[str]) -> Iterator[Named]:
    """Yield the name on the line after one that is only a label ("Written by:"), first found."""
    for line, following in _neighbours(context):
        text = line.text
        if len(text) > _LABEL_LENGTH or not _LABEL.fullmatch(text.strip(" *•|#-–—")):
            continue
        names = parse_names(following.text[:_LONGEST], known=known)
        if names and len(names) <= _MOST_NAMES and _share(following.text, names) >= _SHARE:
            yield f"label_{_kind(names)}", names, f"{squeeze(text)} {squeeze(following.text)}"
            return


def _neighbours(context: Context) -> Iterator[tuple[Line, Line]]:
    """Yield lines with the one after each: below the headline, around the start of the body, ends.

    On a page flattened whole, the menu alone can be longer than what counts as the text's top.
    """
    lines, first = context.cleaned.lines, context.first_body_index
    for part in (_below(context), lines[max(0, first - _BELOW) : first + 2], context.edges):
        yield from pairwise(part)


def _below(context: Context) -> Sequence[Line]:
    """Return the lines below the headline up to the second paragraph; none without a headline."""
    at = _headline_at(context)
    if at is None:
        return ()
    lines = context.cleaned.lines[at + 1 : at + 1 + _BELOW]
    paragraphs = 0
    for number, line in enumerate(lines):
        paragraphs += len(line.text) > _PARAGRAPH_LENGTH
        if paragraphs >= _PARAGRAPHS:
            return lines[:number]
    return lines


def _headline_at(context: Context) -> int | None:
    """Return the index of the last line before the body that is the headline."""
    lines, first = context.cleaned.lines, context.first_body_index
    if not context.markup:
        return context.headline_at
    stated = [fold(c.value[:300]) for c in context.markup_for("headline")]
    stated = [key for key in stated if len(key) >= _LEAST_LETTERS]
    if not stated:
        return None
    found = None
    for number in range(max(0, first - _REACH), min(len(lines), first + _BELOW)):
        line = lines[number]
        if not 10 <= len(line.text) <= 300 or (number >= first and found is not None):
            continue
        key = fold(line.text)
        if len(key) >= _LEAST_LETTERS and any(name.startswith(key) for name in stated):
            found = number
    return found


def _read(text: str, known: frozenset[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the rules by which one line names people, with the names."""
    if has_label(text):
        if _OTHERS.search(text):
            return
        names = parse_names(text, known=known, label=True, single=True)
        is_byline = starts_with_label(text.lstrip(_FIGURES)) or _share(text, names) >= _SHARE_AFTER
        if names and is_byline and len(names) <= 2 * _MOST_NAMES:
            yield f"near_by_{_kind(names)}", names
        return
    if text[-1] in _SENTENCE_ENDS and text.count(" ") > _MOST_BLANKS:
        return
    if text[-1] == ":" and "," in text:
        return  # who speaks in a transcript: "ANNA BERG, HOST:"
    if _is_picture_credit(text):
        return
    names = parse_names(text, known=known)
    if not names or len(names) > _MOST_NAMES:
        return
    share = _share(text, names)
    if _DATED.search(text):
        yield (
            f"near_dated_{_kind(names)}" if share >= _SHARE else f"near_beside_{_kind(names)}",
            names,
        )
    elif share >= _SHARE:
        yield f"near_alone_{_kind(names)}", names


def _is_picture_credit(text: str) -> bool:
    """Tell whether `text` is a name and an agency of pictures: "Anna Berg/AP"."""
    _, slash, after = text.rpartition("/")
    return bool(slash) and bool(_picture_words() & set(words(after[:60])[:3]))


@cache
def _picture_words() -> frozenset[str]:
    return frozenset(word for name in data_words("photo_agencies.txt") for word in words(name)[:1])


def _share(text: str, names: Sequence[str]) -> float:
    """Return the share of the letters of `text` without dates and handles that is names."""
    letters = fold("".join(char for char in _HANDLE.sub("", text) if not char.isdigit()))
    return len(fold("".join(names))) / max(len(letters), 1)


def _kind(names: Sequence[str]) -> str:
    if all(" " not in name for name in names):
        return "lone"
    return "given" if all(map(opens_with_given_name, names)) else "other"
