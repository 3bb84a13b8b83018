"""A bar chart of the hours of a day, drawn here and not in the browser: coordinates for an SVG of a fixed size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.api.schemas import FigureView, GroupView
from appliance.domain.indicators.period import INDICATORS
from web.office.head_table import shown

WIDTH, HEIGHT = 1000, 270
TOP, FOOT = 30, 56
"""Above the bars there is room for a number, below them for the hour and one more."""

WIDEST = 92


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour. `mark_y`: where the longest one is, None without it; `over`: the bar passes the norm.

    `above` stands over the bar or the mark, `below` under the hour.
    """

    hour: str
    above: str
    below: str
    x: float
    y: float
    width: float
    height: float
    middle: float
    mark_y: float | None
    over: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """`norm_y`: where the line of the norm lies, if it lies within the picture. `told`: the same in words."""

    id: str
    title: str
    bars: tuple[Bar, ...]
    base: int
    norm_y: float | None
    told: str


def chart(
    indicator: str,
    title: str,
    groups: Sequence[GroupView],
    language: str,
    *,
    longest: str | None = None,
    norm: float | None = None,
) -> Chart:
    """A bar for each hour that has any visitors. `longest`: an indicator marked above the bar; `norm` in its unit."""
    hours = sorted((int(group.key), {one.id: one for one in group.values}) for group in groups)
    hours = [(hour, figures) for hour, figures in hours if figures["issued"].n or figures[indicator].n]
    top = _highest(hours, [one for one in (indicator, longest) if one is not None])
    step = WIDTH / max(len(hours), 1)
    width = min(WIDEST, step * 0.72)
    base = HEIGHT - FOOT

    def at(value: float) -> float:
        return round(base - (base - TOP) * value / top, 1)

    bars = []
    for index, (hour, figures) in enumerate(hours):
        value = figures[indicator].value
        y, mark = at(value or 0), figures[longest].value if longest is not None else None
        middle = round(step * (index + 0.5), 1)
        text = shown(value, INDICATORS[indicator].unit, language)
        bars.append(
            Bar(
                hour=f"{hour}:00",
                above=text if longest is None else shown(mark, INDICATORS[longest].unit, language),
                below="" if longest is None else text,
                x=round(middle - width / 2, 1),
                y=y,
                width=round(width, 1),
                height=round(base - y, 1),
                middle=middle,
                mark_y=at(mark) if mark is not None else None,
                over=norm is not None and value is not None and value > norm,
            )
        )
    told = "; ".join(f"{bar.hour} {bar.below or bar.above}" for bar in bars)
    norm_y = at(norm) if norm is not None and norm <= top else None
    return Chart(indicator, title, tuple(bars), base, norm_y, told)


def _highest(hours: Sequence[tuple[int, dict[str, FigureView]]], indicators: Sequence[str]) -> float:
    return max([figures[one].value or 0 for _, figures in hours for one in indicators] + [1.0])
