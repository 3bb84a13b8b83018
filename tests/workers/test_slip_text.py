"""What a slip says, and what it never says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PIL import ImageChops

from appliance.domain.moment import Moment, Stamp
from appliance.domain.office import Office, Slip, SlipState, Stop, Ticket, TicketState
from appliance.domain.plan import NEEDS, Category, Plan, Words
from appliance.workers.slip_text import slip_content
from hardware.paper.slip import WIDTH_58MM, SlipContent, margin, render
from tests.plans import Sketch

ISSUED = datetime(2026, 11, 24, 7, 42, 30, tzinfo=UTC)
"""10:42:30 in Moscow."""


def stamp(later_s: int = 0, *, trusted: bool = True) -> Stamp:
    return Stamp(1, Moment(int(ISSUED.timestamp() * 1000) + later_s * 1000, trusted, "b0", 60_000 + later_s * 1000))


TICKET = Ticket(1, "А", 1, "consult", "ru", TicketState.WAITING, (1, 0), stamp(), asked="consult")


def plan() -> Plan:
    categories = {
        "veteran": Category("veteran", Words({"ru": "Ветеран", "en": "Veteran"})),
        "child": Category("child", Words({"ru": "С ребёнком"}), confirm_first=True),
    }
    return replace(Sketch().plan, categories=categories)


def told(ticket: Ticket, *, copy_after_s: int | None = None, among: tuple[Ticket, ...] = ()) -> SlipContent:
    tickets = {one.id: one for one in (*among, ticket)}
    slip = Slip(1, ticket.id, copy_after_s is not None, SlipState.QUEUED, stamp(copy_after_s or 0))
    return slip_content(Office(plan=plan(), tickets=tickets), slip)


def test_the_expected_call_is_a_time_of_day_counted_from_the_issue() -> None:
    rows = dict(told(replace(TICKET, told=(480, 1020))).rows)
    assert rows["Выдан"] == "24.11.2026 10:42"
    assert rows["Ориентировочный вызов"] == "10:50–10:59"
    assert dict(told(replace(TICKET, told=(480, 1020), language="uk")).rows)["Орієнтовний виклик"] == "10:50–10:59"
    assert dict(told(replace(TICKET, told=(480, 1020), language="en")).rows)["Expected call"] == "10:50–10:59"


def test_whoever_is_called_at_once_is_told_so() -> None:
    assert dict(told(replace(TICKET, told=(0, 0))).rows)["Ориентировочный вызов"] == "скоро"
    assert dict(told(replace(TICKET, told=(60, 70))).rows)["Ориентировочный вызов"] == "10:43"


@pytest.mark.parametrize(
    "ticket",
    [
        TICKET,
        replace(TICKET, told=(480, 900), issued=stamp(trusted=False)),
        replace(TICKET, told=(480, 900), service="submit"),
    ],
    ids=["no estimate", "no clock", "waits for something else by now"],
)
def test_no_time_is_promised_that_nobody_knows(ticket: Ticket) -> None:
    assert "Ориентировочный вызов" not in dict(told(ticket).rows)


def test_a_copy_repeats_the_expected_call_until_it_is_over() -> None:
    ticket = replace(TICKET, told=(480, 900))
    assert dict(told(ticket, copy_after_s=600).rows)["Ориентировочный вызов"] == "10:50–10:57"
    assert "Ориентировочный вызов" not in dict(told(ticket, copy_after_s=901).rows)


def test_a_slip_says_what_the_visitor_came_for_and_what_comes_after() -> None:
    content = told(replace(TICKET, purpose="collect", route=(Stop("submit"), Stop("consult", 1))))
    assert dict(content.rows)["Цель визита"] == "Получение результата"
    assert "Затем по этому же талону: Услуга submit; Услуга consult." in content.notes


def test_a_claim_is_reminded_of_until_somebody_has_looked() -> None:
    claimed = replace(TICKET, category="veteran")
    assert "Покажите документ, когда вас вызовут." in told(claimed).notes
    assert "Покажите документ администратору сейчас." in told(replace(TICKET, category="child")).notes
    for seen in (True, False):
        assert not any("документ" in note for note in told(replace(claimed, confirmed=seen)).notes)


def test_whoever_waits_without_a_promise_reads_it() -> None:
    assert any("без гарантии" in note for note in told(replace(TICKET, promised=False)).notes)
    assert not any("без гарантии" in note for note in told(TICKET).notes)


@pytest.mark.parametrize("confirmed", [None, True, False])
@pytest.mark.parametrize("category", ["veteran", "child"])
def test_no_paper_names_a_category_or_a_need(category: str, confirmed: bool | None) -> None:
    plain, marked = told(TICKET), told(replace(TICKET, category=category, confirmed=confirmed, needs=NEEDS))
    assert "Ветеран" not in str(marked)
    assert "ребён" not in str(marked)
    reminder = [note for note in marked.notes if note not in plain.notes]
    assert replace(marked, notes=()) == replace(plain, notes=())
    assert len(reminder) == (confirmed is None)


def test_the_norm_is_that_of_the_service() -> None:
    known = plan()
    services = {**known.services, "consult": replace(known.services["consult"], wait_norm_min=40)}
    office = Office(plan=replace(known, services=services), tickets={1: TICKET})
    content = slip_content(office, Slip(1, 1, copy=False, state=SlipState.QUEUED, queued=stamp()))
    assert content.footer == "Норма ожидания: 40\u00a0мин."


@pytest.mark.parametrize("language", ["ru", "uk", pytest.param("en", marks=pytest.mark.long)])
def test_the_fullest_slip_stays_between_its_margins(language: str) -> None:
    full = replace(
        TICKET, language=language, told=(480, 900), purpose="submit", category="veteran", promised=False,
        route=(Stop("submit"),) * 8,
    )  # fmt: skip
    image = render(told(full, copy_after_s=5), WIDTH_58MM)
    ink = ImageChops.invert(image).getbbox()
    assert ink is not None
    assert (ink[0] >= margin(WIDTH_58MM), ink[2] <= WIDTH_58MM - margin(WIDTH_58MM)) == (True, True)
