"""What goes over the wire, in and out. The pages use the same models, so a page and the API never disagree."""

from __future__ import annotations

from datetime import datetime
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


class TakeTicketBody(Asked):
    """A visitor takes a number."""

    service: str = Field(min_length=1, max_length=80)
    language: Language = "ru"
    paper: bool = True


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
    """Where to send the visitor on; nothing means the desk's default target."""

    service: str | None = Field(default=None, max_length=80)


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


class TicketView(Told):
    """One ticket. `label` is the number as people read it; waits are whole seconds."""

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
    paper: Literal["none", "queued", "printed", "sent", "unknown", "expired"]


class CallView(Told):
    """One row of the hall board."""

    ticket: int
    label: str
    desk: int
    calls: int
    state: Literal["called", "serving"]
    seq: int


class HallView(Told):
    """What the hall shows: the newest call first. `seq` grows with every change; `now`: None on an untrusted clock."""

    seq: int
    calls: list[CallView]
    waiting: int
    open: bool
    now: str | None
    date: str | None
    on_break: list[int]
    languages: list[Language]


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


class KioskView(Told):
    """What the kiosk offers. `now` is `HH:MM`, None on an untrusted clock; `paper`: whether slips can be printed."""

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
    """One waiting visitor as an operator sees them."""

    ticket: int
    label: str
    service_name: Text
    waited_s: int
    returned: bool
    directed: bool


class DeskView(Told):
    """A desk, for its operator."""

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
    undo_s: int
    open_day: bool
    now: str | None


class DeviceView(Told):
    """A device or a part of the box: its condition, since when, why, and what to do (codes with facts)."""

    name: str
    kind: Literal["printer", "buttons", "voice", "replica", "disk", "clock", "store", "board", "plan"]
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
    """A day after it was opened or closed."""

    day: int | None
    date: str | None
    open: bool


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
