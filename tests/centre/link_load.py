"""A thousand offices on the line at once: `python -m tests.centre.link_load --offices 1000`.

Each holds a stream and pulses every five seconds, signed, over real HTTP, from a process of its own. Told: the centre's
CPU with and without pulses, its memory, and how long an order takes to every tenth office's stream. Fails when an order
doesn't come, or comes later than its bound.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import resource
import sys
import tempfile
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from sync.centre.offices import OfficeEntry
from sync.pulse import Pulse
from sync.signing import PrivateKey, load_key, make_key, save_key, sign_request
from tests.centre.link_rig import quantile
from tests.sync.link_scene import Centre, FakeDevice, centre, now_ms, until

PULSE_S = 5.0
P99_MS = 1000.0
PULSE = Pulse(
    "",
    "0001-aaaa",
    "s",
    1,
    0,
    5,
    "ab" * 32,
    versions={"talon": "0.5.0", "python": "3.11.9", "litestream": "0.3.13"},
    replica={"condition": "running", "lag_s": 0.4, "lag_bytes": 0, "hint": "", "restarts": 0},
    health={"devices": 14, "lame": {}, "disk_free_mb": 20000, "uptime_s": 80000, "errors": 0, "temp_c": 51.5},
)


async def _office(number: int, port: int, key: PrivateKey, told: Connection, pulsing: asyncio.Event) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    target = "/link/v1/directives?after=0&session=s"
    header = sign_request(key, f"d{number}", "GET", target, b"", now_ms())
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: {header}\r\n\r\n"
    writer.write(head.encode())
    pulses = asyncio.create_task(_pulses(number, port, key, pulsing))
    try:
        while line := await reader.readline():
            if line.startswith(b"id: "):
                told.send((number, int(line[4:]), time.monotonic()))
    finally:
        pulses.cancel()


async def _pulses(number: int, port: int, key: PrivateKey, pulsing: asyncio.Event) -> None:
    await pulsing.wait()
    await asyncio.sleep(PULSE_S * (number % 997) / 997)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while True:
        count += 1
        began = time.monotonic()
        body = replace(PULSE, office=f"o{number}", count=count, sent_ms=now_ms()).to_json().encode()
        header = sign_request(key, f"d{number}", "POST", "/link/v1/pulse", body, now_ms())
        head = (
            f"POST /link/v1/pulse HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nAuthorization: {header}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            print("a pulse was refused", file=sys.stderr)
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        await asyncio.sleep(max(0.0, PULSE_S - (time.monotonic() - began)))


def _clients(port: int, offices: int, path: str, told: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    key = load_key(Path(path))

    async def run() -> None:
        pulsing = asyncio.Event()
        tasks = []
        for number in range(offices):
            tasks.append(asyncio.create_task(_office(number, port, key, told, pulsing)))
            await asyncio.sleep(0.002)
        while not told.poll():
            await asyncio.sleep(0.1)
        told.recv()
        pulsing.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def _cpu(seconds: float) -> float:
    """The share of one core that this process takes."""
    began, used = time.monotonic(), time.process_time()
    time.sleep(seconds)
    return (time.process_time() - used) / (time.monotonic() - began)


def _orders(one: Centre, offices: int, told: Connection) -> tuple[list[float], int]:
    """Milliseconds from order to stream, and how many never came."""
    waits: list[float] = []
    lost = 0
    for number in range(0, offices, 10):
        began = time.monotonic()
        one.directives.issue(f"o{number}", "resume", {}, author="u", author_name="", reason="", ttl_s=60)
        if not told.poll(10.0):
            lost += 1
            continue
        at = told.recv()[2]
        waits.append((at - began) * 1000)
    return waits, lost


def main() -> int:
    """Run and print; 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--offices", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with (
        tempfile.TemporaryDirectory(prefix="talon-link-load-") as folder,
        centre(Path(folder), keepalive_s=10.0) as one,
    ):
        key = make_key()
        save_key(key, Path(folder) / "device.key")
        for number in range(options.offices):
            one.devices.known[f"d{number}"] = FakeDevice(f"d{number}", f"o{number}", public=key.public)
            if number % 10 == 0:
                one.offices.put(OfficeEntry(f"o{number}", ""))
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        arguments = (one.port, options.offices, str(Path(folder) / "device.key"), theirs)
        clients = context.Process(target=_clients, args=arguments, daemon=True)
        clients.start()
        until(lambda: len(one.link.connected()) == options.offices, 120)
        streams = _cpu(options.seconds)
        ours.send("pulse")
        until(lambda: one.link.counts.pulses >= options.offices, 60)
        before = one.link.counts.pulses
        pulsing = _cpu(options.seconds)
        rate = (one.link.counts.pulses - before) / options.seconds
        waits, lost = _orders(one, options.offices, ours)
        clients.terminate()
        clients.join(10)
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = len(replace(PULSE, office="office-17", session="0" * 16, sent_ms=now_ms()).to_json())
    print(f"{options.offices} streams alone: {streams:6.1%} of a core")
    print(f"with {rate:.0f} pulses a second: {pulsing:6.1%} of a core; {rss:.0f} MB at most; a pulse has {size} bytes")
    shares = [quantile(waits, share) for share in (0.5, 0.95, 0.99)]
    print(f"order to stream, ms: p50 {shares[0]:.0f}, p95 {shares[1]:.0f}, p99 {shares[2]:.0f}, lost {lost}")
    return 1 if lost or shares[2] > P99_MS else 0


if __name__ == "__main__":
    sys.exit(main())
