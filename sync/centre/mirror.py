"""The mirror of one office's database: a plain SQLite file that is brought forward as pieces come.

SQLite itself takes the pieces in: the WAL of the current index lies beside the database for a moment, is recovered and
checkpointed. What a mirror holds is a cache: nothing is fsync'd, and after any doubt it is made anew from the inbox.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from sync.centre.generations import GenerationSeen, Run, runs
from sync.centre.inbox.contents import BrokenFrameError, TooLargeError, chunks_of, unpacked
from sync.centre.inbox.inbox import Inbox
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from sync.centre.playing import HeldError, UnplayableError, copy_out, fit_to_read, play

log = logging.getLogger("talon.centre.mirror")


@dataclass(frozen=True, slots=True)
class MirrorState:
    """What a mirror is now.

    `path` is None while there is nothing to read. `generation`, `index`, `offset`: how far it is, `offset` being the
    end of what is in it. `trouble`: '' or
    `no-base` (pieces without a snapshot that they could follow), `gap` (a piece is missing), `corrupt` (a piece or a
    snapshot that SQLite doesn't take), `no-room` (the centre's own disk). In trouble the file still is the last good
    state. `applied`: pieces taken in by this call; `rebuilt`: it was made anew from a snapshot, so anything may differ.
    """

    path: Path | None
    generation: str = ""
    index: int = 0
    offset: int = 0
    trouble: str = ""
    detail: str = ""
    applied: int = 0
    rebuilt: bool = False


@dataclass(frozen=True, slots=True)
class _Position:
    """How far the file is, and how it looked then: `inode`, `size`, `mtime_ns`. `boot`: of the machine."""

    generation: str
    index: int
    offset: int
    inode: int
    size: int
    mtime_ns: int
    boot: str


class _TroubleError(Exception):
    """Something stands in the way; `code` as in MirrorState.trouble."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class Mirror:
    """One mirror, at `<folder>/<office>/<incarnation>/<database>.db`. Thread-safe; idle it holds nothing open."""

    def __init__(self, folder: Path, inbox: Inbox, office: str, incarnation: str, database: str = "queue") -> None:
        """Touches nothing on the disk yet."""
        self._inbox, self._lineage = inbox, Lineage(office, incarnation, database)
        home = folder / office / incarnation
        self.path = home / f"{database}.db"
        self._fresh = home / f".{database}.db.new"
        self._wal = home / f".{database}.wal"
        self._mark = home / f".{database}.position"
        self._lock = threading.Lock()
        self._position: _Position | None = None
        self._read_mark = False
        self._failed: tuple[object, ...] = ()
        self._failure = _TroubleError("", "")
        self._state = MirrorState(None)

    def state(self) -> MirrorState:
        """The state after the last `bring_forward`."""
        return self._state

    def bring_forward(self) -> MirrorState:
        """Take in whatever has come. Never raises for what a device sent; never waits for a reader."""
        with self._lock:
            try:
                self._state = self._forward()
            except (OSError, sqlite3.Error) as problem:
                # The centre's own disk: nothing is known of the file until it has been made anew.
                self._distrust()
                full = isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT)
                full = full or "full" in str(problem)
                log.error("mirror %s: %s", self._lineage, problem)
                there = self.path if self.path.exists() else None
                self._state = MirrorState(there, trouble="no-room" if full else "unreadable", detail=str(problem)[:200])
            return self._state

    def connect(self) -> sqlite3.Connection:
        """A read-only connection; close it soon. Raises sqlite3.OperationalError while there is no file."""
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)

    def quick_check(self) -> str:
        """'' or what SQLite finds wrong with the file."""
        try:
            with closing(self.connect()) as connection:
                return fit_to_read(connection)
        except sqlite3.Error as problem:
            return str(problem)[:200]

    def distrust(self) -> None:
        """Make it anew from the inbox at the next `bring_forward`."""
        with self._lock:
            self._distrust()

    # One step forward.

    def _forward(self) -> MirrorState:
        position = self._known_position()
        generations = self._inbox.generations(self._lineage)
        applied, rebuilt, trouble = 0, False, _TroubleError("", "")
        if position is not None:
            try:
                position, applied = self._follow(position)
            except _TroubleError as problem:
                position, trouble = self._position, problem
        if position is not None and self._is_newest(position, generations):
            trouble = trouble if trouble.code else self._what_is_missing(position, generations)
            if trouble.code in ("gap", "corrupt") and self._later_snapshot(position):
                position, rebuilt, failure = self._rebuild(generations[:1])
                trouble = trouble if failure.code else failure
        elif generations:
            # A newer generation, or no file that can be trusted: then an older generation is better than nothing.
            ways = generations if position is None else self._newer(position, generations)
            position, rebuilt, trouble = self._rebuild(ways)
        if position is None:
            return MirrorState(None, trouble=trouble.code, detail=trouble.detail)
        return MirrorState(
            *(self.path, position.generation, position.index, position.offset),
            *(trouble.code, trouble.detail, applied, rebuilt),
        )

    def _is_newest(self, position: _Position, generations: list[GenerationSeen]) -> bool:
        return not generations or generations[0].name == position.generation

    def _newer(self, position: _Position, generations: list[GenerationSeen]) -> list[GenerationSeen]:
        names = [one.name for one in generations]
        end = names.index(position.generation) if position.generation in names else len(names)
        return generations[:end]

    def _follow(self, position: _Position) -> tuple[_Position, int]:
        """Take in the pieces that come next; the new position and how many they were. Raises _TroubleError."""
        applied = 0
        while True:
            index, offset = position.index, position.offset
            piece = self._piece(position.generation, index, offset)
            if piece is None:
                index, offset = position.index + 1, 0
                piece = self._piece(position.generation, index, offset)
            if piece is None:
                return position, applied
            # Everything of one index at once: a WAL is played from its beginning each time.
            if offset == 0:
                self._wal.unlink(missing_ok=True)
            ends = [offset]
            while piece is not None:
                ends.append(self._append(piece, ends[-1]))
                piece = self._piece(position.generation, index, ends[-1])
            position = self._take_in(position.generation, index, ends)
            applied += len(ends) - 1

    def _piece(self, generation: str, index: int, offset: int) -> Path | None:
        return self._inbox.find(ObjectName(self._lineage, generation, Kind.WAL, index, offset))

    def _append(self, piece: Path | None, offset: int) -> int:
        """Add a piece to the WAL; its new end. Raises _TroubleError."""
        with self._wal.open("ab") as wal:
            if wal.tell() != offset:
                raise _TroubleError("gap", f"the WAL ends at {wal.tell()}, the piece begins at {offset}")
            try:
                for part in unpacked(chunks_of(piece) if piece is not None else (), self._inbox.limits.unpacked):
                    wal.write(part)
            except (BrokenFrameError, TooLargeError, FileNotFoundError) as problem:
                wal.truncate(offset)
                raise _TroubleError("corrupt", f"the piece at {offset}: {problem}") from problem
            if wal.tell() == offset:
                raise _TroubleError("corrupt", f"the piece at {offset} is empty")
            return wal.tell()

    def _take_in(self, generation: str, index: int, ends: list[int]) -> _Position:
        """Play the WAL, whose pieces end at `ends` (the first is where the file was), into the file.

        Raises _TroubleError; the position is then the end of the last piece that is right.
        """
        self._mark.unlink(missing_ok=True)
        try:
            try:
                right, size = play(self.path, self._wal)
            except HeldError:
                # Somebody reads it: they keep the old file, the new state gets its name.
                copy_out(self.path, self._fresh)
                right, size = play(self._fresh, self._wal, private=True)
                self._give_name()
        except HeldError:
            # Somebody writes it: nothing of theirs is worth a wait.
            return self._build(generation)[0]
        except UnplayableError as problem:
            self._distrust()
            raise _TroubleError("corrupt", f"{index:08x}_{ends[0]:08x}: {problem}") from problem
        good = _last_end(ends, right)
        if good < ends[0]:
            self._distrust()
            raise _TroubleError("corrupt", f"WAL {index:08x} is right up to {right} only")
        os.truncate(self._wal, good)
        position = self._note(generation, index, good)
        if right < size:
            raise _TroubleError("corrupt", f"{index:08x}_{good:08x} is right up to {right} of {size} only")
        return position

    # What stands in the way.

    def _what_is_missing(self, position: _Position, generations: list[GenerationSeen]) -> _TroubleError:
        if generations and generations[0].end is not None and generations[0].end >= (position.index, position.offset):
            return _TroubleError("gap", f"{position.index:08x}_{position.offset:08x} is missing")
        if not self._inbox.snapshots(self._lineage, position.generation):
            return _TroubleError("no-base", "no snapshot of this generation is in the inbox")
        return _TroubleError("", "")

    def _later_snapshot(self, position: _Position) -> bool:
        return any(index > position.index for index in self._inbox.snapshots(self._lineage, position.generation))

    # Made anew.

    def _rebuild(self, ways: list[GenerationSeen]) -> tuple[_Position | None, bool, _TroubleError]:
        """Make the file from the first of these generations that can be played.

        The trouble is that of the newest one, also when an older one had to do.
        """
        asked = tuple((one, tuple(self._inbox.snapshots(self._lineage, one.name))) for one in ways)
        position = self._position
        if position is not None and asked == self._failed:
            return position, False, self._failure
        first: _TroubleError | None = None
        for one in ways:
            try:
                position, trouble = self._build(one.name)
            except _TroubleError as problem:
                first = first or problem
                continue
            trouble = first or (trouble if trouble.code else self._what_is_missing(position, [one]))
            self._failed, self._failure = (asked, trouble) if first else ((), trouble)
            return position, True, trouble
        self._failed, self._failure = asked, first or _TroubleError("", "")
        return self._position, False, self._failure

    def _build(self, generation: str) -> tuple[_Position, _TroubleError]:
        names = self._inbox.contents(self._lineage, generation)
        snapshots = [one.index for one in names if one.kind is Kind.SNAPSHOT]
        pieces = [(one.index, one.offset) for one in names if one.kind is Kind.WAL]
        if not snapshots:
            raise _TroubleError("no-base", f"generation {generation} has no snapshot")
        if not pieces:
            # A snapshot alone may have been copied in the middle of a checkpoint: its first piece makes it whole.
            raise _TroubleError("", "")
        ways = runs(snapshots, pieces)
        if not ways:
            raise _TroubleError("gap", f"generation {generation} has no first piece after its snapshot")
        troubles = []
        for run in ways:
            try:
                return self._build_run(generation, run)
            except _TroubleError as problem:
                troubles.append(problem)
        raise troubles[0]

    def _build_run(self, generation: str, run: Run) -> tuple[_Position, _TroubleError]:
        """Play a run on its snapshot as far as it is right. Raises _TroubleError when the outcome can't be read."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._clear(self._fresh)
        base = ObjectName(self._lineage, generation, Kind.SNAPSHOT, run.snapshot)
        self._unpack(base)
        self._mark.unlink(missing_ok=True)
        trouble = _TroubleError("", "")
        index, good = run.snapshot, 0
        for index, offsets in _by_index(run):
            self._wal.unlink(missing_ok=True)
            self._wal.touch()
            ends = [0]
            try:
                for offset in offsets:
                    if offset != ends[-1]:
                        raise _TroubleError("gap", f"{index:08x}_{ends[-1]:08x} is missing")
                    name = ObjectName(self._lineage, generation, Kind.WAL, index, offset)
                    ends.append(self._append(self._inbox.find(name, deleted=True), offset))
            except _TroubleError as problem:
                trouble = problem
            try:
                right, size = play(self._fresh, self._wal, private=True)
            except UnplayableError as problem:
                raise _TroubleError("corrupt", f"WAL {index:08x} on {base.file}: {problem}") from problem
            good = _last_end(ends, right)
            os.truncate(self._wal, good)
            if right < size:
                trouble = _TroubleError("corrupt", f"{index:08x}_{good:08x} is right up to {right} of {size} only")
            if trouble.code:
                break
        with closing(sqlite3.connect(self._fresh)) as connection:
            wrong = fit_to_read(connection)
        if wrong:
            if self._overtook(base, run):
                raise _TroubleError("", "")
            raise _TroubleError("corrupt", f"{base.file} and its pieces: {wrong}")
        self._give_name()
        return self._note(generation, index, good), trouble

    def _overtook(self, base: ObjectName, run: Run) -> bool:
        """Whether a snapshot may hold what is still on its way in pieces.

        One may be on its way while the snapshot is taken, and the one after it covers everything up to then.
        """
        index, offset = run.pieces[-2:][0]
        piece = self._inbox.find(ObjectName(self._lineage, base.generation, Kind.WAL, index, offset), deleted=True)
        snapshot = self._inbox.find(base, deleted=True)
        if piece is None or snapshot is None:
            return False
        return snapshot.stat().st_mtime_ns > piece.stat().st_mtime_ns

    def _unpack(self, base: ObjectName) -> None:
        file = self._inbox.find(base, deleted=True)
        try:
            with self._fresh.open("wb") as fresh:
                for part in unpacked(chunks_of(file) if file is not None else (), self._inbox.limits.unpacked):
                    fresh.write(part)
        except (BrokenFrameError, TooLargeError, FileNotFoundError) as problem:
            raise _TroubleError("corrupt", f"{base.file}: {problem}") from problem

    # The files.

    def _give_name(self) -> None:
        """The fresh file takes the mirror's name; whoever reads the old one goes on reading the old one."""
        self._clear(self.path, itself=False)
        self._fresh.rename(self.path)

    def _clear(self, path: Path, *, itself: bool = True) -> None:
        # What lies beside a database under these names would be played into the next file of its name.
        for suffix in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        if itself:
            path.unlink(missing_ok=True)

    def _distrust(self) -> None:
        self._position, self._read_mark, self._failed = None, True, ()
        with suppress(OSError):
            self._mark.unlink(missing_ok=True)

    def _note(self, generation: str, index: int, offset: int) -> _Position:
        stat = self.path.stat()
        position = _Position(generation, index, offset, stat.st_ino, stat.st_size, stat.st_mtime_ns, _boot())
        fresh = self._mark.with_name(self._mark.name + ".new")
        fresh.write_text(json.dumps(asdict(position)))
        fresh.rename(self._mark)
        self._position, self._read_mark, self._failed = position, True, ()
        return position

    def _known_position(self) -> _Position | None:
        """Where the file is; None when it must be made anew."""
        if not self._read_mark:
            self._read_mark = True
            with suppress(OSError, ValueError, TypeError):
                self._position = _Position(**json.loads(self._mark.read_text()))
        position = self._position
        if position is not None and not self._as_left(position):
            log.warning("mirror %s isn't as it was left, and is made anew", self._lineage)
            self._distrust()
        return self._position

    def _as_left(self, position: _Position) -> bool:
        try:
            stat, wal = self.path.stat(), self._wal.stat()
        except FileNotFoundError:
            return False
        beside = self.path.with_name(self.path.name + "-wal")
        journal = self.path.with_name(self.path.name + "-journal")
        same = (stat.st_ino, stat.st_size, stat.st_mtime_ns) == (position.inode, position.size, position.mtime_ns)
        return (
            same
            and wal.st_size == position.offset
            and position.boot == _boot()
            and not beside.exists()
            and not journal.exists()
        )


def _by_index(run: Run) -> Iterator[tuple[int, list[int]]]:
    groups: dict[int, list[int]] = {}
    for index, offset in run.pieces:
        groups.setdefault(index, []).append(offset)
    yield from sorted(groups.items())


def _last_end(ends: list[int], right: int) -> int:
    """The end of the last piece that lies within the bytes that are right; 0 when none does."""
    return max((end for end in ends if end <= right), default=0)


@cache
def _boot() -> str:
    """Tells one run of the machine from another: what was never fsync'd may be gone after a power cut."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
