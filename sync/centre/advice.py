"""An advice of the centre, and how it scores itself against what happened at the office."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.domain.moment import Now
from appliance.domain.office import Office, Ticket, TicketState
from sync.centre.forecast import Forecast

SCORED_AFTER_MS = 20 * 60_000
NEWCOMERS_MS = 5 * 60_000
"""A newcomer's wait is compared with those who came so soon after the advice."""

HIT_S = 180
"""A predicted wait that is off by so much at most was right."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an advice, twenty minutes later, by the office's own events.

    `followed`: every advised desk received within that time. `wait_s`: the mean wait of those who came in the first
    five minutes after it; `share_over` of those who waited then or came within the twenty minutes; `n` their number.
    Whoever still waits counts with the wait so far. `predicted_wait_s` and `predicted_share`: what had been said for
    the way that was taken (the share for an hour).
    """

    scored_ms: int
    followed: bool
    wait_s: int | None
    share_over: float | None
    n: int
    predicted_wait_s: int
    predicted_share: float

    @property
    def hit(self) -> bool | None:
        """Whether the predicted wait was right: off by at most three minutes or half of it. None: nobody came."""
        if self.wait_s is None:
            return None
        return abs(self.wait_s - self.predicted_wait_s) <= max(HIT_S, self.predicted_wait_s / 2)


@dataclass(frozen=True, slots=True)
class Advised:
    """One advice to an office: open these reserve desks now. Times are UTC ms of the office's clock.

    Waits are those of a newcomer in seconds, shares of everybody in the next hour, without and with the desks (see
    `appliance.domain.forecasts.advice`). `over_ms`: when it was no longer given. `lost`: the day ended, or its data
    never came, before it could be scored.
    """

    id: int
    office: str
    at_ms: int
    seq: int
    desks: tuple[int, ...]
    wait_now_s: int
    wait_after_s: int
    share_before: float
    share_after: float
    over_ms: int | None = None
    outcome: Outcome | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was last seen ahead of an office, at `looked_ms` (centre's UTC ms) by its state after `seq`.

    `newcomer_s`: a newcomer's mean wait, of the service with the longest one; None without a line. `forecast`: the
    three numbers of the day.
    """

    office: str
    looked_ms: int
    seq: int
    newcomer_s: int | None = None
    advised: Advised | None = None
    forecast: Forecast | None = None


def score(state: Office, advised: Advised, now: Now) -> Outcome:
    """What came of an advice by the tickets of its day, at `now` at the latest (office's clock)."""
    horizon_ms = advised.at_ms + SCORED_AFTER_MS
    plan = state.plan
    assert plan is not None
    newcomers: list[int] = []
    over = n = 0
    for ticket in state.tickets.values():
        issued_ms = ticket.issued.moment.at_ms
        if ticket.adopted or issued_ms > horizon_ms:
            continue
        called_ms = ticket.first_called.moment.at_ms if ticket.first_called is not None else None
        if issued_ms <= advised.at_ms and (called_ms or horizon_ms) <= advised.at_ms:
            continue
        wait_ms = _waited_ms(state, ticket, now)
        if wait_ms is None:
            continue
        n += 1
        over += wait_ms > plan.wait_norm(ticket.asked or ticket.service) * 60_000
        if advised.at_ms < issued_ms <= advised.at_ms + NEWCOMERS_MS:
            newcomers.append(wait_ms)
    followed = all(_received_since(state, number, advised) for number in advised.desks)
    return Outcome(
        now.moment.at_ms,
        followed,
        round(sum(newcomers) / len(newcomers) / 1000) if newcomers else None,
        over / n if n else None,
        n,
        advised.wait_after_s if followed else advised.wait_now_s,
        advised.share_after if followed else advised.share_before,
    )


def _waited_ms(state: Office, ticket: Ticket, now: Now) -> int | None:
    """How long a ticket waited for its first call, or has so far; None for one that left before."""
    if ticket.first_called is not None:
        return state.elapsed(ticket.issued.moment, ticket.first_called.moment)
    return state.elapsed(ticket.issued.moment, now.moment) if ticket.state is TicketState.WAITING else None


def _received_since(state: Office, number: int, advised: Advised) -> bool:
    """Whether a desk that was closed at the advice has received since."""
    desk = state.desks.get(number)
    if desk is None:
        return False
    moved = desk.since is not None and desk.since.seq > advised.seq
    return desk.working or moved


def scores(history: Iterable[Advised]) -> Mapping[str, float | int | None]:
    """How good the advice of a period has been: counts, and the mean absolute error of the predicted wait."""
    scored = [one.outcome for one in history if one.outcome is not None]
    errors = [abs(one.wait_s - one.predicted_wait_s) for one in scored if one.wait_s is not None]
    return {
        "scored": len(scored),
        "hits": sum(one.hit is True for one in scored),
        "judged": sum(one.hit is not None for one in scored),
        "followed": sum(one.followed for one in scored),
        "wait_error_s": sum(errors) / len(errors) if errors else None,
        "over_followed": _mean_over(one for one in scored if one.followed),
        "over_not_followed": _mean_over(one for one in scored if not one.followed),
    }


def _mean_over(outcomes: Iterable[Outcome]) -> float | None:
    found = [(one.share_over, one.n) for one in outcomes if one.share_over is not None]
    people = sum(n for _, n in found)
    return sum(share * n for share, n in found) / people if people else None
