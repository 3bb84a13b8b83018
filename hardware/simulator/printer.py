"""A receipt printer that isn't there: a pty that behaves like one, with faults on demand.

The real driver runs against it unchanged. It keeps a receive buffer, stops when paper ends or the
cover is open and goes on from the buffer afterwards, answers `DLE EOT` at once even then, and loses
everything but the paper when its power is cut.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from hardware.simulator.paper import Mechanism, Paper


class VirtualPrinter:
    """A printer at `path`. With `link` the path is that symbolic link, which stays the same when
    the plug is pulled and put back.

    All methods may be called from any thread. `process_ids=False` makes a clone that doesn't know
    `GS ( H`.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        width: int = 576,
        buffer_bytes: int = 4096,
        process_ids: bool = True,
        keep_log: bool = False,
    ) -> None:
        self.paper: list[Paper] = []
        """Slips that came out, the oldest first."""
        self.received = 0
        """Bytes that reached the printer while it had power."""
        self.log = bytearray()
        """Those bytes, with `keep_log`."""
        self._keep_log = keep_log
        self._link = link
        self._buffer_bytes = buffer_bytes
        self._changed = threading.Condition(threading.RLock())
        self._mechanism = Mechanism(width, self._send, self._eject, self._report)
        self._mechanism.process_ids = process_ids
        self._mechanism.status = lambda: 0x0C * self._paper_out | 0x03 * self._near_end
        self._buffer = bytearray()
        self._recent = bytearray()
        self._near_end = self._cover_open = False
        self._silent = self._hung = False
        self._powered = True
        self._cut_power_at: int | None = None
        self._reports = False
        self._last_report = b""
        self._rate: float | None = None
        self._allowance = 0.0
        self._read_at = time.monotonic()
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        self._master = self._slave = -1
        self.path = ""
        self.plug()
        self._thread = threading.Thread(target=self._run, name="virtual printer", daemon=True)
        self._thread.start()

    @property
    def unknown(self) -> tuple[bytes, ...]:
        """Commands it could not decode."""
        with self._changed:
            return tuple(self._mechanism.unknown)

    @property
    def works(self) -> bool:
        """Whether it has power and paper and its cover is closed."""
        return self._powered and not self._paper_out and not self._cover_open

    @property
    def blank_cuts(self) -> int:
        """Cuts of paper without ink."""
        return self._mechanism.blank_cuts

    def take(self) -> Paper | None:
        """Remove and return the newest slip, None when there is none."""
        with self._changed:
            return self.paper.pop() if self.paper else None

    def wait(self, until: Callable[[VirtualPrinter], bool], timeout_s: float = 5.0) -> bool:
        """Wait until something is true of the printer; asked after everything it does."""
        with self._changed:
            return self._changed.wait_for(lambda: until(self), timeout_s)

    def paper_out(self, after_dots: int = 0) -> None:
        """The roll ends, at once or after so many more dots."""
        with self._changed:
            self._mechanism.dots_left = after_dots
            self._act()

    def load_paper(self) -> None:
        with self._changed:
            self._mechanism.dots_left = None
            self._act()

    def near_end(self, near: bool) -> None:
        """What the near-end sensor sees."""
        with self._changed:
            self._near_end = near
            self._act()

    def open_cover(self) -> None:
        with self._changed:
            self._cover_open = True
            self._act()

    def close_cover(self) -> None:
        with self._changed:
            self._cover_open = False
            self._act()

    def power_off(self, after_bytes: int = 0) -> None:
        """Cut the power, at once or when so many more bytes have come in; a slip in the middle
        comes out torn.
        """
        with self._changed:
            if after_bytes:
                self._cut_power_at = self.received + after_bytes
            else:
                self._lose_power()
            self._act()

    def power_on(self) -> None:
        with self._changed:
            self._cut_power_at = None
            self._powered = True
            self._act()

    @property
    def silent(self) -> bool:
        """Prints, but answers nothing."""
        return self._silent

    @silent.setter
    def silent(self, silent: bool) -> None:
        with self._changed:
            self._silent = silent
            self._act()

    @property
    def hung(self) -> bool:
        """Takes no bytes: the line to it is blocked."""
        return self._hung

    @hung.setter
    def hung(self, hung: bool) -> None:
        with self._changed:
            self._hung = hung
            self._act()

    def slow(self, bytes_per_s: float | None) -> None:
        """Take bytes no faster than this; None for as fast as they come."""
        with self._changed:
            self._rate = bytes_per_s
            self._allowance = 0.0
            self._act()

    def unplug(self) -> None:
        """Pull the plug of the line: the port is gone, the printer keeps its power and buffer."""
        with self._changed:
            if self._master < 0:
                return
            if self._link is not None:
                self._link.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = -1
            self._act()

    def plug(self) -> None:
        """Put the plug back. Without a `link` the port has a new `path`."""
        with self._changed:
            if self._master >= 0:
                return
            # The driver's end is held open here too: a pty that nobody opened would report an end.
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.path = os.ttyname(self._slave)
            if self._link is not None:
                self._link.unlink(missing_ok=True)
                self._link.symlink_to(self.path)
                self.path = str(self._link)
            self._act()

    def close(self) -> None:
        """Stop the thread and remove the port."""
        with self._changed:
            self._stopping = True
            self._act()
        self._thread.join(timeout=5)
        self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)

    @property
    def _paper_out(self) -> bool:
        return self._mechanism.out_of_paper

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                master, pause = self._master, self._pause()
            sources = [self._wake_read] if master < 0 or pause else [self._wake_read, master]
            try:
                ready, _, _ = select.select(sources, [], [], pause or None)
            except (OSError, ValueError):
                continue  # unplugged meanwhile
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            with self._changed:
                if master in ready and master == self._master:
                    self._read()
                self._work()
                self._changed.notify_all()

    def _pause(self) -> float:
        """Seconds not to read; a day when only an event can change that."""
        if self._powered and (self._hung or len(self._buffer) >= self._buffer_bytes):
            return 86400.0
        if self._rate is None:
            return 0.0
        now = time.monotonic()
        self._allowance = min(64.0, self._allowance + (now - self._read_at) * self._rate)
        self._read_at = now
        return 0.0 if self._allowance >= 1 else 1 / self._rate

    def _read(self) -> None:
        most = 1024 if self._rate is None else max(1, int(self._allowance))
        if self._cut_power_at is not None:
            most = max(1, min(most, self._cut_power_at - self.received))
        try:
            data = os.read(self._master, most)
        except OSError:
            return
        self._allowance -= len(data)
        if not self._powered:
            return
        self.received += len(data)
        if self._keep_log:
            self.log += data
        self._buffer += data
        for byte in data:
            self._recent = self._recent[-2:] + bytes((byte,))
            if len(self._recent) == 3 and self._recent[:2] == b"\x10\x04":
                self._answer(self._recent[2])
        if self._cut_power_at is not None and self.received >= self._cut_power_at:
            self._work()
            self._lose_power()

    def _work(self) -> None:
        """Go on with what is in the buffer as far as paper and cover allow."""
        while self._powered and self._buffer and not self._paper_out and not self._cover_open:
            used = self._mechanism.step(self._buffer)
            if used == 0:
                break
            del self._buffer[:used]
        self._report_change()

    def _answer(self, number: int) -> None:
        offline = self._paper_out or self._cover_open
        answers = {
            1: 0x12 | 0x08 * offline,
            2: 0x12 | 0x04 * self._cover_open | 0x20 * self._paper_out,
            3: 0x12,
            4: 0x12 | 0x0C * (self._near_end or self._paper_out) | 0x60 * self._paper_out,
        }
        if number in answers:
            self._send(bytes((answers[number],)))

    def _report(self, mask: int) -> None:
        self._reports = bool(mask)
        self._last_report = b""

    def _report_change(self) -> None:
        offline = self._paper_out or self._cover_open
        report = bytes(
            (
                0x10 | 0x08 * offline | 0x20 * self._cover_open,
                0,
                0x03 * (self._near_end or self._paper_out) | 0x0C * self._paper_out,
                0,
            )
        )
        if self._powered and self._reports and report != self._last_report:
            self._last_report = report
            self._send(report)

    def _lose_power(self) -> None:
        if not self._powered:
            return
        self._powered = False
        self._cut_power_at = None
        self._buffer.clear()
        self._recent.clear()
        self._reports = False
        self._mechanism.tear()

    def _send(self, data: bytes) -> None:
        if self._powered and not self._silent and self._master >= 0:
            try:
                os.write(self._master, data)
            except OSError:
                return  # nobody reads: a serial line loses such bytes too

    def _eject(self, paper: Paper) -> None:
        self.paper.append(paper)

    def _act(self) -> None:
        self._changed.notify_all()
        os.write(self._wake_write, b"!")
