"""The real centre behind the door that its pages use: every answer from `sync.centre`, nothing decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib import metadata

from appliance.domain.office import Office
from sync.centre.alarm import Alarm
from sync.centre.alarms import Hush
from sync.centre.centre import Centre
from sync.centre.directive_checks import OrderRefusedError
from sync.centre.enrolling import EnrolRefusedError
from sync.centre.history import HistoryError, Report
from sync.centre.key_tables import Device
from sync.centre.keys import KeyRefusedError
from sync.centre.offices import OfficeEntry
from sync.centre.order import Order
from sync.centre.people import Person
from sync.centre.series import DeskHalf, Series, desk_halves, series_of
from sync.centre.stops import Stop, StopError, StopFigures, route, stop_figures
from sync.centre.thresholds import DEFAULTS, FIXED, MOBILE, NETWORK, Limit, ThresholdError, scope_of
from sync.centre.tile import Tile
from sync.centre.tokens import TokenKind
from sync.centre.wall import Glance
from web.centre import live_doubts, live_plans
from web.centre.live_hall import desk_view, device_views, entry_view
from web.centre.live_standing import standing_of
from web.centre.reading import (
    Choices,
    Decision,
    Draft,
    Entry,
    NotDoneError,
    OfficeView,
    PlanView,
    ShelfView,
    Waiting,
)
from web.centre.waking import Waking

ORDERS_SHOWN = 30
DAY_MS = 86_400_000
ADVICE_DAYS = 30
PAST_ALARMS_DAYS = 400


class LiveReading:
    """`web.centre.reading.Reading` over a running centre."""

    def __init__(self, centre: Centre, zone: str) -> None:
        """`zone`: the IANA name of the wall's own clock."""
        self._centre, self._zone = centre, zone

    @property
    def zone(self) -> str:
        """The wall's time zone."""
        return self._zone

    @property
    def version(self) -> str:
        """The version of the program."""
        return metadata.version("talon")

    def now_ms(self) -> int:
        """The centre's clock."""
        return self._centre.now_ms()

    def listen(self, heard: Callable[[], None]) -> None:
        """Hear of every change."""
        self._centre.network.listen(Waking(self._centre.network.image, heard).changed)
        self._centre.watching.alarms.listen(lambda _alarm: heard())
        self._centre.directives.listen(lambda _office: heard())

    def tiles(self) -> Sequence[Tile]:
        """Every office's tile."""
        return self._centre.watching.wall.tiles(self.now_ms())

    def offices(self) -> Sequence[OfficeEntry]:
        """The register."""
        return self._centre.offices.all()

    def office(self, office: str, language: str) -> OfficeView | None:
        """One office in full."""
        now_ms = self.now_ms()
        glance = self._centre.watching.wall.glance(office, now_ms)
        if glance is None:
            return None
        image, centre = glance.image, self._centre
        state = image.state if image is not None else Office()
        plan = state.plan
        series, halves = self._day(glance)
        ahead = glance.ahead
        shift = glance.work.shift_at(now_ms) or next(iter(glance.work.shifts), None)
        advice = centre.watching.advising.history(None, now_ms - ADVICE_DAYS * DAY_MS, now_ms)
        judged = [one.outcome.hit for one in advice if one.outcome is not None and one.outcome.hit is not None]
        orders = centre.directives.orders(office, ORDERS_SHOWN)
        stops = centre.watching.stops.of(office)
        return OfficeView(
            entry=glance.entry,
            tile=glance.tile,
            desks=[desk_view(state, plan, glance, number, now_ms) for number in sorted(state.desks)],
            devices=device_views(state),
            series=series,
            norm_ms=(plan.settings.wait_norm_min if plan is not None else 15) * 60_000,
            hours_ms=(shift.opens_ms, shift.closes_ms) if shift is not None else None,
            halves=halves,
            forecast=ahead.forecast if ahead is not None else None,
            advised=ahead.advised if ahead is not None else None,
            advice_hits=(sum(judged), len(judged)),
            orders=orders,
            alarms=[*glance.tile.alarms, *self._past(office, now_ms, 10)],
            standing=standing_of(state, orders),
            choices=self._choices(glance, state, language),
            pulse=image.pulse if image is not None else None,
            pulse_ms=image.pulse_ms or None if image is not None else None,
            line=office in centre.link.connected(),
            incarnation=image.incarnation if image is not None else "",
            seq=state.seq or None,
            row_at_ms=image.row_at_ms or None if image is not None else None,
            opened_ms=state.open_day.opened.moment.at_ms if state.open_day is not None else None,
            paused=state.pause.reason if state.pause is not None else "",
            route=list(route(stops, glance.work.local(now_ms))) if stops else (),
            doubt=image.doubt if image is not None else None,
            doubts=live_doubts.doubts_of(centre, office),
            hush=max(
                (one for one in self.hushes() if one.office == office), key=lambda one: one.until_ms, default=None
            ),
        )

    def entries(self, office: str, seqs: Sequence[int]) -> Sequence[Entry]:
        """Journal entries by number."""
        return [entry_view(row) for row in self._centre.facts.rows(office, seqs)]

    def alarms(self) -> Sequence[Alarm]:
        """The open alarms."""
        return self._centre.watching.alarms.open()

    def past_alarms(self, office: str | None, limit: int, before: int | None = None) -> Sequence[Alarm]:
        """Closed alarms, newest first."""
        now_ms = self.now_ms()
        found = self._centre.watching.alarms.history(office, now_ms - PAST_ALARMS_DAYS * DAY_MS, now_ms)
        closed = [one for one in found if one.closed_ms is not None and (before is None or one.id < before)]
        return sorted(closed, key=lambda one: -one.id)[:limit]

    def acknowledge(self, alarm: int, person: Person) -> None:
        """Take an open alarm."""
        alarms = self._centre.watching.alarms
        known = alarms.get(alarm)
        if known is None:
            raise NotDoneError("unknown-alarm")
        if known.closed_ms is not None:
            raise NotDoneError("alarm-closed")
        if known.acknowledged_ms is not None:
            raise NotDoneError("alarm-taken", name=known.acknowledged_by)
        taken = alarms.acknowledge(alarm, person.name, self.now_ms())
        if taken is None:
            raise NotDoneError("alarm-closed")
        if taken.acknowledged_by != person.name:
            raise NotDoneError("alarm-taken", name=taken.acknowledged_by)

    def issue(self, office: str, draft: Draft, person: Person, reason: str, term_s: int, key: str) -> Order:
        """Give a directive."""
        body = dict(draft.body)
        if draft.kind == "adopt-plan" and "shelf" in body:
            shelf = self._centre.plans.get(office, int(body["shelf"]))
            if shelf is None:
                raise NotDoneError("bad-directive", what="plan")
            body = {"plan": shelf.document}
        try:
            return self._centre.directives.issue(
                office,
                draft.kind,
                body,
                author=person.id,
                author_name=person.name,
                reason=reason,
                ttl_s=term_s,
                token=key,
            )
        except OrderRefusedError as refusal:
            raise NotDoneError(refusal.code, **refusal.facts) from refusal

    def order(self, office: str, seq: int) -> Order | None:
        """One directive."""
        return next((one for one in self._centre.directives.orders(office, 1000) if one.seq == seq), None)

    def report(self, first: date, last: date) -> Report:
        """The figures of a period."""
        try:
            return self._centre.history.report(first, last, self.now_ms())
        except HistoryError as error:
            raise NotDoneError(error.code) from error

    def versions(self, first: date, last: date) -> Sequence[Report]:
        """Frozen versions."""
        return self._centre.history.versions(first, last)

    def freeze(self, first: date, last: date, person: Person, *, incomplete: bool) -> None:
        """Freeze a period."""
        try:
            self._centre.history.freeze(first, last, person.name, self.now_ms(), incomplete=incomplete)
        except HistoryError as error:
            raise NotDoneError(error.code) from error

    def behind(self, office: str, indicator: str, first: date, last: date) -> Sequence[int]:
        """Entries behind an indicator."""
        return self._centre.history.behind(office, indicator, first, last)

    def put_office(self, entry: OfficeEntry) -> None:
        """Add or change an office."""
        self._centre.offices.put(entry)

    def devices(self) -> Sequence[Device]:
        """Every device."""
        return self._centre.keys.devices()

    def new_token(self, office: str, kind: TokenKind, person: Person) -> str:
        """A single-use token."""
        try:
            return self._centre.enrolling.issue_token(office, kind, person.name)
        except EnrolRefusedError as error:
            raise NotDoneError("unknown-office" if error.code == "office-unknown" else error.code) from error

    def revoke(self, device: str, person: Person) -> None:
        """Refuse a device from now on."""
        try:
            self._centre.keys.revoke(device, f"by {person.name}")
        except KeyRefusedError as error:
            raise NotDoneError("unknown-device") from error

    def rotate(self, device: str, person: Person) -> None:  # noqa: ARG002 - the audit names the person
        """Ask for new keys."""
        try:
            self._centre.keys.ask_renewal(device)
        except KeyRefusedError as error:
            raise NotDoneError("unknown-device") from error

    def limits(self, scope: str) -> Mapping[str, Limit]:
        """The thresholds in force for a scope."""
        thresholds = self._centre.watching.thresholds
        if scope.startswith(scope_of("")):
            office = scope.removeprefix(scope_of(""))
            entry = self._centre.offices.get(office)
            return thresholds.of(office, mobile=entry.mobile if entry is not None else False)
        whole = {**DEFAULTS, **thresholds.own(NETWORK)}
        return {**whole, **thresholds.own(scope)} if scope in (FIXED, MOBILE) else whole

    def own_limits(self) -> Mapping[str, Mapping[str, Limit]]:
        """What was set otherwise than it is shipped."""
        thresholds = self._centre.watching.thresholds
        scopes = (NETWORK, FIXED, MOBILE, *(scope_of(entry.id) for entry in self.offices()))
        return {scope: own for scope in scopes if (own := thresholds.own(scope))}

    def put_limit(self, scope: str, rule: str, limit: Limit | None, person: Person) -> None:
        """Set a threshold."""
        try:
            self._centre.watching.thresholds.put(scope, rule, limit, person.name, self.now_ms())
        except ThresholdError as error:
            raise NotDoneError(error.code) from error

    def route(self, office: str) -> Sequence[Stop]:
        """A bus's timetable."""
        return self._centre.watching.stops.of(office)

    def put_route(self, office: str, stops: Sequence[Stop], person: Person) -> None:
        """Set it."""
        if self._centre.offices.get(office) is None:
            raise NotDoneError("unknown-office")
        try:
            self._centre.watching.stops.put(office, stops, person.name, self.now_ms())
        except StopError as error:
            raise NotDoneError(error.code) from error

    def decide(self, office: str, key: str, decision: Decision, incarnation: str, person: Person) -> None:
        """Decide on a doubt."""
        if self._centre.offices.get(office) is None:
            raise NotDoneError("unknown-office")
        live_doubts.decide(self._centre, office, key, decision, incarnation, person.name)

    def hushes(self) -> Sequence[Hush]:
        """The silences that last."""
        return self._centre.watching.alarms.hushes(self.now_ms())

    def hush(self, office: str, until_ms: int, why: str, person: Person) -> Hush:
        """Nothing rings of this office until then."""
        if self._centre.offices.get(office) is None:
            raise NotDoneError("unknown-office")
        return self._centre.watching.alarms.hush(office, until_ms, person.name, why, self.now_ms())

    def lift(self, hush: int) -> str:
        """End a silence."""
        found = next((one for one in self.hushes() if one.id == hush), None)
        if found is None:
            raise NotDoneError("unknown-hush")
        self._centre.watching.alarms.lift(hush, self.now_ms())
        return found.office

    def shelf(self, office: str) -> Sequence[ShelfView]:
        """The plans on an office's shelf."""
        return live_plans.shelf(self._centre, office)

    def shelf_plan(self, office: str, number: int, language: str) -> PlanView | None:
        """One of them."""
        return live_plans.shelf_plan(self._centre, office, number, language)

    def check_plan(self, office: str, document: str, language: str) -> PlanView:
        """What a document would be."""
        return live_plans.check(self._centre, office, document, language)

    def put_plan(self, office: str, document: str, person: Person) -> ShelfView:
        """Put a document on the shelf."""
        return live_plans.put(self._centre, office, document, person.name)

    def stop_figures(self, office: str, first: date, last: date) -> Sequence[StopFigures]:
        """What a mobile office did at each stop."""
        stops = self._centre.watching.stops.of(office)
        return list(stop_figures(stops, self._centre.days.logs(office, first, last)))

    # Inside.

    def _past(self, office: str, now_ms: int, limit: int) -> Sequence[Alarm]:
        found = self._centre.watching.alarms.history(office, now_ms - DAY_MS, now_ms)
        return [one for one in found if one.closed_ms is not None][:limit]

    def _day(self, glance: Glance) -> tuple[Series | None, Sequence[DeskHalf]]:
        """The lines of the office's newest day."""
        image = glance.image
        day = image.state.day if image is not None else None
        if image is None or day is None or day.date is None:
            return None, ()
        on = date.fromisoformat(day.date)
        for log in self._centre.days.logs(image.office, on, on):
            if log.number == day.number:
                present = glance.tile.as_of_ms
                return series_of(log, present), desk_halves(log, glance.public, present)
        return None, ()

    def _choices(self, glance: Glance, state: Office, language: str) -> Choices:
        plan = state.plan
        if plan is None:
            return Choices()
        known = {entry.id: entry.name for entry in self.offices()}
        own = {plan.digest, *((state.next_plan.digest,) if state.next_plan is not None else ())}
        return Choices(
            services={one.id: one.short.get(language) for one in plan.services.values()},
            neighbours={one: known[one] for one in glance.entry.neighbours if one in known},
            waiting=[
                Waiting(ticket.id, ticket.label, ticket.service, ticket.issued.moment.at_ms)
                for ticket in sorted(state.tickets.values(), key=lambda one: one.place)
                if ticket.state == "waiting"
            ],
            norm_min=plan.settings.wait_norm_min,
            plans={
                one.number: str(one.version) for one in self._centre.plans.all(glance.entry.id) if one.digest not in own
            },
        )
