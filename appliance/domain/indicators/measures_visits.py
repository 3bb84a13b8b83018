"""Measures of whole visits: how many numbers, what became of them, who got none."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.domain.indicators.measure import Sample, measure
from appliance.domain.indicators.reading import Key, Reading
from appliance.domain.indicators.visits_log import Outcome


def _visits(day: Reading, outcome: Outcome, *, by_system: bool | None = None) -> Iterator[Sample]:
    for visit in day.log.visits:
        if visit.outcome is outcome and by_system in (None, visit.by_system) and visit.ended is not None:
            yield Sample(day.visit_key(visit, last=True), 1, (visit.issued.seq, visit.ended.seq))


@measure("issued", "Every number that took a place in the line, adopted papers and mistakes included.")
def _issued(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        yield Sample(day.visit_key(visit), 1, (visit.issued.seq,))


@measure("adopted", "Papers from elsewhere that reception entered: printed before a card died, emergency numbers.")
def _adopted(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        if visit.adopted:
            yield Sample(day.visit_key(visit), 1, (visit.issued.seq,))


@measure("booked", "Numbers with a booked minute, whenever the visitor came.")
def _booked(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        if visit.slot is not None:
            yield Sample(day.visit_key(visit), 1, (visit.issued.seq,))


@measure("unpromised", "Numbers given past hours, limits or the estimate: the visitor waits without a guarantee.")
def _unpromised(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        if not visit.promised:
            yield Sample(day.visit_key(visit), 1, (visit.issued.seq,))


@measure("served", "Visits whose last service was ended. By the last desk. Those that the closing ended count too.")
def _served(day: Reading) -> Iterator[Sample]:
    return _visits(day, Outcome.SERVED)


@measure("served_by_system", "Visits whose last service was still running when the day closed over it.")
def _served_by_system(day: Reading) -> Iterator[Sample]:
    return _visits(day, Outcome.SERVED, by_system=True)


@measure("missed", "Visits that ended with a call that nobody came to. One that came back doesn't count.")
def _missed(day: Reading) -> Iterator[Sample]:
    return _visits(day, Outcome.MISSED)


@measure("left", "Visits whose number was still waiting, called or parked when the visitor left or the day closed.")
def _left(day: Reading) -> Iterator[Sample]:
    return _visits(day, Outcome.LEFT)


@measure("left_by_system", "Of those who left: the day closed over them.")
def _left_by_system(day: Reading) -> Iterator[Sample]:
    return _visits(day, Outcome.LEFT, by_system=True)


@measure("cancelled", "Visits that the visitor or staff cancelled.")
def _cancelled(day: Reading) -> Iterator[Sample]:
    return _visits(day, Outcome.CANCELLED)


@measure("mistaken", "Numbers taken by mistake: no visitor stands behind them.")
def _mistaken(day: Reading) -> Iterator[Sample]:
    return _visits(day, Outcome.MISTAKE)


@measure("merged", "Numbers that became part of another visit of the same person.")
def _merged(day: Reading) -> Iterator[Sample]:
    return _visits(day, Outcome.MERGED)


@measure("in_hand", "Visits that are not over: waiting, called, served or parked.")
def _in_hand(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        if visit.outcome is Outcome.OPEN:
            yield Sample(day.visit_key(visit), 1, (visit.issued.seq,))


@measure("turned_away", "Visitors who got no number, by reason: refused by the rules, or seen by staff.")
def _turned_away(day: Reading) -> Iterator[Sample]:
    for away in day.log.away:
        organisation = day.organisation(away.service) if away.service is not None else None
        hour = day.hour(away.at.moment)
        key = Key(service=away.service, organisation=organisation, hour=hour, reason=away.reason)
        yield Sample(key, 1, (away.at.seq,))


@measure(
    "abandoned",
    "Of the visits that are over: 1 for those that were missed, left or cancelled without any service ended, else 0. "
    "Mistakes and merged numbers are no visits.",
)
def _abandoned(day: Reading) -> Iterator[Sample]:
    gone = (Outcome.MISSED, Outcome.LEFT, Outcome.CANCELLED)
    for visit in day.log.visits:
        if visit.ended is not None and visit.outcome in (Outcome.SERVED, *gone):
            lost = visit.outcome in gone and not visit.served_once
            yield Sample(day.visit_key(visit), int(lost), (visit.issued.seq, visit.ended.seq))
