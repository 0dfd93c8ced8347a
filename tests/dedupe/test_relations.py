"""Verdicts: what the evidence of two texts makes them."""

import pytest

from pipeline.dedupe.relations import features, judge, kind
from pipeline.dedupe.verify import compare, compare_all

from .invented import article, excerpt, reprint

NOTICE = (
    "Copyright 2024 by the Varnholt Echo and its partners, who hold all rights; no part of this "
    "may be printed, read out or sold again by anyone else."
)


@pytest.mark.parametrize(
    ("other", "relation"),
    [
        (article(1), "copy"),
        (excerpt(article(1)), "excerpt"),
        (reprint(article(1), 4), "revision"),
        (article(2), "none"),
    ],
)
def test_relations(other, relation):
    verdict, evidence = compare(article(1), other)
    assert verdict.relation == relation
    assert verdict.is_duplicate == (relation != "none")
    assert relation in (kind(evidence), "none")


def test_a_notice_that_is_all_of_an_article_is_no_part_of_others():
    story = f"{article(1)}\n\n{NOTICE}"
    assert compare(NOTICE, story)[1].shared == 1
    assert compare(NOTICE, story)[0].relation == "none"
    assert compare(story, NOTICE)[0].relation == "none"


def test_a_brief_may_be_a_copy_of_a_brief():
    brief = " ".join(article(3, 1).split()[:26])
    assert compare(brief, brief)[0].relation == "copy"


def test_a_part_of_some_length_is_an_excerpt():
    part = "\n\n".join(article(1).split("\n\n")[:2])
    assert compare(part, article(1))[0].relation == "excerpt"


def test_many_pairs_are_judged_as_each_alone():
    texts = {str(n): article(n % 9) if n % 2 else reprint(article(n % 9), n) for n in range(150)}
    texts |= {"empty": "", "tiny": "one two", "same": "one two"}
    pairs = [(str(n), str(n + 9)) for n in range(140)]
    pairs += [("empty", "3"), ("3", "empty"), ("tiny", "same"), ("empty", "empty"), ("tiny", "3")]
    for pair, found in zip(pairs, compare_all(pairs, texts), strict=True):
        alone = compare(texts[pair[0]], texts[pair[1]])[1]
        assert found == alone
        assert judge(found) == judge(alone)
        assert all(0 <= value <= 1 for value in features(found).values())


def test_a_list_of_names_in_two_forms_makes_no_family():
    names = " ".join(f"Land{each} Nova Isle{each}" for each in "bcdfghjklmnpqrstvwxyz" * 4)
    form = f"Choose your country {names} and go on."
    one, other = (f"{article(seed, 6)}\n\n{form}" for seed in (1, 2))
    assert compare(one, other)[1].shared > 0.3
    assert not compare(one, other)[0].is_duplicate
    assert compare(form, form)[0].relation == "copy"
