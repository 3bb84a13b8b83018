"""Reading a journal whose clock was learnt late: untrusted entries get the time of their boot's correction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from appliance.domain.clockwork import ClockCorrected
from appliance.domain.message import Record


def corrections(records: Iterable[Record]) -> Mapping[str, int]:
    """The last known offset of each boot that ever knew its time."""
    return {record.event.boot: record.event.offset_ms for record in records if isinstance(record.event, ClockCorrected)}


def redate(record: Record, known: Mapping[str, int]) -> Record:
    """The record at its true time, if its own clock wasn't trusted and its boot was corrected later."""
    moment = record.moment
    if moment.trusted or moment.boot not in known:
        return record
    at_ms = known[moment.boot] + moment.uptime_ms
    return replace(record, moment=replace(moment, at_ms=at_ms, trusted=True))
