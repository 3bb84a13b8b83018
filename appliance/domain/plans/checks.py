"""What a readable plan says that can't all be true, or that would leave a visitor without a desk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from appliance.domain.plan import DeskClass, DeskPlan, Operator, Plan, Span, Timetable
from appliance.domain.plans.document import Mistake, repeated
from appliance.domain.plans.hours import WEEKDAYS, monday_of, written_span


def contradictions(plan: Plan) -> list[Mistake]:
    """Every contradiction of the plan, in the order of the document."""
    checks = (_letters, _bounding_hours, _desks, _nobody_serves, _operators, _shifts, _together, _cover)
    return [mistake for check in checks for mistake in check(plan)]


def _wrong(place: str, code: str, **facts: object) -> Mistake:
    return Mistake(place, code, {name: str(value) for name, value in facts.items()})


def _letters(plan: Plan) -> Iterator[Mistake]:
    """One number may be given out once a day, so a letter belongs to one organisation."""
    owners: dict[str, str] = {}
    for service in plan.services.values():
        owner = owners.setdefault(service.series, service.organisation)
        if owner != service.organisation:
            yield _wrong(f"service {service.id}.series", "letter-of-another", found=service.series, owner=owner)


def _bounding_hours(plan: Plan) -> Iterator[Mistake]:
    never = set()
    for organisation in plan.organisations.values():
        if organisation.hours and not _meet(plan.hours.reception, organisation.hours):
            never.add(organisation.id)
            yield _wrong(f"organisation {organisation.id}.hours", "never-received")
    for service in plan.services.values():
        owner = plan.organisations[service.organisation].hours
        if service.organisation in never:
            continue
        if service.hours and not _meet(plan.hours.reception, service.hours, *([owner] if owner else [])):
            yield _wrong(f"service {service.id}.hours", "never-received")


def _meet(*tables: Timetable) -> bool:
    """Whether all of them are open together for at least a minute of the week."""
    for spans in zip(*(table.week for table in tables), strict=True):
        common: Span | None = Span(0, 24 * 60)
        for span in spans:
            common = common.within(span) if common and span else None
        if common:
            return True
    return False


def _desks(plan: Plan) -> Iterator[Mistake]:
    for desk in plan.desks.values():
        place = f"desk {desk.number}"
        owners = [desk.organisation] if desk.organisation else []
        yield from _skills(plan, desk, place, owners)


def _operators(plan: Plan) -> Iterator[Mistake]:
    for operator in plan.operators.values():
        place = f"operator {operator.id}"
        owners = [operator.organisation, *operator.also] if operator.organisation else []
        yield from _skills(plan, operator, place, owners)
        if operator.organisation in operator.also:
            yield _wrong(f"{place}.also", "duplicate", found=operator.organisation)
        if operator.also and not operator.organisation:
            yield _wrong(f"{place}.also", "also-without-organisation")


def _skills(plan: Plan, who: DeskPlan | Operator, place: str, owners: Sequence[str]) -> Iterator[Mistake]:
    for key, names in (("services", who.services), ("secondary", who.secondary)):
        for name in repeated(names):
            yield _wrong(f"{place}.{key}", "duplicate", found=name)
        for name in dict.fromkeys(names):
            owner = plan.services[name].organisation
            if owners and owner not in owners:
                yield _wrong(f"{place}.{key}", "foreign-service", found=name, owner=owner)
    for name in who.secondary:
        if name in who.services:
            yield _wrong(f"{place}.secondary", "main-and-secondary", found=name)


def served_by(plan: Plan, desk: DeskPlan) -> set[str]:
    """Every service that this desk takes, main or secondary."""
    if desk.services:
        return {*desk.services, *desk.secondary}
    if desk.organisation is None:
        return set(plan.services)
    return {*desk.secondary, *(s.id for s in plan.services.values() if s.organisation == desk.organisation)}


def served_services(plan: Plan) -> set[str]:
    """The services that at least one desk takes."""
    return {service for desk in plan.desks.values() for service in served_by(plan, desk)}


def _nobody_serves(plan: Plan) -> Iterator[Mistake]:
    desks = [(served_by(plan, desk), desk.purposes) for desk in plan.desks.values()]
    served = served_services(plan)
    for name, service in plan.services.items():
        if name not in served:
            yield _wrong(f"service {name}", "nobody-serves", found=name)
            continue
        for purpose in service.purposes:
            if not any(name in taken and (not purposes or purpose in purposes) for taken, purposes in desks):
                yield _wrong(f"service {name}.purposes", "nobody-serves-purpose", found=purpose)
    for desk in plan.desks.values():
        if desk.transfer_to and desk.transfer_to not in served:
            yield _wrong(f"desk {desk.number}.transfer_to", "nobody-serves", found=desk.transfer_to)


def _shifts(plan: Plan) -> Iterator[Mistake]:
    """A shift lies within the office's hours; dates of a named week may have hours of their own."""
    for number, shift in enumerate(plan.shifts, start=1):
        monday = monday_of(shift.week) if shift.week else None
        for weekday in shift.weekdays:
            if monday and (monday + timedelta(days=weekday)).isoformat() in plan.calendar.days:
                continue
            office = plan.hours.office.on(weekday)
            if office is None:
                yield _wrong(f"shift {number}.days", "shift-on-closed-day", day=WEEKDAYS[weekday])
            elif shift.span.within(office) != shift.span:
                hours = written_span(office)
                yield _wrong(f"shift {number}.hours", "shift-outside-hours", day=WEEKDAYS[weekday], hours=hours)
                break


def _together(plan: Plan) -> Iterator[Mistake]:
    """Nobody is at two desks at one time, and no desk has two people."""
    told: set[tuple[int, int]] = set()
    days: dict[tuple[str, int, str | int], list[tuple[Span, int]]] = defaultdict(list)
    for number, shift in enumerate(plan.shifts, start=1):
        sides: tuple[str | int, ...] = (shift.operator, shift.desk)
        for weekday in shift.weekdays:
            for who in sides:
                days[shift.week, weekday, who].append((shift.span, number))
    for (_, weekday, who), spans in days.items():
        last, last_number = Span(0, 0), 0
        for span, number in sorted(spans):
            pair = (min(last_number, number), max(last_number, number))
            if span.opens < last.closes and pair not in told:
                told.add(pair)
                yield _clash(pair, weekday, who)
            if span.closes > last.closes:
                last, last_number = span, number


def _clash(pair: tuple[int, int], weekday: int, who: str | int) -> Mistake:
    code = "two-places" if isinstance(who, str) else "two-people"
    return _wrong(f"shift {pair[1]}.hours", code, found=who, other=pair[0], day=WEEKDAYS[weekday])


def _cover(plan: Plan) -> Iterator[Mistake]:
    permanent = sum(desk.desk_class is DeskClass.PERMANENT for desk in plan.desks.values())
    if plan.settings.min_cover > permanent:
        yield _wrong("settings.min_cover", "cover-too-high", found=plan.settings.min_cover, desks=permanent)
