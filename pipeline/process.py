"""Clean and describe raw documents: one pure function from an Arrow batch to an Arrow batch.

Cleaning and metadata read the same parse of a page, so they are computed in one pass here and
written to two tables. The function neither reads nor writes anything else, which lets it run in
local worker processes or inside a cluster engine unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean.furniture import FurnitureIndex
from pipeline.contracts import arrow_schema
from pipeline.domains import domain_of
from pipeline.records import BODY, Candidate, Cleaned, Document, Metadata

if TYPE_CHECKING:
    from pipeline.clean import html

#: A body of fewer characters is no article; the shortest real briefs run to about a sentence.
MIN_BODY_CHARACTERS: Final = 60

#: Columns whose structs are given as tuples, in the order of the schema.
_LISTS_OF_TUPLES: Final = ("removed", "evidence")
_FAILURE_FIELDS: Final = ("failure_stage", "failure_reason", "failure_error")


def _result_schema() -> pa.Schema:
    """Both tables' columns plus the failure, all nullable: a failed row has only the failure."""
    by_name = {field.name: field for field in arrow_schema("clean_documents")}
    by_name |= {field.name: field for field in arrow_schema("article_metadata")}
    failures = [pa.field(name, pa.string()) for name in _FAILURE_FIELDS]
    return pa.schema([field.with_nullable(True) for field in by_name.values()] + failures)


RESULT_SCHEMA: Final = _result_schema()


@dataclass(slots=True)
class _Item:
    """One document on its way through the batch: at the end it has metadata or a failure."""

    document: Document
    markup: Sequence[Candidate] = ()
    cleaned: Cleaned | None = None
    words: int = 0
    metadata: Metadata | None = None
    failure: tuple[str, str, str] | None = None  # stage, reason, error


def process_batch(
    batch: pa.RecordBatch, furniture: Mapping[str, FurnitureIndex] | None = None
) -> pa.RecordBatch:
    """Return one `RESULT_SCHEMA` row for each row of `raw_documents` in `batch`, in order.

    `furniture` is what recurs in each source, by `source_key`. A row has either an article or the
    failure fields filled; a document that cannot be read costs itself, never the batch.
    """
    items = [_Item(document) for document in documents_of(batch)]
    _clean_html([item for item in items if item.document.media_type == "text/html"], furniture)
    _clean_text([item for item in items if item.document.media_type != "text/html"], furniture)
    _describe([item for item in items if item.cleaned is not None])
    return _rows(items)


def lost_row(row: pa.RecordBatch, reason: str, error: str) -> pa.RecordBatch:
    """Return the `RESULT_SCHEMA` row of a document that no worker survived."""
    item = _Item(documents_of(row)[0], failure=("clean", reason, error))
    return _rows([item])


def documents_of(batch: pa.RecordBatch) -> list[Document]:
    """Return the rows of a `raw_documents` batch as documents."""
    return [
        Document(**{**row, "given": {pair["key"]: pair["value"] for pair in row["given"]}})
        for row in batch.to_pylist()
    ]


def source_key(domain: str | None, outlet: str | None, source_uri: str) -> str:
    """Return what a source's furniture is learned by: outlet, else domain, else its folder."""
    folder = source_uri.rsplit("/", 1)[0] if "/" in source_uri else ""
    return outlet or domain or f"folder:{folder}"


def document_source_key(document: Document, page: html.Page | None = None) -> str:
    """Return the `source_key` of a document from what is known before it is described.

    A `page` without an address of its crawl has that which it gives itself.
    """
    outlet = document.given.get("outlet")
    return _known_source(document.url, outlet, document.source_uri, page)


def row_source_key(row: Mapping[str, Any], page: html.Page | None = None) -> str:
    """Return what `document_source_key` does, of a row of `raw_documents`."""
    outlet = next((pair["value"] for pair in row["given"] if pair["key"] == "outlet"), None)
    return _known_source(row["url"], outlet, row["source_uri"], page)


def likely_source_key(row: Mapping[str, Any]) -> str:
    """Return what `row_source_key` most likely does for a row of `raw_documents`, without parsing.

    A page without an address of its crawl is asked by its bytes, in the column `content`.
    """
    if row["media_type"] == "text/html" and not row["url"]:
        from pipeline.clean.html_page import stated_address

        row = {**row, "url": stated_address(row["content"])}
    return row_source_key(row)


def _known_source(
    url: str | None, outlet: str | None, source_uri: str, page: html.Page | None
) -> str:
    if page is not None and not url:
        from pipeline.clean.html import page_address

        url = page_address(page.tree)
    return source_key(domain_of(url) if url else None, outlet, source_uri)


def furniture_marks(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return what `clean.marked_lines` finds in the documents of `batch`.

    `batch` has the columns of `raw_documents` that tell its documents and their sources. A page
    that cannot be read contributes nothing.
    """
    from pipeline.clean import marked_lines

    is_page = pc.equal(batch["media_type"], "text/html")
    texts = [_keyed_text(row) for row in batch.filter(pc.invert(is_page)).to_pylist()]
    pages = [_keyed_page(row) for row in batch.filter(is_page).to_pylist()]
    of_texts = marked_lines([key for key, _ in texts], [text for _, text in texts])
    of_pages = marked_lines(
        [key for key, _, _ in pages], [text for _, text, _ in pages],
        titles=[title for _, _, title in pages],
    )  # fmt: skip
    return pa.concat_batches([of_texts, of_pages])


def no_furniture_marks(_row: pa.RecordBatch, _reason: str, _error: str) -> pa.RecordBatch:
    """Return no marks, for a document that no worker survived: cleaning says what it is."""
    from pipeline.clean import marked_lines

    return marked_lines([], [])


def _keyed_text(row: Mapping[str, Any]) -> tuple[str, str]:
    return row_source_key(row), row["content"].decode(row["charset"])


def _keyed_page(row: Mapping[str, Any]) -> tuple[str, str, str]:
    from pipeline.clean import html
    from pipeline.clean.html_errors import CleanError

    try:
        page = html.parse(row["content"], row["charset"])
    except CleanError:
        return "", "", ""
    return row_source_key(row, page), page.text, html.page_title(page.tree)


def _clean_html(items: Sequence[_Item], furniture: Mapping[str, FurnitureIndex] | None) -> None:
    if not items:
        return
    from pipeline.clean import html
    from pipeline.clean.html_errors import CleanError
    from pipeline.describe import markup_candidates

    parsed: list[tuple[_Item, html.Page]] = []
    for item in items:
        document = item.document
        try:
            page = html.parse(document.content, document.charset)
            item.markup = markup_candidates(page.tree, document.url)
        except CleanError as error:
            item.failure = ("clean", error.reason, str(error))
        else:
            parsed.append((item, page))
    known = (
        [furniture.get(document_source_key(i.document, page)) for i, page in parsed]
        if furniture
        else None
    )
    cleaned = html.clean_pages([page for _, page in parsed], known)
    for (item, _), result in zip(parsed, cleaned, strict=True):
        _take(item, result)


def _clean_text(items: Sequence[_Item], furniture: Mapping[str, FurnitureIndex] | None) -> None:
    if not items:
        return
    from pipeline.clean import clean_texts

    raw_texts = [item.document.content.decode(item.document.charset) for item in items]
    known = [furniture.get(document_source_key(i.document)) for i in items] if furniture else None
    for item, cleaned in zip(items, clean_texts(raw_texts, known), strict=True):
        _take(item, cleaned)


def _take(item: _Item, result: Cleaned | Exception) -> None:
    if isinstance(result, Exception):
        reason = getattr(result, "reason", "error")
        item.failure = ("clean", reason, str(result))
    elif len(result.text) < MIN_BODY_CHARACTERS:
        error = f"only {len(result.text)} characters of prose were left after cleaning"
        item.failure = ("clean", "no_prose", error)
    else:
        item.cleaned = result


def _describe(items: Sequence[_Item]) -> None:
    from pipeline.clean.word_count import word_counts
    from pipeline.describe import describe_batch
    from pipeline.describe.roles import confirmed

    documents = [item.document for item in items]
    cleaned = [item.cleaned for item in items if item.cleaned is not None]
    described = describe_batch(documents, cleaned, [item.markup for item in items])
    counts = word_counts([one.text for one in cleaned])
    for item, metadata, words in zip(items, described, counts, strict=True):
        item.metadata, item.words = metadata, words
        if item.cleaned is not None:
            item.cleaned = confirmed(item.cleaned, metadata)


def _rows(items: Sequence[_Item]) -> pa.RecordBatch:
    rows = [_row(item) for item in items]
    columns = {name: [row.get(name) for row in rows] for name in RESULT_SCHEMA.names}
    arrays = [
        _lists_of_tuples(values, RESULT_SCHEMA.field(name).type)
        if name in _LISTS_OF_TUPLES
        else pa.array(values, RESULT_SCHEMA.field(name).type)
        for name, values in columns.items()
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=RESULT_SCHEMA)


def _lists_of_tuples(rows: Sequence[Sequence[tuple[Any, ...]] | None], kind: pa.DataType) -> Any:
    """Return an array of lists of structs; by columns it takes a third of the time."""
    structs = [struct for row in rows for struct in row or ()]
    fields = list(kind.value_type)
    values = zip(*structs, strict=True) if structs else [()] * len(fields)
    columns = [pa.array(column, field.type) for column, field in zip(values, fields, strict=True)]
    ends = accumulate([len(row or ()) for row in rows], initial=0)
    return pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()),
        pa.StructArray.from_arrays(columns, fields=fields),
        type=kind,
        mask=pa.array([row is None for row in rows]),
    )


def _row(item: _Item) -> Mapping[str, Any]:
    document = item.document
    row: dict[str, Any] = {"article_id": document.article_id, "scrape_date": document.scrape_date}
    row["source_uri"] = document.source_uri
    if item.failure is not None:
        return row | dict(zip(_FAILURE_FIELDS, item.failure, strict=True))
    assert item.cleaned is not None and item.metadata is not None  # noqa: S101 - for the types
    return row | _clean_columns(item.cleaned, item.words) | _metadata_columns(item.metadata)


def _clean_columns(cleaned: Cleaned, words: int) -> dict[str, Any]:
    removed = [line for line in cleaned.lines if line.role != BODY]
    return {
        "raw_text": cleaned.raw_text,
        "text": cleaned.text,
        "word_count": words,
        "extraction_method": cleaned.extraction_method,
        "removed": [(one.start, one.end, one.role, one.rule, one.score) for one in removed],
    }


def _metadata_columns(metadata: Metadata) -> dict[str, Any]:
    return {name: getattr(metadata, name) for name in Metadata.__slots__}
