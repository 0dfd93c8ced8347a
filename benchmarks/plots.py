"""Draw the results as PNG and SVG; runs in the environment of `peers/plots.txt`.

.bench/plots/bin/python -m benchmarks.plots
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib

from benchmarks import results

matplotlib.use("Agg")
# Without a date, and with fixed identifiers: the same figures give the same file.
matplotlib.rcParams["svg.hashsalt"] = "copydesk"

Row = dict[str, Any]
_OURS, _PEERS = "#1b6e5a", "#9aa5ab"
_FEWEST_DOCUMENTS = 10


def main() -> None:
    """Draw a plot of each result that is there."""
    for kind in ("texts", "pages"):
        rows = [row for row in results.load("speed") if row["documents"].endswith(kind)]
        _bars(f"speed_{kind}", f"Processor milliseconds a document ({kind})", rows)
        _bars(f"memory_{kind}", f"Peak memory, MB ({kind})", rows, "peak_mb", "%.0f")
    _intervals(results.load("intervals"))
    _stages(results.load("stages"))
    _scale(results.load("scale"))
    _reliability(results.load("describe_reliability"))


def _reliability(rows: Sequence[Row]) -> None:
    """Draw how many of the values of each confidence were right; areas go with their number."""
    if not rows:
        return
    figure, axes = _figure("Metadata: how sure, and how often right (sites kept aside)", 5)
    axes.plot([0, 1], [0, 1], "--", color=_PEERS, label="as sure as right")
    for number, name in enumerate(dict.fromkeys(row["field"] for row in rows)):
        own = [row for row in rows if row["field"] == name]
        sure, right = [row["confidence"] for row in own], [row["right"] for row in own]
        sizes = [12 + 2 * row["values"] ** 0.75 for row in own]
        axes.plot(sure, right, "-", color=f"C{number}", alpha=0.4)
        label = name.replace("_", " ")
        axes.scatter(sure, right, sizes, color=f"C{number}", alpha=0.7, label=label)
    axes.set_xlabel("confidence")
    axes.set_ylabel("share right")
    axes.legend(fontsize=8, markerscale=0.5)
    _save(figure, "describe_reliability")


def _intervals(rows: Sequence[Row]) -> None:
    """Draw each mean with its interval; works of few documents say too little."""
    rows = [row for row in rows if row["documents"] >= _FEWEST_DOCUMENTS][::-1]
    if not rows:
        return
    figure, axes = _figure("Means on kept-aside sites with 95 % intervals", 0.25 * len(rows) + 1)
    for place, row in enumerate(rows):
        axes.plot(row["95_%_interval"], [place, place], "-", color=_PEERS)
        axes.plot(row["mean"], place, "o", color=_OURS, markersize=5)
    names = [f"{row['work']}, {row['documents']}" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    _save(figure, "intervals")


def _bars(
    name: str, title: str, rows: Sequence[Row], value: str = "ms_a_document", form: str = "%.2f"
) -> None:
    if not rows:
        return
    figure, axes = _figure(title, 0.45 * len(rows) + 1)
    rows = rows[::-1]
    names = [row["system"] for row in rows]
    values = [row[value] for row in rows]
    colours = [_OURS if name.startswith("copydesk") else _PEERS for name in names]
    bars = axes.barh(names, values, color=colours)
    axes.bar_label(bars, fmt=form, padding=3)
    axes.margins(x=0.15)
    _save(figure, name)


def _stages(rows: Sequence[Row]) -> None:
    rows = [row for row in rows if not row["stage"].startswith("·")][:-1]
    if not rows:
        return
    figure, axes = _figure("Where the processor time goes, by stage", 2.2)
    for at, kind in enumerate(("pages", "texts")):
        whole = sum(row[f"ms_of_{kind}"] for row in rows)
        left = 0.0
        for number, row in enumerate(rows):
            share = row[f"ms_of_{kind}"] / whole
            label = row["stage"] if at == 0 else None
            axes.barh(kind, share, left=left, color=f"C{number}", label=label)
            left += share
    axes.set_xlabel("share of the whole pipeline")
    axes.legend(ncols=4, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.25))
    _save(figure, "stages")


def _scale(rows: Sequence[Row]) -> None:
    if len(rows) < 2:
        return
    figure, axes = _figure("Processor time and articles, whole pipeline", 3.5)
    articles = [row["articles"] for row in rows]
    axes.loglog(articles, [row["cpu_seconds"] for row in rows], "o-", color=_OURS, label="measured")
    each = rows[0]["cpu_seconds"] / articles[0]
    axes.loglog(articles, [each * n for n in articles], "--", color=_PEERS, label="linear")
    axes.set_xlabel("articles")
    axes.set_ylabel("processor seconds")
    axes.legend()
    _save(figure, "scale")


def _figure(title: str, height: float) -> tuple[Any, Any]:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, height))
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Any, name: str) -> None:
    for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        path = results.FOLDER / f"{name}.{kind}"
        figure.savefig(path, dpi=110, bbox_inches="tight", metadata=metadata)


if __name__ == "__main__":
    main()
