"""JSON files: an array of records, one record, or records one after the other.

The values are parsed one at a time from a growing buffer, so that an array of any length needs
the memory of its largest record. JSONL is read line by line elsewhere.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

from pipeline.ingest.items import Context, Found, Place, Problem
from pipeline.ingest.json_lines import from_record, is_long_integer, lenient
from pipeline.ingest.limits import MIB
from pipeline.ingest.reasons import Reason

_BLANK: Final = " \t\r\n\ufeff"
_NEAR_END: Final = 64  # an error so close to the end of the buffer may be the buffer's end

#: Keys under which APIs wrap their list of records.
_WRAPPERS: Final = frozenset(
    ("articles", "items", "data", "results", "documents", "docs", "records", "rows", "news", "hits")
)


class _Stuck(Exception):
    """The values cannot be read any further."""

    def __init__(self, reason: Reason, message: str, raw: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.raw = raw


class _Values:
    """The values of a JSON stream, one after the other, whether in an array or not."""

    def __init__(self, stream: BufferedReader, ctx: Context) -> None:
        self._stream = stream
        self._limits = ctx.limits
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._ended = False
        self._parse = json.JSONDecoder().raw_decode

    def __iter__(self) -> Iterator[Any]:
        in_array = self._skip(_BLANK) == "["
        if in_array:
            self._at += 1
        while (first := self._skip(_BLANK + ",")) and not (in_array and first == "]"):
            yield self._value(first)
        if in_array and not first:
            raise self._stuck(Reason.TRUNCATED, "the array is not closed")
        self._at += in_array
        if in_array and self._skip(_BLANK):
            raise self._stuck(Reason.MALFORMED, "something follows the array")

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
    """Yield the items of a JSON file; where it breaks, the rest is one failure."""
    number = 0
    try:
        for value in _Values(stream, ctx):
            for record in _records(value):
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


def _records(value: Any) -> list[Any]:
    """Return the records of a value: those in its lists (`{"articles": […]}`), else itself."""
    if not isinstance(value, dict):
        return [value]
    wrapped = [
        record
        for name, inner in value.items()
        if name.lower() in _WRAPPERS and _is_list_of_records(inner)
        for record in inner
    ]
    return wrapped or [value]


def _is_list_of_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)
