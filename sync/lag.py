"""How far a replica is behind, measured from files and from what the target has confirmed.

Only the `-wal` file is opened here. To open and close the database or its `-shm` in the process
that also holds a SQLite connection would drop SQLite's POSIX locks (sqlite.org/howtocorrupt.html,
section 2.2).
"""

from __future__ import annotations

import os
import struct
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from sync.litestream import Position, current_generation, meta_path

_WAL_HEADER = 32
_FRAME_HEADER = 24
_MAX_MARKS = 2048


@dataclass(frozen=True, slots=True)
class Lag:
    """How much is committed here and not at the target, and since when.

    `missing` is bytes of WAL (of the whole database while nothing is confirmed). `seconds` may be
    too large by one poll, never too small; both are 0 when the target holds all that is committed.
    """

    missing: int
    seconds: float
    generation: str


def _salts(header: bytes) -> bytes:
    return header[16:24] if len(header) == _WAL_HEADER else b""


def _read_header(path: Path) -> bytes:
    try:
        with path.open("rb") as f:
            return f.read(_WAL_HEADER)
    except OSError:
        return b""


@dataclass(slots=True)
class LiveWal:
    """The end of the last committed transaction in SQLite's own WAL file."""

    path: Path
    salts: bytes = b""
    end: int = 0

    def advance(self) -> int:
        """Read on from where the last call ended; returns how many committed bytes are new."""
        try:
            with self.path.open("rb", buffering=0) as f:
                header = f.read(_WAL_HEADER)
                salts = _salts(header)
                if not salts:
                    self.salts, self.end = b"", 0
                    return 0
                known = self.end if salts == self.salts else 0
                end = self._committed_end(f.fileno(), salts, header, known or _WAL_HEADER)
        except OSError:
            self.salts, self.end = b"", 0
            return 0
        self.salts, self.end = salts, end
        return end - (known or _WAL_HEADER)

    @staticmethod
    def _committed_end(fd: int, salts: bytes, header: bytes, start: int) -> int:
        frame_size = _FRAME_HEADER + int.from_bytes(header[8:12], "big")
        offset = committed = start
        while True:
            frame = os.pread(fd, _FRAME_HEADER, offset)
            if len(frame) < _FRAME_HEADER or frame[8:16] != salts:
                return committed
            offset += frame_size
            (database_pages,) = struct.unpack_from(">I", frame, 4)
            if database_pages:  # only a commit frame carries the size of the database
                committed = offset


@dataclass(slots=True)
class _ShadowWal:
    """What Litestream has captured: its numbered copies of the WAL files of one generation.

    Offline for months there are tens of thousands of them, so the folder is listed once and then
    followed by name.
    """

    db: Path
    generation: str = ""
    index: int = -1
    salts: bytes = b""
    sizes: dict[int, int] = field(default_factory=dict)

    def _file(self, index: int) -> Path:
        return meta_path(self.db) / "generations" / self.generation / "wal" / f"{index:08x}.wal"

    def _size(self, index: int) -> int:
        try:
            return self._file(index).stat().st_size
        except OSError:
            return 0

    def refresh(self) -> None:
        generation = current_generation(self.db)
        if generation != self.generation or self.index < 0:
            self.generation, self.index, self.salts, self.sizes = generation, -1, b"", {}
            folder = self._file(0).parent
            if not generation or not folder.is_dir():
                return
            indexes = sorted(int(f.stem, 16) for f in folder.glob("????????.wal"))
            if not indexes:
                return
            self.sizes = {i: self._size(i) for i in indexes}
            self.index = indexes[-1]
        while self._file(self.index + 1).exists():
            self.sizes[self.index] = self._size(self.index)
            self.index += 1
            self.salts = b""
        self.sizes[self.index] = self._size(self.index)
        if not self.salts:
            self.salts = _salts(_read_header(self._file(self.index)))

    def beyond(self, confirmed: Position) -> int:
        """Captured bytes that the target has not confirmed."""
        for index in [i for i in self.sizes if i < confirmed.index]:
            del self.sizes[index]
        return max(0, sum(self.sizes.values()) - confirmed.offset)


class LagMeter:
    """Compares the live WAL, Litestream's copies of it and what the target has confirmed.

    Not thread-safe: one thread measures. `now` is any clock that only goes forward, in seconds.
    """

    def __init__(self, db: Path, now: float) -> None:
        self._db = db
        self._live = LiveWal(db.with_name(db.name + "-wal"))
        self._shadow = _ShadowWal(db)
        self._committed = 0  # bytes of WAL seen committed, over all restarts of the WAL file
        self._missing = 0
        self._marks: deque[tuple[float, int]] = deque()
        self._last = now

    def measure(self, confirmed: Position | None, now: float) -> Lag:
        """One look at the files: a few system calls, no matter how long the history is."""
        # The copies are read before the live file, so that what lands in between counts as missing.
        self._shadow.refresh()
        growth = self._live.advance()
        self._committed += growth
        if growth:
            self._mark(self._last)
        self._missing = self._missing_bytes(confirmed, growth)
        arrived = self._committed - self._missing
        while self._marks and self._marks[0][1] <= arrived:
            self._marks.popleft()
        if self._missing and not self._marks:
            self._mark(self._last)
        self._last = now
        seconds = now - self._marks[0][0] if self._marks else 0.0
        return Lag(self._missing, seconds, self._shadow.generation)

    def _missing_bytes(self, confirmed: Position | None, growth: int) -> int:
        shadow, live = self._shadow, self._live
        if confirmed is None or not shadow.generation or confirmed.generation != shadow.generation:
            # Nothing of this generation is known to be there, so all of the database may be
            # missing.
            try:
                return self._db.stat().st_size + live.end
            except OSError:
                return 0
        if not live.salts or live.salts != shadow.salts:
            # The WAL began anew (or is gone) and Litestream has not followed: what is new comes on
            # top.
            return self._missing + growth
        uncaptured = max(0, live.end - shadow.sizes.get(shadow.index, 0))
        return uncaptured + shadow.beyond(confirmed)

    def _mark(self, at: float) -> None:
        self._marks.append((at, self._committed))
        if len(self._marks) > _MAX_MARKS:
            # The older of each pair keeps its time and takes the younger's bytes: the age can only
            # look larger.
            pairs = list(self._marks)
            self._marks = deque((pairs[i][0], pairs[min(i + 1, len(pairs) - 1)][1]) for i in range(0, len(pairs), 2))
