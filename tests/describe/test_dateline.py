from __future__ import annotations

import pytest

from pipeline.describe import dateline
from tests.describe.build import best, context


@pytest.mark.parametrize(
    ("text", "place", "source"),
    [
        ("SPRINGFIELD — The mayor", "SPRINGFIELD", None),
        ("SPRINGFIELD (AP) — The mayor", "SPRINGFIELD", "AP"),
        ("ALBANY, N.Y.,/SPRINGFIELD (Reuters) - The mayor", "ALBANY, N.Y.,/SPRINGFIELD", "Reuters"),
        ("Evanston, IL – The mayor", "Evanston, IL", None),
        ("LONDON, July 5 (Reuters) - The mayor", "LONDON", "Reuters"),
        ("Madrid, 5 jul (EFE).- El alcalde", "Madrid", "EFE"),
        ("BERLIN (dpa) - Der Bürgermeister", "BERLIN", "dpa"),
        ("(ANSA) - ROMA, 27 LUG - Il sindaco", "ROMA", "ANSA"),
        ("(Reuters) - The mayor", None, "Reuters"),
        ("Tirana, Albania (CNN) The mayor", "Tirana, Albania", "CNN"),
        ("FORT SMITH, ARK.—The mayor", "FORT SMITH, ARK.", None),
        ("ERIE, Pa. -- The mayor", "ERIE, Pa.", None),
        ("LOS ANGELES — (AP) The mayor", "LOS ANGELES", "AP"),
        ("Paris - Le maire", "Paris", None),
    ],
)
def test_datelines(text: str, place: str | None, source: str | None) -> None:
    found = dateline.read(text)
    assert found is not None
    assert (found.place, found.source) == (place, source)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE — The mayor",
        "WATCH — the mayor speaks",
        "Mayor Jo Doe — who took office in May — said",
        "He (Smith) - the mayor",
        "Acme (NASDAQ: ACM) - the maker",
        "MAYOR: “We are done.”",
        "New York-based firms",
        "Senator Smith (R-Texas) said",
        "By Jo Doe (Reuters) - a story",
        "EDITOR'S NOTE — this story",
        "",
        "古い橋が戻り、人々が渡っている町―それは川の村",
    ],
)
def test_no_datelines(text: str) -> None:
    assert dateline.read(text) is None


def test_dateline_after_a_caption_taken_for_body() -> None:
    lines = [
        ("body", "FILE - The bridge stands over the river in this 2013 picture. (Jo Doe/AP)"),
        ("body", "SPRINGFIELD (AP) — The mayor closed the bridge."),
    ]
    assert best(dateline.candidates(context(lines)), "dateline") == "SPRINGFIELD"


def test_a_place_deep_in_the_story_is_no_dateline() -> None:
    lines = [("body", f"Paragraph {number} of the story goes on.") for number in range(9)]
    lines.append(("body", "SPRINGFIELD — The mayor closed the bridge."))
    assert dateline.candidates(context(lines)) == []


def test_a_dateline_with_its_agency_is_found_below_captions() -> None:
    captions = [("body", f"The old bridge over the river, picture {n} of 9") for n in range(9)]
    story = ("body", "ELMTOWN, Ohio (AP) — The council voted to close the bridge.")
    found = dateline.found(context([*captions, story]))
    assert found is not None and found[0].place == "ELMTOWN, Ohio"
    plain = ("body", "ELMTOWN, Ohio — The council voted to close the bridge.")
    assert dateline.found(context([*captions, plain])) is None
