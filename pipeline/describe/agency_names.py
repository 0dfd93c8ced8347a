"""The table of agencies (`data/agencies.yaml`): who is named by a piece of text or an address.

Only names and spellings; what a mention means for an article is decided in `agency`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import yaml

#: What may surround a name or code where it stands alone: "By The AP", "dpa/lby", "AFP Photo".
_EDGES: Final = " \t\u00a0.,;:|/*•·-–—()[]\"'“”"
_JOINED: Final = re.compile(r"[/|,;+&]|\s(?:and|und|et|y|e|en|with|mit|[–—-])\s")
_HEAD: Final = re.compile(r"[^/|,]*")


@dataclass(frozen=True, slots=True)
class Agency:
    """One service: its name in the output, kind, sites, parents' sites, path segments elsewhere."""

    name: str
    kind: str
    names: tuple[str, ...]
    codes: tuple[str, ...]
    domains: tuple[str, ...]
    parents: tuple[str, ...]
    paths: tuple[str, ...]


@functools.cache
def _table() -> dict[str, Any]:
    path = resources.files("pipeline.describe") / "data" / "agencies.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506
    return table


@functools.cache
def _doubtful() -> frozenset[str]:
    return frozenset(_table()["doubtful"])


def is_doubtful(text: str) -> bool:
    """Return whether `text` is a name or code that, alone on a line, is as often something else."""
    return text.strip(_EDGES) in _doubtful()


def is_parent(agency: str, host: str | None) -> bool:
    """Return whether `host` is a site whose own copyright line names `agency`."""
    parents = next((a.parents for a in agencies() if a.name == agency), ())
    return any((host or "").endswith(parent) for parent in parents)


def has_parents(agency: str) -> bool:
    """Return whether `agency` has sites whose own copyright line names it."""
    return any(a.parents for a in agencies() if a.name == agency)


@functools.cache
def agencies() -> tuple[Agency, ...]:
    """Return all agencies of the data file, in its order."""
    rows: list[dict[str, Any]] = _table()["agencies"]
    lists = ("names", "codes", "domains", "parents", "paths")
    return tuple(
        Agency(row["name"], row["kind"], *(tuple(row.get(key, ())) for key in lists))
        for row in rows
    )


@functools.cache
def _by_name() -> dict[str, str]:
    return {name.casefold(): agency.name for agency in agencies() for name in agency.names}


@functools.cache
def _by_code() -> dict[str, str]:
    return {code: agency.name for agency in agencies() for code in agency.codes}


@functools.cache
def _by_domain() -> dict[str, str]:
    return {domain: agency.name for agency in agencies() for domain in agency.domains}


@functools.cache
def _by_path() -> dict[str, str]:
    return {path: agency.name for agency in agencies() for path in agency.paths}


@functools.cache
def mention() -> re.Pattern[str]:
    """Return a pattern for any name, or any code in its own case, in running text.

    Use it on short lines: a code such as "AP" or "PA" says little by itself.
    """
    printed = {name for agency in agencies() for name in agency.names}
    names = sorted(printed | {name.upper() for name in printed}, key=len, reverse=True)
    codes = sorted(_by_code(), key=len, reverse=True)
    named, coded = ("|".join(re.escape(word) for word in words) for words in (names, codes))
    return re.compile(rf"(?<!\w)(?:(?P<name>{named})|(?P<code>{coded}))(?!\w)")


#: Bytes to blanks, ASCII letters, digits and "_" excepted: what is left are plain words.
_TO_WORDS: Final = bytes(
    code if (chr(code).isalnum() and code < 128) or code == ord("_") else 32 for code in range(256)
)


def _plain_words(text: bytes) -> list[bytes]:
    return text.translate(_TO_WORDS).split()


#: Words of names that many texts hold that name no agency.
_COMMON: Final = frozenset(
    b"""
    african agency america association capitol center central city foundation general health
    international media middle national news of press service services the united washington
    """.split()
)


@functools.cache
def _forms() -> tuple[str, ...]:
    """Return the names as printed and in capitals, and the codes."""
    names = [name for agency in agencies() for name in agency.names]
    return (*names, *(name.upper() for name in names), *_by_code())


@functools.cache
def _telling_words() -> Mapping[bytes, tuple[bytes, ...]]:
    """Return the longest rare plain word of each name or code, with all that it tells of.

    That is with its plain letters small; a word that is a code tells of itself.
    """
    told: dict[bytes, set[bytes]] = {}
    for form in map(str.encode, _forms()):
        if words := _plain_words(form):
            word = max(words, key=lambda word: (word.lower() not in _COMMON, len(word)))
            told.setdefault(word, set()).add(form.lower())
    return {word: _shortest(forms) for word, forms in told.items()}


def _shortest(forms: set[bytes]) -> tuple[bytes, ...]:
    """Return the forms without those that another stands in: where they are, it is."""
    return tuple(
        form for form in forms if not any(other in form for other in forms if other != form)
    )


@functools.cache
def _told_by() -> frozenset[bytes]:
    return frozenset(_telling_words())


@functools.cache
def _foreign() -> tuple[re.Pattern[str], bytes]:
    """Return a pattern for the names without any plain word, and the bytes these open with."""
    foreign = sorted({form for form in _forms() if not _plain_words(form.encode())})
    opening = bytes({form.encode()[0] for form in foreign})
    return re.compile("|".join(map(re.escape, foreign))), opening


def words_of_names() -> frozenset[bytes]:
    """Return plain words one of which is in each name and code that has any."""
    return _told_by()


def foreign_openings() -> bytes:
    """Return the bytes that the names without any plain word open with, in UTF-8."""
    return _foreign()[1]


def telling_words(text: str) -> list[str]:
    """Return words of `text` one of which is in each match of `mention` there; few or none."""
    data = text.encode("utf-8", "surrogatepass")
    told = _telling_words()
    # Such words stand in texts that name no agency, too: "Trust", "Voice".
    found = _told_by().intersection(_plain_words(data))
    lower = data.lower()
    words = [word.decode() for word in found if any(map(lower.__contains__, told[word]))]
    pattern, opening = _foreign()
    foreign = len(data) > len(text) and len(data.translate(None, opening)) < len(data)
    return words + pattern.findall(text) if foreign else words


def of_mention(match: re.Match[str]) -> str:
    """Return the agency that a match of `mention` names."""
    return _by_name()[match["name"].casefold()] if match["name"] else _by_code()[match["code"]]


@functools.cache
def _syndicates() -> frozenset[str]:
    return frozenset(a.name for a in agencies() if a.kind == "syndicate")


def is_syndicate(text: str) -> bool:
    """Return whether `text` names a service that sells columns and other papers' reports."""
    return exactly(text) in _syndicates() or exactly(f"{text}.com") in _syndicates()


def exactly(text: str) -> str | None:
    """Return the agency that `text` as a whole names, by name or code, or None."""
    bare = text[:80].strip(_EDGES)
    if bare.casefold().startswith("the "):
        return _by_name().get(bare.casefold()) or exactly(bare[4:])
    found = _by_name().get(bare.casefold()) or _by_code().get(bare)
    # "dpa/Region X", "AFP/Relaxnews": the part before the slash decides.
    found = found or _by_code().get(_HEAD.match(bare)[0].strip())  # type: ignore[index]
    return found or _first_of_several(bare)


def _first_of_several(text: str) -> str | None:
    """Return the first of several agencies if `text` names nothing else: "Reuters, AFP"."""
    parts = [part.strip(_EDGES) for part in _JOINED.split(text)]
    named = [
        _by_name().get(part.casefold()) or _by_code().get(part) or _by_code().get(part.upper())
        for part in parts
    ]
    return named[0] if len(named) > 1 and all(named) else None


@functools.lru_cache(maxsize=1024)
def of_host(host: str | None) -> str | None:
    """Return the agency whose own site is `host` (or a parent of it), or None."""
    labels = (host or "").lower().split(".")
    domains = _by_domain()
    parents = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return next((domains[parent] for parent in parents if parent in domains), None)


def of_path(path: str) -> str | None:
    """Return the agency that a segment of an address's path stands for ("/wires/ap/"), or None."""
    known = _by_path()
    segments = path[:500].lower().split("/")[:-1]
    return next((known[segment] for segment in segments if segment in known), None)
