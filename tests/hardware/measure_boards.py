"""What the boards cost: `python -m tests.hardware.measure_boards`."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from hardware.boards.digits import DigitsBoard
from hardware.boards.matrix import REFRESH_S, MatrixBoard
from hardware.config import DigitsBoardConfig, MatrixBoardConfig
from hardware.ports import BoardRow
from tests.hardware.test_boards_digits import Bus

ROWS = tuple(BoardRow(f"А\u00a0{number:03d}", desk, desk == 1) for desk, number in enumerate(range(105, 119), start=1))
OTHER = (BoardRow("Ґ\u00a0007", 3, True), *ROWS[3:])


class Nothing:
    """An SPI that takes everything."""

    def __init__(self) -> None:
        self.frames = 0

    def data(self, data: object) -> None:
        self.frames += 1

    def cleanup(self) -> None:
        """Nothing to release."""


def rss_mb() -> float:
    """The memory of this process."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def calls(act: Callable[[int], None], times: int = 2000) -> str:
    """How long a call takes its caller."""
    took = []
    for number in range(times):
        began = time.perf_counter()
        act(number)
        took.append((time.perf_counter() - began) * 1e6)
    took.sort()
    return f"p50 {statistics.median(took):.0f} us, p99 {took[int(times * 0.99)]:.0f} us"


def matrix_cpu(modules: int, seconds: float) -> tuple[float, int]:
    """Share of one processor for a display, its drawing included, and the frames that were sent."""
    chain = Nothing()
    board = MatrixBoard(MatrixBoardConfig("line", modules=modules), chain)
    board.show(ROWS)
    time.sleep(1.0)
    before, frames, began = time.process_time(), chain.frames, time.monotonic()
    time.sleep(seconds)
    share = (time.process_time() - before) / (time.monotonic() - began)
    sent = chain.frames - frames
    board.close()
    return share, sent


def main() -> None:
    """Print the figures."""
    warnings.simplefilter("ignore", DeprecationWarning)
    before = rss_mb()
    first = MatrixBoard(MatrixBoardConfig("line"), Nothing())
    first.show(ROWS)
    time.sleep(2.0)
    print(f"memory of the first line of dots, luma and Pillow included: {rss_mb() - before:.1f} MB")
    print(f"show() of a line of dots, calls that change: {calls(lambda n: first.show((ROWS, OTHER)[n % 2]), 500)}")
    print(f"show() of a line of dots, the same calls: {calls(lambda n: first.show(ROWS))}")
    first.close()
    bus = Bus()
    digits = [DigitsBoard(DigitsBoardConfig(f"d{n}", "desks", 20 + n, n), bus) for n in range(1, 15)]

    def show_all(number: int) -> None:
        for board in digits:
            board.show((ROWS, OTHER)[number % 2])

    print(f"show() of 14 number displays: {calls(show_all)}")
    for modules, text in ((8, "stands"), (16, "stands"), (2, "runs")):
        seconds = 3 * REFRESH_S
        share, frames = matrix_cpu(modules, seconds)
        print(f"{modules} modules, a text that {text}: {share:.2%} of a processor, {frames} frames in {seconds:.0f} s")


if __name__ == "__main__":
    main()
