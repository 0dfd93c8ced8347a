"""What stands around a line tells whether it is body: conversations, ends of articles, scraps."""

from __future__ import annotations

import pytest

from pipeline.clean import clean_texts
from pipeline.clean.edges import closing, opening, scraps, turns
from pipeline.records import BODY

LEAD = (
    "The retired captain who told the council that he had learned to read in the library spoke to "
    "the Courier about ships, stoves and the long winter of 1951."
)
TALK = [
    "Q: When did you first go there?", "A: In 1951. I was six.", "Q: Who took you?",
    "A: My aunt. She worked at the cannery.", "Q: And now?", "A: To keep the door open.",
]  # fmt: skip


def test_turns_go_with_most_of_their_conversation() -> None:
    assert turns(TALK, [True] * 5 + [False]) == [5]
    assert turns(TALK, [False] * 5 + [True]) == []


def test_a_speaker_introduced_in_full_is_one() -> None:
    talk = ["ANNA KLEIN, HOST: Good evening.", "KLEIN: Why?", "REYES: Money.", "KLEIN: Only that?",
            "REYES: And the roof."]  # fmt: skip
    assert turns(talk, [False] + [True] * 4) == [0]


def test_fields_of_a_form_are_no_conversation() -> None:
    fields = [
        "Name: Ann",
        "Born: 1951",
        "Rank: captain",
        "Ship: Elsa",
        "Port: Harlow Bay",
        "End: no",
    ]
    assert turns(fields, [True] * 5 + [False]) == []


def test_the_last_answer_of_an_interview_is_kept() -> None:
    (cleaned,) = clean_texts(["\n\n".join([LEAD, *TALK])])
    assert cleaned.text.endswith("A: To keep the door open.")


SENTENCE = "The council meets again in the second week of February, the clerk said on Monday."


def test_sentences_open_and_close_an_article_if_they_are_likely() -> None:
    texts = [SENTENCE, LEAD, SENTENCE, SENTENCE]
    words = [len(text.split()) for text in texts]
    assert opening(texts, words, 1, [0.3, 1, 0.5, 0.1]) == [0]
    assert closing(texts, words, 1, [0.3, 1, 0.5, 0.1]) == [2]


def test_short_sentences_open_an_article_right_above_it_only() -> None:
    assert opening(["It was the stove.", LEAD], [4, 27], 1, [0.3, 1]) == [0]
    assert opening(["It was the stove.", "Ferries", LEAD], [4, 1, 27], 2, [0.6, 0.1, 1]) == []
    assert opening(["Who was it?", LEAD], [3, 27], 1, [0.6, 1]) == []


@pytest.mark.parametrize(
    "last",
    [
        "Sign up for our newsletter and get it in your inbox, every day now.",
        "Marta Ellison is the author of three books on ferries.",
        "Information from the Courier was used in this report.",
        "This is a breaking news story, refresh the page for updates.",
        "Click for more from the Harlow Bay Courier.",
        "Ferry service resumes",
    ],
)
def test_furniture_closes_no_article(last: str) -> None:
    assert closing([LEAD, last], [27, len(last.split())], 0, [1, 0.5]) == []


def verdict(role: str, rule: str = "line_model") -> tuple[str, str, float]:
    return role, rule, 0.9


def test_scraps_among_furniture_are_headlines_and_links() -> None:
    texts = ["Жители против закрытия", "22 января 2019", LEAD, "Читайте также", "Паром вернётся"]
    verdicts = [
        verdict(BODY), verdict("timestamp", "wording:x"), verdict(BODY),
        verdict("related", "wording:x"), verdict(BODY),
    ]  # fmt: skip
    assert scraps(texts, verdicts) == [(0, "headline"), (4, "related")]


def test_sentences_and_headings_are_no_scraps() -> None:
    texts = ["They came at dawn.", "22 January 2019", LEAD, "Read more", "It went on."]
    verdicts = [
        verdict(BODY), verdict("timestamp", "wording:x"), verdict(BODY),
        verdict("related", "wording:x"), verdict(BODY),
    ]  # fmt: skip
    assert scraps(texts, verdicts) == []
    assert scraps(["The storm", LEAD], [verdict(BODY), verdict(BODY)]) == []
    assert scraps([], []) == []
