"""What a directive asks for outside the database: done after its commit, once, also when the box died in between.

The number of the last directive that was looked at lies in a small file and is written before the act, so a restart
that the directive itself causes doesn't repeat it. A file that is missing (a restored card) begins with what is new.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from appliance.domain.office import Office, SettledDirective

log = logging.getLogger(__name__)

OUTSIDE = ("fresh-snapshot", "restart-device", "call-technician", "adopt-plan")
"""The kinds with something to do here."""


class Writer(Protocol):
    """What is needed of the one writer."""

    @property
    def office(self) -> Office:
        """The newest committed state."""

    def listen(self, callback: Callable[[int], None]) -> None:
        """Be nudged after each commit."""


class Directed:
    """A thread that acts on applied directives.

    `snapshot`: make a fresh snapshot of the replica. `restart`: begin anew with this device. `call`: tell the
    technician (device or "", code of the note). `keep_plan`: write a plan that was adopted into the plan's file, so
    that the next start doesn't read an older one. An error of theirs is logged, and the directive is past all the same.
    """

    def __init__(
        self,
        writer: Writer,
        mark: Path,
        *,
        snapshot: Callable[[], None],
        restart: Callable[[str], None],
        call: Callable[[str, str], None],
        keep_plan: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._writer, self._mark = writer, mark
        self._snapshot, self._restart, self._call, self._keep_plan = snapshot, restart, call, keep_plan
        self._done = self._read_mark()
        self._news, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="directed", daemon=True)
        writer.listen(self._heard)

    def start(self) -> None:
        """Begin with what was committed and not yet done."""
        self._news.set()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def look(self) -> None:
        """Act on everything that is new, in order."""
        office = self._writer.office
        for one in office.directives:
            if one.seq <= self._done:
                continue
            if one.outcome == "applied" and one.kind in OUTSIDE:
                self._write_mark(one.seq)
                self._done = one.seq
                self._act(one, office)
            self._done = one.seq

    def _act(self, one: SettledDirective, office: Office) -> None:
        try:
            match one.kind:
                case "fresh-snapshot":
                    self._snapshot()
                case "restart-device":
                    self._restart(one.target)
                case "call-technician":
                    self._call(one.target, str(one.facts.get("note", "")))
                case "adopt-plan":
                    newest = office.next_plan or office.plan
                    if newest is not None:
                        self._keep_plan(newest.document)
        except Exception:
            log.exception("directive %s (%s) could not be carried out", one.seq, one.kind)

    def _heard(self, _: int) -> None:
        if self._writer.office.last_directive > self._done:
            self._news.set()

    def _run(self) -> None:
        while self._news.wait() and not self._stopped.is_set():
            self._news.clear()
            try:
                self.look()
            except Exception:
                log.exception("directives could not be looked at")

    def _read_mark(self) -> int:
        last = self._writer.office.last_directive
        try:
            return min(int(self._mark.read_text(encoding="ascii")), last)
        except (OSError, ValueError):
            self._write_mark(last)
            return last

    def _write_mark(self, seq: int) -> None:
        fresh = self._mark.with_name(f"{self._mark.name}.new")
        try:
            fresh.write_text(str(seq), encoding="ascii")
            fresh.replace(self._mark)
        except OSError as error:
            log.error("%s can't be written: %s", self._mark, error)
