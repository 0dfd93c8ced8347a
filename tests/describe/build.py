"""Documents for the tests of dates, datelines, agencies and languages, from a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from pipeline.describe.context import Context
from pipeline.records import Candidate, Cleaned, Document, Line


def context(
    lines: Sequence[tuple[str, str]],
    *,
    url: str | None = None,
    markup: Sequence[Candidate] = (),
    given: Mapping[str, str] | None = None,
    scrape_date: date = date(2020, 1, 1),
    scraped_at: datetime | None = None,
    media_type: str = "text/plain",
) -> Context:
    """Return a context of (role, text) lines."""
    made: list[Line] = []
    position = 0
    for role, text in lines:
        made.append(Line(position, position + len(text), text, role, "test", 1.0))
        position += len(text) + 1
    body = "\n\n".join(text for role, text in lines if role == "body")
    cleaned = Cleaned("\n".join(text for _, text in lines), tuple(made), body, "line_model")
    document = Document(
        "a", scrape_date, "x.txt", media_type, b"", "utf-8", "0", url, scraped_at, given or {}
    )
    return Context(document, cleaned, tuple(markup))


def best(candidates: Sequence[Candidate], field: str) -> str | None:
    """Return the first value of `field` that is sure enough to be given."""
    values = [c.value for c in candidates if c.field == field and c.confidence >= 0.6]
    return values[0] if values else None


SCRAPED = datetime(2019, 6, 20, 12, 0, tzinfo=UTC)
BODY = (
    "body",
    "The council voted on Thursday night to close the old bridge for good, officials said.",
)
