"""Whether what Litestream left beside a database can be believed after a power cut.

Litestream flushes the frames that it copies, but neither the header of a fresh copy nor its name, and it may have sent
what SQLite's own file then lost. Its state is therefore believed when the machine has not gone down since, or when it
is exactly as it was after it had been flushed here in a quiet moment; otherwise a new generation begins.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from sync.litestream import write_config
from sync.litestream_folders import forget_generation, make_durable, state_mark

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAME = "left.json"


def this_boot() -> str:
    """The name of the time since the machine was switched on; '' where there is none."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class LocalTrust:
    """The note of how Litestream's state was left: `<workdir>/left.json`. One thread uses it."""

    def __init__(self, workdir: Path, databases: Iterable[Path], boot: str) -> None:
        self._note, self._databases, self._boot = workdir / _NAME, tuple(dict.fromkeys(databases)), boot
        self._begun = False
        self._last: dict[str, str] = {}
        self._settled: dict[str, str] = {}

    def begin(self) -> list[Path]:
        """Before the first start: the databases whose generation was given up. Litestream must not be running."""
        if self._begun:
            return []
        try:
            left = json.loads(self._note.read_text(encoding="utf-8"))
            boot, settled = str(left["boot"]), dict(left["settled"])
        except (OSError, ValueError, KeyError, TypeError):
            boot, settled = "", {}
        given_up = []
        for db in self._databases:
            mark = state_mark(db)
            if mark and not (boot and boot == self._boot) and settled.get(str(db)) != mark:
                forget_generation(db)
                given_up.append(db)
        self._begun = True
        self._write({})
        return given_up

    def look(self, *, at_once: bool = False) -> None:
        """Flush and note what has not changed since the last look, once; `at_once`: whatever it is now."""
        marks = {str(db): state_mark(db) for db in self._databases}
        quiet = {name: mark for name, mark in marks.items() if mark and (at_once or self._last.get(name) == mark)}
        self._last = marks
        fresh = {name: mark for name, mark in quiet.items() if self._settled.get(name) != mark}
        if not fresh or not self._begun:
            return
        with contextlib.suppress(OSError):
            for name in fresh:
                make_durable(Path(name))
            # What changed while it was flushed differs from its mark, and is not believed.
            self._write({**self._settled, **fresh})

    def _write(self, settled: dict[str, str]) -> None:
        self._settled = settled
        with contextlib.suppress(OSError):
            write_config(self._note, json.dumps({"boot": self._boot, "settled": settled}))
            fd = os.open(self._note, os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
