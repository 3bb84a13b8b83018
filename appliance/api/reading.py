"""The newest state as views, for the pages and the routes alike: nothing here waits for the writer."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from appliance.api import desk_view, views
from appliance.api.asking import session_of
from appliance.api.context import AppContext, TechnicianTools
from appliance.api.schemas import (
    DeskView,
    DeviceView,
    HallView,
    KioskView,
    OfficeView,
    ReceptionView,
    SessionView,
    SlipView,
    TicketView,
)
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.refusal import Refused
from appliance.store.local import Operator, Session

USABLE = ("ready", "warning")


class Reading:
    """Every call may see a newer state than the one before."""

    def __init__(self, context: AppContext) -> None:
        """Reads from the parts of `context`."""
        self._context = context
        self._counted: tuple[int, Mapping[int, int]] = (-1, {})

    @property
    def plan(self) -> Plan | None:
        """The plan in force."""
        return self._context.writer.office.plan

    @property
    def simulated(self) -> bool:
        """Whether the devices are simulated."""
        return self._context.sim is not None

    @property
    def technician(self) -> TechnicianTools | None:
        """What a technician may ask of the devices; None where there are none."""
        return self._context.technician

    @property
    def version(self) -> str:
        """The version of the program."""
        return self._context.settings.version

    def kiosk(self) -> KioskView:
        """What the kiosk offers."""
        context = self._context
        printers = [device for device in context.health.devices() if device.kind == "printer"]
        paper = any(str(device.condition) in USABLE for device in printers)
        office, texts = context.writer.office, context.writer.texts
        return views.kiosk(office, context.clock.now(), paper=paper, estimates=context.estimates, texts=texts)

    def reception(self) -> ReceptionView:
        """The hall as reception sees it."""
        context = self._context
        writer = context.writer
        return views.reception(writer.office, context.clock.now(), context.estimates.advice(), writer.texts)

    def hall(self) -> HallView:
        """What the board shows."""
        writer = self._context.writer
        view = views.hall(writer.office, self._context.clock.now(), writer.texts)
        view.patterns = self._context.screens.patterns()
        return view

    def desk(self, number: int) -> DeskView | None:
        """A desk for its operator; None when the plan has no such desk."""
        context = self._context
        office = context.writer.office
        held = office.desks.get(number)
        name = context.local.operator_name(held.operator) if held is not None else None
        try:
            served = self._served(office).get(number, 0)
            now, texts = context.clock.now(), context.writer.texts
            return desk_view.desk(office, now, number, operator_name=name, served_today=served, texts=texts)
        except Refused:
            return None

    def _served(self, office: Office) -> Mapping[int, int]:
        """Visitors served by each desk of this day, asked of the disk once for each state of the office."""
        known, counts = self._counted
        if known != office.seq:
            opened = office.day.opened.seq if office.day is not None else 0
            counts = self._context.reads.served(opened)
            self._counted = (office.seq, counts)
        return counts

    def office(self) -> OfficeView:
        """The office at a glance, with everything that the owner may see."""
        context = self._context
        return views.office_view(
            context.writer.office,
            context.clock.now(),
            devices=self.devices(),
            replica=context.replica(),
            version=context.settings.version,
            texts=context.writer.texts,
        )

    def devices(self) -> list[DeviceView]:
        """Every device and its condition."""
        return [
            DeviceView.model_validate(
                {
                    "name": device.name,
                    "kind": device.kind,
                    "condition": str(device.condition),
                    "since": device.since,
                    "reason": device.reason,
                    "hint": device.hint,
                    "facts": dict(device.facts),
                }
            )
            for device in self._context.health.devices()
        ]

    def slips(self) -> list[SlipView]:
        """The papers that need an eye."""
        return views.slips(self._context.writer.office, self._context.clock.now())

    def ticket(self, number: int) -> TicketView | None:
        """A ticket of the day by its id."""
        office = self._context.writer.office
        found = office.tickets.get(number)
        return views.ticket(office, self._context.clock.now(), found) if found else None

    def operators(self) -> list[Operator]:
        """Everybody who may sign in, by name."""
        return sorted(self._context.local.operators(), key=lambda operator: operator.name)

    def session(self, request: Request) -> SessionView:
        """Who is signed in on the browser that asks."""
        return self.session_view(session_of(self._context, request))

    def session_view(self, session: Session | None) -> SessionView:
        """A session as its own browser may know it."""
        if session is None:
            return SessionView(role="nobody", operator=None, desk=None)
        return SessionView(
            role=session.role,
            operator=session.operator,
            desk=session.desk,
            name=self._context.local.operator_name(session.operator),
        )
