"""A day as text: playing it through the real mailbox, debounce, voice and printer on accelerated time."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from pathlib import Path
from random import Random

from appliance.domain.calling import CallBack, ReturnTicket, Transfer
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import SignIn, SignOut
from appliance.domain.message import Command
from appliance.domain.office import Ticket
from appliance.domain.refusal import Refused
from appliance.domain.slips import Reprint
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket
from appliance.scenario_expect import Book, PaperFact, find_ticket, found_instead, label
from appliance.scenario_file import Line, Scenario, ScenarioError, instant, read_file
from appliance.scenario_office import Box, PowerCut
from appliance.scenario_people import Fingers, Operator
from appliance.scenario_told import EventLines, Summary
from appliance.store.verify import Report, verify
from appliance.words import sentence
from hardware.simulator.paper import Paper

SECOND_MS, STRIDE_MS = 1_000, 60_000
DARK_MS = 40_000
"""How long a box is without power when the file doesn't say."""

GESTURE_MS = 1_500
"""How long an expectation waits for the keys that are still being pressed."""


@dataclass(slots=True)
class Result:
    """What became of a day. `failures` are sentences that begin with file and line."""

    failures: list[str] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    report: Report = field(default_factory=Report)

    @property
    def ok(self) -> bool:
        """Whether all that was expected came true and the database is what its journal says."""
        return not self.failures and self.report.clean


def play_file(
    file: Path, plan: Path | None, keep: Path | None, language: str, *, verbose: bool | None = None
) -> int:
    """Play a file and tell what happened; 0 when all came true, 1 when not, 2 when it can't be played.

    `verbose` (by default: whether debugging is logged) tells each event as it happens.
    """
    if verbose is None:
        verbose = logging.getLogger().isEnabledFor(logging.DEBUG)
    try:
        scenario = read_file(file, plan)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{file}: {error.strerror}", file=sys.stderr)
        return 2
    if keep is not None and (keep / "queue.db").exists():
        print(f"{keep} holds the queue.db of another day", file=sys.stderr)
        return 2
    # Refusals and faults are what a day is made of: they are told as events, not logged besides.
    logging.getLogger("appliance").setLevel(logging.ERROR)
    logging.getLogger("hardware").setLevel(logging.ERROR)
    told: Callable[[str], None] = print if verbose else lambda line: None
    result = play(scenario, keep, told=told, language=language)
    for failure in result.failures:
        print(failure)
    for code, detail in result.report.faults:
        print(f"{file}: {sentence(f'verify-{code}', {}, language)} {detail}")
    for line in result.summary.lines():
        print(line)
    verdict = "clean" if result.report.clean else "NOT clean"
    print(f"database {verdict}: {result.report.entries} journal entries, {result.report.rows} rows")
    return 0 if result.ok else 1


def play(
    scenario: Scenario,
    keep: Path | None = None,
    *,
    told: Callable[[str], None] = lambda line: None,
    language: str = "en",
) -> Result:
    """Play a day in `keep`, or in a folder that is removed afterwards."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        return Player(scenario, keep, told, language, papers=keep / "papers").play()
    with tempfile.TemporaryDirectory(prefix="talon-day-") as folder:
        return Player(scenario, Path(folder), told, language, papers=None).play()


class Player:
    """One day being played."""

    def __init__(
        self, scenario: Scenario, folder: Path, told: Callable[[str], None], language: str, *, papers: Path | None
    ) -> None:
        self._scenario, self._told, self._language, self._papers = scenario, told, language, papers
        self._box = Box(scenario, folder)
        self._time = self._box.time
        self._fingers = Fingers(scenario.hardware.key_pins(), lambda: self._time.now_ms)
        self._book, self._events = Book(), EventLines()
        self._result = Result()
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._next_second = self._time.now_ms
        self._restless = True
        self._visits = 0
        self._shown_date = ""
        self._rewoken = 0

    def play(self) -> Result:
        """Play to the end and look at what it left behind."""
        begun = time.monotonic()
        if self._papers is not None:
            self._papers.mkdir(exist_ok=True)
        try:
            self._wake()
            for line in self._scenario.lines:
                self._at(line.at_ms, partial(self._act, line))
            while (due := self._next_due()) is not None:
                self._pass_time(due)
                if self._fingers.next_ms() == self._time.now_ms:
                    self._fingers.run()
                elif self._agenda and self._agenda[0][0] <= self._time.now_ms:
                    heappop(self._agenda)[2]()
                self._settle()
        finally:
            self._fingers.disconnect()
            self._box.close()
        self._finish(time.monotonic() - begun)
        return self._result

    def _finish(self, wall_s: float) -> None:
        summary = self._result.summary = Summary.of(self._box.database)
        summary.papers = len(self._book.papers)
        summary.torn = sum(paper.torn for paper in self._book.papers)
        summary.spoken = len(self._book.spoken)
        summary.refused = self._book.refused
        summary.presses_ignored = self._fingers.ignored
        summary.wall_s = wall_s
        summary.virtual_s = (self._time.now_ms - self._scenario.start_ms) / 1000
        self._result.report = verify(self._box.database)

    def _at(self, at_ms: int, action: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._agenda, (at_ms, self._order, action))

    def _next_due(self) -> int | None:
        times = [self._agenda[0][0]] if self._agenda else []
        moving = self._fingers.next_ms()
        if moving is not None:
            times.append(moving)
        return max(self._time.now_ms, min(times)) if times else None

    def _pass_time(self, until_ms: int) -> None:
        """Let the clock worker have each second on the way; minutes in which nothing can fall due are leapt over."""
        while self._next_second <= until_ms:
            if self._box.alive and not self._restless:
                leap = min(until_ms, self._next_second - self._next_second % STRIDE_MS + STRIDE_MS - 1)
                if leap > self._next_second and not self._box.due_by(leap):
                    self._next_second = leap - leap % SECOND_MS + SECOND_MS
                    continue
            self._time.now_ms = max(self._time.now_ms, self._next_second)
            self._next_second += SECOND_MS
            if self._box.alive:
                self._restless = False
                self._box.look()
                self._settle(after_act=False)
        self._time.now_ms = max(self._time.now_ms, until_ms)

    def _settle(self, *, after_act: bool = True) -> None:
        """Let everything follow from what was done: answers, announcements, slips."""
        self._restless = self._restless or after_act
        if not self._box.alive:
            return
        try:
            while self._answers() or self._announce() or self._box.print():
                pass
            self._collect_papers()
        except PowerCut:
            self._answers()
            self._collect_papers()
            self._power_cut(DARK_MS)

    def _answers(self) -> bool:
        """Wait for what was asked and tell it; whether anything was."""
        asked = self._box.writer.asked
        any_asked = bool(asked)
        while asked:
            question = asked.popleft()
            try:
                outcome = question.answer.result(60.0)
            except Refused as refusal:
                self._book.refused[refusal.code.value] += 1
                self._book.refused_lately.append(refusal.code.value)
                why = sentence(refusal.code.value, refusal.facts, self._language)
                self._tell(f"{question.actor} {type(question.command).__name__} refused: {refusal.code.value}. {why}")
                continue
            for record in outcome.records:
                self._tell(self._events.line(record))
        return any_asked

    def _announce(self) -> bool:
        heard = len(self._box.voice.heard()), self._box.voice.heard()[-1:]
        spoke = self._box.announce()
        newest = self._box.voice.heard()[-1:]
        if spoke and newest and (len(self._box.voice.heard()), newest) != heard:
            self._book.spoken.append(newest[0].text)
            self._book.spoken_lately += 1
            self._tell(f'voice "{newest[0].text}"')
        return spoke

    def _collect_papers(self) -> None:
        for paper in self._box.take_papers():
            fact = PaperFact(tuple(paper.job_ids), paper.marked, paper.torn)
            self._book.papers.append(fact)
            self._keep_paper(paper, fact)
            names = [content.number for slip in fact.slips if (content := self._contents.get(slip)) is not None]
            marks = f"{' (copy)' if fact.marked else ''}{' (torn)' if fact.torn else ''}"
            self._tell(f"paper {' '.join(names)}{marks}")

    @property
    def _contents(self) -> Mapping[int, object]:
        return self._box.paper.contents if self._box.paper is not None else {}

    def _tell(self, what: str) -> None:
        local = datetime.fromtimestamp(self._time.now_ms / 1000, self._scenario.zone)
        if self._shown_date != f"{local:%Y-%m-%d}":
            self._shown_date = f"{local:%Y-%m-%d}"
            self._told(f"{self._shown_date}")
        self._told(f"{local:%H:%M:%S} {what}")
