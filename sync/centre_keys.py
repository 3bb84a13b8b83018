"""What a device holds after its enrolment: who it is at the centre, where that is, and which files prove it.

`<data>/keys/centre.json` names everything; the secrets lie beside it in one folder a set (`keys/1/`, after a rotation
`keys/2/`), so that replacing the one small file changes from the whole old set to the whole new one. Standard library
only: the office's process reads it too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sync.private_files import write_private

if TYPE_CHECKING:
    import ssl
    from http.client import HTTPConnection

FOLDER = "keys"
NAME = "centre.json"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class CentreKeysError(ValueError):
    """centre.json can't be used; the text says why."""


@dataclass(frozen=True, slots=True)
class CentreKeys:
    """The keys of one device. `data` is the office's data folder; every path below is absolute.

    `urls` are the devices' listeners of the centre, the preferred first; `enrol_url` is where keys are renewed (no
    client certificate is asked for there). `directive_keys` names the centre's public keys (Ed25519, 32 bytes as hex).
    `incarnation` is the folder this device is bound to (`0003-1f2e3d4c`), '' before. `set_number` is the folder of this
    set, `centre_set` its number at the centre; `confirmed`: the centre knows that it has arrived. Times are UTC ms.
    """

    data: Path
    office: str
    device: str
    urls: tuple[str, ...]
    enrol_url: str
    s3_key_id: str
    bucket: str = "offices"
    set_number: int = 1
    centre_set: int = 1
    directive_keys: Mapping[str, str] = field(default_factory=dict)
    incarnation: str = ""
    confirmed: bool = False
    certificate_ends_ms: int = 0

    @property
    def folder(self) -> Path:
        """Where the files of this set lie."""
        return self.data / FOLDER / str(self.set_number)

    @property
    def url(self) -> str:
        """The preferred devices' listener."""
        return self.urls[0]

    @property
    def signing_key(self) -> Path:
        """The device's own Ed25519 key (PKCS8 PEM); it signs requests (`sync.signing`)."""
        return self.folder / "device.key"

    @property
    def tls_key(self) -> Path:
        """The private key of the client certificate."""
        return self.folder / "tls.key"

    @property
    def certificate(self) -> Path:
        """The client certificate."""
        return self.folder / "tls.pem"

    @property
    def ca(self) -> Path:
        """The centre's own authority: what its server's certificate must come from."""
        return self.folder / "ca.pem"

    @property
    def s3_secret(self) -> Path:
        """The file with the S3 secret alone."""
        return self.folder / "s3.secret"

    @property
    def directive_publics(self) -> Mapping[str, bytes]:
        """`directive_keys` as `sync.signing.verify_directive` takes them."""
        return {name: bytes.fromhex(public) for name, public in self.directive_keys.items()}

    def tls(self) -> ssl.SSLContext:
        """A context that trusts the centre's own authority alone and shows the device's certificate."""
        import ssl

        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.certificate, self.tls_key)
        return context

    def connect(self, url: str | None = None, timeout_s: float = 20.0) -> HTTPConnection:
        """A connection to the centre (`urls[0]`), not yet opened; plain http on the loopback alone.

        Raises OSError when a file is missing, CentreKeysError for an http address elsewhere.
        """
        return connection_to(url or self.url, self.tls, timeout_s)


def connection_to(url: str, tls: Callable[[], ssl.SSLContext], timeout_s: float) -> HTTPConnection:
    """An unopened connection to the host of `url`; `tls()` makes the context of an https one."""
    # Here, because the office's first button doesn't wait for them.
    from http.client import HTTPConnection, HTTPSConnection

    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=timeout_s, context=tls())
    if parts.scheme == "http" and host in LOOPBACK:
        return HTTPConnection(host, parts.port, timeout=timeout_s)
    raise CentreKeysError(f"{url}: https, or http on the loopback")


def is_plain(url: str) -> bool:
    """Whether this address is spoken to without TLS (the loopback alone)."""
    return urlsplit(url).scheme == "http"


def read_centre_keys(data: Path) -> CentreKeys | None:
    """The keys in this data folder, None when the office isn't enrolled. Raises CentreKeysError, OSError."""
    path = data.absolute() / FOLDER / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise CentreKeysError(f"{path}: {error}") from error
    try:
        keys = CentreKeys(
            data=data.absolute(),
            office=_name(found["office"]),
            device=_name(found["device"]),
            urls=tuple(str(url) for url in found["urls"]),
            enrol_url=str(found["enrol_url"]),
            s3_key_id=str(found["s3_key_id"]),
            bucket=str(found["bucket"]),
            set_number=int(found["set_number"]),
            centre_set=int(found["centre_set"]),
            directive_keys={str(name): bytes.fromhex(key).hex() for name, key in found["directive_keys"].items()},
            incarnation=str(found["incarnation"]),
            confirmed=bool(found["confirmed"]),
            certificate_ends_ms=int(found["certificate_ends_ms"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CentreKeysError(f"{path}: {error!r}") from error
    if not keys.urls:
        raise CentreKeysError(f"{path}: no address")
    return keys


def write_centre_keys(keys: CentreKeys) -> None:
    """Put centre.json in place, readable by its owner only, durably and in one step. Raises OSError."""
    found = {
        "office": keys.office,
        "device": keys.device,
        "urls": list(keys.urls),
        "enrol_url": keys.enrol_url,
        "s3_key_id": keys.s3_key_id,
        "bucket": keys.bucket,
        "set_number": keys.set_number,
        "centre_set": keys.centre_set,
        "directive_keys": dict(keys.directive_keys),
        "incarnation": keys.incarnation,
        "confirmed": keys.confirmed,
        "certificate_ends_ms": keys.certificate_ends_ms,
    }
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)
    write_private(keys.data / FOLDER / NAME, text.encode() + b"\n")


def _name(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(f"not a name: {value!r:.60}")
    return value
