"""Alignment: what two texts share, and where."""

import itertools

import numpy as np
import pytest

from pipeline.dedupe import align as align_module
from pipeline.dedupe.diff import diff
from pipeline.dedupe.verify import compare

from .invented import article, excerpt


def evidence(one, other):
    return compare(one, other)[1]


def test_a_text_and_itself():
    found = evidence(article(1), article(1))
    assert (found.containment_a, found.containment_b, found.story, found.order) == (1, 1, 1, 1)
    assert found.longest_run == found.words_a


def test_unlike_texts_share_nothing():
    found = evidence(article(1), article(2))
    assert found.story == 0
    assert found.containment_a < 0.02


def test_evidence_is_the_same_either_way_round():
    one, other = article(1), excerpt(article(1)) + "\n\n" + article(5, 2)
    there, back = evidence(one, other), evidence(other, one)
    assert there.containment_a == back.containment_b
    for name in ("story", "shared", "sentences", "fact_gap", "length_ratio"):
        assert getattr(there, name) == getattr(back, name)


def test_spans_are_the_shared_passages_in_both_texts():
    shared = article(7, 4)
    one, other = f"{article(1, 3)}\n\n{shared}", f"{shared}\n\n{article(2, 2)}"
    spans = diff(one, other)
    longest = max(spans, key=lambda span: span["a_end"] - span["a_start"])
    passage = one[longest["a_start"] : longest["a_end"]]
    assert passage == other[longest["b_start"] : longest["b_end"]]
    assert passage.strip(".") == shared.strip(".")


def test_spans_of_a_do_not_overlap():
    repeated = "the very same five words again and again and again and again are here to stay"
    spans = diff(f"{repeated} {article(1)} {repeated}", f"{article(2)} {repeated} {repeated}")
    for before, after in itertools.pairwise(spans):
        assert before["a_end"] <= after["a_start"]


def test_quotations_do_not_count_for_the_story():
    quotes = "\n\n".join(f"“{part}”" for part in article(9, 6).split("\n\n"))
    found = evidence(f"{article(1)}\n\n{quotes}", f"{article(2)}\n\n{quotes}")
    assert found.shared > 0.4
    assert found.story < 0.05


def test_a_moved_paragraph_shows_in_the_order():
    parts = article(3, 8).split("\n\n")
    moved = "\n\n".join(parts[4:] + parts[:4])
    found = evidence("\n\n".join(parts), moved)
    assert found.shared > 0.98
    assert 0.3 < found.order < 0.9


def test_other_facts_in_the_same_sentences_show():
    form = (
        "Shares of {0} Holdings fell {1} percent on {2} after the company said that its loss had "
        "grown to {3} million. Anyone who bought shares between {4} 3 and {5} 9 may ask to join "
        "the action that lawyers filed in {6} on behalf of all the investors who lost their money."
    )
    one = form.format("Brint", 12, "Monday", 80, "March", "June", "Varnholt")
    other = form.format("Osei", 7, "Friday", 315, "April", "July", "Quern")
    assert evidence(one, other).fact_gap > 0.5
    assert evidence(one, one.replace("shares", "stock")).fact_gap < 0.2


@pytest.mark.parametrize(
    ("one", "other"), [("", ""), ("", "a b c d e f"), ("a b", "a b"), ("x", "y z")]
)
def test_tiny_texts(one, other):
    found = evidence(one, other)
    assert 0 <= found.shared <= 1
    assert 0 <= found.story <= 1


def test_what_a_text_says_over_and_over_is_not_its_story():
    def gallery(seed):
        captions = [article(seed + number, 1).split(".")[0] for number in range(9)]
        return "\n\n".join(f"{each} (picture by the staff of the desk)" for each in captions)

    one, other = gallery(100), gallery(200)
    assert evidence(one, other).shared > 0.2
    assert evidence(one, other).story == 0
    again = evidence(one, f"{one}\n\n{article(1, 3)}")
    assert again.story == 1
    assert again.story_words < again.words_a
    credit = "Picture by the staff of the desk.\n\n" * 5
    assert evidence(credit, credit).story == 1


def test_the_first_place_of_a_hash_is_found_among_others_in_its_slot():
    # Few low bits differ, so that most share their slot with another hash.
    hashes = np.array([(n * n % 11) << 40 | n % 3 for n in range(200)], np.uint64)
    there = np.arange(200) % 5 != 0
    first: dict[int, int] = {}
    for place in np.flatnonzero(there).tolist():
        first.setdefault(int(hashes[place]), place)
    expected = [first[int(h)] if t else -1 for h, t in zip(hashes, there, strict=True)]
    assert align_module._same(hashes, there).tolist() == expected
