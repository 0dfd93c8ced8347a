"""The role of a line that is not body, by what its markup and its words say."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.clean.html_flatten import LANDMARKS, Block, seen_above
from pipeline.clean.html_hints import hint_names
from pipeline.clean.lines import Array
from pipeline.clean.roles import rule_role
from pipeline.data_files import read_yaml

_ROLES_FILE: Final = Path(__file__).parent / "data" / "html_roles.yaml"

#: Linked lines longer than this, in characters, are headlines of other stories.
_LONG_LINK: Final = 30

#: A hint this many elements above a line still names its role.
_NEAR: Final = 3

#: These name a role for all they hold, however far above; less than `-NEVER`.
_LARGE: Final = frozenset({"nav", "footer", "comment", "figcaption"})
_ANYWHERE: Final = 100

#: Roles that belong to whichever story they stand at.
_OF_A_STORY: Final = frozenset({"headline", "deck"})
_STAMPS: Final = frozenset({"timestamp", "byline"})


@dataclass(frozen=True, slots=True)
class _Rule:
    """Lines near `name` (a landmark or hint) of at most `longest` characters have `role`."""

    role: str
    name: str
    longest: int
    before_wording: bool


def near_columns(blocks: Sequence[Block]) -> list[bytes]:
    """Return for each block which columns of `Block.seen` were seen near it, packed as bits."""
    depth = np.array([block.depth for block in blocks], dtype=np.intc)
    packed = np.packbits(depth[:, None] - seen_above(blocks) < _reaches(), axis=1)
    return [row.tobytes() for row in packed]


def role_of(block: Block, near: bytes, *, below_lead: bool) -> tuple[str, str, float]:
    """Return (role, rule, score) of a block that is not body; the score is if it is not.

    `near` is what `near_columns` gives for it. `below_lead`: it stands below the first body line.
    Headlines, summaries and names there, or within links, are those of other stories.
    """
    size = len(block.text)
    fitting = [rule for rule in _fitting(near, block.inline_hints) if size <= rule.longest]
    if fitting and fitting[0].before_wording:
        return _told(fitting[0], other_story=False)
    worded = rule_role(block.text)
    if worded and not (below_lead and worded[0] in _STAMPS and _is_elsewhere(fitting)):
        return worded[0], worded[1], 0.9
    if not fitting:
        return _by_links(block)
    return _told(fitting[0], other_story=below_lead or 2 * block.linked > size)


def _is_elsewhere(fitting: Sequence[_Rule]) -> bool:
    """Return whether the markup names comments or other stories."""
    return bool(fitting) and fitting[0].role in ("comment", "related")


def _told(rule: _Rule, *, other_story: bool) -> tuple[str, str, float]:
    role = "related" if other_story and rule.role in _OF_A_STORY else rule.role
    return role, f"html:{rule.name}", 0.75


@functools.cache
def _rules() -> tuple[_Rule, ...]:
    data: Mapping[str, list[list[str | int]]] = read_yaml(_ROLES_FILE)
    return tuple(
        _Rule(str(role), str(name), int(longest), part == "before_wording")
        for part in ("before_wording", "after_wording")
        for role, name, longest in data[part]
    )


@functools.cache
def _names() -> tuple[str, ...]:
    """Return the name of each column of `Block.seen`; a landmark and a hint may share one."""
    return (*LANDMARKS, *hint_names())


@functools.cache
def _reaches() -> Array:
    return np.array([_ANYWHERE if name in _LARGE else _NEAR for name in _names()])


@functools.lru_cache(maxsize=1 << 14)
def _fitting(near: bytes, inline: frozenset[int]) -> tuple[_Rule, ...]:
    """Return the rules for lines near these columns, with these hints within, in order."""
    seen = np.flatnonzero(np.unpackbits(np.frombuffer(near, dtype=np.uint8))).tolist()
    columns = {*seen, *(len(LANDMARKS) + hint for hint in inline)}
    names = {_names()[column] for column in columns}
    return tuple(rule for rule in _rules() if rule.name in names)


def _by_links(block: Block) -> tuple[str, str, float]:
    if block.links and 2 * block.linked > len(block.text):
        return ("related" if len(block.text) > _LONG_LINK else "nav"), "html:links", 0.5
    return "other", "html:none", 0.3
