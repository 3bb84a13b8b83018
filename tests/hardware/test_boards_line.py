"""The line of dots: its letters, what it shows for a call, how a long text runs."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.boards.font import ALPHABET, ARROW, DIGITS, GLYPHS, HEIGHT, TWINS, draw, width
from hardware.boards.line import ALL_DOTS_S, GAP, LETTERS, STEP_S, Dots, Line, Pattern, dark, text_of
from hardware.ports import BoardRow

LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RUSSIAN = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
UKRAINIAN = "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ"


def picture(text: str) -> Dots:
    return tuple(line.strip() for line in text.strip().splitlines())


CALL = picture("""
    .........###........#....###..#####...............#####.........
    ........#...#......##...#...#.#...........#..........#..........
    ........#...#.......#...#...#.####.........#........#...........
    ........#####.......#...#...#.....#.....#####........#..........
    ........#...#.......#...#...#.....#........#..........#.........
    ........#...#.......#...#...#.#...#.......#.......#...#.........
    ........#...#......###...###...###.................###..........
    ................................................................
""")
TIGHT = picture("""
    ...#####...#....###...###...........#.....#.....
    ...#......##...#...#.#...#...#.....##....##.....
    ...#.......#.......#.....#....#...#.#...#.#.....
    ...####....#......#.....#..#####.#..#..#..#.....
    ...#...#...#.....#.....#......#..#####.#####....
    ...#...#...#....#.....#......#......#.....#.....
    ...####...###..#####.#####..........#.....#.....
    ................................................
""")
UKRAINIAN_ONLY = picture("""
    ....#..###..###.#.#..#.#.
    #####.#...#..#........#..
    #.....#......#..###.#...#
    #.....####...#...#..#..##
    #.....#......#...#..#.#.#
    #.....#...#..#...#..##..#
    #......###..###.###.#...#
    .........................
""")


def apart(one: str, other: str) -> int:
    """In how many dots two signs differ, both set to the left."""
    first, second = GLYPHS[one], GLYPHS[other]
    wide = max(len(first[0]), len(second[0]))
    pairs = zip("".join(row.ljust(wide, ".") for row in first), "".join(row.ljust(wide, ".") for row in second),
                strict=True)  # fmt: skip
    return sum(a != b for a, b in pairs)


def test_both_alphabets_digits_and_latin_letters_can_be_drawn() -> None:
    assert set(RUSSIAN + UKRAINIAN) == set(ALPHABET)
    assert set(ALPHABET + DIGITS + ARROW) <= GLYPHS.keys()
    assert {TWINS.get(letter, letter) for letter in LATIN} <= GLYPHS.keys()
    for sign, rows in GLYPHS.items():
        assert len(rows) == HEIGHT, sign
        assert len({len(row) for row in rows}) == 1, sign
        assert set("".join(rows)) <= {"#", "."}, sign


def test_every_letter_of_both_alphabets_differs_from_every_other_sign() -> None:
    for one, other in combinations(ALPHABET + DIGITS, 2):
        assert apart(one, other) >= 3, (one, other)
    for one, other in combinations(GLYPHS, 2):
        assert apart(one, other) >= 2, (one, other)


def test_the_tail_and_nothing_else_lies_in_the_last_row() -> None:
    assert [letter for letter in ALPHABET if "#" in GLYPHS[letter][HEIGHT - 1]] == ["Д", "Ц", "Щ"]


@pytest.mark.parametrize(
    ("text", "dots", "wanted"), [("А 105 → 3", 64, CALL), ("Б122→44", 48, TIGHT)], ids=["spaced", "tight"]
)
def test_golden_lines(text: str, dots: int, wanted: Dots) -> None:
    line = Line(text, dots)
    assert not line.runs
    assert line.at(0) == wanted, "\n".join(line.at(0))
    assert line.at(99) == wanted


def test_a_no_break_space_and_small_letters_are_drawn_as_the_others() -> None:
    assert draw("а\u00a0105") == draw("А 105")
    assert draw("AB") == draw("АВ")
    assert draw("№") == GLYPHS["?"]
    assert draw("") == ("",) * HEIGHT


ROWS = (BoardRow("А\u00a0105", 3, True), BoardRow("АБ\u00a01138", 112), BoardRow("Ї\u00a0007", 5))


@pytest.mark.parametrize(
    ("desk", "dots", "text"),
    [
        (None, 64, "А 105 → 3"),
        (None, 40, "А105→3"),
        (None, 24, "А105→3"),
        (112, 64, "АБ 1138"),
        (112, 32, "АБ1138"),
        (5, 32, "Ї 007"),
        (7, 32, ""),
    ],
)
def test_what_a_line_says(desk: int | None, dots: int, text: str) -> None:
    assert text_of(ROWS, desk, dots) == text


def test_a_line_of_the_hall_is_dark_when_no_call_is_fresh() -> None:
    assert text_of(ROWS[1:], None, 64) == ""
    assert text_of((), None, 64) == ""
    assert Line("", 64).at(0) == dark(64)


def test_the_longest_call_stands_on_eight_modules() -> None:
    assert width("АБ1138→112") <= 64


@given(st.text(ALPHABET + DIGITS, min_size=1, max_size=12), st.integers(1, 16), st.floats(0, 1e6))
def test_a_line_is_as_wide_as_its_display_and_runs_only_when_it_must(text: str, modules: int, at: float) -> None:
    line = Line(text, 8 * modules)
    frame = line.at(at)
    assert [len(row) for row in frame] == [8 * modules] * HEIGHT
    if not line.runs:
        assert frame == line.at(0)
        assert [row.count("#") for row in frame] == [row.count("#") for row in draw(text)]


def test_a_running_text_comes_round_by_one_dot_a_step() -> None:
    line = Line("АБВГҐДЕЄЖ", 32)
    round_s = (width(line.text) + GAP) * STEP_S
    whole = [line.at(step * STEP_S + STEP_S / 2) for step in range(width(line.text) + GAP)]
    assert len(set(whole)) == len(whole)
    assert line.at(round_s + STEP_S / 2) == whole[0]
    for before, after in pairwise(whole):
        assert [row[1:] for row in before] == [row[:-1] for row in after]


def test_the_pattern_lights_every_dot_and_then_shows_every_letter() -> None:
    pattern = Pattern(64)
    assert set("".join(pattern.at(0))) == {"#"}
    steps = int((20 - ALL_DOTS_S) / STEP_S)
    first_columns = [tuple(row[0] for row in pattern.at(ALL_DOTS_S + (step + 0.5) * STEP_S)) for step in range(steps)]
    seen = "".join("/".join(column) for column in first_columns)
    for letter in ALPHABET + DIGITS:
        glyph = "".join("/".join(column) for column in zip(*GLYPHS[letter], strict=True))
        assert glyph in seen, letter
    assert set(ALPHABET) < set(LETTERS)


def test_the_letters_that_only_ukrainian_has() -> None:
    assert draw("ҐЄІЇЙ") == UKRAINIAN_ONLY
