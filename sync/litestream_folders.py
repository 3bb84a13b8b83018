"""What knows the folders of Litestream 0.3: its state beside a database, and its replicas in a folder."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sync.litestream import GENERATION, Position, current_generation, meta_path
from sync.target import ReplicaPlace


def list_generations(place: ReplicaPlace) -> list[str]:
    """The generations in a folder, the one written to last first. Raises `OSError`."""
    home = Path(place.path) / "generations"
    if not home.is_dir():
        return []
    found: list[tuple[int, str]] = []
    for entry in home.iterdir():
        if GENERATION.fullmatch(entry.name) and entry.is_dir():
            times = [f.stat().st_mtime_ns for f in entry.glob("*/*.lz4")]
            found.append((max(times, default=0), entry.name))
    return [name for _, name in sorted(found, reverse=True)]


def forget_generation(db: Path) -> None:
    """Remove all that Litestream keeps beside a database, so that its next start begins a new generation.

    Litestream must not be running. What the target holds stays there until its retention.
    """
    folder = meta_path(db)
    if folder.exists():
        # A name of its own first: a removal that is interrupted must not leave half a state.
        gone = folder.with_name(f"{folder.name}.gone-{secrets.token_hex(4)}")
        folder.rename(gone)
    for gone in folder.parent.glob(f"{folder.name}.gone-*"):
        shutil.rmtree(gone, ignore_errors=True)


def relabel_generation(place: ReplicaPlace, generation: str) -> None:
    """Give a generation in a folder another name, so that Litestream sends a fresh snapshot under the old one.

    What was there can still be restored until retention removes it. Raises `OSError`.
    """
    old = Path(place.path) / "generations" / generation
    if generation and old.is_dir():
        old.rename(old.with_name(secrets.token_hex(8)))


def generation_age(db: Path, now: float) -> float:
    """How long ago (seconds) the present generation began, by this machine's clock `now`; 0 when there is none."""
    try:
        return now - (meta_path(db) / "generation").stat().st_mtime
    except OSError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What Litestream keeps of a database here: its generation, its oldest WAL file's number, and all bytes of them."""

    generation: str = ""
    oldest: int = 0
    bytes: int = 0


def kept_here(db: Path) -> Kept:
    """A look at Litestream's folder beside a database; an absent one is empty."""
    generation = current_generation(db)
    total, oldest = 0, 1 << 32
    for file in (meta_path(db) / "generations").glob("*/wal/*.wal"):
        try:
            total += file.stat().st_size
        except OSError:
            continue
        if file.parts[-3] == generation:
            oldest = min(oldest, int(file.stem, 16))
    return Kept(generation, 0 if oldest == 1 << 32 else oldest, total)


def state_mark(db: Path) -> str:
    """What Litestream's state beside a database looks like: generation, newest WAL file, its size, how many; '' for
    none."""
    generation = current_generation(db)
    files = sorted((meta_path(db) / "generations" / generation / "wal").glob("*.wal")) if generation else []
    try:
        return f"{generation} {files[-1].stem} {files[-1].stat().st_size} {len(files)}" if files else ""
    except OSError:
        return ""


def make_durable(db: Path) -> None:
    """Flush what Litestream keeps beside a database, names included. Raises `OSError`."""
    home = meta_path(db)
    for path in [home.parent, home, *home.rglob("*")]:
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


_PIECE = re.compile(r"([0-9a-f]{8})(?:_([0-9a-f]{8}))?\.(snapshot|wal)\.lz4")


def newest_piece(place: ReplicaPlace, generation: str) -> tuple[Position, float] | None:
    """The last piece of a generation in a folder: where it begins, and when it was written (UTC seconds).

    None without a snapshot: such a generation can't be restored. Raises `OSError`.
    """
    home = Path(place.path) / "generations" / generation
    found: list[tuple[int, int, float]] = []
    snapshots = 0
    for file in home.glob("*/*.lz4"):
        name = _PIECE.fullmatch(file.name)
        if name is not None:
            snapshots += name[3] == "snapshot"
            # A snapshot holds no more than where its WAL file begins.
            found.append((int(name[1], 16), int(name[2] or "0", 16), file.stat().st_mtime))
    if not snapshots:
        return None
    index, offset, _ = max(found)
    return Position(generation, index, offset), max(at for _, _, at in found)
