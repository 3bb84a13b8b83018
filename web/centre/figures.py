"""The figures of a tile as people read them, with their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.centre.tile import Figure, Tile
from sync.centre.tile_figures import TILE_FIGURES
from web.centre.face import minutes, whole
from web.centre.pages import Pages
from web.language import NBSP

FIVE = ("schedule", "equipment", "staff", "waiting", "wait_mean")
"""The indicators that the situation centre is asked for."""

MORE = ("wait_max", "over_norm", "service", "desks", "wait_day", "newcomer", "finish", "not_started")
DECLARED = {one.id: one for one in TILE_FIGURES}


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


def shown(tile: Tile, names: Sequence[str], pages: Pages, code: str, zone: str | None = None) -> list[Shown]:
    """Figures of a tile, those that it has."""
    return [
        Shown(
            name,
            name_of(name, pages, code),
            value_of(name, tile.figures[name], pages, code, zone),
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
