"""Orders: numbered without a gap, signed, refused when no office could ever understand them, followed to their end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.calling import CallNext
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, TakeBreak
from appliance.domain.directives import ApplyDirective, actor_of
from appliance.domain.message import Record
from appliance.domain.office import Office
from appliance.domain.pausing import ResumeHall
from appliance.domain.standing import DropStanding
from appliance.domain.tickets import TakeTicket
from sync.centre.directive_checks import OrderRefusedError
from sync.centre.directives import CATCH_UP_MS, SNAPSHOT_AGAIN_MS, Directives
from sync.centre.images import Doubt, Image
from sync.centre.order import Fate
from sync.directive import SignedDirective
from sync.signing import make_key, verify_directive
from tests.centre.postgres import Server
from tests.plans import Sketch
from tests.sync.link_scene import OFFICE, Centre, RealOffice, now_ms

HOUR = 3_600_000


class Scene:
    """A centre and an office whose journal reaches it whole, by no line at all."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.centre = Centre(folder / "centre", url=url)
        self.office = RealOffice(folder / "data")
        self.told = 0
        self.moved = 0
        self.directives = self.again()
        self.tell()

    def again(self) -> Directives:
        """The centre after a restart; `moved` is how far its clock is ahead."""
        one = self.centre
        one.network.listeners.clear()
        made = Directives(
            one.store, lambda: one.key, one.network, one.offices, lambda: now_ms() + self.moved, lambda _: self
        )
        made.begin()
        one.directives = made
        return made

    def kinds(self, kinds: Any, since_ms: int = 0, until_ms: int | None = None) -> Any:
        """The office's facts, as the centre has them."""
        from appliance.store.reader import connect_reader

        db = connect_reader(self.office.data / "queue.db")
        try:
            rows = db.execute(
                "SELECT seq, at, clock_trusted, boot_id, uptime_ms, actor, kind, version, body, chain FROM journal "
                "WHERE seq <= ? ORDER BY seq",
                (self.told,),
            ).fetchall()
        finally:
            db.close()
        return [row for row in rows if row[6] in kinds]

    def tell(self, *, heard: bool = True) -> list[Record]:
        """The office's new entries arrive."""
        fresh = [record for record in self.office.records() if record.seq > self.told]
        state = self.office.writer.office
        self.told = state.seq
        self.centre.network.found[OFFICE] = Image(OFFICE, "0001-aaaa", state, b"")
        if heard:
            self.centre.network.tell(OFFICE, fresh)
        return fresh

    def do(self, *commands: Any, actor: str = "desk:1") -> None:
        """Somebody at the office does something, and the centre learns it."""
        for command in commands:
            self.office.ask(command, actor)
        self.tell()

    def apply(self, signed: SignedDirective, *, tell: bool = True) -> None:
        """The office gets a directive."""
        from appliance.centre_line import _command

        command: ApplyDirective = _command(signed.directive, 0, give_up=False)
        self.office.ask(command, actor_of(signed.directive.author))
        if tell:
            self.tell()

    def order(self, kind: str, body: dict[str, Any], **more: Any) -> str:
        """Issue and apply; the order's id."""
        order = self.centre.order(kind, body, **more)
        self.apply(self.directives.after(OFFICE, order.seq - 1)[0])
        return str(order.id)

    def close(self) -> None:
        self.office.close()
        self.centre.store.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    found = Scene(tmp_path)
    yield found
    found.close()


def test_an_order_is_numbered_signed_and_kept_as_it_was_given(scene: Scene) -> None:
    scene.do(OpenDay())
    for number in (1, 2, 3):
        order = scene.centre.order("open-desk", {"desk": number}, condition={"desks": {str(number): ["closed"]}})
        assert (order.seq, order.fate, order.author_name) == (number, Fate.QUEUED, "Анна")
        assert order.not_after_ms - order.issued_ms == 600_000
    keys = {scene.centre.key.id: scene.centre.key.public}
    found = [verify_directive(signed, keys, OFFICE) for signed in scene.directives.after(OFFICE, 0)]
    assert [(one.seq, one.body, one.condition) for one in found] == [
        (n, {"desk": n}, {"desks": {str(n): ["closed"]}}) for n in (1, 2, 3)
    ]
    assert [one.directive.seq for one in scene.directives.after(OFFICE, 1, limit=1)] == [2]
    assert [one.seq for one in scene.directives.orders(OFFICE)] == [3, 2, 1]
    assert scene.directives.newest(OFFICE) == 3
    assert scene.directives.newest("office-18") == 0


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("dance", {}, "bad-directive"),
        ("open-desk", {"desk": "1"}, "bad-directive"),
        ("open-desk", {"desk": 1, "more": 1}, "bad-directive"),
        ("open-desk", {"desk": 99}, "unknown-desk"),
        ("stop-service", {"service": "nothing"}, "unknown-service"),
        ("limit-service", {"service": "consult", "limit": 0}, "bad-directive"),
        ("set-policy", {"kind": "chance"}, "bad-directive"),
        ("show-message", {"texts": {"de": "x"}, "minutes": 5}, "bad-directive"),
        ("show-message", {"texts": {"ru": "x" * 9000}, "minutes": 5}, "bad-directive"),
        ("pause", {"reason": "lunch"}, "unknown-reason"),
        ("redirect", {"service": None, "office": "office-99"}, "unknown-office"),
        ("redirect", {"service": None, "office": OFFICE}, "unknown-office"),
        ("adopt-plan", {"plan": "schema = 1"}, "bad-directive"),
        ("restart-device", {"device": "nothing"}, "unknown-device"),
    ],
)
def test_what_the_office_could_never_do_is_not_ordered(
    scene: Scene, kind: str, body: dict[str, Any], code: str
) -> None:
    scene.do(OpenDay())
    with pytest.raises(OrderRefusedError) as refused:
        scene.centre.order(kind, body)
    assert refused.value.code == code
    assert scene.directives.orders(OFFICE) == []


def test_other_mistakes_of_an_order_have_their_codes(scene: Scene) -> None:
    scene.do(OpenDay())
    for change, what in (
        ({"reason": "По-русски"}, "reason"),
        ({"ttl_s": 0}, "ttl"),
        ({"condition": {"moon": "full"}}, "condition"),
    ):
        with pytest.raises(OrderRefusedError) as refused:
            scene.centre.order("open-desk", {"desk": 1}, **change)
        assert refused.value.facts["what"] == what
    with pytest.raises(OrderRefusedError) as refused:
        scene.directives.issue("office-99", "resume", {}, author="u", author_name="", reason="", ttl_s=60)
    assert refused.value.code == "unknown-office"


def test_what_hangs_on_the_moment_is_left_to_the_office(scene: Scene) -> None:
    scene.do(OpenDay(), OpenDesk(1))
    order = scene.order("open-desk", {"desk": 1})
    found = scene.directives.order(order)
    assert found is not None
    assert (found.fate, found.code, found.facts) == (Fate.REFUSED, "desk-already-open", {"desk": "1"})


def test_an_office_of_which_nothing_can_be_believed_may_be_given_orders(tmp_path: Path) -> None:
    one = Centre(tmp_path)
    assert one.order("open-desk", {"desk": 99}).seq == 1
    pulsed = Image(OFFICE, "0001-aaaa", Office(), b"")
    one.network.found[OFFICE] = pulsed  # it has pulsed, and no data have come
    assert one.order("open-desk", {"desk": 99}).seq == 2
    known = replace(Office(), seq=5, plan=Sketch().plan)
    one.network.found[OFFICE] = replace(pulsed, state=known)
    with pytest.raises(OrderRefusedError):
        one.order("open-desk", {"desk": 99})
    one.network.found[OFFICE] = replace(pulsed, state=known, doubt=Doubt("fork", 1))
    assert one.order("open-desk", {"desk": 99}).seq == 3
    one.store.close()


def test_one_form_sent_twice_gives_one_order(scene: Scene) -> None:
    scene.do(OpenDay())
    first = scene.centre.order("pause", {"reason": "fire"}, token="form-1")
    assert scene.centre.order("pause", {"reason": "fire"}, token="form-1") == first
    assert scene.directives.newest(OFFICE) == 1


def number_at_once(url: str, folder: Path) -> list[int]:
    """Two processes' worth of centres on one store, six threads each, two offices."""
    centres = [Centre(folder / name, url=url) for name in "ab"]
    failures: list[BaseException] = []

    def give(centre: Centre, office: str) -> None:
        try:
            for _ in range(8):
                centre.directives.issue(office, "resume", {}, author="u", author_name="", reason="", ttl_s=60)
        except BaseException as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=give, args=(centre, office))
        for centre in centres
        for office in (OFFICE, "office-18")
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [one.directive.seq for one in centres[0].directives.after(OFFICE, 0, limit=1000)]
    for centre in centres:
        centre.directives.look()
        assert centre.directives.newest("office-18") == 48
        centre.store.close()
    assert failures == []
    return found


def test_numbers_have_no_gap_whoever_orders_at_once(tmp_path: Path) -> None:
    assert number_at_once(f"sqlite:///{tmp_path / 'one.db'}", tmp_path) == list(range(1, 49))


def test_the_same_holds_on_postgresql_and_so_do_fates(tmp_path: Path, postgres: Server) -> None:
    assert number_at_once(postgres.url(), tmp_path) == list(range(1, 49))
    scene = Scene(tmp_path / "scene", postgres.url())
    try:
        scene.do(OpenDay())
        order = scene.order("open-desk", {"desk": 1})
        scene.do(CloseDesk(1))
        found = scene.directives.order(order)
        assert found is not None
        assert (found.fate, found.overridden_seq) == (Fate.APPLIED, scene.told)
    finally:
        scene.close()


def test_the_fate_goes_from_queued_to_the_offices_own_word(scene: Scene) -> None:
    scene.do(OpenDay())
    order = scene.centre.order("open-desk", {"desk": 1})
    scene.directives.mark_sent(OFFICE, 1, 1)
    assert scene.directives.orders(OFFICE)[0].fate == Fate.SENT
    scene.apply(scene.directives.after(OFFICE, 0)[0], tell=False)
    scene.directives.mark_delivered(OFFICE, 1)
    assert scene.directives.orders(OFFICE)[0].fate == Fate.DELIVERED
    assert [one.id for one in scene.directives.open_orders()] == [order.id]
    scene.tell()
    found = scene.directives.orders(OFFICE)[0]
    assert (found.fate, found.settled_seq, found.overridden_ms) == (Fate.APPLIED, scene.told, None)
    assert scene.directives.open_orders() == []


def test_past_its_term_only_what_never_left_counts_as_expired(scene: Scene) -> None:
    scene.do(OpenDay())
    sent = scene.centre.order("open-desk", {"desk": 1}, ttl_s=60)
    scene.directives.mark_sent(OFFICE, 1, 1)
    kept = scene.centre.order("open-desk", {"desk": 2}, ttl_s=60)
    scene.moved = 61_000
    found = {one.id: one for one in scene.directives.orders(OFFICE)}
    assert (found[kept.id].fate, found[kept.id].settled_ms) == (Fate.EXPIRED, None)
    assert found[sent.id].fate == Fate.SENT


def test_an_outcome_that_came_while_the_centre_was_down_is_learnt_at_its_start(scene: Scene) -> None:
    scene.do(OpenDay())
    order = scene.centre.order("open-desk", {"desk": 1})
    scene.apply(scene.directives.after(OFFICE, 0)[0], tell=False)
    scene.office.ask(CloseDesk(1), "desk:1")
    scene.tell(heard=False)
    assert scene.directives.orders(OFFICE)[0].fate == Fate.QUEUED
    found = scene.again().order(order.id)
    assert found is not None
    assert (found.fate, found.overridden_seq) == (Fate.APPLIED, scene.told)


def test_an_outcome_that_nobody_told_of_is_looked_up(scene: Scene) -> None:
    scene.do(OpenDay())
    scene.centre.order("open-desk", {"desk": 1})
    scene.apply(scene.directives.after(OFFICE, 0)[0], tell=False)
    scene.tell(heard=False)
    scene.directives.mark_delivered(OFFICE, 1)
    scene.directives.catch_up()
    assert scene.directives.orders(OFFICE)[0].fate == Fate.DELIVERED  # too early to look
    scene.moved = CATCH_UP_MS + 1000
    scene.directives.catch_up()
    assert scene.directives.orders(OFFICE)[0].fate == Fate.APPLIED


def test_an_outcome_with_another_id_is_not_this_orders(scene: Scene) -> None:
    scene.do(OpenDay())
    scene.centre.order("open-desk", {"desk": 1})
    signed = scene.directives.after(OFFICE, 0)[0]
    scene.apply(replace(signed, directive=replace(signed.directive, id="another")))
    assert scene.directives.orders(OFFICE)[0].fate == Fate.QUEUED


OVERRIDES: list[tuple[str, dict[str, Any], list[Any]]] = [
    ("open-desk", {"desk": 3}, [CloseDesk(3)]),
    ("open-desk", {"desk": 3}, [TakeBreak(3)]),
    ("close-desk", {"desk": 1}, [OpenDesk(1)]),
    ("pause", {"reason": "fire"}, [ResumeHall()]),
    ("stop-service", {"service": "consult"}, [DropStanding("limit:consult")]),
    ("limit-service", {"service": "consult", "limit": 3}, [DropStanding("limit:consult")]),
    ("add-skill", {"desk": 3, "service": "consult"}, [DropStanding("skill:3:consult")]),
    ("set-norm", {"service": None, "wait_min": 9}, [DropStanding("wait-norm:")]),
    ("set-norm", {"service": "consult", "service_min": 9}, [DropStanding("service-norm:consult")]),
    ("set-policy", {"kind": "absolute"}, [DropStanding("policy")]),
    ("show-message", {"texts": {"ru": "Скоро"}, "minutes": 9}, [DropStanding("message")]),
    ("redirect", {"service": None, "office": "office-18"}, [DropStanding("redirect:")]),
]


@pytest.mark.parametrize(("kind", "body", "contrary"), OVERRIDES)
def test_what_local_staff_decide_otherwise_wins_and_shows(
    scene: Scene, kind: str, body: dict[str, Any], contrary: list[Any]
) -> None:
    scene.do(OpenDay(), OpenDesk(1), OpenDesk(2), TakeTicket("submit"), CallNext(2))
    order = scene.order(kind, body)
    found = scene.directives.order(order)
    assert found is not None
    assert (found.fate, found.code, found.overridden_seq) == (Fate.APPLIED, "", None)
    scene.do(*contrary)
    found = scene.directives.order(order)
    assert found is not None
    assert (found.fate, found.overridden_seq) == (Fate.APPLIED, scene.told)
    assert found.overridden_ms is not None


def test_neither_the_days_end_nor_the_centre_itself_overrides(scene: Scene) -> None:
    scene.do(OpenDay())
    first = scene.order("open-desk", {"desk": 1})
    scene.order("close-desk", {"desk": 1})
    message = scene.order("show-message", {"texts": {"ru": "Скоро"}, "minutes": 9})
    second = scene.order("open-desk", {"desk": 2})
    scene.do(CloseDay())
    scene.do(OpenDay(), OpenDesk(2), CloseDesk(2))
    for order in (first, message, second):
        found = scene.directives.order(order)
        assert found is not None
        assert (found.fate, found.overridden_seq) == (Fate.APPLIED, None)


def test_only_the_last_order_about_a_thing_can_be_overridden(scene: Scene) -> None:
    scene.do(OpenDay())
    first = scene.order("limit-service", {"service": "consult", "limit": 3})
    second = scene.order("limit-service", {"service": "consult", "limit": 5})
    scene.do(DropStanding("limit:consult"))
    found = {one.id: one.overridden_seq for one in scene.directives.orders(OFFICE)}
    assert found == {first: None, second: scene.told}


def test_a_fresh_snapshot_is_asked_once_until_it_came_and_travelled(scene: Scene) -> None:
    for _ in range(3):
        scene.directives.ask_snapshot(OFFICE)
    assert [(one.kind, one.author) for one in scene.directives.orders(OFFICE)] == [("fresh-snapshot", "centre")]
    scene.apply(scene.directives.after(OFFICE, 0)[0])
    scene.directives.ask_snapshot(OFFICE)
    assert scene.directives.newest(OFFICE) == 1
    scene.moved = SNAPSHOT_AGAIN_MS + 1000
    scene.directives.ask_snapshot(OFFICE)
    assert scene.directives.newest(OFFICE) == 2
    scene.moved += 25 * HOUR
    scene.directives.ask_snapshot(OFFICE)
    assert scene.directives.newest(OFFICE) == 3
    scene.directives.ask_snapshot("office-99")  # unknown: logged, never raised


def test_a_centre_that_lost_its_newest_orders_goes_on_behind_the_offices(scene: Scene) -> None:
    scene.do(OpenDay())
    scene.directives.mark_delivered(OFFICE, 7)
    assert scene.centre.order("resume", {}).seq == 8


def test_what_a_retired_key_signed_goes_out_under_the_present_one(scene: Scene) -> None:
    one = scene.centre
    scene.do(OpenDay())
    one.order("resume", {})
    old, one.key = one.key, make_key()
    trusted = {old.id, one.key.id}
    found = Directives(one.store, lambda: one.key, one.network, one.offices, now_ms, trusted=lambda: trusted)
    assert found.after(OFFICE, 0)[0].key == old.id
    trusted.remove(old.id)
    again = found.after(OFFICE, 0)[0]
    assert verify_directive(again, {one.key.id: one.key.public}, OFFICE).seq == 1


def test_listeners_hear_of_each_new_order(scene: Scene) -> None:
    heard: list[str] = []
    scene.directives.listen(heard.append)
    scene.centre.order("resume", {})
    assert heard == [OFFICE]
