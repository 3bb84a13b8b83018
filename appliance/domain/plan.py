"""The plan of an office: organisations, services, desks, people, hours, settings. A versioned document."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LANGUAGES = ("ru", "uk", "en")
PURPOSES = ("consult", "submit", "collect")
NEEDS = ("time", "step-free", "voice")
MIDNIGHT = 24 * 60

LOOKALIKES = str.maketrans("ABEKMHOPCTYXI", "АВЕКМНОРСТУХІ")
"""Latin capitals that look like Cyrillic ones: a series typed on either keyboard is the same series."""


def canonical_series(text: str) -> str:
    """The letter of a series as it is stored: one Cyrillic capital where a Latin one looks the same."""
    return text.strip().upper().translate(LOOKALIKES)


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the languages it was given in."""

    texts: Mapping[str, str]

    def get(self, language: str) -> str:
        """The text in `language`, or in the first language it has."""
        return self.texts.get(language) or next(iter(self.texts.values()), "")


NO_WORDS = Words({})


class NextWhenCalled(StrEnum):
    """What NEXT does while the called visitor has not come (a setting of the office)."""

    RECALL = "recall"
    START = "start"
    FINISH_AND_CALL = "finish-and-call"


class DeskClass(StrEnum):
    """A permanent desk is in the roster; a reserve one is opened when the wait grows."""

    PERMANENT = "permanent"
    RESERVE = "reserve"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Minutes of one local day, from `opens` up to but without `closes`; a closing of 1440 is midnight."""

    opens: int
    closes: int

    def __contains__(self, minute: int) -> bool:
        return self.opens <= minute < self.closes

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.closes - self.opens

    def within(self, other: Span) -> Span | None:
        """What both have in common."""
        opens, closes = max(self.opens, other.opens), min(self.closes, other.closes)
        return Span(opens, closes) if opens < closes else None


@dataclass(frozen=True, slots=True)
class Timetable:
    """The span of each weekday, Monday first; None where there is none."""

    week: tuple[Span | None, ...]

    @classmethod
    def daily(cls, opens: int, closes: int) -> Timetable:
        """The same hours on all seven days."""
        return cls((Span(opens, closes),) * 7)

    def on(self, weekday: int) -> Span | None:
        """The span of a weekday, Monday 0."""
        return self.week[weekday]


@dataclass(frozen=True, slots=True)
class Hours:
    """The three sets of hours: when the office is open, when desks receive, when numbers are given out."""

    office: Timetable
    reception: Timetable
    issuing: Timetable


class DayKind(StrEnum):
    """What a date of the office's own calendar is, whatever the public calendar says."""

    CLOSED = "closed"
    SHORT = "short"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """An exception: closed; short by some minutes at the end; or working, by `hours` or by those of weekday `like`.

    A working day without either keeps the hours of its own weekday, or of Monday if that weekday has none.
    """

    date: str
    kind: DayKind
    hours: Span | None = None
    like: int | None = None
    short_by_min: int = 0
    note: Words = NO_WORDS


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. `country` names the public calendar ("" for none); `days` override it, by ISO date.

    `short_by_min`: so much earlier ends the working day before a public holiday.
    """

    country: str = ""
    short_by_min: int = 0
    days: Mapping[str, CalendarDay] = field(default_factory=dict)


class PolicyKind(StrEnum):
    """How confirmed priority and first come are weighed (rule 10)."""

    ABSOLUTE = "absolute"
    RATIO = "ratio"
    AGEING = "ageing"


@dataclass(frozen=True, slots=True)
class Policy:
    """The calling order as data.

    `ratio`: at most so many priority tickets between two others, under the ratio policy. `passes` (k of rule 10): under
    every policy, how many newer priority tickets may go before an ordinary one that is past its norm.
    """

    kind: PolicyKind = PolicyKind.AGEING
    ratio: int = 1
    passes: int = 1


@dataclass(frozen=True, slots=True)
class Category:
    """A priority category.

    `head_start_min`: under ageing it counts as having waited so much longer. `confirm_first`: it has priority only once
    somebody has seen the document; else it is called early and the operator confirms at the desk. `kiosk`: a visitor
    may claim it.
    """

    id: str
    name: Words
    head_start_min: int = 15
    confirm_first: bool = False
    kiosk: bool = True


class ReasonKind(StrEnum):
    """What a reason is given for."""

    PARK = "park"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody is parked or a desk on a break. `minutes`: how long that takes as a rule; 0 says nothing."""

    id: str
    kind: ReasonKind
    name: Words
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Organisation:
    """One of the bodies that receive in the hall. `hours` bound its reception and issuing; None: the office's."""

    id: str
    name: Words
    hours: Timetable | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """Something a visitor comes for. `short` is for slips, keys and boards; `name` is the official one.

    `norm_min` bounds the service itself, `wait_norm_min` the wait for it (0: the office's). `limit`: tickets a day, 0
    for no limit. `hours` bound reception and issuing further; None: the organisation's. `group` is the heading it
    stands under.
    """

    id: str
    series: str
    organisation: str
    name: Words
    short: Words
    documents: Words
    icon: str = "file-text"
    popular: bool = False
    norm_min: int = 15
    wait_norm_min: int = 0
    limit: int = 0
    purposes: tuple[str, ...] = ()
    hours: Timetable | None = None
    group: Words = NO_WORDS
    keywords: Words = NO_WORDS


@dataclass(frozen=True, slots=True)
class DeskPlan:
    """A desk of the plan.

    No `services` means all of its organisation's, or of everybody's without an organisation. `secondary` ones it takes
    only when nobody waits for the others. `needs` are those it suits; no `purposes` means all.
    """

    number: int
    desk_class: DeskClass = DeskClass.PERMANENT
    services: tuple[str, ...] = ()
    transfer_to: str | None = None
    organisation: str | None = None
    secondary: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    zone: Words = NO_WORDS


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who works at desks: an opaque id, never a name.

    `organisation`: whose tickets they serve (None: everybody's), besides those of `also`. No `services` means whatever
    the desk serves. `may_pick`: may call a particular number.
    """

    id: str
    organisation: str | None = None
    also: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    may_pick: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody's hours at a desk. `week` is an ISO week (`2026-W48`), or "" for each week without its own."""

    operator: str
    desk: int
    weekdays: tuple[int, ...]
    span: Span
    breaks: tuple[Span, ...] = ()
    week: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """An operator is away from `first` to `last` (ISO dates, both included)."""

    operator: str
    first: str
    last: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an office may set of its rules. Times are seconds unless the name says minutes; 0 switches a thing off.

    `needs_extra_s`: so much longer a visitor with an access need has to come. `booked_early_min` and `booked_late_min`
    frame a booked time: from when on it may be called, and until when it goes first. `min_cover`: desks that must go on
    receiving when one takes a break. `daily_limit`: tickets of all services a day. `advise_wait_min`: the predicted
    wait of a newcomer from which reserve desks are advised.
    """

    next_when_called: NextWhenCalled = NextWhenCalled.RECALL
    start_after_s: int = 60
    missed_after_s: int = 0
    unheard_after_s: int = 60
    undo_s: int = 10
    park_min: int = 10
    slip_deadline_s: int = 300
    grace_min: int = 30
    wait_norm_min: int = 15
    needs_extra_s: int = 60
    booked_early_min: int = 0
    booked_late_min: int = 15
    booked_norm_min: int = 5
    min_cover: int = 0
    daily_limit: int = 0
    advise_wait_min: int = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole document.

    `skills` is no part of the document: (desk, service) to whether the situation centre has added it to the desk for
    today, whoever is signed in there, or taken it away.
    """

    version: int
    office: str
    name: Words
    address: Words
    timezone: str
    languages: tuple[str, ...]
    desk_word: str
    phone: str
    hours: Hours
    services: Mapping[str, Service]
    organisations: Mapping[str, Organisation]
    desks: Mapping[int, DeskPlan]
    calendar: Calendar = field(default_factory=Calendar)
    policy: Policy = field(default_factory=Policy)
    categories: Mapping[str, Category] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    operators: Mapping[str, Operator] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    absences: tuple[Absence, ...] = ()
    settings: Settings = field(default_factory=Settings)
    skills: Mapping[tuple[int, str], bool] = field(default_factory=dict)
    document: str = field(default="", repr=False, compare=False)

    @property
    def digest(self) -> str:
        """sha256 of the document: what the journal keeps of a plan."""
        return hashlib.sha256(self.document.encode()).hexdigest()

    def wait_norm(self, service: str) -> int:
        """Minutes that somebody may wait for this service (KMU 588, decree 1376: 15 unless the plan says otherwise)."""
        found = self.services.get(service)
        return (found.wait_norm_min if found else 0) or self.settings.wait_norm_min
