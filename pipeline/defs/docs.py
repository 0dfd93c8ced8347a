"""The documentation that an asset's page opens: a text in place, and a link where one is set.

A page from the web may not lead to files, so a path would be dead text there. What a reader of the
page wants to know is told in Markdown, which Dagster opens at a click with no network; where
COPYDESK_DOCS_URL says that a web server shows this project's files, there is a link as well.
"""

import os
from typing import Any

import dagster as dg

from pipeline.contracts import contract
from pipeline.defs import checks
from pipeline.publish.tables_md import column_table

_REPORT = """\
# corpus_report

One HTML page for each day, `report/2018-07-27.html`, and one for the corpus, `report/index.html`,
in the data directory. They load nothing and run no script: send one to a colleague as a file.

`copydesk report --open` writes the pages anew and opens that of the corpus. Where a web server
shows the folder `report`, set `COPYDESK_REPORT_URL` and this asset links there.

| section | what it answers |
|---|---|
| What came in | how much, of what kind and days, from whom; what could not be read, and why |
| What was cleaned away | how much of each role, with the least certain examples in their place |
| Metadata | which share of the articles has each field, and how sure its values are |
| Who reprints whom | who carries whose text; sizes of stories; shared text of verified pairs |
| Syndicated stories | the largest stories, their articles side by side, shared passages numbered |

A page is bounded in size: what it leaves out is counted on it.
"""


def docs(asset: str) -> dict[str, Any]:
    """Return the metadata entries that tell how to read an asset; see COPYDESK_DOCS_URL above."""
    text = _REPORT if asset == "corpus_report" else _table(asset)
    shown: dict[str, Any] = {"docs": dg.MetadataValue.md(text)}
    base = os.environ.get("COPYDESK_DOCS_URL", "").rstrip("/")
    if base:
        page = "README.md" if asset == "corpus_report" else f"docs/tables.md#{asset}"
        shown["docs_page"] = dg.MetadataValue.url(f"{base}/{page}")
    return shown


def _table(asset: str) -> str:
    """What a table holds, how to query it, its columns, and what is checked of it."""
    about = contract(asset)["description"]
    return "\n\n".join(
        [
            f"# {asset}",
            f"{about['purpose']} {about['usage']}",
            "## Read it",
            f"```sql\nSELECT * FROM read_parquet('data/{asset}/*/*.parquet', hive_partitioning = "
            "true)\nWHERE scrape_date = DATE '2018-07-27'\n```",
            "## Columns",
            f"`?` marks what may be null. The contract is `schemas/{asset}.yaml`.",
            column_table(asset),
            "## Checks",
            _check_table(asset),
        ]
    )


def _check_table(asset: str) -> str:
    rows = ["| check | a no | what it asks |", "|---|---|---|"]
    for check in checks.of_table(asset):
        no = "ends the run" if check.blocking else "is red" if check.severe else "is a warning"
        rows.append(f"| `{check.name}` | {no} | {check.description} |")
    return "\n".join(rows)
