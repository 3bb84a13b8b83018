"""What the head's pages read: the hall now, the figures of a period, and the journal behind them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from threading import Lock
from typing import Protocol
from zoneinfo import ZoneInfo

from appliance.api.context import AppContext
from appliance.api.figures import Figures, group_of, present
from appliance.api.routes.office import entry
from appliance.api.schemas import EntryView, FiguresView, FigureView, NowView
from appliance.domain.indicators.facts import EVERYTHING
from appliance.domain.indicators.period import INDICATORS
from appliance.domain.office import Office

KEPT = 6
"""Whole periods that are remembered: the table, its parts and its file are asked for one after another."""

NEAR = 60
"""Entries that are so near to each other are read at once."""


@dataclass(frozen=True, slots=True)
class Present:
    """The hall at this moment. `oldest`: the number that has waited longest; `now`: the wall clock, "" if unknown."""

    view: NowView
    open: bool
    paused: str | None
    oldest: str | None
    now: str


class Books(Protocol):
    """Figures and journal. `present` and `today` are quick, the others read the disk and may take long."""

    def present(self) -> Present:
        """The hall now."""

    def today(self) -> date | None:
        """The date, or that of the open day while the clock isn't believed; None if nobody knows it."""

    def period(self, first: date, last: date, by: str | None) -> FiguresView:
        """All indicators of a period, and of its parts by one dimension."""

    def behind(self, indicator: str, first: date, last: date, by: str | None, key: str | None) -> list[int]:
        """The journal entries behind an indicator. Raises LookupError for what there is not."""

    def entries(self, seqs: Sequence[int]) -> list[EntryView]:
        """These entries, in the order of the journal."""

    def own_day(self, desk: int, operator: str | None) -> list[FigureView]:
        """The day so far of an operator, or of a desk."""

    def zone(self) -> ZoneInfo:
        """The office's time zone."""


class OfficeBooks:
    """The real office."""

    def __init__(self, context: AppContext, figures: Figures) -> None:
        """Reads from the parts of `context`; `figures` are the API's own, so that a day is computed once for both."""
        self._context = context
        self._figures = figures
        self._kept: OrderedDict[tuple[object, ...], FiguresView] = OrderedDict()
        self._one = Lock()

    def present(self) -> Present:
        """The hall now."""
        office, now = self._context.writer.office, self._context.clock.now()
        view = present(office, now, self._context.estimates.advice())
        issued = next(one.events for one in view.values if one.id == "waiting_max")
        oldest = next((one.label for one in office.tickets.values() if issued and one.issued.seq == issued[0]), None)
        pause = office.pause
        return Present(
            view,
            office.open_day is not None,
            pause.reason if pause is not None else None,
            oldest,
            f"{now.local:%H:%M}" if now.local is not None else "",
        )

    def today(self) -> date | None:
        """The date, or that of the newest day while the clock isn't believed."""
        now, day = self._context.clock.now(), self._context.writer.office.day
        if now.local is not None:
            return now.local.date()
        return date.fromisoformat(day.date) if day is not None and day.date else None

    def period(self, first: date, last: date, by: str | None) -> FiguresView:
        """All indicators of a period. One long period is computed at a time: the box has a queue to run."""
        with self._one:
            office, now = self._context.writer.office, self._context.clock.now()
            asked = (first, last, by, _stamp(office, last), now.local.date() if now.local else None)
            known = self._kept.get(asked)
            if known is None:
                known = self._kept[asked] = self._figures.period(office, now, first, last, by)
            self._kept.move_to_end(asked)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return known

    def behind(self, indicator: str, first: date, last: date, by: str | None, key: str | None) -> list[int]:
        """The journal entries behind an indicator."""
        if indicator not in INDICATORS:
            raise LookupError(indicator)
        try:
            only = group_of(by, key) if by is not None and key is not None else EVERYTHING
        except ValueError:
            raise LookupError(key) from None
        office, now = self._context.writer.office, self._context.clock.now()
        return self._figures.behind(office, now, indicator, first, last, only)

    def entries(self, seqs: Sequence[int]) -> list[EntryView]:
        """These entries, in the order of the journal; neighbours are read together."""
        found: list[EntryView] = []
        for run in runs(sorted(set(seqs))):
            wanted = set(run)
            rows = self._context.reads.journal(run[0] - 1, run[-1] - run[0] + 1)
            found += [entry(row) for row in rows if row.seq in wanted]
        return found

    def own_day(self, desk: int, operator: str | None) -> list[FigureView]:
        """The day so far of an operator, or of a desk."""
        return self._figures.own_day(self._context.writer.office, self._context.clock.now(), desk, operator)

    def zone(self) -> ZoneInfo:
        """The office's time zone; UTC before there is a plan."""
        plan = self._context.writer.office.plan
        return ZoneInfo(plan.timezone if plan is not None else "UTC")


def _stamp(office: Office, last: date) -> tuple[str, int]:
    """What an answer depends on: days that are over don't change with every press."""
    day = office.day
    if day is not None and day.date is not None and last.isoformat() < day.date:
        return ("day", day.number)
    return ("seq", office.seq)


def runs(seqs: Sequence[int]) -> list[list[int]]:
    """Sorted numbers in stretches that are worth one read each."""
    found: list[list[int]] = []
    for seq in seqs:
        if found and seq - found[-1][-1] <= NEAR:
            found[-1].append(seq)
        else:
            found.append([seq])
    return found


def local_time(at: str, zone: ZoneInfo) -> datetime:
    """The office's wall time of a journal entry."""
    return datetime.fromisoformat(at).astimezone(zone)


def page_of(seqs: Sequence[int], number: int, size: int) -> list[int]:
    """One page of a long list, counted from 1."""
    return list(islice(seqs, (number - 1) * size, number * size))
