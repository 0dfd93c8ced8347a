"""What changed since the days before, outlet by outlet: a site that altered its layout shows here.

A layout change makes a field vanish, or the text shrink, or all articles go, for one outlet at once
while the rest of the corpus stays as it was. Shares over all outlets do not show it; shares per
outlet do.
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

#: Fields whose presence is followed.
FIELDS: Final = (
    "headline", "deck", "byline", "authors", "outlet", "published_date", "dateline", "agency",
    "language", "url",
)  # fmt: skip
ALL_OUTLETS: Final = "all outlets"
#: The lengths of an outlet's articles are judged with so many on the day and before it.
_ENOUGH_TODAY: Final = 5
_ENOUGH_BEFORE: Final = 10
#: A share that fell by so much, by so many standard errors, and by what chance brings about less
#: often than this, has fallen.
_FALL: Final = 0.3
_FALL_OVER_ALL: Final = 0.15
_STANDARD_ERRORS: Final = 4.0
_CHANCE: Final = 1e-5
#: A share that fell to nothing need not have been as large.
_FALL_TO_NONE: Final = 0.1
_CHANCE_TO_NONE: Final = 1e-6
#: From so many articles on, the normal distribution stands for the binomial.
_MANY: Final = 500
#: An outlet that had so many articles on each of so many days, and has none, is gone.
_GONE_ARTICLES: Final = 3
_GONE_DAYS: Final = 3
#: Mean words that fell below this part of what they were, or rose above its inverse.
_WORDS_RATIO: Final = 0.4
#: So many changes are told; the rest is counted.
_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of one outlet that is not what it was.

    `before` and `today` are shares; of `words`, words an article; of `articles`, articles a day.
    """

    outlet: str
    field: str
    before: float
    today: float
    articles: int

    def __str__(self) -> str:
        """Return the change as a clause for people."""
        if self.field == "words":
            return f"{self.outlet}: {self.today:.0f} words an article, were {self.before:.0f}"
        if self.field == "articles":
            return f"{self.outlet}: no articles, were {self.before:.0f} a day"
        return f"{self.outlet}: {self.field} in {self.today:.0%}, was {self.before:.0%}"


def field_drift(storage: Storage, day: date) -> Verdict:
    """Check that each outlet is there, its fields filled about as often as in the trailing days."""
    each_before = [_filled(storage, [d]) for d in trailing(storage, "article_metadata", day)]
    before = _summed(each_before)
    today = _filled(storage, [day])
    numbers = {
        f"without_{name}": today[ALL_OUTLETS]["articles"] - today[ALL_OUTLETS][name]
        for name in FIELDS
        if ALL_OUTLETS in today
    }
    return _verdict([*_gone(each_before, today), *_falls(before, today)], numbers)


def _summed(days: Sequence[dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    """The counts of several days, by outlet and over all."""
    total: dict[str, dict[str, int]] = {}
    for day in days:
        for outlet, counts in day.items():
            held = total.setdefault(outlet, dict.fromkeys(counts, 0))
            for name, number in counts.items():
                held[name] += number
    return total


def _gone(
    before: Sequence[dict[str, dict[str, int]]], today: dict[str, dict[str, int]]
) -> Iterator[Change]:
    """Outlets that were there on each of the days before, and are not today.

    Nothing is said of a day without any articles: that is told by another check.
    """
    if len(before) < _GONE_DAYS or ALL_OUTLETS not in today:
        return
    for outlet in sorted(before[-1].keys() - today.keys()):
        numbers = [day.get(outlet, {"articles": 0})["articles"] for day in before]
        if min(numbers) >= _GONE_ARTICLES:
            yield Change(outlet, "articles", sum(numbers) / len(numbers), 0.0, 0)


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
    flags = _flags(storage.read("article_metadata", days, ["domain", *FIELDS]))
    wanted = [(name, "sum") for name in ("articles", *FIELDS)]
    named = flags.filter(pc.is_valid(flags["key"]))
    rows = named.group_by("key").aggregate(wanted).to_pylist()
    everything = flags.group_by([]).aggregate(wanted).to_pylist()
    found = {row["key"]: _counts(row) for row in rows}
    if everything and everything[0]["articles_sum"]:
        found[ALL_OUTLETS] = _counts(everything[0])
    return found


def _counts(row: dict[str, Any]) -> dict[str, int]:
    return {name: row[f"{name}_sum"] for name in ("articles", *FIELDS)}


def _flags(rows: pa.Table) -> pa.Table:
    """One row an article: its outlet as `key`, and 1 or 0 for each field."""
    columns = {"key": _outlet(rows), "articles": pa.array([1] * rows.num_rows, pa.int64())}
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
        before.keys() & today.keys(), key=lambda name: (name != ALL_OUTLETS, name)
    ):
        old, new = before[outlet], today[outlet]
        if old["articles"] < _ENOUGH_BEFORE:
            continue
        least = _FALL_OVER_ALL if outlet == ALL_OUTLETS else _FALL
        for name in FIELDS:
            if _fell(old[name], old["articles"], new[name], new["articles"], least):
                was, now = old[name] / old["articles"], new[name] / new["articles"]
                yield Change(outlet, name, was, now, new["articles"])


def _fell(old_hits: int, old_total: int, new_hits: int, new_total: int, least: float) -> bool:
    """Tell whether a share fell by `least` or to nothing, and not by chance."""
    fall = old_hits / old_total - new_hits / new_total
    if fall < min(least, _FALL_TO_NONE):
        return False
    chance = _chance(old_hits, old_total, new_hits, new_total)
    if not new_hits and chance < _CHANCE_TO_NONE:
        return True
    error = _standard_error(old_hits, old_total, new_hits, new_total)
    return fall >= least and fall >= _STANDARD_ERRORS * error and chance < _CHANCE


def _chance(old_hits: int, old_total: int, new_hits: int, new_total: int) -> float:
    """How often so few hits come about where the share is what it was (binomial tail)."""
    share = (old_hits + 1) / (old_total + 2)
    mean, spread = new_total * share, math.sqrt(new_total * share * (1 - share))
    if new_hits > mean or new_total > _MANY:
        return 0.5 * math.erfc((mean - new_hits) / (spread * math.sqrt(2)))
    return sum(
        math.comb(new_total, hits) * share**hits * (1 - share) ** (new_total - hits)
        for hits in range(new_hits + 1)
    )


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
