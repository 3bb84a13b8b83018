"""An RS-485 line that isn't there: a pty with Modbus RTU devices of our own on it, and faults on demand.

The real driver runs against it unchanged. With `real_time` every byte takes its time on the line, both ways.
"""

from __future__ import annotations

import os
import random
import select
import threading
import time
import tty
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hardware.config.model import DigitsBoardConfig, ModbusBusConfig
from hardware.modbus.cycle import SHORTEST_SILENCE_S, SILENT_CHARACTERS, TURNAROUND_S
from hardware.simulator.slaves import FILTER_S, DisplaySlave, ModuleSlave, Slave, answer, frame_length, refusing

GAP_S = 0.02
"""A frame that has not been completed for so long is forgotten."""

MOST_NOISE_BYTES = 12
FRAMES_KEPT = 2000


class VirtualBus:
    """A line at `path`. With `link` the path is that symbolic link, which disappears and comes back with the adapter.

    All methods may be called from any thread; inputs, outputs and addresses that there aren't raise KeyError or
    IndexError. `seed` is of the noise.
    """

    def __init__(
        self,
        link: Path | None,
        config: ModbusBusConfig,
        displays: Iterable[DigitsBoardConfig] = (),
        *,
        real_time: bool = False,
        filter_s: float = FILTER_S,
        seed: int = 0,
    ) -> None:
        self.config = config
        self.asked: Counter[int] = Counter()
        """Whole frames that came in, by address, whether anybody answered or not."""
        self.heard: deque[bytes] = deque(maxlen=FRAMES_KEPT)
        """The newest of them."""
        self._link = link
        self._changed = threading.Condition(threading.RLock())
        self._modules = {module.address: ModuleSlave(module, filter_s) for module in config.modules}
        self._displays = {display.address: DisplaySlave(display) for display in displays}
        self._off: set[int] = set()
        self._refusing: dict[int, int] = {}
        self._noise = self._corrupt = False
        self._slow_s = 0.0
        self._dice = random.Random(seed)
        byte_s = (10 if config.parity == "none" else 11) / config.baud
        self._byte_s = byte_s if real_time else 0.0
        silence_s = SILENT_CHARACTERS * byte_s
        self._silence_s = max(silence_s, SHORTEST_SILENCE_S if config.baud > 19200 else 0.0) if real_time else 0.0
        self._turnaround_s = TURNAROUND_S if real_time else 0.0
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        self._master = self._slave = -1
        self.path = ""
        self.plug()
        self._thread = threading.Thread(target=self._run, name="virtual bus", daemon=True)
        self._thread.start()

    @property
    def driven(self) -> ModbusBusConfig:
        """The configuration that the driver opens this line with: our port, and no parity, which a pty doesn't know."""
        return replace(self.config, port=self.path, parity="none")

    @property
    def addresses(self) -> tuple[int, ...]:
        """Every device on the line: modules, then displays."""
        return (*self._modules, *self._displays)

    def is_display(self, address: int) -> bool:
        """Whether a number display has this address."""
        return address in self._displays

    def set_input(self, module: int, line: int, level: bool) -> None:
        """Close or open the contact at an input."""
        self._modules[module].set_input(line, level, time.monotonic())

    def coil(self, module: int, coil: int) -> bool:
        """Whether an output is on."""
        return self._modules[module].coils[coil]

    def registers(self, address: int) -> tuple[int, ...]:
        """The registers of a display as they were written last."""
        return tuple(self._displays[address].registers)

    def text(self, address: int) -> str:
        """What a person reads on a display."""
        return self._displays[address].text

    def wait(self, until: Callable[[VirtualBus], bool], timeout_s: float = 5.0) -> bool:
        """Wait until something is true of the line; asked after everything that happens on it."""
        with self._changed:
            return self._changed.wait_for(lambda: until(self), timeout_s)

    def power_off(self, address: int) -> None:
        """A device without power: it is silent."""
        with self._changed:
            self._off.add(address)
            self._changed.notify_all()

    def power_on(self, address: int) -> None:
        """Its power is back: outputs are off, displays dark."""
        with self._changed:
            if address in self._off:
                self._off.discard(address)
                if address in self._modules:
                    self._modules[address].restart(time.monotonic())
                else:
                    self._displays[address].restart()
            self._changed.notify_all()

    def noise(self, on: bool) -> None:
        """Bytes that nobody sent come before each answer."""
        self._noise = on

    def corrupt(self, on: bool) -> None:
        """One bit of each answer is turned over."""
        self._corrupt = on

    def slow(self, seconds: float | None) -> None:
        """Devices take so long to answer; None for no longer than usual."""
        self._slow_s = seconds or 0.0

    def refuse(self, address: int, code: int | None) -> None:
        """A device answers everything with this exception; None for what it should."""
        with self._changed:
            if code is None:
                self._refusing.pop(address, None)
            else:
                self._refusing[address] = code

    def unplug(self) -> None:
        """Pull the adapter out: the port is gone, the devices keep their power."""
        with self._changed:
            if self._master < 0:
                return
            if self._link is not None:
                self._link.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = -1
            self._act()

    def plug(self) -> None:
        """Put the adapter back. Without a `link` the port has a new `path`."""
        with self._changed:
            if self._master >= 0:
                return
            # The driver's end is held open here too: a pty that nobody opened would report an end.
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.path = os.ttyname(self._slave)
            if self._link is not None:
                self._link.unlink(missing_ok=True)
                self._link.symlink_to(self.path)
                self.path = str(self._link)
            self._act()

    def close(self) -> None:
        """Stop the thread and remove the port; may be called twice."""
        with self._changed:
            if self._stopping:
                return
            self._stopping = True
            self._act()
        self._thread.join(timeout=5)
        self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _run(self) -> None:
        begun = bytearray()
        while True:
            with self._changed:
                if self._stopping:
                    return
                master = self._master
            sources = [self._wake_read] if master < 0 else [self._wake_read, master]
            try:
                ready, _, _ = select.select(sources, [], [], GAP_S if begun else None)
            except (OSError, ValueError):
                continue  # unplugged meanwhile
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            data = self._read(master) if master in ready else b""
            arrived = time.monotonic()
            if not data:
                begun.clear()
                continue
            begun += data
            length = frame_length(begun)
            if length is not None and len(begun) >= length:
                request = bytes(begun[:length])
                begun.clear()
                self._serve(master, request, arrived)

    def _read(self, master: int) -> bytes:
        with self._changed:
            if master != self._master:
                return b""
            try:
                return os.read(master, 512)
            except OSError:
                return b""

    def _serve(self, master: int, request: bytes, arrived: float) -> None:
        """Answer one request as the device that it is for."""
        heard = arrived + len(request) * self._byte_s + self._silence_s
        _sleep_until(heard)
        with self._changed:
            address = request[0]
            self.asked[address] += 1
            self.heard.append(request)
            told = answer(request, self._powered(), time.monotonic())
            if told is not None and address in self._refusing:
                told = refusing(request, self._refusing[address])
            if told is not None:
                told = self._spoil(told)
            self._changed.notify_all()
        if told is not None:
            _sleep_until(heard + self._turnaround_s + self._slow_s)
            self._send(master, told)

    def _powered(self) -> Mapping[int, Slave]:
        slaves: dict[int, Slave] = {**self._modules, **self._displays}
        return {address: slave for address, slave in slaves.items() if address not in self._off}

    def _spoil(self, told: bytes) -> bytes:
        if self._corrupt:
            place = self._dice.randrange(len(told))
            told = told[:place] + bytes((told[place] ^ 1 << self._dice.randrange(8),)) + told[place + 1 :]
        if self._noise:
            told = self._dice.randbytes(self._dice.randint(1, MOST_NOISE_BYTES)) + told
        return told

    def _send(self, master: int, told: bytes) -> None:
        """Each byte at its time; those whose time has passed go together."""
        began = time.monotonic()
        sent = 0
        while sent < len(told):
            _sleep_until(began + (sent + 1) * self._byte_s)
            due = len(told)
            if self._byte_s:
                due = min(due, max(sent + 1, int((time.monotonic() - began) / self._byte_s)))
            with self._changed:
                if master != self._master:
                    return
                try:
                    os.write(master, told[sent:due])
                except OSError:
                    return  # nobody reads: a serial line loses such bytes too
            sent = due

    def _act(self) -> None:
        self._changed.notify_all()
        os.write(self._wake_write, b"!")


def _sleep_until(moment: float) -> None:
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)
