"""What goes in and what comes out of the rules: commands, events, and the record of an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from appliance.domain.moment import Moment, Stamp


@dataclass(frozen=True)
class Command:
    """Something a person, a timer or the centre asks for. Imperative names."""


@dataclass(frozen=True)
class Event:
    """Something that happened. Past tense; its fields are JSON values; it names every row that it changes.

    `version` grows when the fields change; `codec` keeps every older version readable.
    """

    version: ClassVar[int] = 1

    def tickets(self) -> tuple[int, ...]:
        """The ids of the tickets whose rows this event changes."""
        ticket = getattr(self, "ticket", None)
        return () if ticket is None else (ticket,)

    def desks(self) -> tuple[int, ...]:
        """The numbers of the desks whose rows this event changes."""
        desk = getattr(self, "desk", None)
        return () if desk is None else (desk,)

    def slips(self) -> tuple[int, ...]:
        """The ids of the slips whose rows this event changes."""
        slip = getattr(self, "slip", None)
        return () if slip is None else (slip,)

    def pauses(self) -> tuple[int, ...]:
        """The ids of the pauses whose rows this event changes."""
        pause = getattr(self, "pause", None)
        return () if pause is None else (pause,)

    def bells(self) -> tuple[int, ...]:
        """The ids of the bell calls whose rows this event changes."""
        call = getattr(self, "call", None)
        return () if call is None else (call,)

    def devices(self) -> tuple[str, ...]:
        """The names of the devices whose rows this event changes."""
        device = getattr(self, "device", None)
        return () if device is None else (device,)

    def standings(self) -> tuple[int, ...]:
        """The ids of the standing changes whose rows this event changes."""
        standing = getattr(self, "standing", None)
        return () if standing is None else (standing,)

    def directives(self) -> tuple[int, ...]:
        """The numbers of the directives whose rows this event changes."""
        directive = getattr(self, "directive", None)
        return () if directive is None else (directive,)


@dataclass(frozen=True, slots=True)
class Record:
    """An event with its place in the journal, its moment and whoever caused it."""

    seq: int
    moment: Moment
    actor: str
    event: Event

    @property
    def stamp(self) -> Stamp:
        """What a row keeps of this record."""
        return Stamp(self.seq, self.moment)
