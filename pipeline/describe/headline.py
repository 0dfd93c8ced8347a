"""The headline as printed, without the site's name, and the deck under it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from math import exp
from typing import Final

from pipeline.describe.context import Context, shorten
from pipeline.describe.fold import fold, plain, squeeze
from pipeline.describe.outlet import known_name, name_of_domain
from pipeline.domains import domain_of
from pipeline.records import Candidate, Line

_LONGEST: Final = 300
_BETWEEN = re.compile(
    r"\s+(?:[|•·»«›‹~]+|::+|//?|[-–—－]+|<|>)\s+|\s*[|｜]+\s*|(?<=\w)\s?:\s(?=[A-Z][\w ]{2,30}$)"
)
#: Finds something in all that `_BETWEEN` parts, and opens with rare characters: the matcher
#: skips to them.
_MAY_PART = re.compile(
    r"[|｜•·»«›‹~:/–—－<>-](?:(?<=[|｜])|(?<=\s.)[|•·»«›‹~:/–—－<>-]*\s|(?<=:)\s[A-Z][\w ]{2,30}$)"
)
_MARK = re.compile(r"^(?:headline|title|video|watch|photos?)\s*:\s+", re.I)
_LABEL_ONLY = re.compile(r"^(?:headline|title)\s*:\s*", re.I)


def candidates(context: Context) -> list[Candidate]:
    """Return candidates of `headline` and `deck` from markup, lines and given metadata."""
    sites = site_keys(context)
    found = _from_markup(context, sites) if context.markup else []
    if not found:
        found = _from_lines(context, sites)
    given = context.document.given.get("headline")
    if given and _is_headline(value := without_site(plain(given), sites), sites):
        found.append(Candidate("headline", value, 0.9, "given_headline", shorten(given)))
    return found + _decks(context)


#: Least probability with which a line is kept as evidence.
_LEAST_SURE: Final = 0.02

#: Rules that read what the page shows; it shows other titles too, so they are told apart by
#: how much they share with what the page says of itself.
_SHOWN: Final = ("h1", "headline_class", "itemprop_headline", "subheading")


def _from_markup(context: Context, sites: frozenset[str]) -> list[Candidate]:
    stated = context.markup_for("headline")
    titles = [c.value for c in stated if c.rule not in _SHOWN]
    shown = Counter(c.rule for c in stated if c.rule in _SHOWN)
    others = {fold(c.value) for c in stated if c.rule != "title_tag"}
    found = []
    for candidate in stated:
        value = _cut_as_others(without_site(candidate.value, sites), others)
        if not _is_headline(value, sites):
            continue
        rule = candidate.rule
        if rule in _SHOWN and titles:
            likeness = max(shared(value, title) for title in titles)
            rule += "_only" if shown[rule] == 1 else ""
            rule += "_same" if likeness == 1 else "_like" if likeness >= _LIKE else "_unlike"
        found.append(Candidate("headline", value, 0.8, rule, candidate.source_text))
    return found


def _cut_as_others(title: str, others: Collection[str]) -> str:
    """Return the leading or last part of `title` that another source gives as the headline."""
    if not others:
        return title
    parts, marks = _split(title)
    kept = parts[0]
    for place in range(1, len(parts)):
        if _is_other(kept, others):
            return kept
        kept += marks[place - 1] + parts[place]
    last = parts[-1]
    if len(parts) == 1 and ":" in title:
        last = _AFTER_COLON.split(title, maxsplit=1)[-1]
    return last if last != title and _is_other(last, others) else title


_AFTER_COLON: Final = re.compile(r"(?<=\w)\s?:\s")


def _is_other(part: str, others: Collection[str]) -> bool:
    key = fold(part)
    return len(key) >= _LEAST_PART and key in others


#: Shortest part of a title, in letters and digits, that is taken for the whole headline.
_LEAST_PART: Final = 10


#: Least share of common letter groups of two wordings of one headline.
_LIKE: Final = 0.4


def shared(first: str, second: str) -> float:
    """Return the share of the shorter text's groups of four letters that the other has too."""
    grams = [_grams(fold(text[:_LONGEST])) for text in (first, second)]
    least = min(len(grams[0]), len(grams[1]))
    return len(grams[0] & grams[1]) / least if least else 0.0


@lru_cache(maxsize=128)
def _grams(folded: str) -> frozenset[str]:
    # What a page shows is compared with each of its titles.
    size = 4 if folded.isascii() else 2
    return frozenset([folded[at : at + size] for at in range(max(1, len(folded) - size + 1))])


def _decks(context: Context) -> list[Candidate]:
    found = [
        Candidate("deck", squeeze(line.text), 0.8, "line_deck", shorten(line.text))
        for line in context.with_role("deck")[:1]
        if 8 <= len(line.text) <= 600
    ]
    if not found and not context.markup:
        found = _under_headline(context)
    given = context.document.given.get("deck")
    if given:
        found.append(Candidate("deck", plain(given), 0.85, "given_deck", shorten(given)))
    return found + [c for c in context.markup_for("deck") if 20 <= len(c.value) <= 600]


def _under_headline(context: Context) -> list[Candidate]:
    """Read a sentence right under the headline of flattened text, above the body, as the deck."""
    for line in context.under_headline[:1]:
        text = squeeze(line.text[:600])
        is_plain = line.role in _DECK_ROLES and not _CREDITED.search(text[-80:])
        if is_plain and 8 <= text.count(" ") <= 50 and text[:1] not in "*•|+":
            return [Candidate("deck", text, 0.7, "line_under_headline", shorten(text))]
    return []


_DECK_ROLES: Final = frozenset(("nav", "deck", "other", "related", "promo"))
_CREDITED = re.compile(r"\([^()]{3,70}\)\W{0,2}$|/[A-Z]\w{1,20}$|\d{4}$|getty|photo", re.I)


def site_keys(context: Context) -> frozenset[str]:
    """Return the folded names under which this page's site can stand in a title."""
    names = [c.value for c in context.markup_for("outlet")]
    url = context.document.url or next((c.value for c in context.markup_for("url")), None)
    domain = domain_of(url)
    if domain:
        names += [domain, domain.split(".")[0], name_of_domain(url) or domain]
    names += [line.text for line in context.with_role("outlet")[:3] if len(line.text) < 60]
    if given := context.document.given.get("outlet"):
        names.append(given)
    return _keys(tuple(names))


@lru_cache(maxsize=1024)
def _keys(names: tuple[str, ...]) -> frozenset[str]:
    keys = {fold(name) for name in names}
    keys |= {key.removeprefix("the") for key in keys}
    return frozenset([key for key in keys if len(key) >= 2])


@lru_cache(maxsize=2048)
def without_site(title: str, sites: frozenset[str]) -> str:
    """Return `title` without the site's name (and section) before or after its separators."""
    title = squeeze(plain(title))[:_LONGEST]
    title = _LABEL_ONLY.sub("", title)
    parts, marks = _split(title)
    last = len(parts)
    for place in range(1, len(parts)):
        if is_site(parts[place], sites):
            last = place
            break
    first = 0
    if last > 1 and is_site(parts[0], sites):
        first = 1
    kept = parts[first]
    for place in range(first + 1, last):
        kept += marks[place - 1] + parts[place]
    return kept.strip(" |-–—•·»«")


def _split(title: str) -> tuple[list[str], list[str]]:
    if not _MAY_PART.search(title):  # most
        return [title], []
    parts, marks, end = [], [], 0
    for match in _BETWEEN.finditer(title):
        parts.append(title[end : match.start()])
        marks.append(match.group())
        end = match.end()
    return [*parts, title[end:]], marks


def is_site(part: str, sites: Collection[str]) -> bool:
    """Tell whether a piece of a title is the site's name."""
    key = fold(part)
    if not key:
        return True
    if key in sites or key.removeprefix("the") in sites:
        return True
    if known_name(part) is not None and len(part.split()) <= 5:
        return True
    return any(
        (len(site) >= 5 and len(key) <= 40 and (key.startswith(site) or key.endswith(site)))
        or (len(key) >= 6 and len(part.split()) <= 4 and site.startswith(key))
        for site in sites
    )


def _is_headline(value: str, sites: Collection[str]) -> bool:
    key = fold(value)
    if len(key) < 4 or len(value) > _LONGEST or key in sites or key in _OF_WIDGETS:
        return False
    return "logo" not in key or not _is_logo(key, sites)


#: Folded headings of windows that browsers' helpers put into a page: a translator's.
_OF_WIDGETS: Final = frozenset(("originaltext",))


def _is_logo(key: str, sites: Collection[str]) -> bool:
    """Tell whether a folded heading is the site's picture: "Elm Herald Elm Herald logo"."""
    for site in sorted(sites, key=len, reverse=True):
        key = key.replace(site, "") if len(site) >= 4 else key
    return key in ("logo", "thelogo", "logologo")


#: How many of the likeliest lines are compared, and what a title that repeats a line adds to its
#: log odds (on development pages flattened in six ways).
_COMPARED: Final = 10
_TITLED: Final = 2.0


def told_twice(ranked: Sequence[tuple[Line, float]]) -> list[tuple[Line, float]]:
    """Return likely headlines, those of the same wording as one, likeliest first.

    Flattened pages often hold the title of the browser's tab ("Mayor opens bridge | Elm Herald")
    or a path ("Home › Mayor opens bridge") as well as the headline: no rivals, but witnesses.
    """
    if len(ranked) < 2:
        return list(ranked)
    lines: dict[str, Line] = {}
    compared = [(line, sure, fold(line.text[:_LONGEST])) for line, sure in ranked[:_COMPARED]]
    for line, sure, key in compared:
        known = lines.get(key)
        # Of one wording the last is meant: the first can be the browser's tab, far from the rest.
        if known is None or (sure >= _LEAST_SURE and line.start > known.start):
            lines[key] = line
    lines = {key: line for key, line in lines.items() if len(key) >= _LEAST_PART}
    sums: dict[str, float] = {}
    titled = set()
    for line, sure, key in compared:
        text = line.text[:_LONGEST]
        part = _cut_as_others(text, lines.keys() - {key})
        cut = key if part is text else fold(part)
        if cut == key:
            cut = next((k for k in lines if _is_path(key, k)), key)
        if cut != key and cut in lines:
            titled.add(cut)
        target = cut if cut in lines else key
        sums[target] = sums.get(target, 0.0) + sure
        lines.setdefault(target, line)
    for key in titled:
        _raise(sums, key)
    rest = [(line, 0.0) for line, _ in ranked[_COMPARED:]]
    return sorted(((lines[key], sure) for key, sure in sums.items()), key=lambda p: -p[1]) + rest


#: How many letters of a path can stand before the headline ("Home Reviews Mayor opens bridge"),
#: and how short a headline is too short to be told by its letters alone.
_PATH: Final = 25
_LEAST_WHOLE: Final = 20


def _is_path(key: str, other: str) -> bool:
    """Tell whether a folded line is a short path and then another line."""
    more = len(key) - len(other)
    return 0 < more <= _PATH and len(other) >= _LEAST_WHOLE and key.endswith(other)


def _untitled(title: str) -> str:
    """Return a text's first line without the short name after its last separator.

    It is mostly the title of the browser's tab: "Mayor opens bridge - Elm Herald".
    """
    parts, marks = _split(title)
    last = parts[-1].split()
    is_name = len(parts) > 1 and len(last) <= _NAME_WORDS and last[:1] and last[0][:1].isupper()
    if not is_name or len(fold(parts[0])) < _LEAST_WHOLE or parts[-1][-1:] in "?!.":
        return title
    kept = parts[0]
    for part, mark in zip(parts[1:-1], marks, strict=False):
        kept += mark + part
    return kept


_NAME_WORDS: Final = 4


def _raise(sums: dict[str, float], key: str) -> None:
    """Raise the log odds of `key` by `_TITLED`; the others share what is left."""
    before = min(sums[key], 0.999)
    after = 1 / (1 + (1 - before) / before * exp(-_TITLED)) if before > 0 else 0.0
    for other in sums:
        sums[other] *= (1 - after) / (1 - before)
    sums[key] = after


def _from_lines(context: Context, sites: frozenset[str]) -> list[Candidate]:
    found = []
    for line, sure in context.likely_headlines[:4]:
        value = without_site(line.text, sites)
        if line is context.cleaned.lines[0]:
            value = _untitled(value)
        if sure >= _LEAST_SURE and _is_headline(value, sites) and not _CRUMBS.search(value):
            found.append(Candidate("headline", value, sure, "line", shorten(line.text)))
    return found or _glued_title(context, sites)


#: The way to a page through the sections above it: "Home / Money / Loans".
_CRUMBS: Final = re.compile(r"\s[/>»›→]\s.{1,80}\s[/>»›→]\s")


def _glued_title(context: Context, sites: frozenset[str]) -> list[Candidate]:
    """Read the page's title where flattening has run a whole page into its first line.

    What stands before the site's name is the headline if the page prints it again; a bar between
    them nearly tells that alone.
    """
    first = context.cleaned.lines[0].text[:_GLUED_LENGTH] if context.cleaned.lines else ""
    match = _GLUED_TITLE.match(first) if len(first) >= _LEAST_GLUED else None
    if match is None:
        return []
    value = squeeze(match.group(1))
    again = first.find(value, match.end()) >= 0
    if not _is_headline(value, sites) or not (again or match.group(2) == "|"):
        return []
    sure = _PRINTED_AGAIN if again else _PRINTED_ONCE
    return [Candidate("headline", value, sure, "glued_title", shorten(match.group()))]


#: How long a line is that holds a page, how much of it is read, and how a title opens it.
_LEAST_GLUED: Final = 1000
_GLUED_LENGTH: Final = 20_000
_GLUED_TITLE: Final = re.compile(r"\s{0,80}(\S.{14,150}?)\s{1,3}([|–—-])\s{0,3}(?=\S)")
#: How sure its headline is where the page prints it again, and where not.
_PRINTED_AGAIN: Final = 0.85
_PRINTED_ONCE: Final = 0.6
