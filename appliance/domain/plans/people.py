"""Who works in a hall: operators, their shifts and absences in a plan document."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from appliance.domain.plan import Absence, DeskPlan, Operator, Organisation, Service, Shift, Span
from appliance.domain.plans.document import Table
from appliance.domain.plans.hours import take_date, take_span, take_spans, take_week, take_weekdays, written_span


def read_operators(
    table: Table, services: Mapping[str, Service], organisations: Mapping[str, Organisation]
) -> dict[str, Operator]:
    """The operators; a plan may name none."""
    made: dict[str, Operator] = {}
    for item in table.tables("operator", "id"):
        name = item.id("id", made)
        made[name] = Operator(
            id=name,
            organisation=item.reference("organisation", organisations, "organisation", "") or None,
            also=item.references("also", organisations, "organisation"),
            services=item.references("services", services, "service"),
            secondary=item.references("secondary", services, "service"),
            may_pick=item.take("may_pick", bool, False),
        )
        item.finish()
    return made


def read_shifts(table: Table, operators: Mapping[str, Operator], desks: Mapping[int, DeskPlan]) -> tuple[Shift, ...]:
    """The shifts, in the order of the document; a person finds the seventh as `shift 7`."""
    made = []
    for item in table.tables("shift", "no name"):
        desk = item.number("desk", 1, 999)
        if item.was_read("desk") and desk not in desks:
            item.wrong("unknown-desk", "desk", found=desk)
        span = take_span(item, "hours")
        shift = Shift(
            operator=item.reference("operator", operators, "operator"),
            desk=desk,
            weekdays=take_weekdays(item, "days"),
            span=span or Span(0, 0),
            breaks=take_spans(item, "breaks"),
            week=take_week(item, "week"),
        )
        if span:
            _check_breaks(item, shift)
        item.finish()
        made.append(shift)
    return tuple(made)


def _check_breaks(item: Table, shift: Shift) -> None:
    for pause in shift.breaks:
        if pause.within(shift.span) != pause:
            item.wrong("break-outside-shift", "breaks", found=written_span(pause), shift=written_span(shift.span))
    for first, second in pairwise(shift.breaks):
        if second.opens < first.closes:
            item.wrong("breaks-overlap", "breaks", first=written_span(first), second=written_span(second))


def read_absences(table: Table, operators: Mapping[str, Operator]) -> tuple[Absence, ...]:
    """The absences, in the order of the document."""
    made = []
    for item in table.tables("absence", "no name"):
        absence = Absence(
            operator=item.reference("operator", operators, "operator"),
            first=take_date(item, "first"),
            last=take_date(item, "last"),
            reason=item.id("reason") if item.has("reason") else "",
        )
        if absence.first and absence.last and absence.last < absence.first:
            item.wrong("ends-before-begins", "last", first=absence.first, last=absence.last)
        item.finish()
        made.append(absence)
    return tuple(made)
