"""The indicators of a period, from the journal: day by day, closed days remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Protocol

from appliance.api.schemas import AvailabilityRow, FiguresView, FigureView, GroupView, NowView
from appliance.api.views import advice_view
from appliance.domain.forecasts.advice import Advice
from appliance.domain.indicators import period as indicators
from appliance.domain.indicators.day_log import DayLog, day_logs
from appliance.domain.indicators.facts import EVERYTHING, Facts, Group, Slice, events, facts_of, merged
from appliance.domain.indicators.period import INDICATORS, Value
from appliance.domain.indicators.present import live
from appliance.domain.message import Record
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan

DAYS_REMEMBERED = 64
"""Facts of so many closed days are kept: two months."""

EVENTS_SHOWN = 5000


class History(Protocol):
    """What figures need of the database. Each call blocks on the disk."""

    def days(self, first: str, last: str) -> Sequence[int]:
        """The numbers of the days with a date from `first` to `last`."""

    def day_records(self, day: int) -> Sequence[Record]:
        """The journal of one day, re-dated, as `day_logs` wants it."""

    def document(self, digest: str) -> str | None:
        """The document of a plan by its digest."""


class Figures:
    """Computes the indicators of a period. Thread-safe; slow for a long period, so ask on a thread of its own."""

    def __init__(self, history: History) -> None:
        """Reads from `history`."""
        self._history = history
        self._plans: dict[str, Plan] = {}
        self._kept: OrderedDict[tuple[int, str], Facts] = OrderedDict()
        self._lock = Lock()

    def period(self, office: Office, now: Now, first: date, last: date, by: str | None = None) -> FiguresView:
        """All indicators from `first` to `last`, both included, and broken down by one dimension if asked for."""
        facts = merged(self._days(office, now, first, last, by or "reason"))
        whole = indicators.values(facts)
        if office.plan is not None:
            whole["not_opened"] = not_opened(facts, office.plan, first, last, now)
        groups = [
            GroupView(key=str(key), values=[figure(one) for one in indicators.values(facts, (by, key)).values()])
            for key in (facts.values_of(by) if by is not None else ())
            if by is not None
        ]
        return FiguresView(
            first=first,
            last=last,
            days=len(facts.days),
            by=by,
            values=[figure(one) for one in whole.values()],
            groups=groups,
        )

    def own_day(self, office: Office, now: Now, desk: int, operator: str | None) -> list[FigureView]:
        """The day so far of an operator, or of a desk where nobody in particular asks."""
        if office.day is None:
            return []
        group: Group = ("operator", operator) if operator is not None else ("desk", desk)
        facts = self._facts(office, now, office.day.number, group[0])
        return [figure(one) for one in indicators.desk_day(facts, group).values()]

    def availability(self, office: Office, now: Now, first: date, last: date) -> list[AvailabilityRow]:
        """Each device on each day of the period, by day and name."""
        rows = []
        for facts in self._days(office, now, first, last, "reason"):
            for device in facts.values_of("reason"):
                group: Group = ("reason", device)
                watched = facts.sums(group).get("device_watched")
                if watched is None:
                    continue
                repair_ms = indicators.value(facts, "device_repair_mean", group).value
                rows.append(
                    AvailabilityRow(
                        device=str(device),
                        day=facts.days[0],
                        date=next((dated.date for dated in facts.dates), None),
                        watched_s=watched.total // 1000,
                        share=indicators.value(facts, "device_availability", group).value,
                        outages=indicators.value(facts, "device_outages", group).n,
                        repair_s=None if repair_ms is None else round(repair_ms / 1000),
                    )
                )
        return rows

    def behind(
        self, office: Office, now: Now, indicator: str, first: date, last: date, only: Slice = EVERYTHING
    ) -> list[int]:
        """The journal entries behind an indicator of a period, the first ones of a very long list.

        An indicator of planned dates is made of no samples: its value names its entries itself.
        """
        measures = INDICATORS[indicator].measures
        if not measures:
            facts = merged(self._days(office, now, first, last, "reason"))
            return list(indicators.value(facts, indicator).events)
        found: set[int] = set()
        numbers = self._history.days(first.isoformat(), last.isoformat())
        for number in numbers:
            for sample in events([self._log(number, now)], measures, only, now.public):
                found.update(sample.seqs)
            if len(found) > EVENTS_SHOWN:
                break
        return sorted(found)[:EVENTS_SHOWN]

    def _days(self, office: Office, now: Now, first: date, last: date, by: str) -> Iterator[Facts]:
        for number in self._history.days(first.isoformat(), last.isoformat()):
            yield self._facts(office, now, number, by)

    def _facts(self, office: Office, now: Now, number: int, by: str) -> Facts:
        """One day's facts; those of a closed day are remembered."""
        with self._lock:
            known = self._kept.get((number, by))
        if known is not None:
            return known
        facts = facts_of(self._log(number, now), by=(by,), public=now.public)
        if office.day is not None and number < office.day.number:
            with self._lock:
                self._kept[number, by] = facts
                while len(self._kept) > DAYS_REMEMBERED:
                    self._kept.popitem(last=False)
        return facts

    def _log(self, number: int, now: Now) -> DayLog:
        records = self._history.day_records(number)
        return next(day_logs(records, self._plan, first=number, last=number, now=now.moment))

    def _plan(self, digest: str) -> Plan:
        if digest not in self._plans:
            document = self._history.document(digest)
            if document is None:
                raise LookupError(f"no plan {digest}")
            self._plans[digest] = read_plan(document)
        return self._plans[digest]


def not_opened(facts: Facts, plan: Plan, first: date, last: date, now: Now) -> Value:
    """The dates planned and not opened, up to yesterday: today may still be."""
    if now.local is not None:
        last = min(last, date.fromordinal(now.local.date().toordinal() - 1))
    if last < first:
        return Value("not_opened", 0, 0)
    return indicators.not_opened(facts, plan, first, last, now.public)


def present(office: Office, now: Now, advice: Advice | None) -> NowView:
    """The hall at this moment, and what is advised."""
    found = live(office, now)
    return NowView(
        seq=office.seq,
        values=[figure(one) for one in found.values.values()],
        idle_desks=list(found.idle_desks),
        advice=advice_view(advice),
    )


def figure(value: Value) -> FigureView:
    """A value for the wire."""
    return FigureView(id=value.id, value=value.value, n=value.n, events=list(value.events), unnamed=value.unnamed)


def group_of(by: str, key: str) -> Slice:
    """The slice of one value of a dimension. Raises ValueError where the dimension counts and the key doesn't."""
    values: Mapping[str, object] = {by: int(key) if by in ("desk", "hour") else key}
    return Slice(**values)  # type: ignore[arg-type]
