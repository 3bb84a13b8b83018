"""Who asks: the session's cookie, the person behind it, and what their role allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request, Response

from sync.centre.audit import Audit
from sync.centre.people import People, Person, Role, Verdict

COOKIE = "talon_centre"


@dataclass(frozen=True, slots=True)
class Asking:
    """The asker of one request. `client` is the address that the request comes from, `token` the session's."""

    person: Person | None
    client: str
    token: str = ""

    def may(self, role: Role) -> bool:
        """Whether the asker is signed in and has at least this role."""
        return self.person is not None and self.person.role >= role


@dataclass(frozen=True, slots=True)
class House:
    """What every request is asked against: the people and the audit."""

    people: People
    audit: Audit


def house(request: Request) -> House:
    """The house of this application."""
    return cast(House, request.app.state.centre_house)


def asking(request: Request) -> Asking:
    """Who asks, by their cookie."""
    token = request.cookies.get(COOKIE, "")
    client = request.client.host if request.client else ""
    person = house(request).people.session(token) if token else None
    return Asking(person, client, token if person else "")


Asker = Annotated[Asking, Depends(asking)]


def welcome(request: Request, response: Response, verdict: Verdict, term_s: int) -> None:
    """Give a browser its session."""
    response.set_cookie(
        COOKIE, verdict.token, max_age=term_s, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip
