"""Figures of the wall that go on with the time, though nothing new comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from appliance.domain.days import OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk
from appliance.domain.pausing import PauseHall
from sync.centre.day_facts import DaySpan
from sync.centre.doubts import Doubts
from sync.centre.facts import Facts
from sync.centre.images import Image
from sync.centre.network import LiveNetwork
from sync.centre.offices import OfficeEntry, Offices
from sync.centre.store import Store
from sync.centre.thresholds import DEFAULTS
from sync.centre.tiles import data_ms, tile_of
from sync.centre.today import today_of
from tests.centre.history_helpers import DAY, MemoryJournal, Scene3, after, played, sqlite_url
from tests.centre.journals import office
from tests.centre.watched_offices import Box, at


def schedule_at(box: Box, moment: int) -> float | None:
    """The schedule kept, of an office that is heard at this moment and whose day was worked out at its last entry."""
    image = box.heard(moment)
    today = today_of(box.log(), box.state.seq)
    tile = tile_of(image, OfficeEntry("o-1", "An office"), moment, limits=DEFAULTS, today=today)
    return tile.figures["schedule"].value


def test_a_hall_that_nobody_receives_in_loses_its_schedule_minute_by_minute() -> None:
    box = Box().begin(at(8))
    box.do(OpenDay(), at(8, 50))
    assert schedule_at(box, at(8, 59)) is None
    box.do(OpenDesk(1), at(9))
    assert schedule_at(box, at(10)) == 1
    box.do(CloseDesk(1), at(10))
    assert schedule_at(box, at(10)) == 1
    assert schedule_at(box, at(12)) == pytest.approx(1 / 3)
    assert schedule_at(box, at(18, 20)) == pytest.approx(1 / 9), "reception ends at 18:00"


def test_a_day_in_which_no_desk_opened_keeps_nothing() -> None:
    box = Box().begin(at(8))
    box.do(OpenDay(), at(8, 50))
    assert schedule_at(box, at(11)) == 0


def test_a_pause_is_nobody_s_fault() -> None:
    box = Box().begin(at(8))
    box.do(OpenDay(), at(8, 50))
    box.do(OpenDesk(1), at(9))
    box.do(PauseHall("alarm"), at(10))
    assert schedule_at(box, at(12)) == 1


class Nothing(MemoryJournal):
    """The journal of an office that has no day."""

    def spans(self, first: str, last: str) -> Sequence[DaySpan]:
        return []


def late(tmp_path: Path, arrived_ms: int) -> Image:
    """An office whose entries come without any pulse: the link is down, or the centre was just started."""
    tmp_path.mkdir(exist_ok=True)
    store = Store(f"sqlite:///{tmp_path / 'centre.db'}")
    store.make_tables()
    facts, ledger = Facts(store), office(days=1)
    network = LiveNetwork(facts, Doubts(store))
    for part in (ledger.rows[:-5], ledger.rows[-5:]):
        network.extended(facts.extend(ledger.name, ledger.incarnation, part, ledger.documents, arrived_ms), arrived_ms)
    store.close()
    image = network.image(ledger.name)
    assert image is not None
    return image


def test_late_entries_without_a_pulse_are_not_taken_for_everything(tmp_path: Path) -> None:
    row_ms = late(tmp_path, 1).row_at_ms
    image = late(tmp_path / "again", row_ms + 3 * 24 * 3_600_000)
    assert image.complete_ms == 0
    assert data_ms(image, row_ms + 3 * 24 * 3_600_000) == row_ms


def test_fresh_entries_without_a_pulse_are(tmp_path: Path) -> None:
    row_ms = late(tmp_path, 1).row_at_ms
    image = late(tmp_path / "again", row_ms + 1500)
    assert image.complete_ms == row_ms + 1500


def test_a_correction_has_changed_numbers(tmp_path: Path) -> None:
    """An office that is added to the register changes no period that was frozen before it."""
    scene = Scene3(sqlite_url(tmp_path))
    scene.history.freeze(DAY, DAY, "Orlov", after(DAY), incomplete=True)
    scene.journals["new"] = Nothing(played(1))
    Offices(scene.store).put(OfficeEntry("new", "A new office"))
    assert scene.history.correct(after(DAY)) == []
    scene.store.close()
