"""What a visitor can do at the kiosk: purposes, priority, needs, several services, a wait without a guarantee."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.web.fake import Client, FakeOffice, reading
from tests.web.scenes import LONG, catalogue, kiosk, many_services
from tests.web.screenshots import LANGUAGES, halted_hall, late_in_the_day, weekend, whole_visit
from web.office.kiosk import groups

KIOSK: ViewportSize = {"width": 1080, "height": 1920}


def taken(office: FakeOffice) -> Any:
    """What was asked for with the only number that was taken."""
    asked = [one[2] for one in office.asked if one[1] == "tickets"]
    assert len(asked) == 1
    return asked[0]


def test_the_wait_is_told_before_a_number_is_taken() -> None:
    client = Client(FakeOffice(reading()))
    assert "ждут 6, 12–17 мин" in client.get("/kiosk?lang=ru").text
    page = client.get("/kiosk/service/receipt-text?lang=uk").text
    assert "12–17 хв" in page
    assert "виклик приблизно о" in page
    assert "10:54–10:59" in page


def test_a_service_with_purposes_asks_for_one_and_takes_the_number_with_it(page: Page, fresh: FakeOffice) -> None:
    page.set_viewport_size(KIOSK)
    page.goto("/kiosk?lang=ru")
    page.get_by_text("Прописка").click()
    page.locator("#take-submit").click()
    expect(page.locator("h1")).to_have_text("А\u00a0138")
    assert taken(fresh) == {"service": "house", "purpose": "submit", "language": "ru", "paper": True}


def test_a_claim_and_needs_go_with_the_number(page: Page, fresh: FakeOffice) -> None:
    page.set_viewport_size(KIOSK)
    page.goto("/kiosk?lang=ru")
    page.locator("#help").click()
    page.get_by_role("checkbox", name="Ветераны").click()
    expect(page.get_by_role("checkbox", name="Ветераны")).to_be_checked()
    page.get_by_role("checkbox", name="голосом").click()
    expect(page.get_by_role("checkbox", name="голосом")).to_be_checked()
    page.locator("#further").click()
    expect(page.locator(".wish")).to_contain_text("Ветераны и\u00a0семьи погибших")
    page.locator("#s-1").click()
    expect(page.locator("h1")).to_have_text("А\u00a0138")
    assert taken(fresh) == {
        "service": "receipt-text", "category": "veteran", "needs": ["voice"], "language": "ru", "paper": True,
    }  # fmt: skip


def test_only_categories_for_the_kiosk_may_be_claimed_there() -> None:
    client = Client(FakeOffice(reading()))
    assert "Многодетные" not in client.get("/kiosk/help?lang=ru").text
    assert "Многодетные" not in client.get("/kiosk?lang=ru&claim=large-family").text


def test_several_services_share_one_number_in_the_order_they_were_chosen(page: Page, fresh: FakeOffice) -> None:
    page.set_viewport_size(KIOSK)
    page.goto("/kiosk/service/receipt-text?lang=ru")
    page.locator("#also").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "services")
    page.get_by_text("Счётчики воды").click()
    expect(page.locator(".wish")).to_contain_text("Счета и\u00a0начисления")
    page.locator("#take").click()
    expect(page.locator("h1")).to_have_text("А\u00a0138")
    assert taken(fresh) == {"service": "receipt-text", "also": ["droplets"], "language": "ru", "paper": True}


def test_what_was_chosen_is_forgotten_with_the_visitor(page: Page, fresh: FakeOffice) -> None:
    page.clock.install()
    page.set_viewport_size(KIOSK)
    page.goto("/kiosk?lang=ru&claim=child&needs=time")
    expect(page.locator(".wish")).to_be_visible()
    page.clock.run_for(45000)
    expect(page.locator(".wish")).to_have_count(0)
    assert "claim" not in (page.locator("#s-1").get_attribute("data-take") or "")


def test_nonsense_in_an_address_is_left_out() -> None:
    text = Client(FakeOffice(reading())).get("/kiosk?lang=ru&with=nothing,droplets,droplets&claim=king&needs=gold").text
    assert text.count("Под тем же номером") == 1
    assert "king" not in text
    assert "gold" not in text


def test_without_time_left_a_visitor_may_wait_without_a_guarantee(page: Page, fresh: FakeOffice) -> None:
    late_in_the_day(fresh)
    page.set_viewport_size(KIOSK)
    page.goto("/kiosk?lang=ru")
    expect(page.locator("#s-1")).to_contain_text("сегодня можно не успеть")
    page.locator("#s-1").click()
    page.get_by_role("button", name="Ждать без гарантии").click()
    expect(page.locator("h1")).to_have_text("А\u00a0138")
    assert taken(fresh)["unpromised"] is True


def test_a_closed_office_says_when_numbers_are_given_out_again() -> None:
    office = FakeOffice(reading())
    weekend(office)
    text = Client(office).get("/kiosk?lang=ru").text.replace("\u00a0", " ")
    assert "Сегодня приёма нет. Снова талоны: пн, 30 ноября, 08:00." in text
    assert "data-take" not in text


@pytest.mark.parametrize("path", ["/kiosk", "/kiosk/services", "/kiosk/service/house", "/kiosk/help"])
def test_a_halted_hall_takes_the_whole_kiosk_in_every_language(path: str) -> None:
    office = FakeOffice(reading())
    halted_hall(office)
    text = Client(office).get(f"{path}?lang=uk").text
    for words in ("Повітряна тривога", "Воздушная тревога", "Air-raid alert"):
        assert words in text
    assert "data-take" not in text
    assert 'hx-trigger="talon:changed' in text


def test_a_halted_hall_keeps_showing_an_issued_number() -> None:
    office = FakeOffice(reading())
    halted_hall(office)
    assert "А\u00a0138" in Client(office).get("/kiosk/ticket/138").text


def test_an_issued_number_tells_time_route_claim_and_promise() -> None:
    office = FakeOffice(reading())
    whole_visit(office)
    text = Client(office).get("/kiosk/ticket/138?lang=ru").text.replace("\u00a0", " ")
    for words in (
        "12:17–12:52",
        "Документ покажите на приёме: Инвалидность",
        "Затем под тем же номером",
        "без гарантии",
    ):
        assert words in text


def test_a_large_catalogue_is_reached_by_headings_in_three_touches(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.kiosk_view = kiosk(catalogue())
    page.set_viewport_size(KIOSK)
    page.goto("/kiosk?lang=ru")
    page.locator("#h-2").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "services")
    page.locator(".row:not(.off)").last.click()
    page.locator("#take").click()
    expect(page.locator("h1")).to_have_text("А\u00a0138")


def test_headings_have_every_service_once() -> None:
    whole = catalogue()
    assert len(whole) == 512
    assert sum(heading.count for heading in groups(kiosk(whole))) == 512
    assert groups(kiosk(many_services())) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_official_name_is_whole_on_its_page(page: Page, fresh: FakeOffice, language: str) -> None:
    fresh.reading.kiosk_view = kiosk([*catalogue(), many_services()[6]])
    page.set_viewport_size(KIOSK)
    page.goto(f"/kiosk/service/longest?lang={language}&mm=4.03&at=0.5")
    heading = page.locator(".one h1")
    assert (heading.text_content() or "").replace("\u00a0", " ").strip() == LONG
    assert heading.evaluate("(one) => one.scrollHeight <= one.clientHeight + 2")
    expect(page.locator("#take")).to_be_in_viewport(ratio=1)
