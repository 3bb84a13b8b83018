"""The walk through the keys: each first press is ticked off and does nothing else."""

from __future__ import annotations

import threading

from appliance.technician.walk import LIMIT_S, KeyWalk
from hardware.ports import Gesture, Press


def press(control: str, gesture: Gesture = Gesture.TAP) -> Press:
    return Press(control, gesture, 1, 0.0, 0.0)


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_walk_every_press_is_the_queues() -> None:
    walk = KeyWalk()
    assert not walk.takes(press("desk/1/next"))
    assert not walk.view().active


def test_the_first_press_of_a_key_is_taken_and_the_second_acts() -> None:
    walk = KeyWalk()
    walk.begin(["desk/1/next", "desk/1/repeat"])
    assert [walk.takes(press("desk/1/next")) for _ in range(2)] == [True, False]
    assert (walk.view().ticked, walk.view().missing) == (("desk/1/next",), ("desk/1/repeat",))


def test_a_long_press_ticks_off_too_and_a_strange_key_acts() -> None:
    walk = KeyWalk()
    walk.begin(["desk/1/finish"])
    assert not walk.takes(press("desk/9/next"))
    assert walk.takes(press("desk/1/finish", Gesture.HOLD))


def test_a_walk_that_was_ended_or_forgotten_takes_nothing() -> None:
    time = Time()
    walk = KeyWalk(time)
    walk.begin(["a/1/next", "a/2/next"])
    walk.end()
    assert not walk.takes(press("a/1/next"))
    walk.begin(["a/1/next", "a/2/next"])
    time.now += LIMIT_S + 1
    assert not walk.takes(press("a/1/next"))
    assert not walk.view().active


def test_beginning_anew_forgets_the_ticks() -> None:
    walk = KeyWalk()
    walk.begin(["x"])
    walk.takes(press("x"))
    walk.begin(["x"])
    assert walk.view().missing == ("x",)


def test_whoever_waits_is_woken_by_a_tick() -> None:
    walk = KeyWalk()
    walk.begin(["x", "y"])
    timer = threading.Timer(0.05, walk.takes, (press("x"),))
    timer.start()
    assert walk.wait(0, 10.0).ticked == ("x",)
    timer.join()
