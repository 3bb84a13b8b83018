"""One process works on an office's data folder at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

NAME = "office.lock"


class FolderInUseError(Exception):
    """Another process holds the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.folder = folder


class FolderLock:
    """Held until `release` or the end of the process, however it ends. Raises FolderInUseError, OSError."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise FolderInUseError(folder) from error

    def release(self) -> None:
        """Let another process have the folder."""
        os.close(self._fd)
