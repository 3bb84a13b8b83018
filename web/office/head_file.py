"""The figures of a period as a file for a spreadsheet: UTF-8 with its mark, semicolons, one indicator a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence

from appliance import indicator_words
from appliance.api.schemas import FiguresView, FigureView
from appliance.domain.indicators.period import Unit
from web.office.wording import N_

UNITS = {
    Unit.COUNT: N_("count"),
    Unit.MS: N_("s"),
    Unit.SHARE: "%",
    Unit.PER_HOUR: N_("per hour"),
}
HEADS = (N_("From"), N_("To"), N_("Part"), N_("Indicator"), N_("Id"), N_("Value"), N_("Unit"), N_("n"))
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would compute a text that begins so."""


def as_file(view: FiguresView, names: Mapping[str, str], language: str, said: Callable[[str], str]) -> bytes:
    """All indicators of the period and of its parts. Times are seconds to the millisecond, shares per cent."""
    made = io.StringIO()
    lines = csv.writer(made, delimiter=";", lineterminator="\r\n")
    lines.writerow([said(head) for head in HEADS])
    dates = (view.first.isoformat(), view.last.isoformat())
    parts: list[tuple[str, Sequence[FigureView]]] = [("", view.values)]
    parts += [(harmless(names.get(group.key, group.key)), group.values) for group in view.groups]
    for part, values in parts:
        lines.writerows(_lines(dates, part, values, language, said))
    return made.getvalue().encode("utf-8-sig")


def _lines(
    dates: tuple[str, str], part: str, values: Sequence[FigureView], language: str, said: Callable[[str], str]
) -> Iterator[list[str]]:
    for one in values:
        unit = indicator_words.unit_of(one.id)
        told = UNITS[unit] if unit is Unit.SHARE else said(UNITS[unit])
        name = indicator_words.name(one.id, language)
        yield [*dates, part, name, one.id, number(one.value, unit, language), told, str(one.n)]


def number(value: float | None, unit: Unit, language: str) -> str:
    """A bare number with the language's decimal mark; empty where there is none."""
    if value is None:
        return ""
    scaled = value / 1000 if unit is Unit.MS else 100 * value if unit is Unit.SHARE else value
    text = f"{scaled:.3f}".rstrip("0").rstrip(".")
    return text if language == "en" else text.replace(".", ",")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
