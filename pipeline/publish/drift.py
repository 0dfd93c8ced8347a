"""What changed since the days before, outlet by outlet: a site that altered its layout shows here.

A layout change makes a field vanish, or the text shrink, for one outlet at once while the rest of
the corpus stays as it was. Shares over all outlets do not show it; shares per outlet do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.publish.checks import Verdict, trailing
from pipeline.publish.storage import Storage

#: Fields whose presence is followed. Those that few articles have (deck, agency) say little.
FIELDS: Final = ("headline", "byline", "authors", "published_date", "language")
ALL_OUTLETS: Final = "all outlets"
#: An outlet is judged with so many articles on the day and before it.
_ENOUGH_TODAY: Final = 5
_ENOUGH_BEFORE: Final = 10
#: A share that fell by so much, and by so many standard errors, is no chance.
_FALL: Final = 0.3
_FALL_OVER_ALL: Final = 0.15
_STANDARD_ERRORS: Final = 4.0
#: Mean words that fell below this part of what they were, or rose above its inverse.
_WORDS_RATIO: Final = 0.4
#: So many changes are told; the rest is counted.
_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of one outlet that is not what it was: `before` and `today` are shares or words."""

    outlet: str
    field: str
    before: float
    today: float
    articles: int

    def __str__(self) -> str:
        """Return the change as a clause for people."""
        if self.field == "words":
            return f"{self.outlet}: {self.today:.0f} words an article, were {self.before:.0f}"
        return f"{self.outlet}: {self.field} in {self.today:.0%}, was {self.before:.0%}"


def field_drift(storage: Storage, day: date) -> Verdict:
    """Check that each outlet's fields are filled about as often as in the trailing days."""
    before = _filled(storage, trailing(storage, "article_metadata", day))
    today = _filled(storage, [day])
    numbers = {
        f"without_{name}": today[ALL_OUTLETS]["articles"] - today[ALL_OUTLETS][name]
        for name in FIELDS
        if ALL_OUTLETS in today
    }
    return _verdict([*_falls(before, today)], numbers)


def length_drift(storage: Storage, day: date) -> Verdict:
    """Check that each outlet's articles are about as long as in the trailing days."""
    before = _words(storage, trailing(storage, "articles", day))
    today = _words(storage, [day])
    changes = [
        Change(outlet, "words", before[outlet][1], words, count)
        for outlet, (count, words) in sorted(today.items())
        if outlet in before
        and count >= _ENOUGH_TODAY
        and before[outlet][0] >= _ENOUGH_BEFORE
        and not _WORDS_RATIO <= (words + 1) / (before[outlet][1] + 1) <= 1 / _WORDS_RATIO
    ]
    return _verdict(changes, {"outlets": len(today)})


def _verdict(changes: Sequence[Change], numbers: dict[str, int]) -> Verdict:
    told = "; ".join(str(change) for change in changes[:_TOLD])
    more = f"; and {len(changes) - _TOLD} more" if len(changes) > _TOLD else ""
    rows = [
        {"outlet": c.outlet, "field": c.field, "before": round(c.before, 3),
         "today": round(c.today, 3), "articles": c.articles}
        for c in changes
    ]  # fmt: skip
    return Verdict(not changes, told + more, numbers | {"changes": len(changes)}, rows)


def _filled(storage: Storage, days: Sequence[date]) -> dict[str, dict[str, int]]:
    """Articles, and articles with each field, by outlet and over all."""
    columns = ["domain", "outlet", *FIELDS]
    parts = [_flags(storage.read("article_metadata", [day], columns)) for day in days]
    if not parts:
        return {}
    wanted = [(name, "sum") for name in ("articles", *FIELDS)]
    flags = pa.concat_tables(parts)
    named = flags.filter(pc.is_valid(flags["outlet"]))
    rows = named.group_by("outlet").aggregate(wanted).to_pylist()
    everything = flags.group_by([]).aggregate(wanted).to_pylist()
    found = {row["outlet"]: _counts(row) for row in rows}
    if everything and everything[0]["articles_sum"]:
        found[ALL_OUTLETS] = _counts(everything[0])
    return found


def _counts(row: dict[str, Any]) -> dict[str, int]:
    return {name: row[f"{name}_sum"] for name in ("articles", *FIELDS)}


def _flags(rows: pa.Table) -> pa.Table:
    """One row an article: its outlet, and 1 or 0 for each field."""
    columns = {"outlet": _outlet(rows), "articles": pa.array([1] * rows.num_rows, pa.int64())}
    for name in FIELDS:
        values = rows[name]
        filled = pc.is_valid(values)
        if pa.types.is_list(values.type):
            filled = pc.fill_null(pc.greater(pc.list_value_length(values), 0), False)
        columns[name] = filled.cast(pa.int64())
    return pa.table(columns)


def _outlet(rows: pa.Table) -> pa.ChunkedArray:
    """The domain where it is known: unlike the outlet's name it outlives a change of layout."""
    return pc.coalesce(rows["domain"], rows["outlet"])


def _falls(before: dict[str, dict[str, int]], today: dict[str, dict[str, int]]) -> Iterator[Change]:
    """Fields that an outlet, or the corpus, fills clearly less often than before."""
    for outlet in sorted(
        before.keys() & today.keys(), key=lambda name: (name == ALL_OUTLETS, name)
    ):
        old, new = before[outlet], today[outlet]
        if new["articles"] < _ENOUGH_TODAY or old["articles"] < _ENOUGH_BEFORE:
            continue
        least = _FALL_OVER_ALL if outlet == ALL_OUTLETS else _FALL
        for name in FIELDS:
            was, now = old[name] / old["articles"], new[name] / new["articles"]
            error = _standard_error(old[name], old["articles"], new[name], new["articles"])
            if was - now >= least and was - now >= _STANDARD_ERRORS * error:
                yield Change(outlet, name, was, now, new["articles"])


def _standard_error(old_hits: int, old_total: int, new_hits: int, new_total: int) -> float:
    """The standard error of the difference of two shares, each with one hit and miss added.

    The added hit and miss (Agresti and Caffo, 2000) keep small samples from looking certain.
    """
    old = (old_hits + 1) / (old_total + 2)
    new = (new_hits + 1) / (new_total + 2)
    return math.sqrt(old * (1 - old) / (old_total + 2) + new * (1 - new) / (new_total + 2))


def _words(storage: Storage, days: Sequence[date]) -> dict[str, tuple[int, float]]:
    """Articles and their mean words by outlet."""
    parts = []
    for day in days:
        rows = storage.read("articles", [day], ["domain", "outlet", "word_count"])
        parts.append(pa.table({"outlet": _outlet(rows), "words": rows["word_count"]}))
    if not parts:
        return {}
    rows = pa.concat_tables(parts)
    named = rows.filter(pc.is_valid(rows["outlet"]))
    means = named.group_by("outlet").aggregate([("words", "count"), ("words", "mean")])
    return {row["outlet"]: (row["words_count"], row["words_mean"]) for row in means.to_pylist()}
