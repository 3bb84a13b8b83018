"""The pages' door over a real centre without its processes: every method answers from offices' own journals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from appliance.domain.hours import NO_CALENDAR
from appliance.domain.plan import Span
from sync.centre.centre import Centre
from sync.centre.config import CentreConfig, Listener
from sync.centre.facts import Batch
from sync.centre.images import Doubt
from sync.centre.offices import OfficeEntry
from sync.centre.order import Fate
from sync.centre.people import Person, Role
from sync.centre.stops import Stop
from sync.centre.thresholds import NETWORK, Limit
from sync.centre.tile import TileState
from sync.centre.tokens import TokenKind
from tests.centre.journals import SKETCH, Ledger, office
from tests.domain.clock import MINUTE
from web.centre.live import LiveReading
from web.centre.reading import Decision, Draft, NotDoneError, PlanRefusedError, Reading

HALL, BUS, SILENT = "office-17", "office-18", "office-19"
ME = Person("p-1", "Орлов", Role.ADMIN)


class World:
    """A centre whose clock stands a minute after the newest entry of its hall."""

    def __init__(self, folder: Path) -> None:
        self.ledgers = {name: office(days=2, visits=16, name=name) for name in (HALL, BUS)}
        self.now = self.ledgers[HALL].clock.at_ms + MINUTE
        loopback = Listener("127.0.0.1", 0, (), tls=False)
        database = f"sqlite:///{folder}/centre.db"
        config = CentreConfig(folder, database, loopback, loopback, loopback, "Europe/Kyiv", 0, 1, 30, 24)
        self.centre = Centre(config, lambda _: NO_CALENDAR, now_ms=lambda: self.now)
        for name, mobile in ((HALL, False), (BUS, True), (SILENT, False)):
            self.centre.offices.put(OfficeEntry(name, name.title(), mobile, neighbours=(HALL,) if mobile else ()))
        for ledger in self.ledgers.values():
            self.extend(ledger)
        self.reading = LiveReading(self.centre, "Europe/Kyiv")

    def extend(self, ledger: Ledger) -> None:
        """What the follower would do with the ledger's database."""
        batch = Batch(ledger.name, ledger.incarnation, tuple(ledger.rows), ledger.documents)
        for news in self.centre.facts.extend_many([batch], self.now):
            assert news.fault is None
            self.centre.network.extended(news, self.now)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("live"))
    yield world
    world.centre.store.close()


@pytest.fixture
def world(made: World) -> World:
    return made


def today(world: World) -> date:
    day = world.ledgers[HALL].office.day
    assert day is not None
    assert day.date is not None
    return date.fromisoformat(day.date)


def test_it_is_the_door_that_the_pages_know(world: World) -> None:
    reading: Reading = world.reading
    assert reading.zone == "Europe/Kyiv"
    assert reading.version
    assert reading.now_ms() == world.now
    heard: list[int] = []
    reading.listen(lambda: heard.append(1))
    world.centre.network.doubt(SILENT, Doubt("gap", world.now))
    world.centre.network.clear(SILENT, "gap")
    assert heard


def test_the_register_and_the_wall_have_every_office(world: World) -> None:
    assert [one.id for one in world.reading.offices()] == [HALL, BUS, SILENT]
    tiles = {one.office: one for one in world.reading.tiles()}
    assert tiles[HALL].figures["waiting"].value == len(waiting(world.ledgers[HALL]))
    assert tiles[HALL].seq == world.ledgers[HALL].office.seq
    assert tiles[SILENT].state is TileState.NEVER


def waiting(ledger: Ledger) -> Sequence[int]:
    return [ticket.id for ticket in ledger.office.tickets.values() if ticket.state == "waiting"]


def test_the_page_of_an_office_is_what_its_journal_says(world: World) -> None:
    ledger = world.ledgers[HALL]
    view = world.reading.office(HALL, "ru")
    assert view is not None
    assert view.seq == ledger.office.seq
    assert view.incarnation == ledger.incarnation
    assert {desk.number: desk.state for desk in view.desks} == {
        number: desk.state.value for number, desk in ledger.office.desks.items()
    }
    held = {desk.number: desk.ticket for desk in view.desks if desk.ticket}
    assert held == {n: ledger.office.tickets[d.ticket].label for n, d in ledger.office.desks.items() if d.ticket}
    assert [one.ticket for one in view.choices.waiting] and set(waiting(ledger)) == {
        one.ticket for one in view.choices.waiting
    }
    assert {one.id for one in view.devices} <= set(ledger.office.devices)
    assert view.series is not None
    assert len(view.series.at_ms) == len(view.series.wait_max)
    assert view.opened_ms is not None
    assert view.norm_ms > 0
    assert view.doubts == () or list(view.doubts) == []
    assert world.reading.office("nowhere", "ru") is None
    silent = world.reading.office(SILENT, "ru")
    assert silent is not None
    assert silent.seq is None
    assert list(silent.desks) == []


def test_every_number_leads_to_entries_that_are_there(world: World) -> None:
    tile = next(one for one in world.reading.tiles() if one.office == HALL)
    for name, figure in tile.figures.items():
        entries = world.reading.entries(HALL, figure.seqs)
        assert [one.seq for one in entries] == sorted(figure.seqs), name
    issued = world.reading.entries(HALL, tile.figures["waiting"].seqs)
    assert {one.kind for one in issued} <= {"TicketIssued"}
    assert all(one.at_ms > 0 for one in issued)


def test_a_period_has_its_numbers_and_the_entries_behind_them(world: World) -> None:
    first, last = today(world) - timedelta(days=2), today(world)
    report = world.reading.report(first, last)
    assert report.status == "provisional"
    own = report.values(HALL)
    issued = [one for one in world.ledgers[HALL].records if type(one.event).__name__ == "TicketIssued"]
    assert own["issued"][0] == len(issued)
    assert sorted(world.reading.behind(HALL, "issued", first, last)) == [one.seq for one in issued]
    assert list(world.reading.versions(first, last)) == []
    with pytest.raises(NotDoneError) as refused:
        world.reading.freeze(first, last, ME, incomplete=True)
    assert refused.value.code == "not-over"
    with pytest.raises(NotDoneError):
        world.reading.report(last, first)


def test_a_directive_is_given_once_and_waits_for_the_line(world: World) -> None:
    draft = Draft("open-desk", {"desk": 2})
    order = world.reading.issue(HALL, draft, ME, "few-desks", 900, "a" * 32)
    again = world.reading.issue(HALL, draft, ME, "few-desks", 900, "a" * 32)
    assert again.seq == order.seq
    found = world.reading.order(HALL, order.seq)
    assert found is not None
    assert found.fate is Fate.QUEUED
    view = world.reading.office(HALL, "ru")
    assert view is not None
    assert [one.seq for one in view.orders] == [order.seq]
    with pytest.raises(NotDoneError):
        world.reading.issue(HALL, Draft("open-desk", {"desk": 99}), ME, "few-desks", 900, "b" * 32)


def test_a_plan_is_checked_in_words_put_on_the_shelf_and_sent_from_there(world: World) -> None:
    reading, document = world.reading, SKETCH.document
    with pytest.raises(PlanRefusedError) as refused:
        reading.check_plan(HALL, "schema = 1\noffice = 'office-17'\n", "ru")
    assert len(refused.value.mistakes) > 1
    with pytest.raises(PlanRefusedError) as refused:
        reading.put_plan(BUS, document, ME)
    assert refused.value.mistakes[0].code == "other-office"
    newer = document.replace("version = 1", "version = 2", 1)
    told = reading.check_plan(HALL, newer, "ru")
    assert told.version == 2
    assert "2" in told.summary
    assert told.changes
    put = reading.put_plan(HALL, newer, ME)
    assert reading.put_plan(HALL, newer, ME).number == put.number
    assert [(one.number, one.version, one.state) for one in reading.shelf(HALL)] == [(put.number, 2, "")]
    opened = reading.shelf_plan(HALL, put.number, "uk")
    assert opened is not None
    assert opened.document == newer
    assert reading.shelf_plan(HALL, 99, "uk") is None
    order = reading.issue(HALL, Draft("adopt-plan", {"shelf": put.number}), ME, "schedule", 900, "c" * 32)
    assert order.body["plan"] == newer
    view = reading.office(HALL, "ru")
    assert view is not None
    assert list(view.choices.plans) == [put.number]


def test_alarms_are_taken_silenced_and_ring_again(world: World) -> None:
    reading = world.reading
    assert list(reading.alarms()) == []
    assert list(reading.past_alarms(None, 10)) == []
    with pytest.raises(NotDoneError) as refused:
        reading.acknowledge(404, ME)
    assert refused.value.code == "unknown-alarm"
    hush = reading.hush(HALL, world.now + 60 * MINUTE, "замена проводки", ME)
    assert [one.id for one in reading.hushes()] == [hush.id]
    view = reading.office(HALL, "ru")
    assert view is not None
    assert view.hush == hush
    assert reading.lift(hush.id) == HALL
    assert list(reading.hushes()) == []
    with pytest.raises(NotDoneError):
        reading.lift(hush.id)


def test_a_bus_has_its_route_and_figures_by_stops(world: World) -> None:
    reading = world.reading
    stops = [Stop("Часцы", Span(0, 13 * 60), weekday=day) for day in range(7)]
    stops += [Stop("Голицыно", Span(13 * 60, 24 * 60), weekday=day) for day in range(7)]
    reading.put_route(BUS, stops, ME)
    assert list(reading.route(BUS)) == stops
    view = reading.office(BUS, "ru")
    assert view is not None
    assert [one.stop for one in view.route][:2] in (["Часцы", "Голицыно"], ["Голицыно", "Часцы"])
    found = reading.stop_figures(BUS, today(world) - timedelta(days=2), today(world))
    issued = [one for one in world.ledgers[BUS].records if type(one.event).__name__ == "TicketIssued"]
    assert sum(one.issued for one in found) == len(issued)
    assert {one.stop for one in found} <= {"Часцы", "Голицыно"}
    with pytest.raises(NotDoneError):
        reading.put_route("nowhere", stops, ME)


def test_the_network_is_kept(world: World) -> None:
    reading = world.reading
    assert list(reading.devices()) == []
    assert reading.new_token(HALL, TokenKind.NEW, ME)
    for act in (reading.revoke, reading.rotate):
        with pytest.raises(NotDoneError) as refused:
            act("nobody", ME)
        assert refused.value.code == "unknown-device"
    limit = Limit(10, 20, 0, 60, 2, "min")
    reading.put_limit(NETWORK, "oldest-wait", limit, ME)
    assert reading.limits(f"office:{HALL}")["oldest-wait"].alarm == 20
    assert reading.own_limits()[NETWORK]["oldest-wait"].warn == 10
    reading.put_limit(NETWORK, "oldest-wait", None, ME)
    assert reading.own_limits() == {}
    with pytest.raises(NotDoneError):
        reading.put_limit(NETWORK, "oldest-wait", Limit(20, 10, 0, 60, 2, "min"), ME)


def test_a_person_decides_which_card_is_the_offices(world: World) -> None:
    """Two cards restored from one point: their entries are told, the first is accepted, then the other chosen."""
    name = "office-20"
    world.centre.offices.put(OfficeEntry(name, name))
    old = Ledger(name).begin().day(1, 8)
    branch = len(old.rows)
    world.extend(old)
    one, other = old.branch(branch, "bbbb").day(3, 6), old.branch(branch, "cccc").day(4, 6)
    world.extend(one)
    world.extend(other)
    reading = world.reading
    view = reading.office(name, "ru")
    assert view is not None
    assert view.incarnation == one.incarnation
    (doubt,) = view.doubts
    assert doubt.kind == "aside"
    assert doubt.doubt.cure == "person"
    assert [card.incarnation for card in doubt.cards] == [other.incarnation]
    assert doubt.cards[0].last == other.office.seq
    with pytest.raises(NotDoneError) as refused:
        reading.decide(name, doubt.key, Decision.CHOOSE, "0009-zzzz", ME)
    assert refused.value.code == "unknown-card"
    reading.decide(name, doubt.key, Decision.CHOOSE, other.incarnation, ME)
    view = reading.office(name, "ru")
    assert view is not None
    assert (view.incarnation, view.seq, list(view.doubts)) == (other.incarnation, other.office.seq, [])
    world.extend(one.day(5, 4))
    view = reading.office(name, "ru")
    assert view is not None
    (doubt,) = view.doubts
    reading.decide(name, doubt.key, Decision.ACCEPT, "", ME)
    view = reading.office(name, "ru")
    assert view is not None
    assert (view.incarnation, list(view.doubts)) == (other.incarnation, [])
    with pytest.raises(NotDoneError) as refused:
        reading.decide(name, doubt.key, Decision.ACCEPT, "", ME)
    assert refused.value.code == "doubt-over"


def test_the_second_box_is_out_only_when_its_key_is(world: World) -> None:
    reading, network = world.reading, world.centre.network
    facts = {"incarnation": "0001-aaaa", "why": "piece-changed"}
    network.doubt(HALL, Doubt("two-devices", world.now, facts, "person"), "inbox:0001-aaaa")
    network.doubt(HALL, Doubt("later-release", world.now, {"seq": "9", "kind": "X"}, "person"))
    view = reading.office(HALL, "ru")
    assert view is not None
    assert [(one.kind, list(one.decisions)) for one in view.doubts] == [
        ("one-place", [Decision.CLEAR]),
        ("later-release", []),
    ]
    reading.decide(HALL, "inbox:0001-aaaa", Decision.CLEAR, "", ME)
    with pytest.raises(NotDoneError):
        reading.decide(HALL, "later-release", Decision.ACCEPT, "", ME)
    network.clear(HALL, "later-release")
    with pytest.raises(NotDoneError) as refused:
        reading.decide("nowhere", "x", Decision.CLEAR, "", ME)
    assert refused.value.code == "unknown-office"
