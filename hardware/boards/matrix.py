"""One line of dots: MAX7219 modules in a chain on SPI, drawn with a font of our own through luma.

A MAX7219 never answers, so nobody can know whether it shines; what is known is whether the SPI takes the bytes. The
whole display is set up and drawn anew every few seconds, because a module that lost its power comes back dark and
without its settings. luma and Pillow are imported in the display's own thread, with the first text.
"""

from __future__ import annotations

import errno
import importlib
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from hardware.boards.font import HEIGHT
from hardware.boards.line import STEP_S, Dots, Line, Pattern, dark, text_of
from hardware.boards.spi import Chain, SpiChain, spi_path
from hardware.config.model import MatrixBoardConfig
from hardware.ports import Board, BoardRow, Condition, DeviceState

log = logging.getLogger(__name__)

REFRESH_S = 4.0
"""The whole display is written this often, whatever it shows."""

RETRY_S = 5.0
"""How long a display that can't be reached is left alone."""

GONE = (errno.ENOENT, errno.ENODEV, errno.ENXIO)


class MatrixBoard(Board):
    """Shows the newest call of the hall and its desk, or the number of one desk.

    States: `spi-missing`, `port-denied`, `spi-failed`, `board-failed`; a display that couldn't be reached is tried
    again for ever.
    """

    def __init__(self, config: MatrixBoardConfig, serial: Chain | None = None) -> None:
        """`serial` stands in for the Pi's SPI; it is used for as long as the board lives."""
        self._config = config
        self._open: Callable[[], Chain] = lambda: serial or SpiChain(config.spi_port, config.spi_device)
        self._link = _Link()
        self._device: Any = None
        self._changed = threading.Condition()
        self._rows: tuple[BoardRow, ...] = ()
        self._playing: Line | Pattern = Line("", self.dots)
        self._began = monotonic()
        self._testing = False
        self._fresh = True
        self._closing = False
        self._state = DeviceState(Condition.MISSING, datetime.now(UTC), "not-started")
        self._thread: threading.Thread | None = None

    @property
    def dots(self) -> int:
        """How many dots wide the display is."""
        return self._config.modules * 8

    def show(self, rows: Sequence[BoardRow]) -> None:
        """Show these calls, the newest first; the same calls again don't make a running text begin anew."""
        with self._changed:
            self._rows = tuple(rows)
            self._play()

    def test_pattern(self, on: bool) -> None:
        """Every dot, then every letter."""
        with self._changed:
            self._testing = on
            self._play()

    def state(self) -> DeviceState:
        """Whether the SPI takes what is shown."""
        return self._state

    def close(self) -> None:
        """Go dark and release the SPI."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(5.0)

    def _play(self) -> None:
        playing: Line | Pattern
        if self._testing:
            playing = Pattern(self.dots)
        else:
            playing = Line(text_of(self._rows, self._config.desk, self.dots), self.dots)
        if playing != self._playing:
            self._playing, self._began, self._fresh = playing, monotonic(), True
            self._changed.notify_all()
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name=f"board {self._config.name}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closing:
                    break
                playing, began, self._fresh = self._playing, self._began, False
            try:
                self._set_up()
                self._note(Condition.READY)
                self._draw_until_due(playing, began)
            except Exception as error:
                self._lose(error)
                self._wait(RETRY_S)
        self._go_dark()

    def _draw_until_due(self, playing: Line | Pattern, began: float) -> None:
        """Draw the text as it moves, until something else is to be shown or the display is to be set up anew."""
        due = monotonic() + REFRESH_S
        shown: Dots | None = None
        while True:
            now = monotonic()
            frame = playing.at(now - began)
            if frame != shown:
                self._draw(frame)
            if shown is None:
                self._device.show()  # only now: a module that comes back would shine with what it found in its memory
            shown = frame
            if self._wait(min(due - now, STEP_S) if playing.runs else due - now) or monotonic() >= due:
                return

    def _wait(self, seconds: float) -> bool:
        """Wait for so long; True at once when there is something else to do."""
        with self._changed:
            return self._changed.wait_for(lambda: self._fresh or self._closing, max(0.0, seconds))

    def _set_up(self) -> None:
        """Open what isn't open, and give every module the settings that it has lost with its power."""
        config = self._config
        if not self._link.is_open:
            chain = self._open()
            self._device = self._device or self._made_device()
            self._link.use(chain)
        registers = importlib.import_module("luma.led_matrix.const").max7219
        for register, value in (
            (registers.DISPLAYTEST, 0),
            (registers.DECODEMODE, 0),
            (registers.SCANLIMIT, HEIGHT - 1),
            (registers.INTENSITY, config.brightness),
        ):
            self._device.data([register, value] * config.modules)

    def _made_device(self) -> Any:
        """Luma's device, made while the link is closed, what it says on its own goes nowhere."""
        config = self._config
        return importlib.import_module("luma.led_matrix.device").max7219(
            self._link,
            cascaded=config.modules,
            block_orientation=config.orientation,
            blocks_arranged_in_reverse_order=config.reversed,
        )

    def _draw(self, frame: Dots) -> None:
        image = importlib.import_module("PIL.Image").new("1", (self.dots, HEIGHT))
        image.putdata([255 * (dot == "#") for row in frame for dot in row])
        self._device.display(image)

    def _go_dark(self) -> None:
        try:
            if self._device is not None and self._link.is_open:
                self._draw(dark(self.dots))
                self._device.hide()
        except OSError:
            log.debug("board %s was gone before it could go dark", self._config.name)
        finally:
            self._link.drop()

    def _lose(self, error: Exception) -> None:
        self._link.drop()
        device = spi_path(self._config.spi_port, self._config.spi_device)
        facts = {"device": device, "board": self._config.name, "error": str(error)}
        match error:
            case PermissionError():
                facts |= {"port": device, "what": self._config.name, "group": _group_of(device)}
                self._note(Condition.FAULT, "port-denied", "join-group", **facts)
            case OSError(errno=number) if number in GONE:
                self._note(Condition.MISSING, "spi-missing", "enable-spi", **facts)
            case OSError():
                self._note(Condition.FAULT, "spi-failed", "restart-box", **facts)
            case _:
                if self._state.reason != "board-failed":
                    log.exception("board %s", self._config.name)
                self._note(Condition.FAULT, "board-failed", "run-doctor", **facts)

    def _note(self, condition: Condition, reason: str = "", hint: str = "", **facts: str) -> None:
        before = self._state
        if (before.condition, before.reason) == (condition, reason):
            return
        self._state = DeviceState(condition, datetime.now(UTC), reason, hint, facts)
        if condition is not Condition.READY:
            log.warning("board %s: %s: %s", self._config.name, reason, facts["error"])
        elif before.reason != "not-started":
            log.info("board %s is back", self._config.name)


class _Link:
    """The serial interface that luma keeps, over whatever SPI is open now; without one, what it is given goes nowhere.

    luma leaves a hook behind for every device that it makes, so there is one device, and what comes and goes is below.
    """

    def __init__(self) -> None:
        self._chain: Chain | None = None

    @property
    def is_open(self) -> bool:
        return self._chain is not None

    def use(self, chain: Chain) -> None:
        self._chain = chain

    def drop(self) -> None:
        chain, self._chain = self._chain, None
        if chain is not None:
            chain.cleanup()

    def data(self, data: Sequence[int]) -> None:
        if self._chain is not None:
            self._chain.data(data)

    def cleanup(self) -> None:
        """Luma's own end, at the interpreter's; the board has released the port by then."""


def _group_of(path: str) -> str:
    """The group that a device belongs to."""
    try:
        return Path(path).group()
    except (OSError, KeyError):
        return "spi"
