"""How a page is made: one template environment for each language, the language of the asker, the headers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from appliance import words
from web.office import codes, orders
from web.office import language as tongue
from web.office.assets import Assets
from web.office.reading import Reading
from web.office.wording import Place, place

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


class Pages:
    """Everything that the page routes share."""

    def __init__(self, reading: Reading, assets: Assets) -> None:
        self.reading = reading
        self.assets = assets
        self.build = assets.build()
        self._environments = {code: self._environment(code) for code in tongue.LANGUAGES}

    def _environment(self, code: str) -> Environment:
        made = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        made.install_gettext_translations(words.translations(code), newstyle=True)  # type: ignore[attr-defined]
        made.globals.update(
            language=code,
            names=tongue.NAMES,
            build=self.build,
            asset=self.assets.address,
            icon_name=self.assets.icon,
            text=lambda texts: tongue.tied(tongue.text_in(texts, code)),
            clock=tongue.clock,
            long_date=lambda iso: tongue.long_date(iso, code),
            sentence=lambda reason, facts=None: self.sentence(reason, code, facts),
            decimal=lambda value, digits=1: tongue.decimal(value, code, digits),
            moment=lambda iso: tongue.moment(iso, code),
            codes=codes,
            category=lambda one: self.category(one, code),
            order=lambda one: orders.sentence(one, code, self.place),
            endable=orders.endable,
        )
        return made

    @property
    def offered(self) -> tuple[str, ...]:
        """The languages of the office, its first one first; all of ours before there is a plan."""
        plan = self.reading.plan
        known = tuple(code for code in plan.languages if code in tongue.LANGUAGES) if plan else ()
        return known or tongue.LANGUAGES

    @property
    def place(self) -> Place:
        """The office's word for a desk."""
        plan = self.reading.plan
        return place(plan.desk_word if plan else "")

    def language(self, request: Request) -> str:
        """The language of a page of the staff."""
        return tongue.of_page(request, self.offered)

    def translate(self, message: str, code: str, **values: object) -> str:
        """One sentence in a language."""
        sentence = words.translations(code).gettext(message)
        return sentence % values if values else sentence

    def sentence(self, code: str, language: str, facts: Mapping[str, str | int] | None = None) -> str:
        """What a code of the rules or of a device means, and what to do next."""
        return words.sentence(code, dict(facts or {}), language, self.reading.plan)

    def halted(self, reason: str, language: str) -> tuple[str, str]:
        """What a hall that stands still is told: the reason, and what becomes of the queue."""
        words = codes.PAUSES.get(reason, codes.PAUSES["other"])
        return self.translate(words, language), self.translate(codes.CALM, language)

    def category(self, category: str | None, language: str) -> str:
        """What a priority category is called; its id where the plan no longer has it."""
        plan = self.reading.plan
        found = plan.categories.get(category or "") if plan is not None else None
        return tongue.tied(found.name.get(language)) if found is not None else category or ""

    def draw(self, name: str, code: str, **values: Any) -> str:
        """A template as text."""
        return self._environments[code].get_template(name).render(place=self.place, **values)

    def show(self, request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in the asker's language; the address's language is remembered on this browser."""
        code = self.language(request)
        response = self.answer(self.draw(name, code, **values), status)
        if (named := tongue.asked(request)) is not None:
            response.set_cookie(tongue.COOKIE, named, max_age=31536000, httponly=True, samesite="strict")
        return response

    def answer(self, html: str, status: int = 200) -> HTMLResponse:
        """HTML with the headers of every page."""
        return HTMLResponse(
            html,
            status,
            headers={
                "Content-Security-Policy": POLICY,
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "same-origin",
                "Vary": "HX-Request, Accept-Language, Cookie",
            },
        )


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page it already has."""
    return request.headers.get("hx-request") == "true"
