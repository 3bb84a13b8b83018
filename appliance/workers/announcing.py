"""Calls are heard: one announcement at a time, and none is dropped while its ticket is still called.

A first call is spoken as soon as those before it have been. Each is repeated once; a repeat waits for every first call
and is dropped when it comes too late.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.domain.calling import HearCall
from appliance.domain.office import Office, Ticket, TicketState
from appliance.domain.speech import announcement
from appliance.store.writer import QueueWriter
from hardware.ports import Utterance, Voice

log = logging.getLogger(__name__)

POLL_S = 5.0

REPEAT_AFTER_S = 25.0
"""How long after a call it is repeated, at the earliest."""

LATE_S = 60.0
"""A repeat is of no use to anybody so long after the call."""

Call = tuple[int, int, int]
"""One announcement: ticket, journal entry of the call, and how often it has been called since."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the announcements of this process.

    `spoken`: first calls and recalls that were heard; `silent`: those that the board alone told; `dropped`: those whose
    ticket was no longer called when their turn came. `repeated` and `repeats_dropped`: the same of the repeats.
    """

    spoken: int = 0
    silent: int = 0
    dropped: int = 0
    repeated: int = 0
    repeats_dropped: int = 0


@dataclass(frozen=True, slots=True)
class Repeat:
    """An announcement to be heard once more; `first_at` is when it was spoken, on the worker's clock."""

    call: Call
    first_at: float


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
    """A thread that speaks what the state says is unheard. Where there is no voice, the board alone is the call.

    `repeats`: whether calls are repeated. `now`: seconds of a clock that is never set.
    """

    def __init__(
        self, writer: QueueWriter, voice: Voice, *, repeats: bool = False, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._writer, self._voice, self._repeating, self._now = writer, voice, repeats, now
        self._nudge, self._stop = threading.Event(), threading.Event()
        self._line: dict[tuple[int, int], None] = {}
        self._begun: set[tuple[int, int]] = set()
        self._spoken: set[Call] = set()
        self._repeats: deque[Repeat] = deque()
        self.counts = Counts()
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
        """Speak the next call, or else the next repeat that is due; whether there was one."""
        office = self._writer.office
        ticket = self._next_call(office)
        if ticket is None:
            return self._repeat_one(office)
        heard = self._say(office, ticket)
        self._count(spoken=int(heard), silent=int(not heard))
        self._spoken.add(call_of(ticket))
        self._begun.add(call_of(ticket)[:2])
        self._tell(ticket)
        # A loudspeaker that was away for a moment has a second chance; an office without one has none.
        if self._repeating and self._voice.languages:
            self._repeats.append(Repeat(call_of(ticket), self._now()))
        return True

    def tell_again(self) -> None:
        """Repeat for the book what was spoken and never got into it; forget what is over."""
        still = {call_of(ticket): ticket for ticket in unheard(self._writer.office)}
        self._spoken &= still.keys()
        for call in self._spoken:
            self._tell(still[call])

    def _next_call(self, office: Office) -> Ticket | None:
        """The head of the line, which is first come, and of those who come together first calls before recalls.

        A ticket that is called once more while it waits keeps its place.
        """
        pending = {call_of(ticket)[:2]: ticket for ticket in unheard(office) if call_of(ticket) not in self._spoken}
        self._begun &= {call_of(ticket)[:2] for ticket in office.tickets.values() if ticket.state is TicketState.CALLED}
        for call in [call for call in self._line if call not in pending]:
            del self._line[call]
            ticket = office.tickets.get(call[0])
            self._count(dropped=int(ticket is None or ticket.state is not TicketState.CALLED))
        for call in sorted(pending, key=self._begun.__contains__):
            self._line.setdefault(call)
        head = next(iter(self._line), None)
        if head is None:
            return None
        del self._line[head]
        return pending[head]

    def _repeat_one(self, office: Office) -> bool:
        while self._repeats:
            repeat = self._repeats[0]
            age_s = self._now() - repeat.first_at
            ticket = office.tickets.get(repeat.call[0])
            current = ticket is not None and ticket.state is TicketState.CALLED and call_of(ticket) == repeat.call
            if ticket is None or not current or age_s >= LATE_S:
                self._repeats.popleft()
                self._count(repeats_dropped=1)
                continue
            if age_s < REPEAT_AFTER_S:
                return False
            self._repeats.popleft()
            heard = self._say(office, ticket)
            self._count(repeated=int(heard), repeats_dropped=int(not heard))
            return True
        return False

    def _say(self, office: Office, ticket: Ticket) -> bool:
        """Speak the call of a ticket. Whatever goes wrong with one of them doesn't keep the others waiting."""
        if ticket.desk is None or office.plan is None:
            return False
        language = self._language(ticket.language, office.plan.languages)
        try:
            said = announcement(ticket.series, ticket.number, ticket.desk, language, office.plan.desk_word)
            return self._voice.say(Utterance(said.text, language, said.words))
        except Exception:
            log.exception("the announcement of %s failed", ticket.label)
            return False

    def _language(self, wanted: str, offices: tuple[str, ...]) -> str:
        """The ticket's language where the voice speaks it, else the office's first one that it speaks."""
        spoken = self._voice.languages
        return next((language for language in (wanted, *offices) if language in spoken), wanted)

    def _tell(self, ticket: Ticket) -> None:
        number, called, calls = call_of(ticket)
        self._writer.submit(HearCall(number, calls, called), actor="voice")

    def _count(self, **more: int) -> None:
        self.counts = replace(self.counts, **{name: getattr(self.counts, name) + one for name, one in more.items()})

    def _wait_s(self) -> float:
        """Until the next repeat is due, or the next look."""
        if not self._repeats:
            return POLL_S
        return min(POLL_S, max(0.1, self._repeats[0].first_at + REPEAT_AFTER_S - self._now()))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._nudge.clear()
            try:
                while not self._stop.is_set() and self.announce_one():
                    pass
            except Exception:
                log.exception("announcing failed")
            if not self._nudge.wait(self._wait_s()):
                self.tell_again()
