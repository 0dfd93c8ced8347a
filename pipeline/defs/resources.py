"""Where scrapes are picked up and where tables are kept."""

import os
from typing import Any

import dagster as dg

from pipeline.publish.storage import Storage


class StorageResource(dg.ConfigurableResource[Any]):
    """The data directory and the inbox: local paths or any Arrow or fsspec URI."""

    data: str
    inbox: str
    #: Days before and after a day in which copies of its articles are looked for; 0 for all.
    window_days: int = 30
    #: Where a web server shows the report's folder; empty where none does.
    report_address: str = ""
    #: Whether Dagster keeps what runs tell it. Else nobody sees its pages, and neither plots and
    #: previews nor verdicts on other days that a run wrote again are made for them.
    recorded: bool = True

    def open(self) -> Storage:
        """Return the tables of the data directory."""
        return Storage(self.data)

    @property
    def window(self) -> int | None:
        """Return the days that copies may lie apart, None for any."""
        return self.window_days or None


def storage_from_environment(data: str | None = None, recorded: bool = True) -> StorageResource:
    """Return the storage that COPYDESK_DATA and COPYDESK_INBOX name; data/ and inbox/ else.

    `data` stands before the environment.
    """
    return StorageResource(
        data=data or os.environ.get("COPYDESK_DATA", "data"),
        inbox=os.environ.get("COPYDESK_INBOX", "inbox"),
        window_days=int(os.environ.get("COPYDESK_WINDOW_DAYS", "30")),
        report_address=os.environ.get("COPYDESK_REPORT_URL", ""),
        recorded=recorded,
    )
