from __future__ import annotations

import pytest

from pipeline.describe import outlet
from pipeline.describe.resolve import choose
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
    ],
)
def test_owners_of_pictures_and_sellers_of_copy_are_none(line: tuple[str, str]) -> None:
    assert chosen(line, BODY) is None
