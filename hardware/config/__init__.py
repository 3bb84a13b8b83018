"""`hardware.toml`: which keys, printer, boards and sound an office has, read strictly."""

from hardware.config.mistakes import ConfigMistake, HardwareConfigError, Place
from hardware.config.model import (
    GPIO,
    KEYS,
    SIMULATED,
    BellConfig,
    BoardConfig,
    ButtonConfig,
    DigitsBoardConfig,
    GpioConfig,
    HardwareConfig,
    KeyConfig,
    KeypadConfig,
    MatrixBoardConfig,
    ModbusBusConfig,
    ModuleConfig,
    PanelConfig,
    Point,
    PrinterConfig,
    SoundConfig,
    WebBoardConfig,
)
from hardware.config.reader import load, parse
from hardware.config.wiring import KEYPAD_KEYS

__all__ = [
    "GPIO",
    "KEYPAD_KEYS",
    "KEYS",
    "SIMULATED",
    "BellConfig",
    "BoardConfig",
    "ButtonConfig",
    "ConfigMistake",
    "DigitsBoardConfig",
    "GpioConfig",
    "HardwareConfig",
    "HardwareConfigError",
    "KeyConfig",
    "KeypadConfig",
    "MatrixBoardConfig",
    "ModbusBusConfig",
    "ModuleConfig",
    "PanelConfig",
    "Place",
    "Point",
    "PrinterConfig",
    "SoundConfig",
    "WebBoardConfig",
    "load",
    "parse",
]
