"""Labels to cut out: panels, keys, modules and displays, and both ends of every wire. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hardware.config.model import KEYS, HardwareConfig
from hardware.sheets.wiring import Wire, WiringSheet, wiring


@dataclass(frozen=True, slots=True)
class PanelLabel:
    """A desk's panel and the captions of its keys, in the order in which they sit."""

    desk: int
    keys: tuple[str, ...] = KEYS


@dataclass(frozen=True, slots=True)
class StationLabel:
    """A module or display of a line: what is set in it, and which desks it serves."""

    kind: Literal["adapter", "module", "display"]
    bus: str
    address: int
    baud: int
    desks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """`keys` are single keys: ticket buttons, bells, answer keys. `wires` lie once here and are printed twice."""

    panels: tuple[PanelLabel, ...]
    keys: tuple[Wire, ...]
    stations: tuple[StationLabel, ...]
    wires: tuple[Wire, ...]


def labels(config: HardwareConfig) -> LabelSheet:
    """Every label of an office. The keys of a keypad get captions, but no label of a wire."""
    sheet = wiring(config)
    keypads = {keypad.name for keypad in config.keypads}
    return LabelSheet(
        panels=tuple(PanelLabel(panel.desk) for panel in config.panels),
        keys=tuple(wire for wire in sheet.wires if wire.device in ("ticket", "bell-press", "bell-answer")),
        stations=tuple(_stations(sheet)),
        wires=tuple(wire for wire in sheet.wires if wire.point.bus not in keypads),
    )


def _stations(sheet: WiringSheet) -> Iterator[StationLabel]:
    for chain in sheet.chains:
        for station in chain.stations:
            if station.address is not None:
                yield StationLabel(station.kind, chain.bus.name, station.address, chain.bus.baud, station.desks)
