"""Placeholder module replaced below."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader

from pipeline.ingest.items import Context, Found, Place
from pipeline.ingest.plain_files import read_binary


def read(stream: BufferedReader, place: Place, ctx: Context) -> Iterator[Found]:
    """Yield."""
    yield from read_binary(stream, place, ctx)
