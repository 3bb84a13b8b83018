"""What a slip says: the ticket in the visitor's language, from the plan in force.

Everybody in the hall may see a slip, so it never names a category or an access need.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.domain.office import Office, Slip, Ticket
from appliance.domain.order import ahead
from appliance.domain.plan import Plan
from appliance.words import translations
from hardware.paper.slip import SlipContent

Translate = Callable[[str], str]


def slip_content(office: Office, slip: Slip) -> SlipContent:
    """The content of a slip of the open day. Without a trusted clock it bears no time of day."""
    plan, ticket = office.plan, office.tickets[slip.ticket]
    assert plan is not None
    _ = translations(ticket.language).gettext
    language = ticket.language
    return SlipContent(
        office=plan.name.get(language),
        address=plan.address.get(language),
        heading=_("Your number"),
        number=ticket.label,
        service=plan.services[ticket.service].short.get(language),
        rows=tuple(rows(office, plan, ticket, slip, _)),
        notes=tuple(notes(plan, ticket, _)),
        mark=_("COPY") if slip.copy else "",
        footer=footer(plan, ticket),
        language=language,
    )


def rows(office: Office, plan: Plan, ticket: Ticket, slip: Slip, _: Translate) -> list[tuple[str, str]]:
    """What the visitor came for, when, how many are before them, and when they will be called by the estimate."""
    before = ahead(office, ticket)
    told = [(_("Ahead of you"), str(before) if before else _("nobody"))]
    purposes = {"consult": _("Advice"), "submit": _("Handing in documents"), "collect": _("Collecting a result")}
    if ticket.purpose in purposes:
        told.insert(0, (_("You came for"), purposes[ticket.purpose]))
    issued = issued_at(plan, ticket)
    if issued is None:
        return told
    told.insert(0, (_("Issued"), f"{issued:%d.%m.%Y %H:%M}"))
    expected = expected_call(ticket, slip, issued)
    if expected is not None:
        told.append((_("Expected call"), expected or _("soon")))
    return told


def expected_call(ticket: Ticket, slip: Slip, issued: datetime) -> str | None:
    """The times of day between which 8 of 10 are called, by the estimate told with the number; "" is at once.

    None without an estimate, and on a copy that is asked for when it is over or the visitor waits for something else.
    """
    if ticket.told is None or ticket.service != ticket.asked:
        return None
    low_s, high_s = ticket.told
    if slip.copy and slip.queued.moment.since(ticket.issued.moment) > high_s * 1000:
        return None
    first, last = (f"{issued + timedelta(seconds=seconds):%H:%M}" for seconds in (low_s, high_s))
    if first == last:
        return first if low_s else ""
    return f"{first}–{last}"


def notes(plan: Plan, ticket: Ticket, _: Translate) -> list[str]:
    """What the visitor should know and do; the first one stands out."""
    language = ticket.language
    told = [_("Wait for your call on the board")]
    if not ticket.promised:
        told.append(_("You wait without a guarantee: there may be no time left today."))
    claim = plan.categories.get(ticket.category or "")
    if claim is not None and ticket.confirmed is None:
        at_once = _("Show your document to the administrator now.")
        told.append(at_once if claim.confirm_first else _("Show your document when you are called."))
    route = [plan.services[stop.service].short.get(language) for stop in ticket.route if stop.service in plan.services]
    if route:
        told.append(_("Afterwards under this number: {services}.").format(services="; ".join(route)))
    documents = plan.services[ticket.service].documents.get(language)
    if documents:
        told.append(_("Please have ready: {documents}").format(documents=documents))
    return told


def footer(plan: Plan, ticket: Ticket) -> str:
    """The norm of waiting for the service, and where to complain."""
    _ = translations(ticket.language).gettext
    norm = _("Waiting norm: {minutes}\u00a0minutes.").format(minutes=plan.wait_norm(ticket.service))
    if not plan.phone:
        return norm
    return f"{norm} {_('Complaints')}: {plan.phone.replace(' ', chr(0xA0))}"


def issued_at(plan: Plan, ticket: Ticket) -> datetime | None:
    """The office's wall time of issue, if the clock was trusted then."""
    moment = ticket.issued.moment
    if not moment.trusted:
        return None
    return datetime.fromtimestamp(moment.at_ms / 1000, ZoneInfo(plan.timezone))
