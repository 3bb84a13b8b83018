"""The hours of a date: a table of dated cases, the hours of services, the next opening, and what always holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.hours import (
    NO_CALENDAR,
    DayHours,
    PublicCalendar,
    Reason,
    day_hours,
    next_opening,
    service_hours,
    service_issuing,
)
from appliance.domain.plan import (
    NO_WORDS,
    Calendar,
    CalendarDay,
    DayKind,
    Hours,
    Organisation,
    Plan,
    Service,
    Span,
    Timetable,
    Words,
)

D = date.fromisoformat


def span(text: str) -> Span:
    """`09:00-18:00` in minutes."""
    opens, closes = ((int(part[:2]) * 60 + int(part[3:])) for part in text.split("-"))
    return Span(opens, closes)


def week(**days: str) -> Timetable:
    """A timetable by weekday; a weekday that isn't named has none."""
    return Timetable(tuple(span(days[name]) if name in days else None for name in DAYS))


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FOUR = DAYS[:4]

FIVE_DAYS = Hours(
    office=week(**dict.fromkeys(FOUR, "09:00-18:00"), fri="09:00-16:45"),
    reception=week(**dict.fromkeys(FOUR, "09:00-17:45"), fri="09:00-16:30"),
    issuing=week(**dict.fromkeys(FOUR, "09:00-17:15"), fri="09:00-16:00"),
)
SIX_DAYS = Hours(
    office=week(**dict.fromkeys(DAYS[:5], "08:00-20:00"), sat="09:00-15:00"),
    reception=week(**dict.fromkeys(DAYS[:5], "08:30-19:45"), sat="09:00-14:45"),
    issuing=week(**dict.fromkeys(DAYS[:5], "08:00-19:15"), sat="09:00-14:15"),
)
EVERY_HOUR = Hours(Timetable.daily(0, 1440), Timetable.daily(0, 1440), Timetable.daily(0, 1440))
OFFICES: Mapping[str, tuple[Hours, str]] = {
    "five": (FIVE_DAYS, "RU"),
    "six": (SIX_DAYS, "RU"),
    "always": (EVERY_HOUR, "RU"),
    "kyiv": (FIVE_DAYS, "UA"),
    "none": (FIVE_DAYS, ""),
}

NEW_YEAR = "Новогодние каникулы"
RUSSIA = PublicCalendar(
    country="RU",
    first=D("2024-01-01"),
    last=D("2027-12-31"),
    holidays={
        **{date(year, 1, day): NEW_YEAR for year in range(2024, 2028) for day in range(1, 9)},
        **{date(year, 2, 23): "День защитника Отечества" for year in range(2024, 2028)},
        **{date(year, 3, 8): "Международный женский день" for year in range(2024, 2028)},
        **{date(year, 5, 1): "Праздник Весны и Труда" for year in range(2024, 2028)},
        **{date(year, 5, 9): "День Победы" for year in range(2024, 2028)},
        **{date(year, 6, 12): "День России" for year in range(2024, 2028)},
        **{date(year, 11, 4): "День народного единства" for year in range(2024, 2028)},
    },
    days_off=frozenset(
        map(
            D,
            (
                *("2024-04-29", "2024-04-30", "2024-05-10", "2024-12-30", "2024-12-31"),
                *("2025-05-02", "2025-05-08", "2025-06-13", "2025-11-03", "2025-12-31"),
                *("2026-01-09", "2026-03-09", "2026-05-11", "2026-12-31"),
                *("2027-02-22", "2027-05-03", "2027-05-10", "2027-06-14", "2027-11-05", "2027-12-31"),
            ),
        )
    ),
    working=frozenset(map(D, ("2024-04-27", "2024-11-02", "2024-12-28", "2025-11-01", "2027-02-20"))),
    instead={
        D("2024-04-27"): D("2024-04-29"),
        D("2024-11-02"): D("2024-04-30"),
        D("2024-12-28"): D("2024-12-30"),
        D("2025-11-01"): D("2025-11-03"),
        D("2027-02-20"): D("2027-02-22"),
    },
    language="ru",
)
UKRAINE = PublicCalendar("UA", D("2025-01-01"), D("2027-12-31"), {}, frozenset(), frozenset(), language="uk")
PUBLIC: Mapping[str, PublicCalendar] = {"RU": RUSSIA, "UA": UKRAINE, "": RUSSIA}


def entry(day: str, kind: str, **said: object) -> CalendarDay:
    """A line of the office's own calendar."""
    return replace(CalendarDay(day, DayKind(kind)), **said)


def office(name: str, *entries: CalendarDay, **changes: object) -> Plan:
    """A plan of one of OFFICES with lines in its own calendar."""
    hours, country = OFFICES[name]
    plan = Plan(
        version=1,
        office="office-17",
        name=NO_WORDS,
        address=NO_WORDS,
        timezone="Europe/Kyiv" if country == "UA" else "Europe/Moscow",
        languages=("ru",),
        desk_word="window",
        phone="",
        hours=hours,
        services={},
        organisations={},
        desks={},
        calendar=Calendar(country, 60, {line.date: line for line in entries}),
    )
    return replace(plan, **changes)


def told(hours: DayHours) -> str:
    """Hours as the table writes them."""
    spans = [hours.office, hours.reception, hours.issuing]
    if spans == [None, None, None]:
        return f"closed {hours.reason}"
    return " ".join([*(clock(one) for one in spans), hours.reason])


def clock(one: Span | None) -> str:
    if one is None:
        return "-"
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (one.opens, one.closes))


@dataclass(frozen=True)
class Case:
    day: str
    office: str
    hours: str
    why: str
    own: str = ""
    """A line of the office's own calendar: `2024-05-09 short by=90`."""


def line_of(own: str) -> CalendarDay:
    """The line that a case writes as text: date, kind, then hours, `like=` a weekday, or `by=` minutes."""
    day, kind, *rest = own.split()
    said: dict[str, object] = {}
    for part in rest:
        if part.startswith("like="):
            said["like"] = int(part.removeprefix("like="))
        elif part.startswith("by="):
            said["short_by_min"] = int(part.removeprefix("by="))
        else:
            said["hours"] = span(part)
    return entry(day, kind, **said)


FULL = "09:00-18:00 09:00-17:45 09:00-17:15"
FULL_SHORT = "09:00-17:00 09:00-16:45 09:00-16:15"
FRIDAY = "09:00-16:45 09:00-16:30 09:00-16:00"
FRIDAY_SHORT = "09:00-15:45 09:00-15:30 09:00-15:00"
LONG = "08:00-20:00 08:30-19:45 08:00-19:15"
LONG_SHORT = "08:00-19:00 08:30-18:45 08:00-18:15"
SATURDAY = "09:00-15:00 09:00-14:45 09:00-14:15"
SATURDAY_SHORT = "09:00-14:00 09:00-13:45 09:00-13:15"
ALL = "00:00-24:00 00:00-24:00 00:00-24:00"
ALL_SHORT = "00:00-23:00 00:00-23:00 00:00-23:00"
VICTORY = "2024-05-09"

CASES = (
    # The weekday
    Case("2024-03-12", "five", f"{FULL} ordinary", "a Tuesday"),
    Case("2024-03-15", "five", f"{FRIDAY} ordinary", "Friday ends earlier each week"),
    Case("2024-03-16", "five", "closed weekly", "Saturday has no hours"),
    Case("2024-03-17", "six", "closed weekly", "Sunday has no hours"),
    Case("2024-03-16", "six", f"{SATURDAY} ordinary", "a Saturday that is worked each week"),
    Case("2024-02-29", "five", f"{FULL} ordinary", "a leap day is a Thursday like any other"),
    Case("2024-02-28", "five", f"{FULL} ordinary", "the day before a leap day"),
    Case("2024-03-01", "five", f"{FRIDAY} ordinary", "the day after a leap day"),
    Case("2026-03-29", "always", f"{ALL} ordinary", "clocks go forward: the timetable doesn't"),
    Case("2026-10-25", "always", f"{ALL} ordinary", "clocks go back: the timetable doesn't"),
    Case("2026-03-30", "kyiv", f"{FULL} ordinary", "the Monday after the clocks went forward in Kyiv"),
    Case("2026-10-26", "kyiv", f"{FULL} ordinary", "the Monday after the clocks went back in Kyiv"),
    # New Year in Russia
    Case("2023-12-29", "five", f"{FRIDAY} ordinary", "before the first year that the calendar knows"),
    Case("2024-01-01", "five", "closed holiday", "New Year"),
    Case("2024-01-06", "six", "closed holiday", "a Saturday of the New Year holidays"),
    Case("2024-01-08", "five", "closed holiday", "the last of the New Year holidays"),
    Case("2024-01-09", "five", f"{FULL} ordinary", "the first working day of the year"),
    Case("2025-12-30", "five", f"{FULL} ordinary", "before a day off that isn't a holiday: not short"),
    Case("2025-12-31", "five", "closed holiday", "a day off moved from 5 January"),
    Case("2026-01-09", "six", "closed holiday", "a day off moved from 3 January"),
    Case("2026-01-10", "six", f"{SATURDAY} ordinary", "the first Saturday after New Year"),
    # Holidays, the days before them, days off moved to a weekday
    Case("2024-02-22", "five", f"{FULL_SHORT} pre-holiday", "before 23 February"),
    Case("2024-02-23", "five", "closed holiday", "Defender's Day"),
    Case("2024-03-07", "six", f"{LONG_SHORT} pre-holiday", "before 8 March; all three sets end earlier"),
    Case("2024-05-08", "five", f"{FULL_SHORT} pre-holiday", "before Victory Day"),
    Case("2024-05-10", "five", "closed holiday", "a day off moved from 6 January"),
    Case("2024-06-11", "always", f"{ALL_SHORT} pre-holiday", "an office that closes at midnight closes at 23:00"),
    Case("2024-06-13", "always", f"{ALL} ordinary", "midnight is 24:00, not 00:00"),
    Case("2025-03-07", "five", f"{FRIDAY_SHORT} pre-holiday", "a Friday before a holiday on Saturday"),
    Case("2025-02-21", "five", f"{FRIDAY} ordinary", "a Friday before a holiday on Sunday"),
    Case("2025-02-22", "six", f"{SATURDAY_SHORT} pre-holiday", "the Saturday before a holiday on Sunday"),
    Case("2025-02-22", "five", "closed weekly", "a Saturday without hours doesn't open to be short"),
    Case("2025-05-07", "five", f"{FULL} ordinary", "before a day off that was moved: not short"),
    Case("2025-05-08", "five", "closed holiday", "a day off moved from 23 February"),
    Case("2026-03-09", "five", "closed holiday", "8 March was a Sunday, so Monday is off"),
    Case("2026-11-03", "five", f"{FULL_SHORT} pre-holiday", "before Unity Day"),
    Case("2027-11-05", "five", "closed holiday", "a day off moved from 2 January"),
    # Working Saturdays
    Case("2024-04-26", "five", f"{FRIDAY} ordinary", "the Friday before a working Saturday"),
    Case("2024-04-27", "five", f"{FULL} working-weekend", "by Monday's hours, for Saturday has none"),
    Case("2024-04-27", "six", f"{SATURDAY} working-weekend", "by Saturday's own hours where it has some"),
    Case("2024-04-28", "five", "closed weekly", "the Sunday after it"),
    Case("2024-04-29", "five", "closed holiday", "the Monday that it was exchanged for"),
    Case("2024-04-30", "five", "closed holiday", "exchanged for 2 November"),
    Case("2024-11-02", "five", f"{FULL_SHORT} pre-holiday", "exchanged for the day before 1 May, so short"),
    Case("2024-11-01", "five", f"{FRIDAY} ordinary", "before a working Saturday: not short"),
    Case("2024-12-28", "five", f"{FULL} working-weekend", "exchanged for 30 December, which wasn't short"),
    Case("2025-11-01", "five", f"{FULL_SHORT} pre-holiday", "exchanged for the day before Unity Day, so short"),
    Case("2025-11-01", "six", f"{SATURDAY_SHORT} pre-holiday", "the same by Saturday's own hours"),
    Case("2025-11-03", "five", "closed holiday", "the Monday that it was exchanged for"),
    Case("2027-02-20", "five", f"{FULL_SHORT} pre-holiday", "exchanged for the day before 23 February"),
    # The office's own calendar
    Case(VICTORY, "five", f"{FULL} special", "a holiday that is worked", f"{VICTORY} working"),
    Case("2024-05-08", "five", f"{FULL} ordinary", "so the day before is a full one", f"{VICTORY} working"),
    Case(
        "2024-05-08", "five", f"{FULL} ordinary", "before a holiday that is worked in part", f"{VICTORY} short by=120"
    ),
    Case(VICTORY, "five", "closed closed", "closed on a holiday by its own word", f"{VICTORY} closed"),
    Case("2024-05-08", "five", f"{FULL_SHORT} pre-holiday", "which leaves the day before short", f"{VICTORY} closed"),
    Case(
        "2025-11-01",
        "five",
        f"{FULL} working-weekend",
        "Unity Day is worked, so nothing stands before it",
        "2025-11-04 working",
    ),
    Case("2024-03-12", "five", "closed closed", "closed on an ordinary day", "2024-03-12 closed"),
    Case(
        "2024-03-11", "five", f"{FULL} ordinary", "the day before a closing of its own isn't short", "2024-03-12 closed"
    ),
    Case("2024-04-27", "five", "closed closed", "closed on a working Saturday", "2024-04-27 closed"),
    Case("2024-04-29", "five", f"{FULL} special", "worked on a day off that was moved", "2024-04-29 working"),
    Case("2024-05-08", "five", f"{FULL} special", "a full day before a holiday", "2024-05-08 working"),
    Case(
        "2024-03-12",
        "five",
        "09:00-16:30 09:00-16:15 09:00-15:45 short",
        "short by 90 minutes",
        "2024-03-12 short by=90",
    ),
    Case(
        "2024-03-12",
        "five",
        f"{FULL_SHORT} short",
        "short by what the plan says, as nothing else is said",
        "2024-03-12 short",
    ),
    Case(
        "2024-05-08",
        "five",
        "09:00-17:30 09:00-17:15 09:00-16:45 short",
        "its own 30 minutes, not 60 more",
        "2024-05-08 short by=30",
    ),
    Case(
        "2024-03-12",
        "five",
        "10:00-14:00 10:00-13:45 10:00-13:15 short",
        "short by hours of its own",
        "2024-03-12 short 10:00-14:00",
    ),
    Case(
        "2024-03-12",
        "six",
        "10:00-14:00 10:30-13:45 10:00-13:15 special",
        "reception still begins 30 min later",
        "2024-03-12 working 10:00-14:00",
    ),
    Case("2024-03-17", "six", f"{LONG} special", "a Sunday by Monday's hours", "2024-03-17 working"),
    Case("2024-03-17", "six", f"{SATURDAY} special", "a Sunday like a Saturday", "2024-03-17 working like=5"),
    Case(
        "2024-03-17",
        "six",
        "10:00-16:00 10:30-15:45 10:00-15:15 special",
        "a Sunday with hours, as on Monday",
        "2024-03-17 working 10:00-16:00",
    ),
    Case(
        "2024-03-17",
        "six",
        f"{LONG_SHORT} short",
        "a short Sunday is worked by Monday's hours, shortened",
        "2024-03-17 short by=60",
    ),
    Case(
        "2024-03-17",
        "six",
        "closed special",
        "a day worked like one that has no hours stays closed",
        "2024-03-17 working like=6",
    ),
    Case(
        "2024-03-12",
        "five",
        "09:00-09:40 09:00-09:25 - short",
        "too short for any number to be given out",
        "2024-03-12 short by=500",
    ),
    Case(
        "2024-03-12",
        "five",
        "09:00-09:10 - - short",
        "too short to receive, so no numbers either",
        "2024-03-12 short by=530",
    ),
    Case("2024-03-12", "five", "closed short", "shortened to nothing", "2024-03-12 short by=540"),
    Case(
        "2024-06-13",
        "always",
        "06:00-24:00 06:00-24:00 06:00-24:00 special",
        "own hours until midnight",
        "2024-06-13 working 06:00-24:00",
    ),
    # Ukraine: the public calendar has no holidays since 2023, the office's own table has what there is
    Case("2026-08-24", "kyiv", f"{FULL} ordinary", "Independence Day is worked under martial law"),
    Case("2026-12-25", "kyiv", f"{FRIDAY} ordinary", "so is Christmas"),
    Case("2026-01-01", "kyiv", f"{FULL} ordinary", "so is New Year"),
    Case("2026-01-01", "kyiv", "closed closed", "unless the office says otherwise", "2026-01-01 closed"),
    Case(
        "2026-08-22",
        "kyiv",
        f"{FULL} special",
        "a Saturday worked by its own table, by Monday's hours",
        "2026-08-22 working",
    ),
    Case("2026-08-22", "kyiv", f"{FRIDAY} special", "the same by Friday's", "2026-08-22 working like=4"),
    # What the public calendar can't say
    Case("2026-05-09", "none", "closed weekly", "an office of no country knows no holidays: a Saturday"),
    Case("2026-06-12", "none", f"{FRIDAY} ordinary", "an office of no country works on a holiday"),
    Case("2026-06-11", "none", f"{FULL} ordinary", "and has no day before it"),
    Case("2031-05-09", "five", f"{FRIDAY} ordinary", "a year that the calendar doesn't cover has no holidays"),
    Case("2031-05-08", "five", f"{FULL} ordinary", "nor days before them"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.day}-{case.office}-{case.why}")
def test_a_date_has_the_hours_of_the_table(case: Case) -> None:
    plan = office(case.office, *([line_of(case.own)] if case.own else []))

    assert told(day_hours(plan, D(case.day), PUBLIC[plan.calendar.country])) == case.hours


def test_the_table_has_at_least_forty_dates() -> None:
    assert len({case.day for case in CASES}) >= 40


def test_the_note_of_a_holiday_is_its_name() -> None:
    assert day_hours(office("five"), D("2024-05-09"), RUSSIA).note == Words({"ru": "День Победы"})


def test_the_note_of_the_offices_own_calendar_is_shown() -> None:
    words = Words({"ru": "Переезд", "en": "Moving"})
    plan = office("five", entry("2024-05-09", "closed", note=words))

    assert day_hours(plan, D("2024-05-09"), RUSSIA).note == words


def test_a_day_worked_instead_of_another_says_whose_hours_it_has() -> None:
    assert day_hours(office("five"), D("2024-04-27"), RUSSIA).weekday == 0
    assert day_hours(office("six"), D("2024-04-27"), RUSSIA).weekday == 5
    assert day_hours(office("five"), D("2024-03-12"), RUSSIA).weekday == 1


def test_own_hours_are_exact_where_no_weekday_gives_a_pattern() -> None:
    closed = Timetable((None,) * 7)
    plan = office("five", entry("2024-03-12", "working", hours=span("10:00-14:00")))
    bus = replace(plan, hours=Hours(closed, closed, closed))

    assert told(day_hours(bus, D("2024-03-12"), RUSSIA)) == "10:00-14:00 10:00-14:00 10:00-14:00 special"


def test_a_calendar_of_another_country_is_left_out_of_account() -> None:
    assert day_hours(office("kyiv"), D("2024-05-09"), RUSSIA).reason is Reason.ORDINARY


def test_nothing_is_known_outside_the_years_that_a_calendar_covers() -> None:
    newer = replace(RUSSIA, first=D("2025-01-01"))

    for day in ("2024-05-09", "2024-05-08", "2024-05-10"):
        assert day_hours(office("five"), D(day), newer).reason is Reason.ORDINARY
    assert day_hours(office("five"), D("2024-04-27"), newer).reason is Reason.WEEKLY


def test_a_holiday_that_the_public_calendar_has_worked_is_worked_and_has_no_short_day_before_it() -> None:
    worked = replace(RUSSIA, working=frozenset({D("2026-05-09")}))

    assert told(day_hours(office("six"), D("2026-05-09"), worked)) == f"{SATURDAY} working-weekend"
    assert told(day_hours(office("six"), D("2026-05-08"), worked)) == f"{LONG} ordinary"


def test_no_numbers_are_given_out_on_a_weekday_without_reception() -> None:
    plan = office("five", hours=replace(FIVE_DAYS, reception=week(mon="09:00-17:45")))

    assert told(day_hours(plan, D("2024-03-12"), RUSSIA)) == "09:00-18:00 - - ordinary"


def test_own_hours_cut_off_what_would_begin_before_them() -> None:
    early = replace(FIVE_DAYS, issuing=week(tue="08:30-17:15"))
    plan = office("five", entry("2024-03-12", "working", hours=span("10:00-14:00")), hours=early)

    assert told(day_hours(plan, D("2024-03-12"), RUSSIA)) == "10:00-14:00 10:00-13:45 10:00-13:15 special"


def test_an_office_without_short_days_ends_as_usual_before_a_holiday() -> None:
    plan = office("five", calendar=Calendar("RU"))

    assert told(day_hours(plan, D("2024-05-08"), RUSSIA)) == f"{FULL} ordinary"


# Services


def hall(*entries: CalendarDay, organisation: Timetable | None = None, service: Timetable | None = None) -> Plan:
    """The five-day office with one service, `ask`, of one organisation."""
    return replace(
        office("five", *entries),
        organisations={"police": Organisation("police", NO_WORDS, organisation)},
        services={"ask": Service("ask", "А", "police", NO_WORDS, NO_WORDS, NO_WORDS, hours=service)},
    )


def of_service(plan: Plan, day: str) -> tuple[str, str]:
    """Reception and issuing of the service."""
    return (
        clock(service_hours(plan, "ask", D(day), RUSSIA)),
        clock(service_issuing(plan, "ask", D(day), RUSSIA)),
    )


OFFICER = week(tue="14:00-17:00", thu="10:00-13:00")


@pytest.mark.parametrize(
    ("day", "reception", "issuing", "why"),
    [
        ("2024-03-11", "-", "-", "Monday: the officer isn't here, so no numbers"),
        ("2024-03-12", "14:00-17:00", "09:00-17:00", "Tuesday: a number may be taken in the morning for the afternoon"),
        ("2024-03-14", "10:00-13:00", "09:00-13:00", "Thursday: none after the officer has left"),
        ("2024-03-15", "-", "-", "Friday"),
        ("2024-06-11", "14:00-16:45", "09:00-16:15", "a Tuesday before a holiday: the hall ends first"),
        ("2024-05-09", "-", "-", "a Thursday that is a holiday"),
        ("2024-04-27", "-", "-", "a working Saturday by Monday's hours: no officer either"),
    ],
)
def test_the_police_officer_receives_two_days_a_week(day: str, reception: str, issuing: str, why: str) -> None:
    assert of_service(hall(organisation=OFFICER), day) == (reception, issuing)


def test_a_service_without_hours_of_its_own_has_the_halls() -> None:
    assert of_service(hall(), "2024-03-12") == ("09:00-17:45", "09:00-17:15")


def test_a_service_that_ends_before_the_hall_stops_issuing_takes_no_later_numbers() -> None:
    plan = hall(service=Timetable.daily(9 * 60, 12 * 60))

    assert of_service(plan, "2024-03-12") == ("09:00-12:00", "09:00-12:00")


def test_a_service_that_ends_after_the_hall_stops_issuing_keeps_the_halls_end() -> None:
    plan = hall(service=Timetable.daily(8 * 60, 20 * 60))

    assert of_service(plan, "2024-03-12") == ("09:00-17:45", "09:00-17:15")


def test_the_hours_of_a_service_lie_within_its_organisations() -> None:
    plan = hall(organisation=week(tue="10:00-15:00"), service=week(tue="12:00-18:00", wed="12:00-18:00"))

    assert of_service(plan, "2024-03-12") == ("12:00-15:00", "09:00-15:00")
    assert of_service(plan, "2024-03-13") == ("-", "-")


def test_a_service_whose_hours_miss_its_organisations_is_not_to_be_had() -> None:
    plan = hall(organisation=week(tue="09:00-12:00"), service=week(tue="13:00-15:00"))

    assert of_service(plan, "2024-03-12") == ("-", "-")


def test_a_service_that_begins_after_the_hall_has_closed_takes_no_numbers() -> None:
    plan = hall(service=week(tue="18:00-19:00"))

    assert of_service(plan, "2024-03-12") == ("-", "-")


def test_an_organisation_works_on_a_working_saturday_as_the_hall_does() -> None:
    plan = hall(organisation=week(mon="09:00-13:00"))

    assert of_service(plan, "2024-04-27") == ("09:00-13:00", "09:00-13:00")


def test_a_day_worked_like_a_tuesday_has_the_officers_tuesday() -> None:
    plan = hall(entry("2024-03-16", "working", like=1), organisation=OFFICER)

    assert of_service(plan, "2024-03-16") == ("14:00-17:00", "09:00-17:00")


def test_an_unknown_service_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        service_hours(hall(), "nothing", D("2024-03-12"), RUSSIA)


# The next opening


@pytest.mark.parametrize(
    ("after", "opening", "why"),
    [
        ("2024-03-12 07:30", "2024-03-12 09:00", "before opening: today"),
        ("2024-03-12 09:00", "2024-03-12 09:00", "at the very minute"),
        ("2024-03-12 09:01", "2024-03-13 09:00", "once open, the next one is tomorrow's"),
        ("2024-03-12 18:00", "2024-03-13 09:00", "after closing: tomorrow"),
        ("2024-03-15 18:00", "2024-03-18 09:00", "over a weekend"),
        ("2024-04-26 18:00", "2024-04-27 09:00", "a working Saturday"),
        ("2024-04-27 18:00", "2024-05-02 09:00", "over days off and a holiday"),
        ("2025-12-30 18:00", "2026-01-12 09:00", "over New Year"),
        ("2024-02-28 18:00", "2024-02-29 09:00", "to a leap day"),
        ("2024-03-12 23:59", "2024-03-13 09:00", "a minute before midnight"),
        ("2024-03-13 00:00", "2024-03-13 09:00", "at midnight"),
    ],
)
def test_the_next_opening_is_found(after: str, opening: str, why: str) -> None:
    found = next_opening(office("five"), datetime.fromisoformat(after), RUSSIA)

    assert found == datetime.fromisoformat(opening)


def test_there_is_no_next_opening_beyond_the_days_that_are_looked_at() -> None:
    plan, evening = office("five"), datetime.fromisoformat("2025-12-30 18:00")

    assert next_opening(plan, evening, RUSSIA, days=12) is None
    assert next_opening(plan, evening, RUSSIA, days=13) is not None


def test_the_next_opening_heeds_the_offices_own_calendar() -> None:
    plan = office("five", entry("2024-03-13", "working", hours=span("11:00-13:00")))

    assert next_opening(plan, datetime(2024, 3, 12, 18), RUSSIA) == datetime(2024, 3, 13, 11)


# What always holds

dates = st.dates(D("2023-12-01"), D("2028-01-31"))
minutes = st.integers(0, 1440)
spans = st.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Span(*pair))
offices = st.sampled_from(sorted(OFFICES))


@st.composite
def lines(draw: st.DrawFn, day: date) -> CalendarDay:
    """Any line that an office may write about a date."""
    return CalendarDay(
        day.isoformat(),
        draw(st.sampled_from(DayKind)),
        draw(st.none() | spans),
        draw(st.none() | st.integers(0, 6)),
        draw(st.integers(0, 1440)),
    )


@st.composite
def days_of_offices(draw: st.DrawFn) -> tuple[Plan, date, PublicCalendar]:
    """An office, a date near which its own calendar may say anything, and the public calendar."""
    day = draw(dates)
    said = [draw(lines(day + timedelta(days=ahead))) for ahead in (0, 1) if draw(st.booleans())]
    plan = office(draw(offices), *said)
    return plan, day, PUBLIC[plan.calendar.country]


@given(days_of_offices())
def test_reception_and_issuing_lie_within_the_office_hours_and_no_number_is_given_without_reception(
    made: tuple[Plan, date, PublicCalendar],
) -> None:
    hours = day_hours(*made)

    for one in (hours.reception, hours.issuing):
        assert one is None or (hours.office is not None and one.within(hours.office) == one)
    assert hours.issuing is None or (hours.reception is not None and hours.issuing.closes <= hours.reception.closes)
    assert all(one is None or 0 <= one.opens < one.closes <= 1440 for one in (hours.office, hours.reception))


@given(dates.flatmap(lines), offices)
def test_the_offices_own_calendar_wins_over_every_public_one(line: CalendarDay, name: str) -> None:
    plan, day = office(name, line), D(line.date)

    assert day_hours(plan, day, PUBLIC[plan.calendar.country]) == day_hours(plan, day, NO_CALENDAR)


@given(days_of_offices())
def test_a_day_is_only_ever_shortened_before_a_public_holiday(made: tuple[Plan, date, PublicCalendar]) -> None:
    plan, day, public = made
    hours = day_hours(plan, day, public)

    if hours.reason is Reason.PRE_HOLIDAY:
        eve_of = public.instead.get(day, day) + timedelta(days=1)
        assert eve_of in public.holidays
        usual = plan.hours.office.on(hours.weekday)
        assert usual is not None
        assert hours.office == Span(usual.opens, usual.closes - 60)


@given(days_of_offices(), st.none() | st.builds(Timetable, st.tuples(*[st.none() | spans] * 7)))
def test_numbers_of_a_service_end_with_its_reception_at_the_latest(
    made: tuple[Plan, date, PublicCalendar], own: Timetable | None
) -> None:
    plan, day, public = made
    served = hall(service=own)
    plan = replace(plan, organisations=served.organisations, services=served.services)
    reception, issuing = service_hours(plan, "ask", day, public), service_issuing(plan, "ask", day, public)

    if issuing is not None:
        assert reception is not None
        assert issuing.closes <= reception.closes


@given(days_of_offices(), st.integers(0, 1439))
def test_the_next_opening_is_the_begin_of_some_days_hours(made: tuple[Plan, date, PublicCalendar], minute: int) -> None:
    plan, day, public = made
    after = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    found = next_opening(plan, after, public)

    if found is not None:
        office_hours = day_hours(plan, found.date(), public).office
        assert found >= after
        assert office_hours is not None
        assert office_hours.opens == found.hour * 60 + found.minute


def test_the_last_date_of_all_has_hours_too() -> None:
    """A roster asked for 9999-12-31 once ended in an error: there is no day after it."""
    plan = replace(hall(), calendar=Calendar(short_by_min=60))

    assert day_hours(plan, date.max, NO_CALENDAR).reason is not Reason.PRE_HOLIDAY
