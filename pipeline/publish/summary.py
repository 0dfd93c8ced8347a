"""The summary that closes a run on the command line: a page that a person enjoys reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pipeline.ingest.reasons import BY_TYPE, MEANING
from pipeline.publish import figures
from pipeline.publish.explain import printable
from pipeline.publish.storage import Storage

#: So many articles and clusters are shown; the rest is counted.
_SHOWN_ARTICLES: Final = 20
_SHOWN_CLUSTERS: Final = 10
_COLUMNS: Final = [
    "article_id", "source_uri", "headline", "outlet", "authors", "published_date", "word_count",
    "relation",
]  # fmt: skip


def print_summary(console: Console, storage: Storage, days: Sequence[date]) -> None:
    """Print what the days hold: counts, what was removed, the articles, the clusters.

    Of the articles only identifiers are held, however many there are.
    """
    failed = storage.read("quarantine", days, ["source_uri", "reason", "error"]).to_pylist()
    of_cluster = storage.read("articles", days, ["cluster_id"])["cluster_id"]
    console.print()
    console.print(_counts(of_cluster, failed, days))
    if len(of_cluster):
        console.print(_removed(storage, days))
        console.print()
        _print_articles(console, _first(storage, days), len(of_cluster))
    _print_clusters(console, storage, days)
    _print_quarantine(console, failed)
    console.print(Text(f"Parquet under {storage.uri}", style="dim"))


def _counts(of_cluster: pa.ChunkedArray, failed: list[Any], days: Sequence[date]) -> Text:
    sizes = pc.struct_field(pc.value_counts(of_cluster), "counts")
    shared = pc.sum(pc.greater(sizes, 1)).as_py() or 0
    when = days[0].isoformat() if len(days) == 1 else f"{days[0]} to {days[-1]}"
    text = Text(f"{len(of_cluster)} articles", style="bold")
    text.append(f" of {when}, {shared} syndicated ", style="not bold")
    text.append("story" if shared == 1 else "stories", style="not bold")
    by_type = sum(row["reason"] in BY_TYPE for row in failed)
    unread = len(failed) - by_type
    text.append(f", {unread} in quarantine", style="yellow" if unread else "not bold")
    if by_type:
        text.append(f", {by_type} passed over by type", style="not bold")
    return text


def _removed(storage: Storage, days: Sequence[date]) -> Table:
    """Characters and passages removed, by role."""
    batches = _batches(storage, days, ["removed"])
    by_role = figures.merged(figures.removed_by_role(batch["removed"]) for batch in batches)
    table = Table(title="Removed from the text", title_justify="left", box=None, padding=(0, 2))
    table.add_column("role")
    table.add_column("passages", justify="right")
    table.add_column("characters", justify="right")
    for role, found in sorted(by_role.items(), key=lambda item: -item[1]["passages"]):
        table.add_row(role, f"{found['passages']:,}", f"{found['characters']:,}")
    return table


def _batches(
    storage: Storage, days: Sequence[date], columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    for day in days:
        yield from storage.batches("articles", day, columns)


def _first(storage: Storage, days: Sequence[date]) -> list[dict[str, Any]]:
    rows = (row for batch in _batches(storage, days, _COLUMNS) for row in batch.to_pylist())
    return list(islice(rows, _SHOWN_ARTICLES))


def _print_articles(console: Console, articles: Sequence[dict[str, Any]], count: int) -> None:
    """Each article in two lines. As `Text`, never as markup: scraped text must not style it."""
    console.print(Text("Articles", style="italic"))
    for article in articles:
        headline = article["headline"]
        title = Text("  " + _line(headline or article["source_uri"]), style="bold")
        if headline is None:
            title.append(" (no headline stated)", style="not bold dim")
        console.print(title, soft_wrap=False)
        console.print(Text("    " + _line(" · ".join(_facts(article))), style="cyan"))
    if count > len(articles):
        console.print(Text(f"  and {count - len(articles):,} more", style="dim"))
    console.print()


def _facts(article: dict[str, Any]) -> list[str]:
    day = article["published_date"]
    return [
        article["outlet"] or "outlet unknown",
        ", ".join(article["authors"]) or "no author stated",
        day.isoformat() if day else "no date stated",
        f"{article['word_count']:,} words",
        article["relation"],
    ]


def _largest_clusters(storage: Storage, days: Sequence[date]) -> list[dict[str, Any]]:
    """The largest clusters that have articles of these days, wherever in the corpus they are."""
    columns = ["cluster_id", "cluster_size", "canonical_scrape_date"]
    members = storage.read("cluster_members", days, columns)
    several = members.filter(pc.greater(members["cluster_size"], 1))
    each = several.group_by("cluster_id").aggregate(
        [("cluster_size", "max"), ("canonical_scrape_date", "max")]
    )
    largest = [("cluster_size_max", "descending"), ("cluster_id", "ascending")]
    shown = each.sort_by(largest).slice(0, _SHOWN_CLUSTERS)
    homes = sorted(set(shown["canonical_scrape_date_max"].to_pylist()))
    is_shown = pc.field("cluster_id").isin(shown["cluster_id"].combine_chunks())
    clusters = storage.read("syndication_clusters", homes, where=is_shown)
    rows: list[dict[str, Any]] = clusters.to_pylist()
    return sorted(rows, key=lambda row: (-row["size"], row["cluster_id"]))


def _print_clusters(console: Console, storage: Storage, days: Sequence[date]) -> None:
    clusters = _largest_clusters(storage, days)
    members = [member for cluster in clusters for member in cluster["member_article_ids"]]
    shown = pc.field("article_id").isin(pa.array(members, pa.string()))
    found = storage.read("articles", days, _COLUMNS, shown)
    names = {article["article_id"]: article for article in found.to_pylist()}
    for cluster in clusters:
        lines = [_member_line(names, member, cluster) for member in cluster["member_article_ids"]]
        reason = Text(_line(f"Why: {cluster['canonical_reason']}"), style="italic")
        title = f"Syndicated story, {cluster['size']} articles"
        console.print(Panel(Group(*lines, reason), title=title, title_align="left", expand=False))


def _member_line(names: dict[str, Any], member: str, cluster: dict[str, Any]) -> Text:
    article = names.get(member)
    if article is None:
        return Text(f"   {member} (another day)")
    mark = "★ " if member == cluster["canonical_article_id"] else "  "
    title = article["headline"] or article["source_uri"]
    line = Text(mark + _line(title))
    line.append(f"  {article['outlet'] or 'outlet unknown'}, {article['relation']}", style="dim")
    return line


def _print_quarantine(console: Console, failed: list[Any]) -> None:
    if not failed:
        return
    table = Table(title="Quarantine", title_justify="left", box=None, padding=(0, 2))
    table.add_column("reason")
    table.add_column("items", justify="right")
    table.add_column("for example")
    examples = {row["reason"]: row["error"] for row in reversed(failed)}
    for reason, count in Counter(row["reason"] for row in failed).most_common():
        table.add_row(reason, f"{count:,}", Text(_line(examples[reason])))
    console.print(table)


def print_quarantine(console: Console, storage: Storage, reason: str | None) -> None:
    """Print every quarantined item by reason, the commonest first, with what the reason means."""
    rows = storage.read("quarantine").to_pylist()
    shown = [row for row in rows if reason in (None, row["reason"])]
    if not shown:
        console.print(Text(f"nothing in the quarantine of {storage.uri}"))
    for code, count in Counter(row["reason"] for row in shown).most_common():
        head = Text(f"{code}  {count:,}  ", style="yellow")
        head.append(MEANING.get(code, ""), style="not yellow")
        console.print(head, soft_wrap=True)
        of_it = [row for row in shown if row["reason"] == code]
        for row in sorted(
            of_it, key=lambda row: (-row["scrape_date"].toordinal(), row["source_uri"])
        ):
            _print_item(console, row)


def _print_item(console: Console, row: dict[str, Any]) -> None:
    """One item in three lines, each in one piece so that a path can be copied."""
    head = Text(f"  {row['scrape_date']}  {row['stage']}  ")
    head.append(_line(row["source_uri"]), style="bold")
    kept = f"    {row['size']:,} bytes kept as {row['bytes_path']}"
    if row["stage"] == "ingest" and not row["replayable"]:
        kept += "; no replay by itself: deliver it again"
    for line in (head, Text(f"    {_line(row['error'])}"), Text(kept, style="dim")):
        console.print(line, soft_wrap=True)


def _line(text: str) -> str:
    """Return scraped text as one harmless line."""
    return " ".join(printable(text).split())
