"""Why a page could not be cleaned, as a typed error with a stable reason code."""

from __future__ import annotations

from typing import Final

#: Every reason a page can be refused for.
REASONS: Final = ("empty", "too_large", "too_deep", "not_html", "no_prose", "error_page")


class CleanError(Exception):
    """A document that cannot become an article.

    `reason` is one of `REASONS`; `error` a sentence for people. `parse` raises it, and
    `clean_pages` returns it in the place of the page, so that one page never spoils a batch.
    """

    def __init__(self, reason: str, error: str) -> None:
        super().__init__(f"{reason}: {error}")
        self.reason = reason
        self.error = error
