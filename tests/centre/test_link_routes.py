"""The centre's end of the link by raw HTTP: who is let in, what a pulse may say, one key in two hands, many streams."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync.centre.images import Doubt, Image
from sync.centre.link_sessions import LATE_MS, SILENT_MS, Heard, Sessions
from sync.pulse import LONGEST_BYTES, Pulse
from sync.signing import WINDOW_MS, PrivateKey, make_key, sign_request
from tests.sync.link_scene import DEVICE, OFFICE, Centre, FakeDevice, centre, now_ms, until

PULSE = Pulse(OFFICE, "0001-aaaa", "s1", 1, 0, 5, "ab" * 32)


class Caller:
    """A device that signs what a test says."""

    def __init__(self, one: Centre) -> None:
        self.port = one.port
        self.key: PrivateKey = make_key()
        one.devices.known[DEVICE] = FakeDevice(public=self.key.public, incarnation="0001-aaaa")

    def raw(self, method: str, target: str, body: bytes, header: str, **headers: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, target, body or None, {"Authorization": header, **headers})
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if data.startswith(b"{") else {"text": data.decode()}
        finally:
            connection.close()

    def sign(self, method: str, target: str, body: bytes = b"", off_ms: int = 0) -> str:
        return sign_request(self.key, DEVICE, method, target, body, now_ms() + off_ms)

    def pulse(self, pulse: Pulse = PULSE, off_ms: int = 0) -> tuple[int, dict[str, Any]]:
        body = pulse.to_json().encode()
        return self.raw("POST", "/link/v1/pulse", body, self.sign("POST", "/link/v1/pulse", body, off_ms))

    def poll(self, after: str = "0", session: str = "s1") -> tuple[int, dict[str, Any]]:
        target = f"/link/v1/directives?after={after}&session={session}"
        return self.raw("GET", target, b"", self.sign("GET", target))


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Centre]:
    with centre(tmp_path, keepalive_s=0.2) as found:
        yield found


@pytest.fixture
def caller(one: Centre) -> Caller:
    return Caller(one)


def test_a_pulse_is_answered_with_the_centres_time_and_what_waits(one: Centre, caller: Caller) -> None:
    one.order("resume", {})
    status, answer = caller.pulse()
    assert status == 200
    assert abs(answer["centre_ms"] - now_ms()) < 10_000
    assert (answer["newest"], answer["want_snapshot"]) == (1, False)
    assert one.network.pulses == [PULSE]
    from appliance.domain.office import Office

    one.network.found[OFFICE] = Image(OFFICE, "0001-aaaa", Office(), b"", doubt=Doubt("gap", 1))
    assert caller.pulse(replace(PULSE, count=2))[1]["want_snapshot"] is True


def test_who_signs_nothing_or_wrongly_gets_nothing_but_the_time(one: Centre, caller: Caller) -> None:
    body = PULSE.to_json().encode()
    good = caller.sign("POST", "/link/v1/pulse", body)
    stranger = sign_request(make_key(), DEVICE, "POST", "/link/v1/pulse", body, now_ms())
    unknown = sign_request(caller.key, "d-99", "POST", "/link/v1/pulse", body, now_ms())
    for header, sent, code in (
        ("", body, "no-signature"),
        (stranger, body, "bad-signature"),
        (unknown, body, "unknown-device"),
        (good, body.replace(b'"seq":5', b'"seq":6'), "bad-signature"),
        (caller.sign("POST", "/link/v1/directives", body), body, "bad-signature"),
        (caller.sign("POST", "/link/v1/pulse", body, WINDOW_MS + 60_000), body, "clock"),
        (caller.sign("POST", "/link/v1/pulse", body, -WINDOW_MS - 60_000), body, "clock"),
    ):
        status, answer = caller.raw("POST", "/link/v1/pulse", sent, header)
        assert (status, answer["code"], sorted(answer)) == (401, code, ["centre_ms", "code"])
    assert one.network.pulses == []
    assert caller.raw("POST", "/link/v1/pulse", body, good)[0] == 200
    assert caller.raw("POST", "/link/v1/pulse", body, good)[1]["code"] == "replayed"
    assert len(one.network.pulses) == 1


@pytest.mark.parametrize(
    ("pulse", "status", "code"),
    [
        (replace(PULSE, office="office-18"), 403, "other-office"),
        (replace(PULSE, incarnation="0002-bbbb"), 403, "other-incarnation"),
        (replace(PULSE, health={"x": "y" * LONGEST_BYTES}), 413, "too-long"),
        (replace(PULSE, seq="5"), 400, "no-pulse"),  # type: ignore[arg-type]
    ],
)
def test_a_pulse_that_may_not_be_believed(one: Centre, caller: Caller, pulse: Pulse, status: int, code: str) -> None:
    answered, answer = caller.pulse(pulse)
    assert (answered, answer["code"]) == (status, code)
    assert one.network.pulses == []
    assert one.clones == ([(DEVICE, "0002-bbbb")] if code == "other-incarnation" else [])


@pytest.mark.parametrize("after", ["", "-1", "x", "1" * 19, "%D9%A1", "1.5"])
def test_a_cursor_is_a_number(caller: Caller, after: str) -> None:
    assert caller.poll(after)[1]["code"] == "no-cursor"


def test_polling_brings_what_is_behind_the_cursor_in_pieces(one: Centre, caller: Caller) -> None:
    for _ in range(53):
        one.order("resume", {})
    status, answer = caller.poll("1")
    assert (status, answer["newest"], answer["more"]) == (200, 53, True)
    assert [found["directive"]["seq"] for found in answer["directives"]] == list(range(2, 52))
    assert {order.seq: order.fate.value for order in one.directives.orders(OFFICE)} == {
        n: "sent" if 2 <= n <= 51 else "queued" for n in range(1, 54)
    }
    assert [found["directive"]["seq"] for found in caller.poll("51")[1]["directives"]] == [52, 53]


def test_another_device_gets_its_own_offices_directives_alone(one: Centre, caller: Caller) -> None:
    one.order("resume", {})
    one.devices.known[DEVICE].office = "office-18"
    assert caller.poll()[1]["directives"] == []


class Listener:
    """A stream, read as bytes."""

    def __init__(self, caller: Caller, after: int = 0, session: str = "s1", **headers: str) -> None:
        target = f"/link/v1/directives?after={after}&session={session}"
        self.connection = http.client.HTTPConnection("127.0.0.1", caller.port, timeout=5)
        signed = {"Authorization": caller.sign("GET", target), "Accept": "text/event-stream", **headers}
        self.connection.request("GET", target, None, signed)
        self.answer = self.connection.getresponse()

    def line(self) -> str:
        return self.answer.readline().decode().rstrip("\n")

    def ids(self, count: int) -> list[int]:
        """The numbers of the next directives."""
        found: list[int] = []
        while len(found) < count:
            line = self.line()
            if line.startswith("id: "):
                found.append(int(line[4:]))
        return found


def test_the_stream_brings_what_is_there_and_what_comes_and_keeps_alive(one: Centre, caller: Caller) -> None:
    one.order("resume", {})
    stream = Listener(caller)
    assert stream.answer.getheader("Content-Type", "").startswith("text/event-stream")
    assert stream.ids(1) == [1]
    one.order("resume", {})
    assert stream.ids(1) == [2]
    while stream.line() != ":":
        continue
    stream.connection.close()
    until(lambda: not one.link.connected())


def test_the_cursor_of_a_browser_like_client_counts_too(one: Centre, caller: Caller) -> None:
    for _ in range(3):
        one.order("resume", {})
    stream = Listener(caller, 0, **{"Last-Event-ID": "2"})
    assert stream.ids(1) == [3]
    stream.connection.close()


def test_a_newer_stream_takes_the_place_of_the_older_and_a_shut_out_device_loses_its_own(
    one: Centre, caller: Caller
) -> None:
    first = Listener(caller)
    first.line()
    second = Listener(caller)
    second.line()
    while first.answer.readline():
        continue
    one.order("resume", {})
    assert second.ids(1) == [1]
    one.devices.known[DEVICE].revoked_ms = 1
    while second.answer.readline():
        continue
    assert caller.poll()[1]["code"] == "revoked"
    until(lambda: not one.link.connected())


def test_two_hands_with_one_key_are_told_apart(one: Centre, caller: Caller) -> None:
    assert caller.pulse(replace(PULSE, session="a", count=1))[0] == 200
    assert caller.pulse(replace(PULSE, session="b", count=1))[0] == 200  # a restart, as far as anybody knows
    assert one.clones == []
    assert caller.pulse(replace(PULSE, session="a", count=2), LATE_MS + 1000)[0] == 200
    assert one.clones == [(DEVICE, "session")]
    status, answer = caller.pulse(replace(PULSE, session="b", count=2), LATE_MS + 2000)
    assert (status, answer["code"]) == (409, "two-devices")
    assert caller.poll(session="b")[1]["code"] == "two-devices"
    assert caller.poll(session="a")[0] == 200
    assert [pulse.session for pulse in one.network.pulses] == ["a", "b", "a"]


def test_a_restart_and_a_late_pulse_are_no_clone() -> None:
    sessions = Sessions()
    assert sessions.heard("d", "a", 1, 1000) is Heard.GOOD
    assert sessions.heard("d", "a", 2, 6000) is Heard.GOOD
    assert sessions.heard("d", "b", 1, 9000) is Heard.GOOD
    assert sessions.heard("d", "a", 3, 8900) is Heard.LATE  # signed before, held up on its way
    assert sessions.heard("d", "b", 2, 14_000) is Heard.GOOD
    assert sessions.heard("d", "b", 2, 14_100) is Heard.LATE
    assert sessions.heard("d", "c", 1, 20_000) is Heard.GOOD
    assert sessions.heard("d", "d", 1, 30_000) is Heard.GOOD


def test_a_second_hand_is_let_in_when_the_first_has_been_silent_for_long() -> None:
    sessions = Sessions()
    sessions.heard("d", "a", 1, 0)
    sessions.heard("d", "b", 1, 10_000)
    assert sessions.heard("d", "a", 2, 20_000) is Heard.CLONE_FIRST
    assert sessions.heard("d", "b", 2, 21_000) is Heard.CLONE
    assert not sessions.allowed("d", "b")
    assert sessions.heard("d", "b", 3, 20_000 + SILENT_MS) is Heard.GOOD
    assert sessions.allowed("d", "b")
    assert sessions.heard("d", "a", 3, 40_000 + SILENT_MS) is Heard.CLONE_FIRST


def test_many_streams_cost_little_and_each_office_hears_its_own(tmp_path: Path) -> None:
    """300 open streams; `tests.centre.link_load` has a thousand."""
    many = 300
    with centre(tmp_path, keepalive_s=5.0) as one:
        key = make_key()
        from sync.centre.offices import OfficeEntry

        for n in range(many):
            one.devices.known[f"d{n}"] = FakeDevice(f"d{n}", f"o{n}", public=key.public)
        for n in (0, many - 1):
            one.offices.put(OfficeEntry(f"o{n}", ""))

        async def listen(n: int, heard: list[int]) -> asyncio.StreamWriter:
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            target = "/link/v1/directives?after=0&session=s"
            header = sign_request(key, f"d{n}", "GET", target, b"", now_ms())
            head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: {header}"
            writer.write(head.encode() + b"\r\n\r\n")
            assert b"200" in await reader.readline()
            asyncio.get_running_loop().create_task(read(n, reader, heard))
            return writer

        async def read(n: int, reader: asyncio.StreamReader, heard: list[int]) -> None:
            while line := await reader.readline():
                if line.startswith(b"id: "):
                    heard.append(n)

        async def play() -> tuple[list[int], float]:
            heard: list[int] = []
            writers = [await listen(n, heard) for n in range(many)]
            assert len(one.link.connected()) == many
            idle = time.process_time()
            await asyncio.sleep(1.0)
            idle = time.process_time() - idle
            for n in (many - 1, 0):
                one.directives.issue(f"o{n}", "resume", {}, author="u", author_name="", reason="", ttl_s=60)
            end = time.monotonic() + 20
            while len(heard) < 2 and time.monotonic() < end:
                await asyncio.sleep(0.02)
            for writer in writers:
                writer.close()
            return heard, idle

        heard, idle = asyncio.run(play())
        assert sorted(heard) == [0, many - 1]
        assert idle < 0.5
