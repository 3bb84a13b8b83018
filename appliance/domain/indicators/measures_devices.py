"""Measures of the devices: how long each worked while the day was open, its outages, how long repairs took."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.domain.indicators.measure import Sample, measure
from appliance.domain.indicators.reading import Key, Reading


def _times(day: Reading, *, working: bool) -> Iterator[Sample]:
    for device, time in day.log.devices.items():
        passed = time.working_ms if working else time.watched_ms
        yield Sample(Key(reason=device), passed, (day.log.opened.seq, *time.seqs))


@measure(
    "device_watched",
    "Time from the opening of the day to its closing, or to now, by device, from the device's first note on. Time in "
    "which the box was off is left out, as far as the journal shows it: from the last entry before to the first one "
    "after. So is time in which hardware.toml didn't name the device.",
)
def _device_watched(day: Reading) -> Iterator[Sample]:
    return _times(day, working=False)


@measure("device_working", "Of this: time in which the device was last noted as ready, or as ready with a warning.")
def _device_working(day: Reading) -> Iterator[Sample]:
    return _times(day, working=True)


@measure(
    "device_outages",
    "Notes, between opening and closing, that a device doesn't work which worked or wasn't known before, by device. "
    "Another reason for the same outage is none.",
)
def _device_outages(day: Reading) -> Iterator[Sample]:
    for device, stamp in day.log.outages:
        yield Sample(Key(hour=day.hour(stamp.moment), reason=device), 1, (stamp.seq,))


@measure(
    "device_repair",
    "From the note that a device doesn't work to the note that it works again, nights included, by device; it belongs "
    "to the day that was opened last when the device worked again.",
    spread=True,
)
def _device_repair(day: Reading) -> Iterator[Sample]:
    for repair in day.log.repairs:
        key = Key(hour=day.hour(repair.back.moment), reason=repair.device)
        yield Sample(key, repair.back.moment.since(repair.down.moment), (repair.down.seq, repair.back.seq))
