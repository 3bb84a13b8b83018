"""The documentation of the indicators: `python -m appliance.indicator_docs` writes docs/indicators.md.

Everything in it stands beside the code that computes it; a test holds the committed file equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from appliance.domain.indicators.measure import MEASURES
from appliance.domain.indicators.period import INDICATORS, NOT_OPENED
from appliance.domain.indicators.present import NOW_INDICATORS

COMMITTED = Path(__file__).resolve().parents[1] / "docs" / "indicators.md"

OPENING = """# Indicators

<!-- Written by `python -m appliance.indicator_docs` from the definitions beside the code; don't edit. -->

Every value follows from the journal alone (`talon journal --jsonl --redated`) and the plan in force, and names the
entries behind it. What holds for all of them:

- **A duration** within one start of the box comes from its uptime, across starts from the wall clock. The minutes of a
  pause of the hall count for nothing. Times are milliseconds.
- **An undone act** never happened: an undone call is no first call, an undone finish ends nothing. It is counted in
  `undone`.
- **What the closing of a day ended** is counted and flagged "by the system", and its time counts nowhere.
- **Entries of an untrusted clock** are read at the time that a later correction gives them. Where none came, there is
  no hour of the day, no booking and no schedule, but waits and services are known all the same.
- **A day** is from its opening to the next one. Whoever is turned away between two days counts with the later one if
  it bears the date on which they came, else with the earlier one.
- **A period** is any set of days. Sums and sorted values are kept for each day and put together, never means of means.
- **Percentiles** are nearest rank: the smallest value that at least so many per cent of all values don't exceed.
- **A part**: by service, organisation, purpose, category, desk, operator, hour of the day, reason. A visit belongs to
  the service asked for, its first desk (what became of it: its last) and the hour of its number; what happens from a
  call on to the service and desk of that call and its hour; desk time to the hour in which the stretch began.
- **Norms** are those of the plan in force at the call (waiting) or at the end (service).
- Without samples there is no mean, percentile or share. `n` is always told with the value.
"""


def render() -> str:
    """The committed document."""
    return "\n".join([OPENING, *_now(), "", *_period(), "", *_measures()]) + "\n"


def _now() -> Iterator[str]:
    yield "## Now\n"
    yield "| id | what | unit | what counts | source |"
    yield "|---|---|---|---|---|"
    for one in NOW_INDICATORS:
        yield f"| `{one.id}` | {one.name} | {one.unit} | {one.text} | {one.source} |"


def _period() -> Iterator[str]:
    yield "## Of a period\n"
    yield "| id | what | unit | formula | source |"
    yield "|---|---|---|---|---|"
    for one in INDICATORS.values():
        name = f"{one.name} (whole hall)" if one.whole else one.name
        yield f"| `{one.id}` | {name} | {one.unit} | {one.formula} | {one.source} |"
    indicator, name, formula, source = NOT_OPENED
    yield f"| `{indicator}` | {name} (whole hall) | count | {formula} | {source} |"


def _measures() -> Iterator[str]:
    yield "## What they are made of\n"
    yield "| measure | what counts |"
    yield "|---|---|"
    for one in MEASURES.values():
        yield f"| `{one.id}` | {one.text} |"


if __name__ == "__main__":
    COMMITTED.write_text(render(), encoding="utf-8")
    print(f"{COMMITTED}: {len(INDICATORS) + len(NOW_INDICATORS) + 1} indicators")
