"""Joining the centre, from the office's side.

The keys are made here; the token is said once, to a centre whose authority it names. Every step may be cut by the power
and done again: keys that are there are used, the same device may say its token until it has confirmed, and the one file
that says "enrolled" (`centre.json`) is put in place whole.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import shutil
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sync.centre_keys import (
    FOLDER,
    CentreKeys,
    CentreKeysError,
    connection_to,
    is_plain,
    read_centre_keys,
    write_centre_keys,
)
from sync.device_keys import DeviceKeyFiles
from sync.private_files import write_private
from sync.signing import PrivateKey, load_key, sign_request

__all__ = ["CentreKeys", "CentreKeysError", "read_centre_keys", "write_centre_keys"]

RENEW_BEFORE_MS = 60 * 86_400_000
"""A certificate that ends sooner is renewed."""
ANSWER_S = 20.0
LONGEST_ANSWER = 8 << 20
_TOKEN = re.compile(r"talon1\.([a-z2-7]{26})\.([a-z2-7]{26})")


class EnrolmentError(Exception):
    """Why an enrolment doesn't go on.

    `code`: `token-malformed`, `not-the-centre` (its authority isn't the one that the token names, or its certificate
    isn't of that authority), `insecure` (http to another machine), `no-line`, `other-incarnation`, `malformed-answer`,
    or the centre's own: `token-unknown`, `token-used`, `token-expired`, `token-withdrawn`, `other-office`,
    `office-unknown`, `office-has-device`, `key-in-use`, `incarnation-taken`, `revoked`, `wait`...
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class JoinToken:
    """A token as it was typed: the authority's fingerprint, and the secret."""

    fingerprint: str
    secret: str


@dataclass(frozen=True, slots=True)
class Joined:
    """What the centre gave. `kind`: `new` or `replace`. `plan` is a document, '' for none.

    `incarnations`: the folders of the office that hold a replica, the newest first. `head`: the newest entry that the
    centre has, as (incarnation, seq); None when it has none.
    """

    keys: CentreKeys
    kind: str
    office: Mapping[str, Any]
    plan: str
    incarnations: tuple[str, ...]
    head: tuple[str, int] | None


def read_token(text: str) -> JoinToken:
    """The token of what a person typed: case, spaces and hyphens don't count. Raises EnrolmentError."""
    found = _TOKEN.fullmatch(re.sub(r"[\s-]", "", text).lower())
    if found is None:
        raise EnrolmentError("token-malformed")
    return JoinToken(found[1], found[2])


def join(data: Path, url: str, token: JoinToken, office: str, versions: Mapping[str, str]) -> Joined:
    """Become a device of `office`: the keys are made, the token is said, the answer is on the disk, not yet confirmed.

    `url` is the centre's address for enrolment. Raises EnrolmentError, OSError.
    """
    old = read_centre_keys(data)
    number = 1 if old is None else old.set_number + (1 if old.confirmed else 0)
    files = DeviceKeyFiles(data.absolute() / FOLDER / str(number))
    key = files.ensure()
    line = _EnrolLine.pinned(url, token.fingerprint)
    body = {
        "token": token.secret,
        "office": office,
        "public_key": key.public.hex(),
        "csr": files.request("device"),
        "s3_secret": files.s3_secret,
        "versions": dict(versions),
    }
    answer = line.ask("join", body, key, "joining")
    try:
        keys = _keys_of(answer, data.absolute(), office, number)
        keys = replace(keys, enrol_url=keys.enrol_url or url)
        if old is not None and not old.confirmed and old.device == keys.device:
            keys = replace(keys, incarnation=old.incarnation)
        head = answer["head"]
        joined = Joined(
            keys,
            str(answer["kind"]),
            dict(answer["office"]),
            str(answer["plan"]),
            tuple(map(str, answer["incarnations"])),
            None if head is None else (str(head["incarnation"]), int(head["seq"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EnrolmentError("malformed-answer", repr(error)) from error
    _keep(keys, answer)
    return joined


def bind(keys: CentreKeys, incarnation: str) -> CentreKeys:
    """Bind this device to its incarnation at the centre, for ever; again the same is fine. Raises EnrolmentError."""
    _line_of(keys).ask("incarnation", {"incarnation": incarnation}, load_key(keys.signing_key), _name(keys))
    if keys.incarnation != incarnation:
        keys = replace(keys, incarnation=incarnation)
        write_centre_keys(keys)
    return keys


def confirm(keys: CentreKeys) -> CentreKeys:
    """Tell the centre that this set of keys has arrived; from then on the token, or the old set, is worth nothing."""
    if keys.confirmed:
        return keys
    _line_of(keys).ask("confirm", {"set": keys.centre_set}, load_key(keys.signing_key), _name(keys))
    keys = replace(keys, confirmed=True)
    write_centre_keys(keys)
    return keys


def renew(keys: CentreKeys) -> CentreKeys:
    """Change every key of this device: a new set beside the old, asked for with the old, in force when it is on the
    disk and confirmed. A cut anywhere is mended by calling it again. Raises EnrolmentError, OSError.
    """
    keys = confirm(keys)
    number = keys.set_number + 1
    files = DeviceKeyFiles(keys.data / FOLDER / str(number))
    key = files.ensure()
    body = {
        "public_key": key.public.hex(),
        "csr": files.request("device"),
        "s3_secret": files.s3_secret,
    }
    answer = _line_of(keys).ask("renew", body, load_key(keys.signing_key), _name(keys))
    try:
        fresh = replace(_keys_of(answer, keys.data, keys.office, number), incarnation=keys.incarnation)
    except (KeyError, TypeError, ValueError) as error:
        raise EnrolmentError("malformed-answer", repr(error)) from error
    _keep(fresh, answer)
    fresh = confirm(fresh)
    for folder in (keys.data / FOLDER).iterdir():
        # The set before this one stays until the next change: what runs may still read it.
        if folder.is_dir() and folder.name.isdecimal() and int(folder.name) < keys.set_number:
            shutil.rmtree(folder, ignore_errors=True)
    return fresh


def refresh(keys: CentreKeys, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> CentreKeys:
    """Learn new addresses and directive keys; renew the keys when the centre asks for it or the certificate ends soon.

    To be called when the line is there, once a day and after a directive of an unknown key. Raises EnrolmentError.
    """
    keys = confirm(keys)
    answer = _line_of(keys).ask("refresh", {}, load_key(keys.signing_key), _name(keys))
    try:
        fresh = replace(
            keys,
            urls=_urls(answer),
            enrol_url=str(answer["enrol_url"]) or keys.enrol_url,
            directive_keys={str(k): bytes.fromhex(v).hex() for k, v in answer["directive_keys"].items()},
        )
        asked = bool(answer["renew"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EnrolmentError("malformed-answer", repr(error)) from error
    if fresh != keys:
        write_centre_keys(fresh)
    if asked or fresh.certificate_ends_ms - now_ms() < RENEW_BEFORE_MS:
        return renew(fresh)
    return fresh


def finish(keys: CentreKeys, incarnation: str) -> CentreKeys:
    """End what a cut left open: the binding of this incarnation, the confirmation. Costs nothing when nothing is open.

    Raises EnrolmentError; `other-incarnation` when these keys are bound to another one already.
    """
    if keys.incarnation not in ("", incarnation):
        raise EnrolmentError("other-incarnation", keys.incarnation)
    if not keys.incarnation or not keys.confirmed:
        keys = bind(keys, incarnation)
    return confirm(keys)


def fingerprint_of(ca_pem: str) -> str:
    """The fingerprint that a token carries: 128 bits of the SHA-256 of the authority's certificate, base32."""
    der = ssl.PEM_cert_to_DER_cert(ca_pem)
    return base64.b32encode(hashlib.sha256(der).digest()[:16]).decode().rstrip("=").lower()


@dataclass(slots=True)
class _EnrolLine:
    """Requests to the centre's listener for enrolment. `offset_ms`: its clock less ours, by its first answer."""

    url: str
    ca_pem: str
    offset_ms: int = 0

    @classmethod
    def pinned(cls, url: str, fingerprint: str) -> _EnrolLine:
        """A line to the centre with this authority. Nothing is said to a centre with another one."""
        line = cls(url, "")
        line.ca_pem = str(line._exchange("GET", "/enrol/v1/ca", b"", {}).get("ca", ""))
        try:
            found = fingerprint_of(line.ca_pem)
        except ValueError as error:
            raise EnrolmentError("not-the-centre", "no certificate") from error
        if found != fingerprint:
            raise EnrolmentError("not-the-centre", f"authority {found}")
        return line

    def ask(self, what: str, body: Mapping[str, Any], key: PrivateKey, name: str) -> dict[str, Any]:
        """One signed request. The clock of a new box is worth nothing, so it signs with the centre's."""
        target = f"/enrol/v1/{what}"
        raw = json.dumps(body).encode()
        for again in (True, False):
            at_ms = time.time_ns() // 1_000_000 + self.offset_ms
            headers = {
                "Authorization": sign_request(key, name, "POST", target, raw, at_ms),
                "Content-Type": "application/json",
            }
            try:
                return self._exchange("POST", target, raw, headers)
            except EnrolmentError as error:
                if error.code != "clock" or not again:
                    raise
        raise AssertionError("the second try returns or raises")

    def _context(self) -> ssl.SSLContext:
        if self.ca_pem:
            return ssl.create_default_context(cadata=self.ca_pem)
        # Only for the question who it is: its answer is held against the token's fingerprint, and nothing is told.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def _exchange(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        try:
            connection = connection_to(self.url, self._context, ANSWER_S)
        except (CentreKeysError, ValueError) as error:
            raise EnrolmentError("insecure", str(error)) from error
        try:
            connection.request(method, target, body or None, dict(headers))
            response = connection.getresponse()
            status, raw = response.status, response.read(LONGEST_ANSWER)
        except ssl.SSLCertVerificationError as error:
            raise EnrolmentError("not-the-centre", error.verify_message) from error
        except (OSError, http.client.HTTPException) as error:
            raise EnrolmentError("no-line", f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        try:
            answer = json.loads(raw)
            centre_ms = int(answer["centre_ms"])
        except (ValueError, KeyError, TypeError) as error:
            raise EnrolmentError("malformed-answer", f"status {status}") from error
        self.offset_ms = centre_ms - time.time_ns() // 1_000_000
        if status != 200:
            raise EnrolmentError(str(answer.get("code", "refused")), str(answer.get("detail", "")))
        return dict(answer)


def _line_of(keys: CentreKeys) -> _EnrolLine:
    return _EnrolLine(keys.enrol_url, "" if is_plain(keys.enrol_url) else keys.ca.read_text(encoding="ascii"))


def _name(keys: CentreKeys) -> str:
    return f"{keys.device}:{keys.centre_set}"


def _keys_of(answer: Mapping[str, Any], data: Path, office: str, number: int) -> CentreKeys:
    return CentreKeys(
        data=data,
        office=office,
        device=str(answer["device"]),
        urls=_urls(answer),
        enrol_url=str(answer["enrol_url"]),
        s3_key_id=str(answer["s3_key_id"]),
        bucket=str(answer["bucket"]),
        set_number=number,
        centre_set=int(answer["set"]),
        directive_keys={str(k): bytes.fromhex(v).hex() for k, v in answer["directive_keys"].items()},
        certificate_ends_ms=int(answer["certificate_ends_ms"]),
    )


def _urls(answer: Mapping[str, Any]) -> tuple[str, ...]:
    urls = tuple(str(url) for url in answer["urls"])
    if not urls:
        raise ValueError("no address")
    return urls


def _keep(keys: CentreKeys, answer: Mapping[str, Any]) -> None:
    """The certificates first, then the one file that makes them count."""
    write_private(keys.certificate, str(answer["certificate"]).encode())
    write_private(keys.ca, str(answer["ca"]).encode())
    write_centre_keys(keys)
