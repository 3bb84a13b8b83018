"""Measures of the bell at the ramp: how many rang, how soon somebody answered, how soon somebody was there."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.domain.indicators.bells_log import RampCall
from appliance.domain.indicators.measure import Sample, measure
from appliance.domain.indicators.reading import Key, Reading


def _sample(day: Reading, call: RampCall, value: int = 1) -> Sample:
    seqs = (call.rung.seq, *(stamp.seq for stamp in (call.answered, call.arrived) if stamp is not None))
    return Sample(Key(hour=day.hour(call.rung.moment), reason=call.bell), value, seqs)


def _calls(day: Reading) -> Iterator[RampCall]:
    return (call for call in day.log.bells if not call.withdrawn)


@measure(
    "bells",
    "Calls of the bell at the ramp, by bell; pressing again before the answer is the same call. What a cut wire rang "
    "doesn't count. A call between two days counts as a visitor turned away between them does.",
)
def _bells(day: Reading) -> Iterator[Sample]:
    return (_sample(day, call) for call in _calls(day))


@measure("bells_unanswered", "Of these: nobody answered before the call ended by itself or the next day was opened.")
def _bells_unanswered(day: Reading) -> Iterator[Sample]:
    return (_sample(day, call) for call in _calls(day) if call.answered is None)


@measure("bells_withdrawn", "Calls that nobody made: a cut wire had rung.")
def _bells_withdrawn(day: Reading) -> Iterator[Sample]:
    return (_sample(day, call) for call in day.log.bells if call.withdrawn)


@measure("bell_reaction", "From the press at the ramp to the answer inside; pauses count.", spread=True)
def _bell_reaction(day: Reading) -> Iterator[Sample]:
    for call in _calls(day):
        reaction_ms = call.reaction_ms()
        if reaction_ms is not None:
            yield _sample(day, call, reaction_ms)


@measure(
    "bell_arrival",
    "From the press at the ramp to the arrival there, told by the press after the answer or on reception's page; "
    "pauses count. Calls that ended by themselves have none.",
    spread=True,
)
def _bell_arrival(day: Reading) -> Iterator[Sample]:
    for call in _calls(day):
        arrival_ms = call.arrival_ms()
        if arrival_ms is not None:
            yield _sample(day, call, arrival_ms)


def _within(day: Reading, limit_ms: int) -> Iterator[Sample]:
    for call in _calls(day):
        reaction_ms = call.reaction_ms()
        yield _sample(day, call, int(reaction_ms is not None and reaction_ms <= limit_ms))


@measure("bell_within_60", "1 for a call answered within 60 seconds, else 0; also 0 while it still rings.")
def _bell_within_60(day: Reading) -> Iterator[Sample]:
    return _within(day, 60_000)


@measure("bell_within_120", "1 for a call answered within 2 minutes, else 0; also 0 while it still rings.")
def _bell_within_120(day: Reading) -> Iterator[Sample]:
    return _within(day, 120_000)
