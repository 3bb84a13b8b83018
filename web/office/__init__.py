"""The pages of one office: kiosk, hall board, desks, reception, technician, and the bench of a simulated office."""

from __future__ import annotations

from fastapi import FastAPI

from appliance.api.context import AppContext
from appliance.routing import join
from web.office import (
    desk,
    hall,
    head,
    kiosk,
    reception,
    sim,
    start,
    technician,
    technician_device,
    technician_doctor,
    technician_keys,
    technician_paper,
)
from web.office.assets import Assets, HashedFiles
from web.office.head_books import OfficeBooks
from web.office.pages import Pages
from web.office.reading import OfficeReading, Reading
from web.office.technician_past import OfficePast

__all__ = ["mount", "mount_pages"]


def mount(app: FastAPI, context: AppContext) -> None:
    """Add the pages of this office to the application that holds its API."""
    pages = mount_pages(app, OfficeReading(context))
    join(app, head.router(pages, OfficeBooks(context, app.state.figures)))
    join(app, technician_device.router(pages, OfficePast(context, app.state.figures)))


def mount_pages(app: FastAPI, reading: Reading) -> Pages:
    """Add the pages and `/static` to `app`. The API must be on the same origin under `/api/v1`."""
    assets = Assets()
    pages = Pages(reading, assets)
    app.mount("/static", HashedFiles(assets), name="static")
    for part in (
        start,
        kiosk,
        hall,
        desk,
        reception,
        technician,
        technician_doctor,
        technician_keys,
        technician_paper,
    ):
        join(app, part.router(pages))
    if reading.simulated:
        join(app, sim.router(pages))
    return pages
