"""How a driver says what its device is like from now on."""

from __future__ import annotations

from datetime import UTC, datetime

from hardware.ports import Condition, DeviceState


def state_of(condition: Condition, reason: str = "", hint: str = "", warning: str = "", **facts: str) -> DeviceState:
    """A device's state since this moment; `reason`, `hint` and `warning` are codes."""
    return DeviceState(condition, datetime.now(UTC), reason, hint, facts, warning)
