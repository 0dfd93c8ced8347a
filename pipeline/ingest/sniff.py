"""What a stream holds: by its first bytes, and by its name only where these leave it open."""

from __future__ import annotations

import json
import re
from typing import Final

from pipeline.ingest import charset, mhtml
from pipeline.ingest.columns import ColumnMap, looks_like_html

#: Bytes of a stream that the decision needs; a tar header is 512.
HEAD: Final = 64 * 1024

_MAGIC: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PAR1", "parquet"),
    (b"WARC/", "warc"),
)
_EXPORT: Final = "export its table as CSV, JSON lines or Parquet"
_UNPACK: Final = "pack its files as zip or tar"
#: Signatures of formats that are not read, with what one is and what to do.
_FOREIGN: Final = (
    (b"%PDF-", "a PDF; extract its text"),
    (b"{\\rtf", "a text in RTF; save it as plain text or HTML"),
    (b"\xd0\xcf\x11\xe0", "an Office document; save it as plain text or HTML"),
    (b"SQLite format 3\x00", f"an SQLite database; {_EXPORT}"),
    (b"Obj\x01", f"Avro; {_EXPORT}"),
    (b"ORC", f"ORC; {_EXPORT}"),
    (b"ARROW1", f"an Arrow file; {_EXPORT}"),
    (b"7z\xbc\xaf", f"a 7z archive; {_UNPACK}"),
    (b"Rar!\x1a", f"a RAR archive; {_UNPACK}"),
    (b"\x04\x22\x4d\x18", "compressed by LZ4; compress it by zstd or gzip"),
    (b"filedesc://", "a crawl as ARC; convert it to WARC (`warcio recompress`)"),
)
#: Signatures of what is no text either, for those that could pass for some.
_NO_TEXT: Final = (
    b"\x89PNG", b"\xff\xd8\xff", b"\x7fELF", b"MZ\x90", b"\x00\x00\x01\x00",
    *(magic for magic, _ in _FOREIGN if not magic.isalnum()),
)  # fmt: skip
#: Those that words begin with too ("ORCHARD PARK", "RIFFA"): in text no NUL follows.
_LIKE_WORDS: Final = (
    b"GIF8", b"RIFF", b"OggS", b"ID3", b"wOFF", b"wOF2",
    *(magic for magic, _ in _FOREIGN if magic.isalnum()),
)  # fmt: skip

_BY_NAME: Final = {
    ".txt": "text", ".text": "text", ".md": "text", ".html": "html", ".htm": "html",
    ".xhtml": "html", ".jsonl": "jsonl", ".ndjson": "jsonl", ".jl": "jsonl", ".json": "json",
    ".csv": "csv", ".tsv": "csv",
}  # fmt: skip
_OBJECT: Final = re.compile(rb"\s{0,1000}\{\s{0,1000}(?:\"|\})")
_INDENTED: Final = re.compile(rb"\s{0,1000}\{[ \t\r]{0,10}\n[ \t]{1,100}\"")
_ARRAY: Final = re.compile(rb"\s{0,1000}\[\s{0,1000}[{\]]")
_HTML: Final = re.compile(rb"\s{0,1000}<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
_FEED: Final = re.compile(
    rb"\s{0,1000}(?:<\?xml[^>]{0,200}>\s{0,1000}|<\?xml-stylesheet[^>]{0,500}>\s{0,1000}"
    rb"|<!--[^>]{0,2000}-->\s{0,1000}){0,5}<(?:rss|feed|urlset|sitemapindex|rdf:RDF)[\s>]"
)
_NAME_CELL: Final = re.compile(r"\"?[\w .-]{1,40}\"?")
_ZSTD_SKIPPABLE: Final = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")


def kind(head: bytes, name: str, columns: ColumnMap) -> str:
    """Return what a stream that begins with `head` and is called `name` holds.

    One of: empty, gzip, bzip2, xz, zstd, zip, tar, parquet, warc, binary, feed, mhtml, html,
    jsonl, json, csv, text.
    """
    if not head:
        return "empty"
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if _ZSTD_SKIPPABLE.match(head):
        return "zstd"
    if is_tar(head) or (head[257:262] == b"ustar" and suffix(name) == ".tar"):
        return "tar"
    if head.startswith(_NO_TEXT) or (head.startswith(_LIKE_WORDS) and b"\0" in head):
        return "binary"
    if charset.is_binary(head):  # lines of JSON may have a damaged one among them
        return "jsonl" if _OBJECT.match(head) and _is_json(head.split(b"\n", 1)[0]) else "binary"
    return _text_kind(_narrow(head), suffix(name), columns)


def foreign(head: bytes) -> str:
    """Return what a file is that is not read and what to do; "" where its kind is unknown."""
    return next((what for magic, what in _FOREIGN if head.startswith(magic)), "")


def suffix(name: str) -> str:
    """Return the suffix of a file name in lower case, with its dot."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else ""


def is_tar(head: bytes) -> bool:
    """Return whether `head` begins with a tar header: the sum of its bytes must be right."""
    if len(head) < 512:
        return False
    field = head[148:156].strip(b"\0 ")
    if not field or not re.fullmatch(rb"[0-7]{1,7}", field):
        return False
    return int(field, 8) == sum(head[:148]) + sum(head[156:512]) + 8 * ord(" ")


def _text_kind(head: bytes, ending: str, columns: ColumnMap) -> str:
    if _OBJECT.match(head):
        return _json_kind(head, ending)
    if _ARRAY.match(head):
        return "json"
    if _FEED.match(head):
        return "feed"
    if _HTML.match(head):
        return "html"
    if mhtml.is_mhtml(head):
        return "mhtml"
    named = _BY_NAME.get(ending)
    if named == "text" or named is None:
        if looks_like_html(head) and head.lstrip().startswith(b"<"):
            return "html"
        return "csv" if named is None and _is_csv(head, columns) else "text"
    return named


def _json_kind(head: bytes, ending: str) -> str:
    """Return jsonl where the first line is a whole object, else what the name says.

    One object over many lines is json under any name.
    """
    if _INDENTED.match(head):
        return "json"
    stripped = head.strip()
    line, newline, _ = stripped.partition(b"\n" if b"\n" in stripped else b"\r")
    if newline:
        return "jsonl" if _is_json(line) or ending in (".jsonl", ".ndjson", ".jl") else "json"
    return "jsonl" if _BY_NAME.get(ending) == "jsonl" else "json"


def _is_json(line: bytes) -> bool:
    if not line.rstrip().endswith(b"}"):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_csv(head: bytes, columns: ColumnMap) -> bool:
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip("\ufeff\r")
    cells = re.split(r"[,;\t|]", first[:4000])
    if len(cells) < 2 or not all(_NAME_CELL.fullmatch(cell) for cell in cells):
        return False
    names = [cell.strip('" ') for cell in cells]
    return columns.has_content(names) and len(columns.resolve(names)) >= 2


def _narrow(head: bytes) -> bytes:
    """Return the beginning of a text in UTF-16 or UTF-32, or with a BOM, as plain UTF-8."""
    name = charset.wide(head)
    if name:
        return head[: len(head) // 4 * 4].decode(name, "ignore").encode("utf-8", "ignore")
    return head.removeprefix(b"\xef\xbb\xbf")
