"""What a materialisation shows: counts, bytes, time, columns, a preview."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg

from pipeline import contracts
from pipeline.defs.escape import markdown_table
from pipeline.publish import charts, figures, report
from pipeline.publish.storage import Storage
from pipeline.stages import Outcome

_PREVIEW_ROWS = 5


def column_schema(table: str) -> dg.TableSchema:
    """Return the columns of a table's contract for the asset page."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=str(column["name"]),
                type=str(column["type"]),
                description=str(column["description"]),
                constraints=dg.TableColumnConstraints(nullable=bool(column["nullable"])),
            )
            for column in contracts.columns(table)
        ]
    )


def column_lineage(table: str) -> dict[str, dg.TableColumnLineage]:
    """Return which columns a table's columns come from, where another table's hold the same."""
    if table not in _SOURCES and table not in _DERIVED:
        return {}
    lineage: dict[str, list[dg.TableColumnDep]] = {}
    for source in _SOURCES.get(table, ()):
        known = {str(column["name"]) for column in contracts.columns(source)}
        for column in contracts.columns(table):
            name = str(column["name"])
            if name in known and name not in lineage:
                lineage[name] = [dg.TableColumnDep(asset_key=source, column_name=name)]
    lineage |= _DERIVED.get(table, {})
    return {"dagster/column_lineage": dg.TableColumnLineage(lineage)}


#: Tables whose columns are taken over by name, the first that has a column first.
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "clean_documents": ("raw_documents",),
    "article_metadata": ("raw_documents",),
    "fingerprints": ("clean_documents",),
    "articles": ("clean_documents", "article_metadata", "syndication_clusters"),
}


def _from(asset: str, *columns: str) -> list[dg.TableColumnDep]:
    return [dg.TableColumnDep(asset_key=asset, column_name=column) for column in columns]


#: Columns that are made from columns of other names.
_DERIVED: Mapping[str, dict[str, list[dg.TableColumnDep]]] = {
    "clean_documents": {
        "raw_text": _from("raw_documents", "content", "charset"),
        "text": _from("raw_documents", "content", "charset"),
        "removed": _from("raw_documents", "content", "charset"),
    },
    "article_metadata": {
        "evidence": _from("raw_documents", "content", "given"),
        "headline": _from("raw_documents", "content", "given"),
        "authors": _from("raw_documents", "content", "given"),
        "outlet": _from("raw_documents", "content", "given", "url"),
        "published_date": _from("raw_documents", "content", "given", "url"),
        "domain": _from("raw_documents", "url"),
    },
    "fingerprints": {
        "text_hash": _from("clean_documents", "text"),
        "anchors": _from("clean_documents", "text"),
    },
    "duplicate_pairs": {
        "aligned_spans": _from("clean_documents", "text"),
        "containment_a": _from("clean_documents", "text"),
        "containment_b": _from("clean_documents", "text"),
    },
    "syndication_clusters": {
        "cluster_id": _from("duplicate_pairs", "a_article_id", "b_article_id"),
        "size": _from("duplicate_pairs", "a_article_id", "b_article_id"),
        "outlets": _from("article_metadata", "outlet"),
    },
    "articles": {
        "relation": _from("duplicate_pairs", "relation"),
        "cluster_size": _from("syndication_clusters", "size"),
    },
}


def described(table: str, storage: Storage, day: date, preview: Sequence[str]) -> dict[str, Any]:
    """Return rows, bytes, path and a preview of the columns `preview` of a written partition."""
    first = next(storage.batches(table, day, preview, rows=_PREVIEW_ROWS), None)
    rows = first.to_pylist() if first is not None else []
    return {
        "dagster/row_count": storage.row_count(table, day),
        "dagster/uri": storage.partition_path(table, day),
        "bytes": storage.size(table, day),
        "preview": dg.MetadataValue.md(markdown_table(preview, rows)),
        **pictures(table, storage, day),
        **column_lineage(table),
    }


def pictures(table: str, storage: Storage, day: date) -> dict[str, Any]:
    """Return the plots of a written partition, as pictures in Markdown."""
    if table not in _PLOTS:
        return {}
    count, drawings = _PLOTS[table]
    counted = count(storage, day)
    return {
        f"plot_{name}": dg.MetadataValue.md(draw(counted).markdown())
        for name, draw in drawings.items()
    }


def report_links(storage: Storage, day: date) -> dict[str, Any]:
    """Return where the pages of a day and of the corpus are."""
    page, corpus = report.day_page(day), report.CORPUS_PAGE
    return {
        "page_of_the_day": dg.MetadataValue.path(storage.path(page)),
        "page_of_the_corpus": dg.MetadataValue.path(storage.path(corpus)),
        "bytes": len(storage.read_bytes(page)),
    }


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
