"""What a ticket over HTTP costs: `python -m tests.api.bench --rounds 1000`.

The floor F of a run is the p50 of the same SQL committed raw plus the p50 of an empty request through the same
middleware, all three interleaved: raw commit, empty request, issue, raw commit, ... on the same disk.
"""

from __future__ import annotations

import argparse
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.responses import Response

from appliance.api.server import make_server
from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.tickets import TakeTicket
from appliance.store import database
from appliance.store.writer import QueueWriter
from tests.api.rig import HandClock, Rig
from tests.plans import Sketch

ROOT = Path(__file__).resolve().parents[2]
BODY = b'{"service":"consult","language":"uk"}'


class Recorder:
    """A connection that remembers what was asked of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.said: list[tuple[str, Any]] = []

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        self.said.append((sql, values))
        return self._db.execute(sql, values)

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
        rows = list(rows)
        self.said += [(sql, row) for row in rows]
        return self._db.executemany(sql, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def recorded(folder: Path, tickets: int) -> tuple[list[tuple[str, Any]], list[list[tuple[str, Any]]]]:
    """The statements of an office's first minutes, and those of each ticket issued after them."""
    writer = QueueWriter(folder / "recorded.db", HandClock().now, on_death=lambda death: None)
    recorder = Recorder(writer._db)
    writer._db = recorder  # type: ignore[assignment]
    recorder._db.execute("PRAGMA synchronous = OFF")
    writer.start()
    for command in (BeginIncarnation("office-17"), AdoptPlan(Sketch().plan), OpenDay()):
        writer.submit(command, actor="test").result(5)
    first, recorder.said = recorder.said, []
    issues = []
    for number in range(tickets):
        writer.submit(TakeTicket("consult", "uk"), actor="kiosk", key=f"http/key-{number:06d}").result(5)
        issues.append(recorder.said)
        recorder.said = []
    writer.stop()
    return first, issues


def serve(folder: Path, port: int) -> None:
    """The office under test, in its own process."""
    rig = Rig(folder, Sketch())

    @rig.app.get("/api/v1/empty")
    async def empty() -> Response:
        return Response()

    server = make_server(rig.app, "127.0.0.1", port)
    parent = threading.Thread(target=lambda: (sys.stdin.read(), setattr(server, "should_exit", True)), daemon=True)
    parent.start()
    server.run()
    rig.close()


@contextmanager
def served(folder: Path) -> Iterator[socket.socket]:
    """A bare keep-alive connection to an office in another process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.api.bench", "--serve", str(folder), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdin=subprocess.PIPE)
    deadline = time.monotonic() + 15
    while True:
        try:
            line = socket.create_connection(("127.0.0.1", port), 5)
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    yield line
    line.close()
    assert process.stdin is not None
    process.stdin.close()
    process.wait(10)


def ask(line: socket.socket, request: bytes) -> bytes:
    """One request and its whole answer."""
    line.sendall(request)
    heard = line.recv(65536)
    head, _, body = heard.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536)
    return head


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def measure(rounds: int) -> int:
    """Interleave the three and print their p50, F and the ratio."""
    common = b"Host: localhost\r\nOrigin: http://localhost\r\nSec-Fetch-Site: same-origin\r\nAccept-Language: uk\r\n"
    empty = b"GET /api/v1/empty HTTP/1.1\r\n" + common + b"\r\n"
    issue = b"POST /api/v1/tickets HTTP/1.1\r\n" + common
    issue += b"Content-Type: application/json\r\nContent-Length: %d\r\nIdempotency-Key: key-%%06d\r\n\r\n" % len(BODY)
    raw_ms, empty_ms, issue_ms = [], [], []
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        folder = Path(name)
        first, issues = recorded(folder, rounds)
        db = database.connect(folder / "raw.db")
        for sql, values in first:
            db.execute(sql, values)
        (folder / "served").mkdir()
        with served(folder / "served") as line:
            for number, statements in enumerate(issues):

                def commit(said: list[tuple[str, Any]] = statements) -> None:
                    for sql, values in said:
                        db.execute(sql, values)

                raw_ms.append(timed(commit))
                empty_ms.append(timed(lambda: ask(line, empty)))
                request = (issue % number).replace(b"%%", b"%") + BODY
                issue_ms.append(timed(lambda request=request: ask(line, request)))
        db.close()
    skipped = min(50, rounds // 10)
    raw, nothing, ticket = (statistics.median(each[skipped:]) for each in (raw_ms, empty_ms, issue_ms))
    floor = raw + nothing
    print(f"raw commit {raw:.3f} ms, empty request {nothing:.3f} ms, F {floor:.3f} ms")
    print(f"issue over HTTP {ticket:.3f} ms = {ticket / floor:.2f} F (p50 of {rounds - skipped})")
    last = statistics.median(issue_ms[-100:])
    print(f"last hundred issues {last:.3f} ms")
    return 0


def main() -> int:
    """Measure, or serve for a measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--serve", nargs=2, metavar=("FOLDER", "PORT"))
    chosen = parser.parse_args()
    if chosen.serve:
        serve(Path(chosen.serve[0]), int(chosen.serve[1]))
        return 0
    return measure(chosen.rounds)


if __name__ == "__main__":
    sys.exit(main())
