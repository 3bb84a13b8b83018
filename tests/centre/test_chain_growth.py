"""The chain: whatever is dropped, repeated, altered or mixed up, only true entries are believed; the rest is told."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.store.journal import Row
from sync.centre.chain import Fault, Head, grow, well_formed
from tests.centre.journals import Ledger, office
from tests.examples import examples

COLUMN_NAMES = ("seq", "at", "clock_trusted", "boot_id", "uptime_ms", "actor", "kind", "version", "body", "chain")


@cache
def ledger() -> Ledger:
    return office(days=1)


def rows() -> list[Row]:
    return ledger().rows


def head_at(seq: int) -> Head:
    return Head() if seq == 0 else Head(seq, rows()[seq - 1][-1])


def links(seq: int) -> dict[int, bytes]:
    return {row[0]: row[-1] for row in rows()[:seq]}


def altered(row: Row, column: int) -> Row:
    """The row with one column changed, its link as it was (or its link changed)."""
    values = list(row)
    old = values[column]
    values[column] = old + 1 if isinstance(old, int) else old + " " if isinstance(old, str) else bytes(32)
    made: Row = tuple(values)  # type: ignore[assignment]
    return made


@settings(max_examples=examples(150), deadline=None)
@given(data=st.data())
def test_only_true_entries_are_believed(data: st.DataObject) -> None:
    whole = rows()
    known = data.draw(st.integers(0, len(whole)), "known")
    begin = data.draw(st.integers(0, known), "begin")
    end = data.draw(st.integers(known, len(whole)), "end")
    sent = whole[begin:end]
    dropped = data.draw(st.sets(st.sampled_from(sent), max_size=2) if sent else st.just(set()), "dropped")
    wrong = data.draw(st.sets(st.sampled_from(sent), max_size=2) if sent else st.just(set()), "wrong")
    wrong -= dropped
    column = data.draw(st.sampled_from((1, 3, 4, 5, 6, 7, 8, 9)), "column")
    given_rows = [altered(row, column) if row in wrong else row for row in sent if row not in dropped]
    given_rows += data.draw(st.lists(st.sampled_from(given_rows), max_size=5) if given_rows else st.just([]), "again")
    given_rows = data.draw(st.permutations(given_rows), "order")

    growth = grow(head_at(known), given_rows, links(known))

    assert list(growth.rows) == whole[known : growth.head.seq], "nothing but true entries, without a hole"
    assert growth.head == head_at(growth.head.seq)
    assert growth.fault == expected(known, {row[0] for row in given_rows}, {row[0] for row in wrong}, column)


def expected(known: int, sent: set[int], wrong: set[int], column: int) -> Fault | None:
    """The first thing wrong, from the oldest entry on. A known entry's other columns are the facts' already."""
    end = known
    for seq in sorted(sent):
        if seq <= known:
            if seq in wrong and column == 9:
                return Fault("fork", {"seq": str(seq)})
            continue
        if seq > end + 1:
            return Fault("gap", {"first": str(end + 1), "last": str(seq - 1)})
        if seq in wrong:
            return Fault("broken-chain", {"seq": str(seq)})
        end = seq
    return None


def test_another_card_with_the_same_past_is_a_fork() -> None:
    card = ledger()
    other = card.branch(40, "bbbb").work(5)
    assert grow(head_at(60), other.rows, links(60)).fault == Fault("fork", {"seq": "41"})
    assert grow(head_at(40), other.rows, links(40)).fault is None
    late = [row for row in other.rows if row[0] > 60]
    assert grow(head_at(60), late, links(60)).fault == Fault("broken-chain", {"seq": "61"})


def test_a_database_that_ends_before_what_is_known_has_gone_back() -> None:
    assert grow(head_at(60), rows()[49:50], links(60), 50).fault == Fault("regress", {"seq": "50", "known": "60"})
    other = ledger().branch(45, "bbbb")
    assert grow(head_at(60), [other.rows[-1]], links(60), 46).fault == Fault("fork", {"seq": "46"})
    assert grow(head_at(60), rows()[59:70], links(60), 70).fault is None


@pytest.mark.parametrize(
    ("column", "value"),
    [(0, "7"), (0, 0), (0, 2**63), (1, "now"), (2, 2), (4, -1), (5, "a" * 81), (8, "x" * 4097), (8, None), (9, b"1")],
)
def test_rows_that_no_office_could_have_written(column: int, value: object) -> None:
    row = list(rows()[6])
    assert well_formed(tuple(row))  # type: ignore[arg-type]
    row[column] = value  # type: ignore[call-overload]
    assert not well_formed(tuple(row)), COLUMN_NAMES[column]  # type: ignore[arg-type]
