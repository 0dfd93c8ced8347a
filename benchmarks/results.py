"""Write the rows of a benchmark as JSON and as a Markdown table into `benchmarks/results/`."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "results"

Row = dict[str, Any]


def save(name: str, title: str, rows: Sequence[Row], note: str = "") -> None:
    """Write `name.json` and `name.md`, and print the table."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    text = f"# {title}\n\n{table(rows)}\n"
    text += f"\n{note}\n" if note else ""
    text += f"\n{machine()}\n"
    (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def save_printed(name: str, title: str, printed: str) -> None:
    """Write what a benchmark printed, Markdown or plain lines, to `name.md`."""
    body = printed.strip() if printed.lstrip().startswith("|") else f"```\n{printed.strip()}\n```"
    FOLDER.mkdir(exist_ok=True)
    text = f"# {title}\n\n{body}\n\n{machine()}\n"
    (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")


def load(name: str) -> list[Row]:
    """Return the rows of an earlier run; none where there was none."""
    path = FOLDER / f"{name}.json"
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return rows of equal keys as a Markdown table; figures to three significant places."""
    if not rows:
        return "nothing measured"
    names = list(rows[0])
    lines = [_line([name.replace("_", " ") for name in names])]
    lines.append(_line(["---:" if _is_figure(rows[0][name]) else "---" for name in names]))
    lines += [_line([shown(row.get(name)) for name in names]) for row in rows]
    return "\n".join(lines)


def shown(value: Any) -> str:
    """Return a value as a cell: ranges as low–high, figures with three significant places."""
    if isinstance(value, (list, tuple)):
        return "–".join(map(shown, value))
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value).replace("|", "\\|")


def machine() -> str:
    """Return one line on what the figures were measured on."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text().splitlines() if cpuinfo.exists() else ():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"Measured with Python {platform.python_version()} on {model}."


def _is_figure(value: Any) -> bool:
    return isinstance(value, (int, float, list, tuple))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
