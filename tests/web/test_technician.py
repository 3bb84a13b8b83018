"""The technician's rooms: whose they are, what they show, and what their scripts do in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route, expect

from hardware.config import Point, load
from hardware.sheets.render import KINDS
from tests.api.rig import Rig
from tests.plans import Sketch
from tests.web.fake import PLAN, Client, FakeOffice, reading
from tests.web.head_office import on_a_port
from tests.web.technician_tools import HEALTHY, MENDABLE, WELL, FakeTools
from web.office import mount
from web.office.language import LANGUAGES, text_in
from web.office.technician_doctor import acts
from web.office.technician_paper import SHEETS, sheet_answer

ROOMS = ("", "/doctor", "/keys", "/paper")
SOON_MS = 20_000
"""How long a busy machine may take for what a page does once a second."""


def shown(path: str, tools: FakeTools | None, language: str = "ru") -> str:
    """A page of the technician over these tools."""
    office = FakeOffice(reading(technician=tools))
    answer = Client(office).get(f"/technician{path}", headers={"accept-language": language})
    assert answer.status_code == 200, path
    return answer.text


def hashed(style: str) -> str:
    """How a policy lets in a style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def rows(text: str) -> list[str]:
    """The conditions of the rows of a report, as they stand."""
    return re.findall(r'<tr class="(fault|warning|ready)">', text)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_for_the_owner_alone(room: str) -> None:
    client = Client(FakeOffice(reading(role="operator")))
    page, panel = client.get(f"/technician{room}"), client.get(f"/technician{room}/panel")
    assert 'name="code"' in page.text
    assert "tabs" not in page.text
    assert (panel.status_code, panel.headers["hx-refresh"], panel.text) == (204, "true", "")


@pytest.mark.parametrize("room", ROOMS[1:])
def test_a_room_of_an_office_without_devices_says_so(room: str) -> None:
    assert "смотреть здесь не на что" in shown(room, None)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_leads_to_the_others_and_knows_itself(room: str) -> None:
    text = shown(room, FakeTools())
    assert re.findall(r'<a href="/technician([^"?]*)"', text)[:4] == list(ROOMS)
    assert f'<a href="/technician{room}" aria-current="page">' in text


def test_what_is_wrong_comes_first_and_the_counts_are_those_of_the_rows() -> None:
    text = shown("/doctor", FakeTools())
    assert rows(text) == ["fault", "warning", *["ready"] * len(WELL)]
    assert "1 неисправность</b>" in text
    assert "1 предупреждение</b>" in text
    assert f"{len(WELL)} в порядке" in text.replace("\u00a0", " ")
    assert "Проверено в 09:42:07, заняло 3,1\u00a0с." in text


def test_an_office_that_is_well_has_no_colour_in_its_report() -> None:
    text = shown("/doctor", FakeTools(findings=HEALTHY))
    assert rows(text) == ["ready"] * len(HEALTHY)
    assert 'class="bad"' not in text
    assert "state-alarm" not in text
    assert "Строки, которые это исправят" not in text


def test_lines_that_mend_something_stand_in_a_block_to_copy() -> None:
    text = shown("/doctor", FakeTools(findings=MENDABLE), "uk")
    assert '<code id="lines-1">usermod --append --groups dialout talon</code>' in text
    assert '<code id="lines-2">dtoverlay=i2c-rtc,ds3231</code>' in text
    assert "/boot/firmware/config.txt" in text
    assert 'data-copy="lines-2"' in text


def test_a_row_has_one_act_at_most_and_each_act_stands_once() -> None:
    report = FakeTools(findings=MENDABLE)
    text = shown("/doctor", report)
    ids = re.findall(r'id="(act-[^"]+)"', text)
    assert len(ids) == len(set(ids))
    cells = re.findall(r'<td class="act">(.*?)</td>', text, re.DOTALL)
    assert len(cells) == len(MENDABLE)
    assert all(cell.count("<button") + cell.count("<a ") <= 1 for cell in cells)
    assert 'id="act-again-1"' in cells[0]
    assert acts([]) == {}


def test_a_change_that_waits_for_a_restart_is_told_in_every_room() -> None:
    for room in ROOMS:
        assert 'id="restart"' in shown(room, FakeTools(changed=True)), room
        assert 'id="restart"' not in shown(room, FakeTools()), room


def test_the_first_page_says_which_pins_are_in_force_and_names_keys_in_words() -> None:
    text = shown("", FakeTools(trouble="no chip"))
    assert "<dd>gpiod, запасной путь</dd>" in text
    assert "<b>Окно 3, кнопка СЛЕДУЮЩИЙ</b>" in text
    assert "отсоедините её провод (GPIO\u00a017, контакт J8:11)" in text
    assert "/technician/device?name=desk%2F3" in text
    assert "Модуль ввода</b> <code>desks/1</code>" in text


def test_a_panel_is_a_row_with_its_three_keys_in_their_order() -> None:
    tools = FakeTools()
    tools.begin_walk()
    tools.press("desk/3/repeat")
    row = re.findall(r'<tr><th scope="row">Окно 3</th>(.*?)</tr>', shown("/keys", tools), re.DOTALL)[0]
    cells = row.split("<td")[1:]
    assert ["нажата" in cell for cell in cells] == [False, True, False]
    assert "GPIO\u00a027, контакт J8:13" in cells[1]


def test_a_sheet_may_bring_its_own_style_and_nothing_else() -> None:
    styles = ("@page { margin: 1cm }", "b { color: red }")
    html = f"<style>{styles[0]}</style><p>x</p><style media='print'>{styles[1]}</style>"
    policy = sheet_answer(html).headers["content-security-policy"]
    for style in styles:
        assert hashed(style) in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style-src 'none'" in sheet_answer("<p>x</p>").headers["content-security-policy"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(SHEETS))
def test_a_sheet_is_this_offices_in_the_readers_language(kind: str, language: str) -> None:
    answer = Client(FakeOffice(reading())).get(f"/technician/sheets/{kind}?lang={language}")
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert text_in(PLAN.name.texts, language) in answer.text
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    assert hashed(style[1]) in answer.headers["content-security-policy"]
    assert not re.search(r"<script|\sstyle=|\son[a-z]+=", answer.text)


def test_a_sheet_is_the_owners_and_there_is_no_other() -> None:
    assert 'name="code"' in Client(FakeOffice(reading(role="nobody"))).get("/technician/sheets/wiring").text
    answer = Client(FakeOffice(reading())).get("/technician/sheets/secrets")
    assert (answer.status_code, answer.headers["location"]) == (303, "/technician/paper")


def test_every_sheet_there_is_has_its_link() -> None:
    text = shown("/paper", FakeTools())
    assert set(re.findall(r"/technician/sheets/([a-z-]+)\?lang=ru", text)) == set(SHEETS) == set(KINDS)


def test_a_browser_accepts_the_style_of_a_sheet(page: Page) -> None:
    page.goto("/technician/sheets/wiring?lang=uk")
    assert page.locator("h1").evaluate("(one) => getComputedStyle(one).marginTop") == "0px"


# In a real browser, over the fake office: its API answers by rote.


def test_ticks_of_a_walk_appear_without_reload(page: Page, fresh: FakeOffice) -> None:
    tools = fresh.reading.technician
    assert tools is not None
    tools.begin_walk()
    page.goto("/technician/keys?lang=ru")
    page.evaluate("window.kept = true")
    expect(page.locator(".tick.done")).to_have_count(0)
    for number, control in enumerate(("desk/1/next", "kiosk/receipt-text", "desk/7/finish"), 1):
        tools.press(control)
        expect(page.locator(".tick.done")).to_have_count(number, timeout=SOON_MS)
        expect(page.locator("#progress")).to_have_text(f"Нажато кнопок: {number} из 13.")
    assert page.evaluate("window.kept") is True


def test_a_walk_is_begun_by_keyboard_and_says_what_came_of_it(page: Page, fresh: FakeOffice) -> None:
    fresh.answers["technician/walk"] = {"done": True, "code": "walk-begun", "said": "Нажмите каждую кнопку один раз."}
    page.goto("/technician/keys?lang=ru")
    page.locator("#walk").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_have_text("Нажмите каждую кнопку один раз.")
    assert [(one[1], one[2]) for one in fresh.asked] == [("technician/walk", {"act": "begin"})]


def test_a_lesson_is_begun_for_the_chosen_desk(page: Page, fresh: FakeOffice) -> None:
    page.goto("/technician/keys?lang=uk")
    page.locator("#desk").select_option("7")
    page.locator("#lesson-begin").click()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert [(one[1], one[2]) for one in fresh.asked] == [("technician/lesson", {"desk": 7})]


def test_a_choice_outlives_a_refresh(page: Page, fresh: FakeOffice) -> None:
    tools = fresh.reading.technician
    assert tools is not None
    page.goto("/technician/keys?lang=ru")
    page.locator("#desk").select_option("7")
    tools.begin_walk()
    expect(page.locator("#walk")).to_contain_text("Закончить обход", timeout=SOON_MS)
    expect(page.locator("#desk")).to_have_value("7")
    page.goto("/technician/paper?lang=ru")
    page.locator("#line-3").check()
    tools.changed = True
    expect(page.locator("#due")).to_be_visible(timeout=SOON_MS)
    expect(page.locator("#line-3")).to_be_checked()


def test_the_steps_of_a_lesson_follow_the_fingers(page: Page, fresh: FakeOffice) -> None:
    tools = fresh.reading.technician
    assert tools is not None
    tools.begin_lesson(9)
    page.goto("/technician/keys?lang=ru")
    expect(page.locator(".ask")).to_have_text("Нажмите «СЛЕДУЮЩИЙ».")
    expect(page.locator("#lesson-save")).to_be_disabled()
    tools.touch(Point("desks", 12, 1))
    expect(page.locator(".ask")).to_have_text("Нажмите «ПОВТОР».", timeout=SOON_MS)
    expect(page.locator(".caps .learnt")).to_contain_text("модуль\u00a01, вход\u00a012")
    tools.touch(Point("desks", 0, 1))
    expect(page.locator(".refused")).to_contain_text("Окно 5, кнопка СЛЕДУЮЩИЙ", timeout=SOON_MS)
    for line in (13, 14):
        tools.touch(Point("desks", line, 1))
    expect(page.locator("#lesson-save")).to_be_enabled(timeout=SOON_MS)
    expect(page.locator(".refused")).to_have_count(0)


def test_a_test_slip_is_asked_for_once_however_long_the_printer_takes(page: Page, fresh: FakeOffice) -> None:
    held: list[Route] = []
    page.goto("/technician/paper?lang=ru")
    page.route("**/api/v1/technician/print", lambda route: held.append(route))
    page.locator("#print-test").click()
    expect(page.locator("#told")).to_have_text("Печатаю. Подождите бумагу.")
    page.locator("#print-test").click()
    page.locator("#print-pages").click()
    page.wait_for_timeout(300)
    assert len(held) == 1
    held[0].fulfill(json={"done": False, "code": "failed", "said": "Ничего не напечатано. Закончилась бумага."})
    expect(page.locator("#told")).to_have_text("Ничего не напечатано. Закончилась бумага.")
    expect(page.locator("#told")).to_have_class(re.compile("failed"))


def test_a_line_of_the_letters_is_ticked_by_keyboard(page: Page, fresh: FakeOffice) -> None:
    fresh.answers["technician/code-page"] = {"done": True, "code": "letters-saved", "said": "Строка 4 записана."}
    page.goto("/technician/paper?lang=ru")
    page.locator("#line-3").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_have_text("Строка 4 записана.")
    assert [(one[1], one[2]) for one in fresh.asked] == [("technician/code-page", {"number": 4})]


def test_nothing_is_sent_before_a_line_is_chosen(page: Page, fresh: FakeOffice) -> None:
    page.goto("/technician/paper?lang=ru")
    page.locator("#tick").click()
    page.wait_for_timeout(200)
    assert fresh.asked == []


def test_the_picture_of_the_slip_follows_the_choice(page: Page) -> None:
    page.goto("/technician/paper?lang=uk")
    expect(page.locator("#slip")).to_have_attribute("src", re.compile("width_mm=58&language=uk&copy=false"))
    page.get_by_label("80\u00a0мм").check()
    page.get_by_label("копія").check()
    expect(page.locator("#slip")).to_have_attribute("src", re.compile("width_mm=80&language=uk&copy=true"))


def test_checking_again_tells_the_new_counts(page: Page, fresh: FakeOffice) -> None:
    page.goto("/technician/doctor?lang=ru")
    tools = fresh.reading.technician
    assert tools is not None
    tools.findings = HEALTHY
    page.locator("#check").click()
    expect(page.locator("#told")).to_have_text(
        f"Проверено: неисправностей 0, предупреждений 0, в порядке {len(HEALTHY)}."
    )
    expect(page.locator("tr.fault")).to_have_count(0)


def test_a_refusal_is_a_sentence_and_an_alarm(page: Page, fresh: FakeOffice) -> None:
    fresh.refusal = (409, "В hardware.toml нет принтера.")
    page.goto("/technician/doctor?lang=ru")
    page.locator("#act-test").click()
    expect(page.locator("#told")).to_have_text("В hardware.toml нет принтера.")
    expect(page.locator("#told")).to_have_class(re.compile("failed"))


def test_a_restart_is_asked_twice(page: Page, fresh: FakeOffice) -> None:
    assert fresh.reading.technician is not None
    fresh.reading.technician.changed = True
    page.goto("/technician/doctor?lang=ru")
    page.locator("#restart").click()
    expect(page.locator("#restart")).to_contain_text("замрут на несколько секунд")
    assert fresh.asked == []
    page.locator("#restart").click()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert [one[1] for one in fresh.asked] == ["technician/restart"]


def test_lines_are_copied(page: Page, fresh: FakeOffice) -> None:
    assert fresh.reading.technician is not None
    fresh.reading.technician.findings = MENDABLE
    page.goto("/technician/doctor?lang=ru")
    page.locator("#copy-2").click()
    expect(page.locator("#told")).to_have_text("Скопировано")
    assert page.evaluate("getSelection().toString()") == "dtoverlay=i2c-rtc,ds3231"


# The pages over the real routes, from the finger to the file.


@pytest.fixture
def real(tmp_path: Path) -> Iterator[tuple[Rig, FakeTools, str]]:
    """A real office with these tools, and the cookie of its owner."""
    rig = Rig(tmp_path, Sketch())
    (tmp_path / "hardware").mkdir()
    tools = FakeTools(folder=tmp_path / "hardware")
    rig.context.technician = tools
    mount(rig.app, rig.context)
    token = rig.local.begin_session("owner")
    yield rig, tools, token
    rig.close()


def test_a_panel_is_taught_from_the_finger_to_the_file(browser: Chromium, real: tuple[Rig, FakeTools, str]) -> None:
    rig, tools, token = real
    with on_a_port(rig) as base:
        page = browser.new_page(base_url=base, reduced_motion="reduce")
        page.context.add_cookies([{"name": "talon_session", "value": token, "url": base}])
        page.goto("/technician/keys?lang=ru")
        page.locator("#desk").select_option("2")
        page.locator("#lesson-begin").click()
        expect(page.locator("#told")).to_have_text("Нажимайте кнопки окна 2 по очереди, как просит страница.")
        expect(page.locator(".ask")).to_have_text("Нажмите «СЛЕДУЮЩИЙ».")
        for line in (20, 21, 22):
            tools.touch(Point("desks", line, 1))
        expect(page.locator("#lesson-save")).to_be_enabled(timeout=SOON_MS)
        page.locator("#lesson-save").click()
        expect(page.locator("#told")).to_contain_text("hardware.toml.before")
        expect(page.locator("#due")).to_be_visible(timeout=SOON_MS)
        page.close()
    panel = next(one for one in load(tools.file).panels if one.desk == 2)
    assert panel.finish == Point("desks", 22, 1)
    assert json.loads(json.dumps([str(panel.next), str(panel.repeat)])) == ["desks 1/20", "desks 1/21"]
