"""One office's nonsense stays its own: nobody else's data, tile, alarm or erasing waits for it."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from appliance.domain.chain import link
from appliance.domain.moment import Stamp
from appliance.domain.office import DeviceMark
from appliance.store.journal import Row
from sync.centre.centre import TOLD_MS, Centre, system_ms
from sync.centre.config import CentreConfig, Listener
from sync.centre.directive_checks import OrderRefusedError
from sync.centre.doubts import Doubts
from sync.centre.enrolling import EnrolRefusedError, _object
from sync.centre.facts import Facts
from sync.centre.follow import Follower
from sync.centre.history import HistoryError
from sync.centre.images import Doubt
from sync.centre.inbox import Inbox, StaticKeys
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from sync.centre.mirror import Mirror, MirrorState
from sync.centre.network import ASIDE, LiveNetwork
from sync.centre.offices import OfficeEntry
from sync.centre.store import Store
from sync.centre.tile import TileState
from tests.centre.journals import Ledger, office
from tests.centre.replicated import Replicated
from tests.centre.watched_offices import MINUTE, Box, at, watch

DEEP = "[" * 2000


class Strange(Mirror):
    """A mirror that fails as nobody foresaw, for one office."""

    def bring_forward(self) -> MirrorState:
        if self._lineage.office == "strange":
            raise ValueError("nobody foresaw this")
        return super().bring_forward()


@contextmanager
def followed(folder: Path) -> Iterator[tuple[Inbox, Follower, LiveNetwork, Facts]]:
    inbox = Inbox(folder / "inbox", StaticKeys([]))
    store = Store(f"sqlite:///{folder / 'centre.db'}")
    store.make_tables()
    facts = Facts(store)
    network = LiveNetwork(facts, Doubts(store))
    follower = Follower(inbox, folder / "mirrors", facts, network, lambda _office, _why: None, make_mirror=Strange)
    follower.start()
    try:
        yield inbox, follower, network, facts
    finally:
        follower.stop()
        store.close()


def centre_in(folder: Path, now_ms: Callable[[], int] = system_ms, workers: tuple[int, int] = (0, 1)) -> Centre:
    """A centre that doesn't run."""
    none = Listener("127.0.0.1", 0, (), tls=False)
    data = folder / "data"
    url = f"sqlite:///{data / 'centre.db'}"
    config = CentreConfig(data, url, none, none, none, "Europe/Moscow", *workers, keep_days=30, personal_hours=20)
    return Centre(config, lambda _country: pytest.fail("nobody asks for a calendar"), now_ms=now_ms)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = centre_in(tmp_path)
    yield made
    made.store.close()


def test_a_mirror_that_fails_holds_up_no_other_office(tmp_path: Path) -> None:
    with followed(tmp_path) as (inbox, follower, network, _):
        bad, good = (replace(office(days=1), name=name) for name in ("strange", "well"))
        cards = [Replicated(bad, tmp_path / "bad.db", inbox), Replicated(good, tmp_path / "good.db", inbox)]
        for card in cards:
            card.push()
        until = time.monotonic() + 20
        while (image := network.image("well")) is None or image.state.seq != good.office.seq:
            assert time.monotonic() < until, "the office that is well isn't followed"
            time.sleep(0.05)
            follower.wake()
        for card in cards:
            card.close()


def test_a_body_that_json_can_not_read_is_kept_and_not_understood(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'centre.db'}")
    store.make_tables()
    facts = Facts(store)
    ledger = office(days=1)
    facts.extend(ledger.name, ledger.incarnation, ledger.rows, ledger.documents, 1)
    last = ledger.rows[-1]
    told = (last[0] + 1, last[1], last[2], last[3], last[4], "test", "DayOpened", 1, DEEP)
    seq, when, trusted, boot, uptime, actor, kind, version, body = told
    row: Row = (*told, link(last[-1], seq, when, bool(trusted), boot, uptime, actor, kind, version, body))
    news = facts.extend(ledger.name, ledger.incarnation, [row], {}, 2)
    assert news.head.seq == seq
    assert news.fault is not None
    assert news.fault.reason == "later-release"
    store.close()


@pytest.mark.parametrize(("strange", "state"), [("no stamp", TileState.DOUBT), (5, TileState.LIVE)])
def test_the_wall_and_the_alarms_survive_an_office_that_makes_no_sense(
    tmp_path: Path, strange: object, state: TileState
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'centre.db'}")
    store.make_tables()
    mad, well = Box("mad").begin(at(8)), Box("well").begin(at(8))
    watching = watch(store, mad, well)
    for moment in range(at(8, 50), at(9, 30), MINUTE):
        for box in (mad, well):
            image = box.heard(moment)
            if box is mad:
                since = strange if isinstance(strange, str) else Stamp(1, box.records[0].moment)
                mark = DeviceMark("fault", strange, since)  # type: ignore[arg-type]
                box.image = replace(image, state=replace(image.state, devices={"printer": mark}))
        watching.look(moment)
    tiles = {tile.office: tile for tile in watching.wall.tiles(at(9, 29))}
    assert tiles["mad"].state is state
    assert "doubt" in [alarm.rule for alarm in watching.alarms.open("mad")]
    assert tiles["well"].state is TileState.LIVE
    assert [alarm.rule for alarm in watching.alarms.open("well")] == ["not-opened"]
    store.close()


def test_a_strange_file_stops_no_erasing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, StaticKeys([]), personal_hours=20, keep_days=30)
    for strange in ("deleted/lost+found/x", "aside/office-1/.nfs0001"):
        path = tmp_path / strange
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    name = ObjectName(Lineage("office-1", "0001-aaaa", "personal"), "0" * 16, Kind.WAL, 0)
    path = inbox.objects / str(name)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"sealed")
    inbox.purge(time.time_ns() // 1_000_000 + 21 * 3_600_000)
    assert not path.exists()


def test_a_chore_that_fails_holds_up_no_other_one(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def full(_now_ms: int) -> int:
        raise OSError("no room")

    def corrected(_now_ms: int) -> list[object]:
        done.append("history")
        return []

    monkeypatch.setattr(centre.inbox, "purge", full)
    monkeypatch.setattr(centre.directives, "catch_up", lambda: done.append("directives"))
    monkeypatch.setattr(centre.history, "correct", corrected)
    centre.do_chores()
    assert done == ["directives", "history"]


def test_the_centre_s_database_is_nobody_else_s_to_read(centre: Centre) -> None:
    assert stat.S_IMODE((centre.config.data / "centre.db").stat().st_mode) == 0o600


def test_the_doubt_of_a_revoked_key_ends(centre: Centre) -> None:
    facts_of(centre)
    doubt = Doubt("two-devices", 1, {}, "person")
    centre.network.doubt("office-17", doubt, "device:d1")
    centre.do_chores()  # no such device any more
    assert centre.network.doubts("office-17") == {}


def test_few_entries_that_a_card_lost_are_told_and_then_noted(tmp_path: Path) -> None:
    now = [1_800_000_000_000]
    centre = centre_in(tmp_path, lambda: now[0])
    ledger = facts_of(centre)
    centre.facts.set_aside(ledger.name, ledger.incarnation, ledger.office.seq - 3)
    centre.network.renew(ledger.name)
    centre.do_chores()
    assert ASIDE in centre.network.doubts(ledger.name)
    now[0] += TOLD_MS
    centre.do_chores()
    assert centre.network.doubts(ledger.name) == {}
    centre.store.close()


def facts_of(centre: Centre) -> Ledger:
    """An office whose day is in the facts and on the wall."""
    ledger = office(days=1)
    centre.offices.put(OfficeEntry(ledger.name, "An office"))
    news = centre.facts.extend(ledger.name, ledger.incarnation, ledger.rows, ledger.documents, centre.now_ms())
    centre.network.extended(news, centre.now_ms())
    return ledger


def test_an_order_of_another_worker_reaches_an_office_that_listens_here(tmp_path: Path) -> None:
    here, there = centre_in(tmp_path, workers=(0, 2)), centre_in(tmp_path, workers=(1, 2))
    heard = threading.Event()
    here.directives.listen(lambda office: heard.set() if office == "office-17" else None)
    here.offices.put(OfficeEntry("office-17", "An office"))
    here.start()
    try:
        there.directives.issue("office-17", "resume", {}, author="d", author_name="D", reason="", ttl_s=60)
        assert heard.wait(20)
        assert here.directives.newest("office-17") == 1
    finally:
        here.stop()
        there.store.close()


def test_nonsense_at_the_door_of_enrolment_is_refused() -> None:
    with pytest.raises(EnrolRefusedError, match="malformed"):
        _object(DEEP.encode())


def test_a_key_that_was_used_for_another_order_gives_none(centre: Centre) -> None:
    for office_id in ("o-1", "o-2"):
        centre.offices.put(OfficeEntry(office_id, "An office"))
    told = {"author": "d", "author_name": "D", "reason": "", "ttl_s": 60, "token": "k1"}
    first = centre.directives.issue("o-1", "pause", {"reason": "fire"}, **told)  # type: ignore[arg-type]
    assert centre.directives.issue("o-1", "pause", {"reason": "fire"}, **told) == first  # type: ignore[arg-type]
    for office_id, kind, body in (("o-2", "pause", {"reason": "fire"}), ("o-1", "resume", {})):
        with pytest.raises(OrderRefusedError, match="key-reused"):
            centre.directives.issue(office_id, kind, body, **told)  # type: ignore[arg-type]
    assert centre.directives.orders("o-2") == []


def test_numbers_and_dates_beyond_everything_are_refused(centre: Centre) -> None:
    assert centre.watching.alarms.get(10**30) is None
    with pytest.raises(HistoryError, match="bad-period"):
        centre.history.report(date(9999, 12, 31), date(9999, 12, 31), centre.now_ms())
