"""A line between an office and a centre: so many bits a second in each direction for all connections together, and bad.

A TCP relay in a thread of its own. It knows nothing of packets: what it loses are whole connections, reset at a random
byte.
"""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

_CHUNK = 1024
_BUFFER = 16 << 10


@dataclass(slots=True)
class Way:
    """One direction: all connections share its pace, a kilobyte each in turn."""

    bits_per_s: float
    carried: int = 0
    _free_at: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def carry(self, size: int) -> None:
        """Wait as long as so many bytes take after those that are on their way already."""
        async with self._turn:
            self.carried += size
            if self.bits_per_s <= 0:
                return
            now = asyncio.get_running_loop().time()
            self._free_at = max(self._free_at, now) + size * 8 / self.bits_per_s
            await asyncio.sleep(self._free_at - now)


class ThinLine:
    """The relay. `ports` are those behind it, one relaying port each; `up` and `down` may come in turn.

    `resets`: the share of connections that are reset after a random part of `reset_within` bytes.
    """

    def __init__(self, ports: list[int], bits_per_s: float, *, resets: float = 0.0, seed: int = 1) -> None:
        self._behind = ports
        self.ports = [_free_port() for _ in ports]
        self.resets, self.reset_within = resets, 60_000
        self.connections = self.broken = 0
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.StreamWriter] = set()
        self.there, self.back = Way(bits_per_s), Way(bits_per_s)

    def pace(self, bits_per_s: float) -> None:
        """Another pace from now on."""
        self.there.bits_per_s = self.back.bits_per_s = bits_per_s

    def up(self) -> None:
        """The line is there."""
        self._run(self._up())

    def down(self) -> None:
        """The line is gone, and so is every connection."""
        self._run(self._down())

    def close(self) -> None:
        """End the thread."""
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, coroutine: object) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)  # type: ignore[arg-type]

    async def _up(self) -> None:
        for port, behind in zip(self.ports, self._behind, strict=True):

            async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behind: int = behind) -> None:
                await self._relay(reader, writer, behind)

            self._servers.append(await asyncio.start_server(relay, "127.0.0.1", port, limit=_BUFFER))

    async def _down(self) -> None:
        for server in self._servers:
            server.close()
        self._servers = []
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behind: int) -> None:
        self.connections += 1
        doomed = self._chance.random() < self.resets
        left = self._chance.randrange(self.reset_within) if doomed else 1 << 62
        try:
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", behind, limit=_BUFFER)
        except OSError:
            writer.transport.abort()
            return
        budget = [left]
        self._open |= {writer, other_writer}
        try:
            await asyncio.gather(
                self._carry(reader, other_writer, self.there, budget),
                self._carry(other_reader, writer, self.back, budget),
            )
        except (OSError, asyncio.IncompleteReadError):
            self.broken += doomed
            for one in (writer, other_writer):
                one.transport.abort()
        finally:
            self._open -= {writer, other_writer}
            for one in (writer, other_writer):
                one.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way, budget: list[int]
    ) -> None:
        while data := await reader.read(_CHUNK):
            await way.carry(len(data))
            budget[0] -= len(data)
            if budget[0] < 0:
                raise ConnectionResetError
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])
