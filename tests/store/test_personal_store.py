"""personal.db: a term for every record, a note of every reading, and nothing left on the disk after a purge."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from appliance.store.personal import KINDS, LOG_TERM_MS, PersonalError, PersonalStore

NAME = "Олександра Півторак-Ґудзь"
NOW = 1_800_000_000_000
DAY = 24 * 3_600_000
BODY = {"name": NAME, "phone": "+380671234567", "text": f"{NAME} просить. " * 200}


@pytest.fixture
def store(tmp_path: Path) -> PersonalStore:
    return PersonalStore(tmp_path / "personal.db")


def on_disk(store: PersonalStore, text: str) -> list[str]:
    store.close()
    return sorted(file.name for file in store.path.parent.iterdir() if text.encode() in file.read_bytes())


def test_a_record_is_read_with_a_note_of_who_and_why(store: PersonalStore) -> None:
    name = store.keep("booking", BODY, NOW, NOW + DAY)
    record = store.read(name, "op-7", "call", NOW + 5)
    assert record is not None
    assert (record.id, record.kind, record.body) == (name, "booking", BODY)
    assert store.read("unknown", "op-7", "call", NOW + 6) is None
    assert [(one.at_ms, one.who, one.id, one.why) for one in store.accesses()] == [(NOW + 5, "op-7", name, "call")]
    store.close()
    assert PersonalStore(store.path).accesses(name)


def test_the_file_is_readable_by_its_owner_only(store: PersonalStore) -> None:
    store.keep("request", {"name": NAME}, NOW, NOW + DAY)
    assert {file.stat().st_mode & 0o777 for file in store.path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("kind", "body", "term"), [("gossip", {}, DAY), ("booking", {"text": "x" * 17_000}, DAY), ("booking", {}, 0)]
)
def test_what_can_t_be_kept_is_refused(store: PersonalStore, kind: str, body: dict[str, str], term: int) -> None:
    with pytest.raises(PersonalError):
        store.keep(kind, body, NOW, NOW + term)
    assert store.next_due() is None


def test_after_its_term_a_record_is_not_shown_even_before_it_is_erased(store: PersonalStore) -> None:
    name = store.keep("complaint", BODY, NOW, NOW + DAY)
    assert store.next_due() == NOW + DAY
    assert store.read(name, "op-7", "call", NOW + DAY) is None
    assert store.accesses() == []


def test_an_erased_record_is_in_no_byte_of_the_folder_and_the_others_stay(store: PersonalStore) -> None:
    for number in range(30):
        store.keep(KINDS[number % 3], {"name": f"other {number}", "text": "y" * 300}, NOW, NOW + 2 * DAY)
    store.keep("booking", BODY, NOW, NOW + DAY)
    assert on_disk(store, NAME), "the search is blind"
    purge = store.erase_due(NOW + DAY)
    assert purge.erased == 1
    assert store.leftovers(purge) == [], "closing the last connection empties the WAL"
    assert on_disk(store, NAME) == []
    assert store.next_due() == NOW + 2 * DAY


def test_the_proof_fails_while_a_reader_keeps_the_wal(store: PersonalStore) -> None:
    store.keep("booking", BODY, NOW, NOW + DAY)
    reader = sqlite3.connect(store.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM record").fetchone()
    purge = store.erase_due(NOW + DAY)
    assert not store.truncate()
    assert [file.name for file in store.leftovers(purge)] == ["personal.db-wal"]
    reader.close()
    assert store.truncate()
    assert store.leftovers(purge) == []


def test_a_piece_that_another_record_still_holds_is_no_leftover(store: PersonalStore) -> None:
    store.keep("booking", {"name": NAME, "text": "mine alone"}, NOW, NOW + DAY)
    store.keep("booking", {"name": NAME, "text": "of the other"}, NOW, NOW + 2 * DAY)
    purge = store.erase_due(NOW + DAY)
    assert purge.pieces == (b"mine alone",)
    assert store.leftovers(purge) == []


def test_a_copy_of_the_wal_that_the_replication_keeps_is_looked_at(store: PersonalStore) -> None:
    store.keep("booking", BODY, NOW, NOW + DAY)
    shadow = store.path.parent / ".personal.db-litestream" / "generations" / "a" / "wal" / "00000000.wal"
    shadow.parent.mkdir(parents=True)
    shadow.write_bytes(store.path.with_name("personal.db-wal").read_bytes())
    purge = store.erase_due(NOW + DAY)
    assert store.leftovers(purge) == [shadow]


def test_one_record_goes_at_once_when_its_owner_asks(store: PersonalStore) -> None:
    name = store.keep("request", BODY, NOW, NOW + DAY)
    assert store.erase(name).erased == 1
    assert store.erase(name).erased == 0


def test_the_log_outlives_the_record_but_not_for_ever(store: PersonalStore) -> None:
    name = store.keep("booking", BODY, NOW, NOW + DAY)
    store.read(name, "op-7", "call", NOW)
    store.erase_due(NOW + DAY)
    assert [one.id for one in store.accesses()] == [name]
    store.keep("booking", BODY, NOW + DAY, NOW + LOG_TERM_MS)
    store.erase_due(NOW + LOG_TERM_MS)
    assert store.accesses() == []
