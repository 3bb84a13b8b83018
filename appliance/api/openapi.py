"""The API's description: `python -m appliance.api.openapi` writes docs/openapi.json."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from appliance.api.context import AppContext
from appliance.api.schemas import HealthView, PressBody, Problem, TakeTicketBody
from appliance.domain.message import Command
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.store.local import LocalStore
from appliance.store.writer import Outcome

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
SUMMARY = """The queue of one office.

Every change takes an `Idempotency-Key`: a repeat with the same key is answered with the first answer. Every no is a
problem (RFC 9457) in the language of `Accept-Language` (ru, uk, en). A session is a cookie. From a browser, changes and
the feed are accepted from this box's own pages only."""


def describe(app: FastAPI) -> None:
    """Let the application describe its problems as it really answers them."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=SUMMARY, routes=app.routes)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for model in (Problem, HealthView, TakeTicketBody, PressBody):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    for path in made["paths"].values():
        for operation in path.values():
            _without_default_422(operation)
    return made


def _without_default_422(operation: dict[str, Any]) -> None:
    """The framework documents its own answer to bad input, which nobody ever gets here."""
    answers = operation["responses"]
    content = answers.get("422", {}).get("content", {})
    if "HTTPValidationError" in json.dumps(content.get("application/json", {})):
        content.pop("application/json")
        if not content:
            del answers["422"]


class _Nothing:
    """An office without anything in it: enough to describe the routes."""

    office = Office()
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

    def devices(self) -> list[Any]:
        return []


def render() -> str:
    """The committed document: sorted by nothing, indented, with a final newline."""
    from appliance.api.app import create_app

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
