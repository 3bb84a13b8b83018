"""From an object in the inbox to the image: real pieces, real mirrors, and everything that can be wrong with them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from sync.centre.doubts import Doubts
from sync.centre.facts import Facts
from sync.centre.follow import Follower
from sync.centre.images import Image
from sync.centre.inbox import Inbox, StaticKeys
from sync.centre.inbox.names import Lineage
from sync.centre.network import LiveNetwork
from sync.centre.store import Store
from tests.centre.inbox_helpers import AGE_HEADER
from tests.centre.journals import Ledger, office
from tests.centre.replicated import Replicated


class Centre:
    """An inbox and all that follows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = Inbox(folder / "inbox", StaticKeys([]))
        self.asked: list[tuple[str, str]] = []
        self.cards: list[Replicated] = []
        self.open()

    def open(self, workers: tuple[int, int] = (0, 1)) -> None:
        """As after a start of the process."""
        self.store = Store(f"sqlite:///{self.folder / 'centre.db'}")
        self.store.make_tables()
        self.facts = Facts(self.store)
        self.network = LiveNetwork(self.facts, Doubts(self.store))
        self.follower = Follower(
            self.inbox,
            self.folder / "mirrors",
            self.facts,
            self.network,
            lambda name, reason: self.asked.append((name, reason)),
            workers,
            ask_again_s=0.2,
        )
        self.follower.start()

    def close(self) -> None:
        """As at a stop of the process."""
        self.follower.stop()
        self.store.close()

    def card(self, ledger: Ledger, *, restored: int = 0, generation: str = "") -> Replicated:
        """A card whose Litestream begins."""
        path = self.folder / f"card{len(self.cards)}.db"
        made = Replicated(ledger, path, self.inbox, restored=restored, generation=generation)
        self.cards.append(made)
        return made

    def image(self, name: str = "office-17") -> Image:
        """The image once all that came has been taken in."""
        assert self.follower.settle()
        found = self.network.image(name)
        assert found is not None
        return found

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for it."""
        end = time.monotonic() + 20
        while not true():
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path)
    yield made
    made.close()
    for card in made.cards:
        card.close()


def test_each_piece_moves_the_image(centre: Centre) -> None:
    ledger = office(days=1)
    card = centre.card(ledger)
    for upto in (10, 11, 60, 61, len(ledger.rows) - 1, len(ledger.rows)):
        card.push(upto)
        image = centre.image()
        assert (image.state.seq, image.chain) == (upto, ledger.rows[upto - 1][-1])
    assert image.state == ledger.office
    assert image.doubt is None
    assert image.complete_ms == 0, "entries of days ago, and no pulse: nobody knows what else there is"
    assert centre.asked == []
    mirror = centre.folder / "mirrors" / "office-17" / ledger.incarnation / "queue.db"
    with closing(sqlite3.connect(mirror)) as db:
        assert db.execute("SELECT * FROM journal ORDER BY seq").fetchall() == ledger.rows


def test_a_restart_goes_on_where_it_was(centre: Centre) -> None:
    ledger = office(days=1)
    card = centre.card(ledger)
    card.push(40)
    centre.image()
    centre.close()
    card.push(80)
    centre.open()
    assert centre.image().state.seq == 80
    card.push()
    assert centre.image().state == ledger.office
    centre.close()
    centre.open()
    assert centre.network.image("office-17") == centre.image(), "made anew from the mirror"
    assert centre.image().state == ledger.office


def test_a_missing_piece_is_told_and_a_fresh_snapshot_heals(centre: Centre) -> None:
    ledger = office(days=1)
    card = centre.card(ledger)
    card.push(30)
    card.write(50)
    lost = card.piece()
    card.push(70)
    image = centre.image()
    assert image.state.seq == 30
    assert image.doubt is not None
    assert (image.doubt.reason, image.doubt.cure) == ("gap", "snapshot-asked")
    centre.until(lambda: len(centre.asked) >= 2)
    assert centre.asked[0] == ("office-17", "gap")
    card.push()
    assert centre.image().state.seq == 30
    card.begin_generation()
    image = centre.image()
    assert image.state == ledger.office
    assert image.doubt is None
    asked = len(centre.asked)
    time.sleep(0.5)
    assert len(centre.asked) == asked, "it is asked no more"
    assert lost[0].offset > 0


def test_the_missing_piece_itself_heals_too(centre: Centre) -> None:
    ledger = office(days=1)
    card = centre.card(ledger)
    card.write(50)
    late = card.piece()
    card.push()
    assert centre.image().doubt is not None
    card.deliver(late)
    assert centre.image().doubt is None
    assert centre.image().state == ledger.office


def test_a_card_that_lost_its_last_entries_is_followed(centre: Centre) -> None:
    ledger = office(days=1)
    card = centre.card(ledger)
    card.push(90)
    assert centre.image().state.seq == 90
    less = ledger.cut(80)
    card = centre.card(less, restored=80, generation=card.generation)
    image = centre.image()
    assert image.doubt is not None
    assert image.doubt.reason == "regress"
    assert image.state.seq == 90, "the facts don't go back by themselves"
    centre.until(lambda: bool(centre.asked))
    less.work(77)
    card.push()
    card.begin_generation()
    image = centre.image()
    assert image.state == less.office, "the fresh snapshot says the same: the card is right"
    assert image.doubt is not None
    assert (image.doubt.reason, image.doubt.cure) == ("fork", "person")
    assert dict(image.doubt.facts) == {"entries": "10", "incarnation": f"{less.incarnation}~1"}
    centre.facts.accept(less.name, "dispatcher", 1)
    less.work(78)
    card.push()
    assert centre.image().doubt is None
    assert centre.image().state == less.office


def test_a_restored_office(centre: Centre) -> None:
    old = office(days=1)
    card = centre.card(old)
    card.push()
    centre.image()
    new = old.branch(len(old.rows), "bbbb")
    other = centre.card(new, restored=len(new.rows))
    new.work(4)
    other.push()
    image = centre.image()
    assert image.state == new.office
    assert (image.incarnation, image.doubt) == (new.incarnation, None)
    old.work(5)
    card.push()
    image = centre.image()
    assert image.state == new.office
    assert image.doubt is not None
    assert (image.doubt.reason, image.doubt.cure) == ("fork", "person")


def test_an_office_s_other_databases_are_not_opened(centre: Centre) -> None:
    ledger = office(days=0)
    card = centre.card(ledger)
    personal = Lineage(ledger.name, ledger.incarnation, "personal")
    card.write()
    name, _ = card.piece()
    card.deliver((replace(name, lineage=personal), AGE_HEADER + b"sealed"))
    assert centre.follower.settle()
    assert not list((centre.folder / "mirrors").rglob("personal*"))


def test_workers_share_the_offices(centre: Centre) -> None:
    centre.close()
    names = [f"office-{number}" for number in range(8)]
    for name in names:
        centre.card(office(days=0, name=name)).push()
    seen = []
    for worker in (0, 1):
        centre.open((worker, 2))
        assert centre.follower.settle()
        mine = {name for name in names if centre.follower.mine(name)}
        assert {image.office for image in centre.network.images()} == mine
        seen.append(mine)
        if worker == 0:
            centre.close()
    assert seen[0] | seen[1] == set(names)
    assert not seen[0] & seen[1]
    assert all(seen)


def test_the_mirror_is_checked_at_the_close_of_a_day(centre: Centre) -> None:
    ledger = office(days=1)
    card = centre.card(ledger)
    closed = next(row[0] for row in ledger.rows if row[6] == "DayClosed")
    card.push(closed - 1)
    centre.image()
    card.push(closed)
    centre.until(lambda: centre.follower.counters.checks == 1)
    assert centre.image().doubt is None

    card.write(closed + 2)
    card.db.execute("UPDATE ticket SET calls = calls + 5 WHERE id = 3")
    ledger.day(5)
    card.push()
    centre.until(lambda: centre.follower.counters.checks == 2)
    image = centre.image()
    assert image.doubt is not None
    assert image.doubt.reason == "corrupt"
    assert "ticket" in image.doubt.facts["detail"]
    centre.until(lambda: ("office-17", "corrupt") in centre.asked)
    card.db.execute("UPDATE ticket SET calls = calls - 5 WHERE id = 3")
    card.begin_generation()
    centre.until(lambda: centre.image().doubt is None)


def test_a_database_that_is_no_office_s(centre: Centre) -> None:
    ledger = office(days=0)
    good = centre.card(Ledger("good").begin().day(1))
    bad = centre.card(ledger)
    bad.push(20)
    assert centre.image().state.seq == 20
    bad.db.execute("DROP TRIGGER journal_is_not_deleted")
    bad.db.execute("DROP TABLE journal")
    bad.db.execute("CREATE VIEW journal AS SELECT 1 AS seq, 'x' AS chain")
    bad.deliver(bad.piece())
    good.push()
    image = centre.image()
    assert image.doubt is not None
    assert image.doubt.reason in ("corrupt", "broken-chain", "regress", "fork")
    assert image.state.seq == 20
    assert centre.image("good").state == good.card.office
    assert centre.image("good").doubt is None


def test_facts_are_there_once_however_often_the_inbox_is_looked_at(centre: Centre) -> None:
    ledger = office(days=1)
    card = centre.card(ledger)
    for upto in range(10, len(ledger.rows), 25):
        card.push(upto)
        centre.follower.wake()
    card.push()
    centre.image()
    with centre.store.read() as session:
        assert session.connection().execute(text("SELECT count(*) FROM fact")).scalar() == len(ledger.rows)
