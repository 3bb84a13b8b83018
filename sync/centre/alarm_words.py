"""What each rule of the alarms says and what to do then: English message ids, translated where they are shown.

Their places are filled from the alarm's facts, as `%(minutes)s`. A test holds them equal to the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def N_(message: str) -> str:  # noqa: N802 - the usual mark of a message for extraction
    """Mark a message for translation."""
    return message


@dataclass(frozen=True, slots=True)
class RuleWords:
    """`tells`: what is so, with the alarm's facts; `todo`: the next step of whoever takes it."""

    tells: str
    todo: str


RULE_WORDS: Mapping[str, RuleWords] = {
    "oldest-wait": RuleWords(
        N_("Somebody has waited for %(minutes)s min; %(waiting)s wait, %(desks)s desks receive."),
        N_("Open reserve desks or call desks back from their breaks."),
    ),
    "newcomer-wait": RuleWords(
        N_("Whoever comes now will wait for about %(minutes)s min."),
        N_("Open reserve desks: %(desks)s."),
    ),
    "nobody-works": RuleWords(
        N_("%(waiting)s wait and no desk has received for %(minutes)s min."),
        N_("Open a desk or end a break; telephone the office."),
    ),
    "desks-short": RuleWords(
        N_("%(desks)s desks receive of %(planned)s planned."),
        N_("Ask the head of the office who is missing; call desks back from their breaks."),
    ),
    "idle-with-queue": RuleWords(
        N_("Desk %(desk)s has been free for %(minutes)s min while people wait for it."),
        N_("Ask the desk to press NEXT; perhaps its keys don't work."),
    ),
    "long-service": RuleWords(
        N_("A service at desk %(desk)s has lasted for %(minutes)s min; its norm is %(norm)s."),
        N_("Ask whether FINISH was forgotten."),
    ),
    "not-opened": RuleWords(
        N_("Reception should have begun at %(opens)s, %(minutes)s min ago; no desk receives."),
        N_("Telephone the office; send visitors to a neighbouring one if need be."),
    ),
    "closed-early": RuleWords(
        N_("Nobody receives any more; reception lasts till %(closes)s by the plan."),
        N_("Ask why; visitors who still come find a closed door."),
    ),
    "bell": RuleWords(
        N_("The bell “%(bell)s” at the ramp has rung for two minutes and nobody has answered."),
        N_("Telephone the office: somebody waits outside."),
    ),
    "paper-out": RuleWords(
        N_("The printer “%(device)s” has no paper; numbers are shown on the screen only."),
        N_("Ask reception to put in a roll."),
    ),
    "paper-near-end": RuleWords(
        N_("The paper of the printer “%(device)s” is running out."),
        N_("Ask reception to have a roll at hand."),
    ),
    "display-silent": RuleWords(
        N_("“%(device)s” has not answered for a minute: visitors don't see whom it is their turn for."),
        N_("Ask reception to look at it; restart it from here."),
    ),
    "device-fault": RuleWords(
        N_("“%(device)s” is out of order: %(reason)s."),
        N_("The office's page tells what to do; call the technician if that doesn't help."),
    ),
    "disk-low": RuleWords(
        N_("%(mb)s MB are left on the memory card."),
        N_("Call the technician; at the end the office gives out no more numbers."),
    ),
    "hot": RuleWords(
        N_("The box is at %(celsius)s °C."),
        N_("Ask that the box get air; call the technician."),
    ),
    "clock-offset": RuleWords(
        N_("The office's clock is off by %(seconds)s s."),
        N_("Call the technician: the box doesn't reach its time server."),
    ),
    "replica-lag": RuleWords(
        N_("The copy of the data is %(seconds)s s behind."),
        N_("It heals itself; call the technician if it lasts for an hour."),
    ),
    "forged": RuleWords(
        N_("The office has refused %(count)s directives whose signature isn't ours."),
        N_("Tell the head of security at once; nothing was carried out."),
    ),
    "directive-stuck": RuleWords(
        N_("Directive %(directive)s can't be carried out at the office and holds up those after it."),
        N_("Call the technician."),
    ),
    "unseen": RuleWords(
        N_("The office has not been heard, and it opens in less than %(before)s min or should be open."),
        N_("Telephone the office: is the box plugged in, does the line work?"),
    ),
    "no-data": RuleWords(
        N_("Nothing has come for %(minutes)s min. The office goes on by itself."),
        N_("Telephone the office, or its provider."),
    ),
    "doubt": RuleWords(
        N_("The office's data may not be believed: %(reason)s."),
        N_("Look at the office's page: mostly the centre cures it by itself."),
    ),
    "two-devices": RuleWords(
        N_("Two boxes write for one office with one key."),
        N_("Find out which one is at the office and revoke the other one's key."),
    ),
}
