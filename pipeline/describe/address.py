"""Where an article stands: its address and its registered domain."""

from __future__ import annotations

from pipeline.describe.context import Context, shorten
from pipeline.domains import domain_of, host_of
from pipeline.records import Candidate


def candidates(context: Context) -> list[Candidate]:
    """Return candidates of `url` and `domain`: where it was fetched, what the page says."""
    url = context.document.url
    found = []
    if url and host_of(url):
        found.append(Candidate("url", url.strip(), 0.99, "document_url", shorten(url)))
    found.extend(c for c in context.markup_for("url") if host_of(c.value))
    domains = [
        Candidate("domain", domain, c.confidence, c.rule, c.source_text)
        for c in found
        if (domain := domain_of(c.value))
    ]
    return found + domains
