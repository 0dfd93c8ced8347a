"""Titles, paths and headlines of flattened text that say the same are one."""

import pytest

from pipeline.describe.headline import told_twice
from pipeline.records import Line
from tests.describe.build import context

HEADLINE = "Mayor opens the new bridge after a year"


def ranked(*pairs):
    return [(Line(0, len(text), text, "nav", "test", 1.0), sure) for text, sure in pairs]


@pytest.mark.parametrize(
    "other",
    [
        f"{HEADLINE} | Elm Herald",
        f"Home › News › {HEADLINE}",
        f"Home / News / {HEADLINE}",
        f"Home News {HEADLINE}",
        HEADLINE,
    ],
)
def test_a_title_or_path_is_a_witness_and_no_rival(other):
    found = told_twice(ranked((other, 0.4), (HEADLINE, 0.35), ("Rain is coming to the hills", 0.1)))
    assert found[0][0].text == HEADLINE
    assert found[0][1] >= 0.75
    assert sum(sure for _, sure in found) <= 1


def test_other_stories_stay_rivals():
    pairs = ranked((HEADLINE, 0.4), ("Mayor sells the old bridge | Elm Herald", 0.35))
    assert [sure for _, sure in told_twice(pairs)] == [0.4, 0.35]


def test_nothing_and_empty_lines():
    assert told_twice([]) == []
    assert len(told_twice(ranked(("---", 0.1), ("***", 0.0)))) <= 2


def test_the_headline_at_the_story_is_meant_and_not_the_tabs_title():
    story = ("body", "The mayor opened the new bridge after a year of work on Monday. " * 4)
    menu = [("nav", word) for word in ("News", "Sports", "Weather", "Jobs")] * 4
    lines = [("nav", HEADLINE), *menu, ("nav", HEADLINE), ("byline", "By Anna Berg"), story, story]
    found = context(lines)
    assert found.headline_at == 17
    assert found.under_headline[0].text == "By Anna Berg"
