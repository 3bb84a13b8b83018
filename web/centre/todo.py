"""What to do now: the open alarms as sentences, each of which ends in something that a person can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance import words
from sync.centre.alarm import Alarm, Severity
from sync.centre.alarm_words import RULE_WORDS
from sync.centre.thresholds import NETWORK
from sync.centre.tile import Tile
from web.centre.face import doubt_words
from web.centre.pages import Pages
from web.centre.wording import DEVICES, DOUBTS, N_, RULES

NOT_TAKEN = N_("Nobody has taken it since %(time)s")
TAKEN = N_("Taken by %(name)s, %(time)s")
SINCE = N_("since %(time)s")
NO_RESERVE = N_("No reserve desk is left: end breaks or send visitors to a neighbouring office.")
NO_RESERVE_SHORT = N_("No reserve desk is left.")
ESCALATED = N_("nobody took it in time: passed on")

SHORT: Mapping[str, tuple[str, str]] = {
    "oldest-wait": (N_("%(minutes)s min with a norm of %(norm)s."), N_("Open one more desk.")),
    "newcomer-wait": (N_("A newcomer will wait %(minutes)s min."), N_("Open reserve desks: %(desks)s.")),
    "nobody-works": (N_("%(waiting)s wait, no desk for %(minutes)s min."), N_("Call the office.")),
    "desks-short": (N_("%(desks)s of %(planned)s desks work."), N_("Find out who is missing.")),
    "idle-with-queue": (N_("Desk %(desk)s is free for %(minutes)s min, people wait."), N_("Call the office.")),
    "long-service": (N_("Desk %(desk)s: one visitor for %(minutes)s min."), N_("Ask whether FINISH was forgotten.")),
    "not-opened": (N_("Not open, should be since %(opens)s."), N_("Call the office.")),
    "closed-early": (N_("Closed before %(closes)s."), N_("Find out why.")),
    "bell": (N_("Somebody waits at the ramp."), N_("Call the office.")),
    "paper-out": (N_("The printer has no paper."), N_("Have the roll changed.")),
    "paper-near-end": (N_("The paper is running out."), N_("Have a roll at hand.")),
    "display-silent": (N_("Silent: “%(device)s”."), N_("Restart it or call the technician.")),
    "device-fault": (N_("Out of order: “%(device)s”."), N_("Restart it or call the technician.")),
    "disk-low": (N_("%(mb)s MB are left on the disk."), N_("Call the technician.")),
    "hot": (N_("The box is %(celsius)s °C hot."), N_("Call the technician.")),
    "clock-offset": (N_("The clock is %(seconds)s s off."), N_("Call the technician.")),
    "replica-lag": (N_("The copy is %(seconds)s s behind."), N_("Look at the line.")),
    "forged": (N_("Forged directives: %(count)s."), N_("Nothing was carried out.")),
    "directive-stuck": (N_("Directive %(directive)s is stuck."), N_("Call the technician.")),
    "unseen": (N_("It is time to open, not heard yet."), N_("Call the office.")),
    "no-data": (N_("Last entry %(time)s, the office goes on by itself."), N_("Look at the line.")),
    "doubt": (N_("Can't be believed: %(reason)s."), N_("Look at the office's page.")),
    "two-devices": (N_("Two boxes write with one key."), N_("Revoke the wrong one.")),
}
"""What an alarm says on a wall, where few words have room; everywhere else `sync.centre.alarm_words` tells it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One alarm as it is listed. `state`: new, taken, warning. `taking`: whether it may be taken."""

    id: int
    office: str
    name: str
    state: str
    icon: str
    text: str
    status: str
    taking: bool
    escalated: str = ""


def facts_of(alarm: Alarm, pages: Pages, code: str) -> dict[str, object]:
    """The facts of an alarm in the reader's words: names of devices, reasons, times."""
    facts: dict[str, object] = {"norm": f"{pages.reading.limits(NETWORK)['oldest-wait'].alarm or 15:g}", **alarm.facts}
    if "device" in facts:
        facts["device"] = pages.word(DEVICES, facts["device"], code)
    if "reason" in facts:
        reason = str(facts["reason"])
        told = doubt_words(reason, pages, code) if reason in DOUBTS else words.sentence(reason, facts, code)
        facts["reason"] = told.rstrip(".")
    since = str(facts.get("since", ""))
    if since.isdigit() and int(since):
        facts["time"] = pages.hour(int(since))
    return facts


def sentence_of(alarm: Alarm, pages: Pages, code: str, *, short: bool = False) -> str:
    """What an alarm says and what to do next."""
    full = RULE_WORDS.get(alarm.rule)
    messages = SHORT.get(alarm.rule) if short else (full.tells, full.todo) if full is not None else None
    if messages is None:
        rule = RULES.get(alarm.rule)
        return pages.translate(rule.name, code) if rule else alarm.rule
    facts = facts_of(alarm, pages, code)
    if alarm.rule == "newcomer-wait" and facts.get("desks", "—") == "—":
        messages = messages[0], NO_RESERVE_SHORT if short else NO_RESERVE
    return " ".join(pages.say(message, code, facts) for message in messages)


def line_of(alarm: Alarm, name: str, pages: Pages, code: str, *, short: bool = False) -> Line:
    """One alarm as it is listed."""
    rings = alarm.now == Severity.ALARM
    taken = alarm.acknowledged_ms is not None
    if taken:
        told = {"name": alarm.acknowledged_by, "time": pages.hour(alarm.acknowledged_ms)}
        status = pages.say(TAKEN, code, told)
    elif rings:
        status = pages.say(NOT_TAKEN, code, {"time": pages.hour(alarm.raised_ms)})
    else:
        status = pages.say(SINCE, code, {"time": pages.hour(alarm.raised_ms)})
    data = alarm.rule in ("no-data", "unseen", "doubt")
    state = "data" if data and not rings else ("taken" if taken else "new") if rings else "warning"
    return Line(
        id=alarm.id,
        office=alarm.office,
        name=name,
        state=state,
        icon="state-missing" if data else "state-alarm" if rings else "state-warning",
        text=sentence_of(alarm, pages, code, short=short),
        status=status,
        taking=not taken,
        escalated=pages.translate(ESCALATED, code) if alarm.escalated and not taken else "",
    )


def todo(
    alarms: Sequence[Alarm], tiles: Mapping[str, Tile], pages: Pages, code: str, *, short: bool = False
) -> list[Line]:
    """The open alarms by trouble: what rings and nobody has taken, then what somebody has, then warnings."""

    def order(one: Alarm) -> tuple[bool, bool, int, int]:
        tile = tiles.get(one.office)
        trouble = tile.trouble if tile is not None else 0
        return (one.now != Severity.ALARM, one.acknowledged_ms is not None, -trouble, one.raised_ms)

    def name(one: Alarm) -> str:
        tile = tiles.get(one.office)
        return tile.name if tile is not None else one.office

    return [line_of(one, name(one), pages, code, short=short) for one in sorted(alarms, key=order)]
