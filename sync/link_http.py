"""Signed requests from the office to the centre, by the standard library: one answer each, or a stream of events."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sync.centre_keys import CentreKeys, CentreKeysError, connection_to
from sync.link_clock import CentreClock, uptime_ms
from sync.signing import PrivateKey, load_key, sign_request

ANSWER_S = 15.0
SILENCE_S = 30.0
"""A stream that brings nothing for so long, not even a keepalive of the centre, is dead or held up on its way."""

LONGEST_ANSWER = 4 << 20
LONGEST_LINE = 1 << 20
_INTERACTIVE, _LOW_DELAY = 6, 0x10
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module doesn't name


class LinkError(Exception):
    """No answer, or not the one that was hoped for.

    `code`: `no-line` (nothing gets through), `certificate` (the other side isn't the centre), `certificate-refused`
    (the centre doesn't take the device's), `centre-failed` (it has trouble of its own), `silence` (a stream that brings
    nothing), `no-stream` (something else came), `refused`, or the centre's own code of a refusal: `unknown-device`,
    `revoked`, `two-devices`, `other-office`, `other-incarnation`, `bad-signature`, `clock`...
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream; a keepalive has an empty kind."""

    kind: str
    data: str = ""


class CentreLine:
    """The centre as one thread of the office sees it; the connection is kept between requests."""

    def __init__(
        self,
        keys: CentreKeys,
        clock: CentreClock,
        dates_count: Callable[[], bool] = lambda: True,
        silence_s: float = SILENCE_S,
    ) -> None:
        """`dates_count`: whether the office's clock is good enough to judge a certificate's dates; the authority is
        pinned either way. Raises OSError or ValueError for unusable keys.
        """
        self._keys, self._clock, self._dates_count, self._silence_s = keys, clock, dates_count, silence_s
        self._key: PrivateKey = load_key(keys.signing_key)
        self._url = 0
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, target: str, body: bytes = b"") -> dict[str, Any]:
        """The JSON object that is answered. Raises LinkError.

        A kept connection that the other side has closed meanwhile is opened again once.
        """
        for again in (True, False):
            kept = self._connection is not None
            asked = uptime_ms()
            try:
                status, data = self._once(method, target, body)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if kept and again:
                    continue
                raise _trouble(error) from error
            answer = _object(data)
            self._learn(asked, answer)
            if status == 200:
                return answer
            code = str(answer.get("code", ""))
            if code == "clock" and again:
                continue
            raise LinkError(code or ("centre-failed" if status >= 500 else "refused"), f"status {status}")
        raise AssertionError("the second try returns or raises")

    def _once(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = self._connect(ANSWER_S)
        headers = {"Authorization": self._signature(method, target, body), "Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, target, body or None, headers)
        response = self._connection.getresponse()
        data = response.read(LONGEST_ANSWER)
        if not response.isclosed():
            self.close()
        return response.status, data

    def stream(self, target: str, opened: Callable[[Stream], None]) -> Iterator[Event]:
        """The events of a stream until it ends; `opened` gets what can cut it from another thread. Raises LinkError."""
        try:
            connection = self._connect(self._silence_s)
        except OSError as error:
            raise _trouble(error) from error
        stream = Stream(connection)
        opened(stream)
        try:
            asked = uptime_ms()
            headers = {"Authorization": self._signature("GET", target, b""), "Accept": "text/event-stream"}
            connection.request("GET", target, None, headers)
            try:
                response = connection.getresponse()
            except TimeoutError as error:
                raise LinkError("silence", "no head of the answer") from error
            if response.status != 200:
                answer = _object(response.read(LONGEST_LINE))
                self._learn(asked, answer)
                raise LinkError(str(answer.get("code", "")) or "refused", f"status {response.status}")
            if not (response.getheader("Content-Type") or "").startswith("text/event-stream"):
                raise LinkError("no-stream")
            yield from _events(response)
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            # A connection that is cut by another thread fails in any of these ways.
            raise _trouble(error) from error
        finally:
            stream.cut()

    def close(self) -> None:
        """Give the kept connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection to the address that answered last, or to the next one that does."""
        urls = self._keys.urls
        for tried in range(len(urls)):
            url = (self._url + tried) % len(urls)
            connection = connection_to(urls[url], self._tls, timeout_s)
            try:
                connection.connect()
            except OSError:
                connection.close()
                if tried + 1 == len(urls):
                    raise
                continue
            self._url = url
            _put_first(connection.sock)
            return connection
        raise CentreKeysError("no address")

    def _tls(self) -> ssl.SSLContext:
        context = self._keys.tls()
        if not self._dates_count():
            context.verify_flags |= _NO_CHECK_TIME
        return context

    def _signature(self, method: str, target: str, body: bytes) -> str:
        # The set is named too: while keys are renewed, the centre knows two.
        name = f"{self._keys.device}:{self._keys.centre_set}"
        return sign_request(self._key, name, method, target, body, self._clock.now_ms())

    def _learn(self, asked: int, answer: dict[str, Any]) -> None:
        centre_ms = answer.get("centre_ms")
        if type(centre_ms) is int:
            if answer.get("code") == "clock":
                self._clock.forget()
            self._clock.learn(asked, uptime_ms(), centre_ms)


class Stream:
    """A running stream, so that another thread can cut it."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection, self._lock, self._cut = connection, threading.Lock(), False

    def cut(self) -> None:
        """End it at once; safe to call twice."""
        with self._lock:
            if self._cut:
                return
            self._cut = True
        if self._connection.sock is not None:
            _shut(self._connection.sock)
        self._connection.close()


def _put_first(sock: Any) -> None:
    """Ask the box and the routers behind it to let these few bytes pass the replica's many on a thin line."""
    six = sock.family == socket.AF_INET6
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, _INTERACTIVE)
        if six:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _LOW_DELAY)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _LOW_DELAY)


def _shut(sock: Any) -> None:
    try:
        sock.shutdown(2)
    except OSError:
        return


def _events(response: http.client.HTTPResponse) -> Iterator[Event]:
    kind, data = "message", ""
    while True:
        try:
            raw = response.readline(LONGEST_LINE + 1)
        except TimeoutError as error:
            raise LinkError("silence") from error
        if not raw:
            return
        if len(raw) > LONGEST_LINE:
            raise LinkError("centre-failed", "a line without an end")
        if not raw.endswith(b"\n"):
            return  # cut in the middle of a line: what isn't whole doesn't count
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield Event(kind, data)
            kind, data = "message", ""
        elif not name:
            yield Event("")
        elif name == "event":
            kind = value
        elif name == "data":
            data = f"{data}\n{value}" if data else value


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _trouble(error: Exception) -> LinkError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return LinkError("certificate", str(error)[:200])
    if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
        return LinkError("certificate-refused", str(error)[:200])
    return LinkError("no-line", f"{type(error).__name__} {error}"[:200])
