"""Directives of the situation centre inside the office: numbered, settled once each, outcome beside effect.

`ApplyDirective` is one directive whose signature was found right outside the rules. It leads to the events of its
effect and then to `DirectiveSettled`, in one transaction. Numbers count 1, 2, 3...: what was settled before leads to
nothing (`Office.directives` and the table tell its outcome), one too many is refused as `directive-gap` with the number
that is `expected`, and nothing is written. Everything else is settled: applied, refused (why) or expired.

Kinds and bodies are in `directive_kinds`, conditions in `directive_conditions`. What acts outside the database
(fresh-snapshot, restart-device, call-technician) is only settled here; `appliance.workers.directed` does it after the
commit. The actor of the command should be `actor_of(author)`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from appliance.domain.directive_conditions import unmet
from appliance.domain.directive_kinds import EFFECTS, Bad, Body, plan_in, target_of, texts_in
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import DIRECTIVES_KEPT, Office, SettledDirective
from appliance.domain.plan import Plan
from appliance.domain.refusal import Code, Refused

ID_LENGTH = 64
CODE_LENGTH = 40
BODY_LIMIT = 8192
"""Letters that a body and a condition may have, but for a plan's."""


class DirectiveOutcome(StrEnum):
    """What became of a directive."""

    APPLIED = "applied"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True)
class ApplyDirective(Command):
    """A directive as it came. `body` and `condition` are JSON objects as text, times UTC milliseconds of the centre.

    `centre_ms`: the centre's present, for an office that doesn't know the time. `plan`: the plan of the body if it has
    been read already (`read_ahead`). `give_up`: the directive has failed inside the box often enough; it is settled as
    refused with `internal-error`, so that those after it are not held up for ever.
    """

    seq: int
    id: str
    kind: str
    body: str
    author: str
    reason: str
    issued_ms: int
    not_after_ms: int
    condition: str = "{}"
    centre_ms: int = 0
    plan: Plan | None = None
    give_up: bool = False


@dataclass(frozen=True)
class DirectiveSettled(Event):
    """Directive number `directive` is settled. `outcome`: applied, refused (`code` and `facts` say why) or expired.

    `target`: what it was about; the values of desk, service, ticket, label, device and office of its body, those that
    are there, with a space between. `facts` of an applied call-technician hold its `note`.
    """

    directive: int
    id: str
    kind: str
    author: str
    reason: str
    target: str
    outcome: str
    code: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


def actor_of(author: str) -> str:
    """Whom the journal names for the effects of a directive."""
    return f"centre:{_plain(author)}"


def _plain(text: str, length: int = CODE_LENGTH) -> str:
    """What a row and the journal can hold of a code: one that can't be written would hold up the queue for ever."""
    return "".join(letter for letter in text[:length] if letter.isprintable())


def read_ahead(command: ApplyDirective) -> ApplyDirective:
    """The same with its plan read, if it brings one without mistakes: that takes a while, the writer shouldn't wait."""
    if command.kind != "adopt-plan" or command.plan is not None:
        return command
    try:
        return replace(command, plan=plan_in(_object(command.body)))
    except (Bad, Refused):
        return command


def text_of(command: Command) -> str | None:
    """The text that a directive brings for the erasable table: JSON by language; None where it brings none."""
    if not isinstance(command, ApplyDirective):
        return None
    texts = texts_in(_object(command.body))
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"), sort_keys=True) if texts else None


def apply(office: Office, command: ApplyDirective, now: Now) -> Sequence[Event]:
    """Settle the next directive; one that was settled before leads to nothing."""
    if command.seq <= office.last_directive:
        return []
    if command.seq != office.last_directive + 1:
        raise Refused(Code.DIRECTIVE_GAP, expected=office.last_directive + 1)
    if command.give_up:
        return [_settled(command, "", DirectiveOutcome.REFUSED, Code.INTERNAL_ERROR.value)]
    target = ""
    try:
        body = _object(command.body, 0 if command.kind == "adopt-plan" else BODY_LIMIT)
        target = target_of(body)
        if _expired(command, now):
            return [_settled(command, target, DirectiveOutcome.EXPIRED)]
        return _effects(office, command, body, target, now)
    except Refused as refusal:
        return [_settled(command, target, DirectiveOutcome.REFUSED, refusal.code.value, refusal.facts)]
    except Bad as bad:
        code, facts = Code.BAD_DIRECTIVE.value, {"what": str(bad)[:CODE_LENGTH]}
        return [_settled(command, target, DirectiveOutcome.REFUSED, code, facts)]


def _effects(office: Office, command: ApplyDirective, body: Body, target: str, now: Now) -> Sequence[Event]:
    effect = EFFECTS.get(command.kind)
    if effect is None:
        raise Bad("kind")
    missed = unmet(office, _object(command.condition, BODY_LIMIT))
    if missed is not None:
        raise Refused(Code.CONDITION_NOT_MET, what=missed)
    if command.plan is not None:
        body = {**body, "plan": command.plan}
    events = effect(office, command.seq, body, now)
    noted = {"note": body["note"]} if "note" in body else {}
    return [*events, _settled(command, target, DirectiveOutcome.APPLIED, "", noted)]


def _settled(
    command: ApplyDirective,
    target: str,
    outcome: DirectiveOutcome,
    code: str = "",
    facts: Mapping[str, str | int] | None = None,
) -> DirectiveSettled:
    return DirectiveSettled(
        directive=command.seq,
        id=_plain(command.id, ID_LENGTH),
        kind=_plain(command.kind),
        author=_plain(command.author),
        reason=_plain(command.reason),
        target=target,
        outcome=outcome.value,
        code=code,
        facts=dict(facts or {}),
    )


def _expired(command: ApplyDirective, now: Now) -> bool:
    """By the office's own clock if it is believed, else by the centre's."""
    at_ms = now.moment.at_ms if now.moment.trusted else command.centre_ms
    return at_ms > command.not_after_ms


def _object(text: str, limit: int = 0) -> dict[str, Any]:
    if limit and len(text) > limit:
        raise Bad("length")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Bad("json") from error
    if not isinstance(found, dict):
        raise Bad("json")
    return found


def settled(office: Office, record: Record, event: DirectiveSettled) -> Office:
    """The directive is settled for good."""
    one = settled_of(record, event)
    return replace(office, directives=(*office.directives, one)[-DIRECTIVES_KEPT:])


def settled_of(record: Record, event: DirectiveSettled) -> SettledDirective:
    """What is kept of a settled directive."""
    return SettledDirective(
        event.directive,
        event.id,
        event.kind,
        event.author,
        event.reason,
        event.target,
        event.outcome,
        event.code,
        event.facts,
        record.stamp,
    )
