"""The bell over the API: who may answer, what is told to whom; and the devices' past."""

from __future__ import annotations

from appliance.domain.bell import PressBell
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay
from appliance.domain.devices import NoteDevice
from tests.api.rig import Rig

ANSWER, CLOSE = "/api/v1/bells/ramp/answer", "/api/v1/bells/ramp/close"


def test_a_call_is_answered_and_over_by_the_page(rig: Rig) -> None:
    staff = rig.operator(None)
    rig.do(PressBell("ramp"), actor="bell:ramp")
    rig.clock.later(12)
    (call,) = staff.get("/api/v1/office").json()["bells"]
    assert call == {
        "bell": "ramp",
        "state": "rung",
        "rung_s": 12,
        "answered_s": None,
        "rings": 1,
        "escalated": 0,
    }
    answered = staff.post(ANSWER)
    assert answered.status_code == 200
    rig.clock.later(30)
    (call,) = staff.get("/api/v1/office").json()["bells"]
    assert (call["state"], call["rung_s"], call["answered_s"]) == ("answered", 42, 30)
    assert staff.post(CLOSE).json()["bells"] == []
    actors = [row.actor for row in rig.reads.journal(0, 500) if row.kind.startswith("Bell")]
    assert actors == ["bell:ramp", "reception/anna", "reception/anna"]


def test_only_staff_may_answer(rig: Rig) -> None:
    rig.do(PressBell("ramp"))
    for path in (ANSWER, CLOSE):
        assert rig.client().post(path).status_code == 401
    assert rig.office.bells["ramp"].answered is None


def test_what_cannot_be_done_now_is_said_in_words(rig: Rig) -> None:
    staff = rig.operator(None)
    silent = staff.post(ANSWER, headers={"Accept-Language": "uk"})
    assert (silent.status_code, silent.json()["code"]) == (409, "bell-silent")
    assert "ніхто не дзвонить" in silent.json()["detail"]
    rig.do(PressBell("ramp"))
    early = staff.post(CLOSE)
    assert (early.status_code, early.json()["code"]) == (409, "bell-not-answered")
    assert staff.post("/api/v1/bells/Ramp/answer").status_code == 422


def test_a_repeat_with_the_same_key_is_answered_once(rig: Rig) -> None:
    staff = rig.operator(None)
    rig.do(PressBell("ramp"))
    key = {"Idempotency-Key": "k"}
    first, again = staff.post(ANSWER, headers=key), staff.post(ANSWER, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_bell_is_answered_when_the_day_is_closed_too(rig: Rig) -> None:
    staff = rig.operator(None)
    rig.do(CloseDay())
    rig.do(PressBell("ramp"))
    assert staff.post(ANSWER).json()["bells"][0]["state"] == "answered"


def test_a_desk_sees_the_call_when_nobody_has_answered_for_a_minute(rig: Rig) -> None:
    clerk = rig.operator(1, "vera")
    rig.do(PressBell("ramp"))
    assert clerk.get("/api/v1/desks/1").json()["bells"] == []
    rig.clock.later(60)
    rig.do(Tick(settled=False))
    (call,) = clerk.get("/api/v1/desks/1").json()["bells"]
    assert (call["escalated"], call["rung_s"]) == (1, 60)
    assert clerk.post(ANSWER).status_code == 200
    assert clerk.get("/api/v1/desks/1").json()["bells"] == []


def test_the_history_of_a_device_is_told_to_the_owner_alone(rig: Rig) -> None:
    rig.do(NoteDevice("module/desks/1", "ready"))
    rig.clock.later(600)
    rig.do(NoteDevice("module/desks/1", "missing", "no-answer"))
    path = "/api/v1/devices/history?device=module/desks/1&days=2"
    assert rig.client().get(path).status_code == 401
    assert rig.operator(None).get(path).status_code == 403
    owner = rig.owner()
    spans = owner.get(path).json()["spans"]
    assert [(one["condition"], one["reason"], one["lasted_s"]) for one in spans] == [
        ("missing", "no-answer", None),
        ("ready", "", 600),
    ]
    assert owner.get("/api/v1/devices/history?device=nothing").json()["spans"] == []
    assert owner.get("/api/v1/devices/history?device=printer&days=0").status_code == 422


def test_what_held_before_the_days_asked_for_is_told_once(rig: Rig) -> None:
    for condition in ("ready", "fault", "ready"):
        rig.do(NoteDevice("printer", condition, "" if condition == "ready" else "paper-out"))
        rig.clock.later(3 * 86_400)
    spans = rig.owner().get("/api/v1/devices/history?device=printer&days=4").json()["spans"]
    assert [one["condition"] for one in spans] == ["ready", "fault"]


def test_the_availability_of_the_devices_by_day(rig: Rig) -> None:
    rig.do(NoteDevice("printer", "ready"))
    rig.clock.later(2700)
    rig.do(NoteDevice("printer", "fault", "paper-out"))
    rig.clock.later(900)
    rig.do(NoteDevice("printer", "ready"))
    owner = rig.owner()
    answer = owner.get("/api/v1/devices/availability?first=2026-11-24&last=2026-11-24").json()
    assert answer["rows"] == [
        {
            "device": "printer",
            "day": 1,
            "date": "2026-11-24",
            "watched_s": 3600,
            "share": 0.75,
            "outages": 1,
            "repair_s": 900,
        }
    ]
    assert owner.get("/api/v1/devices/availability?first=2026-11-24&last=2026-11-23").status_code == 422
    assert rig.operator(None).get("/api/v1/devices/availability?first=2026-11-24&last=2026-11-24").status_code == 403
