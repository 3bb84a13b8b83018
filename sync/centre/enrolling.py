"""Enrolment at the centre: a token becomes a device; a device renews its keys and binds its incarnation.

Served on a listener that asks for no client certificate: a new device has none yet, and one whose certificate has run
out must be able to renew it. Everything here is proven by a token or by the device's own signature.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from sync.centre.authority import Authority, AuthorityError
from sync.centre.key_tables import Device, KeySet
from sync.centre.keys import DeviceKeys, KeyRefusedError
from sync.centre.offices import Offices
from sync.centre.plans import Plans
from sync.centre.store import Store
from sync.centre.throttle import Throttle
from sync.centre.tokens import TokenKind, TokenRefusedError, Tokens
from sync.signing import RequestGuard, SigningError, read_claim

log = logging.getLogger(__name__)

LONGEST_BODY = 32 << 10
_INCARNATION = re.compile(r"[0-9]{4,8}-[A-Za-z0-9]{1,32}")
_STATUS = {
    "token-unknown": 403,
    "token-expired": 403,
    "token-withdrawn": 403,
    "token-used": 409,
    "office-has-device": 409,
    "office-unknown": 409,
    "other-office": 409,
    "key-in-use": 409,
    "other-incarnation": 409,
    "incarnation-taken": 409,
    "unknown-set": 409,
    "malformed": 400,
    "too-long": 413,
    "wait": 429,
}
_GUESSES = ("token-unknown", "token-expired", "token-withdrawn", "token-used", "no-signature", "bad-signature")


class EnrolRefusedError(Exception):
    """A request that isn't granted: its code, and how long to wait when that is the reason."""

    def __init__(self, code: str, office: str = "", wait_s: float = 0.0, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.office, self.wait_s, self.detail = code, office, wait_s, detail


@dataclass(frozen=True, slots=True)
class Address:
    """Where devices find this centre. `urls`: the devices' listeners, the preferred first."""

    urls: tuple[str, ...]
    enrol_url: str
    bucket: str = "offices"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest that the centre has of an office's queue: the incarnation's folder and the journal's last entry."""

    incarnation: str
    seq: int


@dataclass(frozen=True, slots=True)
class EnrolmentNews:
    """Something that people of the centre should know.

    `code`: `enrolled`, `bound`, `renewed`, or a refusal that speaks of a stolen or copied thing (`token-used`,
    `other-incarnation`, `revoked`, ...).
    """

    code: str
    office: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Enrolling:
    """What enrolment does, without HTTP. Any thread."""

    def __init__(
        self,
        store: Store,
        authority: Authority,
        keys: DeviceKeys,
        now_ms: Callable[[], int],
        address: Callable[[], Address],
        *,
        incarnations: Callable[[str], Sequence[str]] = lambda _office: (),
        head: Callable[[str], Head | None] = lambda _office: None,
        on_news: Callable[[EnrolmentNews], None] = lambda _news: None,
    ) -> None:
        """`incarnations(office)`: the folders that hold a replica, the newest first. `head(office)`: how far it goes.

        `address` is asked at each enrolment, because a free port is known only once it is open.
        """
        self._store, self._authority, self.keys, self._now_ms = store, authority, keys, now_ms
        self._address, self._incarnations, self._head, self._on_news = address, incarnations, head, on_news
        self.tokens = Tokens(store, authority.fingerprint, now_ms)
        self.plans = Plans(store, now_ms)
        self.offices = Offices(store)

    def issue_token(self, office: str, kind: TokenKind, author: str, days: int = 7) -> str:
        """A token for an office of the register. Raises EnrolRefusedError `office-unknown`, `office-has-device` (a new
        office must not have one; a broken device is replaced), ValueError for the days.
        """
        self._check_office(office, kind)
        return self.tokens.issue(office, kind, author, days)

    def authority_answer(self) -> dict[str, Any]:
        """What is told to anybody: the authority's certificate, to be held against the token's fingerprint."""
        return {"ca": self._authority.ca_pem}

    def join(self, body: Mapping[str, Any], public: bytes) -> dict[str, Any]:
        """Enter the device that holds the token. `public` has signed the request.

        The same device may ask again with the same token until it confirms. Raises EnrolRefusedError.
        """
        secret, office = _text(body, "token", 200), _text(body, "office", 64)
        csr, s3_secret = _text(body, "csr", 8000), _text(body, "s3_secret", 200)
        versions = body.get("versions", {})
        if not isinstance(versions, dict) or len(s3_secret) < 32:
            raise EnrolRefusedError("malformed")
        told = json.dumps({str(k)[:40]: str(v)[:80] for k, v in list(versions.items())[:20]}, sort_keys=True)
        try:
            with self._store.write() as session:
                row = self.tokens.take(session, secret, office)
                kind = TokenKind(row.kind)
                if row.used_ms:
                    self._check_own_again(row.device, public, office)
                else:
                    self._check_office(office, kind)
                device = self.keys.add(session, office, public, csr, s3_secret, told)
                if not row.used_ms:
                    self.tokens.burn(session, row, device)
        except (TokenRefusedError, KeyRefusedError) as error:
            code = "token-used" if error.code == "key-in-use" else error.code
            self._tell(code, office, device=getattr(error, "device", ""))
            raise EnrolRefusedError(code, office) from error
        except AuthorityError as error:
            raise EnrolRefusedError("malformed", office, detail=str(error)) from error
        self.keys.forget()
        found = self.keys.get(device)
        assert found is not None
        self._tell("enrolled", office, device=device, kind=kind.value)
        return self._answer(found, found.sets[0]) | self._welcome(office, kind)

    def confirm(self, device: Device, number: int) -> dict[str, Any]:
        """The device has everything of this set. Raises EnrolRefusedError."""
        self._asking(device, lambda: self.keys.confirm(device.id, number))
        return {}

    def renew(self, device: Device, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new set of keys for a device that has signed with the old. Raises EnrolRefusedError."""
        csr, s3_secret = _text(body, "csr", 8000), _text(body, "s3_secret", 200)
        if len(s3_secret) < 32:
            raise EnrolRefusedError("malformed")
        public = _public(body)
        made: list[KeySet] = []
        self._asking(device, lambda: made.append(self.keys.renew(device.id, public, csr, s3_secret)))
        found = self.keys.get(device.id)
        assert found is not None
        self._tell("renewed", device.office, device=device.id)
        return self._answer(found, made[0])

    def bind(self, device: Device, body: Mapping[str, Any]) -> dict[str, Any]:
        """Bind the device to its incarnation, for ever. Raises EnrolRefusedError."""
        incarnation = _text(body, "incarnation", 64)
        if not _INCARNATION.fullmatch(incarnation):
            raise EnrolRefusedError("malformed", device.office)
        self._asking(device, lambda: self.keys.bind(device.id, incarnation))
        if device.incarnation != incarnation:
            self._tell("bound", device.office, device=device.id, incarnation=incarnation)
        return {}

    def refresh(self, device: Device) -> dict[str, Any]:
        """What may have changed since the enrolment, and whether the device should renew its keys."""
        address = self._address()
        return {
            "urls": list(address.urls),
            "enrol_url": address.enrol_url,
            "directive_keys": self._directive_keys(),
            "renew": device.renewal_asked_ms > 0,
            "incarnation": device.incarnation,
        }

    def refused(self, code: str, office: str, device: str) -> None:
        """Tell people of a signature that was not believed."""
        self._tell(code, office, device=device)

    def _check_office(self, office: str, kind: TokenKind) -> None:
        if self.offices.get(office) is None:
            raise EnrolRefusedError("office-unknown", office)
        if kind is TokenKind.NEW and self.keys.device_of(office) is not None:
            raise EnrolRefusedError("office-has-device", office)

    def _check_own_again(self, device: str, public: bytes, office: str) -> None:
        known = self.keys.get(device)
        own = known is not None and known.sets[0].public == public and not known.confirmed
        if not own:
            raise TokenRefusedError("token-used", office)

    def _asking(self, device: Device, change: Callable[[], None]) -> None:
        try:
            change()
        except KeyRefusedError as error:
            self._tell(error.code, device.office, device=device.id)
            raise EnrolRefusedError(error.code, device.office) from error
        except AuthorityError as error:
            raise EnrolRefusedError("malformed", device.office, detail=str(error)) from error

    def _answer(self, device: Device, keys: KeySet) -> dict[str, Any]:
        address = self._address()
        return {
            "device": device.id,
            "set": keys.number,
            "certificate": keys.certificate.pem,
            "certificate_ends_ms": keys.certificate.ends_ms,
            "ca": self._authority.ca_pem,
            "s3_key_id": keys.s3_key_id,
            "bucket": address.bucket,
            "urls": list(address.urls),
            "enrol_url": address.enrol_url,
            "directive_keys": self._directive_keys(),
        }

    def _welcome(self, office: str, kind: TokenKind) -> dict[str, Any]:
        entry, plan, head = self.offices.get(office), self.plans.newest(office), self._head(office)
        return {
            "kind": kind.value,
            "office": asdict(entry) if entry is not None else {"id": office},
            "plan": plan.document if plan is not None else "",
            "incarnations": list(self._incarnations(office)),
            "head": asdict(head) if head is not None else None,
        }

    def _directive_keys(self) -> dict[str, str]:
        return {name: public.hex() for name, public in self._authority.directives.trusted().items()}

    def _tell(self, code: str, office: str, **facts: str) -> None:
        log.info("enrolment: %s office=%s %s", code, office, facts)
        self._on_news(EnrolmentNews(code, office, facts))


def enrol_routes(
    enrolling: Enrolling, guard: RequestGuard, now_ms: Callable[[], int], now_s: Callable[[], float] = time.monotonic
) -> APIRouter:
    """The routes below `/enrol/v1/`. Every answer carries `centre_ms`: a new device has no clock worth the name."""
    router = APIRouter(prefix="/enrol/v1", include_in_schema=False)
    throttle = Throttle(now_s)

    async def answered(request: Request, work: Callable[[Request, bytes], dict[str, Any]]) -> JSONResponse:
        address = request.client.host if request.client is not None else ""
        try:
            wait_s = throttle.wait_s(address)
            if wait_s:
                raise EnrolRefusedError("wait", wait_s=wait_s)
            body = await _body(request)
            answer = await run_in_threadpool(work, request, body)
        except EnrolRefusedError as error:
            if error.code in _GUESSES:
                throttle.failed(address)
            headers = {"Retry-After": str(int(error.wait_s) + 1)} if error.wait_s else {}
            told = {"code": error.code, "detail": error.detail, "centre_ms": now_ms()}
            return JSONResponse(told, _STATUS.get(error.code, 403), headers)
        if request.method == "POST":
            throttle.succeeded(address)
        return JSONResponse(answer | {"centre_ms": now_ms()})

    def of_device(request: Request, body: bytes) -> tuple[Device, dict[str, Any], str]:
        """The device that has signed this request, what it asks, and the name of its key (`d..`, or `d..:2`)."""
        name = ""
        try:
            claim = read_claim(request.headers.get("authorization", ""))
            name = claim.device
            device = enrolling.keys.get(name.partition(":")[0])
            if device is None:
                raise SigningError("unknown-device", name)
            if device.revoked_ms:
                raise SigningError("revoked", name)
            public = enrolling.keys.public_key(name)
            if public is None:
                raise SigningError("unknown-device", name)
            guard.verify(claim, public, request.method, request.url.path, body)
        except SigningError as error:
            known = enrolling.keys.get(name.partition(":")[0])
            if error.code in ("bad-signature", "replayed", "revoked"):
                enrolling.refused(error.code, known.office if known is not None else "", name)
            raise EnrolRefusedError(error.code) from error
        enrolling.keys.seen(device.id)
        return device, _object(body), name

    @router.get("/ca")
    async def ca(request: Request) -> JSONResponse:
        return await answered(request, lambda _request, _body: enrolling.authority_answer())

    @router.post("/join")
    async def join(request: Request) -> JSONResponse:
        def work(request: Request, body: bytes) -> dict[str, Any]:
            asked = _object(body)
            public = _public(asked)
            try:
                # Whoever joins shows that the private half is theirs.
                claim = read_claim(request.headers.get("authorization", ""))
                guard.verify(claim, public, request.method, request.url.path, body)
            except SigningError as error:
                raise EnrolRefusedError(error.code) from error
            return enrolling.join(asked, public)

        return await answered(request, work)

    @router.post("/confirm")
    async def confirm(request: Request) -> JSONResponse:
        def work(request: Request, body: bytes) -> dict[str, Any]:
            device, asked, name = of_device(request, body)
            number = asked.get("set")
            # Only the new key itself proves that the device holds it.
            if type(number) is not int or name != f"{device.id}:{number}":
                raise EnrolRefusedError("malformed", device.office)
            return enrolling.confirm(device, number)

        return await answered(request, work)

    @router.post("/renew")
    async def renew(request: Request) -> JSONResponse:
        def work(request: Request, body: bytes) -> dict[str, Any]:
            device, asked, _ = of_device(request, body)
            return enrolling.renew(device, asked)

        return await answered(request, work)

    @router.post("/incarnation")
    async def incarnation(request: Request) -> JSONResponse:
        def work(request: Request, body: bytes) -> dict[str, Any]:
            device, asked, _ = of_device(request, body)
            return enrolling.bind(device, asked)

        return await answered(request, work)

    @router.post("/refresh")
    async def refresh(request: Request) -> JSONResponse:
        def work(request: Request, body: bytes) -> dict[str, Any]:
            device, _, _ = of_device(request, body)
            return enrolling.refresh(device)

        return await answered(request, work)

    return router


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            raise EnrolRefusedError("too-long")
    return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise EnrolRefusedError("malformed") from error
    if not isinstance(found, dict):
        raise EnrolRefusedError("malformed")
    return found


def _text(body: Mapping[str, Any], name: str, longest: int) -> str:
    found = body.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= longest:
        raise EnrolRefusedError("malformed", detail=name)
    return found


def _public(body: Mapping[str, Any]) -> bytes:
    try:
        public = bytes.fromhex(_text(body, "public_key", 64))
    except ValueError as error:
        raise EnrolRefusedError("malformed", detail="public_key") from error
    if len(public) != 32:
        raise EnrolRefusedError("malformed", detail="public_key")
    return public
