"""The short version of `python -m tests.centre.hostile`: what a stolen card's keys open, and what no key opens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.pulse import PulseError, pulse_of
from tests.centre.hostile_inbox import inbox
from tests.centre.hostile_line import enrolment, link
from tests.centre.hostile_scene import Scene
from tests.centre.hostile_table import Table, Witness


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A centre; of each office the writer and its Litestream."""
    made = Scene(tmp_path)
    try:
        made.start_light(*made.cards)
        yield made
    finally:
        made.close()


def test_each_attack_gets_what_it_should_and_harms_nobody(scene: Scene) -> None:
    lines: list[str] = []
    table = Table(scene, lines.append)
    inbox(table, bomb=False)
    link(table, live=False)
    enrolment(table)
    assert table.wrong == [], "\n".join(lines)
    assert table.count >= 30
    assert _notices(scene)


def _notices(scene: Scene) -> bool:
    """Whether harm would be seen: a row of the victim's mirror, an entry of its facts."""
    witness = Witness(scene)
    path = next((scene.process.config.mirrors / "north").rglob("queue.db"))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE desk SET state = 'break' WHERE number = 1")
    return "north" in witness.harm(within_s=1.0)


@pytest.mark.parametrize(
    "facts",
    [
        '"health":{"disk_free_mb":NaN}',
        '"health":{"temp_c":1e999}',
        '"health":{"temp_c":-Infinity}',
        '"seq":1' + "0" * 300,
    ],
)
def test_a_pulse_with_a_number_that_is_none_is_no_pulse(facts: str) -> None:
    head = '"office":"a","incarnation":"0001-a","session":"s","count":1,"sent_ms":1,"seq":1,"chain":""'
    assert pulse_of(f"{{{head}}}").seq == 1
    with pytest.raises(PulseError):
        pulse_of(f"{{{head},{facts}}}")
