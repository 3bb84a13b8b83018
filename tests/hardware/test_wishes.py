"""What is written to lamps and displays, and in which order; and the levels that follow from a latch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hardware.modbus.latch import latched_inputs, must_be_cleared, with_pulses
from hardware.modbus.wishes import REPEAT_S, Target, Wish, Wishes

LAMP, OTHER, DISPLAY = Target(1, 0, coil=True), Target(1, 1, coil=True), Target(21, 0, coil=False)


def order(wishes: Wishes, now: float) -> list[Target]:
    """Everything that is due, as it would be written."""
    found = []
    while (wish := wishes.next(now, ())) is not None:
        wishes.settle(wish, now)
        found.append(wish.target)
    return found


def test_the_newest_wish_wins_and_keeps_the_place_of_the_older() -> None:
    wishes = Wishes()
    wishes.put(Wish(LAMP, (1,)), 0.0)
    wishes.put(Wish(DISPLAY, (1, 2)), 1.0)
    wishes.put(Wish(LAMP, (0,)), 2.0)
    assert wishes.next(2.0, ()) == Wish(LAMP, (0,))
    assert order(wishes, 2.0) == [LAMP, DISPLAY]


def test_everything_is_written_again_after_a_while() -> None:
    wishes = Wishes()
    wishes.put(Wish(LAMP, (1,)), 0.0)
    assert order(wishes, 0.5) == [LAMP]
    assert order(wishes, 0.5 + REPEAT_S - 0.1) == []
    assert order(wishes, 0.5 + REPEAT_S) == [LAMP]


def test_what_is_new_goes_before_what_is_repeated() -> None:
    wishes = Wishes()
    wishes.put(Wish(DISPLAY, (1,)), 0.0)
    assert order(wishes, 0.0) == [DISPLAY]
    wishes.put(Wish(LAMP, (1,)), REPEAT_S + 1)
    assert order(wishes, REPEAT_S + 1) == [LAMP, DISPLAY]


def test_who_does_not_answer_is_passed_over() -> None:
    wishes = Wishes()
    wishes.put(Wish(LAMP, (1,)), 0.0)
    wishes.put(Wish(DISPLAY, (1,)), 1.0)
    assert wishes.next(1.0, {1}) == Wish(DISPLAY, (1,))
    assert wishes.next(1.0, {1, 21}) is None


def test_what_could_not_be_written_lets_the_others_go_first() -> None:
    wishes = Wishes()
    for number, target in enumerate((LAMP, OTHER, DISPLAY)):
        wishes.put(Wish(target, (1,)), float(number))
    wishes.postpone(Wish(LAMP, (1,)), 3.0)  # another object: a newer wish has come
    assert wishes.next(3.0, ()) == Wish(LAMP, (1,))
    first = wishes.next(3.0, ())
    assert first is not None
    wishes.postpone(first, 3.0)
    assert order(wishes, 3.0) == [OTHER, DISPLAY, LAMP]


def test_a_wish_that_came_while_the_old_one_was_written_stays_due() -> None:
    wishes = Wishes()
    wishes.put(Wish(LAMP, (1,)), 0.0)
    old = wishes.next(0.0, ())
    assert old is not None
    newer = Wish(LAMP, (0,))
    wishes.put(newer, 0.1)
    wishes.settle(old, 0.2)
    assert wishes.next(0.2, ()) is newer


def test_a_device_that_is_back_gets_all_its_wishes_anew() -> None:
    wishes = Wishes()
    for target in (LAMP, DISPLAY):
        wishes.put(Wish(target, (1,)), 0.0)
    order(wishes, 0.0)
    wishes.renew(1, 1.0)
    assert order(wishes, 1.0) == [LAMP]


def test_repeats_are_told_apart_from_news() -> None:
    wishes = Wishes()
    wishes.put(Wish(LAMP, (1,)), 0.0)
    assert wishes.next(0.0, (), only_fresh=True) is not None
    order(wishes, 0.0)
    assert wishes.next(REPEAT_S, (), only_fresh=True) is None
    assert wishes.next(REPEAT_S, ()) is not None


def test_who_waits_for_a_writing_is_told_once() -> None:
    told: list[int] = []
    wishes = Wishes()
    wishes.put(Wish(LAMP, (1,), lambda: told.append(1)), 0.0)
    for now in (0.0, REPEAT_S):
        wish = wishes.next(now, ())
        assert wish is not None
        if wish.written is not None:
            wish.written()
        wishes.settle(wish, now)
    assert told == [1]


def test_the_bits_of_a_latch() -> None:
    assert latched_inputs([1 << 15 | 1, 1 << 1], 18) == (True, *[False] * 14, True, False, True)


class Module:
    """An input with its latch, told edge by edge or as a level."""

    def __init__(self, of_edges: bool) -> None:
        self.of_edges, self.on, self.bit = of_edges, False, False

    def move(self, on: bool) -> None:
        if on and (not self.on or not self.of_edges):
            self.bit = True
        self.on = on

    def clear(self) -> None:
        self.bit = self.on and not self.of_edges


@given(moves=st.lists(st.lists(st.booleans(), max_size=4), min_size=1, max_size=30), of_edges=st.booleans())
def test_no_press_is_missed_and_none_is_made_up(moves: list[list[bool]], of_edges: bool) -> None:
    """Between any two looks the input may move as it likes."""
    module = Module(of_edges)
    before: tuple[bool, ...] = (False,)
    for between in moves:
        rose = False
        for on in between:
            rose = rose or (on and not module.on)
            module.move(on)
        latched = (module.bit,)
        now = (module.on,)
        told = with_pulses(now, latched, before)
        if must_be_cleared(now, latched):
            module.clear()
        if rose and not before[0]:
            assert told == (True,)
        if told[0] and not before[0]:
            assert rose or now[0]
        assert told[0] or not now[0]
        before = told
