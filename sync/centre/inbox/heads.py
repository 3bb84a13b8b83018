"""What is known of every database in memory: its generations, and how far each has come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sync.centre.generations import GenerationSeen, newest_first
from sync.centre.inbox.names import Kind, Lineage, ObjectName


@dataclass(slots=True)
class _Generation:
    began_ns: int
    end: tuple[int, int] | None = None


class Heads:
    """Filled from the disk when a database is first asked for, and kept by what is put. Thread-safe."""

    def __init__(self, load: Callable[[Lineage], list[GenerationSeen]]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._known: dict[Lineage, dict[str, _Generation]] = {}

    def generations(self, lineage: Lineage) -> list[GenerationSeen]:
        """Those of a database, the newest first."""
        known = self._of(lineage)
        with self._lock:
            return newest_first(GenerationSeen(name, one.began_ns, one.end) for name, one in known.items())

    def note(self, name: ObjectName, at_ns: int) -> int | None:
        """An object came. When its generation is older than the newest one: for how long that has been there, ns."""
        known = self._of(name.lineage)
        with self._lock:
            one = known.setdefault(name.generation, _Generation(at_ns))
            if name.kind is Kind.WAL:
                end = (name.index, name.offset)
                one.end = max(one.end, end) if one.end else end
            newest = max(other.began_ns for other in known.values())
            return at_ns - newest if one.began_ns < newest else None

    def forget(self, lineage: Lineage) -> None:
        """Its objects have changed otherwise than by being put: read them again when asked."""
        with self._lock:
            self._known.pop(lineage, None)

    def _of(self, lineage: Lineage) -> dict[str, _Generation]:
        with self._lock:
            known = self._known.get(lineage)
        if known is None:
            # Outside of the lock: reading a folder must not hold up other offices.
            known = {one.name: _Generation(one.began_ns, one.end) for one in self._load(lineage)}
            with self._lock:
                known = self._known.setdefault(lineage, known)
        return known
