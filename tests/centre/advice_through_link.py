"""The advice of the centre through the link: `python -m tests.centre.advice_through_link --seeds 20`.

300 visits, 11 desks at a mean of 15 minutes, 3 in reserve. The office's journal goes row by row into the centre's
facts, its image is made of them, and the wall and the advice come from that image alone; what the centre orders reaches
the office as a directive. Each day is played twice: nobody does anything, and every advice is followed.

Holds: in every day in which somebody would wait longer than 15 minutes the wall has warned before that moment;
followed, the share over the norm is at most 3 % of all visitors of all days; unfollowed it is far above (the control).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from appliance.domain.chain import GENESIS
from appliance.domain.directives import ApplyDirective, actor_of
from appliance.domain.hours import NO_CALENDAR
from appliance.domain.office import DeskState, TicketState
from appliance.domain.plan import DeskClass
from appliance.simulation.arrivals import lognormal_s, visitors
from appliance.simulation.day import Day
from appliance.simulation.figures import Figures
from appliance.simulation.scene import Scene, plain_hall, popularity, true_means_s
from appliance.store.journal import Row, row_of
from sync.centre.advice import scores
from sync.centre.advising import LearntDayRow
from sync.centre.alarm import Alarm
from sync.centre.doubts import Doubts
from sync.centre.facts import Facts
from sync.centre.network import LiveNetwork
from sync.centre.offices import OfficeEntry, Offices
from sync.centre.store import Store
from sync.centre.watching import Watching
from sync.pulse import Pulse

INCARNATION = "0001-0000life"
REPLICA_S = 3.0
"""So long after its commit is a row at the centre."""

DIRECTIVE_S = 5.0
"""So long after the dispatcher's press does the office apply a directive."""

DISPATCHER_S = 20.0
"""So long does a dispatcher take to press."""

QUIET_MIN = 10
SPARE_DESKS = 2
NORM_S = 15 * 60


@dataclass
class Played:
    """What became of one day. Seconds of the day; None: it never happened."""

    warned_s: float | None = None
    advised_s: float | None = None
    passed_s: float | None = None
    ordered: int = 0
    refused: int = 0
    scored: dict[str, float | int | None] = field(default_factory=dict)
    rung: list[str] = field(default_factory=list)

    @property
    def in_time(self) -> bool:
        """Whether the wall warned before somebody had waited for 15 minutes."""
        return self.passed_s is None or (self.warned_s is not None and self.warned_s < self.passed_s)


class Centre:
    """A centre that hears of one simulated office, and a dispatcher who follows its advice if `follow`.

    It is the simulated office's head too: local staff close a reserve desk when it is quiet, as FollowingHead does.
    """

    def __init__(self, store: Store, scene: Scene, *, follow: bool) -> None:
        self._scene, self._follow, self.played = scene, follow, Played()
        self._store, self._facts = store, Facts(store)
        self._network = LiveNetwork(self._facts, Doubts(store))
        offices = Offices(store)
        self._office = scene.plan.office
        offices.put(OfficeEntry(self._office, "Simulated"))
        self._watching = Watching(
            store,
            self._network,
            offices,
            NoDays(),
            lambda _: NO_CALENDAR,
            lambda: 0,
            chance=scene.dice("advice").random,
        )
        self._watching.alarms.listen(self._heard)
        self._sent = 0
        self._count = 0
        self._chain = GENESIS
        self._second = 0.0
        self._orders = 0
        self._asked: dict[int, float] = {}
        self._opened: list[int] = []
        self._quiet_min = 0

    def look(self, day: Day) -> None:
        """Once a minute: what has come, the rules, the look ahead, the dispatcher, and local staff."""
        self._second = day.book.second
        now_ms = self._scene.utc_ms(self._second)
        self._replicate(day, now_ms)
        glance = self._watching.wall.glance(self._office, now_ms)
        if glance is not None:
            self._watching.look_ahead(glance, now_ms)
        self._watching.look(now_ms)
        advised = self._watching.advising.current(self._office, now_ms)
        if advised is not None:
            self.played.advised_s = self.played.advised_s or self._second
            self.played.warned_s = self.played.warned_s or self._second
            for desk in advised.desks if self._follow else ():
                self._order(day, desk)
        self._release_when_quiet(day)

    def end(self) -> None:
        """The figures of the day's advice."""
        self.played.scored = dict(scores(self._watching.advising.history(self._office, 0, 2**50)))

    def _replicate(self, day: Day, now_ms: int) -> None:
        """The rows that have had the time to come, and a pulse."""
        until_ms = now_ms - round(REPLICA_S * 1000)
        rows: list[Row] = []
        for record in day.book.records[self._sent :]:
            if record.moment.at_ms > until_ms:
                break
            rows.append(row_of(record, self._chain))
            self._chain = rows[-1][-1]
        self._sent += len(rows)
        plans = {self._scene.plan.digest: self._scene.plan.document}
        if rows:
            news = self._facts.extend(self._office, INCARNATION, rows, plans, now_ms, self._sent)
            self._network.extended(news, now_ms)
        self._count += 1
        pulse = Pulse(self._office, INCARNATION, "s", self._count, now_ms, self._sent, self._chain.hex())
        self._network.pulse(self._office, pulse, now_ms)

    def _heard(self, alarm: Alarm) -> None:
        self.played.rung.append(alarm.rule)
        if alarm.rule in ("newcomer-wait", "oldest-wait"):
            self.played.warned_s = self.played.warned_s or self._second

    def _order(self, day: Day, desk: int) -> None:
        """One directive for each desk until its effect has come back."""
        if self._second - self._asked.get(desk, -3600.0) < 120 or day.office.desks[desk].state is not DeskState.CLOSED:
            return
        self._asked[desk] = self._second
        day._at(self._second + DISPATCHER_S + DIRECTIVE_S, lambda: self._apply(day, desk))

    def _apply(self, day: Day, desk: int) -> None:
        self._orders += 1
        now_ms = self._scene.utc_ms(day.book.second)
        body = json.dumps({"desk": desk})
        directive = ApplyDirective(
            self._orders, f"d{self._orders}", "open-desk", body, "d-1", "line", now_ms - 5000, now_ms + 600_000
        )
        day.book.do(directive, actor_of("d-1"))
        if day.office.desks[desk].state is DeskState.FREE:
            self.played.ordered += 1
            self._opened.append(desk)
            day.open(desk)
        else:
            self.played.refused += 1

    def _release_when_quiet(self, day: Day) -> None:
        waiting = any(ticket.state is TicketState.WAITING for ticket in day.office.tickets.values())
        free = sum(desk.state is DeskState.FREE for desk in day.office.desks.values())
        self._quiet_min = 0 if waiting or free < SPARE_DESKS else self._quiet_min + 1
        permanent = (d.number for d in self._scene.plan.desks.values() if d.desk_class is DeskClass.PERMANENT)
        receiving = any(day.office.desks[number].state is not DeskState.CLOSED for number in permanent)
        if self._opened and (self._quiet_min >= QUIET_MIN or not receiving):
            day.release(self._opened.pop())
            self._quiet_min = 0


class NoDays:
    """The figures of the day aren't asked for here."""

    def logs(self, office: str, first: object, last: object) -> Sequence[object]:
        return ()


def learn_past(store: Store, scene: Scene) -> None:
    """What the centre has kept of the office's earlier days: as many visits with times of the same kind."""
    dice = Random(f"{scene.seed}:past")
    with store.write() as session:
        for ago in range(1, scene.past_days + 1):
            earlier = Scene(scene.plan, scene.seed * 1000 + ago, scene.means_s, scene.weights, scene.visits)
            counts = [0] * 48
            times = []
            for visitor in visitors(earlier):
                counts[int(visitor.at_s // 1800)] += 1
                times.append([visitor.service, round(lognormal_s(dice, scene.means_s[visitor.service], scene.cv))])
            session.add(
                LearntDayRow(
                    office=scene.plan.office,
                    date=(scene.date - timedelta(days=ago)).isoformat(),
                    day=0,
                    arrivals=json.dumps(counts),
                    times=json.dumps(times),
                )
            )


def play(seed: int, *, follow: bool, past_days: int = 5) -> tuple[Played, Figures]:
    """One day with the centre looking on."""
    plan = plain_hall(11, 3)
    scene = Scene(
        plan=plan,
        seed=seed,
        means_s=true_means_s(plan, 900.0),
        weights=popularity(plan),
        estimates=False,
        past_days=past_days,
    )
    with TemporaryDirectory(prefix="talon-advice-") as folder:
        store = Store(f"sqlite:///{Path(folder) / 'centre.db'}")
        store.make_tables()
        learn_past(store, scene)
        centre = Centre(store, scene, follow=follow)
        day = Day(scene, None, centre)
        book = day.play()
        centre.end()
        store.close()
    figures = Figures()
    figures.add(plan, book.records, frozenset(d.number for d in plan.desks.values() if d.number > 11))
    centre.played.passed_s = first_passed_s(scene, day)
    return centre.played, figures


def first_passed_s(scene: Scene, day: Day) -> float | None:
    """The second at which somebody had waited for the norm, whether called later or not."""
    found = []
    for ticket in day.book.office.tickets.values():
        ended = ticket.first_called or ticket.ended
        if ended is not None and ended.moment.since(ticket.issued.moment) > NORM_S * 1000:
            found.append((ticket.issued.moment.at_ms - scene.utc_ms(0)) / 1000 + NORM_S)
    return min(found, default=None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the days, print a table; 0 if all holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--past-days", type=int, default=5)
    options = parser.parse_args(arguments)
    began = time.process_time()
    alone, followed = Figures(), Figures()
    late, scored = [], list[dict[str, float | int | None]]()
    print("seed  over alone  over followed  warned  first past 15  lead min  orders refused")
    for seed in range(options.seed, options.seed + options.seeds):
        played, figures = play(seed, follow=False, past_days=options.past_days)
        helped, better = play(seed, follow=True, past_days=options.past_days)
        alone.visits += figures.visits
        followed.visits += better.visits
        scored.append(helped.scored)
        lead = (played.passed_s - played.warned_s) / 60 if played.passed_s and played.warned_s else None
        if not played.in_time:
            late.append(seed)
        print(
            f"{seed:4}  {share(figures):9.1%}  {share(better):12.1%}  {clock(played.warned_s):>6}  "
            f"{clock(played.passed_s):>13}  {'' if lead is None else f'{lead:8.1f}':>8}  "
            f"{helped.ordered:6} {helped.refused:7}",
            flush=True,
        )
    errors = [one["wait_error_s"] for one in scored if one.get("wait_error_s") is not None]
    hits, judged = (sum(int(one.get(name) or 0) for one in scored) for name in ("hits", "judged"))
    print(f"pooled: alone {share(alone):.1%}, followed {share(followed):.1%} of {len(followed.visits)} visits")
    print(f"warned too late in: {late or 'none'}")
    print(
        f"advice scored itself: {hits} of {judged} right; mean error {sum(errors) / len(errors) if errors else 0:.0f} s"
    )
    print(f"cpu {time.process_time() - began:.0f} s")
    holds = not late and share(followed) <= 0.03 and share(alone) >= 0.15
    print("holds" if holds else "DOES NOT HOLD")
    return 0 if holds else 1


def share(figures: Figures) -> float:
    """The share over the norm."""
    return sum(visit.over for visit in figures.visits) / len(figures.visits)


def clock(second: float | None) -> str:
    """A second of the day as 10:42."""
    return "-" if second is None else f"{int(second // 3600):02}:{int(second % 3600 // 60):02}"


if __name__ == "__main__":
    sys.exit(main())
