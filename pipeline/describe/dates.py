"""When an article was published and last updated, weighed from everything that says so.

Clues come from JSON-LD and meta tags, visible markup, lines of the text, the source's own record
and the address. They are grouped by day; independent sources that agree support each other. How
a date is read is in `date_parse`, where lines and elements are looked for in `date_lines` and
`date_markup`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pipeline.describe.date_lines import dated_lines
from pipeline.describe.date_parse import Order, Stated, find, fold, month_numbers, parse, safe_day
from pipeline.records import Candidate

if TYPE_CHECKING:
    from pipeline.describe.context import Context

__all__ = ["Stated", "candidates", "find", "parse", "rule_days"]

#: A rule that no table row covers is believed this much.
_UNMEASURED: Final = 0.5
#: What a second independent source adds, as a share of its own confidence.
_SUPPORT: Final = 0.6

#: Machine-readable sources, and how sure one must be to reckon other sources' days by it.
_MACHINE: Final = frozenset(("meta",))
_SURE: Final = 0.8

#: Hour (UTC) from which it is the next day in most of the countries east of Greenwich.
_LATE: Final = 22

#: What the runner-up takes from the likeliest day, as a share of its own confidence: days that a
#: rival of .8 or .9 opposed were right two times in three on development sites.
_RIVAL: Final = 0.3

#: The doubt that stays where all sources state one day, as a share.
_LONE: Final = 0.6

#: Confidence of a labelled update: an estimate, as no data set states when pages were updated.
_UPDATED: Final = 0.9

#: How rules end whose date is no surer for being the only one: that of an update, or below the
#: story, where those of other stories stand.
_NO_LONE: Final = ("_only", "_below", "_end")

#: How sure a day can be that flattened text states as an update alone: too little to be given.
_UPDATE_ONLY: Final = 0.45

_SOURCE_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Clue:
    """One statement of a date: what it says, of which field, by which rule, from which text.

    `american` tells that the site writes the month first: it lies west of Greenwich.
    """

    stated: Stated
    field: str
    rule: str
    text: str
    confidence: float
    american: bool = False


@functools.cache
def _confidences() -> dict[str, float]:
    path = resources.files("pipeline.describe") / "data" / "date_confidence.tsv"
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {row[0]: float(row[1]) for row in rows if row[0] and not row[0].startswith("#")}


def candidates(context: Context) -> list[Candidate]:
    """Return candidates for `published_date`, `published_at` and `updated_at`, the best first.

    Confidences are final: agreement and doubt are already in them. A time without a known offset
    is given as such ("2019-05-30T18:46:00"); it is evidence, but no `published_at`.
    """
    clues = list(_clues(context))
    days = _ranked_days([clue for clue in clues if clue.field == "published"])
    if not days:
        days = _ranked_days([_as_published(clue) for clue in clues if clue.field == "updated"])
    found = [
        Candidate("published_date", day.isoformat(), round(score, 3), best.rule, best.text)
        for day, score, best in days[:4]
    ]
    if days:
        found.extend(_published_at(days[0], clues))
        found.extend(_updated_at(days[0][0], clues))
    return found


def rule_days(context: Context) -> list[tuple[str, str]]:
    """Return (rule, ISO day) of every clue to the publication, for measuring the rules."""
    clues = list(_clues(context))
    published = [clue for clue in clues if clue.field == "published"]
    chosen = published or [_as_published(clue) for clue in clues]
    return [(clue.rule, clue.stated.day.isoformat()) for clue in chosen]


def _as_published(clue: Clue) -> Clue:
    return replace(clue, rule=f"{clue.rule}_only", confidence=_confidence(f"{clue.rule}_only"))


#: Rules that are right where they stand alone, but state a later day where others disagree: a
#: newsletter's tag has the day of the last change on some sites.
_YIELDING: Final = {"meta_sailthru.date": 0.8}


def _confidence(rule: str) -> float:
    if rule in _YIELDING:
        return _YIELDING[rule]
    if rule.startswith("text_") and rule.endswith("_only"):
        return _UPDATE_ONLY
    table = _confidences()
    # A line below a known headline dates no worse than one near the body; on flattened text no
    # worse than on a page.
    for known in (rule, rule.replace("_above", "_near"), rule.replace("text_", "line_")):
        if known in table:
            return table[known]
    head = rule.split("_", 1)[0]
    return table.get(f"{head}_*_only" if rule.endswith("_only") else f"{head}_*", _UNMEASURED)


def _clue(stated: Stated, field: str, rule: str, text: str) -> Clue:
    name = (
        rule
        if field == "published"
        else f"{rule}_updated"
        if rule.startswith(("line", "text"))
        else rule
    )
    shown = " ".join(text[: 2 * _SOURCE_LENGTH].split())[:_SOURCE_LENGTH]
    return Clue(stated, field, name, shown, _confidence(name))


def _clues(context: Context) -> Iterator[Clue]:
    """Yield the usable clues: none after the scrape, none of ambiguous order left unread."""
    order = _order(context)
    latest = _latest(context)
    found = list(_all_clues(context, order))
    sure = {clue.stated.day for clue in found if clue.stated.alternative is None}
    for clue in found:
        stated = _settled(clue.stated, sure, latest)
        if stated.day > latest:
            continue
        is_settled = stated is clue.stated and order != "mdy"  # most
        yield clue if is_settled else replace(clue, stated=stated, american=order == "mdy")


def _latest(context: Context) -> date:
    """Return the last day that can be right: a day after the scrape, for time zones."""
    scraped = context.document.scraped_at
    day = scraped.date() if scraped is not None else context.document.scrape_date
    return day + _DAY


_DAY: Final = timedelta(days=1)


def _settled(stated: Stated, sure: set[date], latest: date) -> Stated:
    """Return `stated` with the order of a numeric date decided by the other dates there are."""
    other = stated.alternative
    if other is None:
        return stated
    swap = (other in sure and stated.day not in sure) or stated.day > latest >= other
    return replace(stated, day=other if swap else stated.day, alternative=None)


#: Top-level domains of countries that write the day first in English, and of the United States.
_DAY_FIRST: Final = frozenset(
    (
        "uk", "au", "nz", "ie", "in", "za", "ng", "ke", "gh", "pk", "bd", "lk", "sg", "my", "mt",
        "eu", "fr", "de", "es", "it", "pt", "br", "ar", "mx", "cl", "co", "pe", "nl", "be", "at",
        "ch", "pl", "cz", "sk", "ru", "ua", "tr", "gr", "se", "no", "dk", "fi", "ro", "bg", "hu",
        "id",
    )
)  # fmt: skip
_MONTH_FIRST: Final = frozenset(("us", "gov", "mil", "edu"))


def _order(context: Context) -> Order | None:
    """Return how the site writes numeric dates: by its country, else its language."""
    host = urlsplit(context.document.url or "").netloc.lower().split(":")[0]
    suffix = host.rsplit(".", 1)[-1]
    if suffix in _DAY_FIRST:
        return "dmy"
    if suffix in _MONTH_FIRST:
        return "mdy"
    stated = context.markup_for("language")
    locale = stated[0].value.lower().replace("_", "-")[:5] if stated else ""
    if not locale or locale == "en":
        return None
    return "mdy" if locale == "en-us" else "dmy"


def _all_clues(context: Context, order: Order | None) -> Iterator[Clue]:
    now = context.document.scraped_at
    for mark in context.markup:
        if mark.field in ("published", "updated") and mark.rule != "time_tag":
            stated = parse(mark.value, now=now, order=order)
            if stated is not None:
                yield _clue(stated, mark.field, mark.rule, mark.source_text)
    given = context.document.given.get("date", "")
    if given and (stated := parse(given, now=now, order=order)) is not None:
        yield _clue(stated, "published", "given", given)
    # Roles of flattened text are guessed by a model, those of a page by its markup.
    source = "line" if context.document.media_type == "text/html" else "text"
    for dated in dated_lines(context, order):
        yield _clue(dated.stated, dated.field, f"{source}_{dated.rule}", dated.text)
    if (stated := in_address(context.document.url, order)) is not None:
        rule = "url" if stated.form == "url" else "url_numeric"
        yield _clue(stated, "published", rule, context.document.url or "")


_PATH_DAY: Final = re.compile(
    r"(?P<year>[12](?<!\d[12])(?:(?<=1)9|(?<=2)0)\d\d)(?:"
    r"(?P<sep>[/_.-])(?P<month>0?[1-9]|1[0-2]|[a-z]{3,9})(?P=sep)(?P<day>0[1-9]|[12]\d|3[01]|[1-9](?=[/.]|$))(?!\d)"
    r"|(?P<mm>0[1-9]|1[0-2])(?P<dd>0[1-9]|[12]\d|3[01])(?!\d)|/(?P<m4>0[1-9]|1[0-2])(?P<d4>0[1-9]|[12]\d|3[01])(?=/))"
)


#: "/29-10-2021", "news/23.01.2022-title", "review_5_30_2019"
_PATH_NUMERIC: Final = re.compile(
    r"(?P<day>\d(?<![\d.-]\d)\d?)(?P<sep>[-_.])(?P<month>\d\d?)(?P=sep)(?P<year>20\d\d)(?!\d)"
)


def in_address(url: str | None, order: Order | None = None) -> Stated | None:
    """Return the day in the path of an address ("/2019/05/30/", "/2019/may/30/"), or None.

    With the day first or last ("/30-05-2019") the form is that of `date_parse.find`, which reads
    it in the given order.
    """
    try:
        path = urlsplit((url or "")[:2000]).path.lower()
    except ValueError:
        return None
    for match in _PATH_DAY.finditer(path):
        month = match["month"] or match["mm"] or match["m4"]
        number = int(month) if month.isdigit() else month_numbers().get(fold(month), 0)
        day = safe_day(int(match["year"]), number, int(match["day"] or match["dd"] or match["d4"]))
        if day is not None and day.year >= 1990:
            return Stated(day, None, None, match.start(), match.end(), "url")
    numeric = _PATH_NUMERIC.search(path)
    found = find(numeric[0].replace(numeric["sep"], "/"), order=order) if numeric else []
    return found[0] if found else None


def _kind(rule: str) -> str:
    """Return the kind of source of a rule; sources of one kind do not support each other."""
    head = rule.split("_", 1)[0]
    return "visible" if head in ("html", "line", "text") else head


Day = tuple[date, float, Clue]


def _ranked_days(clues: Sequence[Clue]) -> list[Day]:
    """Return the days stated, the likeliest first, with how sure and the best clue of each."""
    days: dict[date, list[Clue]] = {}
    for clue in clues:
        days.setdefault(_reckoned_day(clue, clues), []).append(clue)
    scored = [
        (day, _together(group), max(group, key=lambda c: c.confidence))
        for day, group in days.items()
    ]
    scored.sort(key=lambda entry: -entry[1])
    if len(scored) == 1 and not scored[0][2].rule.endswith(_NO_LONE):
        # The only day that the document states: nothing speaks for another.
        scored[0] = (scored[0][0], 1 - (1 - scored[0][1]) * _LONE, scored[0][2])
    if len(scored) > 1:
        rival = scored[1][1]
        scored[0] = (scored[0][0], scored[0][1] * (1 - _RIVAL * rival), scored[0][2])
    return scored


def _reckoned_day(clue: Clue, clues: Iterable[Clue]) -> date:
    """Return the day that `clue` is counted for.

    Where metadata states the moment in UTC and another source the local day before or after it,
    both mean one moment; it is counted for the day that the metadata states, which is also the
    day of `published_at`. A stated offset other than UTC comes first.
    """
    stated = clue.stated
    if stated.offset:
        return stated.day
    if stated.offset == 0 and (east := _printed_east(stated, clues)) is not None:
        return east
    zoned = [other.stated for other in clues if other.stated.offset]
    if stated.offset == 0 and stated.clock is not None:
        return next((z.day for z in zoned if z.at() == stated.at()), stated.day)
    if any(z.day == stated.day for z in zoned):
        return stated.day
    for other in clues:
        moment = other.stated
        if moment.offset != 0 or moment.clock is None or other.confidence < _SURE:
            continue
        if _kind(other.rule) in _MACHINE and _may_be_local(stated, moment):
            return _printed_east(moment, clues) or moment.day
    return stated.day


def _printed_east(moment: Stated, clues: Iterable[Clue]) -> date | None:
    """Return the next day where a late evening's UTC `moment` is printed as that next day.

    It is the day of a reader east of Greenwich, whose site keeps its times in UTC.
    """
    if moment.clock is None or moment.clock.hour < _LATE:
        return None
    after = moment.day + timedelta(days=1)
    for other in clues:
        if other.american:
            return None
        is_plain = other.stated.day == after and not other.stated.offset
        if is_plain and other.confidence >= _SURE and _kind(other.rule) not in _MACHINE:
            local = replace(other.stated, offset=None)
            return after if _may_be_local(local, moment) else None
    return None


def _may_be_local(local: Stated, moment: Stated) -> bool:
    """Return whether `local`, a day or a time on it, can be the UTC `moment` somewhere on Earth."""
    assert moment.clock is not None  # noqa: S101
    gap = (local.day - moment.day).days
    if local.clock is None:
        return (gap == -1 and moment.clock.hour < 12) or (gap == 1 and moment.clock.hour >= 10)
    if local.offset is not None:
        return local.at() == moment.at()
    there = datetime.combine(local.day, local.clock)
    minutes = (there - datetime.combine(moment.day, moment.clock)).total_seconds() / 60
    return gap != 0 and -12 * 60 <= minutes <= 14 * 60 and abs((minutes + 5) % 30 - 5) <= 1


def _together(group: Sequence[Clue]) -> float:
    votes: dict[str, float] = {}
    for clue in group:
        votes[_kind(clue.rule)] = max(votes.get(_kind(clue.rule), 0.0), clue.confidence)
    best, *others = sorted(votes.values(), reverse=True)
    doubt = 1 - best
    for vote in others:
        doubt *= 1 - _SUPPORT * vote
    return min(0.995, 1 - doubt)


def _published_at(chosen: Day, clues: Sequence[Clue]) -> list[Candidate]:
    """Return the moment of publication, from the surest clue of the chosen day that has a time."""
    day, score, _ = chosen
    timed = [
        clue for clue in clues
        if clue.field == "published" and clue.stated.clock is not None
        and _reckoned_day(clue, clues) == day and clue.stated.clock.isoformat() != "00:00:00"
    ]  # fmt: skip
    timed.sort(key=lambda clue: (clue.stated.offset is None, -clue.confidence))
    return [
        Candidate("published_at", clue.stated.iso(), round(score * 0.97, 3), clue.rule, clue.text)
        for clue in timed[:2]
    ]


def _updated_at(day: date, clues: Sequence[Clue]) -> list[Candidate]:
    """Return the last stated update that is not before the publication."""
    later = [
        clue for clue in clues
        if clue.field == "updated" and clue.stated.day >= day and clue.stated.clock is not None
    ]  # fmt: skip
    later.sort(key=lambda clue: (clue.stated.offset is None, -clue.confidence))
    return [
        Candidate("updated_at", clue.stated.iso(), _UPDATED, clue.rule, clue.text)
        for clue in later[:2]
    ]
