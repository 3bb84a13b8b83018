"""Every no: its status, its sentence, its language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import httpx
import pytest

from appliance import words
from appliance.api import asking, problems
from appliance.api.app import create_app
from appliance.api.problems import Denied, Trouble, problem, status_of
from appliance.domain.message import Command
from appliance.domain.refusal import Code, Refused
from tests.api.rig import Rig, press, take

STATUSES = {
    404: {
        "unknown-service", "unknown-desk", "unknown-ticket", "unknown-slip", "unknown-purpose", "unknown-category",
        "unknown-need", "unknown-reason", "no-estimate", "unknown-bell", "unknown-device", "unknown-condition",
    },
    422: {"minutes-out-of-range"},
    500: {"internal-error"},
    503: {"disk-full", "mailbox-full", "store-failed"},
}  # fmt: skip


def test_every_refusal_has_its_status(rig: Rig) -> None:
    @rig.app.get("/api/v1/no/{name}")
    async def no(name: str) -> None:
        raise Refused(Code(name), desk=3, number="А 001")

    client = rig.client("uk")
    for code in Code:
        answer = client.get(f"/api/v1/no/{code.value}")
        expected = next((status for status, codes in STATUSES.items() if code.value in codes), 409)
        body = answer.json()
        assert (answer.status_code, body["status"]) == (expected, expected), code
        assert (body["type"], body["code"]) == (f"/problems/{code.value}", code.value)
        assert body["facts"] == {"desk": 3, "number": "А 001"}
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == "uk"
        assert ("retry-after" in answer.headers) is (expected == 503)
        assert body["detail"] == words.sentence(code.value, body["facts"], "uk")


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_of_the_api_is_a_status_of_the_400_kind_or_try_later(trouble: Trouble) -> None:
    assert 400 <= status_of(trouble) < 500 or status_of(trouble) == 503
    assert problem(trouble.value, {}, "ru").status_code == status_of(trouble)


def test_a_problem_speaks_the_readers_language(rig: Rig) -> None:
    told = {
        header: rig.client(header).get("/api/v1/tickets/77").json()["detail"]
        for header in ("ru", "uk-UA,uk;q=0.9", "en", "de", "ru;q=0.3, uk;q=0.8", "", "*", "uk;q=x, ru;q=0.1")
    }
    assert told["ru"].startswith("Сегодня нет талона с кодом 77")
    assert told["uk-UA,uk;q=0.9"].startswith("Сьогодні немає талона з кодом 77")
    assert told["ru;q=0.3, uk;q=0.8"] == told["uk-UA,uk;q=0.9"]
    assert told["en"] == told["de"] == told[""] == told["*"]
    assert told["uk;q=x, ru;q=0.1"] == told["ru"]


BAD: list[tuple[Any, str, str]] = [
    ({}, "service", "input-missing"),
    ({"service": "consult", "colour": 1}, "colour", "input-unknown"),
    ({"service": ""}, "service", "input-too-short"),
    ({"service": "x" * 81}, "service", "input-too-long"),
    ({"service": 7}, "service", "input-text"),
    ({"service": "consult", "language": "de"}, "language", "input-choice"),
    ({"service": "consult", "paper": 1}, "paper", "input-boolean"),
    ([], "body", "input-object"),
    (None, "body", "input-json"),
]


@pytest.mark.parametrize(("body", "field", "code"), BAD)
def test_bad_input_names_the_field_and_what_is_allowed(rig: Rig, body: Any, field: str, code: str) -> None:
    answer = rig.client("ru").post("/api/v1/tickets", json=body)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "bad-input")
    assert [(error["field"], error["code"]) for error in told["errors"]] == [(field, code)]
    assert told["errors"][0]["detail"] in told["detail"]
    assert field == "body" or field in told["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"service": NaN}', b'{"a":' * 3000])
def test_what_is_no_json_is_bad_input(rig: Rig, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = rig.client().post("/api/v1/tickets", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_lone_surrogate_is_no_accident(rig: Rig) -> None:
    for body in (b'{"service": "\\ud800"}', b'{"service": "x", "\\ud800": 1}'):
        headers = {"Content-Type": "application/json"}
        answer = rig.client().post("/api/v1/tickets", content=body, headers=headers)
        assert answer.status_code in (404, 422)


def test_wrong_numbers_in_the_path_are_bad_input(rig: Rig) -> None:
    operator = rig.operator(1)
    for path, code in (
        ("/api/v1/tickets/x", "input-integer"),
        ("/api/v1/tickets/0", "input-too-small"),
        ("/api/v1/desks/1000", "input-too-large"),
        ("/api/v1/tickets/99999999999999999999", "input-too-large"),
    ):
        assert operator.get(path).json()["errors"][0]["code"] == code, path


def test_an_unknown_address_and_a_wrong_method_are_problems(rig: Rig) -> None:
    missing = rig.client("uk").get("/api/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert "/api/v1/nothing" in missing.json()["detail"]
    wrong = rig.client().put("/api/v1/tickets", json={})
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert wrong.headers["allow"] == "POST"


def test_outside_the_api_a_no_is_plain_text(rig: Rig) -> None:
    answer = rig.client("ru").get("/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert "/nothing" in answer.text


def test_the_rules_own_refusals_come_through(rig: Rig) -> None:
    operator, kiosk = rig.operator(1), rig.client()
    press(operator, 1, "next")
    seen = {
        "nobody-waiting": press(operator, 1, "next"),
        "key-has-no-effect": press(operator, 1, "repeat", long=True),
        "nobody-missed": press(operator, 1, "repeat"),
        "nothing-to-undo": press(operator, 1, "next", long=True),
        "unknown-service": kiosk.post("/api/v1/tickets", json={"service": "none"}),
        "desk-not-calling": operator.post("/api/v1/desks/1/miss"),
        "desk-not-serving": operator.post("/api/v1/desks/1/park"),
        "unknown-desk": rig.owner().get("/api/v1/desks/77"),
        "number-not-ours": operator.post(
            "/api/v1/tickets/adopt", json={"series": "Ж", "number": 1, "service": "consult"}
        ),
    }
    for code, answer in seen.items():
        assert (answer.json()["code"], answer.status_code) == (code, status_of(code)), answer.text
    rig.clock.disk_tight = True
    assert kiosk.post("/api/v1/tickets", json={"service": "consult"}).json()["code"] == "disk-full"
    assert press(operator, 1, "finish").status_code == 200
    rig.clock.disk_tight = False
    rig.clock.later(12 * 3600)
    assert kiosk.post("/api/v1/tickets", json={"service": "consult"}).json()["code"] == "issuing-closed"


def test_a_box_without_a_plan_says_so(bare: Rig) -> None:
    owner = bare.owner()
    for answer in (
        owner.post("/api/v1/tickets", json={"service": "x"}),
        owner.get("/api/v1/desks/1"),
        owner.post("/api/v1/day/open"),
        owner.get("/api/v1/tickets/1"),
        press(owner, 1, "next"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "no-plan")
    assert owner.get("/api/v1/office").status_code == 200
    assert bare.client().get("/api/v1/kiosk").json()["reason"] == "no-plan"
    assert bare.client().get("/api/v1/hall").json()["calls"] == []


class Odd:
    """A writer that answers as a test wants."""

    def __init__(self, rig: Rig, answer: Callable[[Future[Any]], None]) -> None:
        self.office, self.alive, self.answer = rig.office, True, answer
        self.asked: list[Future[Any]] = []

    def submit(self, command: Command, *, actor: str, key: str | None = None) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append(future)
        self.answer(future)
        return future

    def listen(self, callback: object) -> None:
        pass


def odd(rig: Rig, answer: Callable[[Future[Any]], None]) -> Odd:
    rig.context.writer = Odd(rig, answer)
    rig.app = create_app(rig.context)
    return rig.context.writer


def test_a_writer_that_is_silent_is_not_waited_for_for_ever(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE_S", 0.05)
    writer = odd(rig, lambda future: None)
    answer = rig.client().post("/api/v1/tickets", json={"service": "consult"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store-failed")
    assert not writer.asked[0].cancelled()
    assert writer.asked[0].set_running_or_notify_cancel()


def test_a_full_mailbox_says_when_to_try_again(rig: Rig) -> None:
    odd(rig, lambda future: future.set_exception(Refused(Code.MAILBOX_FULL)))
    answer = rig.client().post("/api/v1/tickets", json={"service": "consult"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_what_breaks_inside_the_writer_is_an_internal_error(rig: Rig) -> None:
    odd(rig, lambda future: future.set_exception(ZeroDivisionError()))
    answer = rig.client().post("/api/v1/tickets", json={"service": "consult"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")


def test_a_client_that_hangs_up_cancels_nothing(rig: Rig) -> None:
    writer = odd(rig, lambda future: None)

    async def hang_up() -> None:
        transport = httpx.ASGITransport(rig.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            task = asyncio.create_task(client.post("/api/v1/tickets", json={"service": "consult"}))
            while not writer.asked:
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(hang_up())
    assert not writer.asked[0].cancelled()
    writer.asked[0].set_result(None)


def test_a_full_local_disk_is_a_problem_not_an_accident(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    rig.local.put_operator("anna", "Anna", "482913")

    def full(*_: object) -> str:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(rig.local, "begin_session", full)
    answer = rig.client().post("/api/v1/session/reception", json={"operator": "anna", "pin": "482913"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store-failed")


def test_what_a_route_documents_is_what_it_answers(rig: Rig) -> None:
    described = rig.app.openapi()["paths"]["/api/v1/tickets"]["post"]["responses"]
    assert {"201", "404", "409", "413", "415", "421", "422", "503"} <= set(described)
    assert list(described["409"]["content"]) == [problems.MEDIA_TYPE]
    take(rig.client())
    assert issubclass(Denied, Exception)
