"""The inbox: one folder a day of scrapes, named YYYY-MM-DD."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow.fs as pafs

from pipeline.publish.storage import open_filesystem

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def day_folders(inbox: str) -> list[tuple[date, str]]:
    """Return the days that `inbox` (a path or URI) has a folder for, with the folder, in order."""
    filesystem, root = open_filesystem(inbox)
    infos = filesystem.get_file_info(pafs.FileSelector(root, allow_not_found=True))
    folders = [info.base_name for info in infos if info.type == pafs.FileType.Directory]
    if "://" not in inbox:  # a link could lead anywhere: scrapes are read from the inbox alone
        folders = [name for name in folders if not Path(root, name).is_symlink()]
    days = {name: day for name in folders if (day := day_of(name)) is not None}
    return [(days[name], f"{inbox.rstrip('/')}/{name}") for name in sorted(days)]


def folder_of(inbox: str, day: str) -> str | None:
    """Return the folder of `day` (YYYY-MM-DD) in `inbox`, None where nothing has come yet."""
    filesystem, root = open_filesystem(inbox)
    info = filesystem.get_file_info(f"{root}/{day}")
    return f"{inbox.rstrip('/')}/{day}" if info.type == pafs.FileType.Directory else None


def day_of(name: str) -> date | None:
    """Return the day that a folder is named by, None where it is not."""
    if not _DAY.fullmatch(name):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
