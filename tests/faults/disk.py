"""What a disk may hold after a power cut: the log of file operations, and the states that it allows.

The page cache knows everything at once; the disk knows only what a flush has settled. What is pending between the two
may arrive in any order, sector by sector, or not at all. Names and sizes arrive in the order of a journalling file
system: some first part of what is pending.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""

PAGE = 4096
"""Bytes that the kernel flushes together."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes were written into the page cache."""

    inode: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file was given a size."""

    inode: int
    size: int


@dataclass(frozen=True, slots=True)
class Create:
    """A new, empty file got a name."""

    path: str
    inode: int


@dataclass(frozen=True, slots=True)
class Unlink:
    """A name was removed."""

    path: str


@dataclass(frozen=True, slots=True)
class Rename:
    """A file or a folder got another name; a file of that name is replaced."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """A folder was made."""

    path: str


@dataclass(frozen=True, slots=True)
class RemoveFolder:
    """A folder was removed."""

    path: str


@dataclass(frozen=True, slots=True)
class Sync:
    """fsync or fdatasync of a file came back well."""

    inode: int


@dataclass(frozen=True, slots=True)
class FailedSync:
    """fsync of a file failed. The kernel shows the bytes from then on, but no later flush writes them again."""

    inode: int


@dataclass(frozen=True, slots=True)
class SyncFolder:
    """fsync of a folder came back well."""

    path: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something was seen outside of the disk: an answer, a paper."""

    what: str


Naming = Create | Unlink | Rename | MakeFolder | RemoveFolder
Op = Write | Truncate | Naming | Sync | FailedSync | SyncFolder | Mark


@dataclass(frozen=True, slots=True)
class Image:
    """The files of a disk at rest, by path, and its folders."""

    files: dict[str, bytes] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()

    def lay(self, folder: Path, prefix: str = "") -> None:
        """Write the files whose path begins with `prefix` as real ones into a folder."""
        for path, data in self.files.items():
            if path.startswith(prefix):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)


def numbered(image: Image) -> dict[str, int]:
    """The inodes that an image's files start with; the live disk and its platter number alike."""
    return {path: inode for inode, path in enumerate(sorted(image.files), start=1)}


class Platter:
    """The disk behind the page cache. Fed with the log by `step`, it says at any point what a cut may leave.

    A flush of a file settles its bytes. With `strict_folders` a name is settled only by a flush of its folder (POSIX);
    else any flush settles all names and sizes before it (ext4).
    """

    def __init__(self, image: Image, *, strict_folders: bool = False) -> None:
        self._names = numbered(image)
        self._folders = set(image.folders)
        self._settled = {inode: bytearray(image.files[path]) for path, inode in self._names.items()}
        self._cache = {inode: bytearray(data) for inode, data in self._settled.items()}
        self._data: dict[int, list[tuple[int, Write | Truncate]]] = {}
        self._naming: list[tuple[int, Naming]] = []
        self._limbo: dict[int, set[int]] = {}
        self._now = self._committed = 0
        self._strict = strict_folders

    def step(self, op: Op) -> None:
        """Take one operation in."""
        self._now += 1
        match op:
            case Write() | Truncate():
                _put(self._cache[op.inode], op)
                self._data.setdefault(op.inode, []).append((self._now, op))
            case Sync():
                self._settle(op.inode)
                if not self._strict:
                    self._commit_names(lambda path: True)
            case FailedSync():
                self._lose(op.inode)
            case SyncFolder():
                folder = op.path
                inside = (lambda path: parent(path) == folder) if self._strict else lambda path: True
                self._commit_names(inside)
            case Mark():
                pass
            case _:
                if isinstance(op, Create):
                    self._settled[op.inode], self._cache[op.inode] = bytearray(), bytearray()
                self._naming.append((self._now, op))

    def synced(self) -> Image:
        """Only what flushes have settled."""
        return self._image(self._committed, None)

    def everything(self) -> Image:
        """All that was written, as if only the process had been killed."""
        names, folders = self._named(self._now)
        return Image({path: bytes(self._cache[inode]) for path, inode in names.items()}, folders)

    def random(self, rng: random.Random) -> Image:
        """A state that a real cut may leave: any sectors of what is pending, and a first part of the names."""
        share = rng.choice((0.05, 0.5, 0.5, 0.95))

        def choose(versions: int) -> int:
            return versions if rng.random() < share else rng.randrange(versions)

        pending = [at for at, _ in self._naming if at > self._committed]
        pending += [
            at for log in self._data.values() for at, op in log if isinstance(op, Truncate) and at > self._committed
        ]
        bound = rng.choice([self._committed, *sorted(pending)])
        return self._image(bound, choose)

    def _image(self, bound: int, choose: Callable[[int], int] | None) -> Image:
        names, folders = self._named(bound)
        files = {path: self._content(inode, bound, choose) for path, inode in names.items()}
        return Image(files, folders)

    def _content(self, inode: int, bound: int, choose: Callable[[int], int] | None) -> bytes:
        """The bytes of a file, with the truncations up to `bound`: what follows a lost one was never attached."""
        data = bytearray(self._settled[inode])
        if choose is not None:
            for page in sorted(self._limbo.get(inode, ())):
                if choose(1):
                    _copy_page(self._cache[inode], data, page)
        writes: list[Write] = []
        for at, op in self._data.get(inode, ()):
            if isinstance(op, Write):
                writes.append(op)
                continue
            if at > bound:
                break
            _scatter(data, writes, choose)
            writes = []
            _put(data, op)
        _scatter(data, writes, choose)
        return bytes(data)

    def _named(self, bound: int) -> tuple[dict[str, int], frozenset[str]]:
        names, folders = dict(self._names), set(self._folders)
        for at, op in self._naming:
            if at <= bound:
                rename(names, folders, op)
        return names, frozenset(folders)

    def _commit_names(self, inside: Callable[[str], bool]) -> None:
        left = []
        for at, op in self._naming:
            if inside(op.new if isinstance(op, Rename) else op.path):
                rename(self._names, self._folders, op)
            else:
                left.append((at, op))
        self._naming = left
        if not self._strict:
            self._committed = self._now

    def _settle(self, inode: int) -> None:
        limbo = self._limbo.get(inode)
        pending = self._data.pop(inode, [])
        settled, cache = self._settled[inode], self._cache[inode]
        for _, op in pending:
            _put(settled, op)
        if limbo:
            # A page is flushed whole, so a newer write into it takes what had been lost along.
            for page in _pages(op for _, op in pending):
                _copy_page(cache, settled, page)
                limbo.discard(page)

    def _lose(self, inode: int) -> None:
        pending = self._data.pop(inode, [])
        self._limbo.setdefault(inode, set()).update(_pages(op for _, op in pending))


def rename(names: dict[str, int], folders: set[str], op: Naming) -> None:
    """Apply one change of names; what it needs and doesn't find was lost before."""
    match op:
        case Create():
            names[op.path] = op.inode
        case Unlink():
            names.pop(op.path, None)
        case MakeFolder():
            folders.add(op.path)
        case RemoveFolder():
            folders.discard(op.path)
        case Rename():
            if op.old in names:
                names[op.new] = names.pop(op.old)
            elif op.old in folders:
                for path in [p for p in names if p.startswith(op.old + "/")]:
                    names[op.new + path[len(op.old) :]] = names.pop(path)
                for path in [p for p in folders if p == op.old or p.startswith(op.old + "/")]:
                    folders.discard(path)
                    folders.add(op.new + path[len(op.old) :])


def parent(path: str) -> str:
    """The folder of a path, '' for the top."""
    above = str(PurePosixPath(path).parent)
    return "" if above == "." else above


def _put(data: bytearray, op: Write | Truncate) -> None:
    if isinstance(op, Truncate):
        del data[op.size :]
        data.extend(bytes(op.size - len(data)))
        return
    end = op.offset + len(op.data)
    if len(data) < end:
        data.extend(bytes(end - len(data)))
    data[op.offset : end] = op.data


def _scatter(data: bytearray, writes: Iterable[Write], choose: Callable[[int], int] | None) -> None:
    """Let some sectors of pending writes arrive: of each, one of the versions it went through."""
    if choose is None:
        return
    sectors: dict[int, list[Write]] = {}
    for op in writes:
        offset, left = op.offset, op.data
        while left:
            room = SECTOR - offset % SECTOR
            sectors.setdefault(offset // SECTOR, []).append(Write(op.inode, offset, left[:room]))
            offset, left = offset + room, left[room:]
    for versions in sectors.values():
        for piece in versions[: choose(len(versions))]:
            _put(data, piece)


def _pages(ops: Iterable[Write | Truncate]) -> set[int]:
    touched: set[int] = set()
    for op in ops:
        if isinstance(op, Write) and op.data:
            touched.update(range(op.offset // PAGE, (op.offset + len(op.data) - 1) // PAGE + 1))
    return touched


def _copy_page(source: bytearray, target: bytearray, page: int) -> None:
    piece = bytes(source[page * PAGE : (page + 1) * PAGE])
    if piece:
        _put(target, Write(0, page * PAGE, piece))
