"""A small right hardware.toml, and what is told of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.config import ConfigMistake, HardwareConfigError, parse

GOOD = """
schema = 1
mode = "real"
[gpio]
pin_factory = "lgpio"
[[button]]
role = "kiosk.ticket"
service = "A"
pin = 17
[[panel]]
desk = 3
next = 22
repeat = 23
finish = 24
[printer]
port = "/dev/serial/by-id/usb-printer"
width_mm = 58
[sound]
kind = "none"
"""


def mistakes(text: str) -> tuple[ConfigMistake, ...]:
    return mistakes_of(text, None)


def mistakes_of(text: str, home: Path | None) -> tuple[ConfigMistake, ...]:
    with pytest.raises(HardwareConfigError) as caught:
        parse(text.encode(), home)
    return caught.value.mistakes


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)
