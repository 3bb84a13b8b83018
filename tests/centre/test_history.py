"""Periods: the same bytes, totals equal to the sum, provisional, frozen, corrected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from history_helpers import DAY, TOMORROW, Scene3, after, hall, played, sqlite_url

from appliance.domain.hours import NO_CALENDAR
from appliance.domain.indicators.day_log import day_logs
from appliance.domain.indicators.facts import DIMENSIONS, facts_of
from appliance.domain.indicators.period import INDICATORS, Unit
from sync.centre.day_facts import facts_of_json, json_of
from sync.centre.history import NETWORK, HistoryError
from sync.centre.images import Doubt

LATER = after(DAY)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene3]:
    found = Scene3(sqlite_url(tmp_path))
    yield found
    found.store.close()


@pytest.mark.parametrize("dimension", [*DIMENSIONS])
def test_facts_come_back_from_their_text(dimension: str) -> None:
    plan = hall()
    log = next(day_logs(played(1).records, lambda _: plan))
    facts = facts_of(log, by=(dimension,), public=NO_CALENDAR)
    text = json_of(facts)
    again = facts_of_json(text)
    assert json_of(again) == text
    assert again.days == facts.days
    assert again.dates == facts.dates
    assert {key: dict(sums) for key, sums in again.groups.items()}.keys() == facts.groups.keys()
    for group in facts.groups:
        for measure, found in facts.sums(group).items():
            mirrored = again.sums(group)[measure]
            assert (mirrored.n, mirrored.total, list(mirrored.values)) == (found.n, found.total, list(found.values))


def test_the_same_query_gives_the_same_bytes_and_a_closed_day_is_read_once(scene: Scene3) -> None:
    first = scene.history.live(DAY, DAY, LATER)
    asked = {name: journal.asked for name, journal in scene.journals.items()}
    again = scene.history.live(DAY, DAY, LATER)
    assert again.document == first.document
    assert again.digest == first.digest
    assert {name: journal.asked for name, journal in scene.journals.items()} == asked


def test_totals_are_the_sum_of_the_offices(scene: Scene3) -> None:
    found = json.loads(scene.history.live(DAY, DAY, LATER).document)
    checked = 0
    for name, indicator in INDICATORS.items():
        adds_up = indicator.unit is Unit.COUNT or name in ("working", "busy", "idle", "break")
        if not adds_up or name not in found[NETWORK]:
            continue
        parts = [values[name][0] for values in found["offices"].values()]
        assert found[NETWORK][name][0] == sum(part or 0 for part in parts), name
        checked += 1
    assert checked > 25
    assert found[NETWORK]["issued"][0] > 100


def test_a_mean_of_the_network_is_of_people_not_of_offices(scene: Scene3) -> None:
    found = json.loads(scene.history.live(DAY, DAY, LATER).document)
    weighted = sum(values["wait_mean"][0] * values["wait_mean"][1] for values in found["offices"].values())
    people = sum(values["wait_mean"][1] for values in found["offices"].values())
    assert found[NETWORK]["wait_mean"][0] == pytest.approx(weighted / people, abs=1)


def test_late_openings_of_two_offices_on_one_date_are_two(scene: Scene3) -> None:
    facts = [scene.history.office_facts(name, DAY, DAY) for name in scene.journals]
    found = json.loads(scene.history.live(DAY, DAY, LATER).document)
    assert sum(len(one.dates) for one in facts) == 3
    late = [sum(dated.late_ms or 0 for dated in one.dates) for one in facts]
    dated = [name for name, one in INDICATORS.items() if one.formula and "late" in name and name in found[NETWORK]]
    assert dated
    for name in dated:
        if INDICATORS[name].unit is Unit.MS:
            assert found[NETWORK][name][0] == sum(late)


def test_a_period_is_provisional_while_an_office_is_silent(scene: Scene3) -> None:
    scene.complete("b", upto=50)
    report = scene.history.report(DAY, DAY, LATER)
    assert report.status == "provisional"
    assert [(one.office, one.reason) for one in report.missing] == [("b", "no-data")]
    with pytest.raises(HistoryError, match="somebody-missing"):
        scene.history.freeze(DAY, DAY, "head", LATER)


def test_why_an_office_is_missing(scene: Scene3) -> None:
    image = scene.network.found["a"]
    from dataclasses import replace

    scene.network.found["a"] = replace(image, doubt=Doubt("gap", 7))
    del scene.network.found["b"]
    report = scene.history.report(DAY, DAY, LATER)
    assert [(one.office, one.reason, one.since_ms) for one in report.missing] == [("a", "doubt", 7), ("b", "never", 0)]
    not_over = scene.history.report(DAY, DAY, after(DAY, 0))
    assert {one.reason for one in not_over.missing} == {"not-over"}
    with pytest.raises(HistoryError, match="not-over"):
        scene.history.freeze(DAY, DAY, "head", after(DAY, 0), incomplete=True)


def test_late_data_make_correction_1_with_each_changed_number(scene: Scene3) -> None:
    scene.complete("c", upto=120)
    frozen = scene.history.freeze(DAY, DAY, "Orlov", LATER, incomplete=True)
    assert (frozen.status, frozen.version, [one.office for one in frozen.missing]) == ("frozen", 0, ["c"])
    assert scene.history.correct(LATER) == []

    scene.complete("c")
    (corrected,) = scene.history.correct(LATER + 5)
    assert (corrected.status, corrected.version) == ("corrected", 1)
    assert {change.office for change in corrected.changes} == {"c", NETWORK}
    before, now = frozen.values("c"), corrected.values("c")
    told = {(change.office, change.indicator): (change.before, change.after) for change in corrected.changes}
    differ = {name for name in now if before.get(name) != now[name]}
    assert differ
    assert {name for office, name in told if office == "c"} == differ
    assert told["c", "issued"] == (before["issued"][0], now["issued"][0])
    assert scene.history.report(DAY, DAY, LATER).version == 1
    assert [one.version for one in scene.history.versions(DAY, DAY)] == [0, 1]
    assert scene.history.versions(DAY, DAY)[0].document == frozen.document
    assert scene.history.correct(LATER + 9) == []
    assert scene.history.frozen() == [(DAY, DAY, 1)]


def test_a_frozen_period_is_frozen_once(scene: Scene3) -> None:
    scene.history.freeze(DAY, DAY, "Orlov", LATER)
    with pytest.raises(HistoryError, match="frozen-already"):
        scene.history.freeze(DAY, DAY, "Orlov", LATER)
    with pytest.raises(HistoryError, match="bad-period"):
        scene.history.report(DAY, DAY - timedelta(days=1), LATER)


def test_entries_behind_a_number(scene: Scene3) -> None:
    seqs = scene.history.behind("a", "missed", DAY, TOMORROW)
    by_seq = {record.seq: type(record.event).__name__ for record in played(1).records}
    values = scene.history.values("a", DAY, DAY)[""]
    assert values["missed"].value
    assert {by_seq[seq] for seq in seqs} >= {"TicketMissed"}


def test_broken_down_by_desk_the_parts_make_the_whole(scene: Scene3) -> None:
    found = scene.history.values("a", DAY, DAY, by="desk")
    whole = found.pop("")
    assert len(found) > 1
    assert sum(part["services"].value or 0 for part in found.values()) == whole["services"].value
