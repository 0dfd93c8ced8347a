"""Imported by the server that forks the workers: loads what every batch needs, once for them all.

Models, tables and compiled patterns take half a second; workers forked later have them already.
Nothing else of the pipeline imports this module.
"""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pipeline.engine.early import collect_seldom, leave_out

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT = """\
Council votes to keep the ferry
By Ann Example
HARBOR TOWN — The council voted 7 to 2 on Monday to keep the ferry for another year.
"The ferry is how our children come to school," said the mayor, who had asked for the vote.
Sign up for our newsletter
"""


def _load() -> None:
    """Import what workers need, and use it once."""
    import pipeline.ingest.apart  # noqa: F401  - read in a process of its own, forked later
    from pipeline.process import process_batch

    # A broken installation is for the first real batch to tell: here nobody would read it.
    with suppress(Exception):
        process_batch(_sample())


def _sample() -> pa.RecordBatch:
    """Return a batch of one short text."""
    import pyarrow as pa

    from pipeline.contracts import arrow_schema

    row = {
        "article_id": "", "scrape_date": date(2000, 1, 1), "source_uri": "warm-up", "sha256": "",
        "media_type": "text/plain", "charset": "utf-8", "content": _TEXT.encode(), "url": None,
        "scraped_at": datetime(2000, 1, 1, tzinfo=UTC), "given": [],
    }  # fmt: skip
    return pa.RecordBatch.from_pylist([row], schema=arrow_schema("raw_documents"))


# A worker is one core's worth, and threads started here would be missing in the forked workers.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
# What is loaded here stays: it is not looked through for garbage, neither now nor in the workers.
# These make tens of thousands of objects a batch, and next to none is garbage of that kind.
collect_seldom()
gc.disable()
leave_out("pandas")
_load()
gc.freeze()
gc.enable()
