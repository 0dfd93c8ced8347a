"""Roles of removed lines that their place tells."""

from __future__ import annotations

from pipeline.clean.place import Verdict, placed
from pipeline.records import BODY

MODEL = "line_model"
PROSE = (
    "The harbour council voted on Monday to close the northern ferry terminal for repairs, "
    "after engineers found cracks in the pier that carries the loading ramps."
)


def roles(rows: list[tuple[str, str]], rules: dict[int, str] | None = None) -> list[str]:
    """Return the roles of lines given with the role that the model gave them."""
    verdicts: list[Verdict] = [
        (role, (rules or {}).get(row, MODEL), 0.9) for row, (_, role) in enumerate(rows)
    ]
    return [role for role, _, _ in placed([text for text, _ in rows], verdicts)]


def test_headline_is_the_line_above_the_body_that_says_what_it_says() -> None:
    assert roles(
        [
            ("Home", "nav"),
            ("Mayor opens new swimming pool in the park", "nav"),
            ("Northern ferry terminal to close for pier repairs", "nav"),
            (
                "Engineers found cracks in the structure that carries all of the loading ramps",
                "nav",
            ),
            (PROSE, "body"),
        ]
    ) == ["nav", "nav", "headline", "deck", "body"]


def test_second_instance_of_the_headline_is_a_repeat() -> None:
    head = ("Northern ferry terminal to close for pier repairs", "related")
    assert roles([head, ("Home", "nav"), head, (PROSE, "body")]) == [
        "headline",
        "nav",
        "repeat",
        "body",
    ]


def test_nothing_above_the_body_that_says_other_things_is_a_headline() -> None:
    above = ("Mayor opens new swimming pool in the park", "nav")
    assert roles([above, (PROSE, "body")]) == ["nav", "body"]


def test_tags_stand_right_below_the_body() -> None:
    rows = [
        (PROSE, "body"),
        ("Tags:", "nav"),
        ("* Harbour", "nav"),
        ("* Ferries", "nav"),
        ("Why the old lighthouse keeps its lamp lit", "related"),
        ("Contact", "nav"),
    ]
    assert roles(rows) == ["body", "section", "section", "section", "related", "nav"]


def test_comments_run_from_their_heading_to_the_form() -> None:
    rows = [
        (PROSE, "body"),
        ("2 thoughts on “Ferry terminal”", "social"),
        ("Ann says:", "nav"),
        ("June 3, 2019", "timestamp"),
        ("I have waited at that pier in the rain for years", "related"),
        ("Leave a reply", "social"),
        ("Your old ferry photographs are wanted here", "nav"),
    ]
    assert roles(rows) == ["body", "social", "comment", "comment", "comment", "social", "nav"]


def test_dates_among_links_to_stories_are_those_of_the_stories() -> None:
    story = ("Why the old lighthouse keeps its lamp lit", "related")
    rows = [(PROSE, "body"), story, ("June 3, 2019", "timestamp"), story]
    assert roles(rows) == ["body", "related", "related", "related"]


def test_icons_under_follow_us_belong_to_the_pitch() -> None:
    rows = [(PROSE, "body"), ("Follow us", "promo"), ("Facebook", "social"), ("*", "nav")]
    assert roles(rows) == ["body", "promo", "promo", "social"]


def test_name_above_the_biography_that_opens_with_it() -> None:
    rows = [
        (PROSE, "body"),
        ("Ida Marlowe", "nav"),
        ("Ida Marlowe has kept the harbour beat of this paper for eleven years.", "related"),
    ]
    assert roles(rows)[2] == "bio"


def test_only_roles_change_and_never_that_of_body() -> None:
    rows = [("Northern ferry terminal to close for pier repairs", "nav"), (PROSE, "body")]
    verdicts: list[Verdict] = [(role, MODEL, 0.7) for _, role in rows]
    found = placed([text for text, _ in rows], verdicts)
    assert found == [("headline", "place:headline", 0.7), ("body", MODEL, 0.7)]


def test_text_without_body_is_left_as_it_is() -> None:
    assert roles([("Tags:", "nav"), ("*", "nav")]) == ["nav", "nav"]


HEADLINE = ("Northern ferry terminal to close for pier repairs", "nav")


def test_labels_above_the_headline_are_sections_and_names_below_it_bylines() -> None:
    rows = [("Harbour", "nav"), HEADLINE, ("Ida Marlowe", "nav"), ("Opinion", "nav"), (PROSE, BODY)]
    assert roles(rows) == ["section", "headline", "byline", "section", "body"]


def test_a_run_of_labels_above_the_headline_is_a_menu() -> None:
    menu = [(name, "nav") for name in ("Harbour", "Ferries", "Town", "Sport", "Weather")]
    assert roles([*menu, HEADLINE, (PROSE, BODY)])[:5] == ["nav"] * 5


def test_the_only_line_above_the_body_needs_to_say_little_of_it() -> None:
    line = ("Why the northern quay matters to us all", "nav")
    assert roles([line, (PROSE, BODY)]) == ["headline", "body"]
    menu = [(f"Port {number}", "nav") for number in range(6)]
    assert roles([*menu, line, (PROSE, BODY)])[6] == "nav"


def test_prose_below_the_body_that_opens_with_the_byline_is_a_biography() -> None:
    rows = [
        HEADLINE,
        ("By Ida Marlowe", "byline"),
        (PROSE, BODY),
        ("Ida Marlowe sails whenever the council is not in session.", "related"),
        ("Ivo Pratt sails whenever the council is not in session.", "related"),
    ]
    assert roles(rows)[3:] == ["bio", "related"]


def test_fields_of_a_form_near_a_pitch_belong_to_it() -> None:
    rows = [
        (PROSE, BODY),
        ("Sign up for the harbour newsletter", "promo"),
        ("* First Name *", "nav"),
        ("* Zip Code *", "nav"),
        ("* No thanks", "nav"),
        ("Ferries", "nav"),
    ]
    assert roles(rows)[1:] == ["promo", "promo", "promo", "promo", "nav"]
