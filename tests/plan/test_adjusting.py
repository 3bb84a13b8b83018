"""Rule 18: what of a newer plan holds at once."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from appliance.domain.plan import Category, DeskPlan, Operator, Plan, Service, Settings, Shift, Span, Timetable, Words
from appliance.domain.plans.adjusting import adjusted
from appliance.domain.plans.checks import served_by, served_services
from tests.examples import examples
from tests.plan.variants import EXAMPLES, HALL, example, variants

SHORTER = Timetable.daily(600, 660)


def new_service(name: str, organisation: str = "zhek") -> Service:
    words = Words({"uk": name})
    return Service(name, "А", organisation, words, words, words)


def with_service(plan: Plan, name: str) -> Plan:
    return replace(plan, services={**plan.services, name: new_service(name)})


def with_desk(plan: Plan, number: int, **changes: object) -> Plan:
    return replace(plan, desks={**plan.desks, number: replace(plan.desks[number], **changes)})  # type: ignore[arg-type]


def test_norms_limits_and_hours_hold_at_once() -> None:
    service = replace(HALL.services["repairs"], norm_min=33, wait_norm_min=7, limit=5, hours=SHORTER, popular=False)
    newest = replace(HALL, services={**HALL.services, "repairs": service}, settings=Settings(wait_norm_min=9))
    plan = adjusted(HALL, newest)
    assert plan.services["repairs"] == replace(service, popular=True)
    assert plan.settings.wait_norm_min == 9


def test_names_letters_and_new_services_wait_for_the_opening() -> None:
    newest = with_service(HALL, "new")
    newest = replace(newest, phone="1", version=9, document="x")
    service = replace(newest.services["repairs"], series="Ж", short=Words({"uk": "Інше"}))
    newest = replace(newest, services={**newest.services, "repairs": service})
    assert adjusted(HALL, newest) == HALL
    assert adjusted(HALL, newest).document == HALL.document


def test_skills_hold_at_once_without_the_services_that_are_not_there_yet() -> None:
    newest = with_desk(with_service(HALL, "new"), 2, services=("new", "charges"), secondary=("yard",), needs=("voice",))
    desk = adjusted(HALL, newest).desks[2]
    assert (desk.services, desk.secondary, desk.needs) == (("charges",), ("yard",), ("voice",))


def test_a_desk_whose_services_are_all_new_keeps_its_own_until_then() -> None:
    newest = with_desk(with_service(HALL, "new"), 2, services=("new",))
    assert adjusted(HALL, newest).desks[2].services == HALL.desks[2].services


def test_a_desk_that_moves_to_another_organisation_keeps_its_skills_until_then() -> None:
    newest = with_desk(HALL, 2, organisation="water", services=("water-meters",), secondary=())
    assert adjusted(HALL, newest).desks[2] == HALL.desks[2]


def test_a_service_that_only_a_new_desk_takes_stays_where_it_was() -> None:
    newest = with_desk(HALL, 7, services=("heat-meters",), secondary=())
    newest = with_desk(newest, 8, services=("heat-meters",), secondary=())
    newest = replace(newest, desks={**newest.desks, 20: DeskPlan(20, services=("heat-charges", "heat-contract"))})
    plan = adjusted(HALL, newest)
    assert (plan.desks[7].services, plan.desks[7].secondary) == (("heat-meters",), ("heat-contract",))
    assert (plan.desks[8].services, plan.desks[8].secondary) == (("heat-meters", "heat-contract"), ())
    assert 20 not in plan.desks


def test_people_hold_at_once_but_not_at_desks_or_in_organisations_that_are_not_there_yet() -> None:
    newest = replace(
        HALL,
        operators={
            "new": Operator("new", "zhek"),
            "stranger": Operator("stranger", "gas"),
            "learner": Operator("learner", "zhek", services=("not-yet",)),
        },
        shifts=(
            Shift("new", 1, (0,), Span(480, 600)),
            Shift("new", 77, (1,), Span(480, 600)),
            Shift("stranger", 2, (0,), Span(480, 600)),
        ),
    )
    plan = adjusted(HALL, newest)
    assert list(plan.operators) == [*HALL.operators, "new"]
    assert [shift.desk for shift in plan.shifts] == [1]


def test_categories_may_be_added_at_once_but_not_changed_or_removed() -> None:
    changed = replace(HALL.categories["veteran"], head_start_min=99)
    newest = replace(HALL, categories={"veteran": changed, "new": Category("new", Words({"uk": "нова"}))})
    plan = adjusted(HALL, newest)
    assert set(plan.categories) == {*HALL.categories, "new"}
    assert plan.categories["veteran"] == HALL.categories["veteran"]


def test_a_plan_adjusted_to_itself_is_itself() -> None:
    for name in EXAMPLES:
        plan = example(name)
        assert adjusted(plan, plan) == plan


@settings(max_examples=examples(150), deadline=None)
@given(variants(), variants())
def test_adjusting_twice_changes_nothing_more(current: Plan, newest: Plan) -> None:
    once = adjusted(current, newest)
    assert adjusted(once, newest) == once
    assert adjusted(current, current) == current


@settings(max_examples=examples(150), deadline=None)
@given(variants(), variants())
def test_the_ids_in_use_stay_and_nothing_points_nowhere(current: Plan, newest: Plan) -> None:
    plan = adjusted(current, newest)
    assert list(plan.services) == list(current.services)
    assert list(plan.desks) == list(current.desks)
    assert (plan.version, plan.document, plan.phone) == (current.version, current.document, current.phone)
    for desk in plan.desks.values():
        assert {*desk.services, *desk.secondary} <= set(plan.services)
        assert not set(desk.services) & set(desk.secondary)
    for operator in plan.operators.values():
        assert {*operator.services, *operator.secondary} <= set(plan.services)
        assert {operator.organisation, *operator.also} <= {None, *plan.organisations}
    assert {shift.operator for shift in plan.shifts} <= set(plan.operators)
    assert {shift.desk for shift in plan.shifts} <= set(plan.desks)
    assert set(current.categories) <= set(plan.categories)


@settings(max_examples=examples(150), deadline=None)
@given(variants(), variants())
def test_no_service_loses_its_last_desk(current: Plan, newest: Plan) -> None:
    assert served_services(current) <= served_services(adjusted(current, newest))


@settings(max_examples=examples(150), deadline=None)
@given(variants(), variants())
def test_nobody_gets_a_service_that_neither_plan_gives_them(current: Plan, newest: Plan) -> None:
    plan = adjusted(current, newest)
    for number, desk in plan.desks.items():
        allowed = served_by(current, current.desks[number])
        if number in newest.desks:
            allowed |= served_by(newest, newest.desks[number])
            if not newest.desks[number].services:
                allowed |= {s.id for s in plan.services.values() if desk.organisation in (None, s.organisation)}
        assert served_by(plan, desk) <= allowed


def test_whoever_is_left_out_or_moves_to_another_organisation_is_bound_as_before_until_the_opening() -> None:
    """An operator whom the plan doesn't know would be bound by nothing, and serve everybody's visitors."""
    key, known = next((key, one) for key, one in HALL.operators.items() if one.organisation is not None)
    other = next(name for name in HALL.organisations if name != known.organisation)
    moved = replace(HALL, operators={key: replace(known, organisation=other, may_pick=True)})
    assert adjusted(HALL, replace(HALL, operators={})).operators == HALL.operators
    assert adjusted(HALL, moved).operators[key] == replace(known, may_pick=True)


def test_a_purpose_keeps_its_desk_until_the_opening() -> None:
    """Who waits for advice would stand before desks that only take documents."""
    desks = {number: replace(desk, purposes=("submit",)) for number, desk in HALL.desks.items()}
    assert adjusted(HALL, replace(HALL, desks=desks)).desks == HALL.desks
