"""What every field module looks at: one document, its lines and what its markup says.

A field module offers `candidates(context) -> list[Candidate]`. Views that several of them need
are cached here; rules about one field do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pipeline.describe import dateline, headline_lines, hints
from pipeline.records import BODY, Candidate, Cleaned, Document, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: How many lines at either end of a text can hold its furniture; bounds the work on huge texts.
TOP_LINES: Final = 60
BOTTOM_LINES: Final = 40

#: Probability from which a line counts as the headline for what stands around it.
LIKELY: Final = 0.3

#: Longest piece of source text kept as evidence, in characters.
SOURCE_TEXT_LENGTH: Final = 200


T = TypeVar("T")


class view(Generic[T]):
    """A property computed once; `functools.cached_property` takes a lock, and twice as long."""

    def __init__(self, read: Callable[[Context], T]) -> None:
        self._read = read
        self._name = read.__name__
        self.__doc__ = read.__doc__

    def __get__(self, context: Context, _owner: type[Context]) -> T:
        value = context.__dict__[self._name] = self._read(context)
        return value


@dataclass(frozen=True)
class Context:
    """One document as the field modules see it.

    `markup` holds the candidates read from the HTML tree (`pipeline.describe.markup_candidates`),
    empty for flattened text; `detected` the language of the text and `hinted` the hints of its
    lines, where they are known already.
    """

    document: Document
    cleaned: Cleaned
    markup: tuple[Candidate, ...] = ()
    detected: tuple[str | None, float | None] | None = None
    hinted: Sequence[int] | None = None

    @view
    def hints(self) -> Sequence[int]:
        """What each line holds that rules ask for: bits of `hints`."""
        return hints.of_articles([self.cleaned])[0] if self.hinted is None else self.hinted

    def with_hint(self, hint: int) -> list[int]:
        """Return the numbers of the lines with a hint."""
        return [number for number, held in enumerate(self.hints) if held & hint]

    @view
    def top(self) -> tuple[Line, ...]:
        """The first lines of the text, whatever their role."""
        return self.cleaned.lines[:TOP_LINES]

    @view
    def bottom(self) -> tuple[Line, ...]:
        """The last lines of the text, whatever their role, without those of `top`."""
        return self.cleaned.lines[max(TOP_LINES, len(self.cleaned.lines) - BOTTOM_LINES) :]

    @view
    def edges(self) -> tuple[Line, ...]:
        """`top` and `bottom`: where furniture stands."""
        return self.top + self.bottom

    @view
    def first_body_index(self) -> int:
        """Index into `cleaned.lines` of the first body line; their number if there is none."""
        lines = self.cleaned.lines
        return next((i for i, line in enumerate(lines) if line.role == BODY), len(lines))

    @view
    def last_body_index(self) -> int:
        """Index into `cleaned.lines` of the last body line; their number if there is none."""
        lines = self.cleaned.lines
        return next((i for i in reversed(range(len(lines))) if lines[i].role == BODY), len(lines))

    @view
    def before_body(self) -> tuple[Line, ...]:
        """The lines before the first body line; at most the `TOP_LINES` nearest to it."""
        first = self.first_body_index
        return self.cleaned.lines[max(0, first - TOP_LINES) : first]

    @view
    def _by_role(self) -> dict[str, tuple[Line, ...]]:
        grouped: dict[str, list[Line]] = {}
        for line in self.cleaned.lines:
            grouped.setdefault(line.role, []).append(line)
        return {role: tuple(lines) for role, lines in grouped.items()}

    def with_role(self, *roles: str) -> tuple[Line, ...]:
        """Return the lines of any of `roles`, in the order of the text."""
        if len(roles) == 1:
            return self._by_role.get(roles[0], ())
        lines = [line for role in roles for line in self._by_role.get(role, ())]
        return tuple(sorted(lines, key=lambda line: line.start))

    @view
    def last_body(self) -> Line | None:
        """The last body line, where there is one."""
        body = self._by_role.get(BODY, ())
        return body[-1] if body else None

    @view
    def likely_headlines(self) -> list[tuple[Line, float]]:
        """The lines of flattened text that can be the headline, likeliest first."""
        from pipeline.describe.headline import told_twice

        return told_twice(headline_lines.likely_headlines(self))

    @view
    def headline_at(self) -> int | None:
        """Index of the likeliest headline of flattened text; of its repeats, the one at the story.

        The first can be the title of the browser's tab, with the whole menu below it.
        """
        if not self.likely_headlines or self.likely_headlines[0][1] < LIKELY:
            return None
        top, lines = self.likely_headlines[0][0], self.cleaned.lines
        text = top.text.strip()
        last = min(len(lines), self.first_body_index + 3)
        found = [i for i in range(last) if lines[i] is top or lines[i].text.strip() == text]
        return found[-1] if found else None

    @view
    def dateline(self) -> tuple[dateline.Dateline, Line] | None:
        """The dateline that the story opens with, and its line."""
        return dateline.found(self)

    @view
    def under_headline(self) -> tuple[Line, ...]:
        """The six lines under the likeliest headline; empty where none is likely."""
        at = self.headline_at
        return () if at is None else self.cleaned.lines[at + 1 : at + 7]

    @view
    def below_headline(self) -> Sequence[Line]:
        """The lines below the headline where its author can be named."""
        from pipeline.describe.near_headline import below

        return below(self)

    def markup_for(self, field: str) -> tuple[Candidate, ...]:
        """Return what the markup says about `field`, in the order found."""
        if not self.markup:
            return ()
        return tuple(candidate for candidate in self.markup if candidate.field == field)


def shorten(text: str) -> str:
    """Return `text` on one line, cut to the length that evidence keeps."""
    flat = " ".join(text[: 2 * SOURCE_TEXT_LENGTH].split())
    return flat if len(flat) <= SOURCE_TEXT_LENGTH else flat[: SOURCE_TEXT_LENGTH - 1] + "…"
