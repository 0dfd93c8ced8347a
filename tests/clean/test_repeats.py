import numpy as np

from pipeline.clean.lines import split
from pipeline.clean.repeats import repeated

LONG = "The harbour master said that the first boats would run in the spring, once it was safe."
QUOTE = "the first boats would run in the spring, once it was safe"


def marks(text: str, body: list[bool] | None = None) -> list[bool]:
    lines = split([text])
    return repeated(lines, np.array(body or [True] * len(lines)), np.ones(len(lines))).tolist()


def test_a_quote_pulled_from_a_paragraph_is_a_repeat_wherever_it_stands():
    assert marks(f"{QUOTE}\nSomething else is said here.\n{LONG}") == [True, False, False]
    assert marks(f"{LONG}\nSomething else is said here.\n{QUOTE}") == [False, False, True]


def test_of_equal_paragraphs_the_first_stays():
    assert marks(f"{LONG}\n{LONG}\n{LONG}") == [False, True, True]


def test_only_lines_taken_for_body_count():
    assert marks(f"{QUOTE}\n{LONG}", [True, False]) == [False, False]


def test_short_lines_may_recur():
    assert marks("He was not amused.\nHe was not amused.") == [False, False]


def test_texts_of_a_batch_are_apart():
    lines = split([LONG, LONG])
    assert not repeated(lines, np.ones(2, dtype=bool), np.ones(2)).any()


def test_a_paragraph_is_no_repeat_of_what_is_less_surely_body():
    lines = split([f"{QUOTE}\nSomething else is said here.\nAt the pier. {QUOTE} it said."])
    sure = np.array([0.98, 0.9, 0.6])
    assert not repeated(lines, np.ones(3, dtype=bool), sure).any()


def test_every_repeat_of_a_text_is_found():
    other = "Nobody on the quay had seen the papers that the council was said to have signed."
    assert marks(f"{other}\n{LONG}\n{other.upper()}\n{LONG}") == [False, False, True, True]


def test_a_paragraph_is_no_repeat_of_the_teaser_that_opens_with_it():
    for mark in ("…", " […]", "..."):
        assert marks(f"{LONG} It may be{mark}\nSomething else is said.\n{LONG}") == [False] * 3
        assert marks(f"{QUOTE}{mark}\nSomething else is said here.\n{LONG}")[0]
