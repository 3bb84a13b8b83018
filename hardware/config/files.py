"""Files that `hardware.toml` names: they lie below its own folder, so that an office is copied as one folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from hardware.config.table import Table, nearest


class Files:
    """Looks for files below `home`. Without a home nothing is looked for, and paths stay as they are written."""

    def __init__(self, home: Path | None) -> None:
        self._home = home

    def file(self, table: Table, key: str) -> Path | None:
        """The file that a key names; None without the key."""
        return self._find(table, key, "file-missing")

    def folder(self, table: Table, key: str) -> Path | None:
        """The folder that a key names; None without the key."""
        return self._find(table, key, "folder-missing")

    def _find(self, table: Table, key: str, missing: str) -> Path | None:
        table.allow(key)
        if not table.has(key):
            return None
        name = table.text(key)
        if not table.right(key):
            return None
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
            table.wrong("file-outside", key, value=name)
            return None
        if self._home is None:
            return Path(path)
        found = self._home / path
        try:
            there = found.is_file() if missing == "file-missing" else found.is_dir()
        except OSError:
            there = False
        if not there:
            table.wrong(missing, key, _near(found), value=name, folder=found.parent)
        return found


def _near(path: Path) -> str:
    """The name beside the missing one that was probably meant."""
    try:
        return nearest(path.name, [other.name for other in path.parent.iterdir()])
    except OSError:
        return ""
