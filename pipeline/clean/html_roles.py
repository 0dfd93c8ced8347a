"""The role of a line that is not body, by what its markup and its words say."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from pipeline.clean.html_flatten import LANDMARKS, Block
from pipeline.clean.html_hints import hint_names
from pipeline.clean.roles import rule_role

_ROLES_FILE: Final = Path(__file__).parent / "data" / "html_roles.yaml"

#: Linked lines longer than this, in characters, are headlines of other stories.
_LONG_LINK: Final = 30

#: A hint this many elements above a line still names its role.
_NEAR: Final = 3

#: These name a role for all they hold, however far above; less than `-NEVER`.
_LARGE: Final = frozenset({"nav", "footer", "comment", "figcaption"})
_ANYWHERE: Final = 100


@functools.cache
def _rules() -> tuple[tuple[str, str, int, bool], ...]:
    """Return role, name of landmark or hint, longest line and whether it goes before wording."""
    data: Mapping[str, list[list[str | int]]] = yaml.safe_load(_ROLES_FILE.read_text("utf-8"))
    return tuple(
        (str(role), str(name), int(longest), part == "before_wording")
        for part in ("before_wording", "after_wording")
        for role, name, longest in data[part]
    )


@functools.cache
def _columns(name: str) -> tuple[int, ...]:
    """Return where in `Block.seen` the landmark and the hint of this name stand."""
    names = (*LANDMARKS, *hint_names())
    return tuple(number for number, known in enumerate(names) if known == name)


def role_of(block: Block) -> tuple[str, str, float]:
    """Return (role, rule, score) of a block that is not body; the score is if it is not."""
    told = _by_markup(block, before_wording=True)
    if told:
        return told
    worded = rule_role(block.text)
    if worded:
        return worded[0], worded[1], 0.9
    return _by_markup(block, before_wording=False) or _by_links(block)


def _by_markup(block: Block, *, before_wording: bool) -> tuple[str, str, float] | None:
    size = len(block.text)
    for role, name, longest, before in _rules():
        if before == before_wording and size <= longest and _near(block, name):
            return role, f"html:{name}", 0.75
    return None


def _by_links(block: Block) -> tuple[str, str, float]:
    if block.links and 2 * block.linked > len(block.text):
        return ("related" if len(block.text) > _LONG_LINK else "nav"), "html:links", 0.5
    return "other", "html:none", 0.3


def _near(block: Block, name: str) -> bool:
    reach = _ANYWHERE if name in _LARGE else _NEAR
    return any(
        block.depth - block.seen[column] < reach or column - len(LANDMARKS) in block.inline_hints
        for column in _columns(name)
    )
