"""The wall's book: however many screens look and however much happens, looks stay a share of one core."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from sync.centre.alarm import Alarm
from sync.centre.alarms import Hush
from sync.centre.thresholds import DEFAULTS, Limit
from sync.centre.tile import Tile, TileState
from web.centre.pages import Pages
from web.centre.wall_book import MOST_REST_S, REST, WallBook

LOOK_S = 0.02


class Reading:
    """Tiles that cost some CPU time; each look shows what was there when it began."""

    def __init__(self) -> None:
        self.looks = 0
        self.found: list[Tile] = []

    def tiles(self) -> Sequence[Tile]:
        self.looks += 1
        found, until = list(self.found), time.thread_time() + LOOK_S
        while time.thread_time() < until:
            pass
        return found

    def limits(self, _: str) -> Mapping[str, Limit]:
        return DEFAULTS

    def alarms(self) -> Sequence[Alarm]:
        return ()

    def hushes(self) -> Sequence[Hush]:
        return ()

    def now_ms(self) -> int:
        return 0


class FakePages:
    """Draws nothing, and counts how often."""

    def __init__(self) -> None:
        self.reading, self.drawn = Reading(), 0

    def draw(self, *_: object, **__: object) -> str:
        self.drawn += 1
        return ""

    def translate(self, text: str, _: str) -> str:
        return text

    def say(self, text: str, *_: object) -> str:
        return text


def a_book() -> tuple[WallBook, FakePages]:
    pages = FakePages()
    return WallBook(cast(Pages, pages), "en"), pages


def tile(office: str) -> Tile:
    return Tile(office, office, False, TileState.NEVER, None)


def test_many_screens_share_looks_and_each_sees_what_woke_it() -> None:
    book, pages = a_book()
    until, missed, seen = time.monotonic() + 1.0, list[str](), list[int]()
    lock = threading.Lock()

    def screen(name: int) -> None:
        count = 0
        while time.monotonic() < until:
            office = f"{name}-{count}"
            count += 1
            with lock:
                pages.reading.found.append(tile(office))
                del pages.reading.found[:-200]
            book.changed()
            if office not in {one.office for one in book.look().tiles}:
                missed.append(office)
        seen.append(count)

    threads = [threading.Thread(target=screen, args=(name,)) for name in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not missed
    assert sum(seen) > pages.reading.looks, "screens share looks"
    assert pages.reading.looks * LOOK_S * REST < 2.0, "looks stay a share of one core"


def test_a_tile_that_is_the_very_same_is_not_drawn_again() -> None:
    book, pages = a_book()
    pages.reading.found = [tile("a"), tile("b")]
    first = book.look()
    assert pages.drawn == 2
    book.changed()
    second = book.look()
    assert pages.drawn == 2
    assert second.drawn["a"] is first.drawn["a"]
    pages.reading.found = [pages.reading.found[1]]
    book.changed()
    assert set(book.look().drawn) == {"b"}


def test_a_wall_that_costs_much_rests_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    book, _ = a_book()
    rests: list[float] = []
    monkeypatch.setitem(globals(), "LOOK_S", 0.4)
    monkeypatch.setattr("web.centre.wall_book.time.sleep", rests.append)
    book.look()
    book.changed()
    book.look()
    assert 0.5 < rests[-1] <= MOST_REST_S
