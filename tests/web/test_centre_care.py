"""Decisions on data in doubt, silences of alarms, the shelf of plans, buses, and a wall that turns its pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sync.centre.alarm import Alarm
from sync.centre.people import Role
from tests.web.centre_canned import NOW, at, many, states
from tests.web.centre_house import House, standing
from web.centre.reading import Decision
from web.centre.wall import turn_of
from web.centre.wording import DECISIONS, DOUBTS_TOLD

DOUBTED = "ivanovskoe"
"""The office of `states` whose data are in doubt."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with standing(tmp_path_factory.mktemp("centre")) as house:
        yield house


@pytest.fixture
def house(made: House) -> House:
    return made.reset()


def page(text: str) -> str:
    """What a page says, as people read it."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def test_every_doubt_is_told_with_its_facts_and_offers_what_may_be_decided(house: House) -> None:
    house.reading.wall = states()
    text = house.client(Role.HEAD).get(f"/office/{DOUBTED}").text
    told = page(text)
    assert "Another card wrote 212 entries that the office's history lacks: 0002-aaaa." in told
    assert "Card 0002-aaaa: entries 4766 to 4977, first seen 08:00." in told
    assert "The office's card ends at entry 4100; the centre knows 4977." in told
    assert "The entries 12 to 14 are missing." in told
    assert "First revoke or replace the key of the device golitsyno-1" in told
    assert sorted(re.findall(r'id="decide-([a-z0-9-]+)"', text)) == [
        "aside-accept", "aside-choose-0002-aaaa", "regress-follow",
    ]  # fmt: skip
    assert set(DECISIONS) == set(Decision)
    assert len(re.findall(r'id="decide-[^>]*data-sure="[^"]+', text)) == 3
    dispatcher = house.client(Role.DISPATCHER).get(f"/office/{DOUBTED}").text
    assert "Another card wrote 212" in page(dispatcher)
    assert "decide-" not in dispatcher


def test_a_doubt_whose_facts_are_others_is_told_without_holes(house: House) -> None:
    house.reading.wall = states()
    for message in DOUBTS_TOLD.values():
        assert "%(" in message
    for language in ("ru", "uk", "en"):
        told = page(house.client(Role.HEAD, language).get(f"/office/{DOUBTED}/now").text)
        assert "%(" not in told


def test_heads_decide_and_the_audit_keeps_it(house: House) -> None:
    path = f"/api/v1/offices/{DOUBTED}/doubt"
    choose = {"key": "aside", "decision": "choose", "incarnation": "0002-aaaa"}
    assert house.client(Role.DISPATCHER).post(path, json=choose).status_code == 403
    client = house.client(Role.HEAD)
    assert client.post(path, json=choose).status_code == 200
    assert house.reading.done == [("decide", DOUBTED, "aside", Decision.CHOOSE, "0002-aaaa", "Head")]
    (deed,) = house.audit.deeds(act="decided")
    assert (deed.name, deed.office, deed.subject) == ("Head", DOUBTED, "aside")
    assert dict(deed.facts) == {"decision": "choose", "card": "0002-aaaa"}
    assert "The card 0002-aaaa is the office's" in page(client.get("/audit?act=decided").text)
    used = client.post(path, json={"key": "inbox:0003-1f2e3d4c", "decision": "clear"})
    assert used.status_code == 409
    assert "golitsyno-1" in used.json()["detail"]
    assert client.post(path, json={"key": "gap", "decision": "accept"}).status_code == 409
    assert client.post(path, json={"key": "aside", "decision": "burn"}).status_code == 422
    assert client.post(path, json={"key": "", "decision": "accept"}).status_code == 422


def test_alarms_are_silenced_with_a_reason_until_a_time_and_everybody_sees_it(house: House) -> None:
    client = house.client(Role.DISPATCHER)
    path = "/api/v1/offices/golitsyno/hush"
    good = {"until": "2026-11-24T14:30", "why": "rewiring"}
    assert house.client(Role.VIEWER).post(path, json=good).status_code == 403
    for wrong in ({"why": ""}, {"until": "2026-11-24T10:00"}, {"until": "2026-12-24T10:00"}, {"until": "later"}):
        assert client.post(path, json={**good, **wrong}).status_code == 422, wrong
    assert client.post("/api/v1/offices/nowhere/hush", json=good).status_code == 404
    assert house.reading.silent == []
    assert client.post(path, json=good).status_code == 200
    (hush,) = house.reading.silent
    assert (hush.until_ms, hush.who, hush.why) == (at(14, 30), "Dispatcher", "rewiring")
    assert "The alarms of this office are silent until 14:30. rewiring" in page(client.get("/office/golitsyno").text)
    assert "until 14:30 : rewiring" in page(client.get("/alarms").text).replace("14:30:", "14:30 :")
    house.reading.ringing, house.reading.wall = [], [replace(one, alarms=()) for one in house.reading.wall]
    house.reading.change()
    assert "Silent until 14:30" in page(client.get("/wall").text)
    assert client.post(f"/api/v1/hushes/{hush.id}/lift", json={}).status_code == 200
    assert client.post(f"/api/v1/hushes/{hush.id}/lift", json={}).status_code == 404
    assert "Silent until" not in page(client.get("/wall").text)
    acts = [deed.act for deed in house.audit.deeds(office="golitsyno") if deed.act in ("hushed", "lifted")]
    assert acts == ["lifted", "hushed"]
    assert "until 14:30, rewiring" in page(house.client(Role.HEAD).get("/audit?act=hushed").text)


def test_a_plan_is_checked_in_words_and_put_on_the_shelf_by_heads(house: House) -> None:
    path, document = "/api/v1/offices/golitsyno/plans", {"document": "schema = 1\r\n"}
    assert house.client(Role.DISPATCHER).post(path, json=document).status_code == 403
    client = house.client(Role.HEAD, "ru")
    wrong = client.post(f"{path}/check", json={"document": "wrong"})
    assert wrong.status_code == 422
    assert wrong.json()["mistakes"][0] == "plan.hours: этого не хватает. Допишите."
    assert len(wrong.json()["mistakes"]) == 2
    assert client.post(path, json={"document": "wrong"}).status_code == 422
    assert client.post(path, json={"document": " "}).status_code == 422
    right = client.post(f"{path}/check", json=document)
    assert right.json()["changes"] == ["Сразу:", "  норма была 15, станет 20."]
    assert house.reading.done == []
    assert client.post(path, json=document).json() == {"number": 4}
    assert house.reading.done == [("plan", "golitsyno", "schema = 1\n", "Head")]
    assert [deed.subject for deed in house.audit.deeds(act="put-plan")] == ["4"]
    large = {"document": "#" * 300_000}
    assert client.post(path, json=large).status_code == 200
    assert client.post(path, json={"document": "#" * 600_000}).status_code == 413
    assert client.post("/api/v1/offices/golitsyno/hush", json=large).status_code == 413


def test_a_plan_goes_from_the_shelf_to_the_office(house: House) -> None:
    client = house.client(Role.DISPATCHER)
    text = client.get("/office/golitsyno/plans?plan=3").text
    assert "version 15" in page(text)
    assert "норма была 15, станет 20." in page(text)
    assert "planform" not in text
    (body,) = re.findall(r'data-post="/api/v1/offices/golitsyno/directives" data-body="([^"]+)"', text)
    sent = client.post(
        "/api/v1/offices/golitsyno/directives",
        content=html.unescape(html.unescape(body)),
        headers={"content-type": "application/json", "idempotency-key": "ab" * 16},
    )
    assert sent.status_code == 200, sent.text
    assert (house.reading.issued[0][1].kind, house.reading.issued[0][1].body) == ("adopt-plan", {"shelf": 3})
    assert client.get("/office/golitsyno/plans/3.toml").text == "schema = 1\n"
    assert client.get("/office/golitsyno/plans/9.toml").status_code == 404
    assert house.client(Role.VIEWER).get("/office/golitsyno/plans/3.toml").status_code == 403


def test_a_bus_shows_its_route_and_its_figures_by_stops(house: House) -> None:
    client = house.client(Role.VIEWER)
    text = page(client.get("/office/bus-1").text)
    assert "Часцы 09:00–12:00, here now Саввинская Слобода 13:00–15:00" in text
    assert "Nov, 09:00–12:00" in text.replace("\u00a0", " ")
    stops = page(client.get("/office/bus-1/stops").text)
    assert "Часцы 14 , first entry 12 6\u00a0min 9\u00a0min".replace("\u00a0", " ") in stops.replace("\u00a0", " ")
    assert "outside the timetable 0 0 — —" in stops
    assert client.get("/office/golitsyno/stops").status_code == 404


def test_a_wall_turns_its_pages_until_an_alarm_keeps_it_on_the_first() -> None:
    tiles = [replace(one, alarms=()) for one in many(100)]
    seen = [one.office for turn in range(3) for one in turn_of(tiles, 42, turn).shown]
    assert seen == [one.office for one in tiles]
    assert turn_of(tiles, 42, 3).page == 1
    assert not turn_of(tiles, 42, 1).held
    some = many(100)[:42]
    assert turn_of(some, 42, 1).shown == some, "a place is a place where all have one"
    fresh = replace(many(100)[7].alarms[0], acknowledged_ms=None)

    def with_alarm(alarm: Alarm) -> list[str]:
        order = [replace(tiles[70], alarms=(alarm,)), *tiles[:70], *tiles[71:]]
        return [one.office for one in turn_of(order, 42, 1).shown]

    held = with_alarm(fresh)
    assert held[:2] == [tiles[70].office, tiles[0].office]
    turned = with_alarm(replace(fresh, acknowledged_ms=NOW, acknowledged_by="Орлов"))
    assert turned[:2] == [tiles[70].office, tiles[41].office]
    assert len(turned) == 42
    every = [replace(one, alarms=(replace(fresh, acknowledged_ms=NOW),)) for one in tiles]
    assert [one.office for one in turn_of(every, 42, 2).shown] == [one.office for one in tiles[84:]]


def test_the_wall_says_which_page_it_is_on(house: House) -> None:
    house.reading.wall = [replace(one, alarms=()) for one in many(100)]
    house.reading.ringing = []
    house.reading.change()
    client = house.client(Role.VIEWER)
    wall = client.get("/wall?mode=wall").text
    assert 'data-turning="1"' in wall
    assert "100 offices: page 1 of 3." in wall
    news = client.get("/wall/news?mode=wall&turn=1").json()
    assert news["turning"] is True
    assert "page 2 of 3" in news["parts"]["foot"]
    assert set(news["order"]) == set(news["tiles"])
    assert not set(news["order"]) & set(re.findall(r'id="t-(o\d+)"', wall))
    house.reading.wall = many(100)
    house.reading.change()
    held = client.get("/wall/news?mode=wall&turn=1").json()
    assert held["turning"] is False
    assert "data-turning" not in client.get("/wall?mode=wall").text


def test_the_audit_tells_directives_in_words(house: House) -> None:
    client = house.client(Role.DISPATCHER, "ru")
    client.post(
        "/api/v1/offices/golitsyno/directives",
        json={"kind": "redirect", "neighbour": "zhukova", "sure": True, "reason": "safety", "term": "15"},
        headers={"idempotency-key": "cd" * 16},
    )
    (deed,) = [one for one in house.audit.deeds(office="golitsyno", act="issued") if "redirect" in str(one.facts)]
    assert dict(deed.facts)["kind"] == "redirect"
    text = page(house.client(Role.HEAD, "ru").get("/audit?office=golitsyno&act=issued").text)
    assert "Маршала Жукова" in text
    assert "{" not in text
