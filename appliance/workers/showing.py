"""Boards show the newest state: a nudge after each commit, and a look every five seconds all the same."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from appliance.domain import board
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.store.writer import QueueWriter
from hardware.ports import Board, BoardRow

log = logging.getLogger(__name__)

POLL_S = 5.0


def board_rows(office: Office, now: Moment) -> tuple[BoardRow, ...]:
    """What every board is told: the number of each desk that has called or serves somebody, the newest call first.

    A number stays over its desk until the desk is done with it. Fresh is the newest of those that somebody may still be
    on the way to: called, or served for less than three minutes. While the hall stands still and after the day nothing
    is shown: nobody is called now.
    """
    if office.open_day is None or office.pause is not None:
        return ()
    held = [ticket for ticket in board.at_desks(office) if ticket.desk is not None]
    newest = next((ticket for ticket in held if board.stands_out(ticket, now)), None)
    return tuple(BoardRow(ticket.label, ticket.desk or 0, ticket is newest) for ticket in held)


class ShowingWorker:
    """A thread that gives every board the whole state; a board that fails stops no other."""

    def __init__(self, writer: QueueWriter, boards: Mapping[str, Board], clock: Callable[[], Now]) -> None:
        """`boards` by their names in hardware.toml."""
        self._writer, self._boards, self._clock = writer, boards, clock
        self._failed: set[str] = set()
        self._nudge, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="showing", daemon=True)

    def start(self) -> None:
        """Begin to show; an office without boards needs no thread."""
        if self._boards:
            self._writer.listen(lambda _: self._nudge.set())
            self._thread.start()

    def stop(self) -> None:
        """End the thread. The boards show what they showed until they are closed."""
        self._stop.set()
        self._nudge.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def show(self) -> None:
        """Show the newest state on every board."""
        rows = board_rows(self._writer.office, self._clock().moment)
        for name, shown in self._boards.items():
            try:
                shown.show(rows)
            except Exception:
                if name not in self._failed:
                    log.exception("board %s can't be shown anything", name)
                self._failed.add(name)
            else:
                self._failed.discard(name)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._nudge.clear()
            try:
                self.show()
            except Exception:
                log.exception("the boards could not be shown the office")
            self._nudge.wait(POLL_S)
