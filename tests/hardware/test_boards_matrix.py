"""The line of dots on its SPI: what is seen on modules, decoded down to their registers, and what goes wrong."""

from __future__ import annotations

import errno
import fcntl
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hardware.boards import matrix, spi
from hardware.boards.line import Dots, Line, dark
from hardware.boards.matrix import MatrixBoard
from hardware.boards.spi import SpiChain
from hardware.config import MatrixBoardConfig
from hardware.ports import BoardRow, Condition
from hardware.simulator.boards import PITCH, VirtualMatrix

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")
"""luma asks Pillow in a way that a later Pillow won't know."""

PATIENCE_S = 20.0
FRAMES_OF_A_REFRESH = 4 + 8 + 1
"""Settings, rows of dots, and waking up."""

CALL = (BoardRow("Є\u00a0105", 3, True), BoardRow("Б\u00a0042", 2))
OTHER = (BoardRow("Ґ\u00a0007", 11, True), *CALL[1:])


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refreshes and retries that a test need not wait for."""
    monkeypatch.setattr(matrix, "REFRESH_S", 0.1)
    monkeypatch.setattr(matrix, "RETRY_S", 0.05)


def line(**changes: Any) -> MatrixBoardConfig:
    return MatrixBoardConfig("line", **{"modules": 8, **changes})


class Pair:
    """A board and what hangs on it."""

    def __init__(self, config: MatrixBoardConfig) -> None:
        self.display = VirtualMatrix(config)
        self.board = MatrixBoard(config, self.display)

    def sees(self, wanted: Dots) -> bool:
        return self.display.wait(lambda dots: dots == wanted, PATIENCE_S)


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair(line())
    yield made
    made.board.close()


def until(true: Any) -> bool:
    """Wait until something is true."""
    end = monotonic() + PATIENCE_S
    while not true():
        if monotonic() > end:
            return False
        sleep(0.01)
    return True


@pytest.mark.parametrize("orientation", [-90, 0, 90, 180])
@pytest.mark.parametrize("turned_over", [False, True], ids=["cable left", "cable right"])
@pytest.mark.parametrize("modules", [6, 16])
def test_a_call_is_read_on_every_kind_of_module(orientation: int, turned_over: bool, modules: int) -> None:
    pair = Pair(line(orientation=orientation, reversed=turned_over, modules=modules))
    try:
        pair.board.show(CALL)
        assert pair.sees(Line("Є 105 → 3", 8 * modules).at(0)), "\n".join(pair.display.dots())
        assert pair.board.state().condition is Condition.READY
    finally:
        pair.board.close()


def test_modules_of_another_kind_would_not_show_it() -> None:
    drawn, hung = line(orientation=-90), line(orientation=90)
    display = VirtualMatrix(hung)
    board = MatrixBoard(drawn, display)
    try:
        board.show(CALL)
        assert display.wait(lambda dots: "#" in "".join(dots), PATIENCE_S)
        assert until(lambda: display.frames > 50)
        assert display.dots() != Line("Є 105 → 3", 64).at(0)
    finally:
        board.close()


def test_the_newest_wish_wins_and_no_call_is_dark(pair: Pair) -> None:
    for rows in (CALL, OTHER, CALL, OTHER):
        pair.board.show(rows)
    assert pair.sees(Line("Ґ 007 → 11", 64).at(0))
    pair.board.show(())
    assert pair.sees(dark(64))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([CALL, OTHER, (), CALL[1:]]), min_size=1, max_size=5))
def test_any_wishes_end_as_the_last_alone(wishes: list[tuple[BoardRow, ...]]) -> None:
    pair, alone = Pair(line()), Pair(line())
    try:
        for rows in wishes:
            pair.board.show(rows)
            pair.board.show(rows)
        alone.board.show(wishes[-1])
        assert until(lambda: alone.display.frames >= 14)
        assert pair.sees(alone.display.dots())
    finally:
        pair.board.close()
        alone.board.close()


def test_a_display_of_one_desk_shows_its_number_alone() -> None:
    pair = Pair(line(desk=2, modules=4))
    try:
        pair.board.show(CALL)
        assert pair.sees(Line("Б 042", 32).at(0))
    finally:
        pair.board.close()


def test_modules_that_come_back_dark_and_unset_show_again(pair: Pair) -> None:
    pair.board.show(CALL)
    wanted = Line("Є 105 → 3", 64).at(0)
    assert pair.sees(wanted)
    seen: list[Dots] = []
    pair.display.power_off()
    assert pair.display.dots() == dark(64)
    pair.display.power_on()
    assert pair.display.wait(lambda dots: bool(seen.append(dots)) or dots == wanted, PATIENCE_S)
    assert set(seen) <= {dark(64), wanted}, "what a module finds in its memory was lit"
    assert pair.display.brightness == 4


def test_the_brightness_is_the_one_that_is_configured() -> None:
    pair = Pair(line(brightness=11))
    try:
        pair.board.show(CALL)
        assert until(lambda: pair.display.brightness == 11)
    finally:
        pair.board.close()


def test_a_long_text_runs_and_the_same_call_does_not_begin_it_anew() -> None:
    pair = Pair(line(modules=2))
    try:
        frames: list[Dots] = []
        pair.board.show(CALL)
        first = Line("Є105→3", 16).at(0)

        def noted(dots: Dots) -> bool:
            if not frames or frames[-1] != dots:
                frames.append(dots)
            pair.board.show(CALL)
            return len(frames) > 40

        assert pair.display.wait(noted, PATIENCE_S)
        assert frames.count(first) <= 2
    finally:
        pair.board.close()


def test_the_test_lights_every_dot_and_goes_back(pair: Pair) -> None:
    pair.board.show(CALL)
    pair.board.test_pattern(True)
    assert pair.sees(("#" * 64,) * 8)
    pair.board.show(OTHER)
    pair.board.test_pattern(False)
    assert pair.sees(Line("Ґ 007 → 11", 64).at(0))


def test_a_closed_board_is_dark(pair: Pair) -> None:
    pair.board.show(CALL)
    assert pair.sees(Line("Є 105 → 3", 64).at(0))
    pair.board.close()
    assert pair.display.dots() == dark(64)
    pair.board.show(OTHER)
    assert pair.display.dots() == dark(64)


def test_an_spi_that_goes_is_a_state_and_heals_with_the_last_call(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    pair.board.show(CALL)
    assert until(lambda: pair.board.state().condition is Condition.READY)
    pair.display.unplug()
    assert until(lambda: pair.board.state().reason == "spi-missing")
    state = pair.board.state()
    assert (state.condition, state.hint) == (Condition.MISSING, "enable-spi")
    assert state.facts["device"] == "/dev/spidev0.0"
    pair.board.show(OTHER)
    sleep(0.3)
    assert pair.board.state() is state
    pair.display.plug()
    assert pair.sees(Line("Ґ 007 → 11", 64).at(0))
    assert until(lambda: pair.board.state().condition is Condition.READY)
    told = [record.message for record in caplog.records if record.name == "hardware.boards.matrix"]
    assert [message.split(":")[0] for message in told] == ["board line", "board line is back"]


@pytest.mark.parametrize(
    ("error", "condition", "reason", "hint"),
    [
        (FileNotFoundError(errno.ENOENT, "gone"), Condition.MISSING, "spi-missing", "enable-spi"),
        (OSError(errno.ENODEV, "gone"), Condition.MISSING, "spi-missing", "enable-spi"),
        (PermissionError(errno.EACCES, "no"), Condition.FAULT, "port-denied", "join-group"),
        (OSError(errno.EIO, "broken"), Condition.FAULT, "spi-failed", "restart-box"),
        (ValueError("a bug"), Condition.FAULT, "board-failed", "run-doctor"),
    ],
)
def test_what_keeps_the_spi_away_is_told(
    monkeypatch: pytest.MonkeyPatch, error: Exception, condition: Condition, reason: str, hint: str
) -> None:
    def refuse(port: int, device: int) -> SpiChain:
        raise error

    monkeypatch.setattr(matrix, "SpiChain", refuse)
    board = MatrixBoard(line(spi_port=1, spi_device=1))
    try:
        assert board.state().reason == "not-started"
        board.show(CALL)
        assert until(lambda: board.state().reason == reason)
        state = board.state()
        assert (state.condition, state.hint, state.facts["device"]) == (condition, hint, "/dev/spidev1.1")
        if reason == "port-denied":
            assert {"port", "what", "group"} <= state.facts.keys()
    finally:
        board.close()


def test_a_box_without_spi_says_so_and_no_file_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spi, "spi_path", lambda *_: str(tmp_path / "spidev0.0"))
    board = MatrixBoard(line())
    try:
        board.show(CALL)
        assert until(lambda: board.state().reason == "spi-missing")
        assert list(tmp_path.iterdir()) == []
    finally:
        board.close()


def test_the_bytes_of_a_frame_go_out_in_one_write_at_the_right_speed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    port = tmp_path / "spidev0.0"
    port.touch()
    calls: list[tuple[int, bytes]] = []
    monkeypatch.setattr(spi, "spi_path", lambda *_: str(port))
    monkeypatch.setattr(fcntl, "ioctl", lambda _file, number, value: calls.append((number, value)))
    chain = SpiChain(0, 0)
    chain.data([12, 1] * 8)
    chain.data([1, 255] * 8)
    chain.cleanup()
    assert port.read_bytes() == bytes([12, 1] * 8 + [1, 255] * 8)
    mode, speed = (1 << 30 | size << 16 | ord("k") << 8 | number for size, number in ((1, 1), (4, 4)))
    assert [number for number, _ in calls] == [mode, speed]
    assert [int.from_bytes(value, sys.byteorder) for _, value in calls] == [0, spi.SPEED_HZ]


def test_an_ordinary_file_is_no_spi_and_stays_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    port = tmp_path / "spidev0.0"
    port.touch()
    monkeypatch.setattr(spi, "spi_path", lambda *_: str(port))
    with pytest.raises(OSError, match="ioctl"):
        SpiChain(0, 0)
    assert port not in [file.resolve() for file in Path("/proc/self/fd").iterdir()]


def test_a_picture_shows_the_dots(pair: Pair) -> None:
    pair.board.show(CALL)
    assert pair.sees(Line("Є 105 → 3", 64).at(0))
    image = Image.open(BytesIO(pair.display.png())).convert("RGB")
    assert image.size == (64 * PITCH, 8 * PITCH)
    for y, row in enumerate(pair.display.dots()):
        for x, dot in enumerate(row):
            red, _, blue = image.getpixel((x * PITCH + PITCH // 2, y * PITCH + PITCH // 2))  # type: ignore[misc]
            assert (red > blue + 100) == (dot == "#"), (x, y)


def test_only_whole_frames_reach_the_modules() -> None:
    display = VirtualMatrix(line())
    with pytest.raises(ValueError):
        display.data([1, 2])
    display.power_off()
    display.data([1, 2])
    assert display.frames == 0


def test_nothing_is_drawn_with_before_there_is_something_to_show() -> None:
    code = (
        "import sys; from hardware.boards.opening import open_boards; from hardware.config import MatrixBoardConfig\n"
        "board = open_boards([MatrixBoardConfig('line', spi_port=1)], {}, {})['line']\n"
        "board.state(); board.close()\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('luma', 'PIL', 'pymodbus')])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.strip() == "[]"


def test_a_board_that_is_shown_the_same_writes_only_its_refreshes(pair: Pair) -> None:
    pair.board.show(CALL)
    assert pair.sees(Line("Є 105 → 3", 64).at(0))
    before, began, shown = pair.display.frames, monotonic(), 0
    while monotonic() - began < 0.5:
        pair.board.show(CALL)
        shown += 1
        sleep(0.001)
    refreshes = (monotonic() - began) / matrix.REFRESH_S + 2
    assert shown > 3 * refreshes
    assert pair.display.frames - before <= refreshes * FRAMES_OF_A_REFRESH
