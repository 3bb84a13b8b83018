"""One RS-485 bus: a thread that owns its port, looks at every module in turn, and writes to lamps and displays between.

Who presses for less than a cycle may not be seen, so nothing may make the cycle long: a silent device leaves it at once
and is tried again later, and at most one thing is written in a cycle.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from math import ceil
from time import monotonic

from hardware.config.model import ModbusBusConfig, ModuleConfig
from hardware.modbus.latch import REGISTER_BITS, latched_inputs, must_be_cleared, with_pulses
from hardware.modbus.line import ModbusLine, NoAnswerError, PortClosedError, RefusedError
from hardware.modbus.wishes import Target, Wish, Wishes
from hardware.ports import Condition, DeviceState
from hardware.states import group_of, state_of

log = logging.getLogger(__name__)

Levels = tuple[bool, ...]
OnLevels = Callable[[int, float, Levels | None], None]
"""Hears each look at a module: its address, CLOCK_MONOTONIC seconds, the level of every input; None when it is silent.

The first levels after None are a baseline.
"""

SHORTEST_CYCLE_S = 0.02
"""Looking more often than a key's debounce lasts finds nothing more."""

REOPEN_S = 0.5
RETRY_S = 5.0
FIRST_RETRY_S = 0.5
"""A module that missed one request is asked again soon; one that is away must not stop the others every time."""

PROBE_GAP_S = 2.0
"""Silent devices of one bus are tried no closer together than this: each try stops the keys for the timeout."""

SETTLE_S = 0.05
"""A module that has just got its power tells every input as off until its own filters have settled."""

GARBLED_LIMIT = 3
"""So many broken answers in a row are silence."""

CYCLES_KEPT = 512
LAST_WISHES_S = 1.0
"""How long closing may take to write what lamps and displays shall show at the end."""

HINTS = {
    "port-missing": "connect-bus",
    "port-denied": "join-group",
    "port-busy": "free-port",
    "module-silent": "check-module",
    "module-refuses": "check-module-config",
    "display-silent": "check-display",
    "display-refuses": "check-display-config",
}


class _Outcome(Enum):
    ANSWERED = auto()
    REFUSED = auto()
    NOTHING = auto()


@dataclass(slots=True)
class _Device:
    """One address on the bus. `answers` is None before it was asked first."""

    address: int
    module: ModuleConfig | None
    answers: bool | None = None
    garbled: int = 0
    retry_at: float = 0.0
    retries: int = 0
    settled_at: float = 0.0
    before: Levels | None = None

    @property
    def kind(self) -> str:
        """`module` or `display`."""
        return "display" if self.module is None else "module"


class ModbusBus:
    """The bus of a [bus.NAME]. `displays` are the addresses of the number displays on it.

    `listen`, `set_coil`, `write_registers` and everything that is asked may be called from any thread, also before
    `start`. What a listener raises is logged.
    """

    def __init__(self, config: ModbusBusConfig, displays: Sequence[int] = ()) -> None:
        self.config = config
        self._line = ModbusLine(config)
        self._devices = {module.address: _Device(module.address, module) for module in config.modules}
        self._devices |= {address: _Device(address, None) for address in displays}
        self._wishes = Wishes()
        self._listeners: tuple[OnLevels, ...] = ()
        self._lock = threading.Lock()
        first = state_of(Condition.MISSING, "not-started", **self._facts())
        self._states = {config.name: first}
        self._states |= {self._name(one): state_of(Condition.MISSING, "not-started", **self._facts(one))
                         for one in self._devices.values()}  # fmt: skip
        self._probe_at = 0.0
        self._cycles: deque[float] = deque(maxlen=CYCLES_KEPT)
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def cycle_ms(self) -> float | None:
        """The measured cycle, the median of the newest ones; None before there were any."""
        cycles = sorted(self._cycles)
        return cycles[len(cycles) // 2] * 1000 if cycles else None

    @property
    def worst_cycle_ms(self) -> float | None:
        """The longest of the newest cycles."""
        return max(self._cycles, default=0.0) * 1000 or None

    @property
    def thread_id(self) -> int | None:
        """The identity of the bus's thread, for measuring what it costs."""
        return None if self._thread is None else self._thread.ident

    def listen(self, on_levels: OnLevels) -> Callable[[], None]:
        """Hear every look at every module, in the bus's thread; call what is returned to end it.

        Of modules that are known to be silent it hears at once, in the caller's thread.
        """
        with self._lock:
            self._listeners = (*self._listeners, on_levels)
        for device in self._devices.values():
            if device.module is not None and device.answers is False:
                on_levels(device.address, monotonic(), None)

        def stop() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not on_levels)

        return stop

    def start(self) -> None:
        """Begin to look. A port that isn't there yet is a state, and is taken when it comes."""
        if self._thread is not None:
            raise RuntimeError(f"the bus {self.config.name} has been started already")
        self._thread = threading.Thread(target=self._run, name=f"bus {self.config.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what is still wished, and release the port; may be called twice."""
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def set_coil(self, module: int, coil: int, on: bool, written: Callable[[], None] | None = None) -> None:
        """Have an output on or off; returns at once, the newest wish wins and is repeated.

        `written` is called once in the bus's thread when it is so, never when a newer wish came before.
        """
        self._wishes.put(Wish(Target(module, coil, coil=True), (int(on),), written), monotonic())

    def write_registers(self, address: int, first: int, values: tuple[int, ...]) -> None:
        """Have these registers hold these values; returns at once, the newest wish wins and is repeated."""
        self._wishes.put(Wish(Target(address, first, coil=False), values), monotonic())

    def states(self) -> Mapping[str, DeviceState]:
        """The bus by its name, each module and display as `<bus>/<address>`."""
        return dict(self._states)

    def _run(self) -> None:
        while not self._closing.is_set():
            began = monotonic()
            try:
                if not self._line.is_open:
                    self._line.open()
                    self._opened()
                self._cycle()
            except PortClosedError as error:
                self._lose_port(error.reason)
                self._closing.wait(REOPEN_S)
                continue
            except Exception:
                log.exception("bus %s: a cycle failed", self.config.name)
                self._closing.wait(REOPEN_S)
                continue
            self._closing.wait(SHORTEST_CYCLE_S - (monotonic() - began))
            self._cycles.append(monotonic() - began)
        self._write_last_wishes()
        self._line.close()

    def _cycle(self) -> None:
        """Look at every module that answers, write one thing, and now and then try one silent device."""
        for device in self._devices.values():
            if device.module is not None and device.answers is not False and not self._closing.is_set():
                self._ask(device, partial(self._look, device), needed=True)
        silent = [device.address for device in self._devices.values() if device.answers is False]
        wish = self._wishes.next(monotonic(), silent)
        if wish is not None:
            self._write(wish)
        self._probe()

    def _probe(self) -> None:
        """Try the silent device that has waited longest, if one is due."""
        now = monotonic()
        due = [device for device in self._devices.values() if device.answers is False and device.retry_at <= now]
        if not due or now < self._probe_at:
            return
        device = min(due, key=lambda one: one.retry_at)
        self._probe_at = now + PROBE_GAP_S
        if device.module is not None:
            self._ask(device, partial(self._look, device), needed=True)
            return
        others = [one.address for one in self._devices.values() if one is not device]
        self._wishes.renew(device.address, now)
        wish = self._wishes.next(now, others)
        if wish is not None:
            self._write(wish)

    def _ask(self, device: _Device, request: Callable[[], None], *, needed: bool) -> _Outcome:
        """One request to a device, with everything that follows when it isn't answered as it should be.

        `needed`: a device that refuses it is of no use.
        """
        try:
            request()
        except NoAnswerError as error:
            device.garbled += 1
            if not error.heard or device.garbled >= GARBLED_LIMIT or device.answers is False:
                self._lose(device, f"{device.kind}-silent")
            return _Outcome.NOTHING
        except RefusedError as error:
            self._refused(device, error, needed=needed)
            return _Outcome.REFUSED
        self._found(device)
        return _Outcome.ANSWERED

    def _look(self, device: _Device) -> None:
        """Read the inputs of a module and tell their levels."""
        module = device.module
        assert module is not None
        levels = self._levels(module, device.before)
        at = monotonic()
        self._found(device)
        if at >= device.settled_at:
            device.before = levels
            self._tell(device, at, levels)

    def _levels(self, module: ModuleConfig, before: Levels | None) -> Levels:
        """The levels of a module's inputs. A latch is asked instead as long as it says that nothing has happened."""
        if module.latch is None:
            return self._line.read_inputs(module.address, module.inputs)
        count = ceil(module.inputs / REGISTER_BITS)
        latched = latched_inputs(self._line.read_registers(module.address, module.latch, count), module.inputs)
        if before is not None and not any(latched) and not any(before):
            return before
        now = self._line.read_inputs(module.address, module.inputs)
        if must_be_cleared(now, latched):
            self._line.write_registers(module.address, module.latch, (0,) * count)
        return now if before is None else with_pulses(now, latched, before)

    def _write(self, wish: Wish) -> None:
        """Write one wish to a device that answers, or that is being tried."""
        target = wish.target
        device = self._devices.get(target.address)
        if device is None:
            log.error("bus %s: nothing is configured at address %d", self.config.name, target.address)
            self._wishes.settle(wish, monotonic())
            return

        outcome = self._ask(device, partial(self._send, wish), needed=device.module is None)
        if outcome is _Outcome.NOTHING:
            self._wishes.postpone(wish, monotonic())
            return
        self._wishes.settle(wish, monotonic())
        if outcome is _Outcome.ANSWERED and wish.written is not None:
            _guarded(wish.written)

    def _send(self, wish: Wish) -> None:
        target = wish.target
        if target.coil:
            self._line.write_coil(target.address, target.first, bool(wish.values[0]))
        else:
            self._line.write_registers(target.address, target.first, wish.values)

    def _write_last_wishes(self) -> None:
        until = monotonic() + LAST_WISHES_S
        try:
            while self._line.is_open and monotonic() < until:
                silent = [device.address for device in self._devices.values() if device.answers is False]
                wish = self._wishes.next(monotonic(), silent, only_fresh=True)
                if wish is None:
                    return
                self._write(wish)
        except PortClosedError:
            return

    def _opened(self) -> None:
        log.log(self._back_level(self.config.name), "bus %s is at its port", self.config.name)
        self._states[self.config.name] = state_of(Condition.READY, **self._facts())
        self._probe_at = 0.0
        for device in self._devices.values():
            device.answers, device.before = None, None
            device.garbled = device.retries = 0

    def _lose_port(self, reason: str) -> None:
        if self._states[self.config.name].reason == reason:
            return
        log.error("bus %s: %s (%s)", self.config.name, reason, self.config.port)
        denied = {"group": group_of(self.config.port, "dialout")} if reason == "port-denied" else {}
        facts = self._facts() | denied
        self._states[self.config.name] = state_of(Condition.MISSING, reason, HINTS[reason], **facts)
        for device in self._devices.values():
            facts = self._facts(device) | denied
            self._away(device, state_of(Condition.MISSING, reason, HINTS[reason], **facts))

    def _lose(self, device: _Device, reason: str, condition: Condition = Condition.MISSING, **facts: str) -> None:
        """A device is silent, or refuses what it must do: it leaves the cycle and is tried again later."""
        now = monotonic()
        device.retry_at = now + (FIRST_RETRY_S if device.retries == 0 else RETRY_S)
        device.retries += 1
        state = state_of(condition, reason, HINTS[reason], **self._facts(device), **facts)
        known = self._states[self._name(device)]
        if (known.reason, known.facts) != (state.reason, state.facts):
            log.error("bus %s: %s %d: %s", self.config.name, device.kind, device.address, reason)
            self._away(device, state)
        device.answers = False

    def _away(self, device: _Device, state: DeviceState) -> None:
        self._states[self._name(device)] = state
        device.answers, device.before = False, None
        if device.module is not None:
            self._tell(device, monotonic(), None)

    def _found(self, device: _Device) -> None:
        """A device has answered: if it was away, it and those that went with it are asked again now."""
        device.garbled = device.retries = 0
        if device.answers is True:
            return
        name = self._name(device)
        log.log(self._back_level(name), "bus %s: %s %d answers", self.config.name, device.kind, device.address)
        self._states[name] = state_of(Condition.READY, **self._facts(device))
        self._wishes.renew(device.address, monotonic())
        device.answers = True
        device.settled_at = monotonic() + SETTLE_S
        self._probe_at = 0.0
        for other in self._devices.values():
            other.retry_at = 0.0

    def _refused(self, device: _Device, error: RefusedError, *, needed: bool) -> None:
        """A module that refuses to tell its inputs is of no use; one that refuses a lamp still has its keys."""
        facts = {"code": str(error.code), "function": str(error.function)}
        reason = f"{device.kind}-refuses"
        if needed:
            self._lose(device, reason, Condition.FAULT, **facts)
            return
        name = self._name(device)
        known = self._states[name]
        if known.condition is Condition.READY and known.warning != reason:
            log.error("bus %s: %s %d: %s", self.config.name, device.kind, device.address, error)
            facts |= self._facts(device)
            self._states[name] = state_of(Condition.READY, hint=HINTS[reason], warning=reason, **facts)

    def _tell(self, device: _Device, at: float, levels: Levels | None) -> None:
        for listener in self._listeners:
            _guarded(partial(listener, device.address, at, levels))

    def _back_level(self, name: str) -> int:
        """What comes back after a loss is worth a warning; what is there from the beginning is not."""
        return logging.INFO if self._states[name].reason == "not-started" else logging.WARNING

    def _name(self, device: _Device) -> str:
        return f"{self.config.name}/{device.address}"

    def _facts(self, device: _Device | None = None) -> dict[str, str]:
        facts = {"bus": self.config.name, "port": self.config.port}
        if device is not None:
            facts["address"] = str(device.address)
        return facts


def _guarded(told: Callable[[], None]) -> None:
    """Nobody who listens may end the bus's thread."""
    try:
        told()
    except Exception:
        log.exception("a listener of a bus failed")
