"""A receipt printer that isn't there: a pty or a port on loopback that behaves like one, with faults on demand.

The real driver runs against it unchanged. It keeps a receive buffer, stops when paper ends or the cover is open and
goes on from the buffer afterwards, answers `DLE EOT` at once even then, and loses everything but the paper when its
power is cut.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from hardware.simulator.paper import CODE_PAGES, Mechanism, Paper
from hardware.simulator.printer_answers import PrinterAnswers
from hardware.simulator.printer_ends import PrinterEnd, PtyEnd, TcpEnd
from hardware.simulator.sensors import Sensors

_MM_PER_INCH = 25.4
_XON, _XOFF = b"\x11", b"\x13"
_NEVER_S = 86400.0
_BLINK_S = 0.002  # moves of paper shorter than this are made up for later


class VirtualPrinter:
    """A printer at `path`. With `link` the path is that symbolic link, which stays the same when the plug is pulled and
    put back; with `tcp` it is a port on loopback.

    All methods may be called from any thread. `process_ids=False` makes a clone that doesn't know `GS ( H`; `eager`
    one that confirms what it has only received. `slots` are its code pages by number. `paper_mm_s` is the speed of its
    paper, None for paper that needs no time. `xonxoff`: it asks the sender to pause, and loses what comes all the same;
    otherwise it takes no more than fits into `buffer_bytes`.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        tcp: bool = False,
        width: int = 576,
        dpi: int = 203,
        cutter: bool = True,
        buffer_bytes: int = 4096,
        process_ids: bool = True,
        eager: bool = False,
        slots: Mapping[int, str] = CODE_PAGES,
        paper_mm_s: float | None = None,
        xonxoff: bool = False,
        keep_log: bool = False,
    ) -> None:
        self.paper: list[Paper] = []
        """Slips that came out, the oldest first."""
        self.received = 0
        """Bytes that reached the printer while it had power."""
        self.overrun = 0
        """Bytes that came when its memory was full, and are lost."""
        self.log = bytearray()
        """The bytes received, with `keep_log`."""
        self._end: PrinterEnd = TcpEnd() if tcp else PtyEnd(link)
        self.answers = PrinterAnswers(self._end)
        """What it sends back, to be spoilt."""
        self._keep_log = keep_log
        self._buffer_bytes = buffer_bytes
        self._paper_mm_s = paper_mm_s
        self._dpi = dpi
        self._eager = eager
        self._process_ids = process_ids
        self._xonxoff = xonxoff
        self._held = self._starved = False
        self._changed = threading.Condition(threading.RLock())
        self._sensors = Sensors()
        self._mechanism = Mechanism(width, self._send, self._eject, self._report, slots, dpi, cutter)
        self._mechanism.process_ids = process_ids
        self._mechanism.confirms = not eager
        self._mechanism.status = self._sensors.inline
        self._buffer = bytearray()
        self._recent = bytearray()
        self._hung = False
        self._powered = True
        self._cut_power_at: int | None = None
        self._unplug_at: int | None = None
        self._reports = False
        self._last_report = b""
        self._rate: float | None = None
        self._allowance = 0.0
        self._read_at = time.monotonic()
        self._moving_until = 0.0
        self._paper_moves = False
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        self.plug()
        self._thread = threading.Thread(target=self._run, name="virtual printer", daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """What the driver opens."""
        return self._end.path

    @property
    def unknown(self) -> tuple[bytes, ...]:
        """Commands it could not decode."""
        with self._changed:
            return tuple(self._mechanism.unknown)

    @property
    def works(self) -> bool:
        """Whether it has power and paper, its cover is closed and nothing else holds it."""
        return self._powered and not self._sensors.stuck

    @property
    def trouble(self) -> str:
        """Why it can't print now, in the driver's words; empty when it can."""
        if not self._powered:
            return "silent"
        feels = self._sensors
        causes = {"cover-open": feels.cover_open, "paper-out": feels.paper_out, "printer-error": feels.jammed}
        return next((name for name, there in causes.items() if there), "offline" if feels.paused else "")

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
        self._set_roll(after_dots)

    def load_paper(self) -> None:
        self._set_roll(None)

    def near_end(self, near: bool) -> None:
        """What the near-end sensor sees."""
        self._feel(near_end=near)

    def open_cover(self) -> None:
        self._feel(cover_open=True)

    def close_cover(self) -> None:
        self._feel(cover_open=False)

    def pause(self) -> None:
        """Somebody has switched it off-line with its button."""
        self._feel(paused=True)

    def resume(self) -> None:
        self._feel(paused=False)

    def jam(self) -> None:
        """The cutter is stuck."""
        self._feel(jammed=True)

    def clear_jam(self) -> None:
        self._feel(jammed=False)

    def power_off(self, after_bytes: int = 0) -> None:
        """Cut the power, at once or when so many more bytes have come in; a slip in the middle comes out torn."""
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
        return self.answers.silent

    @silent.setter
    def silent(self, silent: bool) -> None:
        with self._changed:
            self.answers.silent = silent
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

    def unplug(self, after_bytes: int = 0) -> None:
        """Pull the plug of the line, at once or when so many more bytes have come in.

        The port is gone, the printer keeps its power and buffer.
        """
        with self._changed:
            if after_bytes:
                self._unplug_at = self.received + after_bytes
            else:
                self._unplug_at = None
                self._end.unplug()
            self._act()

    def plug(self) -> None:
        """Put the plug back. A pty without a `link` has a new `path`."""
        with self._changed:
            self._unplug_at = None
            self._end.plug()
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

    def _feel(self, **what: bool) -> None:
        with self._changed:
            for sensor, value in what.items():
                setattr(self._sensors, sensor, value)
            self._act()

    def _set_roll(self, dots: int | None) -> None:
        with self._changed:
            self._mechanism.dots_left = dots
            self._sensors.paper_out = self._mechanism.out_of_paper
            self._act()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                rest = self._rest_s()
                sources = [self._wake_read, *self._end.watched(reading=rest == 0)]
                timeout = min(rest or _NEVER_S, self._next_s())
            try:
                ready, _, _ = select.select(sources, [], [], timeout)
            except (OSError, ValueError):
                continue  # unplugged meanwhile
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            with self._changed:
                watched = self._end.watched(reading=True)
                self._read([fd for fd in ready if fd in watched])
                self._work()
                self.answers.post()
                self._changed.notify_all()

    def _rest_s(self) -> float:
        """Seconds not to read; a day when only an event can change that."""
        # A command longer than the memory is printed as it comes in.
        full = len(self._buffer) >= self._buffer_bytes and not self._xonxoff and not self._starved
        if self._powered and (self._hung or full):
            return _NEVER_S
        if self._rate is None:
            return 0.0
        now = time.monotonic()
        self._allowance = min(64.0, self._allowance + (now - self._read_at) * self._rate)
        self._read_at = now
        return 0.0 if self._allowance >= 1 else 1 / self._rate

    def _next_s(self) -> float:
        """Seconds until the paper stops or an answer is due."""
        now = time.monotonic()
        due = [self.answers.next_due()]
        if self._paper_moves:
            due.append(self._moving_until)  # also when that moment has just passed: nobody else would go on with it
        return max(0.0, min((moment for moment in due if moment), default=now + _NEVER_S) - now)

    def _read(self, ready: list[int]) -> None:
        most = 1024 if self._rate is None else max(1, int(self._allowance))
        for limit in (self._cut_power_at, self._unplug_at):
            if limit is not None:
                most = max(1, min(most, limit - self.received))
        data = self._end.read(ready, most)
        if not data:
            return
        self._allowance -= len(data)
        if not self._powered:
            return
        self.received += len(data)
        if self._keep_log:
            self.log += data
        room = self._buffer_bytes - len(self._buffer) if self._xonxoff else len(data)
        self._buffer += data[: max(0, room)]
        self.overrun += len(data[max(0, room) :])
        for byte in data:
            self._notice(byte)
        if self._cut_power_at is not None and self.received >= self._cut_power_at:
            self._work()
            self._lose_power()
        if self._unplug_at is not None and self.received >= self._unplug_at:
            self._work()
            self.unplug()

    def _notice(self, byte: int) -> None:
        """What is acted upon when it comes in, whatever the printer is doing."""
        self._recent = self._recent[-10:] + bytes((byte,))
        recent = bytes(self._recent)
        if recent[-3:-1] == b"\x10\x04":
            self._send(self._sensors.answer(byte))
        if self._eager and recent[-3:-1] == b"\x1dr":
            self._send(bytes((self._sensors.inline(),)))
        if self._eager and self._process_ids and recent[:7] == b"\x1d(H\x06\x0000":
            self._send(b"\x37\x22" + recent[7:] + b"\x00")

    def _work(self) -> None:
        """Go on with what is in the buffer as far as paper and cover allow."""
        self._paper_moves = False
        while self._powered and self._buffer and not self._sensors.stuck:
            if self._moving_until > time.monotonic() + _BLINK_S:
                self._paper_moves = True
                break
            moved = self._mechanism.dots_moved
            used = self._mechanism.step(self._buffer)
            self._starved = used == 0
            if self._starved:
                break
            del self._buffer[:used]
            self._sensors.paper_out = self._mechanism.out_of_paper
            self._move(self._mechanism.dots_moved - moved)
        self._control_flow()
        self._report_change()

    def _move(self, dots: int) -> None:
        if self._paper_mm_s is not None and dots:
            begins = max(self._moving_until, time.monotonic())
            self._moving_until = begins + dots / self._dpi * _MM_PER_INCH / self._paper_mm_s

    def _control_flow(self) -> None:
        if not self._xonxoff or not self._powered:
            return
        if not self._held and len(self._buffer) > self._buffer_bytes // 4:
            self._held = True
            self._end.write(_XOFF)
        elif self._held and len(self._buffer) < self._buffer_bytes // 8:
            self._held = False
            self._end.write(_XON)

    def _report(self, mask: int) -> None:
        self._reports = bool(mask)
        self._last_report = b""

    def _report_change(self) -> None:
        report = self._sensors.report()
        if self._powered and self._reports and report != self._last_report:
            self._last_report = report
            self._send(report)

    def _lose_power(self) -> None:
        if not self._powered:
            return
        self._powered = False
        self._cut_power_at = None
        self._buffer.clear()
        self._starved = False
        self._recent.clear()
        self.answers.forget()
        self._moving_until = 0.0
        self._reports = self._held = self._paper_moves = False
        self._mechanism.tear()

    def _send(self, data: bytes) -> None:
        if self._powered:
            self.answers.send(data)

    def _eject(self, paper: Paper) -> None:
        self.paper.append(paper)

    def _act(self) -> None:
        self._changed.notify_all()
        os.write(self._wake_write, b"!")
