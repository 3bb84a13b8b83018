"""Which step heals a copy that is not being kept: always the gentlest that can work. Pure: it sees signs alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LOST_ITS_PLACE = ("gap", "target-damaged")
"""Hints of a copy that can't be continued: what comes next is not here any more, or what is there can't be read."""


class Step(StrEnum):
    """What to do, the gentlest first."""

    WAIT = "wait"
    RESTART = "restart"
    """Start Litestream anew: it reads the target's position and goes on from there."""
    SET_ASIDE = "set-aside"
    """Keep the other copies without this one for a while."""
    NEW_GENERATION = "new-generation"
    """Forget what is left to be sent and send one fresh snapshot."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When patience ends. `disk_bytes`: what Litestream may keep of one database while its target is out of reach.

    A new generation must save something: the outage has lasted `outage_s`, and the backlog is more than `floor_bytes`
    and `factor` times as large as a fresh snapshot, both as they travel.
    """

    mute_s: float = 15.0
    retry_s: float = 60.0
    retry_cap_s: float = 300.0
    disk_bytes: int = 256 << 20
    outage_s: float = 600.0
    floor_bytes: int = 1 << 20
    factor: float = 1.5


@dataclass(frozen=True, slots=True)
class Signs:
    """What is seen of one copy while Litestream runs. Durations in seconds.

    `trouble`: the hint of what stands in the way, '' for nothing. `silent_s`: since Litestream's last word.
    `uploading_s`: how long the present upload has been under way, None when there is none; `upload_limit_s`: how long
    it may take. `refused_s`: since the last error, None when something has arrived after it. `fruitless`: restarts
    since something last arrived. `secondary`: another copy, the main one, goes before it; `alone`: and this one alone
    is in trouble. `lag_s`: the age of what is missing. `backlog_bytes`: what a catch-up would send, None when the
    target holds nothing of this generation; `fresh_bytes`: what a snapshot would send, None when neither has been
    weighed. `disk_bytes`: what Litestream keeps of the database here.
    """

    trouble: str = ""
    silent_s: float = 0.0
    uploading_s: float | None = None
    upload_limit_s: float = 900.0
    refused_s: float | None = None
    fruitless: int = 0
    secondary: bool = False
    alone: bool = False
    lag_s: float = 0.0
    backlog_bytes: int | None = None
    fresh_bytes: int | None = None
    disk_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The step, and a word for the log and for people: why."""

    step: Step
    reason: str = ""


_WAIT = Verdict(Step.WAIT)


def decide(signs: Signs, limits: Limits) -> Verdict:
    """The next step for one copy."""
    if signs.disk_bytes > limits.disk_bytes:
        return Verdict(Step.NEW_GENERATION, "disk")
    if signs.silent_s > limits.mute_s:
        return Verdict(Step.RESTART, "mute")
    if signs.uploading_s is not None and signs.uploading_s > signs.upload_limit_s:
        return Verdict(Step.SET_ASIDE if signs.secondary else Step.RESTART, "stalled")
    if signs.trouble in LOST_ITS_PLACE:
        # One restart first: the position may have been misread.
        return Verdict(Step.NEW_GENERATION if signs.fruitless else Step.RESTART, signs.trouble)
    if _fresh_is_smaller(signs, limits):
        return Verdict(Step.NEW_GENERATION, "backlog")
    waits_s = min(limits.retry_s * 2 ** min(signs.fruitless, 10), max(limits.retry_s, limits.retry_cap_s))
    if signs.trouble and signs.refused_s is not None and signs.uploading_s is None:
        if signs.alone and signs.refused_s > limits.retry_s:
            return Verdict(Step.SET_ASIDE, signs.trouble)
        if signs.refused_s > waits_s:
            # After an error 0.3.13 tries again only when the next transaction comes.
            return Verdict(Step.RESTART, signs.trouble)
    return _WAIT


def _fresh_is_smaller(signs: Signs, limits: Limits) -> bool:
    if signs.lag_s < limits.outage_s or signs.backlog_bytes is None or signs.fresh_bytes is None:
        return False
    return signs.backlog_bytes > max(limits.floor_bytes, limits.factor * signs.fresh_bytes)
