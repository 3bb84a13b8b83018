"""How old a screen's picture is, by the office's own commits."""

from __future__ import annotations

import time

import pytest

from appliance.domain.tickets import TakeTicket
from appliance.workers.screens import TOO_SOON_S, Screens
from hardware.boards.web import BEHIND_S, SILENT_S, WebBoard
from hardware.config import WebBoardConfig
from tests.store.rig import Office

TAKE = TakeTicket("consult", paper=False)


class Hall:
    """An office with one screen, on a clock that the test moves."""

    def __init__(self, office: Office) -> None:
        self.office, self.now = office, 500.0
        self.board = WebBoard(WebBoardConfig("hall"), lambda: self.now)
        self.screens = Screens(office.writer, {"hall": self.board}, lambda: self.now)

    def later(self, seconds: float) -> None:
        self.now += seconds

    @property
    def seq(self) -> int:
        return self.office.writer.office.seq

    def change(self) -> None:
        """A commit, and wait until it has been noted: listeners hear of it after its answer."""
        self.office.do(TAKE)
        deadline = time.monotonic() + 10
        while self.screens._changes[-1][1] < self.seq:
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def beat(self, seq: int, age_s: float = 1.0) -> str:
        assert self.screens.beat("hall", seq, age_s)
        return self.board.state().reason


@pytest.fixture
def hall(office: Office) -> Hall:
    return Hall(office)


def test_a_page_that_shows_the_newest_state_is_well_however_old_that_is(hall: Hall) -> None:
    for _ in range(3):
        hall.later(10_000)
        assert hall.beat(hall.seq) == ""


def test_a_page_may_be_behind_by_some_seconds_and_no_more(hall: Hall) -> None:
    shown = hall.seq
    hall.later(100)
    hall.change()
    hall.later(BEHIND_S)
    assert hall.beat(shown) == ""
    hall.later(TOO_SOON_S)
    assert hall.beat(shown) == "screen-stale"
    hall.later(10)
    assert hall.beat(hall.seq) == ""


def test_the_last_change_of_a_burst_does_not_go_unnoticed(hall: Hall) -> None:
    hall.later(100)
    hall.change()
    shown = hall.seq
    hall.later(0.3)
    hall.change()
    hall.later(BEHIND_S + 10)
    assert hall.beat(shown) == "screen-stale"


def test_a_busy_office_makes_no_page_stale_that_follows_it(hall: Hall) -> None:
    shown = hall.seq
    for step in range(400):
        hall.later(0.25)
        hall.change()
        if step % 20 == 0:
            shown = hall.seq
        if step % 40 == 39:
            assert hall.beat(shown) == "", step


def test_a_page_that_stopped_in_a_busy_office_is_stale(hall: Hall) -> None:
    shown = hall.seq
    for _ in range(300):
        hall.later(0.25)
        hall.change()
    assert hall.beat(shown) == "screen-stale"
    assert float(hall.board.state().facts["age"]) >= 74


def test_a_page_that_was_given_nothing_for_long_is_stale_whatever_it_claims(hall: Hall) -> None:
    assert hall.beat(hall.seq, BEHIND_S + 1) == "screen-stale"


def test_a_page_of_an_empty_screen_is_stale_after_a_while(hall: Hall) -> None:
    assert hall.beat(0, 0.5) == ""
    hall.later(BEHIND_S + 1)
    assert hall.beat(0, 0.5) == "screen-stale"


def test_a_screen_may_not_tell_twice_within_a_second(hall: Hall) -> None:
    hall.beat(hall.seq)
    hall.later(TOO_SOON_S / 2)
    assert not hall.screens.beat("hall", 0, 1000)
    assert hall.board.state().reason == ""
    hall.later(TOO_SOON_S / 2)
    assert hall.screens.beat("hall", hall.seq, 0)


def test_a_screen_that_hardware_toml_does_not_name_is_unknown(hall: Hall) -> None:
    for _ in range(3):
        with pytest.raises(KeyError):
            hall.screens.beat("other", 1, 0)
        with pytest.raises(KeyError):
            hall.screens.glance("other")


def test_a_glance_tells_how_long_a_screen_has_been_silent(hall: Hall) -> None:
    hall.later(40)
    glance = hall.screens.glance("hall")
    assert (glance.condition, glance.reason, glance.seen, glance.silent_s) == (
        "missing",
        "screen-never-seen",
        False,
        40,
    )
    hall.beat(hall.seq)
    hall.later(SILENT_S + 1)
    glance = hall.screens.glance("hall")
    assert (glance.condition, glance.reason, glance.seen, glance.silent_s) == ("missing", "screen-silent", True, 61)


def test_screens_with_a_test_picture_are_listed(hall: Hall) -> None:
    assert hall.screens.patterns() == []
    hall.board.test_pattern(True)
    assert hall.screens.patterns() == ["hall"]
    assert hall.screens.glance("hall").pattern
