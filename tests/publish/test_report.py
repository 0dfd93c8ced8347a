"""The report is one bounded page that loads nothing, and hostile text stays text in it."""

import base64
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from pipeline.publish import charts, figures, report, report_clusters
from pipeline.publish.checks import self_contained
from pipeline.publish.report_clusters import browse, pieces
from pipeline.publish.report_examples import removed_examples
from pipeline.publish.storage import Storage, StorageError
from tests.publish import rows
from tests.publish.rows import DAY, put

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>\x00\u202e</style></title>'
LEFT = "The council met on Monday. It voted to close the bridge for good. Nobody objected."
RIGHT = "Updated. It voted to close the bridge for good. A crowd had gathered."


@pytest.fixture
def storage(tmp_path):
    return Storage(str(tmp_path))


def _fill(storage, name="Bridge closes", outlet="The Gazette", day=DAY, first=1, url=None):
    """A day with a story of two articles, an article alone and a failure."""
    one, two, three = first, first + 1, first + 2
    ids = [f"m{n:04}" for n in (one, two, three)]
    clustered = {"cluster_id": ids[0], "canonical_article_id": ids[0], "cluster_size": 2}
    about = {"headline": name, "outlet": outlet, "url": url, "language": "en"}
    articles = [
        rows.article(one, text=LEFT, relation="original", **clustered, **about),
        rows.article(two, text=RIGHT, relation="revision", **clustered, **about)
        | {"is_canonical": False, "outlet": "The Other"},
        rows.article(three, **about),
    ]
    raw = "Share this now\n" + LEFT
    cleaned = [rows.cleaned(n, raw, LEFT, [rows.span(0, 14)]) for n in (one, two, three)]
    members = [
        rows.member(one, ids[0], 2) | {"outlet": outlet, "relation": "original"},
        rows.member(two, ids[0], 2) | {"outlet": "The Other", "relation": "revision"},
        rows.member(three, ids[2], 1) | {"outlet": outlet, "relation": "standalone"},
    ]
    for member in members:
        member["canonical_scrape_date"] = day
    start, end = LEFT.index("It voted"), LEFT.index(" Nobody")
    at = RIGHT.index("It voted")
    shared = {"a_start": start, "a_end": end, "b_start": at, "b_end": at + end - start}
    pair = rows.pair(ids[0], ids[1], relation="revision", aligned_spans=[shared])
    put(storage, "raw_documents", [rows.raw(n) for n in (one, two, three)], day)
    put(storage, "quarantine", [rows.failure(9) | {"error": name}], day)
    put(storage, "clean_documents", cleaned, day)
    put(storage, "article_metadata", [rows.metadata(n, **about) for n in (one, two, three)], day)
    put(storage, "duplicate_pairs", [pair | {"a_scrape_date": day, "b_scrape_date": day}], day)
    put(storage, "cluster_members", members, day)
    put(storage, "articles", articles, day)
    put(
        storage,
        "syndication_clusters",
        [
            {
                "cluster_id": ids[0],
                "canonical_article_id": ids[0],
                "canonical_reason": "Chosen as the earliest.",
                "size": 2,
                "member_article_ids": ids[:2],
                "member_scrape_dates": [day, day],
                "outlets": [outlet, "The Other"],
                "first_date": day,
                "last_date": day,
            }
        ],
        day,
    )


def _page(storage, day=DAY):
    report.write_report(storage, [day])
    return storage.read_bytes(report.day_page(day)).decode()


class _Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_page_for_the_day_and_one_for_the_corpus(storage, tmp_path):
    _fill(storage)
    _fill(storage, "Dog wins", day=rows.before(-1), first=11)
    report.write_report(storage, [DAY])
    assert report.page_to_open(storage, [DAY]) == str(tmp_path / "report" / f"{DAY}.html")
    corpus = storage.read_bytes(report.CORPUS_PAGE).decode()
    assert "Bridge closes" in corpus
    assert "Dog wins" in corpus
    assert "Dog wins" not in storage.read_bytes(report.day_page(DAY)).decode()
    assert report.page_to_open(storage, [DAY, rows.before(-1)]).endswith("index.html")


def test_days_that_changed_since_their_page_get_a_new_one(storage):
    tomorrow = rows.before(-1)
    _fill(storage)
    _fill(storage, "Dog wins", day=tomorrow, first=11)
    assert report.write_report(storage, [DAY, tomorrow]) == [DAY, tomorrow]
    assert report.write_report(storage, [tomorrow]) == [tomorrow]
    _fill(storage, "Bridge opens")
    assert report.write_report(storage, [tomorrow]) == [DAY, tomorrow]
    assert "Bridge opens" in storage.read_bytes(report.day_page(DAY)).decode()


def test_a_report_killed_before_a_page_was_written_writes_it_the_next_time(storage, monkeypatch):
    _fill(storage)
    tomorrow = rows.before(-1)
    _fill(storage, "Dog wins", day=tomorrow, first=11)
    with monkeypatch.context() as patch:
        patch.setattr(report, "_page", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            report.write_report(storage, [DAY])
    assert report.write_report(storage, [tomorrow]) == [DAY, tomorrow]


def test_hostile_text_stays_text(storage):
    _fill(storage, HOSTILE, HOSTILE, url="javascript:alert(1)//https://")
    page = _page(storage)
    elements = _Elements(page).found
    assert self_contained(page.encode(), report.PAGE_BYTES).passed
    assert not [tag for tag, _ in elements if tag in ("script", "iframe", "object", "link")]
    assert not [a for _, attrs in elements for a in attrs if a.startswith("on") or a == "style"]
    links = [attrs["href"] for tag, attrs in elements if tag == "a"]
    assert all(link.startswith("#") or link == "index.html" for link in links)
    pictures = [attrs["src"] for tag, attrs in elements if tag == "img"]
    assert pictures
    assert all(source.startswith("data:image/svg+xml;base64,") for source in pictures)
    for source in pictures:
        picture = base64.b64decode(source.split(",")[1])
        assert b"<script" not in picture
        ElementTree.fromstring(picture)


def test_addresses_of_the_web_are_links(storage):
    _fill(storage, url="https://example.org/story?a=1&b=2")
    assert ("https://example.org/story?a=1&b=2") in [
        attrs.get("href") for _, attrs in _Elements(_page(storage)).found
    ]


def test_the_policy_allows_the_style_sheet_and_nothing_else(storage):
    _fill(storage)
    page = _page(storage)
    sheet = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
    policy = next(
        attrs["content"]
        for tag, attrs in _Elements(page).found
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_the_same_tables_give_the_same_page(storage, tmp_path):
    _fill(storage)
    first = _page(storage)
    other = Storage(str(tmp_path / "other"))
    _fill(other)
    charts._picture.cache_clear()
    assert _page(other) == first


def test_a_story_shows_its_texts_with_shared_passages_marked(storage):
    _fill(storage)
    [cluster] = browse(storage, [DAY]).clusters
    [comparison] = cluster.comparisons
    shared = "It voted to close the bridge for good."
    assert [p.text for p in comparison.left_pieces if p.passage == 1] == [shared]
    assert [p.text for p in comparison.right_pieces if p.passage == 1] == [shared]
    page = _page(storage)
    assert page.count("<mark id=") == 2
    ids = {attrs["id"] for _, attrs in _Elements(page).found if "id" in attrs}
    assert {a["href"][1:] for t, a in _Elements(page).found if a.get("href", "")[:1] == "#"} <= ids


def test_a_story_without_a_canonical_headline_takes_that_of_another(storage):
    _fill(storage)
    rows_of_day = storage.read("articles", [DAY]).to_pylist()
    rows_of_day[0]["headline"] = None
    put(storage, "articles", rows_of_day)
    [cluster] = browse(storage, [DAY]).clusters
    assert cluster.canonical["headline"] is None
    assert cluster.title == "Bridge closes"
    assert cluster.canonical["title"].startswith("“The council met on Monday. It voted")
    assert cluster.canonical["title"].endswith(" …”")


def test_pieces_are_the_text_whatever_the_spans():
    text = "añ😀b" * 5
    for spans in ([], [(0, 4)], [(2, 9), (4, 12)], [(18, 99)], [(5, 5)], [(3, 20), (0, 2)]):
        assert "".join(piece.text for piece in pieces(text, spans)) == text
    long = pieces("x" * 20_000, [(0, 15_000)])
    assert sum(len(piece.text) for piece in long) < 12_100
    assert "8,000 more characters" in long[-1].text


def test_examples_show_the_removed_text_in_its_place(storage):
    _fill(storage)
    [first, *_] = removed_examples(storage, [DAY])["promo"]
    assert first.removed == "Share this now"
    assert first.after.startswith("\nThe council met")
    assert first.before == ""


def test_examples_of_a_role_are_the_least_certain_passage_and_others_of_other_articles(storage):
    lines = [
        rows.cleaned(n, "Join us\nShare it\nGo on", removed=[rows.span(0, 7), rows.span(8, 16)])
        for n in range(9)
    ]
    lines[6]["removed"][1]["score"] = 0.1
    put(storage, "clean_documents", lines)
    found = removed_examples(storage, [DAY])["promo"]
    assert (found[0].source_uri, found[0].removed) == ("6.txt", "Share it")
    assert len({each.source_uri for each in found}) == len(found) == 4
    put(storage, "clean_documents", lines[::-1])
    assert removed_examples(storage, [DAY])["promo"] == found


def test_a_page_is_bounded_and_tells_what_it_leaves_out(storage, monkeypatch):
    huge = "word " * 10_000
    ids = [f"m{n:04}" for n in range(60)]
    clustered = {"cluster_id": ids[0], "canonical_article_id": ids[0], "cluster_size": 60}
    articles = [
        rows.article(n, text=huge, is_canonical=n == 0, relation="copy", **clustered)
        for n in range(60)
    ]
    put(storage, "articles", articles)
    put(storage, "cluster_members", [rows.member(n, ids[0], 60) for n in range(60)])
    pairs = [rows.pair(ids[0], each) for each in ids[1:]]
    put(storage, "duplicate_pairs", pairs)
    cluster = {
        "cluster_id": ids[0], "canonical_article_id": ids[0], "canonical_reason": "first",
        "size": 60, "member_article_ids": ids, "member_scrape_dates": [DAY] * 60, "outlets": [],
        "first_date": DAY, "last_date": DAY,
    }  # fmt: skip
    put(storage, "syndication_clusters", [cluster])
    page = _page(storage)
    assert len(page) < 400_000
    assert "20 more articles are not listed" in page
    assert "34 more articles are not shown side by side" in page


def test_an_empty_corpus_is_told_in_words(storage):
    with pytest.raises(StorageError, match="no articles"):
        report.write_report(storage, [])


def test_a_day_without_articles_has_a_page_too(storage):
    for table in ("raw_documents", "articles", "clean_documents", "article_metadata"):
        put(storage, table, [])
    assert "No article here shares its text" in _page(storage)


def test_figures_of_days_add_up(storage):
    _fill(storage)
    one = figures.of_day(storage, DAY)
    both = figures.merged([one, one])
    assert both["cleaning"]["roles"]["promo"] == {"characters": 84, "passages": 6}
    assert both["articles"]["count"] == 6
    assert both["articles"]["reprints"] == {"The Other": {"The Gazette": 2}}
    assert both["clusters"] == {"size": {"2": 2}}
    assert figures.merged([]) == {}


def test_kept_figures_are_counted_anew_when_a_table_changes(storage):
    def shown():
        report.write_report(storage, [DAY])
        page = storage.read_bytes(report.CORPUS_PAGE).decode()
        return re.search(r"<dt>articles?</dt><dd class=.value.>(\d+)", page)[1]

    _fill(storage)
    assert shown() == "3"
    put(storage, "articles", [rows.article(1)])
    assert shown() == "1"
    for broken in (b"{broken", b"[]", b'{"state": 1}'):
        storage.write_bytes(f"{report.FOLDER}/figures/{DAY}.json", broken)
        assert shown() == "1"


def test_confidence_counts_the_first_candidate_of_fields_that_have_a_value(storage):
    def candidate(field, confidence):
        return {"field": field, "value": "x", "confidence": confidence, "rule": "r",
                "source_text": ""}  # fmt: skip

    evidence = [candidate("headline", 0.7), candidate("headline", 0.95), candidate("deck", 0.3)]
    put(storage, "article_metadata", [rows.metadata(1, headline="A", evidence=evidence)])
    found = figures.fields(storage, DAY)
    assert found["headline"]["filled"] == 1
    assert found["headline"][".7 to .9"] == 1
    assert found["headline"][".9 and more"] == 0
    assert found["deck"] == {"filled": 0, "articles": 1} | dict.fromkeys(figures.BAND_NAMES, 0)


def test_a_timeline_has_every_day_month_or_year_between():
    near = charts.by_day("t", ("n",), {"2024-02-27": (1,), "2024-03-02": (2,)})
    assert [label for label, _ in near.rows] == [
        "2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02",
    ]  # fmt: skip
    months = charts.by_day("t", ("n",), {"2023-11-27": (1,), "2024-03-02": (2,)})
    assert [label for label, _ in months.rows][0::4] == ["2023-11", "2024-03"]
    years = charts.by_day("t", ("n",), {"1994-11-27": (1,), "2024-03-02": (2,)})
    assert len(years.rows) == 31
    assert charts.by_day("t", ("n",), {}).rows == ()


def test_a_few_days_are_rows_and_many_are_columns():
    few = charts.by_day("t", ("n",), {"2024-02-27": (1,), "2024-03-02": (2,)})
    many = charts.by_day("t", ("n",), {"2024-02-27": (1,), "2024-03-12": (2,)})
    assert b"horizontalstackedbar-graph" in few.svg
    assert b"horizontal" not in many.svg


def test_a_chart_of_nothing_is_not_drawn(storage):
    assert charts.lengths({}).empty
    assert charts.pairs_by_containment({}).empty
    assert not charts.lengths({"before": {"500–999": 1}}).empty
    put(storage, "articles", [])
    page = _page(storage)
    assert "<img" not in page
    assert page.count("Nothing to show.") == page.count("<figure")


def test_small_numbers_have_each_their_mark_on_the_axis():
    def marks(most):
        tree = ElementTree.fromstring(charts.languages({"language": {"en": most, "fr": 1}}).svg)
        return {text for node in tree.iter() if (text := node.text or "").strip().isdigit()}

    assert marks(3) == {"0", "1", "2", "3"}
    assert marks(1) == {"0", "1"}
    assert len(marks(400)) < 9
    shown = [charts._on_axis(value) for value in (0, 0.5, 800, 9_999, 25_000, 1_500_000)]
    assert shown == ["0", "", "800", "9,999", "25k", "1.5M"]


def test_what_came_in_is_told_in_words(storage):
    _fill(storage)
    assert ">3 plain texts." in _page(storage)


@pytest.mark.parametrize("label", ["\x00\x1b", "\ufffe\ud800", "<&>\"'", "]]>", "x" * 5_000])
def test_any_label_gives_a_sound_picture(label):
    chart = charts.outlets({"outlet": {label: 3}})
    ElementTree.fromstring(chart.svg)
    assert len(chart.svg) < 20_000


def test_days_are_listed_up_to_a_bound(storage):
    for ago in range(5):
        put(storage, "articles", [], DAY - timedelta(days=ago))
    page = _page(storage)
    assert "Whole corpus" in page
    assert storage.read_bytes(report.CORPUS_PAGE).decode().count(".html") == 5


def test_stories_beyond_those_with_texts_are_listed_by_name(storage, monkeypatch):
    monkeypatch.setattr(report_clusters, "_CLUSTERS", 1)
    monkeypatch.setattr(report_clusters, "_FURTHER", 2)
    articles, members, clusters = [], [], []
    for first in range(0, 10, 2):
        ids = [f"m{n:04}" for n in (first, first + 1)]
        about = {"cluster_id": ids[0], "canonical_article_id": ids[0], "cluster_size": 2}
        articles += [
            rows.article(n, headline=f"Story {ids[0]}", is_canonical=n == first, **about)
            | {"relation": "copy"}
            for n in (first, first + 1)
        ]
        members += [rows.member(n, ids[0], 2) for n in (first, first + 1)]
        clusters.append(rows.cluster(ids[0], ids) | {"outlets": ["The Gazette"]})
    put(storage, "articles", articles)
    put(storage, "cluster_members", members)
    put(storage, "syndication_clusters", clusters)
    page = _page(storage)
    assert "The largest 1 of 5 stories" in page
    assert "Story m0002 <span" in page
    assert "2 articles · The Gazette · <code>m0002 m0003</code>" in page
    assert "2 more stories, none larger, are not listed" in page
    assert "Story m0006" not in page


def test_one_of_a_thing_is_told_in_the_singular(storage):
    _fill(storage)
    page = _page(storage)
    tiles = re.findall(r"<dt>(.*?)</dt><dd class=.value.>(.*?)</dd>", page)
    assert ("syndicated story", "1") in tiles
    assert ("items came in", "3") in tiles
    assert "1 reprint<" in page
    assert not re.search(r"\b1 (reprints|stories|articles|passages|characters|words|items)\b", page)
