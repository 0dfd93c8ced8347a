"""Fill the column tables of Markdown files from the contracts: `python -m ... FILE…`.

A file says where with a pair of comments, `<!-- columns: TABLE -->` and `<!-- /columns -->`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from pipeline.contracts import columns

_PLACE: Final = re.compile(r"(<!-- columns: (\w+) -->\n).*?(<!-- /columns -->)", re.DOTALL)


def filled(markdown: str) -> str:
    """Return `markdown` with every column table as its contract says now."""
    return _PLACE.sub(lambda m: f"{m[1]}{column_table(m[2])}\n{m[3]}", markdown)


def column_table(table: str) -> str:
    """Return the columns of a table's contract as a Markdown table."""
    rows = ["| column | type | |", "|---|---|---|"]
    for column in columns(table):
        kind = _short(str(column["type"])) + ("?" if column["nullable"] else "")
        rows.append(f"| `{column['name']}` | {kind} | {column['description']} |")
    return "\n".join(rows)


def _short(arrow: str) -> str:
    """Arrow's name of a type without the noise of nested fields."""
    short = re.sub(r"(item|element): | not null", "", arrow)
    return short.replace("<", "\\<").replace("[day]", "")


def main(paths: list[str]) -> None:
    """Rewrite each file in place."""
    for path in map(Path, paths):
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
