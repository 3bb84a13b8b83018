"""Edges through libgpiod's factory while one handler always raises: `python -m tests.hardware.pin_edges`.

There is no chip here: `tests.hardware.fake_gpiod` behaves as the kernel's interface does. Seventeen pins toggle; the
handler of one of them raises at every edge. Ends with 1 when another pin lost an edge, or the reader's thread has
ended.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

import gpiod

from hardware.gpiod_pins import EDGES_KEPT, GpiodFactory
from hardware.pins import SAFE_PINS
from tests.hardware.fake_gpiod import Board

CHIP = "gpiochip0"
BROKEN = SAFE_PINS[0]


class Handler:
    """Keeps how long each edge was under way; gpiozero holds it weakly."""

    def __init__(self, raises: bool) -> None:
        self._raises = raises
        self.took: list[float] = []

    def changed(self, ticks: float, _state: int) -> None:
        self.took.append(time.monotonic() - ticks)
        if self._raises:
            raise ZeroDivisionError


def main() -> int:
    """Print what arrived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, default=2000, help="of each pin")
    options = parser.parse_args()
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        board = Board(Path(folder), {CHIP: "pinctrl-rp1"})
        gpiod.Chip = board.Chip  # type: ignore[assignment, misc]
        gpiod.is_gpiochip_device = board.is_gpiochip_device  # type: ignore[assignment]
        factory = GpiodFactory(devices=Path(folder))
        handlers = {pin: Handler(pin == BROKEN) for pin in SAFE_PINS}
        for pin, handler in handlers.items():
            factory.pin(pin).input_with_pull("up")
            factory.pin(pin).when_changed = handler.changed
        for number in range(options.edges):
            for pin in SAFE_PINS:
                board.drive(CHIP, pin, number % 2 == 1)
            # As the kernel's buffer is bounded, nobody toggles faster than a busy machine can read.
            until = time.monotonic() + 1.0
            while time.monotonic() < until and any(
                len(one.took) + EDGES_KEPT // 2 < number for one in handlers.values()
            ):
                time.sleep(0.001)
            time.sleep(0.001)
        time.sleep(0.5)
        alive = factory.edges.alive
        factory.close()
    others = sorted(took for pin, handler in handlers.items() if pin != BROKEN for took in handler.took)
    lost = options.edges * (len(SAFE_PINS) - 1) - len(others)
    print(f"pin whose handler raises: {len(handlers[BROKEN].took)} of {options.edges} edges handed over")
    median_us, slow_ms = others[len(others) // 2] * 1e6, others[int(len(others) * 0.99)] * 1e3
    print(f"other {len(SAFE_PINS) - 1} pins: {len(others)} edges, lost {lost}")
    print(f"from edge to handler: median {median_us:.0f} us, 99 of 100 within {slow_ms:.1f} ms")
    print(f"the reader's thread {'lives' if alive else 'HAS ENDED'}")
    return 0 if alive and not lost else 1


if __name__ == "__main__":
    sys.exit(main())
