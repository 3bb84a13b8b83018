"""An office that also takes orders from the bench: the same composition as `talon office`, and one socket more.

`python -m tests.bench.served FD OFFICE.TOML`. A packet `ticket` gives a number without HTTP, `press` moves a ticket
button's pin. Every commit is answered with a packet: seq, the newest ticket, CLOCK_MONOTONIC seconds of its publishing.
"""

from __future__ import annotations

import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path

from appliance.config import read_config
from appliance.domain.tickets import TakeTicket
from appliance.notify import notify
from appliance.process import OfficeProcess, open_listener, say
from tests.bench.place import SERVICES

NEWS = struct.Struct("=qqd")


def wait_ticket(channel: socket.socket, ticket: int) -> tuple[int, float]:
    """The seq and the publishing of the commit that gave `ticket`.

    The office commits things of its own as well (the clock corrects itself at start): those packets are passed over.
    """
    while True:
        seq, newest, published = NEWS.unpack(channel.recv(64))
        if newest >= ticket:
            return seq, published


class Orders:
    """Does what the socket says, in a thread."""

    def __init__(self, office: OfficeProcess, channel: socket.socket) -> None:
        self._office, self._channel = office, channel
        self._given = 0
        office.writer.listen(self._published)

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._run, name="orders", daemon=True).start()

    def _published(self, seq: int) -> None:
        self._channel.send(NEWS.pack(seq, self._office.writer.office.last_ticket, time.monotonic()))

    def _run(self) -> None:
        while order := self._channel.recv(64):
            if order == b"press":
                simulation = self._office.devices.bench
                assert simulation is not None
                assert simulation.panel is not None
                simulation.panel.press("kiosk/bills")
            else:
                service = SERVICES[self._given % len(SERVICES)]
                self._given += 1
                command = TakeTicket(service, paper=False)
                self._office.writer.submit(command, actor="bench", key=f"bench:{self._given}")


def main(number: int, toml: Path) -> None:
    """Run until SIGTERM."""
    config = read_config(toml)
    office = OfficeProcess(config)
    orders = Orders(office, socket.socket(fileno=number))
    signal.signal(signal.SIGTERM, office.stop)
    office.start()
    orders.start()
    notify("ORDERS=1")
    office.start_web(open_listener(config.web.host, config.web.port), say)
    office.wait()
    office.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
