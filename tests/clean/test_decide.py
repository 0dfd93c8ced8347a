"""What the verdict on a line takes from its text beside the model's labels."""

from __future__ import annotations

import numpy as np

from pipeline.clean.decide import decide
from pipeline.clean.lines import split
from pipeline.clean.model import Labels

FIRST = "The old ferry line across the bay of Port Ellery is about to be reopened at last."
REST = [
    "The town council voted on Tuesday to end a long argument over who should pay for the pier.",
    "Members said that months of talks with residents and shop owners had come before the vote.",
    "“We have waited too long for this,” said Olive Brandt, who runs a bakery near the harbour.",
    "Opponents argued that the money would be better spent on the coastal road, which floods.",
    "The first boats are expected to run in the spring, once the landing has been inspected.",
]
SURE = [0.9] * len(REST)


def roles(texts: list[str], chances: list[float]) -> list[str]:
    """Return the roles of the lines of one text, body by the model from .5 on."""
    lines = split(["\n".join(texts)])
    body = np.array(chances)
    count = len(texts)
    labels = Labels(body, body > 0.5, ["nav"] * count, np.zeros(count), np.ones(count, dtype=bool))
    return [line.role for own in decide(lines, labels, np.zeros(count)) for line in own]


def test_sentences_above_the_body_of_an_article_open_it():
    assert roles([FIRST, *REST], [0.3, *SURE]) == ["body"] * 6


def test_what_the_model_rules_out_or_wording_tells_opens_nothing():
    assert roles([FIRST, *REST], [0.2, *SURE])[0] != "body"
    assert roles([FIRST.strip("."), *REST], [0.3, *SURE])[0] != "body"
    note = "This is a rush transcript of what was said, and it may be changed."
    assert roles([note, *REST], [0.3, *SURE])[0] == "editor_note"


def test_a_sentence_apart_from_the_body_must_be_likely():
    rows = [FIRST, "Advertisement", *REST]
    assert roles(rows, [0.3, 0.1, *SURE])[0] != "body"
    assert roles(rows, [0.45, 0.1, *SURE])[0] == "body"


def test_a_page_around_the_body_leaves_sentences_above_it_alone():
    menu = [f"Harbour number {number} and everything else that is new there" for number in range(9)]
    assert roles([FIRST, *REST, *menu], [0.3, *SURE, *[0.01] * 9])[0] != "body"
