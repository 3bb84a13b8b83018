"""Keys on the inputs of Modbus modules: what the bus sees, handed to the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hardware.config.model import KeyConfig
from hardware.keys.judging import Judge
from hardware.modbus.bus import Levels, ModbusBus

FRESH_S = 0.1
"""A level that was seen longer ago than this decides nothing by itself; a usual cycle takes less."""


class ModbusKeys:
    """The keys on one bus as a source for the judge. What is wrong with a module is wrong with its keys."""

    def __init__(self, keys: Iterable[KeyConfig], judge: Judge, bus: ModbusBus) -> None:
        self._judge, self._bus = judge, bus
        self._lines: dict[int, dict[str, int]] = {}
        for key in keys:
            assert key.point.module is not None
            self._lines.setdefault(key.point.module, {})[key.control] = int(key.point.line)
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to listen; the bus is started by its owner."""
        self._stop = self._bus.listen(self._looked)

    def close(self) -> None:
        """Listen no more; may be called twice."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _looked(self, module: int, at: float, levels: Levels | None) -> None:
        lines = self._lines.get(module)
        if lines is None:
            return
        if levels is None:
            self._judge.lose(lines, self._bus.states()[f"{self._bus.config.name}/{module}"])
            return
        made = {control: levels[line] for control, line in lines.items() if line < len(levels)}
        self._judge.take(at, made, FRESH_S)
