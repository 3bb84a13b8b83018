"""SQLite and PostgreSQL give the same answers to everything that pages, listings and metrics ask, on the same facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from appliance.domain.indicators.period import INDICATORS
from sync.centre.order import Fate
from tests.centre.both_answers import answers, asked_of_reading, different, pages, questions
from tests.centre.both_databases import SIMULATED, WHOLE, Hardware, Told
from tests.centre.postgres import Server


@dataclass
class Both:
    """The two centres, and what each answered."""

    sqlite: Told
    postgres: Told
    of_sqlite: dict[str, object]
    of_postgres: dict[str, object]


@pytest.fixture(scope="module")
def both(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """The story, told twice."""
    folder = tmp_path_factory.mktemp("both")
    hardware = Hardware.made(folder)
    one = Told(f"sqlite:///{folder / 'centre.db'}", folder / "sqlite", hardware).tell()
    other = Told(postgres.url(), folder / "postgres", hardware).tell()
    yield Both(one, other, answers(one), answers(other))
    one.close()
    other.close()


def test_every_answer_is_the_same(both: Both) -> None:
    assert asked_of_reading(both.of_sqlite) == questions()
    assert different(both.of_sqlite, both.of_postgres) == {}


def test_every_page_is_the_same(both: Both) -> None:
    one, other = pages(both.sqlite), pages(both.postgres)
    assert different(one, other) == {}
    assert {status for status, _ in one.values()} == {200}  # type: ignore[misc]
    assert "Ґ" in str(one["/network uk"])


def test_the_story_has_something_of_everything(both: Both) -> None:
    """Empty answers are equal too."""
    told, found = both.sqlite, both.of_sqlite
    empty = [name for name in ("alarms", "past_alarms", "advice", "hushes", "devices", "tokens") if not found[name]]
    assert empty == []
    assert told.corrected == 2
    assert len(told.refused) >= 20
    fates = {one.fate for entry in told.reading.offices() for one in told.centre.directives.orders(entry.id)}
    assert {Fate.APPLIED, Fate.EXPIRED, Fate.SENT} <= fates
    states = {tile.state.value for tile in told.reading.tiles()}
    assert len(states) >= 3
    view = told.reading.office("office-17", "uk")
    assert view is not None
    assert view.standing
    assert view.series is not None
    assert told.reading.behind(SIMULATED, next(iter(INDICATORS)), *WHOLE)


CHANGES = {
    "UPDATE fact SET actor = 'desk:9' WHERE office = 'office-17' AND seq = 9": "entries office-17",
    "UPDATE office SET name = 'Барвиxа' WHERE id = 'Barvikha'": "offices",
    "UPDATE advice SET wait_s = wait_s + 1": "advice",
    "UPDATE period SET frozen_by = 'boris!' WHERE version = 1": "versions 2026-11-24 2026-11-24",
}
"""One changed value each, and a question whose answer must then be another one."""


@pytest.mark.long
def test_a_changed_value_would_be_noticed(both: Both) -> None:
    with both.postgres.centre.store.engine.begin() as connection:
        for change in CHANGES:
            connection.execute(text(change))
    assert set(CHANGES.values()) <= different(both.of_sqlite, answers(both.postgres)).keys()
