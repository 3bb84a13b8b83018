"""Printers for tests: a virtual one and its driver, at the ends of a pty, of a file named as USB, or of loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hardware.paper.slip import SlipContent
from hardware.ports import DeviceState, PrintOutcome
from hardware.printing.encoder import PrinterProfile, encode
from hardware.printing.printer import EscposPrinter, Patience
from hardware.simulator.printer import VirtualPrinter
from tests.hardware.make_golden import SAMPLES

TEXT = PrinterProfile(mode="text")
RASTER = PrinterProfile(baud=921600)

TRANSPORTS = ("serial", "usb", "tcp")
QUICK = Patience(poll_s=0.1)
PATIENCE_S = 20.0
"""For what must happen, on however loaded a machine."""


TAILS = {b"\x01", b"\x02", b"\x04"}
"""What remains of a question whose first bytes completed the torn command before it; printers ignore such bytes."""


class States:
    """The states a driver went through, awaited without sleeping."""

    def __init__(self) -> None:
        self.seen: list[DeviceState] = []
        self._changed = threading.Condition()

    def add(self, state: DeviceState) -> None:
        with self._changed:
            self.seen.append(state)
            self._changed.notify_all()

    def wait(self, reason: str, timeout_s: float = 2.0, warning: str = "") -> bool:
        """Whether the newest state has this reason and warning, or gets it in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: bool(self.seen) and (self.seen[-1].reason, self.seen[-1].warning) == (reason, warning),
                timeout_s,
            )


class Workbench:
    """Makes printers and drivers, and closes them all."""

    def __init__(self, folder: Path, states: States) -> None:
        self._folder = folder
        self._states = states
        self._made: list[VirtualPrinter | EscposPrinter] = []

    def printer(self, transport: str = "serial", **wishes: Any) -> VirtualPrinter:
        """A virtual printer at a port of that kind; its address stays the same when the plug is pulled."""
        made = VirtualPrinter(None if transport == "tcp" else self.link(transport), tcp=transport == "tcp", **wishes)
        self._made.append(made)
        return made

    def driver(self, port: str, profile: PrinterProfile = TEXT, patience: Patience | None = None) -> EscposPrinter:
        """A driver at that port."""
        made = EscposPrinter(port, profile, self._states.add, patience or QUICK)
        self._made.append(made)
        return made

    def pair(
        self,
        profile: PrinterProfile = TEXT,
        transport: str = "serial",
        patience: Patience | None = None,
        **wishes: Any,
    ) -> tuple[VirtualPrinter, EscposPrinter]:
        """Both; the driver knows that the printer is well, and has brought it into step."""
        paper = self.printer(transport, width=profile.width, **wishes)
        driver = self.driver(paper.path, profile, patience)
        assert self._states.wait("", PATIENCE_S)
        assert paper.wait(lambda p: p.blank_cuts > 0, PATIENCE_S)
        with driver.reserved(PATIENCE_S) as line:
            assert line is not None
        paper.log.clear()
        return paper, driver

    def link(self, transport: str) -> Path:
        """Where the printer's port is found. The name makes a USB printer device of it."""
        folder = self._folder / transport / "usb" if transport == "usb" else self._folder / transport
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"lp{len(self._made)}"

    def close(self) -> None:
        """Drivers first, then printers; each must have understood every command."""
        for device in reversed(self._made):
            device.close()
        for device in self._made:
            if isinstance(device, VirtualPrinter):
                assert set(device.unknown) <= TAILS, device.unknown


def slip(number: int, mark: str = "") -> SlipContent:
    return replace(SAMPLES["ru"], number=f"А\u00a0{number:03}", mark=mark, qr="")


def job(number: int, profile: PrinterProfile = TEXT, mark: str = "") -> bytes:
    return encode(slip(number, mark), profile)


def in_thread(run: Callable[[], PrintOutcome]) -> Callable[[], PrintOutcome]:
    """Start printing; the result is a function that waits for the outcome."""
    outcomes: list[PrintOutcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(run()), daemon=True)
    thread.start()

    def outcome() -> PrintOutcome:
        thread.join(PATIENCE_S)
        assert outcomes, "the driver hangs"
        return outcomes[0]

    return outcome


def descriptors() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def wait_until(true: Callable[[], bool]) -> bool:
    """Look again and again, without the help of a condition."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
