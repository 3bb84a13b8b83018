"""What goes over the wire, in and out. The pages use the same models, so a page and the API never disagree."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["ru", "uk", "en"]
Text = dict[str, str]
DeskNumber = Annotated[int, Field(ge=1, le=999)]


class Asked(BaseModel):
    """A request body: unknown fields are a mistake, not noise."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(BaseModel):
    """A response body."""

    model_config = ConfigDict(extra="forbid")


ServiceId = Annotated[str, Field(min_length=1, max_length=80)]
Purpose = Literal["", "consult", "submit", "collect"]
Need = Literal["time", "step-free", "voice"]
Id = Annotated[int, Field(ge=1, le=2**53)]


class TakeTicketBody(Asked):
    """A visitor takes a number.

    `also`: further services of the same visit. `unpromised`: the visitor waits although there may be no time left. Only
    staff may say `confirmed` (the category's document was seen) and `insist` (past hours and limits).
    """

    service: ServiceId
    language: Language = "ru"
    paper: bool = True
    also: list[ServiceId] = Field(default_factory=list, max_length=8)
    purpose: Purpose = ""
    category: str | None = Field(default=None, max_length=40)
    needs: list[Need] = Field(default_factory=list, max_length=3)
    unpromised: bool = False
    confirmed: bool = False
    insist: bool = False


class LeaveBody(Asked):
    """Why a visitor leaves the line."""

    reason: Literal["", "left", "cancelled", "mistake"] = ""


class SendBody(Asked):
    """Where reception sends somebody who waits; nothing takes an earlier direction back."""

    service: ServiceId | None = None
    desk: DeskNumber | None = None


class MergeBody(Asked):
    """The ticket that this one becomes part of."""

    into: Id


class ServiceBody(Asked):
    """One more service of a visit."""

    service: ServiceId


class CategoryBody(Asked):
    """A priority category, or None to take it away."""

    category: str | None = Field(max_length=40)
    confirmed: bool = True


class NeedsBody(Asked):
    """What a visitor needs; no reason is kept."""

    needs: list[Need] = Field(max_length=3)


class CallTicketBody(Asked):
    """Which number to call, past the line."""

    ticket: Id


class ParkBody(Asked):
    """Why somebody is set aside, and for how many minutes (0: until they are called or returned)."""

    reason: str = Field(default="", max_length=40)
    minutes: int | None = Field(default=None, ge=0, le=240)


class BreakBody(Asked):
    """Why a desk goes on a break."""

    reason: str = Field(default="", max_length=40)


class PauseBody(Asked):
    """Why the hall stands still."""

    reason: Literal["alarm", "fire", "power", "other"] = "alarm"


class TurnAwayBody(Asked):
    """Somebody goes without a number."""

    service: ServiceId | None = None
    reason: Literal[
        "closed", "limit", "no-time", "paused", "stopped", "redirected", "no-numbers", "left-before", "not-here"
    ]


class PlanBody(Asked):
    """A plan document (TOML)."""

    document: str = Field(min_length=1, max_length=2_000_000)


class AdoptTicketBody(Asked):
    """Reception enters a paper that the queue doesn't know. `printed_at` is `HH:MM` of the office's day."""

    series: str = Field(min_length=1, max_length=3)
    number: int = Field(ge=1, le=9999)
    service: str = Field(min_length=1, max_length=80)
    language: Language = "ru"
    printed_at: str | None = Field(default=None, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")


class PressBody(Asked):
    """A key of a desk. `expects`: the id of the ticket that the person saw at the desk (0 for none)."""

    key: Literal["next", "repeat", "finish"]
    long: bool = False
    expects: int | None = Field(default=None, ge=0, le=2**53)


class CallBackBody(Asked):
    """Which missed ticket to call back."""

    ticket: int = Field(ge=1, le=2**53)


class TransferBody(Asked):
    """Where to send the visitor on; nothing means the desk's default target. `come_back`: afterwards here again."""

    service: str | None = Field(default=None, max_length=80)
    to_desk: DeskNumber | None = None
    come_back: bool = False


class SignInBody(Asked):
    """An operator signs in, at the desk of the address or at reception."""

    operator: str = Field(min_length=1, max_length=40)
    pin: str = Field(min_length=4, max_length=12, pattern=r"^[0-9]+$")


class OwnerSignInBody(Asked):
    """The owner code that the first start printed."""

    code: str = Field(min_length=4, max_length=40)


class OperatorBody(Asked):
    """A new operator, or a new PIN of one. The name stays in this office."""

    operator: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    name: str = Field(min_length=1, max_length=80)
    pin: str = Field(min_length=6, max_length=12, pattern=r"^[0-9]+$")


class WaitView(Told):
    """A wait as it is told: in 8 of 10 cases between `low_s` and `high_s`; the calls_* are these as times of day.

    `mean_s` is of a newcomer's wait; None for what a ticket was told, which is the range alone.
    """

    low_s: int
    high_s: int
    mean_s: int | None
    calls_from: str | None
    calls_until: str | None


class StopView(Told):
    """A service that a visit still has before it; `desk`: where the visitor was told to come back to."""

    service: str
    service_name: Text
    desk: int | None


class TicketView(Told):
    """One ticket. `label` is the number as people read it; waits are whole seconds.

    `told` is what was said of the wait with the number. `confirmed`: whether the category's document was seen, None
    while nobody has looked. `parked_s`: seconds until a parked visitor waits again, None without a timer.
    """

    id: int
    label: str
    service: str
    service_name: Text
    language: Language
    state: Literal["waiting", "called", "serving", "parked", "missed", "left", "done"]
    desk: int | None
    ahead: int | None
    waited_s: int
    called_times: int
    returned: bool
    issued_at: datetime
    told: WaitView | None = None
    purpose: Purpose = ""
    category: str | None = None
    confirmed: bool | None = None
    needs: list[str] = Field(default_factory=list)
    route: list[StopView] = Field(default_factory=list)
    for_desk: int | None = None
    promised: bool = True
    reason: str = ""
    parked_s: int | None = None
    overdue: bool = False
    paper: Literal["none", "queued", "printed", "sent", "unknown", "expired"]


class CallView(Told):
    """One row of the hall board."""

    ticket: int
    label: str
    desk: int
    calls: int
    state: Literal["called", "serving"]
    seq: int


class StandingView(Told):
    """A change of the situation centre that stands until the day closes or somebody ends it.

    `what` names it. `value`: `add` or `remove` of a skill; `stop` or a number of a limit; minutes of a norm and of a
    message; JSON of a policy; the office of a redirection. `service` is None for the whole office. `texts`: what was
    written with it.
    """

    what: str
    kind: Literal["skill", "limit", "wait-norm", "service-norm", "policy", "message", "redirect"]
    value: str
    desk: int | None
    service: str | None
    service_name: Text | None
    texts: Text | None
    directive: int
    author: str
    since: datetime


class DirectiveView(Told):
    """A directive of the situation centre and what became of it. `entry` is the journal's; `code` says why not."""

    number: int
    kind: str
    target: str
    author: str
    reason: str
    outcome: Literal["applied", "refused", "expired"]
    code: str
    facts: dict[str, str | int]
    at: datetime
    entry: int


class DirectivesView(Told):
    """The newest directives, newest first, and what stands. `last`: the number of the last one settled."""

    seq: int
    last: int
    settled: list[DirectiveView]
    standing: list[StandingView]


class HallView(Told):
    """What the hall shows: the newest call first.

    `seq` grows with every change; `now`: None on an untrusted clock. `patterns`: the screens that show the test picture
    instead. `message`: a text of the situation centre.
    """

    seq: int
    calls: list[CallView]
    waiting: int
    open: bool
    now: str | None
    date: str | None
    on_break: list[int]
    paused: str | None = None
    languages: list[Language]
    patterns: list[str] = Field(default_factory=list)
    message: Text | None = None


class ScreenBody(Asked):
    """A page of the hall tells that it lives.

    `seq`: of the state that it shows, 0 for none; `age_ms`: since the office gave that state.
    """

    seq: Annotated[int, Field(ge=0, le=2**53)]
    age_ms: Annotated[int, Field(ge=0, le=2**53)]


class ScreenView(Told):
    """A screen of the hall.

    `silent_s`: since its page told anything, or since the office started when `seen` is false. `pattern`: it is to show
    the test picture.
    """

    name: str
    condition: Literal["ready", "missing", "fault"]
    reason: str
    seen: bool
    silent_s: int
    pattern: bool


class ServiceView(Told):
    """One service on the kiosk. `available` False comes with the reason's code."""

    id: str
    series: str
    name: Text
    short: Text
    documents: Text
    organisation: Text
    icon: str
    popular: bool
    waiting: int
    available: bool
    reason: str | None
    group: Text = Field(default_factory=dict)
    keywords: Text = Field(default_factory=dict)
    purposes: list[str] = Field(default_factory=list)
    wait: WaitView | None = None
    next_opening: str | None = None
    may_wait: bool = False
    elsewhere: Text | None = None


class CategoryView(Told):
    """A priority category that a visitor may claim, or only staff may give (`kiosk` False)."""

    id: str
    name: Text
    kiosk: bool
    confirm_first: bool


class ReasonView(Told):
    """A reason to park somebody or to take a break."""

    id: str
    kind: Literal["park", "break"]
    name: Text
    minutes: int


class KioskView(Told):
    """What the kiosk offers. `now` is `HH:MM`, None on an untrusted clock; `paper`: whether slips can be printed.

    `paused`: the reason of a pause that lasts now, None when there is none.
    """

    seq: int
    office: Text
    address: Text
    languages: list[Language]
    now: str | None
    open: bool
    reason: str | None
    paper: bool
    waiting: int
    desks_working: int
    services: list[ServiceView]
    categories: list[CategoryView] = Field(default_factory=list)
    paused: str | None = None


class KeyView(Told):
    """What a key would do now. `does` is a code such as `call-next`, or None when the key has no effect; `ticket`
    labels the ticket it acts on and `following` the one it would call. `refusal` is the code with which the rules would
    refuse it at this moment (nobody waits, nothing to undo), None when it would be done."""

    key: Literal["next", "repeat", "finish"]
    long: bool
    does: str | None
    ticket: str | None
    following: str | None
    refusal: str | None


class LineView(Told):
    """One visitor for an operator. `why` is the rule that puts them there, `over` the oldest one they go before."""

    ticket: int
    label: str
    service_name: Text
    waited_s: int
    returned: bool
    directed: bool
    why: str | None = None
    over: str | None = None
    secondary: bool = False
    category: str | None = None
    confirmed: bool | None = None
    needs: list[str] = Field(default_factory=list)
    reason: str = ""


class BellView(Told):
    """A call of the bell at the ramp that is not over. `escalated`: 0, 1 (every desk sees it) or 2 (the centre too)."""

    bell: str
    state: Literal["rung", "answered"]
    rung_s: int
    answered_s: int | None
    rings: int
    escalated: int


class BellsView(Told):
    """The calls that are not over, the oldest first."""

    seq: int
    bells: list[BellView]


class DeskView(Told):
    """A desk, for its operator. `bells`: calls at the ramp that nobody has answered for a minute."""

    seq: int
    number: int
    state: Literal["closed", "free", "break", "called", "serving"]
    operator: str | None
    operator_name: str | None
    ticket: TicketView | None
    documents: Text | None
    elapsed_s: int
    norm_s: int
    heard: bool
    inferred: bool
    served_today: int
    keys: list[KeyView]
    line: list[LineView]
    waiting: int
    missed: list[LineView]
    parked: list[LineView] = Field(default_factory=list)
    reasons: list[ReasonView] = Field(default_factory=list)
    break_reason: str = ""
    may_pick: bool = False
    paused: bool = False
    undo_s: int
    open_day: bool
    now: str | None
    bells: list[BellView] = Field(default_factory=list)
    standing: list[StandingView] = Field(default_factory=list)


class DeviceView(Told):
    """A device or a part of the box: its condition, since when, why, and what to do (codes with facts)."""

    name: str
    kind: Literal[
        "printer",
        "buttons",
        "bus",
        "module",
        "keypad",
        "display",
        "board",
        "voice",
        "bell",
        "power",
        "replica",
        "disk",
        "clock",
        "store",
        "plan",
    ]
    condition: Literal["ready", "warning", "missing", "fault"]
    since: datetime
    reason: str
    hint: str
    facts: dict[str, str]


class ReplicaView(Told):
    """The live replica: where it goes and how far behind it is."""

    condition: str
    target: str
    lag_s: float | None
    lag_bytes: int | None
    last_replicated_at: datetime | None
    restarts: int
    hint: str


class SlipView(Told):
    """One paper that needs somebody's eye."""

    slip: int
    ticket: int
    label: str
    copy_marked: bool
    state: Literal["queued", "printed", "sent", "unknown", "expired"]
    queued_s: int


class OfficeView(Told):
    """The office at a glance, for the technician and the head."""

    seq: int
    office: str
    name: Text
    incarnation: int
    day: int | None
    date: str | None
    open: bool
    plan_version: int | None
    next_plan_version: int | None
    waiting: int
    served: int
    missed: int
    left: int
    issued: int
    longest_wait_s: int
    desks: list[DeskView] | None
    devices: list[DeviceView]
    replica: ReplicaView | None
    slips: list[SlipView]
    clock_trusted: bool
    uptime_s: int
    version: str
    bells: list[BellView] = Field(default_factory=list)
    standing: list[StandingView] = Field(default_factory=list)
    directives: list[DirectiveView] = Field(default_factory=list)


class EntryView(Told):
    """One journal row."""

    seq: int
    at: str
    clock_trusted: bool
    boot_id: str
    uptime_ms: int
    actor: str
    kind: str
    version: int
    body: dict[str, object]
    chain: str


class DayView(Told):
    """A day after it was opened or closed. `paused`: the reason of the pause that lasts now.

    `hours`: the code of why today has its hours (a holiday, a short day); None without a clock or a plan.
    """

    day: int | None
    date: str | None
    open: bool
    paused: str | None = None
    hours: str | None = None


class DeskRow(Told):
    """A desk as reception sees it: what it does, who is there, how long its visitor has been."""

    number: int
    desk_class: Literal["permanent", "reserve"]
    state: Literal["closed", "free", "break", "called", "serving"]
    label: str | None
    elapsed_s: int
    operator: str | None
    reason: str
    planned: bool | None
    services: list[str]
    organisation: str | None


class AdviceView(Told):
    """What the run forward advises: which reserve desks to open, and what that does to the share over the norm.

    `wait_s` and `wait_after_s`: a newcomer's mean wait as things are, and with these desks open.
    """

    open_desks: list[int]
    share_before: float
    share_after: float
    wait_s: int
    wait_after_s: int = 0


class FigureView(Told):
    """An indicator's value: a count, milliseconds, a share from 0 to 1 or a number per hour (docs/indicators.md).

    `n`: the samples behind it; `events`: the journal entries of the largest ones, `unnamed` how many these leave out.
    """

    id: str
    value: float | None
    n: int
    events: list[int]
    unnamed: int


class GroupView(Told):
    """The indicators of one part of a period."""

    key: str
    values: list[FigureView]


class FiguresView(Told):
    """The indicators of a period. `days`: how many working days it has in the journal."""

    first: date
    last: date
    days: int
    by: str | None
    values: list[FigureView]
    groups: list[GroupView]


class BehindView(Told):
    """The journal entries behind an indicator."""

    id: str
    events: list[int]


class OwnDayView(Told):
    """A day so far, of an operator or a desk."""

    desk: int
    operator: str | None
    values: list[FigureView]


class NowView(Told):
    """The hall at this moment, and what is advised."""

    seq: int
    values: list[FigureView]
    idle_desks: list[int]
    advice: AdviceView | None


class ReceptionView(Told):
    """The hall as reception sees it: everybody in hand, the desks, the services, and what is advised."""

    seq: int
    open: bool
    paused: str | None
    now: str | None
    waiting: list[TicketView]
    at_desks: list[TicketView]
    parked: list[TicketView]
    missed: list[TicketView]
    gone: int
    desks: list[DeskRow]
    advice: AdviceView | None
    bells: list[BellView] = Field(default_factory=list)
    standing: list[StandingView] = Field(default_factory=list)


class PlanView(Told):
    """Which plan is in force and which one waits for the next opening."""

    version: int | None
    digest: str | None
    next_version: int | None
    next_digest: str | None


class ShiftView(Told):
    """Who is at which desk by the roster on a date."""

    operator: str
    desk: int
    begins: str
    ends: str
    breaks: list[str]


class SessionView(Told):
    """Who is signed in on this browser; an operator without a desk sits at reception."""

    role: Literal["nobody", "operator", "owner"]
    operator: str | None
    desk: int | None
    name: str | None = None


class OperatorView(Told):
    """Somebody who may sign in. The name never leaves this box."""

    operator: str
    name: str


class HealthView(Told):
    """Whether the queue takes commands, and the newest journal entry."""

    alive: bool
    seq: int
    version: str


class Problem(Told):
    """RFC 9457. `type` is `/problems/<code>`; `facts` fill the sentence in `detail`, which names the next step."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    facts: dict[str, str | int] = Field(default_factory=dict)


class DeviceSpanView(Told):
    """A device in one condition. `until` and `lasted_s` are None while it lasts; `seq` is the entry it began with."""

    since: datetime
    until: datetime | None
    lasted_s: int | None
    condition: str
    reason: str
    seq: int


class DeviceHistoryView(Told):
    """The conditions of a device, the newest first."""

    device: str
    spans: list[DeviceSpanView]


class AvailabilityRow(Told):
    """A device on one day.

    `watched_s`: of the day's opening hours, what the box can tell of; `share`: in which it worked. `repair_s`: the mean
    of the repairs that ended that day.
    """

    device: str
    day: int
    date: date | None
    watched_s: int
    share: float | None
    outages: int
    repair_s: int | None


class AvailabilityView(Told):
    """The availability of every device, by day."""

    first: date
    last: date
    rows: list[AvailabilityRow]
