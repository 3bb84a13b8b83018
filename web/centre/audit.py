"""The audit as heads and administrators read it: who looked at which office, and who did what."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from sync.centre.audit import Deed
from sync.centre.people import Role
from web.centre.pages import Pages
from web.centre.who import Asker, House
from web.centre.wording import KINDS, REASONS, ROLES, TITLES

PAGE = 100


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
        deeds = house.audit.deeds(office=office, person=person, act=act, before=older, limit=PAGE + 1)
        house.audit.note(asker.person, "viewed-audit", client=asker.client)
        return pages.show(
            request,
            asker,
            "audit.html",
            at="audit",
            deeds=deeds[:PAGE],
            older=deeds[PAGE - 1].id if len(deeds) > PAGE else None,
            offices={one.id: one.name for one in pages.reading.offices()},
            people=house.people.all(),
            chosen={"office": office, "person": person, "act": act},
            facts=lambda deed: facts_of(deed, pages, code),
        )

    return made


def facts_of(deed: Deed, pages: Pages, code: str) -> str:
    """What a deed was about, in words where there are any."""
    found = dict(deed.facts)
    said = []
    kind = found.pop("kind", "")
    if kind:
        said.append(pages.word(TITLES if kind in TITLES else KINDS, kind, code))
    if "role" in found:
        role = found.pop("role")
        said.append(pages.word(ROLES, int(role) if role.isdigit() else role, code))
    if "reason" in found:
        said.append(pages.word(REASONS, found.pop("reason"), code))
    said += [value if name in ("name", "body") else f"{name}: {value}" for name, value in found.items()]
    return ", ".join(one for one in said if one and one != "{}")
