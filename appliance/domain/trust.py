"""Whether the wall clock is believed: a Pi may wake without a clock or a line, and clocks jump."""

from __future__ import annotations

from dataclasses import dataclass, replace

STEP_MS = 2_000
"""A change of the offset between wall clock and uptime that counts as a step, not as NTP's slow trimming."""

UNSETTLING_MS = 60_000
"""A step of a believed clock after which nothing is closed for the grace time: it may jump back."""

DOUBTFUL_MS = 12 * 3600 * 1000
"""A step of a believed clock that proves that it lied, before or after: only a person or the way back settles it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The clocks at one instant. `synced`: the system says that its time comes from NTP or a battery-backed clock."""

    at_ms: int
    uptime_ms: int
    synced: bool

    @property
    def offset(self) -> int:
        """Wall clock less uptime: constant while nobody moves the clock."""
        return self.at_ms - self.uptime_ms


@dataclass(frozen=True, slots=True)
class Trust:
    """What is thought of the clock.

    `believed` is the offset that was trusted before a doubtful step; `by_person`: somebody has compared the clock with
    a watch, which counts until it steps; `corrected`: the journal should learn the new offset.
    """

    trusted: bool
    offset: int
    unsettled_since: int | None = None
    believed: int | None = None
    by_person: bool = False
    corrected: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether a believed clock has jumped so far that one of its times must be wrong."""
        return self.believed is not None

    def settled(self, uptime_ms: int, grace_ms: int) -> bool:
        """Whether the clock may end a day now."""
        if not self.trusted:
            return False
        return self.unsettled_since is None or uptime_ms - self.unsettled_since >= grace_ms


def first_look(reading: Reading, last_known_ms: int) -> Trust:
    """The judgement at start. A clock behind the newest trusted journal entry is wrong whatever the system says."""
    trusted = reading.synced and reading.at_ms >= last_known_ms
    return Trust(trusted, reading.offset, corrected=trusted)


def look_again(trust: Trust, reading: Reading, last_known_ms: int) -> Trust:
    """The judgement a moment later. `corrected` tells that the journal should learn the new offset."""
    step = abs(reading.offset - trust.offset)
    moved = replace(trust, offset=reading.offset, corrected=False)
    if trust.believed is not None:
        if abs(reading.offset - trust.believed) <= UNSETTLING_MS:
            return replace(moved, believed=None, trusted=reading.synced, corrected=reading.synced)
        return moved
    if trust.trusted and step > DOUBTFUL_MS:
        return replace(moved, trusted=False, believed=trust.offset)
    by_person = trust.by_person and step <= UNSETTLING_MS
    synced = reading.synced and (trust.trusted or reading.at_ms >= last_known_ms)
    moved = replace(moved, by_person=by_person)
    if not (synced or by_person):
        return replace(moved, trusted=False)
    if not trust.trusted:
        return replace(moved, trusted=True, corrected=True, unsettled_since=None)
    if step > UNSETTLING_MS:
        return replace(moved, unsettled_since=reading.uptime_ms, corrected=True)
    return replace(moved, corrected=step > STEP_MS)


def confirmed(trust: Trust) -> Trust:
    """A person has looked at the clock and says that it is right."""
    return replace(trust, trusted=True, believed=None, unsettled_since=None, by_person=True, corrected=True)
