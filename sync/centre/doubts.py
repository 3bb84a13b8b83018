"""Why offices' data may not be believed: kept in the store, so that a restart of the centre forgets none of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from threading import Lock

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, select

from sync.centre.images import Doubt
from sync.centre.store import CentreTable, Store

GRAVEST_FIRST = ("two-devices", "fork", "regress", "broken-chain", "corrupt", "gap", "no-base", "later-release")


class DoubtRow(CentreTable, table=True):
    """A doubt of an office. `key` tells two of one reason apart: what raised it also clears it."""

    __tablename__ = "doubt"

    office: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    reason: str
    since_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    facts: str = Field(sa_column=Column(Text, nullable=False))
    cure: str


class Doubts:
    """The doubts that last. Thread-safe; reading costs nothing, only a change is written."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, Lock()
        self._found: dict[str, dict[str, Doubt]] = {}

    def read(self) -> None:
        """Know what the store has."""
        with self._store.read() as session:
            rows = session.exec(select(DoubtRow)).all()
        with self._lock:
            self._found = {}
            for row in rows:
                doubt = Doubt(row.reason, row.since_ms, json.loads(row.facts), row.cure)
                self._found.setdefault(row.office, {})[row.key] = doubt

    def put(self, office: str, doubt: Doubt, key: str = "") -> bool:
        """Note a doubt; one that lasts already keeps its beginning. Whether anything is new."""
        key = key or doubt.reason
        with self._lock:
            known = self._found.get(office, {}).get(key)
            if known is not None and known.reason == doubt.reason:
                doubt = Doubt(doubt.reason, known.since_ms, doubt.facts, doubt.cure)
            if doubt == known:
                return False
            self._found.setdefault(office, {})[key] = doubt
            with self._store.write() as session:
                session.merge(
                    DoubtRow(
                        office=office,
                        key=key,
                        reason=doubt.reason,
                        since_ms=doubt.since_ms,
                        facts=json.dumps(dict(doubt.facts), ensure_ascii=False, sort_keys=True),
                        cure=doubt.cure,
                    )
                )
            return True

    def clear(self, office: str, keys: Sequence[str]) -> bool:
        """These doubts are no more. Whether there were any."""
        with self._lock:
            known = self._found.get(office, {})
            gone = [key for key in keys if key in known]
            if not gone:
                return False
            with self._store.write() as session:
                for key in gone:
                    row = session.get(DoubtRow, (office, key))
                    if row is not None:
                        session.delete(row)
            for key in gone:
                del known[key]
            return True

    def of(self, office: str) -> Mapping[str, Doubt]:
        """All doubts of an office by key."""
        with self._lock:
            return dict(self._found.get(office, {}))

    def gravest(self, office: str) -> Doubt | None:
        """The one to show."""
        found = self.of(office).values()
        return min(found, key=lambda one: (_gravity(one.reason), one.since_ms), default=None)

    def offices(self, key: str) -> Sequence[str]:
        """The offices that have a doubt under this key."""
        with self._lock:
            return [office for office, found in self._found.items() if key in found]


def _gravity(reason: str) -> int:
    return GRAVEST_FIRST.index(reason) if reason in GRAVEST_FIRST else len(GRAVEST_FIRST)
