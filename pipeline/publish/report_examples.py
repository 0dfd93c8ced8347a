"""Examples for the report: what was removed, role by role, with the text around it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pipeline.publish.storage import Storage

#: Articles of a day that examples are taken from, and examples of each role.
_SAMPLED: Final = 512
_EXAMPLES: Final = 4
#: Characters shown before and after a removed passage, and of the passage itself.
_AROUND: Final = 110
_PASSAGE: Final = 360


@dataclass(frozen=True, slots=True)
class Example:
    """A removed passage in its place: what stands before it, itself, and what stands after."""

    before: str
    removed: str
    after: str
    rule: str
    score: float
    source_uri: str


def removed_examples(storage: Storage, days: Sequence[date]) -> dict[str, list[Example]]:
    """Return examples of removed passages by role, of the first articles of each day.

    Of each role the least certain passage comes first, then others in an order that is arbitrary
    but always the same; no two of a role are from one article.
    """
    spans: dict[str, list[tuple[Any, ...]]] = {}
    texts: dict[str, tuple[str, str]] = {}
    for row in _sampled(storage, days):
        texts[row["article_id"]] = (row["raw_text"], row["source_uri"])
        for span in row["removed"]:
            key = (span["score"], row["article_id"], span["start"])
            spans.setdefault(span["role"], []).append((key, span))
    return {
        role: [_example(*texts[key[1]], span) for key, span in _chosen(found)]
        for role, found in sorted(spans.items(), key=lambda item: (-len(item[1]), item[0]))
    }


def _sampled(storage: Storage, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    columns = ["article_id", "source_uri", "raw_text", "removed"]
    each = max(_SAMPLED // max(len(days), 1), 1)
    for day in days:
        batch = next(storage.batches("clean_documents", day, columns, rows=each), None)
        yield from batch.to_pylist() if batch is not None else ()


def _chosen(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    least = min(found, key=lambda item: item[0])
    chosen, articles = [least], {least[0][1]}
    for item in sorted(found, key=lambda item: _shuffled(item[0])):
        if len(chosen) == _EXAMPLES:
            break
        if item[0][1] not in articles:
            chosen.append(item)
            articles.add(item[0][1])
    return chosen


def _shuffled(key: tuple[Any, ...]) -> bytes:
    return hashlib.blake2b(f"{key[1]} {key[2]}".encode(), digest_size=8).digest()


def _example(raw_text: str, source_uri: str, span: dict[str, Any]) -> Example:
    start, end = span["start"], span["end"]
    return Example(
        before=_end_of(raw_text[max(start - 2 * _AROUND, 0) : start]),
        removed=shortened(raw_text[start:end], _PASSAGE),
        after=_start_of(raw_text[end : end + 2 * _AROUND]),
        rule=span["rule"],
        score=span["score"],
        source_uri=source_uri,
    )


def _start_of(text: str) -> str:
    """The first words of a text; an ellipsis where there are more."""
    if len(text) <= _AROUND:
        return text
    return re.sub(r"\S{0,30}\Z", "", text[:_AROUND]).rstrip() + " …"


def _end_of(text: str) -> str:
    """The last words of a text; an ellipsis where there are more."""
    if len(text) <= _AROUND:
        return text
    return "… " + re.sub(r"\A\S{0,30}", "", text[-_AROUND:]).lstrip()


def shortened(text: str, limit: int) -> str:
    """Return a text with its middle left out where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} … {text[-half:]}"
