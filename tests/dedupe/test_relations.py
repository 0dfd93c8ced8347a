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


PITCH = (
    "Our newsroom depends on readers like you. For the price of a coffee a week, subscribers read "
    "every story on any device, get the newsletters that our reporters write, and keep local "
    "journalism alive. Subscribe today, and the first three months cost a dollar. Already a "
    "subscriber? Log in to your account to continue reading."
)
WRITER = (
    "Ines Karo is a syndicated columnist whose column appears in ninety newspapers. She is the "
    "author of four books, teaches writing at a small college, and lives on a farm with two "
    "daughters and an old dog. Write to her in care of this newspaper or by email."
)


APPEAL = (
    "Before you go on reading, a word about us. More people than ever come to the Quill for what "
    "other papers leave out, and yet advertising brings in less each year, since two large firms "
    "keep nearly all of it. Facebook shows our reporting to fewer of those who follow us. "
    "We could have put up a paywall, as others did. We would rather keep the Quill free for all "
    "who want to know what goes on at the harbour, in the council and in the courts.\n\n"
    "That takes time, and investigative journalism takes most. Our journalists sit through every "
    "meeting, read what nobody else reads and call back until they have the answer. It is you who "
    "make it possible: without the contributions of our readers there would be no newspaper here "
    "any more, only press releases. If every one of you gave the price of a bus ticket, the money "
    "would last for years. Give what you can, once or every month, for as long as you like, and "
    "stop whenever you want to."
)


@pytest.mark.parametrize("notice", [PITCH, WRITER, APPEAL])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_house_that_speaks_of_itself_makes_no_family_of_short_articles(notice, place):
    texts = [article(seed, 2).split("\n\n") for seed in (1, 2)]
    one, other = ("\n\n".join([*parts[:place], notice, *parts[place:]]) for parts in texts)
    verdict, evidence = compare(one, other)
    assert evidence.shared > 0.3
    assert not verdict.is_duplicate
    assert compare(one, one)[0].relation == "copy"
    assert compare(one, article(1, 2))[0].is_duplicate
    assert compare(notice, notice)[0].relation == "copy"


RESULTS = (
    "{town} (AP) — {firm} on {day} reported a quarterly loss of ${n1}.{n2} million, or {n3} cents "
    "per share. The results missed Wall Street expectations. The average estimate of {n4} analysts "
    "surveyed by Kell Bay Research was for earnings of {n5} cents per share. The maker of farm "
    "tools posted revenue of ${n6} million in the period, also short of Street forecasts. The "
    "company's shares have lost {n7} percent since the year began, while the Standard & Poor's 500 "
    "index has gained {n8} percent. In the final minutes of trading, shares hit ${n9}.{n0}.\n\n"
    "This story was made by Ostermere Insights with data from Kell Bay Research. See the stock "
    "report of the company on the Kell Bay Research site."
)
UPDATE = (
    "{town} police say that a bus left the road near the old mill on Monday evening, that {n1} "
    "people died and that {n2} were taken to hospital, {n3} of them in a grave state. The bus was "
    "on its way from a choir meeting when it slid through a fence and came to rest on its roof. "
    "Neighbours who heard the noise ran out with blankets and ladders. The road stays closed "
    "while the cause is looked for, and a hall in town was opened for the families."
)


def filled(form, letter, start, **fixed):
    slots = set(re.findall(r"{(\w+)}", form))
    numbers = {slot: start + 3 * int(slot[1]) for slot in slots if slot[0] == "n"}
    names = {slot: f"{letter}{slot}holm".title() for slot in slots - set(numbers)}
    return form.format(**(numbers | names | fixed))


def test_fixed_names_do_not_hide_that_all_numbers_of_a_form_differ():
    one, other = filled(RESULTS, "k", 17), filled(RESULTS, "m", 61)
    verdict, evidence = compare(one, other)
    assert evidence.shared > 0.6
    assert evidence.changed_numbers > 0.03
    assert not verdict.is_duplicate
    assert compare(one, one)[0].relation == "copy"


def test_new_numbers_of_an_update_are_few():
    verdict, evidence = compare(*(filled(UPDATE, "k", n, town="Varnholt") for n in (11, 48)))
    assert evidence.changed_numbers > 0.015
    assert verdict.is_duplicate


def test_captions_between_the_controls_of_a_gallery_tell_nothing_of_the_story():
    captions = [" ".join(article(seed, 1).split()[:30]) for seed in range(50, 60)]
    gallery = "\n\n".join(f"Hide Caption {n} of 10 Photos from the year:\n\n{each}"
                          for n, each in enumerate(captions))  # fmt: skip
    gallery = gallery.replace("Hide Caption", "Hide this picture and its caption")
    one, other = (f"{article(seed, 12)}\n\n{gallery}" for seed in (1, 2))
    verdict, evidence = compare(one, other)
    assert evidence.shared > 0.4
    assert not verdict.is_duplicate
    assert compare(one, one)[0].relation == "copy"
    assert compare(gallery, f"{article(7, 1)}\n\n{gallery}")[0].is_duplicate


def test_captions_in_another_order_make_no_family():
    captions = [article(seed, 1).split(". ")[0] + "." for seed in range(70, 100)]
    one, other = (
        "\n\n".join([article(seed, 6), *captions[::step]]) for seed, step in ((1, 1), (2, -1))
    )
    verdict, evidence = compare(one, other)
    assert evidence.story > 0.5
    assert evidence.order < 0.1
    assert not verdict.is_duplicate


def test_a_passage_that_was_moved_is_shared_all_the_same():
    first, second, third = (article(seed, 4) for seed in (1, 2, 3))
    assert compare(f"{first}\n\n{second}", f"{second}\n\n{third}\n\n{first}")[0].is_duplicate
