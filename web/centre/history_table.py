"""The figures of a period as tables: every indicator of one column, and the offices beside each other."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance import indicator_words
from appliance.domain.indicators.period import Unit
from appliance.indicator_words import SECTIONS, Definition
from sync.centre.history import NETWORK, Report
from web.language import NBSP, clock, decimal

UNKNOWN = "—"
Values = Mapping[str, tuple[float | None, int]]

MAIN = ("issued", "served", "wait_mean", "wait_p95", "over_norm", "service_mean", "abandonment", "occupancy", "covered")
"""The columns of the table of offices."""

FIRST = ("served", "wait_mean", "wait_max", "over_norm", "service_mean", "abandonment")
"""The tiles above the tables."""


def told(value: float | None, unit: Unit | str, code: str) -> str:
    """A value as people write it: `06:12`, `31,2 %`, a count; a dash where there is none."""
    if value is None:
        return UNKNOWN
    if unit == Unit.MS:
        return clock(round(value / 1000))
    if unit == Unit.SHARE:
        return decimal(100 * value, code) + ("%" if code == "en" else f"{NBSP}%")
    return decimal(value, code, 1 if unit == Unit.PER_HOUR else 0)


def cell(indicator: str, values: Values, code: str) -> str:
    """One indicator of some values."""
    value, _ = values.get(indicator, (None, 0))
    return told(value, indicator_words.unit_of(indicator), code)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its first indicator, its name, mean or value, 95th percentile, longest, how many."""

    id: str
    name: str
    value: str
    p95: str
    longest: str
    n: str
    definition: Definition
    mean: bool
    traced: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one section."""

    id: str
    title: str
    rows: tuple[Row, ...]


def tables(values: Values, code: str) -> list[Table]:
    """Every section with the rows that the values have."""
    made = []
    for section in SECTIONS:
        rows = [_row(name, values, code) for name in section.rows if indicator_words.ids(name)[0] in values]
        if rows:
            made.append(Table(section.id, indicator_words.section_title(section, code), tuple(rows)))
    return made


def _row(name: str, values: Values, code: str) -> Row:
    of = indicator_words.ids(name)
    cells = [cell(one, values, code) if one in values else "" for one in of]
    spread = len(cells) == 3
    n = values[of[0]][1]
    return Row(
        of[0], indicator_words.title(name, code), cells[0], cells[1] if spread else "", cells[2] if spread else "",
        decimal(n, code, 0), indicator_words.definition(name, code), spread, n > 0,
    )  # fmt: skip


def as_csv(report: Report, names: Mapping[str, str], code: str, office: str, total_words: str) -> bytes:
    """The period for a spreadsheet: a row for each indicator, a column for each office and the total, plain numbers.

    Durations are seconds, shares 0 to 1; the separator is a semicolon where the decimal mark is a comma.
    """
    mark, separator = (".", ",") if code == "en" else (",", ";")
    order: Sequence[str] = [office] if office else [NETWORK, *names]
    columns = [(total_words if one == NETWORK else names.get(one, one), report.values(one)) for one in order]
    indicators = [one for section in SECTIONS for row in section.rows for one in indicator_words.ids(row)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow(["id", "", *(name for name, _ in columns)])
    for indicator in indicators:
        if not any(indicator in values for _, values in columns):
            continue
        unit = indicator_words.unit_of(indicator)
        cells = []
        for _, values in columns:
            value, _ = values.get(indicator, (None, 0))
            if value is None:
                cells.append("")
                continue
            number = value / 1000 if unit == Unit.MS else value
            cells.append(f"{number:.6f}".rstrip("0").rstrip(".").replace(".", mark))
        writer.writerow([indicator, indicator_words.name(indicator, code), *cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
