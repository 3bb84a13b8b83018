"""What wakes the open screens: entries and doubts at once, plain pulses now and then."""

from __future__ import annotations

from dataclasses import replace

from appliance.domain.message import Record
from appliance.domain.office import Office
from sync.centre.images import Doubt, Image
from web.centre.waking import PULSES_S, Waking


class Scene:
    """An office, a clock, and how often the screens were woken."""

    def __init__(self) -> None:
        self.image, self.now, self.woken = Image("north", "0001-aa", Office(), b""), 100.0, 0
        self.waking = Waking(lambda _: self.image, self._heard, lambda: self.now)

    def _heard(self) -> None:
        self.woken += 1

    def pulse(self) -> int:
        self.waking.changed("north", ())
        return self.woken


def test_pulses_wake_now_and_then() -> None:
    scene = Scene()
    assert scene.pulse() == 1
    assert [scene.pulse() for _ in range(100)] == [1] * 100
    scene.now += PULSES_S
    assert scene.pulse() == 2


def test_entries_wake_at_once() -> None:
    scene = Scene()
    scene.pulse()
    record: list[Record] = [None]  # type: ignore[list-item]
    for count in (2, 3, 4):
        scene.waking.changed("north", record)
        assert scene.woken == count


def test_a_doubt_wakes_when_it_comes_and_when_it_goes() -> None:
    scene = Scene()
    scene.pulse()
    plain = scene.image
    scene.image = replace(plain, doubt=Doubt("fork", 1))
    assert scene.pulse() == 2
    assert scene.pulse() == 2
    scene.image = replace(plain, doubt=Doubt("gap", 1))
    assert scene.pulse() == 3
    scene.image = plain
    assert scene.pulse() == 4
