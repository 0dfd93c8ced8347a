"""Measure what a command costs: wall clock, processor time and memory of all its processes.

Worker processes count too, also those that a fork server leaves behind: this process becomes
the parent of every orphan below it, and takes the accounts of each as it ends. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SET_CHILD_SUBREAPER: Final = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_SAMPLE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took; memory is the peak over time of the sum over its processes."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


class CommandFailed(RuntimeError):
    """A measured command failed; the message ends with what it printed."""


def run(command: Sequence[str], settings: Mapping[str, str] | None = None) -> Usage:
    """Run `command` to its end and return its usage; `settings` join the environment."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, others = _children_seconds(), _children(_parents())
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **(settings or {})}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    peak = _Peak(process.pid)
    with peak:
        output, _ = process.communicate()
    wall = time.perf_counter() - started
    _reap_orphans(others)
    if process.returncode:
        raise CommandFailed(f"{command[0]} failed:\n{output[-2000:]}")
    return Usage(wall, _children_seconds() - before, peak.bytes, output)


def interleaved(systems: Mapping[str, Callable[[], Usage]], rounds: int) -> dict[str, list[Usage]]:
    """Run every system once a round, the order turned round each time; return their usages.

    A system that fails is reported and left out of the round: the others' figures stand.
    """
    found: dict[str, list[Usage]] = {name: [] for name in systems}
    for number in range(rounds):
        names = list(systems)
        for name in names if number % 2 == 0 else reversed(names):
            try:
                found[name].append(systems[name]())
            except CommandFailed as error:
                print(f"{name} failed: {error}", file=sys.stderr)
    return found


def median(usages: Sequence[Usage]) -> Usage:
    """Return the medians of each figure."""
    return _of_each(statistics.median, usages)


def least(usages: Sequence[Usage]) -> Usage:
    """Return the least of each figure: what else goes on in the machine only adds."""
    return _of_each(min, usages)


def _of_each(one: Callable[[list[float]], float], usages: Sequence[Usage]) -> Usage:
    return Usage(
        one([usage.wall_seconds for usage in usages]),
        one([usage.cpu_seconds for usage in usages]),
        int(one([usage.peak_bytes for usage in usages])),
        usages[0].output,
    )


def forget_own_peak() -> None:
    """Let the peak of this process's memory start anew from what it holds now."""
    Path("/proc/self/clear_refs").write_text("5")


def own_peak_bytes() -> int:
    """Return the most memory that this process held since its peak was forgotten."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _reap_orphans(others: set[int]) -> None:
    """Wait for what the command left behind (not for `others`), and so take its accounts."""
    while orphans := _children(_parents()) - others:
        for process in orphans:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, 0)


class _Peak:
    """Samples the memory of a process and all below it while the block runs."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.bytes = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE_SECONDS):
            self.bytes = max(self.bytes, sum(map(_own_bytes, _family(self._root))))


def _family(root: int) -> set[int]:
    """Return `root` and the processes below it (those whose parent has gone are not found)."""
    parents = _parents()
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _children(parents: Mapping[int, int]) -> set[int]:
    return {child for child, parent in parents.items() if parent == os.getpid()}


def _parents() -> dict[int, int]:
    """Return the parent of each process there is."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        # A process may end meanwhile.
        with contextlib.suppress(OSError, IndexError):
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(folder.name)] = int(state[1])
    return parents


def _own_bytes(process: int) -> int:
    """Return the proportional set size: shared pages count once over all who share them."""
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, IndexError):
        pass
    return 0
