"""The figures of a tile as people read them, with their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.centre.tile import Figure, Tile
from sync.centre.tile_figures import TILE_FIGURES
from web.centre.face import minutes, nobody_waits, whole
from web.centre.pages import Pages
from web.centre.wording import N_
from web.language import NBSP

FIVE = ("schedule", "equipment", "staff", "waiting", "wait_mean")
"""The indicators that the situation centre is asked for."""

MORE = ("wait_max", "over_norm", "service", "desks", "wait_day", "newcomer", "finish", "not_started")
DECLARED = {one.id: one for one in TILE_FIGURES}

NONE = N_("none")
AT_ONCE = N_("at once")


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure: its name, its value, its level, and how many journal entries stand behind it."""

    id: str
    name: str
    value: str
    level: str
    entries: int


def value_of(name: str, figure: Figure, pages: Pages, code: str, zone: str | None = None) -> str:
    """A figure's value: `98 %`, `10/11`, `9 min`, `20:04`; a dash where it is unknown."""
    if figure.value is None:
        return "—"
    if name == "finish":
        return pages.hour(int(figure.value), zone)
    if name in ("schedule", "equipment", "over_norm"):
        return f"{figure.value * 100:.0f}{'' if code == 'en' else NBSP}%"
    if name in ("wait_mean", "wait_max", "wait_day", "service", "newcomer", "not_started"):
        return minutes(figure.value, code)
    return whole(figure.value) + (f"/{whole(figure.of)}" if figure.of is not None else "")


def told(name: str, tile: Tile, pages: Pages, code: str, zone: str | None = None) -> str:
    """A figure of a tile as it is shown: where nobody waits there is no wait, which is no missing number."""
    figure = tile.figures.get(name)
    if figure is None:
        return "—"
    if figure.value is None and nobody_waits(tile):
        if name in ("wait_mean", "wait_max"):
            return pages.translate(NONE, code)
        desks = tile.figures.get("desks")
        if name == "newcomer" and desks is not None and desks.value:
            return pages.translate(AT_ONCE, code)
    return value_of(name, figure, pages, code, zone)


def shown(tile: Tile, names: Sequence[str], pages: Pages, code: str, zone: str | None = None) -> list[Shown]:
    """Figures of a tile, those that it has."""
    return [
        Shown(
            name,
            name_of(name, pages, code),
            told(name, tile, pages, code, zone),
            tile.figures[name].level,
            len(tile.figures[name].seqs),
        )
        for name in names
        if name in tile.figures
    ]


def name_of(name: str, pages: Pages, code: str) -> str:
    """What a figure is called."""
    return pages.translate(DECLARED[name].name, code) if name in DECLARED else name


def definition_of(name: str, pages: Pages, code: str) -> str:
    """Its written definition."""
    return pages.translate(DECLARED[name].text, code).replace("`", "") if name in DECLARED else ""
