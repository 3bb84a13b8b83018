"""The estimate beside the rules: fresh, cheap when nothing happens, and never in anybody's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from appliance.domain.calling import CallNext
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.forecasts.durations import past_of
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.serving import Finish, Start
from appliance.domain.tickets import TakeTicket
from appliance.store.reads import Reads
from appliance.workers.estimating import STALE_MS, Estimator
from tests.store.rig import Office

TAKE = TakeTicket("consult", paper=False)


@pytest.fixture
def estimator(office: Office) -> Iterator[Estimator]:
    made = estimator_of(office)
    yield made
    made.stop()


def estimator_of(office: Office, **more: object) -> Estimator:
    return Estimator(lambda: office.writer.office, office.clock.now, period_s=0.01, **more)  # type: ignore[arg-type]


def until(met: Callable[[], bool]) -> bool:
    """Whether it comes true within some seconds."""
    end = time.monotonic() + 10
    while not met() and time.monotonic() < end:
        time.sleep(0.01)
    return met()


def fill(office: Office, people: int) -> None:
    """Every desk busy and so many in the line."""
    for _ in range(people + 2):
        office.do(TAKE)
    for desk in (1, 2):
        office.do(CallNext(desk))
        office.do(Start(desk))


def test_a_free_desk_is_told_as_no_wait(office: Office, estimator: Estimator) -> None:
    assert estimator.told("consult") is None
    assert estimator.look()
    assert estimator.told("consult") == (0, 0, 0, 0)
    assert estimator.age_ms == 0


def test_the_line_makes_the_wait_longer(office: Office, estimator: Estimator) -> None:
    fill(office, 3)
    estimator.look()
    short = estimator.told("consult")
    for _ in range(5):
        office.do(TAKE)
    estimator.look()
    long = estimator.told("consult")
    assert short is not None
    assert long is not None
    assert 0 < short.mean_s < long.mean_s
    assert long.low_s < long.mean_s < long.high_s
    assert long.naive_s == pytest.approx(9 * 15 * 60 / 2, rel=0.02)


def test_nothing_is_reckoned_while_nothing_happens(office: Office, estimator: Estimator) -> None:
    fill(office, 3)
    assert estimator.look()
    assert not estimator.look()
    office.clock.clock.advance(11_000)
    assert estimator.look()
    office.do(TAKE)
    assert estimator.look()


def test_an_unknown_service_is_told_nothing(office: Office, estimator: Estimator) -> None:
    estimator.look()
    assert estimator.told("unknown") is None


def test_nothing_is_told_in_a_pause_or_after_the_day(office: Office, estimator: Estimator) -> None:
    office.do(PauseHall("alarm"))
    estimator.look()
    assert estimator.told("consult") is None
    office.do(ResumeHall())
    estimator.look()
    assert estimator.told("consult") is not None
    office.do(CloseDay())
    estimator.look()
    assert estimator.told("consult") is None
    assert estimator.age_ms is None


def test_a_stale_estimate_is_not_told(office: Office, estimator: Estimator) -> None:
    estimator.look()
    office.clock.clock.advance(STALE_MS + 1)
    assert estimator.told("consult") is None
    assert estimator.advice() is None


def test_the_thread_follows_the_state_and_is_not_the_writers(office: Office) -> None:
    threads = set[str]()

    def chance() -> float:
        threads.add(threading.current_thread().name)
        return 0.5

    estimator = estimator_of(office, chance=chance)
    office.writer.listen(lambda _: estimator.nudge())
    estimator.start()
    fill(office, 2)
    assert until(lambda: (told := estimator.told("consult")) is not None and told.mean_s > 0)
    estimator.stop()
    assert threads == {"estimating"}


def test_a_failure_is_nobodys_but_its_own(office: Office) -> None:
    failures = 0

    def times(day: int) -> list[tuple[str, float]]:
        nonlocal failures
        failures += 1
        if failures < 3:
            raise OSError("no database yet")
        return []

    estimator = estimator_of(office, times=times)
    estimator.start()
    for _ in range(10):
        estimator.nudge()
        estimator.told("consult")
        time.sleep(0.02)
    assert until(lambda: (estimator.nudge(), estimator.told("consult"))[1] is not None)
    estimator.stop()
    assert failures >= 3


def test_earlier_days_are_read_once_a_day_and_believed(office: Office) -> None:
    for _ in range(8):
        office.do(TAKE)
        office.do(CallNext(1))
        office.do(Start(1))
        office.clock.clock.advance(100_000)
        office.do(Finish(1))
    reads, asked = Reads(office.path), list[int]()

    def times(day: int) -> list[tuple[str, float]]:
        asked.append(day)
        return list(reads.service_times(day))

    estimator = estimator_of(office, times=times)
    assert times(1) == []
    office.do(CloseDay())
    office.clock.clock.advance(24 * 3_600_000)
    office.do(OpenDay())
    office.do(OpenDesk(1))
    assert times(2) == [("consult", 100.0)] * 8
    fill_one(office)
    estimator.look()
    told = estimator.told("consult")
    assert told is not None
    assert told.naive_s < 500
    office.do(TAKE)
    estimator.look()
    assert asked == [1, 2, 2]
    assert past_of(times(2))["consult"].count == 8
    reads.close()


def fill_one(office: Office) -> None:
    office.do(TAKE)
    office.do(CallNext(1))
