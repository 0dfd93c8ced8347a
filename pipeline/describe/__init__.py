"""Describe: the metadata of an article, each value with its evidence.

`markup_candidates` reads the parsed page before extraction changes it; `describe` gathers the
candidates of every field from one document and lets one resolver choose. A field's rules are
in its own module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.describe import address, authors, headline, outlet
from pipeline.describe.context import Context
from pipeline.describe.resolve import Choice, choose
from pipeline.records import Candidate, Cleaned, Document, Metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["describe", "describe_batch", "markup_candidates"]


def markup_candidates(tree: HtmlElement, url: str | None) -> tuple[Candidate, ...]:
    """Return what the markup of a parsed page says; `tree` must not have been cut down yet."""
    from pipeline.describe import markup

    return markup.markup_candidates(tree, url)


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
    articles = zip(documents, cleaned, markup, strict=True)
    return [_describe(Context(doc, text, tuple(found))) for doc, text, found in articles]


def gather(context: Context) -> list[Candidate]:
    """Return the candidates of every field, as the field modules give them."""
    return [
        *headline.candidates(context),
        *headline.deck_candidates(context),
        *authors.candidates(context),
        *outlet.candidates(context),
        *address.candidates(context),
    ]


def _describe(context: Context) -> Metadata:
    candidates = gather(context)
    chosen = {field: choose(field, candidates) for field in _FIELDS}
    return Metadata(
        headline=chosen["headline"].value,
        deck=chosen["deck"].value,
        byline=chosen["byline"].value,
        authors=_names(chosen["authors"]),
        outlet=chosen["outlet"].value,
        url=chosen["url"].value,
        domain=chosen["domain"].value,
        evidence=tuple(c for field in _FIELDS for c in chosen[field].evidence),
    )


_FIELDS = ("headline", "deck", "byline", "authors", "outlet", "url", "domain")


def _names(choice: Choice) -> tuple[str, ...]:
    return tuple(choice.value.split("; ")) if choice.value else ()
