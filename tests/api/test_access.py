"""Who may what, and how one becomes somebody."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest

from appliance.api.asking import COOKIE
from appliance.api.openapi import COMMITTED
from appliance.store.local import SESSION_TERM_S
from tests.api.rig import PIN, Rig, press

OPEN = {
    "take_ticket", "read_ticket", "read_hall", "read_kiosk", "read_day", "read_health", "listen", "who_am_i",
    "read_wait", "sign_in_at_desk", "sign_in_at_reception", "sign_in_owner", "sign_out", "read_screen", "tell_screen",
}  # fmt: skip
OWNERS = {
    "confirm_clock", "read_journal", "list_operators", "put_operator", "remove_operator", "put_plan",
    "read_device_history", "read_availability", "read_report", "print_test", "probe_printer", "read_slip_picture",
    "choose_code_page", "show_test_picture", "play_chime", "read_walk", "walk_keys", "read_lesson", "begin_lesson",
    "repeat_lesson", "save_lesson", "end_lesson", "restart_office",
}  # fmt: skip
BODIES = {
    "press_key": {"key": "next"},
    "call_back": {"ticket": 1},
    "transfer_visitor": {},
    "adopt_ticket": {"series": "А", "number": 9001, "service": "consult"},
    "put_operator": {"operator": "x", "name": "X", "pin": PIN},
    "call_ticket": {"ticket": 1},
    "merge_tickets": {"into": 1},
    "send_ticket": {},
    "add_service": {"service": "consult"},
    "set_category": {"category": None},
    "note_needs": {"needs": []},
    "pause_hall": {},
    "turn_away": {"reason": "left-before"},
    "put_plan": {"document": "schema = 1"},
    "print_test": {"paper": "self-test"},
    "choose_code_page": {"number": 1},
    "walk_keys": {"act": "begin"},
    "begin_lesson": {"desk": 1},
}
PERIOD = {"first": "2026-11-24", "last": "2026-11-24"}
QUERIES = {
    "read_roster": {"on": "2026-11-24"},
    "read_indicators": PERIOD,
    "read_behind": PERIOD,
    "read_device_history": {"device": "printer"},
    "read_availability": PERIOD,
}
OPERATIONS = [
    (operation["operationId"], method.upper(), path)
    for path, item in json.loads(COMMITTED.read_text())["paths"].items()
    for method, operation in item.items()
]


def ask(client: object, operation: str, method: str, path: str) -> httpx.Response:
    body = BODIES.get(operation)
    more: dict[str, object] = {"json": body} if body is not None else {}
    more["params"] = QUERIES.get(operation, {})
    return client.request(method, re.sub(r"\{\w+\}", "1", path), **more)  # type: ignore[attr-defined, no-any-return]


def test_everything_but_the_hall_and_the_kiosk_asks_who_one_is(rig: Rig) -> None:
    client = rig.client()
    for operation, method, path in OPERATIONS:
        if operation not in OPEN:
            answer = ask(client, operation, method, path)
            assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in"), operation


def test_what_is_the_owners_is_not_an_operators(rig: Rig) -> None:
    operator = rig.operator(1)
    for operation, method, path in OPERATIONS:
        if operation in OWNERS:
            answer = ask(operator, operation, method, path)
            assert (answer.status_code, answer.json()["code"]) == (403, "owner-only"), operation


def test_an_operator_acts_at_their_own_desk_only(rig: Rig) -> None:
    operator = rig.operator(2)
    for operation, method, path in OPERATIONS:
        if path.startswith("/api/v1/desks/") and operation != "sign_in_at_desk":
            answer = ask(operator, operation, method, path)
            assert (answer.status_code, answer.json()["code"]) == (403, "other-desk"), operation
    assert press(rig.operator(None, "vera"), 2, "next").status_code == 403
    assert press(operator, 2, "next").status_code == 200


def test_the_owner_may_act_anywhere(rig: Rig) -> None:
    owner = rig.owner()
    assert press(owner, 2, "next").status_code == 200
    assert owner.get("/api/v1/desks/3").status_code == 200
    assert owner.get("/api/v1/office").json()["replica"]["target"] == "s3://office"


def test_an_operator_sees_the_office_without_its_facts(rig: Rig) -> None:
    view = rig.operator(1).get("/api/v1/office").json()
    assert view["replica"] is None
    assert (view["devices"][0]["reason"], view["devices"][0]["facts"]) == ("paper-out", {})


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(rig: Rig) -> None:
    rig.local.put_operator("anna", "Anna", PIN)
    answer = rig.client().post("/api/v1/desks/1/sign-in", json={"operator": "anna", "pin": PIN})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert answer.json() == {"role": "operator", "operator": "anna", "desk": 1, "name": "Anna"}


def test_whoami_follows_signing_in_and_out(rig: Rig) -> None:
    client = rig.operator(1)
    assert client.get("/api/v1/session").json()["role"] == "operator"
    token = client.cookies[COOKIE]
    assert client.post("/api/v1/session/sign-out").json()["role"] == "nobody"
    assert client.get("/api/v1/session").json() == {"role": "nobody", "operator": None, "desk": None, "name": None}
    assert rig.local.session(token) is None
    assert rig.office.desks[1].operator is None


def test_a_made_up_or_old_token_is_nobody(rig: Rig) -> None:
    client = rig.operator(1)
    rig.wall_s += SESSION_TERM_S + 1
    assert client.get("/api/v1/desks/1").status_code == 401
    for token in ("x", "", "é", "a" * 4000):
        headers = {"Cookie": f"{COOKIE}={token}".encode()}
        assert rig.client().get("/api/v1/session", headers=headers).json()["role"] == "nobody"


def test_whoever_sits_down_ends_the_session_of_whoever_sat_there(rig: Rig) -> None:
    anna, vera = rig.operator(1), rig.operator(1, "vera")
    assert press(anna, 1, "next").status_code == 401
    assert press(vera, 1, "next").status_code == 200


def test_unknown_operator_and_wrong_pin_get_the_same_answer(rig: Rig) -> None:
    rig.local.put_operator("anna", "Anna", PIN)
    client = rig.client()
    wrong = client.post("/api/v1/desks/1/sign-in", json={"operator": "anna", "pin": "000000"})
    unknown = client.post("/api/v1/desks/1/sign-in", json={"operator": "nobody", "pin": "000000"})
    assert (wrong.status_code, wrong.json()) == (401, unknown.json())


@pytest.mark.parametrize("name", ["anna", "nobody"])
def test_wrong_tries_must_wait_longer_and_longer(rig: Rig, name: str) -> None:
    rig.local.put_operator("anna", "Anna", PIN)
    client = rig.client()
    waits = []
    for _ in range(6):
        answer = client.post("/api/v1/desks/1/sign-in", json={"operator": name, "pin": "000000"})
        if answer.status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
            assert answer.json()["facts"]["seconds"] == waits[-1]
            rig.wall_s += waits[-1]
            client.post("/api/v1/desks/1/sign-in", json={"operator": name, "pin": "000000"})
    assert waits[:3] == sorted(waits[:3])
    assert waits[0] < waits[-1]


def test_while_one_must_wait_even_the_right_pin_is_not_looked_at(rig: Rig) -> None:
    rig.local.put_operator("anna", "Anna", PIN)
    rig.local.put_operator("vera", "Vera", PIN)
    client = rig.client()
    for _ in range(3):
        client.post("/api/v1/desks/1/sign-in", json={"operator": "anna", "pin": "000000"})
    right = {"operator": "anna", "pin": PIN}
    assert client.post("/api/v1/desks/1/sign-in", json=right).status_code == 429
    assert client.post("/api/v1/desks/2/sign-in", json={"operator": "vera", "pin": PIN}).status_code == 200
    rig.wall_s += 10
    assert client.post("/api/v1/desks/1/sign-in", json=right).status_code == 200


def test_the_owner_code_is_taken_in_any_writing(rig: Rig) -> None:
    code = rig.local.ensure_owner()
    assert code is not None
    for typed in (code, code.lower(), code.replace("-", " "), code.replace("-", "")):
        assert rig.client().post("/api/v1/session/owner", json={"code": typed}).json()["role"] == "owner"
    wrong = rig.client().post("/api/v1/session/owner", json={"code": "AAAA-AAAA"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-code")


def test_many_sign_ins_at_once_are_turned_away_and_the_loop_lives_on(rig: Rig) -> None:
    rig.local.put_operator("anna", "Anna", PIN)

    async def all_at_once() -> list[int]:
        transport = httpx.ASGITransport(rig.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            body = {"operator": "anna", "pin": PIN}
            asked = [client.post("/api/v1/session/reception", json=body) for _ in range(24)]
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    statuses = asyncio.run(all_at_once())
    assert 503 in statuses
    assert set(statuses) <= {200, 429, 503}
