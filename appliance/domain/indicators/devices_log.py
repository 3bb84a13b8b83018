"""What the devices did on one day, read from the journal: how long each worked, its outages and its repairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from appliance.domain.devices import NOT_CONFIGURED, WORKING, DeviceChanged
from appliance.domain.message import Record
from appliance.domain.moment import Moment, Stamp


@dataclass(frozen=True, slots=True)
class Standing:
    """A device as last noted. `down`: since when it doesn't work, whatever the reasons were; None if it does."""

    down: Stamp | None = None


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """Milliseconds of the day's opening hours in which the box ran, and of these those in which the device worked."""

    watched_ms: int = 0
    working_ms: int = 0
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Repair:
    """A device works again. `down` is when it ceased to."""

    device: str
    down: Stamp
    back: Stamp


class DevicesReader:
    """Reads the records of a day in order; `standing` is what was noted before it."""

    def __init__(self, standing: Mapping[str, Standing]) -> None:
        self.standing = dict(standing)
        self.times: dict[str, DeviceTime] = {}
        self.outages: list[tuple[str, Stamp]] = []
        self.repairs: list[Repair] = []
        self._last: Moment | None = None

    def before(self, record: Record) -> None:
        """Take in what was noted before the day."""
        if isinstance(record.event, DeviceChanged):
            self._change(record, record.event)

    def note(self, record: Record, *, open_day: bool) -> None:
        """Take one record of the day in. Outages and time count while the day is open, a repair always."""
        if open_day:
            self.pass_to(record.moment)
        if not isinstance(record.event, DeviceChanged):
            return
        device = record.event.device
        was = self.standing.get(device)
        self._change(record, record.event)
        now = self.standing.get(device)
        if open_day:
            known = self.times.get(device, DeviceTime())
            self.times[device] = replace(known, seqs=(*known.seqs, record.seq))
            if now is not None and now.down is not None and (was is None or was.down is None):
                self.outages.append((device, record.stamp))
        if was is not None and was.down is not None and now is not None and now.down is None:
            self.repairs.append(Repair(device, was.down, record.stamp))

    def pass_to(self, moment: Moment) -> None:
        """Time up to here, if the box has run since the record before: while it was off nobody knows."""
        last, self._last = self._last, moment
        if last is None or last.boot != moment.boot:
            return
        passed = moment.since(last)
        for device, standing in self.standing.items():
            known = self.times.get(device, DeviceTime())
            worked = 0 if standing.down is not None else passed
            self.times[device] = DeviceTime(known.watched_ms + passed, known.working_ms + worked, known.seqs)

    def _change(self, record: Record, event: DeviceChanged) -> None:
        if event.reason == NOT_CONFIGURED:
            self.standing.pop(event.device, None)
            return
        was = self.standing.get(event.device, Standing())
        self.standing[event.device] = Standing(None if event.condition in WORKING else was.down or record.stamp)


@dataclass(frozen=True, slots=True)
class Span:
    """A device in one condition. `until` is None while it lasts."""

    since: Moment
    until: Moment | None
    condition: str
    reason: str
    seq: int


def device_history(records: Iterable[Record]) -> dict[str, list[Span]]:
    """By device, its conditions one after another, from records in the order of their seq."""
    found: dict[str, list[Span]] = {}
    for device, record, event in _changes(records):
        spans = found.setdefault(device, [])
        if spans:
            spans[-1] = replace(spans[-1], until=record.moment)
        spans.append(Span(record.moment, None, event.condition, event.reason, record.seq))
    return found


def _changes(records: Iterable[Record]) -> Iterator[tuple[str, Record, DeviceChanged]]:
    for record in records:
        if isinstance(record.event, DeviceChanged):
            yield record.event.device, record, record.event
