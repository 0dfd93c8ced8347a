"""The few dataclasses that pass between stages.

Tables travel as Arrow (see `pipeline.contracts`); these are the shapes one document takes
inside a stage. Nothing here knows about files, Dagster or any library beyond the standard one.
What an article has dozens of is a named tuple: a frozen dataclass takes thrice as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

BODY: Final = "body"

#: Every role a line of raw text can have, in the vocabulary of the docs ("Line roles").
ROLES: Final = (
    BODY, "headline", "deck", "byline", "timestamp", "outlet", "section", "caption", "credit",
    "editor_note", "bio", "player", "related", "promo", "social", "nav", "legal", "ad",
    "aggregator", "comment", "repeat", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """One raw item as it came: its bytes, where from, when scraped.

    `content` is kept byte for byte; `content.decode(charset)` is the raw text (or the HTML).
    `given` holds what the source said about the item (keys: headline, authors, outlet, date,
    language, deck, agency); it is a candidate for the metadata, not gospel.
    """

    article_id: str
    scrape_date: date
    source_uri: str
    media_type: str  # "text/plain" or "text/html"
    content: bytes
    charset: str
    sha256: str
    url: str | None = None
    scraped_at: datetime | None = None
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item could not become an article, with the bytes it came as.

    `stage` is a stage name (ingest, clean, describe); `reason` a short stable code such as
    `empty`, `binary`, `truncated`, `no_prose`, `too_large`, `timeout`; `error` a sentence for
    people: what, where, what to do. `given` holds the fields of its side-car; `replayable` tells
    whether `content` is the whole item, so that it can be tried again by itself.
    """

    source_uri: str
    scrape_date: date
    stage: str
    reason: str
    error: str
    content: bytes
    sha256: str
    article_id: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    replayable: bool = True


class Line(NamedTuple):
    """One non-blank line of the raw text, or a part of one, with its role.

    `raw_text[start:end]` is the line without its line break. A line of mixed roles is given as
    several consecutive `Line`s. `rule` names the rule or model that decided, `score` (0 to 1)
    is its probability for `role`.
    """

    start: int
    end: int
    text: str
    role: str
    rule: str
    score: float


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A document read as an article: raw text, its lines with roles, and the clean body."""

    raw_text: str
    lines: tuple[Line, ...]
    text: str
    extraction_method: str  # "trafilatura" or "line_model"


class Candidate(NamedTuple):
    """One possible value of one metadata field, and where it came from.

    `value` is text: ISO 8601 for dates and times, names joined by "; " for authors.
    `confidence` is calibrated: of the values given with .9, about nine in ten are right.
    `source_text` is the piece of text or markup that says so, at most 200 characters.
    """

    field: str
    value: str
    confidence: float
    rule: str
    source_text: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about an article, and every candidate that was weighed."""

    headline: str | None = None
    deck: str | None = None
    byline: str | None = None
    authors: tuple[str, ...] = ()
    outlet: str | None = None
    published_date: date | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    dateline: str | None = None
    agency: str | None = None
    agency_contributed: str | None = None
    language: str | None = None
    language_score: float | None = None
    url: str | None = None
    domain: str | None = None
    evidence: tuple[Candidate, ...] = ()
