"""What the five samples should become, read by a person: fields, bodies, families."""

from datetime import date

import pytest

#: source -> headline, outlet, authors, published, dateline, words of the body, relation
EXPECTED = {
    "000_60ed082cf5355525.txt": (
        "Philadelphia mayor ends sharing of arrest records with ICE", "Pittsburgh Post-Gazette",
        ["Jeff Gammage", "Claudia Irizarry-Aponte"], None, "PHILADELPHIA", 428, "revision"),
    "001_8dd8e47441df080e.txt": (
        None, None, [], date(2018, 7, 27), None, 799, "original"),
    "002_6c4ce249807221e7.txt": (
        "Kenney ends Philly police data-sharing deal with ICE to protect immigrants", "WHYY",
        [], None, None, 721, "standalone"),
    "003_8cdb6870b856ac8a.txt": (
        "PHILADELPHIA BARS immigration officials from arrest database, cites misuse.",
        "Arkansas Democrat-Gazette", ["Claudia Lauer"], None, "PHILADELPHIA", 533, "standalone"),
    "004_08de569413689543.txt": (
        "Philadelphia to end PARS agreement with ICE", "PhillyVoice", [], date(2018, 7, 27), None,
        344, "standalone"),
}  # fmt: skip


@pytest.fixture(scope="module")
def articles(seeds_corpus):
    return {row["source_uri"]: row for row in seeds_corpus.read("articles").to_pylist()}


@pytest.mark.parametrize("source", EXPECTED)
def test_fields_and_relation(articles, source):
    article = articles[source]
    headline, outlet, authors, published, dateline, words, relation = EXPECTED[source]
    assert article["headline"] == headline
    assert article["outlet"] == outlet
    # The second names its author in a biography only: he may be given, with less confidence.
    assert article["authors"] == authors or (
        source.startswith("001") and article["authors"] == ["Jeff Gammage"]
    )
    assert article["published_date"] == published
    assert article["dateline"] == dateline
    assert article["relation"] == relation
    assert abs(article["word_count"] - words) <= 0.01 * words


def test_an_inferred_author_stands_in_the_evidence_with_less_confidence(articles):
    evidence = articles["001_8dd8e47441df080e.txt"]["evidence"]
    [found] = [e for e in evidence if e["field"] == "authors" and "Gammage" in e["value"]]
    assert found["confidence"] < 0.9
    assert "staff writer" in found["source_text"]


def test_the_reprint_and_its_original_are_the_only_family(articles):
    families = {row["canonical_article_id"] for row in articles.values()}
    assert len(families) == 4
    original = articles["001_8dd8e47441df080e.txt"]
    assert articles["000_60ed082cf5355525.txt"]["cluster_id"] == original["cluster_id"]
    assert original["is_canonical"]


@pytest.mark.parametrize(
    ("source", "first", "last"),
    [
        ("000_", "PHILADELPHIA — Mayor Jim Kenney", "has abstained."),
        ("001_", "Mayor Kenney has terminated", "or use services,” she said."),
        ("002_", "Philadelphia Mayor Jim Kenney will not renew", "rational and equitable.”"),
        ("003_", "PHILADELPHIA — Philadelphia will stop", "response to its letter."),
        ("004_", "Philadelphia officials announced Friday", "came before that meeting."),
    ],
)
def test_the_body_and_nothing_but_the_body(articles, source, first, last):
    [text] = [row["text"] for name, row in articles.items() if name.startswith(source)]
    assert text.startswith(first)
    assert text.endswith(last)
    for furniture in ("Newspapers in English", "weekly newsletter", "MORE ICE NEWS", "RSS feed"):
        assert furniture not in text
