"""`talon network`: a centre and a district of offices on one machine, enrolled and alive, each in its own processes."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from appliance.config import read_config
from appliance.demo.district import OFFICES, DemoOffice, hardware_document, office_document, plan_document
from appliance.demo.people import written
from appliance.enrolling import enrol_office
from appliance.workers.clock import SOURCES, OfficeClock
from appliance.workers.public_calendar import CalendarSource
from sync.centre.centre import Centre
from sync.centre.config import read_centre_config
from sync.centre.offices import OfficeEntry
from sync.centre.tokens import TokenKind
from sync.centre_keys import read_centre_keys

log = logging.getLogger(__name__)

START_S = 60.0
STOP_S = 15.0


@dataclass(slots=True)
class Network:
    """What runs. `offices` by id, in the order in which they were started."""

    folder: Path
    centre: subprocess.Popen[bytes]
    offices: dict[str, subprocess.Popen[bytes]]
    pages_url: str

    def stop(self) -> None:
        """End the offices, then the centre, each by its pid."""
        for process in (*self.offices.values(), self.centre):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_S
        for process in (*self.offices.values(), self.centre):
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def run_network(folder: Path, port: int, count: int, told: Callable[[str], None], *, tls: bool = False) -> int:
    """Run until SIGTERM or SIGINT; 1 when something ended by itself."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    network = begin(folder, port, OFFICES[:count], told, tls=tls)
    try:
        told(f"Situation centre: {network.pages_url}/  (the first sign-in code is above, or in {folder}/admin.txt)")
        told("Ctrl-C ends everything.")
        while not stopped.wait(1.0):
            for name, process in {"centre": network.centre, **network.offices}.items():
                if process.poll() is not None:
                    told(f"{name} ended with {process.returncode}: see {folder}/{name}.log")
                    return 1
    finally:
        network.stop()
    return 0


def begin(
    folder: Path, port: int, offices: Sequence[DemoOffice], told: Callable[[str], None], *, tls: bool = False
) -> Network:
    """Write what is missing below `folder`, enrol who isn't, start everything. Raises RuntimeError."""
    config = _centre_files(folder / "centre", port, tls=tls)
    tokens = _register(config, offices)
    centre = _spawn(folder, "centre", ["centre", "run", str(config)])
    running: dict[str, subprocess.Popen[bytes]] = {}
    read = read_centre_config(config)
    network = Network(folder, centre, running, f"http://127.0.0.1:{read.pages.port}")
    try:
        _await(f"{network.pages_url}/health", centre)
        scheme = "https" if tls else "http"
        enrol_url = f"{scheme}://127.0.0.1:{read.enrolment.port}"
        for number, office in enumerate(offices):
            home = folder / office.id
            _office_files(home, office, port + 10 + number)
            if office.id in tokens:
                enrol_office(
                    read_config(home / "office.toml"),
                    enrol_url,
                    tokens[office.id],
                    OfficeClock(SOURCES["trusted"]),
                    lambda code, facts: log.info("enrolment: %s %s", code, facts),
                )
            arguments = ["demo", str(home), "--port", str(port + 10 + number), "--people", written(office.habits)]
            running[office.id] = _spawn(folder, office.id, arguments)
            told(f"  {office.name:<18} http://127.0.0.1:{port + 10 + number}/")
            # Seventeen interpreters that start at once would all be late.
            _await(f"http://127.0.0.1:{port + 10 + number}/api/v1/health", running[office.id])
        _tell_code(folder, told)
    except BaseException:
        network.stop()
        raise
    return network


def _centre_files(home: Path, port: int, *, tls: bool) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    config = home / "centre.toml"
    if not config.exists():
        text = resources.files("appliance.demo").joinpath("centre.toml").read_text(encoding="utf-8")
        text = text.replace("port = 8090", f"port = {port}")
        text = text.replace("port = 8091", f"port = {free_port()}{'' if tls else chr(10) + 'tls = false'}")
        text = text.replace("port = 8092", f"port = {free_port()}{'' if tls else chr(10) + 'tls = false'}")
        config.write_text(text, encoding="utf-8")
    return config


def _register(config: Path, offices: Sequence[DemoOffice]) -> dict[str, str]:
    """Put the offices into the register; tokens for those that have no device yet."""
    centre = Centre(read_centre_config(config), CalendarSource)
    tokens = {}
    names = [office.id for office in offices]
    for number, office in enumerate(offices):
        near = tuple(names[one] for one in (number - 1, number + 1) if 0 <= one < len(names))
        centre.offices.put(OfficeEntry(office.id, office.name, office.mobile, neighbours=near))
        if centre.plans.newest(office.id) is None:
            centre.plans.put(office.id, plan_document(office), "demo")
        home = config.parent.parent / office.id
        keys = read_centre_keys(home / "data") if (home / "data").exists() else None
        if keys is None or not keys.confirmed:
            kind = TokenKind.NEW if centre.keys.device_of(office.id) is None else TokenKind.REPLACE
            tokens[office.id] = centre.enrolling.issue_token(office.id, kind, "demo")
    centre.store.close()
    return tokens


def _office_files(home: Path, office: DemoOffice, port: int) -> None:
    home.mkdir(parents=True, exist_ok=True)
    documents = {"office.toml": office_document(office, port), "hardware.toml": hardware_document(office)}
    for name, text in documents.items():
        if not (home / name).exists():
            (home / name).write_text(text, encoding="utf-8")


def _spawn(folder: Path, name: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    # Codes and PINs that are shown once stand in it.
    opened = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(opened, "ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "appliance", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{url}: its process ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                json.load(answer)
                return
        except (OSError, ValueError):
            time.sleep(0.1)
    raise RuntimeError(f"{url}: no answer in {START_S:.0f} s")


def _tell_code(folder: Path, told: Callable[[str], None]) -> None:
    """The administrator's code was shown once, on the centre's console, which is a file here."""
    log_file = folder / "centre.log"
    lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [line for line in lines if line.startswith("First sign-in")]
    kept = folder / "admin.txt"
    if found and not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(found[-1] + "\n", encoding="utf-8")
    if kept.exists():
        told(kept.read_text(encoding="utf-8").strip())


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def remove(folder: Path) -> None:
    """Forget a district."""
    shutil.rmtree(folder, ignore_errors=True)
