"""The objects of all offices as files, with the rules of what may be put, put again, and deleted."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sync.centre.generations import GenerationSeen, newest_first
from sync.centre.inbox.access import Access
from sync.centre.inbox.body import Body
from sync.centre.inbox.contents import check, chunks_of, continues
from sync.centre.inbox.counting import Counting
from sync.centre.inbox.folder import files_below, make_folder, names_in, remove_empty, same_bytes, sync_folder
from sync.centre.inbox.heads import Heads
from sync.centre.inbox.keeping import Kept
from sync.centre.inbox.names import DATABASES, Kind, Lineage, ObjectName, is_generation, lineage_of, parse_file
from sync.centre.inbox.refusal import RefusalError

log = logging.getLogger("talon.centre.inbox")

_RETURN_NS = 60_000_000_000
_LEFTOVER_S = 86_400
_COMPARED = 64 << 20


@dataclass(frozen=True, slots=True)
class ObjectPut:
    """A new object, durable. `size`: its bytes once unpacked (a piece ends at `offset + size`). `at_ms`: UTC."""

    office: str
    incarnation: str
    database: str
    generation: str
    kind: Kind
    index: int
    offset: int
    size: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two histories under one prefix. `reason`: `piece-changed` (refused), `generation-returns` (accepted: pieces of
    an older generation come although a newer one began a minute ago). Both speak of two devices with one key.
    """

    office: str
    incarnation: str
    database: str
    reason: str
    name: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken. Bytes, but `uploads`: unfinished multipart uploads of one office, and `bodies`: those of one
    office that come at the same moment.

    `office` counts everything that is kept of it, what it deleted too; `coming` what is on its way.
    """

    object: int = 512 << 20
    unpacked: int = 2 << 30
    part: int = 64 << 20
    office: int = 16 << 30
    uploads: int = 8
    bodies: int = 32
    coming: int = 768 << 20


class Inbox:
    """One folder with the objects of all offices. Thread-safe.

    `objects/` in it has the form of a Litestream folder replica, so `talon restore` reads it as it is.
    """

    def __init__(
        self,
        folder: Path,
        access: Access,
        *,
        limits: Limits | None = None,
        keep_days: float = 30,
        personal_hours: float = 20,
        on_conflict: Callable[[Conflict], None] | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`on_conflict` is called on the thread that stores: be quick."""
        self.access, self.limits, self.now_ms = access, limits or Limits(), now_ms
        self.counting = Counting()
        self._keep_days, self._personal_hours = keep_days, personal_hours
        self._on_conflict = on_conflict
        self._heard: list[Callable[[ObjectPut], None]] = []
        self.objects, self.incoming = folder / "objects", folder / "incoming"
        for one in (self.objects, self.incoming):
            make_folder(one)
        self._kept = Kept(folder)
        self._heads = Heads(self._load)
        self._locks = [threading.Lock() for _ in range(64)]
        self._usage: dict[str, int] = {}
        self._usage_lock = threading.Lock()

    def listen(self, heard: Callable[[ObjectPut], None]) -> None:
        """Hear of each new object, on the thread that stored it, before the device is answered: be quick."""
        self._heard.append(heard)

    # What is there.

    def lineages(self) -> list[Lineage]:
        """Every database of every incarnation that has objects in sight."""
        found = []
        for office in names_in(self.objects):
            for incarnation in names_in(self.objects / office):
                for database in DATABASES:
                    lineage = lineage_of(office, incarnation, database)
                    if lineage is not None and (self.objects / str(lineage)).is_dir():
                        found.append(lineage)
        return found

    def generations(self, lineage: Lineage) -> list[GenerationSeen]:
        """The generations of a database, the newest first; from memory."""
        return self._heads.generations(lineage)

    def find(self, name: ObjectName, *, deleted: bool = False) -> Path | None:
        """The file of an object; `deleted`: also when the device has deleted it."""
        path = self.objects / str(name)
        if path.exists():
            return path
        return self._kept.find(name) if deleted else None

    def contents(self, lineage: Lineage, generation: str) -> list[ObjectName]:
        """Every object of a generation that can still be read, deleted ones too."""
        found = set()
        for home in (self.objects / str(lineage) / "generations", *self._kept.folders(lineage)):
            for part in ("snapshots", "wal"):
                for file in names_in(home / generation / part):
                    name = parse_file(lineage, generation, part, file)
                    if name is not None:
                        found.add(name)
        return sorted(found, key=lambda one: (one.kind, one.index, one.offset))

    def snapshots(self, lineage: Lineage, generation: str) -> list[int]:
        """The indices of the snapshots in sight: without any, nobody can restore from this generation."""
        files = names_in(self.objects / str(lineage) / "generations" / generation / "snapshots")
        names = [parse_file(lineage, generation, "snapshots", file) for file in files]
        return [name.index for name in names if name is not None]

    # What comes.

    def body(self) -> Body:
        """An empty body for something that comes."""
        return Body(self.incoming, self.limits.object)

    def store(self, name: ObjectName, body: Body) -> bool:
        """Store a whole body under a name: on the disk for certain when it returns; False when it already was.

        Raises RefusalError, and OSError when the disk doesn't take it; nothing is kept then.
        """
        size = check(name, body.chunks(), self.limits.unpacked)
        office = name.lineage.office
        self._make_room(office, body.size)
        path, now_ms = self.objects / str(name), self.now_ms()
        with self._lock_of(name.lineage):
            if self._repeated(name, path, body, now_ms):
                self.counting.add("repeats")
                return False
            self._put(name, path, body, now_ms)
            at_ns = path.stat().st_mtime_ns
            lag_ns = self._heads.note(name, at_ns)
        self._count_usage(office, body.size)
        self.counting.add("puts")
        self.counting.add("put_bytes", body.size)
        if lag_ns is not None and lag_ns > _RETURN_NS:
            self._report("generation-returns", name, now_ms)
        lineage = name.lineage
        put = ObjectPut(
            office=office,
            incarnation=lineage.incarnation,
            database=lineage.database,
            generation=name.generation,
            kind=name.kind,
            index=name.index,
            offset=name.offset,
            size=size,
            at_ms=at_ns // 1_000_000,
        )
        for heard in self._heard:
            try:
                heard(put)
            except Exception:
                # The object is durable: whoever listens catches up with the next one.
                log.exception("inbox: a listener failed at %s", name)
        return True

    def _put(self, name: ObjectName, path: Path, body: Body, now_ms: int) -> None:
        fresh = body.durable_file()
        if not path.parent.is_dir():
            # A folder that should be there and isn't: somebody has emptied the inbox.
            self._heads.forget(name.lineage)
            make_folder(path.parent)
        if path.exists():
            if name.lineage.database == "queue":
                self._kept.set_aside(path, name, now_ms)
            else:
                self._count_usage(name.lineage.office, -path.stat().st_size)
            self.counting.add("replaced")
            fresh.rename(path)
        else:
            os.link(fresh, path)
        sync_folder(path.parent)

    def _repeated(self, name: ObjectName, path: Path, body: Body, now_ms: int) -> bool:
        """Whether these very bytes are there. Raises RefusalError when a piece would be changed."""
        there: Path | None = path
        if not path.exists():
            there = self._kept.find(name) if name.kind is Kind.WAL else None
        if there is None:
            return False
        same = there.stat().st_size == body.size and same_bytes(there, body.durable_file())
        if same and there == path:
            # What is put again is in force again: the term of personal data counts from now.
            os.utime(path)
            return True
        if same or name.kind is Kind.SNAPSHOT or name.lineage.database == "personal":
            # The same piece sealed once more is other bytes.
            return False
        if continues(chunks_of(there), body.chunks(), _COMPARED):
            raise RefusalError("PieceChanged", "this piece is here with another length: look again", "piece-length")
        self._report("piece-changed", name, now_ms)
        raise RefusalError("PieceChanged", "this piece is here with other bytes")

    # What goes.

    def delete(self, name: ObjectName) -> bool:
        """A device deletes an object: a personal one is erased, another is out of sight. False when it isn't there."""
        path = self.objects / str(name)
        with self._lock_of(name.lineage):
            if not path.exists():
                return False
            if name.lineage.database == "personal":
                self._erase(path, name.lineage.office)
                self._heads.forget(name.lineage)
            else:
                self._kept.hide(path, name, self.now_ms())
            remove_empty(path.parent, self.objects / name.lineage.office)
        self.counting.add("deletes")
        return True

    def bring_back(self, lineage: Lineage) -> int:
        """Undo every deletion of a database that can be undone; the number of objects."""
        count = 0
        with self._lock_of(lineage):
            for home in list(self._kept.folders(lineage)):
                for path in list(files_below(home)):
                    wanted = self.objects / str(lineage) / "generations" / path.relative_to(home)
                    if not wanted.exists():
                        make_folder(wanted.parent)
                        path.rename(wanted)
                        sync_folder(wanted.parent)
                        count += 1
            self._heads.forget(lineage)
        return count

    def purge(self, now_ms: int) -> int:
        """Erase what is due; the number of objects.

        Personal objects `personal_hours` after they came (there is no other copy of them), deleted and replaced ones
        of the queue after `keep_days`, and what an interrupted request left after a day.
        """
        due_ns = int((now_ms - self._personal_hours * 3_600_000) * 1_000_000)
        count = 0
        for lineage in self.lineages():
            if lineage.database == "personal":
                count += self._purge_personal(lineage, due_ns)
        kept = self._kept.purge(now_ms, self._keep_days)
        if kept:
            # Counted again when it is asked for.
            with self._usage_lock:
                self._usage.clear()
        count += kept
        for path in list(files_below(self.incoming)):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < now_ms / 1000 - _LEFTOVER_S:
                    path.unlink()
                    remove_empty(path.parent, self.incoming)
        self.counting.add("purged", count)
        return count

    def _purge_personal(self, lineage: Lineage, due_ns: int) -> int:
        home = self.objects / str(lineage)
        count = 0
        with self._lock_of(lineage):
            for path in list(files_below(home)):
                if path.stat().st_mtime_ns <= due_ns:
                    self._erase(path, lineage.office)
                    remove_empty(path.parent, self.objects / lineage.office)
                    count += 1
            if count:
                self._heads.forget(lineage)
        return count

    def _erase(self, path: Path, office: str) -> None:
        self._count_usage(office, -path.stat().st_size)
        path.unlink()
        sync_folder(path.parent)

    # What is known.

    def _load(self, lineage: Lineage) -> list[GenerationSeen]:
        homes = [self.objects / str(lineage) / "generations", *self._kept.folders(lineage)]
        found: dict[str, GenerationSeen] = {}
        for home in homes:
            for generation in filter(is_generation, names_in(home)):
                seen = _look(lineage, generation, home / generation)
                other = found.get(generation)
                if seen is not None and other is not None:
                    ends = [end for end in (seen.end, other.end) if end is not None]
                    began_ns = min(seen.began_ns, other.began_ns)
                    seen = GenerationSeen(generation, began_ns, max(ends, default=None))
                if seen is not None:
                    found[generation] = seen
        return newest_first(found.values())

    def _lock_of(self, lineage: Lineage) -> threading.Lock:
        return self._locks[hash(lineage) % len(self._locks)]

    def _make_room(self, office: str, size: int) -> None:
        if self.usage(office) + size > self.limits.office:
            raise RefusalError("QuotaExceeded", f"an office may keep {self.limits.office} bytes here")

    def usage(self, office: str) -> int:
        """The bytes that are kept of an office, what it deleted too."""
        with self._usage_lock:
            known = self._usage.get(office)
        if known is None:
            homes = (self.objects / office, *self._kept.offices(office))
            known = sum(_size(path) for home in homes for path in files_below(home))
            with self._usage_lock:
                known = self._usage.setdefault(office, known)
        return known

    def _count_usage(self, office: str, size: int) -> None:
        with self._usage_lock:
            if office in self._usage:
                self._usage[office] += size

    def _report(self, reason: str, name: ObjectName, now_ms: int) -> None:
        log.warning("inbox: %s at %s", reason, name)
        if self._on_conflict is None:
            return
        lineage = name.lineage
        try:
            self._on_conflict(
                Conflict(lineage.office, lineage.incarnation, lineage.database, reason, str(name), now_ms)
            )
        except Exception:
            log.exception("inbox: nobody took the report of %s at %s", reason, name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _look(lineage: Lineage, generation: str, folder: Path) -> GenerationSeen | None:
    pieces = [parse_file(lineage, generation, "wal", file) for file in names_in(folder / "wal")]
    ends = [(piece.index, piece.offset) for piece in pieces if piece is not None]
    first = [folder / "wal" / file for file in names_in(folder / "wal")[:1]]
    files = [*(folder / "snapshots" / file for file in names_in(folder / "snapshots")), *first]
    times = []
    for file in files:
        with suppress(FileNotFoundError):
            times.append(file.stat().st_mtime_ns)
    return GenerationSeen(generation, min(times), max(ends, default=None)) if times else None
