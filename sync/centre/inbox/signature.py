"""AWS Signature Version 4 in the Authorization header: who sent a request, and that nobody changed it."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote

from sync.centre.inbox.access import Access, DeviceKey
from sync.centre.inbox.refusal import RefusalError

WINDOW_MS = 15 * 60 * 1000
"""How far a request's time may be from ours: a recorded request is worth nothing afterwards."""

UNSIGNED = "UNSIGNED-PAYLOAD"

DAY_KEYS_REMEMBERED = 4096

_ALGORITHM = "AWS4-HMAC-SHA256"
_CREDENTIAL = re.compile(r"([^/ ]{1,128})/([0-9]{8})/([A-Za-z0-9-]{1,40})/s3/aws4_request")
_AUTHORIZATION = re.compile(
    _ALGORITHM + r" +Credential=([^, ]+), *SignedHeaders=([a-z0-9;-]{1,1000}), *Signature=([0-9a-f]{64})"
)
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MUST_BE_SIGNED = frozenset({"host", "x-amz-date", "x-amz-content-sha256"})


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it is signed: `path` and `query` as they came, percent signs and all; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, and the SHA-256 that the body must have; '' when the signature doesn't cover the body."""

    key: DeviceKey
    body_sha256: str


def verify(request: SignedRequest, access: Access, now_ms: int) -> Signer:
    """The signer of a request. Raises RefusalError; the body is not needed for it, so a stranger's is never read."""
    header = request.headers.get("authorization", "")
    found = _AUTHORIZATION.fullmatch(header)
    scope = _CREDENTIAL.fullmatch(found[1]) if found else None
    if found is None or scope is None:
        raise RefusalError("AccessDenied", "an AWS4-HMAC-SHA256 Authorization header is needed", "not-signed")
    key_id, day, region = scope[1], scope[2], scope[3]
    key = access.key(key_id)
    if key is None:
        raise RefusalError("InvalidAccessKeyId", "no such key")
    date = request.headers.get("x-amz-date", "")
    signed = found[2].split(";")
    if not _DATE.fullmatch(date) or date[:8] != day or not _MUST_BE_SIGNED.issubset(signed):
        raise RefusalError("AccessDenied", "host, x-amz-date and x-amz-content-sha256 must be signed", "not-signed")
    expected = signature(request, signed, key.secret, date, region)
    if not hmac.compare_digest(expected, found[3]):
        raise RefusalError("SignatureDoesNotMatch", "the signature is not of this key and request")
    if abs(_ms(date) - now_ms) > WINDOW_MS:
        raise RefusalError("RequestTimeTooSkewed", "the clock of the device and ours are more than 15 minutes apart")
    if key.revoked:
        raise RefusalError("AccessDenied", "this key was withdrawn", "revoked")
    body = request.headers["x-amz-content-sha256"]
    if body == UNSIGNED:
        return Signer(key, "")
    if not _SHA256.fullmatch(body):
        raise RefusalError("NotImplemented", "the body must be signed as a whole, or not at all")
    return Signer(key, body)


def signature(request: SignedRequest, signed: Sequence[str], secret: str, date: str, region: str) -> str:
    """The signature that the request must carry, in hex."""
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    canonical = "\n".join(
        (
            request.method,
            quote(unquote(request.path), safe="/-_.~"),
            _canonical_query(request.query),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signed),
            "",
            ";".join(signed),
            request.headers.get("x-amz-content-sha256", ""),
        )
    )
    to_sign = "\n".join((_ALGORITHM, date, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    return hmac.digest(_day_key(secret, date[:8], region), to_sign.encode(), "sha256").hex()


@lru_cache(DAY_KEYS_REMEMBERED)
def _day_key(secret: str, day: str, region: str) -> bytes:
    """The key of a day. Remembered, because each HMAC may hand Python's lock to a busier thread."""
    key = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def authorization(request: SignedRequest, key_id: str, secret: str, date: str, region: str = "us-east-1") -> str:
    """The Authorization header for a request that has its other headers: for synthetic devices."""
    signed = sorted(_MUST_BE_SIGNED | {name for name in request.headers if name.startswith("x-amz-")})
    mac = signature(request, signed, secret, date, region)
    credential = f"{key_id}/{date[:8]}/{region}/s3/aws4_request"
    return f"{_ALGORITHM} Credential={credential}, SignedHeaders={';'.join(signed)}, Signature={mac}"


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
    return "&".join(sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs))


def _ms(date: str) -> int:
    try:
        return calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ")) * 1000
    except ValueError as problem:
        raise RefusalError("AccessDenied", "x-amz-date is no date", "not-signed") from problem
