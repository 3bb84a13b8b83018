"""The documentation of the wall: `python -m sync.centre.indicator_docs` writes docs/centre-indicators.md.

Everything in it stands beside the code that computes it; a test holds the committed file equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync.centre.advice import HIT_S, NEWCOMERS_MS, SCORED_AFTER_MS
from sync.centre.alarm_rules import BELL, DEVICES, HALL, LINE, PULSE, TRUST
from sync.centre.alarm_words import RULE_WORDS
from sync.centre.alarms import ESCALATED_AFTER_MS, MOST_ESCALATIONS
from sync.centre.forecast import BUSY, WEEKS
from sync.centre.schedule import EARLY_MIN
from sync.centre.thresholds import BELOW, DEFAULTS, MOBILE, OF_KIND
from sync.centre.tile_figures import TILE_FIGURES, TROUBLE

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "centre-indicators.md"

OPENING = f"""# The wall: figures, states and alarms

<!-- Written by `python -m sync.centre.indicator_docs` from the definitions beside the code; don't edit. -->

The centre computes every figure from an office's own journal by the office's own rules (docs/indicators.md); each names
the journal entries behind it. What holds for all of them:

- **The moment.** A figure speaks of the moment up to which the office's data are known to be complete: the present
  while the line holds, else the moment of the last word. Nothing is told as "now" that isn't, and what is unknown is
  unknown, never 0.
- **The office's clock.** A moment of the office is carried on by its own clocks; how far they are off is known from the
  pulse. Waits come out right though the clock is wrong.
- **Late data** (a bus out for three days) are told at their true time as they come in.
- **Levels** (warning, alarm) are those of the thresholds in force, and only of a live office: what is stale is grey.

## States of a tile

| state | when |
|---|---|
| live | complete within the last {DEFAULTS["stale"].warn:.0f} s, and the office is open by plan or receives anyway |
| off | the same, but nothing is planned now: before opening, a day off, a bus between two stops |
| stale | nothing newer is known, from {EARLY_MIN} minutes before opening to closing |
| asleep | nothing newer is known, at any other time; rings nobody |
| doubt | the data may not be believed, whatever their age |
| never | nothing has ever come |

Hours are those of the plan with the public and the office's own calendar; those of a mobile office are its stops'.
Totals of the network count live and off tiles alone, and name how many are missing (stale, doubt, never).
Means are weighted by people.
"""

AFTER_ALARMS = f"""
*For* is how long it must be so before it rings, *clear* how long it must be over (below the lower threshold, less the
margin) before it closes by itself. The hall's rules are judged of live offices alone: silence neither raises nor closes
them, sleep ends them. Devices are judged from {EARLY_MIN} minutes before opening to closing, the bell at any hour.
Every threshold is data: for the network, for fixed or mobile offices, for one office; who changed it when is kept.

One alarm for each office, rule and subject. An alarm that nobody takes is escalated every
{ESCALATED_AFTER_MS // 60_000} minutes, {MOST_ESCALATIONS} times. A warning that somebody has taken must be taken anew
when it becomes an alarm. Planned works silence an office until a stated time.

## Forecast and advice

Three numbers of a day: *expected* numbers (those taken, and those to come by the mean of the newest {WEEKS} days of the
weekday, by half-hours, bent by today so far; without any day the plan: {BUSY:.0%} of its desk time), *capacity* (whom
the desks that work now can have served till the end of reception, their roster's breaks left out, at today's pace) and
*actual* numbers. The expected finish runs the line down half-hour by half-hour.

The advice is the office's own (docs/estimates.md), made of the image at most once a minute for each office with a line.
Each is kept and scores itself {SCORED_AFTER_MS // 60_000} minutes later by the office's own events: was every advised
desk opened; the mean wait of those who came in the first {NEWCOMERS_MS // 60_000} minutes, against what was predicted
for the way that was taken (right: off by at most {HIT_S // 60} minutes or half of it); the share over the norm.
"""


def render() -> str:
    """The committed document."""
    parts = [OPENING, *_figures(), "", *_trouble(), "", *_alarms()]
    return "\n".join(parts) + "\n" + AFTER_ALARMS


def _figures() -> Iterator[str]:
    yield "## Figures of a tile\n"
    yield "| id | what | unit | of | what counts | source |"
    yield "|---|---|---|---|---|---|"
    for one in TILE_FIGURES:
        yield f"| `{one.id}` | {one.name} | {one.unit} | {one.of} | {one.text} | {one.source} |"


def _trouble() -> Iterator[str]:
    yield "## The order of the wall\n"
    yield "Weights are added up, the largest sum comes first; equals keep the register's order, who sleeps is last.\n"
    yield "| weight | for |"
    yield "|---|---|"
    for _, weight, text in TROUBLE:
        yield f"| {weight} | {text} |"


def _alarms() -> Iterator[str]:
    yield "## Rules of the alarms\n"
    yield "| rule | of | warns | rings | counted in | for | clear | margin | what to do |"
    yield "|---|---|---|---|---|---|---|---|---|"
    groups = (
        *(("hall", HALL), ("devices", DEVICES), ("bell", BELL)),
        *(("box", PULSE), ("line", LINE), ("data", TRUST)),
    )
    mobile_off = [rule for rule, limit in OF_KIND[MOBILE].items() if limit.off]
    for name, rules in groups:
        for rule in rules:
            limit = DEFAULTS[rule]
            below = " or less" if rule in BELOW else ""
            offices = f"{name}, fixed offices" if rule in mobile_off else name
            todo = RULE_WORDS[rule].todo.replace("%(desks)s", "those that are closed")
            warns, rings = (f"{one:g}{below}" if one is not None else "" for one in (limit.warn, limit.alarm))
            numbers = f"{limit.for_s} s | {limit.clear_s} s | {limit.margin:g}"
            yield f"| `{rule}` | {offices} | {warns} | {rings} | {limit.unit} | {numbers} | {todo} |"


if __name__ == "__main__":
    COMMITTED.write_text(render(), encoding="utf-8")
    print(f"{COMMITTED}: {len(TILE_FIGURES)} figures, {len(DEFAULTS) - 1} rules")
