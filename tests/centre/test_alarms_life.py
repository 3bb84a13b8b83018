"""The life of an alarm in the store, on both databases: taken, escalated, closed, silenced, over restarts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from sync.centre.alarm import Alarm, Severity
from sync.centre.alarm_rules import Seen, Survey
from sync.centre.alarms import HOUR_MS, MOST_ESCALATIONS, OPEN_KEPT_S, Alarms
from sync.centre.store import Store
from sync.centre.thresholds import (
    DEFAULTS,
    FIXED,
    MOBILE,
    NETWORK,
    Limit,
    Limits,
    ThresholdError,
    Thresholds,
    scope_of,
)

SECOND, MINUTE = 1000, 60_000
T0 = 1_795_500_000_000 - 1_795_500_000_000 % HOUR_MS
ALL = frozenset(DEFAULTS)


def seen(rule: str, value: float, subject: str = "", **facts: str) -> Seen:
    return Seen(rule, subject, value, facts)


def survey(*found: Seen, judged: frozenset[str] = ALL) -> Survey:
    return Survey(tuple(found), judged)


def look(alarms: Alarms, at_ms: int, *found: Seen, office: str = "o-1", limits: Limits = DEFAULTS) -> list[Alarm]:
    return list(alarms.evaluate(at_ms, {office: (survey(*found), limits)}))


def waited(minutes: float) -> Seen:
    return seen("oldest-wait", minutes, minutes=str(int(minutes)))


def test_one_alarm_for_an_office_a_rule_and_a_subject(store: Store) -> None:
    alarms = Alarms(store)
    for moment in range(T0, T0 + MINUTE, SECOND):
        look(alarms, moment, seen("idle-with-queue", 11, "3"), seen("idle-with-queue", 12, "4"))
    assert [(one.subject, one.now) for one in alarms.open()] == [("3", Severity.WARNING), ("4", Severity.WARNING)]
    assert [count for _, count in alarms.per_hour(T0, T0 + MINUTE)] == [2]


def test_a_value_that_swings_about_the_threshold_is_one_alarm(store: Store) -> None:
    alarms = Alarms(store)
    rung = []
    for second in range(0, 180, 3):
        rung += look(alarms, T0 + second * SECOND, waited(12.1 if second % 2 else 11.9))
    assert len(rung) == 1
    assert len(alarms.history(None, T0, T0 + HOUR_MS)) == 1
    # The control: without a margin and a time to be clear in, the same value rings again and again.
    nervous = {**DEFAULTS, "oldest-wait": Limit(12, 15, clear_s=0)}
    rung = []
    for second in range(0, 180, 3):
        value = waited(12.1 if second % 2 else 11.9)
        rung += look(alarms, T0 + 2 * HOUR_MS + second * SECOND, value, office="o-2", limits=nervous)
    assert len(rung) == 30


def test_it_closes_only_after_being_clear_for_a_while(store: Store) -> None:
    alarms = Alarms(store)
    look(alarms, T0, waited(13))
    look(alarms, T0 + 10 * SECOND, waited(9))
    look(alarms, T0 + 60 * SECOND, waited(9))
    look(alarms, T0 + 61 * SECOND, waited(11))
    look(alarms, T0 + 70 * SECOND, waited(9))
    look(alarms, T0 + 129 * SECOND, waited(9))
    assert len(alarms.open()) == 1
    look(alarms, T0 + 130 * SECOND, waited(9))
    (alarm,) = alarms.history("o-1", T0, T0 + HOUR_MS)
    assert alarm.closed_ms == T0 + 130 * SECOND
    assert [step.what for step in alarms.steps(alarm.id)] == ["raised", "closed"]


def test_it_waits_before_it_rings(store: Store) -> None:
    alarms = Alarms(store)
    assert not look(alarms, T0, seen("paper-out", 1, "printer"))
    assert not look(alarms, T0 + 9 * SECOND, seen("paper-out", 1, "printer"))
    assert not look(alarms, T0 + 9500)
    assert not look(alarms, T0 + 10 * SECOND, seen("paper-out", 1, "printer"))
    (alarm,) = look(alarms, T0 + 20 * SECOND, seen("paper-out", 1, "printer"))
    assert (alarm.rule, alarm.severity) == ("paper-out", Severity.ALARM)


def test_what_the_events_say_counts_from_their_time(store: Store) -> None:
    alarms = Alarms(store)
    old = Seen("paper-out", "printer", 1, {}, since_ms=T0 - MINUTE)
    assert [one.rule for one in look(alarms, T0, old)] == ["paper-out"]


def test_taking_it_ends_its_escalation_and_graver_begins_anew(store: Store) -> None:
    alarms = Alarms(store)
    heard: list[tuple[str, int]] = []
    alarms.listen(lambda one: heard.append((one.now.value, one.escalated)))
    (alarm,) = look(alarms, T0, waited(12))
    taken = alarms.acknowledge(alarm.id, "Olga", T0 + SECOND)
    assert taken is not None and (taken.acknowledged_by, taken.acknowledged_ms) == ("Olga", T0 + SECOND)
    again = alarms.acknowledge(alarm.id, "Petro", T0 + 2 * SECOND)
    assert again is not None and again.acknowledged_by == "Olga"
    (graver,) = look(alarms, T0 + 3 * MINUTE, waited(15))
    assert (graver.severity, graver.acknowledged_ms) == (Severity.ALARM, None)
    for minute in range(4, 60):
        look(alarms, T0 + minute * MINUTE, waited(15 + minute))
    last = alarms.get(alarm.id)
    assert last is not None and last.escalated == MOST_ESCALATIONS
    escalated = [step.at_ms for step in alarms.steps(alarm.id) if step.what == "escalated"]
    assert escalated == [T0 + (3 + 5 * n) * MINUTE for n in range(1, MOST_ESCALATIONS + 1)]
    assert last.facts["minutes"] == "74"
    assert heard == [("warning", 0), ("alarm", 0), *[("alarm", n) for n in range(1, MOST_ESCALATIONS + 1)]]
    assert [step.what for step in alarms.steps(alarm.id)][:3] == ["raised", "acknowledged", "graver"]


def test_a_taken_alarm_is_not_escalated(store: Store) -> None:
    alarms = Alarms(store)
    (alarm,) = look(alarms, T0, waited(16))
    alarms.acknowledge(alarm.id, "Olga", T0 + SECOND)
    for minute in range(1, 30):
        assert not look(alarms, T0 + minute * MINUTE, waited(16 + minute))
    assert alarms.acknowledge(alarm.id + 1, "Olga", T0) is None


def test_it_survives_a_restart(store: Store, new_url: Callable[[], str]) -> None:
    first = Alarms(store)
    (alarm,) = look(first, T0, waited(16))
    first.acknowledge(alarm.id, "Olga", T0 + SECOND)
    first.hush("o-9", T0 + HOUR_MS, "Olga", "works", T0)
    second = Alarms(store)
    assert not look(second, T0 + MINUTE, waited(17))
    (found,) = second.open()
    assert (found.id, found.acknowledged_by, found.raised_ms) == (alarm.id, "Olga", T0)
    assert [one.office for one in second.hushes(T0 + MINUTE)] == ["o-9"]
    for moment in (2 * MINUTE, 3 * MINUTE):
        look(second, T0 + moment, waited(1))
    assert not second.open()


def test_two_processes_raise_it_once(store: Store) -> None:
    one, other = Alarms(store), Alarms(store)
    rung = [*look(one, T0, waited(16)), *look(other, T0, waited(16))]
    assert len(rung) == 1
    assert len(one.open()) == 1


def test_a_planned_silence(store: Store) -> None:
    alarms = Alarms(store)
    (open_one,) = look(alarms, T0, waited(16))
    hush = alarms.hush("o-1", T0 + HOUR_MS, "Olga", "the hall is painted", T0)
    for minute in range(1, 30):
        assert not look(alarms, T0 + minute * MINUTE, waited(16), seen("paper-out", 1, "printer"))
    found = alarms.get(open_one.id)
    assert found is not None and found.escalated == 0
    assert look(alarms, T0 + 30 * MINUTE, waited(13), office="o-2")
    alarms.lift(hush.id, T0 + 31 * MINUTE)
    rung = look(alarms, T0 + 31 * MINUTE, waited(16), seen("paper-out", 1, "printer"))
    assert {one.rule for one in rung} == {"oldest-wait", "paper-out"}


def test_what_is_not_judged_stays(store: Store) -> None:
    alarms = Alarms(store)
    look(alarms, T0, waited(16))
    alarms.evaluate(T0 + HOUR_MS, {"o-1": (Survey((), frozenset({"doubt"})), DEFAULTS)})
    assert len(alarms.open()) == 1
    alarms.evaluate(T0 + 2 * HOUR_MS, {"o-1": (Survey((), frozenset(), frozenset({"oldest-wait"})), DEFAULTS)})
    assert not alarms.open()


def test_a_rule_switched_off_closes_what_it_raised(store: Store) -> None:
    alarms = Alarms(store)
    look(alarms, T0, waited(16))
    off = {**DEFAULTS, "oldest-wait": Limit(None, None)}
    look(alarms, T0 + SECOND, waited(17), limits=off)
    assert not alarms.open()


def test_history_and_hours(store: Store) -> None:
    alarms = Alarms(store)
    for hour, office in enumerate(("a", "b", "a", "a")):
        moment = T0 + hour * HOUR_MS
        look(alarms, moment, waited(16), office=office)
        look(alarms, moment + MINUTE, waited(1), office=office)
        look(alarms, moment + 3 * MINUTE, waited(1), office=office)
    assert [one.office for one in alarms.history(None, T0, T0 + 4 * HOUR_MS)] == ["a", "a", "b", "a"]
    assert [one.raised_ms - T0 for one in alarms.history("a", T0 + HOUR_MS, T0 + 3 * HOUR_MS)] == [
        3 * HOUR_MS,
        2 * HOUR_MS,
    ]
    counts = [count for _, count in alarms.per_hour(T0, T0 + 4 * HOUR_MS, "a")]
    assert counts == [1, 0, 1, 1, 0]


def test_low_is_bad_where_it_should_be(store: Store) -> None:
    alarms = Alarms(store)
    for minute, free_mb in enumerate((600.0, 450.0, 450.0, 90.0, 550.0, 550.0, 620.0, 620.0)):
        look(alarms, T0 + minute * 6 * MINUTE, seen("disk-low", free_mb))
        levels: Mapping[int, str | None] = {2: "warning", 3: "alarm", 4: "alarm", 5: "alarm", 6: "alarm", 7: None}
        if minute in levels:
            (alarm,) = alarms.history("o-1", T0, T0 + HOUR_MS)
            found = None if alarm.closed_ms is not None else alarm.now.value
            assert found == levels[minute], minute


def test_thresholds_of_network_kind_and_office(store: Store) -> None:
    found = Thresholds(store)
    assert found.of("o-1", mobile=False)["oldest-wait"] == DEFAULTS["oldest-wait"]
    assert found.of("bus", mobile=True)["no-data"].off
    found.put(NETWORK, "oldest-wait", Limit(10, 14, clear_s=60, margin=2), "d-1", T0)
    found.put(MOBILE, "oldest-wait", Limit(20, None), "d-1", T0 + 1)
    found.put(scope_of("o-2"), "oldest-wait", Limit(5, 6), "d-2", T0 + 2)
    assert found.of("o-1", mobile=False)["oldest-wait"].alarm == 14
    assert found.of("bus", mobile=True)["oldest-wait"].warn == 20
    assert found.of("o-2", mobile=False)["oldest-wait"].warn == 5
    found.put(scope_of("o-2"), "oldest-wait", None, "d-2", T0 + 3)
    assert Thresholds(store).of("o-2", mobile=False)["oldest-wait"].warn == 10
    assert [(c.scope, c.who, c.limit is None) for c in found.changes()] == [
        ("office:o-2", "d-2", True),
        ("office:o-2", "d-2", False),
        (MOBILE, "d-1", False),
        (NETWORK, "d-1", False),
    ]


@pytest.mark.parametrize(
    ("scope", "rule", "limit", "code"),
    [
        (NETWORK, "no-such", Limit(1, 2), "unknown-rule"),
        ("elsewhere", "hot", Limit(1, 2), "unknown-scope"),
        ("office:", "hot", Limit(1, 2), "unknown-scope"),
        (FIXED, "hot", Limit(0, 2), "out-of-range"),
        (FIXED, "hot", Limit(80, 2), "wrong-order"),
        (FIXED, "disk-low", Limit(100, 500), "wrong-order"),
        (FIXED, "hot", Limit(1, 2, for_s=-1), "out-of-range"),
        (NETWORK, "stale", Limit(None, None), "out-of-range"),
    ],
)
def test_thresholds_that_can_not_be(store: Store, scope: str, rule: str, limit: Limit, code: str) -> None:
    found = Thresholds(store)
    with pytest.raises(ThresholdError) as refused:
        found.put(scope, rule, limit, "d-1", T0)
    assert refused.value.code == code
    assert not found.changes()


def test_open_alarms_are_read_once_until_somebody_changes_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    alarms, other = Alarms(store), Alarms(store)
    passed = [0.0]
    monkeypatch.setattr("sync.centre.alarms.time.monotonic", lambda: passed[0])
    (alarm,) = look(alarms, T0, waited(16))
    assert alarms.open() is alarms.open()
    assert alarms.open("o-2") == []
    alarms.acknowledge(alarm.id, "Olga", T0 + SECOND)
    assert [one.acknowledged_by for one in alarms.open("o-1")] == ["Olga"]

    # What another process did is seen when the memory is old.
    look(other, T0 + 2 * SECOND, waited(16), office="o-2")
    assert [one.office for one in alarms.open()] == ["o-1"]
    passed[0] += OPEN_KEPT_S
    assert [one.office for one in alarms.open()] == ["o-1", "o-2"]
