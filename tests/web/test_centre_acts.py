"""The centre's pages without a browser: who may do what, what is asked of the centre, what the audit keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from appliance.domain.indicators.period import INDICATORS
from sync.centre.people import Role
from sync.centre.thresholds import Limit
from sync.directive import KINDS
from tests.web.centre_canned import many, states
from tests.web.centre_house import PASSWORD, House, standing
from web.centre import forms
from web.centre.reading import NotDoneError
from web.centre.wording import KINDS as SAID
from web.centre.wording import SURE

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE)
PATHS = (
    "/wall", "/wall?mode=wall", "/wall?view=list&only=trouble&find=го", "/office/novosportivnaya", "/office/ershovo",
    "/office/bus-2", "/office/novosportivnaya/now", "/office/novosportivnaya/side",
    "/office/novosportivnaya/figure/waiting", "/office/novosportivnaya/entry/4802", "/alarms", "/alarms/open",
    "/alarms?office=golitsyno&before=25", "/history", "/history?period=week", "/history?office=golitsyno&period=month",
    "/history?first=2026-11-30&last=2026-11-01", "/history?first=2026-11-01&last=2026-11-20",
    "/history/entries?office=golitsyno&indicator=wait_mean", "/office/golitsyno/plans",
    "/office/golitsyno/plans?plan=3", "/office/bus-1/stops", "/office/bus-1/stops?period=month", "/network",
    "/network?scope=office:golitsyno", "/audit",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with standing(tmp_path_factory.mktemp("centre")) as house:
        yield house


@pytest.fixture
def house(made: House) -> House:
    return made.reset()


def give(client: httpx.Client, office: str = "novosportivnaya", **form: Any) -> Any:
    """Give a directive as a page does."""
    body = {"reason": "long-wait", "term": "15", **form}
    return client.post(f"/api/v1/offices/{office}/directives", json=body, headers={"idempotency-key": "a1" * 16})


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_every_page_is_made_in_every_language(house: House, language: str) -> None:
    client = house.client()
    for path in PATHS:
        answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer.status_code == 200, path
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert not INLINE.search(answer.text), path
        assert not SCRIPT.search(answer.text), path
        assert "%(" not in answer.text, path
        assert "no-store" in answer.headers["cache-control"]
    assert client.get("/office/no-such").status_code == 404


def test_every_state_of_a_tile_is_drawn_and_none_looks_well_when_it_is_not_known(house: House) -> None:
    house.reading.wall = states()
    house.reading.change()
    text = house.client(language="en").get("/wall").text
    kinds = set(re.findall(r'class="tile k-([a-z]+)"', text))
    assert kinds == {"new", "taken", "warning", "stale", "doubt", "never", "plain", "asleep", "off"}
    stale = re.search(r'<li class="tile k-stale".*?</li>', text, re.DOTALL)
    never = re.search(r'<li class="tile k-never".*?</li>', text, re.DOTALL)
    assert stale is not None
    assert "No data 23" in stale[0]
    assert "waited at 10:19" in stale[0]
    assert "waitbar" not in stale[0]
    assert never is not None
    assert ">0<" not in never[0]
    for office in [tile.office for tile in house.reading.wall]:
        assert house.client().get(f"/office/{office}").status_code == 200


def test_only_what_has_changed_is_sent_again(house: House) -> None:
    client = house.client()
    first = client.get("/wall/news").json()
    assert len(first["tiles"]) == 17
    told = f"/wall/news?life={first['life']}&since={first['version']}"
    assert client.get(told).json()["tiles"] == {}
    house.reading.acknowledge(31, house.people.all()[0])
    changed = client.get(told).json()
    assert list(changed["tiles"]) == ["letny"]
    assert "k-taken" in changed["tiles"]["letny"]
    assert first["ringing"] == [31]
    assert changed["ringing"] == []
    assert len(client.get(f"/wall/news?life=other&since={first['version']}").json()["tiles"]) == 17


@pytest.mark.parametrize("number", [40, 200, 1000])
def test_a_wall_of_many_offices_shows_the_worst_and_says_how_many_there_are(house: House, number: int) -> None:
    house.reading.wall = many(number)
    house.reading.ringing = [alarm for tile in house.reading.wall for alarm in tile.alarms]
    house.reading.change()
    client = house.client()
    wall = client.get("/wall?mode=wall").text
    shown = re.findall(r'id="t-(o\d+)"', wall)
    assert len(shown) == min(number, 42)
    if number > 42:
        alarmed = {tile.office for tile in house.reading.wall if any(a.now == "alarm" for a in tile.alarms)}
        assert set(shown[: len(alarmed)]) == alarmed
        assert f"of {number}" in wall
    near = client.get("/wall").text
    assert len(re.findall(r'id="t-(o\d+)"', near)) == min(number, 120)
    assert ("Page 1 of" in near) == (number > 120)
    assert len(client.get("/wall?find=кубинка 6").text) < len(near)


def test_nobody_sees_anything_without_signing_in(house: House) -> None:
    client = house.client(None)
    for path in PATHS:
        answer = client.get(path)
        assert answer.status_code in (204, 303), path
        assert "Новоспортивная" not in answer.text
    assert client.get("/api/v1/events").status_code == 403
    assert client.get("/history/period.csv").status_code == 403
    for path in ("/api/v1/alarms/31/acknowledge", "/api/v1/offices/golitsyno/directives", "/api/v1/people"):
        assert client.post(path, json={}).status_code == 401


def test_roles_may_what_they_may(house: House) -> None:
    acts: tuple[tuple[Role, str, dict[str, Any]], ...] = (
        (Role.DISPATCHER, "/api/v1/alarms/33/acknowledge", {}),
        (Role.HEAD, "/api/v1/thresholds", {"scope": "network", "rule": "oldest-wait", "warn": 10, "alarm": 14,
                                           "for_s": 0, "clear_s": 60}),
        (Role.HEAD, "/api/v1/periods/freeze", {"first": "2026-11-01", "last": "2026-11-20", "incomplete": "yes"}),
        (Role.ADMIN, "/api/v1/offices", {"id": "novy", "name": "Новый"}),
        (Role.ADMIN, "/api/v1/offices/golitsyno/tokens", {"kind": "new"}),
        (Role.ADMIN, "/api/v1/devices/golitsyno-1/revoke", {}),
    )  # fmt: skip
    for role in Role:
        client = house.client(role)
        for needed, path, body in acts:
            status = client.post(path, json=body).status_code
            assert (status != 403) == (role >= needed), (role, path, status)
    assert house.client(Role.DISPATCHER).get("/network").status_code == 303
    assert house.client(Role.DISPATCHER).get("/audit").status_code == 303
    assert "data-quick" not in house.client(Role.VIEWER).get("/office/novosportivnaya").text
    assert "data-quick" in house.client(Role.DISPATCHER).get("/office/novosportivnaya").text


def test_a_foreign_name_a_foreign_page_and_other_content_are_refused(house: House) -> None:
    client = house.client()
    assert client.get("/wall", headers={"host": "evil.example"}).status_code == 421
    path = "/api/v1/alarms/33/acknowledge"
    assert client.post(path, json={}, headers={"origin": "http://evil.example"}).status_code == 403
    assert client.post(path, json={}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post(path, content="x", headers={"content-type": "text/plain"}).status_code == 415
    assert client.post(path, json={"x": "y" * 70_000}).status_code == 413
    assert client.get("/api/v1/events", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post(path, json={}, headers={"origin": str(client.base_url).rstrip("/")}).status_code == 200


def test_the_cookie_can_not_be_read_or_sent_from_elsewhere(house: House) -> None:
    client = house.client(None)
    answer = client.post("/api/v1/session", json={"name": "Head", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert PASSWORD not in answer.text
    client.post("/api/v1/session/sign-out", json={})
    assert client.get("/wall").status_code == 303


def test_wrong_sign_ins_are_told_in_words_held_up_and_kept(house: House) -> None:
    client = house.client(None, "ru")
    for _ in range(3):
        answer = client.post("/api/v1/session", json={"name": "Чужой", "password": "wrong"})
        assert answer.status_code == 403
        assert "пароль" in answer.json()["detail"]
    held = client.post("/api/v1/session", json={"name": "Чужой", "password": "wrong"})
    assert held.status_code == 429
    assert "Подождите" in held.json()["detail"]
    refused = [deed for deed in house.audit.deeds(act="refused") if deed.name == "Чужой"]
    assert len(refused) == 3


def test_every_view_of_an_office_and_every_directive_is_in_the_audit(house: House) -> None:
    client = house.client(Role.DISPATCHER)
    before = house.audit.deeds()[0].id
    client.get("/office/golitsyno")
    client.get("/office/golitsyno/now")
    client.get("/office/golitsyno/figure/waiting")
    give(client, kind="open-desk", desk=12)
    house.reading.refuse = NotDoneError("unknown-desk", desk=99)
    refused = give(client, kind="open-desk", desk=99)
    assert refused.status_code == 409
    client.post("/api/v1/alarms/33/acknowledge", json={})
    deeds = [deed for deed in reversed(house.audit.deeds()) if deed.id > before]
    assert [(deed.act, deed.office) for deed in deeds] == [
        ("viewed", "golitsyno"), ("viewed-entries", "golitsyno"), ("issued", "novosportivnaya"),
        ("issued", "novosportivnaya"), ("acknowledged", "kubinka"),
    ]  # fmt: skip
    assert {deed.name for deed in deeds} == {"Dispatcher"}
    assert deeds[2].facts["body"] == '{"desk": 12}'
    assert deeds[3].facts["refused"] == "unknown-desk"
    shown = house.client(Role.HEAD).get("/audit?office=novosportivnaya").text
    assert "gave a directive" in shown
    assert "Open desk 12" in shown


FORMS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"kind": "open-desk", "desk": "12"}, {"desk": 12}),
    ({"kind": "close-desk", "desk": 3, "sure": "yes"}, {"desk": 3}),
    ({"kind": "end-break", "desk": 5}, {"desk": 5}),
    ({"kind": "add-skill", "desk": 5, "service": "consult"}, {"desk": 5, "service": "consult"}),
    ({"kind": "remove-skill", "desk": 5, "service": "consult"}, {"desk": 5, "service": "consult"}),
    ({"kind": "stop-service", "service": "consult", "sure": "yes"}, {"service": "consult"}),
    ({"kind": "limit-service", "service": "consult", "limit": 40}, {"service": "consult", "limit": 40}),
    ({"kind": "free-service", "service": "consult"}, {"service": "consult"}),
    ({"kind": "set-norm", "wait_min": 20}, {"service": None, "wait_min": 20}),
    ({"kind": "set-policy", "policy": "ageing"}, {"kind": "ageing"}),
    ({"kind": "raise-ticket", "label": "А 139"}, {"label": "А 139"}),
    ({"kind": "show-message", "text_ru": "Ждите", "minutes": 30}, {"texts": {"ru": "Ждите"}, "minutes": 30}),
    ({"kind": "clear-message"}, {}),
    ({"kind": "pause", "pause": "alarm", "sure": True}, {"reason": "alarm"}),
    ({"kind": "resume"}, {}),
    ({"kind": "redirect", "neighbour": "zhukova", "sure": "yes"}, {"service": None, "office": "zhukova"}),
    ({"kind": "end-redirect", "service": "consult"}, {"service": "consult"}),
    ({"kind": "call-technician", "note": "printer", "device": "printer"}, {"note": "printer", "device": "printer"}),
    ({"kind": "adopt-plan", "shelf": "3", "sure": "yes"}, {"shelf": 3}),
    ({"kind": "fresh-snapshot"}, {}),
    ({"kind": "restart-device", "device": "printer"}, {"device": "printer"}),
)


def test_every_kind_of_directive_has_a_form_that_gives_it(house: House) -> None:
    assert set(forms.FIELDS) == set(KINDS) == set(SAID) == {form["kind"] for form, _ in FORMS}
    assert {kind for _, kinds in forms.GROUPS for kind in kinds} == set(KINDS)
    client = house.client(Role.DISPATCHER)
    page = client.get("/office/novosportivnaya").text
    for form, body in FORMS:
        house.reading.issued.clear()
        answer = give(client, **form)
        assert answer.status_code == 200, (form, answer.text)
        office, draft, person, reason, term_s, _ = house.reading.issued[0]
        assert (office, draft.kind, dict(draft.body), reason, term_s) == (
            "novosportivnaya", form["kind"], body, "long-wait", 900,
        )  # fmt: skip
        assert person.name == "Dispatcher"
        assert f'name="kind" value="{form["kind"]}"' in page


def test_a_ready_message_speaks_every_language_of_the_hall(house: House) -> None:
    give(house.client(Role.DISPATCHER), kind="show-message", ready="long-wait", minutes=30)
    texts = house.reading.issued[0][1].body["texts"]
    assert set(texts) == {"ru", "uk", "en"}
    assert all(text.isprintable() and len(text) <= 160 for text in texts.values())


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "no-such"},
        {"kind": "open-desk"},
        {"kind": "open-desk", "desk": 0},
        {"kind": "open-desk", "desk": 12, "reason": "because"},
        {"kind": "open-desk", "desk": 12, "term": "1000"},
        {"kind": "open-desk", "desk": 12, "reason": ""},
        {"kind": "show-message", "minutes": 30},
        {"kind": "pause", "pause": "lunch", "sure": "yes"},
    ],
)
def test_what_a_form_lacks_is_told_and_nothing_is_given(house: House, form: dict[str, Any]) -> None:
    answer = give(house.client(Role.DISPATCHER), **form)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert house.reading.issued == []


@pytest.mark.parametrize("kind", sorted(SURE))
def test_a_heavy_directive_wants_to_be_confirmed(house: House, kind: str) -> None:
    form = next(dict(one) for one, _ in FORMS if one["kind"] == kind)
    del form["sure"]
    assert give(house.client(Role.DISPATCHER), **form).status_code == 422
    assert house.reading.issued == []


def test_the_same_press_twice_is_one_directive(house: House) -> None:
    client = house.client(Role.DISPATCHER)
    assert give(client, kind="resume").json() == give(client, kind="resume").json()
    assert len(house.reading.issued) == 1


def test_following_the_advice_gives_its_directives(house: House) -> None:
    client = house.client(Role.DISPATCHER)
    path, key = "/api/v1/offices/novosportivnaya/advice", {"idempotency-key": "b2" * 16}
    assert client.post(path, json={"advice": 4}, headers=key).status_code == 409
    assert client.post(path, json={"advice": 5}, headers=key).status_code == 200
    assert [(one[1].kind, one[1].body["desk"], one[3]) for one in house.reading.issued] == [
        ("open-desk", 12, "advice"),
        ("open-desk", 13, "advice"),
    ]


def test_a_period_says_who_is_missing_and_what_a_correction_changed(house: House) -> None:
    client = house.client(Role.HEAD)
    text = client.get("/history?period=last-week").text
    assert "Provisional" in text
    assert "data are missing (Ершово since" in text
    assert "incomplete" in text
    house.reading.status = "corrected"
    text = client.get("/history?period=last-week").text
    assert "Correction 1" in text
    assert "3 numbers changed" in text
    assert "06:52" in text
    assert "06:45" in text
    house.reading.status = "frozen"
    assert "Freeze the period" not in client.get("/history?period=last-week").text


def test_the_file_of_a_period_has_every_indicator_and_its_sums_agree(house: House) -> None:
    answer = house.client(Role.VIEWER, "en").get("/history/period.csv?first=2026-11-01&last=2026-11-20")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = [line.split(",") for line in answer.content.decode("utf-8-sig").splitlines()]
    assert rows[0][2] == "Network"
    assert len(rows[0]) == 3 + 17
    assert {row[0] for row in rows[1:]} == set(INDICATORS)
    issued = next(row for row in rows if row[0] == "issued")
    assert float(issued[2]) == sum(float(value) for value in issued[3:] if value)
    russian = house.client(Role.VIEWER, "ru").get("/history/period.csv?period=today&office=golitsyno").content.decode()
    assert ";" in russian.splitlines()[1]


def test_secrets_are_shown_once_and_never_again(house: House) -> None:
    client = house.client(Role.ADMIN)
    token = client.post("/api/v1/offices/golitsyno/tokens", json={"kind": "replace"}).json()["secret"]
    code = client.post("/api/v1/people", json={"name": "Ткач", "role": "2"}).json()["secret"]
    screen = client.post("/api/v1/screens", json={"name": "Вестибюль"}).json()["secret"]
    for path in ("/network", "/audit"):
        text = client.get(path).text
        assert not any(secret in text for secret in (token, code, screen))
    fresh = house.client(None)
    assert fresh.post("/api/v1/session", json={"name": "Ткач", "password": code}).status_code == 200
    wall = house.client(None)
    assert wall.post("/api/v1/session/screen", json={"code": screen}).status_code == 200
    assert wall.get("/wall?mode=wall").status_code == 200
    assert wall.post("/api/v1/alarms/33/acknowledge", json={}).status_code == 403
    assert house.client(None).post("/api/v1/session/screen", json={"code": screen}).status_code == 403


def test_the_network_is_kept_by_forms(house: House) -> None:
    client = house.client(Role.ADMIN)
    office = {"id": "novy", "name": "Новый", "neighbours": "golitsyno, kubinka", "zone": "Europe/Kyiv", "mobile": "yes"}
    assert client.post("/api/v1/offices", json=office).status_code == 200
    assert house.reading.done[-1][1].neighbours == ("golitsyno", "kubinka")  # type: ignore[attr-defined]
    for wrong in ({"id": "Bad id"}, {"neighbours": "nowhere"}, {"zone": "Mars"}, {"name": ""}):
        assert client.post("/api/v1/offices", json={**office, **wrong}).status_code == 422
    limit = {"scope": "network", "rule": "oldest-wait", "warn": "10,5", "alarm": "", "for_s": "0", "clear_s": "30"}
    assert client.post("/api/v1/thresholds", json=limit).status_code == 200
    assert house.reading.done[-1][3] == Limit(10.5, None, 0, 30, 2, "min")
    assert client.post("/api/v1/thresholds", json={**limit, "alarm": "5"}).status_code == 422
    assert client.post("/api/v1/thresholds", json={**limit, "rule": "no-such"}).status_code == 404
    stop = {"name": "Часцы", "weekday": "2", "begins": "9:00", "ends": "12:00"}
    assert client.post("/api/v1/offices/bus-1/route", json=stop).status_code == 200
    assert len(house.reading.done[-1][2]) == 3  # type: ignore[arg-type]
    assert client.post("/api/v1/offices/bus-1/route", json={**stop, "ends": "8:00"}).status_code == 422
    assert client.post("/api/v1/offices/bus-1/route", json={"drop": 0}).status_code == 200
    assert len(house.reading.done[-1][2]) == 1  # type: ignore[arg-type]


def test_what_somebody_else_has_taken_is_told(house: House) -> None:
    answer = house.client(Role.DISPATCHER, "uk").post("/api/v1/alarms/28/acknowledge", json={})
    assert answer.status_code == 409
    assert "Орлов" in answer.json()["detail"]
