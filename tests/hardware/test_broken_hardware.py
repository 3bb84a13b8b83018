"""Every mistake of a hardware.toml is told with its place and the nearest right word, and none hides another."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.config import load
from hardware.config.mistakes import SENTENCES
from tests.hardware.broken_hardware import BASE, BROKEN, Broken, furnish

IDS = [broken.name for broken in BROKEN]


def test_the_right_file_is_right(tmp_path: Path) -> None:
    (tmp_path / "hardware.toml").write_text(BASE, encoding="utf-8")
    config = load(furnish(tmp_path) / "hardware.toml")
    assert len(config.wired_keys()) == 3 * 3 + 2 + 2
    assert len(config.boards) == 3


def test_no_two_broken_files_are_alike() -> None:
    assert len(BROKEN) >= 25
    assert len({broken.bytes for broken in BROKEN}) == len(BROKEN)


@pytest.mark.parametrize("broken", BROKEN, ids=IDS)
def test_a_broken_file_gets_exactly_its_mistakes(broken: Broken, tmp_path: Path) -> None:
    found = broken.mistakes(furnish(tmp_path))
    assert [(str(mistake.place), mistake.code, mistake.nearest) for mistake in found] == list(broken.wanted)


def test_every_mistake_occurs_in_the_table() -> None:
    assert {code for broken in BROKEN for _, code, _ in broken.wanted} == set(SENTENCES)
