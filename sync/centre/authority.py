"""The centre's own authority: certificates of devices and of its own listeners, and the keys that sign directives.

Everything lies in one folder, readable by its owner only: `ca.key`, `ca.pem`, `server.key`, `server.pem` (with the
authority behind it), `secrets.key` (what the S3 secrets in the store are sealed with), `directives/`. Whoever has the
folder is the centre: it belongs in the centre's backup, sealed.

ECDSA P-256: stunnel, OpenSSL and Python's ssl all take it, and a signature costs a Pi nothing. Certificates begin in
2020, because a box without a clock wakes up in the past and would refuse its own line for that.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.centre.directive_keys import DirectiveKeys
from sync.private_files import write_private

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
CA_YEARS, SERVER_DAYS, DEVICE_DAYS = 30, 730, 730
RENEW_DAYS = 60
_DAY_MS = 86_400_000
_CURVES = ("secp256r1", "secp384r1")


class AuthorityError(ValueError):
    """A request for a certificate that isn't signed; the text says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate: PEM, its serial number (hex) and its end in UTC ms."""

    pem: str
    serial: str
    ends_ms: int


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """What a TLS listener of the centre is made of: uvicorn's `ssl_keyfile`, `ssl_certfile`, `ssl_ca_certs`."""

    key: Path
    certificate: Path
    ca: Path


def listener_tls(files: ServerFiles, *, devices: bool) -> dict[str, Any]:
    """What `uvicorn.Config` wants for a listener: `devices` asks for a client certificate in the handshake, enrolment
    for none.
    """
    server = {"ssl_keyfile": str(files.key), "ssl_certfile": str(files.certificate)}
    return server | ({"ssl_ca_certs": str(files.ca), "ssl_cert_reqs": ssl.CERT_REQUIRED} if devices else {})


class Authority:
    """The centre's authority, made when its folder is empty. Thread-safe."""

    def __init__(self, folder: Path, now_ms: Callable[[], int]) -> None:
        """Raises OSError, or ValueError when a file of the folder can't be read as what it is."""
        self._folder, self._now_ms = folder, now_ms
        self._lock = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._key = _ensure_tls_key(folder / "ca.key")
        self._ca = self._ensure_ca()
        self._seal = AESGCM(_ensure_secret(folder / "secrets.key"))
        self.directives = DirectiveKeys(folder / "directives", now_ms)

    @property
    def ca_pem(self) -> str:
        """The authority's certificate."""
        return self._ca.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        """26 letters and digits that tell this authority from any other (128 bits of its SHA-256)."""
        return fingerprint_of(self.ca_pem)

    def server(self, names: Sequence[str]) -> ServerFiles:
        """The listeners' certificate for these names and addresses; made anew when they changed or it ends soon."""
        key_path, path = self._folder / "server.key", self._folder / "server.pem"
        wanted = [_general_name(name) for name in dict.fromkeys((*names, "localhost", "127.0.0.1", "::1"))]
        files = ServerFiles(key_path, path, self._folder / "ca.pem")
        with self._lock:
            if path.exists() and self._still_good(path, wanted):
                return files
            key = _ensure_tls_key(key_path)
            made = self._sign(key.public_key(), "talon-centre", SERVER_DAYS, ExtendedKeyUsageOID.SERVER_AUTH, wanted)
            # The chain goes along, so that a client may be told the authority by its fingerprint alone.
            write_private(path, _pem(made) + self.ca_pem.encode())
            return files

    def sign_device(self, csr_pem: str, device: str) -> Certificate:
        """A client certificate for the key of this request; its name is `device`, whatever the request says.

        Raises AuthorityError: no request, not signed by its own key, or a weak key.
        """
        try:
            csr = x509.load_pem_x509_csr(csr_pem.encode())
            good = csr.is_signature_valid
        except (ValueError, InvalidSignature) as error:
            raise AuthorityError(f"no certificate request: {error}") from error
        key = csr.public_key()
        if not good:
            raise AuthorityError("not signed by its own key")
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
            raise AuthorityError("the key must be ECDSA on P-256 or P-384")
        made = self._sign(key, device, DEVICE_DAYS, ExtendedKeyUsageOID.CLIENT_AUTH, [])
        ends = int(made.not_valid_after_utc.timestamp() * 1000)
        return Certificate(_pem(made).decode(), f"{made.serial_number:x}", ends)

    def seal(self, name: str, secret: str) -> str:
        """A secret as it may lie in the store: only this folder's key opens it, and only under the same name."""
        nonce = os.urandom(12)
        return base64.b64encode(nonce + self._seal.encrypt(nonce, secret.encode(), name.encode())).decode()

    def unseal(self, name: str, sealed: str) -> str:
        """The secret again. Raises AuthorityError when it was sealed under another name, or by another key."""
        raw = base64.b64decode(sealed)
        try:
            return self._seal.decrypt(raw[:12], raw[12:], name.encode()).decode()
        except InvalidTag as error:
            raise AuthorityError(f"the secret of {name} was sealed by another key") from error

    def _ensure_ca(self) -> x509.Certificate:
        path = self._folder / "ca.pem"
        if path.exists():
            found = x509.load_pem_x509_certificate(path.read_bytes())
            if _spki(found.public_key()) != _spki(self._key.public_key()):  # type: ignore[arg-type]
                raise AuthorityError(f"{path} is not the certificate of ca.key")
            return found
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Talon centre {os.urandom(4).hex()}")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGIN)
            .not_valid_after(self._now() + timedelta(days=365 * CA_YEARS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        write_private(path, _pem(made))
        return made

    def _sign(
        self,
        key: ec.EllipticCurvePublicKey,
        name: str,
        days: int,
        use: x509.ObjectIdentifier,
        names: Sequence[x509.GeneralName],
    ) -> x509.Certificate:
        # One use each: a device's certificate must not pass for the centre's.
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._ca.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGIN)
            .not_valid_after(self._now() + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _still_good(self, path: Path, wanted: Sequence[x509.GeneralName]) -> bool:
        try:
            found = x509.load_pem_x509_certificate(path.read_bytes())
            names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (ValueError, x509.ExtensionNotFound):
            return False
        lasting = found.not_valid_after_utc > self._now() + timedelta(days=RENEW_DAYS)
        return lasting and set(names) == set(wanted) and found.issuer == self._ca.subject

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._now_ms() / 1000, UTC)


def fingerprint_of(ca_pem: str) -> str:
    """The fingerprint of a certificate: 26 letters and digits, 128 bits of the SHA-256 of its DER form."""
    der = ssl.PEM_cert_to_DER_cert(ca_pem)
    return base64.b32encode(hashlib.sha256(der).digest()[:16]).decode().rstrip("=").lower()


def _ensure_tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        write_private(path, made.private_bytes(*forms))
    found = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{path}: no ECDSA key")
    return found


def _ensure_secret(path: Path) -> bytes:
    if not path.exists():
        write_private(path, os.urandom(32))
    found = path.read_bytes()
    if len(found) != 32:
        raise AuthorityError(f"{path}: 32 bytes are wanted")
    return found


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
