"""Sentences that depend on a code or a setting: the office's word for a desk, keys, states, devices."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.api.schemas import KeyView


def N_(message: str) -> str:  # noqa: N802 - the usual mark of a message for extraction
    """Mark a message for translation; it is translated where it is shown."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - the same for what is counted
    """Mark a message with its plural."""
    return one, many


@dataclass(frozen=True, slots=True)
class Place:
    """Every sentence that names the kind of desk: languages inflect, so no sentence is put together of parts."""

    one: str
    numbered: str
    several: str
    open: tuple[str, str]
    on_break: str
    board: str


WINDOW = Place(
    N_("Window"),
    N_("Window %(number)s"),
    N_("Windows %(list)s"),
    NN_("window is open", "windows are open"),
    N_("Break: window %(list)s"),
    N_("Wait: your number and the window will appear on the board"),
)
TABLE = Place(
    N_("Table"),
    N_("Table %(number)s"),
    N_("Tables %(list)s"),
    NN_("table is open", "tables are open"),
    N_("Break: table %(list)s"),
    N_("Wait: your number and the table will appear on the board"),
)
WORKPLACE = Place(
    N_("Desk"),
    N_("Desk %(number)s"),
    N_("Desks %(list)s"),
    NN_("desk is open", "desks are open"),
    N_("Break: desk %(list)s"),
    N_("Wait: your number and the desk will appear on the board"),
)
PLACES = {"window": WINDOW, "table": TABLE, "workplace": WORKPLACE}


def place(desk_word: str) -> Place:
    """The office's word for a desk, from the plan's setting."""
    return PLACES.get(desk_word, WINDOW)


STATES = {
    "closed": N_("Closed"),
    "free": N_("Free"),
    "break": N_("On a break"),
    "called": N_("Called"),
    "serving": N_("Being served"),
}

CONDITIONS = {
    "ready": N_("In order"),
    "warning": N_("Attention"),
    "missing": N_("Missing"),
    "fault": N_("Out of order"),
}

SEVERITY = {"fault": 0, "missing": 1, "warning": 2, "ready": 3}

DEVICES = {
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
    "link": N_("Line to the centre"),
}

SLIPS = {
    "queued": N_("Waiting for the printer"),
    "printed": N_("Printed"),
    "sent": N_("Sent to the printer, not confirmed"),
    "unknown": N_("Nobody knows whether it came out"),
    "expired": N_("Not printed in time"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What a key would do: its title, and the sentence under it with and without somebody to call."""

    title: str
    detail: str = ""
    nobody: str = ""


OPEN = Deed(N_("Open"), N_("start receiving visitors"))
DEEDS = {
    "open-day": OPEN,
    "open-desk": OPEN,
    "resume": Deed(N_("Go on"), N_("end the break and receive visitors")),
    "call-next": Deed(N_("Next"), N_("calls %(following)s"), N_("nobody is waiting for you")),
    "call-back": Deed(N_("Call back"), N_("calls %(ticket)s, who was missed"), N_("nobody was missed")),
    "take-break": Deed(N_("Break"), N_("nobody will be called here")),
    "undo-last": Deed(N_("Undo"), N_("takes back the last action")),
    "close-desk": Deed(N_("Close"), N_("the working day here is over")),
    "recall": Deed(N_("Call again"), N_("%(ticket)s by voice and on the board")),
    "start": Deed(N_("Start"), N_("%(ticket)s has come")),
    "finish-and-call": Deed(
        N_("Next"),
        N_("finishes %(ticket)s and calls %(following)s"),
        N_("finishes %(ticket)s, nobody is waiting"),
    ),
    "miss": Deed(N_("No-show"), N_("%(ticket)s goes to the missed")),
    "park": Deed(N_("Set aside"), N_("%(ticket)s comes back into the line in some minutes")),
    "finish": Deed(N_("Finish"), N_("without calling the next one")),
    "transfer": Deed(N_("Send on"), N_("%(ticket)s to the usual next service")),
}


def deed(key: KeyView, desk_state: str) -> Deed | None:
    """The words of what a key would do now; None when it has no meaning at this desk now.

    A code without words keeps its own name: a key that acts is never hidden.
    """
    if key.does is None:
        return None
    if desk_state == "break" and key.does == "open-desk":
        return DEEDS["resume"]
    return DEEDS.get(key.does, Deed(key.does))
