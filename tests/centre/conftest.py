"""Both databases of the centre: what is tested of the store is tested on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from sync.centre.store import Store
from tests.centre.postgres import NoServerError, Server, server

StoreMaker = Callable[[], Store]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of the session's own."""
    try:
        with server() as running:
            yield running
    except NoServerError as error:
        pytest.skip(str(error))


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes the URL of a new empty database, of either kind."""
    if request.param == "postgresql":
        running: Server = request.getfixturevalue("postgres")
        return running.url
    numbers = count(1)
    return lambda: f"sqlite:///{tmp_path / f'centre{next(numbers)}.db'}"


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    """An empty store with its tables, of either kind."""
    made = Store(new_url())
    made.make_tables()
    yield made
    made.close()
