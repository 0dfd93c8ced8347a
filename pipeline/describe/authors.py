"""The byline as printed and the people it names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Final

from pipeline.describe.author_signs import IS_SOMEBODY, LONGEST_BYLINE, named, signs
from pipeline.describe.context import Context, shorten
from pipeline.describe.fold import data_pairs, fold, squeeze
from pipeline.describe.names import (
    has_label,
    opens_with_given_name,
    parse_names,
    starts_with_label,
)
from pipeline.describe.near_headline import labelled, near_headline
from pipeline.describe.site_owner import owner
from pipeline.domains import domain_of
from pipeline.records import Candidate, Line

#: Least share of a byline without "By" that must be names.
_NAME_SHARE: Final = 0.3
#: "By the morning after", "overshadowed by the president": prose, whoever it names further on.
_BY_NOBODY = re.compile(
    r"^[^|]{0,160}?\b[Bb]y\s+(?:an?|the|this|that|these|those|his|her|its|their|all|any|now|then)"
    r"\s+[a-z]"
)
_QUOTED = re.compile(r"(?:^|\s)['‘“\"]|['’”\"](?:\s|$)")
_BY_DOING = re.compile(r"\W{0,3}by\s+[a-z]{2,20}ing\b", re.I)


@cache
def _outlets() -> frozenset[str]:
    """Folded names of outlets, which are no people."""
    names = {fold(name) for name in data_pairs("outlets.tsv").values()}
    return frozenset(names | {name.removeprefix("the") for name in names})


def candidates(context: Context) -> list[Candidate]:
    """Return candidates of `byline` and `authors` from markup, lines and given metadata."""
    sites = {fold(name) for name in _site_names(context)}
    known = _outlets() | sites if sites else _outlets()
    found = _cut_to_stated([*_from_markup(context, known), *_from_lines(context, known)])
    found = _told_about(context, _full_names(found))
    found = _without_domain(found, fold((domain_of(context.document.url) or "").split(".")[0]))
    if not any(map(_is_stated, found)):
        found += owner(context, _outlets())
    found = found if context.markup else [_flattened(c) for c in found]
    given = context.document.given.get("authors")
    if given and (names := parse_names(given, known=known, single=True)):
        found.append(named(names, 0.85, "given_authors", given))
    return found


def _flattened(candidate: Candidate) -> Candidate:
    """Return a candidate of flattened text under its rule's name there ("..._flat").

    Without markup the same rules meet menus and lists of other stories: they weigh otherwise.
    """
    if candidate.field != "authors":
        return candidate
    field, value, confidence, rule, source_text = candidate
    return Candidate(field, value, confidence, f"{rule}_flat", source_text)


def _site_names(context: Context) -> list[str]:
    """Return the site's own names, which are no people unless a person's site bears their name."""
    names = [c.value for c in context.markup_for("outlet") if c.value.strip()]
    return [name for name in names if " " not in name or not opens_with_given_name(name)]


def _from_markup(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Return what the markup says, without the names that are the site's own."""
    found = list(context.markup_for("byline"))
    for candidate in context.markup_for("authors"):
        names = [n for n in candidate.value.split("; ") if fold(n) not in known]
        if names:
            lone = len(names) == 1 and " " not in names[0]
            rule = f"{candidate.rule}_lone" if lone else candidate.rule
            found.append(named(tuple(names), 0.8, rule, candidate.source_text))
    return found


def _cut_to_stated(found: list[Candidate]) -> list[Candidate]:
    """Return the candidates; a printed name that runs on past a stated one is that one.

    "Jane Doe Senior Fellow" on a page whose metadata say "Jane Doe" names Jane Doe.
    """
    stated = {
        name: None
        for c in found
        if c.field == "authors" and c.rule.startswith(_STATED)
        for name in c.value.split("; ")
        if " " in name
    }
    if not stated:
        return found
    return [
        named(tuple(dict.fromkeys(_cut(n, stated) for n in c.value.split("; "))),
                 c.confidence, c.rule, c.source_text)
        if c.field == "authors" and not c.rule.startswith(_METADATA) else c
        for c in found
    ]  # fmt: skip


def _full_names(found: list[Candidate]) -> list[Candidate]:
    """Return the candidates; a lone first name is the full name that only one source prints.

    Metadata that say "Todd" and a line "Todd Bates" mean one person.
    """
    lone = {c.value for c in found if c.field == "authors" and " " not in c.value}
    if not lone:
        return found
    full: dict[str, dict[str, None]] = {}
    for c in found:
        for name in c.value.split("; ") if c.field == "authors" else ():
            first, _, rest = name.partition(" ")
            if rest and first in lone and not c.rule.startswith(_GUESSED):
                full.setdefault(first, {})[name] = None
    names = {first: next(iter(of_first)) for first, of_first in full.items() if len(of_first) == 1}
    return [
        named((names[c.value],), c.confidence, c.rule.removesuffix("_lone"), c.source_text)
        if c.field == "authors" and c.value in names else c
        for c in found
    ]  # fmt: skip


#: Rules that find other capitalised words as well as names.
_GUESSED: Final = ("person_link", "near_alone_other", "near_beside", "near_dated_other")


def _told_about(context: Context, found: list[Candidate]) -> list[Candidate]:
    """Return the candidates; names that nothing marks as authors and the story tells of are set
    apart by the rule ("..._told"): people of the story have their names near the headline too.
    """
    unmarked = [c for c in found if c.field == "authors" and _is_unmarked(c)]
    if not unmarked:
        return found
    headlines = [c.value for c in context.markup_for("headline")[:12]]
    if not context.markup:
        at = context.headline_at
        headlines = [] if at is None else [context.cleaned.lines[at].text]
    shown = fold(" ".join(headlines))
    told = {
        name for c in unmarked for name in c.value.split("; ")
        if " " in name and (fold(name) in shown or _in_prose(context, name))
    }  # fmt: skip
    return [_set_apart(c, told) if c in unmarked else c for c in found]


def _set_apart(candidate: Candidate, told: set[str]) -> Candidate:
    """Return a candidate without people of whom the story tells, or marked as theirs."""
    names = tuple(candidate.value.split("; "))
    others = tuple(name for name in names if name not in told)
    if len(others) == len(names):
        return candidate
    of_list = candidate.rule == "near_several" and others
    rule = candidate.rule if of_list else f"{candidate.rule}_told"
    return named(others if of_list else names, candidate.confidence, rule, candidate.source_text)


#: Rules by which nothing but a name and its place tell an author.
_UNMARKED: Final = (
    "near_alone", "near_beside", "near_dated", "near_role", "near_several", "name_a", "person_",
)  # fmt: skip


def _is_unmarked(candidate: Candidate) -> bool:
    """Tell whether a name can as well be that of one of whom the story tells.

    "Interview:" announces who asks in some papers, and who answers in others.
    """
    announced = candidate.source_text.casefold().startswith("interview:")
    return announced or candidate.rule.startswith(_UNMARKED)


#: Shortest line that is prose, in characters.
_PROSE: Final = 120


def _in_prose(context: Context, name: str) -> bool:
    """Tell whether a paragraph of the body names `name`."""
    body = context.cleaned.text
    at = body.find(name)
    for _ in range(4):
        if at < 0:
            return False
        start, end = body.rfind("\n", 0, at) + 1, body.find("\n", at)
        is_bio = at == start and IS_SOMEBODY.match(body, at + len(name))
        if (end if end >= 0 else len(body)) - start >= _PROSE and not is_bio:
            return True
        at = body.find(name, at + 1)
    return False


def _ascii(folded: str) -> str:
    """Return a folded name as domains spell it, without accents."""
    if folded.isascii():
        return folded
    return unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()


def _without_domain(found: list[Candidate], label: str) -> list[Candidate]:
    """Return the candidates without the name that the domain spells, unless a person has it."""
    kept = []
    for c in found:
        names = c.value.split("; ") if c.field == "authors" and label else []
        people = [n for n in names if _ascii(fold(n)) != label or opens_with_given_name(n)]
        if len(people) < len(names):
            c = named(tuple(people), c.confidence, c.rule, c.source_text)
        if people or not names:
            kept.append(c)
    return kept


#: How the rules are named that read metadata and links, which hold names and nothing else.
_STATED: Final = ("json_ld", "meta_", "rel_author", "itemprop", "author_link")


#: Those of them that no role or place is glued to.
_METADATA: Final = ("json_ld", "meta_")


def _cut(name: str, stated: Iterable[str]) -> str:
    for short in stated:
        rest = name[len(short) :] if name.startswith(short + " ") else ""
        if rest and rest.strip(" .").casefold() not in ("jr", "sr", "ii", "iii", "iv"):
            return short
    return name


def _from_lines(context: Context, known: frozenset[str]) -> list[Candidate]:
    found = _bylines(context, known)
    found += [
        named(names, 0.5, rule, source)
        for read in (near_headline, labelled)
        for rule, names, source in read(context, known)
    ]
    found = found if context.markup else _several_alone(found)
    found += signs(context, known)
    return found


def _several_alone(found: list[Candidate]) -> list[Candidate]:
    """Return what flattened text says, without single names where several lines are only a name.

    They are all authors, or one took the picture; the first alone is mostly wrong.
    """
    several = {n for c in found if c.rule == "near_several" for n in c.value.split("; ")}
    return [
        c for c in found
        if not (c.rule in _FIRST_ALONE and several.issuperset(c.value.split("; ")))
    ] if several else found  # fmt: skip


_FIRST_ALONE: Final = ("near_alone_first", "name_alone", "name_marked")


def _bylines(context: Context, known: frozenset[str]) -> list[Candidate]:
    near = near_body(context)
    for text in _byline_texts(line for line in near if line.role == "byline"):
        if found := _read_byline(text, "line_byline", known):
            return found
    for line in near:
        if line.role == "byline" or len(line.text) > 200:
            continue
        text = squeeze(line.text)
        if not (line.role in _MIXED or starts_with_label(text)) or not has_label(text):
            continue
        if found := _read_byline(text, "line_by", known, label=True):
            return found
    return _name_alone(context, known)


def _name_alone(context: Context, known: frozenset[str]) -> list[Candidate]:
    """Read a line right above the body that is a name and nothing else ("- JANE DOE")."""
    near = [*reversed(context.before_body[-4:])]
    if not context.markup:
        near += context.under_headline
    for line in near:
        if len(line.text) > _LONGEST_NAME:
            continue
        text = squeeze(line.text[:80])
        few = 2 <= text.count(" ") + 1 <= 7 and 5 <= len(text) < 80
        if not few or line.role in _NO_NAME_ROLES or text[-1:] in ".:?!" or _QUOTED.search(text):
            continue
        names = parse_names(text, known=known, strict=True)
        if names and sum(len(fold(name)) for name in names) >= 0.95 * len(fold(text)):
            marked = text[:1] in "-–—*•" or text.isupper()
            rule, sure = ("name_marked", 0.8) if marked else ("name_alone", 0.55)
            rule = "name_above" if context.markup else rule
            return [
                Candidate("byline", text.lstrip("-–—*•|·+ "), sure, rule, shorten(text)),
                named(names, sure, rule, text),
            ]
    return []


#: A line of more characters is more than a name, whatever blanks it has.
_LONGEST_NAME: Final = 160
_NO_NAME_ROLES: Final = frozenset(("headline", "caption", "related", "legal", "ad", "outlet"))
_MIXED: Final = frozenset(("timestamp", "section", "other", "nav", "social"))


def near_body(context: Context) -> list[Line]:
    """Return the lines where a byline can stand, likeliest first: above the body, then below it."""
    lines, first = context.cleaned.lines, context.first_body_index
    start, end = max(0, first - 20), first + 4
    near = list(lines[start:end])
    at = None if context.markup else context.headline_at
    if at is not None:
        below = at + _BELOW_HEADLINE
        near += lines[at + 1 : min(start, below)]
        near += lines[end:below]
        end = max(end, below)
    last = context.last_body_index
    return near + list(lines[max(last + 1, end) : last + 7])


#: How many lines below the headline of flattened text a byline can stand.
_BELOW_HEADLINE: Final = 13


def _byline_texts(lines: Iterable[Line]) -> list[str]:
    """Return the byline lines as texts; neighbours that belong together are joined."""
    texts: list[str] = []
    before: Line | None = None
    for line in lines:
        text = squeeze(line.text[:LONGEST_BYLINE])
        follows = before is not None and line.start - before.end <= 3
        if texts and follows and (len(text) <= 2 or re.fullmatch(r"\W*by\W*", texts[-1], re.I)):
            texts[-1] = f"{texts[-1]} {text}"
        else:
            texts.append(text)
        before = line
    return texts


def _read_byline(
    text: str, rule: str, known: frozenset[str], *, label: bool = False
) -> list[Candidate]:
    labelled = starts_with_label(text)
    if _BY_DOING.match(text) or _BY_NOBODY.search(text):
        return []
    names = parse_names(text, known=known, single=labelled, label=label, strict=True)
    rule = f"{rule}_by" if labelled and rule == "line_byline" else rule
    letters = sum(map(len, names))
    if not names or (not labelled and not label and letters < _NAME_SHARE * len(text)):
        return []
    return [
        Candidate("byline", text.lstrip("-–—*•|·+ "), 0.8, rule, shorten(text)),
        named(names, 0.85, rule, text),
    ]


def _is_stated(candidate: Candidate) -> bool:
    """Tell whether a candidate names authors by more than their place near the headline."""
    rule = candidate.rule
    return candidate.field == "authors" and not (
        rule.endswith("_told") or rule.startswith(_GUESSED)
    )
