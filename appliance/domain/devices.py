"""What became of the devices: each change of a device's condition is an event, so that outages are history.

A device that fails changes nothing of the queue. What is noted is its condition and the code of the reason; what is
known of it stays until something else is noted, also over a restart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import DeviceMark, Office
from appliance.domain.refusal import Code, Refused

NAME = re.compile(r"[a-z0-9/._-]{1,40}")
REASON = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*)?")
REASON_LENGTH = 40

CONDITIONS = ("ready", "warning", "missing", "fault")
WORKING = ("ready", "warning")
"""In these a device does its work."""

NOT_CONFIGURED = "not-configured"
"""The reason of a device that hardware.toml no longer names: it is neither available nor out of order."""

MOST_DEVICES = 64


@dataclass(frozen=True)
class NoteDevice(Command):
    """A device is in this condition now; `reason` is a code, empty when it is well."""

    device: str
    condition: str
    reason: str = ""


@dataclass(frozen=True)
class DeviceChanged(Event):
    """A device is no longer as it was known."""

    device: str
    condition: str
    reason: str


def note(office: Office, command: NoteDevice, now: Now) -> Sequence[Event]:
    """Write down a change; the same condition for the same reason is none."""
    if NAME.fullmatch(command.device) is None:
        raise Refused(Code.UNKNOWN_DEVICE, device=command.device[:40])
    if command.condition not in CONDITIONS:
        raise Refused(Code.UNKNOWN_CONDITION, condition=command.condition[:40])
    if len(command.reason) > REASON_LENGTH or REASON.fullmatch(command.reason) is None:
        raise Refused(Code.UNKNOWN_REASON, reason=command.reason[:40])
    known = office.devices.get(command.device)
    if known is None and len(office.devices) >= MOST_DEVICES:
        raise Refused(Code.TOO_MANY_DEVICES, limit=MOST_DEVICES)
    if known is not None and (known.condition, known.reason) == (command.condition, command.reason):
        return []
    return [DeviceChanged(command.device, command.condition, command.reason)]


def changed(office: Office, record: Record, event: DeviceChanged) -> Office:
    """What is known of the device now."""
    mark = DeviceMark(event.condition, event.reason, record.stamp)
    return replace(office, devices={**office.devices, event.device: mark})
