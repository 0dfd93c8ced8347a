"""Signs of the author away from the byline, in flattened text and in pages."""

import pytest

from pipeline.describe import authors
from pipeline.records import Candidate
from tests.describe.build import context

PARAGRAPH = ("body", "The council voted on Thursday night to close the bridge. " * 4)
TITLE = Candidate("headline", "Old harbour bridge closes for good", 0.5, "h1", "")


def found(*lines, markup=(), url=None):
    """Return rule -> names of the candidates for authors."""
    kind = "text/html" if markup else "text/plain"
    read = authors.candidates(context(lines, markup=markup, url=url, media_type=kind))
    return {c.rule: c.value for c in read if c.field == "authors"}


def flat(*lines):
    return {rule.removesuffix("_flat"): names for rule, names in found(*lines).items()}


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("This post was written by Anna Berg, MD, a doctor at Elm Hospital.", "Anna Berg"),
        ("This story was originally reported by Anna Berg and Carl Stone.",
         "Anna Berg; Carl Stone"),
        ("Today’s column was written by Zarinka Oblomov.", "Zarinka Oblomov"),
    ],
)  # fmt: skip
def test_a_sentence_says_who_wrote_it(sentence, names):
    assert flat(PARAGRAPH, ("body", sentence))["written_by"] == names


@pytest.mark.parametrize(
    "sentence",
    [
        "This report was written by the committee in March.",
        "The book was written by Anna Berg.",
    ],
)
def test_other_writings_are_passed_over(sentence):
    assert "written_by" not in flat(PARAGRAPH, ("body", sentence))


def test_a_deck_ends_with_who_writes():
    deck = ("deck", "The bridge has to go, writes Anna Berg")
    assert flat(deck, PARAGRAPH)["deck_writes"] == "Anna Berg"
    spoken = ("deck", "The bridge has to go, says Anna Berg")
    assert "deck_writes" not in flat(spoken, PARAGRAPH)


def test_a_box_below_the_story_tells_who_the_author_is():
    name, bio = ("other", "Anna Berg"), ("other", "Anna Berg is an engineer in Elm Harbour.")
    assert flat(PARAGRAPH, name, bio)["box"] == "Anna Berg"
    assert "box" not in flat(PARAGRAPH, name, ("other", "Anna Berg, Carl Stone and others met."))


def test_the_only_announced_name_counts_wherever_it_stands():
    menu = [("nav", f"Item {number}") for number in range(80)]
    lines = flat(*menu, ("nav", "By"), ("nav", "Anna Berg"), *menu, PARAGRAPH)
    assert lines["announced_only"] == "Anna Berg"
    other = ("related", "By Carl Stone")
    assert "announced_only" not in flat(("nav", "By Anna Berg"), *menu, PARAGRAPH, other)


def test_a_list_of_authors_runs_over_several_lines():
    lines = [("nav", "Authors:"), ("nav", "Anna Berg"), ("nav", "Carl Stone"), ("nav", "Share")]
    assert flat(*lines, PARAGRAPH)["label_given"] == "Anna Berg; Carl Stone"


def test_names_joined_over_lines_are_one_list():
    lines = [("nav", text) for text in ("By", "Anna Berg", ",", "Carl Stone", "and", "Li Wei")]
    assert flat(*lines, ("nav", "Dan Fox"), PARAGRAPH)["announced_only"] == (
        "Anna Berg; Carl Stone; Li Wei"
    )


def test_an_imprint_is_no_byline():
    lines = [
        ("nav", "Publisher:"), ("nav", "Carl Stone"), ("nav", "Writers:"), ("nav", "Anna Berg"),
    ]  # fmt: skip
    assert "label_given" not in flat(*lines, PARAGRAPH)


def test_glued_bylines_are_read():
    line = ("nav", "Why does the bridge have to close?By Anna Berg")
    assert flat(line, PARAGRAPH)["glued_by"] == "Anna Berg"


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("By Anna BergSeptember 19, 2016", "Anna Berg"),
        ("By Anna BergGenre:Bridges", "Anna Berg"),
        ("By Anna McBergPublished May 2", "Anna McBerg"),
        ("    By  Anna Berg    Published in  Harbour News", "Anna Berg"),
        ("ShareWritten by Anna BergJunior Bridge Writer", "Anna Berg"),
        ("by: Anna Berg, Dec 17, 2025", "Anna Berg"),
    ],
)
def test_a_glued_name_ends_where_the_next_word_is_glued_to_it(rest, name):
    line = ("nav", f"Why does the bridge have to close{rest} The bridge is old")
    assert flat(line, PARAGRAPH)["glued_by"] == name


def test_a_biography_does_not_make_its_author_one_whom_the_story_tells_of():
    known = "is an engineer who has written on bridges for twenty years and more"
    bio = ("body", f"Anna Berg {known}, and who has built three of them in Elm Harbour and beyond.")
    marks = (TITLE,)
    lines = [("headline", TITLE.value), ("nav", "Anna Berg"), PARAGRAPH]
    assert "near_alone_given" in found(*lines, bio, markup=marks)
    told = ("body", "The bridge was drawn by Anna Berg, who had built another one upstream. " * 2)
    assert "near_alone_given_told" in found(*lines, told, markup=marks)


def test_a_person_owns_a_site():
    marks = (TITLE, Candidate("outlet", "Anna Berg’s Blog", 0.5, "meta_og:site_name", ""))
    assert found(PARAGRAPH, markup=marks)["site_person_site"] == "Anna Berg"
    owned = found(PARAGRAPH, markup=marks, url="https://annaberg.example/bridge")
    assert owned["site_person_domain"] == "Anna Berg"


def test_the_owner_is_not_asked_where_an_author_is_named():
    marks = (TITLE, Candidate("outlet", "Anna Berg", 0.5, "meta_og:site_name", ""))
    by = ("byline", "By Carl Stone")
    assert not any(rule.startswith("site_") for rule in found(by, PARAGRAPH, markup=marks))


@pytest.mark.parametrize("name", ["Al Jazeera", "Marie Digital Services", "Elm Herald"])
def test_outlets_are_no_owners(name):
    marks = (TITLE, Candidate("outlet", name, 0.5, "meta_og:site_name", ""))
    assert not any(rule.startswith("site_") for rule in found(PARAGRAPH, markup=marks))


def test_a_copyright_line_names_the_owner():
    lines = flat(PARAGRAPH, ("legal", "© 2019–2024 Anna Berg. All rights reserved."))
    assert lines["copyright_person"] == "Anna Berg"
    assert "copyright_person" not in flat(PARAGRAPH, ("legal", "© 2024 Elm Media Group"))
