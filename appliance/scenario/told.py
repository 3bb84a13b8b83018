"""What a played day tells: a line for each event as it happens, and the summary at its end."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from appliance.domain.message import Event, Record
from appliance.store.reader import connect_reader
from hardware.paper.slip import SlipContent
from hardware.simulator.paper import Paper

SHOWN_AS_LABEL = ("ticket", "series", "number", "slip", "restored")


class EventLines:
    """Events as text. Remembers the numbers of tickets, because a day that is over takes its tickets along."""

    def __init__(self) -> None:
        self._labels: dict[int, str] = {}
        self._slips: dict[int, int] = {}

    def line(self, record: Record) -> str:
        """`desk:1 TicketCalled А 001 → 1`, then whatever else the event says."""
        event = record.event
        values = {f.name: getattr(event, f.name) for f in fields(event)}
        self._learn(values)
        told = [record.actor, type(event).__name__, *self._tickets(event, values)]
        if values.get("desk") is not None:
            told.append(f"→ {values['desk']}" if len(told) > 2 else f"desk {values['desk']}")
        told += [
            name if value is True else str(value) if name == "service" else f"{name}={value}"
            for name, value in values.items()
            if name not in (*SHOWN_AS_LABEL, "desk", "plan", "digest") and value not in (None, False, "")
        ]
        return " ".join(told)

    def _learn(self, values: Mapping[str, object]) -> None:
        ticket, series, number, slip = (values.get(name) for name in ("ticket", "series", "number", "slip"))
        if isinstance(ticket, int) and isinstance(number, int):
            self._labels[ticket] = f"{series} {number:03d}"
        if isinstance(ticket, int) and isinstance(slip, int):
            self._slips[slip] = ticket

    def _tickets(self, event: Event, values: Mapping[str, object]) -> list[str]:
        slip = values.get("slip")
        named = values.get("ticket")
        ids = [named] if isinstance(named, int) else list(event.tickets())
        if not ids and isinstance(slip, int):
            ids = [self._slips.get(slip, 0)]
        return [self._labels.get(ticket, f"ticket {ticket}") for ticket in ids]


@dataclass(slots=True)
class Summary:
    """The figures of a played day, read from its database and from the devices."""

    issued: int = 0
    served: int = 0
    missed: int = 0
    left: int = 0
    printed: int = 0
    copies: int = 0
    papers: int = 0
    torn: int = 0
    spoken: int = 0
    entries: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    presses_ignored: int = 0
    wall_s: float = 0.0
    virtual_s: float = 0.0

    @classmethod
    def of(cls, database: Path) -> Summary:
        """What the rows say."""
        db = connect_reader(database)
        try:
            made = cls()
            made.entries = _one(db, "SELECT count(*) FROM journal")
            made.issued = _one(db, "SELECT count(*) FROM ticket")
            made.served = _one(db, "SELECT count(*) FROM ticket WHERE state = 'done'")
            made.missed = _one(db, "SELECT count(*) FROM ticket WHERE state = 'missed'")
            made.left = _one(db, "SELECT count(*) FROM ticket WHERE state = 'left'")
            out = "SELECT count(*) FROM slip WHERE state IN ('printed', 'sent') AND copy = "
            made.printed, made.copies = _one(db, f"{out}0"), _one(db, f"{out}1")
            return made
        finally:
            db.close()

    def lines(self) -> list[str]:
        """For people."""
        refused = ", ".join(f"{code} {count}" for code, count in sorted(self.refused.items())) or "none"
        speed = self.virtual_s / self.wall_s if self.wall_s else 0.0
        return [
            f"issued {self.issued}, served {self.served}, missed {self.missed}, left {self.left}",
            f"printed {self.printed}, copies {self.copies}, papers {self.papers} ({self.torn} torn), "
            f"spoken {self.spoken}",
            f"refused: {refused}; presses ignored as doubles: {self.presses_ignored}",
            f"{self.entries} journal entries; {self.virtual_s / 3600:.1f} h in {self.wall_s:.1f} s, "
            f"{speed:.0f} times as fast",
        ]


def keep_paper(folder: Path, number: int, paper: Paper, marks: str, contents: Sequence[SlipContent | None]) -> None:
    """Write a paper down as a picture and as text, numbered in the order in which they came out."""
    known = [content for content in contents if content is not None]
    name = "-".join([f"{number:04d}", *(c.number.replace("\u00a0", "") for c in known), *marks.split()])
    (folder / f"{name}.png").write_bytes(paper.png())
    lines = list(paper.text)
    for content in known if not lines else ():
        rows = [f"{title}: {value}" for title, value in content.rows]
        told = [content.mark, content.office, content.address, content.heading, content.number, content.service]
        lines += [text for text in (*told, *rows, *content.notes, content.footer) if text]
    (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _one(db: sqlite3.Connection, query: str) -> int:
    (count,) = db.execute(query).fetchone()
    return int(count)
