"""What requests bring and what they are refused: bodies field by field, roles, and refusals as sentences."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from sync.centre.people import PeopleError, Person, Role
from web.centre.pages import Pages
from web.centre.reading import NotDoneError
from web.centre.who import Asking, asking


class RefusalError(Exception):
    """A request that is not carried out: the status, a code of `wording.PROBLEMS`, the facts of its sentence."""

    def __init__(self, status: int, code: str, **facts: object) -> None:
        super().__init__(code)
        self.status, self.code, self.facts = status, code, facts


def needs(role: Role) -> Callable[..., Asking]:
    """A dependency: somebody who is signed in with at least this role."""

    def asker(found: Asking = Depends(asking)) -> Asking:  # noqa: B008 - how FastAPI names a dependency
        if found.person is None:
            raise RefusalError(401, "not-signed-in")
        if found.person.role < role:
            raise RefusalError(403, "not-allowed")
        return found

    return asker


def person_of(asker: Asking) -> Person:
    """The person behind an asker that `needs` let in."""
    if asker.person is None:
        raise RefusalError(401, "not-signed-in")
    return asker.person


def text(body: dict[str, Any], name: str, most: int = 100, *, optional: bool = False) -> str:
    """A text of a body, trimmed. Raises RefusalError when it is missing, too long or no text."""
    found = body.get(name, "")
    if not isinstance(found, str) or len(found) > most or not all(char.isprintable() for char in found):
        raise RefusalError(422, "bad-input", field=name)
    found = found.strip()
    if not found and not optional:
        raise RefusalError(422, "bad-input", field=name)
    return found


def number(body: dict[str, Any], name: str, low: float, high: float) -> float:
    """A number of a body within its bounds. Raises RefusalError otherwise."""
    found = body.get(name)
    if isinstance(found, str):
        try:
            found = float(found.replace(",", "."))
        except ValueError:
            found = None
    if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
        raise RefusalError(422, "bad-input", field=name)
    return found


STATUSES = {
    "unknown-office": 404, "unknown-alarm": 404, "unknown-device": 404, "unknown-person": 404, "unknown-rule": 404,
    "unknown-scope": 404, "bad-directive": 422, "out-of-range": 422, "wrong-order": 422, "bad-period": 422,
    "short-password": 422, "bad-name": 422, "neither-day": 422, "bad-date": 422, "bad-weekday": 422, "bad-hours": 422,
    "overlap": 422, "unknown-hush": 404, "unknown-card": 404, "bad-until": 422, "bad-plan": 422,
}  # fmt: skip


def answer_refusals(app: FastAPI, pages: Pages) -> None:
    """Every refusal becomes a sentence in the asker's language."""

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, RefusalError):
            return pages.problem(request, error.status, error.code, **error.facts)
        if isinstance(error, NotDoneError):
            return pages.problem(request, STATUSES.get(error.code, 409), error.code, **error.facts)
        if isinstance(error, PeopleError):
            return pages.problem(request, STATUSES.get(str(error), 409), str(error))
        return pages.problem(request, 422, "bad-input", field="JSON")

    handler: Callable[[Request, Exception], Awaitable[Response]] = refused
    for kind in (RefusalError, NotDoneError, PeopleError, RequestValidationError):
        app.add_exception_handler(kind, handler)
