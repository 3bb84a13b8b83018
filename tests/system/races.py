"""Fourteen desks press at once, by the pages' API and by real keys: `python -m tests.system.races --calls 10000`.

The witness stands outside the database. Over HTTP: the answers that the desks and eight kiosks got. By keys: the calls
in the journal, asked for by pins that go through the debounce thread. A ticket that was called twice, a number that two
kiosks got, and a number that nobody got though a later one was given out, each fail the run.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from appliance.domain.calling import TicketCalled
from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.plans.reader import read_plan
from appliance.domain.tickets import TakeTicket
from appliance.store.verify import verify
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock
from appliance.workers.pressing import Pressing
from hardware.config import GPIO, KeyConfig, Point
from hardware.keys.debounce import KeyRule
from hardware.keys.gpio import GpioButtons
from hardware.simulator.panel import VirtualPanel
from tests.system.offices import OfficeRun, lay_out

DESKS = 14
KIOSKS = 8
SERIES = "АВЕКМНРТУХІГ"
PRESSES = 20
"""Presses of each desk in a round: as many tickets wait as will be called."""

TAP_S = 0.06
PINS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19)


def plan_text() -> str:
    """A hall of fourteen desks that serve all; NEXT finishes and calls. One series for each service."""
    lines = [
        'schema = 1\nversion = 1\noffice = "demo"\ntimezone = "Europe/Kyiv"\n[name]\nuk = "Зал"',
        '[hours]\nopens = "00:00"\ncloses = "24:00"\n[settings]\nnext_when_called = "finish-and-call"',
        '[[organisation]]\nid = "o"\nname = { uk = "О" }',
    ]
    lines += [
        f'[[service]]\nid = "s{n}"\nseries = "{letter}"\nname = {{ uk = "Послуга" }}' for n, letter in enumerate(SERIES)
    ]
    lines += [f"[[desk]]\nnumber = {n}" for n in range(1, DESKS + 1)]
    return "\n".join(lines)


class Client:
    """One browser on its own connection."""

    def __init__(self, base: str) -> None:
        self.origin = base
        self.connection = HTTPConnection(base.removeprefix("http://"), timeout=30)
        self.cookie = ""

    def post(self, path: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
        """One request: status and decoded body."""
        headers = {"Content-Type": "application/json", "Origin": self.origin}
        if self.cookie:
            headers["Cookie"] = self.cookie
        self.connection.request("POST", path, json.dumps(body), headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";", 1)[0]
        return answer.status, (json.loads(raw) if raw else {})


def together(work: list[Callable[[], None]]) -> None:
    """Run all at once, each in a thread."""
    gate = threading.Barrier(len(work))

    def begin(one: Callable[[], None]) -> None:
        gate.wait()
        one()

    threads = [threading.Thread(target=begin, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def over_http(calls: int, tickets: int, folder: Path) -> list[str]:
    """Eight kiosks issue `tickets`, then fourteen desks call until `calls` were made; what went wrong."""
    faults: list[str] = []
    given: list[str] = []
    called: list[int] = []
    refused: Counter[str] = Counter()
    lock = threading.Lock()
    config = lay_out(folder, plan=plan_text())
    with OfficeRun(config) as office:
        office.wait_ready()
        office.ask("POST", "/api/v1/session/owner", {"code": office.owner_code()})
        status, problem = office.ask("POST", "/api/v1/day/open")
        if status not in (200, 201, 409):
            return [f"the day did not open: {problem}"]
        desks = []
        for desk in range(1, DESKS + 1):
            body = {"operator": f"op-{desk}", "name": f"Оператор {desk}", "pin": f"9{desk:02d}385"}
            status, problem = office.ask("POST", "/api/v1/operators", body)
            if status not in (200, 201, 204):
                status, problem = office.ask("PUT", "/api/v1/operators", body)
            client = Client(office.base)
            signed, answer = client.post(
                f"/api/v1/desks/{desk}/sign-in", {"operator": f"op-{desk}", "pin": body["pin"]}
            )
            if signed not in (200, 201, 204):
                return [f"desk {desk} could not sign in: {problem} {answer}"]
            opened, answer = client.post(f"/api/v1/desks/{desk}/press", {"key": "next"})
            if opened != 200:
                return [f"desk {desk} did not open: {answer}"]
            desks.append(client)
        batch = min(tickets, 900 * len(SERIES))
        began = time.monotonic()

        def kiosk(index: int) -> Callable[[], None]:
            def take() -> None:
                client = Client(office.base)
                for n in range(index, batch, KIOSKS):
                    body: dict[str, object] = {"service": f"s{n % len(SERIES)}", "paper": False}
                    status, answer = client.post("/api/v1/tickets", body)
                    with lock:
                        if status == 201:
                            given.append(str(answer["label"]))
                        else:
                            faults.append(f"ticket {n}: {status} {answer.get('code')}")

            return take

        together([kiosk(index) for index in range(KIOSKS)])
        issued_s = time.monotonic() - began
        began = time.monotonic()

        def desk_work(index: int) -> Callable[[], None]:
            def press() -> None:
                while True:
                    status, answer = desks[index].post(f"/api/v1/desks/{index + 1}/press", {"key": "next"})
                    with lock:
                        if status != 200:
                            refused[str(answer.get("code"))] += 1
                            return
                        ticket = answer.get("ticket")
                        if isinstance(ticket, dict) and ticket["state"] == "called":
                            called.append(int(ticket["id"]))
                        elif ticket is None:
                            return

            return press

        together([desk_work(index) for index in range(DESKS)])
        called_s = time.monotonic() - began
    faults += double(given, "number given twice") + double(called, "ticket called twice")
    for letter in SERIES:
        numbers = sorted(int(label[2:]) for label in given if label[0] == letter)
        if numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"a gap in series {letter}")
    if len(called) != len(given):
        faults.append(f"{len(given)} given, {len(called)} called")
    report = verify(config.parent / "data/queue.db")
    faults += [f"verify: {fault}" for fault in report.faults]
    print(
        f"http: {len(given)} tickets by {KIOSKS} kiosks in {issued_s:.1f} s, {len(called)} calls by {DESKS} desks in "
        f"{called_s:.1f} s, refused {dict(refused)}, faults {len(faults)}",
        flush=True,
    )
    return faults


def by_keys(calls: int, folder: Path) -> list[str]:
    """Fourteen real keys on mock pins, pressed at once until `calls` were made; what went wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = OfficeClock(lambda: True)
    writer = QueueWriter(folder / "queue.db", clock.now, on_death=lambda _: None)
    writer.start()

    def ask(command: object) -> None:
        writer.submit(command, actor="race").result(30)  # type: ignore[arg-type]

    ask(BeginIncarnation("demo", "race"))
    ask(AdoptPlan(read_plan(plan_text())))
    clock.use_plan(writer.office)
    ask(OpenDay())
    rule = KeyRule(holds=True, lockout_s=0.0)
    keys = [KeyConfig(f"desk/{desk}/next", Point(GPIO, pin), rule) for desk, pin in enumerate(PINS, start=1)]
    buttons = GpioButtons(keys, "mock")
    presses = 0

    pressing = Pressing(writer, dict, "race")

    def on_press(press: object) -> None:
        nonlocal presses
        presses += 1
        pressing.on_press(press)  # type: ignore[arg-type]

    buttons.start(on_press)
    panel = VirtualPanel(keys, buttons.pin_factory)
    began = time.monotonic()

    def finger(control: str, times: int) -> Callable[[], None]:
        def work() -> None:
            for _ in range(times):
                panel.press(control, hold_s=TAP_S)
                time.sleep(TAP_S)

        return work

    together([finger(key.control, 1) for key in keys])  # the first press opens the desk
    made = DESKS
    while made - DESKS < calls:
        for n in range(DESKS * PRESSES):
            ask(TakeTicket(f"s{n % len(SERIES)}", paper=False))
        together([finger(key.control, PRESSES) for key in keys])
        made += DESKS * PRESSES
        print(f"... {made - DESKS} presses in {time.monotonic() - began:.0f} s", file=sys.stderr)
    time.sleep(0.5)
    buttons.close()
    writer.stop()
    seconds = time.monotonic() - began
    db_faults = verify(folder / "queue.db").faults
    called = calls_in_journal(folder / "queue.db")
    faults = double(called, "ticket called twice") + [f"verify: {fault}" for fault in db_faults]
    if presses != made:
        faults.append(f"{made} presses made, {presses} judged")
    if len(called) != made - DESKS:
        faults.append(f"{made - DESKS} calls asked for, {len(called)} made")
    print(
        f"keys: {presses} presses of {made} judged, {len(called)} calls in {seconds:.1f} s, faults {len(faults)}",
        flush=True,
    )
    return faults


def calls_in_journal(database: Path) -> list[int]:
    """The tickets of every call, in order."""
    from appliance.store import journal
    from appliance.store.reader import connect_reader

    db = connect_reader(database)
    try:
        events = [journal.record_of(row).event for row in journal.rows(db)]
    finally:
        db.close()
    return [event.ticket for event in events if isinstance(event, TicketCalled)]


def double(found: list[int] | list[str], what: str) -> list[str]:
    """A fault for everything that is there more than once."""
    return [f"{what}: {one}" for one, times in Counter(found).items() if times > 1]


def main() -> int:
    """Run both races; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--tickets", type=int, default=4_000, help="issued over HTTP by eight kiosks")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        faults = over_http(options.calls, max(options.tickets, options.calls), Path(folder) / "http")
        faults += by_keys(options.calls, Path(folder) / "keys")
    for fault in faults[:20]:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
