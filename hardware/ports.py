"""What the office may ask of a device, whoever made it.

Drivers and their simulated siblings implement these protocols; nothing else of `hardware` is visible to the queue.
A device speaks codes (`reason`, `hint`), never sentences: the office translates them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Condition(StrEnum):
    """Unavailable is a state, not an exception."""

    READY = "ready"
    MISSING = "missing"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What a device is like now.

    `since` is UTC; `reason` is a kebab-case code such as `paper-out` (empty when ready); `hint` is the code of what a
    person should do; `facts` fill the placeholders of both sentences. `warning` is a code while the device still works.
    """

    condition: Condition
    since: datetime
    reason: str = ""
    hint: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""


class Gesture(StrEnum):
    """How a key was pressed: released before the hold time, or held for it."""

    TAP = "tap"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Press:
    """One press that passed the debounce.

    `control` names the key as `hardware.toml` does: `desk/3/next`, `kiosk/A`. `number` counts the presses of this
    process from 1. `edge_at` and `verdict_at` are CLOCK_MONOTONIC seconds: the first edge, and the debounce's verdict.
    """

    control: str
    gesture: Gesture
    number: int
    edge_at: float
    verdict_at: float


class Buttons(Protocol):
    """All the keys of an office, on whatever bus."""

    def start(self, on_press: Callable[[Press], None]) -> None:
        """Begin to listen. `on_press` runs in the buttons' own thread, one at a time; what it raises is logged."""

    def close(self) -> None:
        """Stop listening and release the pins."""

    def state(self) -> Mapping[str, DeviceState]:
        """The state of every control, by its name."""


class PrintOutcome(StrEnum):
    """What became of one job."""

    PRINTED = "printed"  # the printer itself confirmed the end of this job
    SENT = "sent"  # all bytes went out, the printer was well, but it can't confirm
    UNKNOWN = "unknown"  # the printer fell silent in the middle: the paper may or may not exist
    FAILED = "failed"  # not one byte of the job was printed


class TicketPrinter(Protocol):
    """A receipt printer with one job in flight."""

    def print(self, job: bytes, job_id: int, timeout_s: float) -> PrintOutcome:
        """Print one job and wait for its outcome, at most `timeout_s` seconds. Never raises for a device fault."""

    def state(self) -> DeviceState:
        """Asked of the printer when it is idle, else the last answer."""

    def close(self) -> None:
        """Release the port."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence for the hall: `text` for those who read it, `words` as names of clips (see `sound.vocabulary`)."""

    text: str
    language: str
    words: tuple[str, ...] = ()


class Voice(Protocol):
    """Says one announcement at a time: a second one waits for the first."""

    @property
    def languages(self) -> frozenset[str]:
        """What it can speak."""

    def say(self, utterance: Utterance) -> bool:
        """Speak and return when it has been heard; False when it was not (no device). Never raises."""

    def play_chime(self) -> bool:
        """The chime alone, for a test of the loudspeaker; False when it was not heard."""

    def state(self) -> DeviceState:
        """Whether a loudspeaker is there. Makes no sound and returns at once."""

    def close(self) -> None:
        """Break off what is being said and release the loudspeaker."""


class Light(Protocol):
    """Something that is on or off: a lamp at the ramp, a buzzer."""

    def set(self, on: bool) -> None:
        """Switch it; returns at once and never raises. The newest wish wins."""


class Lamp(Protocol):
    """A light in a key: answers only what has been committed."""

    def blink(self) -> None:
        """One short blink: the press is in the book."""

    def refuse(self) -> None:
        """Two quick blinks: the press had no effect."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One call as a board shows it.

    `ticket` is the label with a no-break space (`А 105`), `fresh` true while the call is the newest of the hall and may
    stand out.
    """

    ticket: str
    desk: int
    fresh: bool = False


class Board(Protocol):
    """A display of calls. Showing the same rows twice changes nothing; nothing but the rows counts."""

    def show(self, rows: Sequence[BoardRow]) -> None:
        """Show exactly these calls, the newest first; returns at once, the newest wish wins.

        A board that was away shows the last rows when it is back.
        """

    def test_pattern(self, on: bool) -> None:
        """Light every dot, then every letter, until told to go back to the last rows; returns at once."""

    def state(self) -> DeviceState:
        """How the display is."""

    def close(self) -> None:
        """Go dark and release the port."""
