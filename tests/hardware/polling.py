"""Taps on a bus of real speed: `python -m tests.hardware.polling --taps 600`.

The line and the fingers are a process of their own: modules of 32 inputs on a pty that takes the time of every byte.
Taps of 60 to 200 ms are spread over all inputs; each must be judged once. Every press takes a ticket from a real writer
on the disk. In the second row each press is answered as in an office: its lamp blinks and a number is written to one of
fourteen displays on the same line.

A machine that is busy with something else stands still for tenths of a second, and nobody looks at any key then: taps
that were missed so are told apart. Ends with 1 when another tap was missed, or one was doubled.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from math import inf
from multiprocessing.connection import Connection
from pathlib import Path

from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.plans.reader import read_plan
from appliance.domain.tickets import TakeTicket
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock
from hardware.config import DigitsBoardConfig, KeyConfig, ModbusBusConfig, ModuleConfig, Point
from hardware.keys.debounce import KeyRule
from hardware.keys.judging import Judge
from hardware.keys.modbus import ModbusKeys
from hardware.lamps import CoilLamp
from hardware.modbus.bus import ModbusBus
from hardware.modbus.cycle import LIMIT_S, cycle_s
from hardware.ports import Press
from hardware.simulator.panel import VirtualPanel
from hardware.simulator.rtu import VirtualBus
from tests.system.races import SERIES, plan_text

DESK, KIOSK = KeyRule(holds=True, lockout_s=0.3), KeyRule(holds=False, lockout_s=0.3)
SHORTEST_S, LONGEST_S = 0.06, 0.2
SPACING_S = 1.0
"""Two taps on one key are no closer than this."""

DESKS = 14
OUTPUTS = 16
IDLE_S = 5.0
LATE_S = 2.0
STALLED_S = LIMIT_S
"""Looks at a module that lie further apart than this are no cycle that is allowed."""

Tap = tuple[float, float, str]
"""When the contact was made and when it was broken (CLOCK_MONOTONIC), and whose it was."""


@dataclass
class Heard:
    """One press as the office saw it."""

    press: Press
    committed_at: float = 0.0


@dataclass
class Row:
    """What one run came to. Seconds and shares."""

    name: str
    taps: int = 0
    missed: int = 0
    stalled: int = 0
    doubled: int = 0
    to_verdict: dict[str, list[float]] = field(default_factory=lambda: {"desk": [], "kiosk": []})
    to_commit: list[float] = field(default_factory=list)
    cycle_ms: float = 0.0
    worst_ms: float = 0.0
    polling: float = 0.0
    judging: float = 0.0


def layout(baud: int, modules: int, inputs: int) -> tuple[ModbusBusConfig, list[DigitsBoardConfig], list[KeyConfig]]:
    """The line, its displays, and a key at every input: by turns one of a desk and one of a kiosk."""
    config = ModbusBusConfig(
        "desks",
        "",
        baud,
        "none",
        tuple(ModuleConfig(number, inputs, None, OUTPUTS) for number in range(1, modules + 1)),
    )
    displays = [DigitsBoardConfig(f"desk{desk}", "desks", 20 + desk, desk) for desk in range(1, DESKS + 1)]
    keys = [
        KeyConfig(
            f"{'kiosk' if line % 2 else 'desk'}/{module}-{line}",
            Point("desks", line, module),
            KIOSK if line % 2 else DESK,
        )
        for module in range(1, modules + 1)
        for line in range(inputs)
    ]
    return config, displays, keys


def schedule(controls: Sequence[str], taps: int, rate: float, seed: int) -> list[tuple[float, float, str]]:
    """When each key goes down and up, in seconds from the beginning."""
    dice = random.Random(seed)
    free = dict.fromkeys(controls, 0.0)
    made = []
    at = 0.5
    for number in range(taps):
        at += dice.expovariate(rate)
        wanted = controls[number % len(controls)] if number % 2 else dice.choice(controls)
        control = wanted if free[wanted] <= at else min(free, key=lambda one: free[one])
        length = dice.uniform(SHORTEST_S, LONGEST_S)
        begin = max(at, free[control])
        free[control] = begin + length + SPACING_S
        made.append((begin, begin + length, control))
    return made


def simulate(link: str, baud: int, modules: int, inputs: int, line: Connection) -> None:
    """The other process: the line and the fingers. Gets a schedule, tells the taps that it made; None ends it."""
    config, displays, keys = layout(baud, modules, inputs)
    virtual = VirtualBus(Path(link), config, displays, real_time=True)
    panel = VirtualPanel(keys, None, {"desks": virtual})
    line.send(virtual.driven)
    while (wanted := line.recv()) is not None:
        moves = sorted(
            [(down, True, number) for number, (down, _, _) in enumerate(wanted)]
            + [(up, False, number) for number, (_, up, _) in enumerate(wanted)]
        )
        begin = time.monotonic()
        downs, ups = [0.0] * len(wanted), [0.0] * len(wanted)
        for at, down, number in moves:
            time.sleep(max(0.0, begin + at - time.monotonic()))
            (panel.stick if down else panel.release)(wanted[number][2])
            (downs if down else ups)[number] = time.monotonic()
        line.send([(downs[n], ups[n], control) for n, (_, _, control) in enumerate(wanted)])
    virtual.close()


class Office:
    """A bus, its keys, and a writer."""

    def __init__(self, folder: Path, driven: ModbusBusConfig, keys: Sequence[KeyConfig], *, answers: bool) -> None:
        self._clock = OfficeClock(lambda: True)
        self.writer = QueueWriter(folder / "queue.db", self._clock.now, on_death=lambda _: None)
        self.writer.start()
        for command in (BeginIncarnation("demo", "poll"), AdoptPlan(read_plan(plan_text())), OpenDay()):
            self.writer.submit(command, actor="bench").result(30)
        self.heard: list[Heard] = []
        self.looks: dict[int, list[float]] = {module.address: [] for module in driven.modules}
        self._answers = answers
        self.bus = ModbusBus(driven, [20 + desk for desk in range(1, DESKS + 1)])
        self._lamps = [
            CoilLamp(self.bus, 1 + desk % len(driven.modules), desk // len(driven.modules)) for desk in range(DESKS)
        ]
        self._judge = Judge(keys)
        self._source = ModbusKeys(keys, self._judge, self.bus)
        self._source.start()
        self.bus.listen(lambda module, at, levels: self.looks[module].append(at))
        self.bus.start()
        self._judge.start(self._on_press)
        while any(state.reason for state in self._judge.state().values()):
            time.sleep(0.01)

    def _on_press(self, press: Press) -> None:
        heard = Heard(press)
        self.heard.append(heard)
        service = f"s{press.number % len(SERIES)}"

        def committed(_: object) -> None:
            heard.committed_at = time.monotonic()
            if self._answers:
                desk = press.number % DESKS
                self._lamps[desk].blink()
                digits = f"{press.number % 1000:>4}".encode()
                self.bus.write_registers(21 + desk, 0, tuple(digits))

        self.writer.submit(TakeTicket(service, paper=False), actor="bench").add_done_callback(committed)

    def cpu(self) -> tuple[float, float]:
        """Seconds of processor time that the bus's thread and the judge's have had."""
        ids = {thread.name: thread.ident for thread in threading.enumerate()}
        return tuple(  # type: ignore[return-value]
            time.clock_gettime(time.pthread_getcpuclockid(ids[name] or 0)) for name in ("bus desks", "buttons")
        )

    def close(self) -> None:
        self._judge.close()
        self._source.close()
        self.bus.close()
        self.writer.stop()


def measure(row: Row, office: Office, line: Connection, taps: Sequence[tuple[float, float, str]]) -> None:
    """One run."""
    before, began = office.cpu(), time.monotonic()
    line.send(taps)
    made: list[Tap] = line.recv()
    time.sleep(LATE_S)
    took = time.monotonic() - began
    row.polling, row.judging = ((after - before) / took for after, before in zip(office.cpu(), before, strict=True))
    row.cycle_ms, row.worst_ms = office.bus.cycle_ms or 0.0, office.bus.worst_cycle_ms or 0.0
    count(row, made, office.heard, office.looks)


def count(row: Row, made: Sequence[Tap], heard: Sequence[Heard], looks: Mapping[int, Sequence[float]]) -> None:
    """Give every press to its tap: the newest on that key that had begun before the verdict.

    `looks`: when each module was looked at.
    """
    of_tap: dict[Tap, list[Heard]] = {tap: [] for tap in made}
    for one in heard:
        begun = [tap for tap in made if tap[2] == one.press.control and tap[0] <= one.press.verdict_at]
        if begun:
            of_tap[max(begun)].append(one)
        else:
            row.doubled += 1
    row.taps = len(made)
    for (down, up, control), presses in of_tap.items():
        if not presses:
            row.missed += 1
            row.stalled += longest_gap(looks[int(control.partition("/")[2].partition("-")[0])], down, up) > STALLED_S
        row.doubled += max(0, len(presses) - 1)
        if presses:
            kind = control.partition("/")[0]
            since = up if kind == "desk" else down
            row.to_verdict[kind].append(presses[0].press.verdict_at - since)
            row.to_commit.append(presses[0].committed_at - since)


def longest_gap(looks: Sequence[float], down: float, up: float) -> float:
    """The longest time between two looks that a tap fell into."""
    return max((after - before for before, after in pairwise(looks) if after >= down and before <= up), default=inf)


def quantile(values: Sequence[float], share: float) -> str:
    """Milliseconds."""
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000:.0f}" if ordered else "-"


def spread(values: Sequence[float]) -> str:
    """The median, the 99th of a hundred, and the longest."""
    return f"{quantile(values, 0.5)} / {quantile(values, 0.99)} / {quantile(values, 1.0)}"


def in_two_processes(
    folder: Path, options: argparse.Namespace, work: Callable[[ModbusBusConfig, Connection], None]
) -> None:
    """Run the line in another process for as long as `work` lasts."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    arguments = (str(folder / "bus"), options.baud, options.modules, options.inputs, theirs)
    other = context.Process(target=simulate, args=arguments)
    other.start()
    try:
        work(ours.recv(), ours)
        ours.send(None)
        other.join(10)
    finally:
        other.kill()
        other.join()


def rows(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Both runs."""
    _, _, keys = layout(options.baud, options.modules, options.inputs)
    found: list[Row] = []

    def run(name: str, answers: bool, driven: ModbusBusConfig, line: Connection) -> None:
        place = folder / name.replace(" ", "-")
        place.mkdir()
        office = Office(place, driven, keys, answers=answers)
        before, began = office.cpu(), time.monotonic()
        time.sleep(IDLE_S)
        print(f"{name}: polling alone takes {(office.cpu()[0] - before[0]) / (time.monotonic() - began):.1%} of a core")
        row = Row(name)
        measure(row, office, line, schedule([key.control for key in keys], options.taps, options.rate, options.seed))
        office.close()
        found.append(row)

    for name, answers in (("keys alone", False), ("lamps and numbers", True)):
        in_two_processes(folder, options, partial(run, name, answers))
    return found


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taps", type=int, default=600)
    parser.add_argument("--rate", type=float, default=10.0, help="taps in a second, over all keys")
    parser.add_argument("--baud", type=int, default=19200)
    parser.add_argument("--modules", type=int, default=2)
    parser.add_argument("--inputs", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    config, displays, _ = layout(options.baud, options.modules, options.inputs)
    computed, written = cycle_s(config) * 1000, cycle_s(config, displays) * 1000
    print(
        f"{options.modules} x {options.inputs} inputs at {options.baud} baud; "
        f"computed cycle {computed:.0f} ms, with a number written {written:.0f} ms"
    )
    with tempfile.TemporaryDirectory() as folder:
        found = rows(Path(folder), options)
    wrong = 0
    for row in found:
        wrong += row.missed - row.stalled + row.doubled
        print(
            f"\n{row.name}: {row.taps} taps, missed {row.missed - row.stalled}, doubled {row.doubled}; "
            f"missed because nobody looked for over 60 ms {row.stalled}\n"
            f"  cycle: median {row.cycle_ms:.0f} ms, worst {row.worst_ms:.0f} ms (of the newest 512)\n"
            f"  a desk's key up to verdict, p50 / p99 / max: {spread(row.to_verdict['desk'])} ms\n"
            f"  a kiosk's key down to verdict:               {spread(row.to_verdict['kiosk'])} ms\n"
            f"  to committed (both):                         {spread(row.to_commit)} ms\n"
            f"  processor: polling {row.polling:.1%}, judging {row.judging:.1%} of a core"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
