"""The network: offices, boxes and their keys, thresholds, timetables of buses, people and wall screens."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from appliance.domain.plan import Span
from sync.centre.offices import OfficeEntry
from sync.centre.people import Role
from sync.centre.stops import Stop
from sync.centre.thresholds import DEFAULTS, FIXED, MOBILE, NETWORK, Limit
from sync.centre.tokens import TokenKind
from web.centre.asking import RefusalError, needs, number, person_of, text
from web.centre.pages import Pages
from web.centre.who import Asker, Asking, House
from web.centre.wording import N_, RULES, UNITS

OFFICE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
LARGEST = 1_000_000

SCOPES = {NETWORK: N_("The network"), FIXED: N_("Fixed offices"), MOBILE: N_("Mobile offices")}
WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip


def router(pages: Pages, house: House) -> APIRouter:
    """GET /network; the acts of heads (thresholds, timetables) and of administrators (offices, boxes, people)."""
    made = APIRouter(include_in_schema=False)
    reading, people = pages.reading, house.people

    @made.get("/network")
    def page(request: Request, asker: Asker, scope: str = NETWORK) -> Response:
        if not asker.may(Role.HEAD):
            return RedirectResponse("/sign-in" if asker.person is None else "/wall", 303)
        code = pages.language(request)
        offices = reading.offices()
        scopes = {name: pages.translate(words, code) for name, words in SCOPES.items()}
        scopes |= {f"office:{one.id}": one.name for one in offices}
        scope = scope if scope in scopes else NETWORK
        own = reading.own_limits()
        return pages.show(
            request,
            asker,
            "network.html",
            at="network",
            offices=offices,
            names_of={one.id: one.name for one in offices},
            boxes=reading.devices(),
            scope=scope,
            scopes=scopes,
            limits=[
                (rule, pages.translate(RULES[rule].name, code) if rule in RULES else rule, limit,
                 pages.word(UNITS, limit.unit, code), rule in own.get(scope, {}))
                for rule, limit in reading.limits(scope).items()
            ],
            set_elsewhere=[(scopes.get(name, name), len(rules)) for name, rules in own.items() if rules],
            routes=[(one, reading.route(one.id)) for one in offices if one.mobile],
            weekdays=WEEKDAYS,
            people=people.all(),
            clock=lambda minute: f"{minute // 60}:{minute % 60:02d}",
            zones=("Europe/Moscow", "Europe/Kyiv", *(one.zone for one in offices)),
        )  # fmt: skip

    def note(asker: Asking, act: str, office: str = "", subject: str = "", **facts: object) -> Response:
        house.audit.note(asker.person, act, office=office, subject=subject, facts=facts, client=asker.client)
        return JSONResponse({})

    @made.post("/api/v1/offices")
    def put_office(asker: Asking = Depends(needs(Role.ADMIN)), body: dict[str, Any] = Body()) -> Response:  # noqa: B008
        office = text(body, "id", 40)
        if OFFICE_ID.fullmatch(office) is None:
            raise RefusalError(422, "bad-input", field="id")
        known = {one.id: one for one in reading.offices()}
        zone = text(body, "zone", 40, optional=True) or "Europe/Moscow"
        if zone not in available_timezones():
            raise RefusalError(422, "bad-input", field="zone")
        neighbours = tuple(
            one.strip() for one in text(body, "neighbours", 400, optional=True).split(",") if one.strip()
        )
        strangers = [one for one in neighbours if one not in known or one == office]
        if strangers:
            raise RefusalError(422, "bad-input", field=strangers[0])
        before = known.get(office)
        entry = OfficeEntry(
            office, text(body, "name", 60), bool(body.get("mobile")), text(body, "address", 200, optional=True),
            neighbours, zone, before.organisation if before else "",
        )  # fmt: skip
        reading.put_office(entry)
        return note(asker, "put-office", office, name=entry.name)

    @made.post("/api/v1/offices/{office}/tokens")
    def new_token(
        office: str,
        asker: Asking = Depends(needs(Role.ADMIN)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        kind = TokenKind.REPLACE if body.get("kind") == "replace" else TokenKind.NEW
        token = reading.new_token(office, kind, person_of(asker))
        note(asker, "made-token", office, name=kind.value)
        return _once(token)

    @made.post("/api/v1/devices/{device}/revoke")
    def revoke(device: str, asker: Asking = Depends(needs(Role.ADMIN))) -> Response:  # noqa: B008
        reading.revoke(device, person_of(asker))
        return note(asker, "revoked", subject=device)

    @made.post("/api/v1/devices/{device}/rotate")
    def rotate(device: str, asker: Asking = Depends(needs(Role.ADMIN))) -> Response:  # noqa: B008
        reading.rotate(device, person_of(asker))
        return note(asker, "rotated", subject=device)

    @made.post("/api/v1/thresholds")
    def put_limit(asker: Asking = Depends(needs(Role.HEAD)), body: dict[str, Any] = Body()) -> Response:  # noqa: B008
        scope, rule = text(body, "scope", 60), text(body, "rule", 40)
        if rule not in DEFAULTS:
            raise RefusalError(404, "unknown-rule")
        limit = None
        if not body.get("remove"):
            known = reading.limits(scope)[rule]
            limit = Limit(
                _limit(body, "warn"), _limit(body, "alarm"), int(number(body, "for_s", 0, 86400)),
                int(number(body, "clear_s", 0, 86400)), known.margin, known.unit,
            )  # fmt: skip
        reading.put_limit(scope, rule, limit, person_of(asker))
        return note(asker, "put-limit", subject=f"{scope} {rule}", name=_told(limit))

    @made.post("/api/v1/offices/{office}/route")
    def put_route(
        office: str,
        asker: Asking = Depends(needs(Role.HEAD)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        stops = list(reading.route(office))
        if "drop" in body:
            at = int(number(body, "drop", 0, 999))
            if at >= len(stops):
                raise RefusalError(404, "unknown-office")
            del stops[at]
        else:
            stops.append(_stop(body))
        reading.put_route(office, stops, person_of(asker))
        return note(asker, "put-route", office, name=text(body, "name", 60, optional=True))

    @made.post("/api/v1/people")
    def add_person(asker: Asking = Depends(needs(Role.ADMIN)), body: dict[str, Any] = Body()) -> Response:  # noqa: B008
        role = Role(int(number(body, "role", 1, 4)))
        person, code = people.add(text(body, "name", 60), role)
        note(asker, "added-person", subject=person.id, name=person.name, role=int(role))
        return _once(code)

    @made.post("/api/v1/screens")
    def add_screen(asker: Asking = Depends(needs(Role.ADMIN)), body: dict[str, Any] = Body()) -> Response:  # noqa: B008
        person, code = people.add_screen(text(body, "name", 60))
        note(asker, "added-screen", subject=person.id, name=person.name)
        return _once(code)

    @made.post("/api/v1/people/{person}/role")
    def set_role(
        person: str,
        asker: Asking = Depends(needs(Role.ADMIN)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        role = Role(int(number(body, "role", 1, 4)))
        people.set_role(person, role)
        return note(asker, "set-role", subject=person, name=_name(person), role=int(role))

    @made.post("/api/v1/people/{person}/code")
    def renew(person: str, asker: Asking = Depends(needs(Role.ADMIN))) -> Response:  # noqa: B008
        code = people.renew(person)
        note(asker, "renewed", subject=person, name=_name(person))
        return _once(code)

    @made.post("/api/v1/people/{person}/remove")
    def remove(person: str, asker: Asking = Depends(needs(Role.ADMIN))) -> Response:  # noqa: B008
        name = _name(person)
        people.remove(person)
        return note(asker, "removed-person", subject=person, name=name)

    @made.post("/api/v1/session/password")
    def own_password(
        asker: Asking = Depends(needs(Role.VIEWER)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        me = person_of(asker)
        people.set_password(me.id, text(body, "password", 200))
        return note(asker, "renewed", subject=me.id, name=me.name)

    def _name(person: str) -> str:
        found = people.get(person)
        return found.name if found else person

    return made


def _once(secret: str) -> Response:
    """A secret that is shown this once."""
    return JSONResponse({"secret": secret}, headers={"Cache-Control": "no-store"})


def _limit(body: dict[str, Any], name: str) -> float | None:
    """A threshold of a form; None where the field is empty."""
    return None if body.get(name) in (None, "") else number(body, name, 0, LARGEST)


def _told(limit: Limit | None) -> str:
    return "" if limit is None else f"{limit.warn}/{limit.alarm}"


def _stop(body: dict[str, Any]) -> Stop:
    """A stop of a form: a weekday or a date, and hours."""
    begins, ends = (CLOCK.fullmatch(text(body, name, 5)) for name in ("begins", "ends"))
    if begins is None or ends is None:
        raise RefusalError(422, "bad-hours")
    first, last = (int(one[1]) * 60 + int(one[2]) for one in (begins, ends))
    if first >= last:
        raise RefusalError(422, "bad-hours")
    on = text(body, "date", 10, optional=True)
    if on:
        try:
            date.fromisoformat(on)
        except ValueError as error:
            raise RefusalError(422, "bad-date") from error
        return Stop(text(body, "name", 60), Span(first, last), date=on)
    return Stop(text(body, "name", 60), Span(first, last), weekday=int(number(body, "weekday", 0, 6)))
