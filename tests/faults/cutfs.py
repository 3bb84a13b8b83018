"""A file system in memory whose power can be cut at any operation. It logs all it does; `disk.Platter` reads the log.

It is mounted through FUSE, so that whoever uses it is an ordinary process with ordinary system calls, locks and maps.
"""

from __future__ import annotations

import errno
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.faults.disk import (
    Create,
    FailedSync,
    Image,
    MakeFolder,
    Mark,
    Naming,
    Op,
    RemoveFolder,
    Rename,
    Sync,
    SyncFolder,
    Truncate,
    Unlink,
    Write,
    numbered,
    rename,
)

Method = TypeVar("Method", bound=Callable[..., Any])


def why_not() -> str:
    """Why the file system can't be mounted here; '' when it can."""
    if not Path("/dev/fuse").exists():
        return "no /dev/fuse"
    if shutil.which("fusermount3") is None:
        return "fuse3 is not installed"
    try:
        import mfusepy  # noqa: F401
    except (ImportError, OSError) as error:
        return f"mfusepy: {error}"
    return ""


@dataclass(slots=True)
class Fault:
    """An error that the disk answers with: at the `nth` flush or write, once or from then on."""

    kind: type[Op]
    nth: int
    error: int
    lasting: bool = False
    seen: int = 0
    struck: bool = False

    def strikes(self, op: Op) -> bool:
        """Whether this operation is to fail."""
        if not isinstance(op, self.kind):
            return False
        self.seen += 1
        hit = self.seen == self.nth or (self.lasting and self.seen > self.nth)
        self.struck = self.struck or hit
        return hit


class Disk:
    """The files of one life between two cuts, as a process sees them. All methods may be called from any thread.

    `limit` is the size in bytes of a small disk. Operations raise OSError; after the cut, always EIO. `in_flight`: the
    last operation of the log never came back to its caller.
    """

    def __init__(self, image: Image | None = None, *, limit: int | None = None) -> None:
        image = image or Image()
        self.image = image
        self.log: list[Op] = []
        self.gone = threading.Event()
        self.faults: list[Fault] = []
        self.operations = 0
        self.in_flight = False
        self.names = numbered(image)
        self.folders = set(image.folders)
        self.contents = {inode: bytearray(image.files[path]) for path, inode in self.names.items()}
        self._limit = limit
        self._guard = threading.Lock()
        self._cut_at = 0
        self._last_inode = len(self.contents)

    def cut_at(self, operation: int) -> None:
        """Cut the power at that operation, counted from the beginning: it is in flight when it happens."""
        self._cut_at = operation

    def cut(self) -> None:
        """Cut the power now."""
        with self._guard:
            self.gone.set()

    def mark(self, what: str) -> bool:
        """Note what was seen outside; False when the power was already gone."""
        with self._guard:
            if self.gone.is_set():
                return False
            self.log.append(Mark(what))
            return True

    def write(self, inode: int, offset: int, data: bytes) -> int:
        """Write into the page cache."""
        with self._guard:
            content = self.contents[inode]
            end = offset + len(data)
            self._room(end - len(content))
            self._do(Write(inode, offset, data))
            if len(content) < end:
                content.extend(bytes(end - len(content)))
            content[offset:end] = data
            return len(data)

    def truncate(self, inode: int, size: int) -> None:
        """Shorten or lengthen a file."""
        with self._guard:
            content = self.contents[inode]
            self._do(Truncate(inode, size))
            del content[size:]
            content.extend(bytes(size - len(content)))

    def sync(self, inode: int) -> None:
        """Flush a file."""
        with self._guard:
            try:
                self._do(Sync(inode))
            except OSError:
                if not self.gone.is_set():
                    self.log.append(FailedSync(inode))
                raise

    def sync_folder(self, path: str) -> None:
        """Flush a folder."""
        with self._guard:
            self._do(SyncFolder(path))

    def create(self, path: str) -> int:
        """Make an empty file; its inode."""
        with self._guard:
            self._do(Create(path, self._last_inode + 1))
            self._last_inode += 1
            self.contents[self._last_inode] = bytearray()
            self.names[path] = self._last_inode
            return self._last_inode

    def change_names(self, op: Naming) -> None:
        """Unlink, rename, make or remove a folder."""
        with self._guard:
            self._do(op)
            rename(self.names, self.folders, op)

    def check(self) -> None:
        """EIO when the power is gone."""
        if self.gone.is_set():
            raise OSError(errno.EIO, "the power is gone")

    def free(self) -> int:
        """Bytes that are left."""
        if self._limit is None:
            return 1 << 32
        used = sum(len(self.contents[inode]) for inode in self.names.values())
        return max(0, self._limit - used)

    def _room(self, growth: int) -> None:
        if growth > 0 and growth > self.free():
            raise OSError(errno.ENOSPC, "the disk is full")

    def _do(self, op: Op) -> None:
        self.check()
        for fault in self.faults:
            if fault.strikes(op):
                raise OSError(fault.error, "told to fail")
        self.log.append(op)
        self.operations += 1
        if self.operations == self._cut_at:
            self.in_flight = True
            self.gone.set()
            self.check()


class Mount:
    """Where processes see the current disk. Each disk shows up in a folder of its own, so that no cache outlives it."""

    def __init__(self, point: Path) -> None:
        self.point = point
        self._life = 0
        self._disk = Disk()

    def show(self, disk: Disk) -> Path:
        """Put a disk in; the folder that shows it. Whoever used the one before must have ended."""
        self._life += 1
        self._disk = disk
        return self.point / f"{self._life:05d}"

    def find(self, path: str) -> tuple[Disk, str]:
        """The disk and the path on it of a path below the mount point."""
        life, _, rest = path.lstrip("/").partition("/")
        if life != f"{self._life:05d}":
            raise OSError(errno.ENOENT, path)
        return self._disk, rest

    @property
    def disk(self) -> Disk:
        """The disk that is in."""
        return self._disk


@contextmanager
def mounted(point: Path) -> Iterator[Mount]:
    """Mount the file system at a folder. The process itself must not touch it: it would wait for its own thread."""
    import mfusepy

    point.mkdir(parents=True, exist_ok=True)
    mount = Mount(point)
    operations = _operations(mount)
    # One FUSE thread: the log then is the order in which things happened.
    thread = threading.Thread(
        target=lambda: mfusepy.FUSE(
            operations, str(point), foreground=True, nothreads=True, hard_remove=True, kernel_cache=True, fsname="cutfs"
        ),
        name="cutfs",
        daemon=True,
    )
    thread.start()
    _wait_for_mount(point)
    try:
        yield mount
    finally:
        mount.disk.cut()
        subprocess.run(["fusermount3", "-u", "-z", str(point)], check=False)
        thread.join(5.0)


def _wait_for_mount(point: Path) -> None:
    wait = threading.Event()
    for _ in range(500):
        if f" {point} " in Path("/proc/mounts").read_text(encoding="utf-8"):
            return
        wait.wait(0.01)
    raise TimeoutError(f"{point} is not mounted")


def _operations(mount: Mount) -> Any:
    """The FUSE side: a file handle is an inode, and everything else is the disk's business."""
    import mfusepy

    class CutFs(mfusepy.Operations):  # type: ignore[misc]
        use_ns = True

        def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
            if fh is not None:
                return _attributes(stat.S_IFREG | 0o644, fh, len(mount.disk.contents[fh]))
            if path == "/":
                return _attributes(stat.S_IFDIR | 0o755, 1, 0)
            disk, name = mount.find(path)
            if name in disk.names:
                inode = disk.names[name]
                return _attributes(stat.S_IFREG | 0o644, inode, len(disk.contents[inode]))
            if name == "" or name in disk.folders:
                return _attributes(stat.S_IFDIR | 0o755, 1, 0)
            raise OSError(errno.ENOENT, path)

        def readdir(self, path: str, fh: int) -> list[str]:
            disk, name = mount.find(path)
            disk.check()
            start = f"{name}/" if name else ""
            inside = [p[len(start) :] for p in (*disk.names, *disk.folders) if p.startswith(start)]
            return [".", "..", *(p for p in inside if p and "/" not in p)]

        def create(self, path: str, mode: int, fi: Any = None) -> int:
            disk, name = mount.find(path)
            return disk.create(name)

        def open(self, path: str, flags: int) -> int:
            disk, name = mount.find(path)
            disk.check()
            if name not in disk.names:
                raise OSError(errno.ENOENT, path)
            return disk.names[name]

        def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
            mount.disk.check()
            return bytes(mount.disk.contents[fh][offset : offset + size])

        def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
            return mount.disk.write(fh, offset, bytes(data))

        def truncate(self, path: str, length: int, fh: int | None = None) -> int:
            inode = fh
            if inode is None:
                disk, name = mount.find(path)
                inode = disk.names[name]
            mount.disk.truncate(inode, length)
            return 0

        def fsync(self, path: str, datasync: int, fh: int) -> int:
            mount.disk.sync(fh)
            return 0

        def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
            disk, name = mount.find(path)
            disk.sync_folder(name)
            return 0

        def unlink(self, path: str) -> int:
            disk, name = mount.find(path)
            disk.change_names(Unlink(name))
            return 0

        def rename(self, old: str, new: str) -> int:
            disk, name = mount.find(old)
            disk.change_names(Rename(name, mount.find(new)[1]))
            return 0

        def mkdir(self, path: str, mode: int) -> int:
            disk, name = mount.find(path)
            disk.change_names(MakeFolder(name))
            return 0

        def rmdir(self, path: str) -> int:
            disk, name = mount.find(path)
            if any(p.startswith(f"{name}/") for p in (*disk.names, *disk.folders)):
                raise OSError(errno.ENOTEMPTY, path)
            disk.change_names(RemoveFolder(name))
            return 0

        def chmod(self, path: str, mode: int) -> int:
            return 0

        def chown(self, path: str, uid: int, gid: int) -> int:
            return 0

        def utimens(self, path: str, times: Any = None) -> int:
            return 0

        def statfs(self, path: str) -> dict[str, int]:
            free = mount.disk.free() // 512
            return {"f_bsize": 512, "f_frsize": 512, "f_blocks": 1 << 24, "f_bfree": free, "f_bavail": free}

    return CutFs()


def _attributes(mode: int, inode: int, size: int) -> dict[str, int]:
    blocks = (size + 511) // 512
    return {"st_mode": mode, "st_ino": inode, "st_nlink": 1, "st_size": size, "st_blocks": blocks}
