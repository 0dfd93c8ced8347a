"""What a materialisation shows: counts, bytes, time, columns, a preview."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg

from pipeline import contracts
from pipeline.defs.escape import escaped, markdown_table
from pipeline.defs.lineage import column_lineage
from pipeline.publish import charts, figures, report
from pipeline.publish.storage import Storage
from pipeline.stages import Outcome

_PREVIEW_ROWS = 5
#: Dagster shows Markdown in place only where it is shorter than this; else there is a link to it.
_SHOWN_AT_ONCE = 1_000
#: Numbers of each plot that are told in words.
_TOLD = 5
#: Rows with bars, blocks of the longest bar, and characters of a name beside one.
_BARS, _BAR, _NAME = 13, 12, 40
#: Characters of an identity in a preview: enough for `copydesk explain` and `copydesk diff`.
_IDENTITY = 12


def column_schema(table: str) -> dg.TableSchema:
    """Return the columns of a table's contract for the asset page."""
    return dg.TableSchema(columns=[_column(column) for column in contracts.columns(table)])


def _column(column: Mapping[str, str | bool]) -> dg.TableColumn:
    """A column with a type short enough for its narrow place; what is nested is told in words."""
    kind, nested = _short_type(str(column["type"]))
    told = str(column["description"])
    return dg.TableColumn(
        name=str(column["name"]),
        type=kind,
        description=f"{told} Each: {nested}." if nested else told,
        constraints=dg.TableColumnConstraints(nullable=bool(column["nullable"])),
    )


def _short_type(arrow: str) -> tuple[str, str]:
    """Return Arrow's name of a type without its nested fields, and the names of these."""
    short = re.sub(r"\b(item|element): | not null", "", arrow).replace("[day]", "")
    structure = re.fullmatch(r"list<struct<(.*)>>", short)
    if structure is None:
        return short, ""
    return "list<struct>", ", ".join(re.findall(r"(\w+): ", structure[1]))


def described(table: str, storage: Storage, day: date, preview: Sequence[str]) -> dict[str, Any]:
    """Return rows, bytes, path and a preview of the columns `preview` of a written partition."""
    first = next(storage.batches(table, day, preview, rows=_PREVIEW_ROWS), None)
    rows = [_shortened(row) for row in first.to_pylist()] if first is not None else []
    return {
        "dagster/row_count": storage.row_count(table, day),
        **pictures(table, storage, day),
        "dagster/uri": storage.partition_path(table, day),
        "bytes": storage.size(table, day),
        "preview": dg.MetadataValue.md(preview_table(preview, rows)),
        **column_lineage(table),
    }


def _shortened(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a preview with the beginnings of its identities: whole, they push the rest aside."""
    return {
        name: value[:_IDENTITY] if name.endswith("_id") and value else value
        for name, value in row.items()
    }


def pictures(table: str, storage: Storage, day: date) -> dict[str, Any]:
    """Return the plots of a written partition: in words, and as pictures in Markdown.

    Of a plot with nothing to draw there are the words only.
    """
    if table not in _PLOTS:
        return {}
    count, drawings = _PLOTS[table]
    counted = count(storage, day)
    drawn = {name: draw(counted) for name, draw in drawings.items()}
    plots = {
        f"plot_{name}": dg.MetadataValue.md(chart.markdown())
        for name, chart in drawn.items()
        if not chart.empty
    }
    return {"at_a_glance": dg.MetadataValue.md(at_a_glance(drawn.values()))} | plots


def at_a_glance(drawn: Iterable[charts.Chart]) -> str:
    """Return the first numbers of each chart as Markdown that Dagster shows without a click.

    The first chart with several numbers to compare has a bar to each of them.
    """
    told: list[str] = []
    barred = False
    for chart in drawn:
        shown = [row for row in chart.rows if any(row[1])]
        bars = not barred and len(shown) > 1
        text = _with_bars(chart, shown) if bars else _in_a_line(chart, shown, _TOLD)
        barred = barred or bars
        if len("\n\n".join([*told, text])) < _SHOWN_AT_ONCE:
            told.append(text)
    return "\n\n".join(told)


def _in_a_line(chart: charts.Chart, shown: Sequence[charts.Row], most: int) -> str:
    """A chart as one line: its title and its first rows."""
    rows = "; ".join(f"{escaped(label)}: {_numbers(chart, n)}" for label, n in shown[:most])
    return f"**{chart.title}**: {rows or 'none'}{_more(shown, most)}"


def _with_bars(chart: charts.Chart, shown: Sequence[charts.Row]) -> str:
    """A chart as a small table, a bar of blocks in each row: all rows, or few where names are long.

    Every row ends with its number, so the bars may be rough.
    """
    longest = max(sum(numbers) for _, numbers in shown)
    table = ""
    for most in (_BARS, _TOLD):
        lines = [f"| {chart.title}{_more(shown, most)} | |", "| --- | --- |"]
        for label, n in shown[:most]:
            bar = "█" * max(round(_BAR * sum(n) / longest), 1)
            lines.append(f"| {escaped(label, _NAME)} | {bar} {_numbers(chart, n)} |")
        table = "\n".join(lines)
        if len(table) < _SHOWN_AT_ONCE * 2 // 3:
            break
    return table


def _numbers(chart: charts.Chart, numbers: Sequence[int]) -> str:
    """The numbers of a row: by series where these are kinds, summed where they are degrees."""
    if len(chart.series) == 1 or len(chart.series) > len(charts.RELATIONS):
        return f"{sum(numbers):,}"
    named = zip(numbers, chart.series, strict=True)
    return ", ".join(f"{number:,} {series}" for number, series in named if number)


def _more(shown: Sequence[charts.Row], most: int) -> str:
    return f"; {len(shown) - most} more" if len(shown) > most else ""


def preview_table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as a Markdown table that Dagster shows without a click, if it can be.

    Cells, then rows are shortened until it is; at least two rows stay.
    """
    table = "no rows"
    for number, characters in ((_PREVIEW_ROWS, 90), (_PREVIEW_ROWS, 48), (3, 48), (2, 30)):
        if not rows:
            break
        table = markdown_table(columns, rows[:number], characters)
        if len(table) < _SHOWN_AT_ONCE:
            break
    return table


def report_links(storage: Storage, day: date, address: str) -> dict[str, Any]:
    """Return where the pages of a day and of the corpus are, and how to open them.

    `address` is where a web server shows the folder of the pages; empty where none does: a page
    from the web may not lead to files.
    """
    page, corpus = report.day_page(day), report.CORPUS_PAGE
    shown = {
        "page_of_the_day": dg.MetadataValue.path(storage.path(page)),
        "page_of_the_corpus": dg.MetadataValue.path(storage.path(corpus)),
        "bytes": len(storage.read_bytes(page)),
    }
    if not address:
        return {"open_it": dg.MetadataValue.md(_COMMAND)} | shown
    base = address.rstrip("/")
    links = {
        name: dg.MetadataValue.url(f"{base}/{path.removeprefix(f'{report.FOLDER}/')}")
        for name, path in (("open_the_day", page), ("open_the_corpus", corpus))
    }
    return links | shown


_COMMAND = "Run `copydesk report --open`, or copy a path below into the browser."


#: What is counted of each table, and how it is drawn.
_PLOTS: Mapping[
    str,
    tuple[
        Callable[[Storage, date], figures.Figures],
        Mapping[str, Callable[[figures.Figures], charts.Chart]],
    ],
] = {
    "quarantine": (figures.quarantined, {"reasons": charts.quarantine_reasons}),
    "clean_documents": (
        figures.cleaning,
        {"removed_by_role": charts.removed_by_role, "lengths": charts.lengths},
    ),
    "article_metadata": (figures.fields, {"fields": charts.field_coverage}),
    "duplicate_pairs": (figures.pairs, {"shared_text": charts.pairs_by_containment}),
    "syndication_clusters": (figures.clusters, {"cluster_sizes": charts.cluster_sizes}),
    "articles": (
        figures.published,
        {
            "languages": charts.languages,
            "outlets": charts.outlets,
            "reprints": charts.reprints,
        },
    ),
}


def counts(outcome: Outcome) -> dict[str, int]:
    """Return the counts of a stage as metadata."""
    return {name.replace(":", "").replace(" ", "_"): n for name, n in outcome.counts.items()}


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Yield a dictionary that holds the `seconds` of the block after it."""
    taken: dict[str, float] = {}
    start = time.perf_counter()
    yield taken
    taken["seconds"] = round(time.perf_counter() - start, 3)
