from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.describe import agency, closing_credits
from tests.describe.build import BODY, best, context

GERMAN = (
    "body",
    "Der Stadtrat hat am Donnerstag beschlossen, die alte Brücke über die Elster zu schließen, "
    "wie ein Sprecher sagte.",
)


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("dpa", ("agency", "dpa")),
        ("dpa/gem", ("agency", "dpa")),
        ("KNA, DR", ("agency", "KNA")),
        ("SID", ("agency", "SID")),
        ("AFP, dpa", ("agency", "AFP")),
        ("EB mit dpa", ("agency_contributed", "dpa")),
        ("Mit Material von dts", ("agency_contributed", "dts")),
        ("Con información de EFE y AFP", ("agency_contributed", "EFE")),
        ("Jo Doe/dpa", None),
        ("Foto: dpa", None),
        ("mit einem Lachen", None),
    ],
)
def test_a_closing_credit_is_all_agencies_and_initials(
    inside: str, found: tuple[str, str] | None
) -> None:
    assert next(closing_credits.credit(inside, is_english=False), None) == found


def test_codes_with_other_meanings_close_no_english_text() -> None:
    assert not [*closing_credits.credit("PA", is_english=True)]
    assert [*closing_credits.credit("PA", is_english=False)] == [("agency", "PA")]


def test_closing_credits_are_read_below_any_late_paragraph_but_english_ones() -> None:
    first, last = (GERMAN[0], GERMAN[1] + " (dpa/lno)"), GERMAN
    english = context([first, last])
    german = replace(english, detected=("de", 1.0))
    assert best(agency.candidates(german), "agency") == "dpa"
    assert best(agency.candidates(english), "agency") is None
    assert best(agency.candidates(context([last, first])), "agency") == "dpa"


def test_a_picture_of_an_english_paper_closes_no_text() -> None:
    caption = ("body", "The mayor speaks at the bridge. (Reuters)")
    assert best(agency.candidates(context([BODY, caption])), "agency") is None


def test_a_page_run_into_one_line_is_read_for_its_dateline_and_who_helped() -> None:
    menu = "Home News Sport Weather Bridges Rivers " * 60
    story = "ELMTOWN, Ohio, Dec. 23 (UPI) — The bridge was closed. " + "It is old. " * 20
    end = "The Associated Press contributed to this report. Share this"
    found = agency.candidates(context([("body", f"{menu}{story}{end}")]))
    assert best(found, "agency") == "UPI"
    assert best(found, "agency_contributed") == "AP"
    told = menu + "The mayor told a reporter (Reuters) - as the paper says - that it is closed."
    assert best(agency.candidates(context([("body", told)])), "agency") is None
