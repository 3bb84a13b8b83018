"""Keys and opening of what was sealed with age (X25519): `python -m sync.seal FILE` makes an identity.

The office's process never imports this: it starts the command above once, and Litestream seals.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_VERSION = b"age-encryption.org/v1"
_CHUNK = (64 << 10) + 16
_STANZA = re.compile(rb"-> X25519 (\S+)\n(\S+)\n")


class SealError(ValueError):
    """Not an identity, not a sealed text, or sealed for somebody else."""


def new_identity() -> tuple[str, str]:
    """A fresh identity: its secret (`AGE-SECRET-KEY-1...`) and its recipient (`age1...`)."""
    key = X25519PrivateKey.generate()
    secret = _bech32("age-secret-key-", key.private_bytes_raw()).upper()
    return secret, _bech32("age", key.public_key().public_bytes_raw())


def write_identity(path: Path) -> str:
    """Make an identity file that its owner alone can read, in the form of `age-keygen`; its recipient.

    Raises `FileExistsError`: an identity is never overwritten.
    """
    secret, recipient = new_identity()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as f:
        f.write(f"# public key: {recipient}\n{secret}\n")
        f.flush()
        os.fsync(f.fileno())
    return recipient


def recipient_of(secret: str) -> str:
    """The recipient that belongs to an identity. Raises SealError."""
    return _bech32("age", _private(secret).public_key().public_bytes_raw())


def unseal(sealed: bytes, secret: str) -> bytes:
    """What was sealed for this identity. Raises SealError when it was not, or when a byte was changed."""
    key = _private(secret)
    own = key.public_key().public_bytes_raw()
    head, mark, rest = sealed.partition(b"\n--- ")
    mac, line, payload = rest.partition(b"\n")
    if not sealed.startswith(_VERSION + b"\n") or not mark or not line or len(payload) < 16 + 16:
        raise SealError("not sealed by age")
    for share, body in _STANZA.findall(head + b"\n"):
        theirs = _decoded(share)
        wrap = _derive(key.exchange(X25519PublicKey.from_public_bytes(theirs)), theirs + own, _VERSION + b"/X25519")
        try:
            file_key = ChaCha20Poly1305(wrap).decrypt(bytes(12), _decoded(body), None)
        except InvalidTag:
            continue
        _check_header(file_key, head + b"\n---", _decoded(mac))
        return _open_payload(_derive(file_key, payload[:16], b"payload"), payload[16:])
    raise SealError("sealed for somebody else")


def _check_header(file_key: bytes, header: bytes, mac: bytes) -> None:
    from cryptography.hazmat.primitives.hmac import HMAC

    found = HMAC(_derive(file_key, b"", b"header"), hashes.SHA256())
    found.update(header)
    if found.finalize() != mac:
        raise SealError("the header was changed")


def _open_payload(key: bytes, payload: bytes) -> bytes:
    cipher = ChaCha20Poly1305(key)
    opened = bytearray()
    chunks = [payload[at : at + _CHUNK] for at in range(0, len(payload), _CHUNK)]
    for number, chunk in enumerate(chunks):
        last = number == len(chunks) - 1
        try:
            opened += cipher.decrypt(number.to_bytes(11, "big") + bytes([last]), chunk, None)
        except InvalidTag as error:
            raise SealError("cut off, or changed") from error
    return bytes(opened)


def _derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise SealError("not sealed by age") from error


def _private(secret: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(_unbech32("age-secret-key-", secret.strip().lower()))


def _checksum(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check


def _regroup(values: list[int], old: int, new: int, *, pad: bool) -> list[int]:
    number = bits = 0
    regrouped = []
    for value in values:
        number, bits = number << old | value, bits + old
        while bits >= new:
            bits -= new
            regrouped.append(number >> bits & ((1 << new) - 1))
    if pad and bits:
        regrouped.append(number << (new - bits) & ((1 << new) - 1))
    return regrouped


def _expanded(prefix: str) -> list[int]:
    return [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]


def _bech32(prefix: str, data: bytes) -> str:
    values = _regroup(list(data), 8, 5, pad=True)
    check = _checksum(_expanded(prefix) + values + [0] * 6) ^ 1
    return f"{prefix}1" + "".join(_CHARSET[value] for value in values + [check >> 5 * (5 - i) & 31 for i in range(6)])


def _unbech32(prefix: str, text: str) -> bytes:
    found, _, rest = text.rpartition("1")
    values = [_CHARSET.find(char) for char in rest]
    if found != prefix or -1 in values or _checksum(_expanded(prefix) + values) != 1:
        raise SealError("not an identity")
    data = bytes(_regroup(values[:-6], 5, 8, pad=False))
    if len(data) != 32:
        raise SealError("not an identity")
    return data


if __name__ == "__main__":
    print(write_identity(Path(sys.argv[1])))
