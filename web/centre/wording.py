"""The words of the centre's codes: alarms, directives, reasons, fates, states, refusals.

Every mapping holds English message ids; what shows them translates them. A code without words shows itself: a state
that nobody foresaw is never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def N_(message: str) -> str:  # noqa: N802 - the usual mark of a message for extraction
    """Mark a message for translation; it is translated where it is shown."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - the same for what is counted
    """Mark a message with its plural."""
    return one, many


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of alarms in words: its name in lists, and the flag of a tile, which is short, when it warns or rings."""

    name: str
    flag: str
    warning: str = ""


RULES: Mapping[str, Rule] = {
    "oldest-wait": Rule(N_("Somebody waits too long"), N_("Past the norm"), N_("Near the norm")),
    "newcomer-wait": Rule(N_("A newcomer will wait long"), N_("Line is growing")),
    "nobody-works": Rule(N_("People wait, no desk receives"), N_("No desks")),
    "desks-short": Rule(N_("Fewer desks than planned"), N_("Few desks")),
    "idle-with-queue": Rule(N_("A desk is free while people wait"), N_("Desk is idle")),
    "long-service": Rule(N_("A service lasts too long"), N_("Long service")),
    "not-opened": Rule(N_("The office has not opened"), N_("Not opened")),
    "closed-early": Rule(N_("The office has closed early"), N_("Closed early")),
    "bell": Rule(N_("Nobody answers the bell at the ramp"), N_("Bell rings")),
    "paper-out": Rule(N_("The printer has no paper"), N_("No paper")),
    "paper-near-end": Rule(N_("The paper is running out"), N_("Little paper")),
    "display-silent": Rule(N_("The board is silent"), N_("Board is silent")),
    "device-fault": Rule(N_("A device is out of order"), N_("Device fault")),
    "disk-low": Rule(N_("The disk is nearly full"), N_("Disk is full")),
    "hot": Rule(N_("The box is hot"), N_("Box is hot")),
    "clock-offset": Rule(N_("The clock is wrong"), N_("Clock is wrong")),
    "replica-lag": Rule(N_("The copy of the data is behind"), N_("Copy is behind")),
    "unseen": Rule(N_("Not heard before opening"), N_("Not heard")),
    "no-data": Rule(N_("No data come"), N_("No data")),
    "doubt": Rule(N_("The data are in doubt"), N_("Data in doubt")),
    "two-devices": Rule(N_("Two boxes with one key"), N_("Two boxes")),
    "forged": Rule(N_("Forged directives"), N_("Forged")),
    "directive-stuck": Rule(N_("A directive is stuck"), N_("Directive stuck")),
    "stale": Rule(N_("A tile turns grey"), N_("No data")),
}

UNITS: Mapping[str, str] = {
    "min": N_("minutes"),
    "s": N_("seconds"),
    "count": N_("how many"),
    "share": N_("share"),
    "times": N_("times the norm"),
    "celsius": N_("°C"),
    "mb": N_("MB"),
    "yes": N_("1 when it is so"),
}

DOUBTS: Mapping[str, str] = {
    "gap": N_("entries are missing in between"),
    "fork": N_("two histories differ"),
    "regress": N_("the journal has gone back"),
    "broken-chain": N_("the journal's chain is broken"),
    "corrupt": N_("a piece of the copy is damaged"),
    "no-base": N_("the beginning of the copy is missing"),
    "two-devices": N_("two boxes write for one office"),
    "later-release": N_("the office runs a later release than the centre"),
}

CURES: Mapping[str, str] = {
    "snapshot-asked": N_("A full copy has been asked for; nothing need be done."),
    "waiting-for-data": N_("The missing piece is on its way; nothing need be done."),
    "person": N_("A person must look: call the technician."),
}

DOUBTS_TOLD: Mapping[str, str] = {
    "aside": N_("Another card wrote %(entries)s entries that the office's history lacks: %(incarnation)s."),
    "old-card": N_("A box with the older card %(incarnation)s is alive; the office's is %(current)s."),
    "one-key": N_("Two boxes use the key of the device %(device)s."),
    "one-place": N_("Two boxes write to the place of the card %(incarnation)s."),
    "rules": N_("The entries contradict the rules: %(rules)s. Tell the developers."),
    "fork": N_("From entry %(seq)s on, the office's card says something else than the centre knows."),
    "regress": N_("The office's card ends at entry %(seq)s; the centre knows %(known)s."),
    "gap": N_("The entries %(first)s to %(last)s are missing."),
    "broken-chain": N_("The chain of the journal is broken at entry %(seq)s."),
    "later-release": N_("Entry %(seq)s is of a later release (%(kind)s). Update the centre."),
    "corrupt": N_("A piece of the copy can't be read: %(detail)s."),
}
"""What a doubt is about, by `DoubtView.kind`, filled from its facts."""

DECISIONS: Mapping[str, tuple[str, str]] = {
    "accept": (
        N_("The office's history is right"),
        N_("What the other card wrote is kept aside and counts no more. Decide so?"),
    ),
    "choose": (
        N_("The card %(incarnation)s is the office's"),
        N_("The history of this card becomes the office's; the other entries are kept aside. Decide so?"),
    ),
    "follow": (
        N_("The office's card is right"),
        N_("What the card lacks is kept aside, and the office goes on from it. Decide so?"),
    ),
    "clear": (N_("The second box is out"), N_("Is the second box switched off for good?")),
}
"""What a person may decide on a doubt: the button and its question."""

REPLICA: Mapping[str, str] = {
    "running": N_("is kept"),
    "starting": N_("is starting"),
    "stopped": N_("stands still"),
    "failed": N_("is not kept"),
    "no-binary": N_("Litestream is missing"),
}

KINDS: Mapping[str, str] = {
    "open-desk": N_("Open desk %(desk)s"),
    "close-desk": N_("Close desk %(desk)s"),
    "end-break": N_("Call desk %(desk)s back from its break"),
    "add-skill": N_("Desk %(desk)s also takes “%(service)s”"),
    "remove-skill": N_("Desk %(desk)s no longer takes “%(service)s”"),
    "stop-service": N_("No more numbers for “%(service)s”"),
    "limit-service": N_("At most %(limit)s numbers for “%(service)s”"),
    "free-service": N_("Numbers for “%(service)s” again"),
    "set-norm": N_("Norm of waiting: %(minutes)s min"),
    "set-policy": N_("Order of calling: %(policy)s"),
    "raise-ticket": N_("Call %(ticket)s first"),
    "show-message": N_("Message in the hall: %(text)s"),
    "clear-message": N_("Take the message away"),
    "pause": N_("Pause the hall"),
    "resume": N_("The hall goes on"),
    "redirect": N_("Send visitors to: %(to)s"),
    "end-redirect": N_("No longer send visitors elsewhere"),
    "call-technician": N_("Call the technician"),
    "adopt-plan": N_("Take plan version %(version)s"),
    "fresh-snapshot": N_("Ask for a full copy of the data"),
    "restart-device": N_("Restart “%(device)s”"),
}
"""What a directive says that it does."""

TITLES: Mapping[str, str] = {
    "open-desk": N_("Open a desk"),
    "close-desk": N_("Close a desk"),
    "end-break": N_("Call back from a break"),
    "add-skill": N_("Add a service to a desk"),
    "remove-skill": N_("Take a service from a desk"),
    "stop-service": N_("Stop numbers for a service"),
    "limit-service": N_("Limit numbers of a service"),
    "free-service": N_("Give numbers for a service again"),
    "set-norm": N_("Change the norm of waiting"),
    "set-policy": N_("Change the order of calling"),
    "raise-ticket": N_("Call somebody first"),
    "show-message": N_("Message in the hall"),
    "clear-message": N_("Take the message away"),
    "pause": N_("Pause the hall"),
    "resume": N_("The hall goes on"),
    "redirect": N_("Send visitors to another office"),
    "end-redirect": N_("No longer send visitors elsewhere"),
    "call-technician": N_("Call the technician"),
    "adopt-plan": N_("Take a new plan"),
    "fresh-snapshot": N_("Ask for a full copy of the data"),
    "restart-device": N_("Restart a device"),
}
"""What a form of a directive is called."""

SURE: Mapping[str, str] = {
    "pause": N_("Nobody will be called until the hall goes on. Give the directive?"),
    "stop-service": N_("Nobody will get a number for this service today. Give the directive?"),
    "adopt-plan": N_("Hours, services and desks of the office will follow the new plan. Give the directive?"),
    "close-desk": N_("The desk will receive nobody. Give the directive?"),
    "redirect": N_("Visitors will be told to go elsewhere. Give the directive?"),
}
"""What is asked before a heavy directive is given."""

REASONS: Mapping[str, str] = {
    "long-wait": N_("long waits"),
    "few-desks": N_("too few desks"),
    "advice": N_("advice of the centre"),
    "equipment": N_("equipment"),
    "staff": N_("people are missing"),
    "safety": N_("safety"),
    "schedule": N_("schedule"),
    "data": N_("data"),
    "other": N_("other"),
}
"""Why a directive is given: a code that the office's journal keeps."""

TERMS: Mapping[str, tuple[int, str]] = {
    "5": (300, N_("5 minutes")),
    "15": (900, N_("15 minutes")),
    "60": (3600, N_("1 hour")),
    "480": (28800, N_("until the evening")),
}
"""How long a directive may take to reach the office, seconds."""

FATES: Mapping[str, str] = {
    "queued": N_("Waits for the line"),
    "sent": N_("Sent"),
    "delivered": N_("Delivered"),
    "applied": N_("Carried out"),
    "refused": N_("Refused"),
    "expired": N_("Expired"),
    "overridden": N_("Carried out, then changed by the staff"),
}

STATES: Mapping[str, str] = {
    "closed": N_("not receiving"),
    "free": N_("free"),
    "break": N_("break"),
    "called": N_("called"),
    "serving": N_("being served"),
}

DEVICES: Mapping[str, str] = {
    "printer": N_("Ticket printer"),
    "buttons": N_("Buttons"),
    "voice": N_("Loudspeaker"),
    "replica": N_("Live copy of the database"),
    "disk": N_("Memory card"),
    "clock": N_("Clock"),
    "plan": N_("Plan"),
    "store": N_("Database"),
    "board": N_("Hall board"),
    "bus": N_("Bus of the keys"),
    "module": N_("Input module"),
    "keypad": N_("USB keypad"),
    "display": N_("Number display"),
    "bell": N_("Call bell"),
    "power": N_("Contact of the mains"),
    "kiosk": N_("Kiosk"),
    "centre": N_("Line to the centre"),
}

CONDITIONS: Mapping[str, str] = {
    "ready": N_("In order"),
    "warning": N_("Attention"),
    "missing": N_("Missing"),
    "fault": N_("Out of order"),
}

PAUSES: Mapping[str, str] = {
    "alarm": N_("Air-raid alert"),
    "fire": N_("Fire alarm"),
    "power": N_("Power failure"),
    "other": N_("Another reason"),
}

MESSAGES: Mapping[str, str] = {
    "long-wait": N_("The wait is longer than usual now. Further desks are being opened."),
    "neighbour": N_("The neighbouring office is less busy now. Ask reception for its address."),
    "soon": N_("There is a technical break. We go on in a few minutes."),
}
"""Ready texts for the hall, which every language of the office has."""

POLICIES: Mapping[str, str] = {
    "absolute": N_("priority always ahead"),
    "ratio": N_("priority and others in turns"),
    "ageing": N_("first come, priority ahead for a while"),
}

NOTES: Mapping[str, str] = {
    "printer": N_("ticket printer"),
    "board": N_("hall board"),
    "buttons": N_("buttons"),
    "network": N_("network"),
    "power": N_("power supply"),
    "box": N_("the box itself"),
    "other": N_("other"),
}
"""What the technician is called for: a code that the office's journal keeps."""

GROUPS: Mapping[str, str] = {
    "desks": N_("Desks of the hall"),
    "services": N_("Services and order"),
    "hall": N_("Hall"),
    "box": N_("Box and data"),
}

ROLES: Mapping[int, str] = {
    1: N_("Viewer"),
    2: N_("Dispatcher"),
    3: N_("Head of the centre"),
    4: N_("Administrator"),
}

DEVICE_STATES: Mapping[str, str] = {
    "active": N_("in use"),
    "revoked": N_("revoked"),
    "doubled": N_("seen twice"),
}

ACTS: Mapping[str, str] = {
    "signed-in": N_("signed in"),
    "signed-out": N_("signed out"),
    "refused": N_("was refused the sign-in"),
    "viewed": N_("looked at the office"),
    "viewed-entries": N_("looked at journal entries"),
    "viewed-audit": N_("looked at the audit"),
    "exported": N_("took a table"),
    "issued": N_("gave a directive"),
    "acknowledged": N_("took an alarm"),
    "hushed": N_("silenced the alarms of an office"),
    "lifted": N_("ended a silence"),
    "decided": N_("decided on data in doubt"),
    "put-plan": N_("put a plan on the shelf"),
    "froze": N_("froze a period"),
    "put-office": N_("changed an office"),
    "put-route": N_("changed a timetable"),
    "put-limit": N_("changed a threshold"),
    "made-token": N_("made a token for a box"),
    "revoked": N_("revoked a key"),
    "rotated": N_("asked for new keys"),
    "added-person": N_("added a person"),
    "added-screen": N_("added a wall screen"),
    "set-role": N_("changed a role"),
    "renewed": N_("made a new code"),
    "removed-person": N_("removed a person"),
}

STATUSES: Mapping[str, str] = {
    "provisional": N_("Provisional"),
    "complete": N_("Complete, not frozen"),
    "frozen": N_("Frozen"),
    "corrected": N_("Correction %(number)s"),
}

MISSING: Mapping[str, str] = {
    "not-over": N_("the period is not over"),
    "never": N_("nothing has ever come"),
    "no-data": N_("data are missing"),
    "doubt": N_("the data are in doubt"),
    "day-open": N_("a day is not closed yet"),
}

PROBLEMS: Mapping[str, str] = {
    "host-refused": N_("The centre doesn't answer to this name. Open it by its own address."),
    "origin-refused": N_("The request came from a page of another site and was not carried out."),
    "not-json": N_("The request must be JSON."),
    "too-large": N_("The request is too large. Send less."),
    "not-signed-in": N_("Nobody is signed in in this browser. Sign in."),
    "not-allowed": N_("Your role doesn't allow this. Ask an administrator of the centre."),
    "wrong-sign-in": N_("The name or the password isn't right. Check both and try again."),
    "wrong-code": N_("The code isn't right, has been used, or is older than half an hour. Ask for a new one."),
    "wait": N_("Too many wrong tries from this place. Wait %(seconds)s s and try again."),
    "busy": N_("Several people are signing in right now. Try again in two seconds."),
    "bad-input": N_("Something is missing or isn't right: %(field)s."),
    "unknown-office": N_("There is no such office. Reload the page."),
    "advice-over": N_("The situation has changed and this advice no longer holds. Look at the page again."),
    "bad-directive": N_("The directive isn't right: %(what)s."),
    "unknown-alarm": N_("There is no such alarm. Reload the page."),
    "alarm-closed": N_("The alarm has closed by itself meanwhile. Nothing need be done."),
    "alarm-taken": N_("%(name)s has taken this alarm already."),
    "doubt-over": N_("This doubt is over already, or there is nothing to decide. Reload the page."),
    "unknown-card": N_("There is no such card. Reload the page."),
    "card-unreadable": N_("The office's card can't be compared with what the centre knows. Ask for a full copy first."),
    "key-in-use": N_("The key of the device %(device)s still counts. Revoke or replace it on the page Network first."),
    "unknown-hush": N_("The alarms of this office are not silent any more. Reload the page."),
    "bad-until": N_("The end of the silence must lie in the next 14 days."),
    "bad-plan": N_("The plan can't be used yet: correct what is listed."),
    "unknown-device": N_("There is no such box. Reload the page."),
    "unknown-rule": N_("There is no such rule. Reload the page."),
    "unknown-scope": N_("There is no such office or kind of office."),
    "out-of-range": N_("The value is out of range."),
    "wrong-order": N_("The warning must come before the alarm."),
    "name-taken": N_("Somebody has this name already. Choose another one."),
    "short-password": N_("The password is too short: at least 10 characters."),
    "unknown-person": N_("There is no such person. Reload the page."),
    "last-admin": N_("The last administrator must stay one."),
    "bad-name": N_("A name has 1 to 60 characters."),
    "not-over": N_("The period is not over yet."),
    "frozen-already": N_("The period is frozen already."),
    "somebody-missing": N_("Some offices have not sent everything yet."),
    "bad-period": N_("Choose two dates, the first not after the last, at most 400 days apart."),
    "neither-day": N_("A stop needs a weekday or a date."),
    "bad-date": N_("The date isn't right."),
    "bad-weekday": N_("The weekday isn't right."),
    "bad-hours": N_("The hours aren't right."),
    "overlap": N_("Two stops overlap."),
    "internal": N_("Something went wrong at the centre. Try again; if it repeats, call its administrator."),
}
"""What is refused: what happened, and what to do next."""
