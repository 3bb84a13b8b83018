"""A device makes its own keys: what is secret never leaves the card, but for the S3 secret that both ends must know."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.private_files import write_private
from sync.signing import PrivateKey, ensure_key


@dataclass(frozen=True, slots=True)
class DeviceKeyFiles:
    """One set of keys on the disk, made where it is missing: what a cut leaves is used by the next try."""

    folder: Path

    def ensure(self) -> PrivateKey:
        """Make what is missing; the signing key. Raises OSError, ValueError for a file that holds something else."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        secret = self.folder / "s3.secret"
        if not secret.exists():
            write_private(secret, secrets.token_urlsafe(40).encode() + b"\n")
        tls = self.folder / "tls.key"
        if not tls.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            write_private(tls, made.private_bytes(*forms))
        return ensure_key(self.folder / "device.key")

    @property
    def s3_secret(self) -> str:
        """The S3 secret."""
        return (self.folder / "s3.secret").read_text(encoding="ascii").strip()

    def request(self, name: str) -> str:
        """A request for a client certificate (PEM), signed by the TLS key. Raises ValueError, OSError."""
        key = serialization.load_pem_private_key((self.folder / "tls.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{self.folder / 'tls.key'}: no ECDSA key")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        return csr.public_bytes(serialization.Encoding.PEM).decode()
