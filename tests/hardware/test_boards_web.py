"""A browser of the hall as the office knows it, on a clock that the test moves."""

from __future__ import annotations

import pytest

from hardware.boards.digits import DigitsBoard
from hardware.boards.matrix import MatrixBoard
from hardware.boards.opening import open_boards
from hardware.boards.web import BEHIND_S, SILENT_S, WebBoard
from hardware.config import DigitsBoardConfig, MatrixBoardConfig, WebBoardConfig
from hardware.ports import BoardRow, Condition
from tests.hardware.test_boards_digits import Bus


class Screen:
    """A board and its clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.board = WebBoard(WebBoardConfig("hall"), lambda: self.now)

    def later(self, seconds: float) -> None:
        self.now += seconds

    @property
    def told(self) -> tuple[Condition, str, str]:
        state = self.board.state()
        return state.condition, state.reason, state.hint


UNSEEN = (Condition.MISSING, "screen-never-seen", "check-screen")
SILENT = (Condition.MISSING, "screen-silent", "check-screen")
STALE = (Condition.FAULT, "screen-stale", "restart-screen")
READY = (Condition.READY, "", "")


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_a_screen_that_never_came_is_missing_from_the_start(screen: Screen) -> None:
    since = screen.board.state().since
    assert screen.told == UNSEEN
    screen.later(3600)
    assert screen.told == UNSEEN
    assert screen.board.state().since == since
    assert screen.board.state().facts == {"name": "hall"}
    assert (screen.board.seen, screen.board.silent_s) == (False, 3600)


def test_a_screen_lives_for_a_minute_after_each_word(screen: Screen) -> None:
    for _ in range(5):
        screen.board.heard(0)
        assert screen.told == READY
        screen.later(SILENT_S)
        assert screen.told == READY
    screen.later(0.1)
    assert screen.told == SILENT
    since = screen.board.state().since
    screen.later(1000)
    assert screen.board.state().since == since
    screen.board.heard(0)
    assert screen.told == READY
    assert screen.board.state().since >= since


def test_a_page_that_shows_what_was_true_long_ago_is_stale_until_it_catches_up(screen: Screen) -> None:
    screen.board.heard(BEHIND_S)
    assert screen.told == READY
    screen.board.heard(BEHIND_S + 9)
    assert screen.told == STALE
    assert screen.board.state().facts == {"name": "hall", "age": "24"}
    screen.later(SILENT_S + 1)
    assert screen.told == SILENT
    screen.board.heard(0)
    assert screen.told == READY


def test_losing_and_finding_a_screen_is_told_once(screen: Screen, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    rows = (BoardRow("А\u00a0105", 3, True),)

    def pass_s(seconds: int) -> None:
        for _ in range(seconds // 5):
            screen.later(5)
            screen.board.show(rows)

    pass_s(55)
    assert caplog.messages == []
    pass_s(120)
    screen.board.heard(0)
    pass_s(40)
    screen.board.heard(100)
    pass_s(300)
    screen.board.heard(0)
    assert caplog.messages == [
        "screen hall: screen-never-seen",
        "screen hall is back",
        "screen hall: screen-stale",
        "screen hall is back",
    ]


def test_the_test_picture_is_asked_for_by_the_page(screen: Screen) -> None:
    assert not screen.board.pattern
    screen.board.test_pattern(True)
    assert screen.board.pattern
    screen.board.test_pattern(False)
    assert not screen.board.pattern
    screen.board.close()


def test_every_kind_of_board_has_its_driver() -> None:
    configs = (WebBoardConfig("hall"), DigitsBoardConfig("d", "desks", 21, 3), MatrixBoardConfig("line"))
    boards = open_boards(configs, {"desks": Bus()}, {})
    assert {name: type(board) for name, board in boards.items()} == {
        "hall": WebBoard,
        "d": DigitsBoard,
        "line": MatrixBoard,
    }
    for board in boards.values():
        board.close()
