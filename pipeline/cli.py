"""The `copydesk` command. Each subcommand imports what it needs, so that help comes at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.engine.early import collect_seldom, leave_out

_EPILOG = """\
examples:
  copydesk run seeds/                       process a folder of scrapes into data/
  copydesk run dump.jsonl.gz --out corpus   process one file into corpus/
  copydesk run inbox/                       folders named YYYY-MM-DD are days of scrapes
  copydesk explain 3f2a --out corpus        show an article and what was removed from it
"""

if TYPE_CHECKING:  # argparse has no public name for it, and it is generic for checkers only
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


class CommandError(Exception):
    """The command cannot do what was asked; the message is one clear line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    if arguments is None:  # this process is the command's own
        leave_out("pandas", "pygments")
        collect_seldom()
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except CommandError as error:
        print(f"copydesk: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("copydesk: interrupted; run the same command again to finish", file=sys.stderr)
        return 130
    except OSError as error:  # a full disk, missing rights
        print(f"copydesk: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="copydesk",
        description="Turn raw news scrapes into a clean, de-duplicated corpus in Parquet.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"copydesk {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_run, _add_report, _add_explain, _add_diff, _add_quarantine, _add_replay):
        add(commands)
    return parser


def _add_run(commands: _Commands) -> None:
    run = commands.add_parser(
        "run",
        help="process files or folders into a corpus",
        description="Process files or folders of any supported format: text, HTML, WARC, JSON, "
        "JSON lines, CSV or Parquet, plain, compressed or in an archive. A document that is "
        "already in the corpus is never added twice.",
    )
    run.add_argument("paths", metavar="PATH", nargs="+", help="file, folder or URI of scrapes")
    run.add_argument(
        "--scrape-date",
        metavar="DATE",
        type=_day,
        help="day of the scrape, YYYY-MM-DD (default: the name of the day's folder, else today)",
    )
    _add_out(run)
    run.set_defaults(run=_run)


def _add_explain(commands: _Commands) -> None:
    explain = commands.add_parser(
        "explain",
        help="show an article, what was removed from it and why",
        description="Show an article's fields with their evidence, and its raw text with what "
        "was removed in colour, by role and rule.",
    )
    explain.add_argument("article", metavar="ARTICLE_ID", help="the id, or its first characters")
    _add_out(explain)
    explain.set_defaults(run=_explain)


def _add_diff(commands: _Commands) -> None:
    diff = commands.add_parser(
        "diff",
        help="show two articles side by side",
        description="Show two articles side by side, the passages they share marked.",
    )
    diff.add_argument("articles", metavar="ARTICLE_ID", nargs=2, help="the id, or its beginning")
    _add_out(diff)
    diff.set_defaults(run=_diff)


def _add_quarantine(commands: _Commands) -> None:
    quarantine = commands.add_parser(
        "quarantine",
        help="list what could not become an article, and why",
        description="List what could not become an article: reason, source and what to do.",
    )
    quarantine.add_argument("--reason", metavar="CODE", help="only items with this reason")
    _add_out(quarantine)
    quarantine.set_defaults(run=_quarantine)


def _add_replay(commands: _Commands) -> None:
    replay = commands.add_parser(
        "replay",
        help="try quarantined items again, after a fix",
        description="Process quarantined items again from their kept bytes; what succeeds now "
        "leaves quarantine.",
    )
    replay.add_argument("--reason", metavar="CODE", help="only items with this reason")
    _add_out(replay)
    replay.set_defaults(run=_replay)


def _add_report(commands: _Commands) -> None:
    report = commands.add_parser(
        "report",
        help="write the report page anew",
        description="Write the report page of the whole corpus anew and print where it is.",
    )
    report.add_argument("--open", action="store_true", help="open it in the browser")
    _add_out(report)
    report.set_defaults(run=_report)


def _add_out(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", metavar="DIR", default="data", help="data directory (default: data)"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2018-07-27") from None


def _run(options: argparse.Namespace) -> int:
    from pipeline.engine.early import start_early, to_stay

    # Workers load beside Dagster: each takes a second or two.
    start_early("pipeline.warm_up")
    with to_stay():
        from pipeline.run import NothingToDo, run_paths

    try:
        return run_paths(options.paths, options.out, options.scrape_date, datetime.now(UTC).date())
    except NothingToDo as error:
        raise CommandError(str(error)) from error


def _explain(options: argparse.Namespace) -> int:
    from rich.console import Console

    from pipeline.publish.explain import NotFound, print_article
    from pipeline.publish.storage import Storage

    try:
        print_article(Console(), Storage(options.out), options.article)
    except NotFound as error:
        raise CommandError(str(error)) from error
    return 0


def _report(options: argparse.Namespace) -> int:
    import webbrowser

    from pipeline.publish.report import page_to_open, write_report
    from pipeline.publish.storage import Storage

    storage = Storage(options.out)
    days = storage.partitions("articles")
    if not days:
        raise CommandError(f"no articles in {options.out}; copydesk run puts some there")
    write_report(storage, days)
    path = page_to_open(storage, days)
    print(path)
    if options.open:
        webbrowser.open(f"file://{path}" if "://" not in options.out else path)
    return 0


def _diff(options: argparse.Namespace) -> int:
    from rich.console import Console

    from pipeline.dedupe.diff import render
    from pipeline.publish.explain import NotFound, find_article
    from pipeline.publish.storage import Storage

    storage = Storage(options.out)
    try:
        one, other = (find_article(storage, prefix) for prefix in options.articles)
    except NotFound as error:
        raise CommandError(str(error)) from error
    titles = (article["headline"] or article["source_uri"] for article in (one, other))
    Console().print(render(one["text"], other["text"], *titles))
    return 0


def _quarantine(options: argparse.Namespace) -> int:
    from rich.console import Console

    from pipeline.publish.storage import Storage
    from pipeline.publish.summary import print_quarantine

    print_quarantine(Console(), Storage(options.out), options.reason)
    return 0


def _replay(options: argparse.Namespace) -> int:
    from pipeline.ingest.columns import ColumnMapError
    from pipeline.publish.storage import StorageError
    from pipeline.run import NothingToDo, replay

    try:
        return replay(options.out, options.reason)
    except (NothingToDo, ColumnMapError, StorageError) as error:
        raise CommandError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
