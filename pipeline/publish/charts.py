"""Plots of figures as small SVG pictures: the same for the report and for Dagster's asset pages.

A picture stands alone (no script, no font, nothing loaded), follows the reader's light or dark
setting, and is the same bytes for the same figures. What is counted belongs to
`pipeline.publish.figures`; drawing is pygal's.
"""

from __future__ import annotations

import base64
import functools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree

from pipeline.publish import figures
from pipeline.publish.figures import BAND_NAMES, LENGTH_NAMES, Figures, top

#: A label, and one number a series.
Row: TypeAlias = tuple[str, tuple[int, ...]]

_WIDTH: Final = 460
_ROW_HEIGHT: Final = 24
_MARGIN: Final = 24
_COLUMN_HEIGHT: Final = 240
#: Bars of a chart; what comes after is summed up, or told beside the chart.
_BARS: Final = 12
_LABEL: Final = 28
#: Columns of a timeline.
_COLUMNS: Final = 62
#: So few days are drawn as rows: as columns they would be broad blocks.
_FEW: Final = 7
#: Up to this number each whole number has its mark on the axis, and nothing between them has.
_COUNTED_OUT: Final = 5
#: Tenths of a share, by their bounds.
_TENTHS: Final = (*(f".{tenth}–.{tenth + 1}" for tenth in range(9)), ".9–1")
#: Characters of all labels under columns that have room; of more only the first and last stand.
_ALL_LABELS: Final = 56
RELATIONS: Final = ("copy", "excerpt", "revision")
_SVG: Final = "http://www.w3.org/2000/svg"

#: Colours that are told apart on white and on black, also without colour vision (Okabe and Ito,
#: 2008, darkened and lightened); text is in the reader's own sans.
_CSS: Final = """
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#3d3a35}
.background{fill:none}.line{stroke:#8886;stroke-width:1;fill:none}.axis.y .major.line{stroke:none}
.bar-graph .axis.x path,.stackedbar-graph .axis.x path{stroke:none}
.axis.x text{text-anchor:middle}.axis.y text{text-anchor:end}
.axis text[transform]{text-anchor:start}.text-overlay text{text-anchor:middle;font-size:11px}
@media(prefers-color-scheme:dark){text{fill:#d6d2c9}}
"""
_KINDS_CSS: Final = """\
.color-0{fill:#1f5f99}.color-1{fill:#c8871a}.color-2{fill:#3c8f6b}
@media(prefers-color-scheme:dark){
.color-0{fill:#6fa8dc}.color-1{fill:#e3ad4f}.color-2{fill:#67b895}}
"""
#: One hue, from much to little.
_DEGREES_CSS: Final = """\
.color-0{fill:#1f5f99}.color-1{fill:#6b9cc6}.color-2{fill:#b0cbe2}.color-3{fill:#c9b8a4}
@media(prefers-color-scheme:dark){
.color-0{fill:#8dbbe6}.color-1{fill:#5a88b3}.color-2{fill:#39597a}.color-3{fill:#75695b}}
"""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with a title, what it says in words, and the numbers that it draws.

    `rows` are the numbers as (label, one number a series); `series` names the numbers.
    """

    title: str
    svg: bytes
    series: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw: no rows, or none with a number above zero."""
        return not any(any(numbers) for _, numbers in self.rows)

    @property
    def uri(self) -> str:
        """The picture as a data URI."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode()

    @property
    def alt(self) -> str:
        """The picture in words: its first rows."""
        told = "; ".join(
            f"{label} {', '.join(f'{n:,}' for n in numbers)}" for label, numbers in self.rows[:6]
        )
        return f"{self.title}: {told}" if told else f"{self.title}: nothing"

    def markdown(self) -> str:
        """The picture as Markdown, for Dagster's pages; a title may hold no scraped text."""
        return f"![{self.title}]({self.uri})"


def removed_by_role(cleaning: Figures) -> Chart:
    """Draw removed characters by role."""
    roles = cleaning.get("roles", {})
    counts = {role: numbers["characters"] for role, numbers in roles.items()}
    return _bars("Characters removed, by role", counts, "characters")


def lengths(cleaning: Figures) -> Chart:
    """Draw the lengths of texts before and after cleaning, side by side."""
    rows = [
        (name, (cleaning.get("before", {}).get(name, 0), cleaning.get("after", {}).get(name, 0)))
        for name in LENGTH_NAMES
    ]
    return _sideways("Length of texts in characters", ("before", "after"), rows, "HorizontalBar")


def field_coverage(fields: Figures) -> Chart:
    """Draw how many articles have each metadata field, by confidence."""
    rows = [
        (name.replace("_", " "), tuple(counts.get(band, 0) for band in reversed(BAND_NAMES)))
        for name, counts in fields.items()
    ]
    title = "Articles with each field, by confidence"
    return _sideways(title, tuple(reversed(BAND_NAMES)), rows)


def languages(articles: Figures) -> Chart:
    """Draw articles by language."""
    return _bars("Articles by language", articles.get("language", {}), "articles")


def outlets(articles: Figures) -> Chart:
    """Draw the outlets with most articles."""
    named = {k: n for k, n in articles.get("outlet", {}).items() if k != figures.UNKNOWN}
    return _bars("Articles by outlet", named, "articles")


def cluster_sizes(clusters: Figures) -> Chart:
    """Draw clusters by their number of articles."""
    sizes = sorted((int(size), count) for size, count in clusters.get("size", {}).items())
    bounds = ((2, 2), (3, 3), (4, 4), (5, 9), (10, 19), (20, 49), (50, 1 << 31))
    rows = [
        (
            str(low) if low == high else f"{low} +" if high > 1 << 30 else f"{low}–{high}",
            (sum(count for size, count in sizes if low <= size <= high),),
        )
        for low, high in bounds
    ]
    return _columns("Syndicated stories by number of articles", ("stories",), rows)


def reprints(articles: Figures) -> Chart:
    """Draw who reprints whom most."""
    counts = {
        f"{by} ← {source}": count
        for by, sources in articles.get("reprints", {}).items()
        for source, count in sources.items()
    }
    return _bars("Who reprints whom", counts, "articles")


def pairs_by_containment(pairs: Figures) -> Chart:
    """Draw verified pairs by the share of the shorter text that stands in the other."""
    rows = [
        (label, tuple(pairs.get(name, {}).get(str(tenth), 0) for name in RELATIONS))
        for tenth, label in enumerate(_TENTHS)
    ]
    return _columns("Verified pairs by shared text outside quotations", RELATIONS, rows, stack=True)


def quarantine_reasons(quarantine: Figures) -> Chart:
    """Draw failures by reason."""
    return _bars("In quarantine, by reason", quarantine.get("reason", {}), "items")


def by_day(title: str, series: tuple[str, ...], days: Mapping[str, Sequence[int]]) -> Chart:
    """Draw numbers over days (YYYY-MM-DD); over months or years where the days are many."""
    totals = {period: [0] * len(series) for period in _periods(days)}
    cut = max((len(period) for period in totals), default=0)
    for day, numbers in days.items():
        total = totals[day[:cut]]
        totals[day[:cut]] = [a + b for a, b in zip(total, numbers, strict=True)]
    rows = [(day, tuple(numbers)) for day, numbers in totals.items()]
    if len(rows) <= _FEW:
        return _sideways(title, series, rows)
    return _columns(title, series, rows, stack=True)


def _periods(days: Mapping[str, Sequence[int]]) -> list[str]:
    """All days, months or years from the first to the last: the finest that are not too many."""
    if not days:
        return []
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    if (last - first).days < _COLUMNS:
        return [str(first + timedelta(n)) for n in range((last - first).days + 1)]
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    if len(months) <= _COLUMNS:
        return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months]
    return [f"{year:04}" for year in range(first.year, last.year + 1)]


def _bars(title: str, counts: Mapping[str, int], unit: str) -> Chart:
    """Horizontal bars, largest first."""
    rows = [(label, (count,)) for label, count in top(counts, _BARS).items()]
    return _sideways(title, (unit,), rows)


def _sideways(
    title: str,
    series: tuple[str, ...],
    rows: Sequence[Row],
    kind: str = "HorizontalStackedBar",
) -> Chart:
    """Horizontal bars, the first row on top; the series end to end unless `kind` says otherwise."""
    height = _ROW_HEIGHT * max(len(rows), 1) + 2 * _MARGIN + (_MARGIN if len(series) > 1 else 0)
    picture = _picture(kind, series, tuple(rows)[::-1], height)
    return Chart(title, picture, series, tuple(rows))


def _columns(
    title: str, series: tuple[str, ...], rows: Sequence[Row], stack: bool = False
) -> Chart:
    """Upright bars in the order given, the series side by side or one on the other."""
    kind = "StackedBar" if stack else "Bar"
    return Chart(title, _picture(kind, series, tuple(rows), _COLUMN_HEIGHT), series, tuple(rows))


@functools.lru_cache(maxsize=64)
def _picture(kind: str, series: tuple[str, ...], rows: tuple[Row, ...], height: int) -> bytes:
    """Draw; kept, because an asset's page and the report show the same pictures."""
    tree = _chart(kind, series, rows, height).render_tree()
    tree.attrib.clear()
    tree.attrib.update({"xmlns": _SVG, "viewBox": f"0 0 {_WIDTH} {height}"})
    tree.attrib.update({"width": str(_WIDTH), "height": str(height)})
    _prune(tree)
    style = next(node for node in tree.iter() if node.tag == "style")
    style.text = _CSS + (_DEGREES_CSS if len(series) > len(RELATIONS) else _KINDS_CSS)
    picture: bytes = ElementTree.tostring(tree)
    return picture


@functools.cache
def _pygal() -> Any:
    """Import pygal without its hook for plugins.

    The hook is of a kind that Python 3.11 warns of at every later import and 3.12 ignores; no
    plugin is used here.
    """
    import pygal
    import pygal.style

    sys.meta_path[:] = [
        finder for finder in sys.meta_path if type(finder).__module__ != pygal.__name__
    ]
    return pygal


def _chart(kind: str, series: tuple[str, ...], rows: tuple[Row, ...], height: int) -> Any:
    pygal = _pygal()
    chart = getattr(pygal, kind)(
        width=_WIDTH,
        height=height,
        css=[],
        js=[],
        show_legend=len(series) > 1,
        legend_at_bottom=True,
        legend_box_size=10,
        margin=6,
        margin_right=28,
        spacing=6,
        style=pygal.style.Style(label_font_size=12, major_label_font_size=12, legend_font_size=12),
        truncate_label=_LABEL,
        truncate_legend=_LABEL,
        max_scale=5,
        min_scale=2,
        no_data_text="",
        value_formatter=_on_axis,
    )
    chart.x_labels = [_printable(label) for label, _ in rows]
    largest = _largest(kind, rows)
    if largest <= _COUNTED_OUT:
        chart.y_labels = list(range(max(largest, 1) + 1))
    room = kind.startswith("Horizontal") or sum(len(label) for label, _ in rows) <= _ALL_LABELS
    if not room:
        chart.x_labels_major = [chart.x_labels[0], chart.x_labels[-1]]
        chart.show_minor_x_labels = False
    for position, name in enumerate(series):
        chart.add(name, [numbers[position] for _, numbers in rows])
    return chart


def _on_axis(value: float) -> str:
    """A mark of the axis, short: 800, 20k, 1.5M. Everything is counted: none within a whole."""
    if not float(value).is_integer():
        return ""
    if value >= 1_000_000:
        return f"{value / 1_000_000:,.4g}M"
    return f"{value / 1_000:,.4g}k" if value >= 10_000 else f"{value:,.0f}"


def _largest(kind: str, rows: Sequence[Row]) -> int:
    """The number at the end of the longest bar."""
    length = sum if "Stacked" in kind else max
    return max((length(numbers) for _, numbers in rows), default=0)


def _prune(node: Any) -> None:
    """Drop scripts, tooltips, comments (whose tag is a function) and empty groups."""
    for child in list(node):
        _prune(child)
        idle = child.tag == "g" and (not len(child) or child.get("class") == "tooltip")
        if not isinstance(child.tag, str) or child.tag in ("script", "desc", "title") or idle:
            node.remove(child)


def _printable(text: str) -> str:
    """A label that is valid XML and one line, whatever was scraped."""
    return "".join(c if c.isprintable() else " " for c in text[:200])
