"""The word of a screen: open to the hall, and bounded."""

from __future__ import annotations

import time
from typing import Any

import pytest

from appliance.api.guard import SCREENS_LIMIT
from appliance.workers.screens import TOO_SOON_S, Screens
from hardware.boards.web import SILENT_S, WebBoard
from hardware.config import WebBoardConfig
from tests.api.rig import Rig, take

PATH = "/api/v1/hall/screens/hall"
WORD = {"seq": 1, "age_ms": 200}


class Screened:
    """An office with one screen, on a clock that the test moves."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.now = rig, 100.0
        self.board = WebBoard(WebBoardConfig("hall"), lambda: self.now)
        rig.context.screens = Screens(rig.writer, {"hall": self.board}, lambda: self.now)  # type: ignore[arg-type]
        self.client = rig.client("en")

    def await_note(self, after: int) -> None:
        """Until the commit that followed `after` has been noted: listeners hear of it after its answer went out."""
        screens = self.rig.context.screens
        assert isinstance(screens, Screens)
        deadline = time.monotonic() + 10
        while screens._changes[-1][1] <= after:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def tell(self, **changes: Any) -> Any:
        return self.client.post(PATH, json={"seq": self.rig.office.seq, "age_ms": 200, **changes})

    def read(self) -> Any:
        return self.client.get(PATH).json()


@pytest.fixture
def screened(hall: Rig) -> Screened:
    return Screened(hall)


def test_a_screen_tells_without_a_session_and_is_seen(screened: Screened) -> None:
    unseen = {"condition": "missing", "reason": "screen-never-seen", "seen": False, "silent_s": 0, "pattern": False}
    assert screened.read() == {"name": "hall", **unseen}
    answer = screened.tell()
    assert (answer.status_code, answer.content) == (204, b"")
    screened.now += 7.9
    ready = {"condition": "ready", "reason": "", "seen": True, "silent_s": 7, "pattern": False}
    assert screened.read() == {"name": "hall", **ready}
    screened.now += SILENT_S
    assert screened.read()["reason"] == "screen-silent"


def test_telling_changes_nothing_in_the_journal(screened: Screened) -> None:
    seq = screened.rig.office.seq
    for _ in range(3):
        assert screened.tell().status_code == 204
        screened.now += 10
    assert screened.rig.office.seq == seq


def test_a_screen_that_shows_an_old_state_is_stale(screened: Screened) -> None:
    shown = screened.rig.office.seq
    screened.now += 5
    take(screened.client)
    screened.await_note(shown)
    screened.now += 20
    assert screened.tell(seq=shown).status_code == 204
    assert screened.read()["reason"] == "screen-stale"


@pytest.mark.parametrize("name", ["other", "hall2", "a-20-letters-name-xx"])
def test_only_screens_of_hardware_toml_are_known(screened: Screened, name: str) -> None:
    path = f"/api/v1/hall/screens/{name}"
    for answer in (screened.client.post(path, json=WORD), screened.client.get(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert path in answer.json()["detail"]


@pytest.mark.parametrize("name", ["Hall", "x" * 21, "a%20b", "зал", "..%2Fhall"])
def test_a_name_that_no_board_can_have_is_refused(screened: Screened, name: str) -> None:
    path = f"/api/v1/hall/screens/{name}"
    for answer in (screened.client.post(path, json=WORD), screened.client.get(path)):
        assert answer.status_code in (404, 422), answer.text
    assert not screened.board.seen


def test_an_office_without_screens_knows_none(hall: Rig) -> None:
    client = hall.client()
    assert client.post(PATH, json=WORD).status_code == 404
    assert client.get(PATH).status_code == 404


def test_once_in_a_second_is_often_enough(screened: Screened) -> None:
    assert screened.tell().status_code == 204
    refused = screened.tell()
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "too-often", "1")
    screened.now += TOO_SOON_S
    assert screened.tell().status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seq": 1},
        {"age_ms": 1},
        {"seq": -1, "age_ms": 0},
        {"seq": 1, "age_ms": -1},
        {"seq": 2**60, "age_ms": 0},
        {"seq": "1", "age_ms": 0},
        {"seq": 1.5, "age_ms": 0},
        {"seq": True, "age_ms": 0},
        {"seq": None, "age_ms": 0},
        {"seq": 1, "age_ms": 0, "name": "hall"},
        [],
        "x",
    ],
)
def test_a_body_is_two_numbers(screened: Screened, body: Any) -> None:
    assert screened.client.post(PATH, json=body).status_code == 422
    assert not screened.board.seen


def test_a_body_is_small_and_json(screened: Screened) -> None:
    large = screened.client.post(PATH, content=b" " * (SCREENS_LIMIT + 1), headers={"Content-Type": "application/json"})
    assert (large.status_code, large.json()["code"], large.json()["facts"]) == (413, "body-too-large", {"limit_kib": 1})
    plain = screened.client.post(PATH, content=b'{"seq":1,"age_ms":1}', headers={"Content-Type": "text/plain"})
    assert (plain.status_code, plain.json()["code"]) == (415, "not-json")
    assert not screened.board.seen


def test_a_foreign_page_cannot_keep_a_screen_alive(screened: Screened) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = screened.client.post(PATH, json=WORD, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused")
    assert not screened.board.seen


def test_the_hall_tells_which_screens_show_the_test_picture(screened: Screened) -> None:
    assert screened.client.get("/api/v1/hall").json()["patterns"] == []
    screened.board.test_pattern(True)
    assert screened.client.get("/api/v1/hall").json()["patterns"] == ["hall"]
    assert screened.read()["pattern"] is True
    screened.board.test_pattern(False)
    assert screened.client.get("/api/v1/hall").json()["patterns"] == []
