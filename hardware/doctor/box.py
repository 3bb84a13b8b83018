"""What the operating system says of the box: power, heat, clock, serial console, ports and their rights.

Everything is read below `root`, so that a folder can stand for another box. Sources: the Raspberry Pi documentation for
`get_throttled` and config.txt, the kernel's sysfs for rtc and thermal zones.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hardware.config import SIMULATED, HardwareConfig, MatrixBoardConfig
from hardware.doctor.finding import Finding, Verdict

UART_NAMES = ("serial0", "ttyAMA0", "ttyAMA10", "ttyS0")
HOT_C = 80
"""The Pi slows itself down from here on."""
THROTTLED = "sys/devices/platform/*/*/get_throttled"
"""The folders' names differ between models."""
UNDER_VOLTAGE_NOW, UNDER_VOLTAGE_SINCE_BOOT = 1 << 0, 1 << 16


@dataclass(frozen=True, slots=True)
class PortUse:
    """A port that hardware.toml names, and what for: `printer`, or the name of a bus."""

    name: str
    path: str


class Box:
    """One box, seen through its files."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def examine(self, config: HardwareConfig) -> list[Finding]:
        """Every check of the box that this hardware.toml asks for."""
        found = [*self.power(), *self.heat(), *self.clock_chip()]
        if config.mode == SIMULATED:
            return found
        ports = ports_of(config)
        found += [finding for port in ports for finding in self.port(port)]
        found += self.serial_console(ports)
        found += [
            finding for board in config.boards if isinstance(board, MatrixBoardConfig) for finding in self.spi(board)
        ]
        return found

    def power(self) -> Iterator[Finding]:
        """Whether the power supply is strong enough; boxes without such a sensor say nothing."""
        sensor = next(iter(sorted(self._root.glob(THROTTLED))), None)
        text = None if sensor is None else self._read(sensor.relative_to(self._root))
        if text is None:
            return
        bits = int(text, 16)
        if bits & UNDER_VOLTAGE_NOW:
            yield Finding("power", Verdict.FAULT, reason="under-voltage", hint="replace-power-supply")
        elif bits & UNDER_VOLTAGE_SINCE_BOOT:
            yield Finding("power", Verdict.WARNING, reason="under-voltage-earlier", hint="replace-power-supply")
        else:
            yield Finding("power", Verdict.WELL)

    def heat(self) -> Iterator[Finding]:
        """The processor's temperature, where it is measured."""
        text = self._read(Path("sys/class/thermal/thermal_zone0/temp"))
        if text is None or not text.lstrip("-").isdigit():
            return
        degrees = int(text) // 1000
        facts = {"degrees": str(degrees)}
        if degrees >= HOT_C:
            yield Finding("heat", Verdict.WARNING, reason="too-hot", hint="cool-the-box", facts=facts)
        else:
            yield Finding("heat", Verdict.WELL, reason="temperature", facts=facts)

    def clock_chip(self) -> Iterator[Finding]:
        """A clock that goes on without power: an office without a line needs one to know the day."""
        chip = self._root / "sys/class/rtc/rtc0"
        if not chip.exists():
            yield Finding("clock-chip", Verdict.WARNING, reason="no-clock-chip", hint="fit-clock-chip")
            return
        charging = self._read(Path("sys/class/rtc/rtc0/charging_voltage"))
        if charging == "0":
            yield Finding("clock-chip", Verdict.WARNING, reason="battery-not-charged", hint="charge-clock-battery")
        else:
            yield Finding("clock-chip", Verdict.WELL)

    def port(self, port: PortUse) -> Iterator[Finding]:
        """Whether a port is there, may be written, and has a name that survives a restart."""
        if port.path.startswith("tcp://"):
            return
        facts = {"port": port.path, "what": port.name}
        path = self._root / port.path.lstrip("/")
        try:
            found = path.stat()
        except OSError:
            yield Finding("port", Verdict.FAULT, port.name, "port-not-there", "plug-in-or-correct-port", facts)
            return
        if not os.access(path, os.R_OK | os.W_OK):
            facts["group"] = _group_name(found.st_gid)
            yield Finding("port", Verdict.FAULT, port.name, "port-denied", "join-group", facts)
            return
        lasting = self._lasting_name(port.path)
        if lasting and lasting != port.path:
            facts["lasting"] = lasting
            yield Finding("port", Verdict.WARNING, port.name, "port-name-changes", "use-lasting-name", facts)
        elif not stat.S_ISCHR(found.st_mode):
            yield Finding("port", Verdict.WARNING, port.name, "port-no-device", "plug-in-or-correct-port", facts)
        else:
            yield Finding("port", Verdict.WELL, port.name, facts=facts)

    def serial_console(self, ports: Sequence[PortUse]) -> Iterator[Finding]:
        """The kernel's console must not talk on a UART that a device hangs on."""
        used = next((port for port in ports if Path(port.path).name in UART_NAMES), None)
        if used is None:
            return
        words = (self._read(Path("proc/cmdline")) or "").split()
        consoles = [word for word in words if word.startswith("console=") and _console_name(word) in UART_NAMES]
        if consoles:
            facts = {"port": used.path, "what": used.name, "console": consoles[0]}
            yield Finding("serial-console", Verdict.FAULT, used.name, "console-on-port", "free-serial-console", facts)
        else:
            yield Finding("serial-console", Verdict.WELL, used.name)

    def spi(self, board: MatrixBoardConfig) -> Iterator[Finding]:
        """Whether the kernel offers the SPI bus that a matrix hangs on."""
        name = f"spidev{board.spi_port}.{board.spi_device}"
        facts = {"device": f"/dev/{name}", "board": board.name}
        if (self._root / "dev" / name).exists():
            yield Finding("spi", Verdict.WELL, board.name, facts=facts)
        else:
            yield Finding("spi", Verdict.FAULT, board.name, "spi-missing", "enable-spi", facts)

    def _lasting_name(self, path: str) -> str:
        """The name below by-id (or by-path) that stands for a `ttyUSB0` or `ttyACM0`; "" where there is none."""
        if not Path(path).name.startswith(("ttyUSB", "ttyACM")):
            return ""
        target = (self._root / path.lstrip("/")).resolve()
        for folder in ("by-id", "by-path"):
            names = self._root / "dev/serial" / folder
            if not names.is_dir():
                continue
            for link in sorted(names.iterdir()):
                if link.resolve() == target:
                    return f"/dev/serial/{folder}/{link.name}"
        return ""

    def _read(self, path: Path) -> str | None:
        try:
            return (self._root / path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None


def ports_of(config: HardwareConfig) -> list[PortUse]:
    """Every port that hardware.toml names."""
    found = [PortUse(bus.name, bus.port) for bus in config.buses]
    found += [PortUse(pad.name, pad.port) for pad in config.keypads]
    if config.printer is not None:
        found.append(PortUse("printer", config.printer.port))
    return [port for port in found if port.path != SIMULATED]


def _console_name(word: str) -> str:
    return word.removeprefix("console=").partition(",")[0]


def _group_name(group: int) -> str:
    import grp

    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)
