"""Names between headline and story, under labels, and what only looks like one there."""

import pytest

from pipeline.describe import authors
from pipeline.describe.near_headline import labelled, near_headline
from pipeline.records import Candidate
from tests.describe.build import BODY, context

HEADLINE = "Old harbour bridge closes for good"
PARAGRAPH = ("body", "The council voted on Thursday night to close the bridge. " * 4)


def page(*lines):
    marks = [Candidate("headline", f"{HEADLINE} | Elm Herald", 0.5, "title_tag", HEADLINE)]
    return context([("nav", HEADLINE), *lines, PARAGRAPH], markup=marks, media_type="text/html")


def read(*lines):
    return {rule: names for rule, names, _ in near_headline(page(*lines), frozenset())}


@pytest.mark.parametrize(
    ("line", "rule", "names"),
    [
        ("Anna Berg", "near_alone_given", ("Anna Berg",)),
        ("Anna Berg, @annaberg", "near_alone_given", ("Anna Berg",)),
        ("Zarinka Oblomov", "near_alone_proper", ("Zarinka Oblomov",)),
        ("Anna Berg, 01.12.2021", "near_dated_given", ("Anna Berg",)),
        ("Elm Herald Extra 9/21/2016 Anna Berg", "near_beside_given", ("Anna Berg",)),
        ("03/01/2017 by Anna Berg, Harbour Reporter", "near_by_given", ("Anna Berg",)),
        ("Anna Berg, Certified Harbour Expert", "near_role_given", ("Anna Berg",)),
        ("Anna Berg, MS, RD, FAND", "near_alone_given", ("Anna Berg",)),
    ],
)
def test_a_name_below_the_headline(line, rule, names):
    assert read(("promo", line))[rule] == names


def test_several_lines_of_names_are_also_one_list():
    found = read(("byline", "Anna Berg"), ("other", "Follow"), ("byline", "Carl Stone"))
    assert found["near_several"] == ("Anna Berg", "Carl Stone")


@pytest.mark.parametrize(
    "line",
    [
        ("caption", "Anna Berg"),
        ("body", "— Anna Berg (@annaberg) October 21, 2018"),
        ("nav", "Articles by Anna Berg"),
        ("nav", "Man dies after being bitten on the quay by Daddy Long Legs"),
        ("other", "Photos by Carl Stone"),
        ("other", "Getty / Carl Stone"),
        ("other", "Typography and icons by Carl Stone"),
        ("other", "Artwork by Carl Stone"),
        ("nav", "anna berg"),
        ("other", "#1 Kommentar von Carl Stone"),
    ],
)
def test_other_people_are_passed_over(line):
    assert read(line) == {}


def test_names_after_the_second_paragraph_are_not_read():
    assert read(PARAGRAPH, PARAGRAPH, ("byline", "Anna Berg")) == {}


def test_without_a_headline_nothing_is_near():
    assert list(near_headline(context([("nav", "Anna Berg"), BODY]), frozenset())) == []


@pytest.mark.parametrize("label", ["Author", "Written by:", "This article was written by:", "Von"])
def test_the_line_after_a_label_names_the_author(label):
    found = list(labelled(context([BODY, ("other", label), ("other", "Anna Berg")]), frozenset()))
    assert [(rule, names) for rule, names, _ in found] == [("label_given", ("Anna Berg",))]
    assert not list(labelled(context([("other", label), BODY]), frozenset()))


def test_a_picture_credit_under_the_headline_names_no_author():
    assert read(("other", "Anna Berg/AP")) == {}
    assert read(("other", "Anna Berg / Getty Images")) == {}


@pytest.mark.parametrize(
    ("paragraph", "rule"),
    [
        (PARAGRAPH, "near_alone_given"),
        (("body", "The bridge, said Anna Berg, is safe. " * 5), "near_alone_given_told"),
    ],
)
def test_a_name_of_which_the_story_tells_is_set_apart(paragraph, rule):
    marks = [Candidate("headline", HEADLINE, 0.5, "title_tag", HEADLINE)]
    lines = [("nav", HEADLINE), ("promo", "Anna Berg"), paragraph]
    found = authors.candidates(context(lines, markup=marks, media_type="text/html"))
    assert rule in {c.rule for c in found if c.field == "authors"}


def test_a_name_in_the_headline_is_set_apart():
    marks = [Candidate("headline", "Anna Berg closes the old bridge", 0.5, "title_tag", "x")]
    lines = [("nav", "Anna Berg closes the old bridge"), ("promo", "Anna Berg"), PARAGRAPH]
    found = authors.candidates(context(lines, markup=marks, media_type="text/html"))
    rules = {c.rule for c in found if c.field == "authors"}
    assert "near_alone_given_told" in rules
    assert "near_alone_given" not in rules


def test_several_lines_of_names_in_flattened_text_are_not_the_first_alone():
    lines = [("headline", HEADLINE), ("nav", "Anna Berg"), ("nav", "Carl Stone"), PARAGRAPH]
    rules = {c.rule for c in authors.candidates(context(lines)) if c.field == "authors"}
    assert rules.isdisjoint(("near_alone_given", "near_alone_first", "name_alone"))


def test_a_speaker_of_a_transcript_is_no_author():
    assert read(("other", "ANNA BERG, HOST:")) == {}
