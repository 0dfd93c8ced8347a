"""Which column or key of a record holds what: the map, and its use on one record.

The default map is data (`data/columns.yaml`). Formats do not belong here: a record is a mapping
from names to values, wherever it comes from.
"""

from __future__ import annotations

import base64
import binascii
import functools
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import yaml

ROLES: Final = (
    "text", "html", "html_base64", "url", "headline", "deck", "authors", "outlet", "date",
    "language", "agency", "scraped_at", "charset",
)  # fmt: skip

#: Roles that become `Document.given` as they are.
GIVEN: Final = ("headline", "deck", "authors", "outlet", "date", "language", "agency")

_GIVEN_SET: Final = frozenset(GIVEN)
_CONTENT: Final = ("html", "html_base64", "text")
_VALUE_CHARS: Final = 2000
_MOST_COLUMNS: Final = 1000  # of a record that has its text in another
_URL: Final = re.compile(
    r"(?:https?|ftp)://[^\s]+|[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?/[^\s]*", re.IGNORECASE
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MARKUP: Final = re.compile(r"</?[a-zA-Z!][^<>]{0,500}>")
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class ColumnMapError(Exception):
    """The configured column map cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """For each role the column names that may hold it, in order of preference."""

    aliases: Mapping[str, tuple[str, ...]]
    _resolved: dict[tuple[str, ...], dict[str, list[str]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @staticmethod
    def default() -> ColumnMap:
        """Return the shipped map."""
        return _default()

    @staticmethod
    def configured() -> ColumnMap:
        """Return the map of the YAML file that COPYDESK_COLUMNS names, else the shipped one.

        The file maps roles to names as for `of`; ColumnMapError says what is wrong with it.
        """
        path = os.environ.get("COPYDESK_COLUMNS")
        if not path:
            return ColumnMap.default()
        try:
            overrides = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
            if not isinstance(overrides, dict):
                raise ValueError("no mapping of roles to names of columns")
            return ColumnMap.of(overrides)
        except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
            # Not from the cause, which a run would show alone: the setting is to be named.
            raise ColumnMapError(f"COPYDESK_COLUMNS={path}: {error}") from None

    @staticmethod
    def of(overrides: Mapping[str, str | Sequence[str]]) -> ColumnMap:
        """Return the shipped map with the roles of `overrides` replaced, for example
        `{"text": "art_body", "date": ["when", "day"]}`; ValueError for an unknown role.
        """
        unknown = sorted(set(overrides) - set(ROLES))
        if unknown:
            raise ValueError(f"unknown role {unknown[0]!r}; there are: {', '.join(ROLES)}")
        changed = {role: _names(names) for role, names in overrides.items()}
        return ColumnMap({**_default().aliases, **changed})

    def resolve(self, columns: Sequence[str]) -> dict[str, list[str]]:
        """Return for each role the columns of a record that hold it, best first."""
        key = tuple(columns)
        known = self._resolved.get(key)
        if known is None:
            known = self._look_up(key)
            if len(self._resolved) < 1000 and len(key) < 200:
                self._resolved[key] = known
        return known

    def has_content(self, columns: Sequence[str]) -> bool:
        """Return whether any column may hold text or HTML."""
        roles = self.resolve(columns)
        return any(role in roles for role in _CONTENT)

    def may_nest(self, column: str) -> bool:
        """Return whether the fields of a record may stand within `column`."""
        name = _normal(column)
        return name in _nesting() or any(name in self.aliases[role] for role in _CONTENT)

    def _look_up(self, columns: Sequence[str]) -> dict[str, list[str]]:
        by_name: dict[str, str] = {}
        for column in columns:
            by_name.setdefault(_normal(column), column)
        found = {
            role: [by_name[alias] for alias in aliases if alias in by_name]
            for role, aliases in self.aliases.items()
        }
        return {role: names for role, names in found.items() if names}


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record read through the map; `content` is None where no column holds any."""

    content: bytes | None
    media_type: str | None
    url: str | None
    scraped_at: datetime | None
    given: dict[str, str]
    charset: str | None = None  # declared for bytes


def map_record(record: Mapping[str, Any], columns: ColumnMap) -> Mapped | None:
    """Return `record` read through `columns`; None where no column is for text or HTML."""
    roles = columns.resolve(tuple(record))
    if not ("text" in roles or "html" in roles or "html_base64" in roles):
        return None
    content, media_type = _content(record, roles)
    url, scraped_at, given = map_metadata(record, columns)
    return Mapped(content, media_type, url, scraped_at, given, map_charset(record, columns))


def flattened(record: Mapping[str, Any], columns: ColumnMap) -> dict[str, Any] | None:
    """Return `record` with the fields of a mapping in it that holds the text beside its own.

    `{"_id": 1, "_source": {"title": …, "text": …}}` has its text in `_source`: only columns of
    text and those that the map's data name for it are looked into, two levels deep. None where
    none holds any.
    """
    for _ in range(2 if len(record) < _MOST_COLUMNS else 0):
        names = [name for name in record if _is_nested(record, name, columns)]
        if not names:
            return None
        with_text = (name for name in names if columns.has_content(tuple(record[name])))
        name = next(with_text, names[0])
        inner = {str(key): value for key, value in record[name].items() if value is not None}
        record = {**{key: record[key] for key in record if key != name}, **inner}
        if _content(record, columns.resolve(tuple(record)))[0] is not None:
            return record
    return None


def _is_nested(record: Mapping[str, Any], name: str, columns: ColumnMap) -> bool:
    return isinstance(record[name], Mapping) and columns.may_nest(name)


def map_charset(record: Mapping[str, Any], columns: ColumnMap) -> str | None:
    """Return the character set that `record` declares for its text, None without one."""
    names = columns.resolve(tuple(record)).get("charset")
    return _first(record, names, limit=40) if names else None


def map_metadata(
    record: Mapping[str, Any], columns: ColumnMap
) -> tuple[str | None, datetime | None, dict[str, str]]:
    """Return url, time of the scrape, and the given metadata of `record`."""
    roles = columns.resolve(tuple(record))
    given = {}
    for role, names in roles.items():
        if role in _GIVEN_SET and (value := _first(record, names)):
            given[role] = value
    url = _first(record, roles["url"], limit=4096) if "url" in roles else None
    scraped_at = parse_time(_first(record, roles.get("scraped_at", ())))
    return (url if url and _URL.fullmatch(url) else None), scraped_at, given


def plain(value: Any, limit: int = _VALUE_CHARS) -> str | None:
    """Return a metadata value as one line of clean text of at most `limit` characters.

    Lists become "a; b", a mapping its `name`; numbers, dates and text are written out; what
    says nothing (blank, null, NaN) and what is nested deeper is None.
    """
    if isinstance(value, str):
        text = value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        text = str(value) if abs(value) < 1e18 else ""  # NaN and infinity compare false
    elif isinstance(value, (datetime, date)):
        text = value.isoformat()
    elif isinstance(value, Mapping):
        return plain(value["name"], limit) if isinstance(value.get("name"), str) else None
    elif isinstance(value, list):
        parts = (plain(part, limit) for part in value[:50] if not isinstance(part, list))
        text = "; ".join(part for part in parts if part)
    else:
        return None
    return clean(text[:limit]) or None


def clean(text: str) -> str:
    """Return `text` without control characters and lone surrogates, blanks collapsed."""
    if not text.isprintable():
        text = " ".join(_UNSAFE.sub(" ", text).split())
    return text.strip()


def parse_time(text: str | None) -> datetime | None:
    """Return an ISO 8601 time or Unix seconds as UTC; None for anything else."""
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{9,10}(\.\d+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        parsed = datetime.fromisoformat(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def encode(text: str) -> bytes:
    """Return `text` as UTF-8; bytes smuggled through decoding come back, other lone surrogates
    become U+FFFD.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return joined.encode()


def looks_like_html(text: str | bytes) -> bool:
    """Return whether a text field holds markup: it opens with a tag, or tags abound."""
    head = text[:4000].decode("latin-1") if isinstance(text, bytes) else text[:4000]
    if "<" not in head:
        return False
    opens = _MARKUP.match(head.lstrip("\ufeff \t\r\n")) is not None
    return (opens and _KNOWN.search(head) is not None) or len(_CLOSING.findall(head)) >= 3


_KNOWN: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|div|p|span|article|section|main|br|h[1-6]|table"
    r"|ul|ol|a|img|figure|script|header|link|strong|em|b|i)\b",
    re.IGNORECASE,
)
_CLOSING: Final = re.compile(r"</(?:p|div|a|span|li|h[1-6]|td)>|<br ?/?>", re.IGNORECASE)


def _content(
    record: Mapping[str, Any], roles: Mapping[str, list[str]]
) -> tuple[bytes | None, str | None]:
    for name in roles.get("html", ()):
        html = _encoded(record[name])
        if html and b"<" in html:  # a column named "page" may hold a page number
            return html, "text/html"
    for name in roles.get("html_base64", ()):
        html = _base64(record[name])
        if html:
            return html, "text/html"
    for name in roles.get("text", ()):
        text = _encoded(record[name])
        if text and not text.isspace():
            return text, "text/html" if looks_like_html(text) else "text/plain"
    return None, None


def _encoded(value: Any) -> bytes | None:
    if isinstance(value, str):
        return encode(value)
    if isinstance(value, bytes):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return encode("\n\n".join(value))  # a list of paragraphs
    return None


def _base64(value: Any) -> bytes | None:
    if not isinstance(value, (str, bytes)):
        return None
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return None


def _first(
    record: Mapping[str, Any], names: Iterable[str], limit: int = _VALUE_CHARS
) -> str | None:
    for name in names:
        value: str | None = record[name]
        if not (type(value) is str and len(value) <= limit and value.isprintable()):
            value = plain(value, limit)
        if value and (stripped := value.strip()):
            return stripped
    return None


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(_normal(name) for name in ([names] if isinstance(names, str) else names))


def _normal(name: str) -> str:
    return re.sub(r"[\s.-]+", "_", _CAMEL.sub("_", str(name).strip("\ufeff \t")[:100])).lower()


@functools.cache
def _default() -> ColumnMap:
    return ColumnMap({role: _data()[role] for role in ROLES})


@functools.cache
def _nesting() -> frozenset[str]:
    return frozenset(_data()["nested"])


@functools.cache
def _data() -> Mapping[str, tuple[str, ...]]:
    path = Path(__file__).parent / "data" / "columns.yaml"
    parsed = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: tuple(names) for name, names in parsed.items()}
