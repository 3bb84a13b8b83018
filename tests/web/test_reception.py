"""The page of reception: find a service, give a number, look after the line, stop the hall."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.web.fake import Client, FakeOffice, reading
from tests.web.scenes import catalogue, kiosk, many_services, reception
from web.office.finding import keyword, marked, search
from web.office.reception import numbered

TABLET: ViewportSize = {"width": 1280, "height": 800}


def opened(page: Page, path: str = "/reception?lang=ru") -> None:
    """The page with its first results."""
    page.set_viewport_size(TABLET)
    page.goto(path)
    page.wait_for_selector("#found [data-query]")


def settled(page: Page) -> None:
    """Wait until an act has been answered."""
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("проп", "house"),
        ("ПРОП", "house"),
        ("ghjg", "house"),
        ("довідки", "house"),
        ("ljdslrb", "house"),
        ("счет", "receipt-text"),
        ("счёт", "receipt-text"),
        ("ысч", None),
        ("домов", "house"),
        ("пропиксa"[:7], "house"),
        ("residence", "house"),
        ("куышвутсу", "house"),
        ("сведения 404", "law-404"),
    ],
)
def test_a_service_is_found_by_a_few_letters_however_they_were_typed(typed: str, first: str | None) -> None:
    found = search(catalogue(), typed, "ru").services
    assert (found[0].id if found else None) == first


def test_what_was_typed_is_marked_and_an_everyday_word_is_named() -> None:
    house = catalogue()[1]
    assert list(marked("Прописка и справки", ("спр",))) == [("Прописка и ", False), ("спр", True), ("авки", False)]
    assert keyword(house, ("домов",), "ru") == "домовая книга"
    assert keyword(house, ("пропис",), "ru") == ""


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("139", ["А\u00a0139"]),
        ("а 139", ["А\u00a0139"]),
        ("A139", ["А\u00a0139"]),
        ("К 139", []),
        ("021", ["Т\u00a0021"]),
        ("119", []),
        ("19", ["Т\u00a0019"]),
        ("проп", []),
    ],
)
def test_a_ticket_is_found_by_its_number(typed: str, labels: list[str]) -> None:
    assert [one.label for one in numbered(reception(), typed)] == labels


def test_reception_is_for_staff_alone() -> None:
    client = Client(FakeOffice(reading(role="nobody")))
    assert 'name="pin"' in client.get("/reception").text
    for path in ("panel", "found?q=a", "services", "service/house", "ticket/138"):
        answer = client.get(f"/reception/{path}")
        assert (answer.status_code, answer.headers["hx-refresh"]) == (204, "true"), path
    assert client.get("/reception/given/138").text == ""


def test_an_administrator_signs_in_by_pin(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.role = "nobody"
    page.goto("/reception?lang=ru")
    page.locator("#pin").fill("481516")
    fresh.reading.role = "operator"
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_be_focused()
    assert fresh.asked[-1][1:3] == ("session/reception", {"operator": "smirnova", "pin": "481516"})


def test_four_letters_and_enter_give_a_number_and_show_it_large(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.keyboard.type("проп")
    page.keyboard.press("Enter")
    expect(page.locator("#given .big")).to_have_text("А\u00a0138")
    expect(page.locator("#given")).to_contain_text("10:50–10:57")
    given = [one for one in fresh.asked if one[1] == "tickets"]
    assert [one[2] for one in given] == [{"service": "house", "language": "ru"}]
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("")
    page.locator("#given-mistake").click()
    settled(page)
    assert fresh.asked[-1][1:3] == ("tickets/138/leave", {"reason": "mistake"})
    expect(page.locator("#given .big")).to_have_count(0)


def test_a_row_says_who_serves_where_with_what_and_how_long(page: Page) -> None:
    opened(page)
    row = page.locator(".offer").first
    for words in ("Счета и\u00a0начисления", "Расчётный центр", "паспорт", "Окна 3, 6, 9, 12", "12–17 мин"):
        expect(row).to_contain_text(words)


def test_arrows_walk_along_the_results_and_the_line(page: Page) -> None:
    opened(page)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#g-receipt-text")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#g-house")).to_be_focused()
    page.keyboard.press("F4")
    expect(page.locator("#t-400")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#act h2")).to_have_text("В\u00a0204")
    page.keyboard.press("Escape")
    expect(page.locator("#act")).to_be_hidden()
    page.keyboard.press("F2")
    expect(page.locator("#q")).to_be_focused()


def test_hours_refuse_first_and_reception_may_insist(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    fresh.refusal, fresh.code = (409, "Талоны выдаются до 16:30."), "issuing-closed"
    page.locator("#g-receipt-text").click()
    expect(page.locator("#said")).to_contain_text("до 16:30")
    fresh.refusal = None
    page.get_by_role("button", name="Всё равно выдать талон").click()
    expect(page.locator("#given .big")).to_have_text("А\u00a0138")
    assert fresh.asked[-1][2] == {"service": "receipt-text", "language": "ru", "insist": True}


def test_a_refusal_that_nobody_may_set_aside_is_only_said(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    fresh.refusal, fresh.code = (409, "Зал остановлен."), "hall-paused"
    page.locator("#g-receipt-text").click()
    expect(page.locator("#said")).to_contain_text("Зал остановлен.")
    expect(page.locator("[data-insisted]")).to_have_count(0)


def test_a_press_without_an_answer_keeps_its_key(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    sent: list[str] = []

    def dead(route: object) -> None:
        sent.append(route.request.headers["idempotency-key"])  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/api/v1/tickets", dead)
    page.locator("#g-receipt-text").click()
    expect(page.locator("#said")).to_contain_text("ничего не сделается дважды")
    page.unroute("**/api/v1/tickets")
    page.locator("#g-receipt-text").click()
    expect(page.locator("#given .big")).to_be_visible()
    assert {*sent, *(one[3] for one in fresh.asked)} == {sent[0]}


def test_a_number_is_given_with_everything_a_visit_can_have(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.locator("#m-house").click()
    page.get_by_label("Подать документы").check()
    page.get_by_role("radio", name="Українська").check()
    page.locator("#give-category").select_option("large-family")
    page.locator("[name=confirmed]").check()
    page.get_by_label("нужно больше времени").check()
    page.locator("#give-also").fill("счётч")
    page.locator("[data-pick=droplets]").click()
    page.locator("#act").get_by_role("button", name="Выдать талон").click()
    expect(page.locator("#given .big")).to_be_visible()
    assert fresh.asked[-1][2] == {
        "service": "house", "purpose": "submit", "language": "uk", "category": "large-family", "confirmed": True,
        "needs": ["time"], "also": ["droplets"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fold", "fill", "button", "expected"),
    [
        ("Направить на другую", {"#send-desk": "5"}, "Направить", ("send", {"desk": 5})),
        ("Льгота", {"#set-category": "child"}, "Дать льготу", ("category", {"category": "child", "confirmed": True})),
        ("Объединить", {"#merge-into": "405"}, "Объединить", ("merge", {"into": 405})),
        ("Особые условия", {}, "Сохранить", ("needs", {"needs": []})),
    ],
)
def test_a_ticket_of_the_line_is_looked_after(
    page: Page, fresh: FakeOffice, fold: str, fill: dict[str, str], button: str, expected: tuple[str, object]
) -> None:
    opened(page)
    page.locator("#t-402").click()
    page.locator("summary", has_text=fold).first.click()
    for field, value in fill.items():
        page.locator(field).select_option(value)
    page.locator("#act").get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#act")).to_be_hidden()
    assert fresh.asked[-1][1:3] == (f"tickets/402/{expected[0]}", expected[1])


def test_a_service_is_added_to_a_number_and_one_must_be_chosen(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.locator("#t-402").click()
    page.locator("summary", has_text="Добавить услугу").click()
    page.get_by_role("button", name="Добавить", exact=True).click()
    assert fresh.asked == []
    page.keyboard.type("долг")
    page.locator("[data-pick=credit-card]").click()
    page.get_by_role("button", name="Добавить", exact=True).click()
    expect(page.locator("#act")).to_be_hidden()
    assert fresh.asked[-1][1:3] == ("tickets/402/services", {"service": "credit-card"})


@pytest.mark.parametrize(
    ("button", "path", "body"),
    [
        ("Документ показан", "category/confirm", {}),
        ("Документа нет", "category/refuse", {}),
        ("Напечатать копию", "reprint", {}),
        ("Ушёл", "leave", {"reason": "left"}),
        ("Передумал", "leave", {"reason": "cancelled"}),
        ("Выдан по ошибке", "leave", {"reason": "mistake"}),
    ],
)
def test_one_press_in_the_ticket_dialog_is_one_act(
    page: Page, fresh: FakeOffice, button: str, path: str, body: object
) -> None:
    opened(page)
    page.locator("#t-402").click()
    page.locator("#act").get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#act")).to_be_hidden()
    assert [one[1:3] for one in fresh.asked] == [(f"tickets/402/{path}", body)]


def test_a_missed_visitor_is_returned_from_their_list(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.locator("#tab-missed").click()
    page.locator("#t-119").click()
    page.locator("#act").get_by_role("button", name="Вернуть в очередь").click()
    expect(page.locator("#act")).to_be_hidden()
    assert fresh.asked[-1][1] == "tickets/119/return"
    page.evaluate("talon.changed()")
    expect(page.locator("#tab-missed")).to_have_attribute("aria-current", "true")


def test_the_line_marks_by_shape_and_word(page: Page) -> None:
    opened(page)
    late = page.locator("#t-400")
    expect(late).to_contain_text("дольше нормы")
    assert "state-warning" in (late.locator(".min use").get_attribute("href") or "")
    expect(page.locator("#t-402")).to_contain_text("заявил льготу")
    expect(page.locator("#t-403")).to_contain_text("льгота, документ показан")
    expect(page.locator("#t-404")).to_contain_text("Окно 3")
    expect(page.locator("#t-407")).to_contain_text("без гарантии")


def test_advice_is_a_sentence_with_its_figures(page: Page) -> None:
    opened(page)
    said = (page.locator(".advice").text_content() or "").replace("\u00a0", " ")
    assert "Откройте сейчас 2 резервных места (Окна 12, 13)" in said
    assert re.search(r"31 % ?, а 2 %", said)


def test_the_hall_is_stopped_only_after_a_question(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.locator("#pause-open").click()
    assert fresh.asked == []
    expect(page.locator("#pause [data-close]")).to_be_focused()
    page.get_by_label("Пожарная тревога").check()
    page.locator("#pause").get_by_role("button", name="Остановить зал").click()
    expect(page.locator("#pause")).to_be_hidden()
    assert fresh.asked[-1][1:3] == ("pause", {"reason": "fire"})
    fresh.reading.reception_view = reception(paused="fire")
    page.evaluate("talon.changed()")
    expect(page.locator(".halted")).to_contain_text("Пожарная тревога")
    page.locator("#resume-open").click()
    page.locator("#resume").get_by_role("button", name="Продолжить приём").click()
    expect(page.locator("#resume")).to_be_hidden()
    assert fresh.asked[-1][1:3] == ("resume", {})


def test_who_went_without_a_number_is_counted_with_the_reason(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.locator("#away-open").click()
    page.get_by_label("Здесь этого не делают").check()
    page.get_by_role("button", name="Учесть одного посетителя").click()
    expect(page.locator("#told")).to_contain_text("Учтено")
    assert fresh.asked[-1][1:3] == ("turned-away", {"reason": "not-here"})


def test_a_paper_from_elsewhere_is_put_into_the_line(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.locator("#adopt-open").click()
    page.locator("#adopt-series").fill("А")
    page.locator("#adopt-number").fill("6")
    page.locator("#adopt-time").fill("09:05")
    page.locator("#adopt-service").fill("проп")
    page.locator("[data-pick=house]").click()
    page.get_by_role("button", name="Поставить в очередь").click()
    expect(page.locator("#given .big")).to_be_visible()
    assert fresh.asked[-1][1:3] == (
        "tickets/adopt", {"series": "А", "number": 6, "printed_at": "09:05", "service": "house"},
    )  # fmt: skip


def test_a_list_stays_where_it_was_scrolled_to(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.locator("#line").evaluate("(one) => { one.scrollTop = 120; }")
    fresh.reading.reception_view = reception(now="10:43")
    page.evaluate("talon.changed()")
    expect(page.locator(".desks .now")).to_have_text("10:43")
    assert page.locator("#line").evaluate("(one) => one.scrollTop") == 120


def test_an_unavailable_service_says_why_and_since_when(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.kiosk_view = kiosk([many_services()[5], many_services()[0]])
    opened(page)
    row = page.locator(".offer.off")
    expect(row).to_contain_text("сегодня приёма нет")
    expect(row).to_contain_text(re.compile("ср,.25.ноября, 15:00"))
    expect(row.get_by_role("button", name="Выдать")).to_have_count(0)


def test_the_start_page_leads_to_reception_and_to_the_head_only_if_there_is_one() -> None:
    text = Client(FakeOffice(reading())).get("/").text
    assert 'href="/reception"' in text
    assert 'href="/head"' not in text
