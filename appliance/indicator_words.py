"""What the indicators are called and how they are defined, in the reader's language.

Names and what counts are the declarations of `domain/indicators` themselves: they are the message ids, so a definition
that changes without its translation is found. Here stand the order of the page and the
sentences that say a formula in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from appliance import words
from appliance.domain.indicators.measure import MEASURES
from appliance.domain.indicators.period import INDICATORS, NOT_OPENED, Unit
from appliance.domain.indicators.present import NOW_INDICATORS

SPREAD = ("_mean", "_p95", "_max")
"""Mean, 95th percentile and longest of one measure: always shown together."""


@dataclass(frozen=True, slots=True)
class Section:
    """Indicators that belong together. A row is one indicator, or the three of a spread named by their measure."""

    id: str
    title: str
    rows: tuple[str, ...]


SECTIONS = (
    Section(
        "visits",
        "Visits",
        (
            "issued", "booked", "adopted", "unpromised", "served", "served_by_system", "missed", "left",
            "left_by_system", "cancelled", "abandonment", "turned_away", "in_hand", "mistaken", "merged",
        ),
    ),
    Section(
        "waits",
        "Waits",
        (
            "wait", "over_norm", "walk_in_wait", "walk_in_over_norm", "booked_wait", "booked_over_norm",
            "further_wait", "way", "no_shows",
        ),
    ),
    Section(
        "services",
        "Services",
        (
            "services", "service", "inferred_service", "service_over_norm", "several_services", "transfers", "sent",
            "parked", "returned", "picked", "undone",
        ),
    ),
    Section(
        "desks",
        "Desks and schedule",
        (
            "working", "busy", "idle", "break", "breaks", "occupancy", "desk_throughput", "throughput", "receiving",
            "paused", "desks_of_plan", "covered", "late_openings", "late_opening_max", "early_closings",
            "early_closing_max", "not_opened", "break_outside_plan", "issued_outside_hours",
        ),
    ),
    Section(
        "bell",
        "Bell at the ramp",
        (
            "bells", "bells_unanswered", "bells_withdrawn", "bell_answered_60", "bell_answered_120", "bell_reaction",
            "bell_arrival",
        ),
    ),
    Section("devices", "Devices", ("device_availability", "device_outages", "device_repair")),
    Section("priority", "Priority", ("claimed", "confirmed", "refused")),
    Section("estimates", "Estimates of the wait", ("estimate_error", "naive_error", "estimate_of_naive",
                                                   "range_coverage")),
)  # fmt: skip
"""The page of the head, from top to bottom."""

FORMULAS: Mapping[str, str] = {
    "number of `X`": "How many there were.",
    "sum of `X`": "All of them added up.",
    "sum of `X` / number of `X`": "The sum of all, divided by how many there were.",
    "number of 1 / number of `X`": "How many of them it is true of, out of all.",
    "spread": (
        "Mean: the sum of all, divided by how many there were. 95th percentile: 95 of 100 were no longer than this "
        "(nearest rank). Longest: the longest one."
    ),
    "sum of `busy` / sum of `working`": "The time desks served, divided by the time they received.",
    "number of `services` / hours of `working`": (
        "Services ended, divided by the hours that desks received, the hours of all desks added up."
    ),
    "number of `services` / hours of `receiving`": "Services ended, divided by the hours that the hall received.",
    "sum of `working` / desk time of the roster without its breaks; above 1 when reserve desks were open": (
        "The time desks received, divided by the desk time of the roster without its breaks. Above 100% when reserve "
        "desks were open."
    ),
    "sum of `device_working` / sum of `device_watched`": (
        "The time devices worked, divided by the time they were watched, the times of all devices added up."
    ),
    "sum of `estimate_error` / sum of `naive_error`": (
        "The errors of the estimate, divided by those of the plain quotient. Below 100% the estimate is the better one."
    ),
}
"""A formula of the declarations, with `X` for its one measure, and what it says. Others are sentences themselves."""


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator in words: its name, how it is computed, what counts. Its source is told in docs/indicators.md."""

    name: str
    how: str
    counts: tuple[str, ...]


def is_spread(row: str) -> bool:
    """Whether a row of a section is a spread, and not one indicator."""
    return row not in INDICATORS and f"{row}_max" in INDICATORS


def ids(row: str) -> tuple[str, ...]:
    """The indicators of a row. A measure whose mean alone is declared has that one."""
    if is_spread(row):
        return tuple(f"{row}{part}" for part in SPREAD)
    return (f"{row}_mean",) if f"{row}_mean" in INDICATORS else (row,)


def unit_of(indicator: str) -> Unit:
    """What an indicator counts."""
    return Unit.COUNT if indicator == NOT_OPENED[0] else INDICATORS[indicator].unit


def name(indicator: str, language: str) -> str:
    """What one indicator is called."""
    title = NOT_OPENED[1] if indicator == NOT_OPENED[0] else INDICATORS[indicator].name
    return _said(title, language)


def section_title(section: Section, language: str) -> str:
    """What a section is called."""
    return _said(section.title, language)


def title(row: str, language: str) -> str:
    """What a row is called: its indicator, or what the three of a spread have in common."""
    return _said(_spread_title(row), language) if is_spread(row) else name(ids(row)[0], language)


def definition(row: str, language: str) -> Definition:
    """The written definition of a row, or of a single indicator that stands for none. Raises KeyError for neither."""
    if row == NOT_OPENED[0]:
        _, title_, formula, _ = NOT_OPENED
        return Definition(_said(title_, language), _sentence(formula, language), ())
    declared = INDICATORS[ids(row)[0]]
    return Definition(
        title(row, language),
        _sentence("spread" if is_spread(row) else plain(declared.formula, declared.measures), language),
        tuple(_said(MEASURES[measure].text, language) for measure in declared.measures),
    )


def now_definitions(language: str) -> dict[str, Definition]:
    """Names and definitions of the indicators of this moment, by id."""
    return {one.id: Definition(_said(one.name, language), "", (_said(one.text, language),)) for one in NOW_INDICATORS}


def plain(formula: str, measures: tuple[str, ...]) -> str:
    """A formula with `X` for its measure where it has just one; formulas of several keep their names."""
    if formula in FORMULAS or len(measures) != 1:
        return formula
    return formula.replace(f"`{measures[0]}`", "`X`")


def messages() -> Iterator[str]:
    """Every message that this module says, once: what the catalogues must hold."""
    said: dict[str, None] = dict.fromkeys(FORMULAS.values())
    said.update(dict.fromkeys(section.title for section in SECTIONS))
    for one in INDICATORS.values():
        said[one.name] = None
        said.update(dict.fromkeys(MEASURES[measure].text for measure in one.measures))
        if not one.measures:
            said[one.formula] = None
    for row in (row for section in SECTIONS for row in section.rows if is_spread(row)):
        said[_spread_title(row)] = None
    said.update(dict.fromkeys(NOT_OPENED[1:3]))
    for now in NOW_INDICATORS:
        said.update(dict.fromkeys((now.name, now.text)))
    yield from said


def _spread_title(row: str) -> str:
    if row == "service":
        return "Service time"  # the bare word is another one: what a visitor comes for
    return INDICATORS[f"{row}_mean"].name.removesuffix(", mean")


def _sentence(formula: str, language: str) -> str:
    told = _said(FORMULAS.get(formula, formula), language)
    return told[0].upper() + told[1:]


def _said(message: str, language: str) -> str:
    """The message in a language. English texts name settings in backticks, which are for the documentation."""
    return words.translations(language).gettext(message).replace("`", "")
