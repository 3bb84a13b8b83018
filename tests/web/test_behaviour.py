"""What the scripts of the pages do, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.web.fake import FakeOffice
from tests.web.scenes import HALLS, ticket

YELLOW = "rgb(255, 213, 0)"


def test_a_board_without_answers_says_so_with_its_age_and_loses_its_yellow(page: Page, fresh: FakeOffice) -> None:
    page.clock.install()
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/hall?lang=ru")
    page.wait_for_selector(".call.newest")
    expect(page.locator("#lost")).to_be_hidden()
    fresh.silent = True
    page.clock.run_for(23000)
    expect(page.locator("#lost")).to_contain_text(re.compile("Нет связи 2[0-9]\u00a0с"))
    assert page.locator(".newest").evaluate("(one) => getComputedStyle(one).backgroundColor") != YELLOW
    fresh.silent = False
    page.clock.run_for(6000)
    expect(page.locator("#lost")).to_be_hidden()


def test_a_board_follows_the_office_by_polling(page: Page, fresh: FakeOffice) -> None:
    page.clock.install()
    page.goto("/hall?lang=ru")
    page.wait_for_selector(".call.newest")
    fresh.reading.hall_view = HALLS["empty"]
    page.clock.run_for(5500)
    expect(page.locator("#calls")).to_contain_text("Пока никого не вызывали")
    expect(page.locator("#waiting")).to_contain_text("никто не ждёт")


def test_a_board_of_a_halted_hall_is_calm_and_comes_back(page: Page, fresh: FakeOffice) -> None:
    page.clock.install()
    page.set_viewport_size({"width": 1920, "height": 1080})
    fresh.reading.hall_view = HALLS["halted"]
    page.goto("/hall")
    expect(page.locator(".halted")).to_contain_text("Воздушная тревога")
    expect(page.locator(".halted")).to_contain_text("Порядок черги зберігається")
    expect(page.locator(".halted")).to_contain_text("The queue keeps its order")
    expect(page.locator(".newest")).to_have_count(0)
    fresh.reading.hall_view = HALLS["calls"]
    page.clock.run_for(5500)
    expect(page.locator(".call.newest")).to_be_visible()


def test_a_board_hides_a_clock_that_nobody_believes(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.hall_view = HALLS["no-clock"]
    page.goto("/hall?lang=uk")
    page.wait_for_selector(".call.newest")
    expect(page.locator("#clock")).to_be_hidden()
    expect(page.locator("#date")).to_be_hidden()


def test_a_double_tap_takes_one_ticket_and_shows_it(page: Page, fresh: FakeOffice) -> None:
    page.set_viewport_size({"width": 1080, "height": 1920})
    page.goto("/kiosk")
    page.locator("#s-1").dblclick()
    expect(page.locator("h1")).to_have_text("А\u00a0138")
    taken = [one for one in fresh.asked if one[1] == "tickets"]
    assert len(taken) == 1
    assert taken[0][2] == {"service": "receipt-text", "language": "ru", "paper": True}
    assert re.fullmatch(r"[!-~]{16,80}", taken[0][3])


def test_a_tap_without_an_answer_keeps_its_key_for_the_next_tap(page: Page, fresh: FakeOffice) -> None:
    page.set_viewport_size({"width": 1080, "height": 1920})
    page.goto("/kiosk")
    sent: list[str] = []

    def dead(route: object) -> None:
        sent.append(route.request.headers["idempotency-key"])  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/api/v1/tickets", dead)
    page.locator("#s-1").click()
    expect(page.locator("#said")).to_contain_text("второго номера не будет")
    page.unroute("**/api/v1/tickets")
    page.locator("[data-dismiss]").click()
    page.locator("#s-1").click()
    expect(page.locator("h1")).to_have_text("А\u00a0138")
    assert {*sent, fresh.asked[-1][3]} == {sent[0]}


def test_a_refusal_is_a_sentence_on_the_kiosk(page: Page, fresh: FakeOffice) -> None:
    fresh.refusal = (409, "На сегодня номера кончились. Спросите у администратора.")
    page.goto("/kiosk")
    page.locator("#s-1").click()
    expect(page.locator("#said")).to_contain_text("На сегодня номера кончились")


def test_the_issued_number_closes_by_itself_and_the_kiosk_forgets_the_language(page: Page) -> None:
    page.clock.install()
    page.set_viewport_size({"width": 1080, "height": 1920})
    page.goto("/kiosk?lang=uk&large=1")
    page.locator("#s-1").click()
    expect(page.locator("#closing")).to_be_visible()
    page.clock.run_for(33000)
    expect(page.locator("h1")).to_have_text("С\u00a0чем вы пришли?")
    expect(page.locator("#view")).not_to_have_class(re.compile("large"))


def test_an_abandoned_search_asks_and_starts_over(page: Page) -> None:
    page.clock.install()
    page.set_viewport_size({"width": 1080, "height": 1920})
    page.goto("/kiosk/services?q=вида")
    page.clock.run_for(32000)
    expect(page.locator("#still")).to_be_visible()
    page.locator("[data-stay]").click()
    expect(page.locator("#still")).to_be_hidden()
    page.clock.run_for(42000)
    expect(page.locator("#view")).to_have_attribute("data-view", "home")


def test_a_number_without_paper_says_remember_it(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.issued = ticket(paper="expired")
    page.goto("/kiosk/ticket/138")
    expect(page.locator(".band")).to_contain_text("Запомните номер")
    expect(page.locator("#finish")).to_have_text("Номер запомнен")


def test_an_operator_works_with_three_digits(page: Page, fresh: FakeOffice) -> None:
    page.goto("/desk/7?lang=ru")
    for digit in ("1", "2", "3", "Shift+Digit3"):
        page.keyboard.press(digit)
        expect(page.locator("[aria-busy]")).to_have_count(0)
        page.wait_for_function("() => true")
    pressed = [one[2] for one in fresh.asked]
    assert pressed == [
        {"key": "next", "long": False, "expects": 138},
        {"key": "repeat", "long": False, "expects": 138},
        {"key": "finish", "long": False, "expects": 138},
        {"key": "finish", "long": True, "expects": 138},
    ]
    assert len({one[3] for one in fresh.asked}) == 4


def test_an_operator_reaches_everything_by_tab_and_sees_where(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/desk/7?lang=ru")
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => { const one = document.activeElement; const style = getComputedStyle(one);"
                " const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 3;"
                " return [one.id || one.className || one.hreflang, ring]; }"
            )
        )
    names = [name for name, _ in reached]
    assert {"sign-out", "more-open", "key-next", "key-repeat", "key-finish", "long-finish", "shortcuts"} <= set(names)
    assert all(seen for name, seen in reached if name in ("key-next", "more-open", "sign-out"))


def test_a_service_past_its_norm_is_marked_by_shape_and_word(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.scene = "late"
    page.goto("/desk/7?lang=ru")
    expect(page.locator(".time")).to_contain_text("норма 15\u00a0мин превышена")
    sign = page.locator(".time .icon").bounding_box()
    assert sign is not None
    assert 15 < sign["width"] < 40


def test_single_digits_can_be_switched_off(page: Page, fresh: FakeOffice) -> None:
    page.goto("/desk/7?lang=ru")
    page.locator("#shortcuts").uncheck()
    page.keyboard.press("1")
    page.reload()
    expect(page.locator("#shortcuts")).not_to_be_checked()
    page.keyboard.press("1")
    assert fresh.asked == []


def test_a_refused_press_is_announced_and_stays_until_the_next(page: Page, fresh: FakeOffice) -> None:
    page.goto("/desk/7?lang=ru")
    fresh.refusal = (409, "Никто не ждёт. Нажмите позже.")
    page.keyboard.press("1")
    said = page.locator("#said")
    expect(said).to_have_text("Никто не ждёт. Нажмите позже.")
    expect(said).to_have_attribute("role", "alert")
    fresh.refusal = None
    page.keyboard.press("1")
    expect(said).to_be_hidden()


def test_a_missed_visitor_is_called_back_by_a_button(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.scene = "free"
    page.goto("/desk/7?lang=ru")
    page.locator("#back-301").click()
    expect(page.locator("#said")).to_be_hidden()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert fresh.asked[-1][1:3] == ("desks/7/call-back", {"ticket": 301})


def test_a_visitor_is_sent_on_by_typing_letters_and_comes_back(page: Page, fresh: FakeOffice) -> None:
    page.goto("/desk/7?lang=ru")
    page.keyboard.press("4")
    page.get_by_text("Передать на другую услугу").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("проп")
    page.wait_for_selector("[data-pick=house]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-chosen=house]")).to_be_visible()
    page.locator("[name=come_back]").check()
    page.get_by_role("button", name="Передать", exact=True).click()
    expect(page.locator("#more")).to_be_hidden()
    assert fresh.asked[-1][1:3] == ("desks/7/transfer", {"service": "house", "come_back": True})


def test_a_visitor_is_sent_to_a_desk_that_is_named(page: Page, fresh: FakeOffice) -> None:
    page.goto("/desk/7?lang=ru")
    page.locator("#more-open").click()
    page.get_by_text("Передать на другую услугу").click()
    page.locator("#transfer-desk").select_option("3")
    page.get_by_role("button", name="Передать", exact=True).click()
    expect(page.locator("#more")).to_be_hidden()
    assert fresh.asked[-1][1:3] == ("desks/7/transfer", {"to_desk": 3, "come_back": False})


def test_a_visitor_is_set_aside_with_a_reason_and_minutes(page: Page, fresh: FakeOffice) -> None:
    page.goto("/desk/7?lang=ru")
    page.keyboard.press("4")
    page.get_by_label("делает копии").check()
    page.locator("#park-minutes").fill("15")
    page.keyboard.press("Enter")
    expect(page.locator("#more")).to_be_hidden()
    assert fresh.asked[-1][1:3] == ("desks/7/park", {"reason": "copies", "minutes": 15})


def test_a_break_is_taken_with_its_reason(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.scene = "free"
    page.goto("/desk/7?lang=ru")
    page.keyboard.press("4")
    page.get_by_role("button", name="Начать перерыв").click()
    expect(page.locator("#more")).to_be_hidden()
    assert fresh.asked[-1][1:3] == ("desks/7/break", {"reason": "lunch"})


def test_a_particular_number_is_called_by_whoever_may(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.scene = "free"
    page.goto("/desk/7?lang=ru")
    page.keyboard.press("4")
    page.get_by_text("Вызвать определённый номер").click()
    page.locator("#call-ticket").select_option("202")
    page.get_by_role("button", name="Вызвать", exact=True).click()
    expect(page.locator("#more")).to_be_hidden()
    assert fresh.asked[-1][1:3] == ("desks/7/call", {"ticket": 202})


def test_a_claim_is_confirmed_or_refused_beside_the_number(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.scene = "claim"
    page.goto("/desk/7?lang=ru")
    page.locator("#claim-yes").click()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    page.locator("#claim-no").click()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert [one[1] for one in fresh.asked] == ["tickets/138/category/confirm", "tickets/138/category/refuse"]
    fresh.refusal = (409, "Этот талон уже закрыт.")
    page.locator("#claim-yes").click()
    expect(page.locator("#said")).to_have_text("Этот талон уже закрыт.")


def test_a_line_says_why_somebody_stands_where_they_stand(page: Page) -> None:
    page.goto("/desk/7?lang=ru")
    rows = page.locator("#line li")
    expect(rows.nth(0)).to_contain_text("льготная категория, раньше А\u00a0139")
    expect(rows.nth(2)).to_contain_text("сообщать голосом")
    expect(rows.nth(3)).not_to_contain_text("по порядку")


def test_a_parked_visitor_is_returned_at_once(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.scene = "free"
    page.goto("/desk/7?lang=ru")
    page.locator("#return-302").click()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert fresh.asked[-1][1] == "tickets/302/return"


def test_a_desk_that_lost_its_line_says_so(page: Page, fresh: FakeOffice) -> None:
    page.clock.install()
    page.goto("/desk/7?lang=ru")
    page.wait_for_selector("#key-next")
    fresh.silent = True
    page.route("**/desk/7/panel", lambda route: route.abort())
    page.clock.run_for(21000)
    expect(page.locator("#lost")).to_contain_text(re.compile("Нет связи с\u00a0устройством"))
    expect(page.locator("[data-age]")).to_contain_text(re.compile("обновлено (1|2)[0-9]\u00a0с назад"))


def test_a_desk_page_follows_the_office(page: Page, fresh: FakeOffice) -> None:
    page.goto("/desk/7?lang=ru")
    fresh.reading.scene = "idle"
    page.evaluate("talon.changed()")
    expect(page.locator("h1")).to_have_text("Вас никто не\u00a0ждёт")


def test_an_operator_signs_in_by_pin(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.role = "nobody"
    page.goto("/desk/7?lang=ru")
    fresh.refusal = (401, "ПИН-код не подходит.")
    page.locator("#pin").fill("481516")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text("ПИН-код не подходит.")
    expect(page.locator("#pin")).to_have_value("")
    fresh.refusal, fresh.reading.role = None, "operator"
    page.locator("#pin").fill("481516")
    page.keyboard.press("Enter")
    expect(page.locator("#key-next")).to_be_visible()
    assert fresh.asked[-1][1:3] == ("desks/7/sign-in", {"operator": "smirnova", "pin": "481516"})


def test_the_day_is_closed_only_when_sure(page: Page, fresh: FakeOffice) -> None:
    page.goto("/technician?lang=ru")
    page.locator("#close-day").click()
    assert fresh.asked == []
    expect(page.locator("#close-day")).to_contain_text("отмечены как ушедшие")
    page.locator("#close-day").click()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert fresh.asked[-1][1] == "day/close"


def test_an_operator_is_added_by_the_owner(page: Page, fresh: FakeOffice) -> None:
    page.goto("/technician?lang=ru")
    page.locator("#operator").fill("petrenko")
    page.locator("#name").fill("Петренко О. В.")
    page.locator("#pin").fill("481516")
    with page.expect_navigation():
        page.get_by_role("button", name="Сохранить").click()
    assert fresh.asked[-1][:3] == (
        "PUT", "operators", {"operator": "petrenko", "name": "Петренко О. В.", "pin": "481516"},
    )  # fmt: skip


def test_the_bench_presses_keys_and_spoils_paper(page: Page, fresh: FakeOffice) -> None:
    page.goto("/sim?lang=ru")
    page.locator('[data-control="desk/1/next"]').click()
    page.locator(".finger input[value=stick]").check()
    stuck = page.locator('[data-control="desk/2/finish"]')
    stuck.click()
    expect(stuck).to_have_attribute("aria-pressed", "true")
    stuck.click()
    page.locator('[data-device="printer"][data-fault="paper-out"]').click()
    page.locator('[data-device="bell/ramp"]').click()
    page.locator("#take").click()
    page.wait_for_timeout(100)
    assert [one[1:3] for one in fresh.asked] == [
        ("sim/press", {"control": "desk/1/next", "kind": "tap"}),
        ("sim/press", {"control": "desk/2/finish", "kind": "stick"}),
        ("sim/press", {"control": "desk/2/finish", "kind": "release"}),
        ("sim/fault", {"device": "printer", "fault": "paper-out", "on": True}),
        ("sim/fault", {"device": "bell/ramp", "fault": "loop-cut", "on": False}),
        ("sim/paper/take", {}),
    ]
