"""A whole centre and many offices: `python -m tests.centre.many_offices --offices 17,200,1000 --seconds 120`.

The centre is the real one, in a process of its own. The offices are synthetic (`tests.centre.synthetic`): real rules,
real journals, real pieces of their WALs put by signed requests within a second of a commit, as Litestream does, pulses
as often as the centre wants them and an open stream each; they share one process on the same machine. Told: how long
the centre takes to take all offices in, entries and objects a second, how long an entry takes from its commit to the
centre's image and to an open wall, CPU and memory of the centre, and what one office costs. Exits with 1 when an
office's data don't arrive whole, when p99 to the image or to the wall is over 3 s, or when an office costs more among
many than among few.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import logging
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from appliance.demo.district import plan_document
from appliance.demo.network import free_port
from appliance.domain.plans.reader import read_plan
from appliance.workers.public_calendar import CalendarSource
from sync.centre.centre import Centre
from sync.centre.config import read_centre_config
from sync.centre.key_tables import DeviceRow, KeySetRow
from sync.centre.offices import OfficeEntry
from sync.device_keys import DeviceKeyFiles
from sync.signing import make_key
from tests.centre.synthetic import HALL, SYNC_S, Device, Writer
from tests.centre.wall_client import WallClient, quantile

P99_S = 3.0
LATE_S = 61.0
WARM_S = 45.0
FLAT = 1.2
"""An office may cost so many times what it costs in a network of 17 or more: measuring errs."""

RUNNER = [sys.executable, "-m", "appliance"]


@dataclass(frozen=True)
class Outcome:
    """One size: whether it kept its promises, and what an office cost (CPU seconds a second)."""

    offices: int
    good: bool
    office_cpu: float


def prepare(folder: Path, offices: int) -> tuple[Path, list[Device], str]:
    """The centre's folder with every office enrolled, the offices' databases, the administrator's code."""
    home = folder / "centre"
    home.mkdir()
    config = home / "centre.toml"
    config.write_text(
        "schema = 1\n"
        f"[pages]\nport = {free_port()}\n[devices]\nport = {free_port()}\ntls = false\n"
        f"[enrolment]\nport = {free_port()}\ntls = false\n"
    )
    read = read_centre_config(config)
    centre = Centre(read, CalendarSource)
    box = DeviceKeyFiles(folder / "box")
    box.ensure()
    csr, devices, at_ms = box.request("synthetic"), [], centre.now_ms()
    text = plan_document(HALL)
    for number in range(offices):
        name = f"syn-{number:04d}"
        centre.offices.put(OfficeEntry(name, f"Офис {number + 1}"))
        (folder / name).mkdir()
        writer = Writer(name, folder / name / "queue.db", read_plan(text.replace('office = "x"', f'office = "{name}"')))
        key, secret = make_key(), hashlib.sha256(name.encode()).hexdigest()
        with centre.store.write() as session:
            device = centre.keys.add(session, name, key.public, csr, secret, "{}")
            row, keys = session.get(DeviceRow, device), session.get(KeySetRow, (device, 1))
            assert row is not None and keys is not None
            # As `confirm` and `bind` leave it, without reading the whole register anew for each of a thousand.
            row.incarnation, row.bound_ms, keys.confirmed_ms = writer.incarnation, at_ms, at_ms
            devices.append(Device(device, keys.s3_key_id, secret, key, writer, read.devices.port))
    code = centre.people.ensure_admin() or ""
    centre.store.close()
    return config, devices, code


async def come_in(devices: list[Device], port: int) -> float:
    """Every office sends its snapshot and opens its stream; how long until the centre has all of it."""
    began = time.monotonic()
    together = asyncio.Semaphore(32)

    async def one(device: Device) -> None:
        async with together:
            await device.begin()

    await asyncio.gather(*map(one, devices))
    wanted = sum(device.writer.state.seq for device in devices)
    while (await asyncio.to_thread(metrics, port))["talon_centre_entries_total"] < wanted:
        if time.monotonic() - began > 600:
            break
        await asyncio.sleep(0.5)
    return time.monotonic() - began


class Day:
    """The offices at work."""

    def __init__(self, devices: list[Device], rate: float) -> None:
        self.devices, self.rate, self.acts = devices, rate, 0
        self._chance = random.Random(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Pulses and streams."""
        for device in self.devices:
            self._start(device.beat(device.every_s * self._chance.random()))
            self._start(device.stream())

    async def live(self, seconds: float) -> None:
        """Let things happen in the halls for so long."""
        until, next_act = time.monotonic() + seconds, time.monotonic()
        while next_act < until:
            next_act += self._chance.expovariate(self.rate * len(self.devices))
            await asyncio.sleep(max(0.0, next_act - time.monotonic()))
            device = self._chance.choice(self.devices)
            if device.writer.live(self._chance):
                self.acts += 1
                if not device.due:
                    device.due = True
                    self._start(device.send_later(SYNC_S * self._chance.random()))

    def end(self) -> None:
        """Stop everything; raises what went wrong meanwhile."""
        failed = [task for task in self._tasks if task.done() and not task.cancelled()]
        for task in self._tasks:
            task.cancel()
        for task in failed:
            task.result()

    def _start(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._tasks.discard(task)


def metrics(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line and line[0] != "#"}


def until_it_answers(port: int) -> None:
    for _ in range(600):
        try:
            metrics(port)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the centre doesn't answer")


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def whole(home: Path, devices: list[Device]) -> list[str]:
    """The offices whose facts at the centre don't end where their journal does."""
    with sqlite3.connect(f"file:{home / 'data' / 'centre.db'}?mode=ro", uri=True) as db:
        heads = {office: (seq, chain) for office, seq, chain in db.execute("SELECT office, seq, chain FROM fact_head")}
    wanted = {d.writer.office: (d.writer.state.seq, d.writer.chain) for d in devices}
    return [
        f"{name} {heads.get(name, (0,))[0]} of {seq}"
        for name, (seq, _) in wanted.items()
        if heads.get(name) != wanted[name]
    ]


def busy_share(before: list[int], after: list[int]) -> float:
    """How much of the machine was at work between two readings of /proc/stat, whoever worked."""
    spent = [b - a for a, b in zip(before, after, strict=True)]
    return 1 - (spent[3] + spent[4]) / max(1, sum(spent[:8]))


def machine() -> list[int]:
    return [int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]


def run(offices: int, seconds: float, rate: float) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="talon-many-") as name:
        folder = Path(name)
        began = time.monotonic()
        config, devices, code = prepare(folder, offices)
        # What the snapshots bring is older than a minute then, and no longer counts as fresh entries.
        time.sleep(LATE_S)
        print(f"... {offices} offices are ready after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        read = read_centre_config(config)
        out = (folder / "centre.log").open("ab")
        centre = subprocess.Popen([*RUNNER, "centre", "run", str(config)], stdout=out, stderr=out)
        wall = WallClient(f"http://127.0.0.1:{read.pages.port}", code)
        try:
            until_it_answers(read.pages.port)
            outcome = asyncio.run(measure(devices, wall, read.pages.port, centre.pid, seconds, rate))
            lost = whole(config.parent, devices)
        except BaseException:
            print((folder / "centre.log").read_text()[-3000:], file=sys.stderr, flush=True)
            raise
        finally:
            wall.stop()
            centre.terminate()
            centre.wait(30)
        if lost:
            print(f"  not whole at the centre: {len(lost)} offices, {lost[:5]}", flush=True)
        _, *log = (folder / "centre.log").read_text().split("Traceback")
        # The wall's stream is cut when the centre is told to end.
        log = [one for one in log if "graceful shutdown exceeded" not in one]
        if log:
            print(f"  errors in the centre's log: {len(log)}, the first: {log[0][-1500:]}", flush=True)
        return Outcome(offices, outcome.good and not lost and not log, outcome.office_cpu)


async def measure(devices: list[Device], wall: WallClient, port: int, pid: int, seconds: float, rate: float) -> Outcome:
    """Bring the offices in, let them live, and tell what it cost."""
    offices = len(devices)
    came_s = await come_in(devices, port)
    day = Day(devices, rate)
    day.begin()
    await asyncio.sleep(SYNC_S)
    await asyncio.to_thread(wall.start, {device.writer.office: device.writer.path for device in devices})
    # A thousand streams that open at once and the first picture of every tile are no usual day.
    await day.live(WARM_S)
    wall.lags.clear()
    day.acts = 0
    before, began, stat, own = await asyncio.to_thread(metrics, port), time.monotonic(), machine(), time.process_time()
    await day.live(seconds)
    took = time.monotonic() - began
    after = await asyncio.to_thread(metrics, port)
    busy, own = busy_share(stat, machine()), (time.process_time() - own) / took
    size_mb = resident_mb(pid)
    await asyncio.sleep(SYNC_S + 4)
    last = await asyncio.to_thread(metrics, port)
    day.end()

    def rate_of(name: str) -> float:
        return (after[name] - before[name]) / took

    cpu = rate_of("process_cpu_seconds_total")
    p50, p95, p99 = (last[f'talon_centre_lag_seconds{{quantile="{q}"}}'] for q in ("0.5", "0.95", "0.99"))
    print(
        f"{offices} offices, {took:.0f} s: {day.acts / took:.1f} acts/s, "
        f"{rate_of('talon_centre_entries_total'):.1f} entries/s, {rate_of('talon_inbox_puts_total'):.1f} objects/s, "
        f"{rate_of('talon_link_pulses_total'):.0f} pulses/s; all came in within {came_s:.1f} s"
    )
    print(f"  commit to image: p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s (pieces leave up to 1 s later)")
    print(f"  commit to wall:  {wall.told()}")
    print(
        f"  centre: {100 * cpu:.0f} % of a core, {size_mb:.0f} MB; an office: {1000 * cpu / offices:.2f} ms of CPU "
        f"a second; one look at all offices {1000 * after['talon_watch_cpu_seconds']:.0f} ms"
    )
    print(
        f"  beside it: the writers {100 * own:.0f} % of a core; the machine was busy for {100 * busy:.0f} %; "
        f"slowest answer to a pulse {max(device.late_s for device in devices):.2f} s",
        flush=True,
    )
    return Outcome(offices, max(p99, quantile(wall.lags, 0.99)) <= P99_S, cpu / offices)


def main() -> int:
    """Run and print; 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--offices", type=lambda text: [int(one) for one in text.split(",")], default=[200])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rate", type=float, default=0.05, help="acts a second and office; a usual day has 0.04")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    found = [run(offices, options.seconds, options.rate) for offices in options.offices]
    flat = all(one.office_cpu <= FLAT * found[0].office_cpu for one in found)
    if not flat:
        print("an office costs more among many")
    return 0 if flat and all(one.good for one in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
