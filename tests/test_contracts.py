"""The contracts are one source: Arrow schemas and documentation follow from them."""

import pyarrow as pa
import pytest

from pipeline import contracts

PUBLISHED = (
    "articles",
    "duplicate_pairs",
    "syndication_clusters",
    "cluster_ledger",
    "quarantine",
)


@pytest.mark.parametrize("table", contracts.table_names())
def test_every_contract_gives_a_schema_with_documented_columns(table):
    schema = contracts.arrow_schema(table)
    assert "scrape_date" in schema.names
    assert all(column["description"].endswith(".") for column in contracts.columns(table))


@pytest.mark.parametrize("table", PUBLISHED)
def test_published_tables_are_tagged_as_interface(table):
    assert contracts.contract(table)["schema"][0]["tags"] == ["published"]


def test_types_of_the_articles_table():
    schema = contracts.arrow_schema("articles")
    assert schema.field("authors").type == pa.list_(pa.field("item", pa.string(), nullable=False))
    assert schema.field("published_at").type == pa.timestamp("us", tz="UTC")
    assert schema.field("word_count").type == pa.int32()
    assert {part.name for part in schema.field("removed").type.value_type} == {
        "start",
        "end",
        "role",
        "rule",
        "score",
    }


def test_an_unknown_table_names_those_there_are():
    with pytest.raises(KeyError, match="articles"):
        contracts.contract("artciles")


def test_violations_name_the_column():
    schema = contracts.arrow_schema("quarantine")
    nulls = pa.Table.from_arrays([pa.nulls(1, field.type) for field in schema], schema=schema)
    assert "1 nulls in required column reason" in contracts.violations("quarantine", nulls)
    assert not any("article_id" in v for v in contracts.violations("quarantine", nulls))
    assert contracts.violations("quarantine", pa.table({"x": [1]}))
