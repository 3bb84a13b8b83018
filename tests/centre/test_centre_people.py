"""People of the centre: sign-in, back-off, roles, screens, the audit, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from sync.centre.audit import VIEWED, Audit
from sync.centre.people import CODE_MS, FREE_TRIES, SESSION_MS, People, PeopleError, Role
from sync.centre.store import Store

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


class Clock:
    """A wall clock that tests move."""

    def __init__(self) -> None:
        self.ms = 1_795_500_000_000

    def __call__(self) -> int:
        return self.ms

    def pass_s(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(store: Store, clock: Clock) -> People:
    return People(store, now_ms=clock, hasher=CHEAP)


def test_the_first_start_makes_one_admin_whose_code_is_told_once(people: People) -> None:
    code = people.ensure_admin()
    assert code is not None
    assert len(code) == 19
    assert people.ensure_admin() is None
    for typed in (code, code.lower().replace("-", ""), f" {code} "):
        verdict = people.sign_in("Admin", typed, "10.0.0.1")
        assert verdict.person is not None
        assert verdict.person.role is Role.ADMIN
    assert people.sign_in("admin", "admin", "10.0.0.1").person is None


def test_nothing_that_opens_a_session_lies_in_the_store(people: People, store: Store) -> None:
    code = people.ensure_admin()
    assert code is not None
    token = people.sign_in("admin", code, "a").token
    _, screen_code = people.add_screen("Зал")
    with store.engine.connect() as connection:
        rows = [
            str(row)
            for table in ("person", "person_session", "person_attempt")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    for secret in (code, code.replace("-", ""), token, screen_code, screen_code.replace("-", "")):
        assert not any(secret in row for row in rows)
    assert any("argon2id" in row for row in rows)


def test_a_new_admin_code_ends_the_old_one_and_its_sessions(people: People) -> None:
    first = people.ensure_admin()
    assert first is not None
    token = people.sign_in("admin", first, "a").token
    second = people.renew_admin()
    assert people.session(token) is None
    assert people.sign_in("admin", first, "a").person is None
    assert people.sign_in("admin", second, "a").person is not None


def test_wrong_tries_hold_up_one_person_from_one_place_and_nobody_else(people: People, clock: Clock) -> None:
    people.add("Орлов", Role.DISPATCHER, PASSWORD)
    people.add("Савченко", Role.DISPATCHER, PASSWORD)
    for _ in range(FREE_TRIES):
        assert people.sign_in("орлов", "wrong", "10.0.0.1").wait_s == 0
    held = people.sign_in("Орлов", PASSWORD, "10.0.0.1")
    assert held.person is None
    assert held.wait_s > 0
    assert people.sign_in("Орлов", PASSWORD, "10.0.0.2").person is not None
    assert people.sign_in("Савченко", PASSWORD, "10.0.0.1").person is not None
    clock.pass_s(held.wait_s)
    assert people.sign_in("Орлов", PASSWORD, "10.0.0.1").person is not None


def test_the_wait_doubles_up_to_its_limit(people: People, clock: Clock) -> None:
    waits = []
    for _ in range(14):
        verdict = people.sign_in("nobody", "wrong", "x")
        if verdict.wait_s:
            waits.append(verdict.wait_s)
            clock.pass_s(verdict.wait_s)
            assert people.sign_in("nobody", "wrong", "x").wait_s == 0
    assert waits == sorted(waits)
    assert waits[0] <= 6
    assert 290 < waits[-1] <= 301


def test_a_session_ends_with_its_term_and_with_its_person(people: People, clock: Clock) -> None:
    person, code = people.add("Орлов", Role.DISPATCHER)
    token = people.sign_in("Орлов", code, "a").token
    assert people.session(token) == person
    clock.pass_s(SESSION_MS / 1000 + 1)
    assert people.session(token) is None
    token = people.sign_in("Орлов", code, "a").token
    people.remove(person.id)
    assert people.session(token) is None
    assert people.session("x" * 500) is None


def test_a_role_changes_at_once(people: People) -> None:
    person, code = people.add("Орлов", Role.VIEWER)
    token = people.sign_in("Орлов", code, "a").token
    people.set_role(person.id, Role.HEAD)
    found = people.session(token)
    assert found is not None
    assert found.role is Role.HEAD


def test_a_screen_signs_in_once_and_only_looks(people: People, clock: Clock) -> None:
    _, code = people.add_screen("Зал")
    assert people.sign_in("Зал", code, "a").person is None
    verdict = people.enrol_screen(code.lower(), "a")
    assert verdict.person is not None
    assert verdict.person.screen
    assert verdict.person.role is Role.VIEWER
    assert people.enrol_screen(code, "a").person is None
    clock.pass_s(100 * 86_400)
    assert people.session(verdict.token) is not None
    _, late = people.add_screen("Коридор")
    clock.pass_s(CODE_MS / 1000 + 1)
    assert people.enrol_screen(late, "b").person is None


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda people: people.add("  ОРЛОВ ", Role.VIEWER), "name-taken"),
        (lambda people: people.add("x" * 61, Role.VIEWER), "bad-name"),
        (lambda people: people.add("Новый", Role.VIEWER, "short"), "short-password"),
        (lambda people: people.set_role("nobody", Role.VIEWER), "unknown-person"),
        (lambda people: people.remove(people.all()[0].id), "last-admin"),
        (lambda people: people.set_role(people.all()[0].id, Role.HEAD), "last-admin"),
    ],
)
def test_what_can_not_be_done_to_people(people: People, act: object, code: str) -> None:
    people.ensure_admin()
    people.add("Орлов", Role.DISPATCHER, PASSWORD)
    with pytest.raises(PeopleError, match=code):
        act(people)  # type: ignore[operator]


def test_the_audit_keeps_a_name_and_is_never_changed(store: Store, people: People, clock: Clock) -> None:
    audit = Audit(store, now_ms=clock)
    person, _ = people.add("Орлов", Role.DISPATCHER, PASSWORD)
    for number in range(5):
        clock.pass_s(1)
        audit.note(person, VIEWED, office=f"o{number % 2}", subject="page", facts={"n": number}, client="10.0.0.1")
    people.remove(person.id)
    deeds = audit.deeds()
    assert [deed.facts["n"] for deed in deeds] == ["4", "3", "2", "1", "0"]
    assert {deed.name for deed in deeds} == {"Орлов"}
    assert [deed.facts["n"] for deed in audit.deeds(office="o1")] == ["3", "1"]
    assert [deed.facts["n"] for deed in audit.deeds(before=deeds[2].id, limit=1)] == ["1"]
    for change in ("UPDATE audit SET name = 'x'", "DELETE FROM audit"):
        with pytest.raises(DatabaseError), store.write() as session:
            session.connection().execute(text(change))
    assert len(audit.deeds()) == 5
