"""Ed25519 at both ends of the line: keys on the disk, signed directives, signed requests of a device.

A directive is signed by a key of the centre whose public half every office got at its enrolment. A request is signed by
the device's own key, over everything that the centre will act on, so that no proxy on the way can change, repeat or
redirect it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.directive import Directive, SignedDirective
from sync.private_files import write_private

WINDOW_MS = 120_000
"""How far the moment of a request may be from the centre's clock, either way."""

SCHEME = "Talon"

_CLAIM = re.compile(
    r"Talon key=(?P<device>[A-Za-z0-9._:@-]{1,80}), at=(?P<at>[0-9]{1,15}), "
    r"nonce=(?P<nonce>[0-9a-f]{16,64}), signature=(?P<signature>[0-9a-f]{128})"
)


class SigningError(Exception):
    """Why a signed thing is not believed; `code` is one of the codes below.

    Directives: `unknown-key`, `bad-signature`, `other-office`. Requests: `no-signature` (none, or malformed),
    `unknown-device`, `bad-signature`, `clock` (its moment is outside the window), `replayed`.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """An Ed25519 key pair; `public` is the public half (32 bytes), `id` its short name (16 hex digits)."""

    _key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @property
    def id(self) -> str:
        return key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        """The signature of `data` (64 bytes)."""
        return self._key.sign(data)


def key_id(public: bytes) -> str:
    """The short name of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def make_key() -> PrivateKey:
    """A new key, in memory only."""
    return PrivateKey(Ed25519PrivateKey.generate())


def save_key(key: PrivateKey, path: Path) -> None:
    """Write a key as PKCS8 PEM, readable by its owner only, durably; a file that is there is replaced as a whole."""
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(path, key._key.private_bytes(*encoding))


def load_key(path: Path) -> PrivateKey:
    """The key of a PEM file. Raises OSError, or ValueError when it holds no Ed25519 key."""
    found = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(found, Ed25519PrivateKey):
        raise ValueError(f"{path}: no Ed25519 key")
    return PrivateKey(found)


def ensure_key(path: Path) -> PrivateKey:
    """The key of a file, made first when there is none."""
    if not path.exists():
        save_key(make_key(), path)
    return load_key(path)


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the owner of `public` signed `data`; a public key of the wrong form signed nothing."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def sign_directive(key: PrivateKey, directive: Directive) -> SignedDirective:
    """The directive under the centre's key."""
    return SignedDirective(directive, key.sign(directive.signed_bytes()), key.id)


def verify_directive(signed: SignedDirective, keys: Mapping[str, bytes], office: str) -> Directive:
    """The directive, when a key of `keys` (id to public) signed it for this office. Raises SigningError."""
    public = keys.get(signed.key)
    if public is None:
        raise SigningError("unknown-key", signed.key[:40])
    if not verify(public, signed.signature, signed.directive.signed_bytes()):
        raise SigningError("bad-signature", signed.key)
    if signed.directive.office != office:
        raise SigningError("other-office", signed.directive.office[:40])
    return signed.directive


@dataclass(frozen=True, slots=True)
class Claim:
    """What an `Authorization` header says, not yet proven. `at_ms` is the moment of signing by the centre's clock."""

    device: str
    at_ms: int
    nonce: str
    signature: bytes


def sign_request(key: PrivateKey, device: str, method: str, target: str, body: bytes, at_ms: int) -> str:
    """The `Authorization` header of one request. `target` is path and query exactly as sent.

    `at_ms` should be the centre's time: a device whose clock is wrong adds the offset it has been told.
    """
    nonce = secrets.token_hex(16)
    signature = key.sign(_request_bytes(method, target, body, at_ms, nonce))
    return f"{SCHEME} key={device}, at={at_ms}, nonce={nonce}, signature={signature.hex()}"


def read_claim(header: str) -> Claim:
    """The claim of an `Authorization` header. Raises SigningError `no-signature`."""
    found = _CLAIM.fullmatch(header)
    if found is None:
        raise SigningError("no-signature")
    return Claim(found["device"], int(found["at"]), found["nonce"], bytes.fromhex(found["signature"]))


def _request_bytes(method: str, target: str, body: bytes, at_ms: int, nonce: str) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    return f"talon-request-1\n{method}\n{target}\n{at_ms}\n{nonce}\n{digest}".encode()


class RequestGuard:
    """Verifies signed requests and lets none in twice. Thread-safe; one for a whole centre.

    A request from before this guard began is refused as `clock`: an earlier life of the centre may have answered it.
    Memory: about 150 bytes for each request of the last two windows.
    """

    def __init__(self, now_ms: Callable[[], int], window_ms: int = WINDOW_MS) -> None:
        self._now_ms, self._window_ms = now_ms, window_ms
        self._began_ms = self._turned_ms = now_ms()
        self._lock = threading.Lock()
        self._seen: set[tuple[str, str]] = set()
        self._seen_before: set[tuple[str, str]] = set()

    def verify(self, claim: Claim, public: bytes, method: str, target: str, body: bytes) -> None:
        """Pass when the owner of `public` signed exactly this request, now and for the first time.

        Raises SigningError: `bad-signature`, `clock` or `replayed`.
        """
        wanted = _request_bytes(method, target, body, claim.at_ms, claim.nonce)
        if not verify(public, claim.signature, wanted):
            raise SigningError("bad-signature", claim.device)
        now = self._now_ms()
        if abs(now - claim.at_ms) > self._window_ms or claim.at_ms < self._began_ms:
            raise SigningError("clock", str(claim.at_ms - now))
        name = (claim.device, claim.nonce)
        with self._lock:
            if now - self._turned_ms > 2 * self._window_ms:
                # What was seen two windows ago is refused by its moment alone.
                self._seen_before, self._seen, self._turned_ms = self._seen, set(), now
            if name in self._seen or name in self._seen_before:
                raise SigningError("replayed", claim.device)
            self._seen.add(name)
