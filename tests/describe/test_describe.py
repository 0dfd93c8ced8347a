"""Whole documents: flattened text, and pages, with invented copy."""

from datetime import date

import pytest
from lxml import html

from pipeline.describe import FIELDS, describe, describe_batch, markup_candidates, outlet
from pipeline.describe.headline import without_site
from pipeline.describe.outlet import known_name, name_of_domain, usual_name
from pipeline.domains import domain_of
from pipeline.records import Cleaned, Document, Line

STORY = (
    "ELMSTADT — The council of Elmstadt voted on Friday to reopen the old harbour bridge after two "
    "years of repairs, the mayor said, and thousands of commuters will cross it again next week."
)


def document(url=None, **given):
    return Document(
        "a", date(2020, 5, 2), "a.txt", "text/plain", b"", "utf-8", "", url=url, given=given
    )


def cleaned(*lines):
    found, start = [], 0
    for role, text in lines:
        found.append(Line(start, start + len(text), text, role, "test", 0.9))
        start += len(text) + 2
    raw = "\n\n".join(text for _, text in lines)
    body = "\n\n".join(text for role, text in lines if role == "body")
    return Cleaned(raw, tuple(found), body, "line_model")


def described(*lines, url=None, **given):
    return describe(document(url, **given), cleaned(*lines))


def test_a_database_print():
    found = described(
        ("outlet", "Arkansas Democrat-Gazette"),
        ("nav", "Council votes to reopen harbour bridge after repairs"),
        ("nav", "- ANNA MCBRIDE"),
        ("body", STORY),
        ("aggregator", "Newspapers in English"),
    )
    assert found.headline == "Council votes to reopen harbour bridge after repairs"
    assert found.authors == ("Anna McBride",)
    assert found.byline == "ANNA MCBRIDE"
    assert found.outlet == "Arkansas Democrat-Gazette"
    assert found.dateline == "ELMSTADT"


def test_text_that_starts_with_its_body_has_no_headline():
    found = described(("body", STORY), ("body", STORY.replace("Friday", "Monday")))
    assert found.headline is None
    assert found.authors == ()
    assert found.outlet is None


def test_captions_are_no_headline_and_their_credit_names_the_outlet():
    found = described(
        ("nav", "Harbour bridge in Elmstadt will reopen next week"),
        ("nav", "The harbour bridge of Elmstadt on Friday (Carl Stone/WHYY)"),
        ("body", STORY),
    )
    assert found.headline == "Harbour bridge in Elmstadt will reopen next week"
    assert found.outlet == "WHYY"


def test_a_picture_agency_is_no_outlet():
    caption = ("caption", "The harbour bridge of Elmstadt on Friday (Carl Stone/Getty Images)")
    assert described(caption, ("body", STORY)).outlet is None


def test_a_biography_alone_is_evidence_and_no_author():
    found = described(("bio", "Anna Berg is a staff writer who covers harbours."), ("body", STORY))
    assert found.authors == ()
    assert [c.value for c in found.evidence if c.field == "authors"] == ["Anna Berg"]


def test_credits_at_the_end():
    found = described(
        ("body", STORY), ("credit", "(Reporting by Anna Berg and Li Wei; Editing by Carl Stone)")
    )
    assert found.authors == ("Anna Berg", "Li Wei")


def test_who_reported_something_else_is_no_author():
    other = "The plan was first reported by Anna Berg of the Gazette and written by Carl Stone."
    more = "Additional reporting by Anna Berg in Elmstadt"
    assert described(("body", STORY), ("body", other), ("credit", more)).authors == ()
    glued = "The bridge is closed. Reporting by Anna Berg; editing by Carl Stone"
    assert described(("body", STORY), ("body", glued)).authors == ("Anna Berg",)


def test_given_metadata_counts():
    found = described(("body", STORY), headline="Bridge reopens", authors="Anna Berg; Li Wei")
    assert found.headline == "Bridge reopens"
    assert found.authors == ("Anna Berg", "Li Wei")


def test_a_republisher_is_not_the_outlet():
    found = described(("body", STORY), url="https://news.yahoo.com/bridge-reopens-1.html")
    assert found.outlet is None
    assert found.domain == "yahoo.com"


def test_the_domain_spelled_out_names_the_outlet():
    found = described(
        ("body", STORY), ("legal", "© 2020 Elm Valley-News LLC. All rights reserved."),
        url="https://www.elmvalley-news.com/a",
    )  # fmt: skip
    assert found.outlet == "Elm Valley-News"


@pytest.mark.parametrize(
    ("role", "line"),
    [
        ("other", "By the morning after the storm, Councillor Carl Stone had lost his boat."),
        ("social", "The ferry will not be overshadowed by the bridge. — Carl Stone (@stone)"),
        ("nav", "'The Quiet Berg' Goes Downtown"),
    ],
)
def test_prose_and_quoted_titles_above_the_body_name_no_authors(role, line):
    found = described(("headline", "Bridge reopens"), (role, line), ("body", STORY))
    assert found.authors == ()


def test_the_picture_of_the_site_is_no_heading():
    tree = html.document_fromstring(
        "<html><head><title>Harbour bridge reopens | Elm Herald</title>"
        '<meta property="og:title" content="Harbour bridge reopens">'
        '<meta property="og:site_name" content="Elm Herald"></head>'
        "<body><h1>ELM HERALD Elm Herald Logo</h1><h2>Harbour bridge reopens</h2></body></html>"
    )
    markup = markup_candidates(tree, "https://elmherald.example/a")
    lines = ("headline", "Harbour bridge reopens"), ("body", STORY)
    found = describe(document("https://elmherald.example/a"), cleaned(*lines), markup)
    assert found.headline == "Harbour bridge reopens"
    assert not any("Logo" in each.value for each in found.evidence if each.field == "headline")


def test_page():
    tree = html.document_fromstring(
        '<html><head><title>Harbour bridge reopens | Elm Herald</title>'
        '<meta property="og:title" content="Harbour bridge reopens">'
        '<meta property="og:site_name" content="Elm Herald"></head>'
        "<body><h1>Harbour bridge reopens</h1>"
        '<p class="byline">By <a rel="author" href="/author/anna">Anna Berg</a></p></body></html>'
    )  # fmt: skip
    markup = markup_candidates(tree, "https://elmherald.example/a")
    lines = ("headline", "Harbour bridge reopens"), ("byline", "By Anna Berg"), ("body", STORY)
    found = describe(document("https://elmherald.example/a"), cleaned(*lines), markup)
    assert (found.headline, found.authors, found.outlet) == (
        "Harbour bridge reopens", ("Anna Berg",), "Elm Herald",
    )  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "(Editor’s Note: Please be advised that paragraph seven contains harsh language)",
        "BREAKING: Council of Elmstadt votes to reopen bridge. — Elm Herald (@elmherald)",
        "CLOSE The council of Elmstadt voted to reopen the bridge after repairs",
    ],
)
def test_notes_posts_and_closed_players_are_no_headline(line):
    assert described(("nav", line), ("body", STORY)).headline is None


def test_evidence_is_bounded_and_the_chosen_comes_first():
    found = described(("nav", "Harbour bridge of Elmstadt reopens next week"), ("body", STORY))
    for field in FIELDS:
        assert len([c for c in found.evidence if c.field == field]) <= 8
    first = next(c for c in found.evidence if c.field == "headline")
    assert first.value == found.headline
    assert all(len(c.source_text) <= 200 for c in found.evidence)


def test_batch_is_the_same_as_one_by_one():
    texts = [cleaned(("nav", f"Bridge {n} of Elmstadt reopens"), ("body", STORY)) for n in range(3)]
    documents = [document() for _ in texts]
    assert describe_batch(documents, texts, [()] * 3) == [
        describe(d, t) for d, t in zip(documents, texts, strict=True)
    ]


def test_an_empty_document():
    assert described().headline is None


def test_site_names_are_cut_from_titles():
    sites = frozenset({"elmherald", "elmheraldcom"})
    assert without_site("Bridge reopens | Elm Herald", sites) == "Bridge reopens"
    assert without_site("Elm Herald - Bridge reopens", sites) == "Bridge reopens"
    assert without_site("Bridge - a history - The New York Times", sites) == "Bridge - a history"
    assert without_site("Well-known bridge", sites) == "Well-known bridge"


def test_domains():
    assert domain_of("https://www.news.example.co.uk/a") == "example.co.uk"
    assert domain_of("https://[broken") is None
    assert domain_of("ftp://example.org/a") is None
    assert name_of_domain("https://www.nytimes.com/2020/a.html") == "The New York Times"
    assert name_of_domain("https://www.pbs.org/newshour/a") == "PBS NewsHour"
    assert name_of_domain("https://unknown.example/a") is None


def test_outlet_names():
    assert known_name("NEW YORK TIMES") == "The New York Times"
    assert usual_name("Elm Herald, LLC") == "Elm Herald"
    assert usual_name("Elm Herald | Local news") == "Elm Herald"
    assert usual_name("@elmherald") is None


def test_an_unknown_paper_is_known_by_how_its_masthead_reads():
    assert outlet._worded_as_masthead("The Harbour Gleaner")
    assert outlet._worded_as_masthead("Upper Lakes Blade-Courier")
    assert not outlet._worded_as_masthead("Council repairs old Post")
    assert not outlet._worded_as_masthead("Breaking News")
    assert not outlet._worded_as_masthead("Herald")
