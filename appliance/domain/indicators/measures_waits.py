"""Measures of waiting: how long, against which norm, and against what visitors were told."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.domain.indicators.measure import Sample, measure
from appliance.domain.indicators.reading import Reading, Waited

WAIT = (
    "From the number to the first call that was not undone, pauses left out; whoever was called counts, also if they "
    "didn't come. {} Adopted papers don't count: nobody knows since when they wait."
)
BOOKED = (
    "A booked visitor waits from the booked minute, or from the number if that was later; one who took the number more "
    "than `booked_late_min` late is a walk-in, and so is everybody while the clock is not believed."
)


def _waits(day: Reading, *, booked: bool | None = None) -> Iterator[tuple[Waited, Sample]]:
    for waited in day.waited:
        if booked in (None, waited.booked):
            seqs = (waited.visit.issued.seq, waited.leg.called.seq)
            yield waited, Sample(day.visit_key(waited.visit), waited.wait_ms, seqs)


def _over(day: Reading, *, booked: bool | None = None) -> Iterator[Sample]:
    for waited, sample in _waits(day, booked=booked):
        yield sample._replace(value=int(waited.wait_ms > waited.norm_ms))


@measure("wait", WAIT.format(f"Walk-in and booked together. {BOOKED}"), spread=True)
def _wait(day: Reading) -> Iterator[Sample]:
    return (sample for _, sample in _waits(day))


@measure("walk_in_wait", WAIT.format("Walk-in visitors alone."), spread=True)
def _walk_in_wait(day: Reading) -> Iterator[Sample]:
    return (sample for _, sample in _waits(day, booked=False))


@measure("booked_wait", WAIT.format(f"Booked visitors alone. {BOOKED}"), spread=True)
def _booked_wait(day: Reading) -> Iterator[Sample]:
    return (sample for _, sample in _waits(day, booked=True))


NORM = "1 for a wait longer than the norm in force at the call, else 0: {}"


@measure("over_norm", NORM.format("for walk-ins that of the service, for booked visitors `booked_norm_min`."))
def _over_norm(day: Reading) -> Iterator[Sample]:
    return _over(day)


@measure("walk_in_over_norm", NORM.format("walk-ins alone."))
def _walk_in_over_norm(day: Reading) -> Iterator[Sample]:
    return _over(day, booked=False)


@measure("booked_over_norm", NORM.format("booked visitors alone."))
def _booked_over_norm(day: Reading) -> Iterator[Sample]:
    return _over(day, booked=True)


@measure(
    "further_wait",
    "Every later wait of a visit, from the transfer, next service, end of parking or return to the next call; pauses "
    "left out. By the service and desk of the call. A call straight out of parking or after a no-show is no wait.",
    spread=True,
)
def _further_wait(day: Reading) -> Iterator[Sample]:
    for visit in day.log.visits:
        for leg in visit.legs[1:]:
            if leg.waited_from is not None:
                wait_ms = day.log.elapsed(leg.waited_from.moment, leg.called.moment)
                yield Sample(day.key(visit, leg, leg.called), wait_ms, (leg.waited_from.seq, leg.called.seq))


def _told(day: Reading) -> Iterator[tuple[Waited, Sample]]:
    for waited, sample in _waits(day, booked=False):
        if waited.visit.told is not None:
            yield waited, sample


TOLD = "Of walk-in visitors who were told an estimate with the number and were called: {}"


@measure("estimate_error", TOLD.format("how far the mean that they were told was from their wait."))
def _estimate_error(day: Reading) -> Iterator[Sample]:
    for waited, sample in _told(day):
        assert waited.visit.told is not None
        yield sample._replace(value=abs(waited.visit.told.mean_s * 1000 - waited.wait_ms))


@measure("naive_error", TOLD.format("how far the plain quotient (people ahead by desks) was from their wait."))
def _naive_error(day: Reading) -> Iterator[Sample]:
    for waited, sample in _told(day):
        assert waited.visit.told is not None
        yield sample._replace(value=abs(waited.visit.told.naive_s * 1000 - waited.wait_ms))


@measure(
    "in_range",
    TOLD.format("1 if the wait was within the range, ends included, else 0; only ranges with an upper end above 0."),
)
def _in_range(day: Reading) -> Iterator[Sample]:
    for waited, sample in _told(day):
        told = waited.visit.told
        if told is not None and told.high_s > 0:
            yield sample._replace(value=int(told.low_s * 1000 <= waited.wait_ms <= told.high_s * 1000))
