"""One running situation centre: its listeners, its pages, its parts. Wires and decides nothing."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from appliance.notify import notify
from appliance.workers.public_calendar import CalendarSource
from sync.centre.beacon import Beacon
from sync.centre.centre import Centre
from sync.centre.config import CentreConfig, Listener
from sync.centre.metrics import metrics_of
from sync.discovery import local_addresses
from sync.exposition import CONTENT_TYPE, exposition
from web.centre import mount_centre
from web.centre.live import LiveReading

log = logging.getLogger(__name__)

BACKLOG = 2048
GRACE_S = 2
CONNECTIONS = 4096
WATCHDOG_S = 5.0

SWITCH_S = 0.0005
"""Whoever follows an office gives Python's lock away at every file and every row, and a thread that looks at a thousand
tiles would keep it for ten times as long each time: minutes behind instead of a second.
"""


@dataclass(slots=True)
class _Serving:
    """A listener and the thread that serves it."""

    server: uvicorn.Server
    socket: socket.socket
    thread: threading.Thread


class CentreProcess:
    """The whole centre. `start`, `wait`, `close`."""

    def __init__(self, config: CentreConfig) -> None:
        self.config = config
        self.centre = Centre(config, CalendarSource)
        self._stopped = threading.Event()
        self._servings: list[_Serving] = []
        self._beacon: Beacon | None = None
        self.pages_url = ""

    def start(self) -> None:
        """Open the ports, begin to follow and watch, then serve."""
        config, centre = self.config, self.centre
        pages, devices, enrolment = map(_listen, (config.pages, config.devices, config.enrolment))
        centre.addresses.urls = tuple(_url(config.devices, devices, name) for name in _names(config.devices))
        centre.addresses.enrol_url = _url(config.enrolment, enrolment, _names(config.enrolment)[0])
        self.pages_url = _url(config.pages, pages, _names(config.pages)[0])
        centre.start()
        self._serve(centre.devices_app(), config.devices, devices, ssl.CERT_REQUIRED)
        self._serve(centre.enrolment_app(), config.enrolment, enrolment, ssl.CERT_NONE)
        self._serve(self._pages_app(), config.pages, pages, ssl.CERT_NONE)
        if not _is_loopback(config.enrolment.host):
            self._beacon = Beacon("Talon", enrolment.getsockname()[1], centre.authority.fingerprint)
            self._beacon.start()
        notify("READY=1")
        log.info("ready: pages %s, devices %s", self.pages_url, ", ".join(centre.addresses.urls))

    def wait(self) -> None:
        """Stay until `stop`."""
        while not self._stopped.wait(WATCHDOG_S):
            if all(one.thread.is_alive() for one in self._servings):
                notify("WATCHDOG=1")

    def stop(self, *_: object) -> None:
        """Ask `wait` to return; safe in a signal handler."""
        self._stopped.set()

    def close(self) -> None:
        """Take nothing more, then end."""
        notify("STOPPING=1")
        self.centre.link.close()
        if self._beacon is not None:
            self._beacon.stop()
        for one in self._servings:
            one.server.should_exit = True
        for one in self._servings:
            one.thread.join(10.0)
        self.centre.stop()

    def _pages_app(self) -> FastAPI:
        app = FastAPI(title="Talon centre", openapi_url=None, docs_url=None, redoc_url=None)
        reading = LiveReading(self.centre, self.config.zone)

        @app.get("/metrics")
        def metrics() -> Response:
            """For Prometheus."""
            return Response(exposition(metrics_of(self.centre)), media_type=CONTENT_TYPE)

        @app.get("/health")
        async def health() -> Response:
            """Whether the centre's parts live."""
            alive = all(one.thread.is_alive() for one in self._servings)
            return JSONResponse({"alive": alive}, 200 if alive else 503)

        mount_centre(app, reading, self.centre.people, self.centre.audit, self.config.pages.names)
        return app

    def _serve(self, app: Any, listener: Listener, opened: socket.socket, client_certificate: ssl.VerifyMode) -> None:
        tls: dict[str, Any] = {}
        if listener.tls:
            files = self.centre.authority.server((*listener.names, *_addresses(listener.host)))
            tls = {"ssl_keyfile": str(files.key), "ssl_certfile": str(files.certificate)}
            if client_certificate is ssl.CERT_REQUIRED:
                tls |= {"ssl_ca_certs": str(files.ca), "ssl_cert_reqs": client_certificate}
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=60,
            limit_concurrency=CONNECTIONS,
            **tls,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([opened],), name=f"http-{listener.port}", daemon=True)
        self._servings.append(_Serving(server, opened, thread))
        thread.start()


def stay_on_one_core(worker: int) -> None:
    """Give each worker one core of those it may use, the last one first.

    Python runs one thread at a time: handed from core to core at every file and every row, a thousand offices took the
    centre 111 % of a core and 12 s (p99), on one core 88 % and 2.5 s.
    """
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1 - worker % len(cores)]})


def run_centre(config: CentreConfig, told: Callable[[str], None]) -> None:
    """Run a centre until SIGTERM or SIGINT. `told` hears the addresses, and the first administrator's code once."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    sys.setswitchinterval(SWITCH_S)
    stay_on_one_core(config.worker)
    process = CentreProcess(config)
    signal.signal(signal.SIGTERM, process.stop)
    signal.signal(signal.SIGINT, process.stop)
    try:
        process.start()
        code = process.centre.people.ensure_admin()
        told(f"Situation centre: {process.pages_url}")
        if code is not None:
            told(f'First sign-in: name "admin", code {code} (shown only this once)')
        process.wait()
    finally:
        process.close()


def _listen(listener: Listener) -> socket.socket:
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((listener.host, listener.port))
    opened.listen(BACKLOG)
    return opened


def _names(listener: Listener) -> tuple[str, ...]:
    """By which names the listener is reached; its own address when nobody gave it one."""
    return listener.names or (listener.host,)


def _url(listener: Listener, opened: socket.socket, name: str) -> str:
    scheme = "https" if listener.tls else "http"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{opened.getsockname()[1]}"


def _addresses(host: str) -> tuple[str, ...]:
    """The listener's own address for its certificate; all of this machine's when it listens on all."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return (host,)
    return tuple(local_addresses()) if address.is_unspecified else (host,)


def _is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")
