"""The network at a moment: the sums of the tiles that may be believed, and who is missing in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync.centre.alarm import Severity
from sync.centre.tile import Tile, TileState
from sync.centre.tiles import BELIEVED


@dataclass(frozen=True, slots=True)
class Totals:
    """The network at this moment. Sums are over the believable tiles alone; `missing` are the ids of the others.

    Who sleeps or is off isn't missing. `wait_mean` is weighted by people; `desks_planned` and `staff_planned` are over
    the offices with a roster, None where there is none.
    """

    offices: int
    counted: int
    missing: tuple[str, ...]
    asleep: int
    waiting: int
    wait_mean: float | None
    wait_max: float | None
    desks: int
    desks_planned: int | None
    staff: int
    staff_planned: int | None
    alarms: int
    warnings: int
    unacknowledged: int


def sum_of(tiles: Sequence[Tile]) -> Totals:
    """The totals of some tiles."""
    counted = [tile for tile in tiles if tile.state in BELIEVED]
    missing = [t.office for t in tiles if t.state in (TileState.STALE, TileState.DOUBT, TileState.NEVER)]
    waits = [(t.figures["wait_mean"].value, t.figures["waiting"].value or 0) for t in counted]
    people = sum(n for mean, n in waits if mean is not None)
    alarms = [alarm for tile in tiles for alarm in tile.alarms]
    return Totals(
        offices=len(tiles),
        counted=len(counted),
        missing=tuple(missing),
        asleep=sum(tile.state is TileState.ASLEEP for tile in tiles),
        waiting=int(_sum(counted, "waiting")),
        wait_mean=sum((mean or 0) * n for mean, n in waits) / people if people else None,
        wait_max=max((w for t in counted if (w := t.figures["wait_max"].value) is not None), default=None),
        desks=int(_sum(counted, "desks")),
        desks_planned=_planned(counted, "desks"),
        staff=int(_sum(counted, "staff")),
        staff_planned=_planned(counted, "staff"),
        alarms=sum(alarm.now is Severity.ALARM for alarm in alarms),
        warnings=sum(alarm.now is Severity.WARNING for alarm in alarms),
        unacknowledged=sum(alarm.acknowledged_ms is None for alarm in alarms),
    )


def _sum(tiles: Iterable[Tile], figure: str) -> float:
    return sum(tile.figures[figure].value or 0 for tile in tiles)


def _planned(tiles: Iterable[Tile], figure: str) -> int | None:
    known = [of for tile in tiles if (of := tile.figures[figure].of) is not None]
    return int(sum(known)) if known else None
