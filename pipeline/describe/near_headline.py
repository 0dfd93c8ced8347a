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
from typing import Final

from pipeline.describe.context import Context
from pipeline.describe.fold import data_words, fold, squeeze, words
from pipeline.describe.names import (
    has_label,
    kind_of,
    parse_names,
    starts_with_label,
    without_marks,
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
    r"|(?:article|story|text|words|post|report|column|essay|opinion|review) by"
    r"|by|authors?|author\(s\)|投稿者|作者|about the authors?|writers?|contributors?"
    r"|autor(?:in|en|es|a|innen)?"
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
    for line in context.below_headline:
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
    for lines, at in _labels(context):
        names = _listed(lines, at + 1, known)
        if names and not _is_imprint(lines, at):
            shown = f"{squeeze(lines[at].text)} {squeeze(lines[at + 1].text)}"
            yield f"label_{kind_of(names)}", names, shown
            return


def announced(lines: Sequence[Line], at: int, known: frozenset[str]) -> tuple[str, ...]:
    """Return the names that the line at `at` announces ("By Jane Doe"), on it or below it."""
    text = squeeze(lines[at].text[:_LONGEST])
    if len(text) <= _LABEL_LENGTH and _LABEL.fullmatch(text.strip(" *•|#-–—")):
        if at + 1 >= len(lines) or _is_imprint(lines, at):
            return ()
        return _listed(lines, at + 1, known)
    if _OTHERS.search(text) or not starts_with_label(text):
        dated = _DATED.search(text) is not None and has_label(text)
        return parse_names(text, known=known, label=True) if dated else ()
    names = parse_names(text, known=known)
    return names if len(names) <= 2 * _MOST_NAMES and _share(text, names) >= _SHARE_AFTER else ()


def _listed(lines: Sequence[Line], start: int, known: frozenset[str]) -> tuple[str, ...]:
    """Return the names on the line at `start`, and on the lines below it that go on with it.

    After "Authors:" lines that are only names go on; after "By" those that "and" or a comma joins.
    """
    found: dict[str, None] = {}
    plural = _is_plural(lines[start - 1].text)
    joined = True
    for line in lines[start : start + _LISTED]:
        text = squeeze(line.text[:_LONGEST]).lstrip("*•- ")
        lead = _JOINS.match(text)
        if found and lead and lead.end() == len(text):
            joined = True
            continue
        joined = joined or plural or (bool(found) and lead is not None)
        text = text[lead.end() :] if found and lead else text
        names = parse_names(text, known=known, strict=bool(found)) if joined and text else ()
        if not names or _share(text, names) < _least_share(text, names, is_first=not found):
            break
        found.update(dict.fromkeys(names))
        joined = text.endswith((",", " and", " und", "&"))
    return tuple(found) if len(found) <= 2 * _MOST_NAMES else ()


def _least_share(text: str, names: Sequence[str], *, is_first: bool) -> float:
    """Return the share of a line below a label that must be names."""
    if not is_first:
        return _SHARE_BELOW
    return _SHARE_AFTER if text.startswith(f"{names[0]}, ") else _SHARE  # "Jane Doe, Acme Times"


#: How many lines a list of authors has at most, and what joins its lines.
_LISTED: Final = 10
_JOINS: Final = re.compile(r"(?:,|&|and\b|und\b|et\b|y\b|, and\b)\s?", re.I)

#: The least share of a further line of a list that is names.
_SHARE_BELOW: Final = 0.9


def _is_plural(label: str) -> bool:
    """Tell whether a label announces several people: "Authors:"."""
    return label.strip(" *•|#-–—:：").casefold().endswith(("s", "s)", "en", "innen"))


def _is_imprint(lines: Sequence[Line], at: int) -> bool:
    """Tell whether the label at `at` is part of an imprint: "Publisher:" stands beside it."""
    around = (*lines[max(0, at - 2) : at], *lines[at + 2 : at + 4])
    return any(_OFFICE.match(line.text[:_LABEL_LENGTH].strip()) for line in around)


_OFFICE: Final = re.compile(
    r"(?:publishers?|editors?|editor-in-chief|managing editor|designers?|webmaster|chairman"
    r"|herausgeber|chefredakteur|impressum)\s?[:：]",
    re.I,
)


def _labels(context: Context) -> Iterator[tuple[Sequence[Line], int]]:
    """Yield lines and the place in them of a label that another follows, where one can stand.

    That is below the headline, around the start of the body, and at both ends: on a page
    flattened whole, the menu alone can be longer than what counts as the text's top.
    """
    lines, first = context.cleaned.lines, context.first_body_index
    for part in (context.below_headline, lines[max(0, first - _BELOW) : first + 2], context.edges):
        for at, line in enumerate(part[:-1]):
            text = line.text
            if len(text) <= _LABEL_LENGTH and _LABEL.fullmatch(text.strip(" *•|#-–—")):
                yield part, at


def below(context: Context) -> Sequence[Line]:
    """Return the lines below the headline up to the second paragraph; none without a headline."""
    at = headline_at(context)
    if at is None:
        return ()
    lines = context.cleaned.lines[at + 1 : at + 1 + _BELOW]
    paragraphs = 0
    for number, line in enumerate(lines):
        paragraphs += len(line.text) > _PARAGRAPH_LENGTH
        if paragraphs >= _PARAGRAPHS:
            return lines[:number]
    return lines


def headline_at(context: Context) -> int | None:
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
            yield f"near_by_{kind_of(names)}", names
        return
    if text[-1] in _SENTENCE_ENDS and text.count(" ") > _MOST_BLANKS:
        return
    if text[-1] == ":" and "," in text:
        return  # who speaks in a transcript: "ANNA BERG, HOST:"
    if _is_picture_credit(text) or text.islower():
        return  # tags are written small
    names = parse_names(text, known=known)
    if not names or len(names) > _MOST_NAMES:
        return
    share = _share(text, names)
    if _DATED.search(text):
        yield (
            f"near_dated_{kind_of(names)}" if share >= _SHARE else f"near_beside_{kind_of(names)}",
            names,
        )
    elif share >= _SHARE:
        yield f"near_alone_{kind_of(names)}", names
    elif len(names) == 1 and _has_role(text, names[0]):
        yield f"near_role_{kind_of(names)}", names


def _has_role(text: str, name: str) -> bool:
    """Tell whether a line is a name and what the person does: "Jane Doe, Shipping Expert"."""
    rest = text[len(name) :] if text.startswith(name) else ""
    told = words(rest[:_LONGEST])
    return 1 <= len(told) <= _ROLE_WORDS and not data_words("role_words.txt").isdisjoint(told)


#: How many words a role has at most.
_ROLE_WORDS: Final = 8


def _is_picture_credit(text: str) -> bool:
    """Tell whether `text` is a name and an agency of pictures: "Anna Berg/AP"."""
    before, slash, after = text.rpartition("/")
    beside = {*words(after[:60])[:3], *words(before[:60])[:1]}
    return bool(slash) and not _picture_words().isdisjoint(beside)


@cache
def _picture_words() -> frozenset[str]:
    return frozenset(word for name in data_words("photo_agencies.txt") for word in words(name)[:1])


def _share(text: str, names: Sequence[str]) -> float:
    """Return the share of the letters of `text` without dates and handles that is names."""
    bare = without_marks(_HANDLE.sub("", text))
    letters = fold("".join(char for char in bare if not char.isdigit()))
    return len(fold("".join(names))) / max(len(letters), 1)
