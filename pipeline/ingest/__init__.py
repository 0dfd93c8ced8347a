"""Ingest: files of any supported format in, documents and failures out.

    sources  ->  sniff  ->  a reader of the format  ->  charset, identity  ->  Document | Failure

`read_apart` is the way in for stages, in a process of its own; `read` is the same in this one.
Nothing is dropped: every item is a document, a failure with a reason, or a repeat that is counted.
"""

from pipeline.ingest.apart import read_apart
from pipeline.ingest.columns import ColumnMap
from pipeline.ingest.limits import Limits
from pipeline.ingest.reader import IngestCounts, Settings, article_id, read, read_bytes
from pipeline.ingest.reasons import MEANING, Reason
from pipeline.ingest.sources import SourceFile, listing, total_bytes, walk

__all__ = [
    "MEANING",
    "ColumnMap",
    "IngestCounts",
    "Limits",
    "Reason",
    "Settings",
    "SourceFile",
    "article_id",
    "listing",
    "read",
    "read_apart",
    "read_bytes",
    "total_bytes",
    "walk",
]
