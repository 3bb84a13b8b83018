"""From the raw level of one key to what the person meant: tap, hold, stuck.

Pure: time comes in with each sample, so pins, bus modules, simulators and tests share the same
rules. A level counts when it has not moved for `stable_s`; nothing is judged while the line still
moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class VerdictKind(StrEnum):
    """What a key did."""

    TAP = "tap"
    HOLD = "hold"
    STUCK = "stuck"  # down for `stuck_s`; reported once
    FREED = "freed"  # a stuck key came up again; reported once


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement.

    `edge_at` is the press's first raw edge (for FREED: the release's), `at` when it was due.

    Both are seconds on the clock of the samples.
    """

    kind: VerdictKind
    edge_at: float
    at: float


@dataclass(frozen=True, slots=True)
class KeyRule:
    """How one key is judged; all times in seconds.

    `holds`: the key has a long press, so a tap is only known at the stable release; without it the
    press is judged at the stable press. `lockout_s`: a tap whose first edge comes within this time
    after an accepted press is a wrong double press and has no effect; a hold is deliberate and is
    never locked out, but locks out the taps after it. `baseline_counts`: a key that is down at the first
    sample was pressed before anybody listened (a bell while the box boots), and counts.
    """

    holds: bool = True
    lockout_s: float = 0.3
    stable_s: float = 0.020
    hold_s: float = 1.0
    stuck_s: float = 10.0
    baseline_counts: bool = False


class KeyDebounce:
    """The state of one key. Not thread-safe: one thread feeds it.

    The first sample is the baseline: a key that is down then is no press (but see `baseline_counts`), though
    it can be stuck.
    """

    def __init__(self, rule: KeyRule) -> None:
        self._rule = rule
        self._now = float("-inf")
        self._raw: bool | None = None
        self._raw_since = 0.0
        self._level = False
        self._moving_since: float | None = None  # the first edge since the line was last quiet
        self._pressed_at = 0.0
        self._judged = True  # this press can yield no tap or hold any more
        self._stuck = False
        self._locked_until = float("-inf")
        self.ignored = 0  # taps that fell into the lock-out

    @property
    def stuck(self) -> bool:
        """Whether the key counts as stuck now."""
        return self._stuck

    def sample(self, at: float, pressed: bool) -> list[Verdict]:
        """Take the raw level at time `at`; return what had fallen due by then.

        A sample older than what was already judged counts as of that moment: verdicts are never
        taken back.
        """
        at = max(at, self._now)
        if self._raw is None:
            self._begin(at, pressed)
            return []
        verdicts = self.advance(at)
        if pressed != self._raw:
            if self._moving_since is None:
                self._moving_since = at
            self._raw = pressed
            self._raw_since = at
        return verdicts

    def begin_anew(self) -> None:
        """The next sample is a baseline again: nobody saw what the key did until then, so nothing of that counts.

        A key that was down before and still is when it is seen again is no new press, whatever `baseline_counts` says.
        One that was stuck stays so until it is seen up.
        """
        self._raw = None
        self._moving_since = None
        self._judged = True

    def advance(self, now: float) -> list[Verdict]:
        """Return the verdicts that fall due by `now` if the level stays as it is."""
        verdicts: list[Verdict] = []
        while (due := self.next_due()) is not None and due <= now:
            self._now = max(self._now, due)
            verdict = self._settle() if self._moving_since is not None else self._ripen()
            if verdict is not None:
                verdicts.append(verdict)
        self._now = max(self._now, now)
        return verdicts

    def next_due(self) -> float | None:
        """When `advance` has something to do next if no edge comes; None when only an edge can
        matter.
        """
        if self._raw is None:
            return None
        if self._moving_since is not None:
            return self._raw_since + self._rule.stable_s
        if not self._level or self._stuck:
            return None
        wait = self._rule.stuck_s if self._judged else self._rule.hold_s
        return self._pressed_at + wait

    def _begin(self, at: float, pressed: bool) -> None:
        """Take the baseline."""
        counts = pressed and self._rule.baseline_counts and not self._level
        self._now = self._raw_since = at
        self._raw = pressed
        if self._stuck:
            self._moving_since = None if pressed else at
            return
        self._level = pressed and not counts
        self._pressed_at = at
        self._moving_since = at if counts else None

    def _settle(self) -> Verdict | None:
        """The line has been quiet for `stable_s`: accept its level, or forget a spike."""
        assert self._moving_since is not None
        first_edge, self._moving_since = self._moving_since, None
        if self._raw == self._level:
            return None
        self._level = not self._level
        if self._level:
            self._pressed_at = first_edge
            self._judged = not self._rule.holds
            return self._tap() if self._judged else None
        if self._stuck:
            self._stuck = False
            return Verdict(VerdictKind.FREED, first_edge, self._now)
        if self._judged:
            return None
        self._judged = True
        return self._tap()

    def _ripen(self) -> Verdict:
        """The key has been down for the hold time, or for the stuck time."""
        if self._judged:
            self._stuck = True
            return Verdict(VerdictKind.STUCK, self._pressed_at, self._now)
        self._judged = True
        return self._accept(VerdictKind.HOLD)

    def _tap(self) -> Verdict | None:
        if self._pressed_at < self._locked_until:
            self.ignored += 1
            return None
        return self._accept(VerdictKind.TAP)

    def _accept(self, kind: VerdictKind) -> Verdict:
        self._locked_until = self._now + self._rule.lockout_s
        return Verdict(kind, self._pressed_at, self._now)
