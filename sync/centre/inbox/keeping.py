"""What devices deleted or replaced of their queue's replica, kept for some days all the same: a thief's key erases no
history.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sync.centre.inbox.folder import files_below, make_folder, names_in, remove_empty
from sync.centre.inbox.names import Lineage, ObjectName

ASIDE = 3
"""How many replaced snapshots of one name are kept."""


class Kept:
    """Two trees: `deleted/<day>/<key>`, and `aside/<office>/...` for replaced snapshots."""

    def __init__(self, folder: Path) -> None:
        self._deleted, self._aside = folder / "deleted", folder / "aside"

    def hide(self, path: Path, name: ObjectName, now_ms: int) -> None:
        """Take a deleted object out of sight."""
        home = self._deleted / _day(now_ms) / name.folder
        home.mkdir(parents=True, exist_ok=True)
        path.rename(home / name.file)

    def set_aside(self, path: Path, name: ObjectName, now_ms: int) -> None:
        """Keep a snapshot that is about to be replaced, as a second name of its file."""
        home = self._aside / str(name.lineage)
        make_folder(home)
        stem = f"{name.generation}-{name.file}."
        (home / f"{stem}{now_ms:015d}").unlink(missing_ok=True)
        os.link(path, home / f"{stem}{now_ms:015d}")
        for old in [one for one in names_in(home) if one.startswith(stem)][:-ASIDE]:
            (home / old).unlink(missing_ok=True)

    def find(self, name: ObjectName) -> Path | None:
        """The deleted object of this name, the one deleted last."""
        for day in reversed(names_in(self._deleted)):
            path = self._deleted / day / str(name)
            if path.exists():
                return path
        return None

    def folders(self, lineage: Lineage) -> Iterator[Path]:
        """The folders with deleted generations of a database, the day of the latest deletion first."""
        for day in reversed(names_in(self._deleted)):
            folder = self._deleted / day / str(lineage) / "generations"
            if folder.is_dir():
                yield folder

    def offices(self, office: str) -> Iterator[Path]:
        """The folders that hold anything of an office."""
        yield self._aside / office
        for day in names_in(self._deleted):
            yield self._deleted / day / office

    def purge(self, now_ms: int, keep_days: float) -> int:
        """Erase what was deleted or replaced longer ago; the number of files."""
        due = datetime.fromtimestamp(now_ms / 1000, UTC) - timedelta(days=keep_days)
        count = 0
        for day in names_in(self._deleted):
            # A day's folder goes when its last moment is due; what isn't ours stays.
            if (ends := _end_of(day)) is not None and ends <= due:
                count += sum(1 for _ in files_below(self._deleted / day))
                shutil.rmtree(self._deleted / day, ignore_errors=True)
        for path in files_below(self._aside):
            if path.suffix[1:].isdecimal() and int(path.suffix[1:]) <= due.timestamp() * 1000:
                path.unlink(missing_ok=True)
                remove_empty(path.parent, self._aside)
                count += 1
        return count


def _end_of(day: str) -> datetime | None:
    """When the day of a folder is over; None of a folder with another name."""
    try:
        return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=1)
    except ValueError:
        return None


def _day(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%d")
