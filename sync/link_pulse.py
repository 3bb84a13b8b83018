"""The pulse's thread: what the office says of itself goes up every few seconds, and the centre's time comes back."""

from __future__ import annotations

import logging
import random
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync.link_clock import CentreClock, wall_ms
from sync.link_directives import Receiver
from sync.link_feed import Backoff, Feed
from sync.link_http import CentreLine, LinkError
from sync.link_office import OfficeAwayError, OfficeLine
from sync.pulse import LONGEST_BYTES, LONGEST_S, SHORTEST_S, Pulse

log = logging.getLogger("talon.sync.link")

PATH = "/link/v1/pulse"
HOLDS_PULSES = 3
"""A line that answered none of the last so many pulses doesn't hold."""


@dataclass(slots=True)
class LinkState:
    """What is known of the line, for the office's own health. Times are UTC ms of the office's clock.

    `error` is a code of `sync.link_http.LinkError`, or `office-away`, `no-keys`; '' while all is well.
    """

    connected: bool = False
    since_ms: int = 0
    last_pulse_ms: int = 0
    offset_ms: int | None = None
    error: str = ""
    want_snapshot: bool = False


class Pulsing:
    """One thread. A pulse every `every_s` or as seldom as the centre asks, and soon after each settled directive."""

    def __init__(
        self,
        office: OfficeLine,
        line: CentreLine,
        clock: CentreClock,
        receiver: Receiver,
        stopping: threading.Event,
        *,
        session: str = "",
        every_s: float = SHORTEST_S,
    ) -> None:
        self._office, self._line, self._clock, self._receiver = office, line, clock, receiver
        self._stopping, self._quickest_s, self._every_s = stopping, every_s, every_s
        self.session = session or secrets.token_hex(8)
        self.feed: Feed | None = None
        self.state = LinkState(since_ms=wall_ms())
        self.clock_trusted = True
        self._count = 0
        self._good_at = 0.0
        self._nudged = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin to pulse."""
        self._thread.start()

    def stop(self) -> None:
        """End, once `stopping` is set."""
        self._nudged.set()
        self._thread.join(5.0)

    def nudge(self) -> None:
        """Something worth saying has happened: pulse soon."""
        self._nudged.set()

    def line_holds(self) -> bool:
        """Whether a pulse was answered lately."""
        holds_s = HOLDS_PULSES * max(SHORTEST_S, self._every_s)
        return self.state.connected and time.monotonic() - self._good_at < holds_s

    def glance(self) -> Mapping[str, Any]:
        """The state of the link as the office is told it."""
        state, feed = self.state, self.feed
        return {
            "connected": state.connected,
            "since_ms": state.since_ms,
            "last_pulse_ms": state.last_pulse_ms,
            "offset_ms": state.offset_ms,
            "error": state.error,
            "want_snapshot": state.want_snapshot,
            "mode": feed.mode if feed is not None else "off",
            "feed_error": feed.error if feed is not None else "",
            "forged": self._receiver.forged,
            "forgery": self._receiver.last_forgery,
            "stuck": self._receiver.stuck,
        }

    def _run(self) -> None:
        backoff = Backoff(self._quickest_s, 60.0)
        while not self._stopping.is_set():
            try:
                self._one()
                backoff.reset()
                pause_s = self._every_s * random.uniform(0.9, 1.0)
            except OfficeAwayError as error:
                self._lost("office-away", str(error))
                pause_s = 1.0
            except LinkError as error:
                self._lost(error.code, error.detail)
                pause_s = backoff.next_s()
            except Exception:
                log.exception("a pulse failed")
                self._lost("internal-error", "")
                pause_s = backoff.next_s()
            self._nudged.wait(pause_s)
            self._nudged.clear()

    def _one(self) -> None:
        facts = self._office.ask({"ask": "pulse", "link": self.glance()})
        self.clock_trusted = facts.get("clock_trusted") is not False
        self._count += 1
        pulse = self._pulse(facts)
        answer = self._line.ask("POST", PATH, pulse.to_json().encode())
        self._answered(answer)

    def _pulse(self, facts: Mapping[str, Any]) -> Pulse:
        feed = self.feed
        health = {
            **facts.get("health", {}),
            "directives": feed.mode if feed is not None else "off",
            "forged": self._receiver.forged,
        }
        if self._receiver.forged:
            health["forgery"] = self._receiver.last_forgery
        if self._receiver.stuck:
            health["directive_stuck"] = self._receiver.stuck
        pulse = Pulse(
            office=str(facts["office"]),
            incarnation=str(facts["incarnation"]),
            session=self.session,
            count=self._count,
            sent_ms=wall_ms(),
            seq=int(facts["seq"]),
            chain=str(facts["chain"]),
            directive=int(facts["directive"]),
            clock_trusted=self.clock_trusted,
            clock_offset_ms=self._clock.offset_ms(),
            versions=facts.get("versions", {}),
            replica=facts.get("replica", {}),
            health=health,
        )
        if len(pulse.to_json().encode()) > LONGEST_BYTES:
            pulse = replace(pulse, health={"left_out": "too-long", "forged": self._receiver.forged})
        return pulse

    def _answered(self, answer: Mapping[str, Any]) -> None:
        back = not self.state.connected
        now = wall_ms()
        if back:
            log.info("the centre answers")
            self.state.since_ms = now
        self.state.connected, self.state.error = True, ""
        self.state.last_pulse_ms, self.state.offset_ms = now, self._clock.offset_ms()
        self.state.want_snapshot = answer.get("want_snapshot") is True
        self._good_at = time.monotonic()
        self._every_s = _pause_s(answer.get("pulse_s"), self._quickest_s)
        if self.feed is not None:
            if back:
                self.feed.wake()
            newest = answer.get("newest")
            self.feed.expect(newest if type(newest) is int else 0)

    def _lost(self, code: str, detail: str) -> None:
        if self.state.connected or code != self.state.error:
            log.warning("no line to the centre: %s %s", code, detail)
        if self.state.connected:
            self.state.since_ms = wall_ms()
        self.state.connected, self.state.error = False, code


def _pause_s(asked: object, quickest_s: float) -> float:
    """The pause that a centre asks for; it can make pulses rarer, never more frequent than they are, nor very rare."""
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not asked > SHORTEST_S:
        return quickest_s
    return max(quickest_s, min(float(asked), LONGEST_S))
