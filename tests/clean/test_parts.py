import pytest

from pipeline.clean.parts import parts


def cut(line, role):
    return [(part.role, line[part.start : part.end].strip()) for part in parts(line, role)]


@pytest.mark.parametrize(
    ("line", "role", "expected"),
    [
        (
            "The pier reopens in May, the mayor said. Follow Olive Brandt on Twitter at @obrandt.",
            "body",
            ["The pier reopens in May, the mayor said.",
             "Follow Olive Brandt on Twitter at @obrandt."],
        ),
        (
            " date 2019-03-02 Marta Lindqvist, a staff writer, has covered the harbour since 2009.",
            "bio",
            ["date 2019-03-02",
             "Marta Lindqvist, a staff writer, has covered the harbour since 2009."],
        ),
        ("Marta Lindqvist | March 2, 2019 | 4:00am", "timestamp",
         ["Marta Lindqvist |", "March 2, 2019 | 4:00am"]),
        ("Update at 9:15 a.m. ET. The ferry is back in port.", "body",
         ["Update at 9:15 a.m. ET.", "The ferry is back in port."]),
    ],
)  # fmt: skip
def test_parts_of_a_line(line, role, expected):
    assert [text for _, text in cut(line, role)] == expected


def test_the_date_of_a_picture_stays_in_its_caption():
    line = (
        "This photo released by the harbour office shows smoke rising from the old ferry pier in "
        "Port Quill, Sunday, March 3, 2019. A statement says that nobody was hurt."
    )
    assert cut(line, "nav") == []
    assert (
        cut("The mayor walks with her staff from the old pier in Port Quill, May 2, 2019", "nav")
        == []
    )
    labelled = line.replace("Sunday, March 3, 2019", "Posted Sunday, March 3, 2019")
    assert [role for role, _ in cut(labelled, "nav")] == ["nav", "timestamp", "nav"]


def test_linked_names_are_cut_out_of_a_sentence():
    line = (
        "Sen. Ada Quill Ada Mary QuillHarbour bill stalls in committee Ferry money sparks a fight "
        "MORE (R-Port) voted against the plan on Monday."
    )
    assert cut(line, "body") == [
        ("body", "Sen. Ada Quill"),
        (
            "related",
            "Ada Mary QuillHarbour bill stalls in committee Ferry money sparks a fight MORE",
        ),
        ("body", "(R-Port) voted against the plan on Monday."),
    ]
    assert [role for role, _ in cut(line, "related")] == ["body", "related", "body"]


def test_names_glued_to_their_links_are_cut_out_too():
    line = "President Ada QuillAda Mary QuillFerry bill fails Pier money stalls again MORE spoke."
    assert [text for role, text in cut(line, "body") if role == "body"] == [
        "President Ada Quill", "spoke.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "“Follow us,” he told the crowd, and the crowd followed him down to the harbour.",
        "The council met on March 2, 2019, and put the vote off until the summer.",
        "He asked readers to sign up. Nobody did.",
    ],
)
def test_prose_is_left_whole(line):
    assert parts(line, "body") == []


def test_hostile_lines_take_no_time():
    for line in ("A" * 5000, "Aa Bb " * 900 + "MORE", ". Follow " * 600, "(READ MORE: " * 400):
        parts(line, "body")
