"""The lives of an office: which entries are its history, and which are kept beside it."""

from __future__ import annotations

from sync.centre.lineage import Life, Segment, beyond, line, number_of, takes_over, unaccepted


def lives(*found: Life) -> dict[str, Life]:
    return {life.incarnation: life for life in found}


FIRST = Life("0001-a", 1, head=100)
SECOND = Life("0002-b", 2, "0001-a", branch=80, head=150)
THIRD = Life("0003-c", 3, "0002-b", branch=120, head=130)
OLDER = Life("0003-d", 3, "0002-b", branch=60, head=70)


def test_a_history_is_the_line_of_ancestors() -> None:
    found = lives(FIRST, SECOND, THIRD)
    assert line(found, "0001-a") == [Segment("0001-a", 1, 100)]
    assert line(found, "0003-c") == [Segment("0001-a", 1, 80), Segment("0002-b", 81, 120), Segment("0003-c", 121, 130)]
    assert line(found, "0003-c", 90) == [Segment("0001-a", 1, 80), Segment("0002-b", 81, 90)]
    assert line(found, "0009-z") == []


def test_a_branch_below_the_parent_s_own_entries_skips_them() -> None:
    found = lives(FIRST, SECOND, OLDER)
    assert line(found, "0003-d") == [Segment("0001-a", 1, 60), Segment("0003-d", 61, 70)]
    assert beyond(found, "0003-d") == {"0001-a": Segment("0001-a", 61, 100), "0002-b": Segment("0002-b", 81, 150)}


def test_what_a_person_has_taken_note_of() -> None:
    noted = Life("0001-a", 1, head=100, accepted=95)
    found = lives(noted, SECOND)
    assert unaccepted(found, "0002-b") == [Segment("0001-a", 96, 100)]
    assert unaccepted(lives(Life("0001-a", 1, head=100, accepted=100), SECOND), "0002-b") == []


def test_who_takes_over() -> None:
    found = lives(
        FIRST,
        SECOND,
        Life("0002-s", 2, "0001-a", branch=90, head=95),
        Life("0001-e", 1, head=5),
        Life("0002-f", 2, "0001-e", branch=5, head=6),
        Life("0003-n", 3, "0001-a", branch=90, head=90),
    )
    assert takes_over(found, "", "0001-a")
    assert takes_over(found, "0001-a", "0002-b")
    assert not takes_over(found, "0002-b", "0001-a"), "the old card"
    assert not takes_over(found, "0002-b", "0002-s"), "a second card restored from the same point"
    assert not takes_over(found, "0001-a", "0001-e"), "an empty database"
    assert not takes_over(found, "0001-a", "0002-f"), "a restore of the empty database"
    assert not takes_over(found, "0002-b", "0003-n"), "without an entry of its own yet"


def test_the_number_is_in_the_name() -> None:
    assert [number_of(name) for name in ("0003-1f2e3d4c", "0012-x", "x", "")] == [3, 12, 0, 0]
