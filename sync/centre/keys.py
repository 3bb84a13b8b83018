"""The devices of the network and their keys: who may write where, who was shut out and why.

A device is one card of one office. It has one set of keys at a time (Ed25519 key, client certificate, S3 key), a second
one while it changes them. It is bound to one incarnation once and for ever: whoever comes with the same keys and
another incarnation is a copy of the card.

S3 secrets must be known in the clear to check a signature (SigV4), so they can't be hashed: they lie sealed in the
store (AES-GCM under `secrets.key` of the centre's folder), and a copy of the database alone opens none.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from sync.centre.authority import Authority
from sync.centre.inbox.access import DeviceKey
from sync.centre.key_tables import (
    Device,
    DeviceRow,
    KeyChangeRow,
    KeySet,
    KeySetRow,
    Known,
    count_change,
    key_set_of,
    read_devices,
)
from sync.centre.store import Store

__all__ = ["Device", "DeviceKeys", "KeyRefusedError", "KeySet", "device_id"]

FRESH_S = 2.0
"""After this time at the latest another process's revocation is known here; its own at once."""
GRACE_MS = 10 * 60_000
"""How long an S3 key lives on after its successor was confirmed: Litestream still holds it until it restarts."""
SEEN_EVERY_MS = 60_000


class KeyRefusedError(Exception):
    """A device that may not do this. `code`: `unknown-device`, `revoked`, `other-incarnation`, `incarnation-taken`,
    `key-in-use`, `unknown-set`.
    """

    def __init__(self, code: str, device: str = "") -> None:
        super().__init__(f"{code} {device}".strip())
        self.code, self.device = code, device


class DeviceKeys:
    """The register of devices. Any thread; several processes may share the store."""

    def __init__(
        self,
        store: Store,
        authority: Authority,
        now_ms: Callable[[], int],
        on_clone: Callable[[Device, str], None] = lambda _device, _incarnation: None,
    ) -> None:
        """`on_clone(device, incarnation)` is told when a device's key comes with another incarnation than its own."""
        self._store, self._authority, self._now_ms, self._on_clone = store, authority, now_ms, on_clone
        self._lock = threading.Lock()
        self._known: Known | None = None
        self._looked = 0.0
        self._secrets: dict[str, str] = {}
        self._seen_lock = threading.Lock()
        self._seen: dict[str, int] = {}
        self._seen_written_ms = 0

    # Looking up: a dictionary, and at most every FRESH_S one question to the store.

    def key(self, key_id: str) -> DeviceKey | None:
        """What this S3 key opens now (`sync.centre.inbox.access.Access`); an ended one counts as revoked."""
        found = self._fresh().by_key.get(key_id)
        if found is None:
            return None
        device, keys = found
        over = bool(device.revoked_ms) or 0 < keys.ends_ms <= self._now_ms()
        secret = self._secrets.get(keys.sealed)
        if secret is None:
            secret = self._secrets[keys.sealed] = self._authority.unseal(key_id, keys.sealed)
        return DeviceKey(key_id, secret, device.office, device.incarnation, over)

    def get(self, device: str) -> Device | None:
        """One device, revoked or not."""
        return self._fresh().devices.get(device)

    def public_key(self, name: str) -> bytes | None:
        """The key that requests named `device` (its current set) or `device:2` (that set) are verified with.

        None for an unknown or revoked device.
        """
        device_id, _, number = name.partition(":")
        device = self.get(device_id)
        if device is None or device.revoked_ms:
            return None
        if not number:
            return device.current.public
        now = self._now_ms()
        for one in device.sets:
            if str(one.number) == number and not (one.ends_ms and one.ends_ms <= now):
                return one.public
        return None

    def devices(self, office: str | None = None) -> Sequence[Device]:
        """Every device ever enrolled (of one office), the newest first; read from the store."""
        with self._store.read() as session:
            known = read_devices(session, 0).devices.values()
        with self._seen_lock:
            seen = dict(self._seen)
        found = [
            replace(one, seen_ms=max(one.seen_ms, seen.get(one.id, 0)))
            for one in known
            if office is None or one.office == office
        ]
        return sorted(found, key=lambda one: (-one.created_ms, one.id))

    def device_of(self, office: str) -> Device | None:
        """The device that may write for an office now: not revoked, the newest that is bound or confirmed."""
        return next(
            (one for one in self.devices(office) if not one.revoked_ms and (one.bound_ms or one.confirmed)), None
        )

    def seen(self, device: str) -> None:
        """Note that a device has proven itself now; all that were seen are written together, once a minute."""
        now = self._now_ms()
        with self._seen_lock:
            self._seen[device] = now
            if now - self._seen_written_ms < SEEN_EVERY_MS:
                return
            self._seen_written_ms = now
            rows = [{"device": one, "at_ms": at_ms} for one, at_ms in self._seen.items()]
            self._seen = {}
        # Not a change of keys: nobody reads the register anew for it.
        noted = update(DeviceRow).where(col(DeviceRow.id) == bindparam("device")).values(seen_ms=bindparam("at_ms"))
        with self._store.write() as session:
            session.connection().execute(noted, rows)

    # Changing.

    def add(self, session: Session, office: str, public: bytes, csr: str, secret: str, versions: str) -> str:
        """Enter a new device in this transaction, not yet confirmed; its id. The same key again: the same device.

        Raises KeyRefusedError `key-in-use` (confirmed already, or of another office), `revoked`; AuthorityError.
        """
        device = device_id(public)
        row = session.get(DeviceRow, device)
        if row is not None:
            keys = session.get(KeySetRow, (device, 1))
            if row.revoked_ms:
                raise KeyRefusedError("revoked", device)
            if row.office != office or keys is None or keys.confirmed_ms:
                raise KeyRefusedError("key-in-use", device)
            session.delete(keys)
            session.flush()
        else:
            row = DeviceRow(id=device, office=office, created_ms=self._now_ms())
        row.versions = versions
        session.add(row)
        session.flush()
        session.add(self._key_set(device, 1, public, csr, secret))
        count_change(session)
        return device

    def bind(self, device: str, incarnation: str) -> None:
        """Bind a device to an incarnation, once and for ever; again the same is fine.

        Binding the successor shuts the office's other devices out: two may not write for one office. Raises
        KeyRefusedError `unknown-device`, `revoked`, `other-incarnation` (told to `on_clone`), `incarnation-taken`.
        """
        known = self.get(device)
        if known is not None and not known.revoked_ms and known.incarnation == incarnation:
            return
        with self._store.write() as session:
            # First, because this row is what two bindings at once wait for.
            count_change(session)
            row = _usable(session, device)
            clone = row.incarnation not in ("", incarnation)
            if not row.incarnation:
                taken = session.exec(
                    select(DeviceRow).where(DeviceRow.office == row.office, DeviceRow.incarnation == incarnation)
                ).first()
                if taken is not None:
                    raise KeyRefusedError("incarnation-taken", taken.id)
                now = self._now_ms()
                row.incarnation, row.bound_ms = incarnation, now
                session.add(row)
                others = select(DeviceRow).where(
                    DeviceRow.office == row.office, DeviceRow.id != device, DeviceRow.revoked_ms == 0
                )
                for other in session.exec(others).all():
                    other.revoked_ms, other.revoked_reason, other.replaced_by = now, "replaced", device
                    session.add(other)
        self.forget()
        if clone:
            found = self.get(device)
            if found is not None:
                self._on_clone(found, incarnation)
            raise KeyRefusedError("other-incarnation", device)

    def revoke(self, device: str, reason: str) -> None:
        """Shut a device out at once, for ever. Raises KeyRefusedError `unknown-device`."""
        with self._store.write() as session:
            row = session.get(DeviceRow, device)
            if row is None:
                raise KeyRefusedError("unknown-device", device)
            if not row.revoked_ms:
                row.revoked_ms, row.revoked_reason = self._now_ms(), reason
                session.add(row)
                count_change(session)
        self.forget()

    def ask_renewal(self, device: str) -> None:
        """Have the device change its keys at its next refresh. Raises KeyRefusedError `unknown-device`, `revoked`."""
        with self._store.write() as session:
            row = _usable(session, device)
            row.renewal_asked_ms = self._now_ms()
            session.add(row)
            count_change(session)
        self.forget()

    def renew(self, device: str, public: bytes, csr: str, secret: str) -> KeySet:
        """A second set beside the current one, which counts on until the new one is confirmed.

        The same public key again gives the same set: an answer may have been lost. Raises KeyRefusedError
        `unknown-device`, `revoked`, `key-in-use`; AuthorityError.
        """
        with self._store.write() as session:
            _usable(session, device)
            sets = session.exec(
                select(KeySetRow).where(KeySetRow.device == device).order_by(col(KeySetRow.number))
            ).all()
            same = next((one for one in sets if one.public_key == public.hex()), None)
            if same is None:
                if session.exec(select(KeySetRow).where(KeySetRow.public_key == public.hex())).first():
                    raise KeyRefusedError("key-in-use", device)
                for left in sets:
                    if not left.confirmed_ms:
                        # An earlier renewal that the device has given up.
                        left.ends_ms = left.ends_ms or self._now_ms()
                        session.add(left)
                same = self._key_set(device, sets[-1].number + 1, public, csr, secret)
                session.add(same)
                count_change(session)
            found = key_set_of(same)
        self.forget()
        return found

    def confirm(self, device: str, number: int) -> None:
        """The device holds this set and uses it from now on; older ones end, their S3 keys after a grace.

        Raises KeyRefusedError `unknown-device`, `revoked`, `unknown-set`.
        """
        with self._store.write() as session:
            row = _usable(session, device)
            now = self._now_ms()
            wanted = session.get(KeySetRow, (device, number))
            if wanted is None or (wanted.ends_ms and wanted.ends_ms <= now):
                raise KeyRefusedError("unknown-set", device)
            if wanted.confirmed_ms:
                return
            wanted.confirmed_ms = now
            session.add(wanted)
            older = select(KeySetRow).where(KeySetRow.device == device, KeySetRow.number != number)
            for one in session.exec(older).all():
                one.ends_ms = one.ends_ms or now + GRACE_MS
                session.add(one)
            row.renewal_asked_ms = 0
            session.add(row)
            count_change(session)
        self.forget()

    def forget(self) -> None:
        """Read the tables anew at the next look: something was written."""
        with self._lock:
            self._looked = 0.0

    def _key_set(self, device: str, number: int, public: bytes, csr: str, secret: str) -> KeySetRow:
        certificate = self._authority.sign_device(csr, device)
        s3_key_id = f"{device}.{number}"
        return KeySetRow(
            device=device,
            number=number,
            public_key=public.hex(),
            s3_key_id=s3_key_id,
            s3_secret=self._authority.seal(s3_key_id, secret),
            certificate=certificate.pem,
            certificate_serial=certificate.serial,
            certificate_ends_ms=certificate.ends_ms,
            made_ms=self._now_ms(),
        )

    def _fresh(self) -> Known:
        known = self._known
        if known is not None and time.monotonic() - self._looked < FRESH_S:
            return known
        with self._lock:
            began = time.monotonic()
            with self._store.read() as session:
                row = session.get(KeyChangeRow, 1)
                count = row.count if row is not None else 0
                if self._known is None or self._known.count != count:
                    self._known = read_devices(session, count)
                    self._secrets = {}
            self._looked = began
            return self._known


def device_id(public: bytes) -> str:
    """The id of the device whose first Ed25519 key this is."""
    return f"d{hashlib.sha256(public).hexdigest()[:16]}"


def _usable(session: Session, device: str) -> DeviceRow:
    row = session.exec(select(DeviceRow).where(DeviceRow.id == device).with_for_update()).first()
    if row is None:
        raise KeyRefusedError("unknown-device", device)
    if row.revoked_ms:
        raise KeyRefusedError("revoked", device)
    return row
