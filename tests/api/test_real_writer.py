"""The API on a real server with the real writer: many clients at once, and a repeat after every doubt."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.api.server import make_server
from appliance.domain.keys import Key, Press
from tests.api.rig import PIN, Rig

CLIENTS = 8


class Caller:
    """One browser with one connection."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.cookie = cookie

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        headers = {"Origin": f"http://127.0.0.1:{self.line.port}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        if self.cookie:
            headers["Cookie"] = self.cookie
        self.line.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.line.getresponse()
        text = answer.read()
        if cookie := answer.getheader("set-cookie"):
            self.cookie = cookie.split(";", 1)[0]
        return answer.status, json.loads(text)


@pytest.fixture
def port(rig: Rig) -> Iterator[int]:
    """Where the office listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        chosen: int = probe.getsockname()[1]
    server = make_server(rig.app, "127.0.0.1", chosen)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield chosen
    server.should_exit = True
    thread.join(5)
    assert not thread.is_alive()


def together(work: Any, count: int = CLIENTS) -> list[Any]:
    """Run `work(number)` in so many threads that begin at the same moment."""
    gate, results = threading.Barrier(count), [None] * count

    def one(number: int) -> None:
        gate.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_eight_kiosks_at_once_give_each_number_once(rig: Rig, port: int) -> None:
    def visitor(_: int) -> list[Any]:
        caller = Caller(port)
        return [caller.ask("POST", "/api/v1/tickets", {"service": "consult"}) for _ in range(10)]

    answers = [answer for answers in together(visitor) for answer in answers]
    assert {status for status, _ in answers} == {201}
    assert sorted(view["label"][-3:] for _, view in answers) == [f"{n:03d}" for n in range(1, 81)]


def test_eight_repeats_of_one_request_are_one_ticket(rig: Rig, port: int) -> None:
    answers = together(lambda _: Caller(port).ask("POST", "/api/v1/tickets", {"service": "consult"}, key="same"))
    assert {status for status, _ in answers} == {201}
    assert {view["id"] for _, view in answers} == {1}
    assert len(rig.office.tickets) == 1


def test_two_desks_pressing_at_once_never_call_the_same_ticket(rig: Rig, port: int) -> None:
    operators = []
    for desk, name in ((1, "anna"), (2, "vera")):
        rig.local.put_operator(name, name, PIN)
        caller = Caller(port)
        assert caller.ask("POST", f"/api/v1/desks/{desk}/sign-in", {"operator": name, "pin": PIN})[0] == 200
        rig.do(Press(desk, Key.NEXT))
        operators.append(caller)
    kiosk = Caller(port)
    for _ in range(30):
        kiosk.ask("POST", "/api/v1/tickets", {"service": "consult"})

    def work(number: int) -> list[int]:
        called = []
        for _ in range(15):
            for key in ("next", "finish", "finish"):
                status, view = operators[number].ask("POST", f"/api/v1/desks/{number + 1}/press", {"key": key})
                assert status == 200
                if key == "next":
                    called.append(view["ticket"]["id"])
        return called

    first, second = together(work, 2)
    assert sorted(first + second) == list(range(1, 31))


def test_a_broken_request_line_doesnt_stop_the_server(rig: Rig, port: int) -> None:
    begun = b"POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    for junk in (b"\x00\x01\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", begun + b"Content-Length: 400\r\n\r\n{"):
        line = socket.create_connection(("127.0.0.1", port), 5)
        line.sendall(junk)
        line.close()
    assert Caller(port).ask("GET", "/api/v1/health")[0] == 200
    assert rig.office.tickets == {}
