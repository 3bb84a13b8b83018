"""What a scenario expects, compared with what there is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from appliance.domain.office import Office, Ticket, TicketState
from appliance.scenario.file import Line
from appliance.scenario.office import Box
from appliance.store.reader import connect_reader


@dataclass(frozen=True, slots=True)
class PaperFact:
    """What is kept of a paper: the slips whose bytes ended with it, the mark of a copy, and whether it was torn."""

    slips: tuple[int, ...]
    marked: bool
    torn: bool


@dataclass(slots=True)
class Book:
    """What was seen and heard so far. `refused_lately`: since the last act of the file was begun."""

    refused: Counter[str] = field(default_factory=Counter)
    refused_lately: list[str] = field(default_factory=list)
    papers: list[PaperFact] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    spoken_lately: int = 0

    def begin_act(self) -> None:
        """A new act of the file begins."""
        self.refused_lately.clear()
        self.spoken_lately = 0

    def refuse(self, code: str) -> None:
        """Somebody was told no."""
        self.refused[code] += 1
        self.refused_lately.append(code)

    def speak(self, text: str) -> None:
        """An announcement was heard to its end."""
        self.spoken.append(text)
        self.spoken_lately += 1

    def papers_of(self, slips: Iterable[int]) -> list[PaperFact]:
        """The papers of these slips."""
        wanted = set(slips)
        return [paper for paper in self.papers if wanted & set(paper.slips)]


def label(series: str, number: int) -> str:
    """A number as people read it."""
    return f"{series} {number:03d}"


def find_ticket(office: Office, series: str, number: int) -> Ticket | None:
    """The ticket of the last opened day with this number."""
    return next((t for t in office.tickets.values() if (t.series, t.number) == (series, number)), None)


def found_instead(line: Line, box: Box, book: Book) -> str | None:
    """None when the expectation holds, else what was found."""
    words = line.form.split()[1:]
    match words[0]:
        case "waiting":
            waiting = sum(1 for t in box.office.tickets.values() if t.state is TicketState.WAITING)
            return _unless(waiting == line["NUMBER"], f"{waiting} waiting")
        case "SERIES":
            return _ticket(line, box)
        case "desk":
            return _desk(line, box)
        case "why":
            return _why(line, box)
        case "away":
            return _away(line, box)
        case "paused" | "not":
            return _paused(line, words, box.office)
        case "spoken":
            newest = book.spoken[-1] if book.spoken else None
            return _unless(newest == line["TEXT"], "silence" if newest is None else f'spoken "{newest}"')
        case "silence":
            return _unless(book.spoken_lately == 0, f'spoken "{book.spoken[-1]}"' if book.spoken else "")
        case "paper" | "no":
            return _paper(line, words, box, book)
        case "torn":
            torn = sum(paper.torn for paper in book.papers)
            return _unless(torn == line["NUMBER"], f"{torn} torn")
        case "slip":
            return _slip(line, box)
        case "refused":
            return _refused(line, book)
        case "bell":
            return _bell(line, box.office)
        case "device":
            return _device(line, box.office)
        case "day":
            return _day(line, box.office)
        case "journal":
            count = _journal(line["EVENT"], box)
            return _unless(count == line["NUMBER"], f"journal {line['EVENT']} {count}")
        case _:
            trust = box.clock.trust
            state = "doubtful" if trust.doubtful else "trusted" if trust.trusted else "untrusted"
            return _unless(state == line["TRUST"], f"clock {state}")


def _unless(holds: bool, found: str) -> str | None:
    return None if holds else found


def _ticket(line: Line, box: Box) -> str | None:
    ticket = find_ticket(box.office, line["SERIES"], line["NUMBER"])
    if ticket is None:
        return f"no ticket {label(line['SERIES'], line['NUMBER'])}"
    if "SERVICE" in line.values:
        return _unless(ticket.service == line["SERVICE"], f"{ticket.label} for {ticket.service}")
    return _unless(ticket.state.value == line["TICKETSTATE"], f"{ticket.label} {ticket.state.value}")


def _why(line: Line, box: Box) -> str | None:
    """Why the ticket was called the last time, and whom it went before."""
    ticket = find_ticket(box.office, line["SERIES"], line["NUMBER"])
    if ticket is None:
        return f"no ticket {label(line['SERIES'], line['NUMBER'])}"
    calls = [body for body in _bodies("TicketCalled", box) if body["ticket"] == ticket.id]
    if not calls:
        return f"{ticket.label} was never called"
    found = f"why {ticket.label} {calls[-1]['why']}"
    passed = box.office.tickets.get(calls[-1].get("over") or 0)
    if passed is not None:
        found += f" over {passed.label}"
    same = calls[-1]["why"] == line["WHY"]
    if "SERIES2" in line.values:
        same = same and passed is find_ticket(box.office, line["SERIES2"], line["NUMBER2"])
    return _unless(same, found)


def _away(line: Line, box: Box) -> str | None:
    reasons = Counter(body["reason"] for body in _bodies("VisitorTurnedAway", box))
    count = reasons[line["REASON"]] if "REASON" in line.values else reasons.total()
    told = ", ".join(f"{reason} {times}" for reason, times in sorted(reasons.items()))
    return _unless(count == line["NUMBER"], f"away {reasons.total()}" + (f" ({told})" if told else ""))


def _paused(line: Line, words: list[str], office: Office) -> str | None:
    pause = office.pause
    if words[0] == "not":
        holds = pause is None
    else:
        holds = pause is not None and line.get("PAUSE", pause.reason) == pause.reason
    return _unless(holds, f"paused {pause.reason}" if pause is not None else "not paused")


def _desk(line: Line, box: Box) -> str | None:
    desk = box.office.desks[line["DESK"]]
    held = box.office.tickets[desk.ticket].label if desk.ticket is not None else ""
    found = f"desk {desk.number} {desk.state.value} {held}".rstrip()
    wanted = label(line["SERIES"], line["NUMBER"]) if line.get("SERIES") else None
    same = wanted is None or held.replace("\u00a0", " ") == wanted
    return _unless(desk.state.value == line["DESKSTATE"] and same, found)


def _paper(line: Line, words: list[str], box: Box, book: Book) -> str | None:
    ticket = find_ticket(box.office, line["SERIES"], line["NUMBER"])
    name = label(line["SERIES"], line["NUMBER"])
    if ticket is None:
        return f"no ticket {name}"
    papers = book.papers_of(slip.id for slip in box.office.slips.values() if slip.ticket == ticket.id)
    plain = sum(not paper.marked for paper in papers)
    copies = len(papers) - plain
    if words[0] == "no":
        holds = not papers
    elif words[-1] == "copy":
        holds = copies > 0
    else:
        holds = plain == 1
    return _unless(holds, f"{plain} papers and {copies} copies of {name}")


def _slip(line: Line, box: Box) -> str | None:
    ticket = find_ticket(box.office, line["SERIES"], line["NUMBER"])
    if ticket is None:
        return f"no ticket {label(line['SERIES'], line['NUMBER'])}"
    states = [slip.state.value for slip in box.office.slips.values() if slip.ticket == ticket.id]
    return _unless(states[-1:] == [line["SLIPSTATE"]], f"slips {', '.join(states) or 'none'}")


def _refused(line: Line, book: Book) -> str | None:
    code = line["CODE"]
    if line.get("NUMBER") is not None:
        return _unless(book.refused[code] == line["NUMBER"], f"{book.refused[code]} refusals {code}")
    told = ", ".join(book.refused_lately)
    return _unless(code in book.refused_lately, f"refused {told}" if told else "nothing refused")


def _bell(line: Line, office: Office) -> str | None:
    call = office.bells.get(line["BELL"])
    if call is None:
        state = "none"
    elif call.answered is not None:
        state = "answered"
    else:
        state = "escalated" if call.escalated else "rung"
    return _unless(state == line["BELLSTATE"], f"bell {line['BELL']} {state}")


def _device(line: Line, office: Office) -> str | None:
    mark = office.devices.get(line["DEVICE"])
    if mark is None:
        return f"nothing is known of {line['DEVICE']}"
    holds = mark.condition == line["CONDITION"] and mark.reason == line.get("CAUSE", mark.reason)
    return _unless(holds, f"device {line['DEVICE']} {mark.condition} {mark.reason}".rstrip())


def _day(line: Line, office: Office) -> str | None:
    day = office.day
    state = "open" if office.open_day is not None else "closed"
    dated = day.date if day is not None else None
    found = f"day {state}, {dated or 'undated'}"
    wanted = line.get("DATE")
    if isinstance(wanted, date):
        return _unless(dated == wanted.isoformat(), found)
    if line["DAYSTATE"] == "undated":
        return _unless(day is not None and dated is None, found)
    return _unless(state == line["DAYSTATE"], found)


def _bodies(kind: str, box: Box) -> list[dict[str, Any]]:
    db = connect_reader(box.database)
    try:
        rows = db.execute("SELECT body FROM journal WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
    finally:
        db.close()
    return [json.loads(body) for (body,) in rows]


def _journal(kind: str, box: Box) -> int:
    db = connect_reader(box.database)
    try:
        (count,) = db.execute("SELECT count(*) FROM journal WHERE kind = ?", (kind,)).fetchone()
    finally:
        db.close()
    return int(count)
