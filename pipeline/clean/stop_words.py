"""The function words of the languages that news is mostly read in (`data/stopwords.txt`)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources


@functools.cache
def stop_words() -> Mapping[str, tuple[str, ...]]:
    """Return the function words of each language of `data/stopwords.txt`."""
    text = resources.files("pipeline.clean").joinpath("data/stopwords.txt").read_text("utf-8")
    rows = (line.split(":", 1) for line in text.splitlines() if not line.startswith("#"))
    return {code: tuple(words.split()) for code, words in rows}


@functools.cache
def every_stop_word() -> tuple[str, ...]:
    """Return those of all languages."""
    return tuple(word for words in stop_words().values() for word in words)
