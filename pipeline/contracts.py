"""The data contracts of `schemas/` as pyarrow schemas.

`schemas/*.yaml` (Open Data Contract Standard 3.1) is the single source for columns, types and
documentation; what Dagster shows and what the README says is generated from it too. How tables
are stored does not belong here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipeline.data_files import read_yaml

#: Version of the output layout and columns; a change of either needs a CHANGELOG line.
SCHEMA_VERSION: Final = "1"

_ARROW_OF_LOGICAL: Final[Mapping[str, pa.DataType]] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "integer": pa.int32(),
    "number": pa.float64(),
}


def schema_folder() -> Path:
    """Return the folder of the contracts: in the package when installed, else in the checkout."""
    packaged = Path(__file__).parent / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "schemas"


def table_names() -> list[str]:
    """Return the names of all contracted tables, sorted."""
    return sorted(path.stem for path in schema_folder().glob("*.yaml"))


@functools.cache
def contract(table: str) -> Mapping[str, Any]:
    """Return the parsed contract of `table`; KeyError names the tables there are."""
    path = schema_folder() / f"{table}.yaml"
    if not path.is_file():
        raise KeyError(f"no contract for table {table!r}; there are: {', '.join(table_names())}")
    parsed: Mapping[str, Any] = read_yaml(path)
    return parsed


@functools.cache
def arrow_schema(table: str) -> pa.Schema:
    """Return the pyarrow schema of `table`, with the documentation as field metadata."""
    properties = contract(table)["schema"][0]["properties"]
    return pa.schema([_field(prop) for prop in properties])


def columns(table: str) -> list[dict[str, str | bool]]:
    """Return name, type, nullability and description of each column, for docs and UIs."""
    documented = zip(arrow_schema(table), contract(table)["schema"][0]["properties"], strict=True)
    return [
        {
            "name": field.name,
            "type": str(field.type),
            "nullable": field.nullable,
            "description": prop["description"],
        }
        for field, prop in documented
    ]


def empty_table(table: str) -> pa.Table:
    """Return `table` without rows."""
    return arrow_schema(table).empty_table()


def to_table(table: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return `rows` as an Arrow table of the contract; absent keys are null."""
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(table))


def violations(table: str, data: pa.Table) -> list[str]:
    """Return what in `data` breaks the contract, one sentence each; empty if it holds."""
    schema = arrow_schema(table)
    if not data.schema.equals(schema):
        return [f"columns differ from the contract of {table}: {data.schema}"]
    found = []
    for field in schema:
        nulls = data[field.name].null_count
        if nulls and not field.nullable:
            found.append(f"{nulls} nulls in required column {field.name}")
    return found


def _field(prop: Mapping[str, Any]) -> pa.Field:
    return pa.field(
        prop.get("physicalName", prop["name"]),
        _arrow_type(prop),
        nullable=not prop.get("required", False),
        metadata={"description": prop["description"]},
    )


def _arrow_type(prop: Mapping[str, Any]) -> pa.DataType:
    for custom in prop.get("customProperties", ()):
        if custom["property"] == "arrowType":
            return pa.type_for_alias(custom["value"])
    logical = prop["logicalType"]
    if logical == "array":
        return pa.list_(pa.field("item", _arrow_type(prop["items"]), nullable=False))
    if logical == "object":
        return pa.struct([_field(part) for part in prop["properties"]])
    return _ARROW_OF_LOGICAL[logical]
