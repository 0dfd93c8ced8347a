"""Words: folding, offsets, quotations, sentences."""

import hashlib

import numpy as np
import pytest

from pipeline.dedupe import words as words_module
from pipeline.dedupe.words import read_words

from .invented import article


def words_of(text, flags):
    words = read_words([text])
    spans = zip(words.starts, words.ends, flags(words), strict=True)
    return [text[start:end] for start, end, flag in spans if flag]


def quoted(text):
    return " ".join(words_of(text, lambda words: words.quoted))


def test_typography_case_and_diacritics_do_not_matter():
    one = read_words(["“The café’s owner,” SAID Émile — “isn’t in.”"])
    other = read_words(['"the cafe\'s owner," said Emile - "isn\'t in."'])
    assert np.array_equal(one.hashes, other.hashes)


def test_decomposed_letters_equal_composed_ones():
    assert np.array_equal(read_words(["Zoë café"]).hashes, read_words(["Zoë café"]).hashes)


def test_soft_hyphens_and_accents_of_their_own_do_not_change_a_word():
    plain, marked = read_words(["co operate hyphen"]), read_words(["co o\u0301perate hy\u00adphen"])
    assert np.array_equal(plain.hashes, marked.hashes)
    text = "a hy\u00adphen e\u0301."
    words = read_words([text])
    found = [text[a:b] for a, b in zip(words.starts, words.ends, strict=True)]
    assert found == ["a", "hy\u00adphen", "e\u0301"]


def test_long_words_that_differ_anywhere_differ():
    words = ["abcdefghijklm", "abcdefghijklx", "abcdXfghijklm", "abcdefghijkl", "abcd", "abcdabcd"]
    words += ["abc", "x" * 32, "x" * 33, "x" * 34, "x" * 33 + "y", "y" + "x" * 33]
    assert len(set(read_words([" ".join(words)]).hashes.tolist())) == len(words)


def test_offsets_point_into_each_text():
    texts = ["One two,  three.", "", "Vier — fünf 6", "日本語です"]
    words = read_words(texts)
    found = [
        [text[a:b] for a, b in zip(one.starts, one.ends, strict=True)]
        for text, one in zip(texts, (words.text(i) for i in range(4)), strict=True)
    ]
    assert found == [["One", "two", "three"], [], ["Vier", "fünf", "6"], list("日本語です")]


def test_hashes_are_the_same_in_every_process_and_version():
    digest = hashlib.sha256(read_words([article(1)]).hashes.astype("<u8").tobytes()).hexdigest()
    assert digest[:16] == "4a4e1be3724eabc1"


def test_a_text_reads_the_same_alone_and_in_a_batch():
    texts = [article(seed) for seed in range(150)]
    batch = read_words(texts)
    for index in (0, 1, 77, 149):
        alone, part = read_words([texts[index]]), batch.text(index)
        for name in ("hashes", "starts", "ends", "quoted", "facts", "sentences"):
            assert np.array_equal(getattr(alone, name), getattr(part, name)), name


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("He said “we won” twice.", "we won"),
        ('He said "we won" twice and "left".', "we won left"),
        ("Er sagte: „Wir gehen“ und «blieb».", "Wir gehen blieb"),
        ("'We don't know,' she said of the boys' club.", "We don t know"),
        ("The '90s and rock 'n' roll weren't \"long.", "n"),
        ('A 6" pipe and a 9" one.', ""),
        ("“Never closed on this line\nand so not open here” he said.", ""),
        ("One “open " + "word " * 500 + "here” far away.", ""),
        ("Time travel is possible. — Someone (@someone) May 1, 2018", "ALL"),
        ("Time travel is possible.\n— Someone (@someone) May 1, 2018", "ALL"),
    ],
)
def test_quotations(text, inside):
    wanted = " ".join(words_of(text, lambda words: np.ones(len(words.hashes), bool)))
    assert quoted(text) == (wanted if inside == "ALL" else inside)


def test_facts_are_numbers_and_names_inside_sentences():
    text = "Prices rose 3.2 percent in Berlin. Nobody asked Ruth Osei."
    assert words_of(text, lambda words: words.facts) == ["3", "2", "Berlin", "Ruth", "Osei"]


def test_sentences_end_at_stops_before_gaps_and_at_line_breaks():
    words = read_words(["It cost 3.50 dollars. He paid! “Why?” she asked\nNobody knew"])
    sizes = np.diff(np.flatnonzero(np.diff(words.sentences, prepend=-1)), append=len(words.hashes))
    assert sizes.tolist() == [5, 2, 1, 2, 2]


def test_hostile_texts_are_read():
    for text in (
        "\x00\ufeff\u200b",
        "“" * 5000,
        "'a" * 5000,
        "\ud800 lone",
        "a" * 300_000,
        "\n" * 999,
    ):
        words = read_words([text, "after it"])
        assert words.bounds[-1] == len(words.hashes)
        assert len(words.text(1).hashes) == 2


def test_ascii_by_bytes_is_as_by_the_large_table():
    codes = np.array([*range(0x300), 0x2014, 0x201C, 0xFF21, 0x1F600, 0x10FFFF], np.uint32)
    found = words_module._TABLE.look_up(codes)
    mark, folded = words_module._characters(codes)
    assert mark.tolist() == (found >> 16).tolist()
    assert folded.tolist() == (found & 0xFFFF).tolist()


def test_characters_are_looked_up_alike_in_whatever_order_their_blocks_are_met():
    codes = np.array([0x4E00, 0x1F600, 0x10FFFF, 0x1FFFF, 0x3B1, 0xE9, 0x41], np.uint32)
    table = words_module._Table()
    one_by_one = [int(table.look_up(codes[[at]])[0]) for at in range(len(codes))]
    assert one_by_one == words_module._Table().look_up(codes).tolist()
    assert one_by_one[2] >> 16 == one_by_one[3] >> 16 == words_module._IDEOGRAPH
    assert one_by_one[5] & 0xFFFF == ord("e")
