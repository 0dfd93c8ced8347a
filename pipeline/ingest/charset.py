"""Which character set decodes the bytes of one document: BOM, UTF-8, declaration, detection.

The order is chosen by what goes wrong in practice. Text with multi-byte sequences that is valid
UTF-8 is UTF-8, whatever it declares: scrapers re-encode pages and leave the old declaration
standing. After that the declaration is believed where it decodes; what is left is guessed.
"""

from __future__ import annotations

import codecs
import functools
import re
from dataclasses import dataclass
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins the same
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: Labels that stand for a larger set in practice (WHATWG Encoding Standard).
_MEANT: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
#: Codecs of Python that are no character sets of documents.
_REFUSED: Final = frozenset(
    ("utf-7", "idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs",
     "oem", "palmos")
)  # fmt: skip

_META: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE
)
_XML: Final = re.compile(rb"^\s{0,20}<\?xml[^>]{0,100}?encoding=[\"']([a-zA-Z0-9_:.-]{2,40})")

_SAMPLE: Final = 16 * 1024  # bytes for the detector, which is slow
_CONTROL: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x0b\x08\x1a"))
_ASCII: Final = bytes(range(128))
_CONTINUATION: Final = bytes(range(0x80, 0xC0))
_BROKEN_UTF8: Final = 0.02  # share of bytes outside UTF-8 up to which a text is repaired


@dataclass(frozen=True, slots=True)
class Decoded:
    """Bytes with the character set that decodes them strictly.

    `content` is what came, except where a text in UTF-8 holds a few bytes that are not (`note`
    says so): these are read as Windows-1252, what browsers and editors mixed in.
    """

    content: bytes
    charset: str
    note: str | None = None


def decide(content: bytes, declared: str | None = None, *, html: bool = False) -> Decoded | None:
    """Return how `content` decodes, or None where nothing decodes it.

    `declared` is what a header says; with `html` a declaration in the page counts after it.
    """
    escapes = b"\x1b" in content and (declared or html)
    if content.isascii() and b"\0" not in content and not escapes:  # English in UTF-16 is ASCII too
        return Decoded(content, "utf-8")
    marked = _by_bom(content)
    if marked:
        return marked
    if _decodes(content, "utf-8"):
        return Decoded(content, _stateful(content, declared, html) or "utf-8")
    labels = [label for label in (declared, declaration(content) if html else None) if label]
    codecs_named = [name for label in labels if (name := codec(label))]
    for name in codecs_named:
        if name != "utf-8" and _decodes(content, name):
            return Decoded(content, name)
    return _repaired(content, "utf-8" in codecs_named) or _guessed(content, codecs_named)


def codec(label: str) -> str | None:
    """Return Python's codec for a declared label, as browsers read it; None if there is none."""
    try:
        info = codecs.lookup(label.strip().lower())
    except (LookupError, ValueError):
        return None
    if not getattr(info, "_is_text_encoding", True) or info.name in _REFUSED:
        return None
    return _MEANT.get(info.name, info.name)


def declaration(content: bytes) -> str | None:
    """Return the character set that an HTML page declares in its first 4 KiB."""
    head = content[:4096]
    match = _META.search(head) or _XML.search(head)
    return match[1].decode("ascii") if match else None


def wide(sample: bytes) -> str | None:
    """Return the set of a text in UTF-16 or UTF-32 by its BOM or its pattern of NULs."""
    for bom, name in _BOMS[1:]:
        if sample.startswith(bom):
            return name
    if b"\0" not in sample or sample.count(0) < 0.3 * len(sample) or len(sample) < 8:
        return None
    whole = sample[: len(sample) // 4 * 4]
    if _is_utf_32(whole) or _is_utf_32(whole[::-1]):
        return "utf-32-be" if _is_utf_32(whole) else "utf-32-le"
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 20 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 20 * odd else None


def _is_utf_32(sample: bytes) -> bool:
    """Return whether `sample` is like characters of four bytes, the highest first."""
    quads = len(sample) // 4
    first, second, last = (sample[at::4].count(0) for at in (0, 1, 3))
    return quads > 3 and first >= quads and second > 0.95 * quads and last < 0.05 * quads


def is_binary(sample: bytes) -> bool:
    """Return whether `sample` (of some KiB) is no text: over a sixtieth is control characters."""
    if not sample or wide(sample):
        return False
    return len(sample) - len(sample.translate(None, _CONTROL)) > len(sample) / 60 + 2


def _decodes(content: bytes, name: str) -> bool:
    try:
        text = content.decode(name)
        if name != "utf-8":
            text.encode()  # UTF-16 and others let lone surrogates pass
    except (UnicodeError, LookupError, ValueError):
        return False
    return True


def _by_bom(content: bytes) -> Decoded | None:
    for bom, name in _BOMS:
        if content.startswith(bom) and _decodes(content, name):
            return Decoded(content, name)
    name_by_nuls = wide(content[:4096])
    if name_by_nuls and _decodes(content, name_by_nuls):
        return Decoded(content, name_by_nuls)
    return None


def _stateful(content: bytes, declared: str | None, html: bool) -> str | None:
    """Return the declared set where it hides other text in 7 bits (ISO-2022-JP, HZ)."""
    if b"\x1b" not in content:
        return None
    for label in (declared, declaration(content) if html else None):
        name = codec(label) if label else None
        if name and name.startswith("iso2022") and _decodes(content, name):
            return name
    return None


def _repaired(content: bytes, declared_utf8: bool) -> Decoded | None:
    """Return a text in UTF-8 with its few stray bytes read as Windows-1252."""
    broken = content.decode("utf-8", "surrogateescape")
    stray = _STRAY.findall(broken)
    high = len(content.translate(None, _ASCII))
    sequences = len(broken) - (len(content) - high) - len(stray)
    trusted = sequences >= (len(stray) if declared_utf8 else 3 * len(stray))
    if not trusted or len(stray) > _BROKEN_UTF8 * len(content) or high == len(stray):
        return None
    note = f"utf-8 with {len(stray)} stray bytes read as cp1252"
    table = {ord(char): _as_cp1252(char) for char in set(stray)}
    return Decoded(broken.translate(table).encode(), "utf-8", note)


def _as_cp1252(escaped: str) -> str:
    return bytes([ord(escaped) - 0xDC00]).decode("cp1252", "replace")


def _guessed(content: bytes, declared: list[str]) -> Decoded | None:
    latin = _latin(content)
    if latin and _decodes(content, latin):
        return Decoded(content, latin)
    for name in _detected(_sample(content)):
        if _decodes(content, name):
            return Decoded(content, name)
    fallback = next((name for name in declared if name != "utf-8"), None)
    if fallback:
        return _lossy(content, fallback)
    return None


def _latin(content: bytes) -> str | None:
    """Return the Latin code page of a text whose high bytes stand alone; None for other texts.

    A sign inside a word ("poniedzia³ek") speaks against a page; of equals the commonest is taken.
    """
    if re.search(rb"[\x80-\xff]{3}", content):
        return None
    words = _IN_WORD.findall(content, 0, _SAMPLE)
    if not words:
        return "cp1252"
    signs = {page: sum(not _is_letter(byte, page) for byte in words) for page in _LATIN_PAGES}
    best = min(_LATIN_PAGES, key=lambda page: signs[page])
    return best if signs[best] <= len(words) / 20 else None


@functools.cache
def _is_letter(byte: bytes, page: str) -> bool:
    return byte.decode(page, "replace").isalpha()


#: Latin code pages, the commonest first.
_LATIN_PAGES: Final = ("cp1252", "cp1250", "iso8859-2")
#: A high byte with an ASCII letter on either side, quotation marks and dashes left out.
_IN_WORD: Final = re.compile(rb"(?<=[a-z])[\x80-\x84\x86-\x90\x98-\xff](?=[a-z])")
_STRAY: Final = re.compile("[\udc80-\udcff]")


def _sample(content: bytes) -> bytes:
    """Return the lines around the first high bytes, cut at line ends where there are any."""
    first = re.search(rb"[\x80-\xff]", content)
    start = max(0, content.rfind(b"\n", 0, first.start()) if first else 0)
    piece = content[start : start + _SAMPLE]
    end = piece.rfind(b"\n")
    return piece[:end] if len(piece) == _SAMPLE and end > _SAMPLE // 2 else piece


def _detected(sample: bytes) -> list[str]:
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, steps=4, chunk_size=1024, enable_fallback=False)
    names = [codec(match.encoding) for match in list(matches)[:3]]
    return [name for name in names if name and name not in ("utf-8", "ascii")]


def _lossy(content: bytes, name: str) -> Decoded | None:
    """Return a text in the declared set with up to 1 % of unknown bytes as U+FFFD."""
    text = content.decode(name, "replace")
    bad = text.count("\ufffd")
    if bad > 0.01 * len(text):
        return None
    return Decoded(text.encode("utf-8", "replace"), "utf-8", f"{name} with {bad} bad bytes")
