"""The witness's book: what visitors were told and what paper they hold, over all lives of an office, and its audit."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path

from appliance.domain.refusal import Code
from appliance.store import database
from appliance.store.load import load
from appliance.store.verify import verify
from tests.faults.disk import Image
from tests.faults.office import CUTTER, Request

Number = tuple[str, str, int]
"""Date, series, number: what a visitor reads on the paper of a day."""

DATABASE = "queue.db"


@dataclass(slots=True)
class Tally:
    """Figures of a run, added up over its cuts."""

    cuts: int = 0
    issued: int = 0
    answered: int = 0
    papers: int = 0
    copies: int = 0
    cuts_with_loss: int = 0
    lost: int = 0
    answers_lost: int = 0
    reissued: int = 0
    two_papers: int = 0
    other_answer: int = 0
    gaps: int = 0
    corrupt: int = 0
    not_clean: int = 0
    internal_errors: int = 0

    def add(self, other: Tally) -> None:
        """Take another tally in."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))

    @property
    def whole(self) -> bool:
        """Whether nothing was lost, given twice or broken."""
        harmless = ("cuts", "issued", "answered", "papers", "copies")
        return not any(getattr(self, f.name) for f in fields(self) if f.name not in harmless)


@dataclass(slots=True)
class Audit:
    """What an image was found to hold."""

    tickets: dict[Number, int] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    corrupt: str = ""


class Ledger:
    """One office's book. `hear` notes messages in their order, `settle` compares the book with a disk after a cut."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.notes: list[str] = []
        self.answers: dict[int, str] = {}
        self.tickets: dict[Number, int] = {}
        self.by_key: dict[str, Number] = {}
        self.asked: dict[str, Request] = {}
        self.refused: dict[str, str] = {}
        self._unmarked: Counter[Number] = Counter()

    def hear(self, message: bytes, *, late: bool = False) -> None:
        """One message of the counter, or one paper of the printer; `late` when the power was already gone."""
        if message.endswith(CUTTER):
            self._paper(message.removesuffix(CUTTER).decode())
            return
        told = json.loads(message)
        if "asked" in told:
            key = told["asked"]
            self.asked[key] = (key, told["service"], told["paper"])
        elif "refused" in told:
            self.refused[str(told["key"])] = told["refused"]
            # Without power two processes may well make nonsense of the memory they share.
            self.tally.internal_errors += told["refused"] == Code.INTERNAL_ERROR and not late
        elif "seq" in told:
            self.answers[told["seq"]] = told["kind"]
            if told["kind"] == "TicketIssued" and "number" in told:
                self._answer(told)

    def _answer(self, told: dict[str, str | int]) -> None:
        key = str(told["key"])
        number = (str(told["date"]), str(told["series"]), int(told["number"]))
        before = self.by_key.get(key)
        if before is None:
            self.tally.answered += 1
            if number in self.tickets and number in self.by_key.values():
                self.tally.reissued += 1
                self.notes.append(f"{number} was given out twice")
        elif before != number:
            self.tally.other_answer += 1
            self.notes.append(f"{key} was answered {before}, then {number}")
        self.by_key[key] = number
        self.tickets[number] = int(told["ticket"])

    def _paper(self, text: str) -> None:
        date, series, digits, _, ticket, mark = text.split("|")
        number = (date, series, int(digits))
        self.tickets.setdefault(number, int(ticket))
        if mark:
            self.tally.copies += 1
            return
        self.tally.papers += 1
        self._unmarked[number] += 1
        if self._unmarked[number] == 2:
            self.tally.two_papers += 1
            self.notes.append(f"{number} is on two unmarked papers")

    def settle(self, audit: Audit) -> None:
        """Compare what was promised with what the disk holds; what was lost is counted once, then forgotten."""
        tally = self.tally
        tally.cuts += 1
        if audit.corrupt:
            tally.corrupt += 1
            self.notes.append(audit.corrupt)
            return
        tally.not_clean += bool(audit.faults)
        tally.gaps += len(audit.gaps)
        self.notes += audit.faults + audit.gaps
        lost = [n for n, ticket in self.tickets.items() if audit.tickets.get(n) != ticket]
        wrong = [seq for seq, kind in self.answers.items() if audit.kinds.get(seq) != kind]
        tally.lost += len(lost)
        tally.answers_lost += len(wrong)
        tally.cuts_with_loss += bool(lost)
        self.notes += [f"{number} was lost" for number in lost]
        for number in lost:
            del self.tickets[number]
        for seq in wrong:
            del self.answers[seq]

    def owed(self, date: str, limit: int) -> list[Request]:
        """What to ask once more on a date: requests without an answer first, then some that had theirs."""
        keys = [key for key in self.asked if key.startswith(date)]
        open_ = [key for key in keys if key not in self.by_key]
        done = [key for key in keys if key in self.by_key]
        return [self.asked[key] for key in (open_ + done[-limit // 2 :])[:limit]]

    def forget_keys(self) -> None:
        """The day has closed, and its keys with it."""
        self.asked.clear()


def audit(image: Image, folder: Path) -> Audit:
    """Start on a copy of the image as the office would, then verify all of it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    image.lay(folder, DATABASE)
    return audit_file(folder / DATABASE)


def audit_file(path: Path) -> Audit:
    """The same on a real file, which may be recovered and migrated by it."""
    found = Audit()
    try:
        with closing(database.connect(path)) as db:
            load(db)
            report = verify(path)
            broken = [detail for code, detail in report.faults if code == "integrity"]
            if broken:
                found.corrupt = f"corrupt: {broken[0]}"
                return found
            found.faults = [f"{code}: {detail}" for code, detail in report.faults]
            found.kinds = dict(db.execute("SELECT seq, kind FROM journal"))
            for date, series, number, ticket in db.execute(
                "SELECT day.date, series, ticket.number, ticket.id FROM ticket JOIN day ON day.number = ticket.day"
            ):
                if (date, series, number) in found.tickets:
                    found.gaps.append(f"{date} {series} {number} is there twice")
                found.tickets[date, series, number] = ticket
            found.gaps += _gaps(found.tickets)
    except (sqlite3.DatabaseError, AssertionError, KeyError, ValueError) as error:
        found.corrupt = f"corrupt: {type(error).__name__}: {error}"
    return found


def _gaps(tickets: dict[Number, int]) -> list[str]:
    """Numbers of a date and series that were passed over: none may be."""
    highest: dict[tuple[str, str], int] = {}
    for date, series, number in tickets:
        highest[date, series] = max(number, highest.get((date, series), 0))
    return [
        f"{date} {series} {number} is missing below {top}"
        for (date, series), top in highest.items()
        for number in range(1, top)
        if (date, series, number) not in tickets
    ]
