"""An older generation that had to do is no word of the card: nothing is set aside because of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import lz4.frame
import pytest

from sync.centre.inbox.names import Kind, ObjectName
from tests.centre.journals import office
from tests.centre.test_follow_inbox import Centre


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path)
    yield made
    made.close()
    for card in made.cards:
        card.close()


def test_nothing_is_set_aside_while_the_newest_generation_cannot_be_played(centre: Centre) -> None:
    ledger = office(days=1)
    card = centre.card(ledger)
    card.push(40)
    card.begin_generation()
    card.push(60)
    assert centre.image().state.seq == 60
    snapshot = ObjectName(card.lineage, card.generation, Kind.SNAPSHOT, 0)
    path = centre.inbox.find(snapshot)
    assert path is not None
    path.write_bytes(lz4.frame.compress(b"SQLite format 3\x00" + secrets.token_bytes(4080), content_checksum=True))
    card.write(61)
    name, piece = card.piece()
    nonsense = secrets.token_bytes(len(lz4.frame.decompress(piece)))
    card.deliver((name, lz4.frame.compress(nonsense, content_checksum=True)))
    assert centre.follower.settle()
    centre.until(lambda: len(centre.asked) >= 2)
    head = centre.facts.head("office-17")
    assert head is not None
    assert (head.head.seq, list(head.lives), list(head.aside)) == (60, [ledger.incarnation], [])
    card.begin_generation()
    card.push(70)
    assert centre.image().state.seq == 70
    centre.until(lambda: centre.image().doubt is None)
    assert list(centre.facts.heads()["office-17"].lives) == [ledger.incarnation]
