"""What class, id, itemprop and role names say about an element, as bits."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

#: How much of an element's attribute values is looked at, in characters.
_NAME_LENGTH: Final = 240

_HINTS_FILE: Final = Path(__file__).parent / "data" / "html_hints.yaml"


@functools.cache
def hint_patterns() -> Mapping[str, re.Pattern[str]]:
    """Return the pattern of each hint, in the order of the features."""
    groups: Mapping[str, list[str]] = yaml.safe_load(_HINTS_FILE.read_text(encoding="utf-8"))
    return {name: re.compile("|".join(parts)) for name, parts in groups.items()}


@functools.cache
def hint_names() -> tuple[str, ...]:
    """Return the names of the hints, in the order of their numbers."""
    return tuple(hint_patterns())


@functools.lru_cache(maxsize=1 << 16)
def hints_of(names: str) -> tuple[int, ...]:
    """Return the numbers of the hints in `names` (attribute values joined by blanks)."""
    lowered = names[:_NAME_LENGTH].lower().replace("_", "-")
    return tuple(
        number for number, pattern in enumerate(hint_patterns().values()) if pattern.search(lowered)
    )
