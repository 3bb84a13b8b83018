"""A whole office on virtual time behind its real doors: uvicorn on loopback, keys on mock pins, the writer on a disk.

Real: the API with its sessions, the mailbox and the database, gpiozero's pins and the debounce thread, the clock worker
and the announcing worker. Virtual: the time of day, which stands still while somebody acts and leaps over idle minutes.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from heapq import heappop, heappush
from importlib import resources
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from zoneinfo import ZoneInfo

from appliance.api.app import AppContext, create_app
from appliance.api.server import make_server
from appliance.domain.office import Office
from appliance.domain.plans.reader import checked_plan
from appliance.domain.refusal import Refused
from appliance.scenario.file import Scenario, instant
from appliance.scenario.office import Box
from appliance.store.local import LocalStore
from appliance.store.reads import Reads
from hardware.config import GPIO, GpioConfig, HardwareConfig, PanelConfig, Point, SoundConfig
from hardware.keys.gpio import GpioButtons
from hardware.pins import open_pin_factory
from hardware.ports import Press
from hardware.simulator.panel import VirtualPanel
from tests.api.rig import CHEAP, PIN, Parts, replica

PANELS = range(1, 9)
"""The desks with keys: a small board has pins for eight. The others press on a page."""

FIRST_PIN = 2
TAP_S, HOLD_S = 0.03, 0.3
HURRIED = GpioConfig(hold_ms=250, next_lockout_ms=60, repeat_lockout_ms=60, finish_lockout_ms=60, ticket_lockout_ms=60)
"""Fingers are as fast as the day: what keeps a hand from pressing twice is minutes long here."""

SECOND_MS, STRIDE_MS = 1_000, 60_000


class Caller:
    """One browser with one connection; every answer is counted by what was asked."""

    def __init__(self, port: int, answers: Counter[tuple[str, int, str]]) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._answers = answers
        self._cookie = ""
        self.replayed = False

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
        """One request: status and decoded body."""
        headers = {"Origin": f"http://127.0.0.1:{self._line.port}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        if self._cookie:
            headers["Cookie"] = self._cookie
        self._line.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._line.getresponse()
        text = answer.read()
        told: Any = json.loads(text) if text else None
        if cookie := answer.getheader("set-cookie"):
            self._cookie = cookie.split(";", 1)[0]
        self.replayed = answer.getheader("idempotency-replayed") == "true"
        code = told["code"] if answer.status >= 400 else ""
        asked = re.sub(r"/\d+", "/N", path.removeprefix("/api/v1"))
        self._answers[f"{method} {asked}", answer.status, code] += 1
        return answer.status, told

    def close(self) -> None:
        """Hang up."""
        self._line.close()


class DayOffice:
    """The office of one day. Whoever acts puts what they do on the agenda with `at`."""

    def __init__(self, folder: Path, begins: tuple[date, int]) -> None:
        """`begins`: date and second of the local day at which the box has its power."""
        document = resources.files("appliance.demo").joinpath("odintsovo.toml").read_text(encoding="utf-8")
        plan = checked_plan(document)
        self.zone = ZoneInfo(plan.timezone)
        pins = iter(range(FIRST_PIN, FIRST_PIN + 3 * len(PANELS)))
        panels = tuple(PanelConfig(desk, *(Point(GPIO, next(pins)) for _ in range(3))) for desk in PANELS)
        hardware = HardwareConfig("simulated", HURRIED, panels=panels, sound=SoundConfig("simulated"))
        self.box = Box(Scenario(folder, plan, hardware, self.zone, instant(*begins, self.zone), True, 0, 0, ()), folder)
        self.plan, self.time = plan, self.box.time
        self.answers: Counter[tuple[str, int, str]] = Counter()
        self.refused_presses: Counter[str] = Counter()
        self.presses = 0
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._next_second, self._restless = self.time.now_ms, True
        self._callers: list[Caller] = []
        self._pressed: SimpleQueue[Press] = SimpleQueue()
        self._keys = {key.control: key for key in hardware.wired_keys()}
        self._free_at_s = dict.fromkeys(self._keys, 0.0)
        self._start(folder)

    def _start(self, folder: Path) -> None:
        self.box.start()
        self._local = LocalStore(folder / "local.db", hasher=CHEAP)
        self._reads = Reads(self.box.database)
        context = AppContext(self.box.writer, self._reads, self._local, self.box.clock, Parts(), replica)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._server = make_server(create_app(context), "127.0.0.1", self._port)
        self._web = threading.Thread(target=self._server.run, name="web")
        self._web.start()
        while not self._server.started:
            assert self._web.is_alive()
            time.sleep(0.01)
        self._factory = open_pin_factory("mock").factory
        self._buttons = GpioButtons(self._keys.values(), self._factory)
        self._buttons.start(self._on_press)
        self._panel = VirtualPanel(self._keys.values(), self._factory)

    def close(self) -> None:
        """End everything; the database stays."""
        for caller in self._callers:
            caller.close()
        self._buttons.close()
        self._factory.close()
        self._server.should_exit = True
        self._web.join(10)
        self.box.close()
        self._local.close()
        self._reads.close()

    @property
    def office(self) -> Office:
        """The newest committed state."""
        return self.box.office

    @property
    def now_ms(self) -> int:
        """The true time."""
        return self.time.now_ms

    def browser(self) -> Caller:
        """A new browser."""
        caller = Caller(self._port, self.answers)
        self._callers.append(caller)
        return caller

    def signed_in(self, operator: str, desk: int | None) -> Caller:
        """A browser with this operator at a desk, or at reception."""
        self._local.put_operator(operator, operator, PIN)
        caller = self.browser()
        path = f"/api/v1/desks/{desk}/sign-in" if desk is not None else "/api/v1/session/reception"
        status, told = caller.ask("POST", path, {"operator": operator, "pin": PIN})
        assert status == 200, told
        self._settle()
        return caller

    def owner(self) -> Caller:
        """A browser with the owner signed in."""
        caller = self.browser()
        status, told = caller.ask("POST", "/api/v1/session/owner", {"code": self._local.renew_owner()})
        assert status == 200, told
        return caller

    def push(self, desk: int, key: str, *, long: bool = False) -> None:
        """A finger on a key; returns when what the press led to has been committed."""
        control = f"desk/{desk}/{key}"
        time.sleep(max(0.0, self._free_at_s[control] - time.monotonic()))
        self._panel.press(control, HOLD_S if long else TAP_S)
        press = self._pressed.get(timeout=5)
        assert press.control == control
        self._free_at_s[control] = time.monotonic() + self._keys[control].rule.lockout_s + 0.02
        self.presses += 1
        self._settle()

    def _on_press(self, press: Press) -> None:
        self.box.pressing.on_press(press)
        self._pressed.put(press)

    def at(self, at_ms: int, action: Callable[[], None]) -> None:
        """Put an action on the agenda; those of one moment keep their order."""
        self._order += 1
        heappush(self._agenda, (at_ms, self._order, action))

    def play(self, until_ms: int) -> None:
        """Let the day pass."""
        while self._agenda and self._agenda[0][0] <= until_ms:
            due, _, action = heappop(self._agenda)
            self._pass_time(due)
            action()
            self._restless = True
            self._settle()
        self._pass_time(until_ms)

    def _pass_time(self, until_ms: int) -> None:
        """Give the clock worker each second in which something may be due."""
        while self._next_second <= until_ms:
            second = self._next_second
            last = min(until_ms, second - second % STRIDE_MS + STRIDE_MS - 1)
            if not self._restless and not self.box.due_by(last):
                self._next_second = last - last % SECOND_MS + SECOND_MS
                continue
            self._next_second = second + SECOND_MS
            self.time.now_ms = max(self.time.now_ms, second)
            self._restless = False
            self.box.look()
            self._settle()
        self.time.now_ms = max(self.time.now_ms, until_ms)

    def _settle(self) -> None:
        """Wait for everything that was asked, and let the calls be spoken."""
        while True:
            asked = self.box.writer.asked
            while asked:
                question = asked.popleft()
                try:
                    question.answer.result(30)
                except Refused as refusal:
                    self.refused_presses[f"{question.actor.split(':')[0]} {refusal.code.value}"] += 1
            if not self.box.announce():
                return
