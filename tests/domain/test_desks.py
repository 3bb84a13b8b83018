"""Opening and closing desks, breaks, and who is signed in."""

from __future__ import annotations

import pytest

from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, SignOut, TakeBreak
from appliance.domain.message import Command
from appliance.domain.refusal import Code
from appliance.domain.serving import Start
from tests.domain.acts import at, called
from tests.domain.bench import Bench, office_in_memory


def operators(bench: Bench) -> dict[int, str | None]:
    return {number: desk.operator for number, desk in bench.office.desks.items() if desk.operator}


def test_an_open_desk_is_not_opened_again(hall: Bench) -> None:
    assert hall.refused(OpenDesk(1)) is Code.DESK_ALREADY_OPEN


def test_opening_ends_a_break(hall: Bench) -> None:
    hall.do(TakeBreak(1))
    assert at(hall, 1) == ("break", None)
    assert hall.refused(TakeBreak(1)) is Code.DESK_ON_BREAK
    hall.do(OpenDesk(1))
    assert at(hall, 1) == ("free", None)


def test_a_desk_with_a_visitor_neither_closes_nor_breaks(hall: Bench) -> None:
    called(hall)
    assert hall.refused(CloseDesk(1)) is Code.DESK_HAS_TICKET
    assert hall.refused(TakeBreak(1)) is Code.DESK_BUSY
    hall.do(Start(1))
    assert hall.refused(CloseDesk(1)) is Code.DESK_HAS_TICKET


def test_a_closed_desk_is_not_closed_again(hall: Bench) -> None:
    hall.do(CloseDesk(1))
    assert hall.refused(CloseDesk(1)) is Code.DESK_CLOSED
    assert hall.refused(TakeBreak(1)) is Code.DESK_CLOSED


@pytest.mark.parametrize("command", [OpenDesk(9), CloseDesk(9), TakeBreak(9), SignIn(9, "ann"), SignOut(9)])
def test_an_unknown_desk_is_refused(hall: Bench, command: Command) -> None:
    assert hall.refused(command) is Code.UNKNOWN_DESK


def test_no_desk_opens_without_a_day() -> None:
    assert office_in_memory().refused(OpenDesk(1)) is Code.DAY_NOT_OPEN


def test_an_operator_sits_at_one_desk_at_a_time(hall: Bench) -> None:
    hall.do(SignIn(1, "ann"))
    hall.do(SignIn(2, "ann"))
    assert operators(hall) == {2: "ann"}


def test_signing_in_relieves_whoever_was_there(hall: Bench) -> None:
    hall.do(SignIn(1, "ann"))
    hall.do(SignIn(1, "bob"))
    assert operators(hall) == {1: "bob"}


def test_signing_in_again_changes_nothing(hall: Bench) -> None:
    hall.do(SignIn(1, "ann"))
    assert hall.do(SignIn(1, "ann")) == []


def test_a_long_id_is_the_same_operator_every_time(hall: Bench) -> None:
    hall.do(SignIn(1, "o" * 60))
    assert hall.do(SignIn(1, "o" * 60)) == []
    hall.do(SignIn(2, "o" * 60))
    assert operators(hall) == {2: "o" * 40}


def test_signing_out_twice_changes_nothing(hall: Bench) -> None:
    hall.do(SignIn(1, "ann"))
    hall.do(SignOut(1))
    assert hall.do(SignOut(1)) == []
    assert operators(hall) == {}


def test_closing_a_desk_signs_its_operator_out_and_a_break_does_not(hall: Bench) -> None:
    hall.do(SignIn(1, "ann"))
    hall.do(TakeBreak(1))
    assert operators(hall) == {1: "ann"}
    hall.do(CloseDesk(1))
    assert operators(hall) == {}


def test_whoever_signed_in_is_still_there_after_a_restart(hall: Bench) -> None:
    hall.do(SignIn(1, "ann"))
    hall.restart()
    assert operators(hall) == {1: "ann"}
