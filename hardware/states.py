"""How a driver says what its device is like from now on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hardware.ports import Condition, DeviceState


def state_of(condition: Condition, reason: str = "", hint: str = "", warning: str = "", **facts: str) -> DeviceState:
    """A device's state since this moment; `reason`, `hint` and `warning` are codes."""
    return DeviceState(condition, datetime.now(UTC), reason, hint, facts, warning)


def group_of(port: str, usual: str) -> str:
    """The group that may use a port, for the hint `join-group`; the usual one where that can't be found out."""
    try:
        return Path(port).group()
    except (OSError, KeyError):
        return usual
