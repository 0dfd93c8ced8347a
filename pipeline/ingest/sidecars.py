"""Side-cars: small files of metadata beside a document (`a.txt` and `a.meta.json`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from pipeline.ingest.columns import clean, plain

ENDINGS: Final = (".meta.json", ".meta.yaml", ".meta.yml")
MAX_BYTES: Final = 64 * 1024


def target(name: str) -> str | None:
    """Return the name or stem of the document that a side-car belongs to; None for others."""
    for ending in ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return None


def pair(names: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """Return document -> side-car among the file names (or paths), and the orphaned side-cars.

    `a.txt.meta.json` and `a.meta.json` both belong to `a.txt`; the first by name is taken,
    another one is an orphan.
    """
    listed = sorted(names)
    cars = {name: stem for name in listed if (stem := target(name))}
    if not cars:
        return {}, set()
    documents = [name for name in listed if name not in cars]
    by_stem = {stem: name for name in reversed(documents) for stem in _stems(name)}
    paired: dict[str, str] = {}
    for car, stem in cars.items():
        document = by_stem.get(stem)
        if document and document not in paired:
            paired[document] = car
    return paired, set(cars) - set(paired.values())


def parse(raw: bytes) -> Mapping[str, object] | str:
    """Return the fields of a side-car (JSON, or YAML read with the safe loader), or the error."""
    if len(raw) > MAX_BYTES:
        return f"larger than {MAX_BYTES} bytes"
    try:
        parsed = _parse(raw.decode("utf-8-sig"))
        if not isinstance(parsed, dict):
            return "it is no mapping of names to values"
        simple = {str(name)[:100]: plain(value) for name, value in parsed.items()}
    except Exception as error:  # the constructors of YAML's types raise what they like
        return f"{type(error).__name__}: {clean(str(error)[:200])}"
    return {name: value for name, value in simple.items() if value}


def _stems(name: str) -> tuple[str, ...]:
    folder, slash, last = name.rpartition("/")
    stem = last.split(".", 1)[0] if "." in last[1:] else last
    return (name, name.rsplit(".", 1)[0], f"{folder}{slash}{stem}")


def _parse(text: str) -> Any:
    if text.lstrip().startswith("{"):
        return json.loads(text)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader)


class _Loader(yaml.SafeLoader):
    """The safe loader without aliases: merged into each other, these multiply without end."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not read", mark)
        return super().compose_node(parent, index)
