"""Who is killed, and is the centre's mirror still equal? `python -m tests.centre.kill_matrix_centre --rounds 20`

A writer commits about 25 transactions a second; a `Replica` with the real Litestream sends them to an inbox in a
process of its own, which brings its mirror forward with each object. A round kills -9 the writer, Litestream, the
centre, several of them, or cuts the power of the office's disk (a file system in memory that forgets what was not
flushed), and lets the killed come back under load. Then the writer falls silent, and the mirror must become equal to
the office's database, row by row. Each state of the mirror is noted: a newest row that goes back without the mirror
saying that it was made anew, or is in trouble, is an unannounced regression.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sync.litestream import Pace
from sync.replica import Patience, Replica
from sync.target import ReplicaPlace, S3Target
from tests.centre.inbox_helpers import INCARNATION, KEY, OFFICE, keys
from tests.faults.cutfs import Disk, Mount, mounted, why_not
from tests.faults.disk import Image, Platter
from tests.sync import helpers, writer

ROOT = Path(__file__).parents[2]
KINDS = ("writer", "litestream", "both", "centre", "all", "power")
PAUSE_S = 0.04
FAST = Pace(sync_s=0.2)
EAGER = Patience(poll_s=0.05, backoff_s=0.05, backoff_cap_s=0.2, retry_s=0.5, retry_cap_s=1.0)


@dataclass(slots=True)
class Seen:
    """What the mirror said of itself. `lower` counts newest rows that went back, `unannounced` those without a word."""

    newest: int = 0
    states: int = 0
    lower: int = 0
    unannounced: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, line: str) -> None:
        """One state of the mirror."""
        try:
            told = json.loads(line)
        except ValueError:
            return  # cut off by a kill
        self.states += 1
        if told["trouble"]:
            self.troubles[told["trouble"]] = self.troubles.get(told["trouble"], 0) + 1
        if told["newest"] < self.newest:
            self.lower += 1
            if not told["rebuilt"] and not told["trouble"]:
                self.unannounced += 1
                self.notes.append(f"from {self.newest} back to {told['newest']}")
        self.newest = told["newest"]


class CentreProcess:
    """The inbox and its mirror in a process that can be killed; it comes back on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.seen = folder, 0, Seen()
        self._process: subprocess.Popen[str] | None = None

    @property
    def mirror(self) -> Path:
        return self.folder / "mirrors" / OFFICE / INCARNATION / "queue.db"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "tests.centre.kill_matrix_centre", "--serve", str(self.folder)]
        self._process = subprocess.Popen([*command, str(self.port)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    def _listen(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.seen.take(line)

    def kill(self) -> None:
        """-9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def serve(folder: Path, port: int) -> None:
    """The centre's part, in a process of its own: says its port, then each state of the mirror."""
    import socket

    import uvicorn

    from sync.centre.inbox import Inbox, inbox_app
    from sync.centre.mirror import Mirror

    inbox = Inbox(folder / "inbox", keys())
    mirror = Mirror(folder / "mirrors", inbox, OFFICE, INCARNATION)
    news = threading.Event()
    inbox.listen(lambda _: news.set())

    def follow() -> None:
        while True:
            news.clear()
            state = mirror.bring_forward()
            newest = 0
            if state.path is not None:
                with suppress(sqlite3.Error), closing(mirror.connect()) as connection:
                    newest = connection.execute("SELECT coalesce(max(id), 0) FROM slip").fetchone()[0]
            print(json.dumps({"newest": newest, "trouble": state.trouble, "rebuilt": state.rebuilt}), flush=True)
            news.wait()

    listening = socket.create_server(("127.0.0.1", port))
    print(listening.getsockname()[1], flush=True)
    threading.Thread(target=follow, daemon=True).start()
    config = uvicorn.Config(inbox_app(inbox), log_level="error", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


@dataclass(slots=True)
class Score:
    """What the rounds of one kind came to."""

    kind: str
    rounds: int = 0
    equal: int = 0
    rows: int = 0
    settle_max_s: float = 0.0
    seen: Seen = field(default_factory=Seen)
    unlike: tuple[str, ...] = ()


class Stage:
    """One office and one centre. `power` puts the office on a disk whose power can be cut."""

    def __init__(self, home: Path, chance: random.Random, mount: Mount | None) -> None:
        self.home, self.chance, self._mount = home, chance, mount
        self.centre = CentreProcess(home / "centre")
        (home / "secret").write_text(KEY.secret)
        (home / "office").mkdir()
        (home / "copy").mkdir()
        self._image, self._disk = Image(), Disk()
        self.db = home / "office" / "queue.db"
        self.replica: Replica | None = None
        self._lives = 0

    def begin(self) -> None:
        """Power on: the disk as it is, the centre, and Litestream."""
        if self._mount is not None:
            self._disk = Disk(self._image)
            self.db = self._mount.show(self._disk) / "queue.db"
        target = S3Target(f"http://127.0.0.1:{self.centre.port}", "offices", KEY.key_id, self.home / "secret")
        place = ReplicaPlace(target, OFFICE, INCARNATION)
        self._lives += 1
        # A cut ends a boot; what was beside the database is on its disk, and so is Litestream's note of it.
        work = self.db.parent / "work" if self._mount is not None else self.home / "work"
        self.replica = Replica(self.db, place, work, pace=FAST, patience=EAGER, boot=f"boot-{self._lives}")
        self.replica.start()

    def load(self, low: float, high: float) -> helpers.Writer:
        """A writer that has been at work for a moment."""
        running = helpers.Writer(self.db, PAUSE_S)
        time.sleep(self.chance.uniform(low, high))
        return running

    def kill_litestream(self) -> None:
        """-9."""
        assert self.replica is not None
        pid = helpers.wait_for(self.replica, lambda s: s.pid is not None).pid
        assert pid is not None
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def cut_power(self, running: helpers.Writer) -> int:
        """The disk forgets what was not flushed, everybody at the office dies; the last id that was promised."""
        assert self.replica is not None
        self._disk.cut()
        running.kill()
        self.kill_litestream_now()
        self.replica.stop()
        platter = Platter(self._image, strict_folders=self.chance.random() < 0.5)
        for op in self._disk.log:
            platter.step(op)
        self._image = platter.random(self.chance)
        self.begin()
        return running.acknowledged

    def kill_litestream_now(self) -> None:
        """-9, if it runs."""
        assert self.replica is not None
        pid = self.replica.state().pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def round(self, kind: str) -> int:
        """Load, kill, come back under load, fall silent; the last id that a writer was told is committed."""
        first = self.load(0.4, 1.2)
        promised = 0
        if kind in ("centre", "all"):
            self.centre.kill()
        if kind in ("litestream", "both", "all"):
            self.kill_litestream()
        if kind == "power":
            promised = self.cut_power(first)
        elif kind in ("writer", "both", "all"):
            first.kill()
            promised = first.acknowledged
        time.sleep(self.chance.uniform(0.0, 0.4))
        if kind in ("litestream", "centre"):
            second = first
            time.sleep(self.chance.uniform(0.2, 0.6))
        else:
            second = self.load(0.3, 0.8)
        if kind in ("centre", "all"):
            self.centre.start()
            time.sleep(self.chance.uniform(0.1, 0.4))
        second.end()
        return max(promised, second.acknowledged)

    def difference(self, promised: int, within: float = 30.0) -> tuple[str, int]:
        """What is wrong with the mirror once all has arrived ('' when nothing), and how many rows the source holds."""
        assert self.replica is not None
        try:
            helpers.wait_complete(self.replica, within)
        except AssertionError as stuck:
            return str(stuck)[:300], 0
        source = writer.rows(helpers.copy_of(self.db, self.home / "copy"))
        if len(source) < promised:
            return f"the source lost rows: {len(source)} of {promised}", len(source)
        until = time.monotonic() + within
        mirrored: list[tuple[object, ...]] = []
        while time.monotonic() < until:
            with suppress(sqlite3.Error):
                mirrored = writer.rows(self.centre.mirror)
            if mirrored == source:
                return "", len(source)
            time.sleep(0.05)
        return f"{len(mirrored)} rows mirrored, {len(source)} in the source", len(source)

    def end(self) -> None:
        """Everything ends."""
        if self.replica is not None:
            self.replica.stop()
        self.centre.kill()


def run_kind(kind: str, rounds: int, seed: int, home: Path, keep: Path | None) -> Score:
    """All rounds on one office and one centre."""
    chance = random.Random(f"{kind}-{seed}")
    score = Score(kind)
    with disk(home, kind == "power") as mount:
        stage = Stage(home, chance, mount)
        stage.centre.start()
        stage.begin()
        try:
            for number in range(rounds):
                promised = stage.round(kind)
                silent = time.monotonic()
                wrong, score.rows = stage.difference(promised)
                score.settle_max_s = max(score.settle_max_s, time.monotonic() - silent)
                score.rounds += 1
                score.equal += not wrong
                if wrong:
                    score.unlike = (*score.unlike, f"{kind} {number + 1}: {wrong}")
                    if keep is not None:
                        shutil.copytree(home, keep / f"{kind}-{seed}-{number + 1}", ignore=lambda *_: ["mount"])
        finally:
            stage.end()
            score.seen = stage.centre.seen
    return score


@contextmanager
def disk(home: Path, wanted: bool) -> Iterator[Mount | None]:
    """A disk whose power can be cut, where one is wanted."""
    if not wanted:
        yield None
        return
    with mounted(home / "mount") as mount:
        yield mount


def _row(killed: str, *rest: object) -> str:
    return f"{killed:<12}" + "".join(f"{cell!s:>13}" for cell in rest)


def main() -> int:
    """Run all kinds and print the table."""
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]))
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--keep", type=Path, help="copy office and centre here when unequal")
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)  # Deaths are what is asked for here.
    print(f"seed {wanted.seed}, about {1 / PAUSE_S:.0f} transactions a second")
    print(_row("killed", "equal", "rows", "states", "went back", "unannounced", "settled in"), flush=True)
    good = True
    memory = Path("/dev/shm")
    for kind in wanted.kinds:
        if kind == "power" and (reason := why_not()):
            print(_row(kind, f"not here: {reason}"))
            continue
        with tempfile.TemporaryDirectory(prefix="talon-kill-", dir=memory if memory.is_dir() else None) as folder:
            s = run_kind(kind, wanted.rounds, wanted.seed, Path(folder), wanted.keep)
        good &= s.equal == s.rounds and s.seen.unannounced == 0
        settled = f"{s.settle_max_s:.1f} s"
        equal = f"{s.equal}/{s.rounds}"
        print(_row(kind, equal, s.rows, s.seen.states, s.seen.lower, s.seen.unannounced, settled), flush=True)
        for line in (*s.unlike, *s.seen.notes):
            print(f"  {line}")
        if s.seen.troubles:
            print(f"  told meanwhile: {s.seen.troubles}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
