"""A plan changed at noon while people wait: what applies at once, what waits for the next opening, what is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.identity import AdoptPlan
from appliance.domain.keys import Key, Press
from appliance.domain.plans.adjusting import adjusted
from appliance.domain.plans.reader import read_plan
from appliance.plan_file import PlanFile
from appliance.store.load import load
from appliance.store.reader import connect_reader
from appliance.store.verify import verify
from tests.api.rig import Browser, Rig, take
from tests.plan.broken import BROKEN, Broken
from tests.system.offices import OfficeRun, await_true, lay_out

MORNING = """
schema = 1
version = 1
office = "office-17"
timezone = "Europe/Moscow"
[name]
ru = "Отделение 17"
[hours]
opens = "08:00"
closes = "20:00"
[settings]
wait_norm_min = 15
grace_min = 30
[[organisation]]
id = "city"
name = { ru = "Город" }
[[service]]
id = "bills"
series = "А"
name = { ru = "Счета" }
norm_min = 15
[[service]]
id = "debts"
series = "Б"
name = { ru = "Долги" }
[[service]]
id = "meters"
series = "М"
name = { ru = "Счётчики" }
[[desk]]
number = 1
services = ["bills", "meters"]
[[desk]]
number = 2
services = ["debts"]
[[desk]]
number = 3
"""
NOON = MORNING.replace("version = 1", "version = 2")


class Noon:
    """An office at noon: three have waited for bills since twenty to twelve, desks 1 and 2 are open."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "plan.toml"
        self.file.write_text(MORNING, encoding="utf-8")
        self.rig = Rig(folder)
        self.rig.clock.local = datetime(2026, 11, 24, 8, 0)
        self.rig.context.plan_file = PlanFile(self.file)
        self.rig.do(AdoptPlan(read_plan(MORNING)))
        self.rig.do(OpenDay())
        self.until(11, 40)
        self.kiosk = self.rig.client()
        self.waiting = [take(self.kiosk, "bills") for _ in range(3)]
        for desk in (1, 2):
            self.rig.do(Press(desk, Key.NEXT))
        self.until(12)
        self.owner = self.rig.owner()

    def until(self, hour: int, minute: int = 0) -> None:
        """Let time pass until then."""
        wanted = self.rig.clock.local.replace(hour=hour, minute=minute)
        self.rig.clock.later((wanted - self.rig.clock.local).total_seconds())

    def put(self, document: str, browser: Browser | None = None) -> Any:
        """Send a plan, as the owner."""
        return (browser or self.owner).put("/api/v1/plan", json={"document": document})

    def code(self, service: str) -> str:
        """Ask for a number: its letter, or the code of the refusal."""
        answer = self.kiosk.post("/api/v1/tickets", json={"service": service}).json()
        return str(answer.get("code") or answer["label"][0])

    @property
    def on_disk(self) -> str:
        """What the next start would read."""
        return self.file.read_text(encoding="utf-8")

    def taken(self, document: str) -> None:
        """The plan must be taken: told so, and in place on the disk."""
        answer = self.put(document)
        assert answer.status_code == 200, answer.text
        assert answer.json()["next_version"] == 2
        assert self.on_disk == document
        assert not self.file.with_name("plan.toml.new").exists()

    def stays(self, answer: Any, status: int, code: str) -> dict[str, Any]:
        """The plan must be refused, and the one of the morning stay in force and on the disk."""
        problem: dict[str, Any] = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), problem
        assert self.on_disk == MORNING
        assert not self.file.with_name("plan.toml.new").exists()
        assert self.rig.office.next_plan is None
        assert self.rig.office.plan == read_plan(MORNING)
        return problem


@pytest.fixture
def noon(tmp_path: Path) -> Iterator[Noon]:
    """The office; at the end its database must be what its journal says."""
    made = Noon(tmp_path)
    yield made
    before = made.rig.office
    made.rig.close()
    report = verify(tmp_path / "queue.db")
    assert report.clean, report.faults
    db = connect_reader(tmp_path / "queue.db")
    try:
        again = load(db).office
    finally:
        db.close()
    assert (again.plan, again.next_plan) == (before.plan, before.next_plan), "another plan comes back from the disk"
    assert made.rig.deaths == []


def test_the_norm_of_waiting_applies_to_those_who_wait(noon: Noon) -> None:
    def overdue() -> list[bool]:
        return [noon.kiosk.get(f"/api/v1/tickets/{one['id']}").json()["overdue"] for one in noon.waiting]

    assert overdue() == [True] * 3
    noon.taken(NOON.replace("wait_norm_min = 15", "wait_norm_min = 30"))
    assert overdue() == [False] * 3


def test_the_norm_of_a_service_applies_at_the_desk_at_once(noon: Noon) -> None:
    desk = noon.rig.operator(1)
    noon.rig.do(Press(1, Key.NEXT))
    assert desk.get("/api/v1/desks/1").json()["norm_s"] == 15 * 60
    noon.taken(NOON.replace("norm_min = 15\n[[service]]", "norm_min = 25\n[[service]]"))
    assert desk.get("/api/v1/desks/1").json()["norm_s"] == 25 * 60


def test_a_limit_counts_the_numbers_of_the_morning_too(noon: Noon) -> None:
    noon.taken(NOON.replace('name = { ru = "Счета" }', 'name = { ru = "Счета" }\nlimit = 4'))
    assert noon.code("bills") == "А"
    assert noon.code("bills") == "limit-reached"
    assert noon.code("debts") == "Б"


def test_a_daily_limit_of_the_office_applies_at_once(noon: Noon) -> None:
    noon.taken(NOON.replace("grace_min = 30", "grace_min = 30\ndaily_limit = 3"))
    assert {noon.code(service) for service in ("bills", "debts", "meters")} == {"limit-reached"}


def test_shorter_hours_end_the_issuing_and_the_day(noon: Noon) -> None:
    noon.taken(NOON.replace('closes = "20:00"', 'closes = "13:00"'))
    noon.until(12, 59)
    assert noon.code("bills") == "А"
    noon.until(13)
    assert noon.code("bills") == "issuing-closed"
    noon.until(13, 29)
    assert noon.rig.do(Tick(settled=True)).records == ()
    noon.until(13, 30)
    noon.rig.do(Tick(settled=True))
    assert noon.rig.office.open_day is None
    assert {ticket.state.value for ticket in noon.rig.office.tickets.values()} == {"left"}


def test_longer_hours_keep_the_day_open(noon: Noon) -> None:
    noon.taken(NOON.replace('closes = "20:00"', 'closes = "22:00"'))
    noon.until(21, 59)
    assert noon.rig.do(Tick(settled=True)).records == ()
    assert noon.code("bills") == "А"


def test_hours_of_a_service_apply_at_once(noon: Noon) -> None:
    noon.taken(NOON.replace('name = { ru = "Долги" }', 'name = { ru = "Долги" }\nhours = { mon = "09:00-12:00" }'))
    assert noon.code("debts") == "not-today"
    listed = {one["id"]: one for one in noon.kiosk.get("/api/v1/kiosk").json()["services"]}
    assert (listed["debts"]["available"], listed["bills"]["available"]) == (False, True)


def test_skills_apply_at_once_to_those_who_wait(noon: Noon) -> None:
    desk = noon.rig.operator(2)
    next_key = {"key": "next"}
    assert desk.post("/api/v1/desks/2/press", json=next_key).json()["code"] == "nobody-waiting"
    noon.taken(NOON.replace('services = ["debts"]', 'services = ["debts", "bills"]'))
    assert desk.post("/api/v1/desks/2/press", json=next_key).json()["ticket"]["label"] == noon.waiting[0]["label"]


def test_a_skill_taken_away_is_gone_at_once(noon: Noon) -> None:
    desk = noon.rig.operator(1)
    noon.taken(NOON.replace('services = ["bills", "meters"]', 'services = ["meters"]'))
    assert desk.post("/api/v1/desks/1/press", json={"key": "next"}).json()["code"] == "nobody-waiting"
    noon.rig.do(Press(3, Key.NEXT))
    noon.rig.do(Press(3, Key.NEXT))
    assert noon.rig.office.desks[3].ticket == noon.waiting[0]["id"]


def test_the_line_itself_is_as_it_was(noon: Noon) -> None:
    before = noon.rig.office
    noon.taken(NOON.replace("wait_norm_min = 15", "wait_norm_min = 5"))
    after = noon.rig.office
    assert (after.tickets, after.desks, after.numbers, after.day) == (
        before.tickets,
        before.desks,
        before.numbers,
        before.day,
    )


def test_a_new_desk_and_a_new_service_come_with_the_next_opening(noon: Noon) -> None:
    service = '[[service]]\nid = "permits"\nseries = "Д"\nname = { ru = "Разрешения" }\n[[desk]]\nnumber = 1\n'
    noon.taken(NOON.replace("[[desk]]\nnumber = 1\n", service) + "[[desk]]\nnumber = 9\n")
    desk = noon.owner
    assert noon.code("permits") == "unknown-service"
    assert desk.post("/api/v1/desks/9/press", json={"key": "next"}).json()["code"] == "unknown-desk"
    assert desk.get("/api/v1/plan").json()["version"] == 1
    noon.rig.do(CloseDay())
    noon.rig.clock.later(20 * 3600 + 15 * 60)
    noon.rig.do(Tick(settled=True))
    assert desk.get("/api/v1/plan").json()["version"] == 2
    assert noon.code("permits") == "Д"
    assert desk.post("/api/v1/desks/9/press", json={"key": "next"}).json()["state"] == "free"


IN_USE = {
    "a service somebody waits for": (
        NOON.replace('id = "bills"', 'id = "accounts"').replace('"bills", ', ""),
        "bills",
    ),
    "an open desk": (NOON.replace('[[desk]]\nnumber = 2\nservices = ["debts"]\n', ""), "2"),
}


@pytest.mark.parametrize("name", IN_USE)
def test_what_is_in_use_is_not_removed_and_a_sentence_says_what(noon: Noon, name: str) -> None:
    document, what = IN_USE[name]
    told = noon.stays(noon.put(document), 409, "plan-in-use")
    assert f"lacks what is in use now: {what}." in told["detail"]
    for language, word in (("ru", "план"), ("uk", "план")):
        detail = noon.owner.put(
            "/api/v1/plan", json={"document": document}, headers={"Accept-Language": language}
        ).json()["detail"]
        assert word in detail.lower()
        assert what in detail


def test_a_service_nobody_uses_any_more_may_go(noon: Noon) -> None:
    document, _ = IN_USE["a service somebody waits for"]
    for one in noon.waiting:
        noon.owner.post(f"/api/v1/tickets/{one['id']}/leave", json={"reason": "left"})
    noon.taken(document)
    assert noon.code("accounts") == "unknown-service"
    noon.rig.do(CloseDay())
    noon.rig.do(OpenDay())
    assert noon.code("bills") == "unknown-service"
    assert noon.code("accounts") == "А"


WRONG: dict[str, Callable[[str], str]] = {
    "no TOML": lambda text: text.replace("[hours]", "[hours", 1),
    "hours that end before they begin": lambda text: text.replace('closes = "20:00"', 'closes = "07:00"'),
    "a desk with a service that isn't there": lambda text: text.replace('["debts"]', '["debt"]'),
    "a key that nobody knows": lambda text: text.replace("wait_norm_min", "wait_norm_minutes"),
    "no services at all": lambda text: text.split("[[service]]")[0],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_broken_plan_is_refused_and_changes_nothing(noon: Noon, name: str) -> None:
    told = noon.stays(noon.put(WRONG[name](NOON)), 422, "plan-has-mistakes")
    assert told["detail"].startswith("The plan has mistakes, so the one in force stays: ")
    assert noon.code("debts") == "Б"


def test_a_broken_plan_is_told_place_by_place(noon: Noon) -> None:
    twice = WRONG["a desk with a service that isn't there"](WRONG["a key that nobody knows"](NOON))
    told = noon.stays(noon.put(twice), 422, "plan-has-mistakes")["detail"]
    for part in ("desk 2.services", "debts", "settings.wait_norm_minutes", "wait_norm_min"):
        assert part in told


@pytest.mark.parametrize("broken", BROKEN[:8], ids=lambda one: one.name)
def test_a_broken_plan_gets_the_sentences_of_plan_check(noon: Noon, broken: Broken) -> None:
    assert broken.sentence in noon.put(broken.text).json()["detail"]


def test_a_plan_of_another_office_is_refused(noon: Noon) -> None:
    noon.stays(noon.put(NOON.replace("office-17", "office-18")), 409, "plan-of-other-office")


def test_only_the_owner_changes_the_plan(noon: Noon) -> None:
    noon.stays(noon.put(NOON, noon.rig.client()), 401, "not-signed-in")
    noon.stays(noon.put(NOON, noon.rig.operator(None, "vera")), 403, "owner-only")


def test_a_plan_that_cannot_be_written_down_is_not_taken(noon: Noon) -> None:
    noon.rig.context.plan_file = PlanFile(noon.file.with_name("no-such-folder") / "plan.toml")
    noon.stays(noon.put(NOON), 503, "plan-not-saved")


def test_the_same_plan_once_more_changes_nothing(noon: Noon) -> None:
    noon.taken(NOON)
    before = noon.rig.office.seq
    noon.taken(NOON)
    assert noon.rig.office.seq == before


def test_the_plan_of_the_morning_may_come_back(noon: Noon) -> None:
    noon.taken(NOON.replace("grace_min = 30", "grace_min = 30\ndaily_limit = 3"))
    assert noon.code("bills") == "limit-reached"
    answer = noon.put(MORNING)
    assert (answer.status_code, answer.json()["next_version"]) == (200, None)
    assert noon.on_disk == MORNING
    assert noon.code("bills") == "А"
    assert noon.rig.office.plan == read_plan(MORNING)


def test_killed_after_the_change_the_same_plan_is_in_force(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    morning = (tmp_path / "plan.toml").read_text(encoding="utf-8")
    changed = (
        morning.replace("version = 1", "version = 2")
        .replace("[settings]", "[settings]\ndaily_limit = 3")
        .replace("wait_norm_min = 15", "wait_norm_min = 20")
    ) + "\n[[desk]]\nnumber = 7\n"
    with OfficeRun(config) as office:
        office.wait_ready()
        await_true(lambda: bool(office.ask("GET", "/api/v1/day")[1]["open"]), "the day is open", 20)
        for _ in range(3):
            assert office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})[0] == 201
        code = office.owner_code()
        assert office.ask("POST", "/api/v1/session/owner", {"code": code})[0] == 200
        status, problem = office.ask("PUT", "/api/v1/plan", {"document": morning.replace("[hours]", "[hour]")})
        assert (status, problem["code"]) == (422, "plan-has-mistakes")
        assert (tmp_path / "plan.toml").read_text(encoding="utf-8") == morning
        status, taken = office.ask("PUT", "/api/v1/plan", {"document": changed})
        assert (status, taken["version"], taken["next_version"]) == (200, 1, 2)
        assert (tmp_path / "plan.toml").read_text(encoding="utf-8") == changed
        assert office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})[1]["code"] == "limit-reached"
        office.kill()
    before = _journal(tmp_path, "PlanAdopted")
    with OfficeRun(config) as office:
        office.wait_ready()
        assert office.ask("POST", "/api/v1/session/owner", {"code": code})[0] == 200
        assert office.ask("GET", "/api/v1/plan")[1] == taken
        assert office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})[1]["code"] == "limit-reached"
        assert office.ask("POST", "/api/v1/desks/7/press", {"key": "next"})[1]["code"] == "unknown-desk"
        db = connect_reader(tmp_path / "data/queue.db")
        try:
            plan = load(db).office.plan
        finally:
            db.close()
        assert plan == adjusted(read_plan(morning), read_plan(changed))
        assert _journal(tmp_path, "PlanAdopted") == before, "the restart adopted a plan once more"
        assert office.ask("POST", "/api/v1/day/close")[0] == 200
        assert office.ask("POST", "/api/v1/day/open")[0] == 200
        assert office.ask("GET", "/api/v1/plan")[1]["version"] == 2
        assert office.ask("POST", "/api/v1/desks/7/press", {"key": "next"})[1]["state"] == "free"
    report = verify(tmp_path / "data/queue.db")
    assert report.clean, report.faults


def _journal(folder: Path, kind: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{folder / 'data/queue.db'}?mode=ro", uri=True) as db:
        return db.execute("SELECT seq, body FROM journal WHERE kind = ?", (kind,)).fetchall()
