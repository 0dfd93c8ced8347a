"""The documentation keeps up with the code."""

import re
import tomllib

import pytest

from pipeline.cli import _parser
from pipeline.publish.tables_md import column_table, filled
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "docs/tables.md"])
def test_column_tables_are_those_of_the_contracts(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert filled(text) == text, "run: make docs"


def test_a_column_table_names_type_and_nullability():
    assert "| `headline` | string? |" in column_table("articles")
    assert "| `word_count` | int32 |" in column_table("articles")


def test_every_dependency_earns_its_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["ui"]
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in wanted}
    table = README.split("## What it stands on")[1].split("\n## ")[0]
    assert names <= set(re.findall(r"[\w-]+", table)), "a dependency without a line in the README"


def test_every_command_is_described():
    [commands] = [a for a in _parser()._actions if a.choices]
    for name in commands.choices:
        assert f"`copydesk {name}" in README


def test_links_lead_somewhere():
    for link in re.findall(r"\]\((?!http)([^)#]+)", README):
        assert (ROOT / link).exists(), link
