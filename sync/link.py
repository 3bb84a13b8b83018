"""`talon link`: the office's line to the centre, a process of its own beside the office's.

Pulses go up, directives come down; the device's keys are kept in order and the box makes itself known on the local
network (`sync.announcing`). It holds no queue and decides nothing: facts come from the office's process through
a socket in the data folder, and verified directives go there. An office without a line simply waits.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync.announcing import BesideTheLink
from sync.centre_keys import FOLDER, NAME, CentreKeys, CentreKeysError, read_centre_keys
from sync.link_clock import CentreClock
from sync.link_directives import Receiver
from sync.link_feed import Feed, FeedPace
from sync.link_http import SILENCE_S, CentreLine
from sync.link_office import OfficeAwayError, OfficeLine
from sync.link_pulse import Pulsing
from sync.pulse import SHORTEST_S

log = logging.getLogger("talon.sync.link")

KEYS_S = 10.0
"""How often centre.json is looked at: an office may be enrolled, or get new keys, while this runs."""


@dataclass(frozen=True, slots=True)
class LinkPace:
    """Seconds."""

    pulse_s: float = SHORTEST_S
    keys_s: float = KEYS_S
    pause_s: float = 1.0
    silence_s: float = SILENCE_S
    feed: FeedPace = field(default_factory=FeedPace)


class Link:
    """One life of the link with one set of keys. `start` once, `stop` once. Raises OSError or ValueError for keys that
    can't be used.
    """

    def __init__(
        self,
        data: Path,
        keys: CentreKeys,
        pace: LinkPace | None = None,
        clock: CentreClock | None = None,
        unknown_key: Callable[[], None] = lambda: None,
    ) -> None:
        pace = pace or LinkPace()
        self.stopping = threading.Event()
        self.clock = clock or CentreClock()
        session = secrets.token_hex(8)
        for_directives, for_pulses, for_cursor = (OfficeLine(data) for _ in range(3))
        self._lines = (for_directives, for_pulses, for_cursor)
        self.receiver = Receiver(
            keys.office,
            lambda: keys.directive_publics,
            for_directives.ask,
            lambda: self.clock.now_ms() if self.clock.known else None,
            self.stopping,
            pace.pause_s,
            unknown_key,
        )
        pulse_line, feed_line = (
            CentreLine(keys, self.clock, lambda: self.pulsing.clock_trusted, pace.silence_s) for _ in range(2)
        )
        self._centre_lines = (pulse_line, feed_line)
        self.pulsing = Pulsing(
            for_pulses, pulse_line, self.clock, self.receiver, self.stopping, session=session, every_s=pace.pulse_s
        )
        self.feed = Feed(
            feed_line,
            self.receiver,
            lambda: _cursor(for_cursor),
            session,
            self.stopping,
            settled=self.pulsing.nudge,
            line_holds=self.pulsing.line_holds,
            pace=pace.feed,
        )
        self.pulsing.feed = self.feed

    def start(self) -> None:
        """Pulse first: it also learns the centre's time, by which requests are signed."""
        self.pulsing.start()
        self.feed.start()

    def stop(self) -> None:
        """End both threads."""
        self.stopping.set()
        self.feed.stop()
        self.pulsing.stop()
        for line in (*self._lines, *self._centre_lines):
            line.close()


def _cursor(office: OfficeLine) -> int | None:
    try:
        return int(office.ask({"ask": "cursor"})["directive"])
    except (OfficeAwayError, KeyError, ValueError):
        return None


def run_link(data: Path, stopping: threading.Event, pace: LinkPace | None = None) -> None:
    """Keep a link with whatever keys lie in the data folder, until `stopping`. Never raises for bad keys: it waits."""
    pace = pace or LinkPace()
    clock = CentreClock()
    beside = BesideTheLink(data)
    beside.start()
    link: Link | None = None
    seen: object = None
    told = ""
    while not stopping.is_set():
        now = _stamp(data)
        if now != seen:
            seen = now
            if link is not None:
                link.stop()
            link, trouble = _begin(data, pace, clock, beside.keys.refresh_soon)
            if trouble and trouble != told:
                log.warning("no link: %s", trouble)
            told = trouble
        if link is None:
            _say_no_keys(data, told)
        stopping.wait(pace.keys_s)
    if link is not None:
        link.stop()
    beside.stop()


def _begin(data: Path, pace: LinkPace, clock: CentreClock, unknown_key: Callable[[], None]) -> tuple[Link | None, str]:
    try:
        keys = read_centre_keys(data)
        if keys is None:
            return None, "not enrolled"
        link = Link(data, keys, pace, clock, unknown_key)
    except (OSError, ValueError, CentreKeysError) as error:
        return None, str(error)
    link.start()
    log.info("link of %s to %s", keys.office, keys.url)
    return link, ""


def _say_no_keys(data: Path, trouble: str) -> None:
    state: Mapping[str, Any] = {"connected": False, "error": "no-keys", "detail": trouble[:200], "mode": "off"}
    office = OfficeLine(data)
    try:
        office.ask({"ask": "cursor", "link": state})
    except OfficeAwayError:
        return
    finally:
        office.close()


def _stamp(data: Path) -> object:
    try:
        found = (data / FOLDER / NAME).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def main(arguments: list[str]) -> int:
    """`python -m sync.link DATA-FOLDER`: run until SIGTERM or SIGINT."""
    if len(arguments) != 1:
        print("usage: python -m sync.link DATA-FOLDER", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run_link(Path(arguments[0]), stopping)
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    logging.shutdown()
    # A thread that waits for a dead line must not hold the end up.
    os._exit(code)
