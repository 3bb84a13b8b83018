"""How a rule says no: a code and the facts. The sentence is made where the reader's language is known."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Every reason the rules can give. Each has a sentence with the next step in every language."""

    DAY_NOT_OPEN = "day-not-open"
    DAY_ALREADY_OPEN = "day-already-open"
    ISSUING_CLOSED = "issuing-closed"
    ISSUING_NOT_YET = "issuing-not-yet"
    NOT_TODAY = "not-today"
    LIMIT_REACHED = "limit-reached"
    NO_TIME_LEFT = "no-time-left"
    HALL_PAUSED = "hall-paused"
    NOT_PAUSED = "not-paused"
    UNKNOWN_PURPOSE = "unknown-purpose"
    UNKNOWN_CATEGORY = "unknown-category"
    UNKNOWN_NEED = "unknown-need"
    UNKNOWN_REASON = "unknown-reason"
    NO_ESTIMATE = "no-estimate"
    NO_CATEGORY = "no-category"
    ROUTE_TOO_LONG = "route-too-long"
    MINUTES_OUT_OF_RANGE = "minutes-out-of-range"
    MAY_NOT_PICK = "may-not-pick"
    DESK_CANNOT_SERVE = "desk-cannot-serve"
    TOO_FEW_DESKS = "too-few-desks"
    UNKNOWN_SERVICE = "unknown-service"
    UNKNOWN_DESK = "unknown-desk"
    UNKNOWN_TICKET = "unknown-ticket"
    UNKNOWN_SLIP = "unknown-slip"
    NUMBERS_EXHAUSTED = "numbers-exhausted"
    NUMBER_KNOWN = "number-known"
    NUMBER_NOT_OURS = "number-not-ours"
    DISK_FULL = "disk-full"
    NOBODY_WAITING = "nobody-waiting"
    NOBODY_MISSED = "nobody-missed"
    ALREADY_RETURNED = "already-returned"
    DESK_CLOSED = "desk-closed"
    DESK_BUSY = "desk-busy"
    DESK_NOT_CALLING = "desk-not-calling"
    DESK_NOT_SERVING = "desk-not-serving"
    DESK_ALREADY_OPEN = "desk-already-open"
    DESK_HAS_TICKET = "desk-has-ticket"
    DESK_ON_BREAK = "desk-on-break"
    TICKET_NOT_MISSED = "ticket-not-missed"
    TICKET_NOT_IN_QUEUE = "ticket-not-in-queue"
    NO_TRANSFER_TARGET = "no-transfer-target"
    NOBODY_SERVES = "nobody-serves"
    NOTHING_TO_UNDO = "nothing-to-undo"
    UNDO_TOO_LATE = "undo-too-late"
    UNDO_MOVED_ON = "undo-moved-on"
    UNKNOWN_BELL = "unknown-bell"
    BELL_SILENT = "bell-silent"
    BELL_NOT_ANSWERED = "bell-not-answered"
    UNKNOWN_DEVICE = "unknown-device"
    UNKNOWN_CONDITION = "unknown-condition"
    TOO_MANY_DEVICES = "too-many-devices"
    KEY_HAS_NO_EFFECT = "key-has-no-effect"
    CHANGED_MEANWHILE = "changed-meanwhile"
    NO_PLAN = "no-plan"
    PLAN_IN_USE = "plan-in-use"
    SERVICE_STOPPED = "service-stopped"
    SERVICE_REDIRECTED = "service-redirected"
    DESK_NOT_ON_BREAK = "desk-not-on-break"
    NOTHING_STANDING = "nothing-standing"
    DIRECTIVE_GAP = "directive-gap"
    CONDITION_NOT_MET = "condition-not-met"
    BAD_DIRECTIVE = "bad-directive"
    INTERNAL_ERROR = "internal-error"
    KEY_REUSED = "key-reused"
    MAILBOX_FULL = "mailbox-full"
    STORE_FAILED = "store-failed"


class Refused(Exception):  # noqa: N818 - a refusal is an answer of the rules, not an error of the program
    """A command that may not happen now. `facts` fill the placeholders of the code's sentence."""

    def __init__(self, code: Code, **facts: str | int) -> None:
        super().__init__(code.value, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code.value} ({told})" if told else self.code.value
