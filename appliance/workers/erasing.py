"""Erases personal records whose term is over: in the first quiet minute, and never later than `FORCED_MS` after it.

Not at an hour of the night: the box may be unplugged at night. Quiet is: the day is closed, or nobody waits and nothing
has happened for a minute.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.domain.moment import Moment
from appliance.domain.office import Office, TicketState
from appliance.store.personal import PersonalStore, Purge
from appliance.store.writer import QueueWriter

log = logging.getLogger(__name__)

POLL_S = 10.0
QUIET_S = 60.0

FORCED_MS = 3 * 3_600_000
"""So long after its term a record is erased in the middle of the busiest hour: the centre needs up to 20 hours more."""

PATIENCE_S = 30.0
"""How long the worker waits for the replication to begin anew."""

Renew = Callable[[Callable[[], object]], threading.Event]
"""Begin the replica of personal.db anew, calling what is given while no replication runs; set when that is done."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done. `unproven_since` (UTC ms): something erased could still be found then, None when nothing is."""

    records: int = 0
    proven: int = 0
    last_ms: int | None = None
    unproven_since: int | None = None
    where: tuple[str, ...] = ()


def is_quiet(office: Office, still_s: float) -> bool:
    """Whether nobody is disturbed now. `still_s`: how long nothing has been written into the journal."""
    if office.open_day is None:
        return True
    alive = (TicketState.WAITING, TicketState.CALLED)
    return still_s >= QUIET_S and not any(ticket.state in alive for ticket in office.tickets.values())


class ErasingWorker:
    """A slow thread. `renew` is None where personal.db has no replica. `clock`: seconds that are never set."""

    def __init__(
        self,
        writer: QueueWriter,
        store: PersonalStore,
        now: Callable[[], Moment],
        renew: Renew | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._writer, self._store, self._now, self._renew, self._clock = writer, store, now, renew, clock
        self._stop = threading.Event()
        self._busy_at = clock()
        self._purge: Purge | None = None
        self.erased = Erased()
        self._thread = threading.Thread(target=self._run, name="erasing", daemon=True)

    def start(self) -> None:
        """Begin to look for what is due."""
        self._writer.listen(lambda _: self._note())
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(5.0)

    def _note(self) -> None:
        self._busy_at = self._clock()

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            try:
                self.round()
            except Exception:
                log.exception("personal records could not be erased; another try follows")

    def round(self) -> None:
        """Erase what is due if this is the moment, and prove what was erased before."""
        now = self._now()
        if self._purge is not None:
            self._prove(self._purge, now)
            return
        # By a clock that nobody believes, records would go years too early.
        due = self._store.next_due() if now.trusted else None
        if due is None or due > now.at_ms:
            return
        if now.at_ms - due < FORCED_MS and not is_quiet(self._writer.office, self._clock() - self._busy_at):
            return
        purge = self._store.erase_due(now.at_ms)
        self.erased = replace(self.erased, records=self.erased.records + purge.erased, last_ms=now.at_ms)
        self._purge = purge
        self._prove(purge, now)

    def _prove(self, purge: Purge, now: Moment) -> None:
        self._cleanse()
        found = self._store.leftovers(purge)
        if not found:
            self._purge = None
            proven = self.erased.proven + purge.erased
            self.erased = replace(self.erased, proven=proven, unproven_since=None, where=())
            log.info("%d personal records erased and proven", purge.erased)
            return
        where = tuple(str(file.name) for file in found)
        if self.erased.unproven_since is None:
            log.warning("erased records are still found in %s", ", ".join(where))
        since = self.erased.unproven_since or now.at_ms
        self.erased = replace(self.erased, unproven_since=since, where=where)

    def _cleanse(self) -> None:
        if self._renew is None:
            self._store.truncate()
        elif not self._renew(self._store.truncate).wait(PATIENCE_S):
            log.info("the replication has not begun anew yet")
