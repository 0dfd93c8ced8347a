"""Dates as news prints them, read from a short piece of text.

`find` lists every absolute date in a line or attribute with its time and offset, `parse` gives
the first; both know months in some twenty languages (`data/date_words.yaml`), ISO 8601, numeric
orders, East Asian forms and epoch seconds. What a date means (publication, update, event) and
which of several is right does not belong here: see `dates`.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from importlib import resources
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import yaml

Order = Literal["dmy", "mdy"]

#: Years outside this range are not publication dates of anything scraped from the web.
EARLIEST_YEAR: Final = 1985
LATEST_YEAR: Final = 2099

#: Text beyond this is not read: a date line is short, an attribute shorter.
LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Stated:
    """A date as stated: the day, the time and its offset where given, and where it stands.

    `offset` is in minutes east of UTC. `alternative` is the other reading of a numeric date
    whose order is not clear ("5/6/2019"). `start` and `end` are offsets into the text read,
    the time included. `form` names the way it is written.
    """

    day: date
    clock: time | None
    offset: int | None
    start: int
    end: int
    form: str
    alternative: date | None = None

    def at(self) -> datetime | None:
        """Return the moment in UTC, or None if no time or no offset is stated."""
        if self.clock is None or self.offset is None:
            return None
        zone = timezone(timedelta(minutes=self.offset))
        return datetime.combine(self.day, self.clock, zone).astimezone(UTC)

    def iso(self) -> str:
        """Return ISO 8601 as stated: a date, or a time with its offset where that is given."""
        if self.clock is None:
            return self.day.isoformat()
        local = datetime.combine(self.day, self.clock)
        if self.offset is None:
            return local.isoformat()
        return local.replace(tzinfo=timezone(timedelta(minutes=self.offset))).isoformat()


@functools.cache
def words() -> Mapping[str, Any]:
    """Return the parsed `data/date_words.yaml`."""
    path = resources.files("pipeline.describe") / "data" / "date_words.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parsed: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506
    return parsed


def fold(text: str) -> str:
    """Return `text` in lower case without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@functools.cache
def month_numbers() -> Mapping[str, int]:
    """Return month name, folded -> number, for all languages."""
    return {
        fold(name): number
        for names in words()["months"].values()
        for number, entry in enumerate(names, start=1)
        for name in entry.split("|")
    }


@functools.cache
def _month_heads() -> frozenset[str]:
    return frozenset(name[:3] for name in month_numbers())


#: What every date in figures alone has.
_FIGURES: Final = re.compile(r"\d(?:[-/.]\s?\d|\s?[年년]|\s\|\s|\d{7})")
#: A word that a figure follows, as it does the month in every form with one.
_BEFORE_FIGURE: Final = re.compile(
    r"(?<![^\W\d_])[^\W\d_]{3,40}+(?=[.,]{0,2}[\s/-]{0,3}(?:(?:de|del|of)\s{1,2})?['’]?\d)"
)
#: How far such a word reaches before its figure: itself and what may stand between.
_BEFORE_DIGITS: Final = 40 + 11
_DIGITS: Final = re.compile(r"\d+")
#: How far the pieces of a date reach to both sides of its month, in characters, and one more.
_BEFORE_MONTH: Final = 20
_AFTER_MONTH: Final = 40

_WORD: Final = r"[^\W\d_]{3,14}"
_ORDINAL: Final = r"(?:st|nd|rd|th|er|º|ª|°)?"
_YEAR: Final = r"(?:19|20)\d\d"

#: Forms with a month in letters; each has groups for day, month word and year.
_NAMED: Final = (
    ("month_day_year", re.compile(
        rf"(?<![^\W\d_])(?P<month>{_WORD})[.,]?\s{{0,3}}(?P<day>\d{{1,2}}){_ORDINAL}"
        rf"(?:\s{{0,2}}[,.]\s{{0,3}}|\s{{1,3}}(?:(?:of|de|del)\s{{1,2}})?)(?P<year>{_YEAR})(?!\d)"
    )),
    ("day_month_year", re.compile(
        rf"(?<![\d.,])(?P<day>\d{{1,2}}){_ORDINAL}\.?[\s/-]{{0,3}}"
        rf"(?:(?:of|de|di|den)\s{{1,2}})?(?P<month>{_WORD})[.,]{{0,2}}[\s/-]{{0,3}}"
        rf"(?:(?:de|del|of)\s{{1,2}})?(?P<year>{_YEAR})(?!\d)"
    )),
    ("year_month_day", re.compile(
        rf"(?<!\d)(?P<year>{_YEAR})[.,]?[\s/-]{{1,3}}(?P<month>{_WORD})[.]?[\s/-]{{1,3}}"
        rf"(?P<day>\d{{1,2}})(?!\d|:)"
    )),
    ("day_month_short_year", re.compile(
        rf"(?<![\d.,])(?P<day>\d{{1,2}}){_ORDINAL}[\s-]{{1,2}}(?P<month>{_WORD})[.,]{{0,2}}"
        rf"[\s-]{{1,2}}['’]?(?P<short>\d\d)(?![\d:.])"
    )),
    # Unix `date`: "Tue May 14 16:45:01 EDT 2019"
    ("clock_inside", re.compile(
        rf"(?<![^\W\d_])(?P<month>{_WORD})\.?\s{{1,2}}(?P<day>\d{{1,2}}),?\s\d\d?:\d\d(?:\s?[AaPp][Mm])?,?\s(?P<year>{_YEAR})(?!\d)"
    )),
    ("unix", re.compile(
        rf"(?P<month>{_WORD})\s{{1,2}}(?P<day>\d{{1,2}})\s"
        rf"(?P<clock>\d\d:\d\d(?::\d\d)?)\s(?P<zone>[A-Z]{{1,5}}|[+-]\d{{4}})?\s?(?P<year>{_YEAR})(?!\d)"
    )),
)  # fmt: skip

# Patterns open with the character itself, not with what must not stand before it: so the
# matcher skips to it.
_ISO: Final = re.compile(
    r"(?P<year>[12](?<![\d-][12])(?:(?<=1)9|(?<=2)0)\d\d)(?P<sep>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=sep)"
    r"(?P<day>0[1-9]|[12]\d|3[01]|[1-9])(?![\d])"
)
_COMPACT: Final = re.compile(
    r"(?P<year>[12](?<!\d[12])(?:(?<=1)9|(?<=2)0)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:[T ]?(?P<clock>[0-2]\d[0-5]\d(?:[0-5]\d)?))?(?!\d)"
)
_NUMERIC: Final = re.compile(
    rf"(?P<first>\d(?<![\d.,/:-]\d)\d?)(?P<sep>[-/.]|\s\|\s)\s?(?P<second>\d{{1,2}})(?P=sep)\s?"
    rf"(?:(?P<year>{_YEAR})|(?P<short>\d\d))(?!\d|[-/.:]\d)"
)
_ASIAN: Final = re.compile(
    r"(?P<year>[12](?:(?<=1)9|(?<=2)0)\d\d)\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]"
)
_EPOCH: Final = re.compile(
    r"\s*(?P<seconds>1[0-9]{9}|[89][0-9]{8})(?P<fraction>\d{3})?(?:\.\d+)?\s*"
)

_ZONE: Final = (
    r"(?:\s{0,2}(?P<zone>Z(?![^\W\d_])|(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d\d)?(?!\d)|"
    r"\(?(?:[A-Z]{2,5}|[Ee]astern|[Cc]entral|[Mm]ountain|[Pp]acific)(?![^\W\d_])\)?))?"
)
_CLOCK: Final = (
    r"(?P<hour>[01]?\d|2[0-4])"
    r"(?:\s?[:.hH]\s?(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d{1,9})?)?"
    r"\s{0,2}(?P<half>[AaPp]\.?\s?[Mm]\b\.?)?|\s{0,2}(?P<bare>[AaPp]\.?\s?[Mm]\b\.?|[Uu]hr|[hH]\b))"
    r"(?:\s{0,2}(?:[Uu]hr|Hrs|hrs|hours|h\b|klo))?"
)
#: What may stand between a date and its time.
_BETWEEN: Final = (
    r"[\s,;|·•–—()@/-]{0,8}"
    r"(?:T|(?:at|um|à|a las|a les|às|alle|ore|kl\.?|o|om|às|as|в|ve|u)\s{1,2})?"
    r"[\s,|·–—-]{0,3}"
)
_AFTER: Final = re.compile(_BETWEEN + _CLOCK + _ZONE)
_BEFORE: Final = re.compile(
    _CLOCK + _ZONE + r"[\s,;|·•–—()-]{0,6}(?:(?:on|am|le|el|of)\s{1,2})?"
    r"(?:[^\W\d_]{2,12}[.,]{0,2}\s{1,2}){0,2}$"
)


def find(text: str, *, order: Order | None = None) -> list[Stated]:
    """Return the absolute dates of `text` (its first 400 characters) in order, without overlaps.

    `order` says how "5/6/2019" is to be read; without it both readings are kept and the American
    one comes first. Dates without a year, and years before 1985, are not dates here.
    """
    return list(_found(text[:LONGEST], order))


@functools.lru_cache(maxsize=256)
def _found(text: str, order: Order | None) -> tuple[Stated, ...]:
    # Pages state one date in several places, in the same words.
    found = sorted(_absolute(text, order), key=lambda stated: (stated.start, -stated.end))
    kept: list[Stated] = []
    for stated in found:
        if not kept or stated.start >= kept[-1].end:
            kept.append(_with_clock(text, stated, kept[-1].end if kept else 0))
    return tuple(kept)


def parse(text: str, *, now: datetime | None = None, order: Order | None = None) -> Stated | None:
    """Return the first date that `text` states, or None.

    Relative forms ("2 hours ago", "yesterday") count only where `now`, the stated time of the
    scrape, is given. An attribute that is epoch seconds or milliseconds is read too.
    """
    if epoch := _EPOCH.fullmatch(text[:40]):
        moment = datetime.fromtimestamp(int(epoch["seconds"]), UTC)
        return Stated(moment.date(), moment.time(), 0, 0, len(text), "epoch")
    found = find(text, order=order)
    if found:
        return found[0]
    return relative(text, now) if now is not None else None


def _absolute(text: str, order: Order | None) -> Iterator[Stated]:
    if _FIGURES.search(text):
        yield from _in_figures(text, order)
    months = month_numbers()
    spans = _month_spans(text)
    for form, pattern in _NAMED if spans else ():
        for start, end in spans:
            for match in pattern.finditer(text, start, end):
                if month := months.get(fold(match["month"])):
                    yield from _stated(match, month, form)


def _in_figures(text: str, order: Order | None) -> Iterator[Stated]:
    for match in _ISO.finditer(text):
        yield from _stated(match, int(match["month"]), "iso")
    for match in _ASIAN.finditer(text):
        yield from _stated(match, int(match["month"]), "asian")
    for match in _COMPACT.finditer(text):
        yield from _compact(match)
    for match in _NUMERIC.finditer(text):
        yield from _numeric(match, order)


@functools.lru_cache(maxsize=8192)
def _may_be_month(opening: str) -> bool:
    """Tell whether a word that opens so can be a month, or an ordinal's letters and one."""
    # Ordinal and month are glued in "5thMay".
    head = fold(opening)
    return not _month_heads().isdisjoint((head[:3], head[1:4], head[2:5]))


def _before_figures(text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of `_BEFORE_FIGURE`, looked for only where figures are near."""
    end = 0
    for figures in _DIGITS.finditer(text):
        start = figures.start()
        yield from _BEFORE_FIGURE.finditer(text, max(end, start - _BEFORE_DIGITS), start + 1)
        end = figures.end()


def _month_spans(text: str) -> list[tuple[int, int]]:
    """Return where a date with its month in letters can stand; all else need not be read."""
    spans: list[tuple[int, int]] = []
    for word in _before_figures(text):
        if not _may_be_month(word[0][:6]):
            continue
        start, end = max(0, word.start() - _BEFORE_MONTH), word.end() + _AFTER_MONTH
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _stated(match: re.Match[str], month: int, form: str) -> Iterator[Stated]:
    groups = match.groupdict()
    year = int(groups.get("year") or 0) or _century(groups["short"])
    day = safe_day(year, month, int(groups["day"]))
    if day is None:
        return
    clock = offset = None
    if form == "unix":
        clock = time.fromisoformat(groups["clock"])
        offset = _offset(groups["zone"], day)
    yield Stated(day, clock, offset, match.start(), match.end(), form)


def _compact(match: re.Match[str]) -> Iterator[Stated]:
    day = safe_day(int(match["year"]), int(match["month"]), int(match["day"]))
    if day is not None:
        clock = _compact_clock(match["clock"])
        yield Stated(day, clock, None, match.start(), match.end(), "compact")


def _compact_clock(digits: str | None) -> time | None:
    if digits is None or int(digits[:2]) > 23:
        return None
    return time(int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0))


def _numeric(match: re.Match[str], order: Order | None) -> Iterator[Stated]:
    first, second = int(match["first"]), int(match["second"])
    year = int(match["year"]) if match["year"] else _century(match["short"])
    as_mdy, as_dmy = safe_day(year, first, second), safe_day(year, second, first)
    readings = (
        [as_dmy, as_mdy] if order == "dmy" or match["sep"] in (".", " | ") else [as_mdy, as_dmy]
    )
    days = [day for day in readings if day is not None]
    if not days:
        return
    clear = order is not None or match["sep"] in (".", " | ") or len(set(days)) == 1
    form = "numeric" if match["year"] else "numeric_short_year"
    yield Stated(days[0], None, None, match.start(), match.end(), form, None if clear else days[1])


def _century(short: str) -> int:
    # The web began in 1991; "85" to "99" are the last century's.
    return int(short) + (1900 if int(short) >= EARLIEST_YEAR % 100 else 2000)


def safe_day(year: int, month: int, day: int) -> date | None:
    """Return the day if there is one, in a year that the web knows; else None."""
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _with_clock(text: str, stated: Stated, left: int) -> Stated:
    """Add the time printed right after the date, or else right before it."""
    if stated.clock is not None:
        return stated
    match = _AFTER.match(text, stated.end)
    if match is None or _read_clock(match) is None:
        match = _BEFORE.search(text[max(left, stated.start - 48) : stated.start])
    if match is None or (clock := _read_clock(match)) is None:
        return stated
    offset = _offset(match["zone"], stated.day)
    if match.re is _AFTER:
        return replace(stated, clock=clock, offset=offset, end=match.end())
    start = max(left, stated.start - 48) + match.start()
    return replace(stated, clock=clock, offset=offset, start=start)


def _read_clock(match: re.Match[str]) -> time | None:
    hour, half = int(match["hour"]), (match["half"] or match["bare"] or "")[:1].lower()
    if match["half"] or half in ("a", "p"):
        if not 0 < hour <= 12 and not (match["half"] and hour < 24):
            return None
        hour = hour % 12 + (12 if half == "p" else 0) if hour <= 12 else hour
    if hour > 23:
        return None
    return time(hour, int(match["minute"] or 0), int(match["second"] or 0))


_NUMERIC_ZONE: Final = re.compile(r"(?:UTC|GMT)?\s?([+-])(\d{1,2}):?(\d\d)?")


def _offset(zone: str | None, day: date) -> int | None:
    """Return minutes east of UTC of `zone` on `day`; None if it is unknown."""
    if not zone:
        return None
    name = zone.strip(" ()")
    if numeric := _NUMERIC_ZONE.fullmatch(name):
        minutes = int(numeric[2]) * 60 + int(numeric[3] or 0)
        return (-minutes if numeric[1] == "-" else minutes) if minutes <= 14 * 60 else None
    zones = words()["zones"]
    known: int | None = zones["offsets"].get(name.lower())
    if known is not None or name.lower() not in zones["places"]:
        return known
    noon = datetime.combine(day, time(12), ZoneInfo(zones["places"][name.lower()]))
    shift = noon.utcoffset()
    return None if shift is None else int(shift.total_seconds() // 60)


@functools.cache
def _relative_patterns() -> tuple[re.Pattern[str], dict[str, str], frozenset[str], frozenset[str]]:
    table = words()["relative"]
    units = {fold(word): unit for unit, names in table["units"].items() for word in names}
    alternatives = "|".join(re.escape(word) for word in sorted(units, key=len, reverse=True))
    after, before = (
        "|".join(re.escape(fold(word)) for word in table[key]) for key in ("after", "before")
    )
    pattern = re.compile(
        rf"\b(?:(?P<a>\d{{1,3}}|an?|one)\s?(?P<ua>{alternatives})\s(?:{after})\b"
        rf"|(?:{before})\s(?P<b>\d{{1,3}}|eine[rmn]?|une?|una?)\s(?P<ub>{alternatives})\b)"
    )
    today, yesterday = (frozenset(fold(w) for w in table[key]) for key in ("today", "yesterday"))
    return pattern, units, today, yesterday


def relative(text: str, now: datetime) -> Stated | None:
    """Return the day that a relative form in `text` means, seen from `now`; None if there is none.

    Only the day is given: "2 hours ago" is too coarse for a time.
    """
    pattern, units, today, yesterday = _relative_patterns()
    folded = fold(text[:LONGEST])
    if match := pattern.search(folded):
        count = match["a"] or match["b"]
        number = int(count) if count.isdigit() else 1
        unit = units[match["ua"] or match["ub"]]
        moment = now - timedelta(**{f"{unit}s": number})
        return Stated(moment.date(), None, None, match.start(), match.end(), "relative")
    for names, days in ((today, 0), (yesterday, 1)):
        for word in re.finditer(r"[^\W\d_']+(?:'[^\W\d_]+)?", folded):
            if word[0] in names:
                day = (now - timedelta(days=days)).date()
                return Stated(day, None, None, word.start(), word.end(), "relative")
    return None
