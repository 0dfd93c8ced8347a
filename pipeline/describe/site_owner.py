"""Whose site a page stands on: a person's own blog seldom says who wrote it.

Asked only where nothing names an author; see `authors`.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.describe.author_signs import named
from pipeline.describe.context import Context
from pipeline.describe.fold import data_words, fold, squeeze
from pipeline.describe.names import opens_with_given_name, person
from pipeline.domains import domain_of
from pipeline.records import Candidate


def owner(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read whose site it is: all that a person's own site holds is mostly by that person."""
    found = [*_of_site(context), *_copyright(context)]
    return [c for c in found if fold(c.value) not in known and _is_private(c.value)]


def _is_private(name: str) -> bool:
    """Tell whether all words of `name` after the first are those of people's names."""
    common = data_words("common_words.txt")
    rest = name.split()[1:]
    return len(rest) <= _MOST_FAMILY and not any(word.casefold() in common for word in rest)


#: How many words a family name has at most, with what stands between.
_MOST_FAMILY: Final = 3


def _copyright(context: Context) -> list[Candidate]:
    """Read "© 2024 Jane Doe" below the body: blogs say so of all that they hold."""
    for line in context.cleaned.lines[-_COPYRIGHT_LINES:]:
        text = line.text.strip()
        match = _OWNER.fullmatch(text) if len(text) < _LONGEST_OWNER else None
        name = person(_OWN_SITE.sub("", match.group(1))) if match else None
        if name and opens_with_given_name(name):
            return [named((name,), 0.5, "copyright_person", text)]
    return []


_COPYRIGHT_LINES: Final = 30
_LONGEST_OWNER: Final = 120
_OWNER: Final = re.compile(
    r"(?:copyright|©|\(c\)|&copy;)[\s©]{0,3}(?:\(c\)\s)?"
    r"(?:(?:19|20)\d\d(?:\s?[-–—]\s?(?:(?:19|20)\d\d|present|now))?,?\s)?"
    r"(?:by\s)?([^\W\d_][^\d©|·•,;:()]{3,40}?)(?:\s(?:19|20)\d\d(?:\s?[-–—]\s?(?:19|20)\d\d)?)?"
    r"(?:[.|,·•\s-]{1,4}(?:all rights|powered|built|made|some rights|cc|privacy|rss|theme).{0,60})?"
    r"[.\s|]{0,3}",
    re.I,
)


def _of_site(context: Context) -> list[Candidate]:
    """Read the person whose site it is: named by the site, or at the end of the page's title."""
    if not context.markup:
        return []
    domain = fold((domain_of(context.document.url) or "").split(".")[0])
    stated = [(c.value, "site") for c in context.markup_for("outlet")]
    for c in context.markup_for("headline"):
        if c.rule == "title_tag" and (parts := _TITLE_PARTS.split(c.value)[1:]):
            stated.append((parts[-1], "title"))
    for text, where in stated:
        shown = _OWN_SITE.sub("", squeeze(text[:80]))
        name = person(shown)
        if name is None or len(fold(name)) < 0.9 * len(fold(shown)):
            continue
        if opens_with_given_name(name):
            rule = "site_person_domain" if fold(name) in domain else f"site_person_{where}"
            return [named((name,), 0.6, rule, text)]
    return []


_TITLE_PARTS: Final = re.compile(r"\s[|—–·•:-]+\s")
_OWN_SITE: Final = re.compile(
    r"(?:['’]s?)?\s(?:(?:personal|tech|dev)\s)?(?:blog|weblog|website|site|homepage|notes|journal|diary)$",
    re.I,
)
