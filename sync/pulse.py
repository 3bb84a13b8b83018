"""The pulse: what an office says of itself every few seconds, however thin the line. Both ends read it here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SHORTEST_S = 5.0
"""An office pulses that often while the line holds, unless the centre asks it to pulse more rarely."""

LONGEST_S = 30.0
"""No centre can ask for rarer pulses than these."""

LONGEST_BYTES = 8192
LARGEST = 2**53
"""No number of a pulse is beyond it, whatever it tells: a rule that meets one must not fall over it."""


class PulseError(ValueError):
    """What came is not a pulse; the text says why."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse. Times are UTC milliseconds of the office's clock.

    `incarnation` is the folder of the office's replica (`0003-1f2e3d4c`). `session` is a random name of this life of
    the link, `count` grows by one with every pulse of a session: two devices with one key can't both be right. `seq`
    and `chain` (hex) are the head of the journal; `directive` is the last directive that the journal has settled.
    `clock_offset_ms` is the office's clock less the centre's, None until it was measured. `versions` names programs;
    `replica` and `health` are flat facts for people and alarms (condition, lag_s, lag_bytes, hint; disk_free_mb,
    temp_c, ...).
    """

    office: str
    incarnation: str
    session: str
    count: int
    sent_ms: int
    seq: int
    chain: str
    directive: int = 0
    clock_trusted: bool = True
    clock_offset_ms: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    replica: Mapping[str, Any] = field(default_factory=dict)
    health: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Compact JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def pulse_of(text: str | bytes) -> Pulse:
    """The pulse of a JSON text. Raises PulseError for anything else, unknown fields of a later release left out."""
    if len(text) > LONGEST_BYTES:
        raise PulseError(f"longer than {LONGEST_BYTES} bytes")
    try:
        found = json.loads(text, parse_int=_whole, parse_float=_number, parse_constant=_number)
    except ValueError as error:
        raise PulseError(str(error)) from error
    if not isinstance(found, dict):
        raise PulseError("not an object")
    wanted: Mapping[str, tuple[type, ...]] = {
        **dict.fromkeys(("office", "incarnation", "session", "chain"), (str,)),
        **dict.fromkeys(("count", "sent_ms", "seq", "directive"), (int,)),
        "clock_trusted": (bool,),
        "clock_offset_ms": (int, type(None)),
        **dict.fromkeys(("versions", "replica", "health"), (dict,)),
    }
    known = {name: value for name, value in found.items() if name in wanted}
    for name, value in known.items():
        if not isinstance(value, wanted[name]):
            raise PulseError(f"{name}: {value!r:.40}")
    try:
        return Pulse(**known)
    except TypeError as error:
        raise PulseError(str(error)) from error


def _whole(text: str) -> int:
    found = int(text)
    if abs(found) > LARGEST:
        raise PulseError(f"a number: {text[:40]}")
    return found


def _number(text: str) -> float:
    found = float(text)
    if not abs(found) <= LARGEST:
        raise PulseError(f"a number: {text[:40]}")
    return found
