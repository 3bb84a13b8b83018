"""The indicators of a period: each one declared, with a written definition, its unit and where it comes from.

`docs/indicators.md` is written from these declarations. Times are milliseconds; shares are between 0 and 1; a value is
None where there is nothing to speak of (no visitor called: no mean wait).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from appliance.domain.hours import PublicCalendar
from appliance.domain.indicators.facts import ALL, NOTHING, Facts, Group, Sum, percentile
from appliance.domain.indicators.local_time import HOUR_MS, MINUTE_MS
from appliance.domain.indicators.measure import MEASURES
from appliance.domain.indicators.schedule import DateFacts, never_opened
from appliance.domain.plan import Plan


class Unit(StrEnum):
    """What a value counts."""

    COUNT = "count"
    MS = "ms"
    SHARE = "share"
    PER_HOUR = "per hour"


@dataclass(frozen=True, slots=True)
class Value:
    """An indicator's value. `n`: how many samples stand behind it.

    `events`: journal entries behind the largest of them, in order; `unnamed`: how many samples these leave out
    (`facts.events` finds them all).
    """

    id: str
    value: float | None
    n: int
    events: tuple[int, ...] = ()
    unnamed: int = 0


Compute = Callable[[Facts, Group], Value]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. `measures` are those it is made of; `whole`: it is told of the whole hall only, not of a part."""

    id: str
    name: str
    unit: Unit
    formula: str
    source: str
    measures: tuple[str, ...]
    compute: Compute
    whole: bool = False


INDICATORS: dict[str, Indicator] = {}

DECREE = "decree 1376"
KMU = "KMU 588"
MFCX = "mfcx.ru"
OURS = "own"
BELL = "hall administrator standard, Orel region: go out at once"


def value(facts: Facts, indicator: str, group: Group = ALL) -> Value:
    """One indicator of some days, or of a part of them."""
    return INDICATORS[indicator].compute(facts, group)


def values(facts: Facts, group: Group = ALL) -> dict[str, Value]:
    """All indicators of some days, or of a part of them, in the order of the documentation."""
    found = (known for known in INDICATORS.values() if group == ALL or not known.whole)
    return {known.id: known.compute(facts, group) for known in found}


def not_opened(facts: Facts, plan: Plan, first: date, last: date, public: PublicCalendar) -> Value:
    """Dates on which the plan has office hours and no day was opened. No journal entry stands behind what wasn't."""
    missing = never_opened(plan, first, last, (dated.date for dated in facts.dates), public)
    return Value("not_opened", len(missing), (last - first).days + 1)


OWN_DAY = (
    "services",
    "service_mean",
    "inferred_service_mean",
    "way_mean",
    "no_shows",
    "working",
    "busy",
    "idle",
    "break",
    "breaks",
    "occupancy",
    "undone",
)
"""What a desk or an operator sees of their own day."""


def desk_day(facts: Facts, group: Group) -> dict[str, Value]:
    """The own day of a desk (`("desk", 3)`) or operator (`("operator", "op-7")`); `facts` broken down by that."""
    return {name: value(facts, name, group) for name in OWN_DAY}


def _named(indicator: str, found: float | None, n: int, behind: Sum) -> Value:
    seqs = sorted({seq for named in behind.largest for seq in named.seqs})
    return Value(indicator, found, n, tuple(seqs), behind.n - len(behind.largest))


def _declare(
    name: str,
    title: str,
    unit: Unit,
    formula: str,
    measures: tuple[str, ...],
    compute: Compute,
    source: str,
    *,
    whole: bool = False,
) -> None:
    assert all(used in MEASURES for used in measures), measures
    INDICATORS[name] = Indicator(name, title, unit, formula, source, measures, compute, whole)


def _count(name: str, title: str, source: str = OURS, *, whole: bool = False) -> None:
    """How many samples of the measure of the same id."""

    def compute(facts: Facts, group: Group) -> Value:
        behind = facts.sums(group).get(name, NOTHING)
        return _named(name, behind.n, behind.n, behind)

    _declare(name, title, Unit.COUNT, f"number of `{name}`", (name,), compute, source, whole=whole)


def _total(name: str, title: str, source: str = OURS, *, whole: bool = False) -> None:
    """The total of a timed measure."""

    def compute(facts: Facts, group: Group) -> Value:
        behind = facts.sums(group).get(name, NOTHING)
        return _named(name, behind.total, behind.n, behind)

    _declare(name, title, Unit.MS, f"sum of `{name}`", (name,), compute, source, whole=whole)


def _mean(name: str, title: str, measure: str, source: str = OURS) -> None:
    """The mean of a timed measure, to the millisecond."""

    def compute(facts: Facts, group: Group) -> Value:
        behind = facts.sums(group).get(measure, NOTHING)
        return _named(name, round(behind.total / behind.n) if behind.n else None, behind.n, behind)

    _declare(name, title, Unit.MS, f"sum of `{measure}` / number of `{measure}`", (measure,), compute, source)


def _percentile(name: str, title: str, measure: str, per_cent: int, source: str = OURS) -> None:
    """The nearest-rank percentile of a timed measure; 100 is the longest."""

    def compute(facts: Facts, group: Group) -> Value:
        behind = facts.sums(group).get(measure, NOTHING)
        return _named(name, percentile(behind.values, per_cent), behind.n, behind)

    what = f"the longest `{measure}`" if per_cent == 100 else f"{per_cent}th percentile of `{measure}`, nearest rank"
    _declare(name, title, Unit.MS, what, (measure,), compute, source)


def _share(name: str, title: str, measure: str, source: str = OURS) -> None:
    """The share of samples that are 1."""

    def compute(facts: Facts, group: Group) -> Value:
        behind = facts.sums(group).get(measure, NOTHING)
        return _named(name, behind.total / behind.n if behind.n else None, behind.n, behind)

    _declare(name, title, Unit.SHARE, f"number of 1 / number of `{measure}`", (measure,), compute, source)


def _spread(measure: str, title: str, source: str = OURS) -> None:
    """Mean, 95th percentile and longest of a timed measure: a mean alone hides one forgotten person."""
    _mean(f"{measure}_mean", f"{title}, mean", measure, source)
    _percentile(f"{measure}_p95", f"{title}, 95th percentile", measure, 95, source)
    _percentile(f"{measure}_max", f"{title}, longest", measure, 100, source)


def _dates(
    name: str, title: str, unit: Unit, formula: str, tell: Callable[[Sequence[DateFacts]], float | None]
) -> None:
    """An indicator of the planned dates of the period."""

    def compute(facts: Facts, group: Group) -> Value:
        planned = [dated for dated in facts.dates if dated.planned is not None]
        seqs = sorted({seq for dated in planned for seq in dated.seqs})
        shown = seqs[:24]
        return Value(name, tell(planned), len(planned), tuple(shown), len(seqs) - len(shown))

    _declare(name, title, unit, formula, (), compute, f"{DECREE}; the plan", whole=True)


def _late(dates: Sequence[DateFacts]) -> Iterator[int]:
    return (dated.late_ms or 0 for dated in dates)


def _early(dates: Sequence[DateFacts]) -> Iterator[int]:
    return (dated.early_ms or 0 for dated in dates)


def _covered(dates: Sequence[DateFacts]) -> float | None:
    due_ms = sum(dated.due_ms for dated in dates)
    return sum(dated.covered_ms for dated in dates) / due_ms if due_ms else None


def _occupancy(facts: Facts, group: Group) -> Value:
    sums = facts.sums(group)
    busy, working = sums.get("busy", NOTHING), sums.get("working", NOTHING)
    return _named("occupancy", busy.total / working.total if working.total else None, working.n, busy)


def _throughput(facts: Facts, group: Group) -> Value:
    sums = facts.sums(group)
    services, hours = sums.get("services", NOTHING), sums.get("receiving", NOTHING)
    found = services.n * HOUR_MS / hours.total if hours.total else None
    return _named("throughput", found, services.n, services)


def _desk_throughput(facts: Facts, group: Group) -> Value:
    sums = facts.sums(group)
    services, hours = sums.get("services", NOTHING), sums.get("working", NOTHING)
    found = services.n * HOUR_MS / hours.total if hours.total else None
    return _named("desk_throughput", found, services.n, services)


def _desks_of_plan(facts: Facts, group: Group) -> Value:
    working = facts.sums(group).get("working", NOTHING)
    rostered = sum(dated.rostered_ms or 0 for dated in facts.dates)
    return _named("desks_of_plan", working.total / rostered if rostered else None, working.n, working)


def _availability(facts: Facts, group: Group) -> Value:
    sums = facts.sums(group)
    working, watched = sums.get("device_working", NOTHING), sums.get("device_watched", NOTHING)
    return _named("device_availability", working.total / watched.total if watched.total else None, watched.n, watched)


def _estimate_gain(facts: Facts, group: Group) -> Value:
    sums = facts.sums(group)
    told, naive = sums.get("estimate_error", NOTHING), sums.get("naive_error", NOTHING)
    return _named("estimate_of_naive", told.total / naive.total if naive.total else None, told.n, told)


ATTENDANCE = f"{DECREE} (attendance, number of applicants)"
for _id, _title, _source in (
    ("issued", "Numbers issued", ATTENDANCE),
    ("adopted", "Papers adopted", OURS),
    ("booked", "Numbers with a booking", ATTENDANCE),
    ("unpromised", "Numbers without a guarantee", OURS),
    ("served", "Visitors served", ATTENDANCE),
    ("served_by_system", "Served, ended by the closing", OURS),
    ("missed", "Visitors who didn't come", OURS),
    ("left", "Visitors who left", OURS),
    ("left_by_system", "Left, ended by the closing", OURS),
    ("cancelled", "Visits cancelled", OURS),
    ("mistaken", "Numbers taken by mistake", OURS),
    ("merged", "Numbers merged into others", OURS),
    ("in_hand", "Visits not over", OURS),
    ("turned_away", "Visitors turned away", "own: nobody is invisible"),
):
    _count(_id, _title, _source)
_share("abandonment", "Abandonment", "abandoned", "situation-centre practice; QSystem doesn't see it")
_spread("wait", "Wait, all", f"{MFCX}; {DECREE}, p. 18; {KMU}")
_spread("walk_in_wait", "Wait, walk-in", f"{MFCX}; {DECREE}, p. 18; {KMU}")
_spread("booked_wait", "Wait, booked", f"{MFCX}; municipal regulations: at most 5 minutes")
_share("over_norm", "Share over the norm of waiting, all", "over_norm", f"{DECREE}, p. 18; {KMU}")
_share("walk_in_over_norm", "Share over the norm of waiting, walk-in", "walk_in_over_norm", f"{DECREE}, p. 18; {KMU}")
_share("booked_over_norm", "Share over the norm of waiting, booked", "booked_over_norm", "municipal regulations")
_spread("further_wait", "Further waits of a visit")
_spread("way", "Way to the desk", "eAppointment, Munich")
_count("no_shows", "Calls nobody came to")
_count("services", "Services ended", ATTENDANCE)
_spread("service", "Service", f"{DECREE} (mean service time)")
_spread("inferred_service", "Service, start not pressed")
_share(
    "service_over_norm", "Share over the norm of service", "service_over_norm", "municipal regulations: 10-15 minutes"
)
_count("several_services", "Visits of several services", "Bashkortostan: one ticket for several services")
_count("transfers", "Transfers", f"{DECREE} (redirecting the applicant)")
_count("sent", "Visitors sent by reception", f"{DECREE} (redirecting the applicant)")
_count("parked", "Visitors set aside")
_count("returned", "Missed visitors who came back")
_count("picked", "Calls by number")
_count("undone", "Acts undone")
_count("claimed", "Priority claimed", "lists of categories in RU and UA regulations")
_count("confirmed", "Priority confirmed", "lists of categories in RU and UA regulations")
_count("refused", "Priority refused", "lists of categories in RU and UA regulations")
_total("working", "Desk time received", f"{MFCX} (breaks and closed desks don't count)")
_total("busy", "Desk time served", f"{DECREE} (workload of clerks)")
_total("idle", "Desk time free", f"{DECREE} (workload of clerks)")
_total("break", "Time on breaks")
_count("breaks", "Breaks")
_declare(
    "occupancy",
    "Occupancy",
    Unit.SHARE,
    "sum of `busy` / sum of `working`",
    ("busy", "working"),
    _occupancy,
    f"{DECREE} (workload of clerks)",
)
_declare(
    "desk_throughput",
    "Services an hour and desk",
    Unit.PER_HOUR,
    "number of `services` / hours of `working`",
    ("services", "working"),
    _desk_throughput,
    OURS,
)
_declare(
    "throughput",
    "Services an hour",
    Unit.PER_HOUR,
    "number of `services` / hours of `receiving`",
    ("services", "receiving"),
    _throughput,
    "azovkomeks.ru (capacity at the current pace)",
    whole=True,
)
_total("receiving", "Time in which the hall received", whole=True)
_total("paused", "Time in which the hall stood still", "MVS service centres: a pause in an air raid", whole=True)
_dates(
    "late_openings",
    "Late openings",
    Unit.COUNT,
    "dates on which the first desk received a full minute or more after the beginning of reception by the plan",
    lambda dates: sum(ms >= MINUTE_MS for ms in _late(dates)),
)
_dates(
    "late_opening_max",
    "Latest opening",
    Unit.MS,
    "the longest time from the beginning of reception by the plan to the first desk that received",
    lambda dates: max(_late(dates), default=None),
)
_dates(
    "early_closings",
    "Early closings",
    Unit.COUNT,
    "dates on which the last desk ceased to receive a full minute or more before the end of reception by the plan",
    lambda dates: sum(ms >= MINUTE_MS for ms in _early(dates)),
)
_dates(
    "early_closing_max",
    "Earliest closing",
    Unit.MS,
    "the longest time from the last desk that ceased to receive to the end of reception by the plan",
    lambda dates: max(_early(dates), default=None),
)
_dates(
    "covered",
    "Reception kept",
    Unit.SHARE,
    "time in which at least one desk received / time of reception by the plan; pauses left out of both",
    _covered,
)
_declare(
    "desks_of_plan",
    "Desk time of the roster",
    Unit.SHARE,
    "sum of `working` / desk time of the roster without its breaks; above 1 when reserve desks were open",
    ("working",),
    _desks_of_plan,
    "situation-centre practice (windows planned and working)",
    whole=True,
)
_total("break_outside_plan", "Breaks outside the roster", "situation-centre practice")
_count("issued_outside_hours", "Numbers outside the hours", "situation-centre practice")
_mean("estimate_error", "Error of the estimate, mean", "estimate_error", OURS)
_mean("naive_error", "Error of the plain quotient, mean", "naive_error", OURS)
_declare(
    "estimate_of_naive",
    "Error of the estimate against the plain quotient",
    Unit.SHARE,
    "sum of `estimate_error` / sum of `naive_error`",
    ("estimate_error", "naive_error"),
    _estimate_gain,
    OURS,
)
_share("range_coverage", "Waits within the range told", "in_range", OURS)
_count("bells", "Calls of the bell", BELL)
_count("bells_unanswered", "Calls of the bell nobody answered", BELL)
_count("bells_withdrawn", "Calls of a cut bell wire")
_share("bell_answered_60", "Bell answered within 60 seconds", "bell_within_60", "situation-centre practice")
_share("bell_answered_120", "Bell answered within 2 minutes", "bell_within_120", "situation-centre practice")
_spread("bell_reaction", "Bell, reaction", BELL)
_spread("bell_arrival", "Bell, arrival at the ramp", BELL)
_declare(
    "device_availability",
    "Availability of the devices",
    Unit.SHARE,
    "sum of `device_working` / sum of `device_watched`",
    ("device_working", "device_watched"),
    _availability,
    "Odintsovo: work of equipment and IT",
)
_count("device_outages", "Outages of devices", "Odintsovo: work of equipment and IT")
_spread("device_repair", "Time to repair", "Odintsovo: work of equipment and IT")

NOT_OPENED = (
    "not_opened",
    "Dates not opened",
    "dates of the period on which the plan has office hours and no day was opened",
    f"{DECREE}; the plan",
)
"""The indicator that no journal can tell alone: `not_opened` computes it."""
