"""Examples for the report: what was removed, role by role, with the text around it."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, Final, TypeAlias

from pipeline.publish.storage import Storage

#: A row of the column `removed`.
_Span: TypeAlias = dict[str, Any]
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
    spans: defaultdict[str, defaultdict[str, list[_Span]]] = defaultdict(lambda: defaultdict(list))
    texts: dict[str, tuple[str, str]] = {}
    for row in _sampled(storage, days):
        article = row["article_id"]
        texts[article] = (row["raw_text"], row["source_uri"])
        for span in row["removed"]:
            spans[span["role"]][article].append(span)
    passages = {role: sum(map(len, found.values())) for role, found in spans.items()}
    return {
        role: [_example(*texts[article], span) for article, span in _chosen(role, spans[role])]
        for role in sorted(spans, key=lambda role: (-passages[role], role))
    }


def _sampled(storage: Storage, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    columns = ["article_id", "source_uri", "raw_text", "removed"]
    each = max(_SAMPLED // max(len(days), 1), 1)
    for day in days:
        batch = next(storage.batches("clean_documents", day, columns, rows=each), None)
        yield from batch.to_pylist() if batch is not None else ()


def _chosen(role: str, found: Mapping[str, list[_Span]]) -> list[tuple[str, _Span]]:
    """Return articles with a passage each: the least certain, then the middle one of others."""
    unsure = {article: min(spans, key=itemgetter("score")) for article, spans in found.items()}
    least = min(unsure, key=lambda article: (unsure[article]["score"], article))
    others = sorted(found.keys() - {least}, key=lambda article: _shuffled(role, article))
    middle = [(article, found[article][len(found[article]) // 2]) for article in others]
    return [(least, unsure[least]), *middle[: _EXAMPLES - 1]]


def _shuffled(role: str, article: str) -> bytes:
    return hashlib.blake2b(f"{role} {article}".encode(), digest_size=8).digest()


def _example(raw_text: str, source_uri: str, span: _Span) -> Example:
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
