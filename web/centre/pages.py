"""How a page of the centre is made: one template environment for each language, the asker's language, the headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from appliance import words
from sync.centre.people import Role
from web import language as tongue
from web.assets import Assets
from web.centre import wording
from web.centre.guard import POLICY
from web.centre.reading import Reading
from web.centre.who import Asking
from web.language import NBSP

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


class Facts(dict[str, object]):
    """A fact that nobody gave leaves a dash, not an exception: a poor sentence beats none."""

    def __missing__(self, name: str) -> str:
        return "—"


class Pages:
    """Everything that the routes of the centre share."""

    def __init__(self, reading: Reading, assets: Assets) -> None:
        self.reading = reading
        self.assets = assets
        self.build = assets.build()
        self.zone = ZoneInfo(reading.zone)
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
            wording=wording,
            Role=Role,
            decimal=lambda value, digits=1: tongue.decimal(value, code, digits),
            word=lambda table, key: self.word(table, key, code),
            say=lambda message, facts=None: self.say(message, code, facts),
            span=lambda ms: self.span(ms, code),
            lasted=lambda ms: self.lasted(ms, code),
            hour=lambda ms, zone=None: self.hour(ms, zone),
            second=lambda ms, zone=None: self.hour(ms, zone, seconds=True),
            day=lambda ms, zone=None: self.day(ms, code, zone),
        )
        return made

    def language(self, request: Request) -> str:
        """The language of the asker."""
        return tongue.of_page(request, tongue.LANGUAGES)

    def translate(self, message: str, code: str) -> str:
        """One message in a language."""
        return words.translations(code).gettext(message)

    def counted(self, forms: tuple[str, str], number: int, code: str) -> str:
        """What is counted, in the form of its number."""
        return words.translations(code).ngettext(*forms, number) % {"num": number}

    def say(self, message: str, code: str, facts: Mapping[str, object] | None = None) -> str:
        """A sentence with its facts; without its holes filled it has dashes."""
        told = self.translate(message, code)
        return tongue.tied(told % Facts(facts or {}) if "%(" in told else told)

    def word(self, table: Mapping[Any, str], key: Any, code: str) -> str:
        """The word of a code; the code itself where it has none."""
        return self.translate(table[key], code) if key in table else str(key)

    def span(self, ms: float | None, code: str) -> str:
        """A length of time as people say it: `12 min`, `2 h 05 min`, `3 d`; a dash where it is unknown."""
        if ms is None:
            return "—"
        minutes = max(0, int(ms // 60_000))
        minute, hour, day = {"ru": ("мин", "ч", "дн."), "uk": ("хв", "год", "дн.")}.get(code, ("min", "h", "d"))
        if minutes < 60:
            return f"{minutes}{NBSP}{minute}"
        if minutes < 48 * 60:
            return f"{minutes // 60}{NBSP}{hour}{NBSP}{minutes % 60:02d}{NBSP}{minute}"
        return f"{minutes // 1440}{NBSP}{day}"

    def lasted(self, ms: float, code: str) -> str:
        """How long something was that is over: below a minute in seconds."""
        if ms >= 60_000:
            return self.span(ms, code)
        second = {"ru": "с", "uk": "с"}.get(code, "s")
        return f"{max(0, int(ms // 1000))}{NBSP}{second}"

    def local(self, ms: int, zone: str | None = None) -> datetime:
        """A moment in a zone, the centre's own unless one is named."""
        return datetime.fromtimestamp(ms / 1000, ZoneInfo(zone) if zone else self.zone)

    def hour(self, ms: int | None, zone: str | None = None, *, seconds: bool = False) -> str:
        """A moment as `09:14`; a dash where it is unknown."""
        return "—" if not ms else self.local(ms, zone).strftime("%H:%M:%S" if seconds else "%H:%M")

    def day(self, ms: int | None, code: str, zone: str | None = None) -> str:
        """A moment as `24 Nov, 09:14`, without the date when it is today."""
        if not ms:
            return "—"
        moment = self.local(ms, zone)
        if moment.date() == self.local(self.reading.now_ms(), zone).date():
            return moment.strftime("%H:%M")
        pattern = (
            "d MMM" if abs((moment.date() - self.local(self.reading.now_ms(), zone).date()).days) < 300 else "d MMM y"
        )
        date = format_date(moment.date(), pattern, locale=code).replace(" ", NBSP)
        return f"{date}, {moment.strftime('%H:%M')}"

    def draw(self, name: str, code: str, /, **values: Any) -> str:
        """A template as text."""
        return self._environments[code].get_template(f"centre/{name}").render(**values)

    def show(self, request: Request, asker: Asking, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in the asker's language; the address's language is remembered on this browser."""
        code = self.language(request)
        here = request.url.path
        html = self.draw(name, code, me=asker.person, may=asker.may, here=here, **values)
        response = HTMLResponse(html, status, headers=HTML_HEADERS)
        if (named := tongue.asked(request)) is not None:
            response.set_cookie(tongue.COOKIE, named, max_age=31536000, httponly=True, samesite="strict")
        return response

    def problem(self, request: Request, status: int, code: str, **facts: object) -> Response:
        """A refusal as a sentence in the asker's language."""
        detail = self.say(wording.PROBLEMS.get(code, wording.PROBLEMS["internal"]), self.language(request), facts)
        return JSONResponse(
            {"code": code, "detail": detail}, status, media_type="application/problem+json",
            headers={"Cache-Control": "no-store"},
        )  # fmt: skip


HTML_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Vary": "HX-Request, Accept-Language, Cookie",
}
GONE = {"HX-Refresh": "true"}
"""What a fragment answers whose page must load itself anew."""
