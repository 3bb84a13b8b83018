"""Row `press`: from the debounce's verdict to the committed answer (the key's lamp), against the same SQL alone.

`python -m tests.bench.press FOLDER VISITS EDGES` is the office of this row with its web running; the bench starts it
as a process of its own and reads the samples from its standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from appliance.domain.calling import HearCall
from appliance.domain.desks import OpenDesk
from appliance.domain.keys import Key
from appliance.domain.keys import Press as KeyPress
from appliance.domain.office import TicketState
from appliance.process import OfficeProcess, open_listener
from hardware.ports import Gesture, Press
from tests.bench.figures import Finding, ms, quantile, ratio, skipped
from tests.bench.floor import Raw, record
from tests.bench.issue import takes
from tests.bench.place import Asked, copy, make_place, seed
from tests.bench.running import FLUSH_MS, slow_flush, strace

ROUNDS = 6
VISITS = 20
"""Visits in a round, three presses each: NEXT calls, FINISH starts, FINISH finishes."""

EDGES = 4
"""Visits whose keys are really moved, with their lock-outs in between."""

VISIT = (Key.NEXT, Key.FINISH, Key.FINISH)
RUN = "0123456789ab"
"""As long as the run of a real office in its keys."""


def run(folder: Path) -> list[Finding]:
    """On the disk as it is, with the way from the key's edge beside it; and with flushes that take 10 ms more."""
    measured = measure(folder / "disk", VISITS, EDGES)
    edges = measured.edges
    found = [
        finding("debounce verdict to committed, p50, on disk", measured),
        Finding(
            "press",
            "edge of the key to committed, p50",
            median(edges) * 1000,
            "ms",
            None,
            (min(edges) * 1000, max(edges) * 1000),
            note="20 ms of it are the debounce; a desk's key is judged when it comes up",
        ),
    ]
    promise = f"debounce verdict to committed, p50, flushes {FLUSH_MS} ms longer"
    tracer = strace()
    if tracer is None:
        return [*found, skipped("press", promise, "strace is not installed, or may not trace here")]
    slow = measure(folder / "slow", VISITS // 4, 0, slow_flush(tracer))
    return [*found, finding(promise, slow)]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of presses and of the same SQL, round by round; seconds from the key's edge."""

    rounds: list[tuple[list[float], list[float]]]
    edges: list[float]


def measure(folder: Path, visits: int, edges: int, prefix: Sequence[str] = ()) -> Measured:
    """Run the office of this row as a process."""
    command = [sys.executable, "-m", "tests.bench.press", str(folder), str(visits), str(edges)]
    ended = subprocess.run([*prefix, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return Measured(**json.loads(ended.stdout))


def finding(promise: str, measured: Measured) -> Finding:
    """The ratio that is promised."""
    pressed = [sample for one, _ in measured.rounds for sample in one]
    raw = [sample for _, one in measured.rounds for sample in one]
    found = ratio([(one, median(alone)) for one, alone in measured.rounds])
    return Finding(
        "press",
        promise,
        found.value,
        "x the same SQL",
        1.3,
        found.spread,
        f"the same SQL in the same process {ms(median(raw))}",
        f"p50 {ms(median(pressed))}, p99 {ms(quantile(pressed, 0.99))}, {len(pressed)} presses",
    )


class StampedLamp:
    """The key's lamp: it lights when the press is committed, and remembers when that was."""

    def __init__(self) -> None:
        self.lit = threading.Event()
        self.at = 0.0

    def blink(self) -> None:
        """Committed."""
        self.at = time.perf_counter()
        self.lit.set()

    def refuse(self) -> None:
        """The script and the office disagree: the bench is wrong."""
        os._exit(1)


def script(visits: int, first_press: int = 1) -> list[Asked]:
    """What the writer is asked for when desk 1 serves so many visitors with its keys."""
    asked = []
    number = first_press
    for visit in range(visits):
        for key in VISIT:
            asked.append(Asked(KeyPress(1, key), "desk:1", f"{RUN}:{number}"))
            number += 1
            if key is Key.NEXT:
                asked.append(Asked(HearCall(visit + 1, 1), "voice", measured=False))
    return asked


def main(folder: Path, visits: int, edges: int) -> None:
    """Run the office, press its keys (`visits` in a round), print the samples as JSON."""
    every = (ROUNDS + 1) * visits
    place = make_place(folder / "office")
    seed(place, [*takes(every + edges), Asked(OpenDesk(1), "desk:1")])
    raw_database = copy(place, folder / "raw.db")
    recording = record(copy(place, folder / "recorded.db"), script(every))
    raw = Raw(raw_database, recording)
    office = OfficeProcess(place.config)
    office.start()
    office.start_web(open_listener("127.0.0.1", 0), lambda _: None)
    office.web_ready.wait(60.0)
    rounds = Rounds(office, raw)
    rounds.measure(visits)
    measured = [rounds.measure(visits) for _ in range(ROUNDS)]
    print(json.dumps({"rounds": measured, "edges": rounds.edges(edges)}))
    office.close()


class Rounds:
    """Presses and raw commits in turns."""

    def __init__(self, office: OfficeProcess, raw: Raw) -> None:
        self._office, self._raw = office, raw
        self._presses = 0
        self._lamp = StampedLamp()
        office.devices.lamps = {1: self._lamp}
        self._committed = threading.Condition()
        office.writer.listen(self._nudge)

    def measure(self, visits: int) -> tuple[list[float], list[float]]:
        """Seconds of each press, and of the same SQL."""
        pressed, alone = [], []
        for _ in range(visits):
            for key in VISIT:
                if self._presses % 2:
                    alone.append(self._raw.next())
                    pressed.append(self._press(key))
                else:
                    pressed.append(self._press(key))
                    alone.append(self._raw.next())
        return pressed, alone

    def edges(self, visits: int) -> list[float]:
        """Seconds from the edge that decides (a desk's key coming up) to the lamp."""
        simulation = self._office.devices.bench
        assert simulation is not None
        panel = simulation.panel
        assert panel is not None
        took = []
        for _ in range(visits):
            for key in VISIT:
                control = f"desk/1/{key.value}"
                self._lamp.lit.clear()
                panel.stick(control)
                time.sleep(0.08)
                began = time.perf_counter()
                panel.release(control)
                self._lamp.lit.wait(5.0)
                took.append(self._lamp.at - began)
                time.sleep(0.4)
        return took

    def _press(self, key: Key) -> float:
        self._presses += 1
        control = f"desk/1/{key.value}"
        press = Press(control, Gesture.TAP, self._presses, time.monotonic(), time.monotonic())
        self._lamp.lit.clear()
        began = time.perf_counter()
        self._office.pressing.on_press(press)
        self._lamp.lit.wait(5.0)
        took = self._lamp.at - began
        with self._committed:
            self._committed.wait_for(self._is_quiet, 5.0)
        return took

    def _is_quiet(self) -> bool:
        """Whether the announcement that a press led to is in the book as well; else it would disturb the next."""
        held = self._office.writer.office.tickets.values()
        return all(t.state is not TicketState.CALLED or t.heard is not None for t in held)

    def _nudge(self, _: int) -> None:
        with self._committed:
            self._committed.notify_all()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
