"""Two articles side by side."""

import io

from rich.console import Console

from pipeline.dedupe.diff import compare, diff, render, summary

from .invented import article, reprint


def shown(*arguments):
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system="standard")
    console.print(render(*arguments))
    return console.file.getvalue()


def test_shared_passages_are_marked_in_both():
    one, other = article(1, 5), reprint(article(1, 5), 9)
    out = shown(one, other, "First", "Second")
    assert "First" in out
    assert out.count("\x1b[1;32m") >= 2
    assert "Revision" in out
    assert len(diff(one, other)) == 1


def test_unlike_texts_have_nothing_marked():
    assert diff(article(1), article(2)) == []
    assert summary(article(1), article(2)).startswith("No duplicates")


def test_markup_and_control_characters_do_nothing():
    hostile = "[red]not red[/red] \x1b]0;title\x07 \x1b[2J text with \u202e and [/] ends here"
    out = shown(hostile, "", "[bold]A[/bold]", "B\x07")
    assert "[red]not red[/red]" in out
    assert "\x1b[2J" not in out
    assert "\x07" not in out
    assert "\u202e" not in out
    assert "[bold]A[/bold]" in out


def test_the_verdict_does_not_depend_on_the_side():
    one, other = article(1), reprint(article(1), 4)
    assert compare(one, other)[0] == compare(other, one)[0]
