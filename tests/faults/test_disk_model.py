"""What the model of a disk allows after a cut: as much as a real one may do, and not more."""

from __future__ import annotations

import random

from tests.faults.disk import (
    SECTOR,
    Create,
    FailedSync,
    Image,
    Op,
    Platter,
    Rename,
    Sync,
    SyncFolder,
    Truncate,
    Unlink,
    Write,
)

OLD = Image({"a": b"o" * 2 * SECTOR})
NEW = b"n" * 2 * SECTOR


def after(*ops: Op, image: Image = OLD, strict_folders: bool = False) -> Platter:
    platter = Platter(image, strict_folders=strict_folders)
    for op in ops:
        platter.step(op)
    return platter


def states(platter: Platter, path: str = "a") -> set[bytes | None]:
    rng = random.Random(5)
    return {platter.random(rng).files.get(path) for _ in range(200)}


def test_what_is_not_flushed_may_arrive_torn_and_out_of_order() -> None:
    old, new = b"o" * SECTOR, b"n" * SECTOR

    assert states(after(Write(1, 0, NEW))) == {old + old, new + old, old + new, new + new}


def test_what_is_flushed_is_there() -> None:
    platter = after(Write(1, 0, NEW), Sync(1))

    assert platter.synced().files["a"] == NEW
    assert states(platter) == {NEW}


def test_a_sector_may_stop_at_any_of_its_versions() -> None:
    first, second = b"1" * SECTOR, b"2" * SECTOR
    found = states(after(Write(1, 0, first), Write(1, 0, second)))

    assert {content[:SECTOR] for content in found if content} == {b"o" * SECTOR, first, second}


def test_names_come_back_in_their_order() -> None:
    platter = after(Create("b", 2), Unlink("a"))
    rng = random.Random(5)
    found = {frozenset(platter.random(rng).files) for _ in range(100)}

    assert found == {frozenset("a"), frozenset("ab"), frozenset("b")}


def test_an_unlinked_file_may_come_back_with_its_settled_bytes() -> None:
    platter = after(Write(1, 0, NEW), Sync(1), Unlink("a"))

    assert platter.synced().files == {"a": NEW}
    assert platter.everything().files == {}


def test_a_flush_of_another_file_settles_names_but_by_posix_it_need_not() -> None:
    ops = (Create("b", 2), Create("c", 3), Sync(2))

    assert set(after(*ops).synced().files) == {"a", "b", "c"}
    assert set(after(*ops, strict_folders=True).synced().files) == {"a"}
    assert set(after(*ops, SyncFolder(""), strict_folders=True).synced().files) == {"a", "b", "c"}


def test_nothing_written_behind_a_lost_truncation_is_attached() -> None:
    platter = after(Truncate(1, 0), Write(1, 0, b"n" * SECTOR))

    assert states(platter) == {OLD.files["a"], b"", b"n" * SECTOR}


def test_a_renamed_file_replaces_the_other_or_does_not() -> None:
    platter = after(Create("b", 2), Write(2, 0, b"x"), Sync(2), Rename("b", "a"))

    assert states(platter) == {OLD.files["a"], b"x"}


def test_a_later_flush_does_not_bring_what_a_failed_one_lost() -> None:
    far = 16 * 4096
    platter = after(Write(1, 0, NEW), FailedSync(1), Write(1, far, b"z"), Sync(1))

    assert platter.everything().files["a"].startswith(NEW)
    assert platter.synced().files["a"].startswith(OLD.files["a"])
    assert platter.synced().files["a"].endswith(b"z")


def test_writing_into_the_same_page_again_brings_what_a_failed_flush_lost() -> None:
    platter = after(Write(1, 0, NEW), FailedSync(1), Write(1, 0, b"z"), Sync(1))

    assert platter.synced().files["a"] == b"z" + NEW[1:]
