"""The centre on its own network: devices there find its enrolment by name, and know it by its fingerprint."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion, Zeroconf

from sync.discovery import centre_service, local_addresses

log = logging.getLogger(__name__)

LOOK_S = 30.0


class Beacon:
    """Announces `_talon-centre._tcp`. `start` once, `stop` once; without a network it tries again."""

    def __init__(
        self, name: str, port: int, fingerprint: str, *, addresses: Callable[[], Sequence[str]] = local_addresses
    ) -> None:
        """`port` is that of the enrolment listener. Its certificate should carry this machine's addresses."""
        self._name, self._port, self._fingerprint, self._addresses = name, port, fingerprint, addresses
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beacon", daemon=True)
        self.announced = False

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Take the announcement back and end, within 2 s."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stopping.is_set():
            addresses = list(self._addresses())
            if addresses:
                try:
                    self._announce(addresses)
                except (OSError, ZeroconfError) as error:
                    log.warning("beacon: %s", error)
            self.announced = False
            self._stopping.wait(LOOK_S)

    def _announce(self, addresses: list[str]) -> None:
        zeroconf = Zeroconf(interfaces=addresses, ip_version=IPVersion.V4Only)
        try:
            service = centre_service(self._name, self._port, self._fingerprint, addresses)
            zeroconf.register_service(service, allow_name_change=True)
            self.announced = True
            while not self._stopping.wait(LOOK_S) and list(self._addresses()) == addresses:
                continue
        finally:
            zeroconf.close()
