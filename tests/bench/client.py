"""A keep-alive HTTP client on a bare socket: a client library would cost more than the office that is measured."""

from __future__ import annotations

import json
import select
import socket
import time
from dataclasses import dataclass
from typing import Any

HEALTH = "/api/v1/health"
"""The empty request: the whole middleware, and a route that does next to nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and the seconds from its request's first byte to its own last byte."""

    status: int
    head: bytes
    body: bytes
    took: float

    def json(self) -> Any:
        """The body as values."""
        return json.loads(self.body)


class Client:
    """One connection. `cookie` is sent with every request once it is set."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = port
        self._head = f"Host: 127.0.0.1:{port}\r\n"
        self.cookie = ""

    def get(self, path: str) -> Answer:
        """GET."""
        return self.send(self.request("GET", path))

    def post(self, path: str, body: object, key: str = "") -> Answer:
        """POST a JSON body, under an idempotency key if one is given."""
        return self.send(self.request("POST", path, body, key))

    def request(self, method: str, path: str, body: object = None, key: str = "") -> bytes:
        """The bytes of a request, so that making them isn't measured."""
        lines = f"{method} {path} HTTP/1.1\r\n{self._head}"
        if self.cookie:
            lines += f"Cookie: {self.cookie}\r\n"
        if key:
            lines += f"Idempotency-Key: {key}\r\n"
        if body is None:
            return (lines + "\r\n").encode()
        content = json.dumps(body, ensure_ascii=False).encode()
        lines += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        return (lines + "\r\n").encode() + content

    def send(self, request: bytes) -> Answer:
        """Send the bytes and read one whole response."""
        began = time.perf_counter()
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        while len(body) < length:
            body += self._receive()
        return Answer(int(head[9:12]), head, body, time.perf_counter() - began)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _receive(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the office hung up")
        return data


class Screens:
    """Open streams of the live feed, as many screens hold them."""

    def __init__(self, port: int, count: int) -> None:
        self._poll = select.epoll()
        self._screens: dict[int, socket.socket] = {}
        self._heard: dict[int, int] = {}
        ask = f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        for _ in range(count):
            screen = socket.create_connection(("127.0.0.1", port), timeout=20.0)
            screen.sendall(ask)
            received = b""
            while b"event: changed" not in received:
                received += screen.recv(65536)
            screen.setblocking(False)
            self._screens[screen.fileno()] = screen
            self._heard[screen.fileno()] = 0
            self._poll.register(screen, select.EPOLLIN)

    def wait_all(self, seq: int, within_s: float = 5.0) -> float | None:
        """Wait until every screen has heard of `seq` or a later entry.

        CLOCK_MONOTONIC seconds of the last one, None when it took too long.
        """
        missing = {number for number, heard in self._heard.items() if heard < seq}
        until = time.monotonic() + within_s
        while missing:
            left = until - time.monotonic()
            if left <= 0:
                return None
            for number, _ in self._poll.poll(left):
                received = self._screens[number].recv(65536)
                newest = received.rpartition(b"data: ")[2].partition(b"\n")[0]
                if newest.isdigit():
                    self._heard[number] = int(newest)
                if self._heard[number] >= seq:
                    missing.discard(number)
        return time.monotonic()

    def close(self) -> None:
        """Hang up all of them."""
        self._poll.close()
        for screen in self._screens.values():
            screen.close()
