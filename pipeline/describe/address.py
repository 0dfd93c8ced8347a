"""Where an article stands: its address and its registered domain."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from pipeline.describe.context import Context, shorten
from pipeline.describe.fold import data_words
from pipeline.records import Candidate

_LONGEST_URL = 2000


@lru_cache(maxsize=1024)
def host_of(url: str | None) -> str | None:
    """Return the host of an http(s) address in lower case without "www.", or None."""
    if not url or len(url) > _LONGEST_URL:
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "." not in host:
        return None
    return host.rstrip(".").removeprefix("www.")


@lru_cache(maxsize=1024)
def domain_of(url: str | None) -> str | None:
    """Return the registered domain of an address ("bbc.co.uk"), or None."""
    host = host_of(url)
    if host is None:
        return None
    labels = host.split(".")
    if all(label.isdigit() for label in labels):
        return host
    size = 3 if ".".join(labels[-2:]) in data_words("second_level_suffixes.txt") else 2
    return ".".join(labels[-size:])


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
