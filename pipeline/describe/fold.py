"""Small helpers for metadata: values as plain text, and the data files of this package."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import Final

from pipeline.fold import fold, spaced, squeeze, words

__all__ = [
    "data_lines", "data_pairs", "data_words", "fold", "plain", "spaced", "squeeze", "words",
]  # fmt: skip

_DATA: Final = Path(__file__).parent / "data"
_TAG = re.compile(r"<[^<>]{1,300}>")


def plain(text: str) -> str:
    """Return a metadata value as plain text: entities decoded (twice if need be), tags dropped."""
    text = text[:2000]
    for _ in range(2):
        if "&" not in text:
            break
        text = html.unescape(text)
    return squeeze(_TAG.sub("", text) if "<" in text else text)


def data_lines(name: str) -> list[str]:
    """Return the lines of data file `name`, without comments (`#`) and blank ones."""
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@cache
def data_words(name: str) -> frozenset[str]:
    """Return the casefolded words of data file `name`, one or several (comma) a line."""
    return frozenset(
        word.strip().casefold()
        for line in data_lines(name)
        for word in line.split(",")
        if word.strip()
    )


@cache
def data_pairs(name: str) -> dict[str, str]:
    """Return the two-column (tab) data file `name` as a dictionary, in the order of the file."""
    pairs = (line.split("\t") for line in data_lines(name))
    return {pair[0].strip(): pair[1].strip() for pair in pairs}
