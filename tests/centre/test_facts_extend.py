"""The facts, on both databases: what an office's journal says is there once, whole, and answers as the office does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import text

from appliance.domain.codec import KINDS
from appliance.store.journal import Row
from appliance.store.reads import Reads
from sync.centre.chain import Head
from sync.centre.facts import Batch, Extended, Facts
from sync.centre.lineage import Segment
from sync.centre.store import Store
from tests.centre.journals import Ledger, office

EVER = ("2000-01-01", "2100-01-01")


@pytest.fixture
def facts(store: Store) -> Facts:
    return Facts(store)


def extend(facts: Facts, card: Ledger, upto: int | None = None, at_ms: int = 1) -> Extended:
    """The card's whole database up to an entry arrives."""
    rows = card.rows[:upto]
    return facts.extend(card.name, card.incarnation, rows, card.documents, at_ms, len(rows))


def kept(facts: Facts, name: str = "office-17") -> Sequence[Row]:
    """The office's history."""
    return facts.history(name).between(1, 2**62, 10**6)


def everything(store: Store) -> Sequence[Any]:
    """All rows of the tables of the facts, without the centre's own times."""
    with store.read() as session:
        db = session.connection()
        return [
            sorted(map(tuple, db.execute(text(query)).all()))
            for query in (
                "SELECT office, incarnation, seq, at, clock_trusted, boot_id, uptime_ms, actor, kind, version, body,"
                " chain FROM fact",
                "SELECT office, incarnation, number, parent, branch_seq, seq, chain FROM fact_head",
                "SELECT office, incarnation, seq, kind, day, date FROM fact_day",
                "SELECT office, digest, document FROM plan_document",
                "SELECT office, incarnation FROM fact_office",
            )
        ]


def test_a_journal_in_pieces_is_the_journal(facts: Facts, tmp_path: Path) -> None:
    card = office(days=4)
    chance, at = Random(1), 0
    records = []
    while at < len(card.rows):
        to = min(len(card.rows), at + chance.randint(1, 40))
        news = facts.extend(card.name, card.incarnation, card.rows[max(0, at - 3) : to], card.documents, to, to)
        assert news.fault is None
        assert news.head == Head(to, card.rows[to - 1][-1])
        records += news.records
        at = to
    assert records == card.records
    assert kept(facts) == card.rows
    assert facts.rows(card.name, [7, 3, 10**6]) == [card.rows[2], card.rows[6]]

    reads = Reads(card.write(tmp_path / "queue.db"))
    history = facts.history(card.name)
    assert history.days(*EVER) == reads.days(*EVER)
    assert len(history.days(*EVER)) >= 4
    for day in range(1, 6):
        assert history.day_records(day) == reads.day_records(day) != []
    later = card.records[len(card.records) // 2].moment.at_ms
    assert list(history.device_records(later)) == list(reads.device_records(later)) != []
    digest = next(iter(card.plans))
    assert history.document(digest) == reads.document(digest) is not None
    closed = [row for row in card.rows if row[6] == "DayClosed"]
    assert history.kinds(["DayClosed"]) == closed
    reads.close()


def test_a_day_s_version_changes_with_its_entries_alone(facts: Facts) -> None:
    card = office(days=1)
    day_two = next(row[0] for row in card.rows if row[6] == "DayOpened" and row[0] > 10)
    extend(facts, card, day_two)
    before = facts.history(card.name).spans(*EVER)
    extend(facts, card)
    after = facts.history(card.name).spans(*EVER)
    assert [span.closed for span in after] == [True, False]
    assert before[0] == after[0], "a day that is over and followed by another one stays as it is"
    assert before[1] != after[1]


def test_what_is_wrong_is_told_and_not_kept(facts: Facts) -> None:
    card = office(days=1)
    extend(facts, card, 30)
    other = card.branch(20, "bbbb").work(3)
    gap = facts.extend(card.name, card.incarnation, card.rows[40:50], {}, 2)
    fork = facts.extend(card.name, card.incarnation, other.rows, {}, 2)
    back = facts.extend(card.name, card.incarnation, card.rows[24:25], {}, 2, 25)
    broken = [*card.rows[29:35], (*card.rows[35][:8], "{}", card.rows[35][9])]
    half = facts.extend(card.name, card.incarnation, broken, {}, 2)
    odd = facts.extend(card.name, card.incarnation, [(*card.rows[35][:4], "soon", *card.rows[35][5:])], {}, 2)  # type: ignore[list-item]
    found = [(news.fault.reason, news.added) for news in (gap, fork, back, half, odd) if news.fault is not None]
    assert found == [("gap", 0), ("fork", 0), ("regress", 0), ("broken-chain", 5), ("broken-chain", 0)]
    assert kept(facts) == card.rows[:35]
    assert extend(facts, card).fault is None, "a fresh snapshot makes it whole"
    assert kept(facts) == card.rows


def test_entries_of_a_later_release_are_kept(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    card = office(days=1)
    first = next(row[0] for row in card.rows if row[6] == "TicketCalled")
    known = {name: kind for name, kind in KINDS.items() if name != "TicketCalled"}
    monkeypatch.setattr("appliance.domain.codec.KINDS", known)
    news = extend(facts, card)
    assert news.fault is not None
    assert (news.fault.reason, dict(news.fault.facts)) == ("later-release", {"seq": str(first), "kind": "TicketCalled"})
    assert list(news.records) == card.records[: first - 1]
    assert kept(facts) == card.rows


def test_a_plan_is_what_its_digest_says(facts: Facts) -> None:
    card = office(days=0)
    digest, document = next(iter(card.documents.items()))
    facts.extend(card.name, card.incarnation, card.rows, {digest: document + "#"}, 1)
    assert facts.history(card.name).document(digest) is None
    for _ in range(2):
        facts.extend(card.name, card.incarnation, [], {digest: document}, 1)
    assert facts.history(card.name).document(digest) == document


# Lives.


def test_a_restored_card_goes_on(facts: Facts, store: Store) -> None:
    old = office(days=1)
    extend(facts, old)
    new = old.branch(len(old.rows), "bbbb").day(7)
    news = extend(facts, new)
    assert (news.current, news.switched, news.fault, list(news.aside)) == (new.incarnation, True, None, [])
    assert kept(facts) == new.rows
    with store.read() as session:
        found = session.connection().execute(text("SELECT count(*) FROM fact")).scalar()
    assert found == len(new.rows), "what they share is kept once"
    before = len(new.rows)
    more = facts.extend(new.name, new.incarnation, new.day(8).rows[before:], {}, 5)
    assert list(more.records) == new.records[before:] != []


@pytest.mark.parametrize("size", [7, 25, 10**6])
def test_a_restored_card_in_pieces(facts: Facts, size: int) -> None:
    old = office(days=1)
    extend(facts, old)
    new = old.branch(len(old.rows) - 5, "bbbb").work(7)
    for at in range(0, len(new.rows), size):
        piece = new.rows[at : at + size]
        news = facts.extend(new.name, new.incarnation, piece, {}, 2, len(new.rows))
        assert news.fault is None
        assert len(kept(facts)) >= len(old.rows) - 5, "the office never goes back further than its new card begins"
    assert kept(facts) == new.rows
    assert news.aside == [Segment(old.incarnation, len(old.rows) - 4, len(old.rows))]


def test_a_card_restored_from_older_pieces_leaves_entries_aside(facts: Facts) -> None:
    old = office(days=1)
    extend(facts, old)
    new = old.branch(50, "bbbb").work(7)
    news = facts.extend(new.name, new.incarnation, new.rows[50:], {}, 2)
    assert news.switched
    assert news.aside == [Segment(old.incarnation, 51, len(old.rows))]
    assert kept(facts) == new.rows
    assert facts.history(old.name, old.incarnation).between(1, 10**6) == old.rows, "kept, and not counted"

    old.work(9)
    gone_on = extend(facts, old)
    assert (list(gone_on.records), gone_on.current) == ([], new.incarnation)
    assert gone_on.aside == [Segment(old.incarnation, 51, len(old.rows))]
    assert facts.accept(old.name, "dispatcher", 9) == gone_on.aside
    assert extend(facts, new).aside == []
    old.work(10, visits=1)
    assert extend(facts, old).aside[0].last == len(old.rows), "more of it is told again"
    assert kept(facts) == new.rows


def test_an_empty_card_changes_nothing_until_a_person_says_so(facts: Facts) -> None:
    old = office(days=1)
    extend(facts, old)
    blank = Ledger(old.name, "bbbb").begin().work(3)
    news = extend(facts, blank)
    assert (news.current, news.switched, list(news.records)) == (old.incarnation, False, [])
    assert news.aside == [Segment(blank.incarnation, 1, len(blank.rows))]
    assert kept(facts) == old.rows
    again = blank.branch(len(blank.rows), "cccc")
    assert extend(facts, again).current == old.incarnation, "nor does a card restored from the empty one"

    facts.choose(old.name, again.incarnation, "dispatcher", 9)
    assert kept(facts) == again.rows
    assert extend(facts, again).aside == []
    assert facts.history(old.name, old.incarnation).between(1, 10**6) == old.rows


def test_two_cards_of_one_replica(facts: Facts) -> None:
    old = office(days=1)
    extend(facts, old)
    one, two = (old.branch(len(old.rows), life) for life in ("bbbb", "cccc"))
    one.work(1)
    two.work(2)
    extend(facts, one)
    news = extend(facts, two)
    assert news.current == one.incarnation, "both count alike: a person has to say which it is"
    assert news.aside == [Segment(two.incarnation, len(old.rows) + 1, len(two.rows))]
    assert kept(facts) == one.rows
    third = two.branch(len(two.rows), "dddd")
    assert extend(facts, third).switched, "a further restore counts higher"
    assert kept(facts) == third.rows


def test_entries_of_the_old_card_that_come_late_are_one_entry(facts: Facts, store: Store) -> None:
    old = office(days=1)
    extend(facts, old, 60)
    new = old.branch(70, "bbbb").work(4)
    assert extend(facts, new).aside == []
    assert extend(facts, old, 65).aside == [], "the new card has shown them already"
    assert extend(facts, old, 73).aside == [Segment(old.incarnation, 71, 73)]
    assert kept(facts) == new.rows
    with store.read() as session:
        found = session.connection().execute(text("SELECT count(*) FROM fact")).scalar()
    assert found == len(new.rows) + 3


def test_entries_that_a_card_lacks_are_set_aside(facts: Facts) -> None:
    card = office(days=1)
    extend(facts, card)
    again = card.branch(80, "aaaa").work(3)
    assert facts.set_aside(card.name, card.incarnation, 80) == f"{card.incarnation}~1"
    assert facts.set_aside(card.name, card.incarnation, 80) == ""
    assert kept(facts) == card.rows[:80]
    rows = again.rows[80:]
    news = facts.extend(card.name, card.incarnation, rows, {}, 3)
    assert news.fault is None
    assert news.aside == [Segment(f"{card.incarnation}~1", 81, len(card.rows))]
    assert facts.history(card.name, f"{card.incarnation}~1").between(1, 10**6) == card.rows
    with pytest.raises(LookupError):
        facts.set_aside(card.name, card.incarnation, 10**6)


# Both databases, and two workers.


def test_both_databases_have_the_same(postgres: Any, tmp_path: Path) -> None:
    found = []
    for url in (f"sqlite:///{tmp_path / 'centre.db'}", postgres.url()):
        store = Store(url)
        store.make_tables()
        facts = Facts(store)
        for name in ("office-2", "Office-10", "office_3", "офис", "office-10"):
            card = Ledger(name).begin().day(3).day(4)
            new = card.branch(40, "bbbb").day(5)
            facts.extend_many([Batch(name, one.incarnation, one.rows, one.documents) for one in (card, new)], 5)
        answers: list[object] = [everything(store), list(facts.heads())]
        for name in facts.heads():
            history = facts.history(name)
            answers += [history.spans(*EVER), history.segments(), [history.day_records(day) for day in (1, 2, 3)]]
            answers += [history.kinds(["DayOpened", "TicketCalled"]), history.rows(range(35, 45))]
        found.append(answers)
        store.close()
    assert found[0] == found[1]


def test_two_workers_lose_and_double_nothing(new_url: Callable[[], str]) -> None:
    cards = [office(days=1, visits=5, name=f"office-{number}", seed=number) for number in range(6)]
    url = new_url()
    first = Store(url)
    first.make_tables()
    stores = [first, Store(url)]
    together = Barrier(2)
    failed: list[BaseException] = []

    def work(store: Store, seed: int) -> None:
        chance, facts = Random(seed), Facts(store)
        at = dict.fromkeys(range(len(cards)), 0)
        together.wait()
        try:
            while any(at[n] < len(cards[n].rows) for n in at):
                batches = []
                for number in chance.sample(range(len(cards)), 4):
                    card, to = cards[number], at[number] + chance.randint(1, 30)
                    rows = card.rows[max(0, at[number] - 10) : to]
                    batches.append(Batch(card.name, card.incarnation, rows, card.documents))
                    at[number] = min(to, len(card.rows))
                for news in facts.extend_many(batches, 1):
                    assert news.fault is None
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=work, args=(store, seed)) for seed, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    facts = Facts(first)
    for card in cards:
        assert kept(facts, card.name) == card.rows
    with first.read() as session:
        found = session.connection().execute(text("SELECT count(*) FROM fact")).scalar()
    assert found == sum(len(card.rows) for card in cards)
    for store in stores:
        store.close()


def test_a_batch_that_the_database_can_t_hold_harms_no_other(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.centre.facts_extending.well_formed", lambda _row: True)
    monkeypatch.setattr("sync.centre.chain.follows", lambda _previous, _row: True)
    good, bad = office(days=0, name="good"), office(days=0, name="bad")
    rows = [*bad.rows[:3], (4, None, *bad.rows[3][2:])]
    batches = [Batch("bad", bad.incarnation, rows, {}), Batch("good", good.incarnation, good.rows, {})]  # type: ignore[list-item]
    one, two = facts.extend_many(batches, 1)
    assert one.fault is not None
    assert one.fault.reason == "corrupt"
    assert two.fault is None
    assert kept(facts, "good") == good.rows
    assert kept(facts, "bad") == []
