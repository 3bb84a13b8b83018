"""A day as text: playing it through the real mailbox, debounce, voice and printer on accelerated time."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from pathlib import Path

from appliance.document_words import database
from appliance.domain.refusal import Refused
from appliance.domain.tickets import TakeTicket
from appliance.domain.turning_away import OF_REFUSAL, TurnAway
from appliance.scenario.acts import DARK_S, KIOSK, Acts
from appliance.scenario.expect import Book, PaperFact, found_instead
from appliance.scenario.file import Line, Scenario, ScenarioError, read_file
from appliance.scenario.grammar import NO_POWER
from appliance.scenario.office import Asked, Box, PowerCut
from appliance.scenario.people import Fingers
from appliance.scenario.told import EventLines, Summary, keep_paper
from appliance.store.verify import Report, verify
from appliance.words import sentence

SECOND_MS, STRIDE_MS = 1_000, 60_000

GESTURE_MS = 1_500
"""How long whoever is no key waits for the keys that are being pressed."""

KEYS = ("desk", "button", "bell", "answer", "loop")


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


def play_file(file: Path, plan: Path | None, keep: Path | None, language: str, *, verbose: bool | None = None) -> int:
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
    told: Callable[[str], None] = print if verbose else lambda _: None
    with faults_unlogged():
        result = play(scenario, keep, told=told, language=language)
    for failure in result.failures:
        print(failure)
    for code, detail in result.report.faults:
        print(f"{file}: {database(f'verify-{code}', language)} {detail}")
    for line in result.summary.lines():
        print(line)
    verdict = "clean" if result.report.clean else "NOT clean"
    print(f"database {verdict}: {result.report.entries} journal entries, {result.report.rows} rows")
    return 0 if result.ok else 1


@contextmanager
def faults_unlogged() -> Iterator[None]:
    """Refusals and faults are what a day is made of: they are told as events, not logged besides."""
    loggers = [logging.getLogger(name) for name in ("appliance", "hardware")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def play(
    scenario: Scenario,
    keep: Path | None = None,
    *,
    told: Callable[[str], None] = lambda _: None,
    language: str = "en",
) -> Result:
    """Play a day in `keep`, or in a folder that is removed afterwards."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        return Player(scenario, keep, told, language, papers=keep / "papers").play()
    with tempfile.TemporaryDirectory(prefix="talon-day-") as folder:
        return Player(scenario, Path(folder), told, language, papers=None).play()


class Player:
    """One day being played: an agenda of acts, keys that move, and a clock that is looked at each second."""

    def __init__(
        self, scenario: Scenario, folder: Path, told: Callable[[str], None], language: str, *, papers: Path | None
    ) -> None:
        self._scenario, self._told, self._language, self._papers = scenario, told, language, papers
        self._box = Box(scenario, folder)
        self._time = self._box.time
        self._fingers = Fingers(scenario.hardware.wired_keys(), lambda: self._time.now_ms)
        self._acts = Acts(scenario, self._box, self._fingers, self)
        self._book, self._events = Book(), EventLines()
        self._result = Result()
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._next_second = self._time.now_ms
        self._restless = True
        self._shown_date = ""

    def play(self) -> Result:
        """Play to the end and look at what it left behind."""
        begun = time.monotonic()
        if self._papers is not None:
            self._papers.mkdir(exist_ok=True)
        try:
            self._wake()
            for line in self._scenario.lines:
                self.at(line.at_ms, partial(self._play_line, line))
            while (due := self._next_due()) is not None:
                self._step(due)
        finally:
            self._fingers.disconnect()
            self._box.close()
        self._finish(time.monotonic() - begun)
        return self._result

    def at(self, at_ms: int, action: Callable[[], None]) -> None:
        """Put an action on the agenda; those of one moment keep their order."""
        self._order += 1
        heappush(self._agenda, (at_ms, self._order, action))

    def tell(self, what: str) -> None:
        """One line of what happens."""
        local = datetime.fromtimestamp(self._time.now_ms / 1000, self._scenario.zone)
        if self._shown_date != f"{local:%Y-%m-%d}":
            self._shown_date = f"{local:%Y-%m-%d}"
            self._told(self._shown_date)
        self._told(f"{local:%H:%M:%S} {what}")

    def fail(self, line: Line, what: str) -> None:
        """Note that a line didn't come true."""
        failure = f"{self._scenario.path}:{line.number}: {what}"
        self._result.failures.append(failure)
        self.tell(f"FAILED {failure}")

    def no_power(self, what: str) -> None:
        """Note that somebody asked a dark box."""
        self._book.refuse(NO_POWER)
        self.tell(f"{what} refused: {NO_POWER}")

    def power_cut(self, dark_s: int) -> None:
        """Kill the box; it wakes when the power is back."""
        self._fingers.disconnect()
        self._box.kill()
        self.tell("power cut")
        self.at(self._time.now_ms + dark_s * 1000, partial(self._power_back, dark_s))

    def restart(self) -> None:
        """End the process in order and begin a new one in the same boot."""
        if self._box.alive:
            self._box.stop()
            self.tell("restart")
            self._wake()

    def _power_back(self, dark_s: int) -> None:
        self._time.reboot(dark_s * 1000)
        self.tell("power back")
        self._wake()

    def _wake(self) -> None:
        self._box.start()
        self._fingers.connect(self._box.pressing.on_press, self._box.pressing.on_stuck)
        self._settle()

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

    def _next_due(self) -> int | None:
        moving = self._fingers.next_ms()
        times = [moving] if moving is not None else []
        times += [self._agenda[0][0]] if self._agenda else []
        return min(times, default=None)

    def _step(self, due_ms: int) -> None:
        self._pass_time(due_ms)
        moving = self._fingers.next_ms()
        if moving is not None and moving <= self._time.now_ms:
            self._fingers.run()
        elif self._agenda and self._agenda[0][0] <= self._time.now_ms:
            heappop(self._agenda)[2]()
        self._settle()

    def _pass_time(self, until_ms: int) -> None:
        """Let the clock worker have each second on the way; a minute in which nothing can fall due is leapt over."""
        while self._next_second <= until_ms:
            second, self._next_second = self._next_second, self._next_second + SECOND_MS
            if not self._box.alive:
                continue
            if not self._restless:
                last = min(until_ms, second - second % STRIDE_MS + STRIDE_MS - 1)
                if not self._box.due_by(last):
                    self._next_second = last - last % SECOND_MS + SECOND_MS
                    continue
            self._time.now_ms = max(self._time.now_ms, second)
            self._restless = False
            self._box.look()
            self._settle(calm=True)
        self._time.now_ms = max(self._time.now_ms, until_ms)

    def _settle(self, *, calm: bool = False) -> None:
        """Let everything follow from what was done: answers, announcements, slips. `calm`: only time has passed."""
        self._restless = self._restless or not calm
        if not self._box.alive:
            return
        try:
            while self._answers() or self._announce() or self._box.print():
                pass
            self._collect_papers()
        except PowerCut:
            self._answers()
            self._collect_papers()
            self.power_cut(DARK_S)

    def _answers(self) -> bool:
        """Wait for what was asked and tell it; whether anything was."""
        asked = self._box.writer.asked
        if not asked:
            return False
        while asked:
            question = asked.popleft()
            try:
                outcome = question.answer.result(60.0)
            except Refused as refusal:
                self._refused(question, refusal)
                continue
            for record in outcome.records:
                self.tell(self._events.line(record))
            if question.told is not None:
                question.told.set_result(outcome)
        return True

    def _refused(self, question: Asked, refusal: Refused) -> None:
        """Tell a refusal; whoever goes away from the kiosk without a number is counted, as the office does it."""
        code = refusal.code.value
        self._book.refuse(code)
        why = sentence(code, refusal.facts, self._language, self._scenario.plan)
        self.tell(f"{question.actor} {type(question.command).__name__} refused: {code}. {why}")
        if question.told is not None:
            question.told.set_exception(refusal)
        reason = OF_REFUSAL.get(refusal.code)
        if reason is not None and isinstance(question.command, TakeTicket) and question.actor == KIOSK:
            self._box.writer.submit(TurnAway(question.command.service, reason.value), actor=KIOSK)

    def _announce(self) -> bool:
        before = self._box.voice.heard()[-1:]
        spoke = self._box.announce()
        newest = self._box.voice.heard()[-1:]
        if newest != before:
            self._book.speak(newest[0].text)
            self.tell(f'voice "{newest[0].text}"')
        return spoke

    def _collect_papers(self) -> None:
        for paper in self._box.take_papers():
            fact = PaperFact(tuple(paper.job_ids), paper.marked, paper.torn)
            self._book.papers.append(fact)
            names = [content.number for slip in fact.slips if (content := self._box.content(slip)) is not None]
            marks = f"{' copy' if fact.marked else ''}{' torn' if fact.torn else ''}"
            self.tell(f"paper {' '.join(names)}{marks}")
            if self._papers is not None:
                contents = [self._box.content(slip) for slip in fact.slips]
                keep_paper(self._papers, len(self._book.papers), paper, marks, contents)

    def _play_line(self, line: Line) -> None:
        if line.form.split()[0] not in KEYS or line.form == "bell close BELL":
            self._finish_gestures()
        if not line.form.startswith("expect "):
            self._book.begin_act()
            self._acts.perform(line)
            return
        found = found_instead(line, self._box, self._book)
        if found is not None:
            self.fail(line, f"{line.text.removeprefix('expect ')!r} was expected, found: {found}")

    def _finish_gestures(self) -> None:
        """Keys that were pressed before a line that is no key are judged before it."""
        limit = self._time.now_ms + GESTURE_MS
        while (moving := self._fingers.next_ms()) is not None and moving <= limit:
            self._pass_time(moving)
            self._fingers.run()
            self._settle()
