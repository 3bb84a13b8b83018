"""`talon doctor` on files: broken ones, simulated offices that don't run, and what mends what."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.cli import main
from tests.hardware.broken_hardware import BROKEN, Broken, furnish

SIMULATED = """
schema = 1
mode = "simulated"
[[panel]]
desk = 1
next = 4
repeat = 5
finish = 6
[printer]
width_mm = 80
[board.line]
kind = "max7219"
[sound]
kind = "simulated"
"""


@pytest.fixture(autouse=True)
def _keep_logging() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def write(folder: Path, text: str = SIMULATED) -> Path:
    file = folder / "hardware.toml"
    file.write_text(text, encoding="utf-8")
    return file


def report(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["doctor", *words, "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, told


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.name)
def test_a_broken_file_is_told_mistake_by_mistake(
    broken: Broken, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mistakes = broken.mistakes(furnish(tmp_path))
    code, told = report(capsys, str(tmp_path / "hardware.toml"))
    assert code == 1
    assert [one["facts"]["mistake"] for one in told["findings"]] == [str(one) for one in mistakes]
    assert {one["verdict"] for one in told["findings"]} == {"fault"}


@pytest.mark.parametrize(("language", "said"), [("ru", "панель окна 1"), ("uk", "панель вікна 1"), ("en", "desk 1")])
def test_mistakes_are_told_in_the_readers_language(
    language: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, SIMULATED.replace("repeat = 5", "repeat = 4"))
    assert main(["doctor", str(file), "--language", language]) == 1
    assert said in capsys.readouterr().out


def test_an_office_that_doesnt_run_is_opened_and_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = report(capsys, str(write(tmp_path)))
    assert code == 0, told
    verdicts = {one["check"]: one["verdict"] for one in told["findings"]}
    assert [verdicts[check] for check in ("printer", "buttons", "board", "voice", "pins")] == ["well"] * 5
    assert told["faults"] == 0
    assert told["well"] + told["warnings"] == len(told["findings"])


def test_a_test_slip_comes_out_of_an_office_that_doesnt_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(write(tmp_path))
    assert main(["doctor", "print", file]) == 0
    assert main(["doctor", "code-pages", file]) == 0
    assert main(["doctor", "chime", file]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 3


def test_the_printers_confirmation_is_probed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = SIMULATED.replace("width_mm = 80", 'width_mm = 80\nconfirm = "process-id"')
    assert main(["doctor", "probe", str(write(tmp_path, told))]) == 0
    weak = told.replace('"process-id"', '"gs-r"')
    assert main(["doctor", "probe", str(write(tmp_path, weak))]) == 1
    assert 'confirm = "process-id"' in capsys.readouterr().out


def test_no_printer_and_no_boards_are_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(write(tmp_path, 'schema = 1\nmode = "simulated"\n'))
    assert main(["doctor", "print", file]) == 1
    assert main(["doctor", "board", file]) == 1
    assert all(capsys.readouterr().out.splitlines())


def test_lines_that_mend_are_printed_and_nothing_is_edited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, 'schema = 1\nmode = "real"\n[board.line]\nkind = "max7219"\n')
    before = file.read_bytes()
    assert main(["doctor", "fix", str(file)]) == 1
    assert "dtparam=spi=on" in capsys.readouterr().out
    assert file.read_bytes() == before


def test_an_unknown_act_names_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "dance", str(write(tmp_path))]) == 2
    assert "buttons" in capsys.readouterr().err
