"""The words beside a date that say what it is: a publication, an update, or something else."""

from __future__ import annotations

import functools
import re
from typing import Literal

from pipeline.describe.date_parse import fold, words

Label = Literal["published", "updated", "other"]


@functools.cache
def _pattern() -> re.Pattern[str]:
    groups = []
    for kind in ("updated", "other", "published"):
        folded = sorted({fold(str(word)) for word in words()[kind]}, key=len, reverse=True)
        groups.append(f"(?P<{kind}>{'|'.join(re.escape(word) for word in folded)})")
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)")


@functools.cache
def _weekdays() -> frozenset[str]:
    return frozenset(fold(str(word)) for word in words()["weekdays"])


def opens_with_weekday(text: str) -> bool:
    """Tell whether the first word of `text` is a day of the week, written out."""
    first = text[:40].split(maxsplit=1)[:1]
    return bool(first) and fold(first[0].strip(".,|•·-–—[(")) in _weekdays()


def label(text: str) -> Label | None:
    """Return what the last labelling word of `text` (its last 60 characters) says, or None."""
    kind = None
    for match in _pattern().finditer(fold(text[-60:])):
        kind = match.lastgroup
    return kind  # type: ignore[return-value]
