"""Where a replica lives: a folder or an S3 bucket, and an incarnation's place in it."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ROOM = 256 << 10


@dataclass(frozen=True, slots=True)
class FolderTarget:
    """A folder that exists already, such as a network share; the replica never creates it.

    `mount_point`: it counts as missing unless something is mounted on it (a USB stick), because an
    empty mount point is a folder of the card.
    """

    root: Path
    mount_point: bool = False

    def __post_init__(self) -> None:
        if not self.root.is_absolute():
            raise ValueError(f"the replica's folder must be an absolute path: {self.root}")


@dataclass(frozen=True, slots=True)
class S3Target:
    """An S3 endpoint. `secret_file` holds the secret key alone; it is read at each start."""

    endpoint: str
    bucket: str
    key_id: str
    secret_file: Path
    prefix: str = ""
    region: str = "us-east-1"
    force_path_style: bool = True

    def __post_init__(self) -> None:
        if not self.endpoint.startswith(("https://", "http://")):
            raise ValueError(f"the endpoint must be an http or https URL: {self.endpoint}")
        if not self.bucket:
            raise ValueError("the bucket has no name")


ReplicaTarget = FolderTarget | S3Target


@dataclass(frozen=True, slots=True)
class ReplicaPlace:
    """The one place of one database: `<target>/<office>/<incarnation>/<database>`.

    Two devices never write to one place: a new card, a restored database, a second box each get a
    new incarnation.
    """

    target: ReplicaTarget
    office: str
    incarnation: str
    database: str = "queue"

    def __post_init__(self) -> None:
        for name in (self.office, self.incarnation, self.database):
            if not _NAME.fullmatch(name):
                raise ValueError(f"not a name that can be part of a path: {name!r}")

    @property
    def path(self) -> str:
        """The folder, or the prefix in the bucket."""
        if isinstance(self.target, FolderTarget):
            return str(self.target.root / self.own)
        return f"{self.target.prefix.strip('/')}/{self.own}".lstrip("/")

    @property
    def own(self) -> str:
        """`<office>/<incarnation>/<database>`."""
        return f"{self.office}/{self.incarnation}/{self.database}"


def folder_obstacle(place: ReplicaPlace) -> str:
    """Why a folder can't take a replica now; '' when it can.

    `target-missing` or `target-not-writable`; always '' for S3, where only trying tells.

    Litestream would create a missing folder itself, and so fill the card below an empty mount
    point.
    """
    if not isinstance(place.target, FolderTarget):
        return ""
    root = place.target.root
    if not root.is_dir() or (place.target.mount_point and not root.is_mount()):
        return "target-missing"
    nearest = Path(place.path)
    while nearest != root and not nearest.exists():
        if nearest.is_symlink() or nearest == nearest.parent:
            return "target-not-writable"
        nearest = nearest.parent
    usable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    return "" if usable else "target-not-writable"


def folder_is_full(place: ReplicaPlace) -> bool:
    """Whether a folder has no room for another piece; False for S3 and for what can't be asked."""
    if not isinstance(place.target, FolderTarget):
        return False
    try:
        return shutil.disk_usage(place.target.root).free < _ROOM
    except OSError:
        return False


def secret_obstacle(place: ReplicaPlace) -> str:
    """`secret-unreadable` while the key of an S3 target can't be read; '' otherwise."""
    if not isinstance(place.target, S3Target):
        return ""
    try:
        return "" if place.target.secret_file.read_text(encoding="utf-8").strip() else "secret-unreadable"
    except (OSError, UnicodeDecodeError):
        return "secret-unreadable"


def open_mounted(target: FolderTarget) -> int | None:
    """A descriptor of what is mounted there now; None when nothing is. Raises `OSError`.

    A path through the descriptor leads into the stick or nowhere, whatever becomes of the mount.
    """
    fd = os.open(target.root, os.O_RDONLY | os.O_DIRECTORY)
    if os.fstat(fd).st_dev == target.root.parent.stat().st_dev:
        os.close(fd)
        return None
    return fd


def list_incarnations(target: FolderTarget, office: str, database: str = "queue") -> list[str]:
    """The incarnations of an office that hold a replica, the one written to last first.

    An absent folder or office is an empty list; a folder that can't be read raises `OSError`.
    """
    if not _NAME.fullmatch(office):
        raise ValueError(f"not a name that can be part of a path: {office!r}")
    home = target.root / office
    if not home.is_dir():
        return []
    found: list[tuple[int, str]] = []
    for entry in home.iterdir():
        generations = entry / database / "generations"
        if not _NAME.fullmatch(entry.name) or not generations.is_dir():
            continue
        times = [f.stat().st_mtime_ns for f in generations.glob("*/*/*.lz4")]
        if times:
            found.append((max(times), entry.name))
    return [name for _, name in sorted(found, reverse=True)]
