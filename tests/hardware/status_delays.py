"""How soon a fault of the printer has a name, and how soon it is forgotten: `python -m tests.hardware.status_delays`.

Every fault is made and mended a number of times on each kind of port, while the printer is idle and the driver asks as
in an office; times are from the fault to the new state.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from hardware.ports import DeviceState
from hardware.printing.printer import EscposPrinter
from hardware.simulator.printer import VirtualPrinter
from tests.hardware.printers import TEXT, TRANSPORTS

PATIENCE_S = 30.0
Act = Callable[[VirtualPrinter], None]
FAULTS: dict[str, tuple[Act, Act]] = {
    "paper-near-end": (lambda p: p.near_end(True), lambda p: p.near_end(False)),
    "paper-out": (VirtualPrinter.paper_out, VirtualPrinter.load_paper),
    "cover-open": (VirtualPrinter.open_cover, VirtualPrinter.close_cover),
    "offline": (VirtualPrinter.pause, VirtualPrinter.resume),
    "printer-error": (VirtualPrinter.jam, VirtualPrinter.clear_jam),
    "silent": (VirtualPrinter.power_off, VirtualPrinter.power_on),
    "port-missing": (VirtualPrinter.unplug, VirtualPrinter.plug),
}


class Watch:
    """Notes when a state came."""

    def __init__(self) -> None:
        self._newest = ""
        self._changed = threading.Condition()

    def see(self, state: DeviceState) -> None:
        with self._changed:
            self._newest = state.reason or state.warning
            self._changed.notify_all()

    def time(self, act: Callable[[], None], wanted: str) -> float:
        """Seconds from the act to the state."""
        began = time.monotonic()
        act()
        with self._changed:
            assert self._changed.wait_for(lambda: self._newest == wanted, PATIENCE_S), wanted
        return time.monotonic() - began


def measure(transport: str, folder: Path, times: int) -> None:
    """Print the rows of one kind of port."""
    link = folder / transport / ("usb" if transport == "usb" else "") / "lp0"
    link.parent.mkdir(parents=True)
    watch = Watch()
    printer = VirtualPrinter(None if transport == "tcp" else link, tcp=transport == "tcp")
    driver = EscposPrinter(printer.path, TEXT, watch.see)
    watch.time(lambda: None, "")
    for state, (spoil, mend) in FAULTS.items():
        named, cleared = [], []
        for number in range(times):
            # The pauses drift against the driver's rhythm, so that faults strike anywhere in it.
            time.sleep(0.5 + number * 0.037)
            named.append(watch.time(partial(spoil, printer), state))
            time.sleep(0.3 + number * 0.041)
            cleared.append(watch.time(partial(mend, printer), ""))
        print(f"{transport:<8}{state:<16}{_shown(named)}  {_shown(cleared)}", flush=True)
    driver.close()
    printer.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=10)
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print(f"{args.times} times each; seconds, median and longest")
    print(f"{'port':<8}{'state':<16}{'named':>14}{'cleared':>16}")
    with tempfile.TemporaryDirectory() as root:
        for transport in TRANSPORTS:
            measure(transport, Path(root), args.times)


def _shown(times: list[float]) -> str:
    return f"{median(times):>7.2f}{max(times):>7.2f}"


if __name__ == "__main__":
    main()
