"""Directives by example, each against the model too: applied, refused, expired, repeated; staff who win."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from appliance.domain.calling import CallNext
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, TakeBreak
from appliance.domain.devices import NoteDevice
from appliance.domain.directive_kinds import EFFECTS, TicketRaised
from appliance.domain.directives import DirectiveSettled, actor_of, read_ahead
from appliance.domain.identity import AdoptPlan, PlanAdopted
from appliance.domain.indicators.day_log import day_logs
from appliance.domain.indicators.reading import Reading
from appliance.domain.message import Event, Record
from appliance.domain.office import DeskState
from appliance.domain.plan import PolicyKind
from appliance.domain.refusal import Code, Refused
from appliance.domain.skills import Level, level
from appliance.domain.standing import DropStanding, StandingBegun, StandingEnded
from appliance.domain.tickets import TakeTicket
from appliance.store import journal
from sync.directive import KINDS
from tests.domain.bench import Bench, office_in_memory
from tests.domain.clock import HOUR, MINUTE
from tests.domain.directing import give, order, outcome, told
from tests.domain.stores import MemoryStore
from tests.plans import Sketch

SKETCH = Sketch(
    services={"consult": "А", "submit": "Б", "pay": "В"},
    desks={1: ("consult", "submit", "pay"), 2: ("consult",), 3: ("submit",)},
)
LATER = Sketch(version=2, services=SKETCH.services, desks=SKETCH.desks, settings={"wait_norm_min": 7})


@pytest.fixture
def hall() -> Bench:
    """An open day with desk 1 at work."""
    bench = office_in_memory(SKETCH, LATER)
    bench.do(OpenDay())
    bench.do(OpenDesk(1))
    return bench


def take(bench: Bench, service: str) -> int:
    """Take a number; its id."""
    bench.do(TakeTicket(service, paper=False))
    return bench.office.last_ticket


def bare(bench: Bench, kind: str, body: dict[str, Any]) -> list[Event]:
    """Give a directive to the rules alone: the model reads only bodies of the right shape."""
    (answer,) = bench.store.ask([order(bench.office, bench.clock.now().moment.at_ms, kind, body)])
    assert not isinstance(answer, Refused)
    return [record.event for record in answer]


def test_the_kinds_are_those_that_are_signed() -> None:
    assert set(EFFECTS) == set(KINDS)


def test_an_effect_and_its_outcome_are_one_act(hall: Bench) -> None:
    opened, settled = give(hall, "open-desk", {"desk": 2})
    assert type(opened).__name__ == "DeskOpened"
    assert settled == DirectiveSettled(1, "id-1", "open-desk", "disp-1", "queue", "2", "applied")
    assert hall.office.last_directive == 1
    assert hall.office.directives[0].settled.seq == hall.office.seq
    assert actor_of("disp-1") == "centre:disp-1"


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("open-desk", {"desk": 1}, "desk-already-open"),
    ("open-desk", {"desk": 77}, "unknown-desk"),
    ("open-desk", {}, "bad-directive"),
    ("open-desk", {"desk": True}, "bad-directive"),
    ("open-desk", {"desk": 2, "now": 1}, "bad-directive"),
    ("close-desk", {"desk": 2}, "desk-closed"),
    ("end-break", {"desk": 1}, "desk-not-on-break"),
    ("add-skill", {"desk": 2, "service": "visa"}, "unknown-service"),
    ("remove-skill", {"desk": 1, "service": "pay"}, "nobody-serves"),
    ("stop-service", {"service": "visa"}, "unknown-service"),
    ("limit-service", {"service": "pay", "limit": 0}, "bad-directive"),
    ("free-service", {"service": "pay"}, "nothing-standing"),
    ("set-norm", {"service": None, "service_min": 5}, "bad-directive"),
    ("set-norm", {"service": "pay", "wait_min": 241}, "bad-directive"),
    ("set-policy", {"kind": "luck"}, "bad-directive"),
    ("raise-ticket", {"ticket": 9}, "unknown-ticket"),
    ("raise-ticket", {"label": "А 009"}, "unknown-ticket"),
    ("raise-ticket", {"label": "009"}, "bad-directive"),
    ("show-message", {"texts": {}, "minutes": 5}, "bad-directive"),
    ("show-message", {"texts": {"de": "Hallo"}, "minutes": 5}, "bad-directive"),
    ("show-message", {"texts": {"en": "two\nlines"}, "minutes": 5}, "bad-directive"),
    ("show-message", {"texts": {"en": "x" * 161}, "minutes": 5}, "bad-directive"),
    ("clear-message", {}, "nothing-standing"),
    ("pause", {"reason": "rain"}, "unknown-reason"),
    ("resume", {}, "not-paused"),
    ("redirect", {"service": "visa", "office": "office-18"}, "unknown-service"),
    ("redirect", {"service": "pay"}, "bad-directive"),
    ("end-redirect", {"service": None}, "nothing-standing"),
    ("call-technician", {"note": "Please come"}, "bad-directive"),
    ("restart-device", {"device": "printer"}, "unknown-device"),
    ("adopt-plan", {"plan": "schema = 1"}, "bad-directive"),
    ("make-coffee", {}, "bad-directive"),
]


@pytest.mark.parametrize(("kind", "body", "code"), REFUSALS)
def test_a_refused_directive_is_settled_and_changes_nothing_else(
    hall: Bench, kind: str, body: dict[str, Any], code: str
) -> None:
    before = hall.office
    events = bare(hall, kind, body)
    assert [type(event) for event in events] == [DirectiveSettled]
    assert told_of(hall) == ("refused", code)
    assert replace(hall.office, directives=(), seq=0) == replace(before, directives=(), seq=0)
    assert outcome(bare(hall, "open-desk", {"desk": 2})) == "applied", "the next one is held up"


def told_of(bench: Bench) -> tuple[str, str]:
    newest = bench.office.directives[-1]
    return newest.outcome, newest.code


def test_what_is_no_json_is_a_bad_directive() -> None:
    for body in ("", "[]", "{", "null", '{"desk":' * 5000, '{"desk":"' + "1" * 9000 + '"}'):
        store = MemoryStore(office_in_memory(SKETCH).clock)
        (answer,) = store.ask([replace(order(store.office, 0, "open-desk"), body=body, not_after_ms=2**53)])
        assert not isinstance(answer, Refused)
        (record,) = answer
        assert isinstance(record.event, DirectiveSettled)
        assert record.event.code == "bad-directive"


def test_a_refusal_keeps_its_facts() -> None:
    bench = office_in_memory(SKETCH)
    bench.do(OpenDay())
    give(bench, "close-desk", {"desk": 2})
    assert dict(bench.office.directives[-1].facts) == {"desk": 2}


def test_nothing_that_a_person_typed_gets_into_the_journal(hall: Bench) -> None:
    bare(hall, "show-message", {"texts": {"ru": "Печать до 14:00"}, "minutes": 30})
    bare(hall, "redirect", {"service": None, "office": "office-18", "texts": {"ru": "Соседний офис"}})
    bare(hall, "raise-ticket", {"label": "Иванов Иван Иванович, паспорт 1234"})
    bare(hall, "call-technician", {"note": "Срочно приедьте, пожалуйста"})
    assert isinstance(hall.store, MemoryStore)
    text = json.dumps([row[8] for row in hall.store.journal], ensure_ascii=False)
    for word in ("Печать", "Соседний", "Иванов", "Срочно"):
        assert word not in text


def test_a_number_that_was_settled_leads_to_nothing(hall: Bench) -> None:
    give(hall, "open-desk", {"desk": 2})
    seq = hall.office.seq
    assert give(hall, "open-desk", {"desk": 3}, seq=1) == []
    assert give(hall, "close-desk", {"desk": 1}, seq=0) == []
    hall.restart()
    assert give(hall, "open-desk", {"desk": 2}, seq=1) == []
    assert hall.office.seq == seq
    assert hall.office.directives[0].outcome == "applied"


def test_a_gap_writes_nothing_and_says_what_is_expected(hall: Bench) -> None:
    give(hall, "open-desk", {"desk": 2})
    seq = hall.office.seq
    with pytest.raises(Refused) as refused:
        give(hall, "open-desk", {"desk": 3}, seq=3)
    assert (refused.value.code, refused.value.facts) == (Code.DIRECTIVE_GAP, {"expected": 2})
    assert hall.office.seq == seq
    assert told(hall, "open-desk", {"desk": 3}, seq=2) == "applied"


def test_an_expired_one_is_settled_without_effect(hall: Bench) -> None:
    now = hall.clock.now().moment.at_ms
    assert told(hall, "open-desk", {"desk": 2}, not_after_ms=now - 1) == "expired"
    assert hall.office.desks[2].state is DeskState.CLOSED
    assert told(hall, "open-desk", {"desk": 2}, not_after_ms=now) == "applied"


def test_an_office_without_a_clock_goes_by_the_centres(hall: Bench) -> None:
    hall.clock.trusted = False
    now = hall.clock.now().moment.at_ms
    ends = now - HOUR
    assert told(hall, "open-desk", {"desk": 2}, not_after_ms=ends, centre_ms=ends + 1) == "expired"
    assert told(hall, "open-desk", {"desk": 2}, not_after_ms=ends, centre_ms=ends) == "applied"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"day": 1, "paused": False, "desks": {"1": ["free"]}}, "applied"),
        ({"day": 2}, "refused condition-not-met"),
        ({"paused": True}, "refused condition-not-met"),
        ({"desks": {"1": ["closed", "break"]}}, "refused condition-not-met"),
        ({"tickets": {"1": ["waiting"]}, "waiting": {"consult": 1, "": 1}}, "applied"),
        ({"waiting": {"consult": 2}}, "refused condition-not-met"),
        ({"plan": SKETCH.digest}, "applied"),
        ({"plan": LATER.digest}, "refused condition-not-met"),
        ({"moon": "full"}, "refused bad-directive"),
    ],
)
def test_a_condition_must_hold(hall: Bench, condition: dict[str, Any], expected: str) -> None:
    take(hall, "consult")
    assert told(hall, "open-desk", {"desk": 2}, condition=condition) == expected


@pytest.mark.parametrize("condition", [{"desks": 5}, {"waiting": {"": "many"}}, {"tickets": [1]}, {"desks": {"1": 3}}])
def test_a_condition_of_the_wrong_shape_is_a_bad_directive(condition: dict[str, Any]) -> None:
    store = MemoryStore(office_in_memory(SKETCH).clock)
    command = order(store.office, store_now(), "open-desk", {"desk": 1}, condition=condition)
    (answer,) = store.ask([command])
    assert not isinstance(answer, Refused)
    assert isinstance(answer[0].event, DirectiveSettled)
    assert answer[0].event.outcome == "refused"


def store_now() -> int:
    return 2**45


def test_one_that_trips_a_bug_is_given_up_and_the_queue_goes_on(hall: Bench) -> None:
    assert told(hall, "open-desk", {"desk": 2}, give_up=True) == "refused internal-error"
    assert told(hall, "open-desk", {"desk": 2}) == "applied"


def test_a_desk_comes_back_from_its_break(hall: Bench) -> None:
    hall.do(TakeBreak(1))
    assert told(hall, "end-break", {"desk": 1}) == "applied"
    assert hall.office.desks[1].state is DeskState.FREE
    assert told(hall, "close-desk", {"desk": 1}) == "applied"


def test_an_added_skill_is_of_the_desk_and_of_whoever_sits_there(hall: Bench) -> None:
    hall.do(OpenDesk(2))
    ticket = take(hall, "pay")
    hall.do(SignIn(2, "zoe"))
    assert hall.refused(CallNext(2)) is Code.NOBODY_WAITING
    assert told(hall, "add-skill", {"desk": 2, "service": "pay"}) == "applied"
    assert level(hall.office, 2, hall.office.tickets[ticket]) is Level.MAIN
    hall.do(CallNext(2))
    assert hall.office.desks[2].ticket == ticket


def test_a_removed_skill_never_leaves_a_service_without_a_desk(hall: Bench) -> None:
    assert told(hall, "add-skill", {"desk": 2, "service": "pay"}) == "applied"
    assert told(hall, "remove-skill", {"desk": 1, "service": "pay"}) == "applied"
    number = take(hall, "pay")
    ticket = hall.office.tickets[number]
    assert (level(hall.office, 1, ticket), level(hall.office, 2, ticket)) == (Level.NONE, Level.MAIN)
    hall.do(DropStanding("skill:2:pay"))
    assert (level(hall.office, 1, ticket), level(hall.office, 2, ticket)) == (Level.MAIN, Level.NONE)


def test_a_stopped_service_gives_no_number_unless_staff_insist(hall: Bench) -> None:
    assert told(hall, "stop-service", {"service": "pay"}) == "applied"
    assert hall.refused(TakeTicket("pay")) is Code.SERVICE_STOPPED
    assert hall.refused(TakeTicket("consult", also=("pay",))) is Code.SERVICE_STOPPED
    take(hall, "consult")
    hall.do(TakeTicket("pay", insist=True))
    assert told(hall, "free-service", {"service": "pay"}) == "applied"
    take(hall, "pay")


def test_a_limit_takes_the_place_of_a_stop(hall: Bench) -> None:
    give(hall, "stop-service", {"service": "pay"})
    ended, begun, _ = give(hall, "limit-service", {"service": "pay", "limit": 1})
    assert ended == StandingEnded(1, "limit:pay", "replaced")
    assert begun == StandingBegun(2, "limit:pay", "1", 2)
    take(hall, "pay")
    assert hall.refused(TakeTicket("pay")) is Code.LIMIT_REACHED
    assert [type(e) for e in give(hall, "limit-service", {"service": "pay", "limit": 1})] == [DirectiveSettled]


def test_norms_and_the_policy_are_those_of_the_centre(hall: Bench) -> None:
    assert told(hall, "set-norm", {"service": None, "wait_min": 20}) == "applied"
    assert told(hall, "set-norm", {"service": "pay", "wait_min": 5}) == "applied"
    assert told(hall, "set-norm", {"service": "pay", "service_min": 3}) == "applied"
    assert told(hall, "set-policy", {"kind": "ratio", "ratio": 3}) == "applied"
    plan = hall.office.plan
    assert plan is not None
    assert (plan.wait_norm("consult"), plan.wait_norm("pay"), plan.services["pay"].norm_min) == (20, 5, 3)
    assert (plan.policy.kind, plan.policy.ratio, plan.policy.passes) == (PolicyKind.RATIO, 3, 1)
    assert plan.digest == SKETCH.digest
    hall.restart()
    assert hall.office.plan == plan


def test_a_plan_adopted_meanwhile_keeps_what_stands(hall: Bench) -> None:
    give(hall, "set-norm", {"service": "pay", "wait_min": 5})
    hall.do(AdoptPlan(LATER.plan))
    plan = hall.office.plan
    assert plan is not None
    assert (plan.wait_norm("consult"), plan.wait_norm("pay")) == (7, 5)
    hall.do(DropStanding("wait-norm:pay"))
    assert hall.office.plan is not None
    assert hall.office.plan.wait_norm("pay") == 7


def test_a_raised_ticket_goes_first_whatever_the_policy(hall: Bench) -> None:
    give(hall, "set-policy", {"kind": "absolute"})
    _, _, third = take(hall, "consult"), take(hall, "consult"), take(hall, "pay")
    raised, _ = give(hall, "raise-ticket", {"label": "B 1"})
    assert raised == TicketRaised(third)
    (called,) = hall.do(CallNext(1))
    assert vars(called)["ticket"] == third
    assert vars(called)["why"] == "raised"
    assert told(hall, "raise-ticket", {"ticket": third}) == "refused ticket-not-in-queue"


def test_a_message_is_over_after_its_minutes(hall: Bench) -> None:
    give(hall, "show-message", {"texts": {"ru": "Печать до 14:00"}, "minutes": 30})
    assert hall.office.standing["message"].told
    hall.clock.advance(30 * MINUTE - 1)
    hall.do(Tick(settled=True))
    assert "message" in hall.office.standing
    hall.clock.advance(1)
    assert hall.do(Tick(settled=True))[0] == StandingEnded(1, "message", "term")


def test_a_redirected_service_names_the_neighbour(hall: Bench) -> None:
    give(hall, "redirect", {"service": "pay", "office": "office-18"})
    with pytest.raises(Refused) as refused:
        hall.do(TakeTicket("pay"))
    assert refused.value.facts == {"service": "pay", "office": "office-18"}
    give(hall, "redirect", {"service": None, "office": "office-9"})
    with pytest.raises(Refused) as refused:
        hall.do(TakeTicket("consult"))
    assert refused.value.facts["office"] == "office-9"
    assert told(hall, "end-redirect", {"service": None}) == "applied"
    take(hall, "consult")
    assert hall.refused(TakeTicket("pay")) is Code.SERVICE_REDIRECTED


def test_a_pause_of_the_centre_is_ended_by_staff(hall: Bench) -> None:
    assert told(hall, "pause", {"reason": "alarm"}) == "applied"
    assert told(hall, "pause", {"reason": "fire"}) == "applied"
    assert hall.office.pause is not None
    assert told(hall, "resume") == "applied"
    assert hall.office.pause is None


def test_a_plan_comes_as_a_directive(hall: Bench) -> None:
    adopted, settled = give(hall, "adopt-plan", {"plan": LATER.document})
    assert isinstance(adopted, PlanAdopted)
    assert adopted.digest == LATER.digest
    assert LATER.document not in str(settled)
    assert hall.office.next_plan == LATER.plan
    assert told(hall, "adopt-plan", {"plan": LATER.document}) == "applied"
    other = replace(LATER).document.replace("office-17", "office-18")
    assert told(hall, "adopt-plan", {"plan": other}) == "refused bad-directive"


def test_a_plan_is_read_ahead_once() -> None:
    command = order(office_in_memory(SKETCH).office, 0, "adopt-plan", {"plan": LATER.document})
    assert read_ahead(command).plan == LATER.plan
    assert read_ahead(replace(command, body="{")).plan is None


def test_what_acts_outside_is_only_settled(hall: Bench) -> None:
    hall.do(NoteDevice("printer", "ready"))
    for kind, body in (
        ("fresh-snapshot", {}),
        ("restart-device", {"device": "printer"}),
        ("call-technician", {"device": "printer", "note": "paper-out"}),
    ):
        (settled,) = give(hall, kind, body)
        assert isinstance(settled, DirectiveSettled)
        assert settled.outcome == "applied"
    assert dict(hall.office.directives[-1].facts) == {"note": "paper-out"}
    assert [one.target for one in hall.office.directives] == ["", "printer", "printer"]


def test_staff_end_what_the_centre_has_changed(hall: Bench) -> None:
    give(hall, "stop-service", {"service": "pay"})
    assert hall.do(DropStanding("limit:pay")) == [StandingEnded(1, "limit:pay", "staff")]
    take(hall, "pay")
    assert hall.refused(DropStanding("limit:pay")) is Code.NOTHING_STANDING
    give(hall, "open-desk", {"desk": 2})
    hall.do(CloseDesk(2))
    assert hall.office.desks[2].state is DeskState.CLOSED


def test_the_day_ends_everything_that_stands(hall: Bench) -> None:
    give(hall, "stop-service", {"service": "pay"})
    give(hall, "set-norm", {"service": None, "wait_min": 20})
    give(hall, "show-message", {"texts": {"en": "Hello"}, "minutes": 720})
    ended = [event for event in hall.do(CloseDay()) if isinstance(event, StandingEnded)]
    assert {event.how for event in ended} == {"day"}
    assert len(ended) == 3
    assert hall.office.plan == SKETCH.plan
    assert hall.office.standing == {}
    assert told(hall, "stop-service", {"service": "pay"}) == "refused day-not-open"


def test_a_state_comes_back_from_the_disk_with_all_that_stands(hall: Bench) -> None:
    give(hall, "add-skill", {"desk": 2, "service": "pay"})
    give(hall, "stop-service", {"service": "submit"})
    take(hall, "consult")
    give(hall, "raise-ticket", {"ticket": 1})
    hall.restart()
    assert sorted(hall.office.standing) == ["limit:submit", "skill:2:pay"]
    assert hall.office.last_directive == 3
    assert hall.office.tickets[1].raised is not None
    hall.store.check_whole()


def test_a_norm_changed_at_noon_counts_from_noon(hall: Bench) -> None:
    first = take(hall, "consult")
    hall.clock.advance(10 * MINUTE)
    hall.do(CallNext(1))
    give(hall, "set-norm", {"service": None, "wait_min": 5})
    second = take(hall, "submit")
    hall.clock.advance(10 * MINUTE)
    hall.do(OpenDesk(3))
    hall.do(CallNext(3))
    hall.do(DropStanding("wait-norm:"))
    assert isinstance(hall.store, MemoryStore)
    records: list[Record] = [journal.record_of(row) for row in hall.store.journal]
    (log,) = day_logs(records, {SKETCH.digest: SKETCH.plan}.__getitem__)
    norms = {waited.visit.ticket: waited.norm_ms // MINUTE for waited in Reading(log).waited}
    assert norms == {first: 15, second: 5}
    assert log.plan_at(10**9).wait_norm("consult") == 15
