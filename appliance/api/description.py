"""How the API describes itself: its problems as it really answers them."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from appliance.api.schemas import HealthView, PressBody, Problem, TakeTicketBody

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
