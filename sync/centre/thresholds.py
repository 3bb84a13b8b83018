"""Thresholds as data: from which value a rule warns, rings and falls silent again, and who changed it when.

Every rule gives a number (minutes waited, desks missing, 1 for "it is so"). What is set holds for the network, for a
kind of office (fixed or mobile) or for one office; the narrower wins, threshold by threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, Session, col, select

from sync.centre.store import CentreTable, Store

NETWORK = "network"
FIXED, MOBILE = "kind:fixed", "kind:mobile"
"""Scopes; an office's own is `office:` and its id."""

LONGEST_S = 24 * 3600
LARGEST = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Limit:
    """The threshold of one rule. `warn` and `alarm`: from this value on; None: never. Both None: the rule is off.

    It rings when the value has been reached for `for_s`, and closes when it has been below the lower of both, less
    `margin`, for `clear_s`. `unit`: what the value counts (`min`, `s`, `count`, `share`, `times`, `celsius`, `mb`,
    `yes`).
    """

    warn: float | None
    alarm: float | None
    for_s: int = 0
    clear_s: int = 30
    margin: float = 0.0
    unit: str = "min"

    @property
    def off(self) -> bool:
        """Whether the rule never rings."""
        return self.warn is None and self.alarm is None

    @property
    def lowest(self) -> float:
        """From which value on anything rings; infinite when nothing does."""
        return min((one for one in (self.warn, self.alarm) if one is not None), default=float("inf"))


Limits = Mapping[str, Limit]
"""By rule; every rule has one."""

DEFAULTS: Limits = {
    # the hall
    "oldest-wait": Limit(12, 15, clear_s=60, margin=2),
    "newcomer-wait": Limit(8, None, for_s=60, clear_s=180, margin=2),
    "nobody-works": Limit(None, 2, clear_s=30),
    "desks-short": Limit(3, None, for_s=600, clear_s=120, unit="count"),
    "idle-with-queue": Limit(10, None, clear_s=60),
    "long-service": Limit(2, None, clear_s=30, unit="times"),
    "not-opened": Limit(None, 5, clear_s=30),
    "closed-early": Limit(None, 1, for_s=60, clear_s=60),
    "bell": Limit(None, 2, clear_s=0, unit="count"),
    # equipment
    "paper-out": Limit(None, 1, for_s=10, clear_s=10, unit="yes"),
    "paper-near-end": Limit(1, None, for_s=10, clear_s=60, unit="yes"),
    "display-silent": Limit(None, 60, clear_s=30, unit="s"),
    "device-fault": Limit(1, None, for_s=30, clear_s=30, unit="yes"),
    "disk-low": Limit(500, 100, for_s=60, clear_s=300, margin=100, unit="mb"),
    "hot": Limit(75, 82, for_s=120, clear_s=300, margin=5, unit="celsius"),
    "clock-offset": Limit(2, 30, for_s=30, clear_s=60, margin=0.5, unit="s"),
    "replica-lag": Limit(3, 15, for_s=60, clear_s=60, margin=1),
    "forged": Limit(None, 1, clear_s=60, unit="count"),
    "directive-stuck": Limit(1, None, for_s=60, clear_s=60, unit="yes"),
    # the line and the data
    "unseen": Limit(None, 1, clear_s=0, unit="yes"),
    "no-data": Limit(3, 15, clear_s=0),
    "doubt": Limit(None, 1, clear_s=10, unit="yes"),
    "two-devices": Limit(None, 1, clear_s=10, unit="yes"),
    # not an alarm: from when on a tile is grey
    "stale": Limit(30, None, unit="s"),
}
"""The shipped thresholds, listed in docs/centre-indicators.md. `disk-low` rings below its values, others above."""

OF_KIND: Mapping[str, Mapping[str, Limit]] = {
    # A bus works for days without a line: that it isn't heard is no news.
    MOBILE: {name: replace(DEFAULTS[name], warn=None, alarm=None) for name in ("no-data", "unseen", "replica-lag")},
}
"""What is shipped otherwise for a kind of office."""

BELOW = ("disk-low",)
"""Rules that ring when the value is as low as the threshold."""


class ThresholdError(ValueError):
    """A threshold that can't be; `code`: `unknown-rule`, `unknown-scope`, `out-of-range`, `wrong-order`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ThresholdChange:
    """One change: `limit` None took the scope's own threshold away. `at_ms` is UTC."""

    scope: str
    rule: str
    limit: Limit | None
    at_ms: int
    who: str


class ThresholdRow(CentreTable, table=True):
    """Every change ever made; the newest of a scope and rule holds."""

    __tablename__ = "threshold"

    id: int | None = Field(default=None, primary_key=True)
    scope: str = Field(index=True)
    rule: str
    warn: float | None = None
    alarm: float | None = None
    for_s: int = 0
    clear_s: int = 0
    margin: float = 0.0
    removed: bool = False
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    who: str


class Thresholds:
    """The thresholds in force, in the store. Thread-safe; `of` is answered from memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._set: dict[str, dict[str, Limit]] = {}
        self._made: dict[tuple[str, bool], Limits] = {}
        self.read_again()

    def of(self, office: str, *, mobile: bool) -> Limits:
        """Every threshold of one office."""
        with self._lock:
            known = self._made.get((office, mobile))
            if known is None:
                kind = MOBILE if mobile else FIXED
                known = self._made[office, mobile] = {
                    **DEFAULTS,
                    **OF_KIND.get(kind, {}),
                    **self._set.get(NETWORK, {}),
                    **self._set.get(kind, {}),
                    **self._set.get(scope_of(office), {}),
                }
            return known

    def own(self, scope: str) -> Limits:
        """What has been set for a scope itself."""
        with self._lock:
            return dict(self._set.get(scope, {}))

    def put(self, scope: str, rule: str, limit: Limit | None, who: str, now_ms: int) -> None:
        """Set a threshold, or take the scope's own away (None). Raises ThresholdError."""
        check(scope, rule, limit)
        found = limit or Limit(None, None)
        with self._store.write() as session:
            session.add(
                ThresholdRow(
                    scope=scope,
                    rule=rule,
                    warn=found.warn,
                    alarm=found.alarm,
                    for_s=found.for_s,
                    clear_s=found.clear_s,
                    margin=found.margin,
                    removed=limit is None,
                    at_ms=now_ms,
                    who=who,
                )
            )
        self.read_again()

    def changes(self, scope: str | None = None) -> Sequence[ThresholdChange]:
        """Who changed what when, newest first; of one scope or of all."""
        with self._store.read() as session:
            found = [_change(row) for row in reversed(_rows(session))]
        return [one for one in found if scope in (None, one.scope)]

    def read_again(self) -> None:
        """Take in what another process has changed."""
        found: dict[str, dict[str, Limit]] = {}
        with self._store.read() as session:
            for row in _rows(session):
                change = _change(row)
                if change.rule not in DEFAULTS:
                    continue
                if change.limit is None:
                    found.get(change.scope, {}).pop(change.rule, None)
                else:
                    found.setdefault(change.scope, {})[change.rule] = change.limit
        with self._lock:
            self._set, self._made = found, {}


def scope_of(office: str) -> str:
    """The scope of one office."""
    return f"office:{office}"


def check(scope: str, rule: str, limit: Limit | None) -> None:
    """Raise ThresholdError unless this may be set."""
    if rule not in DEFAULTS:
        raise ThresholdError("unknown-rule")
    if scope not in (NETWORK, FIXED, MOBILE) and not (scope.startswith("office:") and len(scope) > len("office:")):
        raise ThresholdError("unknown-scope")
    if limit is None:
        return
    values = [one for one in (limit.warn, limit.alarm) if one is not None]
    if not all(0 < one <= LARGEST for one in values) or not 0 <= limit.margin <= LARGEST:
        raise ThresholdError("out-of-range")
    if rule == "stale" and limit.off:
        # A tile that never turns grey would be believed for ever.
        raise ThresholdError("out-of-range")
    if not (0 <= limit.for_s <= LONGEST_S and 0 <= limit.clear_s <= LONGEST_S):
        raise ThresholdError("out-of-range")
    if limit.warn is not None and limit.alarm is not None:
        right = limit.warn >= limit.alarm if rule in BELOW else limit.warn <= limit.alarm
        if not right:
            raise ThresholdError("wrong-order")


def _rows(session: Session) -> Sequence[ThresholdRow]:
    return session.exec(select(ThresholdRow).order_by(col(ThresholdRow.id))).all()


def _change(row: ThresholdRow) -> ThresholdChange:
    if row.removed:
        return ThresholdChange(row.scope, row.rule, None, row.at_ms, row.who)
    unit = DEFAULTS[row.rule].unit if row.rule in DEFAULTS else ""
    limit = Limit(row.warn, row.alarm, row.for_s, row.clear_s, row.margin, unit)
    return ThresholdChange(row.scope, row.rule, limit, row.at_ms, row.who)
