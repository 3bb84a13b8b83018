"""What the centre knows of one office now: its state made of its own events, and how far it can be believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from appliance.domain.message import Record
from appliance.domain.office import Office
from sync.pulse import Pulse

DOUBTS = ("gap", "fork", "regress", "broken-chain", "corrupt", "no-base", "two-devices", "later-release")
"""Why an office's data may not be believed."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Data in doubt: the reason (one of DOUBTS), since when (centre's clock, UTC ms), what was seen, what cures it.

    `cure` is a code: `snapshot-asked`, `waiting-for-data`, `person` (somebody must look).
    """

    reason: str
    since_ms: int
    facts: Mapping[str, str] = field(default_factory=dict)
    cure: str = "snapshot-asked"


@dataclass(frozen=True, slots=True)
class Image:
    """One office as the centre knows it. `state` is immutable and by the same rules as at the office itself.

    `chain` is the link of row `state.seq`. Times are UTC ms of the centre's clock: `arrived_ms` when the newest row
    came, `complete_ms` the latest moment at which everything the office had was here (a row came that the pulse
    announced, or a pulse announced nothing new); the data's age counts from there. `row_at_ms` is the newest row's own
    time. 0: never.
    """

    office: str
    incarnation: str
    state: Office
    chain: bytes
    row_at_ms: int = 0
    arrived_ms: int = 0
    complete_ms: int = 0
    doubt: Doubt | None = None
    pulse: Pulse | None = None
    pulse_ms: int = 0


class Network(Protocol):
    """The images of all offices; any thread may ask, listeners are called on the thread that brought the news."""

    def images(self) -> Sequence[Image]:
        """One for each office that has ever sent anything, by id."""

    def image(self, office: str) -> Image | None:
        """The image of one office."""

    def listen(self, heard: Callable[[str, Sequence[Record]], None]) -> None:
        """Hear of every change of an office: its id, and the new records (none when only a pulse or a doubt came)."""
