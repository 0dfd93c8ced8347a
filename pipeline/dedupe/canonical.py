"""Which article represents a cluster: a ranking by stated evidence, and the reason in words."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

#: Ranks of origin, the best first, with the words for the reason.
ORIGINS: Final = (
    "it is on the site of the agency that wrote it",
    "a staff biography or staff byline shows it as the outlet's own",
    "it carries its author's byline",
    "it is credited to an agency",
    "nothing speaks against it",
)
_AGENCY_SITE, _STAFF, _BYLINE, _AGENCY, _UNKNOWN = range(5)

_STAFF_BYLINE: Final = re.compile(
    r"\b(staff (writer|reporter|correspondent)|of the .{1,40} staff|our (own )?correspondent)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Article:
    """What the choice of a canonical article needs to know of one article.

    `origin` ranks the evidence on who wrote it (a place in `ORIGINS`); `first_date` is the day
    of publication, or of the scrape where that is not known.
    """

    article_id: str
    scrape_date: date
    origin: int
    first_date: date
    words: int
    outlet: str | None = None

    @classmethod
    def of_metadata(cls, row: Mapping[str, Any], day: date, words: int, has_bio: bool) -> Article:
        """Return the article of a row of `article_metadata`."""
        return cls(
            article_id=row["article_id"],
            scrape_date=day,
            origin=origin_of(row, has_bio),
            first_date=row["published_date"] or day,
            words=words,
            outlet=row["outlet"],
        )

    @property
    def rank(self) -> tuple[Any, ...]:
        """Sort key: the smallest is the canonical article; no two articles have the same."""
        return (self.origin, self.first_date, -self.words, self.scrape_date, self.article_id)


def origin_of(row: Mapping[str, Any], has_bio: bool) -> int:
    """Return the rank of the evidence on who wrote an article, 0 the best.

    `row` has outlet, agency, byline and authors; `has_bio` says that the author's biography
    stood beside the text.
    """
    agency, outlet, byline = row["agency"], row["outlet"], row["byline"]
    if agency:
        return _AGENCY_SITE if _same_name(outlet, agency) else _AGENCY
    if has_bio or (byline and _is_staff_byline(byline, outlet)):
        return _STAFF
    return _BYLINE if row["authors"] else _UNKNOWN


def choose(articles: list[Article]) -> Article:
    """Return the canonical article."""
    return min(articles, key=_rank)


def reason(chosen: Article, others: list[Article]) -> str:
    """Return in one sentence why `chosen` stands before `others`."""
    if not others:
        return "The only article."
    second = min(others, key=_rank)
    if chosen.origin != second.origin:
        return (
            f"Chosen because {ORIGINS[chosen.origin]}; of the next best, {ORIGINS[second.origin]}."
        )
    if chosen.first_date != second.first_date:
        return (
            f"Chosen as the earliest, of {chosen.first_date}, among those of which can be said "
            f"that {ORIGINS[chosen.origin]}; the next is of {second.first_date}."
        )
    if chosen.words != second.words:
        return f"Chosen as the most complete of its day: {chosen.words} words, next {second.words}."
    if chosen.scrape_date != second.scrape_date:
        return f"Chosen as the first scraped ({chosen.scrape_date}) of otherwise equal articles."
    return "Chosen by the order of identifiers among otherwise equal articles."


def _rank(article: Article) -> tuple[Any, ...]:
    return article.rank


def _is_staff_byline(byline: str, outlet: str | None) -> bool:
    if _STAFF_BYLINE.search(byline[:300]):
        return True
    return bool(outlet) and _key(outlet or "") in _key(byline[:300]) and len(_key(outlet or "")) > 3


def _same_name(outlet: str | None, agency: str) -> bool:
    if not outlet:
        return False
    name = _key(outlet)
    return name in (_key(agency), _key(_FULL_NAMES.get(agency, agency)))


@functools.lru_cache(maxsize=4096)
def _key(name: str) -> str:
    letters = "".join(each for each in name.casefold() if each.isalnum())
    return letters.removeprefix("the")


_FULL_NAMES: Final = {
    "AP": "Associated Press",
    "AFP": "Agence France-Presse",
    "PA": "Press Association",
    "dpa": "Deutsche Presse-Agentur",
    "TNS": "Tribune News Service",
    "UPI": "United Press International",
    "CP": "Canadian Press",
    "PTI": "Press Trust of India",
    "ANI": "Asian News International",
    "IANS": "Indo-Asian News Service",
}
