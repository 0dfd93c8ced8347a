"""Describe: the metadata of an article, each value with its evidence.

`markup_candidates` reads the parsed page before extraction changes it; `describe` gathers the
candidates of every field from one document and lets one resolver choose. A field's rules are
in its own module.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from pipeline.describe import (
    address,
    agency,
    authors,
    dateline,
    dates,
    headline,
    hints,
    language,
    outlet,
)
from pipeline.describe.context import Context
from pipeline.describe.resolve import NOTHING, Choice, choose
from pipeline.records import Candidate, Cleaned, Document, Metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["describe", "describe_batch", "markup_candidates"]


def markup_candidates(tree: HtmlElement, url: str | None) -> tuple[Candidate, ...]:
    """Return what the markup of a parsed page says; `tree` must not have been cut down yet."""
    from pipeline.describe import date_markup, markup, markup_scan

    page = markup_scan.scan(tree)
    return (*markup.markup_candidates(page, tree, url), *date_markup.markup_dates(page))


def describe(document: Document, cleaned: Cleaned, markup: Sequence[Candidate] = ()) -> Metadata:
    """Return the metadata of one article; `markup` is what `markup_candidates` found in it."""
    return describe_batch([document], [cleaned], [markup])[0]


def describe_batch(
    documents: Sequence[Document],
    cleaned: Sequence[Cleaned],
    markup: Sequence[Sequence[Candidate]],
) -> list[Metadata]:
    """Return the metadata of several articles, in order; the same as one by one.

    The three sequences are of one length; `markup` holds what `markup_candidates` found in each
    page, nothing for flattened text.
    """
    detected = language.detect([one.text for one in cleaned])
    hinted = hints.of_articles(cleaned)
    articles = zip(documents, cleaned, markup, detected, hinted, strict=True)
    return [
        _describe(Context(document, one, tuple(found), code, held))
        for document, one, found, code, held in articles
    ]


def gather(context: Context) -> list[Candidate]:
    """Return the candidates of every field, as the field modules give them."""
    return [candidate for module in _MODULES for candidate in module.candidates(context)]


def _describe(context: Context) -> Metadata:
    by_field: dict[str, list[Candidate]] = {field: [] for field in FIELDS}
    for candidate in gather(context):
        by_field.setdefault(candidate.field, []).append(candidate)
    chosen = {
        field: choose(field, by_field[field]) if by_field[field] else NOTHING for field in FIELDS
    }
    return Metadata(
        headline=chosen["headline"].value,
        deck=chosen["deck"].value,
        byline=chosen["byline"].value,
        authors=_names(chosen["authors"]),
        outlet=chosen["outlet"].value,
        published_date=_day(chosen["published_date"]),
        published_at=_moment(chosen["published_at"]),
        updated_at=_moment(chosen["updated_at"]),
        dateline=chosen["dateline"].value,
        agency=chosen["agency"].value,
        agency_contributed=chosen["agency_contributed"].value,
        language=chosen["language"].value,
        language_score=_language_score(chosen["language"], by_field["language"]),
        url=chosen["url"].value,
        domain=chosen["domain"].value,
        evidence=tuple([c for field in FIELDS for c in chosen[field].evidence]),
    )


#: The modules that gather candidates, and the fields, in the order of the evidence.
_MODULES: Final = (headline, authors, outlet, dates, dateline, agency, language, address)
FIELDS: Final = (
    "headline", "deck", "byline", "authors", "outlet", "published_date", "published_at",
    "updated_at", "dateline", "agency", "agency_contributed", "language", "url", "domain",
)  # fmt: skip


def _names(choice: Choice) -> tuple[str, ...]:
    return tuple(choice.value.split("; ")) if choice.value else ()


def _day(choice: Choice) -> date | None:
    return date.fromisoformat(choice.value) if choice.value else None


def _moment(choice: Choice) -> datetime | None:
    """Return a stated moment in UTC; None where the offset is not known."""
    if not choice.value:
        return None
    moment = datetime.fromisoformat(choice.value)
    return moment.astimezone(UTC) if moment.tzinfo is not None else None


def _language_score(choice: Choice, candidates: Sequence[Candidate]) -> float | None:
    """Return how sure the detection is of the chosen language, before other sources weighed in."""
    if choice.value is None:
        return None
    return max((c.confidence for c in candidates if c.value == choice.value), default=None)
