"""Run every benchmark of a kind and write its tables and plots to `benchmarks/results/`.

    python -m benchmarks accuracy --data ../shared
    python -m benchmarks speed --data ../shared
    python -m benchmarks scale --data ../shared
    python -m benchmarks peers            install the peers (the only step that needs a network)

Each benchmark is a module of its own and prints Markdown; this one knows how each is called and
in which environment. Environments of peers lie in `.bench/`, one for each file of `peers/`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import results

PEERS: Final = Path(".bench")
_LISTS: Final = Path(__file__).parent / "peers"
#: Environments that hold the project's packages too: these peers run in one process with it.
_BESIDE_PROJECT: Final = ("extractors",)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module to run, its arguments ({data} is the data folder), environment and result."""

    name: str
    title: str
    arguments: tuple[str, ...] = ()
    environment: str | None = None
    #: Where the module looks for the data folder, if not in its arguments.
    data_setting: str = "{data}"
    #: Whether the module itself writes its results.
    writes: bool = False
    #: Name of its result, where one module has several.
    saved_as: str | None = None


KINDS: Final[dict[str, tuple[Benchmark, ...]]] = {
    "accuracy": (
        Benchmark("clean_text", "Bodies of flattened text", ("--data", "{data}"), "extractors"),
        Benchmark("clean_html", "Bodies of pages", ("--data", "{data}"), "extractors"),
        Benchmark("describe", "Metadata", ("{data}/data",), "extractors"),
        Benchmark("describe_agency", "Agencies", ("{data}/data",), "extractors"),
        Benchmark("describe_dates", "Dates"),
        Benchmark("language", "Language"),
        Benchmark("pairs", "Duplicate verdicts on judged pairs", data_setting="{data}/data"),
        Benchmark(
            "syndication", "Generated syndication",
            ("--articles", "2500", "--kept-aside", "--peers"),
            data_setting="{data}/data",
        ),
        Benchmark(
            "syndication", "Generated syndication, all outlets kept aside",
            ("--articles", "6300", "--kept-aside"), data_setting="{data}/data",
            saved_as="syndication_large",
        ),
        Benchmark("stream", "Clusters in a stream", data_setting="{data}/data"),
        Benchmark("galleries", "", ("--data", "{data}"), data_setting="{data}/data", writes=True),
    ),
    "speed": (
        Benchmark("speed", "", ("--data", "{data}"), writes=True),
        Benchmark("stage_times", "", ("--data", "{data}"), writes=True),
        Benchmark("overheads", "", ("--data", "{data}"), writes=True),
        Benchmark("start_up", "", writes=True),
        Benchmark(
            "dedupe_speed", "Cost of a day as history grows", ("days", "--sizes", "5000"),
            data_setting="{data}/data",
        ),
    ),
    "scale": (
        Benchmark("scale", "", ("--data", "{data}"), writes=True),
        Benchmark("scale", "", ("--data", "{data}", "--sizes", "30000", "--days", "60"),
                  writes=True),
        Benchmark(
            "dedupe_speed", "Growth of de-duplication",
            ("growth", "--sizes", "10000", "100000", "1000000"), data_setting="{data}/data",
            saved_as="dedupe_growth",
        ),
        Benchmark("ingest", "", writes=True),
    ),
}  # fmt: skip


def run(kind: str, data: Path) -> int:
    """Run the benchmarks of `kind` and the plots; return how many failed."""
    failed = [benchmark.name for benchmark in KINDS[kind] if not one(benchmark, data)]
    _plot()
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


def one(benchmark: Benchmark, data: Path) -> bool:
    """Run one benchmark and keep what it prints; tell whether it went well."""
    arguments = [argument.format(data=data) for argument in benchmark.arguments]
    print(f"{benchmark.name} {' '.join(arguments)}", file=sys.stderr, flush=True)
    command = [_python(benchmark.environment), "-m", f"benchmarks.{benchmark.name}", *arguments]
    here = Path(__file__).parent
    settings = {
        "COPYDESK_DATASETS": benchmark.data_setting.format(data=data),
        "PYTHONPATH": f"{here.parent}{os.pathsep}{here}",
    }
    done = subprocess.run(
        command, env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode == 0 and not benchmark.writes:
        results.save_printed(benchmark.saved_as or benchmark.name, benchmark.title, done.stdout)
    print(done.stdout)
    return done.returncode == 0


def _python(environment: str | None) -> str:
    """Return the interpreter of an environment, or this one where it is not installed."""
    path = PEERS / str(environment) / "bin" / "python"
    return str(path) if environment and path.exists() else sys.executable


def _plot() -> None:
    python = PEERS / "plots" / "bin" / "python"
    if python.exists():
        subprocess.run([python, "-m", "benchmarks.plots"], check=True)


def install_peers() -> None:
    """Make an environment for each list of `peers/`; those made of the same list stay."""
    for requirements in sorted(_LISTS.glob("*.txt")):
        folder = PEERS / requirements.stem
        installed, wanted = folder / ".installed", requirements.read_text(encoding="utf-8")
        if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
            continue
        print(f"installing {requirements.stem}", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        if requirements.stem in _BESIDE_PROJECT:
            _share_packages(folder)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
        # The pip of Python 3.11 stops where two packages want the same extra of a third.
        subprocess.run([*pip, "--upgrade", "pip"], check=False)
        done = subprocess.run([*pip, "-r", requirements], check=False)
        if done.returncode == 0:
            installed.write_text(wanted, encoding="utf-8")
        else:  # the other peers are still worth comparing with
            print(f"{requirements.stem} could not be installed", file=sys.stderr)


def _share_packages(folder: Path) -> None:
    """Let the environment see the packages of this one."""
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "project.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return 0 where all went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=(*KINDS, "peers"))
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    options = parser.parse_args(arguments)
    if options.kind == "peers":
        install_peers()
        return 0
    return min(run(options.kind, options.data.resolve()), 1)


if __name__ == "__main__":
    sys.exit(main())
