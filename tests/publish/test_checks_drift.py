"""A site that changed its layout shows by its name; chance does not."""

import pytest

from pipeline.publish import drift
from pipeline.publish.storage import Storage
from tests.publish import rows
from tests.publish.rows import DAY, put


@pytest.fixture
def storage(tmp_path):
    return Storage(str(tmp_path))


def _day(storage, ago, headlines, domain="daily.example", articles=20):
    """A day of articles of `domain`, so many of them with a headline, and of a steady other."""
    changing = [
        rows.metadata(n, domain=domain, headline="A headline" if n < headlines else None)
        for n in range(articles)
    ]
    steady = [
        rows.metadata(n, domain="steady.example", headline="A headline") for n in range(100, 400)
    ]
    put(storage, "article_metadata", changing + steady, rows.before(ago))


def test_a_site_that_lost_its_headlines_is_named(storage):
    for ago in (3, 2, 1):
        _day(storage, ago, headlines=19)
    _day(storage, 0, headlines=1)
    verdict = drift.field_drift(storage, DAY)
    assert not verdict.passed
    assert verdict.message == "daily.example: headline in 5%, was 95%"
    [row] = verdict.rows
    assert (row["outlet"], row["field"], row["articles"]) == ("daily.example", "headline", 20)


def test_an_ordinary_day_is_no_drift(storage):
    for ago in (3, 2, 1):
        _day(storage, ago, headlines=19)
    _day(storage, 0, headlines=17)
    assert drift.field_drift(storage, DAY).passed


def test_a_handful_of_articles_proves_nothing(storage):
    for ago in (3, 2, 1):
        _day(storage, ago, headlines=19)
    _day(storage, 0, headlines=0, articles=4)
    assert drift.field_drift(storage, DAY).passed


def test_a_first_day_and_an_empty_day_pass(storage):
    assert drift.field_drift(storage, DAY).passed
    assert drift.length_drift(storage, DAY).passed
    _day(storage, 0, headlines=10)
    assert drift.field_drift(storage, DAY).passed


def test_an_article_without_authors_has_the_field_empty(storage):
    put(storage, "article_metadata", [rows.metadata(1, authors=["A. Writer"]), rows.metadata(2)])
    assert drift.field_drift(storage, DAY).numbers["without_authors"] == 1


def test_a_site_whose_articles_shrank_is_named(storage):
    for ago, words in ((2, 500), (1, 520), (0, 60)):
        day = [rows.article(n, domain="daily.example", word_count=words) for n in range(12)]
        put(storage, "articles", day, rows.before(ago))
    assert (
        "daily.example: 60 words an article, were 510" in drift.length_drift(storage, DAY).message
    )
    assert drift.length_drift(storage, rows.before(1)).passed


def _outlets(storage, ago, **articles):
    """A day with so many articles of each outlet, all with a dateline, a deck and an agency."""
    filled = {"headline": "A", "dateline": "Here", "deck": "More", "agency": "AP", "url": "x"}
    day = [
        rows.metadata(n, domain=f"{outlet}.example", outlet=outlet, **filled)
        for outlet, count in articles.items()
        for n in range(count)
    ]
    put(storage, "article_metadata", day, rows.before(ago))


def test_an_outlet_that_is_gone_is_named(storage):
    for ago in (3, 2, 1):
        _outlets(storage, ago, gone=4, rare=1, steady=30)
    _outlets(storage, 0, steady=30)
    verdict = drift.field_drift(storage, DAY)
    assert verdict.message == "gone.example: no articles, were 4 a day"
    assert verdict.rows[0]["today"] == 0


def test_an_outlet_that_comes_now_and_then_is_not_missed(storage):
    for ago in (4, 2):
        _outlets(storage, ago, weekly=9, steady=30)
    for ago in (3, 1, 0):
        _outlets(storage, ago, steady=30)
    assert drift.field_drift(storage, DAY).passed


@pytest.mark.parametrize("field", ["outlet", "deck", "dateline", "agency", "url"])
def test_every_field_is_followed(storage, field):
    for ago in (3, 2, 1):
        _outlets(storage, ago, daily=20, steady=30)
    filled = {"headline": "A", "dateline": "H", "deck": "D", "agency": "AP", "url": "x"}
    about = {"domain": "daily.example", "outlet": "Daily"} | filled | {field: None}
    put(storage, "article_metadata", [rows.metadata(n, **about) for n in range(9)])
    found = {(row["outlet"], row["field"]) for row in drift.field_drift(storage, DAY).rows}
    assert ("daily.example", field) in found
    assert {f for outlet, f in found if outlet == "daily.example"} == {field}


def test_a_field_of_few_articles_that_falls_to_none_is_told_and_a_smaller_fall_is_not(storage):
    for ago in range(1, 6):
        _day(storage, ago, headlines=20, articles=100)
    _day(storage, 0, headlines=0, articles=100)
    assert drift.field_drift(storage, DAY).message == "daily.example: headline in 0%, was 20%"
    _day(storage, 0, headlines=6, articles=100)
    assert drift.field_drift(storage, DAY).passed


def test_three_articles_without_a_field_that_all_had_are_enough(storage):
    for ago in range(1, 6):
        _day(storage, ago, headlines=30, articles=30)
    _day(storage, 0, headlines=0, articles=3)
    assert "daily.example: headline in 0%" in drift.field_drift(storage, DAY).message
    _day(storage, 0, headlines=1, articles=3)
    assert drift.field_drift(storage, DAY).passed


def test_the_chance_of_a_fall_is_that_of_the_binomial():
    assert drift._chance(98, 198, 0, 3) == pytest.approx(0.505**3)
    exact, near = drift._chance(300, 1000, 120, 500), drift._chance(300, 1000, 121, 501)
    assert near == pytest.approx(exact, rel=0.3)
