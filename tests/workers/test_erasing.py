"""Personal records go in the first quiet minute after their term, and soon after it when there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from appliance.domain.moment import Moment
from appliance.domain.office import Day, Office, Ticket, TicketState
from appliance.store.personal import PersonalStore
from appliance.workers.erasing import FORCED_MS, QUIET_S, ErasingWorker

NOW = 1_800_000_000_000


@dataclass
class Here:
    """An office with a clock that the test moves."""

    office: Office = field(default_factory=Office)
    at_ms: int = NOW
    still_s: float = 0.0
    trusted: bool = True
    nudge: Callable[[int], None] = lambda _: None

    def listen(self, callback: Callable[[int], None]) -> None:
        self.nudge = callback

    def now(self) -> Moment:
        return Moment(self.at_ms, self.trusted, "boot", 0)


@pytest.fixture
def store(tmp_path: Path) -> PersonalStore:
    return PersonalStore(tmp_path / "personal.db")


def busy_office(*states: TicketState) -> Office:
    tickets = {number: cast(Any, _Ticket(state)) for number, state in enumerate(states, start=1)}
    return Office(day=cast(Any, _Day()), tickets=cast("dict[int, Ticket]", tickets))


@dataclass
class _Ticket:
    state: TicketState


@dataclass
class _Day:
    closed: object = None


assert Day is not None


def worker(here: Here, store: PersonalStore, **more: Any) -> ErasingWorker:
    return ErasingWorker(cast(Any, here), store, here.now, clock=lambda: here.still_s, **more)


@pytest.mark.parametrize(
    ("states", "still_s", "late_ms", "erased"),
    [
        ((), QUIET_S - 1, 0, 0),
        ((), QUIET_S, 0, 1),
        ((TicketState.SERVING, TicketState.DONE), QUIET_S, 0, 1),
        ((TicketState.WAITING,), QUIET_S * 9, 0, 0),
        ((TicketState.CALLED,), QUIET_S * 9, 0, 0),
        ((TicketState.WAITING,), 0.0, FORCED_MS - 1, 0),
        ((TicketState.WAITING,), 0.0, FORCED_MS, 1),
    ],
)
def test_the_first_quiet_minute_is_taken(
    store: PersonalStore, states: tuple[TicketState, ...], still_s: float, late_ms: int, erased: int
) -> None:
    here = Here(busy_office(*states))
    one = worker(here, store)
    store.keep("booking", {"name": "Somebody Particular"}, NOW - 10, NOW)
    here.at_ms, here.still_s = NOW + late_ms, still_s
    one.round()
    assert (one.erased.records, one.erased.proven) == (erased, erased)


def test_a_closed_day_is_quiet_and_a_clock_that_nobody_believes_erases_nothing(store: PersonalStore) -> None:
    here = Here(trusted=False)
    one = worker(here, store)
    store.keep("booking", {"name": "Somebody Particular"}, NOW - 10, NOW)
    one.round()
    assert one.erased.records == 0
    here.trusted = True
    one.round()
    assert (one.erased.records, one.erased.proven, one.erased.last_ms) == (1, 1, NOW)


def test_a_press_makes_it_wait_for_another_quiet_minute(store: PersonalStore) -> None:
    here = Here(busy_office())
    one = worker(here, store)
    one.start()
    try:
        store.keep("booking", {"name": "Somebody Particular"}, NOW - 10, NOW)
        here.still_s = 100.0
        here.nudge(1)
        here.still_s = 159.0
        one.round()
        assert one.erased.records == 0
        here.still_s = 160.0
        one.round()
        assert one.erased.records == 1
    finally:
        one.stop()


def test_what_is_still_found_is_said_and_tried_again(store: PersonalStore) -> None:
    here = Here()
    shadow = store.path.parent / ".personal.db-litestream" / "00000000.wal"
    asked = []

    def renew(between: Callable[[], object]) -> threading.Event:
        asked.append(between())
        if len(asked) > 1:
            shadow.unlink()
        done = threading.Event()
        done.set()
        return done

    one = worker(here, store, renew=renew)
    store.keep("booking", {"name": "Somebody Particular"}, NOW - 10, NOW)
    shadow.parent.mkdir()
    shadow.write_bytes(store.path.with_name("personal.db-wal").read_bytes())
    one.round()
    assert (one.erased.records, one.erased.proven) == (1, 0)
    assert (one.erased.unproven_since, one.erased.where) == (NOW, ("00000000.wal",))
    here.at_ms += 60_000
    one.round()
    assert (one.erased.proven, one.erased.unproven_since, one.erased.where) == (1, None, ())
    assert asked == [True, True]
