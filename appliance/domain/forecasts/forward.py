"""One run of the hall forward, with times drawn by chance.

One run answers for newcomers of every service at once: it plays the line without them, and a newcomer of a service
would have been called the first time that a desk for it is free and has nobody in hand who goes before them. Who comes
later is played too, as far as they could go before a newcomer of now: those with priority, and those whom a desk serves
mainly that serves others only besides.

Simpler than the rules in this: what has happened in the run before a newcomer would be called is not changed by them;
a booked visitor is called when due, not earlier by a desk with nobody; nobody leaves, and no desk closes.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from appliance.domain.forecasts.durations import Learnt, normal_quantiles
from appliance.domain.forecasts.hall import Hall, Stay
from appliance.domain.plan import PolicyKind

Chance = Callable[[], float]
"""A generator of numbers from 0 up to 1: `random.Random(seed).random`."""

NEVER = math.inf
LATE_WAYS, LATE_NO_SHOW = 2.0, 0.8
"""Who has not come after so many usual ways to a desk is with this probability somebody who won't."""

NORMAL = normal_quantiles(256)


class Person(NamedTuple):
    """Somebody in a run; ordered by rank. `serial` is a number that no other has."""

    rank: float
    serial: int
    service: int
    mains: int
    others: int
    since_s: float
    privileged: bool
    route: tuple[int, ...]
    passed: int


@dataclass(slots=True)
class Question:
    """When newcomers of one rank would be called.

    `left` is the mask of the services without an answer yet; `times` collects the answers by service.
    """

    left: int
    rank: float
    times: list[list[float]]

    def answer(self, services: int, at_s: float) -> None:
        """Newcomers of these services would be called now, if they had not been before."""
        for service in bits(services & self.left):
            self.times[service].append(at_s)
        self.left &= ~services


class Forward:
    """A hall made ready to be run forward. `everybody`: all who come are played, not only who may go before."""

    def __init__(self, hall: Hall, learnt: Learnt, chance: Chance, *, everybody: bool = False) -> None:
        self.hall, self.learnt, self.chance = hall, learnt, chance
        self.ageing = hall.kind is PolicyKind.AGEING
        self.first_norm_s = min(hall.norms_s, default=0)
        self.size = len(learnt.grid) / (1 - learnt.no_show)
        self.log_means = [(learnt.log_means[name], learnt.doubts[name]) for name in hall.services]
        services = range(len(hall.services))
        self.main_desks = [sum(1 << n for n, desk in enumerate(hall.desks) if desk.main >> s & 1) for s in services]
        self.other_desks = [
            sum(1 << n for n, desk in enumerate(hall.desks) if desk.secondary >> s & 1) for s in services
        ]
        self.line: list[Person] = []
        self.due: list[tuple[float, Person]] = []
        for n, one in enumerate(hall.line):
            person = Person(
                one.rank, n, one.service, one.mains, one.secondaries, one.since_s, one.privileged, one.route, one.passed
            )
            if one.due_s > 0:
                self.due.append((one.due_s, person))
            else:
                self.line.append(person)
        self.due.sort(key=lambda due: due[0], reverse=True)
        self.comers = self._coming(everybody)
        self.rate = sum(rate for rate, _, _ in self.comers)
        self.shares = [sum(rate for rate, _, _ in self.comers[: n + 1]) for n in range(len(self.comers))]

    def play(
        self, until_s: float, *, questions: Sequence[Question] = (), waits: list[tuple[float, int]] | None = None
    ) -> int:
        """Run once, until all questions are answered or to `until_s`; how many were called meanwhile.

        `waits` gets every wait with its service: of the called in the order of the calls, then of those who still wait.
        """
        return _Run(self, questions, waits).play(until_s)

    def _coming(self, everybody: bool) -> list[tuple[float, int, float | None]]:
        """Kinds of newcomers: how many a second, for which service, with what head start."""
        hall = self.hall
        shading = 0
        for desk in hall.desks:
            shading |= desk.main if desk.secondary else 0
        kinds: list[tuple[float, int, float | None]] = []
        for service, rate in enumerate(hall.rates):
            if not rate or not (self.main_desks[service] | self.other_desks[service]):
                continue
            share = hall.share if hall.heads else 0.0
            if everybody or shading >> service & 1:
                kinds.append((rate * (1 - share), service, None))
            if share:
                kinds += [(rate * share / len(hall.heads), service, head_s) for head_s in hall.heads]
        return kinds


class _Run:
    """What changes while the hall is run forward once."""

    def __init__(self, ready: Forward, questions: Sequence[Question], waits: list[tuple[float, int]] | None) -> None:
        self._ready, self._waits = ready, waits
        self._questions = [question for question in questions if question.left]
        self._hall, self._chance = ready.hall, ready.chance
        self._line, self._due = ready.line.copy(), ready.due.copy()
        self._scale = [math.exp(mean + doubt * NORMAL[int(ready.chance() * 256)]) for mean, doubt in ready.log_means]
        self._heap: list[tuple[float, int]] = []
        self._routes: dict[int, tuple[tuple[int, ...], float]] = {}
        for n, desk in enumerate(ready.hall.desks):
            self._heap.append((desk.free_in_s if desk.stay is None else self._left_s(desk.stay), n))
            if desk.stay is not None and desk.stay.route:
                self._routes[n] = (desk.stay.route, -1.0)
        heapq.heapify(self._heap)
        self._idle: list[int] = []
        self._passed: dict[int, int] = {}
        self._in_a_row, self._newer_passes = ready.hall.in_a_row, 0
        self._serial, self._calls = len(ready.hall.line), 0
        self._comes_s = self._gap_s()

    def play(self, until_s: float) -> int:
        """Take what is next, a newcomer or a free desk, until nothing is asked any more; how many were called."""
        heap = self._heap
        while self._questions or self._waits is not None:
            free_s = heap[0][0] if heap else NEVER
            next_s = min(self._comes_s, self._due[-1][0]) if self._due else self._comes_s
            if min(free_s, next_s) > until_s:
                break
            if next_s <= free_s:
                self._come(next_s)
                continue
            _, desk = heapq.heappop(heap)
            self._free(desk, free_s)
        if self._waits is not None:
            self._waits += [(until_s - one.since_s, one.service) for one in self._line]
        return self._calls

    def _come(self, at_s: float) -> None:
        """A booked visitor's time has come, or a newcomer has."""
        if self._due and self._due[-1][0] == at_s:
            person = self._due.pop()[1]
        else:
            ready = self._ready
            kind = min(bisect_left(ready.shares, self._chance() * ready.rate), len(ready.comers) - 1)
            _, service, head_s = ready.comers[kind]
            rank = at_s
            if head_s is not None:
                rank = at_s - head_s if ready.ageing else self._hall.rank(head_s) + at_s
            person = self._person(rank, service, at_s, privileged=head_s is not None)
            self._comes_s = at_s + self._gap_s()
        self._join(person, at_s)

    def _join(self, person: Person, at_s: float) -> None:
        """Into the line; a desk with nobody looks up, one that serves them mainly if there is one."""
        insort(self._line, person)
        for mask in (person.mains, person.others):
            for desk in self._idle:
                if mask >> desk & 1:
                    self._idle.remove(desk)
                    heapq.heappush(self._heap, (at_s, desk))
                    return

    def _free(self, desk: int, now_s: float) -> None:
        """A desk has nobody any more: it goes on a break, or calls the next if somebody waits."""
        planned = self._hall.desks[desk]
        if planned.away:
            back_s = next((end for begin, end in planned.away if begin <= now_s < end), None)
            if back_s is not None:
                heapq.heappush(self._heap, (back_s, desk))
                return
        if desk in self._routes:
            route, since_s = self._routes.pop(desk)
            self._join(self._person(since_s, route[0], since_s, privileged=False, route=route[1:]), now_s)
        chosen = self._first(desk, main=True)
        main = chosen is not None
        if chosen is None:
            chosen = self._first(desk, main=False)
        first, ordinary_first = NEVER if chosen is None else chosen.rank, False
        if chosen is not None and chosen.privileged:
            chosen, first, ordinary_first = self._weighed(chosen, 1 << desk, main, now_s)
        self._answer(desk, main, first, ordinary_first, now_s)
        if chosen is None:
            self._idle.append(desk)
        else:
            self._call(chosen, desk, now_s)

    def _first(self, desk: int, *, main: bool) -> Person | None:
        """The first in the line whom this desk serves mainly, or besides."""
        bit = 1 << desk
        for one in self._line:
            if (one.mains if main else one.others) & bit:
                return one
        return None

    def _answer(self, desk: int, main: bool, first: float, ordinary_first: bool, now_s: float) -> None:
        """Newcomers up to rank `first` would be called by this desk now; so would those without priority, if said so.

        If the desk is about to serve nobody mainly, newcomers of its main services would be called whatever their rank.
        """
        planned = self._hall.desks[desk]
        answered = False
        for question in self._questions:
            before = question.rank <= first or (ordinary_first and question.rank == 0)
            if before and question.rank < 0 and question.left and self._held_up(1 << desk, 0.0, now_s):
                continue
            services = planned.main if before or not main else 0
            question.answer(services | (planned.secondary if before and not main else 0), now_s)
            answered = answered or not question.left
        if answered:
            self._questions = [question for question in self._questions if question.left]

    def _weighed(self, chosen: Person, bit: int, main: bool, now_s: float) -> tuple[Person, float, bool]:
        """Whom a desk calls that would call somebody with priority.

        Besides: up to which rank newcomers would go before, and whether those without priority would in any case. An
        ordinary one goes instead who is past the norm and has been passed often enough; so does the next ordinary one
        after a row of priority calls under the ratio policy.
        """
        hall = self._hall
        other = next(
            (one for one in self._line if not one.privileged and (one.mains if main else one.others) & bit), None
        )
        others_turn = hall.kind is PolicyKind.RATIO and self._in_a_row >= hall.ratio
        if others_turn and other is not None:
            return other, other.rank, False
        late = self._held_up(bit, chosen.since_s, now_s)
        if late is not None:
            return late, -NEVER, False
        if others_turn:
            return chosen, chosen.rank, True
        held_up = chosen.since_s > 0 and now_s >= self._ready.first_norm_s and self._newer_passes >= hall.passes
        return chosen, chosen.rank, held_up and (other is None or other.rank >= 0)

    def _held_up(self, bit: int, since_s: float, now_s: float) -> Person | None:
        """The first ordinary one of this desk who came before that, is past the norm, and may not be passed again."""
        for one in self._line:
            if one.privileged or one.since_s >= since_s or not (one.mains | one.others) & bit:
                continue
            late = now_s - one.since_s >= self._hall.norms_s[one.service]
            if late and self._passed.get(one.serial, one.passed) >= self._hall.passes:
                return one
        return None

    def _call(self, person: Person, desk: int, now_s: float) -> None:
        """The desk has this person from now on."""
        self._line.remove(person)
        self._calls += 1
        self._in_a_row = self._in_a_row + 1 if person.privileged else 0
        if person.privileged:
            self._newer_passes += person.since_s > 0 and now_s >= self._ready.first_norm_s
            for one in self._line:
                late = now_s - one.since_s >= self._hall.norms_s[one.service]
                if late and not one.privileged and one.since_s < person.since_s:
                    self._passed[one.serial] = self._passed.get(one.serial, one.passed) + 1
        if self._waits is not None:
            self._waits.append((now_s - person.since_s, person.service))
        learnt, drawn = self._ready.learnt, self._chance()
        if drawn < learnt.no_show:
            lasts_s = learnt.missed_s
        else:
            lasts_s = self._scale[person.service] * learnt.grid[int((drawn - learnt.no_show) * self._ready.size)]
            if person.route:
                self._routes[desk] = (person.route, person.since_s)
        heapq.heappush(self._heap, (now_s + lasts_s, desk))

    def _left_s(self, stay: Stay) -> float:
        """How long a desk still has whom it has: a time drawn from those that are longer than it already took."""
        learnt = self._ready.learnt
        if stay.called:
            late = stay.elapsed_s > LATE_WAYS * learnt.way_s
            if self._chance() < (LATE_NO_SHOW if late else learnt.no_show):
                return max(5.0, learnt.missed_s - stay.elapsed_s)
        grid, usual = learnt.grid, self._scale[stay.service]
        first = bisect_left(grid, stay.elapsed_s / usual)
        if first >= len(grid) - 4:
            return 0.2 * stay.elapsed_s * -math.log(1 - self._chance())
        return usual * grid[first + int(self._chance() * (len(grid) - first))] - stay.elapsed_s

    def _gap_s(self) -> float:
        rate = self._ready.rate
        return -math.log(1 - self._chance()) / rate if rate else NEVER

    def _person(
        self, rank: float, service: int, since_s: float, *, privileged: bool, route: tuple[int, ...] = ()
    ) -> Person:
        mains, others = self._ready.main_desks[service], self._ready.other_desks[service]
        self._serial += 1
        return Person(rank, self._serial, service, mains, others, since_s, privileged, route, 0)


def bits(mask: int) -> Sequence[int]:
    """The indexes of the bits that are set."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
