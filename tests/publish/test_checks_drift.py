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
