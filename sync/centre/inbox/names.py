"""The names of objects: Litestream 0.3's own below `<office>/<incarnation>/<database>/`, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

BUCKET = "offices"
DATABASES = ("queue", "personal")

_OFFICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_INCARNATION = re.compile(r"[0-9]{4,9}-[A-Za-z0-9]{1,32}")
_GENERATION = re.compile(r"[0-9a-f]{16}")
_SNAPSHOT = re.compile(r"([0-9a-f]{8})\.snapshot\.lz4")
_PIECE = re.compile(r"([0-9a-f]{8})_([0-9a-f]{8})\.wal\.lz4")


class Kind(StrEnum):
    """What an object is: a whole database file, or a piece of SQLite's WAL."""

    SNAPSHOT = "snapshot"
    WAL = "wal"


@dataclass(frozen=True, slots=True)
class Lineage:
    """One database of one incarnation: what a Litestream writes and a mirror follows."""

    office: str
    incarnation: str
    database: str

    def __str__(self) -> str:
        return f"{self.office}/{self.incarnation}/{self.database}"


@dataclass(frozen=True, slots=True)
class ObjectName:
    """One object. `offset` counts bytes in the WAL of `index`; 0 for a snapshot."""

    lineage: Lineage
    generation: str
    kind: Kind
    index: int
    offset: int = 0

    @property
    def folder(self) -> str:
        """The key up to the last slash, without it."""
        part = "snapshots" if self.kind is Kind.SNAPSHOT else "wal"
        return f"{self.lineage}/generations/{self.generation}/{part}"

    @property
    def file(self) -> str:
        """The key after the last slash."""
        if self.kind is Kind.SNAPSHOT:
            return f"{self.index:08x}.snapshot.lz4"
        return f"{self.index:08x}_{self.offset:08x}.wal.lz4"

    def __str__(self) -> str:
        return f"{self.folder}/{self.file}"


def parse_name(key: str) -> ObjectName | None:
    """The object that a key names; None for everything that Litestream doesn't write."""
    parts = key.split("/")
    if len(parts) != 7 or parts[3] != "generations":
        return None
    lineage = lineage_of(*parts[:3])
    if lineage is None or not _GENERATION.fullmatch(parts[4]):
        return None
    return parse_file(lineage, parts[4], parts[5], parts[6])


def parse_file(lineage: Lineage, generation: str, part: str, file: str) -> ObjectName | None:
    """The object of a file `snapshots/...` or `wal/...` of a generation."""
    if part == "snapshots" and (found := _SNAPSHOT.fullmatch(file)):
        return ObjectName(lineage, generation, Kind.SNAPSHOT, int(found[1], 16))
    if part == "wal" and (found := _PIECE.fullmatch(file)):
        return ObjectName(lineage, generation, Kind.WAL, int(found[1], 16), int(found[2], 16))
    return None


def lineage_of(office: str, incarnation: str, database: str) -> Lineage | None:
    """A database of an incarnation; None when a name isn't allowed."""
    if not _OFFICE.fullmatch(office) or ".." in office or not _INCARNATION.fullmatch(incarnation):
        return None
    return Lineage(office, incarnation, database) if database in DATABASES else None


def is_generation(name: str) -> bool:
    """Whether this is a generation's name."""
    return _GENERATION.fullmatch(name) is not None
