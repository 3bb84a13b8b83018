"""The hall page on a screen of the office, in a real browser and over the real API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Browser, Page, expect

from appliance.domain.calling import CallNext
from appliance.domain.desks import OpenDesk
from appliance.domain.tickets import TakeTicket
from appliance.workers.screens import Screens
from hardware.boards.font import ALPHABET
from hardware.boards.web import WebBoard
from hardware.config import WebBoardConfig
from tests.api.halls import Hall
from tests.api.rig import Rig
from tests.web.fake import FakeOffice
from tests.web.head_office import on_a_port
from tests.web.scenes import HALLS
from tests.web.test_screens import AUDIT
from web.office import mount

PATIENCE_S = 20.0


class Screened:
    """An office with one screen."""

    def __init__(self, folder: Path) -> None:
        self.rig = Rig(folder, Hall(limit=0))
        self.board = WebBoard(WebBoardConfig("tv"))
        self.beats: list[int] = []
        screens = Screens(self.rig.writer, {"tv": self.board})
        self.rig.context.screens = screens  # type: ignore[assignment]
        beat = screens.beat

        def counted(name: str, seq: int, age_s: float) -> bool:
            self.beats.append(seq)
            return beat(name, seq, age_s)

        screens.beat = counted  # type: ignore[method-assign]
        mount(self.rig.app, self.rig.context)
        self.rig.do(TakeTicket("consult", paper=False))
        self.rig.do(OpenDesk(1))

    @property
    def seq(self) -> int:
        return self.rig.office.seq

    def until(self, true: Callable[[], bool], page: Page) -> bool:
        """Wait; the page goes on meanwhile."""
        end = monotonic() + PATIENCE_S
        while not true():
            if monotonic() > end:
                return False
            page.wait_for_timeout(20)
        return True


@pytest.fixture
def screened(tmp_path: Path) -> Iterator[Screened]:
    made = Screened(tmp_path)
    yield made
    made.rig.app.state.feed.close()
    made.rig.writer.stop()
    made.rig.local.close()
    made.rig.reads.close()


@pytest.fixture
def tv(browser: Browser, screened: Screened) -> Iterator[Page]:
    with on_a_port(screened.rig) as base:
        page = browser.new_page(base_url=base, viewport={"width": 1920, "height": 1080})
        yield page
        page.close()


def test_a_screen_tells_that_it_lives_and_what_it_shows(screened: Screened, tv: Page) -> None:
    tv.clock.install()
    tv.goto("/hall?screen=tv")
    assert screened.until(lambda: screened.board.seen, tv)
    assert screened.beats == [screened.seq]
    assert screened.board.state().reason == ""
    screened.rig.do(CallNext(1))
    expect(tv.locator(".call.newest")).to_contain_text("А\u00a0001")
    sleep(1.1)  # the office counts no more than one word in a second
    tv.clock.run_for(10_000)
    assert screened.until(lambda: len(screened.beats) == 2, tv)
    assert screened.beats[-1] == screened.seq


def test_a_page_without_a_name_tells_nothing(screened: Screened, tv: Page) -> None:
    tv.clock.install()
    tv.goto("/hall")
    tv.wait_for_selector("#calls .heads")
    tv.clock.run_for(30_000)
    tv.wait_for_timeout(200)
    assert screened.beats == []


def test_a_page_that_cannot_draw_does_not_claim_to_show_the_newest(screened: Screened, tv: Page) -> None:
    tv.clock.install()
    tv.goto("/hall?screen=tv")
    assert screened.until(lambda: screened.board.seen, tv)
    old = screened.seq
    tv.evaluate("() => document.getElementById('calls').remove()")
    screened.rig.do(CallNext(1))
    for told in (2, 3):
        sleep(1.1)
        tv.clock.run_for(10_000)
        assert screened.until(lambda told=told: len(screened.beats) == told, tv)  # type: ignore[misc]
        assert screened.beats[-1] == old < screened.seq


def test_the_test_picture_comes_and_goes_on_the_screen_that_is_meant(screened: Screened, tv: Page) -> None:
    tv.clock.install()
    tv.goto("/hall?screen=tv")
    tv.wait_for_selector("#calls .heads")
    expect(tv.locator("#pattern")).to_be_hidden()
    screened.board.test_pattern(True)
    tv.clock.run_for(5_000)
    picture = tv.locator("#pattern")
    expect(picture).to_be_visible()
    for letters in ("0123456789", ALPHABET, ALPHABET.lower(), "tv", "1920 × 1080"):
        expect(picture).to_contain_text(letters)
    box = picture.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 1920, "height": 1080}
    screened.board.test_pattern(False)
    tv.clock.run_for(5_000)
    expect(picture).to_be_hidden()


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (1280, 1024)], ids=["lying", "standing", "old"])
def test_the_test_picture_fits_its_screen_to_the_last_dot(page: Page, fresh: FakeOffice, size: tuple[int, int]) -> None:
    fresh.reading.hall_view = HALLS["calls"].model_copy(update={"patterns": ["hall"]})
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/hall?screen=hall")
    expect(page.locator("#pattern")).to_be_visible()
    page.evaluate("document.fonts.ready")
    assert page.evaluate(AUDIT) == []
    corners = [page.locator(f"#pattern .corner.{name}").bounding_box() for name in "abcd"]
    frame = float(page.locator("#pattern").evaluate("(one) => parseFloat(getComputedStyle(one).borderLeftWidth)"))
    assert frame >= 4
    assert all(corner is not None for corner in corners)
    assert {round(min(corner["x"], size[0] - corner["x"] - corner["width"])) for corner in corners if corner} == {
        round(frame)
    }


def test_other_screens_go_on_with_the_calls(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.hall_view = HALLS["calls"].model_copy(update={"patterns": ["other"]})
    page.goto("/hall?screen=hall")
    expect(page.locator(".call.newest")).to_be_visible()
    expect(page.locator("#pattern")).to_be_hidden()


def test_a_screen_whose_office_is_silent_says_so_and_tries_on(page: Page, fresh: FakeOffice) -> None:
    page.clock.install()
    page.goto("/hall?screen=hall&lang=uk")
    page.wait_for_selector(".call.newest")
    fresh.silent = True
    page.clock.run_for(23_000)
    expect(page.locator("#lost")).to_contain_text(re.compile("2[0-9]\u00a0с"))
    fresh.silent = False
    told = len(fresh.asked)
    page.clock.run_for(11_000)
    expect(page.locator("#lost")).to_be_hidden()
    page.wait_for_timeout(100)
    assert [asked[1] for asked in fresh.asked[told:]] == ["hall/screens/hall"]


def test_a_browser_in_another_language_is_not_asked_to_translate(page: Page, fresh: FakeOffice) -> None:
    page.goto("/hall?lang=ru")
    expect(page.locator('meta[name="google"][content="notranslate"]')).to_have_count(1)
