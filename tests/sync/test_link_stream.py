"""The link against a real centre's end over real HTTP: pulses, the stream, cuts, and proxies that hold streams back."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.centre_line import CentreLine, Watched
from sync.centre_keys import read_centre_keys
from sync.link import Link, LinkPace
from sync.link_clock import CentreClock, uptime_ms, wall_ms
from sync.link_feed import Backoff, FeedPace
from sync.link_http import CentreLine as HttpLine
from sync.link_http import LinkError
from sync.signing import make_key
from tests.plans import Sketch
from tests.sync.link_proxy import proxy
from tests.sync.link_scene import DEVICE, OFFICE, Centre, RealOffice, centre, enrol, now_ms, until

QUICK = LinkPace(
    pulse_s=0.1,
    pause_s=0.01,
    silence_s=1.5,
    feed=FeedPace(first_s=0.02, cap_s=0.2, poll_s=(0.1, 0.2), stream_again_s=60.0, overdue_s=1.0),
)


@contextmanager
def linked(centre: Centre, data: Path, url: str = "", pace: LinkPace = QUICK) -> Iterator[tuple[RealOffice, Link]]:
    """An office with its socket, and a link beside it."""
    office = RealOffice(data)
    enrol(centre, data, url=url)
    line = CentreLine(data, Watched(office.writer, office.clock, data / "queue.db", tuple, lambda: None))
    line.start()
    keys = read_centre_keys(data)
    assert keys is not None
    link = Link(data, keys, pace)
    link.start()
    try:
        yield office, link
    finally:
        link.stop()
        line.close()
        office.close()


def order_calls(centre: Centre, count: int) -> None:
    """Orders that every office can apply."""
    for _ in range(count):
        centre.order("call-technician", {"note": "look"})


def test_pulses_go_up_and_directives_come_down_a_stream(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, linked(one, tmp_path / "data") as (office, link):
        until(lambda: one.link.connected() == {OFFICE})
        order_calls(one, 3)
        until(lambda: len(office.settled()) == 3)
        assert [seq for seq, _, _ in office.settled()] == [1, 2, 3]
        assert link.feed.mode == "stream"
        until(lambda: one.network.pulses[-1].directive == 3)
        until(lambda: one.directives.orders(OFFICE)[0].fate == "delivered")
        pulse = one.network.pulses[-1]
        assert (pulse.office, pulse.incarnation) == (OFFICE, "0001-aaaa")
        assert pulse.seq == office.records()[-1].seq
        assert pulse.health["directives"] == "stream"
        assert pulse.clock_offset_ms is not None
        assert abs(pulse.clock_offset_ms) < 1000
        counts = [pulse.count for pulse in one.network.pulses]
        assert counts == sorted(set(counts))
        one.network.tell(OFFICE, office.records())
        assert [order.fate for order in one.directives.orders(OFFICE)] == ["applied"] * 3


def test_a_stream_that_is_cut_anywhere_brings_each_directive_once_and_in_order(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    with centre(tmp_path / "centre") as one, proxy(one.port) as way:  # noqa: SIM117
        with linked(one, tmp_path / "data", f"http://127.0.0.1:{way.port}") as (office, link):
            until(lambda: one.link.connected())
            for _ in range(25):
                way.cut_after = chance.choice([0, 1, chance.randint(2, 400), chance.randint(400, 3000)])
                order_calls(one, chance.randint(0, 3))
                time.sleep(chance.uniform(0, 0.05))
                way.cut()
            order_calls(one, 1)
            way.cut_after = None
            way.cut()
            last = one.directives.newest(OFFICE)
            until(lambda: len(office.settled()) == last)
            assert [seq for seq, _, _ in office.settled()] == list(range(1, last + 1)), seed
            assert {outcome for _, _, outcome in office.settled()} == {"applied"}
            assert link.receiver.forged == 0
            assert way.streams > 5


def test_behind_a_proxy_that_holds_streams_back_it_asks_instead(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, proxy(one.port) as way:
        way.hold_streams = True
        with linked(one, tmp_path / "data", f"http://127.0.0.1:{way.port}") as (office, link):
            until(lambda: link.feed.mode == "poll")
            order_calls(one, 60)
            until(lambda: len(office.settled()) == 60)
            assert [seq for seq, _, _ in office.settled()] == list(range(1, 61))
            assert way.streams == 1
            until(lambda: one.network.pulses[-1].health["directives"] == "poll")


def test_what_another_key_signed_is_told_and_waits_for_the_key(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, linked(one, tmp_path / "data") as (office, link):
        until(lambda: one.link.connected())
        order_calls(one, 1)
        until(lambda: len(office.settled()) == 1)
        known, one.key = one.key, make_key()
        order_calls(one, 1)
        pulse = until(lambda: next((p for p in one.network.pulses if p.health["forged"]), None))
        assert pulse.health["forgery"] == "unknown-key"
        time.sleep(1.5)
        assert link.feed.mode == "stream"  # a forgery is no reason to think that streams don't pass
        assert link.receiver.forged == 1
        one.key = known
        order_calls(one, 1)  # number 3; number 2 can't be skipped
        time.sleep(0.3)
        assert [seq for seq, _, _ in office.settled()] == [1]


@pytest.mark.parametrize("hold", [False, True])
def test_a_large_plan_comes_down_either_way(tmp_path: Path, hold: bool) -> None:
    with centre(tmp_path / "centre") as one, proxy(one.port) as way:
        way.hold_streams = hold
        with linked(one, tmp_path / "data", f"http://127.0.0.1:{way.port}") as (office, _):
            for version in (2, 3, 4):
                document = Sketch(version=version, opens=0, closes=24 * 60).document + "# Щ\n" * 28_000
                one.order("adopt-plan", {"plan": document})
            until(lambda: len(office.settled()) == 3, 60)
            assert {outcome for _, _, outcome in office.settled()} == {"applied"}
            newest = office.writer.office.next_plan or office.writer.office.plan
            assert newest is not None
            assert newest.version == 4


def test_a_stream_that_goes_silent_after_its_first_bytes_is_given_up_too(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, proxy(one.port) as way:  # noqa: SIM117
        with linked(one, tmp_path / "data", f"http://127.0.0.1:{way.port}") as (office, link):
            until(lambda: link.feed.mode == "stream")
            way.hold_streams = True
            order_calls(one, 1)
            until(lambda: len(office.settled()) == 1)
            assert link.feed.mode == "poll"


def test_a_line_that_is_away_for_a_while_makes_nobody_busy(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, proxy(one.port) as way:
        way.open = False
        with linked(one, tmp_path / "data", f"http://127.0.0.1:{way.port}") as (office, link):
            until(lambda: link.pulsing.state.error == "no-line")
            order_calls(one, 2)
            tried = time.process_time()
            time.sleep(0.5)
            assert time.process_time() - tried < 0.4
            assert office.settled() == []
            way.open = True
            until(lambda: len(office.settled()) == 2)
            until(lambda: link.pulsing.state.connected)


def test_a_centre_that_begins_again_is_found_again(tmp_path: Path) -> None:
    one = Centre(tmp_path / "centre")
    one.start()
    with linked(one, tmp_path / "data") as (office, link):
        until(lambda: one.link.connected())
        port, key = one.port, one.key
        one.stop()
        one.store.close()
        until(lambda: not link.pulsing.state.connected)
        two = Centre(tmp_path / "centre")
        two.key, two.devices = key, one.devices
        two.link._devices = one.devices
        two.start(port)
        order_calls(two, 1)
        until(lambda: len(office.settled()) == 1)
        two.stop()
        two.store.close()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda one: one.devices.known.clear(), "unknown-device"),
        (lambda one: setattr(one.devices.known[DEVICE], "revoked_ms", 1), "revoked"),
        (lambda one: setattr(one.devices.known[DEVICE], "office", "office-18"), "other-office"),
        (lambda one: setattr(one.devices.known[DEVICE], "incarnation", "0009-bbbb"), "other-incarnation"),
        (lambda one: setattr(one.devices.known[DEVICE], "public", bytes(32)), "bad-signature"),
    ],
)
def test_a_refusal_of_the_centre_is_told_by_its_code(tmp_path: Path, change: object, error: str) -> None:
    with centre(tmp_path / "centre", keepalive_s=0.1) as one, linked(one, tmp_path / "data") as (_, link):
        until(lambda: one.link.connected())
        change(one)  # type: ignore[operator]
        until(lambda: link.pulsing.state.error == error)
        assert link.pulsing.glance()["connected"] is False
        if error in ("unknown-device", "revoked"):
            until(lambda: not one.link.connected())


def test_a_device_with_a_wrong_clock_learns_the_centres_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = 3 * 365 * 24 * 3600_000
    monkeypatch.setattr("sync.link_clock.wall_ms", lambda: now_ms() - wrong)
    monkeypatch.setattr("sync.link_pulse.wall_ms", lambda: now_ms() - wrong)
    with centre(tmp_path / "centre") as one, linked(one, tmp_path / "data") as (_, link):
        until(lambda: one.link.connected())
        until(lambda: link.pulsing.state.offset_ms is not None)
        assert abs((link.pulsing.state.offset_ms or 0) + wrong) < 2000
        assert abs(link.clock.now_ms() - now_ms()) < 2000


def test_the_shortest_way_decides_the_offset_and_a_step_of_the_clock_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = CentreClock()
    assert clock.offset_ms() is None
    base = uptime_ms()
    clock.learn(base, base + 2000, 5_000_000 + 1900)  # a slow answer, lopsided: 900 ms wrong
    clock.learn(base, base + 20, 5_000_000 + 10)
    clock.learn(base, base + 3000, 5_000_000 + 100)
    assert abs(clock.now_ms() - 5_000_000 - (uptime_ms() - base)) <= 1
    before = clock.now_ms()
    monkeypatch.setattr("sync.link_clock.wall_ms", lambda: wall_ms() + 10**9)
    assert clock.now_ms() - before < 1000


def test_pauses_double_up_to_a_bound_and_are_never_equal_for_all() -> None:
    backoff = Backoff(1.0, 60.0)
    pauses = [backoff.next_s() for _ in range(40)]
    assert all(0.5 * min(60, 2**n) <= pause <= min(60, 2**n) for n, pause in enumerate(pauses))
    assert len(set(pauses[10:])) > 20
    backoff.reset()
    assert backoff.next_s() <= 1.0


def test_the_next_address_is_tried_when_the_first_one_is_dead(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one:
        enrol(one, tmp_path / "data")
        keys = read_centre_keys(tmp_path / "data")
        assert keys is not None
        dead = f"http://127.0.0.1:{_closed_port()}"
        object.__setattr__(keys, "urls", (dead, *keys.urls))
        line = HttpLine(keys, CentreClock())
        assert line.ask("GET", "/link/v1/directives?after=0")["newest"] == 0
        object.__setattr__(keys, "urls", (dead,))
        with pytest.raises(LinkError) as error:
            HttpLine(keys, CentreClock()).ask("GET", "/link/v1/directives?after=0")
        assert error.value.code == "no-line"
        line.close()


def _closed_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def test_two_links_with_one_key_are_both_known_and_the_second_is_refused(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, linked(one, tmp_path / "data") as (office, first):
        until(lambda: one.link.connected())
        keys = read_centre_keys(tmp_path / "data")
        assert keys is not None
        second = Link(tmp_path / "data", keys, QUICK)
        second.start()
        try:
            until(lambda: second.pulsing.state.error == "two-devices", 30)
            assert one.clones
            assert one.clones[0] == (DEVICE, "session")
            sessions = {pulse.session for pulse in one.network.pulses}
            assert sessions == {first.pulsing.session, second.pulsing.session}
            order_calls(one, 2)
            until(lambda: len(office.settled()) == 2)
            assert first.pulsing.state.connected
        finally:
            second.stop()


def test_stopping_takes_no_time_whatever_the_line_does(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, proxy(one.port) as way:
        way.hold_streams = True
        with linked(one, tmp_path / "data", f"http://127.0.0.1:{way.port}", LinkPace()) as (_, link):
            until(lambda: way.streams)
            began = time.monotonic()
            stopper = threading.Thread(target=link.stop)
            stopper.start()
            stopper.join(10)
            assert not stopper.is_alive()
            assert time.monotonic() - began < 10
