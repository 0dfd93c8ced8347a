"""One value out of many candidates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.describe import resolve
from pipeline.describe.resolve import MOST_EVIDENCE, choose
from pipeline.records import Candidate


def said(value, sure, rule="a", field="outlet"):
    return Candidate(field, value, sure, rule, value)


def test_nothing_said_gives_none():
    assert choose("outlet", []) == resolve.Choice(None, ())


def test_unsure_is_null_but_kept_as_evidence():
    choice = choose("outlet", [said("Elm Herald", 0.3)])
    assert choice.value is None
    assert [c.value for c in choice.evidence] == ["Elm Herald"]


def test_a_lone_list_of_authors_is_weighed_with_its_traits():
    for value in ("Jo Doe", "Download Free Planning Checklist", "Jo Doe; Ann Example"):
        group = [said(value, 0.8, "near_alone_given", "authors")]
        groups = resolve.grouped("authors", group)
        sure = next(iter(resolve.confidences(resolve.scores("authors", groups)).values()))
        assert choose("authors", group).evidence[0].confidence == round(sure, 3)
        assert round(sure, 3) != round(
            next(iter(resolve.confidences({"": resolve.score(group)}).values())), 3
        )


def test_agreement_after_folding_beats_a_single_louder_voice():
    candidates = [
        said("Oak Post", 0.85, "c"),
        said("The Elm-Herald", 0.83, "a"),
        said("elm herald", 0.83, "b"),
    ]
    assert choose("outlet", candidates).evidence[0].value in ("The Elm-Herald", "elm herald")


def test_rules_of_one_kind_count_once():
    once = choose("outlet", [said("Elm", 0.7, "meta_a")]).evidence[0].confidence
    twice = choose("outlet", [said("Elm", 0.7, "meta_a"), said("Elm", 0.7, "meta_b")])
    assert twice.evidence[0].confidence == pytest.approx(once)


def test_rivals_take_confidence():
    alone = choose("outlet", [said("Elm", 0.8)]).evidence[0].confidence
    contested = choose("outlet", [said("Elm", 0.8), said("Oak", 0.7, "b")]).evidence[0].confidence
    assert alone == pytest.approx(0.8, abs=0.01)
    assert contested < alone


def test_a_longer_list_counts_only_where_statements_hold_it_as_a_whole():
    both = "Anna Berg; Li Wei"
    first = [said("Anna Berg", 0.5, "line_byline_by", "authors")]
    together = [said(both, 0.5, rule, "authors") for rule in ("json_ld_author", "byline_class")]
    scattered = said(both, 0.5, "author_class_several_near", "authors")
    assert choose("authors", [*first, *together]).value == both
    assert choose("authors", [*first, scattered]).value == "Anna Berg"


def test_middle_initials_and_junior_make_no_other_person():
    sources = [
        said("Anna T. Berg", 0.5, "json_ld_author", "authors"),
        said("Anna Berg", 0.5, "meta_sailthru.author", "authors"),
    ]
    choice = choose("authors", sources)
    assert choice.value == "Anna T. Berg"
    assert choice.evidence[0].confidence > choose("authors", sources[:1]).evidence[0].confidence


def test_what_only_weak_rules_say_is_null():
    for rule in ("person_link_other", "near_alone_other", "rel_author_near_lone"):
        assert choose("authors", [said("Cool Stuff", 0.5, rule, "authors")]).value is None


def test_a_further_source_never_lowers_the_confidence():
    one = [said("Anna Berg", 0.5, "line_byline", "authors")]
    for rule in ("rel_author_near", "person_link_given", "meta_author_lone", "json_ld_page_author"):
        more = choose("authors", [*one, said("Anna Berg", 0.5, rule, "authors")])
        assert more.evidence[0].confidence >= choose("authors", one).evidence[0].confidence


def test_dates_keep_the_confidence_of_their_module():
    first = said("2020-05-01", 0.7, field="published_date")
    second = said("2020-05-02", 0.2, field="published_date")
    assert choose("published_date", [first, second]).evidence == (first, second)


@given(
    st.lists(st.tuples(st.sampled_from("abcdefghijk"), st.floats(0, 1), st.sampled_from("pqrs")))
)
def test_confidences_are_probabilities_whatever_the_order(triples):
    candidates = [said(v, p, r) for v, p, r in triples]
    choice = choose("outlet", candidates)
    assert len(choice.evidence) <= MOST_EVIDENCE
    assert all(0 <= c.confidence <= 1 for c in choice.evidence)
    best = choose("outlet", sorted(candidates, key=lambda c: (c.value, c.rule, c.confidence)))
    assert (best.value is None) == (choice.value is None)


def test_metadata_and_page_that_agree_on_a_list_are_not_outvoted_by_its_parts():
    whole, part = "Anna Berg; Carl Stone", "Anna Berg"
    parts = [
        said(part, 0.8, rule, "authors")
        for rule in ("line_byline", "author_link_near", "label_given")
    ]
    by_page = said(whole, 0.8, "byline_class_near", "authors")
    agreed = [said(whole, 0.8, "json_ld_author", "authors"), by_page, *parts]
    assert choose("authors", agreed).value == whole
    groups = resolve.grouped("authors", [by_page, *parts])
    assert not any(resolve.outvoted(key, groups) for key in groups)


def test_a_handle_is_no_common_lone_name():
    assert resolve._shape("KatieS") == "handle"
    assert resolve._shape("Katie") == "lone"
