"""The report: one self-contained HTML page a day of scrapes, and one for the whole corpus.

A page loads nothing, runs no script and is bounded in size; a strict content security policy
holds even if hostile text should ever get past the escaping. Counting belongs to
`pipeline.publish.figures`, drawing to `pipeline.publish.charts`.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from pipeline import __version__
from pipeline.publish import charts, figures
from pipeline.publish.figures import Figures
from pipeline.publish.report_clusters import browse
from pipeline.publish.report_examples import removed_examples
from pipeline.publish.storage import Storage, StorageError

if TYPE_CHECKING:
    import jinja2

FOLDER: Final = "report"
CORPUS_PAGE: Final = f"{FOLDER}/index.html"
#: A page is never larger than this: what it shows is capped, what it leaves out is counted.
PAGE_BYTES: Final = 6_000_000
#: Failures told on a page, and days listed on that of the corpus.
_FAILURES: Final = 12
_DAYS: Final = 400
#: Media types as readers call them: one, several.
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "text/html": ("web page", "web pages"),
    "text/plain": ("plain text", "plain texts"),
}
_COUNTED: Final = (
    "raw_documents", "clean_documents", "article_metadata", "articles", "duplicate_pairs",
    "syndication_clusters", "cluster_members",
)  # fmt: skip


def day_page(day: date) -> str:
    """Return the path of a day's page, relative to the data directory."""
    return f"{FOLDER}/{day.isoformat()}.html"


def page_to_open(storage: Storage, days: Sequence[date]) -> str:
    """Return where the page of one day is, or that of the corpus for several."""
    return storage.path(day_page(days[0]) if len(days) == 1 else CORPUS_PAGE)


def write_report(storage: Storage, days: Sequence[date]) -> list[date]:
    """Write the pages of `days`, of days whose tables changed since theirs, and of the corpus.

    Returns the days whose pages were written. Raises `StorageError` where nothing has been
    published yet.
    """
    # It is read while the figures are counted, and kept for the next page: that of a corpus of one
    # day shows the same.
    shown = functools.lru_cache(maxsize=1)(functools.partial(_shown, storage))
    with storage.lock("report"), ThreadPoolExecutor(1) as reader:
        corpus = storage.partitions("articles")
        if not corpus:
            raise StorageError(f"{storage.uri} holds no articles yet; run copydesk on some scrapes")
        states = _states(storage)
        counted: dict[date, Figures] = {}
        written = []
        for day in sorted({*corpus, *days}):
            kept = _kept_figures(storage, day, states[day])
            wanted = kept is None or day in days
            showing = reader.submit(shown, (day,)) if wanted else None
            found = kept or figures.of_day(storage, day)
            if showing is not None:
                page = _page([day], found, showing.result(), True)
                storage.write_bytes(day_page(day), page)
                written.append(day)
            # After the page: a run killed between the two writes the page again.
            if kept is None:
                _keep_figures(storage, day, states[day], found)
            if day in corpus:
                counted[day] = found
        total = figures.merged(counted.values())
        page = _page(corpus, total, shown(tuple(corpus)), False, counted)
        storage.write_bytes(CORPUS_PAGE, page)
    return written


def _states(storage: Storage) -> defaultdict[date, dict[str, int]]:
    """When each table of each day was last written, in nanoseconds since 1970."""
    states: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for table in _COUNTED:
        for day, at in storage.modified(table).items():
            states[day][table] = at
    return states


def _kept_figures(storage: Storage, day: date, state: Mapping[str, int]) -> Figures | None:
    """The figures that the day's page shows, where its tables are the same since; else None."""
    try:
        found = json.loads(storage.read_bytes(_figures_path(day)))
        if found["state"] == state and found["version"] == __version__:
            return dict(found["figures"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _keep_figures(storage: Storage, day: date, state: Mapping[str, int], found: Figures) -> None:
    content = {"version": __version__, "state": state, "figures": found}
    storage.write_bytes(_figures_path(day), json.dumps(content).encode())


def _figures_path(day: date) -> str:
    return f"{FOLDER}/figures/{day.isoformat()}.json"


def _shown(storage: Storage, days: Sequence[date]) -> dict[str, Any]:
    """What a page shows of the articles themselves."""
    return {
        "examples": removed_examples(storage, days),
        "failures": _failures(storage, days),
        "browser": browse(storage, days),
    }


def _page(
    days: Sequence[date],
    counted: Figures,
    shown: Mapping[str, Any],
    one_day: bool,
    by_day: Mapping[date, Figures] | None = None,
) -> bytes:
    page = _template().render(
        version=__version__,
        one_day=one_day,
        days=days,
        listed_days=list(reversed(days))[:_DAYS],
        f=counted,
        tiles=_tiles(counted),
        kinds=_kinds(counted["in"]["media_type"]),
        charts=_charts(counted, by_day or {}),
        fields=_coverage(counted),
        day_page=lambda day: day_page(day).removeprefix(f"{FOLDER}/"),
        **shown,
        **_style(),
    )
    return page.encode()


def _tiles(counted: Figures) -> list[tuple[str, str, str]]:
    """The figures at a glance: number, what it is, and what to compare it with."""
    cleaning, articles = counted["cleaning"], counted["articles"]
    raw, removed = cleaning.get("raw_characters", 0), cleaning.get("removed_characters", 0)
    stories = sum(counted["clusters"].get("size", {}).values())
    relations = articles.get("relation", {})
    reprinted = sum(relations.get(name, 0) for name in charts.RELATIONS)
    items = counted["in"]["documents"] + counted["quarantine"]["unread"]
    failed = counted["quarantine"]["items"]
    return [
        (f"{items:,}", f"{_noun(items, 'item')} came in", ""),
        (f"{articles['count']:,}", _noun(articles["count"], "article"),
         _counted(articles["words"], "word")),
        (f"{failed:,}", "in quarantine", _share(failed, items)),
        (_share(removed, raw) or "0%", "of the text removed", _counted(removed, "character")),
        (f"{stories:,}", f"syndicated {_noun(stories, 'story', 'stories')}",
         _counted(reprinted, "reprint")),
    ]  # fmt: skip


def _kinds(media_types: Mapping[str, int]) -> list[str]:
    """What came in, in words, the most frequent kind first."""
    return [
        _counted(number, *_KINDS.get(kind, (f"item of {kind}", f"items of {kind}")))
        for kind, number in figures.top(media_types, len(media_types)).items()
    ]


def _noun(number: int, one: str, several: str = "") -> str:
    return one if number == 1 else several or f"{one}s"


def _counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun: 1 reprint, 2 reprints, 0 reprints."""
    return f"{number:,} {_noun(number, one, several)}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


def _charts(counted: Figures, by_day: Mapping[date, Figures]) -> dict[str, charts.Chart]:
    drawn = {
        "removed": charts.removed_by_role(counted["cleaning"]),
        "lengths": charts.lengths(counted["cleaning"]),
        "fields": charts.field_coverage(counted["fields"]),
        "languages": charts.languages(counted["articles"]),
        "outlets": charts.outlets(counted["articles"]),
        "sizes": charts.cluster_sizes(counted["clusters"]),
        "reprints": charts.reprints(counted["articles"]),
        "pairs": charts.pairs_by_containment(counted["pairs"]),
        "quarantine": charts.quarantine_reasons(counted["quarantine"]),
        "published": _published(counted["articles"]),
    }
    if by_day:
        drawn["scraped"] = charts.by_day(
            "By day of the scrape",
            ("articles", "in quarantine"),
            {
                day.isoformat(): (found["articles"]["count"], found["quarantine"]["items"])
                for day, found in by_day.items()
            },
        )
    return drawn


def _published(articles: Figures) -> charts.Chart:
    dated = {
        day: (count,)
        for day, count in articles.get("published_date", {}).items()
        if day != figures.UNKNOWN
    }
    return charts.by_day("By day of publication", ("articles",), dated)


def _coverage(counted: Figures) -> list[tuple[str, str, list[int]]]:
    """Each field with the share of articles that have it, and their number by confidence."""
    return [
        (
            name.replace("_", " "),
            _share(found["filled"], found["articles"]),
            [found.get(band, 0) for band in reversed(figures.BAND_NAMES)],
        )
        for name, found in counted["fields"].items()
    ]


def _failures(storage: Storage, days: Sequence[date]) -> list[dict[str, Any]]:
    columns = ["source_uri", "reason", "error"]
    found: list[dict[str, Any]] = []
    for day in days:
        if len(found) >= _FAILURES:
            break
        found += storage.read("quarantine", [day], columns).slice(0, _FAILURES).to_pylist()
    return found[:_FAILURES]


@functools.cache
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.publish"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["counted"] = _counted
    environment.filters["percent"] = lambda value: f"{value:.0%}"
    environment.filters["web_address"] = _web_address
    environment.globals["bands"] = list(reversed(figures.BAND_NAMES))
    return environment.get_template("report.html.j2")


def _web_address(url: str | None) -> str | None:
    """The address where a reader may follow it: never one that runs a script."""
    return url if url and url.lower().startswith(("https://", "http://")) else None


@functools.cache
def _style() -> dict[str, Any]:
    """The style sheet and the policy that allows it, and nothing else."""
    from importlib import resources

    from markupsafe import Markup

    sheet = (resources.files("pipeline.publish") / "templates" / "report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    # Our own file, not scraped text.
    return {"sheet": Markup(sheet), "policy": policy}  # noqa: S704
