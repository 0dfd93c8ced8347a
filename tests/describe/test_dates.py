from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from pipeline.describe import date_markup, dates
from pipeline.describe.date_parse import find, parse
from pipeline.describe.markup_scan import scan
from pipeline.records import Candidate
from tests.describe.build import BODY, SCRAPED, best, context


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Published 6:46 pm Thursday, May 30, 2019", "2019-05-30T18:46:00"),
        ("Jan. 28, 2019, 9:46 PM GMT", "2019-01-28T21:46:00+00:00"),
        ("By Jo Doe On 6/24/19 at 10:02 PM EDT", "2019-06-24T22:02:00-04:00"),
        ("Thursday, May 30th, 2019 at 11:00pm", "2019-05-30T23:00:00"),
        ("17 Feb 2019 05:56 GMT", "2019-02-17T05:56:00+00:00"),
        ("3:35 p.m. ET May 3, 2018", "2018-05-03T15:35:00-04:00"),
        ("3:35 p.m. ET Dec 3, 2018", "2018-12-03T15:35:00-05:00"),
        ("2019-05-14T16:45:01-04:00", "2019-05-14T16:45:01-04:00"),
        ("Tue May 14 16:45:01 EDT 2019", "2019-05-14T16:45:01-04:00"),
        ("14. Mai 2019, 14:30 Uhr", "2019-05-14T14:30:00"),
        ("Freitag, 25.05.2012 | 17:32 Uhr", "2012-05-25T17:32:00"),
        ("le 3 février 2018 à 12h30", "2018-02-03T12:30:00"),
        ("le 3 fevrier 2018", "2018-02-03"),
        ("5 de mayo de 2017 a las 3:30 p.m.", "2017-05-05T15:30:00"),
        ("25 мая 2018 в 14:30", "2018-05-25T14:30:00"),
        ("2018. május 14.", "2018-05-14"),
        ("2019年5月14日 16:45", "2019-05-14T16:45:00"),
        ("28/11/2018 - 10:05", "2018-11-28T10:05:00"),
        ("14-May-19", "2019-05-14"),
        ("12:05 am, 1 June 2019", "2019-06-01T00:05:00"),
        ("1557862501", "2019-05-14T19:35:01+00:00"),
    ],
)
def test_printed_forms(text: str, iso: str) -> None:
    stated = parse(text)
    assert stated is not None and stated.iso() == iso


@pytest.mark.parametrize(
    "text",
    [
        "Updated 3:35 p.m.",
        "Feb 30, 2019",
        "call 555-2019",
        "1.2.3.2019",
        "Room 2019, May",
        "12/31/1969",
        "",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert parse(text) is None


def test_order_of_numeric_dates() -> None:
    american, british = parse("5/6/2019", order="mdy"), parse("5/6/2019", order="dmy")
    assert american is not None and american.day == date(2019, 5, 6)
    assert british is not None and british.day == date(2019, 6, 5)
    unclear = parse("5/6/2019")
    assert unclear is not None and unclear.alternative == date(2019, 6, 5)


def test_relative_forms_need_a_stated_scrape_time() -> None:
    assert parse("2 hours ago") is None
    stated = parse("2 hours ago", now=datetime(2019, 6, 20, 1, 0, tzinfo=UTC))
    assert stated is not None and stated.day == date(2019, 6, 19)
    german = parse("vor 3 Tagen", now=SCRAPED)
    assert german is not None and german.day == date(2019, 6, 17)


@given(st.text(max_size=600))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    for stated in find(text):
        assert 0 <= stated.start < stated.end <= 400


def test_publication_is_told_from_update() -> None:
    line = "Jan. 28, 2019, 9:46 PM GMT / Updated Jan. 29, 2019, 10:14 PM GMT"
    found = dates.candidates(context([("headline", "Bridge closes"), ("timestamp", line), BODY]))
    assert best(found, "published_date") == "2019-01-28"
    assert best(found, "published_at") == "2019-01-28T21:46:00+00:00"
    assert best(found, "updated_at") == "2019-01-29T22:14:00+00:00"


def test_time_without_a_zone_is_evidence_without_offset() -> None:
    found = dates.candidates(context([("timestamp", "May 15, 2019 at 9:51 pm"), BODY]))
    assert best(found, "published_date") == "2019-05-15"
    assert best(found, "published_at") == "2019-05-15T21:51:00"


def test_a_wrongly_labelled_line_still_dates() -> None:
    found = dates.candidates(context([("nav", "Posted on: May 15, 2019"), BODY]))
    assert best(found, "published_date") == "2019-05-15"


def test_parts_of_one_printed_line_are_read_together() -> None:
    made = context([("byline", "By Jo Doe |"), ("timestamp", "4:10 pm May 15, 2019"), BODY])
    raw = made.cleaned.raw_text.replace("|\n", "| ")
    joined = context([], scrape_date=date(2020, 1, 1))
    cleaned = type(made.cleaned)(raw, made.cleaned.lines, made.cleaned.text, "line_model")
    found = dates.candidates(type(joined)(joined.document, cleaned))
    assert best(found, "published_at") == "2019-05-15T16:10:00"


@pytest.mark.parametrize(
    "line",
    [
        (
            "caption",
            "FILE - In this Friday, May 10, 2013 file photo, the old bridge stands over the river.",
        ),
        ("legal", "Copyright 2019 The Bridge Post, 1 May 2019"),
        ("body", "The bridge was opened on May 10, 2013, by the mayor of the town and his deputy."),
        ("timestamp", "Updated 3:35 p.m."),
    ],
)
def test_dates_of_other_things(line: tuple[str, str]) -> None:
    assert best(dates.candidates(context([line, BODY])), "published_date") is None


def test_never_after_the_scrape() -> None:
    lines = [("timestamp", "Published May 30, 2019"), BODY]
    assert (
        best(dates.candidates(context(lines, scrape_date=date(2019, 5, 1))), "published_date")
        is None
    )
    assert best(dates.candidates(context(lines, scrape_date=date(2019, 5, 30))), "published_date")


def test_address() -> None:
    def day(url: str) -> str | None:
        return best(dates.candidates(context([BODY], url=url)), "published_date")

    assert day("https://a.com/2019/05/30/bridge") == "2019-05-30"
    assert day("https://a.com/news/2019/may/3/bridge") == "2019-05-03"
    assert day("https://a.com/news/20190530-bridge.html") == "2019-05-30"
    assert day("https://a.com/2016/12/360-is-out") is None
    assert day("https://a.com/2019/43/story-12") is None


def test_metadata_and_visible_local_day_agree() -> None:
    markup = [
        Candidate("published", "2019-05-16T01:51:02+00:00", 0.5, "meta_article:published_time", "x")
    ]
    lines = [("timestamp", "May 15, 2019 at 9:51 pm"), BODY]
    found = dates.candidates(context(lines, markup=markup, media_type="text/html"))
    assert best(found, "published_date") == "2019-05-16"
    assert best(found, "published_at") == "2019-05-16T01:51:02+00:00"


def test_site_decides_the_order_of_numeric_dates() -> None:
    lines = [("timestamp", "Published 02/10/2019"), BODY]
    assert (
        best(dates.candidates(context(lines, url="https://a.co.uk/x")), "published_date")
        == "2019-10-02"
    )
    assert (
        best(dates.candidates(context(lines, url="https://a.gov/x")), "published_date")
        == "2019-02-10"
    )


def test_markup_dates_know_their_place() -> None:
    page = html.document_fromstring(
        "<body><div class='date'>Monday, June 3, 2019</div><h1>Bridge</h1>"
        "<time datetime='2019-05-30T10:00:00-04:00'>May 30</time>"
        "<span class='updated-date'>Updated May 31, 2019</span>"
        "<aside><time datetime='2018-01-01'>other story</time></aside></body>"
    )
    found = [(c.field, c.value, c.rule) for c in date_markup.markup_dates(scan(page))]
    assert ("published", "2019-05-30T10:00:00-04:00", "html_time_first") in found
    assert ("published", "2018-01-01", "html_time_aside") in found
    assert any(field == "updated" and "May 31" in value for field, value, _ in found)
    assert found[0][2] == "html_class_top"


def test_same_answer_in_any_order_of_markup() -> None:
    marks = [
        Candidate("published", "2019-05-30", 0.5, "meta_date", "a"),
        Candidate("published", "2019-05-29", 0.5, "html_class_aside", "b"),
        Candidate("updated", "2019-06-01T10:00:00Z", 0.5, "meta_article:modified_time", "c"),
    ]
    first = dates.candidates(context([BODY], markup=marks, media_type="text/html"))
    second = dates.candidates(context([BODY], markup=marks[::-1], media_type="text/html"))
    assert first == second and best(first, "published_date") == "2019-05-30"


def test_address_with_the_day_first() -> None:
    german = context([BODY], url="https://zeitung.example.de/meldungen/29-10-2018-neue-bruecke")
    assert best(dates.candidates(german), "published_date") == "2018-10-29"
    found = dates.in_address("https://example.com/news/5.30.2019/", "mdy")
    assert found is not None and found.day == date(2019, 5, 30)
    assert dates.in_address("https://example.com/v1.2.2019999/") is None


def test_a_day_after_a_late_evening_in_utc_is_that_of_the_east() -> None:
    def day(moment: str, line: str, language: str = "de") -> str | None:
        marks = [
            Candidate("published", moment, 0.5, "meta_article:published_time", moment),
            Candidate("language", language, 0.5, "html_lang", language),
        ]
        shown = [("headline", "Old bridge closes"), ("timestamp", line), BODY]
        return best(dates.candidates(context(shown, markup=marks)), "published_date")

    assert day("2019-05-13T22:30:00Z", "14.05.2019") == "2019-05-14"
    assert day("2019-05-14T02:30:00Z", "May 13, 2019") == "2019-05-14"
    assert day("2019-05-13T12:30:00Z", "14.05.2019") == "2019-05-13"
    assert day("2019-05-13T22:30:00Z", "May 14, 2019", "en-US") == "2019-05-13"


def test_scripts_date_a_page_only_with_one_day() -> None:
    page = '<html><body><script>var a = {"publishedAt":"%s"}, b = {"publishedAt":"%s"}</script>'
    one, two = "2019-05-14T10:00:00Z", "2018-01-02T10:00:00Z"
    found = date_markup.markup_dates(scan(html.fromstring(page % (one, one))))
    assert [(c.value, c.rule) for c in found] == [(one, "script")]
    assert date_markup.markup_dates(scan(html.fromstring(page % (one, two)))) == []


@pytest.mark.parametrize(
    "opening", ["LEEDS, May 3, 2018 -- ", "(3. Mai 2018) ", "Köln, 3. Mai 2018 – "]
)
def test_a_press_release_opens_with_its_day(opening: str) -> None:
    text = opening + "The firm said that it would build two more bridges over the river. " * 6
    found = dates.candidates(context([("headline", "Two bridges"), ("body", text)]))
    assert [c.value for c in found if c.field == "published_date"] == ["2018-05-03"]
    later = "In all the years before " + text
    assert dates.candidates(context([("headline", "Two bridges"), ("body", later)])) == []


def test_a_newsletters_tag_yields_to_the_stated_time_of_publication() -> None:
    marks = [
        Candidate("published", "2018-12-15T13:50:38Z", 0.5, "meta_sailthru.date", "s"),
        Candidate("published", "2018-12-14T06:02:15Z", 0.5, "meta_og:article:published_time", "p"),
    ]
    found = dates.candidates(context([BODY], markup=marks, media_type="text/html"))
    assert best(found, "published_date") == "2018-12-14"


def test_a_lone_update_is_less_sure_than_a_lone_publication() -> None:
    sure = []
    for label in ("Updated", "Published"):
        lines = [("timestamp", f"{label} May 30, 2019"), BODY]
        found = dates.candidates(context(lines))
        sure.append(next(c.confidence for c in found if c.field == "published_date"))
    assert sure[0] < sure[1] - 0.1


def printed(*lines: tuple[str, str]) -> str | None:
    story = [("headline", "Old harbour bridge closes for good"), *lines, BODY, BODY]
    return best(dates.candidates(context(story)), "published_date")


def test_flattened_text_that_states_an_update_alone_is_not_dated() -> None:
    assert printed(("timestamp", "Updated: May 30, 2019")) is None
    assert printed(("timestamp", "Published: May 30, 2019")) == "2019-05-30"


def test_a_day_below_the_story_alone_does_not_date_it() -> None:
    lines = [("headline", "Old harbour bridge closes for good"), BODY, BODY]
    found = dates.candidates(context([*lines, ("related", "May 30, 2019")]))
    assert best(found, "published_date") is None


def test_the_later_of_two_glued_dates_is_the_change() -> None:
    assert printed(("byline", "December 10, 2018April 9, 2018 by Anna Berg")) == "2018-04-09"


def test_the_day_of_the_page_view_yields_to_another() -> None:
    top = ("nav", "Thursday, January 17, 2019")
    lines = [top, ("headline", "Old bridge closes"), ("timestamp", "October 9, 2018"), BODY, BODY]
    assert best(dates.candidates(context(lines)), "published_date") == "2018-10-09"
    rules = [rule for rule, _ in dates.rule_days(context([top, BODY, BODY]))]
    assert [rule.split("_")[1] for rule in rules] == ["weekday"]


def test_a_piece_of_a_caption_does_not_date() -> None:
    assert printed(("timestamp", "In this June 4, 2019")) is None
