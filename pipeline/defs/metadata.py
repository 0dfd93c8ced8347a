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
    rows = first.to_pylist() if first is not None else []
    return {
        "dagster/row_count": storage.row_count(table, day),
        "dagster/uri": storage.partition_path(table, day),
        "bytes": storage.size(table, day),
        **pictures(table, storage, day),
        "preview": dg.MetadataValue.md(markdown_table(preview, rows)),
        **column_lineage(table),
    }


def pictures(table: str, storage: Storage, day: date) -> dict[str, Any]:
    """Return the plots of a written partition: in words, and as pictures in Markdown."""
    if table not in _PLOTS:
        return {}
    count, drawings = _PLOTS[table]
    counted = count(storage, day)
    drawn = {name: draw(counted) for name, draw in drawings.items()}
    plots = {f"plot_{name}": dg.MetadataValue.md(chart.markdown()) for name, chart in drawn.items()}
    return {"at_a_glance": dg.MetadataValue.md(at_a_glance(drawn.values()))} | plots


def at_a_glance(drawn: Iterable[charts.Chart]) -> str:
    """Return the first numbers of each chart as Markdown that Dagster shows without a click."""
    lines: list[str] = []
    for chart in drawn:
        shown = [
            f"{escaped(label)} {' / '.join(f'{n:,}' for n in numbers)}"
            for label, numbers in chart.rows
            if any(numbers)
        ]
        series = f" ({' / '.join(chart.series)})" if len(chart.series) > 1 else ""
        more = f"; {len(shown) - _TOLD} more" if len(shown) > _TOLD else ""
        line = f"- **{chart.title}**{series}: {'; '.join(shown[:_TOLD]) or 'none'}{more}"
        if len("\n".join([*lines, line])) < _SHOWN_AT_ONCE:
            lines.append(line)
    return "\n".join(lines)


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
