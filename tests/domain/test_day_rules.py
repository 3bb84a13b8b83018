"""What an office does by its clock: a table of dated cases; `python -m tests.domain.test_day_rules` prints it.

A case is a moment, what is asked then, and what must come out. `tick` is one second of the office's clock, `watch` one
tick a minute; whatever else is asked is asked by people. The box, its power and its clocks are in `tests.domain.box`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.hours import day_hours
from tests.domain.box import Box
from tests.examples import examples

SERVICES = """
[[organisation]]
id = "city"
name = { ru = "Город" }

[[organisation]]
id = "police"
name = { ru = "Участковый" }
hours = { mon = "10:00-12:00", thu = "14:00-18:00" }

[[service]]
id = "bills"
series = "А"
organisation = "city"
name = { ru = "Счета" }
norm_min = 15

[[service]]
id = "debts"
series = "Б"
organisation = "city"
name = { ru = "Долги" }
limit = 2

[[service]]
id = "meters"
series = "М"
organisation = "city"
name = { ru = "Счётчики" }
hours = "09:00-12:00"

[[service]]
id = "officer"
series = "П"
organisation = "police"
name = { ru = "Приём участкового" }

[[desk]]
number = 1
"""

HEAD = """
schema = 1
version = 1
office = "office-17"
timezone = "Europe/Moscow"
[name]
ru = "Отделение 17"
"""

HALL = f"""{HEAD}
[hours]
opens = "08:00"
closes = "20:00"
sat = "09:00-16:00"
sun = "closed"
[hours.reception]
opens = "08:30"
closes = "19:45"
sat = "09:00-15:30"
[hours.issuing]
opens = "08:15"
closes = "19:15"
sat = "09:00-15:00"
[calendar]
country = "RU"
short_by_min = 60
[[calendar.day]]
date = 2027-02-20
kind = "working"
like = "fri"
[settings]
grace_min = 30
{SERVICES}"""

KYIV = f"""{HEAD.replace("Moscow", "Kyiv")}
[hours]
opens = "09:00"
closes = "18:00"
days = "mon-fri"
[hours.issuing]
closes = "17:00"
[calendar]
country = "UA"
short_by_min = 60
[[calendar.day]]
date = 2026-08-24
kind = "closed"
[[calendar.day]]
date = 2026-06-30
kind = "short"
short_by_min = 120
[[calendar.day]]
date = 2026-07-01
kind = "short"
hours = "09:00-13:00"
[[calendar.day]]
date = 2026-07-04
kind = "working"
[[calendar.day]]
date = 2026-07-05
kind = "working"
hours = "10:00-14:00"
{SERVICES}"""


def daily(opens: str, closes: str, grace_min: int, zone: str = "Kyiv") -> str:
    """A plan with the same hours every day."""
    hours = f'[hours]\nopens = "{opens}"\ncloses = "{closes}"\n[settings]\ngrace_min = {grace_min}\n'
    return HEAD.replace("Moscow", zone) + hours + SERVICES


EARLY_END = HALL.replace('closes = "20:00"', 'closes = "15:00"').replace('closes = "19:45"', 'closes = "14:45"')

PLANS: Mapping[str, str] = {
    "hall": HALL,
    "five days": HALL.replace('sat = "09:00-16:00"', 'sat = "closed"')
    .replace('sat = "09:00-15:30"\n', "")
    .replace('sat = "09:00-15:00"\n', ""),
    "kyiv": KYIV,
    "few": HALL.replace("grace_min = 30", "grace_min = 30\ndaily_limit = 3"),
    "no grace": HALL.replace("grace_min = 30", "grace_min = 0"),
    "till three": EARLY_END.replace('closes = "19:15"', 'closes = "14:15"'),
    "till ten at night": HALL.replace('closes = "20:00"', 'closes = "22:00"'),
    "till midnight": daily("14:00", "24:00", 30),
    "till midnight sharp": daily("14:00", "24:00", 0),
    "till late": daily("14:00", "23:45", 30),
    "always": daily("00:00", "24:00", 30),
    "night": daily("02:30", "06:00", 30),
    "dawn": daily("03:30", "12:00", 30),
    "small hours": daily("00:30", "03:15", 0),
}


@dataclass(frozen=True)
class Case:
    """On `date` at `time` (local), `asked` leads to `told`; `before` are the steps that led there."""

    date: str
    time: str
    asked: str
    told: str
    why: str
    before: str = ""
    plan: str = "hall"


OPENED, CLOSED = "08:00 day 2026-11-24 opened", "20:30 day closed by itself"
LEFT, SWEPT = "А1 left by the system", "А1 left by the system, day closed by itself"
NIGHT = "2026-11-24 08:00 tick; 09:00 take bills; 20:00 off; 2026-11-25"
DARK = "07:00 dark; 08:30 key"

CASES = (
    # An ordinary day, minute by minute
    Case("2026-11-24", "07:59", "tick", "nothing", "a minute before the office opens"),
    Case("2026-11-24", "08:00", "tick", "day 2026-11-24 opened", "the office opens before numbers are given out"),
    Case("2026-11-24", "20:29", "tick", "nothing", "the last minute of the grace", "08:00 tick"),
    Case("2026-11-24", "20:30", "tick", "day closed by itself", "closing time and the grace are over", "08:00 tick"),
    Case("2026-11-24", "20:31", "tick", "nothing", "a day is closed once", "08:00 tick; 20:30 tick"),
    Case("2026-11-24", "19:59", "tick", "nothing", "without a grace, a minute before", "08:00 tick", "no grace"),
    Case("2026-11-24", "20:00", "tick", "day closed by itself", "without a grace", "08:00 tick", "no grace"),
    Case("2026-11-24", "00:00", "watch 23:59", f"{OPENED}, {CLOSED}", "a whole Tuesday"),
    Case("2026-11-28", "00:00", "watch 23:59", "09:00 day 2026-11-28 opened, 16:30 day closed by itself", "a Saturday"),
    Case("2026-11-29", "00:00", "watch 23:59", "nothing", "a Sunday has no hours"),
    Case(
        "2026-11-28",
        "12:00",
        "watch 2026-11-30 12:00",
        "16:30 day closed by itself, 08:00 day 2026-11-30 opened",
        "from Saturday noon to Monday noon",
        "09:00 tick",
    ),
    # When numbers are given out
    Case("2026-11-24", "07:30", "take bills", "no: day-not-open", "no day, no number"),
    Case("2026-11-24", "07:30", "take bills insist", "no: day-not-open", "reception can't insist on a day"),
    Case(
        "2026-11-24", "08:14", "take bills", "no: issuing-not-yet (opens=08:15)", "open, but no numbers", "08:00 tick"
    ),
    Case("2026-11-24", "08:15", "take bills", "А1", "the first minute of issuing, before reception", "08:00 tick"),
    Case("2026-11-24", "19:14", "take bills", "А1", "the last minute of issuing", "08:00 tick"),
    Case("2026-11-24", "19:15", "take bills", "no: issuing-closed (closes=19:15)", "issuing is over", "08:00 tick"),
    Case("2026-11-24", "20:29", "take bills insist", "А1", "reception insists within the grace", "08:00 tick"),
    Case("2026-11-24", "20:31", "take bills insist", "no: day-not-open", "the day is over", "08:00 tick; 20:30 tick"),
    Case("2026-11-28", "14:59", "take bills", "А1", "Saturday's last minute of issuing", "09:00 tick"),
    Case(
        "2026-11-28", "15:00", "take bills", "no: issuing-closed (closes=15:00)", "Saturday ends earlier", "09:00 tick"
    ),
    Case("2026-11-24", "08:20", "take meters", "М1", "a number before the service begins at nine", "08:00 tick"),
    Case("2026-11-24", "11:59", "take meters", "М1", "the service's last minute", "08:00 tick"),
    Case(
        "2026-11-24", "12:00", "take meters", "no: issuing-closed (closes=12:00)", "the service is over", "08:00 tick"
    ),
    Case("2026-11-26", "08:20", "take officer", "П1", "Thursday: the officer comes at two", "08:00 tick"),
    Case("2026-11-26", "17:59", "take officer", "П1", "the officer's last minute", "08:00 tick"),
    Case("2026-11-26", "18:00", "take officer", "no: issuing-closed (closes=18:00)", "the officer left", "08:00 tick"),
    Case(
        "2026-11-23", "12:00", "take officer", "no: issuing-closed (closes=12:00)", "Monday till twelve", "08:00 tick"
    ),
    Case(
        "2026-11-24", "10:00", "take officer", "no: not-today (service=officer)", "no officer on Tuesday", "08:00 tick"
    ),
    Case("2026-11-24", "10:00", "take officer insist", "П1", "reception knows that the officer is here", "08:00 tick"),
    # Limits
    Case(
        "2026-11-24",
        "09:02",
        "take debts",
        "no: limit-reached (service=debts, limit=2)",
        "two a day for this service",
        "08:00 tick; 09:00 take debts; 09:01 take debts",
    ),
    Case(
        "2026-11-24",
        "09:02",
        "take debts insist",
        "Б3",
        "reception goes past a limit",
        "08:00 tick; 09:00 take debts; 09:01 take debts",
    ),
    Case(
        "2026-11-24",
        "09:02",
        "take bills",
        "А1",
        "the other services have no limit",
        "08:00 tick; 09:00 take debts; 09:01 take debts",
    ),
    Case(
        "2026-11-25",
        "09:00",
        "take debts",
        "Б1",
        "limit and numbers begin anew with the next day",
        "2026-11-24 08:00 tick; 09:00 take debts; 09:01 take debts; 20:30 tick; 2026-11-25 08:00 tick",
    ),
    Case(
        "2026-11-24",
        "09:03",
        "take bills",
        "no: limit-reached (service=bills, limit=3)",
        "three a day in the whole office",
        "08:00 tick; 09:00 take bills; 09:01 take debts; 09:02 take meters",
        "few",
    ),
    # The predicted finish: reception ends at 19:45, a visit for bills takes 15 minutes
    Case("2026-11-24", "19:00", "take bills mean=30", "А1", "the service would end with reception", "08:00 tick"),
    Case(
        "2026-11-24",
        "19:00",
        "take bills mean=31",
        "no: no-time-left (closes=19:45, wait_min=31)",
        "the service would end after reception",
        "08:00 tick",
    ),
    Case("2026-11-24", "19:00", "take bills mean=31 unpromised", "А1", "the visitor waits all the same", "08:00 tick"),
    Case("2026-11-24", "19:00", "take bills mean=31 insist", "А1", "reception insists", "08:00 tick"),
    Case(
        "2026-11-24",
        "11:30",
        "take meters mean=20",
        "no: no-time-left (closes=12:00, wait_min=20)",
        "the service's own hours count",
        "08:00 tick",
    ),
    Case("2026-11-24", "22:00", "take bills mean=90", "А1", "opened after hours: nothing is promised", "21:00 open"),
    Case("2026-11-24", "19:30", "take bills mean=90", "А1", "no prediction without a clock", DARK),
    # Public holidays of Russia
    Case("2026-01-01", "00:00", "watch 23:59", "nothing", "New Year, a Thursday"),
    Case("2026-01-09", "00:00", "watch 23:59", "nothing", "a Friday to which a day off was moved"),
    Case("2026-11-04", "00:00", "watch 23:59", "nothing", "National Unity Day, a Wednesday"),
    Case(
        "2025-12-30",
        "07:00",
        "watch 2026-01-10 17:00",
        "08:00 day 2025-12-30 opened, 20:30 day closed by itself, "
        "09:00 day 2026-01-10 opened, 16:30 day closed by itself",
        "the box stays on through the whole New Year holiday; the eve of a moved day off is not short",
    ),
    Case(
        "2026-11-03",
        "00:00",
        "watch 23:59",
        "08:00 day 2026-11-03 opened, 19:30 day closed by itself",
        "an hour shorter before a holiday",
    ),
    Case("2026-11-03", "18:14", "take bills", "А1", "before a holiday: the last minute of issuing", "08:00 tick"),
    Case("2026-11-03", "18:15", "take bills", "no: issuing-closed (closes=18:15)", "an hour earlier too", "08:00 tick"),
    Case(
        "2024-04-27",
        "00:00",
        "watch 23:59",
        "08:00 day 2024-04-27 opened, 20:30 day closed by itself",
        "a working Saturday in an office of five days: Monday's hours",
        plan="five days",
    ),
    Case(
        "2025-11-01",
        "00:00",
        "watch 23:59",
        "09:00 day 2025-11-01 opened, 15:30 day closed by itself",
        "a working Saturday instead of the eve of a holiday is short as that day would have been",
    ),
    Case("2026-11-28", "00:00", "watch 23:59", "nothing", "another Saturday of that office", plan="five days"),
    Case(
        "2027-02-20",
        "00:00",
        "watch 23:59",
        "08:00 day 2027-02-20 opened, 20:30 day closed by itself",
        "the office's own calendar (like a Friday) goes before the public one",
    ),
    Case("2026-01-01", "11:00", "key", "day 2026-01-01 opened, desk 1 opened", "somebody works on a holiday"),
    # Ukraine: no public holidays in wartime, the office's own table
    Case(
        "2026-05-01",
        "00:00",
        "watch 23:59",
        "09:00 day 2026-05-01 opened, 18:30 day closed by itself",
        "the first of May is worked",
        plan="kyiv",
    ),
    Case("2026-08-24", "00:00", "watch 23:59", "nothing", "closed by the office's own table", plan="kyiv"),
    Case(
        "2026-06-30",
        "00:00",
        "watch 23:59",
        "09:00 day 2026-06-30 opened, 16:30 day closed by itself",
        "short by two hours",
        plan="kyiv",
    ),
    Case(
        "2026-07-01",
        "00:00",
        "watch 23:59",
        "09:00 day 2026-07-01 opened, 13:30 day closed by itself",
        "short, by hours of its own",
        plan="kyiv",
    ),
    Case(
        "2026-07-01",
        "12:00",
        "take bills",
        "no: issuing-closed (closes=12:00)",
        "issuing still ends an hour before the office",
        "09:00 tick",
        "kyiv",
    ),
    Case(
        "2026-07-04",
        "00:00",
        "watch 23:59",
        "09:00 day 2026-07-04 opened, 18:30 day closed by itself",
        "a Saturday that is worked",
        plan="kyiv",
    ),
    Case(
        "2026-07-05",
        "00:00",
        "watch 23:59",
        "10:00 day 2026-07-05 opened, 14:30 day closed by itself",
        "a Sunday with hours of its own",
        plan="kyiv",
    ),
    # A person opens and closes
    Case("2026-11-29", "10:00", "open", "day 2026-11-29 opened", "a person opens on a Sunday"),
    Case("2026-11-29", "23:00", "take bills", "А1", "and numbers are given out at any hour", "10:00 open"),
    Case("2026-11-29", "11:00", "take officer", "П1", "for every service", "10:00 open"),
    Case(
        "2026-11-29",
        "10:01",
        "watch 2026-11-30 09:00",
        "00:00 day closed by itself, 08:00 day 2026-11-30 opened",
        "and it lasts until the next date",
        "10:00 open",
    ),
    Case(
        "2026-11-28",
        "20:00",
        "watch 2026-11-29 23:59",
        "00:00 day closed by itself",
        "opened after hours before a Sunday: until midnight",
        "19:00 open",
    ),
    Case(
        "2026-11-24",
        "21:00",
        "open",
        "day 2026-11-24 opened, numbers go on",
        "opened once more after hours",
        "08:00 tick; 20:30 tick",
    ),
    Case("2026-11-24", "22:00", "take bills", "А1", "after hours a person's word counts", "21:00 open"),
    Case(
        "2026-11-24",
        "21:01",
        "watch 2026-11-25 08:00",
        "00:00 day closed by itself, 08:00 day 2026-11-25 opened",
        "opened after hours it stays open until the next date",
        "21:00 open",
    ),
    Case("2026-11-24", "20:11", "watch 23:59", CLOSED, "opened in the grace it closes after it", "20:10 open"),
    Case("2026-11-24", "06:01", "watch 23:59", CLOSED, "opened before hours it closes as ever", "06:00 open"),
    Case(
        "2026-11-24",
        "06:05",
        "take bills",
        "no: issuing-not-yet (opens=08:15)",
        "opened before hours, numbers come later",
        "06:00 open",
    ),
    Case("2026-11-24", "12:01", "watch 23:59", "nothing", "closed at noon it stays so", "08:00 tick; 12:00 close"),
    Case("2026-11-24", "12:00", "open", "no: day-already-open (date=2026-11-24)", "opened twice", "08:00 tick"),
    # Midnight
    Case(
        "2026-11-24",
        "13:00",
        "watch 2026-11-25 13:00",
        "14:00 day 2026-11-24 opened, 00:30 day closed by itself",
        "closing at 24:00: the grace runs over midnight",
        plan="till midnight",
    ),
    Case(
        "2026-11-24",
        "13:00",
        "watch 2026-11-25 13:00",
        "14:00 day 2026-11-24 opened, 00:15 day closed by itself",
        "closing at 23:45: so does the rest of the grace",
        plan="till late",
    ),
    Case(
        "2026-11-24",
        "13:00",
        "watch 2026-11-25 13:00",
        "14:00 day 2026-11-24 opened, 00:00 day closed by itself",
        "closing at 24:00 without a grace",
        plan="till midnight sharp",
    ),
    Case(
        "2026-11-25",
        "00:10",
        "take bills",
        "no: issuing-not-yet (opens=14:00)",
        "no numbers in the grace after midnight",
        "2026-11-24 14:00 tick",
        "till midnight",
    ),
    Case(
        "2026-11-25",
        "00:30",
        "tick",
        "А1 done by the system, desk 1 closed, day closed by itself",
        "who is served at midnight has the grace",
        "2026-11-24 14:00 tick; 23:40 take bills; 23:50 desk; 23:50 call; 23:51 start; 2026-11-25 00:29 tick",
        "till midnight",
    ),
    Case(
        "2026-11-24",
        "12:00",
        "watch 2026-11-25 12:00",
        "00:00 day closed by itself, 00:01 day 2026-11-25 opened",
        "an office that never closes changes its day at midnight",
        "00:00 tick",
        "always",
    ),
    # Nights when the clocks change (Kyiv: 29 March at 03:00 to 04:00, 25 October at 04:00 back to 03:00)
    Case(
        "2026-03-29",
        "00:00",
        "watch 12:00",
        "02:30 day 2026-03-29 opened, 06:30 day closed by itself",
        "forward: the hours are those of the wall",
        plan="night",
    ),
    Case(
        "2026-03-29",
        "00:00",
        "watch 13:00",
        "04:00 day 2026-03-29 opened, 12:30 day closed by itself",
        "forward: there is no 03:30, it opens at the next minute that there is",
        plan="dawn",
    ),
    Case(
        "2026-10-25",
        "00:00",
        "watch 13:00",
        "03:30 day 2026-10-25 opened, 12:30 day closed by itself",
        "back: 03:30 comes twice, the day opens once",
        plan="dawn",
    ),
    Case(
        "2026-10-25",
        "00:00",
        "watch 13:00",
        "00:30 day 2026-10-25 opened, 03:15 day closed by itself",
        "back: closed at the first 03:15, it isn't opened at the second 03:00",
        plan="small hours",
    ),
    Case(
        "2026-03-27",
        "17:00",
        "watch 2026-03-30 10:00",
        "18:30 day closed by itself, 09:00 day 2026-03-30 opened",
        "the weekend of the change on a running box",
        "09:00 tick",
        "kyiv",
    ),
    # Nobody knows the time
    Case("2026-11-24", "07:01", "watch 2026-11-25 12:00", "nothing", "nothing opens by itself", "07:00 dark"),
    Case("2026-11-24", "08:30", "key", "day without a date opened, desk 1 opened", "a person opens", "07:00 dark"),
    Case("2026-11-24", "23:00", "take bills", "А1", "no number is refused by a clock nobody believes", DARK),
    Case("2026-11-24", "09:00", "watch 2026-11-25 12:00", "nothing", "nothing closes by itself", DARK),
    Case("2026-11-24", "10:00", "tick", "day is 2026-11-24", "the date is learned later", f"{DARK}; 10:00 sync"),
    Case(
        "2026-11-24",
        "10:01",
        "watch 23:59",
        f"10:01 day is 2026-11-24, 20:30 {LEFT} + desk 1 closed + day closed by itself",
        "and the day closes as ever",
        f"{DARK}; 08:40 take bills; 10:00 sync",
    ),
    Case(
        "2026-11-24",
        "22:00",
        "watch 23:59",
        "22:00 day is 2026-11-24, 22:01 desk 1 closed + day closed by itself",
        "the date is learned after closing time",
        f"{DARK}; 22:00 sync",
    ),
    Case(
        "2026-11-24", "09:30", "tick", "day 2026-11-24 opened", "learned before anybody came", "07:00 dark; 09:30 sync"
    ),
    Case(
        "2026-11-25",
        "09:00",
        "tick",
        "nothing",
        "yesterday's day is still open, today's people took numbers in the dark: they stay",
        f"{NIGHT} 07:30 dark; 08:30 take bills; 09:00 sync",
    ),
    Case(
        "2026-11-25",
        "20:30",
        "tick",
        f"{LEFT}, А2 left by the system, day closed by itself",
        "and that day closes with today's hours",
        f"{NIGHT} 07:30 dark; 08:30 take bills; 09:00 sync",
    ),
    # The box was off
    Case("2026-11-25", "07:00", "tick", SWEPT, "nobody closed yesterday: closed at power-on", f"{NIGHT} 07:00 on"),
    Case(
        "2026-11-25",
        "07:00",
        "watch 09:00",
        f"07:00 {LEFT} + day closed by itself, 08:00 day 2026-11-25 opened",
        "and today opens at its hour",
        f"{NIGHT} 07:00 on",
    ),
    Case(
        "2026-11-25",
        "10:12",
        "watch 10:20",
        f"10:12 {LEFT} + day closed by itself, 10:13 day 2026-11-25 opened",
        "or late, if the power came late",
        f"{NIGHT} 10:12 on",
    ),
    Case(
        "2026-11-25",
        "07:31",
        "open",
        f"{SWEPT}, day 2026-11-25 opened",
        "a person is faster than the clock",
        f"{NIGHT} 07:31 on",
    ),
    Case("2026-11-25", "09:00", "take bills", "А1", "today's numbers begin at one", f"{NIGHT} 07:31 on; 07:31 open"),
    Case(
        "2026-11-24",
        "15:00",
        "tick",
        "nothing",
        "off for three hours of the day: it goes on",
        "08:00 tick; 12:00 off; 15:00 on",
    ),
    Case(
        "2026-11-24",
        "22:00",
        "tick",
        SWEPT,
        "off at closing time: closed at power-on",
        "08:00 tick; 09:00 take bills; 19:00 off; 22:00 on",
    ),
    Case(
        "2026-11-24",
        "10:12",
        "tick",
        "day 2026-11-24 opened",
        "a missed opening",
        "2026-11-23 21:00 off; 2026-11-24 10:12 on",
    ),
    Case("2026-11-24", "19:59", "tick", "day 2026-11-24 opened", "the very last minute", "07:00 off; 19:59 on"),
    Case("2026-11-24", "20:00", "tick", "nothing", "after closing time nothing opens", "07:00 off; 20:00 on"),
    Case(
        "2026-11-25",
        "07:00",
        "watch 23:59",
        "08:00 day 2026-11-25 opened, 20:30 day closed by itself",
        "off for the whole of the 24th: that date has no day",
        "2026-11-23 21:00 off; 2026-11-25 07:00 on",
    ),
    Case(
        "2026-11-27",
        "07:00",
        "watch 12:00",
        f"07:00 {LEFT} + day closed by itself, 08:00 day 2026-11-27 opened",
        "off for three days with the day open",
        "2026-11-24 08:00 tick; 09:00 take bills; 12:00 off; 2026-11-27 07:00 on",
    ),
    # The clock jumps
    Case(
        "2026-11-24",
        "12:29",
        "tick",
        "nothing",
        "nine hours forth: nothing ends within the grace",
        "08:00 tick; 12:00 clock +09:00",
    ),
    Case(
        "2026-11-24", "12:10", "take bills", "А1", "and numbers are still given out", "08:00 tick; 12:00 clock +09:00"
    ),
    Case(
        "2026-11-24",
        "12:30",
        "tick",
        "day closed by itself",
        "it stays there: the day is over",
        "08:00 tick; 12:00 clock +09:00",
    ),
    Case(
        "2026-11-24",
        "12:21",
        "watch 23:59",
        CLOSED,
        "forth and back within the grace: as if nothing had been",
        "08:00 tick; 12:00 clock +09:00; 12:20 clock -09:00",
    ),
    Case(
        "2026-11-24",
        "12:01",
        "watch 23:59",
        "nothing",
        "thirteen hours forth: nobody believes it",
        "08:00 tick; 12:00 clock +13:00",
    ),
    Case(
        "2026-11-24",
        "12:31",
        "watch 23:59",
        CLOSED,
        "and on the way back it is believed again",
        "08:00 tick; 12:00 clock +13:00; 12:30 clock -13:00",
    ),
    Case(
        "2026-11-24",
        "10:00",
        "tick",
        "nothing",
        "back before the opening: the open day stays",
        "08:00 tick; 09:00 clock -02:00",
    ),
    Case(
        "2026-11-24",
        "22:41",
        "tick",
        "nothing",
        "forth into tomorrow's hours and back: nothing opens on a clock that has just jumped",
        "08:00 tick; 20:30 tick; 22:00 clock +11:00; 22:01 tick; 22:10 clock -11:00",
    ),
    # What closing ends
    Case("2026-11-24", "20:30", "tick", SWEPT, "who waits has left", "08:00 tick; 09:00 take bills"),
    Case(
        "2026-11-24",
        "20:30",
        "tick",
        "А1 left by the system, desk 1 closed, day closed by itself",
        "who was called and did not come has left",
        "08:00 tick; 09:00 take bills; 20:28 desk; 20:29 call",
    ),
    Case(
        "2026-11-24",
        "20:30",
        "tick",
        "А1 done by the system, desk 1 closed, day closed by itself",
        "who is served is done",
        "08:00 tick; 09:00 take bills; 20:10 desk; 20:10 call; 20:11 start",
    ),
    Case(
        "2026-11-24",
        "20:30",
        "tick",
        "А1 left by the system, desk 1 closed, day closed by itself",
        "who is parked over closing has left",
        "08:00 tick; 09:00 take bills; 20:10 desk; 20:10 call; 20:11 start; 20:25 park",
    ),
    Case(
        "2026-11-24",
        "20:30",
        "tick",
        "nothing",
        "an alarm over closing time: nobody is sent away before the date is over",
        "08:00 tick; 09:00 take bills; 20:00 pause",
    ),
    Case("2026-11-24", "12:00", "take bills", "no: hall-paused", "no numbers in a pause", "08:00 tick; 11:00 pause"),
    Case(
        "2026-11-24",
        "20:29",
        "close",
        "А1 left by the system, day closed",
        "staff close it",
        "08:00 tick; 09:00 take bills",
    ),
    # A plan with other hours is adopted
    Case(
        "2026-11-24",
        "12:01",
        "watch 23:59",
        "15:30 day closed by itself",
        "shorter from noon on",
        "08:00 tick; 12:00 plan till three",
    ),
    Case(
        "2026-11-24",
        "14:15",
        "take bills",
        "no: issuing-closed (closes=14:15)",
        "and its issuing",
        "08:00 tick; 12:00 plan till three",
    ),
    Case(
        "2026-11-24",
        "12:01",
        "watch 23:59",
        "22:30 day closed by itself",
        "longer from noon on",
        "08:00 tick; 12:00 plan till ten at night",
    ),
    Case(
        "2026-11-24",
        "16:00",
        "tick",
        "day closed by itself",
        "hours that are over already",
        "08:00 tick; 16:00 plan till three",
    ),
    Case(
        "2026-11-25",
        "00:00",
        "watch 23:59",
        "08:00 day 2026-11-25 opened, 15:30 day closed by itself",
        "adopted in the evening it holds tomorrow",
        "2026-11-24 08:00 tick; 20:30 tick; 21:00 plan till three",
    ),
)


def outcome(case: Case) -> str:
    """What comes out of a case."""
    steps = [
        step.strip() for step in (*case.before.split(";"), f"{case.date} {case.time} {case.asked}") if step.strip()
    ]
    if "-" not in steps[0].split()[0]:
        steps[0] = f"{case.date} {steps[0]}"
    return Box(PLANS, case.plan, " ".join(steps[0].split()[:2])).play(steps)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.date} {case.time} {case.asked}: {case.why}" for case in CASES])
def test_the_office_does_what_the_table_says(case: Case) -> None:
    assert outcome(case) == case.told


def test_no_case_stands_in_the_table_twice() -> None:
    asked = [(case.date, case.time, case.asked, case.before, case.plan) for case in CASES]
    assert len(asked) == len(set(asked))


ACTS = ("watch", "take bills", "open", "close", "key", "off", "on", "dark", "sync", "clock +00:02", "clock +03:00")
MORE = ("clock -03:00", "clock +14:00", "clock -14:00", "pause", "resume")


@settings(max_examples=examples(150), deadline=None)
@given(
    plan=st.sampled_from(sorted(PLANS)),
    acts=st.lists(st.tuples(st.integers(1, 600), st.sampled_from(ACTS + MORE)), min_size=3, max_size=25),
)
def test_whatever_the_clocks_do_a_tick_ends_no_day_in_doubt_and_opens_none_without_hours(
    plan: str, acts: list[tuple[int, str]]
) -> None:
    box = Box(PLANS, plan, "2026-11-24 07:00")
    for minutes, act in acts:
        box.pass_time(minutes)
        if act != "watch":
            box.ask(act)
            continue
        before, now = box.office, box.now()
        told = box.tick()
        was, after = before.open_day, box.office.open_day
        if was is not None and after is None:
            assert now.settled
            assert now.local is not None
        if was is None and after is not None:
            assert now.local is not None
            assert after.date == now.local.date().isoformat()
            assert before.day is None or before.day.date != after.date
            hours = day_hours(box.plan, now.local.date(), now.public).office
            assert hours is not None
            assert now.local.hour * 60 + now.local.minute in hours
        assert len([one for one in told if one.startswith("day")]) <= 1


def main() -> int:
    """Print the table, and how many of its cases come out; 1 if one doesn't."""
    wrong = 0
    for case in CASES:
        found = outcome(case)
        wrong += found != case.told
        weekday = f"{datetime.fromisoformat(case.date):%a}"
        print(f"{case.date} {weekday} {case.time}  {case.asked:<32} {found:<50} {case.why}")
        if found != case.told:
            print(f"    WRONG: the table says {case.told}")
    print(f"{len(CASES)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
