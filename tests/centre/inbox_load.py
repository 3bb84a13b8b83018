"""How many offices one inbox carries. `python -m tests.centre.inbox_load --offices 17,200,1000 --seconds 30`

Each office puts real pieces (cut once from a real WAL) over a connection of its own, signed: first at the rate of a
usual day (0.13 a second), then as fast as the inbox takes them. The inbox is a process of its own, with a mirror of
each office brought forward behind every PUT. Afterwards a sample of the mirrors is compared row by row with what SQLite
had; exits with 1 when one differs or a PUT was refused.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import queue
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from sync.centre.inbox import DeviceKey, Inbox, Kind, Lineage, ObjectPut, StaticKeys
from sync.centre.inbox.names import ObjectName
from sync.centre.inbox.signature import SignedRequest, authorization
from sync.centre.mirror import Mirror
from tests.centre.inbox_helpers import INCARNATION, Source, rows_in, served

RATE = 0.13
PIECES = 240
PER_INDEX = 60
FLAT_OUT = 32
SAMPLE = 50


def office_name(number: int) -> str:
    return f"office-{number:04d}"


def key_of(number: int) -> DeviceKey:
    return DeviceKey(f"key-{number:04d}", f"secret-{number}", office_name(number), INCARNATION)


@dataclass
class Template:
    """A generation of a database of a few months: its snapshot, its pieces, and the rows after each piece."""

    snapshot: tuple[ObjectName, bytes]
    pieces: list[tuple[ObjectName, bytes]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


def digest(rows: list[tuple[object, ...]]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def make_template(home: Path) -> Template:
    source = Source(home / "template.db")
    for _ in range(12):
        source.write(100, 180)
    source.next_index()
    source.index = 0
    template = Template(source.snapshot())
    for number in range(PIECES):
        source.write(2, 180)
        piece = source.piece()
        assert piece is not None
        template.pieces.append(piece)
        template.after.append(digest(source.rows()))
        if number % PER_INDEX == PER_INDEX - 1:
            source.next_index()
    source.close()
    return template


def serve(home: Path, offices: int) -> None:
    """The inbox's process: prints its port, then answers `stats` on its standard input."""
    inbox = Inbox(home / "inbox", StaticKeys(key_of(number) for number in range(offices)))
    mirrors: dict[str, Mirror] = {}
    news: queue.SimpleQueue[ObjectPut] = queue.SimpleQueue()
    spent: list[float] = []
    troubles: list[str] = []

    def follow() -> None:
        while True:
            put = news.get()
            mirror = mirrors.get(put.office)
            if mirror is None:
                mirror = mirrors[put.office] = Mirror(home / "mirrors", inbox, put.office, put.incarnation)
            began = time.perf_counter()
            state = mirror.bring_forward()
            if not state.rebuilt:
                spent.append(time.perf_counter() - began)
            if state.trouble:
                troubles.append(f"{put.office}: {state.trouble} {state.detail}")

    inbox.listen(news.put)
    threading.Thread(target=follow, daemon=True).start()
    with served(inbox) as port:
        print(port, flush=True)
        for _ in sys.stdin:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
            answer = {
                "cpu_s": usage.ru_utime + usage.ru_stime,
                "rss_mb": resident / 1e6,
                "waiting": news.qsize(),
                "apply_ms": sorted(1000 * one for one in spent),
                "refusals": dict(inbox.counting.refusals()),
                "troubles": troubles[:5],
            }
            spent.clear()
            print(json.dumps(answer), flush=True)


class Office:
    """One synthetic office: it puts the template's objects one after another, under its own names."""

    def __init__(self, number: int, port: int, template: Template) -> None:
        self.key, self.port, self.template = key_of(number), port, template
        self.lineage = Lineage(self.key.office, INCARNATION, "queue")
        self.generation, self.next = 0, -1
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def generation_name(self) -> str:
        return f"{self.generation:016x}"

    def object(self) -> tuple[ObjectName, bytes]:
        if self.next == len(self.template.pieces):
            self.generation, self.next = self.generation + 1, -1
        name, body = self.template.snapshot if self.next < 0 else self.template.pieces[self.next]
        self.next += 1
        return replace(name, lineage=self.lineage, generation=self.generation_name), body

    async def put(self) -> tuple[Kind, float]:
        """Put the next object; what it was, and the seconds until the answer."""
        name, body = self.object()
        path = f"/offices/{name}"
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {
            "host": f"127.0.0.1:{self.port}",
            "x-amz-date": date,
            "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        }
        request = SignedRequest("PUT", path, "", headers)
        headers["authorization"] = authorization(request, self.key.key_id, self.key.secret, date)
        headers["content-length"] = str(len(body))
        head = f"PUT {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        began = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        seconds = time.perf_counter() - began
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(answer.decode())
        return name.kind, seconds


async def at_rate(offices: list[Office], seconds: float, taken: list[float]) -> None:
    """Every office by itself, at random moments."""
    until = time.monotonic() + seconds

    async def one(office: Office) -> None:
        random_ = random.Random(office.key.key_id)
        while True:
            pause = random_.expovariate(RATE)
            if time.monotonic() + pause >= until:
                return
            await asyncio.sleep(pause)
            taken.append((await office.put())[1])

    await asyncio.gather(*(one(office) for office in offices))


async def flat_out(offices: list[Office], seconds: float, taken: list[float]) -> None:
    """As many at once as `FLAT_OUT`, one after another."""
    until = time.monotonic() + seconds
    turn = iter(range(1 << 60))

    async def one(first: int) -> None:
        mine = offices[first :: min(FLAT_OUT, len(offices))]
        while time.monotonic() < until:
            taken.append((await mine[next(turn) % len(mine)].put())[1])

    await asyncio.gather(*(one(first) for first in range(min(FLAT_OUT, len(offices)))))


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def ask(server: subprocess.Popen[str]) -> dict[str, object]:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("stats\n")
    server.stdin.flush()
    return dict(json.loads(server.stdout.readline()))


def settle(server: subprocess.Popen[str]) -> dict[str, object]:
    stats = ask(server)
    while stats["waiting"]:
        time.sleep(0.2)
        more = ask(server)
        more["apply_ms"] = sorted(list(stats["apply_ms"]) + list(more["apply_ms"]))  # type: ignore[call-overload]
        stats = more
    return stats


def measure(count: int, seconds: float, template: Template) -> bool:
    with tempfile.TemporaryDirectory(prefix="inbox-load-") as folder:
        home = Path(folder)
        command = [sys.executable, "-m", "tests.centre.inbox_load", "--serve", str(home), "--offices", str(count)]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            offices = [Office(number, port, template) for number in range(count)]
            fine = asyncio.run(rounds(server, offices, seconds))
            return compare(home, offices, template) and fine
        finally:
            server.kill()
            server.wait()
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.close()
            server.stdout.close()


async def rounds(server: subprocess.Popen[str], offices: list[Office], seconds: float) -> bool:
    # The base of every office, before anything is measured.
    for step in range(0, len(offices), FLAT_OUT):
        for _ in range(2):
            await asyncio.gather(*(office.put() for office in offices[step : step + FLAT_OUT]))
    fine = True
    for name, play in (("rate", at_rate), ("flat", flat_out)):
        before = settle(server)
        taken: list[float] = []
        began = time.monotonic()
        await play(offices, seconds, taken)
        elapsed = time.monotonic() - began
        after = settle(server)
        taken.sort()
        apply_ms = list(after["apply_ms"])  # type: ignore[call-overload]
        cpu_ms = 1000 * (float(str(after["cpu_s"])) - float(str(before["cpu_s"]))) / max(1, len(taken))
        print(
            f"{len(offices):6} {name:>5} {len(taken) / elapsed:7.1f}"
            f" {1000 * percentile(taken, 0.5):7.1f} {1000 * percentile(taken, 0.95):7.1f}"
            f" {1000 * percentile(taken, 0.99):7.1f} {cpu_ms:8.2f}"
            f" {percentile(apply_ms, 0.5):7.2f} {percentile(apply_ms, 0.99):7.2f} {float(str(after['rss_mb'])):7.0f}",
            flush=True,
        )
        if after["refusals"] or after["troubles"]:
            print("  ", after["refusals"], after["troubles"])
            fine = False
    return fine


def compare(home: Path, offices: list[Office], template: Template) -> bool:
    sample = random.Random(1).sample(offices, min(SAMPLE, len(offices)))
    unlike = 0
    for office in sample:
        # A snapshot alone is not followed yet, then the whole generation before counts.
        wanted = template.after[office.next - 1 if office.next > 0 else -1]
        path = home / "mirrors" / office.key.office / INCARNATION / "queue.db"
        unlike += digest(rows_in(path)) != wanted
    print(f"       mirrors equal row by row: {len(sample) - unlike} of {len(sample)}")
    return unlike == 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--offices", default="17,200,1000")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--serve", type=Path)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(arguments.serve, int(arguments.offices))
        return 0
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        template = make_template(Path(folder))
    sizes = sorted(len(body) for _, body in template.pieces)
    print(f"snapshot {len(template.snapshot[1]) / 1e3:.0f} kB, a piece {sizes[len(sizes) // 2] / 1e3:.1f} kB (p50)")
    print("                 |  answer, ms             | inbox's | mirror, ms     |")
    print("offices load PUT/s    p50     p95     p99  CPU ms/PUT  p50     p99  RSS MB")
    fine = [measure(int(count), arguments.seconds, template) for count in arguments.offices.split(",")]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
