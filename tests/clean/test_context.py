import numpy as np

from pipeline.clean.context import context_columns, main_runs
from pipeline.clean.features import line_features
from pipeline.clean.lines import split
from tests.clean.texts import ARTICLE, PAGE


def columns_of(texts):
    lines = split(texts)
    columns = line_features(lines)
    for role in ("body", "comment", "related", "nav", "social"):
        # Stands in for what the words of a line say.
        columns[f"word_{role}"] = np.where(columns["words"] > 12, 0.75, 0.25)
    return lines, context_columns(lines, columns)


def test_columns_of_a_text_do_not_depend_on_the_batch():
    texts = [PAGE, "", ARTICLE, "One line only"]
    lines, together = columns_of(texts)
    for number, text in enumerate(texts):
        own = slice(lines.first[number], lines.first[number + 1])
        for name, column in columns_of([text])[1].items():
            np.testing.assert_array_equal(together[name][own], column, err_msg=name)


def test_the_main_run_is_the_stretch_of_greatest_gain():
    lines = split(["a\nb\nc\nd\ne\nf", "g\nh"])
    start, end = main_runs(lines, np.array([1.0, -2.0, 3.0, -1.0, 3.0, -1.0, -1.0, 2.0]))
    assert list(zip(start, end, strict=True)) == [(2, 5)] * 6 + [(7, 8)] * 2


def test_lines_are_placed_against_the_main_run():
    prose = "the council said on Tuesday that it would not pay for the old pier in the harbour now"
    _, columns = columns_of([f"Menu\nNews\n{prose}\n{prose} again\nShare\nMore stories"])
    assert columns["long_in"].tolist() == [0, 0, 1, 1, 0, 0]
    assert columns["long_from"].tolist() == [-2, -1, 0, 1, 2, 3]
    assert columns["long_between"][4] == 0 < columns["long_between"][5]
