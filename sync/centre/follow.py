"""Following the inbox: each new object brings its mirror, the facts and the image of its office forward.

What comes while an office is being worked on is taken in together the next time; offices that wait at the same moment
share one transaction.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread

from sqlalchemy.exc import OperationalError

from appliance.domain.days import DayClosed
from sync.centre.asking import SnapshotAsking
from sync.centre.chain import Head
from sync.centre.checking import check
from sync.centre.facts import Facts
from sync.centre.facts_extending import Batch, Extended
from sync.centre.images import Doubt
from sync.centre.inbox import Inbox, ObjectPut
from sync.centre.inbox.names import Lineage
from sync.centre.lineage import number_of
from sync.centre.mirror import Mirror, MirrorState
from sync.centre.mirror_reading import MirrorLike, common_entry, news_of, opened
from sync.centre.network import PULSE, LiveNetwork

QUEUE = "queue"
"""The only database that is mirrored and read; pieces of the personal one stay sealed in the inbox."""

TOGETHER = 32
"""So many databases are brought forward before their facts are committed together."""

GATHER, GATHER_S = 4, 0.15
"""After a round the thread rests so many times as long as it took, at most GATHER_S: what comes meanwhile shares the
next transaction. It doesn't rest while TOGETHER databases wait.
"""

READERS = 4
"""So many mirrors are brought forward at a time. One of them does hundreds of small things to files, and after each it
waits for Python's lock: several wait together.
"""

FEW_LOST = 200
"""A card whose fresh snapshot lacks no more than these last entries is followed without asking a person."""

CHAIN_KEYS = ("gap", "fork", "regress", "broken-chain", "corrupt", "no-base")
DATA = "data"
"""The key of the snapshots asked for because of CHAIN_KEYS."""

AGAIN_S = 5.0
OWN_TROUBLES = ("no-room", "unreadable")
"""Troubles of the centre's own disk: they say nothing of the office, and are tried again after AGAIN_S."""

VERIFIED = "verified"
"""The key of a doubt that the check at the day's close raised."""

_log = logging.getLogger(__name__)

Name = tuple[str, str]
"""(office, incarnation)."""


@dataclass(slots=True)
class _Followed:
    """What is remembered of one database. `asked_generation`: what it was when a fresh snapshot was asked for;
    `made_anew`: the mirror has been made anew from the inbox because of what is wrong now.
    """

    mirror: MirrorLike
    head: Head | None = None
    plan_id: int = 0
    asked_generation: str = ""
    made_anew: bool = False


@dataclass(slots=True)
class Counters:
    """What was done since the start, for metrics. `seconds` is time spent working, `waiting` what waits now."""

    rounds: int = 0
    pieces: int = 0
    rows: int = 0
    doubts: int = 0
    checks: int = 0
    seconds: float = 0.0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    """What one mirror has become, and what is new in it; `unreadable` says why it can't be read."""

    state: MirrorState
    batch: Batch | None = None
    unreadable: str = ""


class Follower:
    """Follows the inbox on threads of its own. One thread of one worker works on an office at a time."""

    def __init__(
        self,
        inbox: Inbox,
        mirrors_folder: Path,
        facts: Facts,
        network: LiveNetwork,
        ask_snapshot: Callable[[str, str], None],
        workers: tuple[int, int] = (0, 1),
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        ask_again_s: float = 60.0,
        check_days: bool = True,
        make_mirror: Callable[[Path, Inbox, str, str], MirrorLike] = Mirror,
    ) -> None:
        """`ask_snapshot(office, reason)` asks an office for a fresh snapshot. `workers`: (this one, of so many)."""
        self._inbox, self._folder, self._facts, self._network = inbox, mirrors_folder, facts, network
        self._workers, self._now_ms, self._check_days = workers, now_ms, check_days
        self._make_mirror = make_mirror
        self._followed: dict[Name, _Followed] = {}
        self._waiting: OrderedDict[Name, None] = OrderedDict()
        self._news = Condition()
        self._stopping = False
        self._busy = False
        self._checks: queue.Queue[Name | None] = queue.Queue()
        self._later: dict[Name, float] = {}
        self._threads: list[Thread] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="mirror")
        self.asking = SnapshotAsking(ask_snapshot, ask_again_s)
        self.counters = Counters()

    def start(self) -> None:
        """Make the images, then follow what is in the inbox and what comes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._network.start(self.open_mirror, self.mine)
        self._inbox.listen(self.heard)
        self.wake()
        self._threads = [Thread(target=self._run, name="follow"), Thread(target=self._run_checks, name="check-mirrors")]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the round in hand. Nothing is lost: the inbox has it all."""
        with self._news:
            self._stopping = True
            self._news.notify_all()
        self._checks.put(None)
        for thread in self._threads:
            thread.join()
        self._readers.shutdown()
        self._facts.note_complete(self._network.complete())

    def mine(self, office: str) -> bool:
        """Whether this worker follows the office."""
        this, workers = self._workers
        return zlib.crc32(office.encode()) % workers == this

    def heard(self, put: ObjectPut) -> None:
        """A new object is in the inbox."""
        if put.database == QUEUE and self.mine(put.office):
            self._wait((put.office, put.incarnation))

    def wake(self, office: str | None = None) -> None:
        """Look at everything in the inbox again, or at one office's."""
        found = [one for one in self._inbox.lineages() if one.database == QUEUE and self.mine(one.office)]
        for lineage in sorted(found, key=lambda one: (one.office, one.incarnation)):
            if office in (None, lineage.office):
                self._wait((lineage.office, lineage.incarnation))

    def settle(self, timeout_s: float = 30.0) -> bool:
        """Wait until nothing waits any more; whether that came to pass."""
        until = time.monotonic() + timeout_s
        with self._news:
            while self._waiting or self._busy:
                if not self._news.wait(max(0.0, until - time.monotonic())):
                    return False
        return True

    def open_mirror(self, office: str, incarnation: str) -> sqlite3.Connection | None:
        """A read-only connection to a mirror; None while there is none."""
        try:
            return opened(self._of((office, incarnation)).mirror)
        except sqlite3.Error:
            return None

    def follow_card(self, office: str) -> str:
        """A person says that the office's card is right: what it lacks is kept aside, and the office goes on from it.

        Answers where those entries now lie, '' when the card lacks none. Raises LookupError where there is no such
        office, or where its card and the facts have nothing of this incarnation in common.
        """
        known = self._facts.head(office)
        if known is None:
            raise LookupError(office)
        name = (office, known.incarnation)
        moved = self._facts.set_aside(office, known.incarnation, self._common(name, known.head))
        self._begin_anew(name)
        return moved

    def round(self, names: Sequence[Name]) -> None:
        """Bring these databases, their facts and their images forward."""
        reads = dict(zip(names, self._read_all(names), strict=True))
        batches = [read.batch for read in reads.values() if read.batch is not None]
        arrived_ms = self._now_ms()
        extended = {}
        if batches:
            answers = self._facts.extend_many(batches, arrived_ms)
            extended = {(news.office, news.incarnation): news for news in answers}
        newest = {(batch.office, batch.incarnation): batch.newest or 0 for batch in batches}
        self.counters.rounds += 1
        for name, read in reads.items():
            news = extended.get(name)
            self.counters.pieces += read.state.applied
            if news is not None:
                self._moved(name, news, newest[name], arrived_ms)
            self._judge(name, read.state, news, read.unreadable, arrived_ms)

    def _read_all(self, names: Sequence[Name]) -> Sequence[_Read]:
        """The mirrors brought forward and read, several at a time; none is at work any more when this ends."""
        if len(names) == 1:
            return [self._read(names[0])]
        reads = [self._readers.submit(self._read, name) for name in names]
        wait(reads)
        return [read.result() for read in reads]

    def _read(self, name: Name) -> _Read:
        followed = self._of(name)
        state = followed.mirror.bring_forward()
        if state.path is None:
            return _Read(state)
        if followed.head is None:
            followed.head = self._facts.head_of(*name) or Head()
        plan_id = 0 if state.rebuilt else followed.plan_id
        try:
            batch, followed.plan_id = news_of(followed.mirror, *name, followed.head, plan_id)
        except (sqlite3.Error, UnicodeError, TypeError) as error:
            return _Read(state, unreadable=f"{type(error).__name__}: {error}"[:200])
        return _Read(state, batch)

    def _moved(self, name: Name, news: Extended, newest: int, at_ms: int) -> None:
        """The facts have grown: so does the image; a day that was closed is checked; a long journal is read on."""
        self._of(name).head = news.head if news.fault is None else None
        self.counters.rows += news.added
        self._network.extended(news, at_ms)
        if self._check_days and any(isinstance(record.event, DayClosed) for record in news.records):
            self._checks.put(name)
        if news.fault is None and news.head.seq < newest:
            self._wait(name)

    def _judge(self, name: Name, state: MirrorState, news: Extended | None, unreadable: str, at_ms: int) -> None:
        """Say what is wrong with the office's data, or that nothing is any more."""
        office = name[0]
        reason, facts = state.trouble, {"detail": state.detail[:200]} if state.detail else {}
        if unreadable:
            reason, facts = "corrupt", {"detail": unreadable}
        if news is not None and news.fault is not None and news.fault.reason != "later-release":
            reason, facts = news.fault.reason, dict(news.fault.facts)
        image = self._network.image(office)
        current = news.current if news is not None else image.incarnation if image is not None else ""
        if current not in ("", name[1]) and not (reason and number_of(name[1]) > number_of(current)):
            return  # an old card's database: what it has beyond the office's history is told apart
        if reason in OWN_TROUBLES:
            _log.error("office %s: its mirror can't be kept here: %s", office, state.detail)
            self._later[name] = time.monotonic() + AGAIN_S
        elif reason:
            self._in_doubt(name, state, reason, facts, at_ms)
        elif news is not None:
            self._of(name).asked_generation, self._of(name).made_anew = "", False
            self.asking.enough(office, DATA)
            self._network.clear(office, *CHAIN_KEYS)
            if state.rebuilt and VERIFIED in self._network.doubts(office):
                self._checks.put(name)

    def _in_doubt(self, name: Name, state: MirrorState, reason: str, facts: Mapping[str, str], at_ms: int) -> None:
        """Say it, ask for a fresh snapshot, and follow a card that lacks its last entries by that snapshot too."""
        office, followed = name[0], self._of(name)
        self.counters.doubts += 1
        if not followed.made_anew and reason in ("fork", "broken-chain", "corrupt"):
            followed.made_anew = True
            followed.mirror.distrust()  # the file may have taken harm here; the office is asked all the same
            self._wait(name)
        fresh = bool(followed.asked_generation) and state.generation != followed.asked_generation
        # What an older generation lacks, where the newest can't be played yet, is no word of the card.
        fresh = fresh and not state.trouble and self._is_newest(name, state.generation)
        cure = "person" if fresh and reason in ("fork", "regress") else "snapshot-asked"
        if cure == "person" and self._follow_by_itself(name):
            return
        self._network.doubt(office, Doubt(reason, at_ms, facts, cure))
        self._network.clear(office, *(key for key in CHAIN_KEYS if key != reason))
        if cure == "person":
            self.asking.enough(office, DATA)
        else:
            followed.asked_generation = followed.asked_generation or state.generation or "-"
            self.asking.want(office, DATA, reason)

    def _is_newest(self, name: Name, generation: str) -> bool:
        known = self._inbox.generations(Lineage(*name, QUEUE))
        return bool(known) and known[0].name == generation

    def _follow_by_itself(self, name: Name) -> bool:
        """Whether the card lacks a few last entries only; they are then kept aside and the card is followed."""
        office, incarnation = name
        head = self._facts.head_of(office, incarnation) or Head()
        try:
            common = self._common(name, head)
            if head.seq - common > FEW_LOST:
                return False
            self._facts.set_aside(office, incarnation, common)
        except (LookupError, sqlite3.Error):
            return False
        _log.warning("office %s: its card lacks entries %s to %s", office, common + 1, head.seq)
        self._begin_anew(name)
        return True

    def _begin_anew(self, name: Name) -> None:
        followed = self._of(name)
        followed.head, followed.asked_generation, followed.made_anew = None, "", False
        self._network.renew(name[0])
        self._wait(name)

    def _common(self, name: Name, known: Head) -> int:
        history = self._facts.history(name[0], name[1])
        return common_entry(self._of(name).mirror, known, history.chain_at)

    def _run(self) -> None:
        while (names := self._next()) is not None:
            began = time.monotonic()
            try:
                took_s = 0.0
                if names:
                    self._bring_forward(names)
                    took_s = time.monotonic() - began
                    self.counters.seconds += took_s
                self._ask()
                for name in [one for one, at_s in self._later.items() if at_s <= began]:
                    del self._later[name]
                    self._wait(name)
                self._gather(min(GATHER * took_s, GATHER_S))
            except Exception:  # the database is away, or a bug: what came stays in the inbox and is tried again
                _log.exception("following %s", names)
                for name in names:
                    self._of(name).head = None
                    self._wait(name)
                time.sleep(1.0)

    def _bring_forward(self, names: Sequence[Name]) -> None:
        """A round, or one for each database when they can't be taken in together: no office holds up another one."""
        try:
            self.round(names)
        except OperationalError:
            raise
        except Exception:
            _log.exception("following %s", names)
            for name in names:
                self._of(name).head = None
                if len(names) > 1:
                    self._bring_forward([name])
                else:
                    self._later[name] = time.monotonic() + AGAIN_S

    def _ask(self) -> None:
        """Ask for snapshots: where data are in doubt, and where a pulse says what the data don't."""
        doubted = self._network.in_doubt(PULSE)
        for office in doubted:
            self.asking.want(office, PULSE, "pulse")
        for office in set(self.asking.wanted(PULSE)).difference(doubted):
            self.asking.enough(office, PULSE)
        self.asking.ask_due()

    def _next(self) -> Sequence[Name] | None:
        """The databases that wait, after a second at the latest; None when it is time to end."""
        with self._news:
            self._busy = False
            self._news.notify_all()
            if not self._waiting and not self._stopping:
                self._news.wait(1.0)
            if self._stopping:
                return None
            names = [self._waiting.popitem(last=False)[0] for _ in range(min(TOGETHER, len(self._waiting)))]
            self._busy = bool(names)
            self.counters.waiting = len(self._waiting)
            return names

    def _gather(self, rest_s: float) -> None:
        """Rest, unless there is enough to do already."""
        with self._news:
            self._news.wait_for(lambda: self._stopping or len(self._waiting) >= TOGETHER, rest_s)

    def _run_checks(self) -> None:
        while (name := self._checks.get()) is not None and not self._stopping:
            try:
                with closing(opened(self._of(name).mirror)) as db:
                    found = check(db, self._folder)
                self._checked(name, found)
            except Exception:  # a check that can't be made says nothing of the office
                _log.exception("office %s: its mirror can't be checked", name[0])

    def _checked(self, name: Name, found: Sequence[str]) -> None:
        if found:
            facts = {"detail": found[0], "faults": str(len(found))}
            if VERIFIED not in self._network.doubts(name[0]):
                self._of(name).mirror.distrust()  # once: the harm may be the file's alone
                self._wait(name)
            self._network.doubt(name[0], Doubt("corrupt", self._now_ms(), facts), VERIFIED)
            self.asking.want(name[0], VERIFIED, "corrupt")
        else:
            self._network.clear(name[0], VERIFIED)
            self.asking.enough(name[0], VERIFIED)
        self.counters.checks += 1

    def _wait(self, name: Name) -> None:
        with self._news:
            self._waiting[name] = None
            self._news.notify_all()

    def _of(self, name: Name) -> _Followed:
        with self._news:
            found = self._followed.get(name)
            if found is None:
                found = self._followed[name] = _Followed(self._make_mirror(self._folder, self._inbox, *name))
            return found
