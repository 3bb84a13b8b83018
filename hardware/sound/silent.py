"""The voice of an office without a loudspeaker."""

from __future__ import annotations

from datetime import UTC, datetime

from hardware.ports import Condition, DeviceState, Voice


class SilentVoice(Voice):
    """No loudspeaker: says nothing and tells so at once."""

    def __init__(self) -> None:
        self._state = DeviceState(Condition.MISSING, datetime.now(UTC), "no-loudspeaker", "connect-loudspeaker")

    def say(self, text: str, language: str) -> bool:  # noqa: ARG002 - the Protocol names them
        """Return False: nobody heard it."""
        return False

    def state(self) -> DeviceState:
        """Missing since the start."""
        return self._state
