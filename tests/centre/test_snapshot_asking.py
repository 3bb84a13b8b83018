"""Asking for snapshots: at once, then ever more seldom, never in a storm."""

from __future__ import annotations

from itertools import pairwise

from sync.centre.asking import SELDOM_S, SnapshotAsking


def test_asking_backs_off() -> None:
    now, asked = 0.0, []
    asking = SnapshotAsking(lambda office, reason: asked.append((now, office, reason)), 60.0, lambda: now)
    asking.want("a", "data", "gap")
    for second in range(86_400):
        now = float(second)
        asking.want("a", "data", "gap")
        asking.ask_due()
    times = [at for at, _, _ in asked]
    assert times[:5] == [0, 60, 180, 420, 900]
    assert {later - sooner for sooner, later in pairwise(times[8:])} == {SELDOM_S}
    asking.enough("a", "data")
    asking.ask_due()
    assert len(asked) == len(times)


def test_a_trouble_that_comes_and_goes_makes_no_storm() -> None:
    now, asked = 0.0, []
    asking = SnapshotAsking(lambda office, _reason: asked.append((now, office)), 60.0, lambda: now)
    for second in range(300):
        now = float(second)
        asking.want("a", "data", "gap")
        asking.ask_due()
        asking.enough("a", "data")
    assert [at for at, _ in asked] == [0, 60, 120, 180, 240]


def test_one_cure_does_not_hide_another_trouble() -> None:
    asked: list[tuple[str, str]] = []
    asking = SnapshotAsking(lambda office, reason: asked.append((office, reason)), 0.0)
    asking.want("a", "data", "gap")
    asking.want("a", "verified", "corrupt")
    asking.enough("a", "data")
    asking.ask_due()
    assert asked == [("a", "corrupt")]
    assert asking.wanted("verified") == ["a"]
    assert asking.wanted("data") == []


def test_an_office_that_can_t_be_asked_stops_no_other() -> None:
    asked: list[str] = []

    def ask(office: str, _reason: str) -> None:
        if office == "a":
            raise OSError("no line")
        asked.append(office)

    asking = SnapshotAsking(ask)
    for office in ("a", "b"):
        asking.want(office, "data", "gap")
    asking.ask_due()
    assert asked == ["b"]
