"""Which columns each table's columns are made from, for the lineage on the asset pages."""

from collections.abc import Mapping

import dagster as dg

from pipeline import contracts

#: Tables whose columns are taken over by name, the first that has a column first.
_TAKEN: Mapping[str, tuple[str, ...]] = {
    "clean_documents": ("raw_documents",),
    "article_metadata": ("raw_documents",),
    "quarantine": ("raw_documents",),
    "fingerprints": ("clean_documents",),
    "articles": ("clean_documents", "article_metadata", "syndication_clusters"),
}

_DOCUMENT = ("raw_documents.content", "raw_documents.charset")
_STATED = ("raw_documents.content", "raw_documents.given", "raw_documents.url")
_BOTH = ("duplicate_pairs.a_article_id", "duplicate_pairs.b_article_id")
_DAYS = ("duplicate_pairs.a_scrape_date", "duplicate_pairs.b_scrape_date")

#: Columns that are made from others: their names, and `table.column` of what they are made from.
_MADE: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "outlet_furniture": (
        ("source_key", ("raw_documents.source_uri", "raw_documents.url")),
        ("line documents source_documents edge_share contexts", _DOCUMENT),
        ("scrape_date", ("raw_documents.scrape_date",)),
    ),
    "clean_documents": (
        ("raw_text", _DOCUMENT),
        ("text word_count extraction_method removed", (*_DOCUMENT, "outlet_furniture.line")),
    ),
    "article_metadata": (
        ("headline deck byline authors outlet published_date published_at updated_at", _STATED),
        ("dateline agency agency_contributed evidence", _STATED),
        ("language language_score", _DOCUMENT),
        ("domain", ("raw_documents.url",)),
    ),
    "quarantine": (("stage reason error bytes_path size replayable", _DOCUMENT),),
    "fingerprints": (
        ("text_hash shingle_count anchors", ("clean_documents.text",)),
    ),
    "duplicate_pairs": (
        ("a_article_id b_article_id", ("fingerprints.article_id", "fingerprints.anchors")),
        ("found_by", ("fingerprints.anchors",)),
        ("a_scrape_date b_scrape_date scrape_date", ("fingerprints.scrape_date",)),
        ("probability containment_a containment_b", ("clean_documents.text",)),
        ("containment_outside_quotes longest_run aligned_spans", ("clean_documents.text",)),
        (
            "relation source_article_id",
            ("clean_documents.text", "article_metadata.published_date", "article_metadata.agency"),
        ),
    ),
    "syndication_clusters": (
        ("cluster_id size member_article_ids", _BOTH),
        ("scrape_date member_scrape_dates", _DAYS),
        (
            "canonical_article_id canonical_reason",
            ("duplicate_pairs.source_article_id", "article_metadata.published_date",
             "article_metadata.byline", "article_metadata.agency"),
        ),
        ("outlets", ("article_metadata.outlet",)),
        ("first_date last_date", ("article_metadata.published_date",)),
    ),
    "cluster_ledger": (
        ("sequence event cluster_id article_id other_cluster_id reason", _BOTH),
        ("scrape_date", _DAYS),
    ),
    "articles": (
        ("relation", ("duplicate_pairs.relation",)),
        ("cluster_size", ("syndication_clusters.size",)),
        ("is_canonical", ("syndication_clusters.canonical_article_id",)),
    ),
}  # fmt: skip


def column_lineage(table: str) -> dict[str, dg.TableColumnLineage]:
    """Return the metadata entry that says what the columns of `table` are made from.

    Empty for a table that is made from no other.
    """
    lineage = _taken_over(table)
    for names, sources in _MADE.get(table, ()):
        lineage |= {name: [_dependency(source) for source in sources] for name in names.split()}
    return {"dagster/column_lineage": dg.TableColumnLineage(lineage)} if lineage else {}


def _taken_over(table: str) -> dict[str, list[dg.TableColumnDep]]:
    """The columns that stand under the same name in a table before this one."""
    lineage: dict[str, list[dg.TableColumnDep]] = {}
    for source in _TAKEN.get(table, ()):
        known = {str(column["name"]) for column in contracts.columns(source)}
        for column in contracts.columns(table):
            name = str(column["name"])
            if name in known and name not in lineage:
                lineage[name] = [_dependency(f"{source}.{name}")]
    return lineage


def _dependency(source: str) -> dg.TableColumnDep:
    asset, column = source.split(".")
    return dg.TableColumnDep(asset_key=asset, column_name=column)
