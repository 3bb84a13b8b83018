"""The figures of a period as tables: sections of rows, and the parts of a period beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from appliance import indicator_words
from appliance.api.schemas import FigureView, GroupView
from appliance.domain.indicators.period import INDICATORS, NOT_OPENED, Unit
from appliance.indicator_words import SECTIONS, Definition
from web.office.language import NBSP, clock, decimal
from web.office.wording import N_

UNKNOWN = "—"


def shown(value: float | None, unit: Unit | str, language: str) -> str:
    """A value as people write it: `06:12`, from an hour on `1:02:40`; `31,2 %`; a count. A dash where there is none."""
    if value is None:
        return UNKNOWN
    if unit == Unit.MS:
        return clock(round(value / 1000))
    if unit == Unit.SHARE:
        return decimal(100 * value, language) + ("%" if language == "en" else f"{NBSP}%")
    return decimal(value, language, 1 if unit == Unit.PER_HOUR else 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `value` is the mean where the row is a spread. `id`: the indicator whose entries stand behind it."""

    id: str
    name: str
    value: str
    p95: str
    longest: str
    n: str
    unit: Unit
    mean: bool
    traced: bool
    definition: Definition


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one section."""

    id: str
    title: str
    rows: tuple[Row, ...]


def tables(figures: Iterable[FigureView], language: str) -> list[Table]:
    """All sections with the rows that there are: a part of a period has no figures of the whole hall."""
    known = {one.id: one for one in figures}
    made = []
    for section in SECTIONS:
        rows = [_row(name, known, language) for name in section.rows if indicator_words.ids(name)[0] in known]
        if rows:
            made.append(Table(section.id, indicator_words.section_title(section, language), tuple(rows)))
    return made


def _row(name: str, known: Mapping[str, FigureView], language: str) -> Row:
    of = indicator_words.ids(name)
    first = known[of[0]]
    unit = indicator_words.unit_of(of[0])
    values = [shown(known[one].value, unit, language) if one in known else "" for one in of]
    spread = len(values) == 3
    return Row(
        id=of[0],
        name=indicator_words.title(name, language),
        value=values[0],
        p95=values[1] if spread else "",
        longest=values[2] if spread else "",
        n=decimal(first.n, language, 0),
        unit=unit,
        mean=spread,
        traced=of[0] != NOT_OPENED[0] and first.n > 0,
        definition=indicator_words.definition(name, language),
    )


MEAN, P95, LONGEST, N = N_("mean"), N_("95th percentile"), N_("longest"), N_("n")
SAMPLES = "n"
"""In a column's id after a colon: not the value, but how many samples stand behind it."""

Columns = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
VISITORS: Columns = (
    (
        N_("Visitors"),
        (("issued", N_("numbers")), ("served", N_("were served")), ("abandonment", N_("left without service"))),
    ),
    (
        N_("Wait"),
        (
            ("wait_mean", MEAN),
            ("wait_p95", P95),
            ("wait_max", LONGEST),
            ("wait_mean:n", N),
            ("over_norm", N_("over the norm")),
        ),
    ),
    (
        N_("Service time"),
        (("service_mean", MEAN), ("service_p95", P95), ("service_max", LONGEST), ("service_mean:n", N)),
    ),
)
WORK: Columns = (
    (
        N_("Service time"),
        (
            ("services", N_("ended")),
            ("service_mean", MEAN),
            ("service_p95", P95),
            ("service_max", LONGEST),
            ("service_mean:n", N),
        ),
    ),
    (
        N_("Desk time"),
        (
            ("working", N_("receiving")),
            ("busy", N_("serving")),
            ("occupancy", N_("occupancy")),
        ),
    ),
    (
        N_("Way to the desk"),
        (("way_mean", MEAN), ("way_max", LONGEST), ("way_mean:n", N), ("no_shows", N_("nobody came"))),
    ),
)
COLUMNS: Mapping[str, Columns] = {"desk": WORK, "operator": WORK}
"""What the parts of a period are compared by; VISITORS for all others."""


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of a period."""

    key: str
    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a period beside each other. `heads`: a title over how many columns."""

    heads: tuple[tuple[str, int], ...]
    columns: tuple[str, ...]
    rows: tuple[PartRow, ...]


def parts(by: str, groups: Sequence[GroupView], names: Mapping[str, str], language: str) -> Parts:
    """A period by one dimension; a key without a name keeps itself."""
    of = COLUMNS.get(by, VISITORS)
    ids = [indicator for _, columns in of for indicator, _ in columns]
    rows = []
    for group in groups:
        known = {one.id: one for one in group.values}
        cells = tuple(_cell(indicator, known, language) for indicator in ids)
        rows.append(PartRow(group.key, names.get(group.key, group.key), cells))
    return Parts(
        tuple((title, len(columns)) for title, columns in of),
        tuple(label for _, columns in of for _, label in columns),
        tuple(rows),
    )


def _cell(column: str, known: Mapping[str, FigureView], language: str) -> str:
    indicator, _, samples = column.partition(":")
    found = known[indicator]
    if samples == SAMPLES:
        return decimal(found.n, language, 0)
    return shown(found.value, INDICATORS[indicator].unit, language)


MAIN = ("served", "wait", "over_norm", "abandonment", "service", "occupancy")
"""The rows that stand above the table as tiles."""


def main_rows(made: Sequence[Table]) -> list[Row]:
    """The rows for the tiles, in their order, as far as the period has them."""
    first = {indicator_words.ids(name)[0] for name in MAIN}
    found = {row.id: row for table in made for row in table.rows if row.id in first}
    order = [indicator_words.ids(name)[0] for name in MAIN]
    return [found[one] for one in order if one in found]
