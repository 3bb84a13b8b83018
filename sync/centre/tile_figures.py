"""The figures of a tile, each declared once with its definition, and what makes an office come first on the wall.

`docs/centre-indicators.md` is written from these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.domain.indicators.period import Unit

MFCX = "mfcx.ru"
ODINTSOVO = "Odintsovo, situation centre"


@dataclass(frozen=True, slots=True)
class TileFigure:
    """A figure of a tile, as the documentation tells it. `of`: what its second number is."""

    id: str
    name: str
    unit: Unit
    of: str
    text: str
    source: str


TILE_FIGURES = (
    TileFigure(
        "schedule",
        "Schedule kept",
        Unit.SHARE,
        "",
        "Of today's minutes of reception by the plan that are over, those in which at least one desk received "
        "(`covered` of docs/indicators.md); none before reception has begun.",
        ODINTSOVO,
    ),
    TileFigure(
        "equipment",
        "Equipment and IT",
        Unit.SHARE,
        "devices and parts",
        "Devices last noted as working (a warning still works), with the clock, the disk and the replica as the last "
        "pulse tells them. What hardware.toml no longer names doesn't count.",
        ODINTSOVO,
    ),
    TileFigure(
        "staff",
        "Staff present",
        Unit.COUNT,
        "planned now",
        "Operators signed in at a desk that is not closed, of those whose shift is running without a planned break.",
        f"{ODINTSOVO}: number of managers",
    ),
    TileFigure(
        "waiting",
        "Visitors waiting",
        Unit.COUNT,
        "",
        "Numbers that wait to be called; a booked one only from its minute on.",
        f"{ODINTSOVO}; {MFCX}",
    ),
    TileFigure(
        "wait_mean",
        "Wait so far, mean",
        Unit.MS,
        "",
        "Of those waiting: from the number, or the booked minute if later; pauses left out; called ones excluded.",
        f"{ODINTSOVO}; {MFCX}",
    ),
    TileFigure("wait_max", "Oldest wait", Unit.MS, "", "The longest of these waits.", "own"),
    TileFigure(
        "newcomer",
        "Wait of a newcomer",
        Unit.MS,
        "",
        "Predicted: the mean wait of somebody who takes a number now, of the service with the longest one; at most "
        "three minutes old, none while nobody waits.",
        "own",
    ),
    TileFigure(
        "wait_day",
        "Mean wait today",
        Unit.MS,
        "",
        "`wait_mean` of docs/indicators.md for today so far.",
        MFCX,
    ),
    TileFigure(
        "over_norm",
        "Share over the norm today",
        Unit.SHARE,
        "",
        "`over_norm` of docs/indicators.md for today so far: of the called, those who had waited past their norm.",
        "decree 1376, p. 18; KMU 588",
    ),
    TileFigure(
        "service",
        "Service time today",
        Unit.MS,
        "",
        "`service_mean` of docs/indicators.md for today so far.",
        "decree 1376 (mean service time)",
    ),
    TileFigure(
        "desks",
        "Desks working",
        Unit.COUNT,
        "planned now",
        "Desks that receive: free, calling or serving; of those at which the roster has somebody now without a break.",
        MFCX,
    ),
    TileFigure(
        "finish",
        "Expected finish",
        Unit.MS,
        "",
        "When the last visitor of the day is expected to leave (UTC ms): those in the hall and those still expected, "
        "at today's pace, by the desks that work now and their roster.",
        "azovkomeks.ru (capacity at the current pace)",
    ),
    TileFigure(
        "not_started",
        "Not opened, late by",
        Unit.MS,
        "",
        "How long reception should have begun while no desk has received yet today; none otherwise.",
        ODINTSOVO,
    ),
)

TROUBLE = (
    ("alarm", 300, "each open alarm that nobody has taken"),
    ("taken", 100, "each open alarm that somebody has taken"),
    ("warning", 40, "each open warning"),
    ("doubt", 900, "data that may not be believed"),
    ("stale", 800, "nothing new though there should be"),
    ("never", 50, "an office that has never been heard"),
    ("wait", 2, "each minute of the oldest wait, at most 60"),
    ("line", 1, "each visitor who waits, at most 40"),
)
"""What makes a tile come sooner; the weights are added up. Equal ones keep the order of the register."""

WEIGHT = {name: weight for name, weight, _ in TROUBLE}
