"""What the pages read: one narrow door to the office, so that a page never reaches past the API's view models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fastapi import Request

from appliance.api.context import AppContext, TechnicianTools
from appliance.api.reading import Reading as ApiReading
from appliance.api.routes.office import entry
from appliance.api.schemas import (
    DeskView,
    EntryView,
    HallView,
    KioskView,
    OfficeView,
    ReceptionView,
    SessionView,
    TicketView,
)
from appliance.domain.hours import service_hours
from appliance.domain.plan import Plan, Span


class Person(Protocol):
    """An operator as a sign-in list shows them."""

    @property
    def id(self) -> str:
        """What the queue knows of them."""

    @property
    def name(self) -> str:
        """What colleagues call them."""


class Reading(Protocol):
    """The newest state, read without waiting for anybody. Every call may see a newer state than the one before."""

    @property
    def plan(self) -> Plan | None:
        """The plan in force; None before the first one was adopted."""

    @property
    def simulated(self) -> bool:
        """Whether the devices are simulated, and the bench page has something to show."""

    @property
    def technician(self) -> TechnicianTools | None:
        """What a technician may ask of the devices; None where there are none."""

    @property
    def version(self) -> str:
        """The version of the program."""

    def kiosk(self) -> KioskView:
        """What the kiosk offers now."""

    def hall(self) -> HallView:
        """What the board shows now."""

    def reception(self) -> ReceptionView:
        """The hall as reception sees it."""

    def received(self, service: str) -> Span | None:
        """When desks receive for a service today; None where they don't, or nobody knows the date."""

    def desk(self, number: int) -> DeskView | None:
        """A desk for its operator; None when the plan has no such desk."""

    def office(self) -> OfficeView:
        """The office at a glance, with devices and slips."""

    def ticket(self, number: int) -> TicketView | None:
        """A ticket of the day by its id."""

    def journal(self, limit: int) -> list[EntryView]:
        """The last rows of the journal, newest first."""

    def operators(self) -> Sequence[Person]:
        """The operators of this office, by name."""

    def session(self, request: Request) -> SessionView:
        """Who is signed in on the browser that asks."""


class OfficeReading(ApiReading):
    """The real office: what the API reads, and the journal's tail."""

    def __init__(self, context: AppContext) -> None:
        """Reads from the parts of `context`."""
        super().__init__(context)
        self._reads, self._writer, self._clock = context.reads, context.writer, context.clock

    def journal(self, limit: int) -> list[EntryView]:
        """The last rows of the journal, newest first. Reads the disk."""
        newest = self._writer.office.seq
        rows = self._reads.journal(max(0, newest - limit), limit)
        return [entry(row) for row in reversed(rows)]

    def received(self, service: str) -> Span | None:
        """When desks receive for a service today; None where they don't, or nobody knows the date."""
        now, plan = self._clock.now(), self.plan
        if now.local is None or plan is None or service not in plan.services:
            return None
        return service_hours(plan, service, now.local.date(), now.public)
