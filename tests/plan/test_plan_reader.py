"""What a plan document means: hours, calendar, people, and that old documents keep their meaning."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from appliance.domain.plan import (
    CalendarDay,
    DayKind,
    DeskClass,
    Plan,
    PolicyKind,
    ReasonKind,
    Settings,
    Span,
    Timetable,
)
from appliance.domain.plans.hours import WEEKDAYS, written_days
from appliance.domain.plans.reader import PlanError, checked_plan, read_plan
from tests.plan.broken import BASE
from tests.plan.variants import EXAMPLES, example
from tests.plans import Sketch, hall_of

GOLDEN = Path(__file__).parent / "golden" / "demo-1.toml"
TEN = Span(600, 660)


def hours_of(*lines: str) -> Plan:
    head, _, tail = BASE.partition("[hours]")
    rest = tail[tail.index("[calendar]") :]
    return read_plan(head + "[hours]\n" + "\n".join(lines) + "\n\n" + rest)


def test_the_first_plan_ever_shipped_is_readable_and_means_the_same() -> None:
    plan = read_plan(GOLDEN.read_text(encoding="utf-8"))
    assert plan == checked_plan(GOLDEN.read_text(encoding="utf-8"))
    assert list(plan.services) == ["bills", "registration", "meters", "debts", "collect", "subsidy", "connection"]
    assert [service.norm_min for service in plan.services.values()] == [15, 12, 10, 20, 5, 20, 20]
    assert {n: desk.services for n, desk in plan.desks.items()} == {
        1: (),
        2: ("bills", "debts", "collect", "subsidy", "registration"),
        3: ("meters", "connection", "collect"),
    }
    assert [desk.transfer_to for desk in plan.desks.values()] == ["meters", "meters", "bills"]
    assert plan.hours.office == plan.hours.reception == plan.hours.issuing == Timetable.daily(0, 1440)
    assert plan.settings == Settings()
    assert not (plan.categories or plan.operators or plan.shifts or plan.absences or plan.calendar.days)
    assert [service.purposes for service in plan.services.values()] == [()] * 7


def test_a_document_adopted_once_stays_readable_though_it_would_not_be_adopted_today() -> None:
    document = GOLDEN.read_text(encoding="utf-8").replace('series = "К"', 'series = "А"')
    assert read_plan(document).services["meters"].series == "А"
    with pytest.raises(PlanError, match="letter-of-another"):
        checked_plan(document)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_right(name: str) -> None:
    plan = example(name)
    assert plan.shifts
    assert plan.categories


def test_the_examples_are_the_halls_they_are_made_after() -> None:
    billing, hall = example("odintsovo"), example("vinnytsia")
    classes = [desk.desk_class for desk in billing.desks.values()]
    assert (classes.count(DeskClass.PERMANENT), classes.count(DeskClass.RESERVE)) == (11, 3)
    assert billing.calendar.country == "RU"
    assert len(hall.organisations) == 7
    assert len({service.series for service in hall.services.values()}) == 7
    police = hall.organisations["police"].hours
    assert police is not None
    assert [bool(span) for span in police.week] == [False, True, False, False, True, False, False]


def test_every_word_of_the_examples_is_in_the_languages_they_speak() -> None:
    for name in EXAMPLES:
        plan = example(name)
        texts = [item.name for part in (plan.services, plan.categories, plan.reasons) for item in part.values()]
        assert all(set(plan.languages) <= set(text.texts) for text in texts), name


def test_daily_hours_set_all_three() -> None:
    plan = hours_of('opens = "08:00"', 'closes = "20:00"')
    assert plan.hours.office == plan.hours.reception == plan.hours.issuing == Timetable.daily(480, 1200)


def test_hours_by_weekday_leave_the_others_closed() -> None:
    plan = hours_of('mon = "08:00-12:00"', 'wed = "closed"', 'fri = "13:00–24:00"')
    assert plan.hours.office.week == (Span(480, 720), None, None, None, Span(780, 1440), None, None)


def test_days_bound_the_daily_hours_but_not_a_weekday_of_its_own() -> None:
    plan = hours_of('opens = "08:00"', 'closes = "20:00"', 'days = "mon-tue,thu"', 'sun = "10:00-11:00"')
    assert plan.hours.office.week == (*[Span(480, 1200)] * 2, None, Span(480, 1200), None, None, TEN)


def test_what_reception_and_issuing_do_not_say_is_the_offices() -> None:
    week = read_plan(BASE).hours
    assert week.office.week == (*[Span(480, 1200)] * 5, Span(540, 900), None)
    assert week.reception.week == (*[Span(480, 1170)] * 5, Span(540, 900), None)
    assert week.issuing.week == (*[Span(480, 1140)] * 5, Span(540, 900), None)


def test_issuing_ends_with_reception_where_nothing_is_said() -> None:
    plan = hours_of('opens = "08:00"', 'closes = "20:00"', "[hours.reception]", 'opens = "09:00"', 'closes = "19:00"')
    assert plan.hours.reception == Timetable.daily(540, 1140)
    assert plan.hours.issuing == Timetable.daily(480, 1140)


def test_hours_of_organisation_and_service_are_daily_or_by_weekday() -> None:
    plan = read_plan(BASE)
    water = plan.organisations["water"].hours
    assert water is not None
    assert water.week == (Span(540, 780), None, None, Span(840, 1080), None, None, None)
    assert plan.services["meters"].hours == Timetable.daily(540, 720)
    assert plan.services["bills"].hours is None


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        ('kind = "closed"', CalendarDay("2026-12-31", DayKind.CLOSED)),
        ('kind = "short"\nshort_by_min = 90', CalendarDay("2026-12-31", DayKind.SHORT, short_by_min=90)),
        ('kind = "short"\nhours = "10:00-11:00"', CalendarDay("2026-12-31", DayKind.SHORT, TEN)),
        ('kind = "working"', CalendarDay("2026-12-31", DayKind.WORKING)),
        ('kind = "working"\nlike = "mon"', CalendarDay("2026-12-31", DayKind.WORKING, like=0)),
        ('kind = "working"\nhours = "10:00-11:00"', CalendarDay("2026-12-31", DayKind.WORKING, TEN)),
    ],
)
def test_exceptions_of_the_calendar(lines: str, day: CalendarDay) -> None:
    for date in ("2026-12-31", '"2026-12-31"'):
        text = BASE.replace('date = 2026-12-31\nkind = "short"\nhours = "08:00-14:00"', f"date = {date}\n{lines}")
        assert dict(read_plan(text).calendar.days) == {"2026-12-31": day}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("tue,thu", (1, 3)),
        ("sat-mon", (0, 5, 6)),
        ("sun", (6,)),
        ("mon-tue, sat", (0, 1, 5)),
    ],
)
def test_weekdays_of_a_shift(text: str, days: tuple[int, ...]) -> None:
    document = BASE.replace('sun = "closed"', 'sun = "09:00-18:00"').replace('sat = "09:00-15:00"', "")
    document = document.replace('desk = 2\ndays = "mon-fri"', f'desk = 2\ndays = "{text}"')
    assert read_plan(document).shifts[1].weekdays == days


def test_weekdays_are_written_as_they_are_read() -> None:
    assert [written_days(days) for days in ((0, 1, 2), (1, 3), (0, 1, 5, 6), (6,), ())] == [
        "mon-wed",
        "tue,thu",
        "mon-tue,sat-sun",
        "sun",
        "",
    ]
    assert written_days(range(7)) == f"{WEEKDAYS[0]}-{WEEKDAYS[6]}"


def test_an_office_that_names_no_reasons_has_the_usual_ones_in_three_languages() -> None:
    reasons = read_plan(GOLDEN.read_text(encoding="utf-8")).reasons
    kinds = {key: reason.kind for key, reason in reasons.items()}
    assert [key for key, kind in kinds.items() if kind is ReasonKind.PARK] == ["form", "documents", "payment", "other"]
    assert [key for key, kind in kinds.items() if kind is ReasonKind.BREAK] == ["lunch", "rest", "errand"]
    assert all(set(reason.name.texts) == {"ru", "uk", "en"} for reason in reasons.values())


def test_naming_reasons_of_one_kind_leaves_the_usual_ones_of_the_other() -> None:
    reasons = read_plan(BASE).reasons
    assert list(reasons) == ["form", "lunch", "rest", "errand"]
    assert reasons["form"].name.get("ru") == "бланк"


def test_ageing_is_the_policy_of_a_plan_that_says_nothing() -> None:
    policy = read_plan(GOLDEN.read_text(encoding="utf-8")).policy
    assert (policy.kind, policy.passes) == (PolicyKind.AGEING, 1)


def test_a_latin_letter_is_the_cyrillic_one_it_looks_like() -> None:
    assert read_plan(BASE.replace('series = "К"', 'series = "k"')).services["meters"].series == "К"


def test_a_shift_of_one_week_may_be_outside_the_weeks_hours_where_the_calendar_says_so() -> None:
    day = '[[calendar.day]]\ndate = 2026-11-29\nkind = "working"\nhours = "09:00-13:00"\n\n[policy]'
    shift = '[[shift]]\noperator = "op-1"\ndesk = 1\ndays = "sun"\nhours = "09:00-13:00"\nweek = "2026-W48"\n'
    with pytest.raises(PlanError, match="shift-on-closed-day"):
        checked_plan(BASE + shift)
    assert checked_plan(BASE.replace("[policy]", day) + shift).shifts[2].week == "2026-W48"


def test_shifts_of_different_weeks_do_not_clash() -> None:
    shift = '[[shift]]\noperator = "op-1"\ndesk = 2\ndays = "mon"\nhours = "09:00-13:00"\nweek = "2026-W48"\n'
    assert len(checked_plan(BASE + shift).shifts) == 3


def test_the_sketch_of_other_tests_is_a_plan() -> None:
    assert Sketch().plan.hours.office == Timetable.daily(480, 1200)
    assert len(hall_of(14, series="АВК").plan.desks) == 14


def test_a_plan_of_500_services_and_14_desks_is_read_in_a_moment() -> None:
    head = BASE[: BASE.index("[[service]]")]
    text = head + "".join(
        f'[[service]]\nid = "s{n}"\nseries = "А"\nname = {{ ru = "Услуга {n}", uk = "Послуга {n}" }}\n'
        for n in range(500)
    )
    every = ", ".join(f'"s{n}"' for n in range(500))
    text += "".join(f"[[desk]]\nnumber = {n}\nservices = [{every}]\n" for n in range(1, 15))
    begun = time.process_time()
    assert len(checked_plan(text).services) == 500
    assert time.process_time() - begun < 1.0
