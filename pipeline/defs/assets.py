"""The assets: one a table of the flow, each a thin call of its stage."""

import functools
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, TypeAlias

import dagster as dg
from pydantic import Field

from pipeline import stages
from pipeline.defs import checks, descriptions
from pipeline.defs.docs import docs
from pipeline.defs.metadata import (
    column_schema,
    counts,
    described,
    report_links,
    timed,
)
from pipeline.defs.partitions import day_of, scrape_days
from pipeline.defs.resources import StorageResource
from pipeline.defs.results import Shown, Verdicts, refusals, renewed
from pipeline.inbox import folder_of
from pipeline.publish.storage import Storage

OWNERS = ["team:newsroom-data"]
#: Steps that read and write clusters of several days: one at a time.
CLUSTER_POOL = "copydesk_clusters"
#: Steps of one day; their lock keeps two runs off one partition.
DAY_POOL = "copydesk_days"
#: Steps that write the page of the corpus.
REPORT_POOL = "copydesk_report"

#: Columns worth a look in the preview of each table.
_PREVIEW = {
    "raw_documents": ["source_uri", "media_type", "charset", "url"],
    "quarantine": ["reason", "error"],
    "outlet_furniture": ["source_key", "line", "documents"],
    "clean_documents": ["source_uri", "word_count", "text"],
    "article_metadata": ["headline", "outlet", "authors", "published_date", "language"],
    "fingerprints": ["article_id", "shingle_count"],
    "duplicate_pairs": [
        "relation",
        "containment_outside_quotes",
        "longest_run",
        "a_article_id",
        "b_article_id",
    ],
    "syndication_clusters": ["size", "outlets", "canonical_reason", "cluster_id"],
    "cluster_ledger": ["event", "reason", "cluster_id", "article_id"],
    "articles": ["headline", "outlet", "authors", "published_date", "relation"],
}


class Sources(dg.Config):
    """What to read: files, folders or URIs; the day's folder of the inbox where none is given."""

    paths: list[str] = Field(default_factory=list)
    #: Keep what the day already holds, as when paths are given one by one.
    add: bool = False


#: Scrapes are published once a day: a day without new articles is late, a second one missed.
_DAILY = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=28), fail_window=timedelta(hours=52)
)


def _spec(
    table: str,
    group: str,
    kinds: set[str],
    freshness: dg.FreshnessPolicy | None = None,
) -> dg.AssetSpec:
    """Return the asset of a contracted table, documented by its contract."""
    return dg.AssetSpec(
        key=table,
        deps=descriptions.DEPS[table],
        description=descriptions.description(table),
        group_name=group,
        kinds=kinds,
        owners=OWNERS,
        tags=descriptions.tags(table),
        metadata={"dagster/column_schema": column_schema(table)} | docs(table),
        partitions_def=scrape_days,
        freshness_policy=freshness,
    )


_Events: TypeAlias = Iterator[
    dg.MaterializeResult[None]
    | dg.AssetMaterialization
    | dg.AssetCheckResult
    | dg.AssetCheckEvaluation
]


def _results(
    context: dg.AssetExecutionContext,
    storage: StorageResource,
    work: Callable[[Storage, date], stages.Outcome],
    *tables: str,
) -> _Events:
    """Run a stage under the lock of its day; yield a result for each table and day it wrote."""
    day, opened = day_of(context), storage.open()
    with opened.lock(f"day-{day}"), timed() as taken:
        opened.recover()
        outcome = work(opened, day)
    yield from refusals(outcome.refused, day)
    for refused in outcome.refused:
        if refused.day == day:
            raise dg.Failure(str(refused), allow_retries=False)
    for table in tables:
        shown, verdicts = _page(table, opened)
        yield dg.MaterializeResult(
            asset_key=table,
            metadata={**(shown(day) if storage.recorded else {}), **counts(outcome), **taken},
            check_results=verdicts(day),
        )
    for table, days in outcome.renewed.items() if storage.recorded else ():
        yield from renewed(table, days, day, *_page(table, opened))


def _page(table: str, storage: Storage) -> tuple[Shown, Verdicts]:
    """Return what tells of a day of `table`: the metadata of its page, and its checks."""
    shown = functools.partial(described, table, storage, preview=_PREVIEW[table])
    return shown, functools.partial(checks.results, table, storage)


@dg.multi_asset(
    specs=[_spec("raw_documents", "ingest", {"python", "parquet"})],
    check_specs=checks.specs("raw_documents"),
    pool=DAY_POOL,
)
def raw_documents(
    context: dg.AssetExecutionContext, config: Sources, storage: StorageResource
) -> _Events:
    """Read the day's scrapes: each item becomes a document, or a failure with its reason.

    A day whose folder is empty or gone keeps what was read before: scrapes are moved away once
    they are in, and a disk that is not there is no reason to forget them.
    """
    from pipeline.ingest import listing

    folder = folder_of(storage.inbox, context.partition_key)
    paths = config.paths or ([folder] if folder else [])
    add = config.add or next(iter(listing(paths)), None) is None
    work = functools.partial(stages.ingest_day, sources=paths, add=add)
    yield from _results(context, storage, work, "raw_documents")


@dg.multi_asset(
    specs=[_spec("outlet_furniture", "clean", {"python", "parquet"})],
    check_specs=checks.specs("outlet_furniture"),
    pool=DAY_POOL,
)
def outlet_furniture(context: dg.AssetExecutionContext, storage: StorageResource) -> _Events:
    """Count the lines that recur across the documents of each source."""
    yield from _results(context, storage, stages.learn_furniture_day, "outlet_furniture")


@dg.multi_asset(
    specs=[
        _spec(
            "clean_documents",
            "clean",
            {"python", "lightgbm", "parquet"},
        ),
        _spec("article_metadata", "describe", {"python", "parquet"}),
        _spec("quarantine", "publish", {"python", "parquet"}),
    ],
    check_specs=[
        *checks.specs("clean_documents"),
        *checks.specs("article_metadata"),
        *checks.specs("quarantine"),
    ],
    pool=DAY_POOL,
)
def clean_and_describe(context: dg.AssetExecutionContext, storage: StorageResource) -> _Events:
    """Clean and describe each document in one pass; what cannot be read goes to quarantine."""
    written = ("clean_documents", "article_metadata", "quarantine")
    yield from _results(context, storage, stages.clean_day, *written)


@dg.multi_asset(
    specs=[_spec("fingerprints", "dedupe", {"python", "numpy", "parquet"})],
    check_specs=checks.specs("fingerprints"),
    pool=DAY_POOL,
)
def fingerprints(context: dg.AssetExecutionContext, storage: StorageResource) -> _Events:
    """Hash each body into the anchors by which its copies are found."""
    yield from _results(context, storage, stages.fingerprint_day, "fingerprints")


@dg.multi_asset(
    specs=[
        _spec(
            "duplicate_pairs",
            "dedupe",
            {"python", "numpy", "parquet"},
        ),
    ],
    check_specs=checks.specs("duplicate_pairs"),
    pool=CLUSTER_POOL,
)
def duplicate_pairs(context: dg.AssetExecutionContext, storage: StorageResource) -> _Events:
    """Find and verify the copies among the day's articles and those of the days around it."""
    work = functools.partial(stages.pairs_day, window=storage.window)
    with storage.open().lock("clusters"):
        yield from _results(context, storage, work, "duplicate_pairs")


@dg.multi_asset(
    specs=[
        _spec(
            "syndication_clusters",
            "dedupe",
            {"python", "parquet"},
        ),
        _spec("cluster_ledger", "dedupe", {"python", "parquet"}),
    ],
    check_specs=checks.specs("syndication_clusters", "cluster_ledger"),
    pool=CLUSTER_POOL,
)
def syndication_clusters(context: dg.AssetExecutionContext, storage: StorageResource) -> _Events:
    """Gather verified pairs into clusters and choose the article that represents each."""
    work = functools.partial(stages.clusters_day, window=storage.window)
    with storage.open().lock("clusters"):
        yield from _results(context, storage, work, "syndication_clusters", "cluster_ledger")


@dg.multi_asset(
    specs=[
        _spec(
            "articles",
            "publish",
            {"python", "parquet"},
            freshness=_DAILY,
        )
    ],
    check_specs=checks.specs("articles"),
    pool=CLUSTER_POOL,
)
def articles(context: dg.AssetExecutionContext, storage: StorageResource) -> _Events:
    """Publish the day, and again the past days whose clusters it changed."""
    with storage.open().lock("clusters"):
        yield from _results(context, storage, stages.publish_day, "articles")


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            key="corpus_report",
            deps=descriptions.DEPS["corpus_report"],
            description=descriptions.description("corpus_report"),
            group_name="publish",
            kinds={"python", "html"},
            owners=OWNERS,
            tags=descriptions.tags("corpus_report"),
            metadata=docs("corpus_report"),
            partitions_def=scrape_days,
        )
    ],
    check_specs=checks.report_specs(),
    pool=REPORT_POOL,
)
def corpus_report(context: dg.AssetExecutionContext, storage: StorageResource) -> _Events:
    """Write the pages that people would rather look at than query."""
    day, tables = day_of(context), storage.open()
    with timed() as taken:
        outcome = stages.report_day(tables, day)
    shown = functools.partial(report_links, tables, address=storage.report_address)
    verdicts = functools.partial(checks.report_results, tables)
    yield dg.MaterializeResult(
        asset_key="corpus_report",
        metadata={**shown(day), **counts(outcome), **taken},
        check_results=verdicts(day),
    )
    others = outcome.renewed["corpus_report"] if storage.recorded else []
    yield from renewed("corpus_report", others, day, shown, verdicts)


ASSETS: list[Any] = [
    raw_documents,
    outlet_furniture,
    clean_and_describe,
    fingerprints,
    duplicate_pairs,
    syndication_clusters,
    articles,
    corpus_report,
]
