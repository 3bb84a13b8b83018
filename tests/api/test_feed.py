"""The live feed: who is slow gets the newest, who goes is forgotten, and a server that stops doesn't wait."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.api import feed as feeding
from appliance.api.feed import Feed, Stream, changed
from appliance.api.server import make_server
from appliance.domain.tickets import TakeTicket
from tests.api.rig import Rig

ROOT = Path(__file__).resolve().parents[2]


class Office:
    seq = 5


class Writer:
    """Commits when a test says so, from another thread."""

    office = Office()

    def __init__(self) -> None:
        self.callbacks: list[Callable[[int], None]] = []

    def listen(self, callback: Callable[[int], None]) -> None:
        self.callbacks.append(callback)

    def commit(self, *seqs: int) -> None:
        def run() -> None:
            for seq in seqs:
                for callback in self.callbacks:
                    callback(seq)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()


class Client:
    """One side of an ASGI connection."""

    def __init__(self, stream: Stream) -> None:
        self.sent: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.leave = asyncio.Event()
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.task = asyncio.create_task(stream({"type": "http"}, self.receive, self.send))

    async def receive(self) -> Any:
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.may_read.wait()
        if message["type"] == "http.response.body":
            await self.sent.put(message["body"] if message["more_body"] else None)

    async def next(self) -> bytes | None:
        return await asyncio.wait_for(self.sent.get(), 2)


def stream_of(feed: Feed) -> Stream:
    stream = feed.stream()
    assert stream is not None
    return stream


def test_a_client_hears_where_it_is_and_every_change() -> None:
    async def run() -> None:
        writer = Writer()
        feed = Feed(writer)  # type: ignore[arg-type]
        client = Client(stream_of(feed))
        assert await client.next() == b"retry: 2000\n\nevent: changed\nid: 5\ndata: 5\n\n"
        await asyncio.to_thread(writer.commit, 6)
        assert await client.next() == changed(6)
        client.leave.set()
        await asyncio.wait_for(client.task, 2)
        assert feed.clients == 0

    asyncio.run(run())


def test_commits_that_come_fast_are_one_event() -> None:
    async def run() -> None:
        writer = Writer()
        feed = Feed(writer)  # type: ignore[arg-type]
        client = Client(stream_of(feed))
        await client.next()
        writer.commit(*range(6, 106))
        assert await client.next() == changed(105)
        await asyncio.to_thread(writer.commit, 105)
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.commit, 106)
        assert await client.next() == changed(106)
        assert client.sent.empty()
        feed.close()
        assert await client.next() is None
        await asyncio.wait_for(client.task, 2)

    asyncio.run(run())


def test_a_slow_client_gets_the_newest_only_and_holds_nobody_up() -> None:
    async def run() -> None:
        writer = Writer()
        feed = Feed(writer)  # type: ignore[arg-type]
        slow, quick = Client(stream_of(feed)), Client(stream_of(feed))
        for client in (slow, quick):
            await client.next()
        slow.may_read.clear()
        for seq in (6, 7, 8, 9):
            await asyncio.to_thread(writer.commit, seq)
            assert await quick.next() == changed(seq)
        slow.may_read.set()
        heard = [await slow.next(), await slow.next()]
        assert heard == [changed(6), changed(9)]
        assert slow.sent.empty()
        feed.close()
        await asyncio.gather(slow.task, quick.task)

    asyncio.run(run())


def test_a_quiet_feed_says_that_it_is_there() -> None:
    async def run() -> None:
        feed = Feed(Writer(), keep_alive_s=0.01)  # type: ignore[arg-type]
        client = Client(stream_of(feed))
        await client.next()
        assert await client.next() == feeding.COMMENT
        feed.close()
        await asyncio.wait_for(client.task, 2)

    asyncio.run(run())


def test_streams_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        feed = Feed(Writer())  # type: ignore[arg-type]
        clients = [Client(stream_of(feed)) for _ in range(2)]
        for client in clients:
            await client.next()
        assert feed.stream() is None
        clients[0].leave.set()
        await clients[0].task
        assert feed.stream() is not None
        feed.close()
        await asyncio.gather(*(client.task for client in clients))

    monkeypatch.setattr(feeding, "MAX_CLIENTS", 2)
    asyncio.run(run())


def test_a_full_feed_says_so(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "MAX_CLIENTS", 0)
    answer = rig.client().get("/api/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (503, "feed-full")


def test_a_commit_after_the_loop_has_ended_harms_nobody() -> None:
    writer = Writer()

    async def run() -> Feed:
        feed = Feed(writer)  # type: ignore[arg-type]
        client = Client(stream_of(feed))
        await client.next()
        client.leave.set()
        await client.task
        return feed

    feed = asyncio.run(run())
    writer.commit(7)
    feed.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listen(port: int) -> socket.socket:
    """An open stream that has told its first event."""
    deadline = time.monotonic() + 30
    while True:
        try:
            line = socket.create_connection(("127.0.0.1", port), 5)
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
    heard = b""
    while b"data: " not in heard:
        heard += line.recv(4096)
    assert b"text/event-stream" in heard
    return line


def test_a_server_with_open_streams_stops_at_once(rig: Rig) -> None:
    port = free_port()
    server = make_server(rig.app, "127.0.0.1", port)
    thread = threading.Thread(target=server.run)
    thread.start()
    lines = [listen(port) for _ in range(8)]
    rig.do(TakeTicket("consult"))
    for line in lines:
        assert f"data: {rig.office.seq}".encode() in line.recv(4096)
    begun = time.monotonic()
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()
    assert time.monotonic() - begun < 8
    for line in lines:
        line.close()


SERVED = """
import sys
from pathlib import Path
from tests.api.rig import Rig
from tests.plans import Sketch
from appliance.api.server import make_server
rig = Rig(Path(sys.argv[1]), Sketch())
make_server(rig.app, "127.0.0.1", int(sys.argv[2])).run()
rig.close()
"""


def test_sigterm_ends_a_process_with_open_and_once_open_streams(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", SERVED, str(tmp_path), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        lines = [listen(port) for _ in range(4)]
        lines[0].close()
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert time.monotonic() - begun < 8
        for line in lines[1:]:
            line.settimeout(2)
            rest = b""
            while piece := line.recv(4096):
                rest += piece
            assert rest.endswith(b"0\r\n\r\n")
            line.close()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
