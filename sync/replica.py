"""Keeps live copies of an office's databases with Litestream, and says honestly how far behind each is.

The queue never waits for this: `start` returns at once, all the work is in one thread, and whatever
fails is a state.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from sync.child import Child, wait_gone
from sync.copies import MAIN, KeptCopy, Patience
from sync.litestream import (
    Copy,
    LogKind,
    Pace,
    environment_for,
    find_binary,
    hint_for,
    parse_log,
    render_copies,
    write_config,
)
from sync.litestream_folders import forget_generation
from sync.local_trust import LocalTrust, this_boot
from sync.replica_state import ReplicaCondition, ReplicaState
from sync.target import ReplicaPlace, S3Target, folder_is_full, open_mounted
from sync.watchdog import Limits, Step, Verdict, decide

__all__ = ["Patience", "Replica", "ReplicaCondition", "ReplicaState"]

log = logging.getLogger("talon.sync.replica")

_STOP_GRACE_S = 3.0
_LONG_LIFE_S = 10.0


@dataclass(frozen=True, slots=True)
class _Order:
    """Begin a new generation for a copy while Litestream is not running."""

    name: str
    reason: str
    between: Callable[[], object] | None = None
    done: threading.Event = field(default_factory=threading.Event)


class _End(Enum):
    """How a process is ended: killed, or asked to send what is left."""

    AT_ONCE = auto()
    GENTLY = auto()


class Replica:
    """The copies of an office in one Litestream process. `start` once, `stop` once; the states from any thread.

    The main copy comes first: a copy that fails, hangs or comes and goes costs it one short restart.
    """

    def __init__(
        self,
        db: Path,
        place: ReplicaPlace,
        workdir: Path,
        *,
        pace: Pace | None = None,
        patience: Patience | None = None,
        binary: Path | None = None,
        also: Sequence[Copy] = (),
        limits: Limits | None = None,
        boot: str | None = None,
    ) -> None:
        """`db` at `place` is the copy `main`; `also` are the others, each with a name of its own.

        A database may not exist yet; `workdir` holds nothing worth keeping. `binary` None: look for it, again before
        each start. Raises `ValueError` for what can't be written in a configuration, and for S3 targets with
        different keys. `boot`: the name of the time since the machine was switched on.
        """
        self._db = db
        self._workdir = workdir
        self._patience = patience or Patience()
        own = self._patience
        self._limits = limits or Limits(own.mute_s, own.retry_s, own.retry_cap_s)
        self._binary = binary
        copies = [Copy(MAIN, db, place, pace or Pace()), *also]
        self._copies = {copy.name: KeptCopy(copy, self._patience, self._limits) for copy in copies}
        if len(self._copies) < len(copies):
            raise ValueError("two copies have one name")
        if len({(c.place.target.key_id) for c in copies if isinstance(c.place.target, S3Target)}) > 1:
            raise ValueError("the targets have different keys")
        for copy in copies:
            render_copies([Copy(copy.name, copy.db, copy.place, copy.pace)])
        self._main = self._copies[MAIN]
        self._trust = LocalTrust(workdir, [copy.db for copy in copies], this_boot() if boot is None else boot)
        self._next_trust = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._wake_r, self._wake_w = os.pipe()
        self._orders: deque[_Order] = deque()
        self._next_look = 0.0
        self._heard = 0.0
        self._starts = self._asked_for = 0

    def state(self) -> ReplicaState:
        """The newest state of the main copy; never waits."""
        return self._main.state

    def states(self) -> Mapping[str, ReplicaState]:
        """The newest state of every copy by its name, the main one first; never waits."""
        return {name: kept.state for name, kept in self._copies.items()}

    def start(self) -> None:
        """Begin to keep the replica; returns at once. Raises `RuntimeError` the second time."""
        if self._thread is not None:
            raise RuntimeError("a replica is started once")
        for kept in self._copies.values():
            kept.starting()
        self._thread = threading.Thread(target=self._run, name="replica", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let Litestream send the rest and end; killed after 3 s. Safe to call twice."""
        if self._thread is None or self._stopping.is_set():
            return
        self._stopping.set()
        os.write(self._wake_w, b"x")
        # Longer than the grace, so that the kill and the wait for it fit in.
        self._thread.join(_STOP_GRACE_S + 6.0)
        if not self._thread.is_alive():
            os.close(self._wake_r)
            os.close(self._wake_w)

    def fresh_snapshot(self, name: str = MAIN, between: Callable[[], object] | None = None) -> threading.Event:
        """Begin a new generation for a copy: its target gets one whole snapshot, and what came before is left behind.

        `between` is called while Litestream is not running (it must be quick, and may checkpoint). The event is set
        when it is done, which takes a poll or two; before `start` it is done then, after `stop` nobody does it. Raises
        `KeyError` for an unknown name.
        """
        if name not in self._copies:
            raise KeyError(name)
        order = _Order(name, "asked", between)
        self._orders.append(order)
        return order.done

    # Everything below runs in the supervising thread alone.

    def _run(self) -> None:
        early_deaths = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            orderly = False
            try:
                orderly = self._one_life()
            except Exception as problem:
                # The supervisor must outlive its own mistakes: the state says what happened.
                log.exception("replica: unexpected error")
                self._main.fail("internal-error", repr(problem)[:300])
            early = not orderly and time.monotonic() - began <= _LONG_LIFE_S
            early_deaths = early_deaths + 1 if early else 0
            delay = self._patience.backoff_s * 2 ** min(early_deaths - 1, 10) if early_deaths else 0.1
            self._pause(min(delay, self._patience.backoff_cap_s))
        for kept in self._copies.values():
            kept.stopped()

    def _one_life(self) -> bool:
        """Wait until nothing stands in the way, then run one process until it ends; whether it was meant to."""
        while not (members := self._ready()):
            self._obey()
            if self._pause(self._patience.poll_s):
                return True
        self._obey()
        binary = self._find_binary()
        if binary is None:
            return False
        try:
            with self._lock() as lock:
                self._believe()
                for kept in members:
                    kept.begin_life()
                child = self._start(binary, members, lock)
        except BlockingIOError:
            self._fail(members, "already-running", "another Litestream holds this replica")
            return False
        except (OSError, ValueError) as problem:
            hint = "secret-unreadable" if "secret" in str(problem) else hint_for(str(problem))
            self._fail(members, hint, str(problem)[:300])
            return False
        self._starts += 1
        for kept in self._copies.values():
            kept.restarts = max(0, self._starts - 1 - self._asked_for)
        orderly = False
        try:
            orderly = self._keep(child, members)
        finally:
            self._asked_for += orderly
            child.kill()
            child.close()
            for kept in members:
                kept.without_process()
        return orderly

    def _believe(self) -> None:
        given_up = self._trust.begin()
        for kept in self._copies.values():
            if kept.copy.db in given_up:
                kept.renewed("power-cut")

    @contextlib.contextmanager
    def _lock(self) -> Iterator[int]:
        """Two processes on one database would cut each other's generations for ever. Raises BlockingIOError."""
        self._workdir.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._workdir / "litestream.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield lock
        finally:
            os.close(lock)

    def _start(self, binary: Path, members: Sequence[KeptCopy], lock: int) -> Child:
        fds: list[int] = []
        paths: dict[str, str] = {}
        try:
            for kept in members:
                target = kept.folder
                if target is None or not target.mount_point:
                    continue
                fd = open_mounted(target)
                if fd is None:
                    raise OSError(f"no such file or directory: nothing is mounted on {target.root}")
                fds.append(fd)
                # Should the stick be pulled, this path leads nowhere, and not to the card below the mount point.
                paths[kept.name] = f"/proc/self/fd/{fd}/{kept.copy.place.own}"
            env = environment_for([kept.copy.place for kept in members], os.environ)
            config = self._workdir / "litestream.yml"
            write_config(config, render_copies([kept.copy for kept in members], paths))
            command = [str(binary), "replicate", "-config", str(config), "-no-expand-env"]
            return Child(command, env, self._workdir, lock, fds)
        finally:
            for fd in fds:
                os.close(fd)

    def _ready(self) -> list[KeptCopy]:
        """The copies that can be kept now; the others say why not."""
        if self._find_binary() is None:
            self._fail(self._copies.values(), "no-binary", "")
            return []
        ready = []
        for kept in self._copies.values():
            if hint := kept.obstacle(time.monotonic()):
                kept.fail(hint, f"{hint}: {kept.copy.place.path}" if hint.startswith("target-m") else "")
            else:
                ready.append(kept)
        return ready

    @staticmethod
    def _fail(copies: Iterable[KeptCopy], hint: str, error: str) -> None:
        for kept in copies:
            kept.fail(hint, error, kept.state.pid)

    def _find_binary(self) -> Path | None:
        if self._binary is None:
            return find_binary()
        return self._binary if os.access(self._binary, os.X_OK) and self._binary.is_file() else None

    def _keep(self, child: Child, members: Sequence[KeptCopy]) -> bool:
        """Watch over a process until it ends or must end; whether it was asked to."""
        self._heard = time.monotonic()
        self._look(child, members)
        while not self._stopping.is_set():
            self._listen(members, child.read_lines(min(self._patience.poll_s, 1.0), self._wake_r))
            if not child.alive():
                for kept in members:
                    kept.fail("litestream-ended", kept.last_words or f"litestream ended with {child.returncode()}")
                return False
            if time.monotonic() < self._next_look:
                continue
            self._look(child, members)
            if self._orders:
                break
            step = self._must_end(members)
            if step is _End.AT_ONCE:
                return False
            if step is _End.GENTLY:
                break
        self._end(child, members)
        return True

    def _listen(self, members: Sequence[KeptCopy], lines: Sequence[bytes], *, to_errors: bool = True) -> None:
        for line in lines:
            self._heard = time.monotonic()
            entry = parse_log(line)
            if entry.kind is LogKind.ERROR and not to_errors:
                continue
            for kept in members:
                if kept.is_meant(entry):
                    kept.take(entry, self._heard)

    def _end(self, child: Child, members: Sequence[KeptCopy]) -> None:
        child.ask_to_end()
        # What goes wrong with a last farewell is nobody's trouble: it does not say whose it is.
        lines = wait_gone(child, time.monotonic() + _STOP_GRACE_S, self._wake_r)
        self._listen(members, lines, to_errors=False)
        if not child.alive():
            self._trust.look(at_once=True)

    def _must_end(self, members: Sequence[KeptCopy]) -> _End | None:
        """Whether the process must end: copies came or went, or the watchdog wants it."""
        now = time.monotonic()
        gone = [(kept, hint) for kept in members if (hint := kept.obstacle(now))]
        for kept, hint in gone:
            kept.fail(hint, f"{hint}: {kept.copy.place.path}", kept.state.pid)
        # Litestream would make a folder that is gone anew, unless it holds on to what was mounted there.
        if any(kept.folder is None or not kept.folder.mount_point for kept, _ in gone):
            return _End.AT_ONCE
        there = [kept for kept in members if kept not in dict(gone)]
        for kept in there:
            if kept.was_wiped():
                kept.confirmed = None
                kept.fail("target-wiped", "the generation is gone from the target", kept.state.pid)
                return _End.AT_ONCE
        troubled = [kept for kept in there if kept.trouble]
        for kept in there:
            others = [one for one in troubled if one is not kept]
            secondary = kept is not self._main and len(members) > 1
            signs = kept.signs(now, now - self._heard, secondary=secondary, alone=secondary and not others)
            verdict = decide(signs, self._limits)
            if verdict.step is Step.WAIT or (kept is not self._main and self._is_sending(members)):
                continue
            return self._heed(kept, verdict, now)
        if self._is_sending(members):
            return None
        old = [kept for kept in there if kept.is_old()]
        self._orders.extend(_Order(kept.name, "term") for kept in old)
        came = [kept for kept in self._copies.values() if kept not in members and not kept.obstacle(now)]
        return _End.GENTLY if gone or old or came else None

    def _is_sending(self, members: Sequence[KeptCopy]) -> bool:
        """Whether the main copy is in the middle of an upload over a line, which a restart would begin again."""
        return self._main in members and self._main.folder is None and self._main.uploading

    def _heed(self, kept: KeptCopy, verdict: Verdict, now: float) -> _End:
        kept.stepped(verdict)
        match verdict.step:
            case Step.NEW_GENERATION:
                self._orders.append(_Order(kept.name, verdict.reason))
                return _End.GENTLY
            case Step.SET_ASIDE:
                kept.set_aside(now)
        if verdict.reason in ("stalled", "mute"):
            # 0.3.13 says nothing of a folder that is full: its upload waits for ever.
            hint = "disk-full" if folder_is_full(kept.copy.place) else "stalled"
            kept.fail(hint, "litestream made no progress and was restarted", kept.state.pid)
        return _End.AT_ONCE

    def _obey(self) -> None:
        """Begin the generations that were asked for. Litestream is not running."""
        while self._orders:
            order = self._orders.popleft()
            kept = self._copies[order.name]
            try:
                with self._lock():
                    if kept is not self._main and kept.folder is not None and order.between is None:
                        kept.relabel()
                        changed = [kept]
                    else:
                        forget_generation(kept.copy.db)
                        changed = [one for one in self._copies.values() if one.copy.db == kept.copy.db]
                    if order.between is not None:
                        order.between()
                for one in changed:
                    one.renewed(order.reason)
            except Exception as problem:
                log.exception("replica: no new generation of %s", order.name)
                kept.fail("internal-error", repr(problem)[:300])
            order.done.set()

    def _pause(self, seconds: float) -> bool:
        """Wait, still looking at the lag; True when it is time to stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._stopping.wait(min(left, self._patience.poll_s)):
                return True
            if time.monotonic() >= self._next_look:
                self._look(None, ())
        return self._stopping.is_set()

    def _look(self, child: Child | None, members: Sequence[KeptCopy]) -> None:
        """Measure every copy and say how things are."""
        now = time.monotonic()
        self._next_look = now + self._patience.poll_s
        for kept in self._copies.values():
            running = child is not None and kept in members
            kept.look(now, child.pid if child else None, running=running)
        if child is not None and now >= self._next_trust:
            self._next_trust = now + self._patience.quiet_s
            self._trust.look()
