"""A served centre of the canned reading, with one person of each role and a browser for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from argon2 import PasswordHasher

from sync.centre.audit import Audit
from sync.centre.people import People, Role
from sync.centre.store import Store
from tests.web.centre_canned import Canned, app_of, served

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


class House:
    """The centre with one person of each role."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(f"sqlite:///{folder}/centre.db")
        self.store.make_tables()
        self.people = People(self.store, hasher=CHEAP)
        self.audit = Audit(self.store)
        self.reading = Canned()
        for role in Role:
            self.people.add(role.name.title(), role, PASSWORD)
        self.app = app_of(self.reading, self.people, self.audit)
        self.base = ""
        self.clients: list[httpx.Client] = []

    def client(self, role: Role | None = Role.ADMIN, language: str = "en") -> httpx.Client:
        """A browser in which somebody of this role is signed in."""
        client = httpx.Client(base_url=self.base, headers={"accept-language": language}, timeout=30)
        self.clients.append(client)
        if role is not None:
            answer = client.post("/api/v1/session", json={"name": role.name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
        return client

    def reset(self) -> House:
        """As in the morning, for the next test."""
        self.reading.__dict__.update({name: value for name, value in Canned().__dict__.items() if name != "heard"})
        self.reading.change()
        return self


@contextmanager
def standing(folder: Path) -> Iterator[House]:
    """A served house."""
    house = House(folder)
    with served(house.app) as house.base:
        yield house
        for client in house.clients:
            client.close()
    house.store.close()
