"""Broken plans and the sentence that each gets; `python -m tests.plan.broken [ru|uk|en]` prints them."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from appliance.document_words import document
from appliance.domain.plans.document import Mistake
from appliance.domain.plans.reader import PlanError, checked_plan

BASE = """\
schema = 1
version = 1
office = "office-17"
timezone = "Europe/Moscow"
languages = ["ru", "uk"]
desk_word = "window"

[name]
ru = "Отделение 17"

[hours]
opens = "08:00"
closes = "20:00"
sat = "09:00-15:00"
sun = "closed"

[hours.reception]
closes = "19:30"

[hours.issuing]
closes = "19:00"

[calendar]
country = "RU"
short_by_min = 60

[[calendar.day]]
date = 2026-12-31
kind = "short"
hours = "08:00-14:00"

[policy]
kind = "ageing"
passes = 1

[settings]
park_min = 10
min_cover = 1

[[category]]
id = "veteran"
name = { ru = "Ветераны" }
head_start_min = 20

[[reason]]
id = "form"
kind = "park"
name = { ru = "бланк" }

[[organisation]]
id = "billing"
name = { ru = "Расчётный центр" }

[[organisation]]
id = "water"
name = { ru = "Водоканал" }
hours = { mon = "09:00-13:00", thu = "14:00-18:00" }

[[service]]
id = "bills"
series = "А"
organisation = "billing"
name = { ru = "Счета" }
purposes = ["consult", "submit"]
norm_min = 15

[[service]]
id = "debts"
series = "А"
organisation = "billing"
name = { ru = "Долги" }
limit = 40

[[service]]
id = "meters"
series = "К"
organisation = "water"
name = { ru = "Счётчики" }
hours = "09:00-12:00"

[[desk]]
number = 1
organisation = "billing"
services = ["bills"]
secondary = ["debts"]
needs = ["time"]
transfer_to = "meters"

[[desk]]
number = 2
services = ["meters"]

[[operator]]
id = "op-1"
organisation = "billing"
services = ["bills"]
secondary = ["debts"]

[[operator]]
id = "op-2"
organisation = "water"
also = ["billing"]

[[shift]]
operator = "op-1"
desk = 1
days = "mon-fri"
hours = "08:00-17:00"
breaks = ["12:00-12:30", "15:00-15:15"]

[[shift]]
operator = "op-2"
desk = 2
days = "mon-fri"
hours = "09:00-18:00"

[[absence]]
operator = "op-1"
first = 2026-12-01
last = 2026-12-14
reason = "vacation"
"""
"""A right plan with everything in it once."""


@dataclass(frozen=True)
class Broken:
    """`old` of the right plan was written as `new`; the first mistake is at `place`, with this code and sentence."""

    name: str
    old: str
    new: str
    place: str
    code: str
    sentence: str

    @property
    def text(self) -> str:
        assert self.old in BASE
        return BASE.replace(self.old, self.new, 1)

    def mistakes(self) -> tuple[Mistake, ...]:
        """What is told; an empty answer means that the plan passed."""
        try:
            checked_plan(self.text)
        except PlanError as error:
            return error.mistakes
        return ()


def sentence(mistake: Mistake, language: str) -> str:
    return document(mistake.place, mistake.code, mistake.facts, mistake.nearest, language)


def _between(first: str, last: str) -> str:
    """The text of the right plan from one place up to another."""
    begin = BASE.index(first)
    return BASE[begin : BASE.index(last, begin) if last else None]


BROKEN = (
    Broken(
        "not TOML at all",
        "version = 1\n",
        "version 1\n",
        "plan",
        "not-toml-at",
        "line 2, column 9: this is not valid TOML (Expected '=' after a key in a key/value pair). Correct that line.",
    ),
    Broken(
        "a text where a number belongs",
        "version = 1\n",
        'version = "1"\n',
        "plan.version",
        "wrong-type",
        "a whole number is wanted here, a text in quotes was found.",
    ),
    Broken(
        "a later schema",
        "schema = 1\n",
        "schema = 2\n",
        "plan.schema",
        "other-schema",
        "this plan is of the schema 2, this release reads 1. Install a newer release.",
    ),
    Broken(
        "no version",
        "version = 1\n",
        "",
        "plan.version",
        "missing",
        "this is missing. Add it.",
    ),
    Broken(
        "an office in capitals",
        '"office-17"',
        '"Office 17"',
        "plan.office",
        "not-an-id",
        "“Office 17” is no id: use small Latin letters, digits and hyphens.",
    ),
    Broken(
        "an unknown time zone",
        "Europe/Moscow",
        "Europe/Odintsovo",
        "plan.timezone",
        "unknown-timezone",
        "“Europe/Odintsovo” is no time zone; an example is Europe/Kyiv.",
    ),
    Broken(
        "a language that nobody speaks here",
        '["ru", "uk"]',
        '["ru", "ua"]',
        "plan.languages",
        "not-allowed",
        "“ua” is none of: ru, uk, en.",
    ),
    Broken(
        "a word for desks that isn't offered",
        '"window"',
        '"windows"',
        "plan.desk_word",
        "not-allowed",
        "“windows” is none of: window, table, workplace. Did you mean “window”?",
    ),
    Broken(
        "a mistyped top-level key",
        "desk_word",
        "desk_wrd",
        "plan.desk_wrd",
        "unknown-key",
        "there is no such setting. Remove it or correct its name. Did you mean “desk_word”?",
    ),
    Broken(
        "no name",
        '[name]\nru = "Отделение 17"\n',
        "",
        "plan.name",
        "missing",
        "this is missing. Add it.",
    ),
    Broken(
        "a name in an unknown language",
        'ru = "Отделение 17"',
        'rus = "Отделение 17"',
        "plan.name.rus",
        "unknown-key",
        "there is no such setting. Remove it or correct its name. Did you mean “ru”?",
    ),
    Broken(
        "an empty name",
        'ru = "Отделение 17"',
        'ru = " "',
        "plan.name.ru",
        "empty",
        "this text is empty. Fill it in or remove it.",
    ),
    Broken(
        "a name that is too long",
        '"Отделение 17"',
        '"' + "О" * 121 + '"',
        "plan.name.ru",
        "too-long",
        "the text is longer than 120 letters. Shorten it.",
    ),
    Broken(
        "no hours",
        _between("[hours]", "[calendar]"),
        "",
        "plan.hours",
        "missing",
        "this is missing. Add it.",
    ),
    Broken(
        "an hour that doesn't exist",
        'opens = "08:00"',
        'opens = "25:00"',
        "hours.opens",
        "not-a-time",
        "“25:00” is no time of day such as 08:00 or 24:00.",
    ),
    Broken(
        "a time without a leading nought",
        'opens = "08:00"',
        'opens = "8:00"',
        "hours.opens",
        "not-a-time",
        "“8:00” is no time of day such as 08:00 or 24:00.",
    ),
    Broken(
        "closing before opening",
        'opens = "08:00"',
        'opens = "21:00"',
        "hours",
        "closes-before-opens",
        "the office closes before it opens. Check both hours.",
    ),
    Broken(
        "a weekday without an end",
        'sat = "09:00-15:00"',
        'sat = "09:00"',
        "hours.sat",
        "not-a-span",
        "“09:00” is no span of hours such as 08:00-17:00 that ends after it begins.",
    ),
    Broken(
        "a weekday that ends before it begins",
        'sat = "09:00-15:00"',
        'sat = "15:00-09:00"',
        "hours.sat",
        "not-a-span",
        "“15:00-09:00” is no span of hours such as 08:00-17:00 that ends after it begins.",
    ),
    Broken(
        "a mistyped weekday",
        'sun = "closed"',
        'sunday = "closed"',
        "hours.sunday",
        "unknown-key",
        "there is no such setting. Remove it or correct its name. Did you mean “sun”?",
    ),
    Broken(
        "reception after the office has closed",
        'closes = "19:30"',
        'closes = "20:30"',
        "hours.reception.closes",
        "outside-office-hours",
        "these hours lie outside the hours of the office. Correct one of them.",
    ),
    Broken(
        "numbers after reception has ended",
        'closes = "19:00"',
        'closes = "19:45"',
        "hours.issuing.closes",
        "outside-reception-hours",
        "numbers can't be given out while the office is closed or after reception has ended. Correct the hours.",
    ),
    Broken(
        "reception on a day when the office is closed",
        'closes = "19:30"',
        'closes = "19:30"\nsun = "10:00-12:00"',
        "hours.reception.sun",
        "outside-office-hours",
        "these hours lie outside the hours of the office. Correct one of them.",
    ),
    Broken(
        "a country in small letters",
        '"RU"',
        '"ru"',
        "calendar.country",
        "not-a-country",
        "“ru” is no country code of two capitals such as RU or UA.",
    ),
    Broken(
        "a date that doesn't exist",
        "date = 2026-12-31",
        'date = "2026-02-30"',
        "calendar.day 2026-02-30.date",
        "not-a-date",
        "“2026-02-30” is no date such as 2026-12-31.",
    ),
    Broken(
        "a kind of day that isn't offered",
        'kind = "short"',
        'kind = "shorter"',
        "calendar.day 2026-12-31.kind",
        "not-allowed",
        "“shorter” is none of: closed, short, working. Did you mean “short”?",
    ),
    Broken(
        "a closed day with hours",
        'kind = "short"',
        'kind = "closed"',
        "calendar.day 2026-12-31.hours",
        "not-for-this-kind",
        "this says nothing for a day of the kind “closed”. Remove it or change the kind.",
    ),
    Broken(
        "a short day without an end",
        'hours = "08:00-14:00"\n',
        "",
        "calendar.day 2026-12-31.hours",
        "missing",
        "this is missing. Add it.",
    ),
    Broken(
        "a short day said twice",
        'hours = "08:00-14:00"',
        'hours = "08:00-14:00"\nshort_by_min = 60',
        "calendar.day 2026-12-31.hours",
        "one-of",
        "only one of these may be given: hours / short_by_min. Remove the other.",
    ),
    Broken(
        "a date given twice",
        "[policy]",
        '[[calendar.day]]\ndate = 2026-12-31\nkind = "closed"\n\n[policy]',
        "calendar.day 2026-12-31.date",
        "duplicate",
        "“2026-12-31” is there already. Each may be given once.",
    ),
    Broken(
        "a policy that isn't offered",
        '"ageing"',
        '"aging"',
        "policy.kind",
        "not-allowed",
        "“aging” is none of: absolute, ratio, ageing. Did you mean “ageing”?",
    ),
    Broken(
        "a negative number",
        "passes = 1",
        "passes = -1",
        "policy.passes",
        "out-of-range",
        "-1 is not between 0 and 99.",
    ),
    Broken(
        "a mistyped setting",
        "park_min",
        "parc_min",
        "settings.parc_min",
        "unknown-key",
        "there is no such setting. Remove it or correct its name. Did you mean “park_min”?",
    ),
    Broken(
        "a setting out of range",
        "park_min = 10",
        "park_min = 100000",
        "settings.park_min",
        "out-of-range",
        "100000 is not between 0 and 86400.",
    ),
    Broken(
        "more desks that go on than there are",
        "min_cover = 1",
        "min_cover = 3",
        "settings.min_cover",
        "cover-too-high",
        "3 desks can't go on receiving: the plan has 2 permanent ones. Lower the number.",
    ),
    Broken(
        "a category without a name",
        'name = { ru = "Ветераны" }\n',
        "",
        "category veteran.name",
        "missing",
        "this is missing. Add it.",
    ),
    Broken(
        "a reason of no kind",
        'kind = "park"\n',
        "",
        "reason form.kind",
        "missing",
        "this is missing. Add it.",
    ),
    Broken(
        "an organisation given twice",
        'id = "water"',
        'id = "billing"',
        "organisation billing.id",
        "duplicate",
        "“billing” is there already. Each may be given once.",
    ),
    Broken(
        "hours of an organisation that are no hours",
        'mon = "09:00-13:00"',
        'mon = "9-13"',
        "organisation water.hours.mon",
        "not-a-span",
        "“9-13” is no span of hours such as 08:00-17:00 that ends after it begins.",
    ),
    Broken(
        "an organisation that is there only when nobody receives",
        '{ mon = "09:00-13:00", thu = "14:00-18:00" }',
        '{ sun = "10:00-12:00" }',
        "organisation water.hours",
        "never-received",
        "these hours never meet the reception hours, so nobody would be received. Correct one of them.",
    ),
    Broken(
        "a service of an unknown organisation",
        'organisation = "water"\nname',
        'organisation = "watter"\nname',
        "service meters.organisation",
        "unknown-organisation",
        "there is no organisation “watter” in this plan. Did you mean “water”?",
    ),
    Broken(
        "a digit as a letter",
        'series = "К"',
        'series = "7"',
        "service meters.series",
        "not-a-letter",
        "“7” can't be the letter of a series: use one Cyrillic letter.",
    ),
    Broken(
        "a letter of two organisations",
        'series = "К"',
        'series = "A"',
        "service meters.series",
        "letter-of-another",
        "the letter “А” belongs to the organisation “billing” already. Give this service another one.",
    ),
    Broken(
        "a service without a letter",
        'series = "К"\n',
        "",
        "service meters.series",
        "missing",
        "this is missing. Add it.",
    ),
    Broken(
        "a norm of nothing",
        "norm_min = 15",
        "norm_min = 0",
        "service bills.norm_min",
        "out-of-range",
        "0 is not between 1 and 240.",
    ),
    Broken(
        "a purpose that isn't offered",
        '["consult", "submit"]',
        '["consult", "submits"]',
        "service bills.purposes",
        "not-allowed",
        "“submits” is none of: consult, submit, collect. Did you mean “submit”?",
    ),
    Broken(
        "a service given twice",
        'id = "debts"',
        'id = "bills"',
        "service bills.id",
        "duplicate",
        "“bills” is there already. Each may be given once.",
    ),
    Broken(
        "a service whose hours never meet its organisation's",
        'hours = "09:00-12:00"',
        'hours = { tue = "09:00-12:00" }',
        "service meters.hours",
        "never-received",
        "these hours never meet the reception hours, so nobody would be received. Correct one of them.",
    ),
    Broken(
        "a service that no desk takes",
        'secondary = ["debts"]\nneeds',
        "needs",
        "service debts",
        "nobody-serves",
        "no desk takes the service “debts”. Add it to a desk or remove it.",
    ),
    Broken(
        "a purpose that no desk takes",
        'needs = ["time"]',
        'needs = ["time"]\npurposes = ["submit", "collect"]',
        "service bills.purposes",
        "nobody-serves-purpose",
        "no desk takes this service with the purpose “consult”. Add it to a desk or remove it here.",
    ),
    Broken(
        "a mistyped service at a desk",
        'services = ["meters"]',
        'services = ["metters"]',
        "desk 2.services",
        "unknown-service",
        "there is no service “metters” in this plan. Did you mean “meters”?",
    ),
    Broken(
        "a transfer to an unknown service",
        'transfer_to = "meters"',
        'transfer_to = "meter"',
        "desk 1.transfer_to",
        "unknown-service",
        "there is no service “meter” in this plan. Did you mean “meters”?",
    ),
    Broken(
        "a desk with the service of another organisation",
        'secondary = ["debts"]\nneeds',
        'secondary = ["debts", "meters"]\nneeds',
        "desk 1.secondary",
        "foreign-service",
        "“meters” is a service of the organisation “water”. Remove it here or change the organisation.",
    ),
    Broken(
        "a service that is main and secondary",
        'services = ["bills"]\nsecondary = ["debts"]\nneeds',
        'services = ["bills", "debts"]\nsecondary = ["debts"]\nneeds',
        "desk 1.secondary",
        "main-and-secondary",
        "“debts” stands under services too. Leave it in one of the two lists.",
    ),
    Broken(
        "a need that isn't offered",
        'needs = ["time"]',
        'needs = ["stepfree"]',
        "desk 1.needs",
        "not-allowed",
        "“stepfree” is none of: time, step-free, voice. Did you mean “step-free”?",
    ),
    Broken(
        "a desk given twice",
        "number = 2",
        "number = 1",
        "desk 1.number",
        "duplicate",
        "“1” is there already. Each may be given once.",
    ),
    Broken(
        "no desks",
        _between("[[desk]]", ""),
        "",
        "plan.desk",
        "missing",
        "this is missing. Add it.",
    ),
    Broken(
        "an operator of an unknown organisation",
        'id = "op-2"\norganisation = "water"',
        'id = "op-2"\norganisation = "heat"',
        "operator op-2.organisation",
        "unknown-organisation",
        "there is no organisation “heat” in this plan.",
    ),
    Broken(
        "an operator's service of another organisation",
        'id = "op-1"\norganisation = "billing"\nservices = ["bills"]',
        'id = "op-1"\norganisation = "billing"\nservices = ["bills", "meters"]',
        "operator op-1.services",
        "foreign-service",
        "“meters” is a service of the organisation “water”. Remove it here or change the organisation.",
    ),
    Broken(
        "a shift of an unknown operator",
        'operator = "op-2"\ndesk = 2',
        'operator = "op-3"\ndesk = 2',
        "shift 2.operator",
        "unknown-operator",
        "there is no operator “op-3” in this plan. Did you mean “op-2”?",
    ),
    Broken(
        "a shift at an unknown desk",
        'operator = "op-2"\ndesk = 2',
        'operator = "op-2"\ndesk = 4',
        "shift 2.desk",
        "unknown-desk",
        "there is no desk 4 in this plan.",
    ),
    Broken(
        "days of a shift that are no days",
        'desk = 2\ndays = "mon-fri"',
        'desk = 2\ndays = "weekdays"',
        "shift 2.days",
        "not-weekdays",
        "“weekdays” names no weekdays; examples are mon-fri and tue,thu.",
    ),
    Broken(
        "a shift before the office opens",
        'hours = "09:00-18:00"',
        'hours = "07:00-18:00"',
        "shift 2.hours",
        "shift-outside-hours",
        "the office works 08:00-20:00 on Monday. Correct the shift or the hours.",
    ),
    Broken(
        "a shift on a closed day",
        'desk = 2\ndays = "mon-fri"\nhours = "09:00-18:00"',
        'desk = 2\ndays = "sun"\nhours = "09:00-15:00"',
        "shift 2.days",
        "shift-on-closed-day",
        "the office is closed on Sunday. Take the day out of the shift or open the office.",
    ),
    Broken(
        "a break outside its shift",
        '"12:00-12:30"',
        '"17:00-17:30"',
        "shift 1.breaks",
        "break-outside-shift",
        "the break 17:00-17:30 lies outside the shift 08:00-17:00. Correct one of them.",
    ),
    Broken(
        "breaks that overlap",
        '"15:00-15:15"',
        '"12:15-12:45"',
        "shift 1.breaks",
        "breaks-overlap",
        "the breaks 12:00-12:30 and 12:15-12:45 overlap. Correct one of them.",
    ),
    Broken(
        "somebody at two desks at one time",
        'operator = "op-2"\ndesk = 2',
        'operator = "op-1"\ndesk = 2',
        "shift 2.hours",
        "two-places",
        "the operator “op-1” has shift 1 at the same time on Monday. Nobody can be at two desks.",
    ),
    Broken(
        "two people at one desk",
        'operator = "op-2"\ndesk = 2',
        'operator = "op-2"\ndesk = 1',
        "shift 2.hours",
        "two-people",
        "desk 1 has shift 1 at the same time on Monday. A desk has one operator at a time.",
    ),
    Broken(
        "a week that doesn't exist",
        'hours = "09:00-18:00"',
        'hours = "09:00-18:00"\nweek = "2026-W54"',
        "shift 2.week",
        "not-a-week",
        "“2026-W54” is no ISO week such as 2026-W48.",
    ),
    Broken(
        "an absence that ends before it begins",
        "last = 2026-12-14",
        "last = 2026-11-14",
        "absence 1.last",
        "ends-before-begins",
        "the last day 2026-11-14 is before the first, 2026-12-01. Correct one of them.",
    ),
    Broken(
        "an absence of an unknown operator",
        'operator = "op-1"\nfirst',
        'operator = "op1"\nfirst',
        "absence 1.operator",
        "unknown-operator",
        "there is no operator “op1” in this plan. Did you mean “op-1”?",
    ),
)


if __name__ == "__main__":
    for broken in BROKEN:
        for found in broken.mistakes():
            print(f"{broken.name}\n    {sentence(found, sys.argv[1] if len(sys.argv) > 1 else 'en')}")
