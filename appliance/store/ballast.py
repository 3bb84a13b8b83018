"""A reserve of disk space, given up when the disk is full so that calling and finishing can go on."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

SIZE = 8 * 1024 * 1024
"""Bytes held back: some thousand commits."""


class Ballast:
    """A preallocated file beside the database. While it isn't held, no new ticket is issued."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path, self._size = path, size

    @property
    def held(self) -> bool:
        """Whether the reserve is there in full."""
        try:
            return self._path.stat().st_size >= self._size
        except OSError:
            return False

    def ensure(self) -> bool:
        """Take the reserve if it isn't held and twice its size is free; whether it is held now."""
        if self.held:
            return True
        try:
            if self.free() < 2 * self._size:
                return False
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Give the space back to the database, if the file system lets us."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def free(self) -> int:
        """Bytes that the file system has free for this process."""
        stat = os.statvfs(self._path.parent)
        return stat.f_bavail * stat.f_frsize
