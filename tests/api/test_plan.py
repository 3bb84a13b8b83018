"""The plan in force, a new one, and the roster."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.domain.days import CloseDay, OpenDay
from tests.api.halls import Hall
from tests.api.rig import Rig, take


@dataclass
class Drawer:
    """Where a plan's document lies, as a test sees it."""

    staged: str = ""
    kept: list[str] = field(default_factory=list)
    broken: bool = False

    def stage(self, document: str) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")
        self.staged = document

    def keep(self) -> None:
        self.kept.append(self.staged)

    def drop(self) -> None:
        self.staged = ""


def test_a_new_plan_waits_for_the_next_day_and_its_limits_apply_at_once(hall: Rig) -> None:
    owner, kiosk = hall.owner(), hall.client()
    new = Hall(version=2, limit=1)
    view = owner.put("/api/v1/plan", json={"document": new.document}).json()
    assert (view["version"], view["next_version"], view["next_digest"]) == (1, 2, new.plan.digest)
    take(kiosk, "submit")
    assert kiosk.post("/api/v1/tickets", json={"service": "submit"}).json()["code"] == "limit-reached"
    hall.do(CloseDay())
    hall.clock.later(86_400)
    hall.do(OpenDay())
    view = hall.operator(None).get("/api/v1/plan").json()
    assert (view["version"], view["digest"], view["next_version"]) == (2, new.plan.digest, None)


def test_a_plan_is_put_into_place_only_when_the_rules_have_taken_it(hall: Rig) -> None:
    drawer = Drawer()
    hall.context.plan_file = drawer
    owner, new = hall.owner(), Hall(version=2)
    headers = {"Idempotency-Key": "p2"}
    for _ in range(2):
        assert owner.put("/api/v1/plan", json={"document": new.document}, headers=headers).status_code == 200
    assert set(drawer.kept) == {new.document}
    drawer.broken = True
    answer = owner.put("/api/v1/plan", json={"document": Hall(version=3).document})
    assert (answer.status_code, answer.json()["code"]) == (503, "plan-not-saved")
    assert owner.get("/api/v1/plan").json()["next_version"] == 2


def test_a_plan_with_mistakes_names_each_of_them(hall: Rig) -> None:
    document = Hall(version=2).document.replace('kind = "park"', 'kind = "parc"').replace("limit = 2", "limit = -1")
    answer = hall.owner().put("/api/v1/plan", json={"document": document})
    assert (answer.status_code, answer.json()["code"]) == (422, "plan-has-mistakes")
    assert "parc" in answer.json()["detail"]
    assert "limit" in answer.json()["detail"]
    for nonsense in ("schema = 1\nschema = 2", "\x00", "= = ="):
        assert hall.owner().put("/api/v1/plan", json={"document": nonsense}).status_code == 422
    assert hall.owner().put("/api/v1/plan", json={"document": ""}).json()["code"] == "bad-input"


def test_the_plan_of_another_office_is_refused(hall: Rig) -> None:
    answer = hall.owner().put("/api/v1/plan", json={"document": Hall(office="elsewhere").document})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan-of-other-office")
    assert answer.json()["facts"] == {"found": "elsewhere", "wanted": "office-17"}


def test_a_plan_that_lacks_what_is_in_use_is_refused_and_forgotten(hall: Rig) -> None:
    drawer = Drawer()
    hall.context.plan_file = drawer
    take(hall.client(), "submit")
    document = Hall(version=2).document
    first, last = document.index('[[service]]\nid = "submit"'), document.index('[[service]]\nid = "archive"')
    without = document[:first] + document[last:]
    without = without.replace('transfer_to = "submit"\n', "").replace('services = ["submit"]\n', "")
    answer = hall.owner().put("/api/v1/plan", json={"document": without})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan-in-use"), answer.text
    assert (drawer.staged, drawer.kept) == ("", [])


def test_a_new_plan_is_the_owners_to_give(hall: Rig) -> None:
    answer = hall.operator(None).put("/api/v1/plan", json={"document": Hall(version=2).document})
    assert (answer.status_code, answer.json()["code"]) == (403, "owner-only")


def test_the_roster_tells_who_is_where_on_a_date(hall: Rig) -> None:
    staff = hall.operator(None)
    shift = {"operator": "vera", "desk": 2, "begins": "08:00", "ends": "20:00", "breaks": ["12:00-12:30"]}
    assert staff.get("/api/v1/roster?on=2026-11-24").json() == [shift]
    for last in ("0001-01-01", "9999-12-31"):
        assert staff.get(f"/api/v1/roster?on={last}").json() == [shift]
    for wrong in ("/api/v1/roster", "/api/v1/roster?on=today", "/api/v1/roster?on=2026-02-30"):
        assert staff.get(wrong).status_code == 422, wrong


def test_a_box_without_a_plan_has_neither_plan_nor_roster(bare: Rig) -> None:
    owner = bare.owner()
    assert owner.get("/api/v1/plan").json() == dict.fromkeys(("version", "digest", "next_version", "next_digest"))
    assert owner.get("/api/v1/roster?on=2026-11-24").json() == []
