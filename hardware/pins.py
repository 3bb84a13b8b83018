"""The Pi's own pins: which gpiozero pin factory is in force, chosen by name and never silently.

`auto` takes libgpiod. lgpio is the second choice: one callback that raises ends its only thread, and all keys with it.
"""

from __future__ import annotations

import importlib
import os
import tempfile
from dataclasses import dataclass
from typing import Any

AUTO, GPIOD, LGPIO, MOCK = "auto", "gpiod", "lgpio", "mock"

SAFE_PINS = (4, 5, 6, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27)
"""BCM numbers that nothing on the board itself needs. A sound card on the header needs 18 to 21."""


class PinFactoryError(Exception):
    """No pin factory could be opened; the text says which were tried, and what each said."""


@dataclass(frozen=True, slots=True)
class OpenedFactory:
    """An open pin factory: gpiozero's object, its name, and why `gpiod` was not taken (empty where it was, or was not
    asked for).
    """

    factory: Any
    name: str
    trouble: str = ""


def open_pin_factory(name: str, chip: str = "") -> OpenedFactory:
    """Open gpiozero's pin factory `name`: `auto`, `gpiod`, `lgpio`, or `mock` for simulated pins.

    `chip` is the label of the header's chip for `gpiod`, or empty to find it. Raises PinFactoryError.

    Chosen by name: gpiozero's own search falls back silently to a factory that drops edges.
    """
    trouble: dict[str, str] = {}
    for tried in (GPIOD, LGPIO) if name == AUTO else (name,):
        try:
            return OpenedFactory(_OPEN[tried](chip), tried, trouble.get(GPIOD, ""))
        except Exception as error:
            trouble[tried] = str(error) or type(error).__name__
    raise PinFactoryError("; ".join(f"{tried}: {said}" for tried, said in trouble.items()))


class Header:
    """The header of this office: `pin_factory` is a name for `open_pin_factory`, or a factory (an OpenedFactory, or
    gpiozero's own object) that is open already and stays its owner's to close.
    """

    def __init__(self, pin_factory: Any, chip: str = "") -> None:
        self.wanted = pin_factory if isinstance(pin_factory, str) else ""
        self._chip = chip
        self._opened: OpenedFactory | None = None
        if not self.wanted:
            given = pin_factory if isinstance(pin_factory, OpenedFactory) else OpenedFactory(pin_factory, "")
            self._opened = given
        self._failed = ""

    @property
    def factory(self) -> Any:
        """The open factory; None before `open` and when there is none."""
        return None if self._opened is None else self._opened.factory

    @property
    def name(self) -> str:
        """The name of the factory in force, or empty."""
        return "" if self._opened is None else self._opened.name

    @property
    def trouble(self) -> str:
        """Why `gpiod` was not taken, or why there is no factory at all; empty when all is well."""
        return self._failed if self._opened is None else self._opened.trouble

    def open(self) -> Any:
        """The factory, opened now if it isn't yet. Raises PinFactoryError."""
        if self._opened is None:
            try:
                self._opened = open_pin_factory(self.wanted, self._chip)
            except PinFactoryError as error:
                self._failed = str(error)
                raise
        return self._opened.factory

    def close(self) -> None:
        """Close the factory if it was opened here; may be called twice."""
        if self.wanted and self._opened is not None:
            self._opened.factory.close()
            self._opened = None


def _gpiod(chip: str) -> Any:
    return importlib.import_module("hardware.gpiod_pins").GpiodFactory(chip)


def _lgpio(_chip: str) -> Any:
    # Its FIFO would lie in the working directory, which is `/` for a service, and its import would fail there.
    os.environ.setdefault("LG_WD", os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0] or tempfile.gettempdir())
    return importlib.import_module("gpiozero.pins.lgpio").LGPIOFactory()


def _mock(_chip: str) -> Any:
    return importlib.import_module("hardware.simulator.header").VirtualHeader()


_OPEN = {GPIOD: _gpiod, LGPIO: _lgpio, MOCK: _mock}
