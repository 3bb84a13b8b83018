"""docs/hardware.md is a right hardware.toml, forgets no key, and gives the computed cycles."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from hardware.config import ModbusBusConfig, ModuleConfig, parse
from hardware.config.keys import OUTPUTS
from hardware.config.wiring import KEYPAD_KEYS
from hardware.modbus.cycle import BAUDS, cycle_s, limit_s

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")


def test_its_blocks_are_a_right_file() -> None:
    config = parse("\n".join(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)).encode())
    assert {board.name for board in config.boards} == {"hall", "desk2", "line"}
    assert {key.point.bus for key in config.wired_keys()} == {"gpio", "desks", "pad1"}


def test_it_tells_every_key_that_the_reader_knows() -> None:
    names = {*OUTPUTS, "pin", "module", "input", "key"}
    for path in (ROOT / "hardware" / "config").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("get", "text", "flag", "integer", "choice", "file", "folder", "output", "table")
                and node.args
            ):
                key = node.args[1 if node.func.attr in ("file", "folder") else 0]
                names |= {key.value} if isinstance(key, ast.Constant) else set()
    assert len(names) > 50
    headings = set(re.findall(r"^\[+(\w+)", PAGE, re.MULTILINE))
    told = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", re.sub("```.*?```", "", PAGE, flags=re.DOTALL)))))
    assert names - told - headings == set()


def test_it_tells_every_kind_of_key_of_a_keypad() -> None:
    for name in KEYPAD_KEYS:
        if len(name) > 2 and not name[-1].isdigit():
            assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    ("row", "modules", "inputs", "latch"),
    [("1 of 32 inputs", 1, 32, None), ("2 of 32", 2, 32, None), ("3 of 16", 3, 16, None), ("6 of 8", 6, 8, None),
     ("14 of 3", 14, 3, None), ("14 of 3 with latch", 14, 3, 1)],
)  # fmt: skip
def test_its_cycles_are_the_computed_ones(row: str, modules: int, inputs: int, latch: int | None) -> None:
    (line,) = re.findall(rf"^\| {row} \|(.*)\|$", PAGE, re.MULTILINE)
    *cells, word = (cell.strip(" *") for cell in line.split("|"))
    buses = [
        ModbusBusConfig("b", "", baud, modules=tuple(ModuleConfig(one, inputs, latch) for one in range(1, modules + 1)))
        for baud in BAUDS
    ]
    assert cells == [f"{cycle_s(bus) * 1000:.0f}" for bus in buses]
    assert ("refused" in word) == all(cycle_s(bus) > limit_s(bus) for bus in buses)
