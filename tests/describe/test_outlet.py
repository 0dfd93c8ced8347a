from __future__ import annotations

import pytest

from pipeline.describe import outlet
from pipeline.describe.resolve import choose
from pipeline.records import Candidate
from tests.describe.build import BODY, context


def chosen(*lines: tuple[str, str]) -> str | None:
    return choose("outlet", outlet.candidates(context(lines))).value


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (("legal", "Copyright © 2019 The Washington Times, LLC."), "The Washington Times"),
        (("caption", "The bridge in May. Jo Doe/The Boston Globe"), "The Boston Globe"),
        (("outlet", "USA TODAY"), "USA TODAY"),
    ],
)
def test_outlets_that_lines_name(line: tuple[str, str], name: str) -> None:
    assert chosen(line, BODY) == name


@pytest.mark.parametrize(
    "line",
    [
        ("caption", "The bridge in May. (AP Photo/Jo Doe)"),
        ("caption", "The bridge in May. Reuters Photo/Jo Doe"),
        ("caption", "Image copyright Reuters Image caption At least two lanes are closed"),
        ("caption", "The bridge in May ©Jo Doe (AFP/File)"),
        ("caption", "The bridge in May. Jo Doe/Staff"),
        ("caption", "The bridge in May. Jo Doe/Springfield Bridge Museum"),
        ("legal", "COPYRIGHT 2018 CREATORS.COM"),
        ("legal", "© 2019 Tribune Content Agency, LLC"),
        ("byline", "The Associated Press"),
        ("legal", "Copyright Notices"),
        ("legal", "© 2016 Theme Brass by 2000ff"),
    ],
)
def test_owners_of_pictures_and_sellers_of_copy_are_none(line: tuple[str, str]) -> None:
    assert chosen(line, BODY) is None


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["Read the ElmRiver and more", "ElmRiver", "© ElmRiver"], "ElmRiver"),
        (["Did you like it? Tell Elm River?", "elmriver"], "Elm River"),
        (["Subscribe to The Elm River", "The Elm River"], "The Elm River"),
    ],
)
def test_a_domain_is_spelled_as_most_lines_spell_it(lines: list[str], name: str) -> None:
    told = context([BODY, *(("promo", line) for line in lines)], url="https://elmriver.example/a")
    assert choose("outlet", outlet.candidates(told)).value == name


@pytest.mark.parametrize(
    ("site", "name"),
    [("Elmriver University", "Elmriver University"), ("Valley Farm", "Elmriver")],
)
def test_the_site_s_own_name_may_be_fuller_than_its_domain(site: str, name: str) -> None:
    markup = [Candidate("outlet", site, 0.8, "meta_og:site_name", site)]
    told = context([BODY, ("legal", "© Elmriver")], markup=markup, url="https://elmriver.example/a")
    assert choose("outlet", outlet.candidates(told)).value == name


@pytest.mark.parametrize(
    ("printed", "name"),
    [("Elm App", "Elm"), ("Jo Doe jo@elm.example", "Jo Doe"), ("App", "App")],
)
def test_what_is_no_part_of_a_name_goes(printed: str, name: str) -> None:
    assert outlet.usual_name(printed) == name
