"""Servers that tests start: ended with all that they started themselves."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Final

#: Seconds that a server gets to end by itself.
SECONDS: Final = 60


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process that leads a session to end; then end what it leaves behind."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
