"""local.db: secrets as hashes, sessions, and the price of guessing."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters

from appliance.store import local
from appliance.store.local import LocalStore, back_off_s

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PIN = "482913"


class Wall:
    def __init__(self) -> None:
        self.s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def store(tmp_path: Path, wall: Wall) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path / "local.db", now=wall, hasher=CHEAP)
    yield made
    made.close()


def again(store: LocalStore, tmp_path: Path, wall: Wall) -> LocalStore:
    store.close()
    return LocalStore(tmp_path / "local.db", now=wall, hasher=CHEAP)


def test_only_its_owner_may_read_the_files(store: LocalStore, tmp_path: Path) -> None:
    store.ensure_owner()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert "local.db-wal" in modes


def test_it_is_flushed_at_every_commit(store: LocalStore) -> None:
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_owner_code_is_made_once_and_can_be_renewed(store: LocalStore, tmp_path: Path, wall: Wall) -> None:
    code = store.ensure_owner()
    assert code is not None
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert store.ensure_owner() is None
    reopened = again(store, tmp_path, wall)
    assert reopened.ensure_owner() is None
    assert reopened.verify_owner(code, "c").accepted
    token = reopened.begin_session("owner")
    fresh = reopened.renew_owner()
    assert reopened.session(token) is None
    assert not reopened.verify_owner(code, "c").accepted
    assert reopened.verify_owner(fresh.lower(), "c").accepted
    reopened.close()


def test_no_secret_lies_on_the_disk(store: LocalStore, tmp_path: Path) -> None:
    code = store.ensure_owner()
    assert code is not None
    store.put_operator("anna", "Anna", PIN)
    token = store.begin_session("operator", "anna", 1)
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (code, code.replace("-", ""), PIN, token):
        assert secret.encode() not in raw
    assert b"$argon2id$" in raw


def test_the_hash_costs_what_the_design_says_for_known_and_unknown_operators() -> None:
    known, unknown = extract_parameters(local.HASHER.hash("x")), extract_parameters(local.NOBODY)
    assert (known.memory_cost, known.time_cost, known.parallelism) == (19 * 1024, 2, 1)
    assert known == unknown


def test_an_unknown_operator_costs_one_hash_too(tmp_path: Path, wall: Wall) -> None:
    looked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            looked.append(str(hash)[:9])
            return super().verify(hash, password)

    store = LocalStore(tmp_path / "local.db", now=wall, hasher=Counting(time_cost=1, memory_cost=8, parallelism=1))
    store.put_operator("anna", "Anna", PIN)
    assert not store.verify_operator("anna", "000000", "c").accepted
    assert not store.verify_operator("nobody", "000000", "c").accepted
    assert not store.verify_owner("AAAA", "c").accepted
    assert looked == ["$argon2id"] * 3
    store.close()


def test_operators_come_and_go(store: LocalStore, tmp_path: Path, wall: Wall) -> None:
    store.put_operator("anna", "Anna", PIN)
    store.put_operator("anna", "Anna K.", "739104")
    assert not store.verify_operator("anna", PIN, "c").accepted
    assert store.verify_operator("anna", "739104", "c").accepted
    reopened = again(store, tmp_path, wall)
    assert [(one.id, one.name) for one in reopened.operators()] == [("anna", "Anna K.")]
    assert reopened.operator_name("anna") == "Anna K."
    assert reopened.remove_operator("anna")
    assert not reopened.remove_operator("anna")
    assert reopened.operators() == []
    reopened.close()


def test_sessions_outlive_a_restart_but_not_their_term(store: LocalStore, tmp_path: Path, wall: Wall) -> None:
    token = store.begin_session("operator", "anna", 3)
    reopened = again(store, tmp_path, wall)
    found = reopened.session(token)
    assert found is not None
    assert (found.role, found.operator, found.desk) == ("operator", "anna", 3)
    wall.s += local.SESSION_TERM_S + 1
    assert reopened.session(token) is None
    wall.s -= 2 * local.SESSION_TERM_S + 2
    assert reopened.session(token) is None
    reopened.close()


def test_a_new_pin_or_a_removal_ends_the_sessions(store: LocalStore) -> None:
    store.put_operator("anna", "Anna", PIN)
    first = store.begin_session("operator", "anna", 1)
    store.put_operator("anna", "Anna", "739104")
    assert store.session(first) is None
    second = store.begin_session("operator", "anna", 1)
    store.remove_operator("anna")
    assert store.session(second) is None


def test_one_operator_one_place_one_desk_one_operator(store: LocalStore) -> None:
    owner = store.begin_session("owner")
    one = store.begin_session("operator", "anna", 1)
    same = store.begin_session("operator", "anna", 1)
    assert store.session(one) is not None
    moved = store.begin_session("operator", "anna", 2)
    assert (store.session(one), store.session(same)) == (None, None)
    reception = store.begin_session("operator", "vera")
    other = store.begin_session("operator", "oleh")
    assert store.session(reception) is not None
    store.begin_session("operator", "ivan", 2)
    assert store.session(moved) is None
    assert store.session(other) is not None
    assert store.session(owner) is not None


def test_sessions_are_bounded(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MAX_SESSIONS", 3)
    tokens = []
    for number in range(5):
        tokens.append(store.begin_session("operator", f"op{number}", None))
    assert [store.session(token) is not None for token in tokens].count(True) == 3
    assert store.session(tokens[-1]) is not None


def test_an_ended_session_is_gone(store: LocalStore) -> None:
    token = store.begin_session("owner")
    store.end_session(token)
    store.end_session("never was")
    assert store.session(token) is None


def test_waits_double_and_are_bounded() -> None:
    assert [back_off_s(failures) for failures in (0, 2, 3, 4, 5, 11, 12, 20)] == [0, 0, 2, 4, 8, 300, 300, 300]


def test_each_wrong_try_is_dearer_and_peace_forgives(store: LocalStore, wall: Wall) -> None:
    store.put_operator("anna", "Anna", PIN)
    for _ in range(3):
        assert store.verify_operator("anna", "000000", "c").wait_s == 0
    assert store.verify_operator("anna", PIN, "c").wait_s == 3
    assert store.verify_operator("anna", PIN, "another client").accepted
    wall.s += 2.1
    assert store.verify_operator("anna", "000000", "c").wait_s == 0
    assert store.verify_operator("anna", PIN, "c").wait_s >= 2
    wall.s += 4 * local.FORGET_ONE_S
    assert store.verify_operator("anna", "000000", "c") == local.Verdict(False)
    assert store.verify_operator("anna", PIN, "c").accepted
    assert store._db.execute("SELECT count(*) FROM attempts WHERE client = 'c'").fetchone() == (0,)


def test_a_guesser_gets_few_tries_a_day(store: LocalStore, wall: Wall) -> None:
    store.put_operator("anna", "Anna", PIN)
    tries, end = 0, wall.s + 86_400
    while wall.s < end:
        verdict = store.verify_operator("anna", "000000", "c")
        tries += verdict.wait_s == 0
        wall.s += max(verdict.wait_s, 0.5)
    assert tries < 400


def test_waiting_survives_a_restart_and_a_clock_set_back(store: LocalStore, tmp_path: Path, wall: Wall) -> None:
    for _ in range(5):
        store.verify_operator("anna", "000000", "c")
        wall.s += 5
    for _ in range(3):
        store.verify_operator("anna", "000000", "c")
    reopened = again(store, tmp_path, wall)
    wall.s -= 100_000
    assert reopened.verify_operator("anna", PIN, "c").wait_s > 0
    reopened.close()


def test_many_tries_at_once_are_all_counted(store: LocalStore) -> None:
    store.put_operator("anna", "Anna", PIN)
    verdicts: list[local.Verdict] = []
    gate = threading.Barrier(12)

    def attempt() -> None:
        gate.wait()
        verdicts.append(store.verify_operator("anna", "000000", "c"))

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(verdict.wait_s == 0 for verdict in verdicts) == 3


def test_kept_tries_are_bounded_and_the_worst_stay(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MAX_ATTEMPTS_KEPT", 4)
    for _ in range(3):
        store.verify_operator("anna", "000000", "c")
    for number in range(10):
        store.verify_operator(f"nobody{number}", "000000", "c")
    assert store._db.execute("SELECT count(*) FROM attempts").fetchone() == (4,)
    assert store.verify_operator("anna", "000000", "c").wait_s > 0


def test_a_database_of_a_later_release_is_not_touched(store: LocalStore, tmp_path: Path) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "local.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(RuntimeError, match="99"):
        LocalStore(tmp_path / "local.db", hasher=CHEAP)
