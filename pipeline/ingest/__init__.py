"""Ingest: files of any supported format in, documents and failures out.

    sources  ->  sniff  ->  a reader of the format  ->  charset, identity  ->  Document | Failure

`read` is the way in. Nothing is dropped: every item is a document, a failure with a reason, or
a repeat that is counted.
"""

from pipeline.ingest.columns import ColumnMap
from pipeline.ingest.limits import Limits
from pipeline.ingest.reader import IngestCounts, article_id, read, read_bytes
from pipeline.ingest.reasons import MEANING, Reason
from pipeline.ingest.sources import listing, total_bytes

__all__ = [
    "MEANING",
    "ColumnMap",
    "IngestCounts",
    "Limits",
    "Reason",
    "article_id",
    "listing",
    "read",
    "read_bytes",
    "total_bytes",
]
