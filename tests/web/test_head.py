"""The head's page: whose it is, what it shows, that its words are whole, and how it looks in a browser."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from appliance import indicator_words, words
from appliance.api.routes.figures import PERIOD_DAYS
from appliance.api.schemas import FigureView, GroupView
from appliance.domain.codec import KINDS as EVENTS
from appliance.domain.days import CloseDay
from appliance.domain.indicators.period import INDICATORS, NOT_OPENED, Unit
from tests.web.head_office import Asker, Lived, on_a_port
from tests.web.test_screens import AUDIT, violations
from web.office.head_books import NEAR, runs
from web.office.head_chart import FOOT, HEIGHT, WIDTH, chart
from web.office.head_entries import KINDS
from web.office.head_file import harmless, number
from web.office.head_period import NAMES, Choice, chosen, named, typed_dates
from web.office.head_table import shown

LANGUAGES = ("ru", "uk", "en")
LOCALE = Path(words.__file__).parent / "locale"
DATES = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """An office in the middle of its second day; tests only read it."""
    made = Lived(tmp_path_factory.mktemp("head"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def owner(office: Lived) -> Asker:
    """The owner's browser."""
    return office.owner()


def figures(owner: Asker, query: str) -> dict[str, FigureView]:
    """What the API says of a period."""
    answer = owner.get(f"/api/v1/indicators?{query}").json()
    return {one["id"]: FigureView.model_validate(one) for one in answer["values"]}


def lines(owner: Asker, query: str) -> list[dict[str, str]]:
    """The file of a period."""
    text = owner.get(f"/head/period.csv?{query}").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_the_head_page_is_for_the_owner_alone(office: Lived) -> None:
    for client in (office.nobody(), office.operator(1, "vera")):
        for path in ("/head", "/head/events?indicator=wait_mean"):
            text = client.get(path).text
            assert 'data-send-to="/api/v1/session/owner"' in text
            assert 'class="rows"' not in text
            assert "TicketIssued" not in text
        assert client.get("/head/now").headers["hx-refresh"] == "true"
        assert client.get("/head/now").text == ""
        assert client.get("/head/period.csv").status_code == 403


def test_the_start_page_leads_to_the_head(office: Lived) -> None:
    assert 'href="/head"' in office.nobody().get("/").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_indicator_stands_on_the_page_with_its_definition(owner: Asker, language: str) -> None:
    text = re.sub(r"&#(39|34);", lambda found: chr(int(found[1])), owner.get(f"/head?lang={language}").text)
    assert f'<html lang="{language}">' in text
    assert "%(" not in text
    for section in indicator_words.SECTIONS:
        for row in section.rows:
            told = indicator_words.definition(row, language)
            assert told.name in text, row
            assert all(part in text for part in (told.how, *told.counts)), row


def test_every_indicator_has_its_place_once() -> None:
    placed = [one for section in indicator_words.SECTIONS for row in section.rows for one in indicator_words.ids(row)]
    assert sorted(placed) == sorted([*INDICATORS, NOT_OPENED[0]])


def test_a_mean_never_stands_without_its_longest_and_its_n(owner: Asker) -> None:
    text = owner.get("/head?lang=en").text
    rows = re.findall(r"<tr><th scope=\"row\"><details>.*?</tr>", text, re.DOTALL)
    means = [row for row in rows if '<span class="quiet">, mean' in row]
    assert len(means) == 10
    for row in means:
        cells = re.findall(r"<td[^>]*>([^<]*)", row)
        assert all(cells[:4]), row
    assert all(re.search(r'<td data-of="n">\d', row) for row in rows)


def test_the_page_shows_the_values_of_the_api(owner: Asker) -> None:
    wait = figures(owner, "first=2026-11-24&last=2026-11-24")
    text = owner.get("/head?lang=en").text
    row = re.search(r"<summary>Wait, all<span.*?</tr>", text, re.DOTALL)
    assert row is not None
    told = [shown(wait[f"wait_{part}"].value, Unit.MS, "en") for part in ("mean", "p95", "max")]
    assert re.findall(r"<td[^>]*>([\d:]+)", row[0]) == [*told, str(wait["wait_mean"].n)]


def test_yesterday_is_another_day_and_the_week_has_both(owner: Asker) -> None:
    issued = {
        period: int(next(line for line in lines(owner, f"period={period}&lang=en") if line["Id"] == "issued")["Value"])
        for period in ("today", "yesterday", "week")
    }
    assert issued["today"] > 0
    assert issued["yesterday"] > 0
    assert issued["week"] == issued["today"] + issued["yesterday"]


def test_a_part_is_one_press_away_and_shows_only_itself(owner: Asker) -> None:
    text = owner.get("/head?by=service&lang=en").text
    assert 'href="/head?by=service&amp;key=submit&amp;period=today"' in text
    part = owner.get("/head?by=service&key=submit&period=today&lang=en").text
    assert "Only: " in part
    assert "Late openings" not in part  # of the whole hall
    assert "/head/events?by=service&amp;key=submit&amp;period=today&amp;indicator=wait_mean" in part
    assert "There is nothing of it" in owner.get("/head?by=service&key=gone&lang=en").text


def test_parts_are_called_by_their_names(owner: Asker) -> None:
    assert "Коваленко О. І." in owner.get("/head?by=operator&lang=ru").text
    assert "Стол 2</a>" in owner.get("/head?by=desk&lang=ru").text
    assert "Ветераны</a>" in owner.get("/head?by=category&lang=ru").text
    assert "9:00–10:00</a>" in owner.get("/head?by=hour&lang=ru").text


@pytest.mark.parametrize("indicator", ["wait_mean", "no_shows", "occupancy", "late_openings", "turned_away"])
def test_the_entries_behind_a_value_are_listed_as_the_journal_has_them(
    office: Lived, owner: Asker, indicator: str
) -> None:
    query = "first=2026-11-24&last=2026-11-24"
    text = owner.get(f"/head/events?indicator={indicator}&{query}&lang=en").text
    found = [
        (int(seq), at, kind)
        for seq, at, kind in re.findall(
            r'<td class="num">(\d+)</td><td class="nowrap">([^<]+)</td><td>[^<]*<code>(\w+)', text
        )
    ]
    journal = {row.seq: row for row in office.rig.reads.journal(0, 10_000)}
    assert found
    for seq, at, kind in found:
        assert journal[seq].kind == kind
        # The office is three hours ahead of UTC.
        hour = (int(journal[seq].at[11:13]) + 3) % 24
        assert at == f"24/11/2026 {hour:02d}{journal[seq].at[13:19]}"
    if indicator != "late_openings":
        behind = owner.get(f"/api/v1/indicators/{indicator}/events?{query}").json()["events"]
        assert [seq for seq, _, _ in found] == behind[:100]


def test_a_long_list_of_entries_has_pages(owner: Asker) -> None:
    path = "/head/events?indicator=working&period=week&lang=en"
    pages = [owner.get(f"{path}&page={number}").text for number in (1, 2)]
    seqs = [re.findall(r'<td class="num">(\d+)', page) for page in pages]
    assert len(seqs[0]) == 100
    assert int(seqs[0][-1]) < int(seqs[1][0])
    assert owner.get(f"{path}&page=999999").status_code == owner.get(f"{path}&page=x").status_code == 200


@pytest.mark.parametrize("query", ["indicator=none", "", "indicator=wait_mean&by=hour&key=noon"])
def test_entries_of_what_there_is_not_lead_back(owner: Asker, query: str) -> None:
    answer = owner.get(f"/head/events?{query}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/head")


def test_wrong_dates_are_told_and_today_is_shown(owner: Asker) -> None:
    for dates in ("first=2026-11-25&last=2026-11-24", "first=x&last=y", "first=2020-01-01&last=2026-11-24"):
        text = owner.get(f"/head?{dates}&lang=en").text
        assert "the first not after the last" in text
        assert "24\u00a0November\u00a02026" in text
        assert owner.get(f"/head/period.csv?{dates}").status_code == 422


def test_the_file_opens_in_a_spreadsheet_with_exact_values(owner: Asker) -> None:
    answer = owner.get("/head/period.csv?by=desk&lang=ru")
    assert answer.headers["content-disposition"] == 'attachment; filename="talon_2026-11-24_2026-11-24_desk.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n")
    known = figures(owner, "first=2026-11-24&last=2026-11-24")
    rows = lines(owner, "by=desk&lang=ru")
    whole = {row["Код"]: row for row in rows if not row["Часть"]}
    assert set(whole) == set(known)
    assert {row["Часть"] for row in rows} == {"", "Стол 1", "Стол 2"}
    mean = known["wait_mean"].value
    assert mean is not None
    assert float(whole["wait_mean"]["Значение"].replace(",", ".")) == mean / 1000
    assert (whole["wait_mean"]["Единица"], whole["wait_mean"]["n"]) == ("с", str(known["wait_mean"].n))
    assert whole["booked_wait_mean"]["Значение"] == ""


@given(st.text(max_size=12))
def test_no_text_of_the_file_begins_like_a_formula(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert harmless(text).endswith(text)


@given(st.floats(0, 1e9), st.sampled_from(Unit), st.sampled_from(LANGUAGES))
def test_numbers_are_read_back_to_three_places(value: float, unit: Unit, language: str) -> None:
    scale = {Unit.MS: 0.001, Unit.SHARE: 100}.get(unit, 1)
    text = number(value, unit, language)
    assert abs(float(text.replace(",", ".")) - value * scale) < 0.001
    assert ("." in text) <= (language == "en")


def test_a_value_is_written_as_people_write_it() -> None:
    assert shown(372_400, Unit.MS, "ru") == "06:12"
    assert shown(3_760_000, Unit.MS, "uk") == "1:02:40"
    assert (shown(0.3125, Unit.SHARE, "ru"), shown(0.3125, "share", "en")) == ("31,2\u00a0%", "31.2%")
    assert (shown(1234, Unit.COUNT, "uk"), shown(3.21, Unit.PER_HOUR, "uk")) == ("1\u00a0234", "3,2")
    assert shown(None, Unit.MS, "ru") == "—"


def test_the_present_shows_who_waits_longest_and_what_is_advised(owner: Asker) -> None:
    text = owner.get("/head/now", "en").text
    assert "<html" not in text
    assert "A\u00a0" not in text  # the letter is Cyrillic
    assert re.search(r'20:00</dd><dd class="more">А\u00a0\d{3}', text)
    assert "31 % over the norm becomes 2 %" in text
    assert text.count('class="off"') == 2


def test_the_own_day_is_shown_at_the_own_desk_alone(office: Lived) -> None:
    anna = office.operator(1, "anna")
    text = anna.get("/desk/1/day?lang=en").text
    assert "My day so far" in text
    assert "Services ended" in text
    assert anna.get("/desk/2/day").headers["hx-refresh"] == "true"
    assert office.nobody().get("/desk/1/day").headers["hx-refresh"] == "true"
    assert "The day of this desk so far" in office.owner().get("/desk/2/day?lang=en").text


def test_without_a_day_or_a_date_the_page_says_so(tmp_path: Path) -> None:
    office = Lived(tmp_path, advised=False)
    try:
        office.rig.do(CloseDay())
        owner = office.owner()
        assert "The day is not open." in owner.get("/head?lang=en").text
        office.rig.clock.trusted = False
        # The day that was last open is the date then.
        assert "24\u00a0November\u00a02026" in owner.get("/head?lang=en").text
    finally:
        office.close()


def test_a_box_without_a_plan_or_a_date_asks_for_the_dates(tmp_path: Path) -> None:
    office = Lived(tmp_path, empty=True)
    office.rig.clock.trusted = False
    try:
        owner = office.owner()
        text = owner.get("/head?lang=en").text
        assert "Choose the dates" in text
        assert "This office has no plan yet" in text
        assert "Choose the dates" not in owner.get("/head?first=2026-11-24&last=2026-11-24&lang=en").text
        assert owner.get("/head/period.csv").status_code == 422
        assert owner.get("/head/events?indicator=wait_mean").status_code == 303
        assert "The day is not open." in owner.get("/desk/1/day?lang=en").text
    finally:
        office.close()


@given(DATES, st.sampled_from(sorted(NAMES)))
def test_a_named_period_ends_today_at_the_latest_and_holds_its_own_days(today: date, name: str) -> None:
    first, last = named(name, today)
    assert first <= last <= today
    assert (last - first).days <= PERIOD_DAYS
    if name == "yesterday":
        assert first == last == today - timedelta(days=1)
        return
    assert last == today
    before = first - timedelta(days=1)
    parts: dict[str, Callable[[date], object]] = {
        "today": date.toordinal,
        "week": lambda day: day.isocalendar()[:2],
        "month": lambda day: (day.year, day.month),
        "quarter": lambda day: (day.year, (day.month - 1) // 3),
        "year": lambda day: day.year,
    }
    part = parts[name]
    assert part(first) == part(today) != part(before)


@given(
    today=DATES,
    name=st.sampled_from([*NAMES, None]),
    days=st.integers(0, PERIOD_DAYS),
    by=st.sampled_from(["desk", "hour", None]),
    key=st.sampled_from(["3", "a&b=c д", None]),
)
def test_an_address_leads_to_the_same_choice(
    today: date, name: str | None, days: int, by: str | None, key: str | None
) -> None:
    dates = named(name, today) if name is not None else (today - timedelta(days=days), today)
    choice = Choice(*dates, name=name, by=by, key=key if by is not None else None)
    query = dict(parse_qsl(urlsplit(choice.address()).query))
    assert chosen(query, today) == (choice, False)
    other = dict(parse_qsl(urlsplit(choice.address(period="year", key=None)).query))
    assert chosen(other, today)[0] == Choice(*named("year", today), name="year", by=by)


@given(DATES, st.integers(-3, PERIOD_DAYS + 3))
def test_typed_dates_are_a_period_or_nothing(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    found = typed_dates({"first": first.isoformat(), "last": last.isoformat()})
    assert found == ((first, last) if 0 <= days <= PERIOD_DAYS else None)


@given(st.sets(st.integers(1, 5000)))
def test_entries_are_read_in_stretches_that_miss_none(seqs: set[int]) -> None:
    found = runs(sorted(seqs))
    assert [seq for run in found for seq in run] == sorted(seqs)
    assert all(later - earlier <= NEAR for run in found for earlier, later in pairwise(run))


@given(st.dictionaries(st.integers(0, 23), st.tuples(st.integers(1, 500), st.integers(0, 10**8)), max_size=24))
def test_bars_stay_within_their_picture(hours: dict[int, tuple[int, int]]) -> None:
    groups = [
        GroupView(
            key=str(hour),
            values=[
                FigureView(id="issued", value=n, n=n, events=[], unnamed=0),
                FigureView(id="wait_mean", value=wait // 2, n=n, events=[], unnamed=0),
                FigureView(id="wait_max", value=wait, n=n, events=[], unnamed=0),
            ],
        )
        for hour, (n, wait) in hours.items()
    ]
    drawn = chart("wait_mean", "", groups, "en", longest="wait_max", norm=900_000)
    assert [bar.hour for bar in drawn.bars] == [f"{hour}:00" for hour in sorted(hours)]
    for bar in drawn.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 < bar.y <= bar.y + bar.height <= HEIGHT - FOOT + 0.1
        assert bar.mark_y is not None
        assert 0 < bar.mark_y <= bar.y


@pytest.mark.parametrize("language", ["ru", pytest.param("uk", marks=pytest.mark.long)])
def test_names_and_definitions_are_translated_and_placeholders_kept(language: str) -> None:
    told, other = words.translations(language), words.translations("uk" if language == "ru" else "ru")
    foreign = r"[ыэъё]" if language == "uk" else r"[іїєґ]"
    for message in indicator_words.messages():
        text = told.gettext(message)
        assert text != message, message
        assert not re.search(foreign, text), text
        assert not re.search(r"`|\u202f", text), text
        assert len(message) < 40 or text != other.gettext(message), message
    catalogue = read_po((LOCALE / f"{language}.figures.po").open("rb"), locale=language)
    for one in catalogue:
        plural = isinstance(one.id, list | tuple)
        source = str(one.id[-1] if plural else one.id)
        texts = tuple(map(str, one.string)) if plural and one.string else (str(one.string),)
        assert not one.id or len(texts) == (3 if plural else 1), source
        for text in texts:
            assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", source)) or not source
            assert text.strip(), source


def test_every_kind_of_entry_has_words() -> None:
    assert set(EVENTS) == set(KINDS)


def test_every_formula_has_a_sentence() -> None:
    for declared in INDICATORS.values():
        formula = indicator_words.plain(declared.formula, declared.measures)
        told = formula in indicator_words.FORMULAS or not declared.measures
        assert told or declared.id.endswith(("_p95", "_max")), declared.id


SHOTS = (
    ("today", "/head?", (1366, 900)),
    ("hours", "/head?by=hour&period=week", (1280, 800)),
    ("desks", "/head?by=desk", (1280, 800)),
    ("entries", "/head/events?indicator=wait_mean", (1280, 800)),
    ("narrow", "/head?by=hour", (320, 900)),
    ("narrow-entries", "/head/events?indicator=wait_mean", (320, 900)),
    ("own-day", "/desk/1/day?", (800, 600)),
)


def listening(page: Page) -> list[str]:
    """What the page will complain about in its console."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    return said


@pytest.mark.parametrize("language", ["ru", *(pytest.param(code, marks=pytest.mark.long) for code in ("uk", "en"))])
def test_the_pages_have_no_violations_and_nothing_outside_their_screen(
    browser: Chromium, office: Lived, language: str
) -> None:
    wrong: dict[str, list[str]] = {}
    code = office.rig.local.renew_owner()
    with on_a_port(office.rig) as base:
        context = browser.new_context(base_url=base, reduced_motion="reduce")
        signed_in = context.request.post("/api/v1/session/owner", data={"code": code}, headers={"Origin": base})
        assert signed_in.ok
        for name, path, (width, height) in SHOTS:
            page = context.new_page()
            complaints = listening(page)
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{path}&lang={language}", wait_until="load")
            page.evaluate("document.fonts.ready")
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            found = page.evaluate(AUDIT)
            if name != "own-day":  # a part of the desk's page: alone it has neither a title nor a language
                found += violations(page) + complaints
            if found:
                wrong[name] = found
            page.close()
        context.close()
    assert wrong == {}, json.dumps(wrong, ensure_ascii=False, indent=1)


def test_the_own_day_opens_within_the_desks_page(browser: Chromium, office: Lived) -> None:
    """While a dialog is open no answer may replace what asked for it: the day once stayed an ellipsis there."""
    with on_a_port(office.rig) as base:
        context = browser.new_context(base_url=base, reduced_motion="reduce")
        code = office.rig.local.renew_owner()
        assert context.request.post("/api/v1/session/owner", data={"code": code}, headers={"Origin": base}).ok
        page = context.new_page()
        with page.expect_response(lambda answer: answer.url.endswith("/panel")):
            page.goto("/desk/1?lang=en", wait_until="load")
        page.locator("#more-open").click()
        page.get_by_text("My day so far").click()
        page.locator(".ownday table").wait_for()
        context.close()
