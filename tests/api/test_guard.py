"""The outermost layer, tried on every route that the API describes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.api.guard import Guard
from appliance.api.openapi import COMMITTED
from appliance.api.problems import BODY_LIMIT
from tests.api.rig import Rig, take

ROUTES = [
    (method.upper(), re.sub(r"\{\w+\}", "1", path))
    for path, item in json.loads(COMMITTED.read_text())["paths"].items()
    for method in item
]
UNSAFE = [route for route in ROUTES if route[0] != "GET"]
STREAM = ("GET", "/api/v1/events")
GUARDED = [*UNSAFE, STREAM]
OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


def test_there_are_routes_to_try() -> None:
    assert len(UNSAFE) >= 19
    assert STREAM in ROUTES


def test_every_route_refuses_a_foreign_host(rig: Rig) -> None:
    client = rig.client()
    for method, path in ROUTES:
        for host in ("evil.example", "localhost.evil.example", "evil.example:80", "", "127.0.0.1.nip.io", "[::2]"):
            answer = client.request(method, path, headers={"Host": host})
            assert (answer.status_code, answer.json()["code"]) == (421, "host-refused"), (path, host)


def test_the_box_answers_to_its_names(rig: Rig) -> None:
    client = rig.client()
    for host in ("localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "[0:0:0:0:0:0:0:1]", "talon.local."):
        assert client.get("/api/v1/hall", headers={"Host": host}).status_code == 200, host


FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "https://localhost.evil.example"},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
]


def test_every_change_and_the_feed_refuse_a_foreign_page(rig: Rig) -> None:
    client = rig.client()
    seq = rig.office.seq
    for method, path in GUARDED:
        for headers in FOREIGN:
            answer = client.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused"), (path, headers)
    assert rig.office.seq == seq


def test_every_change_passes_the_guard_from_an_own_page(rig: Rig) -> None:
    client = rig.client()
    for method, path in UNSAFE:
        answer = client.request(method, path, headers=OWN)
        assert answer.status_code in (200, 401, 422), (path, answer.status_code)


def test_a_program_without_a_page_may_ask(rig: Rig) -> None:
    assert take(rig.client())["id"] == 1


def test_an_own_page_on_another_port_of_the_box_is_known_by_its_origin(rig: Rig) -> None:
    headers = {"Host": "talon.local:8443", "Origin": "https://talon.local:8443"}
    answer = rig.client().post("/api/v1/tickets", json={"service": "consult"}, headers=headers)
    assert answer.status_code == 201


def test_no_read_changes_anything(rig: Rig) -> None:
    owner = rig.owner()
    seq = rig.office.seq
    for method, path in ROUTES:
        if method == "GET" and (method, path) != STREAM:
            owner.get(path)
        for other in ("GET", "HEAD", "OPTIONS"):
            if (other, path) not in ROUTES and method != "GET":
                assert owner.request(other, path).status_code in (404, 405, 422, 401), (other, path)
    assert rig.office.seq == seq
    assert rig.local.operators() == []


def test_only_json_is_taken(rig: Rig) -> None:
    client = rig.client()
    kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp")
    for method, path in UNSAFE:
        for kind in kinds:
            answer = client.request(method, path, content=b"{}", headers={"Content-Type": kind})
            assert (answer.status_code, answer.json()["code"]) == (415, "not-json"), (path, kind)
        assert client.request(method, path, content=b"{}").status_code == 415, path


def test_a_charset_beside_json_is_fine(rig: Rig) -> None:
    answer = rig.client().post(
        "/api/v1/tickets",
        content=b'{"service": "consult"}',
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )
    assert answer.status_code == 201


def test_a_body_above_the_limit_is_refused_whether_its_length_is_told_or_not(rig: Rig) -> None:
    client = rig.client()
    body = json.dumps({"service": "x" * BODY_LIMIT}).encode()
    headers = {"Content-Type": "application/json"}

    async def chunks() -> Any:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    for content in (body, chunks()):
        answer = client.post("/api/v1/tickets", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_whose_length_is_nonsense_is_refused(rig: Rig) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "-1"}
    assert rig.client().post("/api/v1/tickets", content=b"{}", headers=headers).status_code == 413


@pytest.mark.parametrize("path", ["/api/v1/hall", "/api/v1/nothing", "/nothing", "/api/v1/journal"])
def test_every_answer_tells_the_browser_what_it_may_do(rig: Rig, path: str) -> None:
    headers = rig.client().get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert (headers.get("cache-control") == "no-store") is path.startswith("/api/")
    assert "access-control-allow-origin" not in headers


def test_a_refusal_of_the_guard_has_the_headers_too(rig: Rig) -> None:
    answer = rig.client().get("/api/v1/hall", headers={"Host": "evil.example"})
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_page_may_have_a_stricter_policy_of_its_own(rig: Rig) -> None:
    from starlette.responses import PlainTextResponse

    @rig.app.get("/own")
    async def own() -> PlainTextResponse:
        return PlainTextResponse("", headers={"Content-Security-Policy": "default-src 'none'"})

    assert rig.client().get("/own").headers.get_list("content-security-policy") == ["default-src 'none'"]


def test_an_unexpected_error_is_a_plain_problem_and_a_line_in_the_log(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    @rig.app.get("/api/v1/broken")
    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    answer = rig.client("uk").get("/api/v1/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "secret detail" in caplog.text


@pytest.fixture
def guard() -> Iterator[Guard]:
    async def nobody(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("reached")

    yield Guard(nobody)


def test_websockets_are_refused(guard: Guard) -> None:
    import asyncio

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(guard({"type": "websocket", "path": "/", "headers": []}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_two_hosts_in_one_request_are_refused(rig: Rig) -> None:
    for first, second in (("localhost", "evil.example"), ("evil.example", "localhost")):
        headers = [("Host", first), ("Host", second)]
        assert rig.client().request("GET", "/api/v1/hall", headers=headers).status_code == 421
