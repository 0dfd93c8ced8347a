"""Verdicts: what the evidence of two texts makes them."""

import re

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


COLUMN_END = (
    "Ask Ines is written by Ines Karo, who was a nurse for thirty years and has answered letters "
    "since 1998. Write to her in care of this paper; letters may be shortened, and names are "
    "changed. A booklet of her favourite letters is sold at the counter and by post."
)
OBITUARY = (
    "{name}, {age}, of {town}, passed away peacefully on {day}, surrounded by a loving family. "
    "Born on {birth} in {home}, to the late {father} and {mother}, {name} was a graduate of "
    "{school} High School and worked for {firm} for {years} years. Survivors include a son, {son} "
    "of {place}, and a daughter, {daughter} of {city}. Visitation will be held from {hour} to 8 "
    "p.m. at the {house} Funeral Home in {town}. Burial will follow in {yard} Cemetery. In lieu of "
    "flowers, memorials may be made to the hospice that cared for {name} in the last weeks. The "
    "family thanks all neighbours who brought food and sat with them through many long evenings. "
    "Condolences may be left in the book at the entrance of the chapel or on our page of notices."
)


def obituary(letter):
    numbers = {"age": 70, "years": 30, "hour": 4}
    slots = set(re.findall(r"{(\w+)}", OBITUARY))
    names = {slot: f"{letter}{slot}son {letter}{slot}ell".title() for slot in slots - set(numbers)}
    return OBITUARY.format(**names, **{k: v + ord(letter) % 7 for k, v in numbers.items()})


def test_a_notice_under_two_columns_makes_no_family():
    one, other = (f"{article(seed, 2)}\n\n{COLUMN_END}" for seed in (1, 2))
    assert compare(one, other)[1].shared > 0.35
    assert not compare(one, other)[0].is_duplicate
    assert compare(one, one)[0].relation == "copy"
    assert compare(one, article(1, 2))[0].is_duplicate


def test_a_form_with_other_names_and_numbers_makes_no_family():
    verdict, evidence = compare(obituary("k"), obituary("m"))
    assert evidence.shared > 0.5
    assert not verdict.is_duplicate
    assert compare(obituary("k"), obituary("k"))[0].relation == "copy"


def test_a_revision_keeps_its_facts_though_words_around_them_change():
    words = article(4).split(" ")
    edited = " ".join("newly" if n % 9 == 0 and w.islower() else w for n, w in enumerate(words))
    verdict, evidence = compare(article(4), edited)
    assert verdict.is_duplicate
    assert evidence.fact_gap < 0.2


@pytest.mark.parametrize("marks", ["“{}”", '"{}"'])
def test_what_only_one_of_two_texts_quotes_is_a_quotation(marks):
    said = [" ".join(article(seed, 1).split()) for seed in (5, 6)]
    one = "\n\n".join([article(1, 3), *said])
    other = "\n\n".join([article(2, 4), *map(marks.format, said), article(3, 2)])
    verdict, evidence = compare(one, other)
    assert evidence.shared > 0.35
    assert evidence.story < 0.05
    assert not verdict.is_duplicate


def test_little_outside_long_quotations_does_not_speak_for_the_whole():
    passage = " ".join(article(9, 2).split())
    one, other = (
        "\n\n".join([passage, *(f"“{article(seed, 1)}”" for seed in seeds), article(seeds[0], 1)])
        for seeds in ((11, 12, 13, 14, 15, 16), (21, 22, 23, 24, 25, 26))
    )
    verdict, evidence = compare(one, other)
    assert evidence.story > 0.6
    assert evidence.shared < 0.3
    assert not verdict.is_duplicate
