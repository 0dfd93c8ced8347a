"""JSON files: an array of records, one record, or records one after the other.

The values are parsed one at a time from a growing buffer, so that an array of any length needs
the memory of its largest record. Behind a value that breaks the rules they go on at the next
record like those before it. JSONL is read line by line elsewhere.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

from pipeline.ingest.columns import ColumnMap
from pipeline.ingest.items import Context, Found, Place, Problem
from pipeline.ingest.json_lines import from_record, is_long_integer, lenient, mapped_record
from pipeline.ingest.limits import MIB
from pipeline.ingest.reasons import Reason

_BLANK: Final = " \t\r\n\ufeff"
#: Where a record may begin, and what stands before it: the end of another.
_BEGIN: Final = re.compile(r"\{\s{0,50}\"")
_END: Final = re.compile(r"[}\]\w\"]\s{0,50},?\s{0,50}\Z")
_BETWEEN_CHARS: Final = 120
_ALIKE: Final = 0.5  # of the names of two records of a file
_AGAIN: Final = 32  # times the largest record, that are looked at in search of one
_COPIES: Final = 16  # are made in the time that one look takes
_WINDOW: Final = 16 * 1024
_LARGE: Final = MIB // 2  # characters of an object, of which a list may be read bit by bit
_NEAR_END: Final = 64  # an error so close to the end of the buffer may be the buffer's end

#: Keys under which APIs wrap their list of records.
_WRAPPERS: Final = frozenset(
    ("articles", "items", "data", "results", "documents", "docs", "records", "rows", "news", "hits")
)
_WRAPPED_DEPTH: Final = 3  # of mappings around a list of records
_KEY: Final = re.compile(r"\d|https?:")  # an address or a number, by which records are told
_LOOKED_AT: Final = 20  # records of a list, for whether it holds any with text


class _Stuck(Exception):
    """A value cannot be read, or none after it either where this is raised."""

    def __init__(self, reason: Reason, message: str, raw: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.raw = raw


class _Values:
    """The values of a JSON stream, one after the other, whether in an array or not."""

    def __init__(self, stream: BufferedReader, ctx: Context) -> None:
        self._stream = stream
        self._limits = ctx.limits
        self._columns = ctx.columns
        self._names: frozenset[str] = frozenset()  # of the last record
        self._again = _AGAIN * ctx.limits.record_bytes
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._ended = False
        self._parse = json.JSONDecoder().raw_decode

    def __iter__(self) -> Iterator[Any]:
        """Yield the values, and a `_Stuck` for what lies between two of them."""
        in_object = self._skip(_BLANK) == "{" and self._enter_list()
        in_array = in_object or self._skip(_BLANK) == "["
        if in_array:
            self._at += 1
        while (first := self._skip(_BLANK + ",")) and not (in_array and first == "]"):
            yield self._value_or_stuck(first)
        if in_array and not first:
            raise self._stuck(Reason.TRUNCATED, "the array is not closed")
        self._at += in_array
        if in_object:
            yield from self._rest_of_object()
        if in_array and self._skip(_BLANK):
            raise self._stuck(Reason.MALFORMED, "something follows the array")

    def _enter_list(self) -> bool:
        """Go to the first list of records in a large object; False where none can be seen.

        A small object is parsed as one value.
        """
        if self._ended or len(self._text) < _LARGE:
            return False
        at = self._at + 1
        try:
            while True:
                name, at = self._parse(self._text, self._after(_BLANK + ",", at))
                at = self._after(_BLANK + ":", at)
                if not isinstance(name, str):
                    return False
                if self._text[at] == "[":
                    record, _ = self._parse(self._text, self._after(_BLANK, at + 1))
                    if isinstance(record, dict) and _has_text(record, self._columns):
                        self._at = at
                        return True
                _, at = self._parse(self._text, at)
        except (ValueError, IndexError, RecursionError):
            return False

    def _after(self, blanks: str, at: int) -> int:
        while self._text[at] in blanks:
            at += 1
        return at

    def _rest_of_object(self) -> Iterator[Any]:
        """Yield the records in what follows the list in an object, up to its end."""
        while (first := self._skip(_BLANK + ",")) == '"':
            name = self._value(first)
            value = self._value(self._skip(_BLANK + ":"))
            yield from _wrapped({name: value}, self._columns, _WRAPPED_DEPTH)
        if first != "}":
            reason = Reason.MALFORMED if first else Reason.TRUNCATED
            raise self._stuck(reason, "the object around the list is not closed")
        self._at += 1

    def _skip(self, blanks: str) -> str:
        """Go to the next character that is none of `blanks`; return it, "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in blanks:
                    return self._text[self._at]
                self._at += 1
            if not self._more(MIB):
                return ""

    def _more(self, count: int) -> bool:
        if self._ended:
            return False
        data = self._stream.read(count)
        self._ended = not data
        self._text = self._text[self._at :] + self._decode(data, self._ended)
        self._at = 0
        return True

    def _value_or_stuck(self, first: str) -> Any:
        try:
            value = self._value(first)
        except _Stuck as stuck:
            skipped = self._to_next_record()
            if skipped is None:
                stuck.raw = self._text[self._at :]
                raise
            stuck.raw = skipped
            return stuck
        if isinstance(value, dict):
            self._names = frozenset(value)
        return value

    def _to_next_record(self) -> str | None:
        """Go to the next record like the last; return what is skipped, None if there is none."""
        self._text, self._at = self._text[self._at :], 0
        self._again -= len(self._text) // _COPIES
        start = 1
        while True:
            found = _BEGIN.search(self._text, self._at + start)
            place = found.start() if found else len(self._text)
            what = self._is_record(place) if found else None
            if what:
                skipped = self._text[self._at : place].rstrip(_BLANK + ",")
                self._at = place
                return skipped
            if what is not None:
                start = place - self._at + 1
                continue
            start = max(1, place - self._at - (0 if found else _BETWEEN_CHARS))
            here = len(self._text) - self._at
            too_long = here > self._limits.record_bytes or self._again < 0
            if too_long or not self._more(max(MIB, here)):
                return None

    def _is_record(self, at: int) -> bool | None:
        """Return whether a record like the last begins at a place; None where the text ends."""
        if not _END.search(self._text, max(self._at, at - _BETWEEN_CHARS), at):
            return False
        # An error counts the lines before it: so it must not have the whole text.
        for text in (self._text[at : at + _WINDOW], self._text[at:]):
            self._again -= len(text)
            if self._again < 0:
                return None
            try:
                value, _ = self._parse(text)
                break
            except RecursionError:
                return False
            except ValueError as error:
                unfinished = "Unterminated string" in str(error)
                if not unfinished and getattr(error, "pos", 0) < len(text) - _NEAR_END:
                    return False
        else:
            return False if self._ended else None
        if not isinstance(value, dict):
            return False
        names = frozenset(value)
        if not self._names:
            return self._columns.has_content(list(value))
        return len(names & self._names) >= _ALIKE * len(names | self._names)

    def _value(self, first: str) -> Any:
        while True:
            try:
                value, end = self._parse(self._text, self._at)
                # A number at the end of the buffer may go on.
                if end < len(self._text) or self._ended or first in '{["':
                    self._at = end
                    return value
            except ValueError as error:
                if is_long_integer(error) and self._parse != lenient.raw_decode:
                    self._parse = lenient.raw_decode
                    continue
                if self._ended:
                    raise self._unfinished(error) from None
                if self._is_wrong(error):
                    raise self._stuck(Reason.MALFORMED, str(error)) from None
            except RecursionError:
                raise self._stuck(Reason.TOO_DEEP, "nested too deep") from None
            if len(self._text) - self._at > self._limits.record_bytes:
                message = f"a value longer than {self._limits.record_bytes} characters"
                raise self._stuck(Reason.TOO_LARGE, message)
            self._more(max(MIB, len(self._text) - self._at))  # doubling: each is parsed twice

    def _is_wrong(self, error: ValueError) -> bool:
        """Return whether more data cannot cure `error`."""
        position = getattr(error, "pos", 0)
        unfinished = "Unterminated string" in str(error)
        return not unfinished and position < len(self._text) - _NEAR_END

    def _unfinished(self, error: ValueError) -> _Stuck:
        position = getattr(error, "pos", 0)
        wrong = "Unterminated string" not in str(error) and position < len(self._text.rstrip())
        return self._stuck(Reason.MALFORMED if wrong else Reason.TRUNCATED, str(error))

    def _stuck(self, reason: Reason, message: str) -> _Stuck:
        return _Stuck(reason, message[:200], self._text[self._at :])


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield the items of a JSON file; what breaks it is a failure, up to the next record."""
    number = 0
    try:
        for value in _Values(stream, ctx):
            if isinstance(value, _Stuck):
                number += 1
                uri = place.record(f"item={number}")
                raw = value.raw.encode("utf-8", "surrogateescape")
                yield Problem(uri, value.reason, f"{uri}: {value}", raw)
                continue
            for record in _records(value, ctx.columns):
                number += 1
                yield from_record(record, place.record(f"item={number}"), place, ctx)
    except _Stuck as stuck:
        number += 1
        fault = ctx.take_fault()
        reason, message = (fault.reason, fault.error) if fault else (stuck.reason, str(stuck))
        uri = place.record(f"item={number}")
        raw = stuck.raw.encode("utf-8", "surrogateescape")
        raw += stream.read(max(0, ctx.limits.document_bytes - len(raw)))
        whole = fault is None and ctx.fault is None
        yield Problem(uri, reason, f"{uri}: {message}", raw, whole=whole)
    if not number and not ctx.fault:
        yield Problem(place.uri, Reason.EMPTY, f"{place.uri}: no records")


def _records(value: Any, columns: ColumnMap) -> list[Any]:
    """Return the records of a value: itself, or those that it wraps.

    APIs wrap them in a list (`{"articles": […]}`), which may lie deeper (`{"response": {"docs":
    […]}}`); some scrapers write one object that maps addresses to records.
    """
    if not isinstance(value, dict):
        return [value]
    named = [
        record
        for name, inner in value.items()
        if name.lower() in _WRAPPERS and _is_list_of_records(inner)
        for record in inner
    ]
    own = _has_text(value, columns)
    if named and not (own and not _any_has_text(named, columns)):
        return named
    if own:
        return [value]
    return _wrapped(value, columns, _WRAPPED_DEPTH) or ([] if _is_empty(value) else [value])


def _wrapped(value: dict[str, Any], columns: ColumnMap, depth: int) -> list[Any]:
    """Return the records with text in lists or mappings within `value`."""
    found: list[Any] = []
    for inner in value.values():
        if _is_list_of_records(inner) and _any_has_text(inner, columns):
            found += inner
        elif isinstance(inner, dict) and depth > 1 and not _has_text(inner, columns):
            found += _wrapped(inner, columns, depth - 1)
    if not found and all(_KEY.search(name) and _is_record(value[name], columns) for name in value):
        found = [{"url": name, **inner} for name, inner in value.items()]
    return found


def _is_empty(value: dict[str, Any]) -> bool:
    """Return whether a value is an answer of an API that found nothing."""
    return any(name.lower() in _WRAPPERS and inner == [] for name, inner in value.items())


def _has_text(value: dict[str, Any], columns: ColumnMap) -> bool:
    mapped = mapped_record(value, columns)
    return mapped is not None and mapped.content is not None


def _is_record(value: Any, columns: ColumnMap) -> bool:
    return isinstance(value, dict) and _has_text(value, columns)


def _any_has_text(records: list[Any], columns: ColumnMap) -> bool:
    return any(_has_text(record, columns) for record in records[:_LOOKED_AT])


def _is_list_of_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)
