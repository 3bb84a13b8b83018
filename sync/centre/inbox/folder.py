"""Durable steps on files: what has been done is on the disk when the function returns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        sync_folder(one.parent)


def remove_empty(folder: Path, below: Path) -> None:
    """Remove a folder and those above it up to `below`, as long as they are empty."""
    while folder != below and below in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def names_in(folder: Path) -> list[str]:
    """The sorted names in a folder; none when it isn't there."""
    try:
        return sorted(entry.name for entry in os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder; none when it isn't there."""
    for at, _, files in os.walk(folder):
        for file in files:
            yield Path(at) / file


def same_bytes(first: Path, second: Path) -> bool:
    """Whether two files are equal."""
    with first.open("rb") as one, second.open("rb") as other:
        while True:
            a, b = one.read(1 << 18), other.read(1 << 18)
            if a != b:
                return False
            if not a:
                return True
