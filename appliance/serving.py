"""The web's side of the composition: API and pages over a running office. Imported only after the buttons work."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.api.app import ApiSettings, AppContext, create_app
from appliance.api.context import Estimates
from appliance.api.routes import sim
from appliance.api.schemas import ReplicaView
from appliance.api.server import Server, make_server
from appliance.config import OfficeConfig
from appliance.devices import Devices
from appliance.first_start import demo_operators, welcome_owner
from appliance.plan_file import PlanFile
from appliance.routing import join
from appliance.store.local import LocalStore
from appliance.store.reads import Reads
from appliance.store.writer import QueueWriter
from appliance.technician.doctoring import Doctoring
from appliance.workers.clock import OfficeClock
from appliance.workers.health import Health, ReplicaGlance
from appliance.workers.screens import Screens
from web.office import mount

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the web shows and asks of a running office."""

    config: OfficeConfig
    port: int
    writer: QueueWriter
    clock: OfficeClock
    health: Health
    devices: Devices
    doctoring: Doctoring
    screens: Screens
    glance: Callable[[], ReplicaGlance | None]
    estimates: Estimates


def serve(office: Parts, told: Callable[[str], None], *, demo: bool) -> Server:
    """The web server of an office, not yet running."""
    config = office.config
    local = open_local(config.local_db)
    context = AppContext(
        writer=office.writer,
        reads=Reads(config.queue_db),
        local=local,
        clock=office.clock,
        health=office.health,
        replica=lambda: replica_view(office),
        sim=office.devices.bench,
        screens=office.screens,
        technician=office.doctoring,
        plan_file=PlanFile(config.plan),
        estimates=office.estimates,
        settings=ApiSettings(hosts=config.web.hosts),
    )
    app = create_app(context)
    if office.devices.bench is not None:
        join(app, sim.router(office.devices.bench))
    mount(app, context)
    tell_addresses(office, told)
    if demo:
        demo_operators(local, config.data.parent, told)
    welcome_owner(local, office.devices.printer, office.devices.profile, told)
    return make_server(app, config.web.host, office.port)


def open_local(path: Path) -> LocalStore:
    """PINs and sessions. A damaged file is set aside and a new one made: people sign in anew, the queue goes on."""
    try:
        return LocalStore(path)
    except sqlite3.DatabaseError as error:
        aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
        log.critical("%s is damaged (%s); it is kept as %s and a new owner code is made", path, error, aside)
        path.rename(aside)
        for companion in ("-wal", "-shm"):
            path.with_name(path.name + companion).unlink(missing_ok=True)
        return LocalStore(path)


def tell_addresses(office: Parts, told: Callable[[str], None]) -> None:
    """Say where the pages are."""
    base = f"http://{office.config.web.host}:{office.port}"
    told(f"Talon, office {office.config.office}:")
    pages = [("all pages", "/"), ("kiosk", "/kiosk"), ("hall board", "/hall"), ("desk 1", "/desk/1")]
    pages += [("reception", "/reception"), ("head of the office", "/head"), ("technician", "/technician")]
    if office.devices.bench is not None:
        pages.append(("simulated devices", "/sim"))
    for name, path in pages:
        told(f"  {name:<18} {base}{path}")


def replica_view(office: Parts) -> ReplicaView | None:
    """The replica for the technician's page."""
    glance = office.glance()
    if glance is None:
        return None
    return ReplicaView(
        condition=glance.condition,
        target=glance.target,
        lag_s=glance.lag_s,
        lag_bytes=glance.lag_bytes,
        last_replicated_at=glance.last_replicated_at,
        restarts=glance.restarts,
        hint=glance.hint,
    )
