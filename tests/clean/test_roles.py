import re

import pytest

from pipeline.clean.roles import rule_role, rules
from pipeline.records import ROLES


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("Advertisement", "ad"),
        ("Story Continued Below", "ad"),
        ("Listen 2:33", "player"),
        ("Copyright © 2019 The Gazette", "legal"),
        ("Privacy Policy", "legal"),
        ("Share Tweet Email", "social"),
        ("Sign up for our newsletter", "promo"),
        ("Follow us on Twitter", "promo"),
        ("March 2, 2019", "timestamp"),
        ("Updated 3:35 p.m.", "timestamp"),
        ("7 years ago", "timestamp"),
        ("By Marta Lindqvist", "byline"),
        ("SEE ALSO: Ferry line reopens", "related"),
        ("Most Popular", "related"),
        ("Marta Lindqvist is a staff writer at the Gazette.", "bio"),
        ("The old pier in 1990. (Photo: Jo Field/Getty Images)", "caption"),
        ("Jo Field contributed to this report.", "credit"),
        ("Editor’s note: The name of the pier has been corrected.", "editor_note"),
        ("Newspapers in Swedish", "aggregator"),
        ("Skip to main content", "nav"),
    ],
)
def test_wording_tells_the_role(line, role):
    told = rule_role(line)
    assert told is not None and told[0] == role


def test_plain_prose_has_no_wording_of_furniture():
    assert rule_role("The town council voted to reopen the ferry line.") is None


def test_rules_name_known_roles_once_and_repeat_nothing_without_bound():
    names = [rule.name for rule in rules()]
    assert len(names) == len(set(names))
    assert {rule.role for rule in rules()} <= set(ROLES)
    for rule in rules():
        assert not re.search(r"\([^)]*[*+]\)[*+]", rule.pattern.pattern), rule.name
