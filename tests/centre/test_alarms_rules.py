"""Each rule on a real office: when it rings, for what, and that it falls silent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from appliance.domain.bell import AnswerBell, PressBell
from appliance.domain.calling import CallNext
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, TakeBreak
from appliance.domain.devices import NoteDevice
from appliance.domain.identity import AdoptPlan
from appliance.domain.pausing import PauseHall
from appliance.domain.serving import Finish, Start
from appliance.domain.tickets import TakeTicket
from sync.centre.alarm import Alarm, Severity
from sync.centre.store import Store
from sync.centre.thresholds import DEFAULTS, NETWORK, Limit
from sync.centre.watching import Watching
from tests.centre.watched_offices import HOUR, MINUTE, SECOND, Box, at, plan_of, watch


class Hall:
    """An office that has opened at nine with two desks, and the watch over it."""

    def __init__(self, store: Store, *, shifts: bool = False, desks: int = 2, mobile: bool = False) -> None:
        self.box = Box(plan=plan_of(shifts=shifts), mobile=mobile).begin(at(8, 40))
        self.box.do(OpenDay(), at(9))
        for number in range(1, desks + 1):
            self.box.do(OpenDesk(number), at(9))
        self.box.heard(at(9))
        self.watching: Watching = watch(store, self.box)
        self.rung: list[Alarm] = []
        self.watching.alarms.listen(self.rung.append)

    def run(self, first_ms: int, last_ms: int, step_ms: int = 10 * SECOND, *, online: bool = True) -> None:
        """Look every ten seconds; `online`: the office is heard meanwhile."""
        for moment in range(first_ms, last_ms + 1, step_ms):
            if online:
                self.box.heard(moment)
            self.watching.look(moment)

    def when(self, rule: str) -> list[tuple[str, int]]:
        """Each time the rule was heard: severity and moment."""
        raised = [one for one in self.watching.alarms.history(None, 0, 2**50) if one.rule == rule]
        return sorted((one.severity.value, one.raised_ms) for one in raised)

    def open(self) -> set[str]:
        return {one.rule for one in self.watching.alarms.open()}


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('rules') / 'centre.db'}")
    made.make_tables()
    yield made
    made.close()


def test_the_oldest_wait_warns_at_twelve_and_rings_at_fifteen(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(TakeTicket("visit"), at(9, 5))
    hall.run(at(9, 5), at(9, 21))
    (alarm,) = [one for one in hall.watching.alarms.open() if one.rule == "oldest-wait"]
    assert alarm.raised_ms == at(9, 17)
    assert alarm.severity is Severity.ALARM
    graver = [step.at_ms for step in hall.watching.alarms.steps(alarm.id) if step.what == "graver"]
    assert graver == [at(9, 20)]
    assert [one.facts["minutes"] for one in hall.rung if one.rule == "oldest-wait"] == ["12", "15"]
    hall.box.do(CallNext(1), at(9, 21))
    hall.run(at(9, 21, 10), at(9, 23))
    closed = hall.watching.alarms.get(alarm.id)
    assert closed is not None and closed.closed_ms == at(9, 22, 10)


def test_nobody_works_while_somebody_waits(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(TakeTicket("visit"), at(9, 5))
    hall.box.do(TakeBreak(1), at(9, 5, 30))
    hall.box.do(CloseDesk(2), at(9, 6))
    hall.run(at(9, 6), at(9, 9))
    assert hall.when("nobody-works") == [("alarm", at(9, 8))]


def test_desks_short_of_the_plan_ring_after_ten_minutes(store: Store) -> None:
    hall = Hall(store, shifts=True, desks=4)
    for desk in (1, 2):
        hall.box.do(TakeBreak(desk), at(10))
    hall.run(at(10), at(10, 15))
    assert hall.when("desks-short") == []
    hall.box.do(TakeBreak(3), at(10, 16))
    hall.run(at(10, 16), at(10, 30))
    assert hall.when("desks-short") == [("warning", at(10, 26))]


def test_a_free_desk_with_a_line_is_named(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(TakeTicket("visit"), at(9, 5))
    hall.run(at(9, 5), at(9, 16))
    found = [one for one in hall.watching.alarms.open() if one.rule == "idle-with-queue"]
    assert sorted((one.subject, one.raised_ms) for one in found) == [("1", at(9, 15)), ("2", at(9, 15))]


def test_a_forgotten_finish(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(TakeTicket("visit"), at(9, 5))
    hall.box.do(CallNext(1), at(9, 5))
    hall.box.do(Start(1), at(9, 6))
    hall.run(at(9, 6), at(9, 40), 30 * SECOND)
    assert hall.when("long-service") == [("warning", at(9, 36))]
    hall.box.do(Finish(1), at(9, 41))
    hall.run(at(9, 41), at(9, 43))
    assert "long-service" not in hall.open()


def test_closing_before_the_end_of_reception(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(CloseDay(), at(16))
    hall.run(at(16), at(16, 3))
    assert hall.when("closed-early") == [("alarm", at(16, 1))]
    hall.run(at(17, 58), at(18, 3))
    assert "closed-early" not in hall.open()


@pytest.mark.parametrize(
    ("device", "condition", "reason", "rule", "severity", "after_s"),
    [
        ("printer", "fault", "paper-out", "paper-out", "alarm", 10),
        ("printer", "warning", "paper-near-end", "paper-near-end", "warning", 10),
        ("board/1", "fault", "display-silent", "display-silent", "alarm", 60),
        ("screen/hall", "missing", "screen-silent", "display-silent", "alarm", 60),
        ("camera", "missing", "no-answer", "device-fault", "warning", 30),
        ("desk/3", "fault", "keys-stuck", "device-fault", "warning", 30),
    ],
)
def test_devices(
    store: Store, device: str, condition: str, reason: str, rule: str, severity: str, after_s: int
) -> None:
    hall = Hall(store)
    hall.run(at(9, 1), at(9, 2))
    hall.box.do(NoteDevice(device, condition, reason), at(9, 2))
    hall.run(at(9, 2), at(9, 4))
    assert hall.when(rule) == [(severity, at(9, 2) + after_s * SECOND)]
    assert hall.open() == {rule}
    hall.box.do(NoteDevice(device, "ready"), at(9, 5))
    hall.run(at(9, 5), at(9, 7))
    assert hall.open() == set()


def test_a_device_that_is_taken_away_for_good_or_only_warns_rings_nobody(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(NoteDevice("printer", "missing", "not-configured"), at(9, 1))
    hall.box.do(NoteDevice("disk", "warning", "disk-low"), at(9, 1))
    hall.run(at(9, 1), at(9, 10))
    assert hall.open() == set()


def test_a_printer_switched_off_for_the_night_rings_nobody(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(CloseDay(), at(18, 5))
    hall.box.do(NoteDevice("printer", "missing", "no-answer"), at(18, 32))
    hall.run(at(18, 32), at(18, 40))
    assert hall.open() == set()
    wednesday = date(2026, 11, 25)
    hall.run(at(8, 40, day=wednesday), at(8, 46, day=wednesday))
    assert hall.when("device-fault") == [("warning", at(8, 45, day=wednesday))]


def test_the_bell_comes_to_the_centre_after_two_minutes(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(PressBell("ramp"), at(9, 10))
    for moment in range(at(9, 10), at(9, 13) + 1, 10 * SECOND):
        hall.box.do(Tick(settled=True), moment)
        hall.run(moment, moment)
    assert hall.when("bell") == [("alarm", at(9, 12))]
    hall.box.do(AnswerBell("ramp"), at(9, 13, 20))
    hall.run(at(9, 13, 20), at(9, 13, 20))
    assert hall.open() == set()


def test_silence_within_the_hours_warns_at_three_and_rings_at_fifteen_minutes(store: Store) -> None:
    hall = Hall(store)
    hall.run(at(10, 59), at(11))
    hall.run(at(11), at(11, 16), online=False)
    (alarm,) = [one for one in hall.watching.alarms.open() if one.rule == "no-data"]
    assert alarm.raised_ms == at(11, 3)
    assert [step.at_ms for step in hall.watching.alarms.steps(alarm.id) if step.what == "graver"] == [at(11, 15)]
    hall.run(at(11, 16, 10), at(11, 16, 10))
    assert hall.open() == set()


def test_silence_neither_raises_nor_closes_an_alarm_of_the_hall(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(TakeTicket("visit"), at(9, 5))
    hall.run(at(9, 5), at(9, 18))
    assert "oldest-wait" in hall.open()
    hall.run(at(9, 18), at(9, 50), online=False)
    (alarm,) = [one for one in hall.watching.alarms.open() if one.rule == "oldest-wait"]
    assert alarm.severity is Severity.WARNING


def test_an_alarm_of_the_hall_ends_when_the_office_has_gone_to_sleep(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(TakeTicket("visit"), at(17))
    hall.run(at(17, 12), at(17, 20), MINUTE)
    assert "oldest-wait" in hall.open()
    hall.run(at(18, 29), at(18, 31), online=False)
    assert hall.open() == set()


@pytest.mark.parametrize(
    ("offset_ms", "rung"), [(1900, []), (-1900, []), (2000, ["warning"]), (-2500, ["warning"]), (31000, ["alarm"])]
)
def test_the_clock(store: Store, offset_ms: int, rung: list[str]) -> None:
    hall = Hall(store)
    hall.box.offset_ms = offset_ms
    hall.run(at(9, 1), at(9, 3))
    assert [severity for severity, _ in hall.when("clock-offset")] == rung


@pytest.mark.parametrize(
    ("name", "value", "rule", "severity"),
    [
        ("disk_free_mb", 501, "disk-low", ""),
        ("disk_free_mb", 499, "disk-low", "warning"),
        ("disk_free_mb", 90, "disk-low", "alarm"),
        ("temp_c", 74.0, "hot", ""),
        ("temp_c", 83.0, "hot", "alarm"),
        ("forged", 1, "forged", "alarm"),
        ("directive_stuck", 7, "directive-stuck", "warning"),
    ],
)
def test_what_the_pulse_says(store: Store, name: str, value: float, rule: str, severity: str) -> None:
    hall = Hall(store)
    hall.box.health[name] = value
    hall.run(at(9, 1), at(9, 4))
    assert [found for found, _ in hall.when(rule)] == ([severity] if severity else [])


def test_a_lagging_replica(store: Store) -> None:
    hall = Hall(store)
    hall.box.replica["lag_s"] = 200.0
    hall.run(at(9, 1), at(9, 3))
    assert [severity for severity, _ in hall.when("replica-lag")] == ["warning"]


@pytest.mark.parametrize(("reason", "rule"), [("gap", "doubt"), ("two-devices", "two-devices")])
def test_doubt_rings_at_once(store: Store, reason: str, rule: str) -> None:
    hall = Hall(store)
    hall.box.doubt(reason, at(9, 1))
    hall.watching.look(at(9, 1, 2))
    assert hall.when(rule) == [("alarm", at(9, 1, 2))]
    (alarm,) = hall.watching.alarms.open()
    assert alarm.facts["reason"] == reason


def test_a_paused_hall_counts_no_wait(store: Store) -> None:
    hall = Hall(store)
    hall.box.do(TakeTicket("visit"), at(9, 5))
    hall.box.do(PauseHall("alarm"), at(9, 6))
    hall.run(at(9, 6), at(9, 40), MINUTE)
    assert hall.open() == set()


def test_desks_that_close_over_a_break_of_the_roster_have_not_closed_early(store: Store) -> None:
    hall = Hall(store, shifts=True, desks=0)
    hall.box.plan = plan_of(desks=1, shifts=True)
    hall.box.do(AdoptPlan(hall.box.plan), at(9))
    hall.box.do(CloseDay(), at(9))
    hall.box.do(OpenDay(), at(9, 0, 1))
    hall.box.do(OpenDesk(1), at(9, 0, 1))
    hall.box.do(CloseDesk(1), at(13))
    hall.run(at(13), at(13, 29), MINUTE)
    assert "closed-early" not in hall.open()
    hall.run(at(13, 30), at(13, 33))
    assert "closed-early" in hall.open()


def test_a_bus_without_a_line_rings_nobody(store: Store) -> None:
    hall = Hall(store, mobile=True)
    hall.run(at(9), at(9, 5))
    hall.run(at(9, 5), at(17), 5 * MINUTE, online=False)
    assert hall.open() == set()


def test_a_threshold_of_one_office_holds_for_it_alone(store: Store) -> None:
    hall = Hall(store)
    hall.watching.thresholds.put(NETWORK, "oldest-wait", Limit(5, None), "d-1", at(9))
    hall.box.do(TakeTicket("visit"), at(9, 5))
    hall.run(at(9, 5), at(9, 11))
    assert hall.when("oldest-wait") == [("warning", at(9, 10))]


def test_every_rule_has_a_threshold_and_is_judged_somewhere() -> None:
    from sync.centre import alarm_rules

    groups = (
        *(alarm_rules.HALL, alarm_rules.DEVICES, alarm_rules.BELL),
        *(alarm_rules.PULSE, alarm_rules.LINE, alarm_rules.TRUST),
    )
    judged = [rule for group in groups for rule in group]
    assert sorted([*judged, "stale"]) == sorted(DEFAULTS)
    assert len(set(judged)) == len(judged)


def test_an_office_never_heard_rings_nobody(store: Store) -> None:
    box = Box()
    watching = watch(store, box)
    for moment in range(at(8), at(12), HOUR // 4):
        assert watching.look(moment) == []


def test_somebody_waits_for_a_reserve_desk(store: Store) -> None:
    """The rule on the predicted wait names the reserve desks that are closed."""
    hall = Hall(store)
    visit: Callable[[int], object] = lambda moment: hall.box.do(TakeTicket("visit"), moment)  # noqa: E731
    for minute in range(5, 15):
        visit(at(9, minute))
        visit(at(9, minute, 30))
        for desk in (1, 2):
            if hall.box.state.desks[desk].ticket is None:
                hall.box.do(CallNext(desk), at(9, minute, 40))
                hall.box.do(Start(desk), at(9, minute, 50))
    for moment in range(at(9, 15), at(9, 18), 10 * SECOND):
        hall.box.heard(moment)
        glance = hall.watching.wall.glance("o-1", moment)
        assert glance is not None
        hall.watching.look_ahead(glance, moment)
        hall.watching.look(moment)
    (alarm,) = [one for one in hall.watching.alarms.open() if one.rule == "newcomer-wait"]
    assert alarm.facts["desks"] == "5, 6"
    assert alarm.raised_ms == at(9, 16)
