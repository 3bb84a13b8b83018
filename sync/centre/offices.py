"""The register of offices: who belongs to the network, by which name, fixed or mobile, and who neighbours whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, col, select

from sync.centre.store import CentreTable, Store

DEFAULT_ZONE = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class OfficeEntry:
    """One office of the network. `neighbours`: ids of offices that visitors may be sent to. `zone`: an IANA name."""

    id: str
    name: str
    mobile: bool = False
    address: str = ""
    neighbours: tuple[str, ...] = ()
    zone: str = DEFAULT_ZONE
    organisation: str = ""


class OfficeRow(CentreTable, table=True):
    """The table of offices. `position` is its place on the wall: people learn where an office is."""

    __tablename__ = "office"

    id: str = Field(primary_key=True)
    name: str
    mobile: bool = False
    address: str = ""
    neighbours: str = ""
    zone: str = DEFAULT_ZONE
    organisation: str = ""
    position: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class Offices:
    """The register in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> Sequence[OfficeEntry]:
        """Every office, in the order of the wall."""
        with self._store.read() as session:
            rows = session.exec(select(OfficeRow).order_by(col(OfficeRow.position), col(OfficeRow.id))).all()
            return [_entry(row) for row in rows]

    def get(self, office: str) -> OfficeEntry | None:
        """One office."""
        with self._store.read() as session:
            row = session.get(OfficeRow, office)
            return None if row is None else _entry(row)

    def put(self, entry: OfficeEntry) -> None:
        """Add an office at the end of the wall, or change it where it stands."""
        with self._store.write() as session:
            row = session.get(OfficeRow, entry.id)
            if row is None:
                last = session.exec(
                    select(OfficeRow.position).order_by(col(OfficeRow.position).desc()).limit(1)
                ).first()
                row = OfficeRow(id=entry.id, name=entry.name, position=(last or 0) + 1)
            row.name, row.mobile, row.address = entry.name, entry.mobile, entry.address
            row.neighbours, row.zone = ",".join(entry.neighbours), entry.zone
            row.organisation = entry.organisation
            session.add(row)


def _entry(row: OfficeRow) -> OfficeEntry:
    neighbours = tuple(one for one in row.neighbours.split(",") if one)
    return OfficeEntry(row.id, row.name, row.mobile, row.address, neighbours, row.zone, row.organisation)
