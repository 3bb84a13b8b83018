"""The calls of the bells on one day, read from the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from appliance.domain.bell import BellAnswered, BellArrived, BellRung, BellWithdrawn
from appliance.domain.message import Record
from appliance.domain.moment import Stamp


@dataclass(frozen=True, slots=True)
class RampCall:
    """Somebody at the ramp rang. `withdrawn`: the loop was cut and nobody had."""

    bell: str
    rung: Stamp
    answered: Stamp | None = None
    arrived: Stamp | None = None
    withdrawn: bool = False

    def reaction_ms(self) -> int | None:
        """From the press to the answer; the bell knows no pauses."""
        return None if self.answered is None else self.answered.moment.since(self.rung.moment)

    def arrival_ms(self) -> int | None:
        """From the press to the arrival, if somebody told it."""
        return None if self.arrived is None else self.arrived.moment.since(self.rung.moment)


def ramp_calls(rung: Iterable[Record], records: Iterable[Record]) -> tuple[RampCall, ...]:
    """The calls that these records rang, with what became of them in `records`."""
    calls: dict[int, RampCall] = {}
    for record in rung:
        if isinstance(record.event, BellRung):
            calls[record.event.call] = RampCall(record.event.bell, record.stamp)
    for record in records:
        event = record.event
        if isinstance(event, BellAnswered) and event.call in calls:
            calls[event.call] = replace(calls[event.call], answered=record.stamp)
        elif isinstance(event, BellArrived) and event.call in calls:
            calls[event.call] = replace(calls[event.call], arrived=record.stamp)
        elif isinstance(event, BellWithdrawn) and event.call in calls:
            calls[event.call] = replace(calls[event.call], withdrawn=True)
    return tuple(calls.values())
