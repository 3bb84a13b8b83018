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

Call = tuple[int, int, int]
"""One announcement: ticket, journal entry of the call, and how often it has been called since."""


def call_of(ticket: Ticket) -> Call:
    """What names the announcement that a called ticket waits for."""
    return (ticket.id, ticket.called.seq if ticket.called else 0, ticket.calls)


def unheard(office: Office) -> list[Ticket]:
    """The called tickets that nobody could have heard yet, the longest called first."""
    waiting = [
        ticket for ticket in office.tickets.values() if ticket.state is TicketState.CALLED and ticket.heard is None
    ]
    return sorted(waiting, key=lambda ticket: call_of(ticket)[1])


class AnnouncingWorker:
    """A thread that speaks what the state says is unheard. Where there is no voice, the board alone is the call."""

    def __init__(self, writer: QueueWriter, voice: Voice) -> None:
        self._writer, self._voice = writer, voice
        self._nudge, self._stop = threading.Event(), threading.Event()
        self._spoken: set[Call] = set()
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
        ticket = next((one for one in unheard(office) if call_of(one) not in self._spoken), None)
        if ticket is None or ticket.desk is None or office.plan is None:
            return False
        text = announcement(ticket.series, ticket.number, ticket.desk, ticket.language, office.plan.desk_word)
        if self._voice.state().condition is Condition.READY:
            self._voice.say(text, ticket.language)
        self._spoken.add(call_of(ticket))
        self._tell(ticket)
        return True

    def tell_again(self) -> None:
        """Repeat for the book what was spoken and never got into it; forget what is over."""
        still = {call_of(ticket): ticket for ticket in unheard(self._writer.office)}
        self._spoken &= still.keys()
        for call in self._spoken:
            self._tell(still[call])

    def _tell(self, ticket: Ticket) -> None:
        number, called, calls = call_of(ticket)
        self._writer.submit(HearCall(number, calls, called), actor="voice")

    def _run(self) -> None:
        while not self._stop.is_set():
            self._nudge.clear()
            try:
                while not self._stop.is_set() and self.announce_one():
                    pass
            except Exception:
                log.exception("an announcement failed")
            if not self._nudge.wait(POLL_S):
                self.tell_again()
