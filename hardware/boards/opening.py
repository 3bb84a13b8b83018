"""Which driver shows a board of hardware.toml: a new kind of board has its line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hardware.boards.digits import DigitsBoard, RegisterWriter
from hardware.boards.matrix import MatrixBoard
from hardware.boards.spi import Chain
from hardware.boards.web import WebBoard
from hardware.config.model import BoardConfig, DigitsBoardConfig, MatrixBoardConfig, WebBoardConfig
from hardware.ports import Board


def open_boards(
    configs: Iterable[BoardConfig], buses: Mapping[str, RegisterWriter], chains: Mapping[str, Chain]
) -> dict[str, Board]:
    """The boards by their names; nothing is touched before something is shown.

    `buses` are the Modbus buses by their names; `chains` stand in for the SPI of the boards that they name.
    """
    return {config.name: _open(config, buses, chains) for config in configs}


def _open(config: BoardConfig, buses: Mapping[str, RegisterWriter], chains: Mapping[str, Chain]) -> Board:
    match config:
        case WebBoardConfig():
            return WebBoard(config)
        case DigitsBoardConfig():
            return DigitsBoard(config, buses[config.bus])
        case MatrixBoardConfig():
            return MatrixBoard(config, chains.get(config.name))
