"""The centre is killed in the middle of PUTs and of mirrors: what was answered yes is there, the mirror comes right."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import threading
from pathlib import Path

from sync.centre.inbox import Inbox, Lineage, StaticKeys
from sync.centre.inbox.names import ObjectName
from sync.centre.mirror import Mirror
from tests.centre.inbox_helpers import INCARNATION, Device, Source, rows_in
from tests.centre.inbox_load import key_of

ROUNDS = 4


class Centre:
    """The inbox and the mirrors behind it in a process of their own."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "tests.centre.inbox_load", "--serve", str(home), "--offices", "1"]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()


def test_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    key = key_of(0)
    source = Source(tmp_path / "queue.db", Lineage(key.office, INCARNATION, "queue"))
    dice = random.Random(5)
    waiting: list[tuple[ObjectName, bytes]] = [source.snapshot()]
    answered: list[tuple[ObjectName, bytes]] = []
    cut_short = 0
    for round_ in range(ROUNDS):
        centre = Centre(tmp_path)
        killer = threading.Timer(dice.uniform(0.0, 0.003), centre.kill)
        before_the_kill = dice.randrange(5, 40)
        device = Device(centre.port, key)
        for _ in range(50):
            source.write(2)
            piece = source.piece()
            assert piece is not None
            waiting.append(piece)
            if source.offset > 200_000:
                source.next_index()
        while waiting:
            try:
                answer = device.put(*waiting[0])
            except (OSError, http.client.HTTPException):
                cut_short += 1
                break
            assert answer.status == 200, answer
            answered.append(waiting.pop(0))
            before_the_kill -= 1
            if before_the_kill == 0 and round_ < ROUNDS - 1:
                killer.start()
        device.close()
        killer.cancel()
        killer.join() if killer.is_alive() else None
        if centre.process.poll() is None:
            centre.kill()
    assert cut_short >= 1, "no kill met a PUT: the test shows nothing"
    inbox = Inbox(tmp_path / "inbox", StaticKeys())
    for name, body in answered:
        path = inbox.find(name)
        assert path is not None, name
        assert path.read_bytes() == body, name
    # A mirror that was killed in the middle, and one from nothing.
    for folder in ("mirrors", "fresh"):
        mirror = Mirror(tmp_path / folder, inbox, key.office, INCARNATION)
        assert mirror.bring_forward().trouble == ""
        assert rows_in(mirror.path) == source.rows()
        assert mirror.quick_check() == ""
    source.close()
