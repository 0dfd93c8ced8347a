"""Which article represents a cluster: a ranking by stated evidence, and the reason in words."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
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

    `origin` ranks the evidence on who wrote it (a place in `ORIGINS`).
    """

    article_id: str
    scrape_date: date
    origin: int
    published_date: date | None
    words: int
    outlet: str | None = None

    @property
    def first_date(self) -> date:
        """Day of publication, or of the scrape where that is not known."""
        return self.published_date or self.scrape_date


@dataclass(frozen=True, slots=True)
class Ranked:
    """An article and how much of it the articles around it have.

    `support` is the sum over its verified duplicates of how far each was made from it (0 to 1):
    high for the fullest text, lower for a trimmed one, low for a piece that the text went into.
    """

    article: Article
    support: float = 0.0

    @property
    def key(self) -> tuple[Any, ...]:
        """Sort key: the smallest is the canonical article; no two articles have the same."""
        one = self.article
        published = one.published_date or date.max
        support = -round(self.support, 3)
        return (one.origin, published, support, -one.words, one.scrape_date, one.article_id)


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


def reason(chosen: Ranked, others: Sequence[Ranked]) -> str:
    """Return in one sentence why `chosen` stands before `others`."""
    if not others:
        return "The only article."
    second = min(others, key=lambda each: each.key)
    one, other = chosen.article, second.article
    if one.origin > other.origin:
        return "Chosen because it agrees with far more of the articles than any before it."
    if one.origin < other.origin:
        less = ORIGINS[other.origin]
        of_second = f"of the next best article it is only known that {less}"
        return f"Chosen because {ORIGINS[one.origin]}; {of_second}."
    if one.published_date != other.published_date:
        after = (
            f"the next is of {other.published_date}"
            if other.published_date
            else "the others give no date"
        )
        return f"Chosen as the earliest, published on {one.published_date}; {after}."
    if chosen.key[2] != second.key[2]:
        return "Chosen as the most complete: it is more like the other articles than any of them."
    if one.words != other.words:
        return f"Chosen as the most complete: {one.words} words, the next has {other.words}."
    if one.scrape_date != other.scrape_date:
        return f"Chosen as the first scraped, on {one.scrape_date}, of articles otherwise equal."
    return "Chosen by the order of identifiers among articles otherwise equal."


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
