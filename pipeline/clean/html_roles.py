"""The role of a line that is not body, by what its markup and its words say."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from pipeline.clean.html_flatten import LANDMARKS, NEVER, Block
from pipeline.clean.html_hints import hint_names

_ROLES_FILE: Final = Path(__file__).parent / "data" / "html_roles.yaml"

#: How much of a line the word rules look at, in characters.
_LOOKED_AT: Final = 300

#: A hint this many elements above a line still names its role.
_NEAR: Final = 3

_SCORE: Final = {"text": 0.9, "markup": 0.75, "default": 0.3}


@functools.cache
def _rules() -> tuple[list[tuple[str, re.Pattern[str], int]], list[tuple[str, str, int]]]:
    data: Mapping[str, list[list[str | int]]] = yaml.safe_load(
        _ROLES_FILE.read_text(encoding="utf-8")
    )
    words = [
        (str(role), re.compile(str(pattern), re.IGNORECASE), int(longest))
        for role, pattern, longest in data["text"]
    ]
    markup = [(str(role), str(name), int(longest)) for role, name, longest in data["markup"]]
    return words, markup


@functools.cache
def _column(name: str) -> int:
    """Return where in `Block.seen` the landmark or hint `name` stands."""
    return (*LANDMARKS, *hint_names()).index(name)


def role_of(block: Block, title: str) -> tuple[str, str, float]:
    """Return (role, rule, score) of a block that is not body.

    `title` is the page's headline as far as known, lower case and squeezed, or "".
    """
    text = block.text[:_LOOKED_AT]
    if title and text.lower() == title:
        return "headline", "title_match", 0.95
    words, markup = _rules()
    size = len(block.text)
    for role, pattern, longest in words:
        if size <= longest and pattern.search(text):
            return role, f"html_text_{role}", _SCORE["text"]
    for role, name, longest in markup:
        if size <= longest and _near(block, name):
            return role, f"html_markup_{name}", _SCORE["markup"]
    if block.links and 2 * block.linked > size:
        return ("related" if size > 30 else "nav"), "html_linked", 0.5
    return "other", "html_default", _SCORE["default"]


def _near(block: Block, name: str) -> bool:
    column = _column(name)
    if column >= len(LANDMARKS) and column - len(LANDMARKS) in block.inline_hints:
        return True
    seen = block.seen[column]
    reach = 100 if name in ("nav", "footer", "comment", "figcaption") else _NEAR
    return seen != NEVER and block.depth - seen < reach
