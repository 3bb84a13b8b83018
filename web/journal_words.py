"""What the entries of a journal are called, and who acted: message ids for the pages of an office and of the centre."""

from __future__ import annotations

from collections.abc import Mapping


def N_(message: str) -> str:  # noqa: N802 - the usual mark of a message for extraction
    """Mark a message for translation; it is translated where it is shown."""
    return message


KINDS: Mapping[str, str] = {
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

ACTORS: Mapping[str, str] = {
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
