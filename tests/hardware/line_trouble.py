"""A bus in trouble: `python -m tests.hardware.line_trouble --polls 1000 --replugs 20`.

Nobody touches a key while bytes that nobody sent come before each answer, then bits are turned over, then a module is
without power; every press that is judged is a false one. Then the adapter is pulled out and put back again and again.
Ends with 1 when a press was made up, or the line did not heal.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from hardware.config import KeyConfig, ModbusBusConfig, ModuleConfig, Point
from hardware.keys.debounce import KeyRule
from hardware.keys.judging import Judge
from hardware.keys.modbus import ModbusKeys
from hardware.modbus.bus import Levels, ModbusBus
from hardware.ports import Condition, Press
from hardware.simulator.rtu import VirtualBus

CONFIG = ModbusBusConfig("desks", "", 19200, modules=(ModuleConfig(1, 32), ModuleConfig(2, 32)))
Act = Callable[[], None]

AWAY_S = 0.7
PATIENCE_S = 30.0


class Office:
    """A line with keys at all inputs, every second one with a contact that is closed at rest."""

    def __init__(self, folder: Path, *, real_time: bool) -> None:
        self.virtual = VirtualBus(folder / "bus", CONFIG, real_time=real_time, seed=7)
        keys = []
        for module in (1, 2):
            for line in range(32):
                closed = line % 2 == 1
                rule = KeyRule(holds=False, lockout_s=0.0, baseline_counts=closed)
                keys.append(KeyConfig(f"key/{module}/{line}", Point("desks", line, module), rule, closed))
                self.virtual.set_input(module, line, closed)
        self.bus = ModbusBus(self.virtual.driven)
        self.presses: list[Press] = []
        self.looks = {1: 0, 2: 0}
        self.wrong = 0
        self._judge = Judge(keys)
        self._source = ModbusKeys(keys, self._judge, self.bus)
        self._source.start()
        self.bus.listen(self._looked)
        self.bus.start()
        self._judge.start(self.presses.append)
        self.wait(self.well)

    def _looked(self, module: int, at: float, levels: Levels | None) -> None:
        if levels is not None:
            self.looks[module] += 1
            self.wrong += levels != tuple(line % 2 == 1 for line in range(32))

    def well(self) -> bool:
        """Whether every key is seen."""
        return all(state.condition is Condition.READY for state in self._judge.state().values())

    def wait(self, until: Callable[[], bool]) -> bool:
        """Wait for something, but not for ever."""
        end = time.monotonic() + PATIENCE_S
        while not until():
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    def close(self) -> None:
        """End everything."""
        self._judge.close()
        self._source.close()
        self.bus.close()
        self.virtual.close()


@dataclass
class Trouble:
    """What came of one kind of trouble."""

    name: str
    asked: int
    seen: int
    wrong: int
    pressed: int


def under(office: Office, name: str, begin: Act, end: Act, polls: int) -> Trouble:
    """Poll so often while the line is in trouble, then let it heal."""
    asked, looks = sum(office.virtual.asked.values()), sum(office.looks.values())
    wrong, pressed = office.wrong, len(office.presses)
    begin()
    until = time.monotonic() + 0.5 * polls
    while sum(office.virtual.asked.values()) - asked < polls and time.monotonic() < until:
        time.sleep(0.05)
    found = sum(office.virtual.asked.values()) - asked, sum(office.looks.values()) - looks
    end()
    office.wait(office.well)
    time.sleep(0.2)
    return Trouble(name, *found, office.wrong - wrong, len(office.presses) - pressed)


def replug(office: Office, times: int) -> list[float]:
    """Seconds from when the adapter is back until every key is seen."""
    took = []
    for _ in range(times):
        office.virtual.unplug()
        office.wait(lambda: not office.well())
        time.sleep(AWAY_S)
        office.virtual.plug()
        began = time.monotonic()
        if office.wait(office.well):
            took.append(time.monotonic() - began)
    return took


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polls", type=int, default=1000)
    parser.add_argument("--garbled", type=int, default=12, help="polls with broken answers, most of which wait 0.2 s")
    parser.add_argument("--replugs", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder), real_time=True)
        virtual = office.virtual
        kinds: list[tuple[str, Act, Act, int]] = [
            ("bytes before answers", partial(virtual.noise, True), partial(virtual.noise, False), options.polls),
            (
                "one bit of each answer",
                partial(virtual.corrupt, True),
                partial(virtual.corrupt, False),
                options.garbled,
            ),
            ("module 2 without power", partial(virtual.power_off, 2), partial(virtual.power_on, 2), options.polls),
        ]
        found = [under(office, *kind) for kind in kinds]
        took = replug(office, options.replugs)
        pressed = len(office.presses)
        office.close()
    print(f"{'trouble':<26}{'polls':>7}{'answers taken':>15}{'wrong levels':>14}{'false presses':>15}")
    for one in found:
        print(f"{one.name:<26}{one.asked:>7}{one.seen:>15}{one.wrong:>14}{one.pressed:>15}")
    print(
        f"adapter pulled out and put back {options.replugs} times: healed {len(took)}, until every key is seen "
        f"median {median(took):.2f} s, longest {max(took):.2f} s; false presses in all {pressed}"
    )
    return 1 if pressed or len(took) < options.replugs or any(one.wrong for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
