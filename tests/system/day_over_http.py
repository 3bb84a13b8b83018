"""A day of a large hall through the real API and key panels: `python -m tests.system.day_over_http --visits 300`.

Eleven desks and three reserve ones by the plan of Odintsovo. Visitors take numbers by HTTP; eight desks press keys, six
press on pages and park, transfer and refuse; reception sends, merges and returns; an alarm stops the hall for a while.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from appliance.domain.indicators.day_log import day_logs
from appliance.domain.indicators.facts import facts_of
from appliance.domain.indicators.period import values
from appliance.domain.office import TicketState
from appliance.domain.plans.reader import read_plan
from appliance.scenario.file import instant
from appliance.scenario.playing import faults_unlogged
from appliance.store import journal
from appliance.store.reader import connect_reader
from appliance.store.verify import verify
from tests.system.day_office import PANELS, Caller, DayOffice
from tests.system.day_people import MINUTE_MS, PICKS, Clerk, Habits, Reception, Visitors, final
from tests.system.day_waits import Waits, waits_of

DAY = date(2026, 11, 24)
HOUR_S = 3600
NORM_MIN = 15
PERMANENT, RESERVE = tuple(range(1, 12)), (12, 13, 14)
EXPECTED = frozenset(
    (
        "hall-paused",
        "issuing-closed",
        "nobody-waiting",
        "nobody-serves",
        "route-too-long",
        "too-few-desks",
        "changed-meanwhile",
        "undo-moved-on",
        "desk-cannot-serve",
    )
)
"""What somebody in a hall may be told; anything else is a mistake of this program or of the office."""


@dataclass
class Outcome:
    """What became of the day. `failures` are sentences; an empty list means that all held."""

    figures: dict[str, object] = field(default_factory=dict)
    acts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def must(self, holds: bool, what: str) -> None:
        """Note what doesn't hold."""
        if not holds:
            self.failures.append(what)


def run(folder: Path, visits: int, seed: int = 1, desks: Sequence[int] = PERMANENT + RESERVE) -> Outcome:
    """Play the day in `folder`; only these desks are staffed."""
    outcome, begun, random = Outcome(), time.monotonic(), Random(seed)
    day = DayOffice(folder, (DAY, 8 * HOUR_S - 600))
    try:
        opens_ms = instant(DAY, 8 * HOUR_S, day.zone)
        visitors = Visitors(day, random, visits, opens_ms + MINUTE_MS)
        reception = Reception(day, random)
        clerks = staff(day, random, opens_ms, desks)
        reception.begin(opens_ms + 50 * MINUTE_MS, opens_ms + 9 * 60 * MINUTE_MS, 4 * MINUTE_MS)
        reception.alarm(opens_ms + 3 * 60 * MINUTE_MS, 20)
        late = {"service": "bills", "paper": False}
        day.at(opens_ms + 684 * MINUTE_MS, lambda: visitors.come("late-1", late))
        day.at(opens_ms + 691 * MINUTE_MS, lambda: visitors.come("late-2", late))
        day.play(opens_ms + 751 * MINUTE_MS)
        for acts in (reception.acts, visitors.asked, *(clerk.acts for clerk in clerks)):
            outcome.acts.update(acts)
        owner = day.owner()
        check_the_hall(day, visitors, outcome)
        check_the_figures(folder, owner, outcome)
        outcome.figures["presses of keys"] = day.presses
        outcome.figures["requests over HTTP"] = sum(day.answers.values())
        outcome.figures["refusals"] = dict(
            Counter(code for (_, _, code), n in day.answers.items() for _ in range(n) if code) + day.refused_presses
        )
    finally:
        day.close()
    report = verify(day.box.database)
    outcome.must(report.clean, f"verify: {report.faults}")
    outcome.figures["journal entries"] = report.entries
    outcome.figures["seconds"] = round(time.monotonic() - begun, 1)
    return outcome


def staff(day: DayOffice, random: Random, opens_ms: int, desks: Sequence[int]) -> list[Clerk]:
    """Everybody who serves: till a quarter of an hour after issuing, the reserve only through the rush."""
    made, habits = [], Habits()
    for desk in desks:
        reserve = desk in RESERVE
        until_ms = opens_ms + (5 * 60 if reserve else 11 * 60 + 50) * MINUTE_MS
        page: Caller | None = None
        if desk not in PANELS:
            page = day.signed_in(PICKS if desk == 9 else f"clerk-{desk}", desk)
        clerk = Clerk(day, desk, until_ms, random, habits, page)
        clerk.begin(opens_ms + (90 if reserve else 0) * MINUTE_MS + random.randrange(MINUTE_MS))
        made.append(clerk)
    return made


def check_the_hall(day: DayOffice, visitors: Visitors, outcome: Outcome) -> None:
    """The day is closed, nobody hangs in the air, no number was given twice, nothing broke."""
    office = day.office
    tickets = list(office.tickets.values())
    outcome.must(office.day is not None and office.day.closed is not None, "the day is not closed")
    outcome.must(final(tickets), f"not final: {[t.label for t in tickets if not final([t])]}")
    labels = Counter(given.label for given in visitors.given)
    outcome.must(max(labels.values()) == 1, f"numbers given twice: {[x for x, n in labels.items() if n > 1]}")
    known = {ticket.id: ticket.label for ticket in tickets}
    outcome.must({g.id: g.label for g in visitors.given} == known, "the office has other numbers than the visitors")
    broken = {asked: n for asked, n in day.answers.items() if asked[1] >= 500}
    outcome.must(not broken, f"responses of the 500 kind: {broken}")
    odd = {asked: n for asked, n in day.answers.items() if asked[2] and asked[2] not in EXPECTED}
    outcome.must(not odd, f"unexpected refusals: {odd}")
    hidden = {told: n for told, n in day.refused_presses.items() if told.split()[1] not in EXPECTED}
    outcome.must(not hidden, f"unexpected refusals of presses: {hidden}")
    outcome.must(day.box.writer.internal_errors == 0, "internal errors of the writer")
    states = Counter(ticket.state for ticket in tickets)
    outcome.figures |= {
        "issued": len(tickets),
        "served": states[TicketState.DONE],
        "missed": states[TicketState.MISSED],
        "left": states[TicketState.LEFT],
        "refused at the kiosk": dict(visitors.refused),
        "repeated requests": visitors.repeated,
    }


def check_the_figures(folder: Path, owner: Caller, outcome: Outcome) -> None:
    """The office's report equals an independent reading of the journal, to the second."""
    command = [sys.executable, "-m", "appliance", "journal", str(folder / "queue.db"), "--jsonl"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    found = waits_of(printed.splitlines())
    outcome.must(found.issued == outcome.figures["issued"], "the journal has another number of tickets")
    ends = Counter(found.outcomes.values())
    for state, name in (("done", "served"), ("missed", "missed"), ("left", "left")):
        outcome.must(ends[state] == outcome.figures[name], f"{name}: {ends[state]} by the journal")
    outcome.figures |= {
        "mean wait, s": round(found.mean_ms / 1000),
        "longest wait, s": round(max(found.each.values()) / 1000),
        f"share over {NORM_MIN} min": round(found.over(NORM_MIN), 4),
    }
    compare("indicators", _computed(folder), found, outcome)
    status, report = owner.ask("GET", f"/api/v1/indicators?first={DAY}&last={DAY}")
    outcome.must(status == 200, f"the API's report: {status} {report}")
    told = {one["id"]: one["value"] for one in report.get("values", ())}
    compare("report of the API", told, found, outcome)


def compare(name: str, told: dict[str, float | None], found: Waits, outcome: Outcome) -> None:
    """Mean and share of a report against those of the journal."""
    mean, over = told.get("wait_mean"), told.get("over_norm")
    same = mean is not None and over is not None
    same = same and round(mean or 0) == round(found.mean_ms) and abs((over or 0) - found.over(NORM_MIN)) < 1e-9
    counted = {"issued": found.issued, "served": list(found.outcomes.values()).count("done")}
    same = same and all(told.get(what) == number for what, number in counted.items())
    outcome.must(same, f"{name}: mean {mean} and share {over}, by the journal {found.mean_ms}, {found.over(NORM_MIN)}")
    outcome.figures[name] = "equal to the journal" if same else "NOT equal"


def _computed(folder: Path) -> dict[str, float | None]:
    """The office's own computation of the indicators."""
    db = connect_reader(folder / "queue.db")
    try:
        plans = {digest: read_plan(text) for digest, text in db.execute("SELECT digest, document FROM plan")}
        (log,) = day_logs(map(journal.record_of, journal.rows(db)), plans.__getitem__)
    finally:
        db.close()
    return {name: one.value for name, one in values(facts_of(log)).items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Play and print; 1 if something doesn't hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--desks", type=int, nargs="+", default=PERMANENT + RESERVE)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="talon-http-day-") as folder, faults_unlogged():
        outcome = run(Path(folder), options.visits, options.seed, options.desks)
    for name, figure in outcome.figures.items():
        print(f"{name:<24} {figure}")
    print(f"{'acts':<24} {dict(sorted(outcome.acts.items()))}")
    for failure in outcome.failures:
        print(f"FAILED: {failure}")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
