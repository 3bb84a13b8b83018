"""The tables of devices and their keys, and how the register sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from sync.centre.authority import Certificate
from sync.centre.store import CentreTable


class DeviceRow(CentreTable, table=True):
    """One device. 0 for a time that has not come."""

    __tablename__ = "device"

    id: str = Field(primary_key=True)
    office: str = Field(index=True)
    incarnation: str = Field(default="", index=True)
    bound_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    created_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    seen_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    revoked_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    revoked_reason: str = ""
    replaced_by: str = ""
    renewal_asked_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    versions: str = "{}"


class KeySetRow(CentreTable, table=True):
    """One set of keys of a device. `s3_secret` is sealed; `ends_ms` is when the set ceases to count."""

    __tablename__ = "device_key_set"
    __table_args__ = (UniqueConstraint("s3_key_id"), UniqueConstraint("public_key"))

    device: str = Field(primary_key=True, foreign_key="device.id")
    number: int = Field(primary_key=True)
    public_key: str
    s3_key_id: str
    s3_secret: str
    certificate: str
    certificate_serial: str
    certificate_ends_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    made_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    confirmed_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    ends_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class KeyChangeRow(CentreTable, table=True):
    """One row that counts the changes, so that a process sees with one small question whether it knows them all."""

    __tablename__ = "key_change"

    id: int = Field(primary_key=True)
    count: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


@dataclass(frozen=True, slots=True)
class KeySet:
    """One set of keys of a device; `number` counts from 1. Times are UTC ms, 0: not yet, or no end."""

    number: int
    public: bytes
    s3_key_id: str
    sealed: str
    certificate: Certificate
    made_ms: int
    confirmed_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Device:
    """One device as the centre knows it. Times are UTC ms, 0: not yet.

    `incarnation`: the folder that it writes, '' before it is bound. `sets`: the oldest first.
    """

    id: str
    office: str
    incarnation: str
    bound_ms: int
    created_ms: int
    seen_ms: int
    revoked_ms: int
    revoked_reason: str
    replaced_by: str
    renewal_asked_ms: int
    versions: Mapping[str, str]
    sets: tuple[KeySet, ...]

    @property
    def current(self) -> KeySet:
        """The newest set that the device has confirmed; before the first confirmation the first."""
        confirmed = [one for one in self.sets if one.confirmed_ms]
        return confirmed[-1] if confirmed else self.sets[0]

    @property
    def confirmed(self) -> bool:
        """Whether its enrolment came to an end."""
        return self.current.confirmed_ms > 0


@dataclass(frozen=True, slots=True)
class Known:
    """Everything of the tables at one count of changes."""

    count: int
    devices: Mapping[str, Device]
    by_key: Mapping[str, tuple[Device, KeySet]]


def count_change(session: Session) -> None:
    """Make every process read the tables anew; part of each transaction that changes them."""
    row = session.exec(select(KeyChangeRow).where(KeyChangeRow.id == 1).with_for_update()).first()
    if row is None:
        row = KeyChangeRow(id=1, count=0)
    row.count += 1
    session.add(row)


def read_devices(session: Session, count: int) -> Known:
    """All devices with their sets."""
    sets: dict[str, list[KeySet]] = {}
    for row in session.exec(select(KeySetRow).order_by(col(KeySetRow.device), col(KeySetRow.number))).all():
        sets.setdefault(row.device, []).append(key_set_of(row))
    devices = {
        row.id: Device(
            id=row.id,
            office=row.office,
            incarnation=row.incarnation,
            bound_ms=row.bound_ms,
            created_ms=row.created_ms,
            seen_ms=row.seen_ms,
            revoked_ms=row.revoked_ms,
            revoked_reason=row.revoked_reason,
            replaced_by=row.replaced_by,
            renewal_asked_ms=row.renewal_asked_ms,
            versions=json.loads(row.versions),
            sets=tuple(sets.get(row.id, ())),
        )
        for row in session.exec(select(DeviceRow)).all()
        if row.id in sets
    }
    by_key = {one.s3_key_id: (device, one) for device in devices.values() for one in device.sets}
    return Known(count, devices, by_key)


def key_set_of(row: KeySetRow) -> KeySet:
    """The set of a row."""
    return KeySet(
        number=row.number,
        public=bytes.fromhex(row.public_key),
        s3_key_id=row.s3_key_id,
        sealed=row.s3_secret,
        certificate=Certificate(row.certificate, row.certificate_serial, row.certificate_ends_ms),
        made_ms=row.made_ms,
        confirmed_ms=row.confirmed_ms,
        ends_ms=row.ends_ms,
    )
