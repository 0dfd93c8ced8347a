import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.decode import CHANGE, best_states, decode, expected_f1
from pipeline.clean.lines import split


def worth(gains, states):
    changes = sum(one != other for one, other in itertools.pairwise([False, *states, False]))
    return sum(g for g, taken in zip(gains, states, strict=True) if taken) - CHANGE * changes


@settings(deadline=None)
@given(st.lists(st.integers(-12, 12), max_size=8))
def test_no_choice_is_worth_more(gains):
    best = max(worth(gains, s) for s in itertools.product([False, True], repeat=len(gains)))
    assert worth(gains, best_states([float(g) for g in gains])) == best


def test_a_doubtful_line_goes_with_its_neighbours():
    lines = split(["word " * 20 + "\nshort line\n" + "word " * 20])
    sure, doubtful = np.array([0.9, 0.3, 0.9]), np.array([0.1, 0.6, 0.1])
    assert decode(lines, sure, 0.5).tolist() == [True, True, True]
    assert decode(lines, doubtful, 0.5).tolist() == [False, False, False]


def test_furniture_between_paragraphs_stays_out():
    lines = split(["word " * 20 + "\n" + "other " * 12 + "\n" + "word " * 20])
    assert decode(lines, np.array([0.9, 0.05, 0.9]), 0.58).tolist() == [True, False, True]


def test_a_text_that_looks_unlike_any_other_is_read_less_strictly():
    lines = split(["word " * 40 + "\n" + "other " * 40])
    assert decode(lines, np.array([0.4, 0.01]), 0.5).tolist() == [True, False]


def test_doubt_counts_twice():
    # The best F1 to be expected is .8: its square, .64, is below 2 / 3, and .704 is not.
    lines = split([("word " * 50 + "\n") * 20])
    chance = np.full(20, 2 / 3)
    assert abs(expected_f1(np.full(20, 53.0), chance, np.array([0, 20]))[0] - 0.8) < 1e-9
    assert decode(lines, chance, 1.0).all()
    assert not decode(lines, chance, 1.1).any()


def test_a_text_is_decoded_alike_in_any_batch():
    texts = ["word " * 20 + "\nshort\n" + "word " * 9, "one\ntwo", ""]
    chances = [np.array([0.8, 0.45, 0.3]), np.array([0.2, 0.6]), np.zeros(0)]
    together = decode(split(texts), np.concatenate(chances), 0.4)
    alone = [decode(split([t]), c, 0.4) for t, c in zip(texts, chances, strict=True)]
    assert together.tolist() == np.concatenate(alone).tolist()


def test_expected_f1_is_that_of_the_best_choice():
    size, chance = np.array([10.0, 10.0, 10.0]), np.array([1.0, 0.5, 0.0])
    # Taking the first alone: 2·10/(10+15); taking the second too: 2·15/(20+15).
    first = np.array([0, 3, 3])
    assert expected_f1(size, chance, first).tolist() == [2 * 15 / 35, 0.0]
