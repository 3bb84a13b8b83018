"""Journal entries in words: what happened, who did it, when by the office's clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from appliance.api.schemas import EntryView
from web.office.head_books import local_time
from web.office.wording import N_

KINDS = {
    "TicketIssued": N_("Number given"),
    "TicketAdopted": N_("Paper from elsewhere entered"),
    "TicketLeft": N_("Visitor left"),
    "VisitorTurnedAway": N_("Visitor got no number"),
    "TicketCalled": N_("Number called"),
    "TicketRecalled": N_("Number called again"),
    "CallHeard": N_("Call was announced"),
    "TicketMissed": N_("Nobody came to the call"),
    "ServiceStarted": N_("Service began"),
    "ServiceFinished": N_("Service ended"),
    "TicketReturned": N_("Visitor back in the line"),
    "TicketParked": N_("Visitor set aside"),
    "TicketTransferred": N_("Visitor sent on from a desk"),
    "VisitContinued": N_("Visit went on to its next service"),
    "ServiceAdded": N_("Service added to a number"),
    "TicketSent": N_("Visitor sent by reception"),
    "TicketsMerged": N_("Two numbers became one"),
    "CategorySet": N_("Priority noted"),
    "CategoryRefused": N_("Priority refused at the desk"),
    "NeedsNoted": N_("Access needs noted"),
    "HallPaused": N_("Hall stopped"),
    "HallResumed": N_("Hall went on"),
    "DeskOpened": N_("Desk opened"),
    "DeskClosed": N_("Desk closed"),
    "BreakStarted": N_("Break began"),
    "BreakEnded": N_("Break ended"),
    "OperatorSignedIn": N_("Operator signed in"),
    "OperatorSignedOut": N_("Operator signed out"),
    "DayOpened": N_("Day opened"),
    "DayClosed": N_("Day closed"),
    "DayRedated": N_("Date of the day corrected"),
    "SlipCopied": N_("Copy of a slip ordered"),
    "SlipPrinted": N_("Slip printed"),
    "SlipUnconfirmed": N_("Slip perhaps printed"),
    "SlipExpired": N_("Slip not printed in time"),
    "Undone": N_("Last act taken back"),
    "BellRung": N_("Bell rung at the ramp"),
    "BellRungAgain": N_("Bell pressed again"),
    "BellEscalated": N_("Nobody answered the bell"),
    "BellAnswered": N_("Bell answered"),
    "BellArrived": N_("Somebody arrived at the ramp"),
    "BellLapsed": N_("Call of the bell ended by itself"),
    "BellWithdrawn": N_("Call of a cut bell wire withdrawn"),
    "DeviceChanged": N_("Condition of a device changed"),
    "TicketRaised": N_("Number put first by the situation centre"),
    "StandingBegun": N_("Changed by the situation centre for the day"),
    "StandingEnded": N_("Change of the situation centre ended"),
    "DirectiveSettled": N_("Directive of the situation centre settled"),
    "IncarnationBegun": N_("Database began anew"),
    "PlanAdopted": N_("Plan came into force"),
    "ClockCorrected": N_("Clock corrected"),
}

ACTORS = {
    "kiosk": N_("kiosk"),
    "reception": N_("reception"),
    "owner": N_("owner of the box"),
    "bell": N_("bell at the ramp"),
    "clock": N_("clock"),
    "health": N_("watch over the devices"),
    "voice": N_("loudspeaker"),
    "printer": N_("printer"),
    "office": N_("the box itself"),
    "centre": N_("situation centre"),
}
DESK = re.compile(r"desk:(\d+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. `desk`: None where no desk acted; `actor`: then who did, as a message; `person`: a name or an id."""

    seq: int
    at: str
    trusted: bool
    kind: str
    code: str
    desk: int | None
    actor: str
    person: str


def line(entry: EntryView, zone: ZoneInfo, people: Mapping[str, str], language: str) -> Line:
    """An entry for reading. `people`: names by the operators' ids, as far as this box still knows them."""
    place, _, operator = entry.actor.partition("/")
    if place.startswith("bell:"):
        place = "bell"
    if place.startswith("centre:"):
        place, _, operator = place.partition(":")
    desk = DESK.fullmatch(place)
    at = local_time(entry.at, zone)
    return Line(
        seq=entry.seq,
        at=f"{at:%d/%m/%Y %H:%M:%S}" if language == "en" else f"{at:%d.%m.%Y %H:%M:%S}",
        trusted=entry.clock_trusted,
        kind=KINDS.get(entry.kind, ""),
        code=entry.kind,
        desk=int(desk[1]) if desk else None,
        actor="" if desk else ACTORS.get(place, place),
        person=people.get(operator, operator),
    )
