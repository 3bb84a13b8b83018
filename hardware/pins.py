"""The Pi's own pins: which gpiozero pin factory is in force, chosen by name and never silently."""

from __future__ import annotations

import importlib
from typing import Any

_FACTORIES = {
    "mock": ("gpiozero.pins.mock", "MockFactory"),
    "lgpio": ("gpiozero.pins.lgpio", "LGPIOFactory"),
}


def open_pin_factory(name: str) -> Any:
    """Open gpiozero's pin factory `name` (`mock` when simulated).

    Raises whatever the library raises.

    Chosen by name: gpiozero's own search falls back silently to a factory that drops edges.
    """
    module, attribute = _FACTORIES[name]
    return getattr(importlib.import_module(module), attribute)()
