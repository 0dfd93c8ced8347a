from __future__ import annotations

import pytest

from pipeline.describe import agency, agency_names
from pipeline.records import Candidate
from tests.describe.build import BODY, best, context


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([("byline", "By News Service of Florida"), BODY], "News Service of Florida"),
        ([("body", "SPRINGFIELD (AP) — The mayor closed the bridge.")], "AP"),
        ([("byline", "By JO DOE, Associated Press"), BODY], "AP"),
        ([("byline", "By The Associated Press"), BODY], "AP"),
        ([("byline", "By Jo Doe (MTN News) May 24, 2019"), BODY], "MTN News"),
        ([("nav", "Jo Doe"), BODY, ("other", "Reuters")], "Reuters"),
        ([("timestamp", "Xinhua | Updated: 2017-09-15 21:45"), BODY], "Xinhua"),
        ([BODY, ("legal", "Copyright 2018 The Associated Press. All rights reserved.")], "AP"),
        ([BODY, ("legal", "©2020 Bloomberg L.P.")], "Bloomberg"),
        ([BODY, ("credit", "Distributed by Tribune Content Agency, LLC.")], "TNS"),
        ([BODY, ("credit", "This story was originally published by ProPublica.")], "ProPublica"),
        (
            [BODY, ("credit", "This story originally appeared on Stacker and was produced there.")],
            "Stacker",
        ),
        (
            [
                BODY,
                ("credit", "This article is republished from The Conversation under a licence."),
            ],
            "The Conversation",
        ),
        (
            [("byline", "By Jo Doe, Local Democracy Reporter"), BODY],
            "Local Democracy Reporting Service",
        ),
        ([("byline", "By Jo Doe, USA TODAY NETWORK"), BODY], "USA TODAY Network"),
        ([("body", "HANOI (VNA) - The old bridge was closed on Thursday.")], "VNA"),
        ([("byline", "Kuwait News Agency"), BODY], "KUNA"),
    ],
)
def test_agency(lines: list[tuple[str, str]], name: str) -> None:
    assert best(agency.candidates(context(lines)), "agency") == name


@pytest.mark.parametrize(
    "line",
    [
        ("body", "The mayor told Reuters on Friday that the bridge was closed."),
        ("body", "The bridge is closed, according to the AP."),
        ("caption", "The bridge in May. (AP Photo/Jo Doe)"),
        ("other", "© REUTERS/ Jo Doe"),
        ("body", "From Yonhap:"),
        ("related", "Associated Press"),
        ("other", "REUTERS/Jo Doe"),
        ("other", "AA"),
        ("legal", "© dpa | Jo Doe"),
        ("other", "The mayor speaks at the opening of the new bridge © dpa | Bridge Post"),
        ("body", "Michael Bloomberg said he would walk."),
        ("body", "Join the conversation below."),
        ("other", "The Conversation"),
        ("other", "Stacker"),
        ("other", "PA"),
        ("other", "CP"),
        ("body", "ERIE, PA — The old bridge was closed on Thursday night, officials said."),
        ("body", "The CP line runs past Ani Street and the TT races to the Lusa works."),
        ("body", "A hina danced in Petra, where the Andina trail and a map of the Tap begin."),
        ("legal", "© 2020 Sinclair Broadcast Group. All rights reserved."),
        ("other", "By Tass Berg"),
        ("byline", "By Ani Berg, PA student"),
        (
            "legal",
            "Copyright 2018 The Bridge Post. The Associated Press contributed to this report.",
        ),
    ],
)
def test_mentions_are_no_agency(line: tuple[str, str]) -> None:
    found = agency.candidates(context([BODY, line, BODY]))
    assert best(found, "agency") is None


def test_an_agency_among_the_paragraphs_credits_a_picture() -> None:
    lines = [BODY, BODY, BODY, ("body", "Reuters"), BODY, BODY]
    assert best(agency.candidates(context(lines)), "agency") is None


def test_the_copyright_line_of_its_own_site_names_no_agency() -> None:
    lines = [BODY, ("legal", "© 2019 Cable News Network. All Rights Reserved.")]
    own = context(lines, url="https://edition.cnn.com/a")
    reprint = context(lines, url="https://station.example/a")
    assert best(agency.candidates(own), "agency") is None
    assert best(agency.candidates(reprint), "agency") == "CNN Wire"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("The Associated Press contributed to this report.", ["AP"]),
        ("Associated Press writers Jo Doe in Rome and Al Roe contributed.", ["AP"]),
        ("Contributing: Jo Doe and The Associated Press", ["AP"]),
        (
            "Information from Reuters and the Associated Press was used in this article.",
            ["Reuters", "AP"],
        ),
        ("Mit Material von dpa", ["dpa"]),
    ],
)
def test_contributed(line: str, names: list[str]) -> None:
    found = agency.candidates(context([BODY, ("credit", line)]))
    assert [c.value for c in found if c.field == "agency_contributed"] == names
    assert best(found, "agency") is None


def test_own_site_and_wire_paths() -> None:
    def at(url: str) -> str | None:
        return best(agency.candidates(context([BODY], url=url)), "agency")

    assert at("https://www.reuters.com/article/x") == "Reuters"
    assert at("https://www.example.co.uk/wires/ap/article-1/x.html") == "AP"
    assert at("https://news.example.com/Sports/wireStory/old-bridge-closes-123") == "AP"
    assert at("https://news.example.com/Sports/story/wirestory") is None
    assert at("https://www.example.com/sports/ap") is None
    assert at("https://notreuters.com/article/x") is None


def test_metadata() -> None:
    mark = Candidate("authors", "Jo Doe; Associated Press", 0.5, "json_ld_author", "x")
    assert best(agency.candidates(context([BODY], markup=[mark])), "agency") == "AP"
    found = agency.candidates(context([BODY], given={"authors": "Agence France-Presse"}))
    assert best(found, "agency") == "AFP"


def test_names_of_the_table_are_distinct() -> None:
    names = [agency.name for agency in agency_names.agencies()]
    assert len(names) == len(set(names))
    spelled = [name.casefold() for row in agency_names.agencies() for name in row.names]
    assert len(spelled) == len(set(spelled))
    codes = [code for row in agency_names.agencies() for code in row.codes]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("row", agency_names.agencies(), ids=lambda row: row.name)
def test_every_spelling_is_found_where_it_may_be(row: agency_names.Agency) -> None:
    for name in (*row.names, *row.codes):
        line = f"By Jo Doe, {name}"
        assert agency_names.telling_words(line)
        match = agency_names.mention().search(line)
        assert match is not None and agency_names.of_mention(match) == row.name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Reuters, AFP", "Reuters"),
        ("By AP and Reuters", "AP"),
        ("AFP/dpa", "AFP"),
        ("Reuters and Jo Doe", None),
        ("Bloomberg, the mayor", None),
    ],
)
def test_the_first_of_several_agencies(line: str, name: str | None) -> None:
    found = agency.candidates(context([("headline", "Bridge"), ("byline", line), BODY]))
    assert best(found, "agency") == name


@pytest.mark.parametrize(
    "line",
    [
        "The AP also reported that the bridge was closed.",
        "“These papers are used in court.” That is all, he told Interfax with files from home.",
    ],
)
def test_prose_that_mentions_an_agency_credits_none(line: str) -> None:
    assert not agency.candidates(context([BODY, ("body", line)]))


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([("headline", "Bridge closed Updated: 2016-07-15 06:50 (Xinhua)"), BODY], "Xinhua"),
        ([BODY, ("section", "AP - AFP")], "AP"),
        ([BODY, ("nav", "Reuters - Ap - Afp")], "Reuters"),
        ([("nav", "/ Source: Associated Press"), ("caption", "The bridge"), BODY], "AP"),
        ([("nav", "| Periodista Digital: EFE"), ("caption", "El puente"), BODY], "EFE"),
        ([("body", "Bonn (KNA/xy). Der Rat hat die alte Brücke geschlossen.")], "KNA"),
        ([BODY, ("legal", "© dpa/Elsterblatt.de")], "dpa"),
        ([BODY, ("legal", "The-CNN-Wire ™ & © 2018 Cable News Network, Inc.")], "CNN Wire"),
    ],
)
def test_agencies_in_stamps_labels_and_lists(lines: list[tuple[str, str]], name: str) -> None:
    assert best(agency.candidates(context(lines)), "agency") == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("© 2016 Cable News Network. All Rights Reserved.", None),
        ("© 2016 Cable News Network. CNN Sans ™ & © 2016 Cable News Network.", None),
        ("™ & © 2018 Cable News Network, Inc., a Time Warner Company.", "CNN Wire"),
        (
            "Copyright 2018 Cable News Network. This material may not be published, broadcast, "
            "rewritten, or redistributed.",
            "CNN Wire",
        ),
    ],
)
def test_a_network_is_no_agency_on_its_own_pages(line: str, name: str | None) -> None:
    found = agency.candidates(context([BODY, ("legal", line)]))
    assert best(found, "agency") == name


@pytest.mark.parametrize(
    "lines",
    [
        [("other", "© Reuters"), BODY],
        [BODY, ("other", "Image copyright"), ("other", "Reuters")],
        [BODY, ("related", "Autor: Reuters-Leser")],
        [BODY, ("related", "Reuters"), ("related", "The mayor opens a new bridge")],
        [("caption", "ASSOCIATED PRESS"), ("caption", "The mayor at the old bridge."), BODY],
        [("byline", "PAP/ Jo D\ufffd\ufffd"), BODY],
    ],
)
def test_credits_of_pictures_and_readers_are_none_of_the_text(
    lines: list[tuple[str, str]],
) -> None:
    assert best(agency.candidates(context(lines)), "agency") is None


def test_the_first_of_several_helpers_is_given() -> None:
    line = ("related", "Reuters and The Associated Press contributed.")
    found = agency.candidates(context([BODY, line]))
    assert best(found, "agency_contributed") == "Reuters"
    assert [c.value for c in found] == ["Reuters", "AP"]


def test_helpers_are_found_in_a_long_list_and_across_abbreviations() -> None:
    many = "; ".join(f"Jo Doe{number} in Elm{number}town" for number in range(20))
    for line in (
        f"Associated Press writers {many} contributed to this report.",
        "Associated Press writer Jo Doe in St. Elm contributed to this report.",
    ):
        found = agency.candidates(context([BODY, ("body", line)]))
        assert best(found, "agency_contributed") == "AP"
