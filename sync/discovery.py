"""Who is on the local network: this box makes itself known, and finds other boxes, the centre and network printers.

DNS-SD over multicast, by the package zeroconf. Nothing here is trusted: what was found is shown to a person, or tried
as an address; who it is, keys and fingerprints tell. Without a network it is a state, and it comes back by itself.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import (
    IPVersion,
    NonUniqueNameException,
    ServiceBrowser,
    ServiceInfo,
    ServiceListener,
    Zeroconf,
)

log = logging.getLogger("talon.sync.discovery")

TALON = "_talon._tcp.local."
CENTRE = "_talon-centre._tcp.local."
PAGES = "_http._tcp.local."
PRINTERS = ("_pdl-datastream._tcp.local.", "_ipp._tcp.local.")
ROLES: Mapping[str, str] = {TALON: "talon", CENTRE: "centre", **dict.fromkeys(PRINTERS, "printer")}
LOOK_S = 15.0
ANSWER_MS = 2000
MOST = 500
"""More services than this are none of ours: the rest is left out."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Something on the local network. `role`: `talon`, `centre` or `printer`; `name` is its own name for itself.

    `facts` are its TXT record, cut to what a line can show. None of it is proven.
    """

    role: str
    name: str
    address: str
    port: int
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Announcement:
    """How this box makes itself known. `pages`: the port of its pages, 0 for none; `label` is shown to people."""

    office: str
    incarnation: str
    version: str
    label: str
    port: int
    pages: int = 0


@dataclass(frozen=True, slots=True)
class DiscoveryState:
    """`condition`: `announced`, `off` (not wanted), `no-network`, `failed`, `stopped`.

    `name`: as which name, after a conflict another.
    """

    condition: str
    since: datetime
    name: str = ""
    detail: str = ""


class Discovery:
    """Announces the box and looks around, in its own thread. `start` once, `stop` once; the rest from any thread."""

    def __init__(
        self,
        announcement: Callable[[], Announcement | None],
        *,
        addresses: Callable[[], Sequence[str]] | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        """`announcement` is asked anew every `look_s`; None: nothing is sent and nobody looked for.

        `addresses`: this box's own IPv4 addresses on local networks; by default those that the interfaces have, without
        the loopback.
        """
        self._announcement, self._look_s = announcement, look_s
        self._addresses = addresses or local_addresses
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str], Neighbour] = {}
        self._state = DiscoveryState("no-network", datetime.now(UTC))
        self._thread = threading.Thread(target=self._run, name="discovery", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Take the announcement back and end, within 2 s."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def state(self) -> DiscoveryState:
        """The newest state; never waits."""
        return self._state

    def neighbours(self) -> Sequence[Neighbour]:
        """What answers now, by role and name."""
        with self._lock:
            return sorted(self._found.values(), key=lambda one: (one.role, one.name, one.address))

    # Everything below runs in the thread, or in zeroconf's.

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._one_network()
            except (OSError, ZeroconfError) as error:
                self._publish("no-network", detail=str(error)[:200])
            except Exception as error:
                log.exception("discovery: unexpected error")
                self._publish("failed", detail=repr(error)[:200])
            with self._lock:
                self._found.clear()
            self._stopping.wait(min(self._look_s, 5.0))
        self._publish("stopped")

    def _one_network(self) -> None:
        """Be on the networks that there are now, until they change."""
        addresses = list(self._addresses())
        wanted = self._announcement()
        if wanted is None or not addresses:
            self._publish("no-network" if wanted is not None else "off")
            return
        zeroconf = Zeroconf(interfaces=addresses, ip_version=IPVersion.V4Only)
        try:
            listener = _Listener(zeroconf, self._took, self._lost)
            ServiceBrowser(zeroconf, list(ROLES), listener=listener)
            known: Announcement | None = None
            services: list[ServiceInfo] = []
            while not self._stopping.is_set() and wanted is not None and list(self._addresses()) == addresses:
                if wanted != known:
                    for service in services:
                        zeroconf.unregister_service(service)
                    services, known = _register(zeroconf, wanted, addresses), wanted
                self._publish("announced", services[0].name.removesuffix(f".{TALON}"))
                self._stopping.wait(self._look_s)
                wanted = self._announcement()
        finally:
            # Says goodbye, so that nobody shows a box that is gone.
            zeroconf.close()

    def _took(self, kind: str, key: str, neighbour: Neighbour) -> None:
        with self._lock:
            if len(self._found) < MOST:
                self._found[kind, key] = neighbour

    def _lost(self, kind: str, key: str) -> None:
        with self._lock:
            self._found.pop((kind, key), None)

    def _publish(self, condition: str, name: str = "", detail: str = "") -> None:
        old = self._state
        if (condition, name) != (old.condition, old.name):
            log.info("discovery: %s %s %s", condition, name, detail)
        since = old.since if condition == old.condition else datetime.now(UTC)
        self._state = DiscoveryState(condition, since, name, detail)


class _Listener(ServiceListener):
    """Turns what zeroconf hears into neighbours; asks for details on a thread of its own."""

    def __init__(
        self,
        zeroconf: Zeroconf,
        took: Callable[[str, str, Neighbour], None],
        lost: Callable[[str, str], None],
    ) -> None:
        self._zeroconf, self._took, self._lost = zeroconf, took, lost

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        info = zc.get_service_info(type_, name, ANSWER_MS)
        found = None if info is None else neighbour_of(type_, info)
        if found is not None:
            self._took(type_, name, found)

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.add_service(zc, type_, name)

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:  # noqa: ARG002
        self._lost(type_, name)


def browse(seconds: float, addresses: Sequence[str] | None = None) -> Sequence[Neighbour]:
    """What answers within `seconds`. Raises OSError when there is no network to ask."""
    mine = list(addresses) if addresses is not None else local_addresses()
    if not mine:
        raise OSError("no interface is up")
    found: dict[tuple[str, str], Neighbour] = {}
    zeroconf = Zeroconf(interfaces=mine, ip_version=IPVersion.V4Only)
    try:
        listener = _Listener(
            zeroconf,
            lambda kind, key, one: found.__setitem__((kind, key), one),
            lambda kind, key: (found.pop((kind, key), None), None)[1],
        )
        ServiceBrowser(zeroconf, list(ROLES), listener=listener)
        time.sleep(seconds)
    except ZeroconfError as error:
        raise OSError(str(error)) from error
    finally:
        zeroconf.close()
    return sorted(found.values(), key=lambda one: (one.role, one.name, one.address))


def centre_service(name: str, port: int, fingerprint: str, addresses: Sequence[str]) -> ServiceInfo:
    """How a centre makes itself known on its own network: the port of its enrolment and its authority's fingerprint."""
    return _service(CENTRE, name, port, {"fingerprint": fingerprint, "role": "centre"}, addresses)


def local_addresses() -> list[str]:
    """This box's own IPv4 addresses on local networks, in a fixed order."""
    found = {ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)}
    return sorted(one for one in found if not ipaddress.ip_address(one).is_loopback)


def neighbour_of(kind: str, info: ServiceInfo) -> Neighbour | None:
    """A service as people see it; None without an address. Its texts are cut and cleaned: anybody may send them."""
    addresses = info.parsed_addresses(IPVersion.V4Only)
    if not addresses or info.port is None:
        return None
    facts = {
        _clean(key.decode("utf-8", "replace"), 20): _clean((value or b"").decode("utf-8", "replace"), 60)
        for key, value in list(info.properties.items())[:12]
        if isinstance(key, bytes)
    }
    name = _clean(info.name.removesuffix(f".{kind}"), 63)
    return Neighbour(ROLES.get(kind, kind), name, addresses[0], info.port, facts)


def _register(zeroconf: Zeroconf, wanted: Announcement, addresses: Sequence[str]) -> list[ServiceInfo]:
    facts = {
        "office": wanted.office,
        "incarnation": wanted.incarnation,
        "version": wanted.version,
        "role": "office",
    }
    services = [_service(TALON, wanted.label, wanted.port, facts, addresses)]
    if wanted.pages:
        services.append(_service(PAGES, wanted.label, wanted.pages, {"path": "/"}, addresses))
    for service in services:
        try:
            # Two boxes with one name: the second takes "name-2".
            zeroconf.register_service(service, allow_name_change=True)
        except NonUniqueNameException:
            log.warning("discovery: the name %s is taken", service.name)
    return services


def _service(kind: str, label: str, port: int, facts: Mapping[str, str], addresses: Sequence[str]) -> ServiceInfo:
    # 63 bytes are a label's most; a conflict needs some of them for "-2".
    name = _clean(label, 63).encode()[:58].decode("utf-8", "ignore").strip() or "talon"
    return ServiceInfo(
        kind,
        f"{name}.{kind}",
        port=port,
        properties={key: value.encode()[:200] for key, value in facts.items()},
        server=f"{_host()}.local.",
        addresses=[socket.inet_aton(address) for address in addresses],
    )


def _host() -> str:
    """A name for the address record that avahi on the same box doesn't claim for itself."""
    own = "".join(letter if letter.isalnum() else "-" for letter in socket.gethostname().partition(".")[0].lower())
    return f"talon-{own or 'box'}"


def _clean(text: str, longest: int) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:longest]
