"""CSV and TSV with a header line: one record a row, fields of many lines included.

A quote that is never closed would make one field of all rows after it. So the quotes must follow
the rules, a row has a bound, and what follows a broken row is read again from its second line.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader
from typing import Final, Literal

from pipeline.ingest import charset
from pipeline.ingest.items import Context, Found, Place, Problem
from pipeline.ingest.json_lines import from_record, lines
from pipeline.ingest.reasons import Reason

_DELIMITERS: Final = ",;\t|"
#: The line that tells spreadsheets what parts the cells.
_SEP: Final = re.compile('\ufeff?"?sep=([,;\t|])"?[ \r]{0,3}$', re.IGNORECASE)
_AGAIN: Final = 16  # times the bound of a row that one file may have read again


class _Lines:
    """The lines of a stream as text, remembering those of the current row.

    A row ends by force (StopIteration, after which more may come) at its bound.
    """

    def __init__(self, stream: BufferedReader, ctx: Context) -> None:
        head = stream.peek(1)
        self._charset = _charset_of(head)
        self._source = lines(stream, ctx.limits.record_bytes)
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._header: list[bytes] = []
        self.row: list[tuple[bytes, bool]] = []
        self._size = 0
        self._cap = ctx.limits.document_bytes
        self._again = _AGAIN * self._cap
        self.too_long = False
        self.row_ends_whole = True
        self.ended = False
        self.astray = False  # among lines of which none may be a row

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._size > self._cap:
            self.too_long = True
            raise StopIteration
        line, whole = self._next()
        self.row_ends_whole = line.endswith(b"\n")
        self.row.append((line, whole))
        self._size += len(line)
        if not whole:
            self.too_long = True
            return "\n"
        text = self.text(line)
        return text if self._header else text.removeprefix("\ufeff")

    def _next(self) -> tuple[bytes, bool]:
        if self._waiting:
            return self._waiting.popleft()
        found = next(self._source, None)
        if found is None:
            self.ended = True
            raise StopIteration
        return found[1:]

    def text(self, line: bytes) -> str:
        """Return a line as text."""
        return line.decode(self._charset, "surrogateescape")

    def raw(self) -> bytes:
        """Return the bytes of the current row after those of the header: a file by itself."""
        return b"".join((*self._header, *(line for line, _ in self.row)))

    def end_header(self) -> None:
        """Take the lines so far for the header."""
        self._header = [line for line, _ in self.row]

    def start_row(self) -> None:
        """Forget the row so far."""
        self.row, self._size, self.too_long = [], 0, False

    def back(self) -> bool:
        """Have all lines of the row but the first read again, unless that was done too often."""
        self._again -= self._size
        if self._again < 0 or len(self.row) < 2:
            return False
        self._waiting.extendleft(reversed(self.row[1:]))
        del self.row[1:]
        self._size = len(self.row[0][0])
        return True

    def peek(self) -> bytes | None:
        """Return the next line, b"" for one that is too long, None at the end."""
        if not self._waiting:
            found = next(self._source, None)
            if found is None:
                return None
            self._waiting.append(found[1:])
        line, whole = self._waiting[0]
        return line if whole else b""

    def take(self) -> bool:
        """Add the next line to the row; False once it has reached its bound."""
        line, whole = self._waiting.popleft()
        self.row.append((line, whole))
        self._size += len(line)
        return self._size <= self._cap


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the items of a CSV file; without a column of text it is one failure as a whole."""
    csv.field_size_limit(ctx.limits.record_bytes)
    head, source = stream.peek(1), _Lines(stream, ctx)
    first = head.split(b"\n", 1)[0][:10_000].decode("utf-8", "replace")
    told = _SEP.match(first)
    if told:
        next(source)  # the line is kept with the header
    delimiter = told[1] if told else max(_DELIMITERS, key=first.count)
    quoted = not _is_unquoted(head, delimiter)
    rows = _parser(source, delimiter, quoted)
    header = _header(rows)
    if header is None or not ctx.columns.has_content(header):
        shown = ", ".join(header or ())[:300]
        error = f"{place.uri}: no column for text or HTML in the header: {shown}"
        rest = stream.read(max(0, ctx.limits.document_bytes - len(source.raw())))
        ctx.take_fault()
        yield Problem(place.uri, Reason.WRONG_COLUMNS, error, source.raw() + rest)
        return
    source.end_header()
    yield from _rows(rows, header, _Shape(delimiter, len(header), quoted), source, place, ctx)


def _rows(
    rows: Iterator[list[str]],
    header: Sequence[str],
    shape: _Shape,
    source: _Lines,
    place: Place,
    ctx: Context,
) -> Iterator[Found]:
    number = 1
    while True:
        source.start_row()
        number += 1
        uri = place.record(f"row={number}")
        if source.astray and _to_row(shape, source):
            yield Problem(uri, Reason.MALFORMED, f"{uri}: {_ASTRAY}", source.raw(), whole=False)
            continue
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _broken(str(error), uri, shape, source, ctx)
            continue
        wrong = shape.quoted and _inconsistent(row, header, shape, source)
        if wrong:
            yield _broken(wrong, uri, shape, source, ctx)
            continue
        if row and len(row) == len(header):
            shape.learn(source.text(source.row[0][0]), len(source.row))
        if row or source.too_long:
            yield _found(row, header, uri, source, place, ctx)


def _broken(error: str, uri: str, shape: _Shape, source: _Lines, ctx: Context) -> Problem:
    """Return the problem of a row whose quotes are wrong; go to the line where rows go on.

    That is the next line of the shape of a row: the lines before are most likely of the same
    text, in which a quote was not closed or not doubled.
    """
    cut = source.ended
    fault = ctx.take_fault() if cut else None
    if source.too_long:
        reason, error = Reason.TOO_LARGE, f"row longer than {ctx.limits.document_bytes} bytes"
    elif fault:
        reason, error = fault.reason, fault.error
    else:
        reason = Reason.TRUNCATED if cut else Reason.MALFORMED
    again = source.back()
    if source.row:
        shape.meet(source.text(source.row[0][0]))
    taken = _to_row(shape, source)
    if again and not taken:
        error += "; the rows after it are read"
    raw = source.raw()
    return Problem(uri, reason, f"{uri}: {error}", raw, whole=not again and not taken)


def _inconsistent(
    row: list[str], header: Sequence[str], shape: _Shape, source: _Lines
) -> str | None:
    """Return why the quotes of a row, which follow the rules, are wrong nevertheless."""
    if source.too_long:
        return None
    if len(row) > len(header) and any(b'"' in line for line, _ in source.row):
        return f"{len(row)} cells, the header has {len(header)}"
    if shape.is_odd(source.text(source.row[0][0])):
        return "it begins like the line of a text"
    if len(source.row) > 1:
        first, last = source.row[0][0], source.row[-1][0]
        if last.count(b'"') == 1 and shape.is_merged(
            source.text(first), source.text(last), len(source.row)
        ):
            return "another row begins within it"
    return None


def _to_row(shape: _Shape, source: _Lines) -> int:
    """Take the lines up to one that a row may begin with, or to the bound; return their number."""
    source.astray = True
    taken = 0
    while (line := source.peek()) is not None:
        if not line or shape.fits(source.text(line)):
            break
        taken += 1
        if not source.take():
            return taken
    source.astray = False
    return taken


class _Shape:
    """What the rows of a file begin like, to tell one from the line of a text.

    A line of a text may have as many cells as a row. Where texts go over many lines, a row must
    begin with a link or a number, or open a quote as the rows before it did.
    """

    def __init__(self, delimiter: str, cells: int, quoted: bool) -> None:
        self.quoted = quoted
        self._delimiter = delimiter
        self._cells = cells
        self._seen: Counter[tuple[str, bool]] = Counter()  # kind of first cell, whether quotes open
        self._met: set[str] = set()
        self._sure = 0  # rows that begin with a link or a number
        self._of_many_lines = False

    def learn(self, line: str, lines: int) -> None:
        """Take the first line of a whole row of so many lines for an example."""
        kind = self._first(line)
        self._seen[kind, self._opens_quote(line)] += 1
        self._sure += kind.strip('"') in _SURE
        self._of_many_lines |= lines > 1

    def meet(self, line: str) -> None:
        """Take the first line of a broken row for an example of what the first cell is like."""
        self._met.add(self._first(line))

    def fits(self, line: str) -> bool:
        """Return whether a row may begin with `line`: it begins like one that was seen.

        It has the cells of the header, or fewer and a last one that goes on in the next line.
        """
        cells = self._read(line)
        if cells is None:
            cells = self._read(line.rstrip("\r\n") + '"')
            if cells is None or len(cells) > self._cells:
                return False
        elif len(cells) != self._cells:
            return False
        if len(cells) < 2 and not line.startswith('"'):
            return False
        kind, quotes = self._first(line), self._opens_quote(line)
        if not self._seen:
            return kind in self._met
        if self.is_odd(line) or not any(kind == seen for seen, _ in self._seen):
            return False
        if quotes or kind == "url" or kind == '"url':
            return True
        if self._of_many_lines and kind.strip('"') not in _SURE:
            return False
        return (kind, quotes) in self._seen

    def is_odd(self, line: str) -> bool:
        """Return whether a row with words at its beginning is none of this file.

        All others begin with links or numbers, and texts go over many lines: it is one of these.
        """
        if not self._of_many_lines or self._sure < _ENOUGH or self._opens_quote(line):
            return False
        return self._first(line) == "words" and self._sure > _RARE * self._seen["words", False]

    def is_merged(self, begin: str, end: str, lines: int) -> bool:
        """Return whether the last line of a row, with one quote in it, is another by itself.

        So it is where a quote is not closed and the sign of an inch at a later line's end closes
        it. Only a link, or the number that counts on to it, is taken for a sign of that.
        """
        cells, before = self._read(end), begin.split(self._delimiter, 1)[0].strip('" ')
        if cells is None or len(cells) != self._cells:
            return False
        first = cells[0].strip()
        if first.isdecimal() and before.isdecimal() and len(before) < 18:
            return len(first) < 19 and int(first) == int(before) + lines - 1
        return self._first(end) == self._first(begin) == "url"

    def _opens_quote(self, line: str) -> bool:
        return line.startswith('"') or f'{self._delimiter}"' in line

    def _first(self, line: str) -> str:
        """Return the kind of the first cell of a line, a mark before it where it is quoted."""
        cell = line[:200].split(self._delimiter, 1)[0].strip(" \r\n\ufeff")
        mark, cell = ('"' if cell.startswith('"') else ""), cell.strip('" ')
        if not cell or cell.isdecimal():
            return mark + (cell and "number")
        if cell.startswith(("http:", "https:")):
            return mark + "url"
        return mark + ("words" if " " in cell else "word")

    def _read(self, line: str) -> list[str] | None:
        try:
            return next(_parser([line], self._delimiter, self.quoted), None)
        except csv.Error:
            return None


_SURE: Final = frozenset(("url", "number"))
_ENOUGH: Final = 5  # rows to tell what is usual
_CLOSED: Final = re.compile(r'"(?:[^"]|"")*"')
_RARE: Final = 20  # times rarer than what is usual
_ASTRAY: Final = "lines after a broken row, of which none begins one"


def _found(
    row: list[str], header: Sequence[str], uri: str, source: _Lines, place: Place, ctx: Context
) -> Found:
    if source.too_long:
        error = f"{uri}: line longer than {ctx.limits.record_bytes} bytes"
        return Problem(uri, Reason.TOO_LARGE, error, source.raw())
    fault = None if source.row_ends_whole else ctx.take_fault()
    if fault:
        return Problem(uri, fault.reason, fault.error, source.raw(), whole=False)
    if len(row) > len(header):
        error = f"{uri}: {len(row)} cells, the header has {len(header)}"
        return Problem(uri, Reason.MALFORMED, error, source.raw())
    record = dict(zip(header, row, strict=False))
    missing = dict.fromkeys(header[len(row) :], "")
    return from_record({**record, **missing}, uri, place, ctx, source.raw())


def _header(rows: Iterator[list[str]]) -> list[str] | None:
    try:
        header = next(rows, None)
    except csv.Error:
        return None
    return [name.strip("\ufeff ") for name in header] if header else None


def _parser(source: Iterable[str], delimiter: str, quoted: bool) -> Iterator[list[str]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    return csv.reader(source, delimiter=delimiter, quoting=quoting, strict=True)


def _is_unquoted(head: bytes, delimiter: str) -> bool:
    """Return whether quotes are no more than text, in cells parted by tabs.

    So it is where every line has the cells of the header, and most of the quotes that open a
    cell are not closed at its end. Too few lines tell nothing: one row may be broken.
    """
    if delimiter != "\t" or b'"' not in head:
        return False
    whole = head[: head.rfind(b"\n") + 1].decode("utf-8", "replace").split("\n")[:-1]
    lines = [line.rstrip("\r").split("\t") for line in whole if line.strip()]
    if len(lines) <= _ENOUGH or len(set(map(len, lines))) != 1:
        return False
    opened = [cell for line in lines for cell in line if cell.startswith('"')]
    return sum(not _CLOSED.fullmatch(cell) for cell in opened) > len(opened) / 2


def _charset_of(head: bytes) -> str:
    """Return the set of the whole file by its first bytes; UTF-8 with strays is UTF-8."""
    sample = head[: head.rfind(b"\n") + 1] or head
    decoded = charset.decide(sample)
    if decoded is None or decoded.note or decoded.charset == "utf-8-sig":
        return "utf-8"
    return decoded.charset
