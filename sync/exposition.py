"""Prometheus' text format (version 0.0.4), for the metrics of an office and of the centre.

Source: prometheus.io/docs/instrumenting/exposition_formats. A dozen lines of text need no library on the card.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value with its labels; None is left out, because unknown is never 0."""

    value: float | None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """A family of samples. `kind` is `gauge` or `counter` (whose name ends in `_total`)."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def gauge(name: str, help: str, *samples: Sample) -> Metric:
    """Something that goes up and down."""
    return Metric(name, "gauge", help, samples)


def counter(name: str, help: str, *samples: Sample) -> Metric:
    """Something that only grows while the process lives."""
    return Metric(name, "counter", help, samples)


def exposition(metrics: Iterable[Metric]) -> str:
    """The text of these metrics, in their order; families without a known value are left out."""
    lines = []
    for metric in metrics:
        known = [one for one in metric.samples if one.value is not None]
        if not known:
            continue
        lines.append(f"# HELP {metric.name} {_escaped(metric.help)}")
        lines.append(f"# TYPE {metric.name} {metric.kind}")
        for one in known:
            labels = ",".join(f'{name}="{_escaped(text, quotes=True)}"' for name, text in one.labels.items())
            lines.append(f"{metric.name}{f'{{{labels}}}' if labels else ''} {_number(one.value)}")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    assert value is not None
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    return repr(value) if isinstance(value, float) else str(int(value))


def _escaped(text: str, *, quotes: bool = False) -> str:
    found = text.replace("\\", "\\\\").replace("\n", "\\n")
    return found.replace('"', '\\"') if quotes else found
