"""Examples made of examples: pages cut down and pages put together anew."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pipeline.records import BODY
from pipeline.training.augment import cropped, mixed, mixtures
from pipeline.training.corpus import Example, filled_lines


def page(site: str, roles: Sequence[str], way: str = "blocks") -> Example:
    """Return a page whose lines name their site, place and role."""
    text = "\n\n".join(f"{site} {number} {role}" for number, role in enumerate(roles))
    return Example("misinfo", site, way, f"{site}-1", text, tuple(roles), 1.0, f"{site} body")


HARBOUR = page("harbour.example", ["nav", "headline", BODY, "promo", BODY, "legal"])
VALLEY = page("valley.example", ["nav", BODY, BODY, "related", "comment"])
RIDGE = page("ridge.example", ["nav", BODY, "social"])


def test_mixture_has_the_head_of_one_and_the_body_of_another() -> None:
    found = mixed(HARBOUR, VALLEY, RIDGE, 0.5)
    assert found is not None
    assert found.roles == ("nav", "headline", BODY, BODY, "social")
    assert filled_lines(found.text) == [
        "harbour.example 0 nav", "harbour.example 1 headline",
        "valley.example 1 body", "valley.example 2 body", "ridge.example 2 social",
    ]  # fmt: skip
    assert (found.site, found.body, found.weight) == ("harbour.example", "valley.example body", 0.5)


def test_body_keeps_what_stands_between_its_lines() -> None:
    found = mixed(VALLEY, HARBOUR, VALLEY, 1.0)
    assert found is not None
    assert found.roles == ("nav", BODY, "promo", BODY, "related", "comment")


def test_page_without_a_role_for_each_line_is_not_mixed() -> None:
    broken = Example("misinfo", "a", "blocks", "a", "one\ntwo", (BODY,), 1.0, "one")
    assert mixed(HARBOUR, broken, RIDGE, 1.0) is None


def test_mixtures_stay_within_a_group_and_a_way() -> None:
    pages = [HARBOUR, VALLEY, RIDGE, page("hill.example", ["nav", BODY], "soup")]
    groups = {"harbour.example": 1, "valley.example": 1, "ridge.example": 2, "hill.example": 1}
    found = mixtures(pages, 6, 0.5, groups.__getitem__, 1)
    assert len(found) == 6
    sites = {"harbour.example", "valley.example"}
    assert all(set(e.name.replace("-1", "").split("+")) == sites for e in found)
    assert all(e.way == "blocks/mixed" for e in found)


def test_mixtures_hang_on_the_seed_alone() -> None:
    pages = [HARBOUR, VALLEY, RIDGE]
    assert mixtures(pages, 5, 0.5, len, 7) == mixtures(pages, 5, 0.5, len, 7)


def test_nothing_to_mix_makes_no_mixtures() -> None:
    assert mixtures([HARBOUR], 3, 0.5, len, 1) == []


def test_cropped_page_keeps_the_whole_body() -> None:
    roles = ["nav"] * 20 + [BODY] * 5 + ["related"] * 20
    found = cropped(page("harbour.example", roles), random.Random(1))
    assert found is not None
    assert found.roles.count(BODY) == 5
    assert len(found.roles) < len(roles)
    assert len(filled_lines(found.text)) == len(found.roles)
