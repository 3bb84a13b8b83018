"""The voice of an office without a loudspeaker."""

from __future__ import annotations

from datetime import UTC, datetime

from hardware.ports import Condition, DeviceState, Utterance, Voice


class SilentVoice(Voice):
    """No loudspeaker: says nothing and tells so at once."""

    def __init__(self) -> None:
        self._state = DeviceState(Condition.MISSING, datetime.now(UTC), "no-loudspeaker", "connect-loudspeaker")

    @property
    def languages(self) -> frozenset[str]:
        """None."""
        return frozenset()

    def say(self, utterance: Utterance) -> bool:  # noqa: ARG002 - the Protocol names it
        """Return False: nobody heard it."""
        return False

    def play_chime(self) -> bool:
        """Return False: nobody heard it."""
        return False

    def state(self) -> DeviceState:
        """Missing since the start."""
        return self._state

    def close(self) -> None:
        """Nothing to release."""
