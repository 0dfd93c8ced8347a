"""Where scrapes are picked up and where tables are kept."""

import os
from typing import Any

import dagster as dg

from pipeline.publish.storage import Storage


class StorageResource(dg.ConfigurableResource[Any]):
    """The data directory and the inbox: local paths or any Arrow or fsspec URI."""

    data: str
    inbox: str

    def open(self) -> Storage:
        """Return the tables of the data directory."""
        return Storage(self.data)

    def inbox_folder(self, day: str) -> str:
        """Return the folder that holds the scrapes of a day (YYYY-MM-DD)."""
        return f"{self.inbox.rstrip('/')}/{day}"


def storage_from_environment() -> StorageResource:
    """Return the storage that COPYDESK_DATA and COPYDESK_INBOX name; data/ and inbox/ else."""
    return StorageResource(
        data=os.environ.get("COPYDESK_DATA", "data"),
        inbox=os.environ.get("COPYDESK_INBOX", "inbox"),
    )
