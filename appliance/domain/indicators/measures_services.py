"""Measures of what happens from a call on: the way, the service, and everything that is not the plain way through."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.measure import Sample, measure
from appliance.domain.indicators.reading import Key, Reading, Served
from appliance.domain.indicators.visits_log import LegEnd
from appliance.domain.order import Why


@measure(
    "way",
    "From the call to the start that the operator pressed; pauses left out. Starts that nobody pressed don't count.",
    spread=True,
)
def _way(day: Reading) -> Iterator[Sample]:
    for visit, leg in day.legs:
        if leg.started is not None and not leg.inferred:
            way_ms = day.log.elapsed(leg.called.moment, leg.started.moment)
            yield Sample(day.key(visit, leg, leg.called), way_ms, (leg.called.seq, leg.started.seq))


@measure("no_shows", "Calls that nobody came to, also those of visitors who came back later.")
def _no_shows(day: Reading) -> Iterator[Sample]:
    for visit, leg in day.legs:
        if leg.end is LegEnd.MISSED and leg.ended is not None:
            yield Sample(day.key(visit, leg, leg.called), 1, (leg.called.seq, leg.ended.seq))


SERVICE = (
    "All the time that one visitor spent at desks for one service, from starts to ends, parts added (parking, coming "
    "back), pauses left out. It counts when the service was ended by finishing or by a transfer; not when the day "
    "closed over it. By the desk that ended it and the hour of its first call. {}"
)


def _service_samples(day: Reading, *, inferred: bool) -> Iterator[tuple[Served, Sample]]:
    for served in day.services:
        if served.inferred is inferred:
            seqs = tuple(s.seq for leg in served.legs for s in (leg.started, leg.ended) if s is not None)
            key = day.key(served.visit, served.legs[-1], served.legs[0].called)
            yield served, Sample(key, served.took_ms, seqs)


@measure("service", SERVICE.format("Those with a start that nobody pressed are left out."), spread=True)
def _service(day: Reading) -> Iterator[Sample]:
    return (sample for _, sample in _service_samples(day, inferred=False))


@measure("inferred_service", SERVICE.format("Only those with a start that nobody pressed."), spread=True)
def _inferred_service(day: Reading) -> Iterator[Sample]:
    return (sample for _, sample in _service_samples(day, inferred=True))


@measure(
    "service_over_norm",
    "1 for a service longer than its norm in force at its end, else 0; of the services whose starts were pressed.",
)
def _service_over_norm(day: Reading) -> Iterator[Sample]:
    for served, sample in _service_samples(day, inferred=False):
        leg = served.legs[-1]
        assert leg.ended is not None
        planned = day.log.plan_at(leg.ended.seq).services.get(leg.service)
        if planned is not None:
            yield sample._replace(value=int(served.took_ms > planned.norm_min * MINUTE_MS))


@measure("services", "Services ended by finishing at a desk; a visit may have several. Not those the closing ended.")
def _services(day: Reading) -> Iterator[Sample]:
    for visit, leg in day.legs:
        if leg.end is LegEnd.FINISHED and not leg.by_system and leg.ended is not None:
            yield Sample(day.key(visit, leg, leg.called), 1, (leg.called.seq, leg.ended.seq))


@measure("several_services", "Visits in which more than one service was begun at a desk.")
def _several_services(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        begun = {leg.service: leg.started.seq for leg in reversed(visit.legs) if leg.started is not None}
        if len(begun) > 1:
            yield Sample(day.visit_key(visit), 1, tuple(sorted(begun.values())))


@measure("transfers", "Visitors sent on from a desk to another service or desk.")
def _transfers(day: Reading) -> Iterator[Sample]:
    for visit, leg in day.legs:
        if leg.end is LegEnd.TRANSFERRED and leg.ended is not None:
            yield Sample(day.key(visit, leg, leg.called), 1, (leg.ended.seq,))


@measure("sent", "Waiting or parked visitors whom reception sent to another service or desk.")
def _sent(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        for at in visit.sent:
            yield Sample(day.key(visit, None, at), 1, (at.seq,))


@measure("parked", "Visitors set aside during a service, by reason.")
def _parked(day: Reading) -> Iterator[Sample]:
    for visit, leg in day.legs:
        if leg.end is LegEnd.PARKED and leg.ended is not None:
            yield Sample(day.key(visit, leg, leg.called, reason=leg.reason or "none"), 1, (leg.ended.seq,))


@measure("returned", "Missed visitors who came back: put into the line again, or called once more.")
def _returned(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        for at in visit.returned:
            yield Sample(day.key(visit, None, at, service=visit.asked), 1, (at.seq,))
        for leg in visit.legs:
            if leg.back:
                yield Sample(day.key(visit, leg, leg.called, service=visit.asked), 1, (leg.called.seq,))


@measure("picked", "Calls of a particular number, past the line.")
def _picked(day: Reading) -> Iterator[Sample]:
    for visit, leg in day.legs:
        if leg.why == Why.PICKED.value:
            yield Sample(day.key(visit, leg, leg.called), 1, (leg.called.seq,))


@measure("undone", "Acts that a desk took back within the time for it, by what they were.")
def _undone(day: Reading) -> Iterator[Sample]:
    for back in day.log.undone:
        planned = day.log.plan.desks.get(back.desk)
        organisation = planned.organisation if planned is not None else None
        hour = day.hour(back.at.moment)
        key = Key(organisation=organisation, desk=back.desk, operator=back.operator, hour=hour, reason=back.what)
        yield Sample(key, 1, (back.act, back.at.seq))


def _priority(day: Reading, confirmed: bool | None) -> Iterator[Sample]:
    for visit in day.log.visits:
        if visit.category is not None and visit.confirmed is confirmed and visit.claimed is not None:
            seqs = {visit.claimed.seq, *(s.seq for s in (visit.judged,) if s is not None)}
            yield Sample(day.visit_key(visit), 1, tuple(sorted(seqs)))


@measure("claimed", "Visits that have a category of priority at the end, seen or not, by category.")
def _claimed(day: Reading) -> Iterator[Sample]:
    for confirmed in (True, False, None):
        yield from _priority(day, confirmed)


@measure("confirmed", "Of these: somebody has seen the document.")
def _confirmed(day: Reading) -> Iterator[Sample]:
    return _priority(day, True)


@measure("refused", "Of these: no document was shown, and the visitor went back to the order of issue.")
def _refused(day: Reading) -> Iterator[Sample]:
    return _priority(day, False)
