"""The API's description: `python -m appliance.api.openapi` writes docs/openapi.json."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from appliance.api.app import create_app
from appliance.api.context import AppContext
from appliance.domain.message import Command
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.store.local import LocalStore
from appliance.store.told import NO_TEXTS
from appliance.store.writer import Outcome

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


class _Nothing:
    """An office without anything in it: enough to describe the routes."""

    office = Office()
    texts = NO_TEXTS
    alive = True

    def submit(self, command: Command, *, actor: str, key: str | None = None) -> Future[Outcome]:
        raise NotImplementedError

    def listen(self, callback: object) -> None:
        pass

    def journal(self, after: int, limit: int) -> list[Any]:  # noqa: ARG002
        return []

    def now(self) -> Now:
        return Now(Moment(0, False, "", 0), None)

    def confirm(self) -> None:
        raise NotImplementedError

    def served(self, since: int) -> dict[int, int]:
        raise NotImplementedError

    def days(self, first: str, last: str) -> list[int]:
        raise NotImplementedError

    def day_records(self, day: int) -> list[Any]:
        raise NotImplementedError

    def document(self, digest: str) -> str | None:
        raise NotImplementedError

    def device_records(self, begin_ms: int) -> list[Any]:
        raise NotImplementedError

    def devices(self) -> list[Any]:
        return []


def render() -> str:
    """The committed document: sorted by nothing, indented, with a final newline."""
    with tempfile.TemporaryDirectory() as folder:
        local = LocalStore(Path(folder) / "local.db")
        nothing = _Nothing()
        context = AppContext(nothing, nothing, local, nothing, nothing, lambda: None)
        document = create_app(context).openapi()
        local.close()
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    COMMITTED.parent.mkdir(exist_ok=True)
    COMMITTED.write_text(render(), encoding="utf-8")
    print(f"{COMMITTED}: {len(render())} characters")
