"""What a row of the bench reports, and the arithmetic of medians that all rows share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise as it was measured. `limit` None: reported, nothing is promised. `value` None: not measured."""

    row: str
    promise: str
    value: float | None
    unit: str
    limit: float | None = None
    spread: tuple[float, float] | None = None
    floor: str = ""
    note: str = ""
    failed: bool = False

    @property
    def verdict(self) -> str:
        """`met`, `NOT met`, `reported`, `skipped`, or `FAILED` when the row itself broke."""
        if self.failed:
            return "FAILED"
        if self.value is None:
            return "skipped"
        if self.limit is None:
            return "reported"
        return "met" if self.value <= self.limit else "NOT met"

    def as_json(self) -> dict[str, object]:
        """The finding with its verdict, as plain values."""
        return {**asdict(self), "verdict": self.verdict}

    def __str__(self) -> str:
        measured = "-" if self.value is None else f"{number(self.value)} {self.unit}"
        if self.spread is not None:
            measured += f" ({number(self.spread[0])}-{number(self.spread[1])})"
        limit = "" if self.limit is None else f"at most {number(self.limit)}"
        lines = [f"{self.verdict:<9} {self.promise:<58} {measured:<28} {limit}".rstrip()]
        lines += [f"{'':<10}{text}" for text in (self.floor, self.note) if text]
        return "\n".join(lines)


def skipped(row: str, promise: str, reason: str) -> Finding:
    """A promise that can't be measured on this machine."""
    return Finding(row, promise, None, "", note=reason)


def number(value: float) -> str:
    """Three significant digits are all that such a measurement has."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def ms(seconds: float) -> str:
    """A time for a note."""
    return f"{seconds * 1000:.2f} ms"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio measured in rounds: the median round, and the best and worst one."""

    value: float
    spread: tuple[float, float]


def ratio(rounds: Sequence[tuple[Sequence[float], float]]) -> Ratio:
    """Median over rounds of (median of the subject's samples) / (that round's floor)."""
    found = [median(samples) / floor for samples, floor in rounds]
    return Ratio(median(found), (min(found), max(found)))


def quantile(samples: Sequence[float], part: float) -> float:
    """The sample below which `part` of all samples lie."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * part))]
