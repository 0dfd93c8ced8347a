"""The `copydesk` command. Each subcommand imports what it needs, so that help comes at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime

from pipeline import __version__

_EPILOG = """\
examples:
  copydesk run seeds/                       process a folder of scrapes into data/
  copydesk run dump.jsonl.gz --out corpus   process one file into corpus/
  copydesk run inbox/                       folders named YYYY-MM-DD are days of scrapes
"""


class CommandError(Exception):
    """The command cannot do what was asked; the message is one clear line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except CommandError as error:
        print(f"copydesk: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("copydesk: interrupted; run the same command again to finish", file=sys.stderr)
        return 130
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
    _add_run(commands)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="process files or folders into a corpus",
        description="Process files or folders of any supported format: text, HTML, WARC, JSON, "
        "JSON lines, CSV or Parquet, plain, compressed or in an archive. Days that are run again "
        "are replaced; nothing is ever added twice.",
    )
    run.add_argument("paths", metavar="PATH", nargs="+", help="file, folder or URI of scrapes")
    run.add_argument("--out", metavar="DIR", default="data", help="data directory (default: data)")
    run.add_argument(
        "--scrape-date",
        metavar="DATE",
        type=_day,
        help="day of the scrape, YYYY-MM-DD (default: the name of the day's folder, else today)",
    )
    run.set_defaults(run=_run)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2018-07-27") from None


def _run(options: argparse.Namespace) -> int:
    from pipeline.run import NothingToDo, run_paths

    try:
        return run_paths(options.paths, options.out, options.scrape_date or None, _today())
    except NothingToDo as error:
        raise CommandError(str(error)) from error


def _today() -> date:
    return datetime.now(UTC).date()


if __name__ == "__main__":
    sys.exit(main())
