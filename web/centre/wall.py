"""The wall: every office in its place or by trouble, what to do now, the sums; and its news for the open screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from sync.centre.alarm import Severity
from sync.centre.people import Role
from sync.centre.tile import Tile, TileState
from sync.centre.totals import sum_of
from web.centre.face import minutes
from web.centre.pages import GONE, Pages
from web.centre.todo import todo
from web.centre.wall_book import Look, WallBook
from web.centre.who import Asker, Asking
from web.centre.wording import N_
from web.language import LANGUAGES

BIG = 20
"""Offices that fit a wall as tiles read at three metres."""

LINES = 42
"""Offices that fit it as lines."""

PAGE = 120
"""Offices on a page of a dispatcher's own screen."""

SHOWN_TODO = {"wall": 8, "": 40}
"""Alarms that are listed; a wall shows as many of them as have room."""

ONLY = {
    "": N_("All"),
    "trouble": N_("In trouble"),
    "unknown": N_("Without data"),
    "mobile": N_("Mobile"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """How somebody looks at the wall: `mode` wall or '', `view` tiles or list, filters, the page.

    `turn`: how often a wall has turned its pages.
    """

    mode: str = ""
    view: str = ""
    only: str = ""
    find: str = ""
    page: int = 1
    turn: int = 0

    def address(self, path: str = "/wall", **changes: object) -> str:
        """The address of this look with some of it changed."""
        values = {"mode": self.mode, "view": self.view, "only": self.only, "find": self.find, "page": self.page}
        values |= changes
        told = urlencode({name: value for name, value in values.items() if value not in ("", 1, None)})
        return f"{path}?{told}" if told else path


def choice_of(request: Request) -> Choice:
    """What an address asks for; nonsense is left out."""
    query = request.query_params
    page, turn = query.get("page", "1"), query.get("turn", "0")
    return Choice(
        "wall" if query.get("mode") == "wall" else "",
        "list" if query.get("view") == "list" else "",
        query.get("only", "") if query.get("only") in ONLY else "",
        query.get("find", "").strip()[:40],
        int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 5 else 1,
        int(turn) if turn.isascii() and turn.isdigit() and 0 < len(turn) < 9 else 0,
    )


def troubled(tile: Tile) -> bool:
    """Whether somebody should look at it."""
    return any(one.closed_ms is None for one in tile.alarms) or tile.state in (TileState.STALE, TileState.DOUBT)


def chosen(tiles: list[Tile], choice: Choice) -> list[Tile]:
    """The tiles that a look asks for, in its order. More than a wall can hold are sorted by trouble there too."""
    if choice.only == "trouble":
        tiles = [one for one in tiles if troubled(one)]
    if choice.only == "unknown":
        tiles = [one for one in tiles if one.state in (TileState.STALE, TileState.DOUBT, TileState.NEVER)]
    if choice.only == "mobile":
        tiles = [one for one in tiles if one.mobile]
    if choice.find:
        wanted = choice.find.casefold()
        tiles = [one for one in tiles if wanted in one.name.casefold() or wanted in one.office.casefold()]
    by_trouble = choice.view == "list" or (choice.mode == "wall" and len(tiles) > LINES)
    if by_trouble:
        tiles = sorted(tiles, key=lambda one: -one.trouble)
    return tiles


@dataclass(frozen=True, slots=True)
class Turn:
    """What of the offices a wall shows now. `held`: somebody's alarm keeps it from turning."""

    shown: list[Tile]
    page: int
    pages: int
    held: bool


def in_alarm(tile: Tile) -> bool:
    """Whether an alarm of this office lasts."""
    return any(one.closed_ms is None and one.now == Severity.ALARM for one in tile.alarms)


def turn_of(tiles: list[Tile], size: int, turn: int) -> Turn:
    """The page of a wall that has more offices than room, after `turn` turns.

    Offices in alarm come first on every page. While nobody has taken an alarm the wall stays on its first page.
    """
    if len(tiles) <= size:
        return Turn(tiles, 1, 1, held=True)
    first = [one for one in tiles if in_alarm(one)]
    if len(first) > size // 2:
        first = []  # they turn like the others, whose first they are by trouble
    rest = [one for one in tiles if not in_alarm(one)] if first else tiles
    room = size - len(first)
    last = max(1, -(-len(rest) // room))
    held = any(
        one.acknowledged_ms is None and one.closed_ms is None and one.now == Severity.ALARM
        for tile in tiles
        for one in tile.alarms
    )
    at = 0 if held else turn % last
    return Turn(first + rest[at * room : (at + 1) * room], at + 1, last, held)


def router(pages: Pages) -> APIRouter:
    """GET /wall and GET /wall/news; GET / leads there."""
    made = APIRouter(include_in_schema=False)
    books = {code: WallBook(pages, code) for code in LANGUAGES}

    def changed() -> None:
        for book in books.values():
            book.changed()

    pages.reading.listen(changed)

    def values(look: Look, choice: Choice, asker: Asking, code: str) -> dict[str, Any]:
        every = list(look.tiles)
        tiles = chosen(every, choice)
        if choice.mode == "wall":
            turned = turn_of(tiles, BIG if len(tiles) <= BIG else LINES, choice.turn)
        else:
            last = max(1, -(-len(tiles) // PAGE))
            at = min(choice.page, last)
            turned = Turn(tiles[(at - 1) * PAGE : at * PAGE], at, last, held=True)
        there = {one.office: one for one in every}
        totals = sum_of(every)
        lines = todo(look.alarms, there, pages, code, short=bool(choice.mode))
        return {
            "choice": choice,
            "shown": [one.office for one in turned.shown],
            "page": turned.page,
            "last_page": turned.pages,
            "turning": turned.pages > 1 and not turned.held,
            "found": len(tiles),
            "dense": "lines" if len(tiles) > BIG else "big",
            "totals": totals,
            "mean": minutes(totals.wait_mean, code),
            "todo": lines[: SHOWN_TODO[choice.mode]],
            "more_todo": len(lines) - SHOWN_TODO[choice.mode],
            "now_ms": look.now_ms,
            "norm": int(pages.reading.limits("network")["oldest-wait"].alarm or 15),
            "taking": asker.may(Role.DISPATCHER) and not choice.mode,
            "by_trouble": choice.view == "list" or (choice.mode == "wall" and len(tiles) > LINES),
        }

    def ringing(look: Look) -> list[int]:
        return [one.id for one in look.alarms if one.now == Severity.ALARM and one.acknowledged_ms is None]

    @made.get("/")
    def start() -> Response:
        return RedirectResponse("/wall", 303)

    @made.get("/wall")
    def wall(request: Request, asker: Asker) -> Response:
        if asker.person is None:
            then = "wall-mode" if request.query_params.get("mode") == "wall" else "wall"
            return RedirectResponse(f"/sign-in?then={then}", 303)
        code = pages.language(request)
        choice = choice_of(request)
        look = books[code].look()
        told = values(look, choice, asker, code)
        return pages.show(
            request, asker, "wall.html", only=ONLY, drawn=look.drawn, life=books[code].life, version=look.version,
            ringing=ringing(look),
            zone=pages.reading.zone,
            **told,
        )  # fmt: skip

    @made.get("/wall/news")
    def news(request: Request, asker: Asker) -> Response:
        if asker.person is None:
            return Response(status_code=204, headers=GONE)
        code = pages.language(request)
        choice = choice_of(request)
        book = books[code]
        look = book.look()
        told = values(look, choice, asker, code)
        since = request.query_params.get("since", "0")
        known = int(since) if since.isascii() and since.isdigit() and len(since) < 12 else 0
        if request.query_params.get("life") != book.life:
            known = 0
        parts = {
            name: pages.draw(f"wall_{name}.html", code, me=asker.person, **told) for name in ("top", "side", "foot")
        }
        return JSONResponse(
            {
                "life": book.life,
                "version": look.version,
                "build": pages.build,
                "order": told["shown"],
                "dense": told["dense"],
                "turning": told["turning"],
                "tiles": {one: look.drawn[one].html for one in told["shown"] if look.drawn[one].version > known},
                "heads": {one.office: one.seq for one in look.tiles if one.office in look.drawn},
                "parts": parts,
                "ringing": ringing(look),
            },
            headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"},
        )

    return made
