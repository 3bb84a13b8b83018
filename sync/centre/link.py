"""The centre's end of the link: pulses come in, signed directives go out over one open answer an office.

    POST /link/v1/pulse                        -> {"centre_ms", "newest", "want_snapshot", "pulse_s"}
    GET  /link/v1/directives?after=N&session=  -> an event stream of signed directives, or JSON when that is asked for

Every request is signed by the device (`sync.signing`); a refusal is {"code", "centre_ms"}.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sync.centre.directives import Directives
from sync.centre.images import Image
from sync.centre.link_sessions import Heard, Sessions
from sync.pulse import LONGEST_BYTES, SHORTEST_S, Pulse, PulseError, pulse_of
from sync.signing import RequestGuard, SigningError, read_claim

log = logging.getLogger(__name__)

KEEPALIVE_S = 10.0

THREADS = 8
"""So many pulses and questions are at work at a time; more threads would only wait for Python's lock, and let the one
that follows the offices wait.
"""

BATCH = 50
BATCH_BYTES = 1 << 20
"""A poll's answer is cut behind the directive that passes this; a plan may be large."""

LONGEST_NUMBER = 18

_Args = TypeVarTuple("_Args")
_Result = TypeVar("_Result")


class KnownDevice(Protocol):
    """A device of the register."""

    @property
    def id(self) -> str: ...
    @property
    def office(self) -> str: ...
    @property
    def incarnation(self) -> str: ...
    @property
    def revoked_ms(self) -> int: ...


class Devices(Protocol):
    """The register of devices (`sync.centre.keys.DeviceKeys`); must be quick."""

    def get(self, device: str) -> KnownDevice | None:
        """One device, revoked or not."""

    def public_key(self, name: str) -> bytes | None:
        """The key that requests named `device` or `device:set` are verified with; None for a revoked one."""

    def seen(self, device: str) -> None:
        """A device has proven itself now."""


class Pulsed(Protocol):
    """Where pulses go, and what is known of an office (`sync.centre.network`)."""

    def pulse(self, office: str, pulse: Pulse, at_ms: int) -> None:
        """A pulse of this office came, `at_ms` by the centre's clock."""

    def image(self, office: str) -> Image | None:
        """The image of one office."""


class LinkRefusedError(Exception):
    """An answer of the 4xx kind: its code and status."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass(slots=True, eq=False)
class _Waiter:
    """An open stream: its device, what wakes it, and whether it is over."""

    device: str
    loop: asyncio.AbstractEventLoop
    event: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    def wake(self, *, over: bool = False) -> None:
        """From any thread."""
        self.over = self.over or over
        try:
            self.loop.call_soon_threadsafe(self.event.set)
        except RuntimeError:
            return  # The loop is gone, and the stream with it.


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """For `/metrics`: open streams, pulses and refusals since the centre began."""

    streams: int
    pulses: int
    refused: int
    clones: int


class Link:
    """One for a whole centre. `close` before the server is told to end: streams last for ever."""

    def __init__(
        self,
        devices: Devices,
        directives: Directives,
        network: Pulsed,
        now_ms: Callable[[], int],
        on_clone: Callable[[KnownDevice, str], None] = lambda _device, _why: None,
        *,
        keepalive_s: float = KEEPALIVE_S,
        guard: RequestGuard | None = None,
        pulse_s: Callable[[str], float] = lambda _: SHORTEST_S,
    ) -> None:
        """`pulse_s(office)` is how often an office should pulse.

        `on_clone(device, why)` hears of a key in two hands; `why` is `session` or the other incarnation's name.
        """
        self._devices, self._directives, self._network = devices, directives, network
        self._now_ms, self._on_clone, self._keepalive_s = now_ms, on_clone, keepalive_s
        self._guard, self._pulse_s = guard or RequestGuard(now_ms), pulse_s
        self._sessions = Sessions()
        self._lock = threading.Lock()
        self._waiters: dict[str, _Waiter] = {}
        self._closed = False
        self._ended_at = 0.0
        self._pulses = self._refused = self._clones = 0
        self._few = CapacityLimiter(THREADS)
        directives.listen(self._issued)

    async def in_thread(self, work: Callable[[Unpack[_Args]], _Result], *args: *_Args) -> _Result:
        """The answer of something that may wait for the database."""
        return await to_thread.run_sync(work, *args, limiter=self._few)

    @property
    def counts(self) -> LinkCounts:
        """What has happened."""
        return LinkCounts(len(self._waiters), self._pulses, self._refused, self._clones)

    def connected(self) -> frozenset[str]:
        """The offices that listen now."""
        with self._lock:
            return frozenset(self._waiters)

    def close(self) -> None:
        """End every stream, and refuse new ones."""
        with self._lock:
            self._closed = True
            waiters = list(self._waiters.values())
        for waiter in waiters:
            waiter.wake(over=True)

    def _issued(self, office: str) -> None:
        with self._lock:
            waiter = self._waiters.get(office)
        if waiter is not None:
            waiter.wake()

    # Answers; these block on the database.

    def enter(self, header: str, method: str, target: str, body: bytes) -> KnownDevice:
        """The device that signed this request. Raises LinkRefusedError."""
        try:
            claim = read_claim(header)
            name = claim.device.partition(":")[0]
            device = self._devices.get(name)
            if device is not None and device.revoked_ms:
                raise LinkRefusedError(403, "revoked")
            public = self._devices.public_key(claim.device)
            if device is None or public is None:
                raise SigningError("unknown-device", claim.device)
            self._guard.verify(claim, public, method, target, body)
        except SigningError as error:
            log.info("a request to the link is refused: %s", error)
            raise LinkRefusedError(401, error.code) from error
        return device

    def pulse(self, device: KnownDevice, body: bytes, at_ms: int) -> dict[str, object]:
        """The answer to a pulse that was signed at `at_ms`. Raises LinkRefusedError."""
        try:
            pulse = pulse_of(body)
        except (PulseError, RecursionError) as error:
            raise LinkRefusedError(400, "no-pulse") from error
        if pulse.office != device.office:
            raise LinkRefusedError(403, "other-office")
        if device.incarnation and pulse.incarnation != device.incarnation:
            self._clone(device, pulse.incarnation)
            raise LinkRefusedError(403, "other-incarnation")
        heard = self._sessions.heard(device.id, pulse.session, pulse.count, at_ms)
        if heard in (Heard.CLONE, Heard.CLONE_FIRST):
            self._clone(device, "session")
        if heard is Heard.CLONE:
            raise LinkRefusedError(409, "two-devices")
        if heard is not Heard.LATE:
            self._pulses += 1
            self._devices.seen(device.id)
            self._network.pulse(device.office, pulse, self._now_ms())
            self._directives.mark_delivered(device.office, pulse.directive)
        image = self._network.image(device.office)
        doubt = None if image is None else image.doubt
        return {
            "centre_ms": self._now_ms(),
            "newest": self._directives.newest(device.office),
            "want_snapshot": doubt is not None and doubt.cure == "snapshot-asked",
            "pulse_s": self._pulse_s(device.office),
        }

    def _clone(self, device: KnownDevice, why: str) -> None:
        self._clones += 1
        log.warning("the key of %s (%s) is in two hands: %s", device.id, device.office, why)
        self._on_clone(device, why)

    def poll(self, device: KnownDevice, after: int) -> dict[str, object]:
        """The next directives, for a device that can't hold a stream."""
        found = self._directives.after(device.office, after, BATCH)
        texts: list[str] = []
        for one in found:
            texts.append(one.to_json())
            if sum(map(len, texts)) > BATCH_BYTES // 2:
                break
        if texts:
            self._directives.mark_sent(device.office, found[0].directive.seq, found[len(texts) - 1].directive.seq)
        return {
            "centre_ms": self._now_ms(),
            "newest": self._directives.newest(device.office),
            "directives": [json.loads(text) for text in texts],
            "more": len(found) == BATCH or len(texts) < len(found),
        }

    def admit(self, device: KnownDevice, session: str) -> None:
        """Whether this session may have directives. Raises LinkRefusedError."""
        if not self._sessions.allowed(device.id, session):
            raise LinkRefusedError(409, "two-devices")

    # The stream; this runs on the loop.

    async def stream(self, device: KnownDevice, after: int) -> AsyncIterator[bytes]:
        """The directives behind `after`, and every new one, with a keepalive in between."""
        waiter = _Waiter(device.id, asyncio.get_running_loop())
        with self._lock:
            before = self._waiters.get(device.office)
            waiter.over = self._closed
            self._waiters[device.office] = waiter
        if before is not None:
            before.wake(over=True)
        try:
            yield b": talon\n\n"
            while not waiter.over:
                waiter.event.clear()
                found = await self.in_thread(self._directives.after, device.office, after, BATCH)
                for one in found:
                    after = one.directive.seq
                    yield f"id: {after}\nevent: directive\ndata: {one.to_json()}\n\n".encode()
                if found:
                    await self.in_thread(self._directives.mark_sent, device.office, found[0].directive.seq, after)
                if len(found) < BATCH:
                    async for keepalive in self._quiet(waiter):
                        yield keepalive
        finally:
            with self._lock:
                if self._waiters.get(device.office) is waiter:
                    del self._waiters[device.office]

    async def _quiet(self, waiter: _Waiter) -> AsyncIterator[bytes]:
        """Keepalives until the stream is woken, or its device shut out."""
        while not waiter.over:
            try:
                async with asyncio.timeout(self._keepalive_s):
                    await waiter.event.wait()
                return
            except TimeoutError:
                yield b":\n\n"
            now = time.monotonic()
            if now - self._ended_at >= min(1.0, self._keepalive_s / 2):
                # One look at all devices serves a thousand streams.
                self._ended_at = now
                await self.in_thread(self._end_revoked)

    def _end_revoked(self) -> None:
        with self._lock:
            waiters = list(self._waiters.values())
        for waiter in waiters:
            known = self._devices.get(waiter.device)
            if known is None or known.revoked_ms:
                waiter.wake(over=True)

    def refused(self, refusal: LinkRefusedError) -> JSONResponse:
        """The refusal as an answer; it tells the centre's time, for a device whose clock is wrong."""
        self._refused += 1
        return JSONResponse({"code": refusal.code, "centre_ms": self._now_ms()}, refusal.status)


def link_routes(link: Link) -> Sequence[Route]:
    """The routes of the devices' listener below /link/v1; plain ones, since hundreds of pulses come in a second."""

    async def pulse(request: Request) -> Response:
        try:
            body = await _body(request)
            header, target = request.headers.get("authorization", ""), _target(request)
            return JSONResponse(await link.in_thread(_pulse, link, header, target, body))
        except LinkRefusedError as refusal:
            return link.refused(refusal)

    async def directives(request: Request) -> Response:
        try:
            header = request.headers.get("authorization", "")
            device = await link.in_thread(link.enter, header, "GET", _target(request), b"")
            link.admit(device, request.query_params.get("session", "")[:64])
            seq = _cursor(request.headers.get("last-event-id", request.query_params.get("after", "0")))
            if "text/event-stream" not in request.headers.get("accept", ""):
                return JSONResponse(await link.in_thread(link.poll, device, seq))
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            return StreamingResponse(link.stream(device, seq), media_type="text/event-stream", headers=headers)
        except LinkRefusedError as refusal:
            return link.refused(refusal)

    return (
        Route("/link/v1/pulse", pulse, methods=["POST"]),
        Route("/link/v1/directives", directives, methods=["GET"]),
    )


def _pulse(link: Link, header: str, target: str, body: bytes) -> dict[str, object]:
    device = link.enter(header, "POST", target, body)
    return link.pulse(device, body, read_claim(header).at_ms)


def _cursor(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise LinkRefusedError(400, "no-cursor")
    return int(text)


def _target(request: Request) -> str:
    """Path and query as they were sent."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    return (raw + b"?" + query if query else raw).decode("latin-1")


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BYTES:
            raise LinkRefusedError(413, "too-long")
    return body
