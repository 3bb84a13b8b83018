"""The audit as heads and administrators read it: who looked at which office, and who did what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from appliance import words
from sync.centre.audit import Deed
from sync.centre.people import Role
from web.centre.offers import directive_words
from web.centre.pages import Pages
from web.centre.who import Asker, House
from web.centre.wording import DECISIONS, N_, REASONS, ROLES, TITLES

PAGE = 100
UNTIL = N_("until %(time)s")
VERSION = N_("version %(version)s")


def router(pages: Pages, house: House) -> APIRouter:
    """GET /audit."""
    made = APIRouter(include_in_schema=False)

    @made.get("/audit")
    def page(
        request: Request, asker: Asker, office: str = "", person: str = "", act: str = "", before: str = ""
    ) -> Response:
        if not asker.may(Role.HEAD):
            return RedirectResponse("/sign-in" if asker.person is None else "/wall", 303)
        code = pages.language(request)
        older = int(before) if before.isascii() and before.isdigit() and len(before) < 15 else None
        names = {one.id: one.name for one in pages.reading.offices()}
        deeds = house.audit.deeds(office=office, person=person, act=act, before=older, limit=PAGE + 1)
        house.audit.note(asker.person, "viewed-audit", client=asker.client)
        return pages.show(
            request,
            asker,
            "audit.html",
            at="audit",
            deeds=deeds[:PAGE],
            older=deeds[PAGE - 1].id if len(deeds) > PAGE else None,
            offices=names,
            people=house.people.all(),
            chosen={"office": office, "person": person, "act": act},
            facts=lambda deed: facts_of(deed, pages, code, names),
        )

    return made


def facts_of(deed: Deed, pages: Pages, code: str, offices: Mapping[str, str]) -> str:
    """What a deed was about, in words where there are any."""
    found = dict(deed.facts)
    said = []
    kind, body = found.pop("kind", ""), _read(found.pop("body", ""))
    if kind in TITLES and body is not None:
        said.append(directive_words(kind, body, pages, code, {}, offices, {}))
    elif kind:
        said.append(pages.word(TITLES, kind, code))
    if "role" in found:
        role = found.pop("role")
        said.append(pages.word(ROLES, int(role) if role.isdigit() else role, code))
    if "reason" in found:
        said.append(pages.word(REASONS, found.pop("reason"), code))
    if "decision" in found:
        told = DECISIONS.get(found.pop("decision"), ("", ""))[0]
        said.append(pages.say(told, code, {"incarnation": found.pop("card", "")}))
    if "until" in found:
        until_ms = datetime.fromisoformat(found.pop("until")).timestamp() * 1000
        said.append(pages.say(UNTIL, code, {"time": pages.day(int(until_ms), code)}))
    if "version" in found:
        said.append(pages.say(VERSION, code, {"version": found.pop("version")}))
    if "refused" in found:
        said.append(words.sentence(found.pop("refused"), {}, code))
    said += [value if name == "name" else f"{name}: {value}" for name, value in found.items()]
    return ", ".join(one for one in said if one)


def _read(text: str) -> dict[str, Any] | None:
    """A directive's body as the audit kept it; None of one that was too long to be kept whole."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
