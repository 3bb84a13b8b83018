"""Random troubles between an office and the centre: the wall never goes back, stops or errs without saying so."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sync.centre.images import Image
from sync.centre.inbox.names import ObjectName
from tests.centre.journals import Ledger, office
from tests.centre.test_follow_inbox import Centre

STEPS = 25


class Trouble:
    """One office whose pieces get lost, come twice or late, and whose card is cut, restored and replaced."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance, self.centre = Random(seed), Centre(folder)
        self.card = self.centre.card(office(days=0))
        self.card.push()
        self.late: list[tuple[ObjectName, bytes]] = []
        self.seen = 0

    def step(self) -> str:
        """Something happens; its name."""
        name = self.chance.choice(
            ("work", "work", "work", "work", "lose", "delay", "arrive", "again", "fresh", "restart", "cut", "replace")
        )
        getattr(self, name)()
        return name

    def work(self) -> None:
        before = len(self.card.card.rows)
        self.card.card.work(self.chance.randint(0, 10**6), 2)
        if len(self.card.card.rows) > before:
            self.card.push()

    def lose(self) -> None:
        self.card.card.work(self.chance.randint(0, 10**6), 2)
        if self.card.sent < len(self.card.card.rows):
            self.card.write()
            self.card.piece()

    def delay(self) -> None:
        self.card.card.work(self.chance.randint(0, 10**6), 2)
        if self.card.sent < len(self.card.card.rows):
            self.card.write()
            self.late.append(self.card.piece())

    def arrive(self) -> None:
        while self.late:
            self.card.deliver(self.late.pop())

    def again(self) -> None:
        self.centre.follower.wake()

    def fresh(self) -> None:
        self.card.begin_generation()

    def restart(self) -> None:
        self.centre.close()
        self.centre.open()

    def cut(self) -> None:
        """The power goes, and with it a few entries that the card said it had."""
        lost = self.chance.randint(1, 8)
        whole = len(self.card.card.rows)
        if whole - lost > 40 and self.card.card.office.incarnation == 1:
            self.start(self.card.card.cut(whole - lost), generation=self.card.generation)

    def replace(self) -> None:
        """The card is replaced; the new one has what the mirror had."""
        image = self.centre.image()
        if image.state.seq > 10 and self.card.card.rows[: image.state.seq][-1][-1] == image.chain:
            life = f"{self.chance.randint(0, 2**32):08x}"
            self.start(self.card.card.branch(image.state.seq, life))

    def start(self, ledger: Ledger, generation: str = "") -> None:
        self.card.close()
        self.late.clear()
        self.card = self.centre.card(ledger, restored=len(ledger.rows), generation=generation)

    def true(self, image: Image) -> None:
        """What must hold whatever happened."""
        card = self.card.card
        rows = card.rows
        if image.doubt is None:
            assert image.state.seq <= len(rows)
            assert image.state.seq == 0 or rows[image.state.seq - 1][-1] == image.chain, "another history, unannounced"
            assert image.state.seq >= self.seen or image.incarnation == card.incarnation, "gone back, unannounced"
        self.seen = image.state.seq

    def heal(self) -> None:
        """Fresh snapshots make the image right, whatever happened; a fork is all that may be left to be told."""
        for _ in range(2):
            self.card.begin_generation()
            self.centre.image()
        image = self.centre.image()
        assert image.state == self.card.card.office
        assert image.incarnation == self.card.card.incarnation
        if image.doubt is not None:
            assert (image.doubt.reason, image.doubt.cure) == ("fork", "person")
            self.centre.facts.accept(image.office, "dispatcher", 1)
            self.centre.network.renew(image.office)
            assert self.centre.image().doubt is None

    def close(self) -> None:
        self.centre.close()
        self.card.close()


@pytest.mark.parametrize("seed", range(6))
def test_nothing_goes_wrong_without_a_word(tmp_path: Path, seed: int) -> None:
    trouble = Trouble(tmp_path, seed)
    try:
        trouble.centre.image()
        for _ in range(STEPS):
            trouble.step()
            trouble.true(trouble.centre.image())
        trouble.heal()
    finally:
        trouble.close()
