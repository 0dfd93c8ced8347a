from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.describe import authors, headline
from pipeline.describe.fold import data_words
from pipeline.describe.headline_lines import _IN_CAPTIONS, marked_lines
from pipeline.describe.resolve import choose
from tests.describe.build import BODY, context

MORE = ("body", "The bridge over the river had been open since 1921, and few people use it now.")


def chosen(*lines: tuple[str, str]) -> str | None:
    return choose("headline", headline.candidates(context(lines))).value


def test_a_line_above_byline_and_date_is_the_headline() -> None:
    title = "Council votes to close the old bridge for good"
    lines = ("headline", title), ("byline", "By Jo Doe"), ("timestamp", "May 2, 2019"), BODY, MORE
    assert chosen(*lines) == title


@pytest.mark.parametrize(
    "line",
    [
        ("nav", "Story highlights The council voted to close the old bridge on Thursday"),
        ("nav", "The mayor at the old bridge in May (Jo Doe/Reuters)"),
        ("nav", "The mayor at the old bridge in May (Photos: Reuters)"),
        ("nav", "This article is more than 2 years old"),
    ],
)
def test_points_captions_and_notices_cannot_be_the_headline(line: tuple[str, str]) -> None:
    assert [found.text for found, _ in marked_lines(context([line, BODY, MORE]))] != [line[1]]
    assert chosen(line, BODY, MORE) is None


def test_the_points_after_the_first_cannot_either() -> None:
    points = ("nav", "Story highlights The bridge is closed"), ("nav", "The mayor opposes the plan")
    assert chosen(*points, BODY, MORE) is None


@pytest.mark.parametrize(
    "line",
    [
        "The mayor, who opposes the plan, said that she would ask a court to stop it this week.",
        "The old bridge is closed for good.",
        "Former Mayor Jo Doe",
    ],
)
def test_an_article_without_its_headline_gets_none(line: str) -> None:
    assert chosen(("nav", line), BODY, MORE) is None


def test_a_name_above_the_story_is_its_author_not_its_headline() -> None:
    lines = ("nav", "Jo Doe"), ("outlet", "USA TODAY"), BODY, MORE
    assert chosen(*lines) is None
    assert choose("authors", authors.candidates(context(lines))).value == "Jo Doe"


def test_the_title_of_a_page_run_into_one_line_is_read() -> None:
    title, body = "Council votes to close the old bridge", f"{BODY[1]} {MORE[1]} " * 8
    glued = f"{title} | Elm HeraldMenuNewsSport{title}By Jo Doe {body}"
    assert chosen(("body", glued)) == title
    assert chosen(("body", f"{title}MenuNewsSport {body}")) is None


def test_the_way_to_a_page_is_no_headline() -> None:
    crumbs = "Home / Money and Saving / Best Loans for Harbours"
    assert chosen(("headline", crumbs), BODY, MORE) != crumbs


def test_lines_are_marked_by_what_the_opening_of_the_body_says() -> None:
    title = "Council votes to close the old bridge"
    lines = ("nav", "Search all the pages"), ("nav", title), BODY, MORE
    marked = {line.text: set(marks) for line, marks in marked_lines(context(lines))}
    assert {"shares_3", "early_3"} <= marked[title]
    assert {"shares_0", "early_0", "shares_less_4"} <= marked["Search all the pages"]
    assert {"shares_most", "early_most"} <= marked[BODY[1]]


def test_the_heading_of_a_translator_is_no_headline() -> None:
    assert chosen(("headline", "Original text"), BODY, MORE) is None


def test_a_menu_on_one_line_with_what_follows_cannot_either() -> None:
    menu = ("nav", "Home News Sports Opinion Subscribe Council votes to close the old bridge")
    apart = context([menu, ("byline", "By Jo Doe"), BODY, MORE])
    squeezed = replace(apart.cleaned, raw_text=apart.cleaned.raw_text.replace("\n", " "))
    assert menu[1] in [line.text for line, _ in marked_lines(apart)]
    glued = replace(apart, cleaned=squeezed)
    assert menu[1] not in [line.text for line, _ in marked_lines(glued)]


def test_what_captions_are_asked_for_first_is_in_each_phrase() -> None:
    phrases = data_words("caption_phrases.txt")
    assert [p for p in phrases if not any(sign in p for sign in _IN_CAPTIONS)] == []
