"""Hosts and registered domains of addresses: what sources are told apart by."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_LONGEST_URL: Final = 2000
_SUFFIXES: Final = Path(__file__).parent / "data" / "second_level_suffixes.txt"


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
    size = 3 if ".".join(labels[-2:]) in _second_level_suffixes() else 2
    return ".".join(labels[-size:])


@cache
def _second_level_suffixes() -> frozenset[str]:
    lines = _SUFFIXES.read_text(encoding="utf-8").splitlines()
    listed = ",".join(line for line in lines if not line.startswith("#"))
    return frozenset(suffix.strip() for suffix in listed.split(",") if suffix.strip())
