"""Who signed what: keys on the disk, directives, requests and their replay."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sync.directive import Directive, SignedDirective, signed_directive_of
from sync.signing import (
    WINDOW_MS,
    RequestGuard,
    SigningError,
    key_id,
    load_key,
    make_key,
    read_claim,
    save_key,
    sign_directive,
    sign_request,
    verify_directive,
)

ORDER = Directive("office-17", 5, "id-5", "open-desk", {"desk": 3}, "u1", "queue-long", 1000, 2000, {"day": 4})


def test_a_key_is_kept_for_its_owner_alone_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "device.key"
    key = make_key()
    save_key(key, path)
    save_key(key, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path).public == key.public
    assert load_key(path).id == key_id(key.public)
    assert [found.name for found in path.parent.iterdir()] == ["device.key"]


def test_a_key_of_another_kind_is_not_taken(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key.pem"
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ValueError, match="Ed25519"):
        load_key(path)


def test_a_directive_is_believed_as_it_was_signed_and_survives_its_way() -> None:
    key = make_key()
    signed = sign_directive(key, ORDER)
    came = signed_directive_of(signed.to_json())
    assert verify_directive(came, {key.id: key.public}, "office-17") == ORDER


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seq", 6),
        ("id", "id-6"),
        ("kind", "close-desk"),
        ("body", {"desk": 4}),
        ("author", "u2"),
        ("reason", "other"),
        ("issued_ms", 1001),
        ("not_after_ms", 2001),
        ("condition", {}),
        ("office", "office-18"),
    ],
)
def test_no_field_can_be_altered(name: str, value: object) -> None:
    key = make_key()
    signed = sign_directive(key, ORDER)
    altered = SignedDirective(replace(ORDER, **{name: value}), signed.signature, signed.key)  # type: ignore[arg-type]
    with pytest.raises(SigningError) as refused:
        verify_directive(altered, {key.id: key.public}, altered.directive.office)
    assert refused.value.code == "bad-signature"


def test_another_key_another_office_and_a_key_in_anothers_name_are_refused() -> None:
    key, other = make_key(), make_key()
    keys = {key.id: key.public}
    for signed, office, code in (
        (sign_directive(other, ORDER), "office-17", "unknown-key"),
        (replace(sign_directive(other, ORDER), key=key.id), "office-17", "bad-signature"),
        (sign_directive(key, ORDER), "office-18", "other-office"),
        (replace(sign_directive(key, ORDER), signature=b""), "office-17", "bad-signature"),
    ):
        with pytest.raises(SigningError) as refused:
            verify_directive(signed, keys, office)
        assert refused.value.code == code


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1_000_000_000

    def __call__(self) -> int:
        return self.at


def refused_as(guard: RequestGuard, header: str, public: bytes, *request: object) -> str:
    try:
        guard.verify(read_claim(header), public, *request)  # type: ignore[arg-type]
    except SigningError as error:
        return error.code
    return ""


def test_a_request_passes_once_and_only_as_it_was_signed() -> None:
    clock, key = Hand(), make_key()
    guard = RequestGuard(clock)
    header = sign_request(key, "d1", "POST", "/link/v1/pulse?x=1", b"body", clock())
    good = ("POST", "/link/v1/pulse?x=1", b"body")
    for altered in (
        ("GET", "/link/v1/pulse?x=1", b"body"),
        ("POST", "/link/v1/pulse?x=2", b"body"),
        ("POST", "/link/v1/pulse?x=1", b"bodY"),
    ):
        assert refused_as(guard, header, key.public, *altered) == "bad-signature"
    assert refused_as(guard, header, make_key().public, *good) == "bad-signature"
    assert refused_as(guard, header, key.public, *good) == ""
    assert refused_as(guard, header, key.public, *good) == "replayed"


def test_neither_the_moment_nor_the_nonce_of_a_request_can_be_changed() -> None:
    clock, key = Hand(), make_key()
    guard = RequestGuard(clock)
    header = sign_request(key, "d1", "GET", "/x", b"", clock())
    claim = read_claim(header)
    later = header.replace(f"at={claim.at_ms}", f"at={claim.at_ms + 1}")
    other = header.replace(claim.nonce, "0" * 32)
    assert refused_as(guard, later, key.public, "GET", "/x", b"") == "bad-signature"
    assert refused_as(guard, other, key.public, "GET", "/x", b"") == "bad-signature"


def test_a_replay_is_refused_at_every_moment_after(tmp_path: Path) -> None:
    clock, key = Hand(), make_key()
    guard = RequestGuard(clock)
    clock.at += WINDOW_MS
    # Signed by a clock that is fast, but within the window: its replay stays possible for the longest time.
    header = sign_request(key, "d1", "GET", "/x", b"", clock() + WINDOW_MS)
    assert refused_as(guard, header, key.public, "GET", "/x", b"") == ""
    began = clock.at
    for step in range(0, 6 * WINDOW_MS, 7_000):
        clock.at = began + step
        # Others go on, so that the memory of nonces turns over.
        passing = sign_request(key, "d2", "GET", "/x", b"", clock())
        assert refused_as(guard, passing, key.public, "GET", "/x", b"") == ""
        assert refused_as(guard, header, key.public, "GET", "/x", b"") in ("replayed", "clock")
    assert refused_as(guard, header, key.public, "GET", "/x", b"") == "clock"


def test_a_request_outside_the_window_or_of_an_earlier_life_of_the_centre_is_refused() -> None:
    clock, key = Hand(), make_key()
    before = sign_request(key, "d1", "GET", "/x", b"", clock() - 1)
    guard = RequestGuard(clock)
    assert refused_as(guard, before, key.public, "GET", "/x", b"") == "clock"
    for off in (-WINDOW_MS - 1, WINDOW_MS + 1):
        clock.at += 10 * WINDOW_MS
        header = sign_request(key, "d1", "GET", "/x", b"", clock() + off)
        assert refused_as(guard, header, key.public, "GET", "/x", b"") == "clock"


@pytest.mark.parametrize(
    "header", ["", "Talon", "Bearer x", "Talon key=d1, at=1, nonce=ab, signature=00", "Talon key="]
)
def test_what_is_no_claim_is_refused(header: str) -> None:
    with pytest.raises(SigningError) as refused:
        read_claim(header)
    assert refused.value.code == "no-signature"
