"""Calls are heard: one announcement at a time, and none is dropped while its ticket is still called."""

from __future__ import annotations

import logging
import threading

from appliance.domain.calling import HearCall
from appliance.domain.office import Office, Ticket, TicketState
from appliance.domain.speech import announcement
from appliance.store.writer import QueueWriter
from hardware.ports import Condition, Voice

log = logging.getLogger(__name__)

POLL_S = 5.0


def unheard(office: Office, done: set[tuple[int, int]]) -> Ticket | None:
    """The called ticket that nobody could have heard yet, the longest called first; `done` are already spoken."""
    waiting = [
        ticket
        for ticket in office.tickets.values()
        if ticket.state is TicketState.CALLED and ticket.heard is None and (ticket.id, ticket.calls) not in done
    ]
    return min(waiting, key=lambda t: t.called.seq if t.called else 0, default=None)


class AnnouncingWorker:
    """A thread that speaks what the state says is unheard. Where there is no voice, the board alone is the call."""

    def __init__(self, writer: QueueWriter, voice: Voice) -> None:
        self._writer, self._voice = writer, voice
        self._nudge, self._stop = threading.Event(), threading.Event()
        self._spoken: set[tuple[int, int]] = set()
        self._thread = threading.Thread(target=self._run, name="announcing", daemon=True)

    def start(self) -> None:
        """Begin to speak."""
        self._writer.listen(lambda _: self._nudge.set())
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the sentence it is in."""
        self._stop.set()
        self._nudge.set()
        self._thread.join(5.0)

    def announce_one(self) -> bool:
        """Speak the next unheard call, if there is one."""
        office = self._writer.office
        ticket = unheard(office, self._spoken)
        if ticket is None or ticket.desk is None or office.plan is None:
            return False
        text = announcement(ticket.series, ticket.number, ticket.desk, ticket.language, office.plan.desk_word)
        if self._voice.state().condition is Condition.READY:
            self._voice.say(text, ticket.language)
        self._spoken.add((ticket.id, ticket.calls))
        self._writer.submit(HearCall(ticket.id, ticket.calls), actor="voice")
        if len(self._spoken) > 1000:
            self._spoken = {(t, n) for t, n in self._spoken if t in office.tickets}
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            self._nudge.clear()
            try:
                while not self._stop.is_set() and self.announce_one():
                    pass
            except Exception:
                log.exception("an announcement failed")
            self._nudge.wait(POLL_S)
