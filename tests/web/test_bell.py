"""The bell on the pages: over everything, its seconds running, one button; heard once the page was touched."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.web.fake import Client, FakeOffice, reading
from tests.web.scenes import bell, reception
from tests.web.test_reception import opened, settled

NOW = "() => document.body.dispatchEvent(new CustomEvent('talon:changed'))"


def rings(office: FakeOffice, **more: object) -> None:
    """From now on somebody rings."""
    office.reading.reception_view = reception(bells=[bell(**more)])


def test_the_band_comes_by_itself_and_its_seconds_run(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    expect(page.locator(".ring")).to_have_count(0)
    rings(fresh, rung_s=58)
    page.evaluate(NOW)
    expect(page.locator(".ring h2")).to_have_text("Звонок у\u00a0пандуса")
    expect(page.locator("#bell-said")).to_contain_text("Звонок")
    rings(fresh, rung_s=59)
    expect(page.locator(".ring .run")).to_have_text("1:00")


def test_one_button_answers_and_another_tells_the_arrival(page: Page, fresh: FakeOffice) -> None:
    rings(fresh)
    opened(page)
    fresh.reading.reception_view = reception(bells=[bell(state="answered", answered_s=0)])
    page.locator("#bell-answer-ramp").click()
    settled(page)
    assert fresh.asked[-1][1] == "bells/ramp/answer"
    expect(page.locator(".ring.coming")).to_contain_text("к\u00a0человеку идут")
    fresh.reading.reception_view = reception()
    page.locator("#bell-close-ramp").click()
    settled(page)
    assert fresh.asked[-1][1] == "bells/ramp/close"
    expect(page.locator(".ring")).to_have_count(0)


def test_the_band_waits_for_no_dialog(page: Page, fresh: FakeOffice) -> None:
    opened(page)
    page.locator("#pause-open").click()
    rings(fresh)
    page.evaluate(NOW)
    expect(page.locator(".ring.rung")).to_be_visible()
    assert page.locator("#pause").evaluate("one => one.open")


def test_it_is_heard_after_a_touch_until_somebody_answers(page: Page, fresh: FakeOffice) -> None:
    rings(fresh)
    opened(page)
    page.wait_for_timeout(1200)
    assert page.locator("body").get_attribute("data-chimes") is None
    page.locator(".ring h2").click()
    page.wait_for_function("() => Number(document.body.dataset.chimes ?? 0) === 1", timeout=20_000)
    fresh.reading.reception_view = reception(bells=[bell(state="answered", answered_s=0)])
    page.evaluate(NOW)
    expect(page.locator(".ring.coming")).to_be_visible()
    page.wait_for_timeout(11_000)
    assert page.locator("body").get_attribute("data-chimes") == "1"


def test_the_focus_stays_on_the_button_while_the_band_is_renewed(page: Page, fresh: FakeOffice) -> None:
    rings(fresh)
    opened(page)
    page.locator("#bell-answer-ramp").focus()
    rings(fresh, rung_s=30)
    page.evaluate(NOW)
    expect(page.locator(".ring .run")).to_have_text("0:30")
    expect(page.locator("#bell-answer-ramp")).to_be_focused()


def test_a_desk_shows_what_nobody_answers_and_may_answer_it(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.bells = [bell(rung_s=61, escalated=1)]
    page.goto("/desk/7?lang=en")
    expect(page.locator(".ring")).to_contain_text("every desk sees this call")
    page.locator("#bell-answer-ramp").click()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert fresh.asked[-1][1] == "bells/ramp/answer"


def test_the_bands_are_for_staff_alone() -> None:
    office = FakeOffice(reading(role="nobody"))
    rings(office)
    client = Client(office)
    assert client.get("/reception/bells").headers["hx-refresh"] == "true"
    assert "ring" not in client.get("/reception").text.partition("<body")[2].partition("<script")[0]


def test_another_bell_has_its_name() -> None:
    office = FakeOffice(reading())
    rings(office, bell="yard-2")
    text = Client(office).get("/reception?lang=en").text
    assert "Bell: yard-2" in text
    assert 'data-act="/api/v1/bells/yard-2/answer"' in text
