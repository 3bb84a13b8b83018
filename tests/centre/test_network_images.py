"""The live images: what the centre knows of an office is what the office knows of itself, and how old it is."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from random import Random

import pytest

from appliance.domain.codec import KINDS
from appliance.domain.message import Record
from appliance.store.reader import connect_reader
from sync.centre.doubts import Doubts
from sync.centre.facts import Extended, Facts
from sync.centre.images import Doubt
from sync.centre.network import BEHIND_MS, LiveNetwork
from sync.centre.store import Store
from sync.pulse import Pulse
from tests.centre.journals import Ledger, office


class Centre:
    """Facts and network over one store, and what a listener heard."""

    def __init__(self, store: Store) -> None:
        self.facts = Facts(store)
        self.network = LiveNetwork(self.facts, Doubts(store))
        self.heard: list[tuple[str, int]] = []
        self.network.listen(lambda name, records: self.heard.append((name, len(records))))

    def comes(self, card: Ledger, upto: int | None = None, at_ms: int = 1000) -> Extended:
        """The card's database up to an entry arrives."""
        rows = card.rows[:upto]
        news = self.facts.extend(card.name, card.incarnation, rows, card.documents, at_ms, len(rows))
        self.network.extended(news, at_ms)
        return news


@pytest.fixture
def centre(store: Store) -> Centre:
    made = Centre(store)
    made.network.start(lambda _office, _incarnation: None)
    return made


def pulse(card: Ledger, seq: int, count: int = 1, **differs: object) -> Pulse:
    link = card.rows[seq - 1][-1].hex()
    values: dict[str, object] = {"session": "s", "count": count, "sent_ms": 0, "seq": seq, "chain": link, **differs}
    return Pulse(**{"office": card.name, "incarnation": card.incarnation, **values})  # type: ignore[arg-type]


def test_the_image_is_the_office_s_own_state_at_every_entry(centre: Centre) -> None:
    card = office(days=2)
    chance, at = Random(3), 0
    while at < len(card.rows):
        at = min(len(card.rows), at + chance.randint(1, 50))
        centre.comes(card, at, at)
        image = centre.network.image(card.name)
        assert image is not None
        assert (image.state.seq, image.chain, image.arrived_ms) == (at, card.rows[at - 1][-1], at)
    assert image.state == card.office
    assert image.row_at_ms == card.records[-1].moment.at_ms
    assert image.incarnation == card.incarnation
    assert image.doubt is None
    assert [one.office for one in centre.network.images()] == [card.name]
    assert centre.heard[-1][0] == card.name
    assert sum(count for _, count in centre.heard) == len(card.rows)


def test_a_start_makes_the_images_anew(store: Store, centre: Centre, tmp_path: Path) -> None:
    mirrored, plain, behind = (office(days=2, name=name, seed=seed) for seed, name in enumerate(("a", "b", "c"), 1))
    files = {"a": mirrored.write(tmp_path / "a.db")}
    for card in (mirrored, plain, behind):
        centre.comes(card)
    older = Ledger("c").begin()
    files["c"] = older.write(tmp_path / "c.db")
    centre.facts.note_complete({"a": 777})
    opened: list[str] = []

    def open_mirror(name: str, _incarnation: str) -> sqlite3.Connection | None:
        opened.append(name)
        return connect_reader(files[name]) if name in files else None

    again = LiveNetwork(Facts(store), Doubts(store))
    again.start(open_mirror)
    for card in (mirrored, plain, behind):
        image, before = again.image(card.name), centre.network.image(card.name)
        assert image is not None
        assert before is not None
        assert image.state == card.office
        assert (image.chain, image.row_at_ms, image.arrived_ms) == (before.chain, before.row_at_ms, before.arrived_ms)
    assert opened == ["a", "b", "c"]
    known = again.image("a")
    assert known is not None
    assert known.complete_ms == 777
    only = LiveNetwork(Facts(store), Doubts(store))
    only.start(open_mirror, lambda name: name == "b")
    assert [image.office for image in only.images()] == ["b"]


def test_a_restored_card_s_image(centre: Centre) -> None:
    old = office(days=1)
    centre.comes(old)
    new = old.branch(60, "bbbb").work(3)
    centre.comes(new)
    image = centre.network.image(old.name)
    assert image is not None
    assert image.state == new.office
    assert image.incarnation == new.incarnation
    assert image.doubt is not None
    assert (image.doubt.reason, image.doubt.cure) == ("fork", "person")
    assert dict(image.doubt.facts) == {"entries": str(len(old.rows) - 60), "incarnation": old.incarnation}
    centre.facts.accept(old.name, "dispatcher", 9)
    centre.comes(new.work(4))
    image = centre.network.image(old.name)
    assert image is not None
    assert image.doubt is None
    assert image.state == new.office


def test_an_empty_card_is_told_and_changes_no_image(centre: Centre) -> None:
    old = office(days=1)
    centre.comes(old)
    centre.comes(Ledger(old.name, "bbbb").begin())
    image = centre.network.image(old.name)
    assert image is not None
    assert image.state == old.office
    assert image.doubt is not None
    assert image.doubt.reason == "regress"


def test_entries_of_a_later_release_stop_the_image(
    store: Store, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = office(days=1)
    first = next(row[0] for row in card.rows if row[6] == "DayClosed")
    with monkeypatch.context() as patch:
        patch.setattr(
            "appliance.domain.codec.KINDS", {name: kind for name, kind in KINDS.items() if name != "DayClosed"}
        )
        for upto in (first - 5, first + 3, first + 9, len(card.rows)):
            centre.comes(card, upto)
        image = centre.network.image(card.name)
        assert image is not None
        assert image.state.seq == first - 1
        assert image.doubt is not None
        assert (image.doubt.reason, image.doubt.cure) == ("later-release", "person")
        again = LiveNetwork(centre.facts, Doubts(store))
        again.start(lambda _office, _incarnation: None)
        still = again.image(card.name)
        assert still is not None
        assert (still.state, still.doubt) == (image.state, image.doubt)
    after = LiveNetwork(centre.facts, Doubts(store))
    after.start(lambda _office, _incarnation: None)
    known = after.image(card.name)
    assert known is not None
    assert known.state == card.office
    assert known.doubt is None


def test_until_when_an_office_s_data_are_complete(centre: Centre) -> None:
    card = office(days=0)
    last = len(card.rows)

    def complete() -> int:
        image = centre.network.image(card.name)
        assert image is not None
        return image.complete_ms

    centre.comes(card, last - 3, 1000)
    assert complete() == 1000
    centre.network.pulse(card.name, pulse(card, last - 3), 5000)
    assert complete() == 5000, "the office has nothing newer"
    centre.network.pulse(card.name, pulse(card, last), 6000)
    assert complete() == 5000, "three entries are still to come"
    centre.comes(card, last - 1, 7000)
    assert complete() == 5000
    centre.comes(card, last, 8000)
    assert complete() == 8000
    image = centre.network.image(card.name)
    assert image is not None
    assert image.pulse is not None
    assert (image.pulse.seq, image.pulse_ms, image.doubt) == (last, 6000, None)


@pytest.mark.parametrize("behind", [0, 4, 6], ids=["the newest entry", "one remembered", "one of the facts"])
def test_a_pulse_of_another_history(centre: Centre, behind: int) -> None:
    card = office(days=0)
    newest = len(card.rows)
    for upto in (newest - 8, newest - 4, newest):
        centre.comes(card, upto)
    centre.network.pulse(card.name, pulse(card, newest - behind), 4000)
    image = centre.network.image(card.name)
    assert image is not None
    assert image.doubt is None, "of the same history, though newer entries have overtaken it"
    centre.network.pulse(card.name, pulse(card, newest - behind, chain="ab" * 32), 5000)
    image = centre.network.image(card.name)
    assert image is not None
    assert image.doubt is not None
    assert image.doubt.reason == "fork"
    assert image.complete_ms == (1000 if behind else 4000)
    assert list(centre.network.in_doubt("pulse")) == [card.name]
    centre.network.pulse(card.name, pulse(card, len(card.rows)), 9000)
    image = centre.network.image(card.name)
    assert image is not None
    assert image.doubt is None


def test_an_office_that_has_gone_back(centre: Centre) -> None:
    card = office(days=0)
    centre.comes(card)
    less = len(card.rows) - 6
    quick = 1000 + BEHIND_MS - 1
    centre.network.pulse(card.name, pulse(card, less, 1), quick)
    centre.network.pulse(card.name, pulse(card, less, 2), quick)
    image = centre.network.image(card.name)
    assert image is not None
    assert image.doubt is None, "a pulse may be overtaken by data"
    centre.network.pulse(card.name, pulse(card, less, 3), quick + 5000)
    image = centre.network.image(card.name)
    assert image is not None
    assert image.doubt is None, "one late pulse says nothing"
    centre.network.pulse(card.name, pulse(card, less, 4), quick + 10_000)
    image = centre.network.image(card.name)
    assert image is not None
    assert image.doubt is not None
    assert image.doubt.reason == "regress"


def test_two_devices_and_a_pulse_before_any_data(centre: Centre) -> None:
    old = office(days=0)
    centre.network.pulse(old.name, pulse(old, len(old.rows)), 500)
    image = centre.network.image(old.name)
    assert image is not None
    assert (image.state.seq, image.complete_ms, image.pulse_ms) == (0, 0, 500)
    centre.comes(old)
    new = old.branch(len(old.rows), "bbbb")
    centre.network.pulse(old.name, pulse(new, len(new.rows)), 2000)
    image = centre.network.image(old.name)
    assert image is not None
    assert image.doubt is None, "a card just restored, its data still to come"
    centre.comes(new, at_ms=2500)
    centre.network.pulse(old.name, pulse(old, len(old.rows)), 3000)
    image = centre.network.image(old.name)
    assert image is not None
    assert image.doubt is not None
    assert (image.doubt.reason, image.incarnation) == ("two-devices", new.incarnation)
    assert image.pulse is not None
    assert image.pulse.incarnation == new.incarnation
    centre.network.pulse(old.name, pulse(new, len(new.rows)), 700_000)
    image = centre.network.image(old.name)
    assert image is not None
    assert image.doubt is None, "the old one has been silent for ten minutes"


def test_doubts_outlive_a_restart(store: Store, centre: Centre) -> None:
    card = office(days=0)
    centre.comes(card)
    centre.network.doubt(card.name, Doubt("no-base", 10, {}))
    centre.network.doubt(card.name, Doubt("gap", 20, {"first": "7", "last": "9"}))
    centre.network.doubt(card.name, Doubt("gap", 30, {"first": "7", "last": "12"}))
    again = LiveNetwork(Facts(store), Doubts(store))
    again.start(lambda _office, _incarnation: None)
    for network in (centre.network, again):
        image = network.image(card.name)
        assert image is not None
        assert image.doubt == Doubt("gap", 20, {"first": "7", "last": "12"})
        network.clear(card.name, "gap", "no-base")
        image = network.image(card.name)
        assert image is not None
        assert image.doubt is None
    third = Doubts(store)
    third.read()
    assert third.of(card.name) == {}


def test_a_journal_that_the_rules_can_t_follow_harms_its_own_image_alone(centre: Centre) -> None:
    card = office(days=0)
    seq = len(card.rows)
    nonsense = card.office.tickets[max(card.office.tickets)]
    record = Record(seq + 1, card.records[-1].moment, "test", KINDS["ServiceFinished"](nonsense.id + 7, 1))  # type: ignore[call-arg]
    centre.comes(card)
    news = Extended(card.name, card.incarnation, [record], centre.facts.head(card.name).head, card.incarnation)  # type: ignore[union-attr]
    centre.network.extended(news, 2000)
    image = centre.network.image(card.name)
    assert image is not None
    assert image.state == card.office
    assert image.doubt is not None
    assert image.doubt.reason == "corrupt"
