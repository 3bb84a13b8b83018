"""What a slip says: the ticket in the visitor's language, from the plan in force."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from appliance.domain.office import Office, Slip, Ticket
from appliance.domain.order import ahead
from appliance.domain.plan import Plan
from appliance.words import translations
from hardware.slip import SlipContent


def slip_content(office: Office, slip: Slip) -> SlipContent:
    """The content of a slip of the open day. Without a trusted clock it bears no time of day."""
    plan, ticket = office.plan, office.tickets[slip.ticket]
    assert plan is not None
    words = translations(ticket.language)
    _ = words.gettext
    service = plan.services[ticket.service]
    language = ticket.language
    before = ahead(office, ticket)
    rows = [(_("Ahead of you"), str(before) if before else _("nobody"))]
    issued = issued_at(plan, ticket)
    if issued is not None:
        rows.insert(0, (_("Issued"), f"{issued:%d.%m.%Y %H:%M}"))
    notes = [_("Wait for your call on the board")]
    documents = service.documents.get(language)
    if documents:
        notes.append(_("Please have ready: {documents}").format(documents=documents))
    return SlipContent(
        office=plan.name.get(language),
        address=plan.address.get(language),
        heading=_("Your number"),
        number=ticket.label,
        service=service.short.get(language),
        rows=tuple(rows),
        notes=tuple(notes),
        mark=_("COPY") if slip.copy else "",
        footer=footer(plan, language),
    )


def footer(plan: Plan, language: str) -> str:
    """The norm of waiting, and where to complain."""
    _ = translations(language).gettext
    norm = _("Waiting norm: {minutes}\u00a0minutes.").format(minutes=plan.settings.wait_norm_min)
    if not plan.phone:
        return norm
    return f"{norm} {_('Complaints')}: {plan.phone.replace(' ', chr(0xA0))}"


def issued_at(plan: Plan, ticket: Ticket) -> datetime | None:
    """The office's wall time of issue, if the clock was trusted then."""
    moment = ticket.issued.moment
    if not moment.trusted:
        return None
    return datetime.fromtimestamp(moment.at_ms / 1000, ZoneInfo(plan.timezone))
