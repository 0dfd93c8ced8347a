from pipeline.clean.word_count import word_counts


def test_what_blanks_tell_apart_is_counted_but_for_lone_marks():
    assert word_counts(["One two  three\n\nfour", "", "Five – six -- & ... seven", "a-b ---"]) == [
        4, 0, 3, 2,
    ]  # fmt: skip


def test_a_text_counts_the_same_alone_and_in_a_batch():
    texts = ["…", "\u2003Zwölf Boote\u00a0im Hafen ", "x", "\n", "- - -"]
    assert word_counts(texts) == [word_counts([text])[0] for text in texts] == [0, 4, 1, 0, 0]
    assert word_counts([]) == []
