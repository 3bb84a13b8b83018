"""Learn mode: three presses make a panel, and the rest of the file stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.config import GPIO, HardwareConfigError, Point, parse
from hardware.learning import Elsewhere, Lesson, Taken, owner_of, save, written

FILE = """# Our office.
schema = 1
mode = "real"

[[panel]]   # the window by the door
desk = 1
next = 4
repeat = 5
finish = 6
lamp = 18   # green

[[button]]
role = "kiosk.ticket"
service = "A"
pin = 17
"""


def learnt(desk: int, *lines: int, bus: str = GPIO, module: int | None = None) -> Lesson:
    lesson = Lesson(desk)
    for line in lines:
        after = lesson.press(Point(bus, line, module), parse(FILE.encode()))
        assert isinstance(after, Lesson)
        lesson = after
    return lesson


def test_keys_are_asked_for_in_the_order_in_which_they_sit() -> None:
    assert [learnt(2, *(12, 13, 16)[:pressed]).wanted for pressed in range(4)] == ["next", "repeat", "finish", None]


def test_a_new_desk_is_added_and_everything_else_stays() -> None:
    made = written(FILE, learnt(2, 12, 13, 16))
    assert made.startswith(FILE.rstrip("\n")[: FILE.index("[[button]]")])
    assert "# the window by the door" in made
    assert "lamp = 18   # green" in made
    panels = {panel.desk: panel for panel in parse(made.encode()).panels}
    assert panels[2].finish == Point(GPIO, 16)
    assert panels[1].lamp == Point(GPIO, 18)


def test_a_known_desk_is_learnt_anew_and_keeps_its_lamp() -> None:
    made = parse(written(FILE, learnt(1, 6, 5, 22)).encode())
    (panel,) = made.panels
    assert (panel.next.line, panel.repeat.line, panel.finish.line, panel.lamp) == (6, 5, 22, Point(GPIO, 18))


def test_the_first_panel_of_a_file_without_any() -> None:
    bare = 'schema = 1\nmode = "real"\n'
    assert [panel.desk for panel in parse(written(bare, learnt(2, 12, 13, 16)).encode()).panels] == [2]


def test_a_key_that_is_taken_names_its_owner() -> None:
    config = parse(FILE.encode())
    assert Lesson(2).press(Point(GPIO, 17), config) == Taken(Point(GPIO, 17), "kiosk/A")
    assert Lesson(2).press(Point(GPIO, 5), config) == Taken(Point(GPIO, 5), "desk/1/repeat")
    assert isinstance(Lesson(1).press(Point(GPIO, 5), config), Lesson)


def test_the_same_key_twice_is_no_second_key() -> None:
    lesson = learnt(2, 12)
    assert lesson.press(Point(GPIO, 12), parse(FILE.encode())) == Taken(Point(GPIO, 12), "desk/2/next")
    assert lesson.wanted == "repeat"


def test_a_panel_lies_on_one_bus_and_module() -> None:
    lesson = learnt(2, 3, bus="desks", module=1)
    answer = lesson.press(Point("desks", 3, 2), parse(FILE.encode()))
    assert answer == Elsewhere(Point("desks", 3, 2), Point("desks", 3, 1))


def test_an_unfinished_lesson_is_not_written() -> None:
    with pytest.raises(ValueError, match="finish"):
        written(FILE, learnt(2, 12, 13))


def test_a_file_that_would_not_be_good_is_refused() -> None:
    with pytest.raises(HardwareConfigError):
        written(FILE, learnt(2, 0, 1, 2, bus="nowhere", module=3))


def test_saving_keeps_the_file_before(tmp_path: Path) -> None:
    file = tmp_path / "hardware.toml"
    file.write_text(FILE)
    save(file, written(FILE, learnt(2, 12, 13, 16)))
    assert len(parse(file.read_bytes()).panels) == 2
    assert (tmp_path / "hardware.toml.before").read_text() == FILE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hardware.toml", "hardware.toml.before"]


def test_who_owns_a_point() -> None:
    config = parse(FILE.encode())
    assert owner_of(Point(GPIO, 4), config) == "desk/1/next"
    assert owner_of(Point(GPIO, 4), config, but_desk=1) is None
    assert owner_of(Point(GPIO, 27), config) is None
