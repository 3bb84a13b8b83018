"""The two functions of the core: `decide` says what a command leads to, `evolve` what the office is after an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from appliance.domain import (
    bell,
    calling,
    clockwork,
    days,
    desks,
    devices,
    directive_kinds,
    directives,
    identity,
    keys,
    pausing,
    priority,
    serving,
    slips,
    standing,
    tickets,
    turning_away,
    undoing,
    visits,
)
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.plan import Plan

Decider = Callable[[Office, Any, Now], Sequence[Event]]
Evolver = Callable[[Office, Record, Any], Office]

DECIDERS: Mapping[type[Command], Decider] = {
    tickets.TakeTicket: tickets.take,
    tickets.AdoptTicket: tickets.adopt,
    tickets.LeaveTicket: tickets.leave,
    turning_away.TurnAway: turning_away.turn_away,
    calling.CallNext: calling.call_next,
    calling.CallTicket: calling.call_ticket,
    calling.Recall: calling.recall,
    calling.Miss: calling.miss,
    calling.CallBack: calling.call_back,
    calling.HearCall: calling.hear_call,
    serving.Start: serving.start,
    serving.Finish: serving.finish,
    serving.Park: serving.park,
    serving.ReturnTicket: serving.return_ticket,
    visits.Transfer: visits.transfer,
    visits.AddService: visits.add_service,
    visits.SendTicket: visits.send,
    visits.MergeTickets: visits.merge,
    priority.SetCategory: priority.set_category,
    priority.ConfirmCategory: priority.confirm,
    priority.RefuseCategory: priority.refuse,
    priority.NoteNeeds: priority.note_needs,
    pausing.PauseHall: pausing.pause,
    pausing.ResumeHall: pausing.resume,
    desks.OpenDesk: desks.open_desk,
    desks.CloseDesk: desks.close_desk,
    desks.TakeBreak: desks.take_break,
    desks.SignIn: desks.sign_in,
    desks.SignOut: desks.sign_out,
    days.OpenDay: days.open_day,
    days.CloseDay: days.close_day,
    slips.Reprint: slips.reprint,
    slips.RecordSlip: slips.record_slip,
    undoing.UndoLast: undoing.undo,
    bell.PressBell: bell.press,
    bell.AnswerBell: bell.answer,
    bell.CloseBell: bell.close,
    bell.BellLoopCut: bell.loop_cut,
    devices.NoteDevice: devices.note,
    standing.DropStanding: standing.drop,
    directives.ApplyDirective: directives.apply,
    identity.BeginIncarnation: identity.begin_incarnation,
    identity.AdoptPlan: identity.adopt_plan,
    clockwork.Tick: clockwork.tick,
    clockwork.CorrectClock: clockwork.correct_clock,
}

EVOLVERS: Mapping[type[Event], Evolver] = {
    tickets.TicketIssued: tickets.issued,
    tickets.TicketAdopted: tickets.adopted,
    tickets.TicketLeft: tickets.left,
    turning_away.VisitorTurnedAway: turning_away.turned_away,
    calling.TicketCalled: calling.called,
    calling.TicketRecalled: calling.recalled,
    calling.CallHeard: calling.heard,
    calling.TicketMissed: calling.missed,
    serving.ServiceStarted: serving.started,
    serving.ServiceFinished: serving.finished,
    serving.TicketReturned: serving.returned,
    serving.TicketParked: serving.parked,
    visits.TicketTransferred: visits.transferred,
    visits.VisitContinued: visits.continued,
    visits.ServiceAdded: visits.service_added,
    visits.TicketSent: visits.sent,
    visits.TicketsMerged: visits.merged,
    priority.CategorySet: priority.category_set,
    priority.CategoryRefused: priority.refused,
    priority.NeedsNoted: priority.needs_noted,
    pausing.HallPaused: pausing.paused,
    pausing.HallResumed: pausing.resumed,
    desks.DeskOpened: desks.opened,
    desks.DeskClosed: desks.closed,
    desks.BreakStarted: desks.break_started,
    desks.BreakEnded: desks.break_ended,
    desks.OperatorSignedIn: desks.signed_in,
    desks.OperatorSignedOut: desks.signed_out,
    days.DayOpened: days.opened,
    days.DayClosed: days.closed,
    days.DayRedated: days.redated,
    slips.SlipCopied: slips.copied,
    slips.SlipPrinted: slips.printed,
    slips.SlipUnconfirmed: slips.unconfirmed,
    slips.SlipExpired: slips.expired,
    undoing.Undone: undoing.undone,
    bell.BellRung: bell.moved,
    bell.BellRungAgain: bell.moved,
    bell.BellEscalated: bell.moved,
    bell.BellAnswered: bell.moved,
    bell.BellArrived: bell.moved,
    bell.BellLapsed: bell.moved,
    bell.BellWithdrawn: bell.moved,
    devices.DeviceChanged: devices.changed,
    directive_kinds.TicketRaised: directive_kinds.raised,
    directives.DirectiveSettled: directives.settled,
    identity.IncarnationBegun: identity.incarnation_begun,
}

Plans = Callable[[str], Plan]
"""Finds a plan by its digest: the journal names plans, it doesn't hold them."""


def decide(office: Office, command: Command, now: Now) -> Sequence[Event]:
    """What `command` leads to: events in order, possibly none. Raises Refused when a rule says no."""
    if isinstance(command, keys.Press):
        return _several(office, keys.meaning(office, command), now)
    return DECIDERS[type(command)](office, command, now)


def evolve(office: Office, record: Record, plans: Plans) -> Office:
    """The office after an event. Total for every event that `decide` could have made in that state."""
    event = record.event
    if isinstance(event, identity.PlanAdopted):
        after = identity.plan_adopted(office, event, plans)
    elif isinstance(event, standing.StandingBegun):
        after = standing.begun(office, record, event, plans)
    elif isinstance(event, standing.StandingEnded):
        after = standing.ended(office, event, plans)
    elif isinstance(event, clockwork.ClockCorrected):
        after = office
    else:
        after = EVOLVERS[type(event)](office, record, event)
    return replace(after, seq=record.seq)


def _several(office: Office, commands: Sequence[Command], now: Now) -> Sequence[Event]:
    """Events of several commands, each decided on what the ones before it lead to."""
    if len(commands) == 1:
        return decide(office, commands[0], now)
    events: list[Event] = []
    plans = {plan.digest: plan for plan in (office.plan, office.next_plan) if plan is not None}
    for command in commands:
        for event in decide(office, command, now):
            events.append(event)
            record = Record(office.seq + 1, now.moment, "", event)
            office = evolve(office, record, plans.__getitem__)
    return events
