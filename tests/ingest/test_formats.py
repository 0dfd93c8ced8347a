"""Every format, plain and in every wrapping; what the records say about themselves."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import gzip
import io
import json
import quopri
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from pipeline.ingest import ColumnMap
from pipeline.ingest.streams import CHUNK
from tests.ingest.support import (
    DEFAULT,
    FORMATS,
    RECORDS,
    WRAPPINGS,
    csv_bytes,
    jsonl,
    parquet,
    plain_warc_record,
    put,
    read_all,
    reasons,
    tarred,
    warc_record,
    zipped,
)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_in_every_wrapping(tmp_path, suffix, wrapping):
    raw, count = FORMATS[suffix]
    put(tmp_path, f"day{suffix}{wrapping}", WRAPPINGS[wrapping](raw, f"inner{suffix}"))
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert len(documents) == count
    html = suffix in (".html", ".warc")
    assert {document.media_type for document in documents} == {
        "text/html" if html else "text/plain"
    }


@pytest.mark.parametrize("suffix", FORMATS)
def test_content_decides_before_the_name(tmp_path, suffix):
    raw, count = FORMATS[suffix]
    if suffix == ".csv":
        pytest.skip("CSV has no signature: a name for text is believed")
    put(tmp_path, "wrong.txt", raw)
    documents, failures = read_all(tmp_path)
    assert (len(documents), failures) == (count, [])


@pytest.mark.parametrize("suffix", FORMATS)
def test_without_a_suffix(tmp_path, suffix):
    raw, count = FORMATS[suffix]
    put(tmp_path, "noname", gzip.compress(raw))
    documents, failures = read_all(tmp_path)
    assert (len(documents), failures) == (count, [])


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".parquet"])
def test_records_come_whole(tmp_path, suffix):
    put(tmp_path, f"day{suffix}", FORMATS[suffix][0])
    documents, _ = read_all(tmp_path)
    for document, record in zip(documents, RECORDS, strict=True):
        assert document.content == record["text"].encode()
        assert document.url == record["url"]
        assert document.given == {
            "headline": record["title"],
            "authors": "Ann Bee",
            "date": "2021-03-02",
        }


def test_wide_text_in_every_line_format(tmp_path):
    for suffix in (".jsonl", ".json", ".csv", ".txt"):
        for charset in ("utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
            put(tmp_path, f"{charset}{suffix}", FORMATS[suffix][0].decode().encode(charset))
    documents, failures = read_all(tmp_path)
    assert failures == []
    texts = {document.content.decode(document.charset) for document in documents}
    assert texts == {record["text"] for record in RECORDS} | {FORMATS[".txt"][0].decode()}


def test_json_shapes(tmp_path):
    records = [{"text": f"Text {number}."} for number in range(3)]
    put(tmp_path, "one.json", json.dumps(records[0], indent=1))
    put(tmp_path, "api.json", json.dumps({"status": "ok", "articles": records[:2]}))
    put(tmp_path, "both.json", json.dumps({"items": records[:1], "news": records[1:]}))
    put(tmp_path, "indented.jsonl", json.dumps(records[0], indent=2))
    put(tmp_path, "loose.json", "\n".join(json.dumps(record, indent=1) for record in records))
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert [document.source_uri for document in documents] == [
        "api.json#item=1",
        "api.json#item=2",
        "both.json#item=1",
        "both.json#item=2",
        "both.json#item=3",
        "indented.jsonl#item=1",
        "loose.json#item=1",
        "loose.json#item=2",
        "loose.json#item=3",
        "one.json#item=1",
    ]


def test_records_in_lists_and_mappings(tmp_path):
    records = [{"title": f"Title {number}", "text": f"Text {number}."} for number in range(2)]
    shapes: dict[str, object] = {
        "any_name": {"meta": {"v": 1}, "news_items": records},
        "deep": {"response": {"status": "ok", "docs": records}},
        "search": {"hits": {"total": 2, "hits": [{"_id": 1, "_source": r} for r in records]}},
        "fields": {"results": [{"id": 1, "source": {"id": 3}, "fields": r} for r in records]},
        "by_url": {f"https://a.example/{n}": record for n, record in enumerate(records)},
    }
    for name, shape in shapes.items():
        put(tmp_path, f"{name}.json", json.dumps(shape))
    put(tmp_path, "dump.jsonl", jsonl([{"_id": 1, "_source": record} for record in records]))
    put(tmp_path, "dump.parquet", parquet([{"_id": 1, "_source": record} for record in records]))
    put(tmp_path, "two.parquet", parquet([{"n": 1, "_source": {"article": records[0]}}] * 2))
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert len(documents) == 2 * len(shapes) + 2 + 2 + 1
    assert {document.given["headline"] for document in documents} == {"Title 0", "Title 1"}
    assert {document.content for document in documents} == {b"Text 0.", b"Text 1."}
    found = [document.url for document in documents if "by_url" in document.source_uri]
    assert found == ["https://a.example/0", "https://a.example/1"]


def test_a_record_with_text_is_one_whatever_else_it_holds(tmp_path):
    record = {"text": "The text.", "documents": [{"file": "a.pdf"}], "author": {"text": "A bio."}}
    put(tmp_path, "one.json", json.dumps(record))
    put(tmp_path, "bio.json", json.dumps({"author": {"text": "A bio."}}))
    put(tmp_path, "none.json", json.dumps({"articles": [], "page": 7}))
    (document,), failures = read_all(tmp_path)
    assert document.content == b"The text."
    assert reasons(failures) == ["wrong_columns", "empty"]


def test_bytes_that_are_no_utf_8_in_parquet_records(tmp_path):
    words = pa.array([b"Gr\xfc\xdfe"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 1, words.buffers())
    source = pa.StructArray.from_arrays([text], ["text"])
    out = io.BytesIO()
    pq.write_table(pa.table({"_source": source}), out)
    put(tmp_path, "a.parquet", out.getvalue())
    (document,), failures = read_all(tmp_path)
    assert (document.content, document.charset, failures) == (b"Gr\xfc\xdfe", "cp1252", [])


@pytest.mark.parametrize("indent", [None, 1])
def test_a_large_object_around_a_list_is_read_bit_by_bit(tmp_path, indent):
    limits = dataclasses.replace(DEFAULT, record_bytes=200_000)
    records = [{"url": f"https://a.example/{n}", "text": f"{n} " * 500} for n in range(1_000)]
    more = {"status": "ok", "found": {"n": 2}, "articles": records, "next": None}
    whole = json.dumps({**more, "extra": [{"text": "One more."}]}, indent=indent)
    put(tmp_path, "a.json", whole)
    documents, failures = read_all(tmp_path, limits)
    assert (len(documents), failures) == (1_001, [])
    assert documents[-1].source_uri == "a.json#item=1001"
    for name, ending in (("b.json", whole[:-1]), ("c.json", whole[: len(whole) // 2])):
        path = put(tmp_path / "cut", name, ending)
        documents, failures = read_all(path, limits)
        assert reasons(failures) == ["truncated"]
        assert len(documents) == 1_001 if name == "b.json" else 400 < len(documents) < 600


def test_joined_tars(tmp_path):
    parts = [tarred({f"{name}.txt": f"Text {name}.".encode()}) for name in "abc"]
    put(tmp_path, "day.tar", b"".join(parts))
    put(tmp_path, "day2.tar.gz", b"".join(map(gzip.compress, parts)))
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert [document.content for document in documents] == [b"Text a.", b"Text b.", b"Text c."] * 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiters(tmp_path, delimiter):
    put(tmp_path, "day.csv", csv_bytes(delimiter=delimiter))
    documents, failures = read_all(tmp_path)
    assert (len(documents), failures) == (3, [])


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_that_says_its_delimiter(tmp_path, delimiter, charset):
    said = f"sep={delimiter}\r\n".encode() + csv_bytes(delimiter=delimiter)
    put(tmp_path, "day.csv.gz", gzip.compress(said.decode().encode(charset)))
    documents, failures = read_all(tmp_path)
    assert [document.content.decode() for document in documents] == [r["text"] for r in RECORDS]
    assert (documents[0].url, failures) == (RECORDS[0]["url"], [])


def test_csv_with_a_mark_before_a_quoted_header(tmp_path):
    put(tmp_path, "day.csv", b'\xef\xbb\xbf"url","text"\r\n"https://a.example/1","Words."\r\n')
    (document,), failures = read_all(tmp_path)
    assert (document.content, document.url, failures) == (b"Words.", "https://a.example/1", [])


def test_tsv_whose_quotes_are_text(tmp_path):
    texts = [f'"Ships," he said, "are {number} feet long.' for number in range(8)]
    rows = [f"https://a.example/{number}\t{text}\n" for number, text in enumerate(texts)]
    put(tmp_path, "day.tsv", "url\ttext\n" + "".join(rows))
    documents, failures = read_all(tmp_path)
    assert ([document.content.decode() for document in documents], failures) == (texts, [])


def test_a_tsv_row_with_a_quote_that_is_not_closed_costs_itself(tmp_path):
    rows = [f'https://a.example/{number}\t"Story {number}."\n' for number in range(8)]
    rows[4] = rows[4].replace('."', ".")
    put(tmp_path, "day.tsv", "url\ttext\n" + "".join(rows))
    documents, (failure,) = read_all(tmp_path)
    assert [document.content for document in documents] == [
        b"Story %d." % number for number in range(8) if number != 4
    ]
    assert (failure.reason, failure.source_uri) == ("malformed", "day.tsv#row=6")


def test_csv_in_windows_1252(tmp_path):
    put(tmp_path, "day.csv", "title,text\nA,Fünf – „Häuser“\n".encode("cp1252"))
    (document,), failures = read_all(tmp_path)
    assert failures == []
    assert document.content.decode(document.charset) == "Fünf – „Häuser“"


def test_html_in_records(tmp_path):
    page = "<html><body><p>Grüße</p></body></html>"
    records = [
        {"html": page, "text": "flattened"},
        {"content": f"<p>One</p>\n<p>Two</p>{page}"},
        {"html_base64": base64.b64encode(page.encode("latin-1")).decode(), "charset": "x"},
        {"page": "3", "text": "Page three of the story."},
    ]
    put(tmp_path, "day.jsonl", jsonl(records))
    documents, failures = read_all(tmp_path)
    assert failures == []
    kinds = [document.media_type for document in documents]
    assert kinds == ["text/html", "text/html", "text/html", "text/plain"]
    assert documents[2].content.decode(documents[2].charset) == page


def test_names_of_columns_in_any_style(tmp_path):
    record = {
        "Article Text": "Words.",
        "publishedAt": "2021-03-01T10:00:00Z",
        "source": {"id": 4, "name": "The Harbour"},
        "Authors": ["Ann Bee", "Cy Dee"],
        "scrapedAt": 1614844800,
        "webUrl": "https://harbour.example/a",
    }
    put(tmp_path, "day.jsonl", jsonl([record]))
    (document,), _ = read_all(tmp_path)
    assert document.given == {
        "authors": "Ann Bee; Cy Dee",
        "outlet": "The Harbour",
        "date": "2021-03-01T10:00:00Z",
    }
    assert document.url == "https://harbour.example/a"
    assert document.scraped_at == dt.datetime(2021, 3, 4, 8, tzinfo=dt.UTC)


def test_columns_named_by_hand(tmp_path):
    put(tmp_path, "day.jsonl", jsonl([{"art": "Words.", "text": "not this", "when": "today"}]))
    columns = ColumnMap.of({"text": "art", "date": ["day", "when"]})
    (document,), _ = read_all(tmp_path, columns=columns)
    assert (document.content, document.given) == (b"Words.", {"date": "today"})
    with pytest.raises(ValueError, match="unknown role"):
        ColumnMap.of({"words": "art"})


def test_a_url_must_look_like_one(tmp_path):
    records = [
        {"text": "One.", "url": "javascript:alert(1)"},
        {"text": "Two.", "url": "/relative"},
        {"text": "Three.", "url": "harbour.example/a"},
    ]
    put(tmp_path, "day.jsonl", jsonl(records))
    documents, _ = read_all(tmp_path)
    assert [document.url for document in documents] == [None, None, "harbour.example/a"]


_SAVED = """From: <Saved by Blink>
Snapshot-Content-Location: https://a.example/saved
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html";
\tboundary="----bound"

------bound
Content-Type: text/css
Content-Location: https://a.example/a.css

p {{}}
------bound
Content-Type: text/html; charset="{charset}"
Content-Transfer-Encoding: {encoding}
Content-Location: https://a.example/a

{page}
------bound--
"""


def test_a_saved_page(tmp_path):
    page = "<html><body><p>Grüße = one</p></body></html>"
    raw = page.encode("latin-1")
    for encoding, body in (
        ("quoted-printable", quopri.encodestring(raw).decode()),
        ("base64", base64.encodebytes(raw).decode()),
    ):
        saved = _SAVED.format(charset="iso-8859-1", encoding=encoding, page=body)
        put(tmp_path, f"{encoding}.mhtml", saved.replace("\n", "\r\n"))
    documents, failures = read_all(tmp_path)
    assert failures == []
    for document in documents:
        assert document.content.decode(document.charset).strip() == page
        assert (document.media_type, document.url) == ("text/html", "https://a.example/saved")
    saved = _SAVED.format(charset="utf-8", encoding="8bit", page=page)
    put(tmp_path / "bad", "cut.mht", saved[: saved.index("one")])
    put(tmp_path / "bad", "none.mht", saved.replace("text/html", "text/xml"))
    documents, failures = read_all(tmp_path / "bad")
    assert (documents, reasons(failures)) == ([], ["truncated", "malformed"])


def test_files_that_are_no_text_say_what_they_are(tmp_path):
    document = {"[Content_Types].xml": b"<?xml version='1.0'?>", "word/document.xml": b"<p>x</p>"}
    odt = {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<p>x</p>"}
    epub = {"mimetype": b"application/epub+zip", "a.xhtml": b"<html><p>x</p></html>"}
    put(tmp_path, "a.docx", zipped(document))
    put(tmp_path, "b.odt", zipped(odt))
    put(tmp_path, "c.epub", zipped(epub))
    put(tmp_path, "d.pdf", b"%PDF-1.4 text")
    put(tmp_path, "e.arc", b"filedesc://x.arc 0.0.0.0 20210303040506 text/plain 76\n")
    put(tmp_path, "f.xml", "<?xml version='1.0'?>\n<rss><channel><item>A</item></channel></rss>")
    put(tmp_path, "g.zip", zipped({"in/a.docx": zipped(document), "b.txt": b"A text."}))
    documents, failures = read_all(tmp_path)
    assert [document.content for document in documents] == [b"A text."]
    assert reasons(failures) == ["binary"] * 5 + ["unsupported", "binary"]
    assert [failure.content for failure in failures[:2]] == [zipped(document), zipped(odt)]
    assert all(failure.replayable for failure in failures)
    words = ["Office", "OpenDocument", "EPUB", "PDF", "WARC", "feed", "Office"]
    assert all(word in f.error for word, f in zip(words, failures, strict=True))


def test_words_that_begin_like_a_signature(tmp_path):
    for name in ("ORCHARD PARK", "RIFFA", "GIF89a", "ID3"):
        put(tmp_path, f"{name}.txt", f"{name} — The council met on Tuesday.")
    documents, failures = read_all(tmp_path)
    assert (len(documents), failures) == (4, [])


def test_front_matter(tmp_path):
    matter = (
        '---\nurl: https://a.example/1\ntitle: "Ships: a story"\nauthors:\n- Ann Bee\n- Cy\n---\n'
    )
    put(tmp_path, "a.txt", matter + "The text.\n---\nMore.\n")
    put(tmp_path, "b.txt", "---\nNo front matter: a rule opens this text.\n---\nThe end.\n")
    documents, failures = read_all(tmp_path)
    assert failures == []
    first, second = documents
    assert first.content == b"The text.\n---\nMore.\n"
    assert first.url == "https://a.example/1"
    assert first.given == {
        "headline": "Ships: a story",
        "authors": "Ann Bee; Cy",
        "front_matter": matter,
    }
    assert second.content.startswith(b"---\nNo front")
    assert second.given == {}


@pytest.mark.parametrize("wrap", [None, zipped, tarred])
def test_sidecars(tmp_path, wrap):
    members = {
        "a.meta.json": b'{"url": "https://a.example/1", "outlet": "The Harbour"}',
        "a.txt": b"The text.",
        "b.html.meta.yaml": b"title: Ships\ndate: 2021-03-02\n",
        "b.html": b"<html><p>Page</p></html>",
        "lost.meta.json": b"{}",
    }
    for name, content in ({"day.bin": wrap(members)} if wrap else members).items():
        put(tmp_path, name, content)
    documents, failures = read_all(tmp_path)
    assert [document.given for document in documents] == [
        {"outlet": "The Harbour"},
        {"headline": "Ships", "date": "2021-03-02"},
    ]
    assert documents[0].url == "https://a.example/1"
    assert [(failure.reason, failure.content) for failure in failures] == [
        ("orphan_sidecar", b"{}")
    ]


def test_a_bad_sidecar_does_not_cost_its_document(tmp_path):
    put(tmp_path, "a.txt", "The text.")
    put(tmp_path, "a.meta.yaml", "a: &x [1]\n!!python/object/apply:os.getcwd []\n")
    documents, failures = read_all(tmp_path)
    assert [document.content for document in documents] == [b"The text."]
    assert [(f.source_uri, f.reason) for f in failures] == [("a.txt#sidecar", "malformed")]


def test_warc_bodies(tmp_path):
    page = b"<html><p>Gr\xfc\xdfe</p></html>"
    html = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=ISO-8859-1\r\n"
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(page), page)
    bodies = {
        "": page,
        "Content-Encoding: gzip\r\n": gzip.compress(page),
        "Content-Encoding: br\r\n": pa.compress(page, codec="brotli", asbytes=True),
        "Content-Encoding: zstd\r\n": zstandard.compress(page),
        "Content-Encoding: br\r\nX: stored decoded\r\n": page,
        "Content-Encoding: deflate\r\n": zlib.compress(page),
        "Transfer-Encoding: chunked\r\n": chunked,
        "Content-Encoding: gzip\r\nX: stored decoded\r\n": page,
        "Transfer-Encoding: chunked\r\nX: stored decoded\r\n": page,
    }
    records = [
        warc_record(body, http=html + header, url=f"https://a.example/{number}")
        for number, (header, body) in enumerate(bodies.items())
    ]
    put(tmp_path, "crawl.warc.gz", b"".join(map(gzip.compress, records)))
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert {document.content for document in documents} == {page}
    assert {document.charset for document in documents} == {"cp1252"}
    assert len(documents) == len(bodies)
    assert documents[0].scraped_at == dt.datetime(2021, 3, 3, 4, 5, 6, tzinfo=dt.UTC)


def test_warc_responses_that_are_no_page(tmp_path):
    html = "Content-Type: text/html\r\n"
    records = [
        warc_record(b"gone", http=f"HTTP/1.1 404 Not Found\r\n{html}"),
        warc_record(b"", http="HTTP/1.1 301 Moved\r\nLocation: /x\r\n"),
        warc_record(b"\x89PNG", http="HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"),
        warc_record(b"half", http=f"HTTP/1.1 200 OK\r\n{html}", extra="WARC-Truncated: length\r\n"),
        warc_record(b"half", http=f"HTTP/1.1 200 OK\r\n{html}Content-Length: 9\r\n"),
    ]
    put(tmp_path, "crawl.warc", b"".join(records))
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert reasons(failures) == [
        "error_page",
        "error_page",
        "media_type",
        "truncated",
        "truncated",
    ]
    assert [failure.content for failure in failures] == records


def test_requests_of_a_crawl_are_no_items(tmp_path):
    asked = ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a.example\r\n", "POST / HTTP/1.1\r\n"]
    records = []
    for number, http in enumerate(asked * 20):
        url = f"https://a.example/{number}"
        body = b"a=b" if http.startswith("POST") else b""
        records += [warc_record(body, kind="request", http=http, url=url)]
        records += [warc_record(f"<p>{number}</p>".encode(), url=url)]
    records.append(records[0])
    put(tmp_path, "crawl.warc", b"".join(records))
    put(tmp_path, "crawl.warc.gz", b"".join(map(gzip.compress, records)))
    for name in ("crawl.warc", "crawl.warc.gz"):
        documents, failures = read_all(tmp_path / name)
        assert (len(documents), failures) == (60, [])


def test_requests_at_the_ends_of_what_is_read_at_once(tmp_path):
    asked = warc_record(b"", kind="request", http="GET / HTTP/1.1\r\nHost: a.example\r\n")
    page = warc_record(b"<p>x</p>")
    for piece in (CHUNK, 16 * 1024):
        for shift in range(0, 40, 3):
            filling = piece - 2 * len(asked) - len(warc_record(b"")) + shift - 20
            records = [warc_record(b"<p>" + b"x" * (filling - 3)), asked, asked, asked, page]
            put(tmp_path, "crawl.warc", b"".join(records))
            documents, failures = read_all(tmp_path / "crawl.warc")
            assert (len(documents), failures) == (2, [])


def test_resources_and_conversions_of_a_crawl(tmp_path):
    page = "<html><body><p>Grüße</p></body></html>"
    records = [
        ("resource", "text/html; charset=ISO-8859-1", page.encode("latin-1")),
        ("resource", None, page.encode()),
        ("resource", "text/plain", b"A text."),
        ("conversion", "text/plain", "Wörter, of a page.".encode()),
    ]
    crawl = [
        plain_warc_record(body, url=f"https://a.example/{number}", kind=kind, media_type=media_type)
        for number, (kind, media_type, body) in enumerate(records)
    ]
    info = plain_warc_record(b"software: x", url="", kind="warcinfo", media_type="text/plain")
    put(tmp_path, "crawl.warc.wet.gz", b"".join(map(gzip.compress, [info, *crawl])))
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert [document.content for document in documents] == [body for _, _, body in records]
    assert [document.charset for document in documents] == ["cp1252", "utf-8", "utf-8", "utf-8"]
    kinds = [document.media_type for document in documents]
    assert kinds == ["text/html", "text/html", "text/plain", "text/plain"]
    assert documents[3].url == "https://a.example/3"
    assert documents[3].scraped_at == dt.datetime(2021, 3, 3, 4, 5, 6, tzinfo=dt.UTC)


def test_records_of_a_crawl_that_are_no_page(tmp_path):
    def record(url: str, media_type: str, kind: str = "resource", extra: str = "") -> bytes:
        return plain_warc_record(b"x", url=url, kind=kind, media_type=media_type, extra=extra)

    records = [
        record("https://a.example/a.png", "image/png"),
        record("metadata://gnu.org/software/wget/warc/wget.log", "text/plain"),
        record("urn:text:https://a.example/", "text/plain"),
        record("dns:a.example", "text/dns", "response"),
        record("https://a.example/", "text/html", extra="WARC-Segment-Number: 1\r\n"),
        record("https://a.example/", "text/html", "continuation"),
    ]
    put(tmp_path, "crawl.warc", b"".join(records))
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert reasons(failures) == ["media_type"] * 4 + ["unsupported"] * 2
    assert [failure.content for failure in failures] == records
    assert all(failure.replayable for failure in failures)
