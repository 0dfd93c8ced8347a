"""Phrases that speak for a role, found in all lines of a batch at once.

Every run of words is looked up by its hash: first in a bit table that rules out nearly all, then
among the phrases. What a phrase is worth is left to the line model.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np

from pipeline.clean.lines import LONGEST, Array, Lines, split


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """Phrases of one length: sorted hashes, the group of each, and a bit table of the hashes."""

    hashes: Array
    group: Array
    bits: Array


@functools.cache
def groups() -> tuple[str, ...]:
    """Return the roles that phrases speak for, in the order of the data file."""
    return tuple(role for role, _ in _rows())


def phrase_columns(lines: Lines) -> dict[str, Array]:
    """Return for each role: words of the line in its phrases, and whether one opens the line."""
    words = lines.words
    number = len(groups())
    covered = np.zeros(len(lines) * number)
    opens = np.zeros(len(lines) * number)
    for length, table in _tables().items():
        runs = words.runs[length - 1]
        near = np.flatnonzero(table.bits[(runs >> np.uint64(46)).view(np.int64)])
        place = np.minimum(np.searchsorted(table.hashes, runs[near]), len(table.hashes) - 1)
        inside = near + length <= words.first[words.line[near] + 1]
        hit = inside & (table.hashes[place] == runs[near])
        near, place = near[hit], place[hit]
        key = words.line[near] * number + table.group[place]
        covered += np.bincount(key, minlength=len(covered)) * length
        early = near - words.first[words.line[near]] < 2
        opens[key[early]] = length
    columns = {}
    for position, role in enumerate(groups()):
        columns[f"phrase_{role}"] = covered[position::number]
        columns[f"opens_{role}"] = opens[position::number]
    return columns


@functools.cache
def _tables() -> dict[int, PhraseTable]:
    phrases = [(phrase, number) for number, (_, row) in enumerate(_rows()) for phrase in row]
    lines = split([phrase for phrase, _ in phrases])
    lengths, hashes = np.diff(lines.words.first), lines.hashes
    group = np.array([number for _, number in phrases])
    tables = {}
    for length in range(1, LONGEST + 1):
        rows = np.flatnonzero(lengths == length)
        # A phrase listed under two roles counts for the first.
        found, first = np.unique(hashes[rows], return_index=True)
        bits = np.zeros(1 << 18, dtype=bool)
        bits[(found >> np.uint64(46)).astype(np.int64)] = True
        tables[length] = PhraseTable(found, group[rows][first], bits)
    return tables


@functools.cache
def _rows() -> tuple[tuple[str, tuple[str, ...]], ...]:
    text = resources.files("pipeline.clean").joinpath("data/phrases.tsv").read_text("utf-8")
    rows = []
    for line in text.splitlines():
        if line and line[0] not in "#{":
            role, phrases = line.split("\t")
            rows.append((role, tuple(_expanded(phrases.split(" | ")))))
    return tuple(rows)


@functools.cache
def _names() -> dict[str, list[str]]:
    """Return the names that {month} and {weekday} stand for, from the head of the data file."""
    text = resources.files("pipeline.clean").joinpath("data/phrases.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line.startswith("{"))
    return {mark: names.split(" ") for mark, names in rows}


def _expanded(phrases: list[str]) -> list[str]:
    every = []
    for phrase in phrases:
        forms = [phrase.strip()]
        for mark, names in _names().items():
            forms = [form.replace(mark, name) for form in forms
                     for name in (names if mark in form else [""])]  # fmt: skip
        every += forms
    return every
