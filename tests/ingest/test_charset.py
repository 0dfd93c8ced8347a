"""Character sets: what is declared, what is marked, what is found, what is repaired."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest import charset
from tests.ingest.support import jsonl, put, read_all, reasons

ENGLISH = "The café’s owner said: “We won’t close — ever.” It cost £5. " * 20
RUSSIAN = "В понедельник городской совет обсудил новый план движения трамваев. " * 20
JAPANESE = "市議会は月曜日に新しい路面電車の計画について話し合いました。" * 20
FRENCH = "La municipalité a décidé que les tramways ne circuleront plus où ça gêne. "
POLISH = "Rada miejska omówiła w poniedziałek nowy plan ruchu tramwajów, prośba książki. " * 20


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, JAPANESE])
def test_unicode(text, name):
    if name == "utf-16-le" and text is not ENGLISH:
        pytest.skip("without a mark only Latin text shows the pattern")
    decoded = charset.decide(text.encode(name))
    assert decoded is not None
    assert decoded.content.decode(decoded.charset) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso-2022-jp"),
        (POLISH, "iso-8859-2"),
        (ENGLISH.replace("—", "-"), "windows-1252"),
    ],
)
def test_declared_in_the_page_or_in_the_header(text, name):
    raw = text.encode(name)
    page = f'<html><head><meta http-equiv="x" content="text/html; charset={name}">'.encode() + raw
    for decoded in (charset.decide(page, html=True), charset.decide(raw, name)):
        assert decoded is not None
        assert decoded.content.decode(decoded.charset).endswith(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ENGLISH, "cp1252"),
        (FRENCH, "cp1252"),
        (POLISH, "cp1250"),
        (POLISH, "iso-8859-2"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
    ],
)
def test_found_without_a_declaration(text, name):
    decoded = charset.decide(text.encode(name))
    assert decoded is not None
    assert decoded.content.decode(decoded.charset) == text


def test_latin_1_stands_for_windows_1252():
    decoded = charset.decide("“Quoted” – é".encode("cp1252"), "iso-8859-1")
    assert decoded == charset.Decoded("“Quoted” – é".encode("cp1252"), "cp1252")


def test_valid_utf_8_outweighs_a_stale_declaration():
    page = f'<meta charset="iso-8859-1"><p>{ENGLISH}'.encode()
    assert charset.decide(page, html=True) == charset.Decoded(page, "utf-8")


def test_stray_bytes_in_utf_8_are_repaired_and_noted(tmp_path):
    raw = ENGLISH.encode() + b" It\x92s \x93quoted\x94 here."
    put(tmp_path, "a.txt", raw)
    (document,), _ = read_all(tmp_path)
    assert document.content.decode() == ENGLISH + " It’s “quoted” here."
    assert document.given == {"charset_note": "utf-8 with 3 stray bytes read as cp1252"}


def test_nuls_and_lone_surrogates(tmp_path):
    records = ['{"text": "A\\u0000B \\ud800 and \\ude00. Enough of it, with \\ud83d\\ude00."}']
    put(tmp_path, "a.jsonl", "\n".join(records))
    put(tmp_path, "b.txt", b"A \x00 in a long line of text " + b"and more of it " * 20)
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert documents[0].content.decode() == (
        "A\0B \ufffd and \ufffd. Enough of it, with \U0001f600."
    )
    assert b"\0" in documents[1].content


def test_invalid_bytes_in_jsonl(tmp_path):
    put(
        tmp_path,
        "a.jsonl",
        b'{"text": "Caf\xe9, fa\xe7ade and na\xefve words in Latin."}\n' + jsonl(),
    )
    documents, failures = read_all(tmp_path)
    assert failures == []
    assert len(documents) == 4
    assert "Caf" in documents[0].content.decode(documents[0].charset)


def test_noise_is_binary_or_undecodable(tmp_path):
    put(tmp_path, "a.txt", bytes(range(256)) * 20)
    put(tmp_path, "b.txt", b"%PDF-1.7\nnot for us\n")
    put(tmp_path, "c.txt", b"\x89PNG\r\n\x1a\n" + b"abc " * 100)
    documents, failures = read_all(tmp_path)
    assert documents == []
    assert reasons(failures) == ["binary"] * 3
    assert failures[1].content == b"%PDF-1.7\nnot for us\n"


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "gbk", "utf-7", "no-such", "hex"]))
def test_whatever_is_decided_decodes(raw, declared):
    decoded = charset.decide(raw, declared, html=True)
    if decoded is not None:
        decoded.content.decode(decoded.charset).encode()


@given(st.text(max_size=200))
def test_utf_8_comes_back_as_it_was(text):
    decoded = charset.decide(text.encode())
    assert decoded is not None
    assert decoded.content == text.encode()
    if "\0" not in text and not text.startswith("\ufeff"):
        assert decoded.content.decode(decoded.charset) == text
