"""Every page in every state and language: it is made, it keeps to the rules, it speaks the right language."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.web.fake import Client, FakeOffice, reading
from tests.web.scenes import kiosk, ticket
from tests.web.screenshots import LANGUAGES, Shot, shots
from web.office.finding import find

WEB = Path(__file__).resolve().parents[2] / "web"
EVERY = [
    pytest.param(language, shot, id=f"{language}-{shot.name}", marks=[pytest.mark.long] if language == "en" else [])
    for language in LANGUAGES
    for shot in shots(language)
]
FOREIGN = re.compile(r"https?://(?!www\.w3\.org/)")
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE)


@pytest.fixture(scope="module")
def client(office: FakeOffice) -> Client:
    """One application for all pages of the office: to make one takes longer than to ask it."""
    return Client(office)


def visit(shot: Shot, office: FakeOffice, client: Client) -> tuple[int, str, dict[str, str]]:
    """A page of an office in the state of a shot: status, text, headers."""
    shot.prepare(office)
    answer = client.get(shot.path)
    return answer.status_code, answer.text, dict(answer.headers)


@pytest.mark.parametrize(("language", "shot"), EVERY)
def test_every_page_is_made_in_every_state_and_language(
    fresh: FakeOffice, client: Client, language: str, shot: Shot
) -> None:
    status, text, headers = visit(shot, fresh, client)
    assert status == (404 if shot.name == "desk-missing" else 200)
    asked = language if "lang=" in shot.path else "ru"
    assert f'<html lang="{asked}">' in text
    assert not FOREIGN.search(text)
    assert not INLINE.search(text)
    assert not SCRIPT.search(text)
    assert "%(" not in text
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_templates_and_static_files_name_no_foreign_address() -> None:
    own = [
        *WEB.glob("templates/**/*.html"),
        *WEB.glob("static/css/*"),
        *WEB.glob("static/js/*"),
        WEB / "static/icons.svg",
    ]
    assert len(own) > 25
    assert [path.name for path in own if FOREIGN.search(path.read_text())] == []


def test_vendored_files_are_what_their_checksums_say() -> None:
    rows = re.findall(r"\| `([^`]+)` \|.*`([0-9a-f]{64})` \|", (WEB / "static/vendor/README.md").read_text())
    assert len(rows) == 7
    for path, expected in rows:
        assert hashlib.sha256((WEB / "static/vendor" / path).read_bytes()).hexdigest() == expected, path


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (WEB / "static/icons.svg").read_text()))
    named = {
        name
        for path in WEB.glob("templates/**/*.html")
        for name in re.findall(r"""parts\.icon\(["']([a-z0-9-]+)["']\)""", path.read_text())
    }
    assert named - sprite == set()


def test_an_unknown_icon_of_a_plan_becomes_a_plain_one() -> None:
    office = FakeOffice(reading())
    services = [office.reading.kiosk_view.services[0].model_copy(update={"icon": "no-such-icon"})]
    office.reading.kiosk_view = kiosk(services)
    assert "#no-such-icon" not in Client(office).get("/kiosk").text


def test_only_the_right_address_of_a_static_file_is_kept_for_ever() -> None:
    client = Client(FakeOffice(reading()))
    match = re.search(r'href="(/static/css/base\.css\?v=[0-9a-f]{12})"', client.get("/").text)
    assert match is not None
    assert "immutable" in client.get(match[1]).headers["cache-control"]
    assert client.get("/static/css/base.css?v=000000000000").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "cookie", "accepts", "expected"),
    [
        ("/", None, "", "ru"),
        ("/", None, "fr, uk;q=0.8, en;q=0.5", "uk"),
        ("/", "en", "uk", "en"),
        ("/?lang=uk", "en", "ru", "uk"),
        ("/?lang=xx", None, "nonsense;q=x", "ru"),
        ("/kiosk", "en", "uk", "ru"),
    ],
)
def test_the_language_is_the_address_then_the_cookie_then_the_browser_then_the_office(
    path: str, cookie: str | None, accepts: str, expected: str
) -> None:
    headers = {"accept-language": accepts}
    if cookie:
        headers["cookie"] = f"talon_lang={cookie}"
    answer = Client(FakeOffice(reading())).get(path, headers=headers)
    assert f'<html lang="{expected}">' in answer.text


def test_a_fragment_of_the_kiosk_is_only_its_view() -> None:
    client = Client(FakeOffice(reading()))
    text = client.get("/kiosk", headers={"hx-request": "true"}).text
    assert "<html" not in text
    assert text.count('id="view"') == 1


def test_a_signed_out_desk_tells_its_page_to_load_anew() -> None:
    office = FakeOffice(reading(role="nobody"))
    answer = Client(office).get("/desk/7/panel")
    assert answer.headers["hx-refresh"] == "true"


def test_an_operator_of_another_desk_must_sign_in_here() -> None:
    client = Client(FakeOffice(reading(role="operator")))
    assert 'id="key-next"' in client.get("/desk/7").text
    assert 'name="pin"' in client.get("/desk/2").text


def test_the_technician_page_is_for_the_owner_alone() -> None:
    client = Client(FakeOffice(reading(role="operator")))
    assert "kubinka-14" not in client.get("/technician").text
    assert client.get("/technician/panel").text == ""


def test_the_bench_exists_only_with_simulated_devices() -> None:
    assert Client(FakeOffice(reading(simulated=False))).get("/sim").status_code == 404
    assert "/sim" not in Client(FakeOffice(reading(simulated=False))).get("/").text


def test_an_office_without_a_plan_has_its_pages_all_the_same() -> None:
    office = FakeOffice(reading())
    nothing = dict.fromkeys(LANGUAGES, "")
    office.reading.plan = None
    office.reading.kiosk_view = kiosk([], office=nothing, address=nothing, open=False, reason="no-plan", now=None)
    client = Client(office)
    for path in ("/", "/kiosk", "/kiosk/services", "/hall", "/technician", "/sim"):
        assert client.get(path).status_code == 200, path


def test_a_ticket_that_is_called_at_once_is_told_so() -> None:
    office = FakeOffice(reading())
    office.reading.issued = ticket(state="called", ahead=None)
    text = Client(office).get("/kiosk/ticket/138?lang=ru").text
    assert "Вас уже вызывают" in text


def test_a_visitor_is_not_told_what_staff_should_do() -> None:
    office = FakeOffice(reading())
    office.reading.kiosk_view = kiosk(open=False, reason="day-not-open")
    text = Client(office).get("/kiosk?lang=ru").text
    assert "Сейчас талоны не\u00a0выдаются" in text
    assert "data-take" not in text


def test_a_few_letters_find_a_service_among_four_hundred() -> None:
    services = reading().kiosk_view.services
    assert [one.id for one in find(services, "ПРОП", "ru")] == ["house"]
    assert [one.id for one in find(services, "счет нач", "ru")] == ["receipt-text"]
    assert [one.id for one in find(services, "лічил вод", "ru")] == ["droplets"]
    assert find(services, "щщ", "ru") == []
    forms = [one.id for one in find(services, "форма", "ru")]
    assert forms.index("form-2") < forms.index("form-10") < forms.index("form-100")


def test_a_kiosk_address_keeps_panel_and_language_and_forgets_nonsense() -> None:
    client = Client(FakeOffice(reading()))
    text = client.get("/kiosk?lang=uk&mm=4.03&at=0.5").text
    assert "/kiosk/services?lang=uk&amp;mm=4.03&amp;at=0.5" in text
    assert "--mm: 4.03px" in client.get("/kiosk/panel.css?mm=4.03&at=0.5").text
    assert "--mm: 2.71px" in client.get("/kiosk/panel.css?mm=1e9&at=x").text
